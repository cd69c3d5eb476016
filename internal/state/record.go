// Package state records what was done to a tree, in the tree's own directory .mpwolf, and
// changes trees all or nothing: if a process is killed at any step, the next one restores the
// tree. It does not know what the changes are for, and is the only package that knows what is in
// .mpwolf.
package state

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"mpwolf/internal/disk"
)

// Dir is the name of the directory in the tree's top. It keeps itself out of git by a .gitignore
// of its own, so that no file of git's has to change.
const Dir = ".mpwolf"

const (
	recordName  = "record.json"
	journalName = "journal.json"
	lockName    = "lock"
	blobsName   = "blobs"
	stageName   = "journal"
	intentName  = "intent.json"
	doneName    = "done.json" // the journal of a run that did its work, until it is cleaned up
	format      = 1
)

// Record is what was applied to a tree. Everything else is derived from it and from the tree.
type Record struct {
	// Format is the version of this file's format; a newer one is refused.
	Format int `json:"format"`
	// Tool is mpwolf's version, Time when it was first applied.
	Tool string    `json:"tool"`
	Time time.Time `json:"time"`
	// MicroPython is the tree's release at that time.
	MicroPython string `json:"micropython"`
	// Commit is what was checked out then, in hex; empty for a tree that is no git repository of
	// its own.
	Commit string `json:"commit,omitempty"`
	// Targets are what the tree was patched for.
	Targets []Target `json:"targets"`
	// Files are the files of the tree that were changed.
	Files []File `json:"files"`
	// Pristine says that no file of the tree is changed: files of the installed module take the
	// place of changes.
	Pristine bool `json:"pristine,omitempty"`
	// Modules is what was installed, and where.
	Modules Modules `json:"modules"`

	// keep are bytes that Files refers to and that are not yet in the tree or the blobs.
	keep [][]byte
}

// Target is one port with its board or variant.
type Target struct {
	Port    string   `json:"port"`
	Board   string   `json:"board,omitempty"`
	Variant string   `json:"variant,omitempty"`
	Make    []string `json:"make,omitempty"`
	// UserSettings is the absolute path of the user's own user_settings.h, if one was given.
	UserSettings string `json:"user_settings,omitempty"`
	// SettingsHash is the SHA-256 of that file in hex.
	SettingsHash string `json:"user_settings_sha256,omitempty"`
	// Variables are those of the modules' makefile that the environment, or a makefile other than
	// theirs, set when the tree was patched.
	Variables map[string]string `json:"variables,omitempty"`
	Wants     []Want            `json:"wants"`
}

// Same reports whether two targets have the same port and the same board or variant.
func (t Target) Same(u Target) bool {
	return t.Port == u.Port && t.Board == u.Board && t.Variant == u.Variant
}

// Want is the requested value of a macro.
type Want struct {
	Name  string `json:"name"`
	Value int64  `json:"value"`
}

// File is a changed file of the tree. Before and After are SHA-256 in hex, and name the blobs that
// hold the bytes.
type File struct {
	Path   string `json:"path"`
	Before string `json:"before"`
	After  string `json:"after"`
}

// Modules is the directory that holds the user modules.
type Modules struct {
	// Dir is the absolute path of USER_C_MODULES; Created are the directories that did not exist
	// before, the outermost first.
	Dir string `json:"dir"`
	// ID is also in the list of what was installed: without it, the directory belongs to another
	// tree, or to none.
	ID      string   `json:"id"`
	Created []string `json:"created,omitempty"`
	// WolfSSL is its version; Licence what its tree says; Source where it came from.
	WolfSSL string `json:"wolfssl"`
	Licence string `json:"licence"`
	Source  string `json:"source"`
	// Processors are those that wolfSSL was installed for; nil if all of it was.
	Processors []string `json:"processors,omitempty"`
}

// ErrNotPatched says that a tree has no record.
var ErrNotPatched = errors.New("not patched")

// Load reads a tree's record. Without one it returns ErrNotPatched.
func Load(tree string) (*Record, error) {
	file := filepath.Join(tree, Dir, recordName)
	text, err := os.ReadFile(file)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, ErrNotPatched
	}
	if err != nil {
		return nil, fmt.Errorf("read record: %w", err)
	}
	var record Record
	if len(strings.TrimSpace(string(text))) == 0 {
		return nil, &RecordError{file, errors.New("it is empty")}
	}
	if err := json.Unmarshal(text, &record); err != nil {
		return nil, &RecordError{file, err}
	}
	if record.Format > format {
		writer := "a newer mpwolf"
		if record.Tool != "" {
			writer = "mpwolf " + record.Tool
		}
		return nil, fmt.Errorf("read record %s: format %d, of %s; this mpwolf knows format %d: "+
			"use the other one", file, record.Format, writer, format)
	}
	err = errors.Join(record.check(), record.checkCreated(tree))
	if record.Format != format {
		err = fmt.Errorf("unknown format %d", record.Format)
	}
	if err != nil {
		return nil, &RecordError{file, err}
	}
	return record.moved(func(path string) string { return absolute(tree, path) }), nil
}

// RecordError says that a tree's record is damaged, or that mpwolf did not write it.
type RecordError struct {
	File string // the record, even if Err is about what it refers to
	Err  error
}

func (e *RecordError) Error() string { return fmt.Sprintf("read record %s: %v", e.File, e.Err) }
func (e *RecordError) Unwrap() error { return e.Err }

// Hint is what the user can do.
func (e *RecordError) Hint() string {
	return "mv " + e.File + " " + e.File + ".damaged; then mpwolf patch --port PORT takes " +
		"over what is patched, and mpwolf revert removes it, using the marks in the tree and git"
}

// check refuses a record that mpwolf cannot have written.
func (r *Record) check() error {
	for _, f := range r.Files {
		if err := CheckPath(f.Path); err != nil || !isHash(f.Before) || !isHash(f.After) {
			return fmt.Errorf("file %q is not one that mpwolf writes", f.Path)
		}
	}
	return nil
}

// checkCreated refuses a list with directories that are not above the modules: they would be
// removed.
func (r *Record) checkCreated(tree string) error {
	modules := absolute(tree, r.Modules.Dir)
	for _, dir := range r.Modules.Created {
		if at := absolute(tree, dir); at != modules && !isAbove(at, modules) {
			return fmt.Errorf("%q was not made for the modules in %q", dir, modules)
		}
	}
	return nil
}

// moved is the record with its paths in another form.
func (r *Record) moved(move func(string) string) *Record {
	c := r.Clone()
	c.Modules.Dir = move(r.Modules.Dir)
	c.Modules.Created = nil
	for _, dir := range r.Modules.Created {
		c.Modules.Created = append(c.Modules.Created, move(dir))
	}
	for i := range c.Targets {
		t := &c.Targets[i]
		t.UserSettings = move(t.UserSettings)
		if filepath.IsAbs(t.Board) || strings.ContainsAny(t.Board, `/\`) {
			t.Board = move(t.Board)
		}
	}
	return c
}

// absolute and relative turn paths of the record into those of the machine and back: relative to
// the tree, so that a repository can be moved, or be mounted elsewhere.
func absolute(tree, path string) string {
	if path == "" || filepath.IsAbs(path) {
		return path
	}
	return filepath.Join(tree, filepath.FromSlash(path))
}

func relative(tree, path string) string {
	rel, err := filepath.Rel(tree, path)
	if path == "" || err != nil {
		return path
	}
	if rel = filepath.ToSlash(rel); !strings.Contains(rel, "/") {
		return "./" + rel // not a name
	}
	return rel
}

// CheckPath refuses a path that cannot be a file of a tree's sources: one that leads out of it,
// or into git's or mpwolf's own directories, in any spelling that a file system accepts.
func CheckPath(path string) error {
	if !filepath.IsLocal(filepath.FromSlash(path)) || strings.ContainsAny(path, "\\:\x00") {
		return fmt.Errorf("%q is not a path inside the tree", path)
	}
	for _, part := range strings.Split(path, "/") {
		plain := strings.ToLower(strings.TrimRight(strings.Map(visible, part), ". "))
		if plain == ".git" || plain == Dir || strings.HasPrefix(plain, "git~") ||
			strings.HasPrefix(plain, "mpwolf~") {
			return fmt.Errorf("%q is not a path of the tree's sources", path)
		}
	}
	return nil
}

// visible drops the characters that HFS+ ignores in names.
func visible(r rune) rune {
	if (r >= 0x200c && r <= 0x200f) || (r >= 0x202a && r <= 0x202e) ||
		(r >= 0x206a && r <= 0x206f) || r == 0xfeff {
		return -1
	}
	return r
}

// ShortCommit is a Record's Commit, shortened for people.
func ShortCommit(commit string) string {
	if commit == "" {
		return "no commit"
	}
	return commit[:min(len(commit), 12)]
}

// Clone copies a record, so that the copy can be changed.
func (r *Record) Clone() *Record {
	c := *r
	c.Targets, c.Files = slices.Clone(r.Targets), slices.Clone(r.Files)
	return &c
}

// SetTarget adds a target, or replaces the same one.
func (r *Record) SetTarget(t Target) {
	if i := slices.IndexFunc(r.Targets, t.Same); i >= 0 {
		r.Targets[i] = t
		return
	}
	r.Targets = append(r.Targets, t)
}

// Adopt records that a file, which now has these bytes, was changed from its original ones by a
// patch whose record is gone, and is now changed to after.
func (r *Record) Adopt(path string, original, after []byte) {
	r.Files = append(r.Files,
		File{Path: path, Before: disk.Hash(original), After: disk.Hash(after)})
	r.keep = append(r.keep, original, after)
}

func (r *Record) encode(tree string) ([]byte, error) {
	c := r.moved(func(path string) string { return relative(tree, path) })
	c.Format = format
	text, err := json.MarshalIndent(c, "", "  ")
	if err != nil {
		return nil, fmt.Errorf("write record: %w", err)
	}
	return append(text, '\n'), nil
}

// Blob reads the bytes that a File's Before or After names, and checks them.
func Blob(tree, hash string) ([]byte, error) {
	text, err := os.ReadFile(filepath.Join(tree, Dir, blobsName, hash))
	record := filepath.Join(tree, Dir, recordName)
	if err != nil {
		return nil, &RecordError{record, err}
	}
	if disk.Hash(text) != hash {
		return nil, &RecordError{record, fmt.Errorf("what was recorded as %s has changed; %s is "+
			"damaged", hash, filepath.Join(tree, Dir, blobsName))}
	}
	return text, nil
}

func isHash(s string) bool {
	b, err := hex.DecodeString(s)
	return err == nil && len(b) == sha256.Size
}
