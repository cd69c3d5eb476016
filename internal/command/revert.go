package command

import (
	"fmt"
	"path/filepath"
	"strings"

	"github.com/urfave/cli/v2"

	"mpwolf/internal/change"
	"mpwolf/internal/shell"
	"mpwolf/patches"
)

func revertCommand(s *session) *cli.Command {
	return &cli.Command{
		Name:  "revert",
		Usage: "undo what patch did; edits made since then are kept",
		Description: `If one of your edits touches a line of mpwolf's, it stops, names the place and
changes nothing.

Examples:
    mpwolf revert
    mpwolf revert --diff
    mpwolf revert --port stm32 --board NUCLEO_F429ZI    # only this target`,
		Flags: []cli.Flag{
			treeFlag(), modulesFlag(), forceFlag(),
			&cli.StringFlag{Name: flagPort, Usage: "remove only the targets of this `PORT`"},
			&cli.StringSliceFlag{Name: flagBoard, Usage: "of these, only the `BOARD`"},
			&cli.StringFlag{Name: flagVariant, Usage: "of these, only the `VARIANT`"},
			&cli.BoolFlag{Name: flagDiff, Usage: "print the changes to the tree as a diff " +
				"that git apply accepts; change nothing"},
			formatFlag("text", "json"),
		},
		Action: noArgs(s.revert),
	}
}

func (s *session) revert(c *cli.Context) error {
	kind, err := format(c, "text", "json")
	if err != nil {
		return err
	}
	if c.Bool(flagDiff) {
		return s.revertDiff(c, kind)
	}
	done, err := change.Revert(c.Context, s.change(c))
	if err != nil {
		return err
	}
	if kind == "json" {
		err = s.json(reverted(done, false))
	} else {
		s.showReverted(done)
	}
	if err != nil {
		return err
	}
	if len(done.Unknown) > 0 {
		return errFound
	}
	return nil
}

// revertDiff prints what revert would change in the tree.
func (s *session) revertDiff(c *cli.Context, kind string) error {
	plan, err := change.PlanRevert(c.Context, s.change(c))
	if err != nil {
		return err
	}
	if kind == "json" {
		result := reverted(plan, true)
		if result.Diff, err = diffText(plan.Changes); err != nil {
			return err
		}
		return s.json(result)
	}
	if plan.Nothing {
		s.say("%s is not patched; nothing to do", plan.Tree)
	}
	return patches.Diff(s.stdout, plan.Changes)
}

func (s *session) showReverted(r *change.Reverted) {
	if r.Nothing {
		fmt.Fprintf(s.stdout, "%s is not patched; nothing to do\n", r.Tree)
		return
	}
	for _, path := range r.Restored {
		fmt.Fprintf(s.stdout, "restored %s\n", path)
	}
	if len(r.Rest) > 0 {
		s.showFragment(r)
		fmt.Fprintf(s.stdout, "%s is no longer patched for %s, but still for %s\n", r.Tree,
			strings.Join(r.Targets, ", "), strings.Join(r.Rest, ", "))
		return
	}
	s.showModule(r)
	s.showFragment(r)
	for _, left := range r.Left {
		fmt.Fprintf(s.stdout, "left alone: %s\n", left)
	}
	for _, trace := range r.Unknown {
		fmt.Fprintf(s.stdout, "left alone: %s:%d: %q: %s\n", trace.File, trace.Line,
			trace.Text, trace.Why)
	}
	switch {
	case len(r.Unknown) > 0:
	case r.Guessed:
		fmt.Fprintf(s.stdout, "nothing of mpwolf patch is left in %s\n", r.Tree)
	case len(r.Left) > 0:
		fmt.Fprintf(s.stdout, "%s is as it was before mpwolf patch, except what was left alone\n",
			r.Tree)
	default:
		fmt.Fprintf(s.stdout, "%s is as it was before mpwolf patch\n", r.Tree)
	}
}

// showFragment prints what became of the micropython.cmake beside the module.
func (s *session) showFragment(r *change.Reverted) {
	if r.Fragment != "" {
		fmt.Fprintf(s.stdout, "removed %s\n", r.Fragment)
	}
	if r.OtherFragment != "" {
		fmt.Fprintf(s.stdout, "left alone: %s: it is not mpwolf's; remove the line that includes "+
			"%s\n", r.OtherFragment, filepath.Base(r.Module))
	}
}

// showModule prints what became of the installed module.
func (s *session) showModule(r *change.Reverted) {
	switch {
	case len(r.Shared) > 0:
		fmt.Fprintf(s.stdout, "left alone: %s: %s is built with it\n", r.Module,
			strings.Join(r.Shared, ", "))
	case len(r.Kept) > 0:
		fmt.Fprintf(s.stdout, "removed %s, except files modified since: %s\n", r.Module,
			strings.Join(r.Kept, ", "))
	case r.Removed:
		fmt.Fprintf(s.stdout, "removed %s\n", r.Module)
	case r.Unclear:
		fmt.Fprintf(s.stdout, "left alone: %s: it is not known whether it was installed for "+
			"this tree; --modules %s removes it\n", r.Module,
			shell.Quote(shell.Path(filepath.Dir(r.Module))))
	case !r.Guessed:
		fmt.Fprintf(s.stdout, "left alone: %s is gone, or was not installed for this tree\n",
			r.Module)
	}
}
