// Package config reads and writes mpwolf.toml, in which a firmware repository states what it is
// built from and for. It does not look at the trees that the file names.
package config

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"mpwolf/internal/hint"

	"github.com/BurntSushi/toml"
)

// Name is the file's name, at the top of the firmware's repository.
const Name = "mpwolf.toml"

// File is an mpwolf.toml. A zero value in it means that the file does not say.
type File struct {
	// Path is the absolute path of the file.
	Path string `toml:"-"`
	// Tree is the MicroPython tree, Modules the directory for the user modules. Both are written
	// relative to the file, and are absolute paths here.
	Tree    string `toml:"tree"`
	Modules string `toml:"modules"`
	// MicroPython is the release that the tree is expected to be, such as "v1.25.0".
	MicroPython string `toml:"micropython"`
	// WolfSSL is a version, or the directory of a tree: an absolute path here.
	WolfSSL string `toml:"wolfssl"`
	// Pristine asks for the way that changes no file of the tree.
	Pristine bool `toml:"pristine"`
	// DropIn reports whether the built-in names (tls, ssl …) are registered too; nil: they are.
	DropIn  *bool    `toml:"drop-in"`
	Targets []Target `toml:"target"`

	lines  []int // of each [[target]]
	places places
}

// Target is a port with its board or variant.
type Target struct {
	Port string `toml:"port"`
	// Board is a name, or the directory of a board: an absolute path here.
	Board   string `toml:"board"`
	Variant string `toml:"variant"`
	// UserSettings is the absolute path of the user_settings.h that replaces the port's.
	UserSettings string `toml:"user-settings"`
	// Profile is WOLFSSL_PROFILE: full, client or tiny; "": full.
	Profile string `toml:"profile"`
	// Make are more arguments for make, each NAME=VALUE.
	Make []string `toml:"make"`
	// MaxFlash and MaxRAM are what the firmware may take, in bytes; 0: there is no limit.
	MaxFlash Size `toml:"max-flash"`
	MaxRAM   Size `toml:"max-ram"`
	// MinHeap and MinStack are what it must leave for the heap and the stack, in bytes; 0: any.
	MinHeap  Size `toml:"min-heap"`
	MinStack Size `toml:"min-stack"`
}

// Dir is the directory that holds the file: all that it names is inside.
func (f *File) Dir() string { return filepath.Dir(f.Path) }

// Line is the line, from 1, at which target i begins.
func (f *File) Line(i int) int {
	if i < len(f.lines) {
		return f.lines[i]
	}
	return 1
}

// KeyLine is the line, from 1, of a key at the top of the file.
func (f *File) KeyLine(key string) int { return f.places.line(-1, key) }

// Error is something wrong in an mpwolf.toml.
type Error struct {
	File string
	Line int // from 1
	Text string
}

func (e *Error) Error() string { return fmt.Sprintf("%s:%d: %s", e.File, e.Line, e.Text) }

// Load reads a file and checks all that can be checked without looking at the tree. Its errors are
// *Error, or those of reading.
func Load(path string) (*File, error) {
	text, err := readRegular(path)
	if err != nil {
		return nil, err
	}
	return parse(path, text)
}

// maxSize is far beyond what a person writes.
const maxSize = 1 << 20

func readRegular(path string) ([]byte, error) {
	info, err := os.Stat(path)
	if err != nil {
		return nil, fmt.Errorf("read %s: %w", Name, err)
	}
	if !info.Mode().IsRegular() || info.Size() > maxSize {
		return nil, fmt.Errorf("read %s: %s is not a file of at most %d bytes",
			Name, path, maxSize)
	}
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("read %s: %w", Name, err)
	}
	return text, nil
}

func parse(path string, text []byte) (*File, error) {
	places := locate(text)
	file := &File{Path: path, lines: places.tables, places: places}
	if bad := shape(text); bad != nil {
		return nil, &Error{path, places.line(bad.table, bad.key), bad.text}
	}
	meta, err := toml.NewDecoder(bytes.NewReader(text)).Decode(file)
	var syntax toml.ParseError
	switch {
	case errors.As(err, &syntax):
		return nil, &Error{path, max(1, syntax.Position.Line), inWords(syntax.Message)}
	case err != nil:
		return nil, &Error{path, 1, strings.TrimPrefix(err.Error(), "toml: ")}
	}
	// The decoder also takes keys in another case.
	if i := slices.IndexFunc(meta.Keys(), isUnknown); i >= 0 {
		extra := meta.Keys()[i]
		return nil, &Error{path, places.unknown(extra),
			fmt.Sprintf("unknown key %q;%s", extra.String(), knownKeys(extra))}
	}
	if bad := file.check(); bad != nil {
		return nil, &Error{path, places.line(bad.table, bad.key), bad.text}
	}
	return file, nil
}

var bareWord = regexp.MustCompile(`^expected value but found "(\w)`)

// inWords is a decoder's message about the syntax, with what is most often meant.
func inWords(message string) string {
	if bareWord.MatchString(message) {
		return message + `; a string must be in quotes, such as port = "unix"`
	}
	return message
}

// The keys of the file, and those of a target.
var (
	topKeys = []string{"tree", "micropython", "wolfssl", "modules", "pristine",
		"drop-in", "target"}
	targetKeys = []string{"port", "board", "variant", "user-settings", "make", "profile",
		"max-flash", "max-ram", "min-heap", "min-stack"}
)

func isUnknown(key toml.Key) bool {
	switch {
	case len(key) == 1:
		return !slices.Contains(topKeys, key[0])
	case len(key) == 2 && key[0] == "target":
		return !slices.Contains(targetKeys, key[1])
	}
	return true
}

func knownKeys(key toml.Key) string {
	last := key[len(key)-1]
	if len(key) > 1 && key[0] == "target" {
		return hint.DidYouMean(last, targetKeys) + " a target has: " +
			strings.Join(targetKeys, ", ")
	}
	if slices.Contains(targetKeys, last) {
		return " it belongs to a target, below [[target]]"
	}
	return hint.DidYouMean(last, topKeys) + " the file has: " + strings.Join(topKeys, ", ")
}

// wrong is an invalid value: of a key at the top (table -1) or of a target.
type wrong struct {
	table     int
	key, text string
}

// check also makes the paths absolute.
func (f *File) check() *wrong {
	for _, p := range []struct {
		key  string
		path *string
	}{{"tree", &f.Tree}, {"modules", &f.Modules}} {
		if err := f.inside(p.path); err != nil {
			return &wrong{-1, p.key, fmt.Sprintf("%s = %q %v", p.key, *p.path, err)}
		}
	}
	if f.MicroPython != "" && !release.MatchString(f.MicroPython) {
		return &wrong{-1, "micropython",
			fmt.Sprintf("micropython = %q is not a release such as v1.25.0", f.MicroPython)}
	}
	if f.WolfSSL != "" && !version.MatchString(f.WolfSSL) {
		if err := f.inside(&f.WolfSSL); err != nil {
			return &wrong{-1, "wolfssl",
				fmt.Sprintf("wolfssl = %q is not a version such as 5.9.2, and as a "+
					"directory it %v", f.WolfSSL, err)}
		}
	}
	for i := range f.Targets {
		if bad := f.checkTarget(&f.Targets[i]); bad != nil {
			bad.table = i
			return bad
		}
		for j := range i {
			if a, b := f.Targets[i], f.Targets[j]; a.Port == b.Port && a.Board == b.Board &&
				a.Variant == b.Variant {
				return &wrong{i, "port",
					fmt.Sprintf("the same target is already at line %d", f.Line(j))}
			}
		}
	}
	return nil
}

var (
	release = regexp.MustCompile(`^v?\d+\.\d+(\.\d+)?(-preview)?$`)
	version = regexp.MustCompile(`^\d+\.\d+(\.\d+)?$`)
	name    = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9_.+-]*$`)
)

// profiles are those of ports/common/bare_metal.h.
var profiles = []string{"full", "client", "tiny"}

func (f *File) checkTarget(t *Target) *wrong {
	if !name.MatchString(t.Port) {
		return &wrong{key: "port",
			text: fmt.Sprintf("port = %q is not the name of a port", t.Port)}
	}
	if t.Variant != "" && !name.MatchString(t.Variant) {
		return &wrong{key: "variant",
			text: fmt.Sprintf("variant = %q is not the name of a variant", t.Variant)}
	}
	if strings.HasPrefix(t.Board, "-") { // other programs would take it for a flag
		return &wrong{key: "board", text: fmt.Sprintf("board = %q begins with a dash", t.Board)}
	}
	if t.Board != "" && !name.MatchString(t.Board) {
		if err := f.inside(&t.Board); err != nil {
			return &wrong{key: "board",
				text: fmt.Sprintf("board = %q is not the name of a board, and as a "+
					"directory it %v", t.Board, err)}
		}
	}
	if err := f.inside(&t.UserSettings); err != nil {
		return &wrong{key: "user-settings",
			text: fmt.Sprintf("user-settings = %q %v", t.UserSettings, err)}
	}
	if t.Profile != "" && !slices.Contains(profiles, t.Profile) {
		return &wrong{key: "profile", text: fmt.Sprintf("profile = %q is none of the profiles: %s",
			t.Profile, strings.Join(profiles, ", "))}
	}
	for _, arg := range t.Make {
		if err := CheckMake(arg); err != nil {
			return &wrong{key: "make", text: "make: " + err.Error()}
		}
	}
	if t.MaxFlash < 0 || t.MaxRAM < 0 || t.MinHeap < 0 || t.MinStack < 0 {
		return &wrong{key: "max-flash", text: "a limit is a number of bytes, 0 or more"}
	}
	return nil
}

// inside makes a path of the file absolute. One that leads out of the file's directory, by
// itself or through links, is refused: someone who clones a repository does not expect it to
// name their other files. Flags may.
func (f *File) inside(path *string) error {
	if *path == "" {
		return nil
	}
	local := filepath.FromSlash(*path)
	if strings.ContainsFunc(*path, func(r rune) bool {
		return r < ' ' || r == '\\' || r == 0x7f
	}) {
		return errors.New("has a backslash or a control character")
	}
	if !filepath.IsLocal(local) {
		return errors.New("leads out of the directory of " + Name + "; only a flag may do that")
	}
	dir, err := filepath.EvalSymlinks(f.Dir())
	if err != nil {
		return err
	}
	abs := filepath.Join(f.Dir(), local)
	if real, err := evalExisting(abs); err != nil {
		return err
	} else if rel, err := filepath.Rel(dir, real); err != nil || !filepath.IsLocal(rel) {
		return fmt.Errorf("leads out of the directory of %s by a link, to %s; only a flag "+
			"may do that", Name, real)
	}
	*path = abs
	return nil
}

// evalExisting resolves the links of a path as far as it exists.
func evalExisting(path string) (string, error) {
	rest := ""
	for at := path; ; at = filepath.Dir(at) {
		if _, err := os.Lstat(at); errors.Is(err, fs.ErrNotExist) && at != filepath.Dir(at) {
			rest = filepath.Join(filepath.Base(at), rest)
			continue
		}
		real, err := filepath.EvalSymlinks(at)
		return filepath.Join(real, rest), err
	}
}

// places are the lines at which a file's tables and keys stand.
type places struct {
	tables []int // the lines of [[target]]
	keys   []place
}

type place struct {
	table int // -1 at the top
	key   string
	line  int
}

var (
	tableLine = regexp.MustCompile(`^\s*\[\[\s*target\s*\]\]`)
	keyLine   = regexp.MustCompile(`^\s*"?([A-Za-z0-9_.-]+)"?\s*=`)
	otherLine = regexp.MustCompile(`^\s*\[+\s*"?([A-Za-z0-9_.-]+)`)
)

// locate finds lines by pattern, because the decoder does not report them. It is used only for
// messages.
func locate(text []byte) places {
	p := places{}
	table := -1
	_, text = cutMark(text)
	for i, line := range strings.Split(string(text), "\n") {
		if tableLine.MatchString(line) {
			table++
			p.tables = append(p.tables, i+1)
		} else if m := otherLine.FindStringSubmatch(line); m != nil {
			p.keys = append(p.keys, place{-1, m[1], i + 1})
		} else if m := keyLine.FindStringSubmatch(line); m != nil {
			p.keys = append(p.keys, place{table, m[1], i + 1})
		}
	}
	return p
}

func (p places) line(table int, key string) int {
	for _, k := range p.keys {
		if k.table == table && k.key == key {
			return k.line
		}
	}
	if table >= 0 && table < len(p.tables) {
		return p.tables[table]
	}
	return 1
}

// unknown is the line of a key that no table knows: of the first of that name at that depth.
func (p places) unknown(key toml.Key) int {
	known := topKeys
	if len(key) > 1 && key[0] == "target" {
		known = targetKeys
		key = key[1:]
	}
	for _, k := range p.keys {
		first, _, _ := strings.Cut(k.key, ".")
		if (k.key == key.String() || first == key[0]) && !slices.Contains(known, k.key) {
			return k.line
		}
	}
	return 1
}
