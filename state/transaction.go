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
)

// Write is a file of the tree that gets new bytes.
type Write struct {
	// Path is relative to the tree, with slashes.
	Path string
	// Before are the bytes that were planned on; the file must still hold them.
	Before, After []byte
}

// Swap puts a prepared folder in the place of another, or takes one away.
type Swap struct {
	// Dir is the folder's absolute path.
	Dir string
	// Staged is a folder beside it that takes its place; empty: Dir is taken away.
	Staged string
	// Created are the folders above Dir that were made for it, the outermost first; if they are empty in the end, they
	// are taken away.
	Created []string
}

// Change is all that is done at once.
type Change struct {
	Writes []Write
	Swap   *Swap
	// Record is what the tree's record will be; nil takes it away.
	Record *Record
	// Check is asked when all is in place; its error takes everything back. nil asks nothing.
	Check func() error
}

// journal is what a killed process leaves for the next: enough to go back.
type journal struct {
	Files []journalFile `json:"files"`
	Swap  *journalSwap  `json:"swap,omitempty"`
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

// intent is what a process makes outside the tree for a while; one that is killed leaves it to the next to remove.
type intent struct {
	// Folders are prepared folders and replaced ones, Created the folders that were made for them.
	Folders []string `json:"folders"`
	Created []string `json:"created,omitempty"`
}

// passing begins the name of every folder that is there for a while only. What is not called so is never removed on
// the word of a file.
const passing = ".mpwolf-staged-"

// PassingName is a new name in dir for a folder that Intend announces.
func PassingName(dir string) string { return filepath.Join(dir, passing+rand.Text()) }

// Intend notes that a folder, whose name is a PassingName, will be prepared, and the folders above it that will be made
// for it. It comes first, so that nothing is left behind if the process is killed.
func (l *Lock) Intend(staged string, created []string) error {
	return l.intend(intent{Folders: []string{staged}, Created: created})
}

func (l *Lock) intend(i intent) error {
	text, err := json.Marshal(i)
	if err != nil {
		return fmt.Errorf("prepare: %w", err)
	}
	return writeFile(l.path(intentName), text, 0o644)
}

// forget removes what an intent names, as far as it is still there under its passing name, and the intent.
func (l *Lock) forget() error {
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
	for _, folder := range i.Folders {
		if !strings.HasPrefix(filepath.Base(folder), passing) {
			continue
		}
		if err := os.RemoveAll(folder); err != nil {
			return fmt.Errorf("remove %s: %w", folder, err)
		}
	}
	if err := removeEmpty(i.Created); err != nil {
		return err
	}
	return os.Remove(l.path(intentName))
}

// step is called before every change on disk; tests make it fail or kill the process there.
var step = func(string) error { return nil }

// Apply makes the change, or none of it. The lock must be held.
func (l *Lock) Apply(change Change) error {
	j, err := l.stage(change)
	if err == nil {
		err = l.perform(j, change)
	}
	if err != nil {
		if back := l.Heal(); back != nil {
			return fmt.Errorf("%w; and going back failed: %w", err, back)
		}
		return err
	}
	// The change stands already. What only a way back needed and cannot be removed now, the next run removes.
	_ = l.sweep()
	return nil
}

// stage writes all new and old bytes into .mpwolf, and the journal last.
func (l *Lock) stage(change Change) (*journal, error) {
	if err := step("stage"); err != nil {
		return nil, err
	}
	if err := os.MkdirAll(l.path(blobsName), 0o755); err != nil {
		return nil, fmt.Errorf("prepare: %w", err)
	}
	if err := os.RemoveAll(l.path(stageName)); err != nil {
		return nil, fmt.Errorf("prepare: %w", err)
	}
	if err := os.Mkdir(l.path(stageName), 0o755); err != nil {
		return nil, fmt.Errorf("prepare: %w", err)
	}
	j := &journal{}
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
	if s := change.Swap; s != nil {
		j.Swap = &journalSwap{Dir: s.Dir, Staged: s.Staged, Aside: PassingName(filepath.Dir(s.Dir))}
		if err := l.intend(intent{Folders: []string{s.Staged, j.Swap.Aside}, Created: s.Created}); err != nil {
			return nil, err
		}
	}
	text, err := json.Marshal(j)
	if err != nil {
		return nil, fmt.Errorf("prepare: %w", err)
	}
	if err := step("journal"); err != nil {
		return nil, err
	}
	return j, writeFile(l.path(journalName), text, 0o644)
}

func (l *Lock) addBlobs(texts ...[]byte) error {
	for _, text := range texts {
		if err := writeFile(l.path(blobsName, Hash(text)), text, 0o644); err != nil {
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
	if Hash(now) != Hash(before) {
		return fmt.Errorf("%s changed while mpwolf was at work", path)
	}
	n := len(j.Files)
	for name, text := range map[string][]byte{staged("new", n): after, staged("old", n): before} {
		if err := writeFile(l.path(stageName, name), text, info.Mode().Perm()); err != nil {
			return err
		}
		keepOwner(l.path(stageName, name), info)
	}
	j.Files = append(j.Files, journalFile{Path: path, Old: Hash(before), New: Hash(after)})
	return nil
}

// stageRecord makes the record one more file of the transaction, the last.
func (l *Lock) stageRecord(j *journal, record *Record) error {
	entry := journalFile{Path: Folder + "/" + recordName}
	n := len(j.Files)
	old, err := os.ReadFile(l.path(recordName))
	switch {
	case err == nil:
		entry.Old = Hash(old)
		if err := writeFile(l.path(stageName, staged("old", n)), old, 0o644); err != nil {
			return err
		}
	case !errors.Is(err, fs.ErrNotExist):
		return fmt.Errorf("read record: %w", err)
	}
	if record != nil {
		text, err := record.encode()
		if err != nil {
			return err
		}
		entry.New = Hash(text)
		if err := writeFile(l.path(stageName, staged("new", n)), text, 0o644); err != nil {
			return err
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
		if err := j.Swap.do(); err != nil {
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
	if err := step("commit"); err != nil {
		return err
	}
	if err := os.Remove(l.path(journalName)); err != nil {
		return fmt.Errorf("finish: %w", err)
	}
	return syncDir(l.path())
}

// put moves a staged file into its place, which is one rename, or removes the file where it shall not exist.
func (l *Lock) put(f journalFile, which string, n int) error {
	target, err := l.inTree(f.Path)
	if err != nil {
		return err
	}
	if err := step(which + " " + f.Path); err != nil {
		return err
	}
	if (which == "new" && f.New == "") || (which == "old" && f.Old == "") {
		if err := os.Remove(target); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return fmt.Errorf("write %s: %w", f.Path, err)
		}
		return nil
	}
	if err := os.Rename(l.path(stageName, staged(which, n)), target); err != nil {
		return fmt.Errorf("write %s: %w", f.Path, err)
	}
	return syncDir(filepath.Dir(target))
}

func (s *journalSwap) do() error {
	if err := step("swap out " + s.Dir); err != nil {
		return err
	}
	if _, err := os.Lstat(s.Dir); err == nil {
		if err := os.Rename(s.Dir, s.Aside); err != nil {
			return fmt.Errorf("replace %s: %w", s.Dir, err)
		}
	}
	if s.Staged == "" {
		return nil
	}
	if err := step("swap in " + s.Dir); err != nil {
		return err
	}
	if err := os.Rename(s.Staged, s.Dir); err != nil {
		return fmt.Errorf("install %s: %w", s.Dir, err)
	}
	return syncDir(filepath.Dir(s.Dir))
}

func (s *journalSwap) undo() error {
	asideThere, stagedThere := exists(s.Aside), s.Staged != "" && exists(s.Staged)
	if s.Staged != "" && !stagedThere && exists(s.Dir) {
		if err := os.Rename(s.Dir, s.Staged); err != nil {
			return fmt.Errorf("take back %s: %w", s.Dir, err)
		}
	}
	if asideThere {
		if err := os.Rename(s.Aside, s.Dir); err != nil {
			return fmt.Errorf("take back %s: %w", s.Dir, err)
		}
	}
	return nil
}

func exists(name string) bool {
	_, err := os.Lstat(name)
	return err == nil
}

// removeEmpty removes folders from the innermost out, as long as they are empty.
func removeEmpty(dirs []string) error {
	for _, dir := range slices.Backward(dirs) {
		entries, err := os.ReadDir(dir)
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if err != nil {
			return fmt.Errorf("tidy %s: %w", dir, err)
		}
		if len(entries) > 0 {
			return nil
		}
		if err := os.Remove(dir); err != nil {
			return fmt.Errorf("tidy %s: %w", dir, err)
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
			_ = os.Remove(l.path(blobsName, entry.Name()))
		}
	}
}

// Heal brings a tree that a killed process left half-way back to how it was before. It does nothing otherwise.
func (l *Lock) Heal() error {
	text, err := os.ReadFile(l.path(journalName))
	if errors.Is(err, fs.ErrNotExist) {
		return l.sweep()
	}
	if err != nil {
		return fmt.Errorf("read journal: %w", err)
	}
	var j journal
	if err := json.Unmarshal(text, &j); err != nil {
		return fmt.Errorf("read journal %s: %w", l.path(journalName), err)
	}
	for i, f := range slices.Backward(j.Files) {
		if err := l.back(f, i); err != nil {
			return err
		}
	}
	if j.Swap != nil {
		if err := j.Swap.undo(); err != nil {
			return err
		}
	}
	if err := os.Remove(l.path(journalName)); err != nil {
		return fmt.Errorf("finish going back: %w", err)
	}
	return l.sweep()
}

// sweep takes away what a killed process prepared and nothing refers to.
func (l *Lock) sweep() error {
	record, err := Load(l.tree)
	if err != nil && !errors.Is(err, ErrNotPatched) {
		return err
	}
	l.dropBlobs(record)
	_ = os.Remove(l.path(blobsName)) // stays if it is not empty
	unfinished, err := filepath.Glob(l.path(tempPattern))
	if err != nil {
		return err
	}
	for _, name := range unfinished {
		_ = os.Remove(name) // harmless where it stays
	}
	if record == nil {
		if err := os.RemoveAll(l.path("build")); err != nil {
			return fmt.Errorf("remove the build folder: %w", err)
		}
	}
	if err := os.RemoveAll(l.path(stageName)); err != nil {
		return err
	}
	return l.forget()
}

// Interrupted says whether a killed process left the tree half-way.
func Interrupted(tree string) bool {
	return exists(filepath.Join(tree, Folder, journalName))
}

// back restores one file if the killed process had written it; a file that is neither old nor new was edited since,
// and is not touched.
func (l *Lock) back(f journalFile, n int) error {
	target, err := l.inTree(f.Path)
	if err != nil {
		return err
	}
	now := ""
	text, err := os.ReadFile(target)
	switch {
	case err == nil:
		now = Hash(text)
	case !errors.Is(err, fs.ErrNotExist):
		return fmt.Errorf("go back: %w", err)
	}
	switch now {
	case f.Old:
		return nil
	case f.New:
		return l.put(f, "old", n)
	}
	return fmt.Errorf("go back: %s was edited after an interrupted run; its bytes from before are in %s",
		f.Path, l.path(stageName, staged("old", n)))
}

func (l *Lock) path(names ...string) string {
	return filepath.Join(append([]string{l.tree, Folder}, names...)...)
}

// inTree gives the absolute path of a file of the tree, and refuses one that leads out of it.
func (l *Lock) inTree(path string) (string, error) {
	local := filepath.FromSlash(path)
	if !filepath.IsLocal(local) {
		return "", fmt.Errorf("%q is not a path inside the tree", path)
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
