package verify

import (
	"path/filepath"
	"slices"
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
