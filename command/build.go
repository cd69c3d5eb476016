package command

import (
	"errors"
	"fmt"
	"os/exec"
	"slices"
	"strings"

	"github.com/urfave/cli/v2"

	"mpwolf/micropython"
	"mpwolf/state"
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
	fmt.Fprintln(s.stdout, makeCommand(target, args))
	if c.Bool("dry-run") {
		return nil
	}
	words := slices.Concat([]string{"-C", target.Dir()}, target.Args(), args)
	run := exec.CommandContext(c.Context, "make", words...)
	run.Stdout, run.Stderr = s.stderr, s.stderr
	if err := run.Run(); err != nil {
		return fmt.Errorf("build %s: %s: %w", target.Name(), makeCommand(target, args), err)
	}
	return nil
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
		err = withHint(fmt.Errorf("%s is %w", tree.Dir, err), "mpwolf patch --port PORT")
	}
	return tree, record, err
}
