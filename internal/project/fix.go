package project

import (
	"errors"
	"os"
	"path/filepath"
	"strings"

	"mpwolf/internal/hint"
	"mpwolf/internal/lazyregexp"
	"mpwolf/internal/micropython"
	"mpwolf/internal/shell"
	"mpwolf/internal/state"
)

// Run is a command of mpwolf to type where this one was typed: it works on the same tree.
func (p *Project) Run(words string) string {
	if p.Asked.Tree == "" || p.Asked.TreeFrom != "" {
		return "mpwolf " + words
	}
	return "mpwolf " + words + " --tree " + shell.Quote(p.Asked.Tree)
}

// command is a command of mpwolf that works on a tree, in a text.
var command = lazyregexp.New(
	`\bmpwolf (patch|revert|check|build|verify|status|init|explain|doctor)\b`)

// Commands is a text whose commands of mpwolf are to be typed where this one was typed: they name
// the same tree.
func (o Options) Commands(text string) string {
	if o.Tree == "" || o.TreeFrom != "" || strings.Contains(text, "--tree") {
		return text
	}
	return command().ReplaceAllStringFunc(text, func(c string) string {
		return c + " --tree " + shell.Quote(o.Tree)
	})
}

// wasPatched adds to the error about a directory that is no tree for mpwolf what can be done, if
// it was one when it was patched, as before a checkout of another release.
func (p *Project) wasPatched(err error) error {
	var dir string
	var old *micropython.TooOldError
	var circuit *micropython.CircuitPythonError
	var not *micropython.NotTreeError
	switch {
	case errors.As(err, &old):
		dir = old.Dir
	case errors.As(err, &circuit):
		dir = circuit.Dir
	case errors.As(err, &not):
		dir = not.Dir
	default:
		return err
	}
	record, missing := state.Load(dir)
	if missing != nil {
		return err
	}
	return hint.With(err, "check out MicroPython "+record.MicroPython+
		" again, for which it was patched; then "+p.Run("revert"))
}

// IsSubmodule reports whether a repository above a directory has it as a submodule.
func IsSubmodule(dir string) bool {
	for top := filepath.Dir(dir); ; top = filepath.Dir(top) {
		text, err := os.ReadFile(filepath.Join(top, ".gitmodules"))
		if rel, wrong := filepath.Rel(top, dir); err == nil && wrong == nil {
			for line := range strings.Lines(string(text)) {
				name, value, _ := strings.Cut(line, "=")
				if strings.TrimSpace(name) == "path" &&
					strings.TrimSpace(value) == filepath.ToSlash(rel) {
					return true
				}
			}
		}
		if top == filepath.Dir(top) {
			return false
		}
	}
}
