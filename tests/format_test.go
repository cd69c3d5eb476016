package tests_test

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
)

// TestFormatC checks that MicroPython's own formatter changes nothing in the C files.
func TestFormatC(t *testing.T) {
	longOnly(t, "needs real sources and uncrustify")
	t.Parallel()
	tree := newReal(t).tree
	if _, err := exec.LookPath("uncrustify"); err != nil {
		t.Fatal("this test needs uncrustify; scripts/test installs it")
	}
	// codeformat.py reads its configuration from its own directory.
	dir := t.TempDir()
	for _, name := range []string{"codeformat.py", "uncrustify.cfg"} {
		if err := os.MkdirAll(filepath.Join(dir, "tools"), 0o755); err != nil {
			t.Fatal(err)
		}
		writeFile(t, filepath.Join(dir, "tools"), name,
			readFile(t, filepath.Join(tree, "tools", name)))
	}
	var files []string
	for _, pattern := range []string{"modules/*/*.[ch]", "ports/*/*.[ch]"} {
		found, err := filepath.Glob(filepath.Join("..", pattern))
		if err != nil {
			t.Fatal(err)
		}
		files = append(files, found...)
	}
	if len(files) < 10 {
		t.Fatalf("found %d C files", len(files))
	}
	args := []string{filepath.Join("tools", "codeformat.py"), "-c"}
	for _, file := range files {
		name := filepath.Join(filepath.Base(filepath.Dir(file)), filepath.Base(file))
		if err := os.MkdirAll(filepath.Join(dir, filepath.Dir(name)), 0o755); err != nil {
			t.Fatal(err)
		}
		writeFile(t, dir, name, readFile(t, file))
		args = append(args, name)
	}
	cmd := exec.Command("python3", args...)
	cmd.Dir = dir
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	for _, file := range files {
		name := filepath.Join(filepath.Base(filepath.Dir(file)), filepath.Base(file))
		before, after := readFile(t, file), readFile(t, filepath.Join(dir, name))
		if !bytes.Equal(before, after) {
			t.Errorf("%s: tools/codeformat.py changes:\n%s", file,
				differing(string(before), string(after)))
		}
	}
}
