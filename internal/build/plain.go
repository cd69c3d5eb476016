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
	words, env := p.words(shell.Path(p.Target.Dir()))
	command := shell.Join(append([]string{plainMake()}, words...))
	for _, set := range env {
		name, value, _ := strings.Cut(set, "=")
		command = name + "=" + shell.Quote(value) + " " + command
	}
	if dir := p.mpyCrossFirst(); dir != "" {
		command = shell.Join([]string{plainMake(), "-C", shell.Path(dir)}) + " && " + command
	}
	return command
}

// Run builds.
func (p Plain) Run(ctx context.Context) error {
	for _, name := range []string{"MAKEFLAGS", "GNUMAKEFLAGS"} {
		if word := idle(os.Getenv(name)); word != "" {
			return fmt.Errorf("build %s: %s in the environment has %s, with which make builds "+
				"nothing: unset it", p.Target.Name(), name, word)
		}
	}
	if dir := p.mpyCrossFirst(); dir != "" {
		if err := p.make(ctx, nil, "-C", dir); err != nil {
			return fmt.Errorf("build mpy-cross: make -C %s: %w", dir, err)
		}
	}
	words, env := p.words(p.Target.Dir())
	if err := p.reconfigure(ctx); err != nil {
		return err
	}
	if err := p.make(ctx, env, words...); err != nil {
		return fmt.Errorf("build %s: %s: %w", p.Target.Name(), p.Command(), err)
	}
	return nil
}

// idle is the word among make's flags with which it only prints or asks what it would do, or
// touches files; "" if there is none.
func idle(makeflags string) string {
	for i, word := range strings.Fields(makeflags) {
		switch name, long := strings.CutPrefix(word, "--"); {
		case name == "" && long:
			return "" // assignments follow
		case long:
			if slices.Contains([]string{"just-print", "dry-run", "recon", "question", "touch"},
				name) {
				return word
			}
		case strings.Contains(word, "="):
		case i == 0, strings.HasPrefix(word, "-"):
			// What follows these letters is their argument.
			letters := strings.TrimPrefix(word, "-")
			if at := strings.IndexAny(letters, "CfIjlOoW"); at >= 0 {
				letters = letters[:at]
			}
			if strings.ContainsAny(letters, "nqt") {
				return word
			}
		}
	}
	return ""
}

// words are make's arguments, and the variables that its environment needs besides.
func (p Plain) words(dir string) (words, env []string) {
	args := append(p.Target.Args(), p.Args...)
	if p.Target.CMake() {
		var forCMake []string
		args, forCMake = splitCMake(args)
		env = cmakeEnvironment(forCMake)
	}
	return append([]string{"-C", dir}, args...), env
}

func (p Plain) make(ctx context.Context, env []string, words ...string) error {
	cmd := exec.CommandContext(ctx, plainMake(), words...)
	cmd.Env = append(append(os.Environ(), noCcacheBase), env...)
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

// reconfigure has CMake configure make's own build directory again if that was configured with
// other arguments. The Makefiles of MicroPython run CMake only in a new directory, and ignore
// arguments for another: another board, other modules or none would be built without a word.
func (p Plain) reconfigure(ctx context.Context) error {
	if !p.Target.CMake() {
		return nil
	}
	c, err := newConfiguration(ctx, p.Target, p.Args)
	if err != nil {
		return err
	}
	stale := c.staleIn(c.plainDir())
	if len(stale) == 0 {
		return nil
	}
	c.dir = c.plainDir()
	what := "configure " + p.Target.Name() + " again"
	if p.Output != nil {
		fmt.Fprintf(p.Output, "%s was configured with other arguments (%s): configuring it again\n",
			shell.Path(c.dir), strings.Join(stale, ", "))
	}
	if err := os.Remove(filepath.Join(c.dir, cmakeCache)); err != nil {
		return fmt.Errorf("%s: %w", what, err)
	}
	argv := slices.Concat([]string{"cmake", "-S", ".", "-B", c.dir}, c.args)
	cmd := exec.CommandContext(ctx, argv[0], argv[1:]...)
	cmd.Dir = p.Target.Dir()
	cmd.Env = append(os.Environ(), c.environment...)
	cmd.Stdout, cmd.Stderr = p.Output, p.Output
	endWithChildren(cmd)
	if err := RunCommand(ctx, cmd); err != nil {
		return fmt.Errorf("%s: %s: %w", what, shellLine(p.Target, argv), err)
	}
	return nil
}
