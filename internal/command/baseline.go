package command

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"mpwolf/internal/build"
	"mpwolf/internal/hint"
	"mpwolf/internal/micropython"
	"mpwolf/internal/state"
	"mpwolf/internal/verify"
)

// baseline builds a target as it would be without mpwolf, with the built-in TLS, and measures it. The tree is not
// touched: the build sees a folder that has the files as they were before, and links to all others.
func (s *session) baseline(ctx context.Context, tree *micropython.Tree, t state.Target, jobs int) (*verify.Size, error) {
	what := "build the baseline"
	dir := filepath.Join(tree.Dir, state.Folder, "build", "baseline")
	original := filepath.Join(dir, "tree")
	if err := originalTree(tree, original); err != nil {
		return nil, fmt.Errorf("%s: %w", what, err)
	}
	before, err := micropython.Open(original)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", what, err)
	}
	target, err := recordedTarget(before, t)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", what, err)
	}
	flags, err := build.Probe(ctx, target, nil)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", what, err)
	}
	if missing := flags.MissingSubmodules(); slices.Contains(missing, "lib/mbedtls") {
		return nil, hint.With(fmt.Errorf("%s: the built-in TLS is not in this tree: lib/mbedtls is empty", what),
			"git submodule update --init lib/mbedtls")
	}
	progress := s.lines()
	defer progress.clear()
	options := verify.Options{Target: target, Build: filepath.Join(dir, target.ID()), Jobs: jobs}
	if progress != nil {
		options.Progress = progress
	}
	size, err := verify.Measure(ctx, options)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", what, err)
	}
	return size, nil
}

// originalTree makes a folder that is the tree before it was patched: links to what is in it, and copies of the files
// that were changed, with what mpwolf did taken out.
func originalTree(tree *micropython.Tree, dir string) error {
	record, err := state.Load(tree.Dir)
	if err != nil && !errors.Is(err, state.ErrNotPatched) {
		return err
	}
	var writes []state.Write
	if record != nil {
		plan, err := state.Revert(tree.Dir, record, state.Wishes{AtHead: tree.AtHead})
		if err != nil {
			return err
		}
		if len(plan.Conflicts) > 0 {
			return fmt.Errorf("%s was changed since it was patched, in the same lines", plan.Conflicts[0].Path)
		}
		writes = plan.Writes
	}
	if err := os.RemoveAll(dir); err != nil {
		return err
	}
	changed := make(map[string][]byte)
	for _, w := range writes {
		changed[w.Path] = w.After
	}
	return shadow(tree.Dir, dir, "", changed)
}

// shadow makes dir a copy of the tree's folder sub: folders with changed files in or below them are made, everything
// else is a link.
func shadow(top, dir, sub string, changed map[string][]byte) error {
	if err := os.MkdirAll(filepath.Join(dir, sub), 0o777); err != nil {
		return err
	}
	entries, err := os.ReadDir(filepath.Join(top, sub))
	if err != nil {
		return err
	}
	for _, entry := range entries {
		path := filepath.ToSlash(filepath.Join(sub, entry.Name()))
		if path == ".git" || path == state.Folder {
			continue
		}
		if err := shadowEntry(top, dir, path, entry.IsDir(), changed); err != nil {
			return err
		}
	}
	return nil
}

func shadowEntry(top, dir, path string, isDir bool, changed map[string][]byte) error {
	from, to := filepath.Join(top, path), filepath.Join(dir, path)
	if text, is := changed[path]; is {
		if err := os.WriteFile(to, text, 0o666); err != nil {
			return err
		}
		// The time of the file as it is now: make would build everything again otherwise.
		info, err := os.Stat(from)
		if err != nil {
			return err
		}
		return os.Chtimes(to, info.ModTime(), info.ModTime())
	}
	below := func(name string) bool { return strings.HasPrefix(name, path+"/") }
	for name := range changed {
		if isDir && below(name) {
			return shadow(top, dir, path, changed)
		}
	}
	return os.Symlink(from, to)
}
