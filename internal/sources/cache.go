package sources

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"mpwolf/internal/hint"

	"github.com/rogpeppe/go-internal/lockedfile"
)

// CacheEnv names the environment variable that says where the cache is.
const CacheEnv = "MPWOLF_CACHE"

// Cache is a directory that holds fetched source trees. Its entries are complete or absent, and
// several processes may use it at once.
type Cache struct{ Dir string }

// DefaultCache is MPWOLF_CACHE, or mpwolf in the user's cache directory.
func DefaultCache() (Cache, error) {
	if dir := os.Getenv(CacheEnv); dir != "" {
		abs, err := filepath.Abs(dir)
		return Cache{Dir: abs}, err
	}
	dir, err := os.UserCacheDir()
	if err != nil {
		return Cache{}, hint.With(fmt.Errorf("find the user's cache directory: %w", err),
			"set "+CacheEnv+" to a directory")
	}
	return Cache{Dir: filepath.Join(dir, "mpwolf")}, nil
}

// Entry is the path of the entry with this key, which is one path element. If the cache lacks
// it, fill is called with an empty directory to put it in; the entry appears only after fill has
// returned nil. An entry that has been changed since is rebuilt.
func (c Cache) Entry(
	ctx context.Context, key string, log Log, fill func(dir string) error,
) (string, error) {
	if !filepath.IsLocal(key) || filepath.Base(key) != key {
		return "", fmt.Errorf("%q cannot be the name of a cache entry", key)
	}
	unlock, err := c.lock(ctx, key, log)
	if err != nil {
		return "", err
	}
	defer unlock()
	dir := filepath.Join(c.Dir, key)
	switch err := checkStamp(dir); {
	case err == nil:
		return dir, nil
	case !errors.Is(err, fs.ErrNotExist):
		log.Printf("the cached %s is damaged (%v); fetching it again", key, err)
	}
	if err := os.RemoveAll(dir); err != nil {
		return "", fmt.Errorf("remove damaged cache entry: %w", err)
	}
	return dir, build(dir, newMode, func(part string) error {
		if err := fill(part); err != nil {
			return err
		}
		return writeStamp(part)
	})
}

// Into makes a directory of the user's the way Entry makes an entry of the cache: fill gets an
// empty directory beside it, which gets its name once fill has returned nil. The directory must
// be missing or empty.
func (c Cache) Into(ctx context.Context, dir string, log Log, fill func(dir string) error) error {
	abs, err := filepath.Abs(dir)
	if err != nil {
		return err
	}
	// The lock is in the cache, not beside the directory: lock files stay.
	unlock, err := c.lock(ctx, "into-"+filepath.Base(abs)+"-"+ShortHash(abs), log)
	if err != nil {
		return err
	}
	defer unlock()
	mode, err := free(abs)
	if err != nil {
		return hint.With(err, "name a new directory")
	}
	return build(abs, mode, fill)
}

// free reports whether a directory can be made under a name: there is nothing yet, or an empty
// directory, whose mode is returned. The current directory is not replaced: a shell that is in it
// would be nowhere.
func free(dir string) (fs.FileMode, error) {
	info, err := os.Lstat(dir)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return newMode, nil
	case err != nil:
		return 0, err
	case info.Mode()&fs.ModeSymlink != 0:
		return 0, fmt.Errorf("%q exists and is a symbolic link, not an empty directory", dir)
	case !info.IsDir():
		return 0, fmt.Errorf("%q exists and is a file, not an empty directory", dir)
	}
	if here, err := os.Stat("."); err == nil && os.SameFile(here, info) {
		return 0, fmt.Errorf("%q is the current directory, which cannot be replaced", dir)
	}
	entries, err := os.ReadDir(dir)
	if err == nil && len(entries) > 0 {
		err = fmt.Errorf("%q exists and is not an empty directory", dir)
	}
	return info.Mode(), err
}

// newMode is that of a new directory, before the user's mask.
const newMode = 0o755

// build fills a directory beside dir and gives it dir's name and that mode; an empty directory of
// that name is replaced. What an earlier run left unfinished is removed first; the caller holds
// the lock.
func build(dir string, mode fs.FileMode, fill func(part string) error) error {
	part := filepath.Join(filepath.Dir(dir), "."+filepath.Base(dir)+".mpwolf-part")
	if err := errors.Join(os.RemoveAll(part), os.RemoveAll(part+tempEnding)); err != nil {
		return fmt.Errorf("remove what an interrupted run left: %w", err)
	}
	if err := os.MkdirAll(part, newMode); err != nil {
		return err
	}
	err := fill(part)
	if err == nil {
		err = syncTree(part)
	}
	if err == nil && mode != newMode {
		err = os.Chmod(part, mode)
	}
	if err == nil {
		err = replaceEmpty(part, dir)
	}
	if err != nil {
		return errors.Join(err, os.RemoveAll(part))
	}
	return syncDir(filepath.Dir(dir))
}

// replaceEmpty renames a directory, where there may be an empty one, and nothing else. os.Rename
// does not replace it.
func replaceEmpty(from, to string) error {
	if info, err := os.Lstat(to); err == nil && info.IsDir() {
		if err := os.Remove(to); err != nil {
			return err
		}
	}
	return os.Rename(from, to)
}

// lockPatience is how long to wait for a lock before reporting it.
const lockPatience = 300 * time.Millisecond

// lock takes the lock of a key, for other processes as well as for other goroutines. It is the
// system's own lock on an open file, so a killed process leaves none behind.
func (c Cache) lock(ctx context.Context, key string, log Log) (unlock func(), err error) {
	if c.Dir == "" {
		return nil, errors.New("no cache directory is set")
	}
	locks := filepath.Join(c.Dir, "locks")
	if err := os.MkdirAll(locks, 0o755); err != nil {
		return nil, fmt.Errorf("make the cache directory: %w", err)
	}
	type result struct {
		unlock func()
		err    error
	}
	done := make(chan result, 1)
	go func() {
		unlock, err := lockedfile.MutexAt(filepath.Join(locks, key)).Lock()
		done <- result{unlock, err}
	}()
	patience := time.NewTimer(lockPatience)
	defer patience.Stop()
	for {
		select {
		case r := <-done:
			return r.unlock, r.err
		case <-patience.C:
			log.Printf("waiting for another mpwolf that is fetching %s", key)
		case <-ctx.Done():
			// The request for the lock cannot be cancelled: release the lock as soon as it
			// comes.
			go func() {
				if r := <-done; r.err == nil {
					r.unlock()
				}
			}()
			return nil, fmt.Errorf("wait for the lock of %s: %w", key, ctx.Err())
		}
	}
}

// WithTemp calls do with a new directory beside the one that Entry or Into gave, and removes it
// afterwards.
func WithTemp(dir string, do func(temp string) error) error {
	temp := dir + tempEnding
	if err := os.Mkdir(temp, 0o755); err != nil {
		return err
	}
	return errors.Join(do(temp), os.RemoveAll(temp))
}

// tempEnding turns the other directory's name into WithTemp's; build removes both when they are
// left over.
const tempEnding = "-download"

// Has reports whether the cache holds an undamaged entry with this key.
func (c Cache) Has(key string) bool { return checkStamp(filepath.Join(c.Dir, key)) == nil }

// Exists reports whether the cache has an entry, which may be damaged: Entry looks at that.
func (c Cache) Exists(key string) bool {
	_, err := os.Stat(filepath.Join(c.Dir, key))
	return err == nil
}

// ShortHash makes a part of a cache key out of a URL or a path.
func ShortHash(s string) string {
	sum := sha256.Sum256([]byte(s))
	return hex.EncodeToString(sum[:6])
}
