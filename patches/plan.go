package patches

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"mpwolf/internal/micropython"
	"mpwolf/internal/shell"
)

// Change is one file of the tree as it is and as it must become.
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
	// Follows is set if the want holds once the lines of other wants are changed.
	Follows bool
	// Site is the line that is changed, or after which lines are added; the zero Site if the want
	// holds already.
	Site Site
	// Line is the new line, without its line end; empty if the want holds already.
	Line string
	// Outside is set if the line is not in the tree, but in a board's directory elsewhere:
	// mpwolf writes nothing there, and the rest of the plan holds once the user has changed it.
	Outside bool
}

// Holds says that nothing has to be done for the want.
func (s Step) Holds() bool { return s.Line == "" }

// Text says what is done for the want; verb is what is done to a line, such as "changed".
func (s Step) Text(verb string) string {
	switch {
	case s.Follows:
		return fmt.Sprintf("%s becomes %d as a result", s.Name, s.Want.Value)
	case s.Holds():
		return fmt.Sprintf("%s is %d already", s.Name, s.Want.Value)
	case s.Outside:
		return fmt.Sprintf("outside the tree, yours to change %s: %s", s.Site, s.Line)
	}
	site := s.Site
	// the path in the installed module is shown relative to the current directory
	site.File = shell.Path(site.File)
	return fmt.Sprintf("%s %s: %s", verb, site, s.Line)
}

// TargetPlan is what the plan does for one target.
type TargetPlan struct {
	Target micropython.Target
	Steps  []Step
	// Lacks are the needs that this board does not meet, as far as the scanner can tell.
	Lacks []Lack
	// Variables are what sets variables of the modules' makefile, as things are.
	Variables []Variable
	// Clashes are those that the compiler would find after the changes.
	Clashes []Clash
}

// Lack is a need that is not met; Refused says that the board is refused because of it.
type Lack struct {
	Need
	Refused bool
}

// Plan is what must be done to a tree so that every want holds for every target. Making one
// changes nothing on disk.
type Plan struct {
	Targets []TargetPlan
	// Changes are the changes of the tree for all targets together.
	Changes []Change
	// Module are the files of the user module's directory that take the place of changes, in a
	// pristine plan.
	Module []ModuleFile
}

// ModuleFile is a file to be installed with the user module; Path is relative to the module's
// directory, with slashes.
type ModuleFile struct {
	Path string
	Text []byte
}

var errNoTarget = errors.New("patch: no target is given")

// Outside are the steps that the user must take: those for lines outside the tree.
func (p *Plan) Outside() []Step {
	var steps []Step
	for _, t := range p.Targets {
		for _, step := range t.Steps {
			if step.Outside {
				steps = append(steps, step)
			}
		}
	}
	return steps
}

// ErrCannotRead is wrapped by errors about a line that the scanner cannot read for certain.
var ErrCannotRead = errors.New("cannot read")

// planner makes one want after the other true in memory, and rereads the configuration after
// each.
type planner struct {
	target micropython.Target
	src    *source // shared by the targets of one plan
	latest *Config // as of version
	// version is that of src when latest was read.
	version int
}

// read returns the configuration with everything planned so far.
func (p *planner) read() *Config {
	if p.latest == nil || p.version != p.src.version {
		p.latest, p.version = readConfig(p.target, p.src), p.src.version
	}
	return p.latest
}

// New plans for targets of one tree, which share its files. An error names the file and line
// that is in the way; with several targets it has a line for each one that cannot be planned.
func New(targets []micropython.Target, wants []Want) (*Plan, error) {
	if len(targets) == 0 {
		return nil, errNoTarget
	}
	src := newSource(targets[0].Tree)
	plan, err := planOn(src, targets, wants)
	if err != nil {
		return nil, err
	}
	plan.Changes, err = src.changes(targets[0].Tree)
	return plan, err
}

// Texts are the files of the tree as New would plan them for targets of one port, by name, if
// some files had different texts than on disk.
func Texts(
	targets []micropython.Target, wants []Want, texts map[string][]byte,
) (map[string][]byte, error) {
	src := newSource(targets[0].Tree)
	for name, text := range texts {
		src.cache[name] = text
	}
	if _, err := planOn(src, targets, wants); err != nil {
		return nil, err
	}
	planned := map[string][]byte{}
	for name, text := range src.planned {
		if !path.IsAbs(name) {
			planned[name] = text
		}
	}
	return planned, nil
}

// planOn plans in memory.
func planOn(src *source, targets []micropython.Target, wants []Want) (*Plan, error) {
	plan := &Plan{}
	var failed []error
	for _, target := range targets {
		p := &planner{target: target, src: src}
		steps, present, err := p.steps(wants)
		if err != nil {
			failed = append(failed, fmt.Errorf("patch %s: %w", label(target, len(targets)), err))
		}
		plan.Targets = append(plan.Targets,
			TargetPlan{Target: target, Steps: steps, Lacks: present.lacks,
				Variables: present.variables})
	}
	if len(failed) > 0 {
		return nil, errors.Join(failed...)
	}
	// Once more, on the finished plan: a later want, or another target's, must not undo an
	// earlier one.
	for i, target := range targets {
		p := &planner{target: target, src: src}
		if err := p.check(wants); err != nil {
			failed = append(failed, fmt.Errorf("patch %s: %w", label(target, len(targets)), err))
		}
		for _, step := range plan.Targets[i].Steps {
			plan.Targets[i].Clashes = append(plan.Targets[i].Clashes,
				p.read().Clashes(step.Name)...)
		}
	}
	if len(failed) > 0 {
		return nil, errors.Join(failed...)
	}
	return plan, nil
}

// label is the name of a target in an error: with its board only if there are several.
func label(target micropython.Target, targets int) string {
	if targets > 1 {
		return target.Name()
	}
	return target.Port
}

func (p *planner) steps(wants []Want) ([]Step, present, error) {
	now := readConfig(p.target, p.src.asItIs())
	var steps []Step
	for _, want := range wants {
		step, err := p.want(want)
		if err != nil {
			return nil, present{}, err
		}
		was := now.State(want)
		step.Before = was.Value
		step.Follows = step.Holds() && was.Value != want.Value
		steps = append(steps, step)
	}
	as, err := now.present()
	return steps, as, err
}

// present is what a plan says about a target besides its steps.
type present struct {
	lacks     []Lack
	variables []Variable
}

func (c *Config) present() (present, error) {
	lacks, err := c.Lacks()
	return present{lacks, c.Variables()}, err
}

func (p *planner) want(want Want) (Step, error) {
	config := p.read()
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
		after := p.read().State(want)
		if after.Known && after.Value == want.Value {
			step.Site, step.Line, step.Outside = *site, line, site.outside()
			return step, nil
		}
		undo()
	}
	if want.Variable != "" || before.Imposed != "" ||
		config.hasForeign(before.Name, want.Value) {
		return step, p.cannot(config, before.Name, want)
	}
	line, site, err := p.add(config, before.Name, want)
	step.Site, step.Line = site, line
	return step, err
}

// hasForeign reports whether a flag from another user module, from the environment, or from a
// generated line gives a macro another value: nothing is defined against it, because compilers
// treat that as an error.
func (c *Config) hasForeign(name string, value int64) bool {
	return slices.ContainsFunc(c.make.flags, func(f *Site) bool {
		return f.isForeign(name, value)
	})
}

// IsForeign reports whether only the user can change the line: a flag from another user module,
// from the environment, or from a generated line.
func (s *Site) IsForeign() bool { return s.Kind == CompilerFlag && (s.outside() || s.made) }

func (s *Site) isForeign(name string, value int64) bool {
	return s.Macro == name && s.IsForeign() &&
		s.Text != strconv.FormatInt(value, 10)
}

// candidates are the lines whose change may give the value, the most likely first: the make
// variable of the macro's name, then the line that defines it.
func (p *planner) candidates(config *Config, state State) []*Site {
	sites := []*Site{config.variable(state.Name), state.Site}
	return slices.DeleteFunc(sites, func(s *Site) bool {
		return s == nil || s.Kind == Undef || s.Kind == CompilerUndef || s.Op == "define" ||
			s.Op == "eval" || s.made || s.active != yes || !p.mayChange(s.File)
	})
}

// mayChange reports whether a file is the port's or the board's own: no other may be edited.
func (p *planner) mayChange(file string) bool {
	if strings.HasPrefix(file, "ports/"+p.target.Port+"/") {
		return true
	}
	return p.target.BoardDir != "" &&
		strings.HasPrefix(file, p.src.name("", filepath.ToSlash(p.target.BoardDir))+"/")
}

// edit changes the value of one line, in memory, and returns the new line.
func (p *planner) edit(site *Site, want Want) (line string, undo func()) {
	text, _ := p.src.file(site.File)
	old := p.src.planned[site.File]
	value := spelling(site, want.Value)
	var b []byte
	b = append(b, text[:site.start]...)
	if site.start == site.end && site.start > 0 &&
		!strings.ContainsRune(" \t=", rune(text[site.start-1])) {
		between := byte(' ')
		if site.Kind == CompilerFlag { // -DNAME
			between = '='
		}
		b = append(b, between)
	}
	b = append(b, value...)
	b = append(b, text[site.end:]...)
	p.src.set(site.File, b)
	return lineAt(b, site.start), func() { p.src.set(site.File, old) }
}

// spelling writes a value in the style of the line: (0) if it has parentheses, 0 otherwise.
func spelling(site *Site, value int64) string {
	text := strconv.FormatInt(value, 10)
	if word, is := cmakeWords[strings.ToUpper(site.Text)]; is && site.Kind == CMakeVariable &&
		(value == 0 || value == 1) {
		return word[value]
	}
	if site.Kind == Define && (strings.HasPrefix(site.Text, "(") || site.Text == "") {
		return "(" + text + ")"
	}
	return text
}

// cmakeWords are CMake's words for true and false in the style of another.
var cmakeWords = map[string][2]string{"ON": {"OFF", "ON"}, "OFF": {"OFF", "ON"},
	"TRUE": {"FALSE", "TRUE"}, "FALSE": {"FALSE", "TRUE"}, "YES": {"NO", "YES"},
	"NO": {"NO", "YES"}}

func lineAt(text []byte, pos int) string {
	from := strings.LastIndexByte(string(text[:pos]), '\n') + 1
	line, _, _ := strings.Cut(string(text[from:]), "\n")
	return strings.TrimRight(line, "\r")
}

// The marks around lines that mpwolf adds where no line of the port can simply be changed.
const (
	blockBegin = "// mpwolf: begin (added by mpwolf patch, taken out by mpwolf revert)"
	blockEnd   = "// mpwolf: end"
)

// add adds a define to the marked block at the end of the port's configuration header.
func (p *planner) add(config *Config, name string, want Want) (string, Site, error) {
	rel := path.Join("ports", p.target.Port, "mpconfigport.h")
	text, ok := p.src.file(rel)
	if !ok {
		return "", Site{}, fmt.Errorf("%s: no such file, and no line of port %s sets %s",
			rel, p.target.Port, name)
	}
	lines := []string{"// " + want.Why}
	if p.definedOtherwise(name, fmt.Sprintf("(%d)", want.Value)) {
		lines = append(lines, "#undef "+name)
	}
	line := fmt.Sprintf("#define %s (%d)", name, want.Value)
	block, at := withBlock(text, append(lines, line))
	p.src.set(rel, block)
	at += strings.LastIndex(string(block[at:len(block)-len(text)+at]), line)
	site := Site{File: rel, Line: 1 + strings.Count(string(block[:at]), "\n"),
		Kind: Define, Macro: name}
	after := p.read().State(want)
	if !after.Known || after.Value != want.Value {
		return "", site, fmt.Errorf("%w; a define at %s has no effect either",
			p.cannot(config, name, want), site)
	}
	return line, site, nil
}

// definedOtherwise reports whether another board or variant of the port may have defined the macro
// already, with another body, so that it must be undefined first.
func (p *planner) definedOtherwise(name, body string) bool {
	for _, file := range p.headers() {
		if text, ok := p.src.file(file); ok && defines(text, name, body) {
			return true
		}
	}
	return false
}

// headers are the configuration headers of all boards and variants of the port, and the target's
// own.
func (p *planner) headers() []string {
	var found []string
	for _, pattern := range []string{"*.h", "variants/*.h", "variants/*/*.h", "boards/*/*.h"} {
		headers, err := filepath.Glob(filepath.Join(p.target.Dir(), pattern))
		if err != nil {
			// the patterns are well formed; if a tree's path is not, there are no other boards
			continue
		}
		found = append(found, headers...)
	}
	if p.target.BoardDir != "" {
		found = append(found, filepath.Join(p.target.BoardDir, "mpconfigboard.h"))
	}
	for i, header := range found {
		found[i] = p.src.name("", filepath.ToSlash(header))
	}
	return found
}

// defines reports whether a header defines a macro as anything but body.
func defines(text []byte, name, body string) bool {
	for line := range strings.Lines(string(text)) {
		fields := strings.Fields(strings.Replace(line, "#", "# ", 1))
		if len(fields) >= 3 && fields[0] == "#" && fields[1] == "define" && fields[2] == name &&
			(len(fields) == 3 || fields[3] != body) {
			return true
		}
	}
	return false
}

// withBlock gives the header with lines added to its marked block, or to a new one at its end,
// inside the include guard if it has one; and where they are put. An empty line before a new
// block is ours and is removed with it, see withoutBlock.
func withBlock(text []byte, lines []string) ([]byte, int) {
	end := "\n"
	if strings.Contains(string(text), "\r\n") {
		end = "\r\n"
	}
	at := bytes.Index(text, []byte(blockEnd+end))
	if at < 0 || (at > 0 && text[at-1] != '\n') {
		at = blockPosition(text)
		lines = append(append([]string{blockBegin}, lines...), blockEnd)
		if at > 0 {
			lines = append([]string{""}, lines...)
		}
	}
	block := strings.Join(lines, end) + end
	if at > 0 && text[at-1] != '\n' {
		block = end + block
	}
	return slices.Concat(text[:at], []byte(block), text[at:]), at
}

// blockPosition is the end of the file, or the #endif of an include guard that spans all of it,
// and before the empty lines there.
func blockPosition(text []byte) int {
	conds, guardEnd := 0, -1
	first := true
	guard, comment := false, false
	for _, line := range logicalLines(text, "") {
		var bare string
		bare, comment = blankComments(line.text, comment)
		d := directive().FindStringSubmatch(bare)
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
	at := len(text)
	if guardEnd >= 0 {
		at = guardEnd
	}
	for before := text[:at]; ; before = text[:at] {
		switch {
		case bytes.HasSuffix(before, []byte("\n\r\n")):
			at -= 2
		case bytes.HasSuffix(before, []byte("\n\n")):
			at--
		default:
			return at
		}
	}
}

// check reads the finished plan.
func (p *planner) check(wants []Want) error {
	config := p.read()
	for _, want := range wants {
		state := config.State(want)
		if !state.Known || state.Value != want.Value {
			return p.cannot(config, state.Name, want)
		}
	}
	return nil
}

// cannot says which lines are in the way of a want.
func (p *planner) cannot(config *Config, name string, want Want) error {
	if v := config.make.vars[name]; config.make.pinned[name] || v.environment {
		return fmt.Errorf("found no edit that makes %s %d: it is set by %s", name, want.Value,
			v.from)
	}
	var places []string
	foreign := config.hasForeign(name, want.Value)
	for _, site := range config.Sites(name) {
		if site.active != no && (!foreign || site.isForeign(name, want.Value)) {
			places = append(places, site.String())
		}
	}
	if len(places) == 0 {
		places = []string{"no line that takes effect"}
	}
	return fmt.Errorf("found no edit that makes %s %d; it is set at %s",
		name, want.Value, strings.Join(places, ", "))
}

// changes are the planned files of the tree that differ from those on disk.
func (s *source) changes(tree *micropython.Tree) ([]Change, error) {
	var changes []Change
	for rel, after := range s.planned {
		if path.IsAbs(rel) {
			continue // the user's
		}
		change, err := changeOf(tree, rel, after)
		if err != nil {
			return nil, fmt.Errorf("plan: %w", err)
		}
		if string(change.Before) != string(after) {
			changes = append(changes, change)
		}
	}
	slices.SortFunc(changes, func(a, b Change) int { return strings.Compare(a.Path, b.Path) })
	return changes, nil
}

func changeOf(tree *micropython.Tree, rel string, after []byte) (Change, error) {
	file := tree.Path(filepath.FromSlash(rel))
	before, err := os.ReadFile(file)
	if err != nil {
		return Change{}, err
	}
	info, err := os.Lstat(file)
	if err != nil {
		return Change{}, err
	}
	if !info.Mode().IsRegular() {
		return Change{}, fmt.Errorf("%s is not a regular file", rel)
	}
	return Change{Path: rel, Before: before, After: after, Mode: info.Mode()}, nil
}
