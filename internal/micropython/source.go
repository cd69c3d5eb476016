package micropython

import (
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"mpwolf/internal/state"
)

// noManifest is how a variant states that it freezes nothing
// (ports/unix/variants/minimal/mpconfigvariant.mk).
var noManifest = regexp.MustCompile(`(?m)^FROZEN_MANIFEST[ \t]*\??=[ \t]*$`)

// makeFor are the tree's Make arguments for one target. A variant that freezes nothing cannot hold
// frozen code.
func (t *Tree) makeFor(target Target) []string {
	text, err :=
		os.ReadFile(filepath.Join(target.Dir(), "variants", target.Variant, "mpconfigvariant.mk"))
	freezes := err != nil || !noManifest.Match(text)
	return slices.DeleteFunc(slices.Clone(t.Make), func(arg string) bool {
		return !freezes && strings.HasPrefix(arg, "FROZEN_MANIFEST=")
	})
}

// WithoutSubmodules makes a tree buildable that has no submodule content, like Debian's: no
// btree, whose library is a submodule; only asyncio frozen, the one library that is in
// MicroPython itself; and a directory instead of micropython-lib (py/mkrules.mk stops if it
// finds no README.md there). source says where the tree is from.
func (t *Tree) WithoutSubmodules(source string) error {
	origin := state.Origin{Source: source, Make: []string{
		"MICROPY_PY_BTREE=0",
		"FROZEN_MANIFEST=" + state.Kept("manifest.py"),
		"MPY_LIB_DIR=" + state.Kept("micropython-lib"),
	}}
	return state.SaveOrigin(t.Dir, origin, map[string]string{
		"manifest.py":               t.asyncioManifest(),
		"micropython-lib/README.md": "This tree came without micropython-lib.\n",
	})
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

// SubmodulesHint says how to get submodules that the build of a target lacks. dir names the tree
// for a shell. A tree from Debian is no git clone.
func (t Target) SubmodulesHint(dir string, missing []string) string {
	if len(t.Tree.Make) == 0 {
		return "git -C " + dir + " submodule update --init " + strings.Join(missing, " ")
	}
	board := ""
	if t.Board != "" {
		board = " --board " + t.Board
	}
	return dir + " is from Debian, which has no submodules; this gets another tree with them: " +
		"mpwolf fetch micropython --from git --port " + t.Port + board + " --dir micropython-git"
}
