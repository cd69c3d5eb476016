package verify

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"mpwolf/internal/config"
)

// TestWithout is that no result counts for a target that it is not of: a job that is missing would
// not be noticed.
func TestWithout(t *testing.T) {
	dir := t.TempDir()
	board := func(name string) config.Target {
		return config.Target{Port: "stm32", Board: filepath.Join(dir, filepath.FromSlash(name))}
	}
	unix, own := config.Target{Port: "unix"}, config.Target{Port: "stm32", Board: "PYBV11"}
	coverage := config.Target{Port: "unix", Variant: "coverage"}
	dp := config.Target{Port: "stm32", Board: "PYBV11", Variant: "DP"}
	a, b := board("boards/a/PROD"), board("boards/b/PROD")
	top, old := board("boards/PROD"), board("old/boards/PROD")
	in := func(board string) Target { return Target{Port: "stm32", Board: board} }
	ofUnix := func(variant string) Target { return Target{Port: "unix", Variant: variant} }
	for _, test := range []struct {
		targets []config.Target
		results []Target
		missing []string
	}{
		{[]config.Target{unix, coverage}, []Target{ofUnix("coverage")}, []string{"unix"}},
		{[]config.Target{unix, coverage}, []Target{ofUnix("standard")}, []string{"unix coverage"}},
		{[]config.Target{unix, coverage}, []Target{ofUnix("standard"), ofUnix("coverage")}, nil},
		{[]config.Target{{Port: "qemu"}}, []Target{{Port: "qemu"}}, nil},
		{[]config.Target{own}, []Target{{Port: "stm32", Board: "PYBV11", Variant: "DP"}},
			[]string{"stm32 PYBV11"}},
		{[]config.Target{dp}, []Target{in("PYBV11")}, []string{"stm32 PYBV11 DP"}},
		{[]config.Target{a, b}, []Target{in("/builds/fw/boards/a/PROD")},
			[]string{"stm32 boards/b/PROD"}},
		{[]config.Target{a, b}, []Target{in("/builds/fw/boards/a/PROD"),
			in(`C:\fw\boards\b\PROD`)}, nil},
		{[]config.Target{top, old}, []Target{in("/fw/old/boards/PROD")},
			[]string{"stm32 boards/PROD"}},
		{[]config.Target{top, old}, []Target{in("/fw/boards/PROD")},
			[]string{"stm32 old/boards/PROD"}},
		{[]config.Target{a}, []Target{in("PROD")}, []string{"stm32 boards/a/PROD"}},
		{[]config.Target{own}, []Target{in("/fw/boards/PYBV11")}, []string{"stm32 PYBV11"}},
		{[]config.Target{board("micropython/ports/stm32/boards/PYBV11")}, []Target{in("PYBV11")},
			nil},
	} {
		file := &config.File{Path: filepath.Join(dir, config.Name), Targets: test.targets}
		missing, err := without(test.results, file)
		if err != nil || !slices.Equal(missing, test.missing) {
			t.Errorf("%+v of %+v: %q, %v", test.results, test.targets, missing, err)
		}
	}
	file := &config.File{Path: filepath.Join(dir, config.Name), Targets: []config.Target{a}}
	twice := []Target{in("/1/boards/a/PROD"), in("/2/boards/a/PROD")}
	if _, err := without(twice, file); err == nil {
		t.Error("two results for a target are accepted")
	}
}

// TestMergeOneDirectory: results of two boards that one build directory held prove nothing.
func TestMergeOneDirectory(t *testing.T) {
	a, b := fineResult("/fw/a/PROD", "/t/.mpwolf/build/qemu-PROD"),
		fineResult("/fw/b/PROD", "/t/.mpwolf/build/qemu-PROD")
	other := fineResult("/fw/b/PROD", "/u/.mpwolf/build/qemu-PROD")
	if _, _, err := Merge(written(t, a, other), nil); err != nil {
		t.Error(err)
	}
	_, _, err := Merge(written(t, a, b), nil)
	if err == nil || !strings.Contains(err.Error(), "qemu /fw/a/PROD in ") ||
		!strings.HasSuffix(err.Error(), "built in one directory, /t/.mpwolf/build/qemu-PROD") {
		t.Error(err)
	}
	both := *a
	both.Targets = append(slices.Clone(a.Targets), b.Targets...)
	if _, _, err := Merge(written(t, &both), nil); err == nil {
		t.Error("both in one file are accepted")
	}
}

// fineResult is the result for a board with which nothing is wrong.
func fineResult(board, build string) *Result {
	report := &Report{OK: true}
	for _, rule := range rules {
		report.Checks = append(report.Checks, Check{ID: rule.ID, OK: true, Applies: true,
			Summary: "fine", Findings: []Finding{}})
	}
	return &Result{Schema: SchemaVersion, Tool: "mpwolf", Version: "v1", OK: true,
		MicroPython: "v1.28.0", Targets: []Target{{Target: "qemu (PROD)", Port: "qemu",
			Board: board, Build: build, Report: report}}}
}

// written are files with results.
func written(t *testing.T, results ...*Result) []string {
	t.Helper()
	var names []string
	for i, r := range results {
		text, err := json.Marshal(r)
		if err != nil {
			t.Fatal(err)
		}
		names = append(names, filepath.Join(t.TempDir(), fmt.Sprintf("%d.json", i)))
		if err := os.WriteFile(names[i], text, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	return names
}
