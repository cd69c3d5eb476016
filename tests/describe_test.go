package tests_test

import (
	"crypto/sha256"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
)

// describeOne is the name of a file relative to dir, its mode, and the hash of its bytes or the
// target of the link.
func describeOne(dir, name string, entry fs.DirEntry) (string, error) {
	rel, err := filepath.Rel(dir, name)
	if err != nil {
		return "", err
	}
	info, err := entry.Info()
	if err != nil {
		return "", err
	}
	content := ""
	switch {
	case info.Mode().IsRegular():
		text, err := os.ReadFile(name)
		if err != nil {
			return "", err
		}
		content = fmt.Sprintf("%x", sha256.Sum256(text))
	case info.Mode()&fs.ModeSymlink != 0:
		if content, err = os.Readlink(name); err != nil {
			return "", err
		}
	}
	return fmt.Sprintf("%s %s %s\n", rel, info.Mode(), content), nil
}
