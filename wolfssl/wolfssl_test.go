package wolfssl

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"errors"
	"fmt"
	"maps"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"mpwolf/internal/sources"
)

const (
	gpl2Header = "/* ssl.c\n *\n * This file is part of wolfSSL.\n *\n * under the terms of the GNU General Public License as published by\n" +
		" * the Free Software Foundation; either version 2 of the License, or\n * (at your option) any later version.\n */\n"
	gpl3Header = "/* ssl.c\n *\n * This file is part of wolfSSL.\n *\n * under the terms of the GNU General Public License as published by\n" +
		" * the Free Software Foundation; either version 3 of the License, or\n * (at your option) any later version.\n */\n"
	ownHeader = "/* ssl.c\n *\n * Copyright (C) 2006-2026 wolfSSL Inc.  All rights reserved.\n *\n * This file is part of wolfSSL.\n */\n"
	gpl2Terms = "licensed for use\nunder the GPLv2 (or at your option any later version) or a standard commercial\nlicense.\n"
	gpl3Terms = "is made available under the GNU General Public License version 3 (“GPLv3”) with\nthe following exception\n"
)

// fakeFiles are a wolfSSL tree of the given version under GPLv3.
func fakeFiles(version string) map[string]string {
	return map[string]string{
		"LICENSING":                          gpl3Terms,
		"COPYING":                            "GNU GENERAL PUBLIC LICENSE\n Version 3, 29 June 2007\n",
		"README.md":                          "x",
		"src/ssl.c":                          gpl3Header,
		"src/include.am":                     "x",
		"wolfssl/ssl.h":                      "x",
		"wolfssl/test.h":                     "x",
		"wolfssl/version.h":                  "#pragma once\n#define LIBWOLFSSL_VERSION_STRING \"" + version + "\"\n",
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
	releases, err := Releases()
	if err != nil {
		t.Fatal(err)
	}
	var versions []string
	for _, r := range releases {
		versions = append(versions, r.Version)
		if r.Tag != "v"+r.Version+"-stable" || !regexp.MustCompile(`^[0-9a-f]{64}$`).MatchString(r.SHA256) ||
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
	for want, version := range map[string]string{"": "5.9.2", "5.7.2": "5.7.2", "v5.7.2": "5.7.2", "v5.5.4-stable": "5.5.4"} {
		if got, err := c.wanted(want); err != nil || got[0].Version != version {
			t.Errorf("%q: got %v, %v", want, got, err)
		}
	}
	_, err = c.wanted("4.0.0")
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
	if *tree != (Tree{Dir: dir, Version: "5.9.2", Licence: GPL3}) {
		t.Errorf("got %+v", tree)
	}
	for _, missing := range append(slices.Clone(marks), "wolfssl/version.h") {
		files := fakeFiles("5.9.2")
		delete(files, missing)
		var notTree *NotTreeError
		if _, err := Open(writeTree(t, files)); !errors.As(err, &notTree) || notTree.Missing != missing {
			t.Errorf("without %s: got %v", missing, err)
		}
	}
	files := fakeFiles("5.9.2")
	files["wolfssl/version.h"] = "#define X\n"
	if _, err := Open(writeTree(t, files)); err == nil || !strings.Contains(err.Error(), "LIBWOLFSSL_VERSION_STRING") {
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
	if tree, err := Open(writeTree(t, files)); err != nil || tree.Licence != "unknown: see src/ssl.c" {
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

// options are those of a call with a cache of its own.
func options(t testing.TB, said *strings.Builder) Options {
	return Options{
		Cache: sources.Cache{Dir: filepath.Join(t.TempDir(), "cache")},
		Log:   func(format string, args ...any) { fmt.Fprintf(said, format+"\n", args...) },
	}
}

// catalogued is a getter with a catalogue of this test's, whose git URL is given.
func catalogued(t testing.TB, o Options, url string) getter {
	t.Helper()
	c, err := known()
	if err != nil {
		t.Fatal(err)
	}
	changed := *c
	changed.Git = url
	return getter{Options: o, catalogue: changed, apt: sources.Apt{Cache: o.Cache, Log: o.Log, Etc: t.TempDir()}}
}

func repo(t testing.TB, version string) string {
	t.Helper()
	dir := writeTree(t, fakeFiles(version))
	for _, args := range [][]string{
		{"init", "-q"},
		{"add", "."},
		{"-c", "user.name=a", "-c", "user.email=a@example.org", "commit", "-qm", "x"},
		{"tag", "v" + version + "-stable"},
	} {
		cmd := exec.Command("git", args...)
		cmd.Dir = dir
		cmd.Env = append(os.Environ(), "GIT_CONFIG_GLOBAL=/dev/null", "GIT_CONFIG_SYSTEM=/dev/null")
		if out, err := cmd.CombinedOutput(); err != nil {
			t.Skipf("git %v: %v\n%s", args, err, out)
		}
	}
	return dir
}

func TestGetGit(t *testing.T) {
	var said strings.Builder
	o := options(t, &said)
	url := repo(t, "5.9.2")
	for range 2 {
		tree, err := catalogued(t, o, url).get(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		if tree.Version != "5.9.2" || !strings.Contains(tree.From, "v5.9.2-stable") || filepath.Dir(tree.Dir) != o.Cache.Dir {
			t.Errorf("got %+v", tree)
		}
	}
	if strings.Count(said.String(), "cloning") != 1 {
		t.Errorf("said %s", said.String())
	}
	o.Want = "5.7.2"
	o.From = FromGit
	_, err := catalogued(t, o, url).get(t.Context())
	if !errors.As(err, new(*sources.RefError)) {
		t.Errorf("no such tag: got %v", err)
	}
	o.Want, o.From = "", "file://"+url
	if tree, err := Get(t.Context(), o); err != nil || tree.Version != "5.9.2" {
		t.Errorf("a URL: got %+v, %v", tree, err)
	}
}

func TestGetGitWarns(t *testing.T) {
	var said strings.Builder
	o := options(t, &said)
	o.Want = "5.7.2"
	if _, err := catalogued(t, o, repo(t, "5.7.2")).get(t.Context()); err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(said.String(), "lacks the security fixes") {
		t.Errorf("said %s", said.String())
	}
}

// TestGetTagMissing: a repository that answers is no reason to go elsewhere.
func TestGetTagMissing(t *testing.T) {
	var said strings.Builder
	_, err := catalogued(t, options(t, &said), repo(t, "5.0.0")).get(t.Context())
	if !errors.As(err, new(*sources.RefError)) || strings.Contains(said.String(), "apt") {
		t.Errorf("got %v, said %s", err, said.String())
	}
}

func closedURL(t testing.TB) string {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close()
	return "http://" + listener.Addr().String() + "/wolfssl"
}

func TestGetOffline(t *testing.T) {
	t.Setenv("PATH", t.TempDir()) // no apt either
	var said strings.Builder
	_, err := catalogued(t, options(t, &said), closedURL(t)).get(t.Context())
	if !errors.Is(err, sources.ErrOffline) || !errors.Is(err, sources.ErrNoApt) {
		t.Errorf("got %v", err)
	}
	if !strings.Contains(said.String(), "taking wolfSSL from Debian's archive") {
		t.Errorf("said %s", said.String())
	}
}

// fakeDebian puts tools in front of PATH that serve a fake wolfSSL of one version: apt-get source puts down an orig
// archive and a .dsc unless served says otherwise, and dpkg-source unpacks it with a mark.
func fakeDebian(t *testing.T, version, debian string, dscServed bool) (etc, sum string) {
	t.Helper()
	bin := t.TempDir()
	archive := writeArchive(t, fakeFiles(version))
	sum, err := sources.SHA256(archive)
	if err != nil {
		t.Fatal(err)
	}
	dsc := "touch wolfssl.dsc"
	if !dscServed {
		dsc = "echo 'E: Failed to fetch x.dsc  404  Not Found' >&2; exit 100"
	}
	scripts := map[string]string{
		"apt-cache": "printf 'Package: wolfssl\\nVersion: " + debian + "\\n'",
		"apt-get": "case \"$*\" in\n*--dsc-only*) " + dsc + ";;\n*--diff-only*) ;;\n*source*) cp " + archive +
			" wolfssl_" + version + ".orig.tar.gz;;\nesac",
		"dpkg-source": "for dir; do :; done; mkdir \"$dir\" && tar -xzf \"${dir}-download\"/*.orig.tar.gz -C \"$dir\" " +
			"--strip-components=1 && touch \"$dir/patched\"",
	}
	for name, text := range scripts {
		if err := os.WriteFile(filepath.Join(bin, name), []byte("#!/bin/sh\n"+text+"\n"), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	t.Setenv("PATH", bin+string(os.PathListSeparator)+os.Getenv("PATH"))
	etc = t.TempDir()
	key := filepath.Join(etc, "key.gpg")
	source := "deb [signed-by=" + key + "] http://one.example/debian bookworm main\n"
	for file, text := range map[string]string{key: "", filepath.Join(etc, "sources.list"): source} {
		if err := os.WriteFile(file, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	return etc, sum
}

func TestGetDebian(t *testing.T) {
	for name, test := range map[string]struct {
		version, debian string
		served          bool
		wrongSum        bool
		from, err       string
	}{
		"patched":                {version: "5.7.2", debian: "5.7.2-0.1+deb13u2", served: true, from: "with Debian's patches"},
		"newest":                 {version: "5.9.2", debian: "5.9.2-1.2", served: true, from: "with Debian's patches"},
		"without, for it may":    {version: "5.9.2", debian: "5.9.2-1.2", from: "without Debian's patches"},
		"without, but it mayn't": {version: "5.7.2", debian: "5.7.2-0.1+deb13u2", err: "404"},
		"without, wrong sum":     {version: "5.9.2", debian: "5.9.2-1.2", wrongSum: true, err: "the checksum differs"},
		"moved on":               {version: "5.9.9", debian: "5.9.9-1", served: true, err: "has 5.9.9-1"},
	} {
		t.Run(name, func(t *testing.T) {
			etc, sum := fakeDebian(t, test.version, test.debian, test.served)
			var said strings.Builder
			o := options(t, &said)
			o.From = FromApt
			g := catalogued(t, o, "")
			g.apt.Etc = etc
			g.Releases = slices.Clone(g.Releases)
			for i := range g.Releases {
				g.Releases[i].SHA256 = sum
				if test.wrongSum {
					g.Releases[i].SHA256 = strings.Repeat("0", 64)
				}
			}
			tree, err := g.get(t.Context())
			if test.err != "" {
				if err == nil || !strings.Contains(err.Error(), test.err) {
					t.Errorf("got %+v, %v", tree, err)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			if tree.Version != test.version || !strings.Contains(tree.From, test.from) {
				t.Errorf("got %+v", tree)
			}
			_, err = os.Stat(filepath.Join(tree.Dir, "patched"))
			if (err == nil) != test.served {
				t.Errorf("patched: %v", err)
			}
			if !test.served && !strings.Contains(said.String(), "without Debian's patches") {
				t.Errorf("it does not say so: %s", said.String())
			}
		})
	}
}

func writeArchive(t testing.TB, files map[string]string) string {
	t.Helper()
	var buffer bytes.Buffer
	z := gzip.NewWriter(&buffer)
	w := tar.NewWriter(z)
	for _, name := range slices.Sorted(maps.Keys(files)) {
		text := files[name]
		if err := w.WriteHeader(&tar.Header{Name: "wolfssl-x/" + name, Mode: 0o644, Size: int64(len(text))}); err != nil {
			t.Fatal(err)
		}
		if _, err := w.Write([]byte(text)); err != nil {
			t.Fatal(err)
		}
	}
	if err := errors.Join(w.Close(), z.Close()); err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(t.TempDir(), "wolfssl.tar.gz")
	if err := os.WriteFile(file, buffer.Bytes(), 0o644); err != nil {
		t.Fatal(err)
	}
	return file
}

func TestGetArchive(t *testing.T) {
	var said strings.Builder
	o := options(t, &said)
	o.From = writeArchive(t, fakeFiles("5.8.4"))
	sum, err := sources.SHA256(o.From)
	if err != nil {
		t.Fatal(err)
	}
	tree, err := Get(t.Context(), o)
	if err != nil || tree.Version != "5.8.4" || !strings.Contains(said.String(), sum) {
		t.Errorf("got %+v, %v; said %s", tree, err, said.String())
	}
	o.SHA256 = sum
	if _, err := Get(t.Context(), o); err != nil {
		t.Error(err)
	}
	o.SHA256 = strings.Repeat("0", 64)
	if _, err := Get(t.Context(), o); !errors.As(err, new(*sources.ChecksumError)) {
		t.Errorf("a wrong checksum: got %v", err)
	}
	o.SHA256, o.Want = sum, "5.9.2"
	if _, err := Get(t.Context(), o); err == nil || !strings.Contains(err.Error(), "is wolfSSL 5.8.4, not 5.9.2") {
		t.Errorf("another version: got %v", err)
	}
	o.SHA256, o.Want, o.From = "", "", writeArchive(t, map[string]string{"README": "x"})
	if _, err := Get(t.Context(), o); !errors.As(err, new(*NotTreeError)) {
		t.Errorf("another archive: got %v", err)
	}
}

func TestGetFolder(t *testing.T) {
	var said strings.Builder
	dir := writeTree(t, fakeFiles("5.2.1"))
	for name, change := range map[string]func(*Options){
		"want":             func(o *Options) { o.Want = dir },
		"from":             func(o *Options) { o.From = dir },
		"from and version": func(o *Options) { o.From, o.Want = dir, "5.2.1" },
	} {
		o := options(t, &said)
		change(&o)
		if tree, err := Get(t.Context(), o); err != nil || tree.Dir != dir || !strings.Contains(tree.From, dir) {
			t.Errorf("%s: got %+v, %v", name, tree, err)
		}
	}
	for name, change := range map[string]func(*Options){
		"no such path":  func(o *Options) { o.From = filepath.Join(dir, "none") },
		"no tree":       func(o *Options) { o.From = filepath.Join(dir, "src") },
		"other version": func(o *Options) { o.From, o.Want = dir, "5.9.2" },
		"checksum":      func(o *Options) { o.From, o.SHA256 = dir, "00" },
		"checksum git":  func(o *Options) { o.From, o.SHA256 = FromGit, "00" },
	} {
		o := options(t, &said)
		change(&o)
		if tree, err := Get(t.Context(), o); err == nil {
			t.Errorf("%s: got %+v", name, tree)
		}
	}
}

// TestRealApt gets every release of the catalogue from Debian's archive through this machine's apt.
func TestRealApt(t *testing.T) {
	if os.Getenv("MPWOLF_TEST_APT") == "" {
		t.Skip("NOT TESTED: Debian's archive; set MPWOLF_TEST_APT=1 to do so")
	}
	releases, err := Releases()
	if err != nil {
		t.Fatal(err)
	}
	cache := sources.Cache{Dir: filepath.Join(t.TempDir(), "cache")}
	for _, want := range append([]Release{{Version: ""}}, releases...) {
		t.Run("version "+want.Version, func(t *testing.T) {
			o := Options{Want: want.Version, From: FromApt, Cache: cache, Log: t.Logf}
			tree, err := Get(t.Context(), o)
			if err != nil {
				t.Fatal(err)
			}
			t.Logf("%+v", tree)
			if want.Version != "" && (tree.Version != want.Version || tree.Licence != want.Licence || tree.FIPS) {
				t.Errorf("got %+v", tree)
			}
			if want.Patched && !strings.Contains(tree.From, "with Debian's patches") {
				t.Errorf("from %q", tree.From)
			}
			checkSize(t, tree)
		})
	}
}

// checkSize holds that what is installed stays small: a third of a tree.
func checkSize(t *testing.T, tree *Tree) {
	files, err := Files(tree)
	if err != nil {
		t.Fatal(err)
	}
	var bytes int64
	for _, name := range files {
		info, err := os.Stat(filepath.Join(tree.Dir, filepath.FromSlash(name)))
		if err != nil {
			t.Fatal(err)
		}
		bytes += info.Size()
	}
	t.Logf("%d files, %.1f MB are installed", len(files), float64(bytes)/1e6)
	if len(files) > 900 || bytes > 80e6 {
		t.Errorf("%d files, %d bytes are installed", len(files), bytes)
	}
}
