package config

import (
	"errors"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
)

func write(t *testing.T, name, text string) string {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(name, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
	return name
}

// TestCreateThenLoad checks that what is written is read back the same.
func TestCreateThenLoad(t *testing.T) {
	dir := t.TempDir()
	no := false
	in := func(name string) string { return filepath.Join(dir, filepath.FromSlash(name)) }
	want := &File{
		Path: in(Name), Tree: in("lib/micro python"), Modules: in("modules"),
		MicroPython: "v1.25.0", WolfSSL: in("wolf'ssl\""),
		Pristine: true, DropIn: &no,
		Targets: []Target{
			{Port: "unix", Variant: "standard", Make: []string{`A=$(B) "c" 'd'`, "E=é\t"},
				UserSettings: in("x/user_settings.h")},
			{Port: "stm32", Board: in("boards/OWN")},
			{Port: "stm32", Board: "PYBV11", Variant: "DP"},
		},
	}
	if err := Create(want); err != nil {
		t.Fatal(err)
	}
	got, err := Load(want.Path)
	if err != nil {
		t.Fatal(err)
	}
	got.lines, got.places = nil, places{}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got %+v\nwant %+v", got, want)
	}
	var exists *ExistsError
	if err := Create(want); !errors.As(err, &exists) {
		t.Errorf("a second time: %v", err)
	}
	if err := Create(&File{Path: in("other/" + Name), Tree: "/elsewhere"}); err == nil {
		t.Error("a tree outside was written")
	}
}

// TestFind: the search ends at the top of a repository or at the home directory, and continues
// through submodules.
func TestFind(t *testing.T) {
	top := t.TempDir()
	in := func(name string) string { return filepath.Join(top, filepath.FromSlash(name)) }
	t.Setenv("HOME", in("home"))
	write(t, in(Name), "")
	write(t, in("submodule/.git"), "gitdir: ../.git/modules/submodule\n")
	write(t, in("worktree/.git"), "gitdir: ../.git/worktrees/worktree\n")
	write(t, in("clone/.git/HEAD"), "")
	write(t, in("micropython/.git/HEAD"), "")
	write(t, in("micropython/py/mpconfig.h"), "")
	write(t, in("clone/own/"+Name), "")
	for _, dir := range []string{"home/deep", "submodule/deep", "worktree/deep", "clone/deep",
		"clone/own/deep", "micropython/ports/unix"} {
		if err := os.MkdirAll(in(dir), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	for start, want := range map[string]string{
		".": Name, "submodule/deep": Name, "micropython/ports/unix": Name,
		"clone/own/deep": "clone/own/" + Name,
		"worktree/deep":  "", "clone/deep": "", "home/deep": "",
	} {
		file, err := Find(in(start))
		switch {
		case want == "" && !errors.Is(err, ErrNone):
			t.Errorf("%s: %v, %v; want none", start, file, err)
		case want != "" && (err != nil || file.Path != in(want)):
			t.Errorf("%s: %v, %v; want %s", start, file, err, want)
		}
	}
	if os.Getuid() == 0 {
		if err := os.Chown(in(Name), 65534, 65534); err != nil {
			t.Fatal(err)
		}
		if _, err := Find(in("submodule/deep")); err == nil ||
			!strings.Contains(err.Error(), "belongs to someone other") {
			t.Errorf("a stranger's file: %v", err)
		}
	}
}

// FuzzParse checks that no accepted file names a place outside its directory, or an option of
// make.
func FuzzParse(f *testing.F) {
	for _, seed := range []string{
		"tree = \"a\"\n[[target]]\nport = \"unix\"\nmake = [\"A=b\"]\n", "tree = \"../a\"",
		"wolfssl = '5.9.2'", "[[target]]\nboard = 'a/b'\nport='x'",
		"modules = \"a/./b/..\"", "x = 1", "[[target", "a.b.c = 1",
	} {
		f.Add(seed)
	}
	dir := f.TempDir()
	f.Fuzz(func(t *testing.T, text string) {
		file, err := parse(filepath.Join(dir, Name), []byte(text))
		var bad *Error
		if err != nil {
			if !errors.As(err, &bad) || bad.Line < 1 || bad.Line > 1+strings.Count(text, "\n") {
				t.Fatalf("%v in %q", err, text)
			}
			return
		}
		paths := []string{file.Tree, file.Modules}
		for _, target := range file.Targets {
			paths = append(paths, target.UserSettings)
			if strings.ContainsAny(target.Board, `/\`) {
				paths = append(paths, target.Board)
			}
			for _, arg := range target.Make {
				if strings.HasPrefix(arg, "-") {
					t.Fatalf("make takes %q", arg)
				}
			}
		}
		for _, path := range paths {
			if rel, err := filepath.Rel(dir, path); path != "" &&
				(err != nil || !filepath.IsLocal(rel)) {
				t.Fatalf("%q is outside", path)
			}
		}
	})
}

// TestCheckMake checks arguments for make.
func TestCheckMake(t *testing.T) {
	for _, arg := range []string{"A=b", "A=", "CFLAGS_EXTRA=-DX=1", "X:=1", "DEBUG=1",
		"WOLFSSL_PROFILE=tiny", "WOLFSSL_DROP_IN=0", "BUILD=elsewhere", "WOLFSSL_DIR=x"} {
		if err := CheckMake(arg); err != nil {
			t.Errorf("%s: %v", arg, err)
		}
	}
	for _, arg := range []string{"", "A", "=x", "-fx=y", "--eval=x", "A B=c", "VARIANT=coverage",
		"BOARD=X", "BOARD_DIR=x", "PORT=unix", "WOLFSSL_PORT=stm32", "USER_C_MODULES=x",
		"USER_C_MODULES:=x", "WOLFSSL_USER_SETTINGS_FILE=x.h", "WOLFSSL_PROFILE=",
		"WOLFSSL_PROFILE=tinny", "WOLFSSL_DROP_IN=", "WOLFSSL_ASM=off", "CFLAGS=-O0",
		"LDFLAGS=-s"} {
		if err := CheckMake(arg); err == nil {
			t.Errorf("%s is accepted", arg)
		}
	}
}
