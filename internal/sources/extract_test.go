package sources

import (
	"archive/tar"
	"bufio"
	"bytes"
	"compress/gzip"
	"context"
	"errors"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/ulikunitz/xz"
)

// member is a member of an archive that a test makes; the zero type is a file.
type member struct {
	name, link string
	kind       byte
	mode       int64
	content    string
}

func tarOf(t testing.TB, members ...member) []byte {
	t.Helper()
	var buffer bytes.Buffer
	w := tar.NewWriter(&buffer)
	for _, m := range members {
		h := &tar.Header{Name: m.name, Linkname: m.link, Typeflag: m.kind, Mode: m.mode,
			Size: int64(len(m.content))}
		if h.Typeflag == 0 {
			h.Typeflag = tar.TypeReg
		}
		if h.Typeflag == tar.TypeXGlobalHeader {
			*h = tar.Header{Typeflag: h.Typeflag, PAXRecords: map[string]string{"comment": "0123"}}
		}
		if err := w.WriteHeader(h); err != nil {
			t.Fatal(err)
		}
		if _, err := w.Write([]byte(m.content)); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return buffer.Bytes()
}

func gzipped(t testing.TB, plain []byte) []byte {
	t.Helper()
	var buffer bytes.Buffer
	w := gzip.NewWriter(&buffer)
	if _, err := w.Write(plain); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return buffer.Bytes()
}

func xzed(t testing.TB, plain []byte) []byte {
	t.Helper()
	var buffer bytes.Buffer
	w, err := xz.NewWriter(&buffer)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := w.Write(plain); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return buffer.Bytes()
}

func bzip2ed(t testing.TB, plain []byte) []byte {
	t.Helper()
	cmd := exec.Command("bzip2", "-c")
	cmd.Stdin = bytes.NewReader(plain)
	out, err := cmd.Output()
	if err != nil {
		t.Skip("bzip2 is not on this machine: the standard library does not write its format:",
			err)
	}
	return out
}

func write(t testing.TB, name string, content []byte) string {
	t.Helper()
	file := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(file, content, 0o644); err != nil {
		t.Fatal(err)
	}
	return file
}

var goodMembers = []member{
	{kind: tar.TypeXGlobalHeader},
	{name: "top-1.0/", kind: tar.TypeDir, mode: 0o755},
	{name: "top-1.0/run.sh", mode: 0o775, content: "#!/bin/sh\n"},
	{name: "top-1.0/deep/er/file.c", mode: 0o600, content: "int x;\n"},
	{name: "top-1.0/deep/link", kind: tar.TypeSymlink, link: "../run.sh"},
	{name: "top-1.0/same.c", kind: tar.TypeLink, link: "top-1.0/deep/er/file.c"},
}

func TestUnpack(t *testing.T) {
	plain := tarOf(t, goodMembers...)
	for name, pack := range map[string]func(testing.TB, []byte) []byte{
		"x.tar.gz":  gzipped,
		"x.tar.xz":  xzed,
		"x.tar.bz2": bzip2ed,
		"x.tar":     func(_ testing.TB, plain []byte) []byte { return plain },
	} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			if err := Unpack(t.Context(), write(t, name, pack(t, plain)), dir); err != nil {
				t.Fatal(err)
			}
			for file, mode := range map[string]fs.FileMode{"run.sh": 0o755,
				"deep/er/file.c": 0o644, "same.c": 0o644} {
				info, err := os.Stat(filepath.Join(dir, file))
				if err != nil {
					t.Fatal(err)
				}
				if info.Mode()&0o111 != mode&0o111 {
					t.Errorf("%s has mode %v, want %v", file, info.Mode(), mode)
				}
			}
			if target, err := os.Readlink(filepath.Join(dir, "deep", "link")); err != nil ||
				target != "../run.sh" {
				t.Errorf("link is %q, %v", target, err)
			}
		})
	}
}

func TestUnpackDotTop(t *testing.T) {
	dir := t.TempDir()
	plain := tarOf(t, member{name: "./", kind: tar.TypeDir}, member{name: "./a"},
		member{name: "./b/c"})
	if err := Unpack(t.Context(), write(t, "x.tar.gz", gzipped(t, plain)), dir); err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(filepath.Join(dir, "b", "c")); err != nil {
		t.Error(err)
	}
}

func TestUnpackRefuses(t *testing.T) {
	file := member{name: "top/file"}
	for name, test := range map[string]struct {
		members []member
		want    string
	}{
		"dot dot":       {[]member{{name: "top/../../evil"}}, `has ".."`},
		"dot dot first": {[]member{{name: "../evil"}}, `has ".."`},
		"absolute":      {[]member{{name: "/etc/evil"}}, "is absolute"},
		"backslash":     {[]member{{name: `top\..\evil`}}, "not allowed"},
		"another top": {[]member{file, {name: "other/file"}},
			`not in the archive's top directory "top"`},
		"no top": {[]member{{name: "a"}, {name: "b"}},
			"expected an archive with one top directory"},
		"link out": {[]member{{name: "top/l", kind: tar.TypeSymlink, link: "../../evil"}},
			"out of the archive"},
		"link to beside": {[]member{{name: "top/l", kind: tar.TypeSymlink, link: "../beside"}},
			"out of the archive"},
		"link absolute": {
			[]member{{name: "top/l", kind: tar.TypeSymlink, link: "/etc/passwd"}},
			"out of the archive"},
		"link empty": {[]member{{name: "top/l", kind: tar.TypeSymlink}},
			"out of the archive"},
		"link through link": {[]member{{name: "top/d/l", kind: tar.TypeSymlink, link: ".."},
			{name: "top/m", kind: tar.TypeSymlink, link: "d/l/../.."}}, "out of the archive"},
		"through link": {[]member{
			{name: "top/d/", kind: tar.TypeDir},
			{name: "top/l", kind: tar.TypeSymlink, link: "d"},
			{name: "top/l/file"},
		}, `below "l", which is not a directory`},
		"over link": {[]member{
			{name: "top/l", kind: tar.TypeSymlink, link: "file"},
			{name: "top/l", content: "x"},
		}, "occurs twice"},
		"directory over link": {[]member{
			{name: "top/l", kind: tar.TypeSymlink, link: "d"},
			{name: "top/l/", kind: tar.TypeDir},
		}, "occurs twice"},
		"below file": {[]member{file, {name: "top/file/x"}}, "not a directory"},
		"twice":      {[]member{file, file}, "occurs twice"},
		"hard link out": {
			[]member{{name: "top/l", kind: tar.TypeLink, link: "../../etc/passwd"}}, `has ".."`},
		"hard link abs": {[]member{{name: "top/l", kind: tar.TypeLink, link: "/etc/passwd"}},
			"absolute"},
		"hard link absent": {[]member{{name: "top/l", kind: tar.TypeLink, link: "top/none"}},
			"not a file before it"},
		"hard link to link": {[]member{
			{name: "top/s", kind: tar.TypeSymlink, link: "file"},
			{name: "top/l", kind: tar.TypeLink, link: "top/s"},
		}, "not a file before it"},
		"device": {[]member{{name: "top/null", kind: tar.TypeChar}}, "neither a file"},
		"fifo":   {[]member{{name: "top/pipe", kind: tar.TypeFifo}}, "neither a file"},
		"empty":  {nil, "is empty"},
	} {
		t.Run(name, func(t *testing.T) {
			parent := t.TempDir()
			dir := filepath.Join(parent, "in", "dir")
			if err := os.MkdirAll(dir, 0o755); err != nil {
				t.Fatal(err)
			}
			archive := write(t, "hostile.tar.gz", gzipped(t, tarOf(t, test.members...)))
			err := Unpack(t.Context(), archive, dir)
			if err == nil || !strings.Contains(err.Error(), test.want) ||
				!strings.Contains(err.Error(), "hostile.tar.gz") {
				t.Fatalf("got %v, want one with %q and the archive's name", err, test.want)
			}
			var refused *MemberError
			if len(test.members) > 0 && (!errors.As(err, &refused) || refused.Member == "") {
				t.Errorf("%v does not name the member", err)
			}
			if names := list(t, parent); !onlyBelow(names, "in/dir") {
				t.Errorf("it wrote outside: %q", names)
			}
		})
	}
}

func list(t testing.TB, dir string) []string {
	t.Helper()
	var names []string
	err := filepath.WalkDir(dir, func(path string, _ fs.DirEntry, err error) error {
		rel, _ := filepath.Rel(dir, path)
		names = append(names, filepath.ToSlash(rel))
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return names
}

func onlyBelow(names []string, dir string) bool {
	for _, name := range names {
		if name != "." && !strings.HasPrefix(dir+"/", name+"/") &&
			!strings.HasPrefix(name, dir+"/") {
			return false
		}
	}
	return true
}

func TestUnpackDamaged(t *testing.T) {
	good := gzipped(t, tarOf(t, goodMembers...))
	for name, content := range map[string][]byte{
		"short":     good[:len(good)/2],
		"not gzip":  []byte("this is no archive at all"),
		"too short": {0x1f},
		"bad xz":    []byte("\xfd7zXZ\x00garbage garbage"),
	} {
		t.Run(name, func(t *testing.T) {
			err := Unpack(t.Context(), write(t, "x.tar.gz", content), t.TempDir())
			if err == nil || !strings.Contains(err.Error(), "x.tar.gz") {
				t.Errorf("got %v", err)
			}
		})
	}
}

func TestUnpackLimits(t *testing.T) {
	plain := tarOf(t, member{name: "top/a", content: "12345"},
		member{name: "top/b", content: "12345"})
	for _, limits := range []Limits{{Bytes: 9, Files: 10}, {Bytes: 100, Files: 1}} {
		err := extract(t.Context(), "x.tar", bufio.NewReader(bytes.NewReader(plain)),
			t.TempDir(), limits)
		if err == nil || !strings.Contains(err.Error(), "more than") {
			t.Errorf("%+v: got %v", limits, err)
		}
	}
}

func TestUnpackCancelled(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	err := Unpack(ctx, write(t, "x.tar", tarOf(t, goodMembers...)), t.TempDir())
	if !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
}

func TestCheckSHA256(t *testing.T) {
	file := write(t, "x.tar.gz", []byte("abc"))
	const sum = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
	for _, want := range []string{"", sum, strings.ToUpper(sum), "sha256:" + sum} {
		if got, err := CheckSHA256(file, want); err != nil || got != sum {
			t.Errorf("%q: got %q, %v", want, got, err)
		}
	}
	_, err := CheckSHA256(file, strings.Repeat("0", 64))
	var differs *ChecksumError
	if !errors.As(err, &differs) || !strings.Contains(err.Error(), sum) ||
		!strings.Contains(err.Error(), "0000") {
		t.Errorf("the error does not show both: %v", err)
	}
}

// FuzzExtract checks that nothing is written outside, and that no link leads there, whatever the
// archive.
func FuzzExtract(f *testing.F) {
	f.Add(tarOf(f, goodMembers...))
	f.Add(gzipped(f, tarOf(f, goodMembers...)))
	f.Add(tarOf(f, member{name: "top/l", kind: tar.TypeSymlink, link: "d"},
		member{name: "top/l/x", content: "x"}))
	f.Add(tarOf(f, member{name: "top/../x"},
		member{name: "top/l", kind: tar.TypeLink, link: "top/../../x"}))
	f.Fuzz(func(t *testing.T, archive []byte) {
		parent, err := os.MkdirTemp("", "fuzz")
		if err != nil {
			t.Fatal(err)
		}
		defer os.RemoveAll(parent)
		dir := filepath.Join(parent, "in")
		if err := os.Mkdir(dir, 0o755); err != nil {
			t.Fatal(err)
		}
		// The error does not matter: everything written before it must be in the same directory.
		_ = extract(t.Context(), "x", bufio.NewReader(bytes.NewReader(archive)), dir,
			Limits{Bytes: 1 << 20, Files: 100})
		if names := list(t, parent); !onlyBelow(names, "in") {
			t.Fatalf("it wrote outside: %q", names)
		}
		checkLinks(t, dir)
	})
}

// checkLinks follows every link, as the kernel does, and checks that it ends inside or nowhere.
func checkLinks(t *testing.T, dir string) {
	real, err := filepath.EvalSymlinks(dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range list(t, dir) {
		end, err := filepath.EvalSymlinks(filepath.Join(dir, filepath.FromSlash(name)))
		if err != nil {
			continue // it leads nowhere
		}
		if end != real && !strings.HasPrefix(end, real+string(filepath.Separator)) {
			t.Fatalf("%q leads to %q, outside %q", name, end, real)
		}
	}
}
