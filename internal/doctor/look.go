package doctor

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync"
	"time"

	"mpwolf/internal/lazyregexp"
)

// patience is how long a tool may take to print its version: 2 s, or longer on a machine that
// reports a high load.
var patience = sync.OnceValue(func() time.Duration {
	load, _ := os.ReadFile("/proc/loadavg")
	return patienceAt(string(load), runtime.NumCPU())
})

func patienceAt(loadavg string, processors int) time.Duration {
	const idle, most = 2 * time.Second, 30 * time.Second
	var running float64
	if n, err := fmt.Sscan(loadavg, &running); n != 1 || err != nil {
		return idle
	}
	busy := time.Duration(running / float64(processors) * float64(idle))
	return min(max(idle, busy), most).Round(time.Second)
}

// The states of a tool.
const (
	OK      = "ok"
	Missing = "missing"
	Fails   = "fails"  // it is there, but does not run
	Hangs   = "hangs"  // it is there, but does not finish within patience
	Absent  = "absent" // it is not there, but no target needs it
)

// Found is a tool that was looked for.
type Found struct {
	Tool
	State   string `json:"state"`
	Version string `json:"version,omitempty"`
	Path    string `json:"path,omitempty"`
	// Says is the reason for a state other than OK.
	Says string `json:"says,omitempty"`
	// By are the targets that need it.
	By []string `json:"needed_by,omitempty"`
}

// Lacks reports whether a target cannot be built because of this tool.
func (f Found) Lacks() bool { return f.State != OK && f.State != Absent && f.OnlyFor == "" }

// lookFor looks for all tools at once. With versions each is asked for its version; otherwise it
// only has to exist.
func lookFor(ctx context.Context, needs []need, versions bool) []Found {
	all := make([]Found, len(needs))
	var wait sync.WaitGroup
	for i, n := range needs {
		wait.Go(func() { all[i] = n.look(ctx, versions) })
	}
	wait.Wait()
	return all
}

func (n need) look(ctx context.Context, versions bool) Found {
	f := Found{Tool: n.Tool, By: n.by, State: OK}
	switch {
	case n.lacks != "":
		f.State, f.Says = Missing, n.lacks
	case n.header != "":
		n.lookHeader(ctx, &f)
	default:
		n.lookProgram(ctx, &f, versions)
	}
	if f.State == Missing && f.OnlyFor != "" {
		f.State = Absent
	}
	return f
}

func (n need) lookProgram(ctx context.Context, f *Found, versions bool) {
	for _, name := range n.programs {
		if strings.ContainsAny(name, `/\`) && !filepath.IsAbs(name) && n.dir != "" {
			name = filepath.Join(n.dir, name) // relative to where make runs
		}
		path, err := exec.LookPath(name)
		if err != nil && !errors.Is(err, exec.ErrDot) {
			continue
		}
		f.Path = path
		break
	}
	switch {
	case f.Path == "":
		f.State, f.Says = Missing, "not found"
	case n.python:
		n.askPython(ctx, f)
	case versions:
		n.askVersion(ctx, f)
	}
}

// askPython lets Python run a script, as a build does: one that is not installed completely may
// still print its version.
func (n need) askPython(ctx context.Context, f *Found) {
	const script = "import sys; print('Python %d.%d.%d' % sys.version_info[:3])"
	out, err := output(ctx, n.dir, nil, slices.Concat([]string{f.Path}, n.arguments,
		[]string{"-c", script})...)
	switch {
	case errors.Is(err, context.DeadlineExceeded):
		f.State, f.Says = Hangs, "does not finish within "+patience().String()
		return
	case err != nil:
		f.State, f.Says = Fails, firstLine(out, err)
		return
	}
	f.Version = versionIn(out)
	var major, minor int
	if got, err := fmt.Sscanf(f.Version, "%d.%d", &major, &minor); got == 2 && err == nil &&
		(major < 3 || major == 3 && minor < n.least) {
		f.State = Fails
		f.Says = fmt.Sprintf("Python %s is too old: 3.%d or newer is needed", f.Version, n.least)
	}
}

// askVersion asks a program for its version. If even that fails, the program does not work.
func (n need) askVersion(ctx context.Context, f *Found) {
	out, err := output(ctx, "", nil, f.Path, "--version")
	switch {
	case errors.Is(err, context.DeadlineExceeded):
		f.State, f.Says = Hangs, "does not finish within "+patience().String()
	case err != nil:
		f.State, f.Says = Fails, firstLine(out, err)
	default:
		f.Version = versionIn(out)
	}
	if n.Name == toolMake && f.State == OK {
		f.checkMake(out)
	}
}

// checkMake requires GNU make with --eval, which is new in 3.82; macOS has 3.81.
func (f *Found) checkMake(out string) {
	switch {
	case !strings.HasPrefix(out, "GNU Make"):
		f.State, f.Says = Fails, "not GNU make"
	case strings.HasPrefix(f.Version, "3.") && f.Version < "3.82":
		f.State, f.Says = Fails, "GNU make "+f.Version+" is too old"
	}
}

// output runs a program for at most patience, and returns everything that it wrote.
func output(ctx context.Context, dir string, stdin []byte, argv ...string) (string, error) {
	limited, cancel := context.WithTimeout(ctx, patience())
	defer cancel()
	cmd := exec.CommandContext(limited, argv[0], argv[1:]...)
	cmd.Dir, cmd.Stdin = dir, bytes.NewReader(stdin)
	cmd.Env = append(cmd.Environ(), "LC_ALL=C", "PYTHONDONTWRITEBYTECODE=1")
	cmd.WaitDelay = 50 * time.Millisecond // a child process may keep the pipe open
	out, err := cmd.CombinedOutput()
	if limited.Err() != nil {
		return string(out), limited.Err()
	}
	return string(out), err
}

var (
	versionNumber = lazyregexp.New(`\b\d+(?:\.\d+)+\w*`)
	remark        = lazyregexp.New(`\([^)]*\)`)
)

// versionIn is the version in the first line of what a program prints about itself. Remarks in
// parentheses do not count: "gcc (Debian 12.2.0-14) 12.2.0" also has the package's version.
func versionIn(text string) string {
	line, _, _ := strings.Cut(text, "\n")
	return versionNumber().FindString(remark().ReplaceAllString(line, ""))
}

func firstLine(text string, err error) string {
	if line, _, _ := strings.Cut(strings.TrimSpace(text), "\n"); line != "" {
		return line
	}
	return err.Error()
}

// lookHeader makes the compiler look for a header. Without a compiler, it looks in the usual
// directories.
func (n need) lookHeader(ctx context.Context, f *Found) {
	if len(n.compiler) == 0 || !isThere(n.compiler[0]) {
		if !n.inSystem() {
			f.State, f.Says = Missing, n.header+" not found"
		}
		return
	}
	out, err := output(ctx, n.dir, []byte("#include <"+n.header+">\n"), n.compiler...)
	switch {
	case errors.Is(err, context.DeadlineExceeded):
		f.State, f.Says = Hangs, "the compiler does not finish within "+patience().String()
	case err != nil && lacksHeader(out):
		f.State, f.Says = Missing, "the compiler does not find "+n.header
	case err != nil:
		f.State, f.Says = Fails, "the compiler fails: "+firstLine(out, err)
	}
}

// lacksHeader reports whether a compiler failed because it did not find a header.
func lacksHeader(out string) bool {
	return strings.Contains(out, "No such file or directory") ||
		strings.Contains(out, "file not found")
}

func isThere(program string) bool {
	_, err := exec.LookPath(program)
	return err == nil
}

// inSystem reports whether this machine's own C compiler would find a header.
func (n need) inSystem() bool {
	if n.Name == toolNewlib || n.Name == toolLibc32 || runtime.GOOS == "windows" {
		return false
	}
	for _, pattern := range []string{"/usr/include/", "/usr/include/*-linux-*/",
		"/usr/local/include/", "/opt/homebrew/include/"} {
		if found, err := filepath.Glob(pattern + n.header); err == nil && len(found) > 0 {
			return true
		}
	}
	return false
}
