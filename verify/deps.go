package verify

import (
	"os"
	"path/filepath"
	"strings"
)

// parseDeps reads a dependency file as compilers write it for make and returns the prerequisites of the first rule:
// the source and the headers that it includes. Blanks in names have a backslash before them, "$$" stands for "$".
func parseDeps(text string) []string {
	var names []string
	var name strings.Builder
	target := true
	end := func() {
		if name.Len() > 0 {
			names = append(names, name.String())
			name.Reset()
		}
	}
	for i := 0; i < len(text); i++ {
		c := text[i]
		next := byte(0)
		if i+1 < len(text) {
			next = text[i+1]
		}
		switch {
		case target && c == ':' && (next == ' ' || next == '\t' || next == '\\' || next == '\n' || next == '\r'):
			target = false
			name.Reset()
		case target:
			continue
		case c == '\\' && (next == '\n' || next == '\r'):
			end()
			i++
			if next == '\r' && i+1 < len(text) && text[i+1] == '\n' {
				i++
			}
		case c == '\\' && (next == ' ' || next == '#'), c == '$' && next == '$':
			name.WriteByte(next)
			i++
		case c == ' ', c == '\t', c == '\r':
			end()
		case c == '\n':
			end()
			return names
		default:
			name.WriteByte(c)
		}
	}
	end()
	return names
}

// deps are the source of an object and the headers that it was compiled with, as absolute paths; none if there is no
// dependency file. MicroPython's rules leave it beside the object as .P, other makefiles as .d.
func (v *verification) deps(objectFile string) []string {
	if known, ok := v.depCache[objectFile]; ok {
		return known
	}
	var deps []string
	base := strings.TrimSuffix(objectFile, filepath.Ext(objectFile))
	for _, ending := range []string{".P", ".d"} {
		text, err := os.ReadFile(base + ending)
		if err != nil {
			continue
		}
		for _, name := range parseDeps(string(text)) {
			if !filepath.IsAbs(name) {
				name = filepath.Join(v.target().Dir(), name)
			}
			deps = append(deps, filepath.Clean(name))
		}
		break
	}
	v.depCache[objectFile] = deps
	return deps
}
