package micropython

import (
	"bytes"
	"errors"
	"fmt"

	"github.com/go-git/go-billy/v5/osfs"
	"github.com/go-git/go-git/v5"
	"github.com/go-git/go-git/v5/plumbing"
	"github.com/go-git/go-git/v5/plumbing/cache"
	"github.com/go-git/go-git/v5/storage/filesystem"
)

// Commit is the commit that is checked out, in hex, where the tree is the top of a git repository of its own: a clone, a
// submodule or a further work tree. It is empty for others, and before the first commit.
func (t *Tree) Commit() (string, error) {
	repository, err := git.PlainOpenWithOptions(t.Dir, &git.PlainOpenOptions{EnableDotGitCommonDir: true})
	if errors.Is(err, git.ErrRepositoryNotExists) {
		return "", nil
	}
	if err != nil {
		return "", fmt.Errorf("read the commit of %s: %w", t.Dir, err)
	}
	head, err := repository.Head()
	if errors.Is(err, plumbing.ErrReferenceNotFound) {
		return "", nil
	}
	if err != nil {
		return "", fmt.Errorf("read the commit of %s: %w", t.Dir, err)
	}
	return head.Hash().String(), nil
}

// AtHead is a file of the commit that is checked out, by its path relative to the tree with slashes, in the line ends of
// like. False means that there is no such commit or file, or that its object is not there.
func (t *Tree) AtHead(path string, like []byte) ([]byte, bool) {
	repository, err := git.PlainOpenWithOptions(t.Dir, &git.PlainOpenOptions{EnableDotGitCommonDir: true})
	if err != nil {
		return nil, false
	}
	if storage, ok := repository.Storer.(*filesystem.Storage); ok {
		// Clones made with --shared and --reference have their objects elsewhere.
		options := filesystem.Options{AlternatesFS: osfs.New("/")}
		repository.Storer = filesystem.NewStorageWithOptions(storage.Filesystem(), cache.NewObjectLRUDefault(), options)
	}
	head, err := repository.Head()
	if err != nil {
		return nil, false
	}
	commit, err := repository.CommitObject(head.Hash())
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
	if bytes.Contains(like, []byte("\r\n")) && !bytes.Contains(b, []byte("\r\n")) { // core.autocrlf
		b = bytes.ReplaceAll(b, []byte("\n"), []byte("\r\n"))
	}
	return b, true
}
