package patches

import (
	"io"

	"github.com/go-git/go-git/v5/plumbing"
	"github.com/go-git/go-git/v5/plumbing/filemode"
	fdiff "github.com/go-git/go-git/v5/plumbing/format/diff"
	"github.com/go-git/go-git/v5/utils/diff"
	"github.com/sergi/go-diff/diffmatchpatch"
)

// contextLines is what git shows around a change.
const contextLines = 3

// Diff writes the changes as a unified diff that git apply takes.
func Diff(w io.Writer, changes []Change) error {
	return fdiff.NewUnifiedEncoder(w, contextLines).Encode(changeSet(changes))
}

// changeSet is a list of changes in the form that go-git's encoder requires.
type changeSet []Change

func (c changeSet) Message() string { return "" }

func (c changeSet) FilePatches() []fdiff.FilePatch {
	patches := make([]fdiff.FilePatch, len(c))
	for i, change := range c {
		patches[i] = filePatch{change}
	}
	return patches
}

type filePatch struct{ change Change }

func (p filePatch) IsBinary() bool { return false }

func (p filePatch) Files() (from, to fdiff.File) {
	return diffFile{p.change, p.change.Before}, diffFile{p.change, p.change.After}
}

func (p filePatch) Chunks() []fdiff.Chunk {
	var chunks []fdiff.Chunk
	for _, d := range diff.Do(string(p.change.Before), string(p.change.After)) {
		chunks = append(chunks, chunk{d})
	}
	return chunks
}

type diffFile struct {
	change Change
	text   []byte
}

func (f diffFile) Hash() plumbing.Hash { return plumbing.ComputeHash(plumbing.BlobObject, f.text) }
func (f diffFile) Path() string        { return f.change.Path }

func (f diffFile) Mode() filemode.FileMode {
	if f.change.Mode.Perm()&0o100 != 0 {
		return filemode.Executable
	}
	return filemode.Regular
}

type chunk struct{ diff diffmatchpatch.Diff }

func (c chunk) Content() string { return c.diff.Text }

func (c chunk) Type() fdiff.Operation {
	switch c.diff.Type {
	case diffmatchpatch.DiffInsert:
		return fdiff.Add
	case diffmatchpatch.DiffDelete:
		return fdiff.Delete
	}
	return fdiff.Equal
}
