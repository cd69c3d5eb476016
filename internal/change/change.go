// Package change patches a tree and reverts the patch: it plans first, reading only, and then
// applies the plan, all or nothing. It prints nothing and knows no command line; what was done
// is in its results.
package change

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"

	"mpwolf/internal/disk"
	"mpwolf/internal/fetch"
	"mpwolf/internal/hint"
	"mpwolf/internal/micropython"
	"mpwolf/internal/project"
	"mpwolf/internal/sources"
	"mpwolf/internal/state"
)

// Options say what to change, and how.
type Options struct {
	project.Options
	// Force continues where the user's edits touch mpwolf's lines, after saving the user's
	// files.
	Force bool
	// Settings is the mpwolf.toml that a patch changes together with the tree; nil for none.
	Settings *state.Settings
	// Tool is mpwolf's version.
	Tool string
	// Disk makes all changes; nil is the real one.
	Disk disk.FS
	// Log takes one line at a time for the user; Progress gets git's progress messages. Both may
	// be nil.
	Log      sources.Log
	Progress io.Writer
	// Choosing, if not nil, is called with the wolfSSL that a tree is patched with, by Plan and by
	// Patch before anything is written; not if there is nothing to do.
	Choosing func(context.Context, Choice) error
	// Asking, if not nil, is called before make and the compiler are asked about targets, perhaps
	// several times.
	Asking func([]micropython.Target)
}

// work is what patch and revert have in common.
type work struct {
	Options
	*project.Project
	lock *state.Lock
	// others are the other trees that use the installed modules.
	others []project.User
}

// begin reads mpwolf.toml.
func begin(o Options) (work, error) {
	if o.Disk == nil {
		o.Disk = disk.OS{}
	}
	p, err := project.New(o.Options)
	return work{Options: o, Project: p}, err
}

// source says where fetched sources are cached, and where messages about them go.
func (w *work) source() (fetch.Source, error) {
	cache, err := sources.DefaultCache()
	return fetch.Source{Cache: cache, Log: w.Log, Progress: w.Progress}, err
}

// takeLock takes the tree's lock, recovers from what a killed mpwolf left, and reads mpwolf.toml
// again: the recovery, or the process that held the lock, may have changed it.
func (w *work) takeLock(ctx context.Context) error {
	dir := w.Project.Tree.Dir
	lock, err := state.Acquire(ctx, w.Disk, dir, w.Command, func(holder string) {
		w.Log.Printf("waiting for %s, which is working on %s", holder, dir)
	})
	if err != nil {
		return err
	}
	interrupted := state.Interrupted(dir)
	outcome, err := lock.Recover()
	if err != nil {
		lock.Release()
		if !interrupted {
			return err // such as that the record is damaged
		}
		return fmt.Errorf("an earlier run on %s was interrupted: %w", dir, err)
	}
	switch outcome {
	case state.BackToBefore:
		w.Log.Printf("an earlier run was interrupted; %s is in the state before that run", dir)
	case state.Finished:
		w.Log.Printf("an earlier run was interrupted after its work was done; %s is in the "+
			"state after that run", dir)
	}
	if err := w.Reread(); err != nil {
		lock.Release()
		return err
	}
	w.lock = lock
	return nil
}

// recovered undoes what was prepared before a change that failed.
func (w *work) recovered(err error) error {
	_, back := w.lock.Recover()
	return errors.Join(err, back)
}

func conflictError(verb string, conflicts []state.Conflict) error {
	lines := make([]string, len(conflicts))
	for i, conflict := range conflicts {
		lines[i] = conflict.String()
	}
	return hint.With(fmt.Errorf("%s: nothing was changed: %s", verb, strings.Join(lines, "; ")),
		"mpwolf "+verb+" --force saves a copy and continues; or restore those lines as mpwolf "+
			"wrote them, and run this again")
}
