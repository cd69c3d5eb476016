package command

import (
	"errors"
	"fmt"
	"path/filepath"
	"strings"

	"github.com/urfave/cli/v2"

	"mpwolf/micropython"
	"mpwolf/modules"
	"mpwolf/state"
)

func revertCommand(s *session) *cli.Command {
	return &cli.Command{
		Name:  "revert",
		Usage: "take back what patch did; edits made since stay",
		Flags: []cli.Flag{treeFlag(), modulesFlag(), forceFlag()},
		Action: func(c *cli.Context) error {
			if err := noArgs(c); err != nil {
				return err
			}
			return s.revert(c)
		},
	}
}

func (s *session) revert(c *cli.Context) error {
	tree, err := findTree(c)
	if err != nil {
		return err
	}
	lock, err := s.lock(c, tree)
	if err != nil {
		return err
	}
	defer lock.Release()
	record, err := state.Load(tree.Dir)
	if errors.Is(err, state.ErrNotPatched) {
		fmt.Fprintf(s.stdout, "%s is not patched; nothing to do\n", tree.Dir)
		return nil
	}
	if err != nil {
		return err
	}
	plan, err := state.Revert(tree.Dir, record, state.Wishes{Force: c.Bool("force"), AtHead: tree.AtHead})
	if err != nil {
		return err
	}
	if len(plan.Conflicts) > 0 {
		return conflictError("revert", plan.Conflicts)
	}
	if err := s.saver(tree).files(plan.Lost); err != nil {
		return err
	}
	swap, kept, err := s.takeModulesAway(record, lock)
	if err != nil {
		return err
	}
	if err := lock.Apply(state.Change{Writes: plan.Writes, Swap: swap}); err != nil {
		return err
	}
	s.reverted(tree, record, plan, swap != nil, kept)
	return nil
}

func (s *session) reverted(tree *micropython.Tree, record *state.Record, plan *state.Reversal, removed bool, kept []string) {
	for _, w := range plan.Writes {
		fmt.Fprintf(s.stdout, "restored %s\n", w.Path)
	}
	final := filepath.Join(record.Modules.Dir, modules.Name)
	switch {
	case !removed:
		fmt.Fprintf(s.stdout, "left alone: %s is gone, or was not installed for this tree\n", final)
	case len(kept) == 0:
		fmt.Fprintf(s.stdout, "removed %s\n", final)
	default:
		fmt.Fprintf(s.stdout, "removed %s but for what was changed there since: %s\n", final, strings.Join(kept, ", "))
	}
	for _, left := range plan.Left {
		fmt.Fprintf(s.stdout, "left alone: %s\n", left)
	}
	fmt.Fprintf(s.stdout, "%s is as it was before mpwolf patch%s\n", tree.Dir, but(plan))
}

// but names the exceptions.
func but(plan *state.Reversal) string {
	if len(plan.Left) == 0 {
		return ""
	}
	return " but for what was left alone"
}

func conflictError(verb string, conflicts []state.Conflict) error {
	lines := make([]string, len(conflicts))
	for i, conflict := range conflicts {
		lines[i] = conflict.String()
	}
	return withHint(fmt.Errorf("%s: nothing was changed: %s", verb, strings.Join(lines, "; ")),
		"put those lines as mpwolf wrote them, then run mpwolf "+verb+" again; or let mpwolf "+verb+" --force save a copy first")
}

// takeModulesAway plans the removal of the installed modules; what the user changed in them stays.
func (s *session) takeModulesAway(record *state.Record, lock *state.Lock) (*state.Swap, []string, error) {
	dir := record.Modules.Dir
	swap := &state.Swap{
		Dir: filepath.Join(dir, modules.Name), Created: record.Modules.Created,
	}
	kept, err := modules.Changed(dir, state.NewStamps().Hash)
	var notOurs *modules.NotOursError
	_, id, idErr := modules.Installed(dir)
	switch {
	case errors.As(err, &notOurs), idErr == nil && id != record.Modules.ID:
		return nil, nil, nil // gone already, or another's
	case err != nil:
		return nil, nil, err
	}
	staged := state.PassingName(dir)
	if err := lock.Intend(staged, nil); err != nil {
		return nil, nil, err
	}
	stays, err := modules.StageKept(s.disk, dir, staged, kept)
	if err != nil {
		return nil, nil, healed(lock, err)
	}
	if !stays {
		return swap, nil, nil
	}
	swap.Staged = staged
	return swap, kept, nil
}
