// Package state holds what was done to a tree, in the tree's own folder .mpwolf, and changes trees all or nothing: a
// process killed at any step leaves a tree that the next one brings back to how it was before.
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
	"time"
)

// Folder is the name of the folder in the tree's top. It keeps itself out of git by a .gitignore of its own, so that
// no file of git's has to change.
const Folder = ".mpwolf"

const (
	recordName  = "record.json"
	journalName = "journal.json"
	lockName    = "lock"
	blobsName   = "blobs"
	stageName   = "journal"
	intentName  = "intent.json"
	format      = 1
)

// Record is what was applied to a tree. Everything else is derived from it and from the tree.
type Record struct {
	// Format counts changes of this file's meaning; a newer one is refused.
	Format int `json:"format"`
	// Tool is mpwolf's version, Time when it was first applied.
	Tool string    `json:"tool"`
	Time time.Time `json:"time"`
	// MicroPython is the tree's release at that time.
	MicroPython string `json:"micropython"`
	// Targets are what the tree was patched for.
	Targets []Target `json:"targets"`
	// Files are the files of the tree that were changed.
	Files []File `json:"files"`
	// Pristine says that no file of the tree is changed: files of the installed module act in the place of changes.
	Pristine bool `json:"pristine,omitempty"`
	// Modules is what was installed, and where.
	Modules Modules `json:"modules"`

	// keep are bytes that Files name and that are in neither the tree nor the blobs yet.
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
	Wants        []Want `json:"wants"`
}

// Same says whether two targets are the same port with the same board or variant.
func (t Target) Same(u Target) bool {
	return t.Port == u.Port && t.Board == u.Board && t.Variant == u.Variant
}

// Want is a macro's value that was asked for.
type Want struct {
	Name  string `json:"name"`
	Value int64  `json:"value"`
}

// File is a changed file of the tree. Before and After are SHA-256 in hex, and name the blobs that hold the bytes.
type File struct {
	Path   string `json:"path"`
	Before string `json:"before"`
	After  string `json:"after"`
}

// Modules is the folder that holds the user modules.
type Modules struct {
	// Dir is the absolute path of USER_C_MODULES; Created are the folders that did not exist before, the outermost
	// first.
	Dir     string   `json:"dir"`
	Created []string `json:"created,omitempty"`
	// WolfSSL is its version; Licence what its tree says; Source where it came from.
	WolfSSL string `json:"wolfssl"`
	Licence string `json:"licence"`
	Source  string `json:"source"`
}

// ErrNotPatched says that a tree has no record.
var ErrNotPatched = errors.New("not patched")

// Load reads a tree's record. Without one it returns ErrNotPatched.
func Load(tree string) (*Record, error) {
	file := filepath.Join(tree, Folder, recordName)
	text, err := os.ReadFile(file)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, ErrNotPatched
	}
	if err != nil {
		return nil, fmt.Errorf("read record: %w", err)
	}
	var record Record
	if err := json.Unmarshal(text, &record); err != nil {
		return nil, fmt.Errorf("read record %s: %w", file, err)
	}
	if record.Format != format {
		return nil, fmt.Errorf("read record %s: format %d; this mpwolf knows format %d", file, record.Format, format)
	}
	for _, f := range record.Files {
		if !filepath.IsLocal(filepath.FromSlash(f.Path)) || !isHash(f.Before) || !isHash(f.After) {
			return nil, fmt.Errorf("read record %s: file %q is not one that mpwolf writes", file, f.Path)
		}
	}
	return &record, nil
}

// Clone copies a record, so that the copy can be changed.
func (r *Record) Clone() *Record {
	c := *r
	c.Targets, c.Files = slices.Clone(r.Targets), slices.Clone(r.Files)
	return &c
}

// SetTarget adds a target, or puts it in the place of the same one.
func (r *Record) SetTarget(t Target) {
	if i := slices.IndexFunc(r.Targets, t.Same); i >= 0 {
		r.Targets[i] = t
		return
	}
	r.Targets = append(r.Targets, t)
}

func (r *Record) encode() ([]byte, error) {
	r.Format = format
	text, err := json.MarshalIndent(r, "", "  ")
	if err != nil {
		return nil, fmt.Errorf("write record: %w", err)
	}
	return append(text, '\n'), nil
}

// Blob reads the bytes that a File's Before or After names, and checks them.
func Blob(tree, hash string) ([]byte, error) {
	text, err := os.ReadFile(filepath.Join(tree, Folder, blobsName, hash))
	if err != nil {
		return nil, fmt.Errorf("read what was recorded: %w", err)
	}
	if Hash(text) != hash {
		return nil, fmt.Errorf("what was recorded as %s has changed; %s is damaged",
			hash, filepath.Join(tree, Folder, blobsName))
	}
	return text, nil
}

// Hash is the SHA-256 of a file's bytes, in hex.
func Hash(text []byte) string {
	sum := sha256.Sum256(text)
	return hex.EncodeToString(sum[:])
}

func isHash(s string) bool {
	b, err := hex.DecodeString(s)
	return err == nil && len(b) == sha256.Size
}
