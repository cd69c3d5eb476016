package doctor

import (
	"path/filepath"
	"runtime"
	"slices"
	"strings"
)

// Tool is a program of the host, or a header with its library, that builds need.
type Tool struct {
	Name string `json:"name"`
	// Why is what a build needs it for.
	Why string `json:"why"`
	// Packages are what to install.
	Packages Packages `json:"packages"`
	// OnlyFor says what needs a tool that the builds of the targets do not need; "" if they do.
	OnlyFor string `json:"only_for,omitempty"`

	// programs are the names that it may have, and the first one found is used; none for a
	// header.
	programs []string
	// header is what the compiler must find.
	header string
}

// Packages are the packages that contain a tool, separated by spaces, for each system; "" if there
// are none. A text that begins with xcode-select is a command instead.
type Packages struct {
	Debian  string `json:"debian,omitempty"`
	Fedora  string `json:"fedora,omitempty"`
	Arch    string `json:"arch,omitempty"`
	MacOS   string `json:"macos,omitempty"`
	Windows string `json:"windows,omitempty"` // of MSYS2
}

// xcode installs Apple's compiler, make and git.
const xcode = "xcode-select --install"

// The names of the tools that the code refers to.
const (
	toolMake      = "make"
	toolPython    = "python3"
	toolGit       = "git"
	toolPkgConfig = "pkg-config"
	toolFFI       = "libffi headers"
	toolAutotools = "autoreconf"
	toolCMake     = "cmake"
	toolProtoc    = "protoc-c"
	toolLibc      = "C library headers"
	toolLibc32    = "32-bit C library headers"
	toolNewlib    = "newlib headers"
	toolNewlibCXX = "newlib's C++ headers"
	toolGCC       = "gcc"
	toolClang     = "clang"
	toolARM       = "arm-none-eabi-gcc"
	toolRISCV     = "riscv64-unknown-elf-gcc"
	toolIDF       = "idf.py"
	toolPicotool  = "picotool"
	toolQEMUARM   = "qemu-system-arm"
	toolQEMURISCV = "qemu-system-riscv32"
)

// tools are all that are known, in the order in which they are shown.
var tools = []Tool{
	{
		Name: toolMake, Why: "it runs MicroPython's makefiles (GNU make, 3.82 or newer)",
		programs: []string{"gmake", "make"},
		Packages: Packages{"make", "make", "make", "make", "make"},
	},
	{
		Name: toolGCC, Why: "it compiles the firmware, or mpy-cross for this machine",
		programs: []string{"gcc"},
		Packages: Packages{"gcc", "gcc", "gcc", xcode, "gcc"},
	},
	{
		Name: toolClang, Why: "it compiles the firmware", programs: []string{"clang"},
		Packages: Packages{"clang", "clang", "clang", xcode,
			"mingw-w64-ucrt-x86_64-clang"},
	},
	{
		Name: toolARM, Why: "it compiles the firmware", programs: []string{"arm-none-eabi-gcc"},
		Packages: Packages{"gcc-arm-none-eabi", "arm-none-eabi-gcc-cs", "arm-none-eabi-gcc",
			"gcc-arm-embedded", "mingw-w64-ucrt-x86_64-arm-none-eabi-gcc"},
	},
	{
		Name: toolRISCV, Why: "it compiles the firmware",
		programs: []string{"riscv64-unknown-elf-gcc"},
		Packages: Packages{"gcc-riscv64-unknown-elf", "", "", "riscv64-elf-gcc",
			"mingw-w64-ucrt-x86_64-riscv64-unknown-elf-gcc"},
	},
	{
		Name: toolLibc, Why: "all sources include them", header: "string.h",
		Packages: Packages{"libc6-dev", "glibc-devel", "glibc", xcode, "gcc"},
	},
	{
		Name: toolLibc32, Why: "the sources are compiled with -m32", header: "string.h",
		Packages: Packages{"gcc-multilib", "glibc-devel.i686 libgcc.i686", "lib32-glibc", "", ""},
	},
	{
		Name: toolNewlib, Why: "all sources include them", header: "string.h",
		Packages: Packages{"libnewlib-arm-none-eabi", "arm-none-eabi-newlib",
			"arm-none-eabi-newlib", "gcc-arm-embedded",
			"mingw-w64-ucrt-x86_64-arm-none-eabi-newlib"},
	},
	{
		Name: toolNewlibCXX, Why: "the SDK has sources in C++", header: "cstdlib",
		Packages: Packages{"libstdc++-arm-none-eabi-newlib", "arm-none-eabi-gcc-cs-c++",
			"arm-none-eabi-gcc", "gcc-arm-embedded",
			"mingw-w64-ucrt-x86_64-arm-none-eabi-gcc"},
	},
	{
		Name: toolPython, Why: "the scripts of MicroPython's build are in Python",
		programs: []string{"python3"},
		Packages: Packages{"python3", "python3", "python", "python3", "python"},
	},
	{
		Name: toolPkgConfig, Why: "make uses it to find libffi, for the module ffi",
		programs: []string{"pkg-config"},
		Packages: Packages{"pkg-config", "pkgconf-pkg-config", "pkgconf", "pkgconf", "pkgconf"},
	},
	{
		Name: toolFFI, Why: "the module ffi needs libffi (MICROPY_PY_FFI=0 leaves it out)",
		header:   "ffi.h",
		Packages: Packages{"libffi-dev", "libffi-devel", "libffi", "libffi", "libffi-devel"},
	},
	{
		Name: toolAutotools, Why: "MICROPY_STANDALONE=1 builds libffi from its sources",
		programs: []string{"autoreconf"},
		Packages: Packages{"autoconf automake libtool", "autoconf automake libtool",
			"autoconf automake libtool", "autoconf automake libtool",
			"autoconf automake libtool"},
	},
	{
		Name: toolProtoc, Why: "it writes the C code of the radio module's protocol (ESP-Hosted)",
		programs: []string{"protoc-c"},
		Packages: Packages{"protobuf-c-compiler", "protobuf-c-compiler", "protobuf-c",
			"protobuf-c", "mingw-w64-ucrt-x86_64-protobuf-c"},
	},
	{
		Name: toolGit, Why: "it fetches the submodules that the tree lacks",
		OnlyFor:  "submodules, and the commit in the version that a firmware reports",
		programs: []string{"git"},
		Packages: Packages{"git", "git", "git", xcode, "git"},
	},
	{
		Name: toolCMake, Why: "it configures ports that are built with CMake",
		OnlyFor:  "ports that are built with CMake, such as rp2 and esp32",
		programs: []string{"cmake"},
		Packages: Packages{"cmake", "cmake", "cmake", "cmake", "cmake"},
	},
	{
		Name: toolIDF, programs: []string{toolIDF},
		Why: "it builds esp32, with its own compilers; Espressif's ESP-IDF has it, and the " +
			"IDF's export.sh adds it to PATH",
	},
	{
		Name: toolPicotool, Why: "it makes the .uf2 file for the boards of rp2",
		OnlyFor: forPicotool, programs: []string{toolPicotool},
		Packages: Packages{MacOS: "picotool"},
	},
	{
		Name: toolQEMUARM, Why: "verify runs the firmware of the port qemu in it",
		OnlyFor: forQEMU, programs: []string{toolQEMUARM},
		Packages: Packages{"qemu-system-arm", "qemu-system-arm", "qemu-system-arm", "qemu",
			"mingw-w64-ucrt-x86_64-qemu"},
	},
	{
		Name: toolQEMURISCV, Why: "verify runs the firmware of the port qemu in it",
		OnlyFor: forQEMU, programs: []string{toolQEMURISCV, "qemu-system-riscv64"},
		Packages: Packages{"qemu-system-misc", "qemu-system-riscv", "qemu-system-riscv", "qemu",
			"mingw-w64-ucrt-x86_64-qemu"},
	},
}

// forPicotool is what picotool is for. verify does without it.
const forPicotool = "the .uf2 file of rp2, in build: where it is missing, pico-sdk 2 fetches " +
	"and builds it, unless CMAKE_ARGS has -DPICO_NO_PICOTOOL=1"

// forQEMU is what QEMU is for: no build needs it.
const forQEMU = "running firmware of the port qemu, in verify"

// pythonModules are the modules of Python that running scripts on a device needs, by the names
// that Python imports, and what has them: in pip's terms, and as packages of systems.
var pythonModules = map[string]struct {
	pip      string
	packages Packages
}{
	"serial": {"pyserial", Packages{Debian: "python3-serial", Fedora: "python3-pyserial",
		Arch: "python-pyserial"}},
	"platformdirs": {"platformdirs", Packages{Debian: "python3-platformdirs",
		Fedora: "python3-platformdirs", Arch: "python-platformdirs"}},
	"importlib_metadata": {"importlib_metadata", Packages{Debian: "python3-importlib-metadata",
		Fedora: "python3-importlib-metadata", Arch: "python-importlib-metadata"}},
}

// PythonModule says how to install a module of Python, by the name that Python imports. Its
// package of the system is no use to a Python from elsewhere.
func PythonModule(name string) string {
	module, is := pythonModules[name]
	if !is {
		return "python3 -m pip install " + name
	}
	text := "python3 -m pip install " + module.pip
	if command := ThisSystem().Install([]Tool{{Packages: module.packages}}); command != "" {
		text = command + "; or, for a python3 that is not the system's, " + text
	}
	return text
}

// is reports whether two tools are the same one, with the same program.
func (t Tool) is(other Tool) bool {
	return t.Name == other.Name && slices.Equal(t.programs, other.programs)
}

// known is a tool of the table; false if it has none of this name.
func known(name string) (Tool, bool) {
	i := slices.IndexFunc(tools, func(t Tool) bool { return t.Name == name })
	if i < 0 {
		return Tool{}, false
	}
	return tools[i], true
}

// ofProgram is the tool that a command belongs to; the command may be a path. If it is not in the
// table, such as a vendor's compiler, no package is known.
func ofProgram(command string) Tool {
	base := strings.TrimSuffix(filepath.Base(command), ".exe")
	for _, t := range tools {
		if slices.Contains(t.programs, base) {
			t.programs = []string{command}
			return t
		}
	}
	return Tool{Name: command, Why: "make runs it", programs: []string{command}}
}

// ofCompiler is the tool that a compiler's command belongs to: gcc-12 and cc are a gcc.
func ofCompiler(command string) Tool {
	t := ofProgram(command)
	if t.Packages != (Packages{}) {
		return t
	}
	name := strings.TrimSuffix(filepath.Base(command), ".exe")
	for _, kin := range []struct{ name, tool string }{
		{"arm-none-eabi-", toolARM}, {"riscv64-unknown-elf-", toolRISCV}, {"gcc", toolGCC},
		{"cc", toolGCC}, {"c99", toolGCC}, {"clang", toolClang},
	} {
		if name == kin.name || strings.HasPrefix(name, kin.name+"-") ||
			strings.HasSuffix(kin.name, "-") && strings.HasPrefix(name, kin.name) {
			known, _ := known(kin.tool)
			t.Packages = known.Packages
		}
	}
	t.Why = "it compiles the firmware (CC names it)"
	return t
}

// libcOf is the tool that stands for the C library's headers of a compiler with these flags.
func libcOf(compiler string, flags []string) (Tool, bool) {
	base := filepath.Base(compiler)
	switch {
	case strings.HasPrefix(base, "arm-none-eabi-"):
		return known(toolNewlib)
	case strings.Contains(base, "-elf-"), strings.Contains(base, "-none-"):
		return Tool{}, false // each has its own
	case slices.Contains(flags, "-m32") && runtime.GOARCH == "amd64":
		return known(toolLibc32)
	}
	return known(toolLibc)
}
