package command

import (
	"cmp"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/urfave/cli/v2"

	"mpwolf/internal/config"
	"mpwolf/internal/hint"
	"mpwolf/internal/micropython"
	"mpwolf/internal/shell"
	"mpwolf/internal/state"
	"mpwolf/patches"
)

// project is the mpwolf.toml that a command works from; nil where there is none, or where --tree names a tree that is
// not the file's.
func project(c *cli.Context) (*config.File, error) {
	file, err := config.Find(".")
	if errors.Is(err, config.ErrNone) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	if dir := c.String("tree"); dir != "" && (file.Tree == "" || !sameFolder(dir, file.Tree)) {
		return nil, nil
	}
	return file, nil
}

func sameFolder(a, b string) bool {
	one, err := os.Stat(a)
	if err != nil {
		return false
	}
	other, err := os.Stat(b)
	return err == nil && os.SameFile(one, other)
}

// findTree opens the tree that a command works on. It does not fetch one.
func findTree(c *cli.Context) (*micropython.Tree, error) {
	tree, err := findAnyTree(c)
	if err != nil {
		return nil, err
	}
	return tree, state.Guard(tree.Dir)
}

func findAnyTree(c *cli.Context) (*micropython.Tree, error) {
	if dir := c.String("tree"); dir != "" {
		return micropython.Open(dir)
	}
	file, err := project(c)
	if err != nil {
		return nil, err
	}
	if file != nil {
		return projectTree(file)
	}
	return treeAround(".")
}

func treeAround(dir string) (*micropython.Tree, error) {
	tree, err := micropython.Find(dir)
	if errors.Is(err, micropython.ErrNoTree) {
		abs, _ := filepath.Abs(dir) // only for the message
		return nil, hint.With(fmt.Errorf("%w around or below %q", err, abs), "name it with --tree DIR or MPWOLF_TREE")
	}
	var several *micropython.AmbiguousError
	if errors.As(err, &several) {
		return nil, hint.With(err, "choose one with --tree DIR or MPWOLF_TREE")
	}
	return tree, err
}

// projectTree opens the tree of a mpwolf.toml.
func projectTree(file *config.File) (*micropython.Tree, error) {
	if file.Tree == "" {
		return treeAround(file.Dir())
	}
	entries, err := os.ReadDir(file.Tree)
	if errors.Is(err, os.ErrNotExist) {
		return nil, fmt.Errorf("%s: tree: %w in %s", shell.Path(file.Path), micropython.ErrNoTree, file.Tree)
	}
	if err == nil && len(entries) == 0 {
		return nil, hint.With(fmt.Errorf("%s: tree: %s is empty: %w", shell.Path(file.Path), file.Tree, micropython.ErrNoTree),
			"git submodule update --init "+shell.Quote(shell.Path(file.Tree)))
	}
	tree, err := micropython.Open(file.Tree)
	if err != nil {
		return nil, fmt.Errorf("%s: tree: %w", shell.Path(file.Path), err)
	}
	return tree, nil
}

// wanted is a target that a command line or mpwolf.toml asks for.
type wanted struct {
	micropython.Target
	// make are the arguments for make that were asked for, without those that the tree needs.
	make []string
	// settings is the absolute path of the user's own user_settings.h, if one was given.
	settings string
	// limits, in bytes; 0: none.
	maxFlash, maxRAM int64
	// line is that of mpwolf.toml; 0 if the target is not in it.
	line int
}

// entry is what is recorded of the target.
func (w wanted) entry() state.Target {
	return state.Target{
		Port: w.Port, Board: w.BoardFlag(), Variant: w.Variant, Make: w.make, UserSettings: w.settings,
	}
}

// targetOf is the target of a command that works on one.
func targetOf(c *cli.Context, tree *micropython.Tree) (micropython.Target, error) {
	targets, err := targetsOf(c, tree)
	if err != nil {
		return micropython.Target{}, err
	}
	if len(targets) == 1 {
		return targets[0].Target, nil
	}
	if c.String("port") != "" {
		return micropython.Target{}, usagef("%s takes one --board", c.Command.Name)
	}
	names := make([]string, len(targets))
	for i, t := range targets {
		names[i] = t.Name()
	}
	return micropython.Target{}, usagef("%s takes one target; choose one with --port of: %s", c.Command.Name, strings.Join(names, ", "))
}

// targetsOf are the targets that the flags name or, without --port, all of mpwolf.toml. A target of the flags that is
// in mpwolf.toml has what is said there, as far as flags do not say otherwise.
func targetsOf(c *cli.Context, tree *micropython.Tree) ([]wanted, error) {
	file, err := project(c)
	if err != nil {
		return nil, err
	}
	if err := checkTargetFlags(c, file); err != nil {
		return nil, err
	}
	configured, err := configuredTargets(file, tree, c.String("port"))
	if err != nil {
		return nil, err
	}
	targets := configured
	if c.String("port") != "" {
		if targets, err = flagTargets(c, tree, configured, file); err != nil {
			return nil, err
		}
	}
	return withFlags(c, targets)
}

func checkTargetFlags(c *cli.Context, file *config.File) error {
	if err := makeFlags(c); err != nil || c.String("port") != "" {
		return err
	}
	if file == nil || len(file.Targets) == 0 {
		return usagef("%s needs --port; known ports: %s", c.Command.Name, strings.Join(patches.Ports(), ", "))
	}
	return needPort(c)
}

func makeFlags(c *cli.Context) error {
	for _, arg := range c.StringSlice("make") {
		if !strings.Contains(arg, "=") {
			return usagef("--make %q is not of the form NAME=VALUE", arg)
		}
	}
	return nil
}

// needPort refuses the flags that mean something with --port alone, where that is not given.
func needPort(c *cli.Context) error {
	for _, name := range []string{"board", "variant", "all-boards"} {
		if c.IsSet(name) {
			return usagef("--%s needs --port", name)
		}
	}
	return nil
}

// configuredTargets are the targets of mpwolf.toml, of one port or of all.
func configuredTargets(file *config.File, tree *micropython.Tree, port string) ([]wanted, error) {
	if file == nil {
		return nil, nil
	}
	var targets []wanted
	for i, t := range file.Targets {
		if port != "" && t.Port != port {
			continue
		}
		target, err := tree.Target(t.Port, t.Board, t.Variant)
		if err != nil {
			return nil, &config.Error{File: shell.Path(file.Path), Line: file.Line(i), Text: err.Error()}
		}
		w := wanted{
			Target: target, make: slices.Concat(t.Make, dropIn(file)), settings: t.UserSettings,
			maxFlash: t.MaxFlash, maxRAM: t.MaxRAM, line: file.Line(i),
		}
		targets = append(targets, w)
	}
	return targets, nil
}

// dropIn is make's argument for the drop-in names, where mpwolf.toml speaks of them.
func dropIn(file *config.File) []string {
	if file == nil || file.DropIn == nil {
		return nil
	}
	return []string{fmt.Sprintf("WOLFSSL_DROP_IN=%d", map[bool]int{false: 0, true: 1}[*file.DropIn])}
}

// flagTargets are the targets that the flags name.
func flagTargets(c *cli.Context, tree *micropython.Tree, configured []wanted, file *config.File) ([]wanted, error) {
	boards, err := boardsOf(c, tree)
	if err != nil {
		return nil, err
	}
	var targets []wanted
	for _, board := range boards {
		target, err := tree.Target(c.String("port"), board, c.String("variant"))
		if err != nil {
			return nil, err
		}
		w := wanted{Target: target, make: dropIn(file)}
		same := func(w wanted) bool { return w.entry().Same(wanted{Target: target}.entry()) }
		if i := slices.IndexFunc(configured, same); i >= 0 {
			w = configured[i]
		}
		targets = append(targets, w)
	}
	return targets, nil
}

// withFlags adds what --make and --user-settings say.
func withFlags(c *cli.Context, targets []wanted) ([]wanted, error) {
	settings := c.String("user-settings")
	for i := range targets {
		t := &targets[i]
		t.make = slices.Concat(t.make, c.StringSlice("make"))
		t.Make = slices.Concat(t.Make, t.make)
		if settings != "" {
			t.settings = settings
		}
		if t.settings == "" {
			continue
		}
		var err error
		if t.settings, err = userSettings(t.settings); err != nil {
			return nil, err
		}
	}
	return targets, nil
}

// plainTargets are targets as the other packages take them.
func plainTargets(targets []wanted) []micropython.Target {
	plain := make([]micropython.Target, len(targets))
	for i, t := range targets {
		plain[i] = t.Target
	}
	return plain
}

// modulesDir is the folder for the user modules: of the flag, of mpwolf.toml, as recorded, or beside the tree.
func modulesDir(c *cli.Context, tree *micropython.Tree, record *state.Record) (string, error) {
	if dir := c.String("modules"); dir != "" {
		return filepath.Abs(dir)
	}
	file, err := project(c)
	switch {
	case err != nil:
		return "", err
	case file != nil && file.Modules != "":
		return file.Modules, nil
	case record != nil:
		return record.Modules.Dir, nil
	}
	return filepath.Join(filepath.Dir(tree.Dir), "micropython-modules"), nil
}

// wantedWolfSSL is the version or folder of wolfSSL that the flag, mpwolf.toml or the record names; "" for any.
func wantedWolfSSL(c *cli.Context, record *state.Record) (string, error) {
	if want := c.String("wolfssl"); want != "" {
		return want, nil
	}
	file, err := project(c)
	switch {
	case err != nil:
		return "", err
	case file != nil && file.WolfSSL != "":
		return file.WolfSSL, nil
	case record != nil:
		return record.Modules.WolfSSL, nil
	}
	return "", nil
}

// expectRelease stops where the tree is not the release that mpwolf.toml expects.
func expectRelease(c *cli.Context, tree *micropython.Tree) error {
	file, err := project(c)
	if err != nil || file == nil || sameRelease(file, tree) {
		return err
	}
	return hint.With(fmt.Errorf("%s expects MicroPython %s; %s is %s", shell.Path(file.Path), file.MicroPython, tree.Dir, tree.Version),
		"check that release out, or change micropython in "+config.Name)
}

// sameRelease says whether the tree is what mpwolf.toml expects; without an expectation it is.
func sameRelease(file *config.File, tree *micropython.Tree) bool {
	if file.MicroPython == "" {
		return true
	}
	v, err := micropython.ParseVersion(file.MicroPython)
	return err == nil && v == tree.Version
}

// orConfigured gives the limits that the flags leave open those that mpwolf.toml has for the target.
func (l limits) orConfigured(c *cli.Context, tree *micropython.Tree, t state.Target) (limits, error) {
	file, err := project(c)
	if err != nil {
		return l, err
	}
	configured, err := configuredTargets(file, tree, t.Port)
	if err != nil {
		return l, err
	}
	for _, w := range configured {
		if w.entry().Same(t) { // not negative: config.Load has looked
			l.flash, l.ram = cmp.Or(l.flash, uint64(w.maxFlash)), cmp.Or(l.ram, uint64(w.maxRAM))
		}
	}
	return l, nil
}
