package build

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"time"

	"mpwolf/internal/micropython"
	"mpwolf/internal/sources"
)

// probeCMake is Probe for a port that CMake builds. CMake needs a directory: it is one in mpwolf's
// cache, which later questions about the same target use again as long as no file that CMake has
// read changes.
func probeCMake(
	ctx context.Context, t micropython.Target, vars, args []string,
) (*Flags, error) {
	c, err := newConfiguration(ctx, t, args)
	if err != nil {
		return nil, err
	}
	cache, err := sources.DefaultCache()
	if err != nil {
		return nil, err
	}
	top := filepath.Join(cache.Dir, "cmake")
	if real, err := filepath.EvalSymlinks(cache.Dir); err == nil {
		top = filepath.Join(real, "cmake")
	}
	base := filepath.Join(top, t.ID()+"-"+shortHash(c.key()))
	for _, dir := range probeDirs(base) {
		c.dir = dir
		if c.current() {
			_ = os.Chtimes(dir, time.Time{}, time.Now()) // it is in use, see removeOld
			return c.flags(vars)
		}
	}
	removeOld(top)
	if err := os.MkdirAll(base, 0o777); err != nil {
		return nil, fmt.Errorf("configure %s: %w", t.Name(), err)
	}
	if c.dir, err = os.MkdirTemp(base, "c"); err != nil {
		return nil, fmt.Errorf("configure %s: %w", t.Name(), err)
	}
	if err := c.run(ctx); err != nil {
		return nil, errors.Join(err, os.RemoveAll(c.dir))
	}
	return c.flags(vars)
}

// probeDirs are the directories that were configured for a question, the latest first. One never
// changes once it is there: another mpwolf may use it.
func probeDirs(base string) []string {
	entries, err := os.ReadDir(base)
	if err != nil {
		return nil
	}
	slices.SortFunc(entries, func(a, b fs.DirEntry) int { return modTime(b).Compare(modTime(a)) })
	var dirs []string
	for _, entry := range entries {
		dirs = append(dirs, filepath.Join(base, entry.Name()))
	}
	return dirs
}

func modTime(entry fs.DirEntry) time.Time {
	info, err := entry.Info()
	if err != nil {
		return time.Time{}
	}
	return info.ModTime()
}

// What removeOld keeps: a directory that was used in the last hour may be in use, and of one
// question the latest may be asked again within a month.
const (
	keepUsed   = time.Hour
	keepLatest = 30 * 24 * time.Hour
)

// removeOld removes directories that are no longer needed. What cannot be removed stays.
func removeOld(top string) {
	bases, err := os.ReadDir(top)
	if err != nil {
		return
	}
	for _, base := range bases {
		for i, dir := range probeDirs(filepath.Join(top, base.Name())) {
			info, err := os.Stat(dir)
			if err != nil {
				continue
			}
			age := time.Since(info.ModTime())
			if age > keepLatest || i > 0 && age > keepUsed {
				_ = os.RemoveAll(dir)
			}
		}
		if time.Since(modTime(base)) > keepUsed { // another mpwolf may just have made it
			_ = os.Remove(filepath.Join(top, base.Name())) // if it is empty
		}
	}
}
