package build

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"syscall"
	"time"

	"mpwolf/internal/micropython"
	"mpwolf/internal/shell"
	"mpwolf/internal/trace"
)

// MakeError says that make, or the compiler on make's behalf, failed.
type MakeError struct {
	What    string // what was attempted, such as "ask make for the flags of unix (standard)"
	Command string // the command as a shell reads it
	Cause   string // the first line of output that names an error
	// submodules of this port that the tree does not have, if a file was not found
	Missing []string
}

func (e *MakeError) Error() string {
	s := fmt.Sprintf("%s: %s", e.What, e.Cause)
	if len(e.Missing) > 0 {
		s += fmt.Sprintf(" (this tree lacks the submodules %s)", strings.Join(e.Missing, ", "))
	}
	return s + "\ncommand: " + e.Command
}

// makeProgram is the make to run: GNU make is called gmake where make is another one.
func makeProgram() string {
	if path, err := exec.LookPath("gmake"); err == nil {
		return path
	}
	return "make"
}

// noCcacheBase unsets ccache's base directory, which makes the paths in dependency files relative.
// make then does not recognise them as the files that it makes: objects would stay stale when a
// generated header changes.
const noCcacheBase = "CCACHE_BASEDIR="

// environment is what make and the compiler get: the caller's, without an outer make's options,
// with messages in English (they are parsed), and set so that nothing is written into the source
// tree: Python would write byte code of MicroPython's tools, and "git describe --dirty" would
// refresh git's index.
func environment() []string {
	env := slices.DeleteFunc(os.Environ(), func(s string) bool {
		name, _, _ := strings.Cut(s, "=")
		return slices.Contains([]string{"MAKEFLAGS", "MFLAGS", "MAKELEVEL", "GNUMAKEFLAGS",
			"LANGUAGE", "CCACHE_BASEDIR"}, name)
	})
	return append(env, "LC_ALL=C", "PYTHONDONTWRITEBYTECODE=1", "GIT_OPTIONAL_LOCKS=0",
		noCcacheBase)
}

// endWithChildren makes a command that is interrupted stop the commands that it runs, as make
// does, and waits only a moment for them.
func endWithChildren(cmd *exec.Cmd) {
	cmd.Cancel = func() error { return cmd.Process.Signal(syscall.SIGTERM) }
	cmd.WaitDelay = 300 * time.Millisecond
}

// signalDelay is how long a signal that has ended a command may take to be seen by this process.
const signalDelay = 500 * time.Millisecond

// RunCommand runs a command that ctx ends; its error is ctx's if that has ended. Ctrl-C goes to
// all processes of a terminal, and a command may end before this process has seen the signal: that
// does not count as a failure of the command.
func RunCommand(ctx context.Context, cmd *exec.Cmd) error {
	err := trace.Run(ctx, cmd)
	if exit := (*exec.ExitError)(nil); errors.As(err, &exit) && !exit.Exited() {
		select {
		case <-ctx.Done():
		case <-time.After(signalDelay):
		}
	}
	if ctx.Err() != nil {
		return ctx.Err()
	}
	return err
}

// run runs a command of the compiler, with the environment that make gives it.
func (f *Flags) run(
	ctx context.Context, stdin []byte, argv []string,
) (stdout, stderr []byte, err error) {
	return runIn(ctx, f.Dir, f.Environment, stdin, argv)
}

// run runs a command in dir and returns what it wrote. An error that is not an *exec.ExitError
// means that it did not run, or that ctx ended.
func run(
	ctx context.Context, dir string, stdin []byte, argv []string,
) (stdout, stderr []byte, err error) {
	return runIn(ctx, dir, nil, stdin, argv)
}

func runIn(
	ctx context.Context, dir string, env []string, stdin []byte, argv []string,
) (stdout, stderr []byte, err error) {
	cmd := exec.CommandContext(ctx, argv[0], argv[1:]...)
	cmd.Dir = dir
	cmd.Env = append(environment(), env...)
	cmd.Stdin = bytes.NewReader(stdin)
	endWithChildren(cmd)
	var out, diag bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &diag
	err = RunCommand(ctx, cmd)
	return out.Bytes(), diag.Bytes(), err
}

// stopped turns run's error into one that says what was attempted; a *MakeError if the command ran
// and failed.
func stopped(
	t micropython.Target, what string, argv []string, output []byte, missing []string, err error,
) error {
	if exit := (*exec.ExitError)(nil); !errors.As(err, &exit) {
		return fmt.Errorf("%s: %w", what, err)
	}
	e := &MakeError{What: what, Command: shellLine(t, argv), Cause: firstError(output, err)}
	if strings.HasPrefix(e.Cause, "/usr/") && strings.Contains(e.Cause, "No such file") {
		// A file that a system header includes is not a submodule's: nanbox and longlong are
		// built with -m32.
		e.Cause += " (the system lacks the C library for these flags; on Debian, gcc-multilib " +
			"has the one for -m32)"
		return e
	}
	if strings.Contains(e.Cause, "No such file") ||
		strings.Contains(e.Cause, "No rule to make target") {
		e.Missing = missing
	}
	return e
}

// shellLine is a command with the directory that it runs in, for a person to copy.
func shellLine(t micropython.Target, argv []string) string {
	return "cd " + shell.Quote(t.Dir()) + " && " + shell.Join(argv)
}

// firstError is the line of a log that names the error, else the last line. Of a Python traceback
// it is the end, of a linker's failure its own first line.
func firstError(log []byte, err error) string {
	if cause := cmakeError(string(log)); cause != "" {
		return cause
	}
	last, linker := "", ""
	traceback := false
	for line := range strings.Lines(string(log)) {
		indented := strings.HasPrefix(line, " ")
		if line = strings.TrimSpace(line); line == "" {
			continue
		}
		switch {
		case traceback && !indented:
			return line
		case strings.HasPrefix(line, pythonTraceback):
			traceback = true
		case linker != "" && strings.HasPrefix(line, "collect2: error: ld returned"):
			return linker
		case !traceback && isError(line):
			return line
		case linker == "" && linkerLine.MatchString(line) && !strings.Contains(line, "warning: "):
			linker = line
		}
		last = line
	}
	if last == "" {
		return err.Error()
	}
	return last
}

// cmakeErrorLine begins what CMake says about an error, which goes on in indented lines.
var cmakeErrorLine = regexp.MustCompile(
	`(?m)^CMake Error(?: at (\S+?):(\d+) \([^)]*\)|: (.*)|.*):?\n?` +
		`((?:[ \t]+\S.*\n|\n[ \t]+\S.*\n)*)`)

// cmakeError is the first error of CMake in a log, on one line; "" if there is none.
func cmakeError(log string) string {
	m := cmakeErrorLine.FindStringSubmatch(log)
	if m == nil {
		return ""
	}
	text := strings.Join(strings.Fields(m[3]+" "+m[4]), " ")
	if m[1] != "" {
		return m[1] + ":" + m[2] + ": error: " + text
	}
	return "CMake error: " + text
}

// linkerLine is what a linker writes that does not say "error", such as mold about an option.
var linkerLine = regexp.MustCompile(`^\S*\b(?:ld|ld64|mold|lld|gold)(?:\.\w+)*: .*[^:]$`)

const pythonTraceback = "Traceback (most recent call last)"

// isError recognises the lines in which compilers, linkers, make and MicroPython's own scripts
// name an error.
func isError(line string) bool {
	for _, mark := range []string{"rror: ", ": *** ", "ndefined reference to",
		"multiple definition of",
		"uplicate symbol", pythonTraceback} {
		if strings.Contains(line, mark) {
			return true
		}
	}
	return false
}

// missingSubmodules are those of the given directories, relative to the tree, that are absent or
// empty, sorted.
func missingSubmodules(t *micropython.Tree, directories []string) []string {
	directories = slices.Clone(directories)
	slices.Sort(directories)
	return slices.DeleteFunc(slices.Compact(directories), func(directory string) bool {
		entries, err := os.ReadDir(filepath.Join(t.Dir, directory))
		return err == nil && len(entries) > 0
	})
}
