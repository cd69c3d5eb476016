package status

import (
	"os"
	"path/filepath"
	"testing"

	"mpwolf/internal/change"
	"mpwolf/internal/project"
)

// TestRead reads the status of a tree as a program without a command line would.
func TestRead(t *testing.T) {
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
	if st, err := Read(t.Context(), o); err != nil || st.State != Clean {
		t.Fatalf("%+v, %v", st, err)
	}
	if _, err := change.Patch(t.Context(), change.Options{
		Options: project.Options{Tree: tree, Port: "unix", WolfSSL: filepath.Join(dir, "wolfssl")},
		Tool:    "test",
	}); err != nil {
		t.Fatal(err)
	}
	if st, err := Read(t.Context(), o); err != nil || st.State != Applied ||
		len(st.Targets) != 1 || st.OtherVersion {
		t.Errorf("%+v, %v", st, err)
	}
	if err := os.Remove(filepath.Join(tree, "ports/unix/mpconfigport.mk")); err != nil {
		t.Fatal(err)
	}
	if st, err := Read(t.Context(), o); err != nil || st.State != Drifted || st.Fix == "" ||
		st.Drift[0].Whose != Ours {
		t.Errorf("%+v, %v", st, err)
	}
}
