package project

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"

	"mpwolf/internal/state"
	"mpwolf/modules"
)

// User is a tree that uses the modules that are installed in a directory.
type User struct {
	Tree string
	// Record is what was applied to it.
	Record *state.Record
}

// OtherUsers are the other trees that use the modules in the project's directory, according to
// the list there and to their records. A tree beside that directory counts although the list does
// not have it, if its record names what is installed there: it was copied or renamed.
func (p *Project) OtherUsers() ([]User, error) {
	list, err := modules.Users(p.Modules)
	if err != nil {
		return nil, err
	}
	var found []User
	for _, tree := range list.Trees {
		if sameDir(tree, p.Tree.Dir) {
			continue
		}
		record, err := state.Load(tree)
		if errors.Is(err, state.ErrNotPatched) || errors.Is(err, fs.ErrNotExist) {
			continue // reverted, moved or removed since
		}
		if err != nil {
			return nil, err
		}
		if sameDir(record.Modules.Dir, p.Modules) {
			found = append(found, User{tree, record})
		}
	}
	return append(found, p.unlisted(list.Trees)...), nil
}

// unlisted are the trees beside the modules' directory that use the modules, and are not in the
// list.
func (p *Project) unlisted(listed []string) []User {
	_, id, err := modules.Installed(p.Modules)
	if err != nil {
		return nil
	}
	beside := filepath.Dir(p.Modules)
	entries, err := os.ReadDir(beside)
	if err != nil {
		return nil
	}
	var found []User
	for _, entry := range entries {
		tree := filepath.Join(beside, entry.Name())
		if !entry.IsDir() || slices.Contains(listed, tree) || sameDir(tree, p.Tree.Dir) {
			continue
		}
		record, err := state.Load(tree)
		if err == nil && record.Modules.ID == id && sameDir(record.Modules.Dir, p.Modules) {
			found = append(found, User{tree, record})
		}
	}
	return found
}

// Uses reports whether the tree is recorded as a user of the modules in the project's directory.
func (p *Project) Uses() (bool, error) {
	list, err := modules.Users(p.Modules)
	for _, tree := range list.Trees {
		if sameDir(tree, p.Tree.Dir) {
			return true, err
		}
	}
	return false, err
}

// sameDir reports whether two paths lead to the same directory.
func sameDir(a, b string) bool {
	one, err := os.Stat(a)
	if err != nil {
		return false
	}
	other, err := os.Stat(b)
	return err == nil && os.SameFile(one, other)
}
