package state

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"mpwolf/internal/disk"
)

// Outcome is how an interrupted run ended.
type Outcome int

// The outcomes.
const (
	NotInterrupted Outcome = iota
	BackToBefore           // the tree is as it was before that run
	Finished               // the run had done its work, and the tree is in the state after it
)

// Recover restores a tree that a killed process left half changed, and returns what it found.
// Otherwise it does nothing.
func (l *Lock) Recover() (Outcome, error) {
	changing.Add(1)
	defer changing.Add(-1)
	text, err := os.ReadFile(l.path(journalName))
	if errors.Is(err, fs.ErrNotExist) {
		outcome := NotInterrupted
		switch {
		case disk.Exists(l.path(doneName)):
			outcome = Finished
		case disk.Exists(l.path(stageName)) || disk.Exists(l.path(intentName)):
			outcome = BackToBefore // it was still preparing
		}
		return outcome, l.sweep()
	}
	if err != nil {
		return BackToBefore, fmt.Errorf("read journal: %w", err)
	}
	var j journal
	if err := json.Unmarshal(text, &j); err != nil {
		return BackToBefore, fmt.Errorf("read journal %s: %w", l.path(journalName), err)
	}
	for i, f := range slices.Backward(j.Files) {
		if err := l.back(f, i); err != nil {
			return BackToBefore, err
		}
	}
	if j.Settings != nil {
		if err := l.settingsBack(j.Settings); err != nil {
			return BackToBefore, err
		}
	}
	if j.Fragment != nil {
		if err := l.putFragment(j.Fragment, !j.Fragment.Remove); err != nil {
			return BackToBefore, err
		}
	}
	if j.Swap != nil {
		if err := l.swapBack(j.Swap); err != nil {
			return BackToBefore, err
		}
	}
	if err := l.disk.Remove(l.path(journalName)); err != nil {
		return BackToBefore, fmt.Errorf("finish going back: %w", err)
	}
	return BackToBefore, l.sweep()
}

// sweep removes what a killed process prepared and nothing refers to.
func (l *Lock) sweep() error {
	record, err := Load(l.tree)
	if err != nil && !errors.Is(err, ErrNotPatched) {
		return err
	}
	l.dropBlobs(record)
	_ = l.disk.Remove(l.path(blobsName)) // stays if it is not empty
	l.dropTemps()
	if record == nil {
		_ = l.disk.Remove(l.path(stampsName)) // without a record it is useless
		if err := disk.RemoveAll(l.disk, l.path("build")); err != nil {
			return fmt.Errorf("remove the build directory: %w", err)
		}
	}
	if err := disk.RemoveAll(l.disk, l.path(stageName)); err != nil {
		return err
	}
	if err := l.cleanUp(); err != nil {
		return err
	}
	if disk.Exists(l.path(doneName)) {
		return l.disk.Remove(l.path(doneName))
	}
	return nil
}

// dropTemps removes files that a killed process was writing; one that remains is harmless.
func (l *Lock) dropTemps() {
	for _, dir := range []string{l.path(), l.path(blobsName)} {
		entries, err := os.ReadDir(dir)
		if err != nil {
			continue
		}
		for _, entry := range entries {
			if strings.HasPrefix(entry.Name(), tempStart) {
				_ = l.disk.Remove(filepath.Join(dir, entry.Name()))
			}
		}
	}
}

// Interrupted reports whether a killed process left the tree half changed.
func Interrupted(tree string) bool {
	return slices.ContainsFunc([]string{journalName, intentName, stageName},
		func(name string) bool { return disk.Exists(filepath.Join(tree, Dir, name)) })
}

// back restores one file if the killed process had written it; a file that has neither the old
// nor the new bytes was edited since, and is not touched.
func (l *Lock) back(f journalFile, n int) error {
	target, err := l.inTree(f.Path)
	if err != nil {
		return err
	}
	now := ""
	text, err := os.ReadFile(target)
	switch {
	case err == nil:
		now = disk.Hash(text)
	case !errors.Is(err, fs.ErrNotExist):
		return fmt.Errorf("go back: %w", err)
	}
	switch now {
	case f.Old:
		return nil
	case f.New:
		return l.put(f, "old", n)
	}
	return fmt.Errorf("go back: %s was edited after an interrupted run; its previous bytes "+
		"are in %s",
		f.Path, l.path(stageName, staged("old", n)))
}

func (l *Lock) path(names ...string) string {
	return filepath.Join(append([]string{l.tree, Dir}, names...)...)
}

// inTree gives the absolute path of a file of the tree, and refuses one that leads out of it.
func (l *Lock) inTree(path string) (string, error) {
	local := filepath.FromSlash(path)
	if err := CheckPath(path); err != nil && path != Dir+"/"+recordName {
		return "", err
	}
	top, err := filepath.EvalSymlinks(l.tree)
	if err != nil {
		return "", err
	}
	target := filepath.Join(l.tree, local)
	dir, err := filepath.EvalSymlinks(filepath.Dir(target))
	if err != nil {
		return "", err
	}
	if rel, err := filepath.Rel(top, dir); err != nil || !filepath.IsLocal(rel) {
		return "", fmt.Errorf("%q leads out of the tree", path)
	}
	if info, err := os.Lstat(target); err == nil && !info.Mode().IsRegular() {
		return "", fmt.Errorf("%q is not a regular file", path)
	}
	return target, nil
}
