package project

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"mpwolf/internal/fetch"
	"mpwolf/internal/hint"
	"mpwolf/internal/micropython"
	"mpwolf/internal/shell"
	"mpwolf/internal/sources"
	"mpwolf/internal/state"
	"mpwolf/wolfssl"
)

// FreshDir is where a tree is cloned when there is none.
const FreshDir = "micropython"

// OpenTree opens the tree that a command works on. It does not fetch one.
func (p *Project) OpenTree() (err error) {
	switch {
	case p.Asked.Tree != "":
		p.Tree, err = micropython.Open(p.Asked.Tree)
	case p.File != nil && p.File.Tree != "":
		err = p.openConfigured()
	case p.File != nil:
		p.Tree, err = TreeAround(p.File.Dir())
	default:
		p.Tree, err = TreeAround(".")
	}
	if err != nil {
		return p.wasPatched(err)
	}
	p.sayTree()
	return state.Guard(p.Tree.Dir)
}

// sayTree reports which tree is used, unless the current directory is in it: a forgotten
// MPWOLF_TREE, or an mpwolf.toml further up, may select a different one.
func (p *Project) sayTree() {
	cwd, err := os.Getwd()
	if err != nil || isBelow(p.Tree.Dir, cwd) {
		return
	}
	around := micropython.Around(cwd)
	var by string
	switch {
	case p.Asked.TreeFrom != "":
		by = "by " + p.Asked.TreeFrom
	case p.Asked.Tree != "" && around == "":
		return // it has just been named
	case p.Asked.Tree != "":
		by = "by --tree"
	case p.File != nil && p.File.Tree != "":
		by = "by " + shell.Path(p.File.Path)
	default:
		by = "found here"
	}
	not := ""
	if around != "" {
		not = ", not the one that the current directory is in"
	}
	p.Asked.Say.Printf("the tree is %s (%s)%s", shell.Path(p.Tree.Dir), by, not)
}

// isBelow reports whether a directory is another one or below it, with all links resolved.
func isBelow(top, dir string) bool {
	if real, err := filepath.EvalSymlinks(top); err == nil {
		top = real
	}
	if real, err := filepath.EvalSymlinks(dir); err == nil {
		dir = real
	}
	rel, err := filepath.Rel(top, dir)
	return err == nil && filepath.IsLocal(rel)
}

// TreeAround opens the tree that a directory is in or has below it.
func TreeAround(dir string) (*micropython.Tree, error) {
	tree, err := micropython.Find(dir)
	if errors.Is(err, micropython.ErrNoTree) {
		abs, _ := filepath.Abs(dir) // for the message only
		return nil, hint.With(fmt.Errorf("%w around or below %q", err, abs),
			"name it with --tree DIR or MPWOLF_TREE")
	}
	var several *micropython.AmbiguousError
	if errors.As(err, &several) {
		return nil, hint.With(err, "choose one with --tree DIR or MPWOLF_TREE")
	}
	return tree, err
}

// openConfigured opens the tree that mpwolf.toml names.
func (p *Project) openConfigured() error {
	dir, file := p.File.Tree, shell.Path(p.File.Path)
	entries, err := os.ReadDir(dir)
	if errors.Is(err, os.ErrNotExist) {
		return fmt.Errorf("%s: tree: %w in %s", file, micropython.ErrNoTree, dir)
	}
	if err == nil && len(entries) == 0 {
		empty := fmt.Errorf("%s: tree: %s is empty: %w", file, dir, micropython.ErrNoTree)
		if !IsSubmodule(dir) {
			return hint.With(empty, "remove that directory, and "+p.Run("patch")+" fetches a tree")
		}
		return hint.With(empty, "git submodule update --init "+shell.Quote(shell.Path(dir)))
	}
	if p.Tree, err = micropython.Open(dir); err != nil {
		return fmt.Errorf("%s: tree: %w", file, err)
	}
	return nil
}

// OpenOrFetchTree opens the tree that a command works on. If there is none, it says so in the
// source's log and fetches one.
func (p *Project) OpenOrFetchTree(ctx context.Context, from fetch.Source) error {
	missing := p.OpenTree()
	if !errors.Is(missing, micropython.ErrNoTree) {
		return missing
	}
	dir, err := filepath.Abs(FreshDir)
	if err != nil {
		return err
	}
	if p.File == nil || p.File.Tree == "" {
		from.Log.Printf("no MicroPython tree around or below this directory; fetching one into %s",
			dir)
		return p.FetchTree(ctx, dir, from)
	}
	if _, err := os.Lstat(p.File.Tree); err == nil {
		return missing // an empty directory is a submodule's: git fills it
	}
	from.Log.Printf("the tree that %s names does not exist; fetching one into %s",
		shell.Path(p.File.Path), p.File.Tree)
	return p.FetchTree(ctx, p.File.Tree, from)
}

// FetchTree fetches a tree into a directory. The options say where it may come from; the caller
// supplies the rest.
func (p *Project) FetchTree(ctx context.Context, dir string, from fetch.Source) error {
	from.From, from.SHA256 = p.Asked.From, p.Asked.SHA256
	options := fetch.MicroPythonOptions{
		Source: from, Version: p.Asked.MicroPython, Dir: dir, Port: p.Asked.Port,
		Variant: p.Asked.Variant,
	}
	if len(p.Asked.Boards) > 0 {
		options.Board = p.Asked.Boards[0] // decides which submodules a fresh tree gets
	}
	if p.File != nil && options.Version == "" {
		options.Version = p.File.MicroPython
	}
	if p.File != nil && options.Port == "" && len(p.File.Targets) > 0 {
		t := p.File.Targets[0]
		options.Port, options.Board, options.Variant = t.Port, t.Board, t.Variant
	}
	var err error
	if p.Tree, err = fetch.MicroPython(ctx, options); err != nil {
		return err
	}
	from.Log.Printf("MicroPython %s is in %s", p.Tree.Version, p.Tree.Dir)
	return nil
}

// FindWolfSSL finds the wolfSSL of the project as FetchWolfSSL would, but fetches nothing: for
// one that is not cached, only the version is known.
func (p *Project) FindWolfSSL(ctx context.Context) (*wolfssl.Tree, error) {
	from := fetch.Source{From: p.Asked.WolfSSLFrom, SHA256: p.Asked.WolfSSLSHA256}
	return fetch.FindWolfSSL(ctx, fetch.WolfSSLOptions{Source: from, Want: p.WolfSSL})
}

// FetchWolfSSL gets the wolfSSL of the project. The options say where it may come from; the
// caller supplies the rest.
func (p *Project) FetchWolfSSL(ctx context.Context, from fetch.Source) (*wolfssl.Tree, error) {
	from.From, from.SHA256 = p.Asked.WolfSSLFrom, p.Asked.WolfSSLSHA256
	if from.Cache.Dir == "" {
		var err error
		if from.Cache, err = sources.DefaultCache(); err != nil {
			return nil, err
		}
	}
	return fetch.WolfSSL(ctx, fetch.WolfSSLOptions{Source: from, Want: p.WolfSSL})
}
