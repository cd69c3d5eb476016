package doctor

import (
	"context"
	"errors"
	"fmt"
	"os/exec"
	"slices"
	"strings"

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
		text += fmt.Sprintf("\n  %s: %s (%s)", f.Name, f.Why, f.Says)
	}
	return text
}

// Hint is the command that installs what is missing.
func (e *MissingError) Hint() string {
	var missing []Tool
	for _, f := range e.Tools {
		missing = append(missing, f.Tool)
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
// make for the compiler, the compiler for headers, and pkg-config for libffi; it runs no other
// tool.
func Check(ctx context.Context, targets []micropython.Target) error {
	all := needsOf(recipes(ctx, targets, ask))
	lacking := &MissingError{System: ThisSystem()}
	found := lookFor(ctx, knowFFI(ctx, all), false)
	if err := ctx.Err(); err != nil {
		return err
	}
	for _, f := range found {
		if f.State != Missing {
			continue // the build reports better what fails or hangs
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
