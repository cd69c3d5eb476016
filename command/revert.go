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
		Flags: []cli.Flag{treeFlag()},
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
	lock, err := s.lock(c.Context, tree)
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
	writes, conflicts, err := state.Revert(tree.Dir, record)
	if err != nil {
		return err
	}
	if len(conflicts) > 0 {
		return conflictError("revert", conflicts)
	}
	swap, kept, err := takeModulesAway(record, lock)
	if err != nil {
		return err
	}
	if err := lock.Apply(state.Change{Writes: writes, Swap: swap}); err != nil {
		return err
	}
	s.reverted(tree, record, writes, kept)
	return nil
}

func (s *session) reverted(tree *micropython.Tree, record *state.Record, writes []state.Write, kept []string) {
	for _, w := range writes {
		fmt.Fprintf(s.stdout, "restored %s\n", w.Path)
	}
	final := filepath.Join(record.Modules.Dir, modules.Name)
	if len(kept) == 0 {
		fmt.Fprintf(s.stdout, "removed %s\n", final)
	} else {
		fmt.Fprintf(s.stdout, "removed %s but for what was changed there since: %s\n", final, strings.Join(kept, ", "))
	}
	fmt.Fprintf(s.stdout, "%s is as it was before mpwolf patch\n", tree.Dir)
}

func conflictError(verb string, conflicts []state.Conflict) error {
	lines := make([]string, len(conflicts))
	for i, conflict := range conflicts {
		lines[i] = conflict.String()
	}
	return withHint(fmt.Errorf("%s: nothing was changed: %s", verb, strings.Join(lines, "; ")),
		"put those lines as mpwolf wrote them, then run mpwolf "+verb+" again")
}

// takeModulesAway plans the removal of the installed modules; what the user changed in them stays.
func takeModulesAway(record *state.Record, lock *state.Lock) (*state.Swap, []string, error) {
	dir := record.Modules.Dir
	swap := &state.Swap{
		Dir: filepath.Join(dir, modules.Name), Created: record.Modules.Created,
	}
	kept, err := modules.Changed(dir)
	var notOurs *modules.NotOursError
	switch {
	case errors.As(err, &notOurs):
		return nil, nil, nil // gone already, or another's
	case err != nil:
		return nil, nil, err
	}
	staged := state.PassingName(dir)
	if err := lock.Intend(staged, nil); err != nil {
		return nil, nil, err
	}
	stays, err := modules.StageKept(dir, staged, kept)
	if err != nil {
		return nil, nil, errors.Join(err, lock.Heal())
	}
	if !stays {
		return swap, nil, nil
	}
	swap.Staged = staged
	return swap, kept, nil
}
