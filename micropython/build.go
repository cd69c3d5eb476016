package micropython

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// Build is a firmware build in a folder of its own: not one file of the MicroPython tree changes, mpy-cross included.
type Build struct {
	Target Target
	// Dir is the build folder (make's BUILD); it is made if need be. Its path must be free of blanks, which
	// MicroPython's makefiles cannot take.
	Dir string
	// Args are further arguments for make, such as "USER_C_MODULES=/path".
	Args []string
	// Jobs is how many commands make runs at once; 0 means one a processor.
	Jobs int
	// KeepGoing compiles what it can after an error, so that the log has all errors and the folder all objects.
	KeepGoing bool
	// KeepSymbols leaves the symbols in an executable that the port's make would strip.
	KeepSymbols bool
	// Log is the file that gets all output of make; "" means mpwolf-build.log in Dir.
	Log string
	// Flags are what Build.Probe gave for this build; nil: Run and Link ask make themselves.
	Flags *Flags
	// Progress, if not nil, gets a line for each step: "[12/340] CC ../../py/obj.c".
	Progress io.Writer
}

// Result is what a build made.
type Result struct {
	Link *Link
	// ELF is the linked executable, with an absolute path.
	ELF string
	Log string
	// Rebuilt says that the folder held the objects of other flags or of other sources and was emptied first.
	Rebuilt bool
}

// BuildError says that make failed: a source does not compile, or the firmware does not link.
type BuildError struct {
	Step    string // "mpy-cross" or the target's name
	Command string // the make command as a shell takes it
	Cause   string // the first line that names an error
	Tail    string // the part of the log that begins with the first error, at most tailLines lines
	Log     string // the file with all output
}

func (e *BuildError) Error() string {
	return fmt.Sprintf("build %s: %s\n%s\ncommand: %s\nlog: %s", e.Step, e.Cause, e.Tail, e.Command, e.Log)
}

const (
	buildLog  = "mpwolf-build.log"
	mpyCross  = "mpwolf-mpy-cross"
	tailLines = 25
)

// Run builds. If a command that make runs fails, the error is a *BuildError; if make itself stops while it reads the
// makefiles, a *MakeError.
func (b Build) Run(ctx context.Context) (*Result, error) {
	if err := b.prepare(); err != nil {
		return nil, err
	}
	flags, err := b.probed(ctx)
	if err != nil {
		return nil, err
	}
	rebuilt, err := b.emptyIfStale(flags)
	if err != nil {
		return nil, err
	}
	log, err := os.Create(b.logFile())
	if err != nil {
		return nil, fmt.Errorf("build %s: %w", b.Target.Name(), err)
	}
	err = b.make(ctx, flags, log)
	if closing := log.Close(); err == nil {
		err = closing
	}
	if err != nil {
		return nil, err
	}
	link, err := b.link(ctx, flags)
	if err != nil {
		return nil, err
	}
	if _, err := os.Stat(link.Output); err != nil {
		return nil, fmt.Errorf("build %s: make succeeded, but there is no firmware: %w", b.Target.Name(), err)
	}
	return &Result{Link: link, ELF: link.Output, Log: b.logFile(), Rebuilt: rebuilt}, nil
}

// Probe asks make for the flags of this build, with the variables that Run and Link need to know, and further ones.
func (b Build) Probe(ctx context.Context, vars ...string) (*Flags, error) {
	vars = slices.Concat(stampVars, []string{"PROG"}, vars)
	return b.Target.Flags(ctx, vars, append(slices.Clone(b.Args), "BUILD="+b.Dir)...)
}

func (b Build) probed(ctx context.Context) (*Flags, error) {
	if b.Flags != nil {
		return b.Flags, nil
	}
	return b.Probe(ctx)
}

func (b Build) logFile() string {
	if b.Log != "" {
		return b.Log
	}
	return filepath.Join(b.Dir, buildLog)
}

func (b Build) prepare() error {
	if !filepath.IsAbs(b.Dir) {
		return fmt.Errorf("build %s: the build folder %q is not an absolute path", b.Target.Name(), b.Dir)
	}
	if strings.ContainsAny(b.Dir, " \t\n:$%#;'\"\\") {
		return fmt.Errorf("build %s: the build folder %q has a character that make cannot take in a file name",
			b.Target.Name(), b.Dir)
	}
	for _, dir := range []string{b.Dir, filepath.Dir(b.logFile())} {
		if err := os.MkdirAll(dir, 0o777); err != nil {
			return fmt.Errorf("build %s: %w", b.Target.Name(), err)
		}
	}
	return nil
}

// make runs make for mpy-cross, if the firmware freezes Python code, and for the firmware.
func (b Build) make(ctx context.Context, flags *Flags, log io.Writer) error {
	if flags.Vars["FROZEN_MANIFEST"] != "" {
		if err := b.step(ctx, log, "mpy-cross", b.mpyCrossArgv(), 0); err != nil {
			return err
		}
	}
	argv := append(b.firmwareArgv(flags.Vars["PROG"]), "-j"+strconv.Itoa(b.jobs()))
	if b.KeepGoing {
		argv = append(argv, "-k")
	}
	return b.step(ctx, log, b.Target.Name(), argv, len(strings.Fields(flags.Vars["OBJ"])))
}

func (b Build) jobs() int {
	if b.Jobs > 0 {
		return b.Jobs
	}
	return runtime.NumCPU()
}

// mpyCrossArgv builds mpy-cross for this machine whatever the firmware is for, and without the user's modules. Up to
// v1.19.1 make puts the program beside the sources unless PROG says otherwise.
func (b Build) mpyCrossArgv() []string {
	argv := []string{makeProgram(), "-C", b.Target.Tree.Path("mpy-cross"), "--no-print-directory",
		"BUILD=" + filepath.Join(b.Dir, mpyCross), "CROSS_COMPILE=", "USER_C_MODULES=", "-j" + strconv.Itoa(b.jobs())}
	if b.Target.Tree.linksBesideSources() {
		argv = append(argv, "PROG="+b.mpyCrossProgram())
	}
	return argv
}

func (b Build) mpyCrossProgram() string { return filepath.Join(b.Dir, mpyCross, "mpy-cross") }

// firmwareArgv is the make command for the firmware; prog is the port's PROG, "" for a port without one.
func (b Build) firmwareArgv(prog string) []string {
	args := append(append([]string{}, b.Args...), "BUILD="+b.Dir, "MICROPY_MPYCROSS="+b.mpyCrossProgram())
	if prog != "" && b.Target.Tree.linksBesideSources() {
		args = append(args, "PROG="+filepath.Join(b.Dir, filepath.Base(prog)))
	}
	if b.KeepSymbols {
		args = append(args, "STRIP=:")
	}
	return b.Target.makeArgv(args...)
}

// linksBesideSources says that make puts a program into the folder it runs in and not into BUILD, as up to v1.19.1.
func (t *Tree) linksBesideSources() bool {
	text, err := os.ReadFile(t.Path("py", "mkrules.mk"))
	return err == nil && bytes.Contains(text, []byte("\n$(PROG): $(OBJ)"))
}

// step runs one make. Its output goes to the log, and its steps to Progress; objects is how many there are, 0 if that
// is not known.
func (b Build) step(ctx context.Context, log io.Writer, name string, argv []string, objects int) error {
	var output bytes.Buffer
	progress := &progressWriter{to: b.Progress, name: name, objects: objects}
	cmd := exec.CommandContext(ctx, argv[0], argv[1:]...)
	cmd.Dir = b.Target.Dir()
	cmd.Env = environment()
	// A make that is told to end stops its compilers, and removes the file that they were writing.
	cmd.Cancel = func() error { return cmd.Process.Signal(syscall.SIGTERM) }
	cmd.WaitDelay = 5 * time.Second
	cmd.Stdout = io.MultiWriter(log, &output, progress)
	cmd.Stderr = cmd.Stdout
	command := b.Target.shellLine(argv)
	fmt.Fprintf(log, "$ %s\n", command)
	err := cmd.Run()
	if ctx.Err() != nil {
		return fmt.Errorf("build %s: %w", name, ctx.Err())
	}
	if exit := (*exec.ExitError)(nil); errors.As(err, &exit) {
		return &BuildError{Step: name, Command: command, Cause: firstError(output.Bytes(), err),
			Tail: errorTail(output.String()), Log: b.logFile()}
	}
	if err != nil {
		return fmt.Errorf("build %s: %w", name, err)
	}
	return nil
}

// errorTail is the part of a log that tells what went wrong: from two lines above the first error on, or its end.
func errorTail(log string) string {
	lines := strings.Split(strings.TrimRight(log, "\n"), "\n")
	start := max(0, len(lines)-tailLines)
	for i, line := range lines {
		if isError(line) {
			start = max(0, i-2)
			break
		}
	}
	return strings.Join(lines[start:min(len(lines), start+tailLines)], "\n")
}

// progressWriter passes on the lines in which MicroPython's rules say what they do.
type progressWriter struct {
	to      io.Writer
	name    string
	objects int
	done    int
	partial []byte
}

func (w *progressWriter) Write(p []byte) (int, error) {
	if w.to == nil {
		return len(p), nil
	}
	w.partial = append(w.partial, p...)
	for {
		line, rest, found := bytes.Cut(w.partial, []byte("\n"))
		if !found {
			return len(p), nil
		}
		w.partial = rest
		w.line(string(line))
	}
}

// line passes on a line such as "CC ../../py/obj.c"; what cannot be shown is in the log all the same.
func (w *progressWriter) line(line string) {
	verb, _, _ := strings.Cut(line, " ")
	switch verb {
	case "CC", "CXX", "AS":
		w.done++
		if w.objects > 0 {
			fmt.Fprintf(w.to, "[%d/%d] %s\n", w.done, max(w.done, w.objects), line)
			return
		}
		fmt.Fprintf(w.to, "%s: %s\n", w.name, line)
	case "GEN", "LINK", "Generating", "FREEZE", "MPY":
		fmt.Fprintf(w.to, "%s: %s\n", w.name, line)
	}
}
