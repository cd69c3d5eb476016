package fetch

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
	"slices"
	"strings"
	"testing"

	"mpwolf/internal/disk"
	"mpwolf/internal/sources"
	"mpwolf/wolfssl"
)

// wolfFiles are a small wolfSSL tree of the given version under GPLv3.
func wolfFiles(version string) map[string]string {
	return map[string]string{
		"COPYING": "GNU GENERAL PUBLIC LICENSE\n Version 3, 29 June 2007\n",
		"src/ssl.c": "/* This file is part of wolfSSL, under the terms of the GNU General " +
			"Public License, either version 3 of the License, or (at your option) any later " +
			"version. */\n",
		"wolfssl/ssl.h": "x",
		"wolfssl/version.h": "#pragma once\n#define LIBWOLFSSL_VERSION_STRING \"" +
			version + "\"\n",
		"wolfssl/wolfcrypt/types.h": "x",
		"wolfcrypt/src/asn.c":       "x",
	}
}

// wolfOptions are the options of a call with its own cache.
func wolfOptions(t testing.TB, said *strings.Builder) WolfSSLOptions {
	return WolfSSLOptions{Source: Source{
		Cache: sources.Cache{Dir: filepath.Join(t.TempDir(), "cache")},
		Log:   func(format string, args ...any) { fmt.Fprintf(said, format+"\n", args...) },
	}}
}

// catalogued is a wolfFetcher with a test catalogue with the given git URL.
func wolfCatalogued(t testing.TB, o WolfSSLOptions, url string) wolfFetcher {
	t.Helper()
	c, err := wolfssl.Releases()
	if err != nil {
		t.Fatal(err)
	}
	changed := *c
	changed.Git = url
	return wolfFetcher{WolfSSLOptions: o, Catalogue: changed,
		apt: sources.Apt{Cache: o.Cache, Log: o.Log, Etc: t.TempDir()}}
}

func wolfRepo(t testing.TB, version string) string {
	t.Helper()
	dir := fetchTree(t, wolfFiles(version))
	for _, args := range [][]string{
		{"init", "-q"},
		{"add", "."},
		{"-c", "user.name=a", "-c", "user.email=a@example.org", "commit", "-qm", "x"},
		{"tag", "v" + version + "-stable"},
	} {
		cmd := exec.Command("git", args...)
		cmd.Dir = dir
		cmd.Env = append(os.Environ(), "GIT_CONFIG_GLOBAL=/dev/null",
			"GIT_CONFIG_SYSTEM=/dev/null")
		if out, err := cmd.CombinedOutput(); err != nil {
			t.Skipf("git %v: %v\n%s", args, err, out)
		}
	}
	return dir
}

func TestGetGit(t *testing.T) {
	var said strings.Builder
	o := wolfOptions(t, &said)
	url := wolfRepo(t, "5.9.2")
	for range 2 {
		tree, err := wolfCatalogued(t, o, url).get(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		if tree.Version != "5.9.2" || !strings.Contains(tree.From, "v5.9.2-stable") ||
			filepath.Dir(tree.Dir) != o.Cache.Dir {
			t.Errorf("got %+v", tree)
		}
	}
	if strings.Count(said.String(), "cloning") != 1 {
		t.Errorf("said %s", said.String())
	}
	o.Want = "5.7.2"
	o.From = FromGit
	_, err := wolfCatalogued(t, o, url).get(t.Context())
	if !errors.As(err, new(*sources.RefError)) {
		t.Errorf("no such tag: got %v", err)
	}
	o.Want, o.From = "", "file://"+url
	if tree, err := WolfSSL(t.Context(), o); err != nil || tree.Version != "5.9.2" {
		t.Errorf("a URL: got %+v, %v", tree, err)
	}
}

func TestGetGitWarns(t *testing.T) {
	var said strings.Builder
	o := wolfOptions(t, &said)
	o.Want = "5.7.2"
	if _, err := wolfCatalogued(t, o, wolfRepo(t, "5.7.2")).get(t.Context()); err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(said.String(), "lacks the security fixes") {
		t.Errorf("said %s", said.String())
	}
}

// TestGetTagMissing: if a repository replies, no other source is tried.
func TestGetTagMissing(t *testing.T) {
	var said strings.Builder
	_, err := wolfCatalogued(t, wolfOptions(t, &said), wolfRepo(t, "5.0.0")).get(t.Context())
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
	_, err := wolfCatalogued(t, wolfOptions(t, &said), closedURL(t)).get(t.Context())
	if !errors.Is(err, sources.ErrOffline) || !errors.Is(err, sources.ErrNoApt) {
		t.Errorf("got %v", err)
	}
	if !strings.Contains(said.String(), "getting wolfSSL from Debian's archive") {
		t.Errorf("said %s", said.String())
	}
}

// fakeDebian puts tools in front of PATH that serve a fake wolfSSL of one version: apt-get
// source writes an orig archive and a .dsc unless served says otherwise, and dpkg-source unpacks
// it and adds a mark.
func fakeDebian(t *testing.T, version, debian string, dscServed bool) (etc, sum string) {
	t.Helper()
	bin := t.TempDir()
	archive := wolfArchive(t, wolfFiles(version))
	sum, err := disk.HashFile(archive)
	if err != nil {
		t.Fatal(err)
	}
	dsc := "touch wolfssl.dsc"
	if !dscServed {
		dsc = "echo 'E: Failed to fetch x.dsc  404  Not Found' >&2; exit 100"
	}
	scripts := map[string]string{
		"apt-cache": "printf 'Package: wolfssl\\nVersion: " + debian + "\\n'",
		"apt-get": "case \"$*\" in\n*--dsc-only*) " + dsc +
			";;\n*--diff-only*) ;;\n*source*) cp " + archive +
			" wolfssl_" + version + ".orig.tar.gz;;\nesac",
		"dpkg-source": "for dir; do :; done; mkdir \"$dir\" && tar -xzf " +
			"\"${dir}-download\"/*.orig.tar.gz -C \"$dir\" --strip-components=1 && touch " +
			"\"$dir/patched\"",
	}
	for name, text := range scripts {
		if err := os.WriteFile(filepath.Join(bin, name), []byte("#!/bin/sh\n"+text+"\n"),
			0o755); err != nil {
			t.Fatal(err)
		}
	}
	t.Setenv("PATH", bin+string(os.PathListSeparator)+os.Getenv("PATH"))
	etc = t.TempDir()
	key := filepath.Join(etc, "key.gpg")
	source := "deb [signed-by=" + key + "] http://one.example/debian bookworm main\n"
	for file, text := range map[string]string{key: "",
		filepath.Join(etc, "sources.list"): source} {
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
		"patched": {version: "5.7.2", debian: "5.7.2-0.1+deb13u2", served: true,
			from: "with Debian's patches"},
		"newest": {version: "5.9.2", debian: "5.9.2-1.2", served: true,
			from: "with Debian's patches"},
		"without, for it may": {version: "5.9.2", debian: "5.9.2-1.2",
			from: "without Debian's patches"},
		"without, but it mayn't": {version: "5.7.2", debian: "5.7.2-0.1+deb13u2", err: "404"},
		"without, wrong sum": {version: "5.9.2", debian: "5.9.2-1.2", wrongSum: true,
			err: "the checksum differs"},
		"moved on": {version: "5.9.9", debian: "5.9.9-1", served: true, err: "has 5.9.9-1"},
	} {
		t.Run(name, func(t *testing.T) {
			etc, sum := fakeDebian(t, test.version, test.debian, test.served)
			var said strings.Builder
			o := wolfOptions(t, &said)
			o.From = FromApt
			g := wolfCatalogued(t, o, "")
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

// TestGetCached gets upstream's archive, and then again with neither git nor apt at hand: from the
// cache unless it was damaged there.
func TestGetCached(t *testing.T) {
	etc, sum := fakeDebian(t, "5.9.2", "5.9.2-1.2", false)
	var said strings.Builder
	o := wolfOptions(t, &said)
	get := func(from string) (*wolfssl.Tree, error) {
		o.From = from
		g := wolfCatalogued(t, o, "http://127.0.0.1:1/wolfssl")
		g.apt.Etc = etc
		g.Releases = slices.Clone(g.Releases)
		for i := range g.Releases {
			g.Releases[i].SHA256 = sum
		}
		return g.get(t.Context())
	}
	first, err := get(FromApt)
	if err != nil {
		t.Fatal(err)
	}
	t.Setenv("PATH", t.TempDir())
	said.Reset()
	tree, err := get("")
	if err != nil || tree.Dir != first.Dir || tree.From != first.From {
		t.Errorf("got %+v, %v; want %+v", tree, err, first)
	}
	if text := said.String(); !strings.Contains(text, "without Debian's patches") ||
		strings.Contains(text, "cloning") {
		t.Errorf("it says: %s", text)
	}
	if err := os.WriteFile(filepath.Join(tree.Dir, "added"), nil, 0o644); err != nil {
		t.Fatal(err)
	}
	if tree, err := get(""); err == nil {
		t.Errorf("a damaged one: got %+v", tree)
	}
}

func wolfArchive(t testing.TB, files map[string]string) string {
	t.Helper()
	var buffer bytes.Buffer
	z := gzip.NewWriter(&buffer)
	w := tar.NewWriter(z)
	for _, name := range slices.Sorted(maps.Keys(files)) {
		text := files[name]
		if err := w.WriteHeader(&tar.Header{Name: "wolfssl-x/" + name, Mode: 0o644,
			Size: int64(len(text))}); err != nil {
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
	o := wolfOptions(t, &said)
	o.From = wolfArchive(t, wolfFiles("5.8.4"))
	sum, err := disk.HashFile(o.From)
	if err != nil {
		t.Fatal(err)
	}
	tree, err := WolfSSL(t.Context(), o)
	if err != nil || tree.Version != "5.8.4" || !strings.Contains(said.String(), sum) {
		t.Errorf("got %+v, %v; said %s", tree, err, said.String())
	}
	o.SHA256 = sum
	if _, err := WolfSSL(t.Context(), o); err != nil {
		t.Error(err)
	}
	o.SHA256 = strings.Repeat("0", 64)
	if _, err := WolfSSL(t.Context(), o); !errors.As(err, new(*sources.ChecksumError)) {
		t.Errorf("a wrong checksum: got %v", err)
	}
	o.SHA256, o.Want = sum, "5.9.2"
	if _, err := WolfSSL(t.Context(), o); err == nil ||
		!strings.Contains(err.Error(), "is wolfSSL 5.8.4, not 5.9.2") {
		t.Errorf("another version: got %v", err)
	}
	o.SHA256, o.Want, o.From = "", "", wolfArchive(t, map[string]string{"README": "x"})
	if _, err := WolfSSL(t.Context(), o); !errors.As(err, new(*wolfssl.NotTreeError)) {
		t.Errorf("another archive: got %v", err)
	}
}

func TestGetDirectory(t *testing.T) {
	var said strings.Builder
	dir := fetchTree(t, wolfFiles("5.2.1"))
	for name, change := range map[string]func(*WolfSSLOptions){
		"want":             func(o *WolfSSLOptions) { o.Want = dir },
		"from":             func(o *WolfSSLOptions) { o.From = dir },
		"from and version": func(o *WolfSSLOptions) { o.From, o.Want = dir, "5.2.1" },
	} {
		o := wolfOptions(t, &said)
		change(&o)
		if tree, err := WolfSSL(t.Context(), o); err != nil || tree.Dir != dir ||
			!strings.Contains(tree.From, dir) {
			t.Errorf("%s: got %+v, %v", name, tree, err)
		}
	}
	for name, change := range map[string]func(*WolfSSLOptions){
		"no such path":  func(o *WolfSSLOptions) { o.From = filepath.Join(dir, "none") },
		"no tree":       func(o *WolfSSLOptions) { o.From = filepath.Join(dir, "src") },
		"other version": func(o *WolfSSLOptions) { o.From, o.Want = dir, "5.9.2" },
		"checksum":      func(o *WolfSSLOptions) { o.From, o.SHA256 = dir, "00" },
		"checksum git":  func(o *WolfSSLOptions) { o.From, o.SHA256 = FromGit, "00" },
	} {
		o := wolfOptions(t, &said)
		change(&o)
		if tree, err := WolfSSL(t.Context(), o); err == nil {
			t.Errorf("%s: got %+v", name, tree)
		}
	}
}

// TestRealApt gets every release of the catalogue from Debian's archive through this machine's
// apt.
func TestRealApt(t *testing.T) {
	if os.Getenv("MPWOLF_TEST_APT") == "" {
		t.Skip("NOT TESTED: Debian's archive; set MPWOLF_TEST_APT=1 to do so")
	}
	c, err := wolfssl.Releases()
	if err != nil {
		t.Fatal(err)
	}
	cache := sources.Cache{Dir: filepath.Join(t.TempDir(), "cache")}
	for _, want := range append([]wolfssl.Release{{Version: ""}}, c.Releases...) {
		t.Run("version "+want.Version, func(t *testing.T) {
			o := WolfSSLOptions{Want: want.Version,
				Source: Source{From: FromApt, Cache: cache, Log: t.Logf}}
			tree, err := WolfSSL(t.Context(), o)
			if err != nil {
				t.Fatal(err)
			}
			t.Logf("%+v", tree)
			if want.Version != "" &&
				(tree.Version != want.Version || tree.Licence != want.Licence || tree.FIPS) {
				t.Errorf("got %+v", tree)
			}
			if want.Patched && !strings.Contains(tree.From, "with Debian's patches") {
				t.Errorf("from %q", tree.From)
			}
			checkSize(t, tree)
		})
	}
}

// checkSize checks that what is installed stays small: a third of a tree.
func checkSize(t *testing.T, tree *wolfssl.Tree) {
	files, err := wolfssl.Files(tree)
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
