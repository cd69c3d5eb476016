package patches

import (
	"path"
	"regexp"
	"strings"
)

// makeVar is a make variable; a recursive one is expanded when it is used.
type makeVar struct {
	text      string
	recursive bool
	known     bool
	site      *Site // the assignment that decides, if any
}

// makeRun reads makefiles as make would, as far as it can for certain: assignments, conditions, includes. Rules and
// recipes are passed over.
type makeRun struct {
	src      *source
	dir      string // where make runs, relative to the tree
	vars     map[string]makeVar
	pinned   map[string]bool // set on the command line: assignments do not act
	sites    []*Site
	flags    []*Site // -D flags in order
	includes []string
	opaque   []string // includes that could not be read
	seen     map[string]int
	depth    int
	steps    int // of the present expansion
}

// maxIncludes bounds the depth of includes, against files that include themselves.
const maxIncludes = 30

var (
	assignment  = regexp.MustCompile(`^\s*(?:(?:export|override|private)\s+)*([A-Za-z_.][\w.-]*)\s*(=|:=|::=|\?=|\+=|!=)[ \t]*`)
	conditional = regexp.MustCompile(`^\s*(else\s+)?(ifeq|ifneq|ifdef|ifndef|else|endif)\b\s*(.*)$`)
	makeInclude = regexp.MustCompile(`^\s*(-include|sinclude|include)\s+(.*)$`)
	ruleLine    = regexp.MustCompile(`^[^\s#=][^=#]*:(?:[^=:]|$)`)
	flagDefine  = regexp.MustCompile(`-D\s*([A-Za-z_]\w*)(?:=((?:'[^']*'|"[^"]*"|\\.|[^\s'"\\])*))?`)
)

func (m *makeRun) run(rel string) {
	text, ok := m.src.file(rel)
	if !ok || m.depth >= maxIncludes || m.seen[rel] >= maxVisits {
		m.opaque = append(m.opaque, rel)
		return
	}
	m.includes = append(m.includes, rel)
	m.seen[rel]++
	m.depth++
	defer func() { m.depth-- }()
	conds := &conditions{}
	inRule, inDefine := false, false
	for _, line := range logicalLines(text, " ") {
		bare := strings.TrimSpace(stripMakeComment(line.text))
		switch {
		case inDefine:
			inDefine = bare != "endef"
		case strings.HasPrefix(line.text, "\t") && inRule && !conditional.MatchString(bare):
		case bare == "":
		case strings.HasPrefix(bare, "define "):
			inDefine = true
		default:
			inRule = m.line(rel, line, bare, conds) || (inRule && conditional.MatchString(bare))
		}
	}
}

// line reads one line outside recipes and says whether it starts a rule.
func (m *makeRun) line(rel string, line logicalLine, bare string, conds *conditions) bool {
	if c := conditional.FindStringSubmatch(bare); c != nil {
		m.condition(conds, c, rel, line.number)
		return false
	}
	active := conds.active()
	if active == no && !assignment.MatchString(line.text) {
		return ruleLine.MatchString(bare)
	}
	if inc := makeInclude.FindStringSubmatch(bare); inc != nil {
		m.include(inc[2])
		return false
	}
	if a := assignment.FindStringSubmatchIndex(line.text); a != nil {
		m.assign(rel, line, a, active, conds.doubt())
		return false
	}
	return ruleLine.MatchString(bare)
}

func (m *makeRun) include(words string) {
	expanded, ok := m.expand(words)
	if !ok {
		m.opaque = append(m.opaque, words)
		return
	}
	for _, name := range strings.Fields(expanded) {
		if !path.IsAbs(name) {
			name = path.Join(m.dir, name)
		}
		if strings.HasPrefix(name, "../") || path.IsAbs(name) {
			m.opaque = append(m.opaque, name)
			continue
		}
		m.run(name)
	}
}

func (m *makeRun) assign(rel string, line logicalLine, a []int, active truth, doubt string) {
	name, op := line.text[a[2]:a[3]], line.text[a[4]:a[5]]
	raw := line.text[a[1]:]
	value := strings.TrimRight(stripMakeComment(raw), " \t")
	site := &Site{
		File: rel, Line: line.number, Kind: MakeVariable, Macro: name, Text: value, Op: op,
		active: active, Maybe: doubt, start: line.at(a[1]), end: line.at(a[1] + len(value)),
	}
	if len(value) > 0 {
		site.end = line.at(a[1]+len(value)-1) + 1
	} else {
		site.end = site.start
	}
	m.sites = append(m.sites, site)
	if active != no {
		m.set(site)
	}
	if strings.Contains(name, "FLAGS") || strings.Contains(name, "DEFINES") {
		m.collectFlags(rel, line, a[1], value, active, doubt)
	}
}

func (m *makeRun) set(site *Site) {
	if m.pinned[site.Macro] {
		return
	}
	old, exists := m.vars[site.Macro]
	v := makeVar{text: site.Text, recursive: true, known: true, site: site}
	switch site.Op {
	case "?=":
		if exists {
			return
		}
	case ":=", "::=":
		v.text, v.known = m.expand(site.Text)
		v.recursive = false
	case "+=":
		v = makeVar{text: strings.TrimSpace(old.text + " " + site.Text), recursive: true, known: old.known || !exists}
		v.site = site
	case "!=":
		v.known = false
	}
	if site.active == maybe {
		v.known = exists && old.known && old.text == v.text
	}
	m.vars[site.Macro] = v
}

func (m *makeRun) collectFlags(rel string, line logicalLine, from int, value string, active truth, doubt string) {
	for _, f := range flagDefine.FindAllStringSubmatchIndex(value, -1) {
		flag := &Site{
			File: rel, Line: line.number, Kind: CompilerFlag, Macro: value[f[2]:f[3]], Text: "1",
			active: active, Maybe: doubt, start: line.at(from + f[3]), end: line.at(from + f[3]),
		}
		if f[4] >= 0 {
			flag.Text = value[f[4]:f[5]]
			flag.start, flag.end = line.at(from+f[4]), line.at(from+f[5]-1)+1
		}
		m.sites = append(m.sites, flag)
		if active != no {
			m.flags = append(m.flags, flag)
		}
	}
}

// stripMakeComment cuts a comment off; "\#" is no comment.
func stripMakeComment(s string) string {
	for i := range len(s) {
		if s[i] == '#' && (i == 0 || s[i-1] != '\\') {
			return s[:i]
		}
	}
	return s
}

// condition enters, turns or leaves a conditional block.
func (m *makeRun) condition(conds *conditions, c []string, rel string, number int) {
	word, rest := c[2], c[3]
	if c[1] != "" {
		word = "else " + word
	}
	switch word {
	case "endif":
		conds.pop()
	case "else":
		conds.turn(yes, "")
	case "ifeq", "ifneq", "ifdef", "ifndef":
		conds.push(m.test(word, rest), place(rel, number, c[0]))
	default:
		conds.turn(m.test(strings.TrimPrefix(word, "else "), rest), place(rel, number, c[0]))
	}
}

// test evaluates the condition of an ifeq, ifneq, ifdef or ifndef.
func (m *makeRun) test(word, rest string) truth {
	var t truth
	switch word {
	case "ifdef", "ifndef":
		name, ok := m.expand(strings.TrimSpace(rest))
		v, exists := m.vars[name]
		t = known(exists && v.text != "", ok && (v.known || !exists))
	default:
		a, b, ok := splitCondition(rest)
		left, okLeft := m.expand(a)
		right, okRight := m.expand(b)
		t = known(left == right, ok && okLeft && okRight)
	}
	if word == "ifneq" || word == "ifndef" {
		return t.not()
	}
	return t
}

// splitCondition takes "(a,b)" or "a" "b" or 'a' 'b' apart.
func splitCondition(s string) (a, b string, ok bool) {
	s = strings.TrimSpace(s)
	if strings.HasPrefix(s, "(") && strings.HasSuffix(s, ")") {
		parts := splitArgs(s[1 : len(s)-1])
		if len(parts) < 2 {
			return "", "", false
		}
		return strings.TrimSpace(parts[0]), strings.TrimSpace(strings.Join(parts[1:], ",")), true
	}
	var words []string
	for len(s) > 0 && (s[0] == '"' || s[0] == '\'') {
		end := strings.IndexByte(s[1:], s[0])
		if end < 0 {
			return "", "", false
		}
		words = append(words, s[1:end+1])
		s = strings.TrimSpace(s[end+2:])
	}
	if len(words) != 2 {
		return "", "", false
	}
	return words[0], words[1], true
}

// splitArgs splits at commas that stand outside parentheses.
func splitArgs(s string) []string {
	var parts []string
	depth, from := 0, 0
	for i := range len(s) {
		switch s[i] {
		case '(', '{':
			depth++
		case ')', '}':
			depth--
		case ',':
			if depth == 0 {
				parts = append(parts, s[from:i])
				from = i + 1
			}
		}
	}
	return append(parts, s[from:])
}
