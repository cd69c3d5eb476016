package patches

import (
	"maps"
	"path"
	"slices"
	"strings"

	"mpwolf/internal/lazyregexp"
)

// Unread is a line that make may take a setting from and that the scanner cannot read: the
// scanner then relies on what the compiler said when the tree was patched.
type Unread struct {
	File string // as a Site's
	Line int
	Text string
}

func (u Unread) String() string {
	if u.Line == 0 {
		return u.File + ": " + u.Text
	}
	return place(u.File, u.Line, u.Text)
}

// Unread are the lines that could not be read, in the order in which make meets them.
func (c *Config) Unread() []Unread { return c.make.unread }

// Globs are the patterns that were looked for in directories, as absolute paths, and what was
// found: with the files, they decide what the scanner reads.
func (c *Config) Globs() map[string][]string { return c.make.globs }

// Suspects are lines of makefiles that contain one of the names and are not read as setting it,
// followed by the lines that cannot be read.
func (c *Config) Suspects(names []string) []Unread {
	var found []Unread
	isSite := func(file string, line int) bool {
		return slices.ContainsFunc(c.make.sites, func(s *Site) bool {
			return s.File == file && s.Line == line && slices.Contains(names, s.Macro) && !s.made
		})
	}
	for _, file := range slices.Sorted(maps.Keys(c.make.seen)) {
		text, _ := c.make.src.file(file)
		for _, line := range c.make.src.lines(file, " ", text) {
			bare := strings.TrimSpace(stripMakeComment(line.text))
			if slices.ContainsFunc(names, func(name string) bool {
				return strings.Contains(bare, name)
			}) &&
				!isSite(file, line.number) && !conditional().MatchString(bare) {
				found = append(found, Unread{file, line.number, bare})
			}
		}
	}
	for _, line := range c.make.unread {
		if !slices.Contains(found, line) {
			found = append(found, line)
		}
	}
	return found
}

var (
	responseFile = lazyregexp.New(`(?:^|\s)@(\S+)`)
	forcedHeader = lazyregexp.New(`(?:^|\s)-(?:include|imacros)\s+(\S+)`)
)

// derivedFlags reads the compiler flags that come from functions and response files, and returns
// the headers that the compiler includes before all others.
func (m *makeRun) derivedFlags() (headers []string) {
	for _, site := range slices.Clone(m.sites) {
		if site.Kind != MakeVariable || site.Op == "eval" || site.active == no || site.overruled ||
			!strings.Contains(site.Macro, "FLAGS") || !strings.ContainsAny(site.raw, "$@-`") ||
			!m.reaches(site.Macro) {
			continue
		}
		m.derive(site, &headers)
	}
	return headers
}

func (m *makeRun) derive(site *Site, headers *[]string) {
	line := Unread{site.File, site.Line, site.Macro + " " + site.Op + " " + site.Text}
	text := withoutFlagVariables(site.raw)
	if strings.Contains(text, "$") {
		expanded, ok := m.expand(text)
		if !ok || site.Op == "!=" {
			if site.Op == "!=" || hasFunction(site.raw) || m.unknownOther(site.raw) {
				m.unread = append(m.unread, line)
			}
			return
		}
		text = expanded
	} else if site.Op == "!=" || strings.Contains(text, "`") {
		m.unread = append(m.unread, line)
		return
	}
	for _, response := range responseFile().FindAllStringSubmatch(text, -1) {
		inside, ok := m.src.file(m.src.name(m.dir, response[1]))
		if !ok {
			m.unread = append(m.unread, line)
			continue
		}
		text += " " + strings.Join(strings.Fields(string(inside)), " ")
	}
	for _, header := range forcedHeader().FindAllStringSubmatch(text, -1) {
		*headers = append(*headers, header[1])
	}
	m.addMade(site, text)
}

// withoutFlagVariables leaves out the variables whose names say that they hold flags: their
// contents are read where they are set.
func withoutFlagVariables(raw string) string {
	var b strings.Builder
	for i := 0; i < len(raw); {
		if raw[i] != '$' || i+1 >= len(raw) {
			b.WriteByte(raw[i])
			i++
			continue
		}
		ref, width := reference(raw[i:])
		width = max(1, width)
		holdsFlags := strings.Contains(ref, "FLAGS") || strings.Contains(ref, "DEFINES")
		if !holdsFlags || strings.ContainsAny(ref, " \t") {
			b.WriteString(raw[i : i+width])
		}
		i += width
	}
	return b.String()
}

// addMade reads the flags in a text that a line generates, unless a line contains them
// literally.
func (m *makeRun) addMade(site *Site, text string) {
	from := *site
	from.Text, from.made = text, true
	count, flags := len(m.sites), len(m.flags)
	m.collectFlags(from, logicalLine{text: text, start: site.start}, 0)
	fresh, acting := slices.Clone(m.sites[count:]), slices.Clone(m.flags[flags:])
	known := func(f *Site) bool {
		return slices.ContainsFunc(m.flags[:flags], func(o *Site) bool {
			return o.Macro == f.Macro && o.Kind == f.Kind && o.File == f.File && o.Line == f.Line
		})
	}
	m.sites = append(m.sites[:count], slices.DeleteFunc(fresh, known)...)
	m.flags = append(m.flags[:flags], slices.DeleteFunc(acting, known)...)
}

// hasFunction reports whether a value calls a make function, rather than only naming variables.
func hasFunction(raw string) bool { return functionCall().MatchString(raw) }

// unknownOther reports whether a value names an unknown variable whose name does not say that it
// holds flags: those that do are reported themselves.
func (m *makeRun) unknownOther(raw string) bool {
	for _, ref := range variableNames().FindAllStringSubmatch(raw, -1) {
		if _, ok := m.expand("$(" + ref[1] + ")"); !ok && !strings.Contains(ref[1], "FLAGS") {
			return true
		}
	}
	return false
}

var functionCall = lazyregexp.New(`\$[({][a-z-]+\s`)

// forced is where the compiler finds a header that a flag makes it include.
func (c *Config) forced(name string) string {
	name = strings.Trim(name, `'"`)
	for _, dir := range append([]string{c.make.dir}, c.header.dirs...) {
		rel := c.header.src.name(dir, name)
		if _, ok := c.header.src.file(rel); ok {
			return rel
		}
	}
	return path.Join(c.make.dir, name)
}
