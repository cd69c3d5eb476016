package doctor

import (
	"context"
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"mpwolf/internal/micropython"
	"mpwolf/patches"
)

// TestTools holds that the table is whole: each tool has a reason, is a program or a header, and
// has packages on all systems, but for what these do not have.
func TestTools(t *testing.T) {
	none := []string{"riscv64-unknown-elf-gcc fedora", "riscv64-unknown-elf-gcc arch",
		"32-bit C library headers macos", "32-bit C library headers windows",
		"picotool debian", "picotool fedora", "picotool arch", "picotool windows",
		"idf.py debian", "idf.py fedora", "idf.py arch", "idf.py macos", "idf.py windows"}
	names := regexp.MustCompile(`^[a-z0-9][a-z0-9+._-]*( [a-z0-9][a-z0-9+._-]*)*$`)
	seen := make(map[string]bool)
	for _, tool := range tools {
		if seen[tool.Name] {
			t.Errorf("%s is there twice", tool.Name)
		}
		seen[tool.Name] = true
		if tool.Why == "" || (len(tool.programs) == 0) == (tool.header == "") {
			t.Errorf("%s has no reason, or is not one of a program and a header", tool.Name)
		}
		for _, s := range systems {
			text := s.of(tool.Packages)
			lacks := slices.Contains(none, tool.Name+" "+s.ID)
			if lacks != (text == "") || text != "" && text != xcode && !names.MatchString(text) {
				t.Errorf("%s on %s: %q", tool.Name, s.Name, text)
			}
		}
	}
	for _, name := range []string{toolMake, toolPython, toolGit, toolPkgConfig, toolFFI,
		toolAutotools, toolCMake, toolProtoc, toolLibc, toolLibc32, toolNewlib, toolNewlibCXX,
		toolGCC, toolClang,
		toolARM, toolRISCV, toolIDF, toolPicotool, toolQEMUARM, toolQEMURISCV} {
		if _, is := known(name); !is {
			t.Errorf("%s is not in the table", name)
		}
	}
}

func TestSystemOf(t *testing.T) {
	for _, c := range []struct{ goos, release, id, name string }{
		{"linux", "ID=debian\nPRETTY_NAME=\"Debian GNU/Linux 12\"\n", "debian",
			"Debian GNU/Linux 12"},
		{"linux", "ID=linuxmint\nID_LIKE=\"ubuntu debian\"\n", "debian", "linux"},
		{"linux", "PRETTY_NAME='Rocky Linux 9'\nID=\"rocky\"\nID_LIKE=\"rhel centos fedora\"\n",
			"fedora", "Rocky Linux 9"},
		{"linux", "ID=fedora\n", "fedora", "linux"},
		{"linux", "ID=manjaro\nID_LIKE=arch\n", "arch", "linux"},
		{"linux", "ID=alpine\nPRETTY_NAME=\"Alpine Linux v3.20\"\n", "", "Alpine Linux v3.20"},
		{"linux", "", "", "linux"},
		{"darwin", "", "macos", "macOS"},
		{"windows", "", "windows", "Windows (MSYS2)"},
		{"freebsd", "ID=freebsd\n", "", "freebsd"},
	} {
		if s := systemOf(c.goos, c.release); s.ID != c.id || s.Name != c.name {
			t.Errorf("%s %q: %q, %q", c.goos, c.release, s.ID, s.Name)
		}
	}
}

func TestInstall(t *testing.T) {
	pick := func(names ...string) []Tool {
		var all []Tool
		for _, name := range names {
			tool, _ := known(name)
			all = append(all, tool)
		}
		return all
	}
	for _, c := range []struct {
		system, want string
		tools        []Tool
	}{
		{"debian", "apt-get install python3 libffi-dev", pick(toolPython, toolFFI)},
		{"fedora", "dnf install pkgconf-pkg-config", pick(toolPkgConfig)},
		{"arch", "pacman -S --needed arm-none-eabi-gcc arm-none-eabi-newlib",
			pick(toolARM, toolNewlib)},
		{"macos", "xcode-select --install && brew install gcc-arm-embedded",
			pick(toolGCC, toolARM, toolGit, toolNewlib)},
		{"windows", "pacman -S --needed make", pick(toolMake)},
		{"fedora", "", pick(toolRISCV)},
		{"fedora", "", []Tool{{Name: "vendor-cc"}}},
	} {
		got := systemNamed(c.system).Install(c.tools)
		if strings.TrimPrefix(got, "sudo ") != c.want {
			t.Errorf("%s: %q, not %q", c.system, got, c.want)
		}
	}
	if got := (System{Name: "linux"}).Install(pick(toolMake)); got != "" {
		t.Errorf("another system: %q", got)
	}
}

func TestNeeds(t *testing.T) {
	t.Setenv("PATH", t.TempDir())
	target := micropython.Target{Port: "unix", Variant: "standard"}
	for _, c := range []struct {
		recipe recipe
		want   string
	}{
		{recipe{cc: []string{"gcc"}}, "make, gcc, C library headers"},
		{recipe{cc: []string{"ccache", "clang"}, python: "python3 -B"},
			"ccache, make, clang, C library headers, python3"},
		{recipe{cc: []string{"arm-none-eabi-gcc"}, frozen: true},
			"make, gcc, arm-none-eabi-gcc, newlib headers"},
		{recipe{cc: []string{"arm-none-eabi-gcc"}, protoc: "protoc-c"},
			"make, arm-none-eabi-gcc, newlib headers, protoc-c"},
		{recipe{cc: []string{"gcc"}, ffi: true, linksFFI: true},
			"make, gcc, C library headers, libffi headers"},
		{recipe{cc: []string{"gcc"}, standalone: true},
			"make, gcc, C library headers, autoreconf"},
		{recipe{cc: []string{"xtensa-esp32-elf-gcc"}}, "xtensa-esp32-elf-gcc, make"},
		{recipe{cc: []string{"ccache"}}, "ccache, make"},
	} {
		c.recipe.target = target
		var names []string
		for _, n := range needsOf([]recipe{c.recipe, c.recipe}) {
			names = append(names, n.Name)
			if !reflect.DeepEqual(n.by, []string{"unix (standard)"}) {
				t.Errorf("%s is needed by %q", n.Name, n.by)
			}
		}
		if got := strings.Join(names, ", "); got != c.want {
			t.Errorf("%+v\nneeds %s\nnot   %s", c.recipe, got, c.want)
		}
	}
}

// Without a tree the ports' own files say what builds need. A tree says the same of rp2's.
func TestNeedsOfPorts(t *testing.T) {
	t.Setenv("PATH", t.TempDir())
	const make, bare = "make, gcc, arm-none-eabi-gcc, newlib headers", ", python3"
	for port, want := range map[string]string{
		"unix":  "make, gcc, C library headers, python3, pkg-config, libffi headers",
		"stm32": make + bare, "mimxrt": make + bare, "renesas-ra": make + bare,
		"alif": make + bare, "qemu": make + bare,
		"rp2":   make + ", newlib's C++ headers" + bare + ", cmake",
		"esp32": "make, gcc, python3, cmake, idf.py",
	} {
		r, err := plain(port)
		if err != nil {
			t.Fatal(err)
		}
		var names []string
		for _, n := range needsOf([]recipe{r}) {
			names = append(names, n.Name)
		}
		if got := strings.Join(names, ", "); got != want {
			t.Errorf("%s needs %s\nnot %s", port, got, want)
		}
	}
	for _, port := range patches.Ports() {
		r, err := plain(port)
		info, gone := os.Stat(filepath.Join("..", "..", "tests", "testdata", "tree", "ports", port,
			"CMakeLists.txt"))
		if has := gone == nil && info.Mode().IsRegular(); err != nil ||
			!r.outside && r.cmake != has {
			t.Errorf("%s: %v; cmake is %v, CMakeLists.txt: %v", port, err, r.cmake, has)
		}
	}
}

func TestOfCompiler(t *testing.T) {
	for command, debian := range map[string]string{
		"gcc": "gcc", "gcc-12": "gcc", "cc": "gcc", "/opt/bin/clang": "clang", "clang-18": "clang",
		"arm-none-eabi-gcc": "gcc-arm-none-eabi", "arm-none-eabi-g++": "gcc-arm-none-eabi",
		"arm-none-eabi-gcc.exe": "gcc-arm-none-eabi", "gccgo": "", "vendor-cc": "",
	} {
		if got := ofCompiler(command).Packages.Debian; got != debian {
			t.Errorf("%s: %q, not %q", command, got, debian)
		}
	}
}

func TestVersions(t *testing.T) {
	for text, want := range map[string]string{
		"gcc (Debian 12.2.0-14+deb12u1) 12.2.0\nCopyright": "12.2.0",
		"Python 3.11.7\n": "3.11.7",
		"1.8.1\n":         "1.8.1",
		"GNU Make 4.3\nBuilt for x86_64-pc-linux-gnu\n":             "4.3",
		"arm-none-eabi-gcc (15:12.2.rel1-1) 12.2.1 20221205\n":      "12.2.1",
		"Apple clang version 15.0.0 (clang-1500.3.9.4)\n":           "15.0.0",
		"git version 2.39.5\n":                                      "2.39.5",
		"nothing\n":                                                 "",
		"Homebrew clang version 18.1.8\nTarget: arm64-apple-darwin": "18.1.8",
	} {
		if got := versionIn(text); got != want {
			t.Errorf("%q: %q, not %q", text, got, want)
		}
	}
}

func TestPatience(t *testing.T) {
	for load, want := range map[string]time.Duration{
		"": 2 * time.Second, "0.50 1 1 1/1 1": 2 * time.Second, "16.0 1 1": 8 * time.Second,
		"900 1 1": 30 * time.Second,
	} {
		if got := patienceAt(load, 4); got != want {
			t.Errorf("%q: %v, not %v", load, got, want)
		}
	}
}

// TestBlame looks at what make, shells, compilers and linkers say where a tool is missing, and at
// what they say otherwise.
func TestBlame(t *testing.T) {
	bin := t.TempDir()
	t.Setenv("PATH", bin)
	for _, c := range []struct{ log, tool string }{
		{"/bin/sh: 1: python3: not found\nmake: *** [x] Error 127\n", toolPython},
		{"sh: line 1: python3: command not found\nmake[1]: *** [x.mk:3: y] Error 127\n",
			toolPython},
		{"zsh: command not found: python3\nmake: *** [x] Error 127\n", toolPython},
		{"make: python3: No such file or directory\nmake: *** [x] Error 127\n", toolPython},
		{"gmake: arm-none-eabi-gcc: Command not found\ngmake: *** [x] Error 127\n", toolARM},
		{"/usr/bin/env: 'python3': No such file or directory\nmake: *** [x] Error 127\n",
			toolPython},
		{"FileNotFoundError: [Errno 2] No such file or directory: 'gcc'\nmake: *** [x] Error 1\n",
			toolGCC},
		{"sh: 1: gen-pins: not found\nmake: *** [x] Error 127\n", "gen-pins"},
		{"/bin/sh: 1: cc: not found\nmake: python3: No such file or directory\n" +
			"make: *** [x] Error 127\nmake: gcc: No such file or directory\n", toolPython},
		{"modffi.c:33:10: fatal error: ffi.h: No such file or directory\n", toolFFI},
		{"modffi.c:33:10: fatal error: 'ffi.h' file not found\n", toolFFI},
		{"main.c:1:10: fatal error: stdio.h: No such file or directory\n", toolLibc},
		{"arm-none-eabi-gcc -c x.c\nx.c:1:10: fatal error: string.h: No such file or directory\n",
			toolNewlib},
		{"arm-none-eabi-g++ -c x.cpp\nx.cpp:1:10: fatal error: cstdlib: No such file or " +
			"directory\n", toolNewlibCXX},
		{"/usr/include/features.h:1:1: fatal error: gnu/stubs-32.h: No such file or directory\n",
			toolLibc32},
		{"ld: modffi.o: in function `f':\nmodffi.c:(.text+0x1): undefined reference to " +
			"`ffi_call'\n", toolPkgConfig},
		{"CMake Error at find_compiler.cmake:29 (message):\n  Compiler 'arm-none-eabi-gcc' not " +
			"found, you can specify search path with\n", toolARM},
		{"  Failed to clone repository: 'https://github.com/raspberrypi/picotool.git'\n",
			toolPicotool},
		{"  Failed to clone repository: 'https://github.com/x/y.git'\n", ""},
		{"Call Stack (most recent call first):\n  tools/Findpicotool.cmake:48 " +
			"(FetchContent_Populate)\n", toolPicotool},
		{"ld.lld: error: undefined symbol: ffi_prep_cif\n", toolPkgConfig},
		{"Undefined symbols for architecture arm64:\n  \"_ffi_call\", referenced from:\n",
			toolPkgConfig},
		{"/usr/bin/ld: cannot find -lffi: No such file or directory\n", toolPkgConfig},

		// What the user has to see to, and a pkg-config that only a variable asks.
		{"x.c:1:10: fatal error: not here.h: No such file or directory\n", ""},
		{"x.c:1:10: fatal error: board/string.h: No such file or directory\n", ""},
		{"x.o: undefined reference to `my_ffi_call'\n", ""},
		{"x.o: undefined reference to `mbedtls_ssl_init'\n", ""},
		{"/bin/sh: 1: pkg-config: not found\nx.c:1:1: error: oh\nmake: *** [x] Error 1\n", ""},
		{"/bin/sh: 1: cc: not found\nx.c:1:1: error: oh\nmake: *** [x] Error 1\n", ""},
		{"FileNotFoundError: [Errno 2] No such file or directory: 'pins.csv'\n", ""},
		{"", ""},
	} {
		cause, found := Blame(strings.ReplaceAll(c.log, "\n", "\r\n"))
		if found != (c.tool != "") || cause.Tool.Name != c.tool {
			t.Errorf("%q: %q, not %q", c.log, cause.Tool.Name, c.tool)
		}
		if found && (cause.Says == "" || cause.Fix() == "" || cause.Hint() == "") {
			t.Errorf("%q: %+v", c.log, cause)
		}
	}
	// With pkg-config, it is libffi that is missing.
	program := filepath.Join(bin, toolPkgConfig)
	if err := os.WriteFile(program, []byte("#!/bin/sh\n"), 0o755); err != nil {
		t.Fatal(err)
	}
	if cause, _ := Blame("undefined reference to `ffi_call'\n"); cause.Tool.Name != toolFFI {
		t.Errorf("with pkg-config: %q", cause.Tool.Name)
	}
}

// TestGuess reads recipes from files, where make cannot be asked.
func TestGuess(t *testing.T) {
	t.Setenv("PATH", t.TempDir())
	t.Setenv("CROSS_COMPILE", "")
	tree, err := micropython.Open(filepath.Join("..", "..", "tests", "testdata", "tree"))
	if err != nil {
		t.Fatal(err)
	}
	unix, err := tree.Target("unix", "", "")
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		args []string
		cc   string
	}{
		{nil, "gcc"},
		{[]string{"CROSS_COMPILE=arm-none-eabi-"}, "arm-none-eabi-gcc"},
		{[]string{"CC=ccache clang"}, "ccache clang"},
	} {
		unix.Make = c.args
		all := recipes(context.Background(), []micropython.Target{unix}, ask)
		r := all[0]
		if got := strings.Join(r.cc, " "); got != c.cc || !r.guessed || r.python != "" {
			t.Errorf("%q: %q, guessed %v", c.args, got, r.guessed)
		}
	}
}
