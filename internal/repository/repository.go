// Package repository finds the top of the git repository that a directory is in. It reads only
// as much of .git as that needs.
package repository

import (
	"os"
	"path/filepath"
	"strings"
)

// Top is the top of the repository that a directory is in: of the outermost one, if it is in a
// submodule. Without a repository it is the directory itself.
func Top(dir string) string {
	for at := dir; ; at = filepath.Dir(at) {
		if IsTop(at) {
			return at
		}
		if at == filepath.Dir(at) {
			return dir
		}
	}
}

// IsTop reports whether a directory is the top of a repository that is not a submodule of another.
func IsTop(dir string) bool {
	git := filepath.Join(dir, ".git")
	info, err := os.Stat(git)
	if err != nil {
		return false
	}
	if info.IsDir() {
		return true
	}
	// A submodule's .git names .git/modules/NAME, that of a linked work tree
	// .git/worktrees/NAME.
	text, err := os.ReadFile(git)
	return err == nil && !strings.Contains(filepath.ToSlash(string(text)), "/modules/")
}
