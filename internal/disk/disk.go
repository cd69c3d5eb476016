// Package disk is the layer through which mpwolf changes files where the user must not lose
// anything, so that a test can make any single step fail or be the last. It does not know what
// the files are.
package disk

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"time"
)

// FS makes changes on disk, each of which happens or does not. Reading needs no layer.
type FS interface {
	// Create makes a new file for writing; it fails if anything has that name.
	Create(name string, mode fs.FileMode) (File, error)
	Mkdir(name string, mode fs.FileMode) error
	// Rename replaces a file with another, or moves a directory to a free name.
	Rename(from, to string) error
	// Remove removes a file or an empty directory.
	Remove(name string) error
	Symlink(target, name string) error
	Chtimes(name string, mtime time.Time) error
	Lchown(name string, uid, gid int) error
	// SyncDir makes the names in a directory durable.
	SyncDir(dir string) error
}

// File is a file that is being written.
type File interface {
	io.WriteCloser
	Chmod(mode fs.FileMode) error
	Sync() error
}

// OS is the machine's file system.
type OS struct{}

// Create makes a new file.
func (OS) Create(name string, mode fs.FileMode) (File, error) {
	f, err := os.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_EXCL, mode)
	if err != nil {
		return nil, err // not a nil *os.File in an interface
	}
	return f, nil
}

// Mkdir makes one directory.
func (OS) Mkdir(name string, mode fs.FileMode) error { return os.Mkdir(name, mode) }

// Rename gives a file or directory another name.
func (OS) Rename(from, to string) error { return os.Rename(from, to) }

// Remove removes a file or an empty directory.
func (OS) Remove(name string) error { return os.Remove(name) }

// Symlink makes a link.
func (OS) Symlink(target, name string) error { return os.Symlink(target, name) }

// Chtimes sets a file's time of modification.
func (OS) Chtimes(name string, mtime time.Time) error { return os.Chtimes(name, mtime, mtime) }

// Lchown gives a file to another owner.
func (OS) Lchown(name string, uid, gid int) error { return os.Lchown(name, uid, gid) }

// SyncDir makes the names in a directory durable.
func (OS) SyncDir(dir string) error {
	if runtime.GOOS == "windows" {
		return nil // has no such call, and renames are durable without it
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

// MkdirAll makes a directory and those above it that are missing.
func MkdirAll(d FS, dir string, mode fs.FileMode) error {
	info, err := os.Stat(dir)
	if err == nil && info.IsDir() {
		return nil
	}
	if err == nil {
		return &fs.PathError{Op: "mkdir", Path: dir, Err: errors.New("not a directory")}
	}
	if parent := filepath.Dir(dir); parent != dir {
		if err := MkdirAll(d, parent, mode); err != nil {
			return err
		}
	}
	if err := d.Mkdir(dir, mode); err != nil && !errors.Is(err, fs.ErrExist) {
		return err
	}
	return nil
}

// RemoveAll removes a file, or a directory with everything in it; links are removed, not
// followed. A missing name is not an error.
func RemoveAll(d FS, name string) error {
	info, err := os.Lstat(name)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	if info.IsDir() {
		entries, err := os.ReadDir(name)
		if err != nil {
			return err
		}
		for _, entry := range entries {
			if err := RemoveAll(d, filepath.Join(name, entry.Name())); err != nil {
				return err
			}
		}
	}
	if err := d.Remove(name); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return nil
}

// Write makes a new file with these bytes, on the disk when it returns. On error the file is
// removed again.
func Write(d FS, name string, text []byte, mode fs.FileMode) error {
	f, err := d.Create(name, 0o600)
	if err != nil {
		return err
	}
	_, err = f.Write(text)
	if err == nil {
		err = f.Chmod(mode)
	}
	if err == nil {
		err = f.Sync()
	}
	if closing := f.Close(); err == nil {
		err = closing
	}
	if err != nil {
		_ = d.Remove(name) // the first error is the one to report
	}
	return err
}

// Exists reports whether anything has a name, even a dangling link.
func Exists(name string) bool {
	_, err := os.Lstat(name)
	return err == nil
}

// Hash is the SHA-256 of bytes, in hex.
func Hash(text []byte) string {
	sum := sha256.Sum256(text)
	return hex.EncodeToString(sum[:])
}

// HashFile is the SHA-256 of a file's bytes, in hex.
func HashFile(name string) (string, error) {
	f, err := os.Open(name)
	if err != nil {
		return "", err
	}
	defer f.Close()
	h := sha256.New()
	if _, err := io.Copy(h, f); err != nil {
		return "", err
	}
	return hex.EncodeToString(h.Sum(nil)), nil
}
