package verify

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
	"mpwolf/internal/project"
	"mpwolf/internal/state"
)

// baseline builds a target as it would be without mpwolf, with the built-in TLS, and measures
// it. The tree is not touched: the build uses a directory with the original files, and links to
// all others.
func baseline(
	ctx context.Context, o TreeOptions, p *project.Project, t project.Target,
) (*Size, error) {
	size, err := measureOriginal(ctx, o, p, t)
	if err != nil {
		return nil, fmt.Errorf("build the baseline: %w", err)
	}
	return size, nil
}

func measureOriginal(
	ctx context.Context, o TreeOptions, p *project.Project, t project.Target,
) (*Size, error) {
	dir := state.BuildDir(p.Tree.Dir, "baseline")
	original := filepath.Join(dir, "tree")
	if err := originalTree(p, original); err != nil {
		return nil, err
	}
	before, err := micropython.Open(original)
	if err != nil {
		return nil, err
	}
	target, err := before.Target(t.Port, t.BoardFlag(), t.Variant)
	if err != nil {
		return nil, err
	}
	target.Make = append(target.Make, t.Asked...)
	flags, err := build.Probe(ctx, target, nil)
	if err != nil {
		return nil, err
	}
	if missing := flags.MissingSubmodules(); slices.Contains(missing, "lib/mbedtls") {
		return nil,
			hint.With(errors.New("the built-in TLS is not in this tree: lib/mbedtls is empty"),
				"git submodule update --init lib/mbedtls")
	}
	return Measure(ctx,
		Options{Target: target, Build: filepath.Join(dir, target.ID()), Jobs: o.Jobs,
			Progress: o.Progress})
}

// originalTree makes a directory that is the tree before it was patched: links to its files, and
// copies of the changed ones without mpwolf's changes.
func originalTree(p *project.Project, dir string) error {
	var writes []state.Write
	if p.Record != nil {
		plan, err := state.Revert(p.Tree.Dir, p.Record, state.Options{AtHead: p.Tree.AtHead})
		if err != nil {
			return err
		}
		if len(plan.Conflicts) > 0 {
			return fmt.Errorf("%s was changed since it was patched, in the same lines",
				plan.Conflicts[0].Path)
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
	return shadow(p.Tree.Dir, dir, "", changed)
}

// shadow makes dir a copy of the tree's directory sub: directories with changed files in or below
// them are made, everything else is a link.
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
		if path == ".git" || path == state.Dir {
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
		// Keep the file's current time: otherwise make would rebuild everything.
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
