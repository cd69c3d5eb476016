package change

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"time"

	"mpwolf/internal/disk"
	"mpwolf/internal/project"
	"mpwolf/internal/state"
	"mpwolf/modules"
	"mpwolf/ports"
	"mpwolf/wolfssl"
)

// done says that the tree and the modules are as this patch would leave them.
func (j *job) done() bool {
	if j.Record == nil || len(j.plan.Changes) > 0 {
		return false
	}
	if slices.ContainsFunc(j.Targets, func(t project.Target) bool {
		return !j.isRecorded(t.Entry())
	}) ||
		(j.All && len(j.Targets) != len(j.Record.Targets)) {
		return false
	}
	want := j.WolfSSL
	wolf := &wolfssl.Tree{Dir: filepath.Join(j.Modules, modules.Name, "wolfssl")}
	if want != j.Record.Modules.WolfSSL {
		var err error
		if wolf, err = wolfssl.Open(want); err != nil {
			return false
		}
	}
	return j.installed(wolf)
}

// move notes the release and commit of a tree that moved, and at which all is as it should be
// still.
func (j *job) move() error {
	commit, err := j.Tree.Commit()
	if err != nil {
		return err
	}
	release := j.Tree.Version.String()
	if commit == j.Record.Commit && release == j.Record.MicroPython {
		return nil
	}
	record := j.Record.Clone()
	record.Commit, record.MicroPython = commit, release
	return j.lock.Apply(state.Change{Record: record})
}

// isRecorded reports whether the record has a target just so.
func (j *job) isRecorded(entry state.Target) bool {
	return slices.ContainsFunc(j.Record.Targets, func(t state.Target) bool {
		return t.Same(entry) && slices.Equal(t.Make, entry.Make) &&
			t.UserSettings == entry.UserSettings
	})
}

// wolfssl is the one that was asked for; without a word about it, the installed one, which
// modules.Check has found to be as it was installed.
func (j *job) wolfssl(ctx context.Context) (*wolfssl.Tree, error) {
	if j.Record != nil && j.WolfSSL == j.Record.Modules.WolfSSL && j.WolfSSLFrom == "" &&
		len(j.changedModules) == 0 {
		tree, err := wolfssl.Open(filepath.Join(j.Module(), "wolfssl"))
		if err == nil {
			tree.From = j.Record.Modules.Source
			return tree, nil
		}
		if !errors.Is(err, fs.ErrNotExist) {
			return nil, err
		}
	}
	source, err := j.source()
	if err != nil {
		return nil, err
	}
	return j.FetchWolfSSL(ctx, source)
}

// ownSources are the parts of the module's directory that come with mpwolf, or that it makes for
// this tree.
func (j *job) ownSources() []modules.Source {
	made := map[string][]byte{}
	for _, f := range slices.Concat(j.plan.Module, j.fragments) {
		made[f.Path] = f.Text
	}
	return []modules.Source{modules.Own(), {FS: ports.FS(), At: "ports"}, {Texts: made, At: "."}}
}

// change prepares all that is written.
func (j *job) change(wolf *wolfssl.Tree) (change state.Change, err error) {
	created, err := missingDirs(j.Modules)
	if err != nil {
		return change, err
	}
	if change.Record, err = j.newRecord(wolf, created); err != nil {
		return change, err
	}
	for _, edit := range j.plan.Changes {
		change.Writes = append(change.Writes,
			state.Write{Path: edit.Path, Before: edit.Before, After: edit.After})
	}
	if j.installed(wolf) {
		change.Record.Modules = j.Record.Modules
		return change, nil
	}
	change.Swap, err = j.stage(wolf, change.Record.Modules.ID, created)
	return change, err
}

// installed reports whether the modules are there already with this wolfSSL, and nothing has to be
// copied.
func (j *job) installed(wolf *wolfssl.Tree) bool {
	if j.Record == nil {
		return false
	}
	sources := j.ownSources()
	if wolf.Dir != filepath.Join(j.Modules, modules.Name, "wolfssl") {
		files, err := wolfssl.Files(wolf)
		if err != nil {
			return false
		}
		sources = append(sources,
			modules.Source{FS: os.DirFS(wolf.Dir), At: "wolfssl", Files: files})
	}
	current, err := modules.Current(j.Modules, state.LoadStamps(j.Tree.Dir).Hash, sources...)
	return err == nil && current
}

// stage prepares the directory of the user modules.
func (j *job) stage(wolf *wolfssl.Tree, id string, created []string) (*state.Swap, error) {
	files, err := wolfssl.Files(wolf)
	if err != nil {
		return nil, err
	}
	staged := state.TemporaryName(j.Modules)
	if err := j.lock.Announce(staged, created); err != nil {
		return nil, err
	}
	if err := disk.MkdirAll(j.Disk, j.Modules, 0o755); err != nil {
		return nil, fmt.Errorf("modules directory: %w", err)
	}
	sources := append(j.ownSources(),
		modules.Source{FS: os.DirFS(wolf.Dir), At: "wolfssl", Files: files})
	if err := modules.Stage(j.Disk, staged, j.Tool, id, sources...); err != nil {
		return nil, err
	}
	return &state.Swap{Dir: j.Module(), Staged: staged, Created: created}, nil
}

func (j *job) newRecord(wolf *wolfssl.Tree, created []string) (*state.Record, error) {
	record := &state.Record{Time: time.Now().UTC().Truncate(time.Second)}
	if j.Record != nil {
		record = j.Record.Clone()
	}
	record.Tool = j.Tool
	record.Pristine = j.Pristine
	record.MicroPython = j.Tree.Version.String()
	var err error
	if record.Commit, err = j.Tree.Commit(); err != nil {
		return nil, err
	}
	if j.All {
		record.Targets = nil
	}
	for i, t := range j.plan.Targets {
		entry := j.Targets[i].Entry()
		for _, step := range t.Steps {
			entry.Wants = append(entry.Wants, state.Want{Name: step.Name, Value: step.Want.Value})
		}
		record.SetTarget(entry)
	}
	for _, edit := range j.plan.Changes {
		conflicts, lost, err := record.SetFile(j.Tree.Dir, edit.Path, edit.Before,
			edit.After, j.edits)
		if err != nil {
			return nil, err
		}
		if lost {
			j.lost = append(j.lost,
				state.Write{Path: edit.Path, Before: edit.Before, After: edit.After})
		}
		if len(conflicts) > 0 {
			return nil, conflictError("patch", conflicts)
		}
	}
	if j.Record != nil {
		created = j.Record.Modules.Created
	}
	record.Modules = state.Modules{
		Dir: j.Modules, ID: rand.Text(), Created: created, WolfSSL: wolf.Version,
		Licence: wolf.Licence, Source: wolf.From,
	}
	return record, nil
}

// missingDirs are a directory and those above it that do not exist, the outermost first.
func missingDirs(dir string) (missing []string, err error) {
	for at := dir; ; at = filepath.Dir(at) {
		info, err := os.Stat(at)
		if err == nil && !info.IsDir() {
			return nil, fmt.Errorf("modules directory: %q is not a directory", at)
		}
		if err == nil || at == filepath.Dir(at) {
			return missing, nil
		}
		missing = append([]string{at}, missing...)
	}
}
