package verify

import (
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/rogpeppe/go-internal/txtar"

	"mpwolf/internal/hint"
	"mpwolf/internal/project"
)

// TestTree verifies a port in miniature as a program without a command line would.
func TestTree(t *testing.T) {
	if testing.Short() {
		t.Skip("skipped with -short: needs a C compiler")
	}
	for _, program := range []string{"make", "gcc"} {
		if _, err := exec.LookPath(program); err != nil {
			t.Skipf("SKIPPED: %s is not installed", program)
		}
	}
	archive, err := txtar.ParseFile("../../tests/script/verify-formats.txtar")
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	for _, file := range archive.Files {
		writeFiles(t, dir, map[string]string{file.Name: string(file.Data)})
	}
	tree := filepath.Join(dir, "tree")
	o := TreeOptions{Options: project.Options{Command: "verify", Tree: tree},
		Tool: "test", Jobs: 1}
	if _, err := Tree(t.Context(), o); err == nil || hint.Of(err) == "" {
		t.Errorf("neither a record nor a port: %v", err)
	}
	o.Port, o.Modules = "unix", filepath.Join(dir, "modules")
	result, err := Tree(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	if !result.OK || result.Schema != SchemaVersion || result.Version != "test" ||
		len(result.Targets) != 1 {
		t.Fatalf("%+v", result)
	}
	target := result.Targets[0]
	if target.Target != "unix" || len(target.Checks) != len(Rules()) {
		t.Errorf("%+v", target)
	}
	if macros := target.Checks[0]; macros.ID != MacrosID || !macros.OK {
		t.Errorf("macros: %+v", macros)
	}
	if log := result.Log(); len(log.Findings) == 0 /* notes */ || len(log.Rules) != len(Rules()) {
		t.Errorf("log: %+v", log)
	}
}
