package sbom

import (
	"bytes"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	cdx "github.com/CycloneDX/cyclonedx-go"
	spdxjson "github.com/spdx/tools-golang/json"
	"github.com/spdx/tools-golang/spdxlib"

	"mpwolf/internal/micropython"
	"mpwolf/internal/state"
)

func sampleFirmware() *Firmware {
	sum := strings.Repeat("0123456789abcdef", 4)
	return &Firmware{Target: "stm32 (PYBV11)", Version: "v1.28.0", SHA256: sum,
		File: "firmware.elf", Tool: "v1.0.0", Date: time.Date(2026, 4, 6, 13, 12, 49, 0, time.UTC),
		Compiler: "arm-none-eabi-gcc 12.2.1", Compile: "arm-none-eabi-gcc -I$(TREE) -Os",
		Link: "arm-none-eabi-ld --gc-sections", Components: []Component{
			{ID: microPythonID, Name: "micropython", Version: "v1.28.0", Commit: "e0e9fbb1",
				Licence: "MIT", Supplier: "the MicroPython project", Objects: 7, Sources: sum,
				Purl: "pkg:github/micropython/micropython@v1.28.0",
				CPE:  "cpe:2.3:a:micropython:micropython:1.28.0:*:*:*:*:*:*:*",
				Patches: []Patch{{Diff: "--- a/x\n+++ b/x\n@@ -1 +1 @@\n-<a>\n+b & c\n",
					By: "mpwolf"}}},
			{ID: wolfSSLID, Name: "wolfssl", Version: "5.7.2", Licence: "GPL-2.0-or-later",
				Purl: wolfSSLPurl("5.7.2"), CPE: wolfSSLCPE("5.7.2"), Objects: 5,
				Origin:  "apt: wolfssl 5.7.2-0.1+deb13u2 of Debian trixie, with Debian's patches",
				Patches: []Patch{{Resolves: "CVE-2026-5194", By: "Debian"}}},
			{ID: "module micropython-wolfssl", Name: "micropython-wolfssl", Version: "v1.0.0",
				Licence: "MIT", Objects: 9},
			{ID: "lib/mbedtls", Name: "mbedtls", Version: "abc", Commit: "abc", Objects: 1,
				Licence: "Apache-2.0 OR GPL-2.0-or-later",
				Purl:    "pkg:github/mbed-tls/mbedtls@abc"},
			{ID: "file libgcc.a", Name: "libgcc.a", SHA256: sum, Objects: 4},
			{ID: "shared libc.so.6", Name: "libc.so.6", Objects: 1},
		}}
}

func TestCycloneDX(t *testing.T) {
	for _, licence := range []string{"GPL-2.0-or-later", "LicenseRef-wolfSSL-commercial", ""} {
		f := sampleFirmware()
		f.Components[1].Licence = licence
		var out bytes.Buffer
		if err := CycloneDX(&out, f); err != nil {
			t.Fatal(err)
		}
		var bom cdx.BOM
		if err := cdx.NewBOMDecoder(bytes.NewReader(out.Bytes()),
			cdx.BOMFileFormatJSON).Decode(&bom); err != nil {
			t.Fatal(err)
		}
		whole := bom.Metadata.Component.Licenses
		const want = "(Apache-2.0 OR GPL-2.0-or-later) AND GPL-2.0-or-later AND MIT"
		if (whole == nil) != (licence == "") ||
			licence == "GPL-2.0-or-later" && (*whole)[0].Expression != want {
			t.Errorf("the firmware's licence is %+v", whole)
		}
		wolf := (*bom.Components)[1]
		resolved := (*(*wolf.Pedigree.Patches)[0].Resolves)[0].ID
		diff := (*(*bom.Components)[0].Pedigree.Patches)[0].Diff.Text.Content
		if resolved != "CVE-2026-5194" || !strings.Contains(diff, "+b & c\n") ||
			bom.Metadata.Timestamp != "2026-04-06T13:12:49Z" ||
			len(*(*bom.Dependencies)[0].Dependencies) != len(f.Components) {
			t.Errorf("got %s", out.String())
		}
		if licence == "GPL-2.0-or-later" {
			validate(t, out.String())
		}
	}
}

// TestSPDX reads, validates and writes a document with SPDX's own library: nothing is lost.
func TestSPDX(t *testing.T) {
	for _, licence := range []string{"GPL-2.0-or-later", "LicenseRef-wolfSSL-commercial", ""} {
		f := sampleFirmware()
		f.Components[1].Licence = licence
		var out, again bytes.Buffer
		if err := SPDX(&out, f); err != nil {
			t.Fatal(err)
		}
		doc, err := spdxjson.Read(bytes.NewReader(out.Bytes()))
		if err != nil {
			t.Fatal(err)
		}
		if err := spdxlib.ValidateDocument(doc); err != nil {
			t.Errorf("%v\n%s", err, out.String())
		}
		if err := spdxjson.Write(doc, &again, spdxjson.Indent("  ")); err != nil {
			t.Fatal(err)
		}
		if out.String() != again.String() {
			t.Errorf("written again it is\n%s\nnot\n%s", again.String(), out.String())
		}
		id := regexp.MustCompile(`^[A-Za-z0-9.-]+$`)
		var licences []string
		for _, p := range doc.Packages {
			if !id.MatchString(string(p.PackageSPDXIdentifier)) || p.FilesAnalyzed {
				t.Errorf("package %+v", p)
			}
			licences = append(licences, p.PackageLicenseDeclared)
		}
		described, err := spdxlib.GetDescribedPackageIDs(doc)
		if err != nil || len(described) != 1 || described[0] != "Firmware" ||
			doc.SPDXVersion != "SPDX-2.3" || doc.CreationInfo.Created != "2026-04-06T13:12:49Z" {
			t.Errorf("describes %v, %v: %s", described, err, out.String())
		}
		if licence == "" && !slices.Contains(licences, "NOASSERTION") ||
			licence != "" && !slices.Contains(licences, licence) {
			t.Errorf("licences %q", licences)
		}
		if strings.HasPrefix(licence, "LicenseRef-") != (len(doc.OtherLicenses) == 1) {
			t.Errorf("other licences: %+v", doc.OtherLicenses)
		}
	}
}

func TestReadLibraries(t *testing.T) {
	l := &libraries{licences: make(map[string]string), urls: make(map[string]string)}
	l.readLicences(`
Unless specified otherwise …
/ (MIT)
    /drivers
        /cc3100 (BSD-3-clause)
    /lib
        /asf4 (Apache-2.0)
        /axtls (BSD-3-clause)
            /config (GPL-2.0)
        /btstack (See btstack/LICENSE)
        /nxp_driver (BSD-3-Clause)
    /ports
        /stm32 (MIT)
            /usbd*.c (MCD-ST Liberty SW License Agreement V2)
            /stm32_it.* (MIT + BSD-3-clause)
            /boards
                /startup_stm32*.s (BSD-3-clause)
            /usbdev (MCD-ST Liberty SW License Agreement V2)
`)
	l.readSubmodules("[submodule \"lib/mbedtls\"]\n\tpath = lib/mbedtls\n" +
		"\turl = https://github.com/Mbed-TLS/mbedtls.git\n" +
		"[submodule \"x\"]\n\tpath = x\n\turl = y\n")
	for name, want := range map[string]string{"asf4": "Apache-2.0", "axtls": "BSD-3-Clause",
		"nxp_driver": "BSD-3-Clause", "btstack": "", "cc3100": "", "config": "", "stm32": ""} {
		if l.licences[name] != want {
			t.Errorf("%s: got %q; want %q", name, l.licences[name], want)
		}
	}
	const st = "LicenseRef-MCD-ST-Liberty-V2"
	for file, want := range map[string]string{
		"py/obj.c": "MIT", "ports/stm32/usb.c": "MIT", "ports/rp2/usbd_x.c": "MIT",
		"ports/stm32/usbd_conf.c":                 st + " AND MIT",
		"ports/stm32/stm32_it.c":                  "BSD-3-Clause AND MIT",
		"ports/stm32/boards/startup_stm32f4.s":    "BSD-3-Clause AND MIT",
		"ports/stm32/usbdev/core/src/usbd_core.c": st + " AND MIT",
		"drivers/cc3100/src/socket.c":             "BSD-3-Clause AND MIT",
	} {
		if got := l.own([]string{filepath.Join(l.dir, file)}); got != want {
			t.Errorf("%s: licence %q; want %q", file, got, want)
		}
	}
	tree := &micropython.Tree{Dir: t.TempDir(), Version: micropython.Version{Major: 1,
		Minor: 28}}
	c, err := l.component("littlefs", tree)
	if err != nil || c.Version != "" || c.Origin != "lib/littlefs of MicroPython v1.28.0" {
		t.Errorf("a copy in lib/ is %+v, %v", c, err)
	}
	for address, want := range map[string][2]string{
		"https://user:secret@github.com/Owner/Name.git": {"https://github.com/Owner/Name.git",
			"pkg:github/owner/name@1a2b"},
		"https://github.com/a/../evil@1?x=#y z": {"https://github.com/a/../evil@1?x=#y z", ""},
		"git@github.com:owner/name.git":         {"git@github.com:owner/name.git", ""},
	} {
		l := &libraries{dir: "..", urls: map[string]string{"x": address}}
		c, err := l.component("x", tree)
		if purl := gitHubPurl(c.Origin, "1a2b"); err != nil || c.Origin != want[0] ||
			purl != want[1] {
			t.Errorf("%s: %+v, %q, %v", address, c, purl, err)
		}
	}
	if len(l.urls) != 1 || l.urls["mbedtls"] != "https://github.com/Mbed-TLS/mbedtls.git" {
		t.Errorf("got %v", l.urls)
	}
}

// TestElementIDs is that no two components have the same identifier in SPDX.
func TestElementIDs(t *testing.T) {
	f := sampleFirmware()
	for _, id := range []string{"module a_b", "module a-b", "module a-b-2", "module a b"} {
		f.Components = append(f.Components, Component{ID: id, Name: id})
	}
	var out bytes.Buffer
	if err := SPDX(&out, f); err != nil {
		t.Fatal(err)
	}
	doc, err := spdxjson.Read(&out)
	if err != nil {
		t.Fatal(err)
	}
	seen := make(map[string]string)
	for _, p := range doc.Packages {
		id := string(p.PackageSPDXIdentifier)
		if seen[id] != "" {
			t.Errorf("%q and %q are both %s", seen[id], p.PackageName, id)
		}
		seen[id] = p.PackageName
	}
	if seen["Component-module-a-b"] != "module a_b" {
		t.Errorf("got %v", seen)
	}
}

// TestChangedFor is that patching another port does not change the document of a port.
func TestChangedFor(t *testing.T) {
	var files []state.File
	for _, path := range []string{"extmod/modtls.c", "ports/stm32/mpconfigport.h",
		"ports/stm32/boards/PYBV11/mpconfigboard.mk", "ports/stm32l/x.h", "ports/unix/main.c"} {
		files = append(files, state.File{Path: path})
	}
	for port, want := range map[string]string{
		"unix": "extmod/modtls.c ports/unix/main.c",
		"stm32": "extmod/modtls.c ports/stm32/mpconfigport.h " +
			"ports/stm32/boards/PYBV11/mpconfigboard.mk",
		"rp2": "extmod/modtls.c",
	} {
		var got []string
		for _, file := range changedFor(files, port) {
			got = append(got, file.Path)
		}
		if strings.Join(got, " ") != want {
			t.Errorf("%s: got %q; want %q", port, got, want)
		}
	}
}

func TestPlain(t *testing.T) {
	for origin, want := range map[string]string{
		"git: https://github.com/wolfSSL/wolfssl at v5.9.2-stable": "git: " +
			"https://github.com/wolfSSL/wolfssl at v5.9.2-stable",
		"git: https://me:secret@example.org/wolf, v5": "git: https://example.org/wolf, v5",
		"directory /home/me/wolf":                     "",
		"archive (/tmp/wolf.tar.gz)":                  "",
	} {
		if got := plain(origin); got != want {
			t.Errorf("%q: got %q; want %q", origin, got, want)
		}
	}
}
