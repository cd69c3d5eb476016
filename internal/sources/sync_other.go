//go:build !linux

package sources

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
)

// syncTree writes a directory's files to the disk before it gets its name.
func syncTree(dir string) error {
	return filepath.WalkDir(dir, func(path string, entry fs.DirEntry, err error) error {
		if err != nil || !entry.Type().IsRegular() {
			return err
		}
		f, err := os.OpenFile(path, os.O_RDWR, 0)
		if errors.Is(err, fs.ErrPermission) {
			return nil // read-only files, such as git's objects, cannot be opened for writing
		}
		if err != nil {
			return err
		}
		return errors.Join(f.Sync(), f.Close())
	})
}
