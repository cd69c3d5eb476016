package verify

import (
	"os"
	"path/filepath"
	"testing"
)

// TestShadow checks the directory that the baseline is built from: it has its own copies of the
// changed files, and links to everything else.
func TestShadow(t *testing.T) {
	top, dir := t.TempDir(), filepath.Join(t.TempDir(), "tree")
	for name, text := range map[string]string{
		"py/py.mk": "py", "ports/unix/Makefile": "makefile",
		"ports/unix/mpconfigport.h":         "patched",
		"ports/unix/variants/standard/x.mk": "x", ".mpwolf/record.json": "", ".git/HEAD": "",
		"ports/unixes/a": "",
	} {
		path := filepath.Join(top, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o777); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o666); err != nil {
			t.Fatal(err)
		}
	}
	changed := map[string][]byte{"ports/unix/mpconfigport.h": []byte("before")}
	if err := shadow(top, dir, "", changed); err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]string{
		"py/py.mk": "py", "ports/unix/Makefile": "makefile", "ports/unix/mpconfigport.h": "before",
		"ports/unix/variants/standard/x.mk": "x",
	} {
		if text, err := os.ReadFile(filepath.Join(dir, name)); err != nil || string(text) != want {
			t.Errorf("%s: %q, %v", name, text, err)
		}
	}
	for _, name := range []string{".mpwolf", ".git"} {
		if _, err := os.Lstat(filepath.Join(dir, name)); err == nil {
			t.Errorf("%s is there", name)
		}
	}
	for name, link := range map[string]bool{"py": true, "ports/unixes": true, "ports/unix": false,
		"ports/unix/mpconfigport.h": false} {
		info, err := os.Lstat(filepath.Join(dir, name))
		if err != nil || (info.Mode()&os.ModeSymlink != 0) != link {
			t.Errorf("%s: %v, %v", name, info, err)
		}
	}
	if text, err := os.ReadFile(filepath.Join(top, "ports/unix/mpconfigport.h")); err != nil ||
		string(text) != "patched" {
		t.Errorf("the tree has changed: %q, %v", text, err)
	}
}
