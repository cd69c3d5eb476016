package build

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"mpwolf/internal/disk"
	"mpwolf/internal/micropython"
	"mpwolf/internal/shell"
)

// configuration is a build directory that CMake writes, for a port whose Makefile only runs CMake
// and the make that it generates.
type configuration struct {
	target micropython.Target
	dir    string
	// args are CMake's, as the port's Makefile gives them; made are the make variables that
	// decided them, and environment is what CMake and its make get besides the caller's.
	args        []string
	made        map[string]string
	environment []string
}

// The files that mpwolf itself writes into such a directory.
const (
	includeFile   = ours + "include.cmake" // what CMake reads at project()
	dumpFile      = ours + "dump.cmake"    // what it reads at the end
	cmakeCache    = "CMakeCache.txt"
	variablesFile = ours + "variables"      // CMake's variables at the end
	compilesJSON  = "compile_commands.json" // CMake's own list of commands
	// configuredFile has the signature that the directory was last configured with, because the
	// replies that are kept there know earlier ones, too, and the hash of CMake's cache then.
	configuredFile = ours + "configured"
)

// cmakeVars are the variables of the port's Makefile that say how it runs CMake.
var cmakeVars = []string{cmakeArgs, "BUILD", makefileList}

// cmakeArgs is the variable of MicroPython's makefiles with CMake's arguments
// (ports/rp2/Makefile).
const cmakeArgs = "CMAKE_ARGS"

// ourCMakeArgs are for directories of our own. pico-sdk 2 has picotool make a .uf2 of the firmware
// and, where there is none, fetches and builds it: nothing of that changes the firmware.
var ourCMakeArgs = []string{"-DPICO_BUILD_DOCS=0", "-DPICO_NO_PICOTOOL=1"}

// splitCMake separates arguments for CMake from those for make. CMAKE_ARGS on make's command line
// would replace all that the port's Makefile adds to it, the board among it: the firmware of
// another board would be built without a word. From the environment, the Makefile adds to it.
func splitCMake(args []string) (forMake, forCMake []string) {
	for _, arg := range args {
		name, value, assigns := strings.Cut(arg, "=")
		switch name = strings.TrimRight(name, "+:?"); {
		case assigns && name == cmakeArgs:
			forCMake = append(forCMake, value)
		default:
			forMake = append(forMake, arg)
		}
	}
	return forMake, forCMake
}

// cmakeEnvironment is the variable with arguments for CMake that make must get, after the
// caller's; nil if there are none.
func cmakeEnvironment(forCMake []string) []string {
	if len(forCMake) == 0 {
		return nil
	}
	if given := os.Getenv(cmakeArgs); given != "" {
		forCMake = append([]string{given}, forCMake...)
	}
	return []string{cmakeArgs + "=" + strings.Join(forCMake, " ")}
}

// exportedArgs are the variables of make's command line, which its commands get in their
// environment.
func exportedArgs(args []string) []string {
	var env []string
	for _, arg := range args {
		name, value, assigns := strings.Cut(arg, "=")
		if name = strings.TrimRight(name, "+:?"); assigns && isName(name) {
			env = append(env, name+"="+value)
		}
	}
	return env
}

func isName(s string) bool {
	for i, r := range s {
		letter := r == '_' || r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z'
		if !letter && (i == 0 || r < '0' || r > '9') {
			return false
		}
	}
	return s != ""
}

// newConfiguration asks the port's Makefile how it runs CMake; args are more arguments for make.
// No directory is chosen yet.
func newConfiguration(
	ctx context.Context, t micropython.Target, args []string,
) (*configuration, error) {
	if err := Outside(t); err != nil {
		return nil, err
	}
	what := "ask make how it runs CMake for " + t.Name()
	all := append(t.Args(), args...)
	forMake, forCMake := splitCMake(all)
	argv := slices.Concat([]string{makeProgram(), "--no-print-directory"}, forMake,
		probeArgs(cmakeVars))
	c := &configuration{target: t, environment: exportedArgs(forMake)}
	stdout, stderr, err := runIn(ctx, t.Dir(), cmakeEnvironment(forCMake), nil, argv)
	if err != nil {
		return nil, stopped(t, what, argv, append(stderr, stdout...), nil, err)
	}
	c.made = parseProbe(string(stdout))
	if c.args, err = shell.Split(c.made[cmakeArgs]); err != nil {
		return nil, fmt.Errorf("%s: %s: %w", what, cmakeArgs, err)
	}
	if t.Board != "" && c.last("MICROPY_BOARD") != t.Board {
		return nil, fmt.Errorf("%s: its Makefile gives CMake the board %q, not %q (%s=%s)", what,
			c.last("MICROPY_BOARD"), t.Board, cmakeArgs, c.made[cmakeArgs])
	}
	return c, nil
}

// Configured reports whether CMake has configured a directory.
func Configured(dir string) bool { return exists(filepath.Join(dir, cmakeCache)) }

// plainDir is the directory that the port's Makefile builds in by itself.
func (c *configuration) plainDir() string {
	dir := strings.TrimSpace(c.made["BUILD"])
	if !filepath.IsAbs(dir) {
		dir = filepath.Join(c.target.Dir(), dir)
	}
	return dir
}

// staleIn are the variables that a configured directory has otherwise than CMake's arguments, or
// that it was given and they do not set; none for a directory that is not configured.
func (c *configuration) staleIn(dir string) []string {
	text, err := os.ReadFile(filepath.Join(dir, cmakeCache))
	if err != nil {
		return nil
	}
	have := cacheEntries(string(text))
	var stale []string
	names := []string{"USER_C_MODULES", "MICROPY_BOARD_VARIANT", "MICROPY_FROZEN_MANIFEST"}
	for _, arg := range c.args {
		if set, _, assigns := strings.Cut(strings.TrimPrefix(arg, "-D"), "="); assigns &&
			strings.HasPrefix(arg, "-D") {
			name, _, _ := strings.Cut(set, ":")
			names = append(names, name)
		}
	}
	for name := range have {
		if strings.HasPrefix(name, "WOLFSSL_") {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	for _, name := range slices.Compact(names) {
		if c.given(name) != have[name] {
			stale = append(stale, name)
		}
	}
	return stale
}

// given is last or, for a variable of the modules, its value in the environment, where
// micropython.cmake takes it from.
func (c *configuration) given(name string) string {
	value := c.last(name)
	if value != "" || !strings.HasPrefix(name, "WOLFSSL_") {
		return value
	}
	for _, set := range slices.Backward(c.environment) {
		if value, found := strings.CutPrefix(set, name+"="); found {
			return value
		}
	}
	return os.Getenv(name)
}

// cacheEntries are the variables in CMake's cache: NAME:TYPE=VALUE.
func cacheEntries(text string) map[string]string {
	entries := make(map[string]string)
	for line := range strings.Lines(text) {
		line = strings.TrimRight(line, "\r\n")
		if strings.HasPrefix(line, "#") || strings.HasPrefix(line, "//") {
			continue
		}
		set, value, assigns := strings.Cut(line, "=")
		if name, _, typed := strings.Cut(set, ":"); assigns && typed {
			entries[name] = value
		}
	}
	return entries
}

// last is the value that CMake's arguments give a variable; "" if they do not.
func (c *configuration) last(name string) string {
	for _, arg := range slices.Backward(c.args) {
		set, value, assigns := strings.Cut(strings.TrimPrefix(arg, "-D"), "=")
		set, _, _ = strings.Cut(set, ":") // -DNAME:TYPE=VALUE
		if assigns && strings.HasPrefix(arg, "-D") && set == name {
			return value
		}
	}
	return ""
}

// argv is the command that configures. The port's Makefile runs make in the directory, whatever
// generator the environment names.
func (c *configuration) argv() []string {
	argv := slices.Concat([]string{"cmake", "-G", "Unix Makefiles", "-S", ".", "-B", c.dir},
		ourCMakeArgs, c.args, []string{"-DCMAKE_EXPORT_COMPILE_COMMANDS=ON"})
	if c.last("CMAKE_PROJECT_INCLUDE") == "" {
		argv = append(argv, "-DCMAKE_PROJECT_INCLUDE="+filepath.Join(c.dir, includeFile))
	}
	return argv
}

// signature identifies what a directory is configured with, besides the files.
func (c *configuration) signature() string {
	return question("configured", c.target.Tree.Dir, c.argv(), c.environment)
}

// key is signature without the directory.
func (c *configuration) key() string {
	d := *c
	d.dir = ""
	return d.signature()
}

// run configures the directory, unless it is configured with the same arguments and no file that
// CMake has read has changed. CMake keeps in its cache what options and searches gave once, also
// when the files have other defaults now: the cache goes first.
func (c *configuration) run(ctx context.Context) error {
	if c.current() {
		return nil
	}
	what := "configure " + c.target.Name()
	start := time.Now()
	for _, name := range []string{configuredFile, cmakeCache, compilesJSON} {
		if err := os.Remove(filepath.Join(c.dir, name)); err != nil && !os.IsNotExist(err) {
			return fmt.Errorf("%s: %w", what, err)
		}
	}
	if err := os.MkdirAll(c.dir, 0o777); err != nil {
		return fmt.Errorf("%s: %w", what, err)
	}
	texts := map[string]string{includeFile: c.includeText(), dumpFile: c.dumpText()}
	for name, text := range texts {
		if err := writeIfOther(filepath.Join(c.dir, name), text); err != nil {
			return fmt.Errorf("%s: %w", what, err)
		}
	}
	argv := c.argv()
	stdout, stderr, err := runIn(ctx, c.target.Dir(), c.environment, nil, argv)
	if err != nil {
		_ = os.Remove(filepath.Join(c.dir, cmakeCache)) // of no use, and make would take it
		return stopped(c.target, what, argv, append(stderr, stdout...), nil, err)
	}
	openReplies(c.dir).keep(c.signature(), start, "", c.inputs(), nil, nil)
	if err := writeIfOther(filepath.Join(c.dir, configuredFile), c.configured()); err != nil {
		return fmt.Errorf("%s: %w", what, err)
	}
	return nil
}

// configured is what configuredFile has once the directory is configured as it is now.
func (c *configuration) configured() string {
	hash, err := disk.HashFile(filepath.Join(c.dir, cmakeCache))
	if err != nil {
		hash = ""
	}
	return c.signature() + "\n" + hash
}

// current reports whether the directory is configured with these arguments and files.
func (c *configuration) current() bool {
	configured := ""
	last, err := os.ReadFile(filepath.Join(c.dir, configuredFile))
	if err != nil || string(last) != c.configured() {
		return false
	}
	return openReplies(c.dir).recall(c.signature(), &configured) &&
		exists(filepath.Join(c.dir, "Makefile")) && exists(filepath.Join(c.dir, compilesJSON))
}

// writeIfOther leaves a file that has the text already as it is, with its time.
func writeIfOther(file, text string) error {
	if have, err := os.ReadFile(file); err == nil && string(have) == text {
		return nil
	}
	return os.WriteFile(file, []byte(text), 0o666)
}

// includeText makes CMake (3.19 or newer) read the other file when it has read all of the port's.
func (c *configuration) includeText() string {
	return fmt.Sprintf(`# Written by mpwolf.
if(CMAKE_VERSION VERSION_GREATER_EQUAL 3.19 AND NOT mpwolf_deferred)
    set(mpwolf_deferred 1)
    cmake_language(DEFER DIRECTORY ${CMAKE_SOURCE_DIR} CALL include %q)
endif()
`, filepath.Join(c.dir, dumpFile))
}

// dumpText makes CMake write its variables as parseProbe reads them.
func (c *configuration) dumpText() string {
	return fmt.Sprintf(`# Written by mpwolf.
get_cmake_property(mpwolf_names VARIABLES)
set(mpwolf_text)
foreach(mpwolf_name IN LISTS mpwolf_names)
    if(NOT mpwolf_name MATCHES "^(mpwolf_|CMAKE_MATCH_)")
        string(APPEND mpwolf_text "%s${mpwolf_name}=${${mpwolf_name}}\n")
    endif()
endforeach()
file(WRITE %q "${mpwolf_text}")
`, probeMark, filepath.Join(c.dir, variablesFile))
}

// inputs are the files that CMake has read, without its own in the directory.
func (c *configuration) inputs() []string {
	text, err := os.ReadFile(filepath.Join(c.dir, "CMakeFiles", "Makefile.cmake"))
	if err != nil {
		return nil
	}
	_, list, _ := strings.Cut(string(text), "set(CMAKE_MAKEFILE_DEPENDS\n")
	list, _, _ = strings.Cut(list, "\n  )")
	var files []string
	for line := range strings.Lines(list) {
		name := strings.Trim(strings.TrimSpace(line), `"`)
		if filepath.IsAbs(name) && !strings.HasPrefix(name, c.dir+"/") {
			files = append(files, filepath.Clean(name))
		}
	}
	for _, name := range strings.Fields(c.made[makefileList]) {
		if !filepath.IsAbs(name) {
			name = filepath.Join(c.target.Dir(), name)
		}
		files = append(files, filepath.Clean(name))
	}
	return files
}

// flags are what the configured directory compiles with. The names of the variables are make's
// where make has such a variable, so that nothing else needs to know which of the two it is.
func (c *configuration) flags(vars []string) (*Flags, error) {
	what := "read the flags of " + c.target.Name()
	compiles, err := readCompiles(filepath.Join(c.dir, compilesJSON))
	if err != nil {
		return nil, fmt.Errorf("%s: %w", what, err)
	}
	values := map[string]string{}
	if text, err := os.ReadFile(filepath.Join(c.dir, variablesFile)); err == nil {
		values = parseProbe(string(text))
	}
	f := &Flags{Dir: c.dir, target: c.target, compiles: compiles, Vars: make(map[string]string),
		replies: openReplies(c.dir), inputs: c.inputs()}
	argv := generalFlags(compiles, c.target.Tree.Path("py"))
	if len(argv) == 0 {
		return nil, fmt.Errorf("%s: CMake compiles no source of %s", what,
			c.target.Tree.Path("py"))
	}
	f.CC, f.CFLAGS = argv[:1], argv[1:]
	for _, name := range vars {
		f.Vars[name] = values[name]
	}
	for name, value := range map[string]string{
		"BUILD":           c.made["BUILD"],
		"CC":              f.CC[0],
		"CFLAGS":          shell.Join(f.CFLAGS),
		"LDFLAGS":         c.linkText(),
		"OBJ":             strings.Join(slices.Sorted(maps.Keys(compiles)), " "),
		"FROZEN_MANIFEST": values["MICROPY_FROZEN_MANIFEST"],
		"SRC_QSTR":        values["MICROPY_SOURCE_QSTR"],
		LinkerScripts:     values["MICROPY_BOARD_LINKER_SCRIPT"],
		defaultGoal:       "all",
		"PYTHON":          values["Python3_EXECUTABLE"],
	} {
		f.Vars[name] = value
	}
	f.missing = missingSubmodules(c.target.Tree,
		strings.Split(values["GIT_SUBMODULES"], ";"))
	f.cmake = c
	return f, nil
}

// CXX reports whether a port that CMake builds has sources in C++.
func (f *Flags) CXX() bool {
	for _, c := range f.compiles {
		if slices.Contains([]string{".cc", ".cpp", ".cxx"}, filepath.Ext(c.Source)) {
			return true
		}
	}
	return false
}

// linkText are the commands that link, one a line.
func (c *configuration) linkText() string {
	files, err := filepath.Glob(filepath.Join(c.dir, "CMakeFiles", "*.dir", "link.txt"))
	if err != nil {
		return "" // a directory's name that is a bad pattern
	}
	var all strings.Builder
	for _, file := range files {
		if text, err := os.ReadFile(file); err == nil {
			all.Write(text)
			all.WriteString("\n")
		}
	}
	return all.String()
}

// readCompiles reads CMake's list of commands.
func readCompiles(file string) (map[string]Compile, error) {
	text, err := os.ReadFile(file)
	if err != nil {
		return nil, err
	}
	var entries []struct{ Directory, Command string }
	if err := json.Unmarshal(text, &entries); err != nil {
		return nil, fmt.Errorf("%s: %w", file, err)
	}
	compiles := make(map[string]Compile)
	for _, e := range entries {
		argv, err := shell.Split(e.Command)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", file, err)
		}
		if object, c, ok := readCompile(argv, e.Directory); ok {
			compiles[object] = c
		}
	}
	return compiles, nil
}

// generalFlags are those that most of MicroPython's own C sources are compiled with.
func generalFlags(compiles map[string]Compile, dir string) []string {
	count := make(map[string]int)
	best := ""
	var argv []string
	for _, object := range slices.Sorted(maps.Keys(compiles)) {
		c := compiles[object]
		if filepath.Dir(c.Source) != dir || filepath.Ext(c.Source) != ".c" {
			continue
		}
		key := strings.Join(c.Argv, "\x00")
		if count[key]++; count[key] > count[best] || best == "" {
			best, argv = key, c.Argv
		}
	}
	return argv
}

// shortHash names a directory.
func shortHash(text string) string {
	sum := sha256.Sum256([]byte(text))
	return hex.EncodeToString(sum[:8])
}
