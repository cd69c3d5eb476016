package change

import (
	"context"
	"errors"
	"path/filepath"

	"mpwolf/internal/build"
	"mpwolf/internal/disk"
	"mpwolf/internal/project"
	"mpwolf/internal/state"
	"mpwolf/patches"
)

// Patched is what Patch has done, or Plan would do.
type Patched struct {
	// Tree is the tree's directory.
	Tree string
	// Targets are those that the tree is patched for, a line each for every want.
	Targets []PatchedTarget
	// Changes are the changes of the tree's files.
	Changes  []patches.Change
	Pristine bool
	// Already is set if the tree was already patched exactly like this, and there was nothing to
	// do.
	Already bool
	// Recorded says in words what changes in the record of a tree that was patched before.
	Recorded []string
	// Module is the directory of the module that is installed; "" if what is installed stays as it
	// is.
	Module string
	// WolfSSL is the version that is installed, Licence its terms, which a plan does not know.
	WolfSSL, Licence string
	// Fragment is the micropython.cmake that is written beside the module, for ports that CMake
	// builds; "" if none is.
	Fragment string
	// Stale are the build directories with objects compiled with other flags, which make does
	// not notice.
	Stale []string
}

// PatchedTarget is what is done for one target.
type PatchedTarget struct {
	Name string
	// Port, Board and Variant are as for make.
	Port, Board, Variant string

	Steps []patches.Step
	Lacks []patches.Lack
	// Notes are what the board's owner should know.
	Notes []string
	// Build is the command that builds the firmware.
	Build string
}

// Plan works out what Patch would do, refuses what it would refuse, and changes nothing. It does
// not ask the compiler, which would have to read the changed files.
func Plan(ctx context.Context, o Options) (*Patched, error) {
	j, err := newJob(o)
	if err != nil {
		return nil, err
	}
	if err := j.OpenTree(); err != nil {
		return nil, err
	}
	if err := j.Interrupted(); err != nil {
		return nil, err
	}
	if err := j.prepare(ctx); err != nil {
		return nil, err
	}
	result := j.result()
	if result.Already = j.done(); result.Already {
		return result, nil
	}
	wolf, err := j.planWolfSSL(ctx)
	if err != nil {
		return nil, err
	}
	if result.Already = j.doneWith(wolf); result.Already {
		return result, nil
	}
	if err := j.choose(ctx, wolf); err != nil {
		return nil, err
	}
	created, err := missingDirs(j.Modules)
	if err != nil {
		return nil, err
	}
	record, err := j.newRecord(wolf, created)
	if err != nil {
		return nil, err
	}
	result.Recorded = recordedChanges(j.Record, record)
	result.Fragment = j.writesFragment()
	if j.installed(wolf) {
		return result, nil
	}
	result.Module, result.WolfSSL = j.Module(), wolf.Version
	return result, j.checkShared(wolf)
}

// Patch sets the macros and installs the user modules, all or nothing. A missing tree is
// fetched.
func Patch(ctx context.Context, o Options) (*Patched, error) {
	j, err := newJob(o)
	if err != nil {
		return nil, err
	}
	source, err := j.source()
	if err != nil {
		return nil, err
	}
	if err := j.OpenOrFetchTree(ctx, source); err != nil {
		return nil, err
	}
	if err := j.takeLock(ctx); err != nil {
		return nil, err
	}
	defer j.lock.Release()
	if err := j.prepare(ctx); err != nil {
		return nil, err
	}
	return j.apply(ctx)
}

// prepare reads everything, makes the plan, and refuses what cannot be built. It changes nothing.
func (j *job) prepare(ctx context.Context) error {
	ctx, cancel := context.WithCancel(ctx)
	defer func() {
		cancel()
		if j.submodules != nil {
			j.submodules()
		}
	}()
	for _, step := range []func(context.Context) error{
		j.read, j.checkReleases, j.checkSubmodules, j.checkLacks, j.checkOutside,
	} {
		if err := step(ctx); err != nil {
			return err
		}
	}
	return nil
}

// job is one patch of a tree.
type job struct {
	work
	// ports are those of the targets.
	ports []string
	plan  *patches.Plan
	// fragments are the module's files for the other ports that the tree is patched for, where
	// such files take the place of changes to the tree.
	fragments []patches.ModuleFile
	// edits says what to do where the user's edits touch ours. lost and changedModules are what
	// --force must save before anything is changed.
	edits          state.Options
	lost           []state.Write
	changedModules []string
	// submodules waits for make's answers, for each target; nil if make was not asked yet.
	submodules func() []answer[[]string]
	// found is an earlier patch whose record is gone; nil without one.
	found *patches.Lost
	// readOnly is set if neither make nor the compiler may be run.
	readOnly bool
	// builds are the directories that plain make builds in, and small has a note for each target
	// whose flash may be too small; both are known once the compiler has been asked.
	builds, small []string
}

// newJob checks what can be checked without a tree.
func newJob(o Options) (*job, error) {
	w, err := begin(o)
	if err != nil {
		return nil, err
	}
	j := &job{work: w}
	if j.ports, err = j.Ports(); err != nil {
		return nil, err
	}
	for _, port := range j.ports {
		if _, err := patches.Load(port); err != nil {
			return nil, err
		}
	}
	return j, checkSettings(j.ports)
}

// read reads everything, makes the plan, and changes nothing.
func (j *job) read(ctx context.Context) error {
	if err := j.ExpectRelease(); err != nil {
		return err
	}
	if err := j.Read(project.Asked); err != nil {
		return err
	}
	j.sortTargets()
	if err := j.checkWay(); err != nil {
		return err
	}
	if err := j.checkModules(); err != nil {
		return err
	}
	if !j.AllBoards { // the plan leaves some out
		j.askSubmodules(ctx)
	}
	lost := later(func() (found answer[*patches.Lost]) {
		found.value, found.err = j.Lost(ctx)
		return found
	})
	err := j.planAll()
	found := lost()
	if found.err != nil {
		return found.err
	}
	j.found = found.value
	j.sayFound()
	j.edits = state.Options{Force: j.Force, AtHead: j.Tree.AtHead}
	if errors.Is(err, patches.ErrCannotRead) && !j.readOnly && j.macrosToo(ctx) == nil {
		err = j.planAll() // else the first error is the one to report
	}
	if err != nil || !j.AllBoards || !j.leaveOut() {
		return err
	}
	return j.planAll()
}

// sayFound reports that an earlier patch was found, and what about it cannot be known.
func (j *job) sayFound() {
	if j.found == nil {
		return
	}
	j.Log.Printf("%s has no record of mpwolf patch, but was patched, as the marks in the tree, "+
		"mpwolf's wants and git show; mpwolf revert will remove that patch too", j.Tree.Dir)
	j.sayGuessed(j.found)
	for _, line := range j.found.Unknown {
		j.Log.Printf("left as yours: %s:%d: %q: %s", line.File, line.Line, line.Text, line.Why)
	}
}

// apply makes the change, unless everything is already as it would be.
func (j *job) apply(ctx context.Context) (*Patched, error) {
	if j.done() {
		return j.again(ctx)
	}
	wolf, err := j.wolfssl(ctx)
	if err != nil {
		return nil, err
	}
	if j.doneWith(wolf) {
		return j.again(ctx)
	}
	if err := j.choose(ctx, wolf); err != nil {
		return nil, err
	}
	change, err := j.change(ctx, wolf)
	if err != nil {
		return nil, j.recovered(err)
	}
	for _, text := range recordedChanges(j.Record, change.Record) {
		j.Log.Printf("%s", text)
	}
	if err := j.save(); err != nil {
		return nil, j.recovered(err)
	}
	change.Fragment, change.Settings = j.fragment(), j.Settings
	wrote := j.writesFragment()
	change.Check = func() error { return j.askCompiler(ctx) }
	if err := j.lock.Apply(change); err != nil {
		return nil, err
	}
	if err := j.stamp(); err != nil {
		return nil, err
	}
	result := j.result()
	result.Stale, result.Fragment = j.stale(), wrote
	if change.Swap != nil {
		result.Module, result.WolfSSL, result.Licence = j.Module(), wolf.Version, wolf.Licence
	}
	return result, nil
}

// again is a patch that finds nothing to do: it checks that everything still holds, and records
// where the tree has moved to.
func (j *job) again(ctx context.Context) (*Patched, error) {
	if err := j.askCompiler(ctx); err != nil {
		return nil, err
	}
	if err := j.move(); err != nil {
		return nil, err
	}
	if err := j.useModules(); err != nil {
		return nil, err
	}
	result := j.result()
	result.Already = true
	return result, j.stamp()
}

func (j *job) result() *Patched {
	result := &Patched{Tree: j.Tree.Dir, Changes: j.plan.Changes, Pristine: j.Pristine}
	for i, t := range j.plan.Targets {
		target := PatchedTarget{
			Name: t.Target.Name(), Port: t.Target.Port, Board: t.Target.Board,
			Variant: t.Target.Variant, Steps: t.Steps, Lacks: t.Lacks,
			Build: build.Plain{Target: t.Target,
				Args: j.Targets[i].ModuleArgs(j.Modules)}.Command(),
		}
		if i < len(j.small) && j.small[i] != "" {
			target.Notes = append(target.Notes, j.small[i])
		}
		if note := j.leftOut(j.Targets[i]); note != "" {
			target.Notes = append(target.Notes, note)
		}
		result.Targets = append(result.Targets, target)
	}
	return result
}

// save copies what --force changes or removes.
func (j *job) save() error {
	saver := j.saver()
	if err := saver.files(j.lost); err != nil {
		return err
	}
	return saver.modules(j.changedModules)
}

// stamp records what check need not read again after a patch.
func (j *job) stamp() error {
	stamps, err := j.Stamps(j.Tool)
	if err != nil {
		return err
	}
	j.lock.SetStamps(stamps)
	return nil
}

// stale are the build directories with stale objects: MicroPython's make looks only at file
// times, not at the changed flags, and would link them with the new ones.
func (j *job) stale() []string {
	var dirs []string
	for _, dir := range j.builds {
		if dir != "" && (disk.Exists(filepath.Join(dir, "py")) || build.Configured(dir)) {
			dirs = append(dirs, dir)
		}
	}
	return dirs
}
