package micropython

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"github.com/go-git/go-billy/v5"
	"github.com/go-git/go-billy/v5/osfs"
	"github.com/go-git/go-git/v5/plumbing"
	"github.com/go-git/go-git/v5/plumbing/cache"
	"github.com/go-git/go-git/v5/plumbing/object"
	"github.com/go-git/go-git/v5/plumbing/storer"
	"github.com/go-git/go-git/v5/storage/filesystem"
	"github.com/go-git/go-git/v5/storage/filesystem/dotgit"
)

// Commit is the commit that is checked out, in hex, if the tree is the top of its own git
// repository: a clone, a submodule or a linked work tree. It is empty for others, and before the
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

// CommitTime is when the commit that is checked out was made; the zero time if there is none, or
// if its object is missing.
func (t *Tree) CommitTime() (time.Time, error) {
	storage, err := t.storage()
	if storage == nil || err != nil {
		return time.Time{}, err
	}
	head, err := storer.ResolveReference(storage, plumbing.HEAD)
	if err == nil {
		var commit *object.Commit
		if commit, err = object.GetCommit(storage, head.Hash()); err == nil {
			return commit.Committer.When.UTC(), nil
		}
	}
	if errors.Is(err, plumbing.ErrReferenceNotFound) ||
		errors.Is(err, plumbing.ErrObjectNotFound) {
		return time.Time{}, nil
	}
	return time.Time{}, fmt.Errorf("read the commit of %s: %w", t.Dir, err)
}

// AtHead is a file of the commit that is checked out, by its path relative to the tree with
// slashes, with the line ends of like. False means that there is no such commit or file, or that
// its object is missing.
func (t *Tree) AtHead(path string, like []byte) ([]byte, bool) {
	head := t.headTree()
	if head == nil {
		return nil, false
	}
	return fileOf(head, path, like)
}

// fileOf is a file of a commit, with the line ends of like.
func fileOf(tree *object.Tree, path string, like []byte) ([]byte, bool) {
	file, err := tree.File(path)
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

// head is what headTree has opened.
type head struct {
	once sync.Once
	tree *object.Tree
}

// headTree is the tree of the commit that is checked out, nil without one. It is opened once: a
// pack's index is read for the first object, and is large.
func (t *Tree) headTree() *object.Tree {
	t.head.once.Do(func() {
		storage, err := t.storage()
		if storage == nil || err != nil {
			return
		}
		head, err := storer.ResolveReference(storage, plumbing.HEAD)
		if err != nil {
			return
		}
		commit, err := object.GetCommit(storage, head.Hash())
		if err != nil {
			return
		}
		if tree, err := commit.Tree(); err == nil {
			t.head.tree = tree
		}
	})
	return t.head.tree
}

// gitStorage is a repository's objects, and those of the repositories that it borrows from, as a
// clone made with --shared or --reference does. go-git would reopen these for each object.
type gitStorage struct {
	*filesystem.Storage
	alternates []*filesystem.Storage
}

// EncodedObject looks for an object in the repository, then in those that it borrows from.
func (s *gitStorage) EncodedObject(
	kind plumbing.ObjectType, hash plumbing.Hash,
) (plumbing.EncodedObject, error) {
	found, err := s.Storage.EncodedObject(kind, hash)
	for _, other := range s.alternates {
		if !errors.Is(err, plumbing.ErrObjectNotFound) {
			break
		}
		found, err = other.EncodedObject(kind, hash)
	}
	return found, err
}

// alternates are the object directories that an object directory borrows from.
func alternates(objects string, seen map[string]bool) []string {
	if seen[objects] {
		return nil
	}
	seen[objects] = true
	text, err := os.ReadFile(filepath.Join(objects, "info", "alternates"))
	if err != nil {
		return nil
	}
	var found []string
	for line := range strings.Lines(string(text)) {
		other := filepath.FromSlash(strings.TrimRight(line, "\r\n"))
		if other == "" || other[0] == '#' {
			continue
		}
		if !filepath.IsAbs(other) {
			other = filepath.Join(objects, other)
		}
		found = append(append(found, other), alternates(other, seen)...)
	}
	return found
}

// storage is the tree's own git repository, nil without one. It is opened piece by piece:
// go-git's PlainOpen refuses repositories with extensions, as a sparse checkout has, although
// nothing that is read here depends on them.
func (t *Tree) storage() (*gitStorage, error) {
	dir, err := t.gitDir()
	if dir == "" || err != nil {
		return nil, err
	}
	var files billy.Filesystem = osfs.New(dir)
	objects := filepath.Join(dir, "objects")
	common, err := os.ReadFile(filepath.Join(dir, "commondir")) // of a linked work tree
	if err == nil {
		shared := strings.TrimSpace(string(common))
		if !filepath.IsAbs(shared) {
			shared = filepath.Join(dir, shared)
		}
		files = dotgit.NewRepositoryFilesystem(files, osfs.New(shared))
		objects = filepath.Join(shared, "objects")
	}
	open := func(files billy.Filesystem) *filesystem.Storage {
		return filesystem.NewStorage(files, cache.NewObjectLRUDefault())
	}
	storage := &gitStorage{Storage: open(files)}
	for _, other := range alternates(objects, map[string]bool{}) {
		storage.alternates = append(storage.alternates, open(osfs.New(filepath.Dir(other))))
	}
	return storage, nil
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
