package verify

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestRunAgain checks whether a firmware that has passed is run again only when it or a script
// has changed.
func TestRunAgain(t *testing.T) {
	dir := t.TempDir()
	script := filepath.Join(dir, "count.py")
	writeFiles(t, dir, map[string]string{"count.py": "echo run >> ../ran\n", "keys.py": "1"})
	v := linked(t, filepath.Join(dir, "build"))
	v.elf = "/bin/sh"
	ran := filepath.Join(filepath.Dir(dir), "ran")
	for i, change := range []func(){
		func() {},
		func() {},
		func() { writeFiles(t, dir, map[string]string{"keys.py": "2"}) },
		func() {},
		func() {
			writeFiles(t, dir, map[string]string{"count.py": "echo FAIL; echo run >> ../ran\n"})
		},
		func() {},
	} {
		change()
		c := &check{}
		if err := (runCheck{v}).runScripts(t.Context(), c, []string{script}); err != nil {
			t.Fatal(err)
		}
		text, err := os.ReadFile(ran)
		if err != nil {
			t.Fatal(err)
		}
		want := []int{1, 1, 2, 2, 3, 4}[i] // a failure is not a pass
		if n := strings.Count(string(text), "run"); n != want {
			t.Errorf("step %d: run %d times; want %d", i, n, want)
		}
		if again := strings.Contains(c.summary, "not run again"); again != (i == 1 || i == 3) {
			t.Errorf("step %d: %s", i, c.summary)
		}
	}
}

func TestCannotParse(t *testing.T) {
	for text, want := range map[string]bool{
		"Traceback (most recent call last):\n  File \"x.py\"\n" +
			"SyntaxError: invalid syntax\n": true,
		"Traceback (most recent call last):\n  File \"x.py\", line 3, in <module>\n" +
			"SyntaxError: invalid syntax\n": false,
		"OSError: 5\n": false,
	} {
		if got := cannotParse(text); got != want {
			t.Errorf("%q: %v", text, got)
		}
	}
}
