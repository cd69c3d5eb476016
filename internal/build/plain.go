package build

import (
	"context"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"

	"mpwolf/internal/micropython"
	"mpwolf/internal/shell"
)

// Plain is the make that a person would run by hand for a target, in make's own build directory.
type Plain struct {
	Target micropython.Target
	// Args are further arguments for make.
	Args []string
	// Output gets all that make says; nil drops it.
	Output io.Writer
}

// Command is a shell command that builds the firmware, on one line, for people to copy.
func (p Plain) Command() string {
	command := shell.Join(
		slices.Concat([]string{plainMake(), "-C", shell.Path(p.Target.Dir())}, p.Target.Args(), p.Args))
	if dir := p.mpyCrossFirst(); dir != "" {
		command = shell.Join([]string{plainMake(), "-C", shell.Path(dir)}) + " && " + command
	}
	return command
}

// Run builds.
func (p Plain) Run(ctx context.Context) error {
	if dir := p.mpyCrossFirst(); dir != "" {
		if err := p.make(ctx, "-C", dir); err != nil {
			return fmt.Errorf("build mpy-cross: make -C %s: %w", dir, err)
		}
	}
	words := slices.Concat([]string{"-C", p.Target.Dir()}, p.Target.Args(), p.Args)
	if err := p.make(ctx, words...); err != nil {
		return fmt.Errorf("build %s: %s: %w", p.Target.Name(), p.Command(), err)
	}
	return nil
}

func (p Plain) make(ctx context.Context, words ...string) error {
	cmd := exec.CommandContext(ctx, plainMake(), words...)
	cmd.Env = append(os.Environ(), noCcacheBase)
	cmd.Stdout, cmd.Stderr = p.Output, p.Output
	endWithChildren(cmd)
	return RunCommand(ctx, cmd)
}

// plainMake is make as a person types it: macOS and the BSDs have another make, or an old one, of
// that name.
func plainMake() string {
	if runtime.GOOS == "linux" || runtime.GOOS == "windows" {
		return "make"
	}
	return makeProgram()
}

// mpyCrossFirst is the directory of a mpy-cross that must be made before the firmware; empty if
// none must. The port's make would do it, but hands it the FROZEN_MANIFEST of its command line,
// with which mpy-cross does not link.
func (p Plain) mpyCrossFirst() string {
	dir := p.Target.Tree.Path("mpy-cross")
	frozen := slices.ContainsFunc(slices.Concat(p.Target.Args(), p.Args), func(arg string) bool {
		return strings.HasPrefix(arg, "FROZEN_MANIFEST=")
	})
	if _, err := os.Stat(filepath.Join(dir, "Makefile")); err != nil || !frozen {
		return ""
	}
	for _, built := range []string{"build/mpy-cross", "mpy-cross"} { // the latter up to v1.19
		if _, err := os.Stat(filepath.Join(dir, built)); err == nil {
			return ""
		}
	}
	return dir
}
