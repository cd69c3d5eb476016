// Package disktest has a file system that fails where a test wants it to. Only tests use it.
package disktest

import (
	"errors"
	"io/fs"
	"sync"
	"time"

	"mpwolf/internal/disk"
)

// ErrKilled is what every change returns once the process counts as killed: nothing is done any
// more.
var ErrKilled = errors.New("killed by the test")

// Faulty counts the changes that are made through it, from 0, and lets some fail. The zero value
// of Err lets none.
type Faulty struct {
	disk.OS
	// At is the number of the first change that fails; Err what it gives.
	At  int
	Err error
	// Once makes the changes after it work again; else all fail, as on a full disk or in a
	// killed process.
	Once bool
	// Spare makes removing still work, as on a full disk.
	Spare bool

	mu    sync.Mutex
	count int
	names []string
}

// Count is how many changes were requested; Names what they were.
func (f *Faulty) Count() int      { return f.count }
func (f *Faulty) Names() []string { return f.names }

// step counts one change and reports whether it fails.
func (f *Faulty) step(name string, removes bool) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	at := f.count
	f.count++
	f.names = append(f.names, name)
	if f.Err == nil || at < f.At || (f.Once && at > f.At) || (f.Spare && removes) {
		return nil
	}
	return f.Err
}

// Create counts as one change, and so does each that is made to the file.
func (f *Faulty) Create(name string, mode fs.FileMode) (disk.File, error) {
	if err := f.step("create "+name, false); err != nil {
		return nil, &fs.PathError{Op: "create", Path: name, Err: err}
	}
	file, err := f.OS.Create(name, mode)
	if err != nil {
		return nil, err
	}
	return &faultyFile{file, f, name}, nil
}

// Mkdir makes a directory or fails.
func (f *Faulty) Mkdir(name string, mode fs.FileMode) error {
	if err := f.step("mkdir "+name, false); err != nil {
		return &fs.PathError{Op: "mkdir", Path: name, Err: err}
	}
	return f.OS.Mkdir(name, mode)
}

// Rename renames or fails.
func (f *Faulty) Rename(from, to string) error {
	if err := f.step("rename "+from+" "+to, false); err != nil {
		return &fs.PathError{Op: "rename", Path: to, Err: err}
	}
	return f.OS.Rename(from, to)
}

// Remove removes or fails.
func (f *Faulty) Remove(name string) error {
	if err := f.step("remove "+name, true); err != nil {
		return &fs.PathError{Op: "remove", Path: name, Err: err}
	}
	return f.OS.Remove(name)
}

// Symlink makes a link or fails.
func (f *Faulty) Symlink(target, name string) error {
	if err := f.step("symlink "+name, false); err != nil {
		return &fs.PathError{Op: "symlink", Path: name, Err: err}
	}
	return f.OS.Symlink(target, name)
}

// Chtimes sets a time or fails.
func (f *Faulty) Chtimes(name string, mtime time.Time) error {
	if err := f.step("chtimes "+name, false); err != nil {
		return &fs.PathError{Op: "chtimes", Path: name, Err: err}
	}
	return f.OS.Chtimes(name, mtime)
}

// Lchown sets an owner or fails.
func (f *Faulty) Lchown(name string, uid, gid int) error {
	if err := f.step("lchown "+name, false); err != nil {
		return &fs.PathError{Op: "lchown", Path: name, Err: err}
	}
	return f.OS.Lchown(name, uid, gid)
}

// SyncDir fails or does nothing: no test cuts the power.
func (f *Faulty) SyncDir(dir string) error {
	if err := f.step("sync "+dir, false); err != nil {
		return &fs.PathError{Op: "sync", Path: dir, Err: err}
	}
	return nil
}

type faultyFile struct {
	disk.File
	fs   *Faulty
	name string
}

// Write fails after half of the bytes: a disk that is full takes some.
func (f *faultyFile) Write(b []byte) (int, error) {
	if err := f.fs.step("write "+f.name, false); err != nil {
		n, _ := f.File.Write(b[:len(b)/2])
		return n, &fs.PathError{Op: "write", Path: f.name, Err: err}
	}
	return f.File.Write(b)
}

func (f *faultyFile) Chmod(mode fs.FileMode) error {
	if err := f.fs.step("chmod "+f.name, false); err != nil {
		return &fs.PathError{Op: "chmod", Path: f.name, Err: err}
	}
	return f.File.Chmod(mode)
}

func (f *faultyFile) Sync() error {
	if err := f.fs.step("sync "+f.name, false); err != nil {
		return &fs.PathError{Op: "sync", Path: f.name, Err: err}
	}
	return nil
}

func (f *faultyFile) Close() error {
	closed := f.File.Close()
	if err := f.fs.step("close "+f.name, false); err != nil {
		return &fs.PathError{Op: "close", Path: f.name, Err: err}
	}
	return closed
}
