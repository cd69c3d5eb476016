package tests_test

import (
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// speed measures, in alternation, make with nothing to do, verify with nothing to rebuild, and
// nm over the same objects; of each, the best of several runs counts. The analysis must take
// less time than nm, and verify at most half as long again as make. Other tests run beside this
// one, so the limits hold only with MPWOLF_TEST_SPEED, for a run of this test alone.
func (r *real) speed(t *testing.T) {
	if os.Getenv("MPWOLF_TEST_SPEED") == "" {
		t.Skip("MPWOLF_TEST_SPEED is not set: times beside other tests say nothing")
	}
	build := filepath.Join(r.tree, ".mpwolf", "build", "unix-standard")
	nm := append([]string{"-A"}, objectsIn(t, build)...)
	noop := r.makeAgain(t, build)
	best := map[string]time.Duration{}
	measure := func(name string, took time.Duration) {
		if best[name] == 0 || took < best[name] {
			best[name] = took
		}
	}
	timed := func(name string, cmd *exec.Cmd) {
		start := time.Now()
		r.must(cmd)
		measure(name, time.Since(start))
	}
	for range 10 {
		timed("make", exec.Command("sh", "-c", noop))
		timed("verify", r.command("verify"))
		timed("nm", exec.Command("nm", nm...))
		report, _ := r.verify()
		measure("analysis", time.Duration(report.Seconds.Analysis*float64(time.Second)))
	}
	t.Logf("make with nothing to do %v, verify %v; nm -A %v, analysis %v", best["make"],
		best["verify"], best["nm"],
		best["analysis"])
	if best["verify"] > best["make"]*3/2 {
		t.Errorf("verify with nothing to rebuild takes %v, make %v", best["verify"], best["make"])
	}
	if best["analysis"] >= best["nm"] {
		t.Errorf("the analysis takes %v, nm -A over %d objects %v", best["analysis"],
			len(nm)-1, best["nm"])
	}
}

// objectsIn are a firmware's objects, without those of mpy-cross.
func objectsIn(t *testing.T, build string) []string {
	t.Helper()
	var objects []string
	err := filepath.WalkDir(build, func(path string, entry fs.DirEntry, err error) error {
		if entry.IsDir() && entry.Name() == "mpwolf-mpy-cross" {
			return filepath.SkipDir
		}
		if filepath.Ext(path) == ".o" {
			objects = append(objects, path)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return objects
}

// makeAgain is the make command for the firmware from the last build's log, which has the one
// for mpy-cross before it.
func (r *real) makeAgain(t *testing.T, build string) string {
	t.Helper()
	log, err := os.ReadFile(filepath.Join(build, "mpwolf-build.log"))
	if err != nil {
		t.Fatal(err)
	}
	line := ""
	for l := range strings.Lines(string(log)) {
		if command, found := strings.CutPrefix(l, "$ "); found {
			line = strings.TrimSpace(command)
		}
	}
	if !strings.Contains(line, "make ") || !strings.Contains(line, "BUILD="+build+" ") {
		t.Fatalf("the last command of the log is %q", line)
	}
	return line
}
