package build

import (
	"bytes"
	"context"
	"errors"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"mpwolf/internal/micropython"
)

// cmakePort is the tests' small port that CMake builds, for a board.
func cmakePort(t *testing.T, board string) micropython.Target {
	t.Helper()
	if testing.Short() {
		t.Skip("skipped with -short: needs CMake and a C compiler")
	}
	for _, name := range []string{"cmake", "gcc"} {
		if _, err := exec.LookPath(name); err != nil {
			t.Fatalf("%v; scripts/test installs it", err)
		}
	}
	t.Setenv("MPWOLF_CACHE", filepath.Join(t.TempDir(), "cache"))
	dir := filepath.Join(t.TempDir(), "tree")
	small := os.DirFS(filepath.Join("..", "..", "tests", "testdata", "tree"))
	if err := os.CopyFS(dir, small); err != nil {
		t.Fatal(err)
	}
	// As a tree is that was not written just now: answers about that are not kept.
	age(t, filesBelow(t, dir)...)
	tree, err := micropython.Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	target, err := tree.Target("rp2", board, "")
	if err != nil {
		t.Fatal(err)
	}
	return target
}

// filesBelow are all files below a directory.
func filesBelow(t *testing.T, dir string) []string {
	t.Helper()
	var all []string
	err := filepath.WalkDir(dir, func(name string, entry fs.DirEntry, err error) error {
		if err == nil && entry.Type().IsRegular() {
			all = append(all, name)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return all
}

// userModule is a directory with a user module for CMake.
func userModule(t *testing.T, text string) string {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "mod")
	write(t, dir, map[string]string{"micropython.cmake": text})
	return dir
}

func numbers(t *testing.T, flags *Flags, macros ...string) map[string]int64 {
	t.Helper()
	values, err := flags.Effective(t.Context(), macros)
	if err != nil {
		t.Fatal(err)
	}
	found := make(map[string]int64)
	for name, v := range values {
		if v.Defined {
			found[name] = v.Number
		}
	}
	return found
}

func TestConfigure(t *testing.T) {
	target := cmakePort(t, "PICO_W")
	before := names(t, target.Tree.Dir)
	flags, err := Probe(t.Context(), target,
		[]string{"MICROPY_BOARD", "MICROPY_SSL_MBEDTLS", "BUILD"})
	if err != nil {
		t.Fatal(err)
	}
	got := numbers(t, flags, "MICROPY_PY_LWIP", "MICROPY_BLUETOOTH_BTSTACK", "PICO_RP2040",
		"MICROPY_PY_NETWORK_WIZNET5K")
	if got["MICROPY_PY_LWIP"] != 1 || got["MICROPY_BLUETOOTH_BTSTACK"] != 1 ||
		got["PICO_RP2040"] != 1 || len(got) != 3 {
		t.Errorf("macros: %v", got)
	}
	if v := flags.Vars; v["MICROPY_BOARD"] != "PICO_W" || v["MICROPY_SSL_MBEDTLS"] != "ON" ||
		v["BUILD"] != "build-PICO_W" {
		t.Errorf("variables: %v", v)
	}
	if after := names(t, target.Tree.Dir); !slices.Equal(before, after) {
		t.Errorf("the tree has changed: %v, %v", before, after)
	}
	if slices.Contains(flags.CFLAGS, "-O2") {
		t.Errorf("the flags are those of vm.c: %v", flags.CFLAGS)
	}

	// The same question is not asked again, until a file that CMake has read changes.
	again, err := Probe(t.Context(), target, nil)
	if err != nil || again.Dir != flags.Dir {
		t.Errorf("asked again: %v, %s, %s", err, flags.Dir, again.Dir)
	}
	write(t, target.Dir(), map[string]string{"boards/PICO_W/mpconfigboard.cmake": "# nothing\n"})
	changed, err := Probe(t.Context(), target, nil)
	if err != nil {
		t.Fatal(err)
	}
	if got := numbers(t, changed, "MICROPY_PY_LWIP"); len(got) != 0 {
		t.Errorf("the old board: %v", got)
	}
	if got := numbers(t, flags, "MICROPY_PY_LWIP"); got["MICROPY_PY_LWIP"] != 1 {
		t.Error("a directory that another mpwolf may use has changed")
	}
}

func names(t *testing.T, dir string) []string {
	t.Helper()
	var found []string
	err := filepath.WalkDir(dir, func(path string, _ os.DirEntry, err error) error {
		found = append(found, path)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return found
}

// TestConfigureArguments: CMAKE_ARGS on make's command line would replace the board.
func TestConfigureArguments(t *testing.T) {
	target := cmakePort(t, "EVB")
	t.Setenv("CMAKE_ARGS", "-DMICROPY_BOARD=PICO -DMICROPY_PY_EXTRA_DEBUG=OFF")
	t.Setenv("CMAKE_GENERATOR", "Ninja")
	target.Make = []string{"CMAKE_ARGS=-DMICROPY_PY_EXTRA_DEBUG=ON"}
	flags, err := Probe(t.Context(), target, []string{"MICROPY_BOARD"},
		"CFLAGS_EXTRA=-DFROM_MAKE=7")
	if err != nil {
		t.Fatal(err)
	}
	got := numbers(t, flags, "MICROPY_DEBUG_VERBOSE", "FROM_MAKE", "MICROPY_PY_NETWORK_WIZNET5K")
	if got["MICROPY_DEBUG_VERBOSE"] != 1 || got["FROM_MAKE"] != 7 ||
		flags.Vars["MICROPY_BOARD"] != "EVB" {
		t.Errorf("macros %v, board %q", got, flags.Vars["MICROPY_BOARD"])
	}
	command := Plain{Target: target, Args: []string{"USER_C_MODULES=/m"}}.Command()
	if want := "CMAKE_ARGS='-DMICROPY_BOARD=PICO -DMICROPY_PY_EXTRA_DEBUG=OFF " +
		"-DMICROPY_PY_EXTRA_DEBUG=ON' make -C "; !strings.HasPrefix(command, want) ||
		!strings.HasSuffix(command, " BOARD=EVB USER_C_MODULES=/m") {
		t.Errorf("command: %s", command)
	}
	for _, c := range []struct{ makefile, want string }{
		{"CMAKE_ARGS = -DX=1\nall:\n", `gives CMake the board "", not "EVB"`},
		{"CMAKE_ARGS += -DMICROPY_BOARD=$(BOARD) -DMICROPY_BOARD=PICO\nall:\n",
			`gives CMake the board "PICO", not "EVB"`},
		{"CMAKE_ARGS += -DMICROPY_BOARD=$(BOARD) \"\nall:\n", "CMAKE_ARGS"},
		{"$(error no board today)\n", "no board today"},
	} {
		write(t, target.Dir(), map[string]string{"Makefile": c.makefile})
		if _, err := Probe(t.Context(), target, nil); err == nil ||
			!strings.Contains(err.Error(), c.want) {
			t.Errorf("%q: %v, want %q", c.makefile, err, c.want)
		}
	}
}

func TestConfigureErrors(t *testing.T) {
	target := cmakePort(t, "PICO")
	module := userModule(t, "message(FATAL_ERROR \"micropython-x: unknown thing\\n\"\n"+
		"    \"known things: none\")\n")
	for _, c := range []struct{ arg, want string }{
		{"USER_C_MODULES=" + module, module + "/micropython.cmake:1: error: micropython-x: " +
			"unknown thing known things: none"},
		{"USER_C_MODULES=/nowhere", "error: USER_C_MODULES doesn't exist: /nowhere"},
		{"CMAKE_ARGS=-DCMAKE_TOOLCHAIN_FILE=/nowhere.cmake", "nowhere.cmake"},
	} {
		_, err := Probe(t.Context(), target, nil, c.arg)
		stopped := (*MakeError)(nil)
		if !errors.As(err, &stopped) || !strings.Contains(stopped.Cause, c.want) {
			t.Errorf("%s: %v", c.arg, err)
		}
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := Probe(ctx, target, nil); !errors.Is(err, context.Canceled) {
		t.Errorf("cancelled: %v", err)
	}
}

const cmakeModule = `add_library(usermod_x INTERFACE)
target_sources(usermod_x INTERFACE ${CMAKE_CURRENT_LIST_DIR}/x.c)
target_compile_definitions(usermod_x INTERFACE X=${X})
target_link_libraries(usermod INTERFACE usermod_x)
set_target_properties(micropy_lib_mbedtls PROPERTIES INTERFACE_SOURCES "")
`

func TestBuildCMake(t *testing.T) {
	target := cmakePort(t, "PICO_W")
	module := userModule(t, cmakeModule)
	write(t, module, map[string]string{
		"x.c": "#include \"x.h\"\nint x(void) {\n    return X + H;\n}\n",
		"x.h": "#define H (1)\n"})
	var progress bytes.Buffer
	m := Make{Target: target, Dir: filepath.Join(t.TempDir(), "build"), Jobs: 2,
		Progress: &progress,
		Args:     []string{"USER_C_MODULES=" + module, "CMAKE_ARGS=-DX=1"}}
	result, err := m.Run(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if result.ELF != filepath.Join(m.Dir, "firmware.elf") || result.Rebuilt {
		t.Errorf("result: %+v", result)
	}
	inputs := strings.Join(result.Link.Inputs, "\n")
	if !strings.Contains(inputs, "/mod/x.c.o") || strings.Contains(inputs, "ssl_tls") {
		t.Errorf("inputs: %s", inputs)
	}
	if !strings.Contains(progress.String(), "CC CMakeFiles/firmware.dir") ||
		!strings.Contains(progress.String(), "LINK firmware.elf") {
		t.Errorf("progress: %s", &progress)
	}
	object := ""
	for _, input := range result.Link.Inputs {
		if strings.Contains(input, "/mod/x.c.o") {
			object = input
		}
	}
	compiles, err := m.Compiles(t.Context())
	if err != nil || compiles[object].Source != filepath.Join(module, "x.c") ||
		!slices.Contains(compiles[object].Argv, "-DX=1") {
		t.Errorf("the command of %s: %v, %v", object, compiles[object], err)
	}
	if file, deps := DepsOf(object, m.RunDir()); file == "" ||
		!slices.Contains(deps, filepath.Join(module, "x.h")) {
		t.Errorf("the headers of %s: %s, %v", object, file, deps)
	}

	// Other arguments, which CMake would keep in its cache, and none.
	for _, c := range []struct {
		args    string
		x       int64
		rebuilt bool
	}{{"-DX=2", 2, true}, {"-DX=2", 2, false}, {"", 0, true}} {
		m.Args[1] = "CMAKE_ARGS=" + c.args
		result, err := m.Run(t.Context())
		if err != nil {
			if c.x == 0 { // X=: a source that does not compile
				continue
			}
			t.Fatal(err)
		}
		if result.Rebuilt != c.rebuilt {
			t.Errorf("%q: rebuilt: %v", c.args, result.Rebuilt)
		}
		flags, err := m.Probe(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		if got := numbers(t, flags, "X"); got["X"] != c.x {
			t.Errorf("%q: X is %d", c.args, got["X"])
		}
	}

	// A source that does not compile, and an undefined function.
	m.Args[1] = "CMAKE_ARGS=-DX=nothing"
	failed := (*Error)(nil)
	if _, err := m.Run(t.Context()); !errors.As(err, &failed) ||
		!strings.Contains(failed.Cause, "nothing") {
		t.Errorf("a wrong source: %v", err)
	}
}

// TestPlainCMake: make's own directory is configured again where its arguments are others.
func TestPlainCMake(t *testing.T) {
	target := cmakePort(t, "PICO")
	module := userModule(t, cmakeModule)
	write(t, module, map[string]string{"x.c": "int x(void) {\n    return X;\n}\n"})
	build := func(args ...string) string {
		t.Helper()
		var output bytes.Buffer
		plain := Plain{Target: target, Args: args, Output: &output}
		if err := plain.Run(t.Context()); err != nil {
			t.Fatalf("%v\n%s", err, &output)
		}
		return output.String()
	}
	// the glue for mbedTLS needs its headers; the library is there
	if output := build(); strings.Contains(output, "configuring it again") {
		t.Errorf("a new directory: %s", output)
	}
	for _, c := range []struct {
		args  []string
		again bool
		has   bool
	}{
		{[]string{"USER_C_MODULES=" + module, "CMAKE_ARGS=-DX=1"}, true, true},
		{[]string{"USER_C_MODULES=" + module, "CMAKE_ARGS=-DX=1"}, false, true},
		{[]string{"USER_C_MODULES=" + module, "CMAKE_ARGS=-DX=2"}, true, true},
		{nil, true, false},
	} {
		output := build(c.args...)
		if again := strings.Contains(output, "configuring it again"); again != c.again {
			t.Errorf("%v: configured again: %v\n%s", c.args, again, output)
		}
		link, err := os.ReadFile(filepath.Join(target.Dir(), "build-PICO", "CMakeFiles",
			"firmware.dir", "link.txt"))
		if has := strings.Contains(string(link), "/mod/x.c.o"); err != nil || has != c.has {
			t.Errorf("%v: the module is linked: %v, %v", c.args, has, err)
		}
	}
}

func TestCacheEntries(t *testing.T) {
	entries := cacheEntries("# text\n//help A:B=C\nX:STRING=1=2\n" +
		"Y-ADVANCED:INTERNAL=1\r\nno\nZ:P=\n")
	if len(entries) != 3 || entries["X"] != "1=2" || entries["Y-ADVANCED"] != "1" {
		t.Errorf("%v", entries)
	}
}

func TestCMakeError(t *testing.T) {
	for _, c := range []struct{ log, want string }{
		{"-- ok\nCMake Error at CMakeLists.txt:38 (message):\n  Invalid board: X\n\n\n-- no\n",
			"CMakeLists.txt:38: error: Invalid board: X"},
		{"CMake Error at /a b/x.cmake:3 (include):\n  two\n  lines\nCall Stack (most):\n  x:1\n",
			"CMake error: two lines"},
		{"CMake Error: The source is different\n", "CMake error: The source is different"},
		{"gcc: error: no\n", ""},
	} {
		if got := cmakeError(c.log); got != c.want {
			t.Errorf("%q: %q, want %q", c.log, got, c.want)
		}
	}
}
