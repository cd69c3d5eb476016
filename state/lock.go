package state

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/gofrs/flock"
)

// lockWait is how long a second mpwolf on the same tree waits for the first; a patch takes far less.
const lockWait = 30 * time.Second

// Lock is held while a tree is changed. The system frees it when the process ends, however it ends.
type Lock struct {
	tree string
	lock *flock.Flock
}

// Acquire takes the tree's lock, makes .mpwolf if need be, and heals what a killed process left. wait is told when the
// lock is held by another.
func Acquire(ctx context.Context, tree string, wait func(holder string)) (*Lock, error) {
	dir := filepath.Join(tree, Folder)
	if err := makeFolder(dir); err != nil {
		return nil, err
	}
	name := filepath.Join(dir, lockName)
	l := &Lock{tree: tree, lock: flock.New(name)}
	ctx, cancel := context.WithTimeout(ctx, lockWait)
	defer cancel()
	waited := false
	for {
		ok, err := l.lock.TryLock()
		if !ok && err == nil && !waited {
			wait(holder(name))
			waited = true
		}
		if !ok && err == nil {
			_, err = l.lock.TryLockContext(ctx, 50*time.Millisecond)
		}
		if errors.Is(err, context.DeadlineExceeded) {
			return nil, fmt.Errorf("lock %s: still held by %s after %s", tree, holder(name), lockWait)
		}
		if err != nil && !errors.Is(err, fs.ErrNotExist) {
			return nil, fmt.Errorf("lock %s: %w", tree, err)
		}
		if err == nil && l.onDisk() {
			break
		}
		// The last holder took .mpwolf away, and our lock is on a file that no longer has a name.
		_ = l.lock.Close()
		if err := makeFolder(dir); err != nil {
			return nil, err
		}
		l.lock = flock.New(name)
	}
	if err := os.WriteFile(name, fmt.Appendf(nil, "process %d\n", os.Getpid()), 0o644); err != nil {
		l.Release()
		return nil, fmt.Errorf("lock %s: %w", tree, err)
	}
	return l, nil
}

func makeFolder(dir string) error {
	err := os.Mkdir(dir, 0o755)
	if err != nil && !errors.Is(err, fs.ErrExist) {
		return fmt.Errorf("make the record's folder: %w", err)
	}
	if info, err := os.Lstat(dir); err != nil || !info.IsDir() {
		return fmt.Errorf("%s is not a folder", dir)
	}
	ignore := filepath.Join(dir, ".gitignore")
	if _, err := os.Lstat(ignore); errors.Is(err, fs.ErrNotExist) {
		if err := os.WriteFile(ignore, []byte("*\n"), 0o644); err != nil {
			return fmt.Errorf("make the record's folder: %w", err)
		}
	}
	return nil
}

// onDisk says whether the locked file is still the one that others would lock: then they can't.
func (l *Lock) onDisk() bool {
	if !exists(l.lock.Path()) {
		return false
	}
	other := flock.New(l.lock.Path())
	ok, err := other.TryLock()
	if ok {
		_ = other.Unlock() // also closes it
	}
	return err == nil && !ok
}

func holder(name string) string {
	text, err := os.ReadFile(name)
	if who := strings.TrimSpace(string(text)); err == nil && who != "" {
		return who
	}
	return "another mpwolf"
}

// Release gives the lock back, and takes .mpwolf away if nothing is in it but what the lock put there.
func (l *Lock) Release() {
	dir := filepath.Join(l.tree, Folder)
	if _, err := os.Lstat(filepath.Join(dir, recordName)); errors.Is(err, fs.ErrNotExist) {
		l.tidy(dir)
	}
	_ = os.Truncate(filepath.Join(dir, lockName), 0) // nobody's any more; who it was is only for messages
	// The lock is free when the file is closed, whatever Close says.
	_ = l.lock.Close()
}

// tidy removes the lock's file, and the folder if nothing else is in it: a fetched tree keeps how it is built there.
func (l *Lock) tidy(dir string) {
	_ = os.Remove(filepath.Join(dir, lockName)) // what stays is found and removed by the next run
	entries, err := os.ReadDir(dir)
	if err != nil || len(entries) > 1 || (len(entries) == 1 && entries[0].Name() != ".gitignore") {
		return
	}
	_ = os.Remove(filepath.Join(dir, ".gitignore"))
	_ = os.Remove(dir)
}
