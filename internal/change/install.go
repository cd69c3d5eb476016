package change

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"mpwolf/internal/disk"
	"mpwolf/internal/hint"
	"mpwolf/internal/project"
	"mpwolf/internal/shell"
	"mpwolf/internal/state"
	"mpwolf/modules"
	"mpwolf/patches"
	"mpwolf/ports"
	"mpwolf/wolfssl"
)

// done reports whether the tree and the modules are as this patch would leave them. Where a source
// of wolfSSL is named, only what it has tells: see doneWith.
func (j *job) done() bool {
	if j.WolfSSLFrom != "" || j.WolfSSLSHA256 != "" || !j.doneBut() {
		return false
	}
	want := j.WolfSSL
	wolf, err := wolfssl.Open(j.installedDir())
	if err != nil || !wolf.Serves(j.needed()) {
		return false
	}
	if want != j.Record.Modules.WolfSSL {
		if wolfssl.IsVersion(want) {
			return false
		}
		if wolf, err = wolfssl.Open(want); err != nil {
			return false
		}
	}
	return j.installed(wolf)
}

// doneBut is done without a look at wolfSSL.
func (j *job) doneBut() bool {
	if j.Record == nil || len(j.plan.Changes) > 0 ||
		slices.ContainsFunc(j.Record.Files, j.isGone) ||
		(j.All && len(j.Targets) != len(j.Record.Targets)) {
		return false
	}
	if !j.own() {
		return false
	}
	for i := range j.Targets {
		if !j.isRecorded(j.entry(i)) {
			return false
		}
	}
	return true
}

// doneWith is done for a wolfSSL that was found or fetched.
func (j *job) doneWith(wolf *wolfssl.Tree) bool {
	return j.doneBut() && wolf.Dir != "" && j.installed(wolf)
}

// isGone reports whether a recorded file that is not planned to change no longer exists. Nothing
// in it has to be undone, unless it was renamed.
func (j *job) isGone(f state.File) bool {
	return state.IsGone(j.Tree.Dir, f) && !slices.ContainsFunc(j.plan.Changes,
		func(edit patches.Change) bool { return edit.Path == f.Path })
}

// own reports whether the installed modules are those that this tree was patched with.
func (j *job) own() bool {
	_, id, err := modules.Installed(j.Modules)
	return err == nil && id == j.Record.Modules.ID
}

// move records the release and commit of a tree that moved to another one, and in which everything
// still holds.
func (j *job) move() error {
	commit, err := j.Tree.Commit()
	if err != nil {
		return err
	}
	release := j.Tree.Version.String()
	if commit == j.Record.Commit && release == j.Record.MicroPython && j.Settings == nil {
		return nil
	}
	record := j.Record.Clone()
	record.Commit, record.MicroPython = commit, release
	return j.lock.Apply(state.Change{Record: record, Settings: j.Settings})
}

// entryOf is the record's entry for a target, with the hash of its current settings.
func entryOf(t project.Target) state.Target {
	entry := t.Entry()
	if entry.UserSettings != "" {
		entry.SettingsHash, _ = project.HashSettings(entry.UserSettings) // it was read just now
	}
	return entry
}

// entry is the record's entry for a target of the plan.
func (j *job) entry(i int) state.Target {
	entry := entryOf(j.Targets[i])
	entry.Variables = j.Targets[i].Variables(j.plan.Targets[i].Variables).Values()
	return entry
}

// isRecorded reports whether the record has exactly this target.
func (j *job) isRecorded(entry state.Target) bool {
	return slices.ContainsFunc(j.Record.Targets, func(t state.Target) bool {
		return t.Same(entry) && slices.Equal(t.Make, entry.Make) &&
			t.UserSettings == entry.UserSettings && t.SettingsHash == entry.SettingsHash &&
			maps.Equal(t.Variables, entry.Variables)
	})
}

// wolfssl is the requested one; if none was requested, the installed one, which modules.Check
// has found to be unchanged.
func (j *job) wolfssl(ctx context.Context) (*wolfssl.Tree, error) {
	tree, err := j.installedWolfSSL()
	if tree != nil || err != nil {
		return tree, err
	}
	source, err := j.source()
	if err != nil {
		return nil, err
	}
	return j.FetchWolfSSL(ctx, source)
}

// installedWolfSSL is the installed wolfSSL if no other was requested; else nil.
func (j *job) installedWolfSSL() (*wolfssl.Tree, error) {
	if j.WolfSSLSHA256 != "" {
		return nil, nil // there must be an archive
	}
	if j.Record != nil && j.WolfSSL == j.Record.Modules.WolfSSL && j.WolfSSLFrom == "" &&
		len(j.changedModules) == 0 && j.own() {
		tree, err := wolfssl.Open(j.installedDir())
		if err == nil && !tree.Serves(j.needed()) {
			return nil, nil // more files of the same version are needed
		}
		if err == nil {
			tree.From = j.Record.Modules.Source
			return tree, nil
		}
		if !errors.Is(err, fs.ErrNotExist) {
			return nil, err
		}
	}
	if j.Record == nil && j.WolfSSL == "" && j.WolfSSLFrom == "" && len(j.changedModules) == 0 &&
		(j.found != nil || len(j.others) > 0) {
		tree, err := wolfssl.Open(j.installedDir())
		if err == nil && !tree.Serves(j.needed()) {
			j.WolfSSL = tree.Version
			return nil, nil
		}
		if err == nil {
			tree.From = "found installed"
			j.Log.Printf("using wolfSSL %s, which is installed in %s", tree.Version,
				shell.Path(j.Modules))
			return tree, nil
		}
	}
	return nil, nil
}

// planWolfSSL is wolfssl without fetching: for one that must be fetched, only the version is
// known.
func (j *job) planWolfSSL(ctx context.Context) (*wolfssl.Tree, error) {
	tree, err := j.installedWolfSSL()
	if tree != nil || err != nil {
		return tree, err
	}
	return j.FindWolfSSL(ctx)
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

// change prepares everything that is written.
func (j *job) change(
	ctx context.Context, wolf *wolfssl.Tree,
) (change state.Change, err error) {
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
		if change.Record.Modules, err = j.installedModules(wolf); err != nil {
			return change, err
		}
		return change, j.useModules()
	}
	if len(j.others) > 0 && j.adds(wolf) {
		// The other trees' records identify the modules by this ID.
		if _, change.Record.Modules.ID, err = modules.Installed(j.Modules); err != nil {
			return change, err
		}
	} else if err := j.checkShared(wolf); err != nil {
		return change, err
	}
	change.Swap, err = j.stage(ctx, wolf, change.Record.Modules.ID, created)
	return change, err
}

// installedModules are the modules that are there already, of this tree's or of another's.
func (j *job) installedModules(wolf *wolfssl.Tree) (state.Modules, error) {
	_, id, err := modules.Installed(j.Modules)
	if j.Record != nil {
		installed := j.Record.Modules
		installed.ID = id
		return installed, err
	}
	installed := state.Modules{
		Dir: j.Modules, ID: id, WolfSSL: wolf.Version, Licence: wolf.Licence, Source: wolf.From,
		Processors: wolf.Processors,
	}
	list, wrong := modules.Users(j.Modules)
	installed.Created = list.Created // the last user removes them
	return installed, errors.Join(err, wrong)
}

// useModules records this tree as a user of the installed modules, if it is not recorded yet.
func (j *job) useModules() error {
	for _, other := range j.others {
		j.Log.Printf("%s is also used by %s", shell.Path(j.Module()), other.Tree)
	}
	noted, err := j.Uses()
	if err != nil || noted {
		return err
	}
	list, err := modules.Users(j.Modules)
	if err != nil {
		return err
	}
	if j.Record != nil && list.Created == nil {
		list.Created = j.Record.Modules.Created
	}
	return modules.SetUsers(j.Disk, j.Module(), j.users(list.Created))
}

// users are all trees that use the modules once this one does.
func (j *job) users(created []string) modules.UserList {
	list := modules.UserList{Trees: []string{j.Tree.Dir}, Created: created}
	for _, other := range j.others {
		list.Trees = append(list.Trees, other.Tree)
	}
	return list
}

// checkShared is an error if this would replace the modules that another tree is built with.
func (j *job) checkShared(wolf *wolfssl.Tree) error {
	if len(j.others) == 0 || wolf.Dir == "" && wolf.Version == j.others[0].Record.Modules.WolfSSL {
		return nil
	}
	what := "other files"
	if is := j.others[0].Record.Modules.WolfSSL; is != wolf.Version {
		what = fmt.Sprintf("wolfSSL %s instead of %s", wolf.Version, is)
	}
	names := make([]string, len(j.others))
	for i, other := range j.others {
		names[i] = other.Tree
	}
	who := strings.Join(names, ", ")
	if j.Force {
		j.Log.Printf("%s is also used by %s, which is built with %s from now on",
			shell.Path(j.Module()), who, what)
		return nil
	}
	return hint.With(
		fmt.Errorf("the modules in %s are also used by %s, which would then be built with %s",
			shell.Path(j.Module()), who, what),
		"--modules DIR gives this tree modules of its own; --force changes them for all")
}

// installed reports whether the modules are already installed with this wolfSSL, so that nothing
// has to be copied.
func (j *job) installed(wolf *wolfssl.Tree) bool {
	if slices.ContainsFunc(j.others, j.otherWay) {
		return false
	}
	sources := j.ownSources()
	if wolf.Dir != j.installedDir() {
		files, err := wolfssl.Files(wolf, j.trimmed(wolf)...)
		if err != nil {
			return false
		}
		// An installed wolfSSL with more files serves as well.
		sources = append(sources,
			modules.Source{FS: os.DirFS(wolf.Dir), At: "wolfssl", Files: files})
	}
	current, err := modules.Current(j.Modules, state.LoadStamps(j.Tree.Dir).Hash, sources...)
	return err == nil && current
}

// otherWay reports whether a tree is patched in the other of the two ways: the files that a
// pristine patch adds to the modules affect all trees.
func (j *job) otherWay(u project.User) bool { return u.Record.Pristine != j.Pristine }

// stage prepares the directory of the user modules.
func (j *job) stage(
	ctx context.Context, wolf *wolfssl.Tree, id string, created []string,
) (*state.Swap, error) {
	parts, err := j.wolfSSLSources(wolf)
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
	sources := append(j.ownSources(), parts...)
	if err := modules.Stage(ctx, j.Disk, staged, j.Tool, id, sources...); err != nil {
		return nil, err
	}
	if err := modules.SetUsers(j.Disk, staged, j.users(j.created(created))); err != nil {
		return nil, err
	}
	return &state.Swap{Dir: j.Module(), Staged: staged, Created: created}, nil
}

// created are the directories that were created for the modules: those that are missing now, or
// that were missing when the modules were first installed.
func (j *job) created(missing []string) []string {
	if j.Record != nil {
		return j.Record.Modules.Created
	}
	if list, err := modules.Users(j.Modules); err == nil && len(list.Created) > 0 {
		return list.Created
	}
	return missing
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
		entry := j.entry(i)
		for _, step := range t.Steps {
			entry.Wants = append(entry.Wants, state.Want{Name: step.Name, Value: step.Want.Value})
		}
		record.SetTarget(entry)
	}
	record.Files = slices.DeleteFunc(record.Files, j.isGone)
	adopted := j.adopt(record)
	for _, edit := range j.plan.Changes {
		if adopted[edit.Path] {
			continue
		}
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
	created = j.created(created)
	record.Modules = state.Modules{
		Dir: j.Modules, ID: rand.Text(), Created: created, WolfSSL: wolf.Version,
		Licence: wolf.Licence, Source: wolf.From, Processors: j.trimmed(wolf),
	}
	return record, nil
}

// adopt records what a patch whose record is gone has changed, so that revert undoes that too.
// It returns the files.
func (j *job) adopt(record *state.Record) map[string]bool {
	adopted := map[string]bool{}
	if j.found == nil {
		return adopted
	}
	for _, was := range j.found.Changes {
		after := was.Before
		for _, edit := range j.plan.Changes {
			if edit.Path == was.Path {
				after = edit.After
			}
		}
		record.Adopt(was.Path, was.After, after)
		adopted[was.Path] = true
	}
	return adopted
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
