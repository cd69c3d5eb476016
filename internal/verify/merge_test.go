package verify

import (
	"encoding/json"
	"fmt"
	"io"
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

// TestMergeIncomplete: a result that lacks a check, or says that one does not apply that always
// does, is none.
func TestMergeIncomplete(t *testing.T) {
	for name, test := range map[string]struct {
		change func(checks []Check)
		good   bool
	}{
		"nothing":   {func([]Check) {}, true},
		"order":     {slices.Reverse[[]Check], true},
		"not run":   {func(c []Check) { c[len(c)-1].Applies = false }, true},
		"no macros": {func(c []Check) { c[0].Applies = false }, false},
		"no size":   {func(c []Check) { c[5].Applies = false }, false},
		"twice":     {func(c []Check) { c[1] = c[0] }, false},
		"unknown":   {func(c []Check) { c[1].ID = "symbol" }, false},
		"all macros": {func(c []Check) {
			for i := range c {
				c[i].ID, c[i].Applies = MacrosID, false
			}
		}, false},
	} {
		r := fineResult("", "/b")
		test.change(r.Targets[0].Checks)
		_, _, err := Merge(written(t, r), nil)
		if (err == nil) != test.good ||
			err != nil && !strings.HasSuffix(err.Error(), "incomplete") {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// TestMergeSizes: numbers that no firmware has are refused when they are read, not only where a
// page shows them.
func TestMergeSizes(t *testing.T) {
	for text, good := range map[string]bool{
		`{"size": {"flash": 1000, "ram": 30}}`:                                  true,
		`{"size": null, "parts": null}`:                                         true,
		`{"size": {"flash": -1}}`:                                               false,
		`{"size": {"flash": 1e30}}`:                                             false,
		`{"size": {"flash": 1.5}}`:                                              false,
		`{"size": {"flash": 18446744073709551615}}`:                             false,
		`{"size": {"flash": 9007199254740992}}`:                                 false,
		`{"size": "large"}`:                                                     false,
		`{"size": {"bss": 1e15}}`:                                               false,
		`{"size": {"stacks": {"TLS": {"ram": 1e15}}}}`:                          false,
		`{"size": {}, "last": {"ram": -1}}`:                                     false,
		`{"size": {}, "baseline": {"ram": 1e15}}`:                               false,
		`{"size": {}, "parts": [{"flash": 1e15}]}`:                              false,
		`{"size": {}, "parts": [{"symbols": [{"flash": 1e15}]}]}`:               false,
		`{"size": {}, "parts": [{"smaller": {"count": 1, "flash": 1e15}}]}`:     false,
		`{"size": {}, "parts": [{"smaller": {"count": 1, "flash": 1e6}}]}`:      true,
		`{"size": {}, "parts": {"stack": "TLS"}}`:                               false,
		`{"size": {"sources": {"py/gc.c": {"flash": 10}}}, "last": {"ram": 1}}`: true,
	} {
		r := fineResult("", "/b")
		if err := json.Unmarshal([]byte(text), &r.Targets[0].Checks[5].Evidence); err != nil {
			t.Fatal(err)
		}
		merged, _, err := Merge(written(t, r), nil)
		if (err == nil) != good ||
			err != nil && !strings.HasPrefix(err.Error(), "merge: the size of qemu (PROD) in ") {
			t.Errorf("%s: %v", text, err)
		}
		if err == nil {
			if err := merged.HTML(io.Discard); err != nil {
				t.Errorf("%s: page: %v", text, err)
			}
		}
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
