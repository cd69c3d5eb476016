package config

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"mpwolf/internal/repository"
)

// ErrNone is returned by Find where there is no mpwolf.toml.
var ErrNone = errors.New("no " + Name)

// Find loads the mpwolf.toml of start's directory or of the nearest one above it. The search
// ends at the top of the git repository that start is in (submodules and MicroPython trees count
// as parts of the repository around them), and at the home directory. A file above start that
// belongs to someone else is an error: it would decide what is written here.
func Find(start string) (*File, error) {
	abs, err := filepath.Abs(start)
	if err != nil {
		return nil, err
	}
	home, _ := os.UserHomeDir() // "" is no directory's path
	for dir := abs; ; dir = filepath.Dir(dir) {
		path := filepath.Join(dir, Name)
		if _, err := os.Lstat(path); err == nil {
			if owned, err := sameOwner(path, abs); err != nil {
				return nil, fmt.Errorf("read %s: %w", Name, err)
			} else if !owned {
				return nil, fmt.Errorf("%s belongs to someone other than you and this "+
					"directory's owner, and is not read", path)
			}
			return Load(path)
		} else if !errors.Is(err, fs.ErrNotExist) {
			return nil, fmt.Errorf("look for %s: %w", Name, err)
		}
		if dir == filepath.Dir(dir) || dir == home || isTop(dir) {
			return nil, ErrNone
		}
	}
}

// isTop reports whether a directory is the top of a repository that is not a part of another.
func isTop(dir string) bool {
	if _, err := os.Stat(filepath.Join(dir, "py", "mpconfig.h")); err == nil {
		return false // a MicroPython tree, be it a clone or a submodule
	}
	return repository.IsTop(dir)
}
