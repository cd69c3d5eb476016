package doctor

import (
	"context"
	"errors"
	"fmt"
	"os/exec"
	"slices"
	"strings"

	"mpwolf/internal/build"
	"mpwolf/internal/micropython"
)

// MissingError names the tools of the host that builds lack. Its hint says how to install them.
type MissingError struct {
	Builds []string // the targets
	Tools  []Found
	System System
}

func (e *MissingError) Error() string {
	text := "nothing was built: the build of " + e.Builds[0] + " needs"
	if n := len(e.Builds) - 1; n > 0 {
		text = fmt.Sprintf("nothing was built: the builds of %s and %d more need", e.Builds[0], n)
	}
	text += " tools that this machine lacks:"
	for _, f := range e.Tools {
		says := f.Says
		if f.State != Missing {
			says = f.Path + ": " + says
		}
		text += fmt.Sprintf("\n  %s: %s (%s)", f.Name, f.Why, says)
	}
	return text
}

// Hint is the command that installs what is missing.
func (e *MissingError) Hint() string {
	var missing []Tool
	var broken []string
	for _, f := range e.Tools {
		if f.State == Missing {
			missing = append(missing, f.Tool)
		} else {
			broken = append(broken, f.Path)
		}
	}
	if len(missing) == 0 {
		return "repair or replace " + strings.Join(broken, " and ") +
			", or name another python3 with --make PYTHON=…"
	}
	return installHint(e.System, missing)
}

func installHint(system System, missing []Tool) string {
	if unknown := missing[0]; len(missing) == 1 && unknown.Packages == (Packages{}) {
		return "install " + unknown.Name + ", or add its directory to PATH; mpwolf doctor lists " +
			"what a build needs"
	}
	if command := system.Install(missing); command != "" {
		return command + "; mpwolf doctor lists the packages for other systems"
	}
	return "mpwolf doctor lists the packages to install"
}

// Check returns a *MissingError if tools of the host that the targets need are missing. It asks
// make for the compiler, the compiler for headers, pkg-config for libffi, and lets Python run a
// line; it runs no other tool. A Python that fails counts as missing: where make runs it for a
// variable, it goes on without the value. Targets that mpwolf cannot build have an error of their
// own.
func Check(ctx context.Context, targets []micropython.Target) error {
	targets = slices.DeleteFunc(slices.Clone(targets), func(t micropython.Target) bool {
		return build.Outside(t) != nil
	})
	all := needsOf(recipes(ctx, targets, ask))
	lacking := &MissingError{System: ThisSystem()}
	found := lookFor(ctx, knowFFI(ctx, all), false)
	if err := ctx.Err(); err != nil {
		return err
	}
	for _, f := range found {
		python := slices.ContainsFunc(all, func(n need) bool { return n.python && n.is(f.Tool) })
		if f.State != Missing && (f.State == OK || !python) {
			continue // the build reports better which other tool fails or hangs
		}
		lacking.Tools = append(lacking.Tools, f)
	}
	if len(lacking.Tools) == 0 {
		return nil
	}
	for _, t := range targets {
		lacking.Builds = append(lacking.Builds, t.Name())
	}
	return lacking
}

// BrokenPython says why no build of the targets can run Python; "" if it can. It reads from the
// tree's files, without make, which command that is.
func BrokenPython(ctx context.Context, targets []micropython.Target) string {
	seen := make(map[string]bool)
	for _, t := range targets {
		words := strings.Fields(guess(t).python)
		if len(words) == 0 || seen[words[0]] {
			continue
		}
		seen[words[0]] = true
		n := need{Tool: ofProgram(words[0]), python: true, least: pythonFor(t.Port),
			arguments: words[1:]}
		switch f := n.look(ctx, false); f.State {
		case OK:
		case Missing:
			return f.Name + " is not installed, or not on PATH"
		default:
			return f.Path + ": " + f.Says
		}
	}
	return ""
}

// knowFFI asks pkg-config for libffi if make does not know how to link it: the headers may be
// installed without the file that pkg-config reads.
func knowFFI(ctx context.Context, needs []need) []need {
	var pkgConfig, ffi *need
	for i := range needs {
		switch needs[i].Name {
		case toolPkgConfig:
			pkgConfig = &needs[i]
		case toolFFI:
			ffi = &needs[i]
		}
	}
	if pkgConfig == nil || ffi == nil || !ffi.unlinked || !isThere(toolPkgConfig) {
		return needs
	}
	flags, err := output(ctx, "", nil, toolPkgConfig, "--cflags", "libffi")
	switch exit := (*exec.ExitError)(nil); {
	case errors.As(err, &exit):
		ffi.lacks = "pkg-config does not know libffi"
	case err == nil && len(ffi.compiler) > 0:
		ffi.compiler = slices.Concat(ffi.compiler[:1], strings.Fields(flags), ffi.compiler[1:])
	}
	return needs
}
