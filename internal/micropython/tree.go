// Package micropython describes a MicroPython source tree on disk: where it is, and which
// release, commit, ports, boards and variants it has. It runs nothing, and writes nothing except
// the note in a fetched tree that says where it is from, and copies of other revisions.
package micropython

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"mpwolf/internal/state"
)

// marks are the files that every release has and that make a directory a MicroPython tree.
var marks = []string{"py/mpconfig.h", "py/py.mk", "py/mkrules.mk", "ports"}

// Tree is a MicroPython source tree on disk.
type Tree struct {
	// Dir is the absolute path of the tree's top.
	Dir string
	// Version is what py/mpconfig.h says, present in every release with or without git.
	Version Version
	// Source says in words where the tree was fetched from; empty if it is not known.
	Source string
	// Make are arguments that every make in this tree needs, because it came without its
	// submodules.
	Make []string

	head head
}

// NotTreeError says that a directory is not a MicroPython tree.
type NotTreeError struct {
	Dir     string
	Missing string // the missing mark
}

func (e *NotTreeError) Error() string {
	return fmt.Sprintf("%q is not a MicroPython tree: it has no %s", e.Dir, e.Missing)
}

// TooOldError says that a tree's release is older than Oldest.
type TooOldError struct {
	Dir     string
	Version Version
}

func (e *TooOldError) Error() string {
	return fmt.Sprintf("MicroPython in %q is %s; the oldest supported release is %s", e.Dir,
		e.Version, Oldest)
}

// CircuitPythonError says that a tree is CircuitPython's: it has MicroPython's layout and one of
// its releases, but other modules, among them an ssl in shared-module/ssl that no MicroPython
// macro turns off.
type CircuitPythonError struct{ Dir string }

func (e *CircuitPythonError) Error() string {
	return fmt.Sprintf("%q is CircuitPython, not MicroPython: its ssl and hashlib are modules "+
		"of its own, which mpwolf does "+
		"not replace", e.Dir)
}

// Open reads the tree whose top is dir. Its errors are *NotTreeError, *CircuitPythonError,
// *TooOldError, or those of reading files.
func Open(dir string) (*Tree, error) {
	abs, err := filepath.Abs(dir)
	if err != nil {
		return nil, fmt.Errorf("open MicroPython tree %q: %w", dir, err)
	}
	// Whatever links lead to a tree, it is the same one: what is beside it is, too.
	if real, err := filepath.EvalSymlinks(abs); err == nil {
		abs = real
	}
	if info, err := os.Stat(abs); err != nil {
		return nil, fmt.Errorf("open MicroPython tree: %w", err)
	} else if !info.IsDir() {
		return nil, fmt.Errorf("open MicroPython tree %q: not a directory", dir)
	}
	for _, mark := range marks {
		if _, err := os.Stat(filepath.Join(abs, mark)); err != nil {
			return nil, &NotTreeError{Dir: abs, Missing: mark}
		}
	}
	if _, err := os.Stat(filepath.Join(abs, "py", "circuitpy_mpconfig.h")); err == nil {
		return nil, &CircuitPythonError{Dir: abs}
	}
	version, err := readVersion(filepath.Join(abs, "py", "mpconfig.h"))
	if err != nil {
		return nil, err
	}
	if version.Compare(Oldest) < 0 {
		return nil, &TooOldError{Dir: abs, Version: version}
	}
	origin, err := state.LoadOrigin(abs)
	if err != nil {
		return nil, err
	}
	return &Tree{Dir: abs, Version: version, Source: origin.Source, Make: origin.Make}, nil
}

var versionDefine = regexp.MustCompile(
	`^#define MICROPY_VERSION_(MAJOR|MINOR|MICRO|PRERELEASE)\s+\(?(\d+)\)?`)

// readVersion takes the release from the four defines of py/mpconfig.h (the fourth exists from
// v1.22 on). Releases before v1.18 lack them, and are too old anyway.
func readVersion(file string) (Version, error) {
	text, err := os.ReadFile(file)
	if err != nil {
		return Version{}, fmt.Errorf("read MicroPython's version: %w", err)
	}
	var v Version
	found := 0
	for _, line := range linesWith(text, "#define MICROPY_VERSION_") {
		m := versionDefine.FindSubmatch(line)
		if m == nil {
			continue
		}
		n, err := strconv.Atoi(string(m[2]))
		if err != nil {
			return Version{}, fmt.Errorf("read MicroPython's version in %s: %w", file, err)
		}
		switch string(m[1]) {
		case "MAJOR":
			v.Major = n
			found++
		case "MINOR":
			v.Minor = n
			found++
		case "MICRO":
			v.Micro = n
			found++
		case "PRERELEASE":
			v.Preview = n != 0
		}
	}
	if found < 3 {
		return Version{},
			fmt.Errorf("%s does not define MICROPY_VERSION_MAJOR, _MINOR and _MICRO; "+
				"the oldest supported release is %s", file, Oldest)
	}
	return v, nil
}

// linesWith are the lines that begin with a text; a regular expression would take a millisecond
// for a header of this size.
func linesWith(text []byte, start string) [][]byte {
	var lines [][]byte
	for at := 0; ; {
		i := bytes.Index(text[at:], []byte(start))
		if i < 0 {
			return lines
		}
		at += i
		end := len(text)
		if n := bytes.IndexByte(text[at:], '\n'); n >= 0 {
			end = at + n
		}
		if at == 0 || text[at-1] == '\n' {
			lines = append(lines, text[at:end])
		}
		at = end
	}
}

// ErrNoTree is returned by Find when there is no tree around.
var ErrNoTree = errors.New("no MicroPython tree found")

// AmbiguousError says that more than one tree was found below a directory.
type AmbiguousError struct {
	Start string
	Trees []string
}

func (e *AmbiguousError) Error() string {
	return fmt.Sprintf("%d MicroPython trees below %q: %s", len(e.Trees), e.Start,
		strings.Join(e.Trees, ", "))
}

// searchDepth is how many directories below the start Find looks for a tree: firmware repositories
// keep it as micropython, lib/micropython or third_party/upstream/micropython.
const searchDepth = 4

// Find looks for the tree that start is in, and then for one below it. It returns ErrNoTree if
// there is none and an *AmbiguousError if there are several below.
func Find(start string) (*Tree, error) {
	abs, err := filepath.Abs(start)
	if err != nil {
		return nil, err
	}
	if dir := Around(abs); dir != "" {
		return Open(dir)
	}
	below := treesBelow(abs)
	switch len(below) {
	case 0:
		return nil, ErrNoTree
	case 1:
		return Open(below[0])
	}
	return nil, &AmbiguousError{Start: abs, Trees: below}
}

// Around is the top of the tree that a directory is in; "" if it is in none.
func Around(dir string) string {
	for ; ; dir = filepath.Dir(dir) {
		if isTree(dir) {
			return dir
		}
		if dir == filepath.Dir(dir) {
			return ""
		}
	}
}

func treesBelow(start string) []string {
	var found []string
	// An unreadable directory is skipped: the search is a convenience, --tree is exact.
	_ = filepath.WalkDir(start, func(path string, entry fs.DirEntry, err error) error {
		if err != nil || !entry.IsDir() {
			if entry != nil && entry.IsDir() {
				return fs.SkipDir
			}
			return nil
		}
		rel, err := filepath.Rel(start, path)
		if err != nil {
			return fs.SkipDir
		}
		if path != start &&
			(strings.HasPrefix(entry.Name(), ".") || entry.Name() == "node_modules") {
			return fs.SkipDir
		}
		if isTree(path) {
			found = append(found, path)
			return fs.SkipDir
		}
		if rel != "." && strings.Count(rel, string(filepath.Separator))+1 >= searchDepth {
			return fs.SkipDir
		}
		return nil
	})
	slices.Sort(found)
	return found
}

func isTree(dir string) bool {
	for _, mark := range marks {
		if _, err := os.Stat(filepath.Join(dir, mark)); err != nil {
			return false
		}
	}
	return true
}

// Path joins names onto the tree's directory.
func (t *Tree) Path(names ...string) string {
	return filepath.Join(append([]string{t.Dir}, names...)...)
}

// Ports are the names of the ports that this tree has, sorted.
func (t *Tree) Ports() ([]string, error) {
	return t.directories("ports")
}

// directories lists the directories in a directory of the tree, sorted; none if it does not exist.
func (t *Tree) directories(rel string) ([]string, error) {
	entries, err := os.ReadDir(t.Path(rel))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("list %s: %w", rel, err)
	}
	var names []string
	for _, entry := range entries {
		if entry.IsDir() {
			names = append(names, entry.Name())
		}
	}
	return names, nil
}

// Boards are the boards of a port, sorted; none for a port without boards.
func (t *Tree) Boards(port string) ([]string, error) {
	names, err := t.directories(filepath.Join("ports", port, "boards"))
	return t.having(names, "ports", port, "boards", "mpconfigboard"), err
}

// Variants are the variants of a port, sorted; none for a port without variants.
func (t *Tree) Variants(port string) ([]string, error) {
	names, err := t.directories(filepath.Join("ports", port, "variants"))
	return t.having(names, "ports", port, "variants", "mpconfigvariant"), err
}

// having keeps the directories that hold a file <stem>.mk, .h or .cmake.
func (t *Tree) having(names []string, port1, port2, kind, stem string) []string {
	return slices.DeleteFunc(names, func(name string) bool {
		for _, ending := range []string{".mk", ".h", ".cmake"} {
			if _, err := os.Stat(t.Path(port1, port2, kind, name, stem+ending)); err == nil {
				return false
			}
		}
		return true
	})
}
