package micropython

import (
	"bytes"

	"github.com/go-git/go-git/v5/plumbing"
	"github.com/go-git/go-git/v5/plumbing/object"
	"github.com/go-git/go-git/v5/plumbing/storer"
)

// farthest is how many commits Before looks at.
const farthest = 2000

// Before finds the commit before the one that added a text to a file: the newest one, on the line
// of first parents from the commit that is checked out, whose file does not contain it. It returns
// a function that gives files of that commit as AtHead does, or nil: the file of the first commit
// has the text, or the history is too long, or ends there, as in a shallow clone.
func (t *Tree) Before(path string, text []byte) func(path string, like []byte) ([]byte, bool) {
	storage, err := t.storage()
	if storage == nil || err != nil {
		return nil
	}
	head, err := storer.ResolveReference(storage, plumbing.HEAD)
	if err != nil {
		return nil
	}
	hash := head.Hash()
	var same plumbing.Hash // of the file that has the text
	for range farthest {
		commit, err := object.GetCommit(storage, hash)
		if err != nil {
			return nil
		}
		tree, err := commit.Tree()
		if err != nil {
			return nil
		}
		entry, err := tree.FindEntry(path)
		if err != nil {
			return nil // the file came with the text, or cannot be read
		}
		if entry.Hash != same {
			file, err := tree.TreeEntryFile(entry)
			if err != nil {
				return nil
			}
			now, err := file.Contents()
			if err != nil {
				return nil
			}
			if !bytes.Contains([]byte(now), text) {
				return func(path string, like []byte) ([]byte, bool) {
					return fileOf(tree, path, like)
				}
			}
			same = entry.Hash
		}
		if len(commit.ParentHashes) == 0 {
			return nil
		}
		hash = commit.ParentHashes[0]
	}
	return nil
}
