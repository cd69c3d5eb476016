package doctor

import (
	"os/exec"
	"slices"
	"strings"

	"mpwolf/internal/lazyregexp"
)

// Cause is a missing tool of the host that made a build fail.
type Cause struct {
	Tool Tool
	// Says is the evidence, in words.
	Says string
	// Without is how to build without the tool; "" if that cannot be done.
	Without string
}

// Fix says what to do.
func (c Cause) Fix() string {
	if c.Without != "" {
		return "install " + c.Tool.Name + "; or, to build without it, " + c.Without
	}
	if command := ThisSystem().Install([]Tool{c.Tool}); command != "" {
		return "install it: " + command
	}
	if elsewhere := Elsewhere(c.Tool); elsewhere != "" {
		return "install it (" + elsewhere + ")"
	}
	return "install it, or give make another CC or CROSS_COMPILE"
}

// Hint is Fix as a hint: only the command, if there is one.
func (c Cause) Hint() string {
	if c.Without != "" {
		return c.Fix()
	}
	return installHint(ThisSystem(), []Tool{c.Tool})
}

var (
	// What shells, make, env and Python print about a program that does not exist.
	notFound = lazyregexp.New("(?m)^(?:" +
		`\S*sh: (?:\d+: |line \d+: )?([\w./+-]+): (?:command )?not found` +
		`|\S*sh: command not found: ([\w./+-]+)` +
		`|g?make(?:\[\d+\])?: ([\w./+-]+): (?:No such file or directory|Command not found)` +
		"|(?:/usr/bin/)?env: ['‘`]?([\\w./+-]+)['’]?: No such file or directory" +
		`|FileNotFoundError: \[Errno 2\] No such file or directory: '([\w.+-]+)'` +
		")$")
	commandFailed = lazyregexp.New(`(?m)^g?make(?:\[\d+\])?: \*\*\* .*\bError \d+$`)

	noHeader = lazyregexp.New(`(?m)\berror: '?([\w/.+-]+\.h|cstdlib)` +
		`(?:: No such file or directory$|' file not found)`)
	// How linkers report that functions of libffi are undefined, or that the library is missing.
	noFFI = lazyregexp.New("undefined references? to ['`‘]_?(ffi_\\w+)" +
		`|undefined symbol: _?(ffi_\w+)` + `|(?m)^  "_(ffi_\w+)", referenced from:` +
		`|(cannot find -lffi)\b|library (?:not found for|'ffi' not found)( ?-lffi)?`)

	// What CMake says (lib/pico-sdk/cmake/preload/toolchains/util/find_compiler.cmake).
	noCompiler = lazyregexp.New(`Compiler '([\w.+-]+)' not found`)
	noPicotool = lazyregexp.New(`Findpicotool\.cmake:\d+ \(FetchContent_|` +
		`Failed to clone repository: '[^']*/picotool\.git'`)
)

// libcHeaders belong to every C library: if one is not found, no C library is installed for the
// compiler.
var libcHeaders = []string{"assert.h", "ctype.h", "errno.h", "math.h", "stdio.h", "stdlib.h",
	"string.h", "stdint.h", "features.h", "bits/libc-header-start.h", "gnu/stubs-32.h",
	"sys/cdefs.h", "unistd.h"}

// Blame finds the tool of the host that a failed build lacked, from the build's log; false if it
// lacked none.
func Blame(log string) (Cause, bool) {
	log = strings.ReplaceAll(log, "\r\n", "\n")
	for _, find := range []func(string) (Cause, bool){blameProgram, blameHeader, blameFFI,
		blameCompiler, blamePicotool} {
		if c, found := find(log); found {
			return c, true
		}
	}
	return Cause{}, false
}

// blameProgram finds a missing program: the last one that was reported as not found before a
// command failed with the matching status. If a shell that make runs for a variable reports one,
// make continues, so earlier reports do not count.
func blameProgram(log string) (Cause, bool) {
	failed := commandFailed().FindStringIndex(log)
	if failed == nil {
		return Cause{}, false
	}
	line, _, _ := strings.Cut(log[failed[0]:], "\n")
	for _, m := range slices.Backward(notFound().FindAllStringSubmatch(log[:failed[0]], -1)) {
		name := strings.Join(m[1:], "")
		if inPython := m[5] != ""; !inPython && !strings.HasSuffix(line, " Error 127") {
			continue
		}
		t := ofCompiler(name)
		switch {
		case isThere(name):
			continue
		case t.Packages != (Packages{}):
		case m[5] != "":
			continue // a file of the build, perhaps
		default:
			t.Why = "the build runs it"
		}
		return Cause{Tool: t, Says: t.Name + " is not installed, or not on PATH"}, true
	}
	return Cause{}, false
}

func blameHeader(log string) (Cause, bool) {
	for _, m := range noHeader().FindAllStringSubmatch(log, -1) {
		var name string
		switch {
		case m[1] == "ffi.h":
			name = toolFFI
		case m[1] == "cstdlib" && strings.Contains(log, "arm-none-eabi"):
			name = toolNewlibCXX
		case !slices.Contains(libcHeaders, m[1]):
			continue
		case strings.Contains(log, "arm-none-eabi"):
			name = toolNewlib
		case strings.HasPrefix(m[1], "bits/"), m[1] == "gnu/stubs-32.h":
			name = toolLibc32
		default:
			name = toolLibc
		}
		t, _ := known(name)
		return Cause{Tool: t, Says: "the compiler does not find " + m[1] + ": the " + name +
			" are not installed"}, true
	}
	return Cause{}, false
}

// blameFFI recognises that libffi is not linked: make links what pkg-config reports, and continues
// without libffi if pkg-config is missing.
func blameFFI(log string) (Cause, bool) {
	m := noFFI().FindStringSubmatch(log)
	if m == nil {
		return Cause{}, false
	}
	name, why := toolFFI, "libffi is not installed, or pkg-config does not find it"
	if _, err := exec.LookPath(toolPkgConfig); err != nil {
		name, why = toolPkgConfig, "pkg-config, which make needs to find it, is not installed"
	}
	t, _ := known(name)
	says := "libffi is not linked: " + why
	if symbol := m[1] + m[2] + m[3]; symbol != "" {
		says = symbol + " is a function of libffi, which is not linked: " + why
	}
	return Cause{Tool: t, Says: says}, true
}

// blameCompiler finds a compiler that CMake, or pico-sdk's CMake files, did not find.
func blameCompiler(log string) (Cause, bool) {
	m := noCompiler().FindStringSubmatch(log)
	if m == nil {
		return Cause{}, false
	}
	return OfProgram(m[1]), true
}

// blamePicotool recognises that pico-sdk could not fetch picotool, which it does where it finds
// none (lib/pico-sdk/tools/Findpicotool.cmake).
func blamePicotool(log string) (Cause, bool) {
	if !noPicotool().MatchString(log) {
		return Cause{}, false
	}
	t, _ := known(toolPicotool)
	return Cause{
		Tool: t,
		Says: "picotool, which makes the .uf2 file, is not installed, and pico-sdk could not " +
			"fetch it",
		Without: "patch with --make CMAKE_ARGS=-DPICO_NO_PICOTOOL=1; there is no .uf2 then",
	}, true
}

// IsOfFFI reports whether a symbol is one of libffi's.
func IsOfFFI(symbol string) bool { return strings.HasPrefix(symbol, "ffi_") }

// OfProgram is the cause if a program of this name could not be started.
func OfProgram(name string) Cause {
	t := ofCompiler(name)
	return Cause{Tool: t, Says: t.Name + " is not installed, or not on PATH"}
}
