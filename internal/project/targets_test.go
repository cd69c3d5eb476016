package project

import (
	"os"
	"path/filepath"
	"slices"
	"testing"

	"mpwolf/internal/config"
	"mpwolf/internal/micropython"
	"mpwolf/internal/state"
)

// copyTree is a copy of the tests' tree, which a test may change.
func copyTree(t *testing.T) *micropython.Tree {
	t.Helper()
	dir := t.TempDir()
	if err := os.CopyFS(dir, os.DirFS("../../tests/testdata/tree")); err != nil {
		t.Fatal(err)
	}
	tree, err := micropython.Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	return tree
}

// TestPatchedTargets: verify's arguments for make apply to the recorded targets, and are not
// recorded.
func TestPatchedTargets(t *testing.T) {
	tree := copyTree(t)
	record := &state.Record{Targets: []state.Target{
		{Port: "unix", Variant: "standard", Make: []string{"A=1"}}, {Port: "stm32", Board: "NET"},
	}}
	p := &Project{Asked: Options{Command: "verify", Make: []string{"X=2"}},
		Tree: tree, Record: record}
	got, err := p.targets(Patched)
	if err != nil {
		t.Fatal(err)
	}
	if len(got) != 2 || !slices.Equal(got[0].Asked, []string{"A=1", "X=2"}) ||
		!slices.Equal(got[1].Make, []string{"X=2"}) {
		t.Errorf("targets: %+v", got)
	}
	if !slices.Equal(record.Targets[0].Make, []string{"A=1"}) || record.Targets[1].Make != nil {
		t.Errorf("the record is changed: %+v", record.Targets)
	}
}

// TestNamed: each name of mpwolf matrix means its target, also where the directories of two boards
// have names that differ in what a job's name cannot have.
func TestNamed(t *testing.T) {
	tree := copyTree(t)
	dir := tree.Dir
	file := &config.File{Path: filepath.Join(dir, config.Name), Targets: []config.Target{
		{Port: "unix"}, {Port: "unix", Variant: "coverage"}}}
	for _, name := range []string{"a,b", "a-b", "a-b-2", "ä"} {
		board := filepath.Join(dir, "ours", name)
		if err := os.MkdirAll(board, 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(board, "mpconfigboard.mk"), nil, 0o644); err != nil {
			t.Fatal(err)
		}
		file.Targets = append(file.Targets, config.Target{Port: "qemu", Board: board})
	}
	p := &Project{Asked: Options{Command: "verify"}, Tree: tree, File: file}
	targets, err := p.configured("")
	if err != nil {
		t.Fatal(err)
	}
	for i, name := range config.JobNames(file.Targets) {
		got, err := p.Named(targets, []string{name})
		if err != nil || len(got) != 1 || got[0].BoardFlag() != targets[i].BoardFlag() ||
			got[0].Variant != targets[i].Variant {
			t.Errorf("%s: %v, %v", name, Names(got), err)
		}
		others := slices.Delete(slices.Clone(targets), i, i+1)
		if got, err := p.Named(others, []string{name}); err == nil {
			t.Errorf("%s, which is not patched: %v", name, Names(got))
		}
	}
	for _, test := range []struct {
		words []string
		n     int
	}{{nil, 6}, {[]string{"qemu"}, 4}, {[]string{"unix-standard", "unix", "coverage"}, 2},
		{[]string{"ä"}, 1}, {[]string{"unix-gone"}, 0}} {
		got, err := p.Named(targets, test.words)
		if len(got) != test.n || (err == nil) != (test.n > 0) {
			t.Errorf("%q: %v, %v", test.words, Names(got), err)
		}
	}
	p.File = nil
	for _, name := range []string{"unix", "unix-standard", "unix-coverage", "qemu-a-b-2"} {
		if got, err := p.Named(targets, []string{name}); err != nil || len(got) != 1 {
			t.Errorf("without mpwolf.toml, %s: %v, %v", name, Names(got), err)
		}
	}
}
