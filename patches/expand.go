package patches

import (
	"path"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
)

// maxExpansion limits the depth of an expansion, because variables and macros may refer to
// themselves, and maxSteps its size, because each may refer twice to another that does the same.
const (
	maxExpansion = 40
	maxSteps     = 10_000
)

// expand does make's $(…) expansion. It returns false if any part is not certain.
func (m *makeRun) expand(s string) (string, bool) {
	m.steps = 0
	return m.expandDeep(s, 0)
}

func (m *makeRun) expandDeep(s string, depth int) (string, bool) {
	m.steps += 1 + len(s)/100
	if depth > maxExpansion || m.steps > maxSteps {
		return "", false
	}
	var b strings.Builder
	ok := true
	for i := 0; i < len(s); {
		if s[i] != '$' || i+1 >= len(s) {
			b.WriteByte(s[i])
			i++
			continue
		}
		ref, width := reference(s[i:])
		i += width
		switch {
		case ref == "$":
			b.WriteByte('$')
		case width == 0: // an unclosed parenthesis
			return "", false
		default:
			text, okRef := m.reference(ref, depth+1)
			ok = ok && okRef
			b.WriteString(text)
		}
	}
	return b.String(), ok
}

// reference takes "$(NAME)", "${NAME}" or "$x" off the front of s, and returns what is inside
// and the whole width.
func reference(s string) (string, int) {
	closers := map[byte]byte{'(': ')', '{': '}'}
	closer, ok := closers[s[1]]
	if !ok {
		return s[1:2], 2
	}
	depth := 0
	for i := 1; i < len(s); i++ {
		switch s[i] {
		case s[1]:
			depth++
		case closer:
			depth--
			if depth == 0 {
				return s[2:i], i + 1
			}
		}
	}
	return "", 0
}

func (m *makeRun) reference(ref string, depth int) (string, bool) {
	if name, args, found := strings.Cut(ref, " "); found {
		return m.call(name, args, depth)
	}
	if name, pattern, found := strings.Cut(ref, ":"); found { // $(X:%.c=%.o)
		from, to, okPattern := strings.Cut(pattern, "=")
		text, ok := m.reference(name, depth)
		if !strings.Contains(from, "%") {
			from, to = "%"+from, "%"+to
		}
		return mapWords(text, func(w string) string {
			return patsubst(from, to, w)
		}), ok && okPattern
	}
	name, ok := m.expandDeep(ref, depth)
	if !ok {
		return "", false
	}
	v, exists := m.vars[name]
	switch {
	case !exists:
		return "", true
	case !v.known:
		return "", false
	case !v.recursive:
		return v.text, true
	}
	return m.expandDeep(v.text, depth)
}

// call evaluates the make functions that occur in conditions and paths; the result of any other
// is not certain.
func (m *makeRun) call(name, text string, depth int) (string, bool) {
	switch name {
	case "foreach":
		return m.foreach(splitArgs(text), depth)
	case "call":
		return m.callVariable(splitArgs(text), depth)
	}
	var args []string
	ok := true
	for _, arg := range splitArgs(text) {
		expanded, okArg := m.expandDeep(arg, depth)
		ok = ok && okArg
		args = append(args, expanded)
	}
	if name == "wildcard" && ok {
		return m.wildcard(strings.Join(args, ",")), true
	}
	f, exists := makeFunctions[name]
	if !exists || !ok || len(args) < f.args {
		return "", false
	}
	return f.call(args), true
}

// foreach evaluates $(foreach NAME,LIST,TEXT).
func (m *makeRun) foreach(args []string, depth int) (string, bool) {
	if len(args) < 3 {
		return "", false
	}
	name, okName := m.expandDeep(args[0], depth)
	list, okList := m.expandDeep(args[1], depth)
	text := strings.Join(args[2:], ",")
	name = strings.TrimSpace(name)
	if !okName || !okList || name == "" {
		return "", false
	}
	defer m.restore(name)()
	var words []string
	for _, word := range strings.Fields(list) {
		m.vars[name] = makeVar{text: word, known: true}
		expanded, ok := m.expandDeep(text, depth)
		if !ok {
			return "", false
		}
		words = append(words, expanded)
	}
	return strings.Join(words, " "), true
}

// callVariable evaluates $(call NAME,ARG…).
func (m *makeRun) callVariable(args []string, depth int) (string, bool) {
	name, ok := m.expandDeep(args[0], depth)
	name = strings.TrimSpace(name)
	v, exists := m.vars[name]
	if !ok || !exists || !v.known && v.site == nil || !v.recursive {
		return "", false
	}
	if !v.known && v.site.Op != "define" {
		return "", false
	}
	for i := range maxArguments {
		number := strconv.Itoa(i)
		defer m.restore(number)()
		value := ""
		if i < len(args) {
			if value, ok = m.expandDeep(args[i], depth); !ok {
				return "", false
			}
		}
		m.vars[number] = makeVar{text: value, known: true}
	}
	return m.expandDeep(v.text, depth)
}

// maxArguments is how many arguments of a $(call …) are supported, including $(0).
const maxArguments = 10

// restore restores a variable's value.
func (m *makeRun) restore(name string) func() {
	old, exists := m.vars[name]
	return func() {
		if exists {
			m.vars[name] = old
		} else {
			delete(m.vars, name)
		}
	}
}

// wildcard evaluates $(wildcard PATTERN…): the files that exist.
func (m *makeRun) wildcard(patterns string) string {
	base := path.Join(m.src.top, m.dir)
	var found []string
	for _, pattern := range strings.Fields(patterns) {
		if path.IsAbs(pattern) {
			found = append(found, m.glob(pattern)...)
			continue
		}
		slash := strings.HasSuffix(pattern, "/.")
		for _, name := range m.glob(path.Join(base, pattern)) {
			rel, err := filepath.Rel(filepath.FromSlash(base), filepath.FromSlash(name))
			if err != nil {
				continue
			}
			if rel = filepath.ToSlash(rel); slash {
				rel += "/."
			}
			found = append(found, rel)
		}
	}
	return strings.Join(found, " ")
}

// glob is what matches a pattern, which is an absolute path; it is recorded.
func (m *makeRun) glob(pattern string) []string {
	pattern = path.Clean(pattern)
	found, err := filepath.Glob(filepath.FromSlash(pattern))
	if err != nil {
		return nil // make finds nothing either
	}
	for i, name := range found {
		found[i] = filepath.ToSlash(name)
	}
	m.globs[pattern] = found
	return slices.Clone(found)
}

type makeFunction struct {
	args int
	call func(args []string) string
}

var makeFunctions = map[string]makeFunction{
	"filter":     {2, func(a []string) string { return keepWords(a[1], a[0], true) }},
	"filter-out": {2, func(a []string) string { return keepWords(a[1], a[0], false) }},
	"findstring": {2, func(a []string) string {
		if strings.Contains(a[1], a[0]) {
			return a[0]
		}
		return ""
	}},
	"strip": {1, func(a []string) string { return strings.Join(strings.Fields(a[0]), " ") }},
	"subst": {3, func(a []string) string { return strings.ReplaceAll(a[2], a[0], a[1]) }},
	"patsubst": {3, func(a []string) string {
		return mapWords(a[2], func(w string) string { return patsubst(a[0], a[1], w) })
	}},
	"addprefix": {2, func(a []string) string {
		return mapWords(a[1], func(w string) string { return a[0] + w })
	}},
	"addsuffix": {2, func(a []string) string {
		return mapWords(a[1], func(w string) string { return w + a[0] })
	}},
	"notdir": {1, func(a []string) string { return mapWords(a[0], path.Base) }},
	"firstword": {1, func(a []string) string {
		return strings.Join(firstN(strings.Fields(a[0]), 1), "")
	}},
	"if": {2, func(a []string) string {
		if strings.TrimSpace(a[0]) != "" {
			return a[1]
		}
		return strings.Join(a[2:], ",")
	}},
	"or": {1, func(a []string) string {
		i := slices.IndexFunc(a, func(s string) bool { return strings.TrimSpace(s) != "" })
		if i < 0 {
			return ""
		}
		return a[i]
	}},
	"and": {1, func(a []string) string {
		if slices.ContainsFunc(a, func(s string) bool { return strings.TrimSpace(s) == "" }) {
			return ""
		}
		return a[len(a)-1]
	}},
}

func firstN(words []string, n int) []string { return words[:min(n, len(words))] }

func mapWords(text string, f func(string) string) string {
	words := strings.Fields(text)
	for i, w := range words {
		words[i] = f(w)
	}
	return strings.Join(words, " ")
}

func keepWords(text, patterns string, keep bool) string {
	words := slices.DeleteFunc(strings.Fields(text), func(w string) bool {
		return slices.ContainsFunc(strings.Fields(patterns), func(p string) bool {
			return matches(p, w)
		}) != keep
	})
	return strings.Join(words, " ")
}

func matches(pattern, word string) bool {
	before, after, wild := strings.Cut(pattern, "%")
	if !wild {
		return pattern == word
	}
	return len(word) >= len(before)+len(after) && strings.HasPrefix(word, before) &&
		strings.HasSuffix(word, after)
}

func patsubst(from, to, word string) string {
	if !matches(from, word) {
		return word
	}
	before, after, wild := strings.Cut(from, "%")
	if !wild {
		return to
	}
	stem := word[len(before) : len(word)-len(after)]
	return strings.Replace(to, "%", stem, 1)
}
