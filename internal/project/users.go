package project

import (
	"errors"
	"io/fs"
	"os"

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
// the list there and to their records.
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
	return found, nil
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
