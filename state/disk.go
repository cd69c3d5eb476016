package state

import (
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
)

// tempPattern names files that are being written.
const tempPattern = ".tmp-*"

// writeFile writes a file under a temporary name, makes sure that it is on the disk, and renames it.
func writeFile(name string, text []byte, mode fs.FileMode) error {
	temp, err := os.CreateTemp(filepath.Dir(name), tempPattern)
	if err != nil {
		return fmt.Errorf("write %s: %w", name, err)
	}
	defer os.Remove(temp.Name()) // gone already when all went well
	_, err = temp.Write(text)
	if err == nil {
		err = temp.Chmod(mode)
	}
	if err == nil {
		err = temp.Sync()
	}
	if closing := temp.Close(); err == nil {
		err = closing
	}
	if err == nil {
		err = os.Rename(temp.Name(), name)
	}
	if err != nil {
		return fmt.Errorf("write %s: %w", name, err)
	}
	return nil
}

// syncDir makes a rename in a folder lasting.
func syncDir(dir string) error {
	if runtime.GOOS == "windows" {
		return nil // has no such call, and renames last without
	}
	f, err := os.Open(dir)
	if err != nil {
		return err
	}
	defer f.Close()
	if err := f.Sync(); err != nil {
		return fmt.Errorf("sync %s: %w", dir, err)
	}
	return nil
}
