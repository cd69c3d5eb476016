package verify

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"mpwolf/internal/build"
)

// A macro with the name of a function replaces that function where the compiler sees it: with
// -Dwc_ValidateDate=mine for one object, that object asks mine, and every symbol is in its place.

// trusted are functions of the C library and words of C that wolfSSL relies on. System headers may
// have macros with their names.
var trusted = []string{
	"memcmp", "memcpy", "memmove", "memset", "strcmp", "strncmp", "strcasecmp", "strncasecmp",
	"strlen", "strstr", "strncpy", "time", "gmtime", "gmtime_r", "open", "read", "getrandom",
	"getentropy", "arc4random_buf",
	"if", "else", "while", "for", "switch", "case", "goto", "break", "continue", "return",
}

// unwatched are functions of wolfSSL's that other headers have as macros, too.
var unwatched = []string{"min", "max"}

// types come before the parenthesis in the declaration of a pointer to a function. Headers of
// picolibc and newlib have macros with their names for a while (sys/_intsup.h).
var types = []string{"char", "double", "float", "int", "long", "short", "signed", "unsigned",
	"void"}

// watch are the names that no macro may have in the objects of wolfSSL and the modules. Their own
// sources may define them, but not the settings.
func (v settingsCheck) watch(used []wolfObject) build.Watch {
	w := build.Watch{Library: trusted}
	for _, u := range used {
		if !slices.Contains(w.Own, u.root) {
			w.Own = append(w.Own, u.root)
		}
	}
	for _, module := range v.ownModules() {
		// Not the directories in it, which have settings.
		entries, err := os.ReadDir(module)
		if err != nil {
			continue // it need not exist
		}
		for _, entry := range entries {
			if entry.Type().IsRegular() {
				w.Own = append(w.Own, filepath.Join(module, entry.Name()))
			}
		}
	}
	w.Except = v.settingsIn(used...)
	slices.Sort(w.Except)
	w.Names = func() []string { return v.functions(used, w) }
	return w
}

// functions are those that wolfSSL's and the modules' sources and headers define or declare.
func (v settingsCheck) functions(used []wolfObject, w build.Watch) []string {
	names := make(map[string]bool)
	read := make(map[string]bool)
	for _, u := range used {
		for _, file := range u.deps {
			if read[file] {
				continue
			}
			read[file] = true
			if !w.Owns(file) {
				continue
			}
			if text, err := os.ReadFile(file); err == nil {
				functionsIn(text, names)
			}
		}
	}
	for _, name := range unwatched {
		delete(names, name)
	}
	var all []string
	for name := range names {
		all = append(all, name)
	}
	return all
}

// functionsIn adds the functions of a source: in lines that begin with a word, the name before the
// first parenthesis.
func functionsIn(text []byte, names map[string]bool) {
	for line := range bytes.Lines(text) {
		if !isWord(line[0]) {
			continue
		}
		before, _, found := bytes.Cut(line, []byte("("))
		if !found || bytes.ContainsAny(before, "=;\"'/") {
			continue
		}
		before = bytes.TrimRight(before, " \t")
		start := len(before)
		for start > 0 && isWord(before[start-1]) {
			start--
		}
		name := string(before[start:])
		if slices.Contains(types, name) {
			continue
		}
		if name == strings.ToUpper(name) {
			continue // a macro that is called outside of functions
		}
		names[name] = true
	}
}

func isWord(c byte) bool {
	return c == '_' || c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9'
}

// renamedCheck finds the macros with the names of functions.
func (v settingsCheck) renamedCheck(c *check, seen []objectValues) {
	in := make(map[string][]string)
	first := make(map[string]build.Value)
	for _, o := range seen {
		for key, value := range o.values {
			name, is := strings.CutPrefix(key, build.Watched(""))
			if !is {
				continue
			}
			if in[name] == nil {
				first[name] = value
			}
			in[name] = append(in[name], o.name)
		}
	}
	var names []string
	for name := range in {
		names = append(names, name)
	}
	slices.Sort(names)
	for _, name := range names {
		value := first[name]
		what := "a function of wolfSSL or its modules"
		if slices.Contains(trusted, name) {
			what = "part of C"
		}
		f := Finding{File: value.File, Line: value.Line,
			Message: fmt.Sprintf("%s, %s, is a macro: what is called by that name is %s", name,
				what, value.Body),
			Fix: "leave that macro out, or give it another name"}
		if value.Body == "" {
			f.Message = fmt.Sprintf("%s, %s, is an empty macro: it is not called", name, what)
		}
		if value.File == build.CommandLine {
			f.File = ""
			f.Message += "; make passes -D" + name + " to the compiler"
		}
		if len(in[name]) < len(seen) {
			f.Message += fmt.Sprintf("; so for %d of %d objects: %s", len(in[name]), len(seen),
				someOf(in[name]))
		}
		c.find(f)
	}
}
