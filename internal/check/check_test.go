package check

import (
	"os"
	"path/filepath"
	"testing"

	"mpwolf/internal/change"
	"mpwolf/internal/project"
	"mpwolf/internal/state"
)

// TestRun checks a tree as a program without a command line would.
func TestRun(t *testing.T) {
	if testing.Short() {
		t.Skip("skipped with -short: needs a C compiler")
	}
	dir := t.TempDir()
	for _, name := range []string{"tree", "wolfssl"} {
		from := os.DirFS(filepath.Join("../../tests/testdata", name))
		if err := os.CopyFS(filepath.Join(dir, name), from); err != nil {
			t.Fatal(err)
		}
	}
	tree := filepath.Join(dir, "tree")
	o := Options{Options: project.Options{Tree: tree}, Tool: "test"}
	if _, err := Run(t.Context(), o); err == nil {
		t.Error("there is nothing to check against, and no error")
	}
	if _, err := change.Patch(t.Context(), change.Options{
		Options: project.Options{Tree: tree, Port: "unix", WolfSSL: filepath.Join(dir, "wolfssl")},
		Tool:    "test",
	}); err != nil {
		t.Fatal(err)
	}
	result, err := Run(t.Context(), o)
	if err != nil || len(result.Findings) > 0 || len(result.Targets) != 1 {
		t.Fatalf("%+v, %v", result, err)
	}
	module := filepath.Join(dir, "micropython-modules/micropython-wolfssl/modwolfssl.c")
	mk := filepath.Join(tree, "ports/unix/mpconfigport.mk")
	for _, name := range []string{module, mk} {
		if err := os.WriteFile(name, []byte("MICROPY_PY_SSL = 1\n"), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	result, err = Run(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	found := map[string]bool{}
	for _, f := range result.Findings {
		found[f.ID+" "+f.File] = true
	}
	if !found["macros "+mk] || !found["modules-changed "+module] {
		t.Errorf("found %v", found)
	}
}

// TestStampsAreUsed checks that a tree in which nothing changed is not scanned again: a verdict
// of the last patch that the scanner alone could not reach remains.
func TestStampsAreUsed(t *testing.T) {
	if testing.Short() {
		t.Skip("skipped with -short: needs a C compiler")
	}
	dir := t.TempDir()
	for _, name := range []string{"tree", "wolfssl"} {
		from := os.DirFS(filepath.Join("..", "..", "tests", "testdata", name))
		if err := os.CopyFS(filepath.Join(dir, name), from); err != nil {
			t.Fatal(err)
		}
	}
	tree := filepath.Join(dir, "tree")
	o := project.Options{Tree: tree, Port: "unix", WolfSSL: filepath.Join(dir, "wolfssl")}
	_, err := change.Patch(t.Context(), change.Options{Options: o, Tool: "test"})
	if err != nil {
		t.Fatal(err)
	}
	p, err := project.Open(project.Options{Tree: tree}, project.Recorded)
	if err != nil {
		t.Fatal(err)
	}
	key, err := p.VerdictKey(p.Targets[0].Target, "test")
	if err != nil {
		t.Fatal(err)
	}
	all := func(string) bool { return true }
	if !state.LoadStamps(tree).Holds(key, all) {
		t.Error("the verdict of the patch does not hold")
	}
	neighbour := filepath.Join(dir, "micropython-modules", "neighbour")
	if err := os.Mkdir(neighbour, 0o755); err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(neighbour, "micropython.mk")
	if err := os.WriteFile(file, nil, 0o644); err != nil {
		t.Fatal(err)
	}
	if state.LoadStamps(tree).Holds(key, all) {
		t.Error("another user module: the verdict holds")
	}
}
