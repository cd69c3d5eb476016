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

	"mpwolf/internal/build"
	"mpwolf/internal/micropython"
	"mpwolf/internal/sources"
)

// fetchFiles is a small tree whose Makefile lists submodules as ports/unix/Makefile does: one
// always, one for the built-in TLS, and micropython-lib unless MPY_LIB_DIR says otherwise.
func fetchFiles(version string) map[string]string {
	numbers := strings.Split(version, ".")
	return map[string]string{
		"py/mpconfig.h": "#define MICROPY_VERSION_MAJOR " + numbers[0] +
			"\n#define MICROPY_VERSION_MINOR " + numbers[1] +
			"\n#define MICROPY_VERSION_MICRO " + numbers[2] +
			"\n#define MICROPY_VERSION_PRERELEASE 0\n",
		"py/py.mk":                   "",
		"py/mkrules.mk":              "",
		"extmod/asyncio/manifest.py": "",
		"ports/unix/variants/standard/mpconfigvariant.mk": "",
		"ports/unix/variants/minimal/mpconfigvariant.mk": "# freezes nothing\n" +
			"FROZEN_MANIFEST =\n",
		"ports/unix/build-standard/old.o": "",
		"ports/unix/Makefile": `TOP = ../..
MICROPY_PY_BTREE ?= 1
MICROPY_PY_SSL ?= 1
MPY_LIB_SUBMODULE_DIR = $(TOP)/lib/micropython-lib
MPY_LIB_DIR = $(MPY_LIB_SUBMODULE_DIR)
GIT_SUBMODULES += lib/berkeley-db-1.xx
ifeq ($(MICROPY_PY_SSL),1)
GIT_SUBMODULES += lib/extra-tls
endif
GIT_SUBMODULES += lib/mbedtls
ifeq ($(MPY_LIB_DIR),$(MPY_LIB_SUBMODULE_DIR))
GIT_SUBMODULES += lib/micropython-lib
endif
`,
		"ports/rp2/Makefile": "all:\nsubmodules:\n" +
			"\t$(Q)$(MAKE) -f ../../py/mkrules.mk GIT_SUBMODULES=\"lib/pico-sdk\" submodules\n",
		"ports/rp2/CMakeLists.txt": "list(APPEND GIT_SUBMODULES lib/mbedtls)\n" +
			"list(APPEND GIT_SUBMODULES lib/tinyusb)\n" +
			"if(X)\n    string(CONCAT GIT_SUBMODULES \"${GIT_SUBMODULES} \" lib/btstack)\n" +
			"endif()\n",
	}
}

func fetchTree(t testing.TB, files map[string]string) string {
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

func fetchArchive(t testing.TB, files map[string]string) string {
	t.Helper()
	var buffer bytes.Buffer
	z := gzip.NewWriter(&buffer)
	w := tar.NewWriter(z)
	for _, name := range slices.Sorted(maps.Keys(files)) {
		text := files[name]
		if err := w.WriteHeader(&tar.Header{Name: "micropython-x/" + name, Mode: 0o644,
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
	file := filepath.Join(t.TempDir(), "micropython.tar.gz")
	if err := os.WriteFile(file, buffer.Bytes(), 0o644); err != nil {
		t.Fatal(err)
	}
	return file
}

func fetchGit(t testing.TB, dir string, args ...string) string {
	t.Helper()
	cmd := exec.Command("git",
		append([]string{"-c", "protocol.file.allow=always", "-c", "user.name=a",
			"-c", "user.email=a@example.org"}, args...)...)
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), "GIT_CONFIG_GLOBAL=/dev/null", "GIT_CONFIG_SYSTEM=/dev/null")
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("git %v: %v\n%s", args, err, out)
	}
	return strings.TrimSpace(string(out))
}

func needs(t testing.TB, programs ...string) {
	t.Helper()
	for _, program := range programs {
		if _, err := exec.LookPath(program); err != nil {
			t.Skip(program, "is not on this machine")
		}
	}
}

// fetchRepo is a repository with the tag of one release and submodules that are repositories here.
func fetchRepo(t testing.TB, version string) string {
	t.Helper()
	needs(t, "git", "make")
	files := fetchFiles(version)
	delete(files, "ports/unix/build-standard/old.o")
	dir := fetchTree(t, files)
	library := fetchTree(t, map[string]string{"README.md": "library"})
	for _, repository := range []string{library, dir} {
		fetchGit(t, repository, "init", "-q")
		fetchGit(t, repository, "add", ".")
		fetchGit(t, repository, "commit", "-qm", "x")
	}
	for _, path := range []string{"lib/berkeley-db-1.xx", "lib/extra-tls", "lib/mbedtls",
		"lib/micropython-lib"} {
		fetchGit(t, dir, "submodule", "add", "-q", library, path)
	}
	fetchGit(t, dir, "commit", "-qam", "submodules")
	fetchGit(t, dir, "tag", "v"+version)
	return dir
}

// fetchOptions are the options of a call with its own cache and destination.
func fetchOptions(t testing.TB, said *strings.Builder) MicroPythonOptions {
	return MicroPythonOptions{
		Dir: filepath.Join(t.TempDir(), "micropython"),
		Source: Source{
			Cache: sources.Cache{Dir: filepath.Join(t.TempDir(), "cache")},
			Log:   func(format string, args ...any) { fmt.Fprintf(said, format+"\n", args...) },
		},
	}
}

// newPythonFetcher is a pythonFetcher whose catalogue has a given git URL and whose machine has
// no apt sources.
func newPythonFetcher(t testing.TB, o MicroPythonOptions, url string) pythonFetcher {
	t.Helper()
	c, err := micropython.Releases()
	if err != nil {
		t.Fatal(err)
	}
	changed := *c
	changed.Git = url
	return pythonFetcher{MicroPythonOptions: o, Catalogue: changed,
		apt: sources.Apt{Cache: o.Cache, Log: o.Log, Etc: t.TempDir()}}
}

// absent checks that a failed fetch left neither the directory nor an unfinished one beside it.
func absent(t *testing.T, dir string) {
	t.Helper()
	entries, err := os.ReadDir(filepath.Dir(dir))
	if err != nil || len(entries) != 0 {
		t.Errorf("left: %v, %v", entries, err)
	}
}

func TestFetchGit(t *testing.T) {
	url := fetchRepo(t, "1.28.0")
	var said strings.Builder
	o := fetchOptions(t, &said)
	o.Port = "unix"
	tree, err := newPythonFetcher(t, o, url).fetch(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if tree.Version.String() != "v1.28.0" || tree.Dir != o.Dir ||
		!strings.Contains(tree.Source, "v1.28.0") {
		t.Errorf("got %+v", tree)
	}
	if got := fetchGit(t, o.Dir, "status", "--porcelain"); got != "" {
		t.Errorf("status: %s", got)
	}
	for path, want := range map[string]bool{
		"lib/berkeley-db-1.xx": true, "lib/micropython-lib": true, "lib/extra-tls": false,
		"lib/mbedtls": false,
	} {
		if _, err := os.Stat(tree.Path(path, "README.md")); (err == nil) != want {
			t.Errorf("%s: fetched %v, want %v", path, err == nil, want)
		}
	}
	if _, err := newPythonFetcher(t, o, url).fetch(t.Context()); err == nil ||
		!strings.Contains(err.Error(), "not an empty directory") {
		t.Errorf("again: got %v", err)
	}
}

func TestFetchGitFails(t *testing.T) {
	url := fetchRepo(t, "1.27.0")
	for name, test := range map[string]struct {
		change func(*MicroPythonOptions)
		want   string
	}{
		"no such tag": {func(o *MicroPythonOptions) {},
			`neither a tag nor a branch "v1.28.0"`},
		"no such port": {func(o *MicroPythonOptions) {
			o.Version, o.Port = "1.27.0", "none"
		}, `unknown port "none"`},
		"no such port's variant": {func(o *MicroPythonOptions) {
			o.Version, o.Port, o.Variant = "v1.27.0", "unix", "none"
		}, `unknown variant "none"`},
		"checksum":  {func(o *MicroPythonOptions) { o.SHA256 = "00" }, "no archive to check"},
		"no source": {func(o *MicroPythonOptions) { o.From = "none" }, "is not a source"},
	} {
		t.Run(name, func(t *testing.T) {
			var said strings.Builder
			o := fetchOptions(t, &said)
			test.change(&o)
			_, err := newPythonFetcher(t, o, url).fetch(t.Context())
			if err == nil || !strings.Contains(err.Error(), test.want) ||
				strings.Contains(said.String(), "apt") {
				t.Errorf("got %v, said %s", err, said.String())
			}
			absent(t, o.Dir)
		})
	}
}

func TestFetchOffline(t *testing.T) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	url := "http://" + listener.Addr().String() + "/micropython"
	listener.Close()
	t.Setenv("PATH", t.TempDir()) // no apt either
	var said strings.Builder
	o := fetchOptions(t, &said)
	_, err = newPythonFetcher(t, o, url).fetch(t.Context())
	if !errors.Is(err, sources.ErrOffline) || !errors.Is(err, sources.ErrNoApt) {
		t.Errorf("got %v", err)
	}
	if !strings.Contains(said.String(), "getting MicroPython from Debian's archive") {
		t.Errorf("said %s", said.String())
	}
	absent(t, o.Dir)
}

func TestFetchArchive(t *testing.T) {
	var said strings.Builder
	o := fetchOptions(t, &said)
	o.From = fetchArchive(t, fetchFiles("1.25.0"))
	o.Version = "1.26.1"
	if _, err := MicroPython(t.Context(), o); err == nil ||
		!strings.Contains(err.Error(), "v1.25.0, not v1.26.1") {
		t.Errorf("another version: got %v", err)
	}
	absent(t, o.Dir)
	o.Version, o.SHA256 = "1.25.0", strings.Repeat("0", 64)
	if _, err := MicroPython(t.Context(), o); !errors.As(err, new(*sources.ChecksumError)) {
		t.Errorf("a wrong checksum: got %v", err)
	}
	absent(t, o.Dir)
	o.SHA256 = ""
	tree, err := MicroPython(t.Context(), o)
	if err != nil || tree.Version.String() != "v1.25.0" ||
		!strings.Contains(said.String(), "sha256 is") {
		t.Errorf("got %+v, %v; said %s", tree, err, said.String())
	}
	o = fetchOptions(t, &said)
	o.From = fetchArchive(t, map[string]string{"README": "x"})
	if _, err := MicroPython(t.Context(), o); err == nil ||
		!strings.Contains(err.Error(), o.From) {
		t.Errorf("another archive: got %v", err)
	}
	o.From = fetchArchive(t, fetchFiles("1.18.0"))
	if _, err := MicroPython(t.Context(), o); !errors.As(err, new(*micropython.TooOldError)) {
		t.Errorf("too old: got %v", err)
	}
	absent(t, o.Dir)
}

func TestFetchDirectory(t *testing.T) {
	var said strings.Builder
	o := fetchOptions(t, &said)
	o.From = fetchTree(t, fetchFiles("1.24.1"))
	tree, err := MicroPython(t.Context(), o)
	if err != nil || tree.Dir != o.Dir {
		t.Fatalf("got %+v, %v", tree, err)
	}
	if _, err := os.Stat(tree.Path("ports", "unix", "Makefile")); err != nil {
		t.Error(err)
	}
	if _, err := os.Stat(tree.Path("ports", "unix", "build-standard")); err == nil {
		t.Error("the build directory was copied")
	}
	o.Dir = filepath.Join(o.From, "copy")
	if _, err := MicroPython(t.Context(), o); err == nil ||
		!strings.Contains(err.Error(), "inside it") {
		t.Errorf("into itself: got %v", err)
	}
}

// TestFetchDirectoryClones takes a version that a repository has, though its work tree is of
// another.
func TestFetchDirectoryClones(t *testing.T) {
	var said strings.Builder
	o := fetchOptions(t, &said)
	o.From = fetchRepo(t, "1.26.1")
	file := filepath.Join(o.From, "py", "mpconfig.h")
	if err := os.WriteFile(file, []byte(fetchFiles("1.27.0")["py/mpconfig.h"]),
		0o644); err != nil {
		t.Fatal(err)
	}
	o.Version = "v1.26.1"
	if tree, err := MicroPython(t.Context(), o); err != nil || tree.Version.String() != "v1.26.1" {
		t.Errorf("got %+v, %v", tree, err)
	}
}

func TestWithoutSubmodules(t *testing.T) {
	needs(t, "make")
	first, err := micropython.Open(fetchTree(t, fetchFiles("1.25.0")))
	if err != nil {
		t.Fatal(err)
	}
	if first.Make != nil || first.Source != "" {
		t.Errorf("got %+v", first)
	}
	if err := first.WithoutSubmodules("apt: x"); err != nil {
		t.Fatal(err)
	}
	moved := filepath.Join(t.TempDir(), "moved")
	if err := os.Rename(first.Dir, moved); err != nil {
		t.Fatal(err)
	}
	tree, err := micropython.Open(moved)
	if err != nil {
		t.Fatal(err)
	}
	want := []string{
		"MICROPY_PY_BTREE=0",
		"FROZEN_MANIFEST=" + moved + "/.mpwolf/manifest.py",
		"MPY_LIB_DIR=" + moved + "/.mpwolf/micropython-lib",
	}
	if tree.Source != "apt: x" || !slices.Equal(tree.Make, want) {
		t.Errorf("got %q %q", tree.Source, tree.Make)
	}
	target, err := tree.Target("unix", "", "")
	if err != nil || !slices.Equal(target.Make, want) {
		t.Errorf("got %q, %v", target.Make, err)
	}
	if minimal, err := tree.Target("unix", "", "minimal"); err != nil ||
		!slices.Equal(minimal.Make, []string{want[0], want[2]}) {
		t.Errorf("minimal, which freezes nothing: got %q, %v", minimal.Make, err)
	}
	if missing, err := build.MissingSubmodules(t.Context(), target); err != nil ||
		len(missing) != 0 {
		t.Errorf("missing %q, %v", missing, err)
	}
	manifest, err := os.ReadFile(tree.Path(".mpwolf", "manifest.py"))
	if err != nil || string(manifest) != "include(\"$(MPY_DIR)/extmod/asyncio\")\n" {
		t.Errorf("got %q, %v", manifest, err)
	}
	if err := os.WriteFile(tree.Path(".mpwolf", "tree.json"), []byte(`{"maek": []}`),
		0o644); err != nil {
		t.Fatal(err)
	}
	if _, err := micropython.Open(moved); err == nil ||
		!strings.Contains(err.Error(), "tree.json") {
		t.Errorf("a damaged note: got %v", err)
	}
}

func TestMissingSubmodules(t *testing.T) {
	needs(t, "make")
	files := fetchFiles("1.25.0")
	files["lib/tinyusb/README"] = "x"
	tree, err := micropython.Open(fetchTree(t, files))
	if err != nil {
		t.Fatal(err)
	}
	for _, test := range []struct {
		port string
		make []string
		want []string
	}{
		{"unix", nil, []string{"lib/berkeley-db-1.xx", "lib/micropython-lib"}},
		{"unix", []string{"MICROPY_PY_BTREE=0"}, []string{"lib/micropython-lib"}},
		{"unix", []string{"MICROPY_PY_BTREE=0", "MPY_LIB_DIR=/x"}, nil},
		{"rp2", nil, []string{"lib/pico-sdk"}},
	} {
		target, err := tree.Target(test.port, "", "")
		if err != nil {
			t.Fatal(err)
		}
		target.Make = test.make
		got, err := build.MissingSubmodules(t.Context(), target)
		if err != nil || !slices.Equal(got, test.want) {
			t.Errorf("%s %q: got %q, %v; want %q", test.port, test.make, got, err, test.want)
		}
	}
	target, err := tree.Target("rp2", "", "")
	if err != nil {
		t.Fatal(err)
	}
	all, err := build.Submodules(t.Context(), target, true)
	if want := []string{"lib/btstack", "lib/pico-sdk", "lib/tinyusb"}; err != nil ||
		!slices.Equal(all, want) {
		t.Errorf("got %q, %v; want %q", all, err, want)
	}
}

// TestFetchRealApt gets MicroPython from Debian's archive through this machine's apt.
func TestFetchRealApt(t *testing.T) {
	if testing.Short() {
		t.Skip("skipped with -short: takes Debian's archive")
	}
	if os.Getenv("MPWOLF_TEST_APT") == "" {
		t.Skip("NOT TESTED: Debian's archive; set MPWOLF_TEST_APT=1 to do so")
	}
	var said strings.Builder
	for _, version := range []string{"1.25.0", ""} {
		o := fetchOptions(t, &said)
		o.Log, o.From, o.Version = t.Logf, "apt", version
		tree, err := MicroPython(t.Context(), o)
		if err != nil {
			t.Fatal(err)
		}
		t.Logf("%+v", tree)
		target, err := tree.Target("unix", "", "")
		if err != nil {
			t.Fatal(err)
		}
		if missing, err := build.MissingSubmodules(t.Context(), target); err != nil ||
			len(missing) > 0 {
			t.Errorf("missing %q, %v", missing, err)
		}
	}
	o := fetchOptions(t, &said)
	o.From, o.Version = "apt", "1.20.0"
	if _, err := MicroPython(t.Context(), o); err == nil {
		t.Error("Debian has 1.20.0?")
	} else {
		t.Log(err)
	}
}

// TestOlderMicroPython holds that a release that is not the newest is said to be, with the reason,
// unless it was asked for.
func TestOlderMicroPython(t *testing.T) {
	var said strings.Builder
	o := fetchOptions(t, &said)
	newest := newPythonFetcher(t, o, "").Releases[0]
	older := micropython.Release{Version: "1.2.3"}
	newPythonFetcher(t, o, "").sayOlder(newest)
	o.Version = "1.2.3"
	newPythonFetcher(t, o, "").sayOlder(older)
	if said.Len() > 0 {
		t.Errorf("said: %s", said.String())
	}
	o.Version = ""
	newPythonFetcher(t, o, "").sayOlder(older)
	o.From = FromApt
	newPythonFetcher(t, o, "").sayOlder(older)
	is := "MicroPython 1.2.3 is older than " + newest.Version +
		", the newest that is known to work: "
	want := is + "git cannot be reached, and Debian's archive has no newer one\n" +
		is + "Debian's archive has no newer one\n"
	if said.String() != want {
		t.Errorf("said %q; want %q", said.String(), want)
	}
}
