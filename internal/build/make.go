// Package build drives MicroPython's make and its compiler: it asks them for flags, effective
// values and the link, and builds in a directory of its own. It changes no tree, and does not
// decide what is wrong.
package build

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
	"time"

	"mpwolf/internal/lazyregexp"
	"mpwolf/internal/micropython"
	"mpwolf/internal/shell"
)

// Build is a firmware build in a directory of its own: not one file of the MicroPython tree
// changes, mpy-cross included.
type Make struct {
	Target micropython.Target
	// Dir is the build directory (make's BUILD); it is created if needed. Its path must not
	// contain spaces, which MicroPython's makefiles do not support.
	Dir string
	// Args are further arguments for make, such as "USER_C_MODULES=/path".
	Args []string
	// Jobs is how many commands make runs at once; 0 means one per processor.
	Jobs int
	// KeepGoing compiles what it can after an error, so that the log has all errors and the
	// directory all objects.
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
	// Rebuilt reports that the directory held objects of other flags or sources and was emptied
	// first.
	Rebuilt bool
}

// Error says that make failed: a source does not compile, or the firmware does not link.
type Error struct {
	Step    string // "mpy-cross" or the target's name
	Command string // the make command as a shell reads it
	Cause   string // the first line that names an error
	Tail    string // the part of the log that begins with the first error, at most tailLines lines
	Log     string // the file with all output
}

func (e *Error) Error() string {
	return fmt.Sprintf("build %s: %s\n%s\ncommand: %s\nlog: %s", e.Step, e.Cause,
		e.Tail, e.Command, e.Log)
}

const (
	buildLog  = "mpwolf-build.log"
	mpyCross  = "mpwolf-mpy-cross"
	tailLines = 25
)

// Run builds. If a command that make runs fails, the error is a *Error; if make itself stops while
// it reads the makefiles, a *MakeError.
func (m Make) Run(ctx context.Context) (*Result, error) {
	if err := m.prepare(); err != nil {
		return nil, err
	}
	flags, err := m.probed(ctx)
	if err != nil {
		return nil, err
	}
	rebuilt, err := m.emptyIfStale(ctx, flags)
	if err != nil {
		return nil, err
	}
	if err := m.removeAltered(); err != nil {
		return nil, fmt.Errorf("build %s: remove what has changed: %w", m.Target.Name(), err)
	}
	if flags.cmake != nil {
		// Once more, if the directory was emptied.
		if err := flags.cmake.run(ctx); err != nil {
			return nil, err
		}
	}
	log, err := os.Create(m.logFile())
	if err != nil {
		return nil, fmt.Errorf("build %s: %w", m.Target.Name(), err)
	}
	began := time.Now()
	err = m.make(ctx, flags, log)
	if closing := log.Close(); err == nil {
		err = closing
	}
	if err != nil {
		m.keepMade(ctx, flags, nil, began)
		return nil, err
	}
	start := time.Now()
	flags.replies.keep(m.lastKey(), start, lastBuild{flags.Vars[defaultGoal], flags.Vars["PROG"],
		flags.Vars["FROZEN_MANIFEST"] != "", len(strings.Fields(flags.Vars["OBJ"]))},
		nil, nil, nil)
	return m.result(ctx, flags, rebuilt, began)
}

// result is what a make that began at began has built.
func (m Make) result(
	ctx context.Context, flags *Flags, rebuilt bool, began time.Time,
) (*Result, error) {
	link, err := m.link(ctx, flags)
	if err != nil {
		return nil, err
	}
	if newer := link.Newer(); newer != "" {
		if err := m.relink(ctx, flags, link, newer); err != nil {
			return nil, err
		}
	}
	if _, err := os.Stat(link.Output); err != nil {
		return nil, fmt.Errorf("build %s: make succeeded, but there is no firmware: %w",
			m.Target.Name(), err)
	}
	m.keepCompiles(ctx, flags)
	m.keepMade(ctx, flags, link, began)
	return &Result{Link: link, ELF: link.Output, Log: m.logFile(), Rebuilt: rebuilt}, nil
}

// relink links once more. MicroPython's rules for the firmware know the objects only: they keep an
// old firmware when a linker script or an archive of the product's has changed.
func (m Make) relink(ctx context.Context, flags *Flags, link *Link, newer string) error {
	if err := os.Remove(link.Output); err != nil {
		return fmt.Errorf("build %s: link again, because %s has changed: %w",
			m.Target.Name(), newer, err)
	}
	log, err := os.OpenFile(m.logFile(), os.O_APPEND|os.O_WRONLY, 0)
	if err != nil {
		return fmt.Errorf("build %s: %w", m.Target.Name(), err)
	}
	_, err = m.step(ctx, log, m.Target.Name(), m.buildArgv(flags.Vars["PROG"]),
		len(strings.Fields(flags.Vars["OBJ"])))
	if closing := log.Close(); err == nil {
		err = closing
	}
	return err
}

// lastBuild is what Again needs to know about the build that it repeats.
type lastBuild struct {
	Goal    string
	Prog    string
	Frozen  bool
	Objects int
}

func (m Make) lastKey() string { return question("last build", m.Target.Name(), m.Args) }

// Again is Probe and Run in one make, which reads its makefiles once, for a directory that Run has
// built in before. The flags are nil if there was no such build, or if make's reply shows that the
// directory holds the objects of other flags: then Probe and Run must be called. The error is
// Run's; with a *Error there are flags.
func (m Make) Again(ctx context.Context, vars ...string) (*Flags, *Result, error) {
	if err := m.prepare(); err != nil {
		return nil, nil, err
	}
	if m.Target.CMake() {
		return nil, nil, nil // Probe and Run know what has changed
	}
	known := openReplies(m.Dir)
	var last lastBuild
	if !known.recall(m.lastKey(), &last) || last.Goal == "" {
		return nil, nil, nil
	}
	if err := m.removeAltered(); err != nil {
		return nil, nil, fmt.Errorf("build %s: remove what has changed: %w", m.Target.Name(), err)
	}
	log, err := os.Create(m.logFile())
	if err != nil {
		return nil, nil, fmt.Errorf("build %s: %w", m.Target.Name(), err)
	}
	began := time.Now()
	flags, err := m.again(ctx, known, last, vars, log)
	if closing := log.Close(); err == nil {
		err = closing
	}
	if flags != nil && err != nil {
		m.keepMade(ctx, flags, nil, began)
	}
	if flags == nil || err != nil {
		return flags, nil, err
	}
	result, err := m.result(ctx, flags, false, began)
	return flags, result, err
}

func (m Make) again(
	ctx context.Context, known *replies, last lastBuild, vars []string, log io.Writer,
) (*Flags, error) {
	if last.Frozen {
		if err := m.makeMpyCross(ctx, known, log); err != nil {
			return nil, nil // Run says it
		}
	}
	vars = probeVars(vars)
	argv := slices.Concat(m.buildArgv(last.Prog), probeArgs(vars), []string{last.Goal})
	output, err := m.step(ctx, log, m.Target.Name(), argv, last.Objects)
	failed := (*Error)(nil)
	if err != nil && !errors.As(err, &failed) {
		return nil, err
	}
	flags, wrong := parseFlags(m.Target, "ask make for the flags of "+m.Target.Name(), vars,
		parseProbe(output))
	if wrong != nil {
		return nil, nil // make stopped before it could reply
	}
	flags.replies = known
	if m.recompiled(ctx, flags) {
		return nil, nil
	}
	stamp, wrong := os.ReadFile(filepath.Join(m.Dir, stampFile))
	if wrong != nil || !bytes.Equal(stamp, m.stamp(flags)) || flags.Vars["PROG"] != last.Prog ||
		flags.Vars[defaultGoal] != last.Goal ||
		flags.Vars["FROZEN_MANIFEST"] != "" != last.Frozen {
		return nil, nil
	}
	return flags, err
}

// Probe asks make for the flags of this build, with the variables that Run and Link need to know,
// and further ones.
func (m Make) Probe(ctx context.Context, vars ...string) (*Flags, error) {
	if m.Target.CMake() {
		return m.configure(ctx, probeVars(vars))
	}
	flags, err := Probe(ctx, m.Target, probeVars(vars),
		append(slices.Clone(m.Args), "BUILD="+m.Dir)...)
	if err == nil {
		flags.replies = openReplies(m.Dir)
	}
	return flags, err
}

const (
	makefileList = "MAKEFILE_LIST"
	defaultGoal  = ".DEFAULT_GOAL"
)

// probeVars are the make variables that Run and Link need to know, and further ones.
func probeVars(vars []string) []string {
	return slices.Concat(stampVars, []string{"PROG", makefileList, defaultGoal}, vars)
}

// configure has CMake configure the build directory, if that is due.
func (m Make) configure(ctx context.Context, vars []string) (*Flags, error) {
	if err := m.prepare(); err != nil {
		return nil, err
	}
	c, err := newConfiguration(ctx, m.Target, m.Args)
	if err != nil {
		return nil, err
	}
	c.dir = m.Dir
	c.environment = append(c.environment, mpyCrossVariable+"="+m.mpyCrossProgram())
	if err := c.run(ctx); err != nil {
		return nil, err
	}
	return c.flags(vars)
}

// mpyCrossVariable names the mpy-cross to use, to make and in the environment.
const mpyCrossVariable = "MICROPY_MPYCROSS"

// RunDir is where the compiler and the linker run.
func (m Make) RunDir() string {
	if m.Target.CMake() {
		return m.Dir
	}
	return m.Target.Dir()
}

func (m Make) probed(ctx context.Context) (*Flags, error) {
	if m.Flags != nil {
		return m.Flags, nil
	}
	return m.Probe(ctx)
}

func (m Make) logFile() string {
	if m.Log != "" {
		return m.Log
	}
	return filepath.Join(m.Dir, buildLog)
}

func (m Make) prepare() error {
	if !filepath.IsAbs(m.Dir) {
		return fmt.Errorf("build %s: the build directory %q is not an absolute path",
			m.Target.Name(), m.Dir)
	}
	odd := shell.NotForMake(m.Dir)
	if strings.Contains(m.Dir, ",") {
		odd = "','" // in -Wl,-Map=
	}
	if odd != "" {
		return fmt.Errorf("build %s: the build directory %q contains %s, which make does not "+
			"support", m.Target.Name(), m.Dir, odd)
	}
	for _, dir := range []string{m.Dir, filepath.Dir(m.logFile())} {
		if err := os.MkdirAll(dir, 0o777); err != nil {
			return fmt.Errorf("build %s: %w", m.Target.Name(), err)
		}
	}
	return nil
}

// make runs make for mpy-cross, if the firmware freezes Python code, and for the firmware.
func (m Make) make(ctx context.Context, flags *Flags, log io.Writer) error {
	if flags.Vars["FROZEN_MANIFEST"] != "" {
		if err := m.makeMpyCross(ctx, flags.replies, log); err != nil {
			return err
		}
	}
	_, err := m.step(ctx, log, m.Target.Name(), m.buildArgv(flags.Vars["PROG"]),
		len(strings.Fields(flags.Vars["OBJ"])))
	return err
}

// buildArgv is the make command that builds the firmware.
func (m Make) buildArgv(prog string) []string {
	argv := m.firmwareArgv(prog)
	if m.Target.CMake() {
		argv = []string{makeProgram(), "--no-print-directory", "-C", m.Dir}
	}
	argv = append(argv, "-j"+strconv.Itoa(m.jobs()))
	if m.KeepGoing {
		argv = append(argv, "-k")
	}
	return argv
}

// makeMpyCross builds mpy-cross, unless the one that is there was made from the files that there
// are now.
func (m Make) makeMpyCross(ctx context.Context, known *replies, log io.Writer) error {
	start := time.Now()
	argv := m.mpyCrossArgv()
	key := question("mpy-cross", argv)
	if made := ""; known.recall(key, &made) {
		if _, err := os.Stat(made); err == nil {
			return nil
		}
	}
	if _, err := m.step(ctx, log, "mpy-cross", argv, 0); err != nil {
		return err
	}
	dir := m.Target.Tree.Path("mpy-cross")
	files := append(dependencies(filepath.Join(m.Dir, mpyCross), dir),
		filepath.Join(dir, "Makefile"))
	for _, name := range []string{"mpconfigport.mk", "../py/py.mk", "../py/mkenv.mk",
		"../py/mkrules.mk"} {
		files = append(files, filepath.Join(dir, filepath.FromSlash(name)))
	}
	files = slices.DeleteFunc(files, func(file string) bool {
		return strings.HasPrefix(file, m.Dir+"/")
	})
	known.keep(key, start, m.mpyCrossProgram(), files, nil, nil)
	return nil
}

func (m Make) jobs() int {
	if m.Jobs > 0 {
		return m.Jobs
	}
	return runtime.NumCPU()
}

// mpyCrossArgv builds mpy-cross for this machine whatever the firmware is for, and without the
// user's modules. Up to v1.19.1 make puts the program beside the sources unless PROG says
// otherwise.
func (m Make) mpyCrossArgv() []string {
	argv := []string{makeProgram(), "-C", m.Target.Tree.Path("mpy-cross"), "--no-print-directory",
		"BUILD=" + filepath.Join(m.Dir, mpyCross), "CROSS_COMPILE=", "USER_C_MODULES=",
		"-j" + strconv.Itoa(m.jobs())}
	if linksBesideSources(m.Target.Tree) {
		argv = append(argv, "PROG="+m.mpyCrossProgram())
	}
	return argv
}

func (m Make) mpyCrossProgram() string { return filepath.Join(m.Dir, mpyCross, "mpy-cross") }

// firmwareArgv is the make command for the firmware; prog is the port's PROG, "" for a port
// without one.
func (m Make) firmwareArgv(prog string) []string {
	args := append(append([]string{}, m.Args...), "BUILD="+m.Dir,
		mpyCrossVariable+"="+m.mpyCrossProgram())
	if prog != "" && linksBesideSources(m.Target.Tree) {
		args = append(args, "PROG="+filepath.Join(m.Dir, filepath.Base(prog)))
	}
	if m.KeepSymbols {
		args = append(args, "STRIP=:")
	}
	return makeArgv(m.Target, args...)
}

// linksBesideSources says that make puts a program into the directory it runs in and not into
// BUILD, as up to v1.19.1.
func linksBesideSources(t *micropython.Tree) bool {
	text, err := os.ReadFile(t.Path("py", "mkrules.mk"))
	return err == nil && bytes.Contains(text, []byte("\n$(PROG): $(OBJ)"))
}

// step runs one make and returns its output, which goes to the log too, and its steps to Progress;
// objects is how many there are, 0 if that is not known.
func (m Make) step(
	ctx context.Context, log io.Writer, name string, argv []string, objects int,
) (string, error) {
	var output bytes.Buffer
	progress := &progressWriter{to: m.Progress, name: name, objects: objects}
	cmd := exec.CommandContext(ctx, argv[0], argv[1:]...)
	cmd.Dir = m.Target.Dir()
	cmd.Env = environment()
	if m.Target.CMake() {
		forMake, _ := splitCMake(slices.Concat(m.Target.Args(), m.Args))
		cmd.Env = append(cmd.Env, append(exportedArgs(forMake),
			mpyCrossVariable+"="+m.mpyCrossProgram())...)
	}
	// It removes the file that a compiler was writing.
	endWithChildren(cmd)
	kept := &logWriter{to: log}
	defer kept.flush()
	cmd.Stdout = io.MultiWriter(kept, &output, progress)
	cmd.Stderr = cmd.Stdout
	command := shellLine(m.Target, withoutProbe(argv))
	fmt.Fprintf(log, "$ %s\n", command)
	err := RunCommand(ctx, cmd)
	if exit := (*exec.ExitError)(nil); errors.As(err, &exit) {
		return output.String(), &Error{Step: name, Command: command,
			Cause: firstError(output.Bytes(), err),
			Tail:  errorTail(output.String()), Log: m.logFile()}
	}
	if err != nil {
		return "", fmt.Errorf("build %s: %w", name, err)
	}
	return output.String(), nil
}

// logWriter leaves out what a probe rule prints.
type logWriter struct {
	to      io.Writer
	partial []byte
}

func (w *logWriter) Write(p []byte) (int, error) {
	w.partial = append(w.partial, p...)
	for {
		line, rest, found := bytes.Cut(w.partial, []byte("\n"))
		if !found {
			return len(p), nil
		}
		w.partial = rest
		if bytes.HasPrefix(line, []byte(probeMark)) {
			continue
		}
		if _, err := fmt.Fprintf(w.to, "%s\n", line); err != nil {
			return 0, err
		}
	}
}

// flush writes a last line that has no line end.
func (w *logWriter) flush() { _, _ = w.to.Write(w.partial) }

// errorTail is the part of a log that shows what went wrong: from two lines above the first
// error on, or its end.
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

// cmakeStep is what a makefile of CMake's says before a step: "[ 12%] Building C object …".
var cmakeStep = lazyregexp.New(
	`^\[ *\d+%\] (Building \w+ object|Linking \w+ \w+(?: \w+)?|Generating) (\S.*)$`)

var cmakeVerbs = map[string]string{"Building C object": "CC", "Building CXX object": "CXX",
	"Building ASM object": "AS", "Linking C executable": "LINK", "Linking CXX executable": "LINK",
	"Generating": "GEN"}

// line passes on a line such as "CC ../../py/obj.c"; what cannot be shown is still in the log.
func (w *progressWriter) line(line string) {
	if m := cmakeStep().FindStringSubmatch(line); m != nil {
		line = cmakeVerbs[m[1]] + " " + m[2]
	}
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
