package doctor

import (
	"cmp"
	"context"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"

	"mpwolf/internal/build"
	"mpwolf/internal/lazyregexp"
	"mpwolf/internal/micropython"
	"mpwolf/patches"
)

// need is a tool that builds need.
type need struct {
	Tool
	by []string // the targets
	// compiler is the command that must find the tool's header, dir where it runs.
	compiler []string
	dir      string
	// lacks says why the tool is known to be missing; "" if it must be looked for.
	lacks string
	// python is set for a Python, which must run scripts; least is the minor version of Python 3
	// that these need, arguments are those of the command.
	python    bool
	least     int
	arguments []string
	// unlinked is set for libffi if make does not know how to link it.
	unlinked bool
}

// recipe is what decides which tools a target needs, according to make or, without make, to the
// target's files.
type recipe struct {
	target micropython.Target
	dir    string
	// cc is the compiler, flags are its flags.
	cc, flags []string
	python    string
	// ffi is set if the module ffi is built with the system's libffi, which pkg-config finds;
	// standalone if it is built with the submodule's.
	ffi, standalone bool
	// linksFFI is set if make knows how to link libffi already.
	linksFFI bool
	// frozen is set if Python code is frozen, by an mpy-cross that is built for this machine.
	frozen bool
	// protoc is the command that compiles the protocol of a radio module with ESP-Hosted; "" if
	// the target has none.
	protoc string
	// outside is set if something else than make and CMake builds the target.
	outside bool
	// cmake is set if CMake builds the target.
	cmake bool
	// cxx is set if there are sources in C++.
	cxx bool
	// guessed is set if make could not be asked: it is missing, or fails.
	guessed bool
}

var recipeVars = []string{"PYTHON", "MICROPY_PY_FFI", "MICROPY_STANDALONE", "LIBFFI_LDFLAGS",
	"FROZEN_MANIFEST", espHosted, "PROTOC"}

// espHosted is the variable with which extmod/extmod.mk runs PROTOC, since v1.22.
const espHosted = "MICROPY_PY_NETWORK_ESP_HOSTED"

// asksPkgConfig is how ports/unix/Makefile looks for libffi, in all releases so far.
var asksPkgConfig = lazyregexp.New(`(?m)^[^#\n]*\bpkg-config\b[^\n]*\blibffi\b`)

// ask asks make for the recipe of a target.
func ask(ctx context.Context, t micropython.Target) (recipe, error) {
	flags, err := build.Probe(ctx, t, recipeVars)
	if err != nil {
		return recipe{}, err
	}
	r := recipe{target: t, dir: flags.Dir, cc: flags.CC, flags: flags.CFLAGS, cmake: t.CMake(),
		python: strings.TrimSpace(flags.Vars["PYTHON"]),
		frozen: flags.Vars["FROZEN_MANIFEST"] != "", cxx: flags.CXX()}
	isOne := func(name string) bool { return strings.TrimSpace(flags.Vars[name]) == "1" }
	if isOne("MICROPY_PY_FFI") && makefileMatches(t, asksPkgConfig()) {
		r.standalone = isOne("MICROPY_STANDALONE")
		r.ffi = !r.standalone
	}
	if isOne(espHosted) {
		r.protoc = strings.TrimSpace(flags.Vars["PROTOC"])
	}
	r.linksFFI = strings.Contains(flags.Vars["LIBFFI_LDFLAGS"], "ffi")
	return r, nil
}

// crossDefault is the line of a port's Makefile that names the tools of another processor.
var crossDefault = lazyregexp.New(`(?m)^\s*CROSS_COMPILE\s*\??=\s*(\S+)`)

// pythonDefault is the line of py/mkenv.mk that names Python.
var pythonDefault = lazyregexp.New(`(?m)^PYTHON\s*\??=\s*(\S+)`)

// guess reads the recipe of a target from its files.
func guess(t micropython.Target) recipe {
	r := recipe{target: t, dir: t.Dir(), cmake: t.CMake(), guessed: true}
	argument := func(name string) string {
		value := os.Getenv(name)
		for _, arg := range t.Make {
			if text, found := strings.CutPrefix(arg, name+"="); found {
				value = text
			}
		}
		return value
	}
	env, _ := os.ReadFile(t.Tree.Path("py", "mkenv.mk")) // without it, make stops
	if m := pythonDefault().FindSubmatch(env); m != nil {
		r.python = string(m[1])
	}
	r.python = cmp.Or(argument("PYTHON"), r.python)
	cross := argument("CROSS_COMPILE")
	text, _ := os.ReadFile(filepath.Join(t.Dir(), cmp.Or(t.Makefile(), "Makefile")))
	if m := crossDefault().FindSubmatch(text); m != nil && cross == "" {
		cross = string(m[1])
	}
	if port, err := patches.Load(t.Port); err == nil && cross == "" && port.Build.Cross != "" {
		cross, r.cxx = port.Build.Cross, t.CMake()
	}
	r.cc = []string{cross + toolGCC}
	if r.outside = build.Outside(t) != nil; r.outside {
		r.cc = nil // its own
	}
	if words := strings.Fields(argument("CC")); len(words) > 0 &&
		slices.Contains(t.Make, "CC="+strings.Join(words, " ")) {
		r.cc = words // make does not take it from the environment: the makefiles set it
	}
	r.frozen = cross != ""
	value := func(name string) bool {
		state := patches.Read(t).State(patches.Want{Macro: name, Variable: name})
		return state.Known && state.Value == 1
	}
	if asksPkgConfig().Match(text) && value("MICROPY_PY_FFI") {
		r.standalone = value("MICROPY_STANDALONE")
		r.ffi = !r.standalone
	}
	if value(espHosted) {
		r.protoc = toolProtoc
	}
	return r
}

// plain is the recipe of a port where there is no tree: what every target of the port needs.
func plain(name string) (recipe, error) {
	port, err := patches.Load(name)
	if err != nil {
		return recipe{}, err
	}
	needs := port.Build
	r := recipe{target: micropython.Target{Port: name}, python: toolPython,
		outside: needs.Program != "", cmake: needs.CMake, guessed: true}
	if r.outside {
		return r, nil
	}
	r.cc = []string{needs.Cross + toolGCC}
	r.frozen = needs.Cross != ""
	r.cxx = r.frozen && needs.CMake
	r.ffi = name == portUnix
	return r, nil
}

// portUnix is the port that is looked at where nothing else is asked for.
const portUnix = "unix"

func makefileMatches(t micropython.Target, pattern interface{ Match([]byte) bool }) bool {
	text, err := os.ReadFile(filepath.Join(t.Dir(), "Makefile"))
	return err == nil && pattern.Match(text)
}

// needs are the tools of a recipe.
func (r recipe) needs() []need {
	var all []need
	add := func(t Tool, compiler ...string) {
		t.OnlyFor = ""
		all = append(all, need{Tool: t, by: []string{r.target.Name()}, compiler: compiler,
			dir: r.dir})
	}
	named := func(name string, compiler ...string) {
		t, _ := known(name)
		add(t, compiler...)
	}
	named(toolMake)
	if r.cmake {
		named(toolCMake)
	}
	if r.outside {
		named(toolIDF)
		named(toolGCC) // for mpy-cross
	}
	compiler := r.compiler()
	for _, word := range r.cc[:len(r.cc)-len(r.compilerWords())] {
		add(ofProgram(word)) // such as ccache
	}
	if words := r.compilerWords(); len(words) > 0 {
		add(ofCompiler(words[0]))
		if libc, known := libcOf(words[0], r.flags); known {
			add(libc, compiler...)
			if r.cxx && libc.Name == toolNewlib {
				named(toolNewlibCXX, inCXX(compiler)...)
			}
		}
		if r.frozen && words[0] != toolGCC {
			named(toolGCC)
		}
	}
	if r.python != "" {
		words := strings.Fields(r.python)
		add(ofProgram(words[0]))
		n := &all[len(all)-1]
		n.python, n.least, n.arguments = true, pythonFor(r.target.Port), words[1:]
	}
	if r.protoc != "" {
		add(ofProgram(strings.Fields(r.protoc)[0]))
	}
	if r.standalone {
		named(toolAutotools)
	}
	if r.ffi {
		if !r.linksFFI || isThere(toolPkgConfig) { // otherwise the user says how to link it
			named(toolPkgConfig)
		}
		named(toolFFI, compiler...)
		all[len(all)-1].unlinked = !r.linksFFI
	}
	return all
}

// pythonFor is the minor version of Python 3 that a port's build needs: MicroPython's README says
// 3.3, but some ports' boards/make-pins.py or mcu/make-pins.py have newer syntax.
func pythonFor(name string) int {
	const least = 3
	port, err := patches.Load(name)
	if err != nil {
		return least
	}
	return max(least, port.Build.Python)
}

// wrappers run the compiler that follows them.
var wrappers = []string{"ccache", "sccache", "distcc", "icecc"}

// compilerWords are CC from the compiler on.
func (r recipe) compilerWords() []string {
	for i, word := range r.cc {
		base := strings.TrimSuffix(filepath.Base(word), ".exe")
		if !slices.Contains(wrappers, base) {
			return r.cc[i:]
		}
	}
	return nil
}

// compiler is the command that preprocesses what it reads, and writes no file.
func (r recipe) compiler() []string {
	argv := slices.Concat(r.compilerWords(), r.flags, []string{"-E", "-x", "c", "-"})
	return slices.DeleteFunc(argv, func(arg string) bool { return strings.HasPrefix(arg, "-M") })
}

// inCXX is a compiler's command for C++ instead of C.
func inCXX(argv []string) []string {
	argv = slices.Clone(argv)
	for i, arg := range argv {
		if i > 0 && argv[i-1] == "-x" && arg == "c" {
			argv[i] = "c++"
		}
	}
	return argv
}

// recipes are those of targets; make is asked for all of them at once.
func recipes(
	ctx context.Context, targets []micropython.Target,
	ask func(context.Context, micropython.Target) (recipe, error),
) []recipe {
	all := make([]recipe, len(targets))
	var wait sync.WaitGroup
	for i, t := range targets {
		wait.Go(func() {
			var err error
			if all[i], err = ask(ctx, t); err != nil {
				all[i] = guess(t)
			}
		})
	}
	wait.Wait()
	return all
}

// needsOf are the tools of all recipes, each once: first those that are not in the table, then the
// others in its order.
func needsOf(recipes []recipe) []need {
	var all []need
	for _, r := range recipes {
		for _, n := range r.needs() {
			i := slices.IndexFunc(all, func(o need) bool { return o.is(n.Tool) })
			switch {
			case i < 0:
				all = append(all, n)
			case !slices.Contains(all[i].by, n.by[0]):
				all[i].by = append(all[i].by, n.by[0])
				all[i].least = max(all[i].least, n.least)
			}
		}
	}
	order := func(n need) int {
		return slices.IndexFunc(tools, func(t Tool) bool { return t.Name == n.Name })
	}
	slices.SortStableFunc(all, func(a, b need) int { return order(a) - order(b) })
	return all
}
