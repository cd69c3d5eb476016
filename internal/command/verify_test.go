package command

import (
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/urfave/cli/v2"

	"mpwolf/internal/state"
)

func TestParseSize(t *testing.T) {
	sizes := map[string]uint64{
		"1": 1, "524288": 524288, "0x80000": 524288, "512K": 524288, "512k": 524288, "512KiB": 524288, "512 Ki": 524288,
		"1M": 1 << 20, "2MiB": 2 << 20, "512kB": 512000, "1MB": 1000000, "7B": 7,
	}
	for text, want := range sizes {
		if got, err := parseSize(text); err != nil || got != want {
			t.Errorf("%q: %d, %v", text, got, err)
		}
	}
	for _, text := range []string{"", "0", "K", "512KB", "512G", "-1", "1.5M", "512KK", "99999999999", "M1"} {
		if got, err := parseSize(text); err == nil {
			t.Errorf("%q: %d", text, got)
		}
	}
}

// TestShadow looks at the folder that the baseline is built from: the changed files are its own, all else is the tree's.
func TestShadow(t *testing.T) {
	top, dir := t.TempDir(), filepath.Join(t.TempDir(), "tree")
	for name, text := range map[string]string{
		"py/py.mk": "py", "ports/unix/Makefile": "makefile", "ports/unix/mpconfigport.h": "patched",
		"ports/unix/variants/standard/x.mk": "x", ".mpwolf/record.json": "", ".git/HEAD": "", "ports/unixes/a": "",
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
	for name, link := range map[string]bool{"py": true, "ports/unixes": true, "ports/unix": false, "ports/unix/mpconfigport.h": false} {
		info, err := os.Lstat(filepath.Join(dir, name))
		if err != nil || (info.Mode()&os.ModeSymlink != 0) != link {
			t.Errorf("%s: %v, %v", name, info, err)
		}
	}
	if text, err := os.ReadFile(filepath.Join(top, "ports/unix/mpconfigport.h")); err != nil || string(text) != "patched" {
		t.Errorf("the tree has changed: %q, %v", text, err)
	}
}

// TestRecordedWithFlags: verify's arguments for make count for what was patched, and stay out of the record.
func TestRecordedWithFlags(t *testing.T) {
	record := &state.Record{Targets: []state.Target{{Port: "unix", Make: []string{"A=1"}}, {Port: "stm32", Board: "B"}}}
	var got []state.Target
	app := &cli.App{Flags: targetFlags(), Action: func(c *cli.Context) (err error) {
		got, err = recordedWithFlags(c, record)
		return err
	}}
	if err := app.Run([]string{"verify", "--make", "X=2"}); err != nil {
		t.Fatal(err)
	}
	if len(got) != 2 || !slices.Equal(got[0].Make, []string{"A=1", "X=2"}) || !slices.Equal(got[1].Make, []string{"X=2"}) {
		t.Errorf("targets: %+v", got)
	}
	if !slices.Equal(record.Targets[0].Make, []string{"A=1"}) || record.Targets[1].Make != nil {
		t.Errorf("the record is changed: %+v", record.Targets)
	}
}
