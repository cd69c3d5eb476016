package patches

import (
	"fmt"
	"path"
	"strings"

	"mpwolf/internal/lazyregexp"
)

// cMacro is a C macro at one point of the preprocessor's run.
type cMacro struct {
	body   string
	params []string // nil for a macro without parameters
	state  truth    // maybe: defined, or defined so, under an unreadable condition
	site   *Site
}

// headerRun reads C headers as the preprocessor would, as far as it can for certain.
type headerRun struct {
	src    *source
	dirs   []string // the include path inside the tree
	macros map[string]cMacro
	sites  []*Site
	seen   map[string]int
	depth  int
	// within are the blocks around the include of the present file.
	within  *conditions
	clashes []Clash
	// known are macros that the compiler defines; nil if it was not asked.
	known map[string]string
}

// maxVisits limits how often one header is read in a run: some headers include themselves on
// purpose, but none endlessly.
const maxVisits = 8

var (
	directive = lazyregexp.New(
		`^\s*(?:#|%:)\s*` +
			`(define|undef|ifdef|ifndef|if|elif|else|endif|include|error|pragma)\b[ \t]*`)
	defineHead  = lazyregexp.New(`^([A-Za-z_]\w*)(\(([^)]*)\))?[ \t]*`)
	headerGuard = lazyregexp.New(`^\s*([A-Za-z_]\w*)`)
)

func (h *headerRun) run(rel string) {
	text, ok := h.src.file(rel)
	if !ok || h.depth >= maxIncludes || h.seen[rel] >= maxVisits {
		return
	}
	h.seen[rel]++
	h.depth++
	defer func() { h.depth-- }()
	conds := &conditions{around: h.within}
	comment := false
	for _, line := range h.src.lines(rel, "", text) {
		line.text, comment = blankComments(line.text, comment)
		// %: is another spelling of # (C99, 6.4.6).
		start := strings.TrimLeft(line.text, " \t\f\v")
		if !strings.HasPrefix(start, "#") && !strings.HasPrefix(start, "%:") {
			continue
		}
		if d := directive().FindStringSubmatchIndex(line.text); d != nil {
			h.directive(rel, line, line.text[d[2]:d[3]], d[1], conds)
		}
	}
}

func (h *headerRun) directive(
	rel string, line logicalLine, word string, from int, conds *conditions,
) {
	rest := line.text[from:]
	where := place(rel, line.number, strings.TrimSpace(line.text))
	switch word {
	case "if":
		conds.push(h.test(rest), where)
	case "ifdef":
		conds.push(h.defined(headerGuard().FindString(rest)), where)
	case "ifndef":
		conds.push(h.defined(headerGuard().FindString(rest)).not(), where)
	case "elif":
		conds.turn(h.test(rest), where)
	case "else":
		conds.turn(yes, where)
	case "endif":
		conds.pop()
	case "include":
		if conds.active() != no {
			outer := h.within
			h.within = conds
			h.include(rel, strings.TrimSpace(rest))
			h.within = outer
		}
	case "define":
		h.define(rel, line, from, conds)
	case "undef":
		h.undef(rel, line, from, conds)
	}
}

func (h *headerRun) define(rel string, line logicalLine, from int, conds *conditions) {
	d := defineHead().FindStringSubmatchIndex(line.text[from:])
	if d == nil {
		return
	}
	name := line.text[from+d[2] : from+d[3]]
	bodyAt := from + d[1]
	body := strings.TrimRight(line.text[bodyAt:], " \t")
	site := &Site{
		File: rel, Line: line.number, Kind: Define, Macro: name, Text: body,
		active: conds.active(), Maybe: conds.doubt(), When: conds.when(),
		start: line.at(bodyAt), end: line.at(bodyAt),
	}
	if body != "" {
		site.end = line.at(bodyAt+len(body)-1) + 1
	}
	h.sites = append(h.sites, site)
	macro := cMacro{body: body, state: site.active, site: site}
	if d[4] >= 0 {
		macro.params = []string{}
		for _, p := range strings.Split(line.text[from+d[6]:from+d[7]], ",") {
			macro.params = append(macro.params, strings.TrimSpace(p))
		}
	}
	if old, exists := h.macros[name]; site.active == maybe && exists && old.body == body {
		return // both ways the same
	}
	if old, exists := h.macros[name]; exists && old.clashes(macro) {
		h.clashes = append(h.clashes, Clash{Flag: old.site, Define: site})
	}
	if site.active != no {
		h.macros[name] = macro
	}
}

// Clash is a flag or a line of a header that defines a macro, and a later line that defines it
// otherwise, without an #undef: the compiler warns, which -Werror makes an error.
type Clash struct{ Flag, Define *Site }

func (c Clash) String() string {
	return fmt.Sprintf("%s is defined as %s by %s, and as %s at %s: compilers stop at that with "+
		"-Werror", c.Flag.Macro, c.Flag.Text, c.Flag, c.Define.Text, c.Define)
}

// clashes reports whether a macro is defined, and then certainly defined otherwise.
func (m cMacro) clashes(later cMacro) bool {
	return m.site != nil && m.state == yes && later.state == yes &&
		strings.Join(strings.Fields(m.body), " ") != strings.Join(strings.Fields(later.body), " ")
}

func (h *headerRun) undef(rel string, line logicalLine, from int, conds *conditions) {
	name := strings.TrimSpace(headerGuard().FindString(line.text[from:]))
	site := &Site{
		File: rel, Line: line.number, Kind: Undef, Macro: name, active: conds.active(),
		Maybe: conds.doubt(),
		When:  conds.when(), start: line.at(from), end: line.at(from),
	}
	h.sites = append(h.sites, site)
	h.undefine(site)
}

func (h *headerRun) undefine(site *Site) {
	old, exists := h.macros[site.Macro]
	switch {
	case site.active == yes:
		delete(h.macros, site.Macro)
	case site.active == maybe && exists:
		old.state = maybe
		h.macros[site.Macro] = old
	}
}

// include follows headers inside the tree; the system's and the libraries' do not set
// MicroPython's macros.
func (h *headerRun) include(from, text string) {
	if m, ok := h.macros[text]; ok && m.params == nil {
		text = m.body
	}
	text = strings.Trim(strings.TrimSpace(text), `'`)
	if len(text) < 3 {
		return
	}
	dirs := h.dirs
	if text[0] == '"' {
		dirs = append([]string{path.Dir(from)}, dirs...)
	}
	name := strings.Trim(text, `"<>`)
	for _, dir := range dirs {
		rel := h.src.name(dir, name)
		if _, ok := h.src.file(rel); ok {
			h.run(rel)
			return
		}
	}
}

func (h *headerRun) defined(name string) truth {
	name = strings.TrimSpace(name)
	m, ok := h.macros[name]
	switch {
	case ok:
		return m.state
	case ours(name) || strings.HasSuffix(name, "_H") || strings.HasSuffix(name, "_H__"):
		return no
	case h.known != nil:
		_, defined := h.known[name]
		return truthOf(defined)
	}
	return maybe // the compiler's or a system header's
}

// ours reports whether only MicroPython's own files and flags define a macro, so that it is
// undefined if no definition was seen.
func ours(name string) bool {
	for _, prefix := range []string{"MICROPY_", "MP_", "MODULE_", "PYB_", "MBEDTLS_"} {
		if strings.HasPrefix(name, prefix) {
			return true
		}
	}
	return false
}

func (h *headerRun) test(expr string) truth {
	value, ok := h.eval(expr)
	return known(value != 0, ok)
}

// value is what "#if NAME" would see.
func (h *headerRun) value(name string) (int64, bool) {
	return h.eval(name)
}

// blankComments replaces comments by spaces, so that offsets stay; open reports whether a block
// comment was open before, and is open after, the line.
func blankComments(s string, open bool) (string, bool) {
	b := []byte(s)
	var quote byte
	for i := 0; i < len(b); i++ {
		pair := ""
		if i+1 < len(b) {
			pair = string(b[i : i+2])
		}
		switch {
		case open && pair == "*/":
			b[i], b[i+1] = ' ', ' '
			i++
			open = false
		case open:
			b[i] = ' '
		case quote != 0:
			if b[i] == '\\' {
				i++
			} else if b[i] == quote {
				quote = 0
			}
		case pair == "//":
			for ; i < len(b); i++ {
				b[i] = ' '
			}
		case pair == "/*":
			b[i], b[i+1] = ' ', ' '
			i++
			open = true
		case b[i] == '"' || b[i] == '\'':
			quote = b[i]
		}
	}
	return string(b), open
}
