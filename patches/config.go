package patches

import (
	"cmp"
	"errors"
	"fmt"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"mpwolf/internal/micropython"
)

// Config is a port's configuration as the scanner reads it: which lines set which macro, and the
// resulting values.
type Config struct {
	target micropython.Target
	make   *makeRun
	cmake  *cmakeRun // nil for a port that make builds
	header *headerRun
}

// Read reads the configuration of a target from its files, without running anything.
func Read(target micropython.Target) *Config {
	return readConfig(target, newSource(target.Tree))
}

// Inputs are the files that were read, by name and bytes; nil for one that was looked for and
// does not exist. The names are relative to the tree, with slashes, or absolute if they are
// outside it.
func (c *Config) Inputs() map[string][]byte { return c.make.src.cache }

func newSource(tree *micropython.Tree) *source {
	return &source{
		top: filepath.ToSlash(tree.Dir),
		read: func(name string) ([]byte, error) {
			if path.IsAbs(name) {
				return os.ReadFile(filepath.FromSlash(name))
			}
			return os.ReadFile(tree.Path(filepath.FromSlash(name)))
		},
		planned: map[string][]byte{},
		cache:   map[string][]byte{},
		split:   map[splitKey]splitText{},
	}
}

func readConfig(target micropython.Target, src *source) *Config {
	port := path.Join("ports", target.Port)
	c := &Config{target: target}
	c.make = &makeRun{src: src, dir: port, vars: map[string]makeVar{}, pinned: map[string]bool{},
		seen: map[string]int{}, globs: map[string][]string{}}
	c.environment()
	c.pin("TOP", "../..", makeCommandLine)
	dirs := []string{port}
	switch {
	case target.Board != "":
		directory := "boards/" + target.Board
		if target.BoardDir != "" {
			directory = filepath.ToSlash(target.BoardDir)
		}
		c.pin("BOARD", target.Board, makeCommandLine)
		c.pin("BOARD_DIR", directory, makeCommandLine)
		c.pin("BOARD_VARIANT", target.Variant, makeCommandLine)
		dirs = append(dirs, src.name(port, directory))
	case target.Variant != "":
		c.pin("VARIANT", target.Variant, makeCommandLine)
		c.pin("VARIANT_DIR", "variants/"+target.Variant, makeCommandLine)
		dirs = append(dirs, path.Join(port, "variants", target.Variant))
	}
	for _, arg := range target.Variables() {
		if name, value, ok := strings.Cut(arg, "="); ok {
			c.pin(name, value, makeCommandLine)
			c.make.commandLine(name, value, makeCommandLine)
		}
	}
	if target.Modules != "" {
		modules := filepath.ToSlash(target.Modules)
		c.pin("USER_C_MODULES", modules, makeCommandLine)
		c.make.neighbours = slices.DeleteFunc(c.make.glob(modules+"/*/micropython.mk"),
			func(file string) bool { return path.Base(path.Dir(file)) == ownModule })
	}
	if p := src.pristine; p != nil {
		c.pin("USER_C_MODULES", path.Dir(filepath.ToSlash(p.Module)), makeCommandLine)
		c.make.fragment = src.name("", p.file(p.fragment(target)))
		dirs = append(dirs, src.name("", filepath.ToSlash(p.Module)))
	}
	for _, name := range strings.Fields(c.make.vars["MAKEFILES"].text) {
		c.make.run(src.name(port, name))
	}
	c.make.run(path.Join(port, cmp.Or(target.Makefile(), firstMakefile(port, src))))
	if target.CMake() {
		c.readCMake(port)
	}
	c.header = &headerRun{src: src, dirs: append(dirs, "."), macros: map[string]cMacro{},
		seen: map[string]int{}, known: target.Macros}
	headers := c.make.derivedFlags()
	c.make.flags = slices.DeleteFunc(c.make.flags, func(flag *Site) bool {
		flag.overruled = !flag.cmake && !c.make.reaches(flag.holder)
		return flag.overruled
	})
	for _, flag := range c.make.flags {
		c.flag(flag)
	}
	for _, header := range headers {
		c.header.run(c.forced(header))
	}
	c.header.run("py/mpconfig.h")
	return c
}

// readCMake reads the files of a port whose Makefile only runs CMake, as that Makefile runs it.
func (c *Config) readCMake(port string) {
	r := newCMakeRun(c.make)
	c.cmake = r
	// What is not a library's or CMake's own, and not set by a file, is not set.
	r.give("CMAKE_CURRENT_SOURCE_DIR", r.absolute(port))
	r.give("CMAKE_SOURCE_DIR", r.absolute(port))
	for _, words := range c.cmakeArguments() {
		r.arguments(words)
	}
	if manifest := c.make.vars["FROZEN_MANIFEST"]; manifest.text != "" {
		r.set["MICROPY_FROZEN_MANIFEST"] = cmakeVar{}
	}
	directory := path.Join(port, "boards", c.target.Board)
	if c.target.BoardDir != "" {
		directory = filepath.ToSlash(c.target.BoardDir)
	}
	if c.target.Board != "" {
		r.give("MICROPY_BOARD", c.target.Board)
		r.give("MICROPY_BOARD_DIR", r.absolute(directory))
		if c.target.Variant != "" {
			r.give("MICROPY_BOARD_VARIANT", c.target.Variant)
		}
	}
	file := path.Join(filepath.ToSlash(c.target.Modules), cmakeFragmentName)
	if c.target.Modules != "" && r.exists(file, false) == yes {
		r.modules = r.src.name("", file)
	}
	r.file(path.Join(port, "CMakeLists.txt"))
}

// Submodules are those that CMake's files add for this board for certain, as paths relative to the
// tree; nil for a port that make builds, which can be asked.
func (c *Config) Submodules() []string {
	if c.cmake == nil {
		return nil
	}
	var paths []string
	for _, item := range c.cmake.set["GIT_SUBMODULES"].items {
		if item.known && item.state == yes {
			paths = append(paths, strings.Fields(item.text)...)
		}
	}
	return paths
}

// cmakeArguments are the values of CMAKE_ARGS that the user gives: build.Make hands them over in
// the environment, before what the Makefile adds.
func (c *Config) cmakeArguments() []string {
	var all []string
	if v := c.make.vars["CMAKE_ARGS"]; v.environment {
		all = append(all, v.text)
	}
	for _, arg := range c.target.Variables() {
		name, value, _ := strings.Cut(arg, "=")
		if strings.TrimRight(name, "+:?") == "CMAKE_ARGS" {
			all = append(all, value)
		}
	}
	return all
}

// ownModule is the directory of mpwolf's own user module. The wants depend only on its files
// that take the place of changes to the tree.
const ownModule = "micropython-wolfssl"

// firstMakefile is the makefile that make reads where several are.
func firstMakefile(dir string, src *source) string {
	for _, name := range []string{"GNUmakefile", "makefile"} {
		if _, ok := src.file(path.Join(dir, name)); ok {
			return name
		}
	}
	return "Makefile"
}

// flag is a -D or -U on the compiler's command line; the last one of a macro decides.
func (c *Config) flag(flag *Site) {
	certain := !c.make.contradicts(flag)
	if flag.Kind == CompilerUndef && certain {
		c.header.undefine(flag)
		return
	}
	text, ok := flag.Text, !strings.Contains(flag.Text, "$")
	if !flag.cmake {
		text, ok = c.make.expand(flag.Text)
	}
	state := flag.active
	if !ok || !certain {
		state = maybe
		flag.Maybe = cmp.Or(flag.Maybe, place(flag.File, flag.Line, flag.Written()))
		flag.active = state
	}
	c.header.macros[flag.Macro] = cMacro{body: unquote(text), state: state, site: flag}
}

// pin sets a variable that no makefile changes; from is what sets it.
func (c *Config) pin(name, value, from string) {
	c.make.vars[name] = makeVar{text: value, known: true, recursive: true, from: from}
	c.make.pinned[name] = true
}

// unquote takes the shell's quotes off a -D value.
func unquote(s string) string {
	for _, q := range []string{`'`, `"`} {
		if len(s) >= 2 && strings.HasPrefix(s, q) && strings.HasSuffix(s, q) {
			return s[1 : len(s)-1]
		}
	}
	return strings.ReplaceAll(s, `\"`, `"`)
}

// State is how the scanner reads one want.
type State struct {
	// Name is the want's macro as this release spells it.
	Name string
	// Value is the effective value; it holds only if Known.
	Value int64
	Known bool
	// Site is the line that decides, nil if none does.
	Site *Site
	// Doubt is the condition that could not be read, with file and line, if Value is not known.
	Doubt string
	// Imposed is what sets the make variable that gives the value, if that is no makefile: make's
	// command line, or the environment. No edit changes it.
	Imposed string
}

// Name gives the macro's name as this tree spells it: the one that py/mpconfig.h has a default
// for, or that any line sets, the newest first. False means that the release does not know the
// macro at all.
func (c *Config) Name(want Want) (string, bool) {
	if want.Variable != "" {
		return want.Variable, slices.ContainsFunc(c.make.sites, func(s *Site) bool {
			return s.Macro == want.Variable
		})
	}
	for _, name := range want.Names() {
		if slices.ContainsFunc(c.header.sites, func(s *Site) bool {
			return s.Macro == name && strings.HasPrefix(s.File, "py/")
		}) {
			return name, true
		}
	}
	return want.Macro, false
}

// State evaluates a want.
func (c *Config) State(want Want) State {
	name, _ := c.Name(want)
	if want.Variable != "" {
		return c.variableState(name)
	}
	state := State{Name: name}
	state.Value, state.Known = c.header.value(name)
	if m, ok := c.header.macros[name]; ok {
		state.Site = m.site
	}
	if !state.Known {
		state.Doubt = c.doubt(name)
	}
	state.Imposed = c.imposed(state)
	return state
}

// Clashes are those about a macro.
func (c *Config) Clashes(name string) []Clash {
	return slices.DeleteFunc(slices.Clone(c.header.clashes), func(clash Clash) bool {
		return clash.Flag.Macro != name
	})
}

// imposed is what sets the make variable that a compiler's flag makes a macro of, if that is no
// makefile; "" for a macro that has its value from elsewhere.
func (c *Config) imposed(state State) string {
	if state.Site == nil || state.Site.Kind != CompilerFlag {
		return ""
	}
	v := c.make.vars[state.Name]
	if n, known := MakeNumber(v.text); !known || n != state.Value ||
		!c.make.pinned[state.Name] && !v.environment {
		return ""
	}
	return v.from
}

// Lacks are the needs of the target's port that the configuration does not meet.
func (c *Config) Lacks() ([]Lack, error) {
	file, err := Load(c.target.Port)
	if errors.Is(err, ErrUnknownPort) {
		return nil, nil // the caller has wants of its own
	}
	if err != nil {
		return nil, err
	}
	var lacks []Lack
	for _, need := range file.Needs {
		if c.mayMeet(need) {
			continue
		}
		lack := Lack{Need: need}
		if need.Unless != "" {
			value, known := c.header.value(need.Unless)
			lack.Refused = known && value == 0
		}
		lacks = append(lacks, lack)
	}
	return lacks, nil
}

// TooOld is an error if a target's release is older than its port's oldest.
func (c *Config) TooOld() error {
	file, err := Load(c.target.Port)
	if errors.Is(err, ErrUnknownPort) {
		return nil
	}
	if err != nil || file.Release.Least == "" {
		return err
	}
	least, err := micropython.ParseVersion(file.Release.Least)
	is := c.target.Tree.Version
	if is.Preview { // it has what its release will have, or most of it
		is.Preview = false
	}
	if err != nil || is.Compare(least) >= 0 {
		return err
	}
	if name := file.Release.Unless; name != "" {
		if value, known := c.header.value(name); known && value == 0 {
			return nil
		}
	}
	return fmt.Errorf("patch %s: MicroPython %s is too old for this port; the oldest that works "+
		"is %s: %s", c.target.Name(), c.target.Tree.Version, least, file.Release.Why)
}

// mayMeet reports whether the configuration meets a need, as far as it is known.
func (c *Config) mayMeet(need Need) bool {
	return slices.ContainsFunc(append([]string{need.Macro}, need.Or...), func(name string) bool {
		value, known := c.header.value(name)
		return !known || value != 0
	})
}

// variableState evaluates a make variable.
func (c *Config) variableState(name string) State {
	state := State{Name: name, Site: c.variable(name)}
	text, ok := c.variableText(name)
	if state.Value, state.Known = Number(c.target, text); !ok {
		state.Known = false
	}
	switch {
	case state.Known:
	case state.Site != nil && state.Site.active == maybe && state.Site.Maybe != "":
		state.Doubt = state.Site.Maybe
	case state.Site != nil:
		state.Doubt = fmt.Sprintf("%s: cannot tell the value of %q", state.Site, state.Site.Text)
	default:
		state.Doubt = "cannot tell the value of " + name
	}
	return state
}

// variableText is the value of a variable of make or CMake; false if it is not certain.
func (c *Config) variableText(name string) (string, bool) {
	if c.cmake == nil {
		return c.make.expand("$(" + name + ")")
	}
	v, exists := c.cmake.set[name]
	return v.text(), v.known || !exists
}

// Number is the number that a variable of make, or of CMake, holds; false for another text.
func Number(target micropython.Target, text string) (int64, bool) {
	if target.CMake() {
		if value, is := cmakeConstant(strings.TrimSpace(text)); is && !value {
			return 0, true
		} else if is && !isDecimal(text) {
			return 1, true
		}
	}
	return MakeNumber(text)
}

func isDecimal(text string) bool { return strings.Trim(text, "0123456789") == "" }

// MakeNumber is the number that a variable holds; MicroPython's makefiles compare with 1, so an
// empty value counts as 0.
func MakeNumber(text string) (int64, bool) {
	text = strings.TrimSpace(text)
	if text == "" {
		return 0, true
	}
	n, err := strconv.ParseInt(text, 0, 64)
	return n, err == nil
}

func (c *Config) doubt(name string) string {
	for _, site := range c.Sites(name) {
		if site.active == maybe && site.Maybe != "" {
			return site.Maybe
		}
	}
	if m, ok := c.header.macros[name]; ok && m.site != nil {
		return fmt.Sprintf("%s: cannot tell the value of %q", m.site, m.body)
	}
	return "cannot tell the value of " + name
}

// Sites are the lines that set a macro, active or not, in the order in which make and the
// compiler meet them.
func (c *Config) Sites(name string) []Site {
	var sites []Site
	for _, list := range [][]*Site{c.make.sites, c.header.sites} {
		for _, s := range list {
			if s.Macro == name {
				site := *s
				site.Active = site.active.String()
				if site.overruled {
					site.Active = no.String()
				}
				sites = append(sites, site)
			}
		}
	}
	return sites
}

// variable is the assignment that decides a make variable, if one does.
func (c *Config) variable(name string) *Site {
	if c.cmake != nil {
		return c.cmake.set[name].site
	}
	v, ok := c.make.vars[name]
	if !ok || c.make.pinned[name] {
		return nil
	}
	return v.site
}
