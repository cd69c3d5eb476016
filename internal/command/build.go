package command

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"

	"github.com/urfave/cli/v2"

	"mpwolf/internal/hint"
	"mpwolf/internal/micropython"
	"mpwolf/internal/state"
)

func buildCommand(s *session) *cli.Command {
	return &cli.Command{
		Name:      "build",
		Usage:     "run make as the patched tree needs it; the commands are printed, to be copied",
		ArgsUsage: "[TARGET...]  (default: all; a target is named as status does, or by its port, board or variant)",
		Flags: []cli.Flag{
			treeFlag(),
			&cli.IntFlag{Name: "jobs", Aliases: []string{"j"}, Usage: "how many commands make runs at once"},
			&cli.BoolFlag{Name: "dry-run", Usage: "print the commands alone"},
		},
		Action: func(c *cli.Context) error { return s.build(c) },
	}
}

func (s *session) build(c *cli.Context) error {
	tree, record, err := patched(c)
	if err != nil {
		return err
	}
	if state.Interrupted(tree.Dir) {
		return interruptedError(tree)
	}
	targets, err := chooseTargets(record.Targets, c.Args().Slice())
	if err != nil {
		return err
	}
	for _, t := range targets {
		if err := s.buildOne(c, tree, t, record.Modules.Dir); err != nil {
			return err
		}
	}
	return nil
}

func (s *session) buildOne(c *cli.Context, tree *micropython.Tree, t state.Target, modulesDir string) error {
	target, err := recordedTarget(tree, t)
	if err != nil {
		return err
	}
	args := makeArgs(modulesDir, t)
	if n := c.Int("jobs"); n > 0 {
		args = append([]string{fmt.Sprintf("-j%d", n)}, args...)
	}
	mpyCross := mpyCrossFirst(target, args)
	fmt.Fprintln(s.stdout, makeCommand(target, args))
	if c.Bool("dry-run") {
		return nil
	}
	if mpyCross != "" {
		first := exec.CommandContext(c.Context, "make", "-C", mpyCross)
		first.Stdout, first.Stderr = s.stderr, s.stderr
		if err := first.Run(); err != nil {
			return fmt.Errorf("build mpy-cross: make -C %s: %w", mpyCross, err)
		}
	}
	words := slices.Concat([]string{"-C", target.Dir()}, target.Args(), args)
	run := exec.CommandContext(c.Context, "make", words...)
	run.Stdout, run.Stderr = s.stderr, s.stderr
	if err := run.Run(); err != nil {
		return fmt.Errorf("build %s: %s: %w", target.Name(), makeCommand(target, args), err)
	}
	return nil
}

// mpyCrossFirst is the folder of a mpy-cross that must be made before the firmware; empty if none must. The port's make
// would do it, but hands it the FROZEN_MANIFEST of its command line, with which mpy-cross does not link.
func mpyCrossFirst(target micropython.Target, args []string) string {
	dir := target.Tree.Path("mpy-cross")
	frozen := slices.ContainsFunc(slices.Concat(target.Args(), args), func(arg string) bool {
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

// chooseTargets are the recorded targets that the arguments name; all without arguments. A name that fits several
// means all of them; one that fits none is an error.
func chooseTargets(targets []state.Target, names []string) ([]state.Target, error) {
	if len(names) == 0 {
		return targets, nil
	}
	chosen := make([]bool, len(targets))
	for _, name := range names {
		found := false
		for i, t := range targets {
			if slices.Contains([]string{targetName(t), t.Port, t.Board, t.Variant}, name) {
				chosen[i], found = true, true
			}
		}
		if !found {
			known := make([]string, len(targets))
			for i, t := range targets {
				known[i] = targetName(t)
			}
			return nil, usagef("unknown target %q; the tree is patched for: %s", name, strings.Join(known, ", "))
		}
	}
	var list []state.Target
	for i, t := range targets {
		if chosen[i] {
			list = append(list, t)
		}
	}
	return list, nil
}

// targetName is a recorded target in words, such as "unix (standard)".
func targetName(t state.Target) string {
	return micropython.Target{Port: t.Port, Board: t.Board, Variant: t.Variant}.Name()
}

// patched opens the tree and its record; a tree that is not patched is an error.
func patched(c *cli.Context) (*micropython.Tree, *state.Record, error) {
	tree, err := findTree(c)
	if err != nil {
		return nil, nil, err
	}
	record, err := state.Load(tree.Dir)
	if errors.Is(err, state.ErrNotPatched) {
		err = hint.With(fmt.Errorf("%s is %w", tree.Dir, err), "mpwolf patch --port PORT")
	}
	return tree, record, err
}
