package build

import (
	"path/filepath"
	"slices"
	"strconv"
	"strings"
)

// Watch are names that should be no macros, such as those of functions. The zero value has none.
type Watch struct {
	// Names returns them. It is called if the compiler has to be asked again, so they may depend
	// only on Own and on what is compiled.
	Names func() []string
	// Library are further ones, which system headers may define.
	Library []string
	// Own are directories whose files may define all of them, except the files in Except.
	Own, Except []string
}

// Watched is the key of a watched name among the values: it is there if something defines it,
// even if the define is undone later.
func Watched(name string) string { return "define " + name }

// names are all names; true for those that system headers may define.
func (w Watch) names() map[string]bool {
	if w.Names == nil {
		return nil
	}
	names := make(map[string]bool)
	for _, name := range w.Names() {
		names[name] = false
	}
	for _, name := range w.Library {
		names[name] = true
	}
	return names
}

// Owns reports whether a file may define watched names.
func (w Watch) Owns(file string) bool {
	return !slices.Contains(w.Except, file) && slices.ContainsFunc(w.Own, func(dir string) bool {
		rel, err := filepath.Rel(dir, file)
		return err == nil && filepath.IsLocal(rel)
	})
}

// parseDefines adds the first define of each watched name to values.
func (f *Flags) parseDefines(
	out string, w Watch, watched map[string]bool, values map[string]Value,
) {
	if len(watched) == 0 {
		return
	}
	file, number, system, own := "", 0, false, false
	for line := range strings.Lines(out) {
		number++
		if line[0] != '#' {
			continue
		}
		line = strings.TrimRight(line, "\r\n")
		if m := lineMarker.FindStringSubmatch(line); m != nil {
			next, _ := strconv.Atoi(m[1]) // only digits matched
			number = next - 1
			if m[2] != file {
				file = m[2]
				own = w.Owns(f.absolute(file))
			}
			system = strings.Contains(line[len(m[0]):], " 3")
			continue
		}
		rest, found := strings.CutPrefix(line, "#define ")
		if !found || own {
			continue
		}
		end := strings.IndexAny(rest, " (")
		if end < 0 {
			end = len(rest)
		}
		name := rest[:end]
		library, is := watched[name]
		if _, known := values[Watched(name)]; !is || known || library && system ||
			strings.HasPrefix(file, "<built-in") {
			continue
		}
		v := Value{Defined: true, Body: strings.TrimSpace(rest[end:])}
		v.File, v.Line = f.place(file, number)
		values[Watched(name)] = v
	}
}

// absolute is a file of a line marker as an absolute path; "" for what is no file.
func (f *Flags) absolute(file string) string {
	if strings.HasPrefix(file, "<") {
		return ""
	}
	file = strings.NewReplacer(`\\`, `\`, `\"`, `"`).Replace(file)
	if !filepath.IsAbs(file) {
		file = filepath.Join(f.Dir, file)
	}
	return filepath.Clean(file)
}
