package tests_test

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
)

// leastWycheproof is fewer than there are cases in any of its editions that the modules reach.
const leastWycheproof = 15000

// wycheproof runs the cases of a clone of C2SP/wycheproof, which is not ours to copy, and logs a
// table of what passed and why the others were skipped.
func (r *real) wycheproof(t *testing.T) {
	dir := os.Getenv("MPWOLF_TEST_WYCHEPROOF")
	if dir == "" {
		t.Skip("MPWOLF_TEST_WYCHEPROOF names no clone of C2SP/wycheproof: none of its cases ran")
	}
	files, err := filepath.Glob(filepath.Join(dir, "testvectors_v1", "*_test.json"))
	if err != nil || len(files) < 100 {
		t.Fatalf("%d files in %s: %v", len(files), dir, err)
	}
	out, err := exec.Command(r.firmware(), append([]string{"-X", "heapsize=512M",
		filepath.Join("firmware", "wycheproof.py")}, files...)...).CombinedOutput()
	if err != nil {
		t.Fatalf("%v\n%s", err, tail(string(out)))
	}
	countCases(t, out, leastWycheproof)
}

// countCases reads a line for each file: its name, how many of its cases passed and how many were
// skipped, and why. Any other line is an error, and so are fewer cases than least.
func countCases(t *testing.T, out []byte, least int) {
	t.Helper()
	line := regexp.MustCompile(`^[\w.-]+ (\d+) (\d+) ?(.*)$`)
	passed, skipped := 0, 0
	for text := range strings.Lines(string(bytes.TrimSpace(out))) {
		match := line.FindStringSubmatch(strings.TrimSpace(text))
		if match == nil {
			t.Error(strings.TrimSpace(text))
			continue
		}
		ran, _ := strconv.Atoi(match[1])
		not, _ := strconv.Atoi(match[2])
		passed, skipped = passed+ran, skipped+not
		t.Log(strings.TrimSpace(text))
	}
	t.Logf("%d passed, %d skipped", passed, skipped)
	if passed < least {
		t.Errorf("only %d cases passed", passed)
	}
}
