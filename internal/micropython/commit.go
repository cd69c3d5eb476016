package micropython

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/go-git/go-billy/v5"
	"github.com/go-git/go-billy/v5/osfs"
	"github.com/go-git/go-git/v5/plumbing"
	"github.com/go-git/go-git/v5/plumbing/cache"
	"github.com/go-git/go-git/v5/plumbing/object"
	"github.com/go-git/go-git/v5/plumbing/storer"
	"github.com/go-git/go-git/v5/storage/filesystem"
	"github.com/go-git/go-git/v5/storage/filesystem/dotgit"
)

// Commit is the commit that is checked out, in hex, where the tree is the top of a git repository
// of its own: a clone, a submodule or a further work tree. It is empty for others, and before the
// first commit.
func (t *Tree) Commit() (string, error) {
	storage, err := t.storage()
	if storage == nil || err != nil {
		return "", err
	}
	head, err := storer.ResolveReference(storage, plumbing.HEAD)
	if errors.Is(err, plumbing.ErrReferenceNotFound) {
		return "", nil
	}
	if err != nil {
		return "", fmt.Errorf("read the commit of %s: %w", t.Dir, err)
	}
	return head.Hash().String(), nil
}

// AtHead is a file of the commit that is checked out, by its path relative to the tree with
// slashes, in the line ends of like. False means that there is no such commit or file, or that its
// object is not there.
func (t *Tree) AtHead(path string, like []byte) ([]byte, bool) {
	storage, err := t.storage()
	if storage == nil || err != nil {
		return nil, false
	}
	head, err := storer.ResolveReference(storage, plumbing.HEAD)
	if err != nil {
		return nil, false
	}
	commit, err := object.GetCommit(storage, head.Hash())
	if err != nil {
		return nil, false
	}
	file, err := commit.File(path)
	if err != nil {
		return nil, false
	}
	text, err := file.Contents()
	if err != nil {
		return nil, false
	}
	b := []byte(text)
	// core.autocrlf
	if bytes.Contains(like, []byte("\r\n")) && !bytes.Contains(b, []byte("\r\n")) {
		b = bytes.ReplaceAll(b, []byte("\n"), []byte("\r\n"))
	}
	return b, true
}

// storage is the tree's own git repository, nil without one. It is opened by its parts: go-git's
// PlainOpen refuses repositories with extensions, such as a sparse checkout has, though nothing of
// what is read here depends on them.
func (t *Tree) storage() (*filesystem.Storage, error) {
	dir, err := t.gitDir()
	if dir == "" || err != nil {
		return nil, err
	}
	var files billy.Filesystem = osfs.New(dir)
	common, err := os.ReadFile(filepath.Join(dir, "commondir")) // of a further work tree
	if err == nil {
		shared := strings.TrimSpace(string(common))
		if !filepath.IsAbs(shared) {
			shared = filepath.Join(dir, shared)
		}
		files = dotgit.NewRepositoryFilesystem(files, osfs.New(shared))
	}
	// Clones made with --shared and --reference have their objects elsewhere.
	options := filesystem.Options{AlternatesFS: osfs.New("/")}
	return filesystem.NewStorageWithOptions(files, cache.NewObjectLRUDefault(), options), nil
}

// gitDir is the directory that .git is or, as a file, names; "" without one.
func (t *Tree) gitDir() (string, error) {
	git := t.Path(".git")
	info, err := os.Stat(git)
	if errors.Is(err, fs.ErrNotExist) {
		return "", nil
	}
	if err != nil {
		return "", fmt.Errorf("read the commit of %s: %w", t.Dir, err)
	}
	if info.IsDir() {
		return git, nil
	}
	text, err := os.ReadFile(git)
	if err != nil {
		return "", fmt.Errorf("read the commit of %s: %w", t.Dir, err)
	}
	dir, ok := strings.CutPrefix(strings.TrimSpace(string(text)), "gitdir: ")
	if !ok {
		return "", nil
	}
	if !filepath.IsAbs(dir) {
		dir = t.Path(dir)
	}
	if _, err := os.Stat(dir); err != nil {
		return "", nil // a submodule's directory that was copied without its repository
	}
	return dir, nil
}
