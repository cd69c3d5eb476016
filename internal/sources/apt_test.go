package sources

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"mpwolf/internal/hint"
)

func TestUpstream(t *testing.T) {
	for version, want := range map[string]string{
		"1.25.0+ds-1": "1.25.0", "5.7.2-0.1+deb13u2": "5.7.2", "5.9.2-1.2": "5.9.2",
		"1.26.1+ds1-3": "1.26.1",
		"1:2.3-4":      "2.3", "1.0~dfsg-1": "1.0", "3.1.dfsg.2-1": "3.1",
		"5.5.4-2+deb12u2": "5.5.4", "4.0": "4.0",
	} {
		if got := (AptPackage{Version: version}).Upstream(); got != want {
			t.Errorf("%s: got %s, want %s", version, got, want)
		}
	}
}

func TestDebianArchive(t *testing.T) {
	const key = "\n -----BEGIN PGP PUBLIC KEY BLOCK-----\n .\n xyz"
	for name, test := range map[string]struct {
		files    map[string]string
		uri, key string // an empty uri means an error
	}{
		"deb822": {map[string]string{"sources.list.d/debian.sources": `
# a comment
Types: deb
URIs: https://one.example/debian-security
Suites: bookworm-security
Components: main
Signed-By: /k/security

Enabled: no
Types: deb
URIs: https://off.example/debian
Suites: bookworm
Components: main

Types: deb deb-src
URIs: https://two.example/debian https://three.example/debian
# in between
Suites: bookworm bookworm-updates
Components: main contrib
Signed-By: /k/debian
`}, "https://two.example/debian", "/k/debian"},
		"key in the file": {
			map[string]string{"sources.list.d/d.sources": "Types: deb\nURIs: u\nSuites: sid\n" +
				"Components: main\nSigned-By:" + key + "\n"},
			"u", strings.TrimPrefix(key, "\n"),
		},
		"one line": {map[string]string{
			"sources.list": "# deb http://no.example sid main\n" +
				"deb cdrom:[Debian]/ bookworm main\n" +
				"deb [arch=amd64 signed-by=/k/one] http://one.example/debian trixie main " +
				"non-free # why\n",
		}, "http://one.example/debian", "/k/one"},
		"others": {map[string]string{"sources.list": "deb http://u.example/ubuntu noble main\n" +
			"deb http://x.example stable contrib\n"}, "", ""},
		"disabled": {map[string]string{"sources.list.d/debian.sources.disabled": "Types: deb\n" +
			"URIs: u\nSuites: sid\nComponents: main\n"}, "", ""},
		"nothing": {nil, "", ""},
		"damaged": {map[string]string{"sources.list": "deb [ http://u.example/debian sid main\n" +
			"deb\n", "sources.list.d/a.sources": "Types\n: x\n y\n"}, "", ""},
	} {
		t.Run(name, func(t *testing.T) {
			etc := t.TempDir()
			if err := os.Mkdir(filepath.Join(etc, "sources.list.d"), 0o755); err != nil {
				t.Fatal(err)
			}
			for file, text := range test.files {
				if err := os.WriteFile(filepath.Join(etc, file), []byte(text), 0o644); err != nil {
					t.Fatal(err)
				}
			}
			entry, err := debianArchive(etc)
			if test.uri == "" {
				var hinter hint.Hinter
				if !errors.As(err, &hinter) || !strings.Contains(err.Error(), etc) {
					t.Errorf("got %+v, %v", entry, err)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			keys, err := entry.keys(nil)
			if entry.uri() != test.uri || keys != test.key || err != nil {
				t.Errorf("got %q signed by %q, %v", entry.uri(), keys, err)
			}
		})
	}
}

func TestKeys(t *testing.T) {
	ring := write(t, "debian.gpg", nil)
	if got, err := (aptEntry{signedBy: "/k"}).keys([]string{"/none", ring}); got != ring ||
		err != nil {
		t.Errorf("got %q, %v", got, err)
	}
	if _, err := (aptEntry{}).keys([]string{"/none"}); err == nil {
		t.Error("no key was accepted")
	}
}

func TestNoApt(t *testing.T) {
	t.Setenv("PATH", t.TempDir())
	_, err := Apt{Cache: newCache(t)}.Packages(t.Context(), "sid", "wolfssl")
	if !errors.Is(err, ErrNoApt) {
		t.Errorf("got %v", err)
	}
}

// fakeApt puts an apt-get and an apt-cache in front of PATH that run the given shell code.
func fakeApt(t *testing.T, get, cache string) {
	t.Helper()
	dir := t.TempDir()
	for name, code := range map[string]string{"apt-get": get, "apt-cache": cache} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte("#!/bin/sh\n"+code+"\n"),
			0o755); err != nil {
			t.Fatal(err)
		}
	}
	t.Setenv("PATH", dir+string(os.PathListSeparator)+os.Getenv("PATH"))
}

func fakeEtc(t *testing.T) string {
	t.Helper()
	etc := t.TempDir()
	line := "deb [signed-by=" + write(t, "k.gpg", nil) +
		"] http://one.example/debian bookworm main\n"
	if err := os.WriteFile(filepath.Join(etc, "sources.list"), []byte(line), 0o644); err != nil {
		t.Fatal(err)
	}
	return etc
}

const showsrc = `echo "Package: wolfssl
Version: 5.7.2-0.1+deb13u2
Files:
 0123 1 x

Package: wolfssl
Version: 5.7.2-0.1+deb13u2

Package: other
Version: 1-1"`

func TestPackages(t *testing.T) {
	calls := filepath.Join(t.TempDir(), "calls")
	t.Setenv("CALLS", calls)
	fakeApt(t, `echo "$@" >>"$CALLS"`, showsrc)
	a := Apt{Cache: newCache(t), Etc: fakeEtc(t)}
	for range 2 {
		got, err := a.Packages(t.Context(), "trixie", "wolfssl")
		if err != nil || len(got) != 1 || got[0].Upstream() != "5.7.2" {
			t.Fatalf("got %v, %v", got, err)
		}
	}
	if got := read(t, calls); strings.Count(got, "update") != 1 {
		t.Errorf("the list was not kept: %s", got)
	}
	source := read(t, a.root("trixie"), "sources.list.d", "debian.sources")
	if !strings.Contains(source, "URIs: http://one.example/debian\nSuites: trixie\n") {
		t.Errorf("source: %s", source)
	}
	_, err := a.Find(t.Context(), []string{"trixie"}, "wolfssl", "5.9.2")
	if !errors.Is(err, fs.ErrNotExist) ||
		!strings.Contains(err.Error(), "trixie has 5.7.2-0.1+deb13u2") {
		t.Errorf("got %v", err)
	}
}

func TestStaleList(t *testing.T) {
	fakeApt(t, "exit 0", showsrc)
	var said lines
	a := Apt{Cache: newCache(t), Etc: fakeEtc(t), Log: said.log}
	if _, err := a.Packages(t.Context(), "trixie", "wolfssl"); err != nil {
		t.Fatal(err)
	}
	const failing = "echo 'E: Failed to fetch x  Could not resolve one.example' >&2; exit 100"
	fakeApt(t, failing, showsrc)
	stamp := filepath.Join(a.root("trixie"), "updated")
	if err := os.Chtimes(stamp, fileTime(stamp).Add(-2*listsLife),
		fileTime(stamp).Add(-2*listsLife)); err != nil {
		t.Fatal(err)
	}
	if _, err := a.Packages(t.Context(), "trixie", "wolfssl"); err != nil ||
		!strings.Contains(said.String(), "cannot get a newer list") {
		t.Errorf("got %v, said %s", err, said.String())
	}
	_, err := a.Packages(t.Context(), "sid", "wolfssl")
	if err == nil || !strings.Contains(err.Error(), "Could not resolve one.example") {
		t.Errorf("got %v", err)
	}
}

func TestDownloadNotServed(t *testing.T) {
	fakeApt(t, "echo 'E: Failed to fetch http://x.dsc  404  Not Found' >&2; exit 100", showsrc)
	a := Apt{Cache: newCache(t), Etc: fakeEtc(t)}
	err := a.Download(t.Context(), AptPackage{Suite: "sid", Name: "wolfssl", Version: "5.9.2-1"},
		t.TempDir(), false)
	if !errors.Is(err, ErrNotServed) {
		t.Errorf("got %v", err)
	}
}

// TestRealApt asks Debian's archive through this machine's apt.
func TestRealApt(t *testing.T) {
	if os.Getenv("MPWOLF_TEST_APT") == "" {
		t.Skip("NOT TESTED: Debian's archive; set MPWOLF_TEST_APT=1 to do so")
	}
	before := machineApt(t)
	a := Apt{Cache: newCache(t), Log: t.Logf}
	p, err := a.Find(t.Context(), []string{"trixie"}, "micropython", "1.25.0")
	if err != nil {
		t.Fatal(err)
	}
	download, dir := t.TempDir(), t.TempDir()
	if err := a.Download(t.Context(), p, download, true); err != nil {
		t.Fatal(err)
	}
	if err := a.UnpackUpstream(t.Context(), download, dir, ""); err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(filepath.Join(dir, "py", "mpconfig.h")); err != nil {
		t.Error(err)
	}
	if err := a.UnpackUpstream(t.Context(), download, dir,
		strings.Repeat("0", 64)); !errors.As(err, new(*ChecksumError)) {
		t.Errorf("a wrong checksum: got %v", err)
	}
	if after := machineApt(t); after != before {
		t.Errorf("the machine's own apt changed:\n%s\nto\n%s", before, after)
	}
}

// machineApt describes the machine's own sources and lists.
func machineApt(t *testing.T) string {
	var text strings.Builder
	for _, dir := range []string{"/etc/apt", "/var/lib/apt", "/var/cache/apt"} {
		_ = filepath.WalkDir(dir, func(path string, entry fs.DirEntry, err error) error {
			if err == nil {
				text.WriteString(path + " " + fileTime(path).String() + "\n")
			}
			return nil
		})
	}
	return text.String()
}

func fileTime(path string) time.Time {
	info, err := os.Stat(path)
	if err != nil {
		return time.Time{}
	}
	return info.ModTime()
}
