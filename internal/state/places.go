package state

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"time"
)

// What mpwolf keeps below Dir besides the record, which a build or a fetch may write without the
// lock.
const (
	buildsName = "build"
	savedName  = "saved"
)

// BuildDir is where verify builds something with a name, such as a target's ID.
func BuildDir(tree, name string) string { return filepath.Join(tree, Dir, buildsName, name) }

// SaveDir is a new directory for the user's files that --force is about to change.
func SaveDir(tree string) string {
	return filepath.Join(tree, Dir, savedName, time.Now().UTC().Format("20060102T150405.000Z"))
}

// MakeDir makes a directory below Dir, and keeps Dir out of git.
func MakeDir(tree, dir string) error {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return fmt.Errorf("make %s: %w", dir, err)
	}
	ignore := filepath.Join(tree, Dir, ".gitignore")
	if _, err := os.Lstat(ignore); !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	if err := os.WriteFile(ignore, []byte(ignoreText), 0o644); err != nil {
		return fmt.Errorf("keep %s out of git: %w", Dir, err)
	}
	return nil
}

// ignoreText is the .gitignore that keeps Dir, itself included, out of git.
const ignoreText = "*\n"
