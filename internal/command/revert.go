package command

import (
	"errors"
	"fmt"
	"path/filepath"
	"strings"

	"github.com/urfave/cli/v2"

	"mpwolf/internal/hint"
	"mpwolf/internal/micropython"
	"mpwolf/internal/shell"
	"mpwolf/internal/state"
	"mpwolf/modules"
	"mpwolf/patches"
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
		return s.revertLost(c, tree, lock)
	}
	if err != nil {
		return hint.With(err, "without "+filepath.Join(state.Folder, "record.json")+", mpwolf revert goes by the marks in the tree and by git")
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
	swap, kept, err := s.takeModulesAway(record, lock, state.LoadStamps(tree.Dir).Hash)
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
	return hint.With(fmt.Errorf("%s: nothing was changed: %s", verb, strings.Join(lines, "; ")),
		"put those lines as mpwolf wrote them, then run mpwolf "+verb+" again; or let mpwolf "+verb+" --force save a copy first")
}

// takeModulesAway plans the removal of the installed modules; what the user changed in them stays.
func (s *session) takeModulesAway(record *state.Record, lock *state.Lock, hash modules.Hasher) (*state.Swap, []string, error) {
	dir := record.Modules.Dir
	swap := &state.Swap{
		Dir: filepath.Join(dir, modules.Name), Created: record.Modules.Created,
	}
	kept, err := modules.Changed(dir, hash)
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

// revertLost takes back what can be known of a patch whose record is gone: by the marked blocks, the wants, and what git
// has. The user modules are taken away only where they are named: they may serve another tree.
func (s *session) revertLost(c *cli.Context, tree *micropython.Tree, lock *state.Lock) error {
	changes, unknown, err := patches.Traces(tree, tree.AtHead)
	if err != nil {
		return err
	}
	record := &state.Record{}
	named, err := s.lostModules(c, tree, record)
	if err != nil {
		return err
	}
	if len(changes) == 0 && !named {
		fmt.Fprintf(s.stdout, "%s is not patched; nothing to do\n", tree.Dir)
		return nil
	}
	s.say("%s has no record of mpwolf patch; going by the marks in the tree, what mpwolf wants, and git", tree.Dir)
	plan := &state.Reversal{}
	for _, change := range changes {
		plan.Writes = append(plan.Writes, state.Write{Path: change.Path, Before: change.Before, After: change.After})
	}
	var swap *state.Swap
	var kept []string
	if named {
		if swap, kept, err = s.takeModulesAway(record, lock, state.LoadStamps(tree.Dir).Hash); err != nil {
			return err
		}
	}
	if err := lock.Apply(state.Change{Writes: plan.Writes, Swap: swap}); err != nil {
		return err
	}
	return s.revertedLost(tree, plan, record, swap != nil, kept, unknown)
}

// lostModules finds the user modules that --modules or mpwolf.toml names, and says whether mpwolf installed them.
func (s *session) lostModules(c *cli.Context, tree *micropython.Tree, record *state.Record) (bool, error) {
	file, err := project(c)
	if err != nil {
		return false, err
	}
	if record.Modules.Dir, err = modulesDir(c, tree, nil); err != nil {
		return false, err
	}
	_, record.Modules.ID, err = modules.Installed(record.Modules.Dir)
	installed := err == nil
	return installed && (c.IsSet("modules") || (file != nil && file.Modules != "")), nil
}

func (s *session) revertedLost(tree *micropython.Tree, plan *state.Reversal, record *state.Record, removed bool, kept []string, unknown []patches.Trace) error {
	for _, w := range plan.Writes {
		fmt.Fprintf(s.stdout, "restored %s\n", w.Path)
	}
	final := filepath.Join(record.Modules.Dir, modules.Name)
	switch {
	case removed && len(kept) > 0:
		fmt.Fprintf(s.stdout, "removed %s but for what was changed there since: %s\n", final, strings.Join(kept, ", "))
	case removed:
		fmt.Fprintf(s.stdout, "removed %s\n", final)
	case exists(final):
		fmt.Fprintf(s.stdout, "left alone: %s: whether it was installed for this tree cannot be known; --modules %s takes it away\n",
			final, shell.Quote(shell.Path(record.Modules.Dir)))
	}
	for _, trace := range unknown {
		fmt.Fprintf(s.stdout, "left alone: %s:%d: %q: %s\n", trace.File, trace.Line, trace.Text, trace.Why)
	}
	if len(unknown) > 0 {
		return errFound
	}
	fmt.Fprintf(s.stdout, "nothing of mpwolf patch is left in %s\n", tree.Dir)
	return nil
}
