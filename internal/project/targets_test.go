package project

import (
	"os"
	"slices"
	"testing"

	"mpwolf/internal/micropython"
	"mpwolf/internal/state"
)

// TestPatchedTargets: verify's arguments for make apply to the recorded targets, and are not
// recorded.
func TestPatchedTargets(t *testing.T) {
	dir := t.TempDir()
	if err := os.CopyFS(dir, os.DirFS("../../tests/testdata/tree")); err != nil {
		t.Fatal(err)
	}
	tree, err := micropython.Open(dir)
	if err != nil {
		t.Fatal(err)
	}
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
