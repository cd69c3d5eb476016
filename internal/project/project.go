// Package project works out what a command applies to: it combines the command line, mpwolf.toml
// and the tree's record into one value, once. It changes nothing on disk, except for a tree that
// it fetches, and does none of a command's work.
package project

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"mpwolf/internal/config"
	"mpwolf/internal/disk"
	"mpwolf/internal/hint"
	"mpwolf/internal/micropython"
	"mpwolf/internal/shell"
	"mpwolf/internal/state"
	"mpwolf/modules"
)

// Project is what a command applies to.
type Project struct {
	// Asked is what the command line says.
	Asked Options
	// File is the mpwolf.toml; nil if there is none, or if the command line names a tree that is
	// not the file's.
	File *config.File
	// Tree is nil until OpenTree or OpenOrFetchTree has found it. The rest is known only after
	// Read.
	Tree *micropython.Tree
	// Record is what was applied to the tree; nil if nothing was.
	Record *state.Record
	// Targets are what the command works on; All is set if they are all of mpwolf.toml.
	Targets []Target
	All     bool
	// Gone are targets of mpwolf.toml or the record that the tree does not have, if the options
	// are lenient; without that they are an error.
	Gone []Gone
	// Modules is the absolute path of the directory for the user modules; ModulesNamed is set if
	// the command line or mpwolf.toml names it.
	Modules      string
	ModulesNamed bool
	// WolfSSL is a version, or the directory of a wolfSSL tree; "" for any.
	WolfSSL string
	// Pristine is set if files of the installed module take the place of changes to the tree.
	Pristine bool
}

// Which are the targets that Read looks for.
type Which int

// The kinds of targets.
const (
	None       Which = iota
	Asked            // those of --port or, without it, of mpwolf.toml
	Configured       // those of mpwolf.toml or, without any, of the record
	Patched          // those of --port or, without it, of the record
	Recorded         // those of the record
	Examined         // as Asked, but no target is no error, and settings files need not exist
)

// New reads mpwolf.toml, and looks for no tree yet.
func New(o Options) (*Project, error) {
	if err := micropython.CheckName(o.MicroPython); err != nil {
		return nil, Usagef("--micropython: %w", err)
	}
	p := &Project{Asked: o, WolfSSL: o.WolfSSL} // fetch needs no tree for it
	file, err := config.Find(".")
	if errors.Is(err, config.ErrNone) {
		return p, nil
	}
	if err != nil {
		return nil, err
	}
	if o.Tree == "" || file.Tree != "" && sameDir(o.Tree, file.Tree) {
		p.File = file
		p.WolfSSL = cmp.Or(o.WolfSSL, file.WolfSSL)
	}
	return p, nil
}

// Reread reads mpwolf.toml again; the tree stays.
func (p *Project) Reread() error {
	now, err := New(p.Asked)
	if err != nil {
		return err
	}
	p.File, p.WolfSSL = now.File, now.WolfSSL
	return nil
}

// Open combines New, OpenTree and Read.
func Open(o Options, which Which) (*Project, error) {
	p, err := New(o)
	if err != nil {
		return nil, err
	}
	if err := p.OpenTree(); err != nil {
		return nil, err
	}
	return p, p.Read(which)
}

// Read reads the tree's record, and works out everything else. A command that changes the tree
// must hold its lock.
func (p *Project) Read(which Which) (err error) {
	if p.Record, err = state.Load(p.Tree.Dir); err != nil && !errors.Is(err, state.ErrNotPatched) {
		return err
	}
	if err := p.resolve(); err != nil {
		return err
	}
	if p.Record != nil && (which != Asked || p.File == nil && p.Asked.Port == "") {
		p.Pristine = p.Pristine || p.Record.Pristine
	}
	p.Targets, err = p.targets(which)
	return err
}

// resolve decides whether the patch is pristine, and on the modules' directory and wolfSSL: by the
// command line, then mpwolf.toml, then the record.
func (p *Project) resolve() error {
	file, record := p.File, p.Record
	if file == nil {
		file = &config.File{}
	}
	if record == nil {
		record = &state.Record{}
	}
	p.Pristine = file.Pristine
	if p.Asked.Pristine != nil {
		p.Pristine = *p.Asked.Pristine
	}
	p.WolfSSL = cmp.Or(p.Asked.WolfSSL, file.WolfSSL, record.Modules.WolfSSL)
	named := cmp.Or(p.Asked.Modules, file.Modules)
	p.ModulesNamed = named != ""
	dir := cmp.Or(named, record.Modules.Dir, DefaultModules(p.Tree))
	var err error
	p.Modules, err = filepath.Abs(dir)
	p.Modules = aboveModule(p.Modules)
	return err
}

// aboveModule is the directory for user modules that is meant where the installed module itself is
// named, or the file through which CMake finds it: USER_C_MODULES may be any of these for CMake.
func aboveModule(dir string) string {
	if info, err := os.Stat(dir); err == nil && info.Mode().IsRegular() &&
		filepath.Base(dir) == state.FragmentName {
		dir = filepath.Dir(dir)
	}
	if filepath.Base(dir) == modules.Name && disk.Exists(filepath.Join(dir, state.FragmentName)) {
		return filepath.Dir(dir)
	}
	return dir
}

// DefaultModules is the directory for the user modules if nothing names one: beside the tree.
func DefaultModules(tree *micropython.Tree) string {
	return filepath.Join(filepath.Dir(tree.Dir), "micropython-modules")
}

// Interrupted is an error if a killed process left the tree half changed, for commands that only
// read it.
func (p *Project) Interrupted() error {
	if !state.Interrupted(p.Tree.Dir) {
		return nil
	}
	return hint.With(fmt.Errorf("an earlier run on %s was interrupted", p.Tree.Dir),
		p.Run("patch")+" and "+p.Run("revert")+" first restore the state before it")
}

// NeedRecord is an error if the tree is not patched.
func (p *Project) NeedRecord(ctx context.Context) error {
	if p.Record != nil {
		return nil
	}
	lost, err := p.Lost(ctx)
	if err != nil {
		return err
	}
	if lost != nil {
		return hint.With(
			fmt.Errorf("%s was patched, but the record of that is missing", p.Tree.Dir),
			p.Run("patch --port PORT")+" takes over what is there, "+p.Run("revert")+
				" removes it")
	}
	return hint.With(fmt.Errorf("%s is %w", p.Tree.Dir, state.ErrNotPatched),
		p.Run("patch --port PORT"))
}

// ExpectRelease is an error if the tree is not the release that mpwolf.toml expects.
func (p *Project) ExpectRelease() error {
	if err := p.expectAsked(); err != nil {
		return err
	}
	if p.Asked.Moves || p.SameRelease() {
		return nil
	}
	return hint.With(fmt.Errorf("%s expects MicroPython %s; %s is %s",
		shell.Path(p.File.Path), p.File.MicroPython, p.Tree.Dir, p.Tree.Version),
		"check out that release, or change micropython in "+config.Name)
}

// expectAsked is an error if the command line names another release than the tree's: a release to
// fetch, where there is nothing to fetch.
func (p *Project) expectAsked() error {
	if p.Asked.MicroPython == "" {
		return nil
	}
	v, err := micropython.ParseVersion(p.Asked.MicroPython)
	if err != nil || v == p.Tree.Version {
		return nil // what is no release is the name of a branch
	}
	return hint.With(fmt.Errorf("--micropython %s: %s is MicroPython %s",
		p.Asked.MicroPython, p.Tree.Dir, p.Tree.Version),
		"check out that release, or run mpwolf in another directory to fetch it")
}

// SameRelease reports whether the tree is the release that mpwolf.toml expects; it is if none is
// expected.
func (p *Project) SameRelease() bool {
	if p.File == nil || p.File.MicroPython == "" {
		return true
	}
	v, err := micropython.ParseVersion(p.File.MicroPython)
	return err == nil && v == p.Tree.Version
}
