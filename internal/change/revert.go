package change

import (
	"bytes"
	"context"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"mpwolf/internal/disk"
	"mpwolf/internal/project"
	"mpwolf/internal/state"
	"mpwolf/modules"
	"mpwolf/patches"
)

// Reverted is what Revert has done.
type Reverted struct {
	// Tree is the tree's directory.
	Tree string
	// Nothing is set if the tree was not patched, and so nothing was done.
	Nothing bool
	// Guessed is set if there was no record: only what can be known without one was restored.
	Guessed bool
	// Targets are those that were removed, and Rest those that the tree is still patched for, if
	// only some were removed.
	Targets, Rest []string
	// Restored are the files of the tree that were changed back, Changes how.
	Restored []string
	Changes  []patches.Change
	// Module is the directory of the module. Removed is set if it was removed, except Kept,
	// which the user changed or added. Without a record, Unclear is set if it is there and may
	// belong to another tree.
	Module           string
	Removed, Unclear bool
	Kept             []string
	// Fragment is the modules directory's micropython.cmake, if it is removed, and OtherFragment
	// one that is not mpwolf's, and still includes the module.
	Fragment, OtherFragment string
	// Shared are other trees that use the module, for which it stays.
	Shared []string
	// Left are files that were left alone, and why.
	Left []string
	// Unknown are lines that mpwolf may have written; without a record it cannot tell.
	Unknown []patches.Trace
}

// Revert undoes what Patch did; edits made since then stay.
func Revert(ctx context.Context, o Options) (*Reverted, error) {
	w, err := begin(o)
	if err != nil {
		return nil, err
	}
	if err := w.OpenTree(); err != nil {
		return nil, err
	}
	if err := w.takeLock(ctx); err != nil {
		return nil, err
	}
	defer w.lock.Release()
	plan, err := w.planRevert(ctx)
	if err != nil {
		return nil, err
	}
	return plan.result, w.applyReversal(plan)
}

// PlanRevert works out what Revert would do to the tree's files, refuses what it would refuse, and
// changes nothing. It does not say what would happen to the installed module.
func PlanRevert(ctx context.Context, o Options) (*Reverted, error) {
	w, err := begin(o)
	if err != nil {
		return nil, err
	}
	if err := w.OpenTree(); err != nil {
		return nil, err
	}
	if err := w.Interrupted(); err != nil {
		return nil, err
	}
	plan, err := w.planRevert(ctx)
	if err != nil {
		return nil, err
	}
	return plan.result, nil
}

// reversal is a planned revert.
type reversal struct {
	result *Reverted
	change state.Change
	// lost are the files whose edits --force removes: they are saved first.
	lost []state.Write
	// installed are the modules to remove; nil if they stay.
	installed *state.Modules
	// rest are the targets that the tree stays patched for.
	rest []project.Target
}

// planRevert reads everything and changes nothing.
func (w *work) planRevert(ctx context.Context) (*reversal, error) {
	which := project.None
	if w.Asked.Port != "" {
		which = project.Recorded
	}
	if err := w.Asked.CheckTargetFlags(); err != nil {
		return nil, err
	}
	if err := w.Read(which); err != nil {
		return nil, err
	}
	plan, err := w.planReversal(ctx)
	if err != nil {
		return nil, err
	}
	// They come from a map; text, JSON and diff list them in one order.
	slices.SortFunc(plan.change.Writes, func(a, b state.Write) int {
		return strings.Compare(a.Path, b.Path)
	})
	for _, write := range plan.change.Writes {
		if write.Before != nil && bytes.Equal(write.Before, write.After) {
			continue // git has restored it already
		}
		plan.result.Restored = append(plan.result.Restored, write.Path)
		change := patches.Change{Path: write.Path, Before: write.Before, After: write.After}
		if info, err := os.Stat(w.Tree.Path(filepath.FromSlash(write.Path))); err == nil {
			change.Mode = info.Mode()
		}
		plan.result.Changes = append(plan.result.Changes, change)
	}
	return plan, nil
}

func (w *work) planReversal(ctx context.Context) (*reversal, error) {
	switch {
	case w.Asked.Port != "" || len(w.Asked.Boards) > 0 || w.Asked.Variant != "":
		return w.planTargets(ctx)
	case w.Record == nil:
		return w.planLost(ctx)
	}
	return w.planWhole()
}

// planWhole undoes everything that is recorded.
func (w *work) planWhole() (*reversal, error) {
	found, err := state.Revert(w.Tree.Dir, w.Record,
		state.Options{Force: w.Force, AtHead: w.Tree.AtHead})
	if err != nil {
		return nil, err
	}
	if len(found.Conflicts) > 0 {
		return nil, conflictError("revert", found.Conflicts)
	}
	plan := &reversal{
		result: w.reverted(w.Record.Modules.Dir), change: state.Change{Writes: found.Writes},
		lost: found.Lost, installed: &w.Record.Modules,
	}
	for _, left := range found.Left {
		plan.result.Left = append(plan.result.Left, left.String())
	}
	return plan, nil
}

func (w *work) reverted(modulesDir string) *Reverted {
	return &Reverted{Tree: w.Tree.Dir, Module: filepath.Join(modulesDir, modules.Name)}
}

// applyReversal restores files and, if the plan has them, removes the installed modules.
func (w *work) applyReversal(plan *reversal) error {
	result := plan.result
	if result.Nothing {
		return nil
	}
	if err := w.saver().files(plan.lost); err != nil {
		return err
	}
	if plan.installed != nil {
		var err error
		plan.change.Swap, result.Kept, err = w.takeModulesAway(*plan.installed)
		if err != nil {
			return err
		}
		for _, other := range w.others {
			result.Shared = append(result.Shared, other.Tree)
		}
	}
	result.Removed = plan.change.Swap != nil
	if plan.change.Swap != nil {
		w.takeFragmentAway(plan, plan.installed.Dir)
	}
	if err := w.lock.Apply(plan.change); err != nil {
		return err
	}
	if plan.installed != nil && len(result.Shared) > 0 {
		// If it fails, this tree stays listed, which does no harm: its record is gone.
		_ = modules.SetUsers(w.Disk, result.Module, modules.UserList{
			Trees: result.Shared, Created: plan.installed.Created,
		})
	}
	if result.Guessed {
		result.Unclear = !result.Removed && disk.Exists(result.Module)
	}
	if len(plan.rest) == 0 {
		return nil
	}
	w.Record, w.Targets = plan.change.Record, plan.rest
	stamps, err := w.Stamps(w.Tool)
	if err != nil {
		return err
	}
	w.lock.SetStamps(stamps)
	return nil
}

// takeFragmentAway plans the removal of the modules directory's micropython.cmake.
func (w *work) takeFragmentAway(plan *reversal, dir string) {
	plan.change.Fragment, plan.result.OtherFragment = takeFragmentAway(dir)
	if state.IsFragment(dir) {
		plan.result.Fragment = filepath.Join(dir, state.FragmentName)
	}
}

// takeModulesAway plans the removal of the installed modules; files that the user changed stay.
func (w *work) takeModulesAway(installed state.Modules) (*state.Swap, []string, error) {
	dir := installed.Dir
	var err error
	if w.others, err = w.OtherUsers(); err != nil || len(w.others) > 0 {
		return nil, nil, err
	}
	swap := &state.Swap{
		Dir: filepath.Join(dir, modules.Name), Created: installed.Created,
	}
	kept, err := modules.Changed(dir, state.LoadStamps(w.Tree.Dir).Hash)
	var notOurs *modules.NotOursError
	_, id, idErr := modules.Installed(dir)
	switch {
	case errors.As(err, &notOurs), idErr == nil && id != installed.ID:
		return nil, nil, nil // already gone, or another tree's
	case err != nil:
		return nil, nil, err
	}
	staged := state.TemporaryName(dir)
	if err := w.lock.Announce(staged, nil); err != nil {
		return nil, nil, err
	}
	stays, err := modules.StageKept(w.Disk, dir, staged, kept)
	if err != nil {
		return nil, nil, w.recovered(err)
	}
	if !stays {
		return swap, nil, nil
	}
	swap.Staged = staged
	return swap, kept, nil
}

// planLost undoes what can be known of a patch whose record is gone, from the marked blocks, the
// wants, and git. The user modules are removed only if they are named: another tree may use them.
func (w *work) planLost(ctx context.Context) (*reversal, error) {
	lost, shown, err := w.Traces(ctx)
	if err != nil {
		return nil, err
	}
	plan := &reversal{result: w.reverted(w.Modules)}
	_, id, err := modules.Installed(w.Modules)
	named := err == nil && w.ModulesNamed
	if len(lost.Changes) == 0 && !named && !(shown && len(lost.Unknown) > 0) {
		plan.result.Nothing = true
		return plan, nil
	}
	w.Log.Printf("%s has no record of mpwolf patch; going by the marks in the tree, what mpwolf "+
		"wants, and git", w.Tree.Dir)
	plan.result.Guessed, plan.result.Unknown = true, lost.Unknown
	w.sayGuessed(lost)
	for _, change := range lost.Changes {
		plan.change.Writes = append(plan.change.Writes,
			state.Write{Path: change.Path, Before: change.Before, After: change.After})
	}
	if named {
		plan.installed = &state.Modules{Dir: w.Modules, ID: id}
	}
	return plan, nil
}

// sayGuessed names the lines that may be the user's own, and are undone: they are in no other
// place.
func (w *work) sayGuessed(lost *patches.Lost) {
	for _, line := range lost.Guessed {
		w.Log.Printf("taken for mpwolf's, as it has no mark: %s:%d: %q; %s, which revert restores",
			line.File, line.Line, line.Text, line.Why)
	}
}
