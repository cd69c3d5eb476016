package micropython

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
)

// sourceFile is what Fetch notes down in a tree that make cannot build without further arguments.
const sourceFile = ".mpwolf/tree.json"

// treeMark stands for the tree's folder in sourceFile, so that the tree can be moved.
const treeMark = "$(TREE)"

// sourceNote is the content of sourceFile.
type sourceNote struct {
	Source string   `json:"source"`
	Make   []string `json:"make"`
}

// readSource fills in where the tree is from and what make needs, if Fetch noted that down.
func (t *Tree) readSource() error {
	text, err := os.ReadFile(t.Path(filepath.FromSlash(sourceFile)))
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("read where the tree is from: %w", err)
	}
	var note sourceNote
	decoder := json.NewDecoder(strings.NewReader(string(text)))
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(&note); err != nil {
		return fmt.Errorf("read %s: %w", t.Path(filepath.FromSlash(sourceFile)), err)
	}
	t.Source = note.Source
	for _, arg := range note.Make {
		t.Make = append(t.Make, strings.ReplaceAll(arg, treeMark, t.Dir))
	}
	return nil
}

// noManifest is how a variant says that it freezes nothing (ports/unix/variants/minimal/mpconfigvariant.mk).
var noManifest = regexp.MustCompile(`(?m)^FROZEN_MANIFEST[ \t]*\??=[ \t]*$`)

// makeFor are the tree's Make arguments for one target. A variant that freezes nothing cannot hold frozen code.
func (t *Tree) makeFor(target Target) []string {
	text, err := os.ReadFile(filepath.Join(target.Dir(), "variants", target.Variant, "mpconfigvariant.mk"))
	freezes := err != nil || !noManifest.Match(text)
	return slices.DeleteFunc(slices.Clone(t.Make), func(arg string) bool {
		return !freezes && strings.HasPrefix(arg, "FROZEN_MANIFEST=")
	})
}

// WithoutSubmodules makes a tree buildable that has no submodule content, as Debian's: no btree, whose library is a
// submodule; only asyncio frozen, the one library that is in MicroPython itself; and a folder in the place of
// micropython-lib (py/mkrules.mk stops if it finds no README.md there).
func (t *Tree) WithoutSubmodules(source string) error {
	note, err := json.MarshalIndent(sourceNote{Source: source, Make: []string{
		"MICROPY_PY_BTREE=0",
		"FROZEN_MANIFEST=" + treeMark + "/.mpwolf/manifest.py",
		"MPY_LIB_DIR=" + treeMark + "/.mpwolf/micropython-lib",
	}}, "", "  ")
	if err != nil {
		return err
	}
	files := map[string]string{
		sourceFile:                          string(note) + "\n",
		".mpwolf/.gitignore":                "*\n",
		".mpwolf/manifest.py":               t.asyncioManifest(),
		".mpwolf/micropython-lib/README.md": "This tree came without micropython-lib.\n",
	}
	if err := os.MkdirAll(t.Path(".mpwolf", "micropython-lib"), 0o755); err != nil {
		return err
	}
	for name, text := range files {
		if err := os.WriteFile(t.Path(filepath.FromSlash(name)), []byte(text), 0o644); err != nil {
			return err
		}
	}
	return nil
}

// asyncioManifest includes asyncio, which was called uasyncio up to v1.20.
func (t *Tree) asyncioManifest() string {
	for _, name := range []string{"asyncio", "uasyncio"} {
		if _, err := os.Stat(t.Path("extmod", name, "manifest.py")); err == nil {
			return "include(\"$(MPY_DIR)/extmod/" + name + "\")\n"
		}
	}
	return ""
}
