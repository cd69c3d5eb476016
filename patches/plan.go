package patches

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"mpwolf/micropython"
)

// Change is one file of the tree as it is and as it shall be.
type Change struct {
	// Path is relative to the tree, with slashes.
	Path          string
	Before, After []byte
	Mode          fs.FileMode
}

// Step is what the plan does for one want.
type Step struct {
	Want Want
	// Name is the macro as this release spells it.
	Name string
	// Before is the value that the scanner reads in the tree as it is.
	Before int64
	// Follows is set if the want holds only once the lines of other wants are changed.
	Follows bool
	// Site is the line that is changed, or after which lines are added; the zero Site if the want holds already.
	Site Site
	// Line is the line as it will stand, without its line end; empty if the want holds already.
	Line string
}

// Holds says that nothing has to be done for the want.
func (s Step) Holds() bool { return s.Line == "" }

// Plan is what has to be done to a tree so that every want holds. Making one changes nothing on disk.
type Plan struct {
	Target  micropython.Target
	Steps   []Step
	Changes []Change
}

// ErrCannotRead is wrapped by errors about a line that the scanner cannot read for certain.
var ErrCannotRead = errors.New("cannot read")

// planner makes one want after the other true in memory, reading the configuration anew after each.
type planner struct {
	target micropython.Target
	src    *source
	added  map[string][]string // lines of the marked block, by file
	base   map[string][]byte   // those files without their block
}

// New plans. An error names the file and line that stands in the way.
func New(target micropython.Target, wants []Want) (*Plan, error) {
	p := &planner{
		target: target, src: newSource(target.Tree), added: map[string][]string{}, base: map[string][]byte{},
	}
	plan := &Plan{Target: target}
	present := readConfig(target, p.src)
	for _, want := range wants {
		step, err := p.want(want)
		if err != nil {
			return nil, fmt.Errorf("patch %s: %w", target.Port, err)
		}
		was := present.State(want)
		step.Before = was.Value
		step.Follows = step.Holds() && was.Value != want.Value
		plan.Steps = append(plan.Steps, step)
	}
	if err := p.check(wants); err != nil {
		return nil, fmt.Errorf("patch %s: %w", target.Port, err)
	}
	changes, err := p.changes()
	plan.Changes = changes
	return plan, err
}

func (p *planner) want(want Want) (Step, error) {
	config := readConfig(p.target, p.src)
	before := config.State(want)
	step := Step{Want: want, Name: before.Name}
	if !before.Known {
		return step, fmt.Errorf("%s: %w for certain", before.Doubt, ErrCannotRead)
	}
	if before.Value == want.Value {
		return step, nil
	}
	for _, site := range p.candidates(config, before) {
		line, undo := p.edit(site, want)
		after := readConfig(p.target, p.src).State(want)
		if after.Known && after.Value == want.Value {
			step.Site, step.Line = *site, line
			return step, nil
		}
		undo()
	}
	line, site, err := p.add(config, before.Name, want)
	step.Site, step.Line = site, line
	return step, err
}

// candidates are the lines whose change may give the value, the likeliest first: the make variable of the macro's
// name, then the line that defines it.
func (p *planner) candidates(config *Config, state State) []*Site {
	sites := []*Site{config.variable(state.Name), state.Site}
	return slices.DeleteFunc(sites, func(s *Site) bool {
		return s == nil || s.Kind == Undef || !s.inPort(p.target.Port) || s.active != yes
	})
}

// edit changes the value of one line, in memory, and returns the new line.
func (p *planner) edit(site *Site, want Want) (line string, undo func()) {
	text, _ := p.src.file(site.File)
	old, wasPlanned := p.src.planned[site.File]
	value := spelling(site, want.Value)
	var b []byte
	b = append(b, text[:site.start]...)
	if site.start == site.end && site.start > 0 && !strings.ContainsRune(" \t=", rune(text[site.start-1])) {
		b = append(b, ' ')
	}
	b = append(b, value...)
	b = append(b, text[site.end:]...)
	p.src.planned[site.File] = b
	return lineAt(b, site.start), func() {
		if wasPlanned {
			p.src.planned[site.File] = old
		} else {
			delete(p.src.planned, site.File)
		}
	}
}

// spelling writes a value in the hand of the line: (0) where parentheses stand, 0 elsewhere.
func spelling(site *Site, value int64) string {
	text := strconv.FormatInt(value, 10)
	if site.Kind == Define && (strings.HasPrefix(site.Text, "(") || site.Text == "") {
		return "(" + text + ")"
	}
	return text
}

func lineAt(text []byte, pos int) string {
	from := strings.LastIndexByte(string(text[:pos]), '\n') + 1
	line, _, _ := strings.Cut(string(text[from:]), "\n")
	return strings.TrimRight(line, "\r")
}

// The marks around lines that mpwolf adds where no line of the port could simply be changed.
const (
	blockBegin = "// mpwolf: begin (added by mpwolf patch, taken out by mpwolf revert)"
	blockEnd   = "// mpwolf: end"
)

// add puts a define into the marked block at the end of the port's configuration header.
func (p *planner) add(config *Config, name string, want Want) (string, Site, error) {
	rel := path.Join("ports", p.target.Port, "mpconfigport.h")
	text, ok := p.src.file(rel)
	if !ok {
		return "", Site{}, fmt.Errorf("%s: no such file, and no line of port %s sets %s",
			rel, p.target.Port, name)
	}
	if _, ok := p.base[rel]; !ok {
		p.base[rel] = text
	}
	p.added[rel] = append(p.added[rel], "// "+want.Why)
	if p.definedElsewhere(name) {
		p.added[rel] = append(p.added[rel], "#undef "+name)
	}
	line := fmt.Sprintf("#define %s (%d)", name, want.Value)
	p.added[rel] = append(p.added[rel], line)
	block, at := withBlock(p.base[rel], p.added[rel])
	p.src.planned[rel] = block
	site := Site{File: rel, Line: 1 + strings.Count(string(p.base[rel][:at]), "\n"), Kind: Define, Macro: name}
	after := readConfig(p.target, p.src).State(want)
	if !after.Known || after.Value != want.Value {
		return "", site, p.cannot(config, name, want)
	}
	return line, site, nil
}

// definedElsewhere says whether another board or variant of the port may have defined the macro already, so that it
// must be undefined first.
func (p *planner) definedElsewhere(name string) bool {
	for _, pattern := range []string{"*.h", "variants/*.h", "variants/*/*.h", "boards/*/*.h"} {
		headers, err := filepath.Glob(filepath.Join(p.target.Dir(), pattern))
		if err != nil {
			continue
		}
		for _, header := range headers {
			rel, err := filepath.Rel(p.target.Tree.Dir, header)
			if err != nil {
				continue
			}
			if text, ok := p.src.file(filepath.ToSlash(rel)); ok && defines(text, name) {
				return true
			}
		}
	}
	return false
}

func defines(text []byte, name string) bool {
	for _, line := range strings.Split(string(text), "\n") {
		fields := strings.Fields(strings.Replace(line, "#", "# ", 1))
		if len(fields) >= 3 && fields[0] == "#" && fields[1] == "define" && fields[2] == name {
			return true
		}
	}
	return false
}

// withBlock gives the header with the marked block at its end, inside the include guard if it has one, and where the
// block begins.
func withBlock(text []byte, lines []string) ([]byte, int) {
	end := "\n"
	if strings.Contains(string(text), "\r\n") {
		end = "\r\n"
	}
	at := blockPosition(text)
	block := strings.Join(append(append([]string{blockBegin}, lines...), blockEnd), end) + end
	if at > 0 && text[at-1] != '\n' {
		block = end + block
	}
	out := slices.Concat(text[:at], []byte(block), text[at:])
	return out, at
}

// blockPosition is the end of the file, or the #endif of an include guard that spans all of it.
func blockPosition(text []byte) int {
	conds, guardEnd := 0, -1
	first := true
	guard, comment := false, false
	for _, line := range logicalLines(text, "") {
		var bare string
		bare, comment = blankComments(line.text, comment)
		d := directive.FindStringSubmatch(bare)
		if d == nil {
			if strings.TrimSpace(bare) != "" {
				first = false
				guardEnd = -1
			}
			continue
		}
		guardEnd = -1
		switch d[1] {
		case "if", "ifdef", "ifndef":
			guard = guard || (first && d[1] == "ifndef")
			conds++
		case "endif":
			conds--
			if conds == 0 && guard {
				guardEnd = line.start
			}
		}
		first = false
	}
	if guardEnd >= 0 {
		return guardEnd
	}
	return len(text)
}

// check reads the finished plan once more: a later want may not undo an earlier one.
func (p *planner) check(wants []Want) error {
	config := readConfig(p.target, p.src)
	for _, want := range wants {
		state := config.State(want)
		if !state.Known || state.Value != want.Value {
			return p.cannot(config, state.Name, want)
		}
	}
	return nil
}

// cannot says which lines stand in the way of a want.
func (p *planner) cannot(config *Config, name string, want Want) error {
	var places []string
	for _, site := range config.Sites(name) {
		if site.active != no {
			places = append(places, site.String())
		}
	}
	return fmt.Errorf("found no edit that makes %s %d; it is set at %s",
		name, want.Value, strings.Join(places, ", "))
}

func (p *planner) changes() ([]Change, error) {
	var changes []Change
	for rel, after := range p.src.planned {
		file := p.target.Tree.Path(filepath.FromSlash(rel))
		before, err := os.ReadFile(file)
		if err != nil {
			return nil, fmt.Errorf("plan: %w", err)
		}
		info, err := os.Lstat(file)
		if err != nil {
			return nil, fmt.Errorf("plan: %w", err)
		}
		if !info.Mode().IsRegular() {
			return nil, fmt.Errorf("plan: %s is not a regular file", rel)
		}
		if string(before) != string(after) {
			changes = append(changes, Change{Path: rel, Before: before, After: after, Mode: info.Mode()})
		}
	}
	slices.SortFunc(changes, func(a, b Change) int { return strings.Compare(a.Path, b.Path) })
	return changes, nil
}
