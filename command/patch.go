package command

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/urfave/cli/v2"

	"mpwolf/micropython"
	"mpwolf/modules"
	"mpwolf/patches"
	"mpwolf/ports"
	"mpwolf/sources"
	"mpwolf/state"
	"mpwolf/wolfssl"
)

func patchCommand(s *session) *cli.Command {
	flags := slices.Concat(targetFlags(), []cli.Flag{
		treeFlag(),
		&cli.StringFlag{Name: "modules", Usage: "the folder `DIR` for the user modules (default: micropython-modules beside the tree)"},
		&cli.StringFlag{Name: "user-settings", Usage: "the `FILE` to use in place of the port's user_settings.h"},
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

// job is one patch of one target, from the flags to the change of the disk.
type job struct {
	*session
	tree   *micropython.Tree
	target micropython.Target
	wants  []patches.Want
	plan   *patches.Plan
	// record is what was applied before; nil if nothing was.
	record *state.Record
	// modules is the absolute path of USER_C_MODULES.
	modules string
	entry   state.Target
}

func (s *session) patch(c *cli.Context) error {
	if err := checkPort(c.String("port")); err != nil {
		return err
	}
	dry := c.Bool("diff") || c.Bool("dry-run")
	find := s.findOrFetchTree
	if dry {
		find = findTree
	}
	tree, err := find(c)
	if err != nil {
		return err
	}
	if dry {
		j, err := s.newJob(c, tree)
		if err != nil {
			return err
		}
		return j.show(c)
	}
	lock, err := s.lock(c.Context, tree)
	if err != nil {
		return err
	}
	defer lock.Release()
	j, err := s.newJob(c, tree)
	if err != nil {
		return err
	}
	return j.apply(c, lock)
}

// newJob reads everything and changes nothing.
func (s *session) newJob(c *cli.Context, tree *micropython.Tree) (*job, error) {
	if state.Interrupted(tree.Dir) {
		// Only --diff and --dry-run come here: all others have healed the tree.
		return nil, withHint(fmt.Errorf("an earlier run on %s was interrupted", tree.Dir), "mpwolf patch and mpwolf revert go back to before it")
	}
	j := &job{session: s, tree: tree}
	var err error
	if j.target, err = targetOf(c, tree); err != nil {
		return nil, err
	}
	if j.record, err = state.Load(tree.Dir); err != nil && !errors.Is(err, state.ErrNotPatched) {
		return nil, err
	}
	if j.wants, err = patches.Load(j.target.Port); err != nil {
		return nil, err
	}
	if err := j.settle(c); err != nil {
		return nil, err
	}
	if err := checkSubmodules(c.Context, j.target); err != nil {
		return nil, err
	}
	if j.plan, err = patches.New(j.target, j.wants); err != nil {
		return nil, err
	}
	return j, nil
}

// settle decides where the modules go and what is recorded of the target.
func (j *job) settle(c *cli.Context) error {
	dir := c.String("modules")
	switch {
	case dir == "" && j.record != nil:
		dir = j.record.Modules.Dir
	case dir == "":
		dir = filepath.Join(filepath.Dir(j.tree.Dir), "micropython-modules")
	}
	var err error
	if j.modules, err = filepath.Abs(dir); err != nil {
		return err
	}
	if strings.ContainsAny(j.modules, " \t") {
		return withHint(fmt.Errorf("the modules folder %q has a blank in its path, which make cannot take", j.modules),
			"choose another with --modules DIR")
	}
	if j.record != nil && j.record.Modules.Dir != j.modules {
		return withHint(fmt.Errorf("%s is patched with the modules in %s, not %s",
			j.tree.Dir, j.record.Modules.Dir, j.modules), "mpwolf revert first")
	}
	if err := modules.Check(j.modules); err != nil {
		return withHint(err, "choose another folder with --modules DIR")
	}
	j.entry = state.Target{
		Port: j.target.Port, Board: j.target.Board, Variant: j.target.Variant, Make: c.StringSlice("make"),
	}
	if file := c.String("user-settings"); file != "" {
		if j.entry.UserSettings, err = userSettings(file); err != nil {
			return err
		}
	}
	return nil
}

func userSettings(file string) (string, error) {
	abs, err := filepath.Abs(file)
	if err != nil {
		return "", err
	}
	info, err := os.Stat(abs)
	if err != nil {
		return "", fmt.Errorf("--user-settings: %w", err)
	}
	if !info.Mode().IsRegular() {
		return "", fmt.Errorf("--user-settings %q: not a file", file)
	}
	if filepath.Base(abs) != "user_settings.h" {
		// wolfSSL's sources say #include "user_settings.h"; a file of another name would be passed over in silence.
		return "", usagef("--user-settings %q: wolfSSL includes it by the name user_settings.h", file)
	}
	return abs, nil
}

// show is patch --diff and --dry-run.
func (j *job) show(c *cli.Context) error {
	if c.Bool("diff") {
		return patches.Diff(j.stdout, j.plan.Changes)
	}
	j.describe("would change")
	if j.record == nil {
		fmt.Fprintf(j.stdout, "would install %s with wolfSSL\n", relative(filepath.Join(j.modules, modules.Name)))
	}
	return nil
}

// describe prints a line a want.
func (j *job) describe(verb string) {
	for _, step := range j.plan.Steps {
		if step.Follows {
			fmt.Fprintf(j.stdout, "%s is %d with that\n", step.Name, step.Want.Value)
			continue
		}
		if step.Holds() {
			fmt.Fprintf(j.stdout, "%s is %d already\n", step.Name, step.Want.Value)
			continue
		}
		fmt.Fprintf(j.stdout, "%s %s: %s\n", verb, step.Site, step.Line)
	}
}

func (j *job) apply(c *cli.Context, lock *state.Lock) error {
	if j.done(c) {
		if err := j.judge(c.Context); err != nil {
			return err
		}
		fmt.Fprintf(j.stdout, "%s is patched already; nothing to do\n", j.target.Name())
		return nil
	}
	wolf, err := j.wolfssl(c)
	if err != nil {
		return err
	}
	change, err := j.change(wolf, lock)
	if err != nil {
		return errors.Join(err, lock.Heal())
	}
	change.Check = func() error { return j.judge(c.Context) }
	if err := lock.Apply(change); err != nil {
		return err
	}
	j.describe("changed")
	fmt.Fprintf(j.stdout, "installed %s with wolfSSL %s (%s)\n",
		relative(filepath.Join(j.modules, modules.Name)), wolf.Version, wolf.Licence)
	fmt.Fprintf(j.stdout, "build: %s\n", makeCommand(j.target, makeArgs(j.modules, j.entry)))
	return nil
}

// done says that the tree and the modules are as this patch would leave them.
func (j *job) done(c *cli.Context) bool {
	if j.record == nil || len(j.plan.Changes) > 0 {
		return false
	}
	i := slices.IndexFunc(j.record.Targets, func(t state.Target) bool { return t.Same(j.entry) })
	if i < 0 || !slices.Equal(j.record.Targets[i].Make, j.entry.Make) ||
		j.record.Targets[i].UserSettings != j.entry.UserSettings {
		return false
	}
	if want := c.String("wolfssl"); want != "" && want != j.record.Modules.WolfSSL {
		return false
	}
	current, err := modules.Current(j.modules, j.ownSources()...)
	return err == nil && current
}

func (j *job) wolfssl(c *cli.Context) (*wolfssl.Tree, error) {
	cache, err := sources.DefaultCache()
	if err != nil {
		return nil, err
	}
	want := c.String("wolfssl")
	if want == "" && j.record != nil {
		want = j.record.Modules.WolfSSL
	}
	return wolfssl.Get(c.Context, wolfssl.Options{
		Want: want, From: c.String("wolfssl-from"), SHA256: c.String("wolfssl-sha256"),
		Cache: cache, Log: j.say, Progress: j.progress(),
	})
}

// ownSources are the parts of the module's folder that come with mpwolf.
func (j *job) ownSources() []modules.Source {
	return []modules.Source{modules.Own(), {FS: ports.FS(), At: "ports"}}
}

// change prepares all that is written.
func (j *job) change(wolf *wolfssl.Tree, lock *state.Lock) (change state.Change, err error) {
	files, err := wolfssl.Files(wolf)
	if err != nil {
		return change, err
	}
	created, err := missingFolders(j.modules)
	if err != nil {
		return change, err
	}
	staged := state.PassingName(j.modules)
	if change.Record, err = j.newRecord(wolf, created); err != nil {
		return change, err
	}
	if err := lock.Intend(staged, created); err != nil {
		return change, err
	}
	if err := os.MkdirAll(j.modules, 0o755); err != nil {
		return change, fmt.Errorf("modules folder: %w", err)
	}
	err = modules.Stage(staged, Version(),
		append(j.ownSources(), modules.Source{FS: os.DirFS(wolf.Dir), At: "wolfssl", Files: files})...)
	if err != nil {
		return change, err
	}
	for _, edit := range j.plan.Changes {
		change.Writes = append(change.Writes, state.Write{Path: edit.Path, Before: edit.Before, After: edit.After})
	}
	change.Swap = &state.Swap{
		Dir: filepath.Join(j.modules, modules.Name), Staged: staged, Created: created,
	}
	return change, nil
}

func (j *job) newRecord(wolf *wolfssl.Tree, created []string) (*state.Record, error) {
	record := &state.Record{Time: time.Now().UTC().Truncate(time.Second)}
	if j.record != nil {
		record = j.record.Clone()
	}
	record.Tool = Version()
	record.MicroPython = j.tree.Version.String()
	for _, step := range j.plan.Steps {
		j.entry.Wants = append(j.entry.Wants, state.Want{Name: step.Name, Value: step.Want.Value})
	}
	record.SetTarget(j.entry)
	for _, edit := range j.plan.Changes {
		conflicts, err := record.SetFile(j.tree.Dir, edit.Path, edit.Before, edit.After)
		if err != nil {
			return nil, err
		}
		if len(conflicts) > 0 {
			return nil, conflictError("patch", conflicts)
		}
	}
	if j.record != nil {
		created = j.record.Modules.Created
	}
	record.Modules = state.Modules{
		Dir: j.modules, Created: created, WolfSSL: wolf.Version, Licence: wolf.Licence, Source: wolf.From,
	}
	return record, nil
}

// judge asks the port's own compiler whether every want holds: the scanner plans, this decides.
func (j *job) judge(ctx context.Context) error {
	flags, err := j.target.Flags(ctx, nil, makeArgs(j.modules, j.entry)...)
	if err != nil {
		return err
	}
	var names []string
	for _, step := range j.plan.Steps {
		names = append(names, step.Name)
	}
	values, err := flags.Effective(ctx, names)
	if err != nil {
		return err
	}
	var wrong []string
	for _, step := range j.plan.Steps {
		v := values[step.Name]
		if !v.Known || v.Number != step.Want.Value {
			wrong = append(wrong, fmt.Sprintf("%s is %q (%s:%d), not %d", step.Name, v.Text, v.File, v.Line, step.Want.Value))
		}
	}
	if len(wrong) > 0 {
		return fmt.Errorf("patch %s: the compiler does not see what was planned, so nothing was changed: %s",
			j.target.Port, strings.Join(wrong, "; "))
	}
	return nil
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
