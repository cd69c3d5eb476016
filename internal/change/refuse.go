package change

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"strings"

	"mpwolf/internal/build"
	"mpwolf/internal/hint"
	"mpwolf/internal/micropython"
	"mpwolf/internal/project"
	"mpwolf/internal/shell"
	"mpwolf/internal/state"
	"mpwolf/modules"
	"mpwolf/ports"
)

// checkSubmodules is an error if a build would lack submodules; it names all of them. With
// --all-boards it leaves out the boards whose own makefile fails, such as one that needs a newer
// compiler; for a board that was named that is an error.
func (j *job) checkSubmodules(ctx context.Context) error {
	var builds, missing []string
	var first micropython.Target
	left := false
	if j.submodules == nil {
		j.askSubmodules(ctx)
	}
	answers := j.submodules()
	for i := len(j.Targets) - 1; i >= 0; i-- {
		lacks, err := answers[i].value, answers[i].err
		stopped := (*build.MakeError)(nil)
		switch {
		case j.AllBoards && len(j.Targets) > 1 && errors.As(err, &stopped):
			j.drop(i, "its makefile fails: "+stopped.Cause)
			left = true
		case err != nil:
			return err
		case len(lacks) > 0:
			first = j.Targets[i].Target
			builds, missing = append(builds, first.Name()), append(missing, lacks...)
		}
	}
	if len(missing) > 0 {
		slices.Sort(missing)
		missing = slices.Compact(missing)
		slices.Reverse(builds)
		who := "build of " + builds[0] + " needs"
		if n := len(builds) - 1; n > 0 {
			who = fmt.Sprintf("builds of %s and %d more need", builds[0], n)
		}
		return hint.With(fmt.Errorf("the %s submodules that %s lacks: %s", who, j.Tree.Dir,
			strings.Join(missing, ", ")),
			first.SubmodulesHint(j.Tree.Dir, missing))
	}
	if left {
		return j.planAll()
	}
	return nil
}

// askSubmodules starts to ask make which submodules the targets lack.
func (j *job) askSubmodules(ctx context.Context) {
	targets := slices.Clone(j.Targets)
	j.submodules = later(func() []answer[[]string] {
		return eachTarget(targets, func(_ int, t project.Target) ([]string, error) {
			return build.MissingSubmodules(ctx, t.Target, j.Scan(t.Target).Submodules()...)
		})
	})
}

// checkReleases refuses a target whose port works only with a newer MicroPython.
func (j *job) checkReleases(context.Context) error {
	for _, t := range j.Targets {
		if err := j.Scan(t.Target).TooOld(); err != nil {
			return err
		}
	}
	return nil
}

// checkLacks refuses a board that lacks something that nothing can replace.
func (j *job) checkLacks(context.Context) error {
	var lines []string
	advice := ""
	for _, t := range j.plan.Targets {
		for _, lack := range t.Lacks {
			if lack.Refused {
				lines = append(lines,
					fmt.Sprintf("patch %s: %s is 0: %s", t.Target.Name(), lack.Macro, lack.Why))
				advice = lack.Hint
			}
		}
	}
	if len(lines) == 0 {
		return nil
	}
	return hint.With(errors.New(strings.Join(lines, "\n")), advice)
}

// checkOutside is an error if a line outside the tree, in a board's own directory, must change
// first.
func (j *job) checkOutside(context.Context) error {
	var lines []string
	for _, step := range j.plan.Outside() {
		lines = append(lines, fmt.Sprintf("%s: %s", step.Site, step.Line))
	}
	if len(lines) == 0 {
		return nil
	}
	return hint.With(
		fmt.Errorf("patch: the board's directory is outside %s, and mpwolf changes nothing "+
			"there; these lines must become:\n%s", j.Tree.Dir, strings.Join(lines, "\n")),
		"change them, then run this command again")
}

// checkWay checks that a tree is patched in only one of the two ways, and that the compiler can be
// asked for a pristine patch: nothing else shows that it sees the values.
func (j *job) checkWay() error {
	for _, t := range j.Targets {
		if err := build.Outside(t.Target); err != nil && j.Pristine {
			return fmt.Errorf("patch --pristine: only the compiler can show whether it works: %w",
				err)
		}
	}
	if j.Record == nil || j.Record.Pristine == j.Pristine {
		return nil
	}
	text := j.Tree.Dir + " is patched in the tree, not --pristine"
	if j.Record.Pristine {
		text = j.Tree.Dir + " is patched --pristine, not in the tree"
	}
	return &RevertFirstError{text, j.Run("revert") + " first, or patch it the same way"}
}

// checkModules refuses a directory that the user modules cannot go into.
func (j *job) checkModules() error {
	another := "choose another with --modules DIR"
	odd := shell.NotForMake(j.Modules)
	switch {
	case odd != "":
		return hint.With(
			fmt.Errorf("the modules directory %q contains %s, which make does not support",
				j.Modules, odd),
			another)
	case j.Pristine && inside(j.Tree.Dir, j.Modules):
		return hint.With(
			fmt.Errorf("--pristine: the modules directory %s is in the tree, which "+
				"--pristine must not change",
				j.Modules), another)
	case j.Record != nil && j.Record.Modules.Dir != j.Modules:
		return &RevertFirstError{fmt.Sprintf("%s is patched with the modules in %s, not %s",
			j.Tree.Dir, j.Record.Modules.Dir, j.Modules), j.Run("revert") + " first"}
	}
	var err error
	if j.others, err = j.OtherUsers(); err != nil {
		return err
	}
	err = modules.Check(j.Modules, state.LoadStamps(j.Tree.Dir).Hash)
	var changed *modules.ChangedError
	switch {
	case errors.As(err, &changed) && j.Force:
		j.changedModules = changed.Files
		return nil
	case errors.As(err, &changed):
		return hint.With(err, "--force reinstalls it and saves those files first; or choose "+
			"another directory with "+
			"--modules DIR")
	case err != nil:
		return hint.With(err, "choose another directory with --modules DIR")
	}
	return nil
}

// checkSettings refuses ports that mpwolf has no wolfSSL settings for.
func checkSettings(names []string) error {
	for _, name := range names {
		if !slices.Contains(ports.Known(), name) {
			return fmt.Errorf("mpwolf has no wolfSSL settings (user_settings.h) for port %q yet; "+
				"it has them for: %s", name, strings.Join(ports.Known(), ", "))
		}
	}
	return nil
}

// inside reports whether a directory, which need not exist, is another one or below it, with all
// links resolved.
func inside(top, dir string) bool {
	var real string
	for at := dir; ; at = filepath.Dir(at) {
		if found, err := filepath.EvalSymlinks(at); err == nil {
			rest, _ := filepath.Rel(at, dir) // at is dir or above it
			real = filepath.Join(found, rest)
			break
		}
	}
	if found, err := filepath.EvalSymlinks(top); err == nil {
		top = found
	}
	rel, err := filepath.Rel(top, real)
	return err == nil && filepath.IsLocal(rel)
}
