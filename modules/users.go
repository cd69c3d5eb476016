package modules

import (
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"mpwolf/internal/disk"
)

// usersName begins the name of the list of the trees that are built with what is installed.
const usersName = ".mpwolf-users"

// UserList lists the trees that use an installed module. Its paths are absolute here; in the
// file they are relative to the directory above the module's, so that everything can be moved
// together.
type UserList struct {
	// Trees are recorded as users; the caller must check what has happened to them since.
	Trees []string `json:"trees"`
	// Created are the directories that were made for the module, the outermost first.
	Created []string `json:"created,omitempty"`
}

// Users reads the users of the module below dir; the list is empty if none are recorded.
func Users(dir string) (list UserList, err error) {
	file := filepath.Join(dir, Name, usersName+".json")
	text, err := os.ReadFile(file)
	if errors.Is(err, fs.ErrNotExist) {
		return list, nil
	}
	if err != nil {
		return list, fmt.Errorf("read who uses the modules: %w", err)
	}
	if err = json.Unmarshal(text, &list); err == nil {
		list = list.moved(func(path string) string {
			if path = filepath.FromSlash(path); filepath.IsAbs(path) {
				return path
			}
			return filepath.Join(dir, path)
		})
		err = list.checkCreated(dir)
	}
	if err != nil {
		return UserList{}, &ListError{File: file, Err: err,
			Way: "remove that file; mpwolf patch, in each tree that uses the modules, " +
				"creates it again"}
	}
	return list, nil
}

func (l UserList) moved(move func(string) string) UserList {
	moved := UserList{Trees: []string{}}
	for _, tree := range l.Trees {
		moved.Trees = append(moved.Trees, move(tree))
	}
	for _, dir := range l.Created {
		moved.Created = append(moved.Created, move(dir))
	}
	return moved
}

// checkCreated refuses directories that do not contain the modules: they would be removed.
func (l UserList) checkCreated(dir string) error {
	for _, created := range l.Created {
		if rel, err := filepath.Rel(created, dir); err != nil || !filepath.IsLocal(rel) {
			return fmt.Errorf("%q was not made for the modules", created)
		}
	}
	return nil
}

// SetUsers records the users of the module in a directory, which may be a staged one.
func SetUsers(d disk.FS, module string, list UserList) error {
	list = list.moved(func(path string) string {
		if rel, err := filepath.Rel(filepath.Dir(module), path); err == nil {
			path = rel
		}
		return filepath.ToSlash(path)
	})
	slices.Sort(list.Trees)
	text, err := json.MarshalIndent(list, "", " ")
	if err != nil {
		return err
	}
	temp := filepath.Join(module, usersName+"-"+rand.Text())
	if err := disk.Write(d, temp, append(text, '\n'), 0o644); err != nil {
		return fmt.Errorf("record who uses the modules: %w", err)
	}
	if err := d.Rename(temp, filepath.Join(module, usersName+".json")); err != nil {
		_ = d.Remove(temp) // the first error is the one to tell
		return fmt.Errorf("record who uses the modules: %w", err)
	}
	return nil
}

// isOwnFile reports whether a file of an installed module is one of the lists that mpwolf keeps.
func isOwnFile(rel string) bool {
	return rel == manifestName || strings.HasPrefix(rel, usersName)
}

// ListError says that a list that mpwolf keeps with the modules is damaged, or was not written by
// mpwolf; Way is what the user can do.
type ListError struct {
	File string
	Err  error
	Way  string
}

func (e *ListError) Error() string {
	return fmt.Sprintf("read what was installed: %s: %v", e.File, e.Err)
}
func (e *ListError) Unwrap() error { return e.Err }

// Hint is what the user can do.
func (e *ListError) Hint() string { return e.Way }

// checkName refuses a path that is not a file of an installed module: what the list names is
// compared, copied and removed.
func checkName(name string) error {
	local := filepath.FromSlash(name)
	if !filepath.IsLocal(local) || filepath.ToSlash(filepath.Clean(local)) != name ||
		strings.ContainsAny(name, "\\:\x00\n\r") {
		return fmt.Errorf("it lists %q, which is no file of the module; mpwolf did not write that",
			name)
	}
	return nil
}
