package micropython

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"github.com/go-git/go-git/v5/plumbing"
	"github.com/go-git/go-git/v5/plumbing/filemode"
	"github.com/go-git/go-git/v5/plumbing/object"
	"github.com/go-git/go-git/v5/plumbing/storer"
)

// ErrNoRevision is returned by Extract if the tree's repository has no such commit or tag, or if
// the tree is no repository.
var ErrNoRevision = errors.New("no such commit or tag")

// unread are the kinds of files that say nothing about which macros a port sets.
var unread = []string{".c", ".cpp", ".cc", ".S", ".s", ".py", ".rst", ".md", ".exp", ".svg",
	".png", ".bin", ".mpy", ".a"}

// Extract writes the configuration of another revision of the tree to an empty directory, and
// opens it: headers, makefiles and CMake files, of the core and of the ports. The revision is a
// commit in hex, or a tag such as "v1.28.0". It reads git's objects only: what is checked out, and
// git's own files, stay as they are.
func (t *Tree) Extract(revision string, ports []string, dir string) (*Tree, error) {
	commit, err := t.commitOf(revision)
	if err != nil {
		return nil, err
	}
	top, err := commit.Tree()
	if err != nil {
		return nil, fmt.Errorf("read %s of %s: %w", revision, t.Dir, err)
	}
	for _, name := range []string{"py", "extmod", "shared", "lib", "drivers", "mpy-cross"} {
		if err := extract(top, name, dir); err != nil {
			return nil, fmt.Errorf("read %s of %s: %w", revision, t.Dir, err)
		}
	}
	for _, port := range ports {
		if err := extract(top, path.Join("ports", port), dir); err != nil {
			return nil, fmt.Errorf("read %s of %s: %w", revision, t.Dir, err)
		}
	}
	return Open(dir)
}

// HasTag reports whether the tree's repository has a tag and the commit that it names.
func (t *Tree) HasTag(tag string) (bool, error) {
	_, err := t.commitOf(tag)
	if errors.Is(err, ErrNoRevision) {
		return false, nil
	}
	return err == nil, err
}

// commitOf is a commit by its hash or by a tag.
func (t *Tree) commitOf(revision string) (*object.Commit, error) {
	storage, err := t.storage()
	if err != nil {
		return nil, err
	}
	missing := fmt.Errorf("%s has %w %s", t.Dir, ErrNoRevision, revision)
	if storage == nil {
		return nil, missing
	}
	hash := plumbing.NewHash(revision)
	if !plumbing.IsHash(revision) {
		tag, err := storer.ResolveReference(storage, plumbing.NewTagReferenceName(revision))
		if err != nil {
			return nil, missing
		}
		hash = tag.Hash()
	}
	if tag, err := object.GetTag(storage, hash); err == nil { // an annotated one
		hash = tag.Target
	}
	commit, err := object.GetCommit(storage, hash)
	if errors.Is(err, plumbing.ErrObjectNotFound) {
		return nil, missing
	}
	if err != nil {
		return nil, fmt.Errorf("read %s of %s: %w", revision, t.Dir, err)
	}
	return commit, nil
}

// extract writes the files of a directory that may set macros. Links and submodules are left out.
func extract(top *object.Tree, name, dir string) error {
	sub, err := top.Tree(name)
	if errors.Is(err, object.ErrDirectoryNotFound) || errors.Is(err, object.ErrEntryNotFound) {
		return nil
	}
	if err != nil {
		return err
	}
	return sub.Files().ForEach(func(f *object.File) error {
		regular := f.Mode == filemode.Regular || f.Mode == filemode.Executable
		if !regular || slices.Contains(unread, path.Ext(f.Name)) {
			return nil
		}
		local := filepath.FromSlash(path.Join(name, f.Name))
		if !filepath.IsLocal(local) || strings.ContainsRune(f.Name, 0) {
			return fmt.Errorf("%q leads out of the tree", f.Name)
		}
		return writeFile(f, filepath.Join(dir, local))
	})
}

func writeFile(f *object.File, to string) (err error) {
	in, err := f.Reader()
	if err != nil {
		return err
	}
	defer in.Close()
	if err := os.MkdirAll(filepath.Dir(to), 0o777); err != nil {
		return err
	}
	out, err := os.OpenFile(to, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o666)
	if err != nil {
		return err
	}
	_, err = io.Copy(out, in)
	return errors.Join(err, out.Close())
}
