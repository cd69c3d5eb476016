package wolfssl

import (
	"errors"
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"
)

const (
	gpl2Header = "/* ssl.c\n *\n * This file is part of wolfSSL.\n *\n" +
		" * under the terms of the GNU General Public License as published by\n" +
		" * the Free Software Foundation; either version 2 of the License, or\n" +
		" * (at your option) any later version.\n */\n"
	gpl3Header = "/* ssl.c\n *\n * This file is part of wolfSSL.\n *\n" +
		" * under the terms of the GNU General Public License as published by\n" +
		" * the Free Software Foundation; either version 3 of the License, or\n" +
		" * (at your option) any later version.\n */\n"
	ownHeader = "/* ssl.c\n *\n * Copyright (C) 2006-2026 wolfSSL Inc.  All rights reserved.\n" +
		" *\n * This file is part of wolfSSL.\n */\n"
	gpl2Terms = "licensed for use\nunder the GPLv2 (or at your option any later version) or a " +
		"standard commercial\nlicense.\n"
	gpl3Terms = "is made available under the GNU General Public License version 3 (“GPLv3”) " +
		"with\nthe following exception\n"
)

// fakeFiles are a wolfSSL tree of the given version under GPLv3.
func fakeFiles(version string) map[string]string {
	return map[string]string{
		"LICENSING": gpl3Terms,
		"COPYING": "GNU GENERAL PUBLIC LICENSE\n" +
			" Version 3, 29 June 2007\n",
		"README.md":      "x",
		"src/ssl.c":      gpl3Header,
		"src/include.am": "x",
		"wolfssl/ssl.h":  "x",
		"wolfssl/test.h": "x",
		"wolfssl/version.h": "#pragma once\n" +
			"#define LIBWOLFSSL_VERSION_STRING \"" + version + "\"\n",
		"wolfssl/wolfcrypt/types.h":          "x",
		"wolfcrypt/src/asn.c":                "x",
		"wolfcrypt/src/fp_mont_small.i":      "x",
		"wolfcrypt/src/aes_asm.S":            "x",
		"wolfcrypt/src/aes_asm.asm":          "x",
		"wolfcrypt/src/port/arm/armv8-aes.c": "x",
		"wolfcrypt/test/test.c":              "x",
		"certs/ca.pem":                       "x",
		"examples/client/client.c":           "x",
		"IDE/x.c":                            "x",
	}
}

func writeTree(t testing.TB, files map[string]string) string {
	t.Helper()
	dir := t.TempDir()
	for name, text := range files {
		file := filepath.Join(dir, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(file, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

func TestReleases(t *testing.T) {
	c, err := Releases()
	if err != nil {
		t.Fatal(err)
	}
	var versions []string
	for _, r := range c.Releases {
		versions = append(versions, r.Version)
		if r.Tag != "v"+r.Version+"-stable" ||
			!regexp.MustCompile(`^[0-9a-f]{64}$`).MatchString(r.SHA256) ||
			len(r.Suites) == 0 || r.Why == "" || r.Licence != GPL2 && r.Licence != GPL3 {
			t.Errorf("incomplete: %+v", r)
		}
	}
	if !slices.Equal(versions, []string{"5.9.2", "5.7.2", "5.5.4"}) {
		t.Errorf("got %q; the newest comes first", versions)
	}
}

func TestDecodeStrict(t *testing.T) {
	for _, text := range []string{"gti = 'x'", "[[release]]\nversio = '1'", "git = 1", "="} {
		if _, err := decode(text); err == nil {
			t.Errorf("%q was accepted", text)
		}
	}
}

func TestWanted(t *testing.T) {
	c, err := known()
	if err != nil {
		t.Fatal(err)
	}
	for want, version := range map[string]string{"": "5.9.2", "5.7.2": "5.7.2", "v5.7.2": "5.7.2",
		"v5.5.4-stable": "5.5.4"} {
		if got, err := c.Wanted(want); err != nil || got[0].Version != version {
			t.Errorf("%q: got %v, %v", want, got, err)
		}
	}
	_, err = c.Wanted("4.0.0")
	if err == nil || !strings.Contains(err.Error(), "5.9.2, 5.7.2, 5.5.4") {
		t.Errorf("got %v", err)
	}
}

func TestOpen(t *testing.T) {
	dir := writeTree(t, fakeFiles("5.9.2"))
	tree, err := Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	if !reflect.DeepEqual(*tree, Tree{Dir: dir, Version: "5.9.2", Licence: GPL3}) {
		t.Errorf("got %+v", tree)
	}
	for _, missing := range append(slices.Clone(marks), "wolfssl/version.h") {
		files := fakeFiles("5.9.2")
		delete(files, missing)
		var notTree *NotTreeError
		if _, err := Open(writeTree(t, files)); !errors.As(err, &notTree) ||
			notTree.Missing != missing {
			t.Errorf("without %s: got %v", missing, err)
		}
	}
	files := fakeFiles("5.9.2")
	files["wolfssl/version.h"] = "#define X\n"
	if _, err := Open(writeTree(t, files)); err == nil ||
		!strings.Contains(err.Error(), "LIBWOLFSSL_VERSION_STRING") {
		t.Errorf("got %v", err)
	}
	if _, err := Open(filepath.Join(dir, "src", "ssl.c")); err == nil {
		t.Error("a file was accepted")
	}
}

func TestLicence(t *testing.T) {
	for name, test := range map[string]struct{ header, terms, want string }{
		"GPLv2 or later": {gpl2Header, gpl2Terms, GPL2},
		"GPLv3":          {gpl3Header, gpl3Terms, GPL3},
		"commercial":     {ownHeader, "wolfSSL commercial license agreement", Commercial},
		"no terms":       {ownHeader, "", Commercial},
		"contradicting":  {gpl2Header, gpl3Terms, "unknown: see LICENSING"},
		"GPL and own":    {ownHeader, gpl3Terms, "unknown: see LICENSING"},
		"others' terms":  {"/* hello */", "do what you like", "unknown: see LICENSING"},
	} {
		t.Run(name, func(t *testing.T) {
			files := fakeFiles("5.9.2")
			delete(files, "COPYING")
			files["src/ssl.c"], files["LICENSING"] = test.header, test.terms
			tree, err := Open(writeTree(t, files))
			if err != nil || tree.Licence != test.want {
				t.Errorf("got %+v, %v; want %s", tree, err, test.want)
			}
		})
	}
	files := fakeFiles("5.9.2")
	delete(files, "COPYING")
	delete(files, "LICENSING")
	if tree, err := Open(writeTree(t, files)); err != nil ||
		tree.Licence != "unknown: see src/ssl.c" {
		t.Errorf("without files: got %+v, %v", tree, err)
	}
}

func TestFIPS(t *testing.T) {
	files := fakeFiles("5.2.1")
	files["wolfcrypt/src/wolfcrypt_first.c"] = "x"
	if tree, err := Open(writeTree(t, files)); err != nil || !tree.FIPS {
		t.Errorf("got %+v, %v", tree, err)
	}
}

func TestFiles(t *testing.T) {
	tree, err := Open(writeTree(t, fakeFiles("5.9.2")))
	if err != nil {
		t.Fatal(err)
	}
	got, err := Files(tree)
	if err != nil {
		t.Fatal(err)
	}
	want := []string{
		"COPYING", "LICENSING", "src/ssl.c", "wolfcrypt/src/aes_asm.S", "wolfcrypt/src/asn.c",
		"wolfcrypt/src/fp_mont_small.i", "wolfcrypt/src/port/arm/armv8-aes.c",
		"wolfssl/ssl.h", "wolfssl/version.h", "wolfssl/wolfcrypt/types.h",
	}
	if !slices.Equal(got, want) {
		t.Errorf("got  %q\nwant %q", got, want)
	}
}

// TestTrimmed holds what is left of a tree for a processor, and that a trimmed tree says so.
func TestTrimmed(t *testing.T) {
	files := fakeFiles("5.9.2")
	for _, name := range []string{
		"sp_x86_64.c", "sp_arm64.c", "sp_arm32.c", "sp_armthumb.c", "sp_cortexm.c", "sp_c64.c",
		"sm3_asm.S", "sp_x86_64_asm.S", "port/arm/thumb2-aes-asm_c.c", "port/st/stm32.c",
		"port/arm/armv8-32-aes-asm.S", "port/arm/armv8-aes-asm.S", "port/caam/caam_aes.c",
		"sp_c32.c", "pkcs7.c", "sakke.c", "rsa.c",
	} {
		files["wolfcrypt/src/"+name] = "x"
	}
	dir := writeTree(t, files)
	tree, err := Open(dir)
	if err != nil || tree.Processors != nil || !tree.Serves(nil) || !tree.Serves([]string{X86}) {
		t.Fatalf("%+v, %v", tree, err)
	}
	all, err := Files(tree)
	if err != nil {
		t.Fatal(err)
	}
	for processor, want := range map[string][]string{
		X86: {"aes_asm.S", "sp_x86_64.c", "sp_x86_64_asm.S"},
		ARM64: {
			"port/arm/armv8-aes-asm.S", "sp_arm64.c",
		},
		ARM32: {"port/arm/armv8-32-aes-asm.S", "sp_arm32.c"},
		CortexM: {
			"port/arm/thumb2-aes-asm_c.c", "sp_c32.c", "sp_cortexm.c",
		},
	} {
		got, err := Files(tree, processor)
		if err != nil {
			t.Fatal(err)
		}
		var own []string
		for _, name := range all {
			families := []string{X86, ARM64, ARM32, CortexM}
			common := slices.ContainsFunc(families, func(p string) bool {
				return p != processor && usable(name, []string{p})
			})
			if slices.Contains(got, name) && !common {
				own = append(own, strings.TrimPrefix(name, "wolfcrypt/src/"))
			}
		}
		if !slices.Equal(own, want) {
			t.Errorf("%s: got %q; want %q", processor, own, want)
		}
		if !slices.Contains(got, "COPYING") || !slices.Contains(got, "wolfcrypt/src/rsa.c") {
			t.Errorf("%s: the licence or a source is missing: %q", processor, got)
		}
		for more, adds := range map[string][]string{
			PlainC: {"sp_c32.c", "sp_c64.c"},
			AnySettings: {
				"fp_mont_small.i", "pkcs7.c", "port/st/stm32.c", "sp_armthumb.c", "sp_c32.c",
				"sp_c64.c",
			},
		} {
			with, err := Files(tree, processor, more)
			if err != nil {
				t.Fatal(err)
			}
			var added []string
			for _, name := range with {
				if !slices.Contains(got, name) {
					added = append(added, strings.TrimPrefix(name, "wolfcrypt/src/"))
				}
			}
			adds = slices.DeleteFunc(slices.Clone(adds), func(name string) bool {
				return processor == CortexM && name == "sp_c32.c" ||
					processor != CortexM && (name == "sp_armthumb.c" || name == "port/st/stm32.c")
			})
			if !slices.Equal(added, adds) {
				t.Errorf("%s with %s adds %q; want %q", processor, more, added, adds)
			}
		}
	}
	text := ProcessorsText([]string{ARM64, X86})
	if err := os.WriteFile(filepath.Join(dir, ProcessorsFile), text, 0o644); err != nil {
		t.Fatal(err)
	}
	tree, err = Open(dir)
	if err != nil || !tree.Serves([]string{X86}) || !tree.Serves([]string{X86, ARM64}) ||
		tree.Serves([]string{CortexM, X86}) || tree.Serves([]string{Rules, X86}) ||
		tree.Serves(nil) {
		t.Errorf("%+v, %v", tree, err)
	}
}

// TestAssembly holds that the list of assembly is that of the makefile.
func TestAssembly(t *testing.T) {
	text, err := os.ReadFile("../modules/micropython-wolfssl/micropython.mk")
	if err != nil {
		t.Fatal(err)
	}
	_, rest, _ := strings.Cut(string(text), "filter x86_64,$(WOLFSSL_ARCH)")
	rest, _, found := strings.Cut(rest, "endif")
	for _, name := range assembly {
		found = found && strings.Contains(rest, name)
	}
	if !found || strings.Count(rest, ".S") != len(assembly) {
		t.Errorf("micropython.mk compiles other files than %q:%s", assembly, rest)
	}
}
