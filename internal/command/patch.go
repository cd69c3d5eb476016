package command

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/urfave/cli/v2"

	"mpwolf/internal/build"
	"mpwolf/internal/disk"
	"mpwolf/internal/fetch"
	"mpwolf/internal/hint"
	"mpwolf/internal/micropython"
	"mpwolf/internal/shell"
	"mpwolf/internal/sources"
	"mpwolf/internal/state"
	"mpwolf/modules"
	"mpwolf/patches"
	"mpwolf/ports"
	"mpwolf/wolfssl"
)

func patchCommand(s *session) *cli.Command {
	flags := slices.Concat(targetFlags(), []cli.Flag{
		&cli.BoolFlag{Name: "all-boards", Usage: "all boards of that port"},
		treeFlag(),
		modulesFlag(), userSettingsFlag(), forceFlag(),
		&cli.BoolFlag{Name: "pristine", Usage: "change no file of the tree: the installed module sets the macros"},
		&cli.BoolFlag{Name: "diff", Usage: "print the change of the tree as a diff that git apply takes; change nothing"},
		&cli.BoolFlag{Name: "dry-run", Usage: "say what would be done; change nothing"},
	}, sourceFlags())
	return &cli.Command{
		Name:  "patch",
		Usage: "set a port's macros and install the user modules with a wolfSSL",
		Flags: flags,
		Action: func(c *cli.Context) error {
			if err := noArgs(c); err != nil {
				return err
			}
			return s.patch(c)
		},
	}
}

// job is one patch of a tree, from the flags to the change of the disk.
type job struct {
	*session
	tree    *micropython.Tree
	targets []micropython.Target
	plan    *patches.Plan
	// record is what was applied before; nil if nothing was.
	record *state.Record
	// modules is the absolute path of USER_C_MODULES.
	modules string
	// pristine says that the module's files act in the place of changes to the tree; of the ports that the tree is
	// patched for besides this one, fragments has those files.
	pristine  bool
	fragments []patches.ModuleFile
	// builds are the folders that plain make builds in, and small says of a target that its flash may be too small; both
	// are known once the compiler was asked.
	builds, small []string
	// all says that the targets are all of mpwolf.toml, and that the tree is patched for no others.
	all bool
	// entries are what is recorded of the targets.
	entries []state.Target
	// wishes say what happens where the user's edits meet ours. lost and changedModules are what --force must save
	// before anything is changed.
	wishes         state.Wishes
	lost           []state.Write
	changedModules []string
}

func (s *session) patch(c *cli.Context) error {
	names, err := portsOf(c)
	if err != nil {
		return err
	}
	if err := checkPorts(names); err != nil {
		return err
	}
	if c.Bool("diff") || c.Bool("dry-run") {
		tree, err := findTree(c)
		if err != nil {
			return err
		}
		j, err := s.newJob(c, tree)
		if err != nil {
			return err
		}
		return j.show(c)
	}
	if err := checkSettings(names); err != nil {
		return err
	}
	tree, err := s.findOrFetchTree(c)
	if err != nil {
		return err
	}
	lock, err := s.lock(c, tree)
	if err != nil {
		return err
	}
	defer lock.Release()
	j, err := s.newJob(c, tree)
	if err != nil {
		return err
	}
	if err := j.checkSubmodules(c.Context, c.Bool("all-boards")); err != nil {
		return err
	}
	if err := j.checkLacks(); err != nil {
		return err
	}
	if err := j.checkOutside(); err != nil {
		return err
	}
	return j.apply(c, lock)
}

// checkSubmodules stops when a build would lack submodules, and names all of them. Of all boards it leaves out those whose
// own make stops, such as one that wants a newer compiler; whoever names a board gets an error.
func (j *job) checkSubmodules(ctx context.Context, all bool) error {
	var builds, missing []string
	left := false
	answers := eachTarget(j.targets, func(_ int, t micropython.Target) ([]string, error) {
		return build.MissingSubmodules(ctx, t)
	})
	for i := len(j.targets) - 1; i >= 0; i-- {
		lacks, err := answers[i].value, answers[i].err
		stopped := (*build.MakeError)(nil)
		switch {
		case all && len(j.targets) > 1 && errors.As(err, &stopped):
			j.drop(i, "its make stops: "+stopped.Cause)
			left = true
		case err != nil:
			return err
		case len(lacks) > 0:
			builds, missing = append(builds, j.targets[i].Name()), append(missing, lacks...)
		}
	}
	if len(missing) > 0 {
		slices.Sort(missing)
		missing = slices.Compact(missing)
		slices.Reverse(builds)
		who := "build of " + builds[0] + " needs"
		if n := len(builds) - 1; n > 0 {
			who = fmt.Sprintf("builds of %s and %d more need", builds[0], n)
		}
		return hint.With(fmt.Errorf("the %s submodules that %s lacks: %s", who, j.tree.Dir, strings.Join(missing, ", ")),
			fmt.Sprintf("git -C %s submodule update --init %s", j.tree.Dir, strings.Join(missing, " ")))
	}
	if left {
		return j.planAll()
	}
	return nil
}

// checkLacks stops at a board that lacks what nothing can take the place of.
func (j *job) checkLacks() error {
	var lines []string
	advice := ""
	for _, t := range j.plan.Targets {
		for _, lack := range t.Lacks {
			if lack.Refused {
				lines = append(lines, fmt.Sprintf("patch %s: %s is 0: %s", t.Target.Name(), lack.Macro, lack.Why))
				advice = lack.Advice
			}
		}
	}
	if len(lines) == 0 {
		return nil
	}
	return hint.With(errors.New(strings.Join(lines, "\n")), advice)
}

// checkOutside stops where a line outside the tree, in a board's own folder, must change first.
func (j *job) checkOutside() error {
	var lines []string
	for _, step := range j.plan.Outside() {
		lines = append(lines, fmt.Sprintf("%s: %s", step.Site, step.Line))
	}
	if len(lines) == 0 {
		return nil
	}
	return hint.With(fmt.Errorf("patch: the board is outside %s, where mpwolf changes nothing; these lines must become:\n%s",
		j.tree.Dir, strings.Join(lines, "\n")), "change them, and run this again")
}

// newJob reads everything and changes nothing.
func (s *session) newJob(c *cli.Context, tree *micropython.Tree) (*job, error) {
	if state.Interrupted(tree.Dir) {
		// Only --diff and --dry-run come here: all others have healed the tree.
		return nil, interruptedError(tree)
	}
	if err := expectRelease(c, tree); err != nil {
		return nil, err
	}
	targets, err := targetsOf(c, tree)
	if err != nil {
		return nil, err
	}
	slices.SortStableFunc(targets, func(a, b wanted) int { return strings.Compare(a.Port, b.Port) })
	j := &job{session: s, tree: tree, targets: plainTargets(targets), all: c.String("port") == ""}
	for _, t := range targets {
		j.entries = append(j.entries, t.entry())
	}
	if j.record, err = state.Load(tree.Dir); err != nil && !errors.Is(err, state.ErrNotPatched) {
		return nil, err
	}
	if err := j.settle(c); err != nil {
		return nil, err
	}
	if err := j.planAll(); err != nil || !c.Bool("all-boards") || !j.leaveOut() {
		return j, err
	}
	return j, j.planAll()
}

// leaveOut takes those of all boards out that are refused, and says so; whoever names a board gets an error.
func (j *job) leaveOut() bool {
	all := len(j.targets)
	for i := all - 1; i >= 0; i-- {
		lacks := j.plan.Targets[i].Lacks
		at := slices.IndexFunc(lacks, func(l patches.Lack) bool { return l.Refused })
		if at < 0 || len(j.targets) == 1 {
			continue
		}
		j.drop(i, lacks[at].Macro+" is 0: "+lacks[at].Why)
	}
	return len(j.targets) < all
}

// drop leaves a target out, and says why.
func (j *job) drop(i int, why string) {
	j.say("%s is left out: %s", j.targets[i].Name(), why)
	j.targets, j.entries = slices.Delete(j.targets, i, i+1), slices.Delete(j.entries, i, i+1)
}

// planAll plans for targets of several ports: each port has its own wants, and its own files.
func (j *job) planAll() error {
	others, err := j.otherTargets()
	if err != nil {
		return err
	}
	j.plan, j.fragments = &patches.Plan{}, nil
	seen := map[string]string{}
	for _, targets := range byPort(j.targets) {
		port := targets[0].Port
		plan, err := j.planPort(targets, others[port])
		if err != nil {
			return err
		}
		for _, change := range plan.Changes {
			if other := seen[change.Path]; other != "" {
				return fmt.Errorf("patch: %s would be changed for both %s and %s", change.Path, other, port)
			}
			seen[change.Path] = port
		}
		j.plan.Targets = append(j.plan.Targets, plan.Targets[:len(targets)]...)
		j.plan.Changes = append(j.plan.Changes, plan.Changes...)
		j.plan.Module = append(j.plan.Module, plan.Module...)
		delete(others, port)
	}
	if !j.pristine {
		return nil
	}
	for _, port := range slices.Sorted(maps.Keys(others)) {
		plan, err := j.planPort(nil, others[port])
		if err != nil {
			return err
		}
		j.fragments = append(j.fragments, plan.Module...)
	}
	return nil
}

// planPort plans for targets of one port. The module's files of the pristine way serve every target that the tree is
// patched for: those that were patched before are planned for too, after the others.
func (j *job) planPort(targets, before []micropython.Target) (*patches.Plan, error) {
	wants, err := patches.Load(slices.Concat(targets, before)[0].Port)
	if err != nil {
		return nil, err
	}
	if j.pristine {
		module := patches.Pristine{Module: filepath.Join(j.modules, modules.Name)}
		return module.Plan(slices.Concat(targets, before), wants)
	}
	return patches.New(targets, wants)
}

// byPort groups targets that are sorted by port, and keeps their order, which is that of j.entries.
func byPort(targets []micropython.Target) [][]micropython.Target {
	var groups [][]micropython.Target
	for _, t := range targets {
		if n := len(groups); n > 0 && groups[n-1][0].Port == t.Port {
			groups[n-1] = append(groups[n-1], t)
			continue
		}
		groups = append(groups, []micropython.Target{t})
	}
	return groups
}

// otherTargets are those of the record that are not patched now, by port.
func (j *job) otherTargets() (map[string][]micropython.Target, error) {
	others := map[string][]micropython.Target{}
	if j.record == nil || j.all {
		return others, nil
	}
	for _, t := range j.record.Targets {
		if slices.ContainsFunc(j.entries, t.Same) {
			continue
		}
		target, err := recordedTarget(j.tree, t)
		if err != nil {
			return nil, err
		}
		others[t.Port] = append(others[t.Port], target)
	}
	return others, nil
}

// settleWay holds that a tree is patched in one of the two ways only.
func (j *job) settleWay(c *cli.Context) error {
	file, err := project(c)
	if err != nil {
		return err
	}
	j.pristine = c.Bool("pristine") || (file != nil && file.Pristine && !c.IsSet("pristine"))
	if j.record == nil || j.record.Pristine == j.pristine {
		return nil
	}
	err = fmt.Errorf("%s is patched in the tree, not --pristine", j.tree.Dir)
	if j.record.Pristine {
		err = fmt.Errorf("%s is patched --pristine, not in the tree", j.tree.Dir)
	}
	return hint.With(err, "mpwolf revert first, or patch it the same way")
}

// settle decides where the modules go and what is recorded of the target.
func (j *job) settle(c *cli.Context) error {
	if err := j.settleWay(c); err != nil {
		return err
	}
	var err error
	if j.modules, err = modulesDir(c, j.tree, j.record); err != nil {
		return err
	}
	if strings.ContainsAny(j.modules, " \t") {
		return hint.With(fmt.Errorf("the modules folder %q has a blank in its path, which make cannot take", j.modules),
			"choose another with --modules DIR")
	}
	if j.pristine && inside(j.tree.Dir, j.modules) {
		return hint.With(fmt.Errorf("--pristine: the modules folder %s is in the tree, of which no file shall change", j.modules),
			"choose another with --modules DIR")
	}
	if j.record != nil && j.record.Modules.Dir != j.modules {
		return hint.With(fmt.Errorf("%s is patched with the modules in %s, not %s",
			j.tree.Dir, j.record.Modules.Dir, j.modules), "mpwolf revert first")
	}
	err = modules.Check(j.modules, state.LoadStamps(j.tree.Dir).Hash)
	var changed *modules.ChangedError
	switch {
	case errors.As(err, &changed) && c.Bool("force"):
		j.changedModules = changed.Files
	case errors.As(err, &changed):
		return hint.With(err, "--force installs it anew, and saves those files first; or choose another folder with --modules DIR")
	case err != nil:
		return hint.With(err, "choose another folder with --modules DIR")
	}
	j.wishes = state.Wishes{Force: c.Bool("force"), AtHead: j.tree.AtHead}
	return nil
}

// inside says whether a folder, which need not be there, is another or below it, whatever links lead there.
func inside(top, dir string) bool {
	real := dir
	for at := dir; ; at = filepath.Dir(at) {
		if found, err := filepath.EvalSymlinks(at); err == nil {
			rest, _ := filepath.Rel(at, dir) // at is dir or above it
			real = filepath.Join(found, rest)
			break
		}
	}
	if found, err := filepath.EvalSymlinks(top); err == nil {
		top = found
	}
	rel, err := filepath.Rel(top, real)
	return err == nil && filepath.IsLocal(rel)
}

// userSettings is the absolute path of a settings file, which may have any name: WOLFSSL_USER_SETTINGS_FILE names it.
func userSettings(file string) (string, error) {
	abs, err := filepath.Abs(file)
	if err != nil {
		return "", err
	}
	if strings.ContainsAny(abs, " \t") {
		return "", usagef("--user-settings: %q has a blank in its path, which make cannot take", abs)
	}
	info, err := os.Stat(abs)
	if err != nil {
		return "", fmt.Errorf("--user-settings: %w", err)
	}
	if !info.Mode().IsRegular() {
		return "", fmt.Errorf("--user-settings %q: not a file", file)
	}
	return abs, nil
}

// show is patch --diff and --dry-run.
func (j *job) show(c *cli.Context) error {
	if c.Bool("diff") && j.pristine {
		j.say("--pristine changes no file of the tree; --dry-run says what it sets")
		return nil
	}
	if c.Bool("diff") {
		for _, step := range j.plan.Outside() {
			j.say("not in the diff, because it is outside the tree: %s: %s", step.Site, step.Line)
		}
		return patches.Diff(j.stdout, j.plan.Changes)
	}
	j.describe("would " + j.verb())
	if j.record == nil {
		fmt.Fprintf(j.stdout, "would install %s with wolfSSL\n", shell.Path(filepath.Join(j.modules, modules.Name)))
	}
	return nil
}

// verb is what a patch does to a line, said of it beforehand.
func (j *job) verb() string {
	if j.pristine {
		return "set"
	}
	return "change"
}

// describe prints a line a want, for each target.
func (j *job) describe(verb string) {
	for i, t := range j.plan.Targets {
		indent := ""
		if len(j.plan.Targets) > 1 {
			fmt.Fprintf(j.stdout, "%s:\n", t.Target.Name())
			indent = "  "
		}
		for _, step := range t.Steps {
			fmt.Fprintf(j.stdout, "%s%s\n", indent, stepText(step, verb))
		}
		for _, lack := range t.Lacks {
			fmt.Fprintf(j.stdout, "%s%s: %s is 0: %s\n", indent, lackVerb(lack), lack.Macro, lack.Why)
		}
		if i < len(j.small) && j.small[i] != "" {
			fmt.Fprintf(j.stdout, "%snote: %s\n", indent, j.small[i])
		}
	}
}

func lackVerb(lack patches.Lack) string {
	if lack.Refused {
		return "refused"
	}
	return "note"
}

func stepText(step patches.Step, verb string) string {
	switch {
	case step.Follows:
		return fmt.Sprintf("%s is %d with that", step.Name, step.Want.Value)
	case step.Holds():
		return fmt.Sprintf("%s is %d already", step.Name, step.Want.Value)
	case step.Outside:
		return fmt.Sprintf("outside the tree, yours to change %s: %s", step.Site, step.Line)
	}
	return fmt.Sprintf("%s %s: %s", verb, siteText(step.Site), step.Line)
}

// siteText names a line for people: that of the installed module is seen from the current folder.
func siteText(site patches.Site) string {
	site.File = shortened(site.File)
	return site.String()
}

func (j *job) apply(c *cli.Context, lock *state.Lock) error {
	if j.done(c) {
		if err := j.judge(c.Context); err != nil {
			return err
		}
		if err := j.move(lock); err != nil {
			return err
		}
		for _, target := range j.targets {
			fmt.Fprintf(j.stdout, "%s is patched already; nothing to do\n", target.Name())
		}
		return j.stamp(lock)
	}
	wolf, err := j.wolfssl(c)
	if err != nil {
		return err
	}
	change, err := j.change(wolf, lock)
	if err != nil {
		return healed(lock, err)
	}
	if err := j.save(); err != nil {
		return healed(lock, err)
	}
	change.Check = func() error { return j.judge(c.Context) }
	if err := lock.Apply(change); err != nil {
		return err
	}
	if err := j.stamp(lock); err != nil {
		return err
	}
	j.describe(map[bool]string{false: "changed", true: "set"}[j.pristine])
	if change.Swap != nil {
		fmt.Fprintf(j.stdout, "installed %s with wolfSSL %s (%s)\n",
			shell.Path(filepath.Join(j.modules, modules.Name)), wolf.Version, wolf.Licence)
	}
	for i, target := range j.targets {
		fmt.Fprintf(j.stdout, "build: %s\n", makeCommand(target, makeArgs(j.modules, j.entries[i])))
	}
	j.sayBuilt()
	return nil
}

// sayBuilt names the build folders that hold objects of before: MicroPython's make looks at the times of files only, not
// at the flags that changed, and would link them with the new ones.
func (j *job) sayBuilt() {
	for _, build := range j.builds {
		if _, err := os.Stat(filepath.Join(build, "py")); build != "" && err == nil {
			j.say("%s holds objects of before, and make does not see that the flags changed: make clean, or another BUILD",
				shell.Path(build))
		}
	}
}

// save copies what --force changes or takes away.
func (j *job) save() error {
	saver := j.saver(j.tree)
	if err := saver.files(j.lost); err != nil {
		return err
	}
	return saver.modules(j.modules, j.changedModules)
}

// done says that the tree and the modules are as this patch would leave them.
func (j *job) done(c *cli.Context) bool {
	if j.record == nil || len(j.plan.Changes) > 0 {
		return false
	}
	if slices.ContainsFunc(j.entries, func(t state.Target) bool { return !j.recorded(t) }) ||
		(j.all && len(j.entries) != len(j.record.Targets)) {
		return false
	}
	want, err := wantedWolfSSL(c, j.record)
	if err != nil {
		return false
	}
	wolf := &wolfssl.Tree{Dir: filepath.Join(j.modules, modules.Name, "wolfssl")}
	if want != j.record.Modules.WolfSSL {
		if wolf, err = wolfssl.Open(want); err != nil {
			return false
		}
	}
	return j.installed(wolf)
}

// move notes the release and commit of a tree that moved, and at which all is as it should be still.
func (j *job) move(lock *state.Lock) error {
	commit, err := j.tree.Commit()
	if err != nil {
		return err
	}
	release := j.tree.Version.String()
	if commit == j.record.Commit && release == j.record.MicroPython {
		return nil
	}
	record := j.record.Clone()
	record.Commit, record.MicroPython = commit, release
	return lock.Apply(state.Change{Record: record})
}

// recorded says whether the record has a target just so.
func (j *job) recorded(entry state.Target) bool {
	return slices.ContainsFunc(j.record.Targets, func(t state.Target) bool {
		return t.Same(entry) && slices.Equal(t.Make, entry.Make) && t.UserSettings == entry.UserSettings
	})
}

// wolfssl is the one that was asked for; without a word about it, the installed one, which modules.Check has found to
// be as it was installed.
func (j *job) wolfssl(c *cli.Context) (*wolfssl.Tree, error) {
	want, err := wantedWolfSSL(c, j.record)
	if err != nil {
		return nil, err
	}
	if j.record != nil && want == j.record.Modules.WolfSSL && !c.IsSet("wolfssl-from") && len(j.changedModules) == 0 {
		tree, err := wolfssl.Open(filepath.Join(j.modules, modules.Name, "wolfssl"))
		if err == nil {
			tree.From = j.record.Modules.Source
			return tree, nil
		}
		if !errors.Is(err, fs.ErrNotExist) {
			return nil, err
		}
	}
	cache, err := sources.DefaultCache()
	if err != nil {
		return nil, err
	}
	return fetch.WolfSSL(c.Context, fetch.WolfSSLOptions{
		Want: want, Source: fetch.Source{From: c.String("wolfssl-from"), SHA256: c.String("wolfssl-sha256"),
			Cache: cache, Log: j.say, Progress: j.progress()},
	})
}

// ownSources are the parts of the module's folder that come with mpwolf, or that it makes for this tree.
func (j *job) ownSources() []modules.Source {
	made := map[string][]byte{}
	for _, f := range slices.Concat(j.plan.Module, j.fragments) {
		made[f.Path] = f.Text
	}
	return []modules.Source{modules.Own(), {FS: ports.FS(), At: "ports"}, {Texts: made, At: "."}}
}

// change prepares all that is written.
func (j *job) change(wolf *wolfssl.Tree, lock *state.Lock) (change state.Change, err error) {
	created, err := missingFolders(j.modules)
	if err != nil {
		return change, err
	}
	if change.Record, err = j.newRecord(wolf, created); err != nil {
		return change, err
	}
	for _, edit := range j.plan.Changes {
		change.Writes = append(change.Writes, state.Write{Path: edit.Path, Before: edit.Before, After: edit.After})
	}
	if j.installed(wolf) {
		change.Record.Modules = j.record.Modules
		return change, nil
	}
	change.Swap, err = j.stage(wolf, lock, change.Record.Modules.ID, created)
	return change, err
}

// installed says whether the modules are there already with this wolfSSL, and nothing has to be copied.
func (j *job) installed(wolf *wolfssl.Tree) bool {
	if j.record == nil {
		return false
	}
	sources := j.ownSources()
	if wolf.Dir != filepath.Join(j.modules, modules.Name, "wolfssl") {
		files, err := wolfssl.Files(wolf)
		if err != nil {
			return false
		}
		sources = append(sources, modules.Source{FS: os.DirFS(wolf.Dir), At: "wolfssl", Files: files})
	}
	current, err := modules.Current(j.modules, state.LoadStamps(j.tree.Dir).Hash, sources...)
	return err == nil && current
}

// stage prepares the folder of the user modules.
func (j *job) stage(wolf *wolfssl.Tree, lock *state.Lock, id string, created []string) (*state.Swap, error) {
	files, err := wolfssl.Files(wolf)
	if err != nil {
		return nil, err
	}
	staged := state.PassingName(j.modules)
	if err := lock.Intend(staged, created); err != nil {
		return nil, err
	}
	if err := disk.MkdirAll(j.disk, j.modules, 0o755); err != nil {
		return nil, fmt.Errorf("modules folder: %w", err)
	}
	sources := append(j.ownSources(), modules.Source{FS: os.DirFS(wolf.Dir), At: "wolfssl", Files: files})
	if err := modules.Stage(j.disk, staged, Version(), id, sources...); err != nil {
		return nil, err
	}
	return &state.Swap{Dir: filepath.Join(j.modules, modules.Name), Staged: staged, Created: created}, nil
}

func (j *job) newRecord(wolf *wolfssl.Tree, created []string) (*state.Record, error) {
	record := &state.Record{Time: time.Now().UTC().Truncate(time.Second)}
	if j.record != nil {
		record = j.record.Clone()
	}
	record.Tool = Version()
	record.Pristine = j.pristine
	record.MicroPython = j.tree.Version.String()
	var err error
	if record.Commit, err = j.tree.Commit(); err != nil {
		return nil, err
	}
	if j.all {
		record.Targets = nil
	}
	for i, t := range j.plan.Targets {
		for _, step := range t.Steps {
			j.entries[i].Wants = append(j.entries[i].Wants, state.Want{Name: step.Name, Value: step.Want.Value})
		}
		record.SetTarget(j.entries[i])
	}
	for _, edit := range j.plan.Changes {
		conflicts, lost, err := record.SetFile(j.tree.Dir, edit.Path, edit.Before, edit.After, j.wishes)
		if err != nil {
			return nil, err
		}
		if lost {
			j.lost = append(j.lost, state.Write{Path: edit.Path, Before: edit.Before, After: edit.After})
		}
		if len(conflicts) > 0 {
			return nil, conflictError("patch", conflicts)
		}
	}
	if j.record != nil {
		created = j.record.Modules.Created
	}
	record.Modules = state.Modules{
		Dir: j.modules, ID: rand.Text(), Created: created, WolfSSL: wolf.Version, Licence: wolf.Licence, Source: wolf.From,
	}
	return record, nil
}

// judge asks the port's own make and compiler whether every want holds: the scanner plans, these decide.
func (j *job) judge(ctx context.Context) error {
	j.builds, j.small = nil, nil
	answers := eachTarget(j.plan.Targets, func(i int, t patches.TargetPlan) (*build.Flags, error) {
		return judgeTarget(ctx, t, makeArgs(j.modules, j.entries[i]))
	})
	for i, t := range j.plan.Targets {
		flags, err := answers[i].value, answers[i].err
		if err != nil {
			return err
		}
		build := strings.TrimSpace(flags.Vars["BUILD"])
		if build != "" && !filepath.IsAbs(build) {
			build = filepath.Join(t.Target.Dir(), build)
		}
		small, err := smallFlash(t.Target, flags)
		if err != nil {
			return err
		}
		j.builds, j.small = append(j.builds, build), append(j.small, small)
	}
	return nil
}

// smallFlash says that a board has less flash than any firmware with wolfSSL takes; "" if it has more, or none can tell.
func smallFlash(target micropython.Target, flags *build.Flags) (string, error) {
	flash, known := flags.CodeFlash()
	if !known {
		return "", nil
	}
	least, err := patches.LeastFlash(target.Port)
	if err != nil || flash.Bytes >= least {
		return "", err
	}
	return fmt.Sprintf("%s has %d KB of flash for code (%s), less than a firmware with wolfSSL was ever seen to take (%d KB): "+
		"mpwolf verify says what does not fit", target.Name(), flash.Bytes>>10, shortened(flash.File), least>>10), nil
}

// judgeTarget is an error if a want does not hold; else flags, with where plain make builds, and the linker scripts.
func judgeTarget(ctx context.Context, t patches.TargetPlan, args []string) (*build.Flags, error) {
	var macros, variables []string
	for _, step := range t.Steps {
		if step.Want.Variable != "" {
			variables = append(variables, step.Name)
		} else {
			macros = append(macros, step.Name)
		}
	}
	flags, err := build.Probe(ctx, t.Target, append(variables, "BUILD", build.LinkerScripts), args...)
	if err != nil {
		return nil, err
	}
	values, err := flags.Effective(ctx, macros)
	if err != nil {
		return nil, err
	}
	var wrong []string
	for _, step := range t.Steps {
		if step.Want.Variable != "" {
			if n, known := patches.MakeNumber(flags.Vars[step.Name]); !known || n != step.Want.Value {
				wrong = append(wrong, fmt.Sprintf("make's %s is %q, not %d", step.Name, flags.Vars[step.Name], step.Want.Value))
			}
			continue
		}
		if v := values[step.Name]; !v.Known || v.Number != step.Want.Value {
			wrong = append(wrong, fmt.Sprintf("%s is %q (%s:%d), not %d", step.Name, v.Text, v.File, v.Line, step.Want.Value))
		}
	}
	if len(wrong) > 0 {
		return nil, fmt.Errorf("patch %s: the compiler does not see what was planned, so nothing was changed: %s",
			t.Target.Port, strings.Join(wrong, "; "))
	}
	return flags, nil
}

// answer is what came of a question about a target.
type answer[T any] struct {
	value T
	err   error
}

// eachTarget asks about all targets, as many at once as there are processors: each asks make and a compiler. The answers
// are in the targets' order, so that the error that is told does not depend on who is first.
func eachTarget[Target, T any](targets []Target, ask func(i int, t Target) (T, error)) []answer[T] {
	answers := make([]answer[T], len(targets))
	var all sync.WaitGroup
	running := make(chan struct{}, runtime.GOMAXPROCS(0))
	for i, t := range targets {
		running <- struct{}{}
		all.Go(func() {
			defer func() { <-running }()
			answers[i].value, answers[i].err = ask(i, t)
		})
	}
	all.Wait()
	return answers
}

// missingFolders are a folder and those above it that do not exist, the outermost first.
func missingFolders(dir string) (missing []string, err error) {
	for at := dir; ; at = filepath.Dir(at) {
		info, err := os.Stat(at)
		if err == nil && !info.IsDir() {
			return nil, fmt.Errorf("modules folder: %q is not a folder", at)
		}
		if err == nil || at == filepath.Dir(at) {
			return missing, nil
		}
		missing = append([]string{at}, missing...)
	}
}

// healed takes back what was prepared before a change, which failed for a reason of its own.
func healed(lock *state.Lock, err error) error {
	_, back := lock.Heal()
	return errors.Join(err, back)
}
