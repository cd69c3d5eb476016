package state

import (
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync/atomic"

	"mpwolf/internal/disk"
)

// Write is a file of the tree that gets new bytes.
type Write struct {
	// Path is relative to the tree, with slashes.
	Path string
	// Before are the bytes that the plan was made for; the file must still have them.
	Before, After []byte
}

// Swap replaces a directory with a prepared one, or removes it.
type Swap struct {
	// Dir is the directory's absolute path; it is called SwapName.
	Dir string
	// Staged is a directory beside it that replaces it; empty: Dir is removed.
	Staged string
	// Created are the directories above Dir that were created for it, the outermost first; if
	// they end up empty, they are removed.
	Created []string
}

// Change is everything that is done at once.
type Change struct {
	Writes []Write
	Swap   *Swap
	// Fragment is written or removed with the swap, or without one.
	Fragment *Fragment
	// Settings is the mpwolf.toml that changes as well; nil if none does.
	Settings *Settings
	// Record is the tree's new record; nil removes it.
	Record *Record
	// Check is called when everything is in place; its error undoes everything. nil checks
	// nothing.
	Check func() error
}

// journal is what a killed process leaves for the next one: enough to undo its work.
type journal struct {
	// Run is the command that made it.
	Run   string        `json:"run,omitempty"`
	Files []journalFile `json:"files"`
	Swap  *journalSwap  `json:"swap,omitempty"`
	// Fragment is written after the swap.
	Fragment *journalFragment `json:"fragment,omitempty"`
	// Settings are written after that.
	Settings *journalSettings `json:"settings,omitempty"`
}

// journalFile is one file: Old and New are hashes, empty where the file does not exist.
type journalFile struct {
	Path string `json:"path"`
	Old  string `json:"old"`
	New  string `json:"new"`
}

type journalSwap struct {
	Dir    string `json:"dir"`
	Staged string `json:"staged"`
	Aside  string `json:"aside"`
}

// intent lists what a process creates outside the tree temporarily; if it is killed, the next
// one removes that.
type intent struct {
	// Directories are prepared directories and replaced ones, and files that are being written,
	// Created the directories that were
	// made for them.
	Directories []string `json:"directories"`
	Created     []string `json:"created,omitempty"`
}

// temporary begins the name of every temporary directory. Nothing with another name is ever
// removed because a file says so.
const temporary = ".mpwolf-staged-"

// SwapName is the name of the only directory that is ever swapped, the user modules': a journal
// that names another was not written by mpwolf.
const SwapName = "micropython-wolfssl"

// TemporaryName is a new name in dir for a directory that Announce names.
func TemporaryName(dir string) string { return filepath.Join(dir, temporary+rand.Text()) }

// Announce records that a directory, whose name is a TemporaryName, will be prepared, and the
// directories above it that will be created for it. It comes first, so that nothing is left
// behind if the process is killed.
func (l *Lock) Announce(staged string, created []string) error {
	return l.announce(intent{Directories: []string{staged}, Created: created})
}

func (l *Lock) announce(i intent) error {
	text, err := json.Marshal(i)
	if err != nil {
		return fmt.Errorf("prepare: %w", err)
	}
	return l.write(intentName, text)
}

// check refuses an intent that mpwolf cannot have written.
func (i intent) check() error {
	for _, directory := range i.Directories {
		if directory != "" && !isTemporary(directory) {
			return fmt.Errorf("%q is not a temporary directory of mpwolf", directory)
		}
	}
	for _, dir := range i.Created {
		holds := func(directory string) bool { return directory != "" && isAbove(dir, directory) }
		if !slices.ContainsFunc(i.Directories, holds) {
			return fmt.Errorf("%q was not made for any directory of mpwolf's", dir)
		}
	}
	return nil
}

func isTemporary(directory string) bool {
	return filepath.IsAbs(directory) && filepath.Clean(directory) == directory &&
		strings.HasPrefix(filepath.Base(directory), temporary)
}

// isAbove reports whether a directory contains another, at any depth.
func isAbove(dir, below string) bool {
	rel, err := filepath.Rel(dir, below)
	return err == nil && filepath.IsAbs(dir) && rel != "." && filepath.IsLocal(rel)
}

// cleanUp removes what an intent names, if it still exists under its temporary name, and the
// intent.
func (l *Lock) cleanUp() error {
	text, err := os.ReadFile(l.path(intentName))
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("read intent: %w", err)
	}
	var i intent
	if err := json.Unmarshal(text, &i); err != nil {
		return fmt.Errorf("read intent %s: %w", l.path(intentName), err)
	}
	if err := i.check(); err != nil {
		return fmt.Errorf("read intent %s: %w", l.path(intentName), err)
	}
	for _, directory := range i.Directories {
		if directory == "" {
			continue
		}
		if err := disk.RemoveAll(l.disk, directory); err != nil {
			return fmt.Errorf("remove %s: %w", directory, err)
		}
	}
	if err := l.removeEmpty(i.Created); err != nil {
		return err
	}
	return l.disk.Remove(l.path(intentName))
}

// HalfwayError says that a change failed, and that undoing it failed as well: the next command
// continues with that.
type HalfwayError struct{ Run, Back error }

func (e *HalfwayError) Error() string {
	return fmt.Sprintf("%v; and undoing the change failed: %v", e.Run, e.Back)
}

func (e *HalfwayError) Unwrap() []error { return []error{e.Run, e.Back} }

// Hint is what the user can do.
func (e *HalfwayError) Hint() string {
	return "fix the cause, then run mpwolf patch or mpwolf revert: it first restores the " +
		"state before this run"
}

// changing counts the changes that are being made or undone.
var changing atomic.Int32

// Changing reports whether this process is changing a tree, or undoing a change.
func Changing() bool { return changing.Load() > 0 }

// Apply makes the change, or none of it. The lock must be held.
func (l *Lock) Apply(change Change) error {
	changing.Add(1)
	defer changing.Add(-1)
	j, err := l.stage(change)
	if err == nil {
		err = l.perform(j, change)
	}
	if err != nil {
		if _, back := l.Recover(); back != nil {
			return &HalfwayError{Run: err, Back: back}
		}
		return err
	}
	// The change is already complete. Leftovers of the way back that cannot be removed now are
	// removed by the next run.
	_ = l.sweep()
	return nil
}

// stage writes all new and old bytes into .mpwolf, and the journal last.
func (l *Lock) stage(change Change) (*journal, error) {
	if err := l.emptyStage(); err != nil {
		return nil, fmt.Errorf("prepare: %w", err)
	}
	j := &journal{Run: l.run}
	for _, w := range change.Writes {
		if err := l.stageFile(j, w.Path, w.Before, w.After); err != nil {
			return nil, err
		}
		if err := l.addBlobs(w.Before, w.After); err != nil {
			return nil, err
		}
	}
	if change.Record != nil {
		if err := l.addBlobs(change.Record.keep...); err != nil {
			return nil, err
		}
	}
	if err := l.stageRecord(j, change.Record); err != nil {
		return nil, err
	}
	var temporaries intent
	if s := change.Swap; s != nil {
		j.Swap = &journalSwap{Dir: s.Dir, Staged: s.Staged,
			Aside: TemporaryName(filepath.Dir(s.Dir))}
		temporaries = intent{Directories: []string{s.Staged, j.Swap.Aside}, Created: s.Created}
	}
	if j.Fragment = stageFragment(change.Fragment); j.Fragment != nil {
		temporaries.Directories = append(temporaries.Directories, j.Fragment.Temp)
	}
	var err error
	if j.Settings, err = l.stageSettings(change.Settings); err != nil {
		return nil, err
	}
	if j.Settings != nil {
		temporaries.Directories = append(temporaries.Directories, j.Settings.Temp)
	}
	if len(temporaries.Directories) > 0 {
		if err := l.announce(temporaries); err != nil {
			return nil, err
		}
	}
	text, err := json.Marshal(j)
	if err != nil {
		return nil, fmt.Errorf("prepare: %w", err)
	}
	return j, l.write(journalName, text)
}

func (l *Lock) emptyStage() error {
	if err := disk.MkdirAll(l.disk, l.path(blobsName), 0o755); err != nil {
		return err
	}
	if err := disk.RemoveAll(l.disk, l.path(stageName)); err != nil {
		return err
	}
	return l.disk.Mkdir(l.path(stageName), 0o755)
}

// write writes a file in .mpwolf under a temporary name and renames it.
func (l *Lock) write(name string, text []byte) error {
	temp := l.path(tempStart + rand.Text())
	if err := disk.Write(l.disk, temp, text, 0o644); err != nil {
		return fmt.Errorf("write %s: %w", l.path(name), err)
	}
	if err := l.disk.Rename(temp, l.path(name)); err != nil {
		_ = l.disk.Remove(temp) // or the next run does
		return fmt.Errorf("write %s: %w", l.path(name), err)
	}
	return nil
}

// tempStart begins the names of files that are being written.
const tempStart = ".tmp-"

func (l *Lock) addBlobs(texts ...[]byte) error {
	for _, text := range texts {
		if have, err := Blob(l.tree, disk.Hash(text)); err == nil && len(have) == len(text) {
			continue
		}
		if err := l.write(filepath.Join(blobsName, disk.Hash(text)), text); err != nil {
			return err
		}
	}
	return nil
}

func (l *Lock) stageFile(j *journal, path string, before, after []byte) error {
	target, err := l.inTree(path)
	if err != nil {
		return err
	}
	info, err := os.Lstat(target)
	if err != nil {
		return fmt.Errorf("prepare %s: %w", path, err)
	}
	now, err := os.ReadFile(target)
	if err != nil {
		return fmt.Errorf("prepare %s: %w", path, err)
	}
	if disk.Hash(now) != disk.Hash(before) {
		return fmt.Errorf("%s changed while mpwolf was running", path)
	}
	n := len(j.Files)
	for _, version := range []struct {
		which string
		text  []byte
	}{{"old", before}, {"new", after}} {
		name := l.path(stageName, staged(version.which, n))
		if err := disk.Write(l.disk, name, version.text, info.Mode().Perm()); err != nil {
			return fmt.Errorf("prepare %s: %w", path, err)
		}
		l.keepOwner(name, info)
	}
	j.Files = append(j.Files,
		journalFile{Path: path, Old: disk.Hash(before), New: disk.Hash(after)})
	return nil
}

// stageRecord makes the record the last file of the transaction.
func (l *Lock) stageRecord(j *journal, record *Record) error {
	entry := journalFile{Path: Dir + "/" + recordName}
	n := len(j.Files)
	old, err := os.ReadFile(l.path(recordName))
	switch {
	case err == nil:
		entry.Old = disk.Hash(old)
		if err := disk.Write(l.disk, l.path(stageName, staged("old", n)), old, 0o644); err != nil {
			return fmt.Errorf("prepare record: %w", err)
		}
	case !errors.Is(err, fs.ErrNotExist):
		return fmt.Errorf("read record: %w", err)
	}
	if record != nil {
		text, err := record.encode(l.tree)
		if err != nil {
			return err
		}
		entry.New = disk.Hash(text)
		if err := disk.Write(l.disk, l.path(stageName, staged("new", n)), text,
			0o644); err != nil {
			return fmt.Errorf("prepare record: %w", err)
		}
	}
	j.Files = append(j.Files, entry)
	return nil
}

func staged(which string, n int) string { return fmt.Sprintf("%s-%d", which, n) }

func (l *Lock) perform(j *journal, change Change) error {
	last := len(j.Files) - 1
	for i, f := range j.Files[:last] {
		if err := l.put(f, "new", i); err != nil {
			return err
		}
	}
	if j.Swap != nil {
		if err := l.swap(j.Swap); err != nil {
			return err
		}
	}
	if j.Fragment != nil {
		if err := l.putFragment(j.Fragment, j.Fragment.Remove); err != nil {
			return err
		}
	}
	if j.Settings != nil {
		if err := l.putSettings(j.Settings, change.Settings.After); err != nil {
			return err
		}
	}
	if err := l.put(j.Files[last], "new", last); err != nil {
		return err
	}
	if change.Check != nil {
		if err := change.Check(); err != nil {
			return err
		}
	}
	if err := l.disk.Rename(l.path(journalName), l.path(doneName)); err != nil {
		return fmt.Errorf("finish: %w", err)
	}
	_ = l.disk.SyncDir(l.path()) // the change is complete, whatever comes now
	return nil
}

// put moves a staged file into place with one rename, or removes the file if it must not exist.
func (l *Lock) put(f journalFile, which string, n int) error {
	target, err := l.inTree(f.Path)
	if err != nil {
		return err
	}
	if (which == "new" && f.New == "") || (which == "old" && f.Old == "") {
		if err := l.disk.Remove(target); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return fmt.Errorf("write %s: %w", f.Path, err)
		}
		return nil
	}
	if err := l.disk.Rename(l.path(stageName, staged(which, n)), target); err != nil {
		return fmt.Errorf("write %s: %w", f.Path, err)
	}
	return l.disk.SyncDir(filepath.Dir(target))
}

// check refuses a swap that mpwolf cannot have written.
func (s *journalSwap) check() error {
	dir := filepath.Dir(s.Dir)
	if !filepath.IsAbs(s.Dir) || filepath.Clean(s.Dir) != s.Dir ||
		filepath.Base(s.Dir) != SwapName ||
		!isTemporary(s.Aside) || filepath.Dir(s.Aside) != dir ||
		(s.Staged != "" && (!isTemporary(s.Staged) || filepath.Dir(s.Staged) != dir)) {
		return fmt.Errorf("%q, %q, %q are not directories that mpwolf swaps", s.Dir,
			s.Staged, s.Aside)
	}
	return nil
}

func (l *Lock) swap(s *journalSwap) error {
	if err := s.check(); err != nil {
		return err
	}
	if _, err := os.Lstat(s.Dir); err == nil {
		if err := l.disk.Rename(s.Dir, s.Aside); err != nil {
			return fmt.Errorf("replace %s: %w", s.Dir, err)
		}
	}
	if s.Staged == "" {
		return nil
	}
	if err := l.disk.Rename(s.Staged, s.Dir); err != nil {
		return fmt.Errorf("install %s: %w", s.Dir, err)
	}
	return l.disk.SyncDir(filepath.Dir(s.Dir))
}

func (l *Lock) swapBack(s *journalSwap) error {
	if err := s.check(); err != nil {
		return err
	}
	asideThere, stagedThere := disk.Exists(s.Aside), s.Staged != "" && disk.Exists(s.Staged)
	if s.Staged != "" && !stagedThere && disk.Exists(s.Dir) {
		if err := l.disk.Rename(s.Dir, s.Staged); err != nil {
			return fmt.Errorf("take back %s: %w", s.Dir, err)
		}
	}
	if asideThere {
		if err := l.disk.Rename(s.Aside, s.Dir); err != nil {
			return fmt.Errorf("take back %s: %w", s.Dir, err)
		}
	}
	return nil
}

// removeEmpty removes directories from the innermost outwards, as long as they are empty.
func (l *Lock) removeEmpty(dirs []string) error {
	for _, dir := range slices.Backward(dirs) {
		entries, err := os.ReadDir(dir)
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if err != nil {
			return fmt.Errorf("clean up %s: %w", dir, err)
		}
		if len(entries) > 0 {
			return nil
		}
		if err := l.disk.Remove(dir); err != nil {
			return fmt.Errorf("clean up %s: %w", dir, err)
		}
	}
	return nil
}

func (l *Lock) dropBlobs(record *Record) {
	keep := map[string]bool{}
	if record != nil {
		for _, f := range record.Files {
			keep[f.Before], keep[f.After] = true, true
		}
	}
	entries, err := os.ReadDir(l.path(blobsName))
	if err != nil {
		return
	}
	for _, entry := range entries {
		if !keep[entry.Name()] {
			_ = l.disk.Remove(l.path(blobsName, entry.Name()))
		}
	}
}
