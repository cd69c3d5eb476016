package patches

import (
	"path"
	"slices"
	"strings"

	"mpwolf/internal/lazyregexp"
)

// makeVar is a make variable; a recursive one is expanded when it is used.
type makeVar struct {
	text      string
	recursive bool
	known     bool
	override  bool // only another override can change it
	// environment says that no makefile sets it.
	environment bool
	// from is what sets it where no makefile does: make's command line, or a variable of the
	// environment.
	from string
	site *Site // the assignment that decides, if any
}

// makeRun reads makefiles as make would, as far as it can for certain: assignments, conditions,
// includes. Rules and recipes are skipped.
type makeRun struct {
	src    *source
	dir    string // where make runs, relative to the tree
	vars   map[string]makeVar
	pinned map[string]bool // set on the command line: assignments have no effect
	sites  []*Site
	flags  []*Site  // -D and -U flags in order
	unread []Unread // lines that could not be read, and may set anything
	// fragment is a makefile that a user module's micropython.mk includes; empty without one.
	// What else the module sets affects no want.
	fragment string
	// neighbours are the makefiles of the user modules besides mpwolf's own.
	neighbours []string
	// within are the blocks around the include of the present file.
	within *conditions
	// made is set while reading lines that an $(eval) generates: these cannot be changed.
	made bool
	// globs are the patterns that were looked for, by their absolute paths, and what was found.
	globs map[string][]string
	seen  map[string]int
	depth int
	steps int // of the present expansion
}

// maxIncludes limits the depth of includes, because files may include themselves.
const maxIncludes = 30

var (
	assignment = lazyregexp.New(
		`^\s*(?:(?:export|override|private)\s+)*([A-Za-z_.][\w.-]*)\s*(=|:=|::=|\?=|\+=|!=)[ \t]*`)
	conditional = lazyregexp.New(`^\s*(else\s+)?(ifeq|ifneq|ifdef|ifndef|else|endif)\b\s*(.*)$`)
	makeInclude = lazyregexp.New(`^\s*(-include|sinclude|include)\s+(.*)$`)
	defineLine  = lazyregexp.New(`^(?:override\s+)?define\s+([\w.-]+)`)
	undefine    = lazyregexp.New(`^(?:override\s+)?undefine\s+([\w.-]+)$`)
	evalLine    = lazyregexp.New(`\$[({]eval\s`)
	evalSets    = lazyregexp.New(`([\w.-]+)\s*(?:::?|\?|\+|!)?=`)
	ruleLine    = lazyregexp.New(`^[^\s#=][^=#]*:(?:[^=:]|$)`)
	flagDefine  = lazyregexp.New(
		`(?:^|[^\w/.-])-([DU])\s*([A-Za-z_]\w*)(?:=((?:'[^']*'|"[^"]*"|\\.|[^\s'"\\])*))?`)
)

func (m *makeRun) run(rel string) {
	text, ok := m.src.file(rel)
	if !ok || m.depth >= maxIncludes || m.seen[rel] >= maxVisits {
		return
	}
	m.seen[rel]++
	m.depth++
	defer func() { m.depth-- }()
	conds := &conditions{around: m.within}
	inRule, inDefine := false, false
	var defined *Site
	for _, line := range m.src.lines(rel, " ", text) {
		bare := strings.TrimSpace(stripMakeComment(line.text))
		switch {
		case inDefine:
			if inDefine = bare != "endef"; inDefine {
				defined.raw += line.text + "\n"
			} else {
				m.defined(defined)
			}
		case strings.HasPrefix(line.text, "\t") && inRule && !conditional().MatchString(bare):
		case bare == "":
		case defineLine().MatchString(bare):
			inDefine = true
			defined = &Site{
				File: rel, Line: line.number, Kind: MakeVariable, Op: "define",
				Macro:  defineLine().FindStringSubmatch(bare)[1],
				active: conds.active(), Maybe: conds.doubt(), When: conds.when(),
				start: line.start, end: line.start,
			}
		default:
			inRule = m.line(rel, line, bare, conds) || (inRule && conditional().MatchString(bare))
		}
	}
}

// line reads one line outside recipes and reports whether it starts a rule.
func (m *makeRun) line(rel string, line logicalLine, bare string, conds *conditions) bool {
	if c := conditional().FindStringSubmatch(bare); c != nil {
		m.condition(conds, c, rel, line.number)
		return false
	}
	active := conds.active()
	if active == no && !assignment().MatchString(line.text) {
		return ruleLine().MatchString(bare)
	}
	if inc := makeInclude().FindStringSubmatch(bare); inc != nil {
		m.include(inc[2], Unread{rel, line.number, bare}, conds)
		return false
	}
	if a := assignment().FindStringSubmatchIndex(line.text); a != nil {
		m.assign(rel, line, a, conds)
		return false
	}
	if u := undefine().FindStringSubmatch(bare); u != nil {
		m.undefine(u[1], active)
		return false
	}
	if evalLine().MatchString(bare) {
		m.evaluate(rel, line, bare, conds)
		return false
	}
	return ruleLine().MatchString(bare)
}

func (m *makeRun) include(words string, line Unread, conds *conditions) {
	expanded, ok := m.expand(words)
	if !ok {
		m.unread = append(m.unread, line)
		return
	}
	outer := m.within
	m.within = conds
	defer func() { m.within = outer }()
	for _, name := range strings.Fields(expanded) {
		m.run(m.src.name(m.dir, name))
	}
}

func (m *makeRun) assign(rel string, line logicalLine, a []int, conds *conditions) {
	name, op := line.text[a[2]:a[3]], line.text[a[4]:a[5]]
	raw := stripMakeComment(line.text[a[1]:])
	value := strings.TrimRight(raw, " \t")
	site := &Site{
		File: rel, Line: line.number, Kind: MakeVariable, Macro: name, Text: value, Op: op,
		active: conds.active(), Maybe: conds.doubt(), When: conds.when(),
		raw: raw, override: strings.Contains(line.text[:a[2]], "override"), start: line.at(a[1]),
		end: line.at(a[1] + len(value)),
	}
	if len(value) > 0 {
		site.end = line.at(a[1]+len(value)-1) + 1
	} else {
		site.end = site.start
	}
	site.made = m.made
	m.sites = append(m.sites, site)
	if site.active != no {
		m.set(site)
	}
	if strings.Contains(name, "FLAGS") || strings.Contains(name, "DEFINES") {
		m.collectFlags(*site, line, a[1])
	}
}

func (m *makeRun) undefine(name string, active truth) {
	old, exists := m.vars[name]
	if m.pinned[name] || !exists {
		return
	}
	if active == yes {
		delete(m.vars, name)
		return
	}
	old.known = false
	m.vars[name] = old
}

// evaluate reads what an $(eval) generates or, if that is not known before make runs, records
// what it sets.
func (m *makeRun) evaluate(rel string, line logicalLine, bare string, conds *conditions) {
	// py/py.mk: $(foreach module, $(wildcard $(USER_C_MODULES)/*/micropython.mk), …
	// $(eval include $(module))); since v1.29 over several directories.
	if strings.Contains(bare, "$(USER_C_MODULES)") &&
		strings.Contains(bare, "$(eval include $(module))") {
		m.set(&Site{Macro: "USERMOD_DIR", Op: "eval", active: maybe})
		if conds.active() == yes {
			m.userModules()
		}
		return
	}
	if text, ok := m.evaluated(bare); ok {
		m.makeLines(rel, line, text, conds)
		return
	}
	for _, name := range evalSets().FindAllStringSubmatch(bare, -1) {
		site := &Site{
			File: rel, Line: line.number, Kind: MakeVariable, Op: "eval", Macro: name[1],
			Text: bare, raw: bare, active: maybe, Maybe: place(rel, line.number, bare),
			When: conds.when(), start: line.start, end: line.start,
		}
		m.sites = append(m.sites, site)
		m.set(site)
	}
	m.unread = append(m.unread, Unread{rel, line.number, bare})
}

// userModules reads the makefiles of the user modules: of mpwolf's own, only what takes the
// place of changes to the tree.
func (m *makeRun) userModules() {
	for _, file := range m.neighbours {
		m.vars["USERMOD_DIR"] = makeVar{text: path.Dir(file), known: true}
		m.run(m.src.name("", file))
	}
	if m.fragment != "" {
		m.run(m.fragment)
	}
}

// evaluated is the text that a line consisting of $(eval …) generates, if that is known.
func (m *makeRun) evaluated(bare string) (string, bool) {
	ref, width := reference(bare)
	inside, isEval := strings.CutPrefix(ref, "eval ")
	if !isEval || width != len(bare) {
		return "", false
	}
	return m.expand(inside)
}

// makeLines reads lines that a line of a makefile generates.
func (m *makeRun) makeLines(rel string, line logicalLine, text string, conds *conditions) {
	outer := m.made
	m.made = true
	defer func() { m.made = outer }()
	inRule := false
	for made := range strings.Lines(text) {
		made = strings.TrimRight(made, "\r\n")
		bare := strings.TrimSpace(stripMakeComment(made))
		if bare == "" || strings.HasPrefix(made, "\t") && inRule {
			continue
		}
		at := logicalLine{text: made, number: line.number, start: line.start}
		inRule = m.line(rel, at, bare, conds)
	}
}

// defined reads a variable of several lines.
func (m *makeRun) defined(site *Site) {
	site.raw = strings.TrimSuffix(site.raw, "\n")
	site.Text = site.raw
	m.sites = append(m.sites, site)
	if site.active != no {
		m.set(site)
	}
}

// dropEnvironment removes the flags that a variable had from the environment, because a makefile
// sets the variable.
func (m *makeRun) dropEnvironment(name string) {
	m.flags = slices.DeleteFunc(m.flags, func(f *Site) bool {
		f.overruled = f.overruled || f.holder == name && f.Line == 0 && f.environment
		return f.overruled
	})
}

func (m *makeRun) set(site *Site) {
	old, exists := m.vars[site.Macro]
	if (m.pinned[site.Macro] || old.override) && !site.override {
		site.overruled = true
		return
	}
	if site.active == yes {
		delete(m.pinned, site.Macro)
	}
	v := makeVar{text: site.raw, recursive: true, known: true, override: site.override, site: site}
	if old.environment && site.active == yes && !slices.Contains([]string{"?=", "+="}, site.Op) {
		m.dropEnvironment(site.Macro)
	}
	switch site.Op {
	case "?=":
		if exists {
			site.overruled = true
			return
		}
	case ":=", "::=":
		v.text, v.known = m.expand(site.raw)
		v.recursive = false
	case "+=":
		v.known = old.known || !exists
		if old.text != "" {
			v.text = old.text + " " + site.raw
		}
	case "!=":
		v.known = false
	case "define":
		v.known = !strings.Contains(v.text, "\n")
	}
	if site.active == maybe {
		v.known = exists && old.known && old.text == v.text
	}
	m.vars[site.Macro] = v
}

// collectFlags takes the -D and -U flags out of an assignment whose value begins at from.
func (m *makeRun) collectFlags(assigned Site, line logicalLine, from int) {
	value := assigned.Text
	for _, f := range flagDefine().FindAllStringSubmatchIndex(value, -1) {
		flag := new(Site)
		*flag = assigned
		flag.Kind, flag.Macro, flag.Text, flag.Op = CompilerFlag, value[f[4]:f[5]], "1", ""
		flag.holder = assigned.Macro
		flag.start, flag.end = line.at(from+f[5]), line.at(from+f[5])
		switch {
		case value[f[2]:f[3]] == "U":
			flag.Kind, flag.Text = CompilerUndef, ""
		case f[6] >= 0:
			flag.Text = value[f[6]:f[7]]
			flag.start, flag.end = line.at(from+f[6]), line.at(from+f[7]-1)+1
		}
		m.sites = append(m.sites, flag)
		if flag.active != no {
			m.flags = append(m.flags, flag)
		}
	}
}

// compilerFlags is the variable that a port's sources are compiled with.
const compilerFlags = "CFLAGS"

// reaches reports whether a variable is part of CFLAGS: directly or through others, such as
// CFLAGS_EXTMOD, which only some releases use. A computed name, as in
// $(CFLAGS_MCU_$(MCU_SERIES)), stands for all names that begin like it.
func (m *makeRun) reaches(name string) bool {
	// for each variable, or beginning of one, the variables whose value contains it
	users := map[string][]string{}
	for _, site := range m.sites {
		if site.Kind != MakeVariable || site.active == no {
			continue
		}
		for _, used := range variableNames().FindAllStringSubmatch(site.raw, -1) {
			users[used[1]] = append(users[used[1]], site.Macro)
		}
	}
	seen := map[string]bool{}
	queue := []string{name}
	for len(queue) > 0 {
		at := queue[0]
		queue = queue[1:]
		if at == compilerFlags {
			return true
		}
		if seen[at] {
			continue
		}
		seen[at] = true
		for used, by := range users {
			if used == at || strings.HasSuffix(used, "$") &&
				strings.HasPrefix(at, strings.TrimSuffix(used, "$")) {
				queue = append(queue, by...)
			}
		}
	}
	return false
}

// variableNames are the references in a value; the name of one that goes on with another reference
// ends in $.
var variableNames = lazyregexp.New(`\$[({]([\w.-]*\$?)`)

// commandLine takes the -D and -U flags out of a variable that is set on make's command line, or
// in the environment; where says so.
func (m *makeRun) commandLine(name, value, where string) {
	if strings.Contains(name, "FLAGS") {
		set := Site{File: where, Kind: MakeVariable, Macro: name, Text: value, Op: "=",
			active: yes, made: true, environment: where != makeCommandLine}
		m.collectFlags(set, logicalLine{text: value}, 0)
	}
}

// contradicts reports whether another variable's flags give the macro another value: the scanner
// does not know which of two variables comes first on the compiler's command line.
func (m *makeRun) contradicts(flag *Site) bool {
	return slices.ContainsFunc(m.flags, func(f *Site) bool {
		return f.Macro == flag.Macro && f.holder != flag.holder &&
			(f.Kind != flag.Kind || f.Text != flag.Text)
	})
}

// stripMakeComment cuts a comment off; "\#" is not a comment.
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
		conds.turn(yes, place(rel, number, c[0]))
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

// splitCondition splits "(a,b)" or "a" "b" or 'a' 'b'.
func splitCondition(s string) (a, b string, ok bool) {
	s = strings.TrimSpace(s)
	if strings.HasPrefix(s, "(") && strings.HasSuffix(s, ")") {
		parts := splitArgs(s[1 : len(s)-1])
		if len(parts) < 2 {
			return "", "", false
		}
		return strings.TrimRight(parts[0],
			" \t"), strings.TrimLeft(strings.Join(parts[1:], ","), " \t"), true
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

// splitArgs splits at commas outside parentheses.
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
