package patches

import (
	"fmt"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"mpwolf/internal/micropython"
)

// Pristine is the way to make the wants true without changing the tree: two files in the
// directory of the user module that wolfSSL comes with. The module's micropython.mk includes the
// first, which sets the make variables after the port's and the board's makefiles are read and
// before extmod/extmod.mk is; the second is the configuration header, by the name of
// MP_CONFIGFILE, that includes the port's and then sets the macros.
type Pristine struct {
	// Module is the module's directory, an absolute path outside the tree.
	Module string
}

// pristineDir is the directory of these files in the module's.
const pristineDir = "pristine"

// fragment and header are the names of a target's files, relative to the module's directory.
func (Pristine) fragment(t micropython.Target) string {
	if t.CMake() {
		return path.Join(pristineDir, t.Port+".cmake")
	}
	return path.Join(pristineDir, t.Port+".mk")
}
func (Pristine) header(port string) string { return path.Join(pristineDir, port+".h") }

func (p Pristine) file(name string) string { return path.Join(filepath.ToSlash(p.Module), name) }

// Read is the function Read for a target that is built with the module's files.
func (p Pristine) Read(target micropython.Target) *Config {
	src := newSource(target.Tree)
	src.pristine = &p
	return readConfig(target, src)
}

// Plan plans files of the module for targets of one port and tree. The plan has no change of the
// tree.
func (p Pristine) Plan(targets []micropython.Target, wants []Want) (*Plan, error) {
	if len(targets) == 0 {
		return nil, errNoTarget
	}
	src := newSource(targets[0].Tree)
	src.pristine = &p
	d := &pristineDraft{Pristine: p, port: targets[0].Port, target: targets[0],
		version: targets[0].Tree.Version.String(), src: src}
	d.write()
	plan := &Plan{}
	for _, target := range targets {
		steps, present, err := d.steps(&planner{target: target, src: src}, wants)
		if err != nil {
			return nil, fmt.Errorf("patch %s: %w", label(target, len(targets)), err)
		}
		plan.Targets = append(plan.Targets, TargetPlan{Target: target, Steps: steps,
			Lacks: present.lacks, Variables: present.variables})
	}
	for _, target := range targets {
		if err := (&planner{target: target, src: src}).check(wants); err != nil {
			return nil, fmt.Errorf("patch %s: %w", label(target, len(targets)), err)
		}
	}
	// The position of a line is known only when all lines are there.
	for _, t := range plan.Targets {
		for i := range t.Steps {
			d.place(&t.Steps[i])
		}
	}
	plan.Module = d.files()
	return plan, nil
}

// pristineDraft is a draft of a port's two files.
type pristineDraft struct {
	Pristine
	port, version string
	target        micropython.Target // one of them
	src           *source
	variables     []setting
	macros        []setting
}

// setting is one line of the files.
type setting struct {
	name string
	want Want
}

func (d *pristineDraft) steps(p *planner, wants []Want) ([]Step, present, error) {
	asItIs := d.src.asItIs()
	asItIs.pristine = nil
	now := readConfig(p.target, asItIs)
	if m, ok := now.header.macros["MP_CONFIGFILE"]; ok {
		return nil, present{},
			fmt.Errorf("%s: this build has its own configuration header, named by "+
				"MP_CONFIGFILE, which --pristine would replace", m.site)
	}
	var steps []Step
	for _, want := range wants {
		was := now.State(want)
		step := Step{Want: want, Name: was.Name, Before: was.Value}
		if err := d.set(p, want, was.Name); err != nil {
			return nil, present{}, err
		}
		step.Follows = was.Known && was.Value != want.Value
		steps = append(steps, step)
	}
	as, err := now.present()
	return steps, as, err
}

// set makes one want true: with the make variable of its name if the makefiles have one, else
// with a define.
func (d *pristineDraft) set(p *planner, want Want, name string) error {
	if d.holds(p, want) {
		return nil
	}
	config := p.read()
	// a makefile has no effect on it, and it may decide more than the macro
	if config.cmake == nil && config.make.pinned[name] {
		return p.cannot(config, name, want)
	}
	if want.Variable != "" || config.variable(name) != nil {
		d.variables = append(d.variables, setting{name, want})
		if d.write(); d.holds(p, want) {
			return nil
		}
		if d.target.CMake() { // unlike make's, it is set too late for anything else
			d.variables = d.variables[:len(d.variables)-1]
		}
	}
	if want.Variable == "" {
		d.macros = append(d.macros, setting{name, want})
		if d.write(); d.holds(p, want) {
			return nil
		}
	}
	return p.cannot(p.read(), name, want)
}

func (d *pristineDraft) holds(p *planner, want Want) bool {
	state := p.read().State(want)
	return state.Known && state.Value == want.Value
}

// write plans the files as they are so far.
func (d *pristineDraft) write() {
	for _, f := range d.files() {
		d.src.set(d.file(f.Path), f.Text)
	}
}

// files are the files as they are so far; the header only if a macro needs it.
func (d *pristineDraft) files() []ModuleFile {
	files := []ModuleFile{{d.fragment(d.target), []byte(d.fragmentText())}}
	if len(d.macros) > 0 {
		files = append(files, ModuleFile{d.header(d.port), []byte(d.headerText())})
	}
	return files
}

func (d *pristineDraft) fragmentText() string {
	var b strings.Builder
	if d.target.CMake() {
		return d.cmakeText()
	}
	fmt.Fprintf(&b, "# What mpwolf patch --pristine sets for the port %s of MicroPython %s, "+
		"instead of changes to its tree.\n"+
		"# py/py.mk reads this after the port's and the board's makefiles, and before "+
		"extmod/extmod.mk.\n", d.port, d.version)
	for _, v := range d.variables {
		fmt.Fprintf(&b, "\n# %s\n%s = %d\n", v.want.Why, v.name, v.want.Value)
	}
	if len(d.macros) == 0 {
		return b.String()
	}
	header := d.header(d.port)
	fmt.Fprintf(&b, "\n# The header that py/mpconfig.h includes: the port's, and then what no "+
		"make variable sets. Changing it changes the\n"+
		"# configuration, as changing mpconfigport.h does.\n"+
		"CFLAGS_USERMOD += -DMP_CONFIGFILE='\"%s\"'\n"+
		"QSTR_GLOBAL_DEPENDENCIES += $(WOLFSSL_MOD_DIR)/%s\n", header, header)
	return b.String()
}

// cmakeText is the fragment for CMake: the modules' micropython.cmake includes it before it hands
// its definitions on.
func (d *pristineDraft) cmakeText() string {
	var b strings.Builder
	fmt.Fprintf(&b, "# What mpwolf patch --pristine sets for the port %s of MicroPython %s, "+
		"instead of changes to its tree.\n"+
		"# micropython.cmake reads this after the port's and the board's files, and after "+
		"extmod/extmod.cmake.\n", d.port, d.version)
	for _, v := range d.variables {
		fmt.Fprintf(&b, "\n# %s\n%s\n", v.want.Why, d.variableLine(v.name, v.want.Value))
	}
	if len(d.macros) > 0 {
		fmt.Fprintf(&b, "\n# The header that py/mpconfig.h includes: the port's, and then what "+
			"no variable sets.\nlist(APPEND %s MP_CONFIGFILE=\"%s\")\n", moduleDefinitions,
			d.header(d.port))
	}
	return b.String()
}

// variableLine sets a variable of make or CMake.
func (d *pristineDraft) variableLine(name string, value int64) string {
	if d.target.CMake() {
		return fmt.Sprintf("set(%s %d)", name, value)
	}
	return fmt.Sprintf("%s = %d", name, value)
}

func (d *pristineDraft) headerText() string {
	var b strings.Builder
	fmt.Fprintf(&b, "// What mpwolf patch --pristine sets for the port %s of MicroPython %s, "+
		"instead of changes to its tree.\n"+
		"// py/mpconfig.h includes this file by the name of MP_CONFIGFILE.\n\n"+
		"#include <mpconfigport.h>\n", d.port, d.version)
	for _, m := range d.macros {
		fmt.Fprintf(&b, "\n// %s\n#undef %s\n#define %s (%d)\n", m.want.Why, m.name,
			m.name, m.want.Value)
	}
	return b.String()
}

// place records the line that sets a step's want, if there is one.
func (d *pristineDraft) place(step *Step) {
	line, file := d.variableLine(step.Name, step.Want.Value), d.fragment(d.target)
	isOf := func(s setting) bool { return s.want.Name() == step.Want.Name() }
	switch {
	case slices.ContainsFunc(d.macros, isOf):
		line, file = fmt.Sprintf("#define %s (%d)", step.Name, step.Want.Value), d.header(d.port)
	case !slices.ContainsFunc(d.variables, isOf):
		return
	}
	text, _ := d.src.file(d.file(file))
	before, _, _ := strings.Cut(string(text), "\n"+line+"\n")
	step.Line, step.Follows = line, false
	step.Site = Site{File: d.file(file), Line: 2 + strings.Count(before, "\n"), Macro: step.Name}
}
