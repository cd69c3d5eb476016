package patches

import (
	"maps"
	"slices"
	"strings"

	"mpwolf/internal/lazyregexp"
	"mpwolf/internal/micropython"
)

// Place is a line that sets a macro or a make variable of its name.
type Place struct {
	Site
	// Decides says that the line gives the macro, or the make variable, its final value.
	Decides bool
}

// Origin is a macro or a make variable that a value derives from.
type Origin struct {
	Name     string
	Variable bool
	// Text is what it is set to; Set reports whether anything sets it at all.
	Text string
	Set  bool
	// Value is valid only if Known; text that is not a number is not known.
	Value int64
	Known bool
	// File and Line are the place that decides; empty if it is not set, or set on make's command
	// line.
	File string
	Line int
}

// Explanation is everything that the scanner knows about a macro, or a make variable.
type Explanation struct {
	// Name is the macro as this release spells it.
	Name string
	// State is the value of the macro or, if IsVariable, of the make variable.
	State      State
	IsVariable bool
	// Places are in the order in which make and the compiler meet them.
	Places []Place
	// From are the names in the deciding line and its condition, and in the lines that decide
	// those, the nearest first.
	From []Origin
}

// FindWant returns the want that a macro or variable belongs to under any of its names; nil if
// there is none.
func FindWant(wants []Want, name string) *Want {
	for i, want := range wants {
		if slices.Contains(want.Names(), name) {
			return &wants[i]
		}
	}
	return nil
}

// ReadWith is Read with other texts instead of some files, by their names relative to the tree.
func ReadWith(target micropython.Target, files map[string][]byte) *Config {
	src := newSource(target.Tree)
	for name, text := range files {
		src.set(name, text)
	}
	return readConfig(target, src)
}

// Names are the macros and variables that any line sets.
func (c *Config) Names() []string {
	names := map[string]bool{}
	for _, site := range slices.Concat(c.make.sites, c.header.sites) {
		names[site.Macro] = true
	}
	return slices.Sorted(maps.Keys(names))
}

// Explain finds where a macro is set and what its value derives from. False means that no line
// sets it.
func (c *Config) Explain(name string) (*Explanation, bool) {
	want := Want{Macro: name}
	macros := slices.ContainsFunc(c.header.sites, func(s *Site) bool { return s.Macro == name })
	flags := slices.ContainsFunc(c.make.sites, func(s *Site) bool {
		return s.Macro == name && s.Kind != MakeVariable && s.Kind != CMakeVariable
	})
	if !macros && !flags {
		want = Want{Variable: name}
	}
	return c.explain(want)
}

// ExplainWant is Explain for a want's macro or variable, under this release's name.
func (c *Config) ExplainWant(want Want) (*Explanation, bool) { return c.explain(want) }

func (c *Config) explain(want Want) (*Explanation, bool) {
	name, _ := c.Name(want)
	e := &Explanation{Name: name, IsVariable: want.Variable != "", State: c.State(want)}
	variable := c.variable(name)
	for _, site := range c.Sites(name) {
		e.Places = append(e.Places,
			Place{Site: site, Decides: same(site, variable) || same(site, e.State.Site)})
	}
	if e.State.Site != nil {
		e.From = c.origins(*e.State.Site)
	}
	return e, len(e.Places) > 0
}

func same(site Site, decides *Site) bool {
	return decides != nil && site.File == decides.File && site.Line == decides.Line &&
		site.Kind == decides.Kind &&
		site.start == decides.start
}

// maxOrigins limits the list of origins, because a configuration may derive everything from
// everything.
const maxOrigins = 40

// origins follows the names in a line and in its condition to the lines that set those, and so on.
func (c *Config) origins(site Site) []Origin {
	type key struct {
		name     string
		variable bool
	}
	var found []Origin
	seen := map[key]bool{{site.Macro, site.Kind < CompilerFlag}: true}
	queue := []Site{site}
	for len(queue) > 0 && len(found) < maxOrigins {
		for _, name := range namesIn(queue[0]) {
			k := key{name, queue[0].Kind.inMake()}
			if seen[k] {
				continue
			}
			seen[k] = true
			origin, decides := c.origin(name, queue[0].Kind)
			found = append(found, origin)
			if decides != nil {
				queue = append(queue, *decides)
			}
		}
		queue = queue[1:]
	}
	return found
}

// makeName is a variable that a makefile refers to; the name of a function has no such end.
var makeName = lazyregexp.New(`\$[({]([\w.-]+)[)}:]|\b(?:ifdef|ifndef)\s+([\w.-]+)`)

// namesIn are the names that a line's value and condition refer to: make variables in a makefile,
// macros in a header.
func namesIn(site Site) []string {
	_, when, _ := strings.Cut(site.When, ": ")
	text := site.Text + " " + when
	var names []string
	if site.Kind == Define || site.Kind == Undef {
		for _, name := range identifier().FindAllString(text, -1) {
			if !slices.Contains(cWords, name) && !isGuard(name) {
				names = append(names, name)
			}
		}
		return names
	}
	for _, m := range makeName().FindAllStringSubmatch(text, -1) {
		names = append(names, m[1]+m[2])
	}
	if site.cmake {
		_, condition, _ := strings.Cut(when, "(")
		for _, name := range identifier().FindAllString(condition, -1) {
			if ours(name) {
				names = append(names, name)
			}
		}
	}
	return names
}

// cWords are the words of a directive that are not macros.
var cWords = []string{"defined", "if", "ifdef", "ifndef", "elif", "else", "endif"}

// isGuard recognises the macro of an include guard, which says nothing about a value.
func isGuard(name string) bool { return strings.HasSuffix(strings.TrimRight(name, "_"), "_H") }

func (c *Config) origin(name string, kind Kind) (Origin, *Site) {
	if kind.inMake() {
		return c.variableOrigin(name)
	}
	o := Origin{Name: name}
	o.Value, o.Known = c.header.value(name)
	m, ok := c.header.macros[name]
	if !ok {
		return o, nil
	}
	o.Set, o.Text = true, m.body
	if m.site != nil {
		o.File, o.Line = m.site.File, m.site.Line
	}
	return o, m.site
}

func (c *Config) variableOrigin(name string) (Origin, *Site) {
	o := Origin{Name: name, Variable: true}
	if c.cmake != nil {
		return c.cmakeOrigin(o)
	}
	v, ok := c.make.vars[name]
	if !ok {
		o.Known = true
		return o, nil
	}
	text, expanded := c.make.expand(v.text)
	o.Set, o.Text = true, text
	o.Value, o.Known = MakeNumber(text)
	o.Known = o.Known && expanded && v.known
	if v.site != nil {
		o.File, o.Line = v.site.File, v.site.Line
	}
	return o, v.site
}

func (c *Config) cmakeOrigin(o Origin) (Origin, *Site) {
	v, ok := c.cmake.set[o.Name]
	o.Set, o.Text = ok, v.text()
	o.Value, o.Known = Number(c.target, o.Text)
	o.Known = o.Known && (v.known || !ok)
	if v.site != nil {
		o.File, o.Line = v.site.File, v.site.Line
	}
	return o, v.site
}

// Written is what the line says about the macro.
func (s Site) Written() string {
	switch s.Kind {
	case MakeVariable:
		return strings.TrimSpace(s.Macro + " " + s.Op + " " + s.Text)
	case CMakeVariable:
		return s.Op + "(" + s.Macro + " " + s.Text + ")"
	case CompilerFlag:
		return "-D" + s.Macro + "=" + s.Text
	case CompilerUndef:
		return "-U" + s.Macro
	case Undef:
		return "#undef " + s.Macro
	}
	return strings.TrimSpace("#define " + s.Macro + " " + s.Text)
}
