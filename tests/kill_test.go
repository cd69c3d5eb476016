package tests_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"
)

// TestKilled kills mpwolf patch, revert and an upgrade at many moments. The next command must
// find the tree as before or after, and revert must restore every byte.
func TestKilled(t *testing.T) {
	longOnly(t, "builds the program and kills it some hundred times")
	t.Parallel()
	dir := t.TempDir()
	binary := filepath.Join(t.TempDir(), "mpwolf")
	if out, err := exec.Command("go", "build", "-o", binary, "..").CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	for to, from := range map[string]string{"micropython": "tree", "wolf": "wolfssl",
		"newer": "wolfssl"} {
		if err := os.CopyFS(filepath.Join(dir, to),
			os.DirFS(filepath.Join("testdata", from))); err != nil {
			t.Fatal(err)
		}
	}
	before, err := describe(dir)
	if err != nil {
		t.Fatal(err)
	}
	run := func(after time.Duration, args ...string) {
		t.Helper()
		cmd := exec.Command(binary, args...)
		cmd.Dir = dir
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		if after > 0 {
			time.Sleep(after)
			_ = cmd.Process.Kill() // it may already have ended
			_ = cmd.Wait()
			return
		}
		if err := cmd.Wait(); err != nil {
			t.Fatalf("mpwolf %v: %v", args, err)
		}
	}
	patch := []string{"patch", "--port", "unix", "--wolfssl", "wolf"}
	start := time.Now()
	run(0, patch...)
	whole := time.Since(start)
	run(0, "revert")
	times := 20
	if os.Getenv("MPWOLF_TEST_LONG") != "" {
		times = 60
	}
	for i := range times {
		moment := whole * time.Duration(i+1) / time.Duration(times)
		run(moment, patch...)
		run(0, "revert")
		compare(t, before, dir, "patch killed after", moment)
	}
	for i := range times / 2 {
		moment := whole / 4 * time.Duration(i+1) / time.Duration(times/2)
		run(0, patch...)
		run(moment, "revert")
		run(0, "revert")
		compare(t, before, dir, "revert killed after", moment)
	}
	for i := range times / 2 {
		moment := whole * time.Duration(i+1) / time.Duration(times/2)
		run(0, "patch", "--port", "unix", "--variant", "coverage", "--wolfssl", "newer")
		run(moment, patch...)
		run(0, "revert")
		compare(t, before, dir, "upgrade killed after", moment)
	}
}

func compare(t *testing.T, before, dir, what string, moment time.Duration) {
	t.Helper()
	after, err := describe(dir)
	if err != nil {
		t.Fatal(err)
	}
	if after != before {
		t.Fatalf("%s %s:\n%s", what, moment, differing(before, after))
	}
}
