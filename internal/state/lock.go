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

	"mpwolf/internal/disk"
)

// lockWait is how long a second mpwolf on the same tree waits for the first; a patch takes far
// less.
const lockWait = 30 * time.Second

// Lock is held while a tree is changed. The system frees it when the process ends, however it
// ends.
type Lock struct {
	tree string
	lock *flock.Flock
	disk disk.FS
	run  string
}

// Acquire takes the tree's lock, creates .mpwolf if needed, and recovers from what a killed
// process left. wait is called if another process holds the lock.
//
// run is the command that takes it, for the messages of others; all changes go through d.
func Acquire(
	ctx context.Context, d disk.FS, tree, run string, wait func(holder string),
) (*Lock, error) {
	dir := filepath.Join(tree, Dir)
	if err := makeDir(d, dir); err != nil {
		return nil, err
	}
	name := filepath.Join(dir, lockName)
	l := &Lock{tree: tree, lock: flock.New(name), disk: d, run: run}
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
			return nil, fmt.Errorf("lock %s: still held by %s after %s", tree,
				holder(name), lockWait)
		}
		if err != nil && !errors.Is(err, fs.ErrNotExist) {
			return nil, fmt.Errorf("lock %s: %w", tree, err)
		}
		if err == nil && l.onDisk() {
			break
		}
		// The last holder removed .mpwolf, and our lock is on a file that no longer has a name.
		_ = l.lock.Close()
		if err := makeDir(d, dir); err != nil {
			return nil, err
		}
		l.lock = flock.New(name)
	}
	// Who holds it is only for messages; a full disk is reported by what follows.
	who := fmt.Appendf(nil, "mpwolf %s, process %d, since %s\n", run, os.Getpid(),
		time.Now().Format(time.DateTime))
	_ = os.WriteFile(name, who, 0o644)
	return l, nil
}

// makeDir makes .mpwolf. Whoever holds the lock may remove it meanwhile, see tidy: then it is made
// again.
func makeDir(d disk.FS, dir string) error {
	var err error
	for range 100 {
		err = d.Mkdir(dir, 0o755)
		if err != nil && !errors.Is(err, fs.ErrExist) {
			break
		}
		if err := Guard(filepath.Dir(dir)); err != nil {
			return err
		}
		ignore := filepath.Join(dir, ".gitignore")
		if disk.Exists(ignore) {
			return nil
		}
		err = disk.Write(d, ignore, []byte(ignoreText), 0o644)
		if err == nil || errors.Is(err, fs.ErrExist) {
			return nil
		}
		if !errors.Is(err, fs.ErrNotExist) {
			_ = d.Remove(dir) // stays if it is not empty
			break
		}
	}
	return fmt.Errorf("make the record's directory: %w", err)
}

// Guard refuses a tree whose .mpwolf is, or contains, a link: what is written there would go
// elsewhere. mpwolf makes no links, but a cloned repository may contain some.
func Guard(tree string) error {
	dir := filepath.Join(tree, Dir)
	info, err := os.Lstat(dir)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	if !info.IsDir() {
		return fmt.Errorf("%s is not a directory", dir)
	}
	entries, err := os.ReadDir(dir)
	if err != nil {
		return err
	}
	for _, entry := range entries {
		if !entry.IsDir() && !entry.Type().IsRegular() {
			return fmt.Errorf("%s is neither file nor directory; mpwolf did not make it",
				filepath.Join(dir, entry.Name()))
		}
	}
	return nil
}

// onDisk reports whether the locked file is still the one that others would lock.
func (l *Lock) onDisk() bool {
	if !disk.Exists(l.lock.Path()) {
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

// Release releases the lock, and removes .mpwolf if it contains only what the lock put there.
func (l *Lock) Release() {
	dir := filepath.Join(l.tree, Dir)
	if _, err := os.Lstat(filepath.Join(dir, recordName)); errors.Is(err, fs.ErrNotExist) {
		l.tidy(dir)
	}
	// the lock has no holder now; the name is only for messages
	_ = os.Truncate(filepath.Join(dir, lockName), 0)
	// The lock is free when the file is closed, whatever Close says.
	_ = l.lock.Close()
}

// tidy removes the lock's file, and the directory if nothing else is in it: a fetched tree keeps
// its build options there.
func (l *Lock) tidy(dir string) {
	// what stays is found and removed by the next run
	_ = l.disk.Remove(filepath.Join(dir, lockName))
	entries, err := os.ReadDir(dir)
	if err != nil || len(entries) > 1 || (len(entries) == 1 && entries[0].Name() != ".gitignore") {
		return
	}
	_ = l.disk.Remove(filepath.Join(dir, ".gitignore"))
	_ = l.disk.Remove(dir)
}
