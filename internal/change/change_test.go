package change

import (
	"errors"
	"os"
	"path/filepath"
	"testing"

	"mpwolf/internal/hint"
	"mpwolf/internal/project"
)

// fakeTree is a directory with a small MicroPython tree and a small wolfSSL tree, and the
// options to patch the one with the other.
func fakeTree(t *testing.T) Options {
	t.Helper()
	dir := t.TempDir()
	for _, name := range []string{"tree", "wolfssl"} {
		from := os.DirFS(filepath.Join("../../tests/testdata", name))
		if err := os.CopyFS(filepath.Join(dir, name), from); err != nil {
			t.Fatal(err)
		}
	}
	return Options{
		Options: project.Options{
			Command: "patch", Tree: filepath.Join(dir, "tree"), Port: "unix",
			Modules: filepath.Join(dir, "modules"),
			WolfSSL: filepath.Join(dir, "wolfssl"),
		},
		Tool: "test",
	}
}

func read(t *testing.T, name string) string {
	t.Helper()
	text, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// TestPatchAndRevert uses the package as a program without a command line would.
func TestPatchAndRevert(t *testing.T) {
	if testing.Short() {
		t.Skip("skipped with -short: needs a C compiler")
	}
	o := fakeTree(t)
	mk := filepath.Join(o.Tree, "ports/unix/mpconfigport.mk")
	before := read(t, mk)
	plan, err := Plan(t.Context(), o)
	if err != nil || len(plan.Changes) == 0 || plan.Module == "" || read(t, mk) != before {
		t.Fatalf("plan: %+v, %v", plan, err)
	}
	done, err := Patch(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	module := filepath.Join(o.Modules, "micropython-wolfssl")
	if done.Already || done.Module != module || done.WolfSSL != "5.7.2" ||
		len(done.Targets) != 1 ||
		done.Targets[0].Name != "unix (standard)" || done.Targets[0].Build == "" ||
		read(t, mk) == before {
		t.Errorf("patch: %+v", done)
	}
	if again, err := Patch(t.Context(), o); err != nil || !again.Already || again.Module != "" {
		t.Errorf("again: %+v, %v", again, err)
	}
	back, err := Revert(t.Context(), Options{Options: project.Options{Tree: o.Tree}})
	if err != nil || back.Nothing || !back.Removed || len(back.Restored) != len(done.Changes) ||
		read(t, mk) != before {
		t.Errorf("revert: %+v, %v", back, err)
	}
	if _, err := os.Stat(module); err == nil {
		t.Error("the module is still there")
	}
	if nothing, err := Revert(t.Context(), o); err != nil || !nothing.Nothing {
		t.Errorf("revert again: %+v, %v", nothing, err)
	}
}

func TestPatchRefuses(t *testing.T) {
	o := fakeTree(t)
	o.Port = "unicorn"
	if _, err := Patch(t.Context(), o); err == nil {
		t.Error("an unknown port was patched")
	}
	o.Port = ""
	var usage *project.UsageError
	if _, err := Patch(t.Context(), o); !errors.As(err, &usage) {
		t.Errorf("without a port: %v", err)
	}
	o.Port, o.Modules = "unix", filepath.Join(t.TempDir(), "a b")
	if _, err := Patch(t.Context(), o); err == nil || hint.Of(err) == "" {
		t.Errorf("a space in the path: %v", err)
	}
}
