package change

import (
	"context"
	"errors"
	"path/filepath"

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
	// Restored are the files of the tree that were changed back.
	Restored []string
	// Module is the directory of the module. Removed is set if it was removed, except Kept,
	// which the user changed or added. Without a record, Unclear is set if it is there and may
	// belong to another tree.
	Module           string
	Removed, Unclear bool
	Kept             []string
	// Shared are other trees that use the module, for which it stays.
	Shared []string
	// Left are files that were left alone, and why.
	Left []string
	// Unknown are lines that mpwolf may have written; without the record that is unknown.
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
	if w.Asked.Port != "" || len(w.Asked.Boards) > 0 || w.Asked.Variant != "" {
		return w.revertTargets(ctx)
	}
	if w.Record == nil {
		return w.revertLost(ctx)
	}
	return w.revert()
}

func (w *work) revert() (*Reverted, error) {
	plan, err := state.Revert(w.Tree.Dir, w.Record,
		state.Options{Force: w.Force, AtHead: w.Tree.AtHead})
	if err != nil {
		return nil, err
	}
	if len(plan.Conflicts) > 0 {
		return nil, conflictError("revert", plan.Conflicts)
	}
	if err := w.saver().files(plan.Lost); err != nil {
		return nil, err
	}
	result := w.reverted(w.Record.Modules.Dir)
	for _, left := range plan.Left {
		result.Left = append(result.Left, left.String())
	}
	return result, w.takeBack(result, plan.Writes, &w.Record.Modules)
}

func (w *work) reverted(modulesDir string) *Reverted {
	return &Reverted{Tree: w.Tree.Dir, Module: filepath.Join(modulesDir, modules.Name)}
}

// takeBack restores files and, unless they are nil, removes the installed modules.
func (w *work) takeBack(result *Reverted, writes []state.Write, installed *state.Modules) error {
	var swap *state.Swap
	if installed != nil {
		var err error
		if swap, result.Kept, err = w.takeModulesAway(*installed); err != nil {
			return err
		}
	}
	result.Removed = swap != nil
	for _, other := range w.others {
		result.Shared = append(result.Shared, other.Tree)
	}
	if err := w.lock.Apply(state.Change{Writes: writes, Swap: swap}); err != nil {
		return err
	}
	if installed != nil && len(result.Shared) > 0 {
		// If it fails, this tree stays listed, which does no harm: its record is gone.
		_ = modules.SetUsers(w.Disk, result.Module, modules.UserList{
			Trees: result.Shared, Created: installed.Created,
		})
	}
	for _, write := range writes {
		result.Restored = append(result.Restored, write.Path)
	}
	return nil
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
		return nil, nil, nil // gone already, or another's
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

// revertLost undoes what can be known of a patch whose record is gone, from the marked blocks,
// the wants, and git. The user modules are removed only if they are named: another tree may use
// them.
func (w *work) revertLost(ctx context.Context) (*Reverted, error) {
	lost, err := patches.Traces(ctx, w.Tree, w.Tree.AtHead)
	if err != nil {
		return nil, err
	}
	result := w.reverted(w.Modules)
	_, id, err := modules.Installed(w.Modules)
	named := err == nil && w.ModulesNamed
	if len(lost.Changes) == 0 && !named {
		result.Nothing = true
		return result, nil
	}
	w.Log.Printf("%s has no record of mpwolf patch; going by the marks in the tree, what mpwolf "+
		"wants, and git", w.Tree.Dir)
	result.Guessed, result.Unknown = true, lost.Unknown
	var writes []state.Write
	for _, change := range lost.Changes {
		writes = append(writes,
			state.Write{Path: change.Path, Before: change.Before, After: change.After})
	}
	var installed *state.Modules
	if named {
		installed = &state.Modules{Dir: w.Modules, ID: id}
	}
	if err := w.takeBack(result, writes, installed); err != nil {
		return nil, err
	}
	result.Unclear = !result.Removed && disk.Exists(result.Module)
	return result, nil
}
