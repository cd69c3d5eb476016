package tests_test

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// TestScriptsHelp asks each of our scripts for help, and gives it an option that it does not have.
// It does nothing then, such as make a directory of that name.
func TestScriptsHelp(t *testing.T) {
	t.Parallel()
	scripts, err := filepath.Glob("../scripts/*")
	if err != nil || len(scripts) < 7 {
		t.Fatalf("%v, %v", scripts, err)
	}
	for _, script := range scripts {
		name := filepath.Base(script)
		program, err := filepath.Abs(script)
		if err != nil {
			t.Fatal(err)
		}
		run := func(args ...string) (code int, stdout, stderr string) {
			t.Helper()
			var out, err bytes.Buffer
			cmd := exec.Command(program, args...)
			cmd.Dir, cmd.Stdout, cmd.Stderr = t.TempDir(), &out, &err
			_ = cmd.Run()
			left, _ := os.ReadDir(cmd.Dir)
			if cmd.ProcessState == nil || len(left) > 0 {
				t.Errorf("%s %q: %v, left %v", name, args, cmd.ProcessState, left)
			}
			return cmd.ProcessState.ExitCode(), out.String(), err.String()
		}
		code, help, stderr := run("--help")
		if code != 0 || stderr != "" || !strings.HasPrefix(help, name+" ") ||
			!strings.Contains(help, "  scripts/"+name) || strings.Contains(help, "shellcheck") {
			t.Errorf("%s --help: exit code %d, %s\n%s", name, code, stderr, help)
		}
		if name == "test" {
			continue // what it does not know is go test's
		}
		for _, args := range [][]string{{"--no-such-option"}, {"--no-such-option", "x"}, {"-x"}} {
			if code, stdout, stderr := run(args...); code != 2 || stdout != "" || stderr != help {
				t.Errorf("%s %q: exit code %d, %s\n%s", name, args, code, stdout, stderr)
			}
		}
	}
}
