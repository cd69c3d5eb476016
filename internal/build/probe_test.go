package build

import (
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"mpwolf/internal/micropython"
)

// write writes files below dir; the keys are slash-separated paths.
func write(t *testing.T, dir string, files map[string]string) {
	t.Helper()
	for name, text := range files {
		path := filepath.Join(dir, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(path), 0o777); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o666); err != nil {
			t.Fatal(err)
		}
	}
}

const fakeConfig = `#define MICROPY_VERSION_MAJOR 1
#define MICROPY_VERSION_MINOR 25
#define MICROPY_VERSION_MICRO 0
#include <mpconfigport.h>
#ifndef MICROPY_PY_SSL
#define MICROPY_PY_SSL (0)
#endif
#ifndef MICROPY_PY_HASHLIB
#define MICROPY_PY_HASHLIB (MICROPY_LEVEL >= 30)
#endif
`

// fakeMakefile sets its flags as MicroPython's does: from several places, with quotes, and after a
// user module's.
const fakeMakefile = `VARIANT ?= standard
ifeq ($(wildcard variants/$(VARIANT)/.),)
$(error Invalid VARIANT specified: $(VARIANT))
endif
$(info Including something)
CC = $(CROSS_COMPILE)gcc
CFLAGS = -Wall -Werror -I. -I../.. -DCONFIG=\"port config.h\" '-DTEXT="a b"' -U _FORTIFY_SOURCE
GIT_SUBMODULES = lib/there lib/gone
define TWO
one
two
endef
all: ; @echo built > built
CFLAGS += $(CFLAGS_EXTRA)
`

// fakePort is a tree with one port, fake, whose mpconfigport.h is the given text.
func fakePort(t *testing.T, mpconfigport string) micropython.Target {
	t.Helper()
	dir := t.TempDir()
	write(t, dir, map[string]string{
		"py/mpconfig.h":             fakeConfig,
		"py/py.mk":                  "",
		"py/mkrules.mk":             "",
		"lib/there/README":          "",
		"ports/fake/Makefile":       fakeMakefile,
		"ports/fake/mpconfigport.h": mpconfigport,
		"ports/fake/variants/standard/mpconfigvariant.mk": "",
	})
	tree, err := micropython.Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	target, err := tree.Target("fake", "", "")
	if err != nil {
		t.Fatal(err)
	}
	return target
}

func TestFlags(t *testing.T) {
	target := fakePort(t, "")
	t.Setenv("MAKEFLAGS", "-n -- CFLAGS_EXTRA=outer")
	flags, err := Probe(t.Context(), target, []string{"TWO", "NONE", "VARIANT"},
		"CFLAGS_EXTRA=-DX=1")
	if err != nil {
		t.Fatal(err)
	}
	want := []string{"-Wall", "-Werror", "-I.", "-I../..", `-DCONFIG="port`,
		`config.h"`, `-DTEXT="a b"`,
		"-U", "_FORTIFY_SOURCE", "-DX=1"}
	if !slices.Equal(flags.CFLAGS, want) {
		t.Errorf("CFLAGS = %q\nwant %q", flags.CFLAGS, want)
	}
	if !slices.Equal(flags.CC, []string{"gcc"}) {
		t.Errorf("CC = %q", flags.CC)
	}
	if flags.Vars["TWO"] != "one\ntwo" || flags.Vars["NONE"] != "" ||
		flags.Vars["VARIANT"] != "standard" {
		t.Errorf("Vars = %q", flags.Vars)
	}
	if got := flags.MissingSubmodules(); !slices.Equal(got, []string{"lib/gone"}) {
		t.Errorf("MissingSubmodules = %q", got)
	}
	if _, err := os.Stat(filepath.Join(target.Dir(), "built")); err == nil {
		t.Error("asking for the flags has built something")
	}
}

func TestFlagsMakeError(t *testing.T) {
	target := fakePort(t, "")
	target.Variant = "no such"
	_, err := Probe(t.Context(), target, nil)
	var stopped *MakeError
	if !errors.As(err, &stopped) {
		t.Fatalf("error %v; want a *MakeError", err)
	}
	if !strings.Contains(stopped.Cause, "Invalid VARIANT specified: no such") {
		t.Errorf("cause %q", stopped.Cause)
	}
	if !strings.Contains(stopped.Command, "'VARIANT=no such'") {
		t.Errorf("command %q", stopped.Command)
	}
}

func TestEffective(t *testing.T) {
	if testing.Short() {
		t.Skip("skipped with -short: needs a C compiler")
	}
	target := fakePort(t, `#define MICROPY_LEVEL 30
#define MICROPY_PY_SSL (1)
#undef MICROPY_PY_SSL


#define MICROPY_PY_SSL (-2 + MICROPY_LEVEL * 0)
#define NAME "x" MICROPY_LEVEL
#define EMPTY
#define HUGE 0x7fffffffffffffff
#define GONE 1
#undef GONE
#define FROM_C (int)1
`)
	flags, err := Probe(t.Context(), target, nil, "CFLAGS=-I. -I../.. -DLINE=3")
	if err != nil {
		t.Fatal(err)
	}
	want := map[string]Value{
		"MICROPY_PY_SSL": {Defined: true, Known: true, Number: -2, Text: "(-2 + 30 * 0)",
			File: "ports/fake/mpconfigport.h", Line: 6},
		"MICROPY_PY_HASHLIB": {Defined: true, Known: true, Number: 1, Text: "(30 >= 30)",
			File: "py/mpconfig.h", Line: 9},
		"NAME":  {Defined: true, Text: `"x" 30`, File: "ports/fake/mpconfigport.h", Line: 7},
		"EMPTY": {Defined: true, File: "ports/fake/mpconfigport.h", Line: 8},
		"HUGE": {Defined: true, Known: true, Number: 1<<63 - 1, Text: "0x7fffffffffffffff",
			File: "ports/fake/mpconfigport.h", Line: 9},
		"GONE":   {Known: true},
		"NEVER":  {Known: true},
		"LINE":   {Defined: true, Known: true, Number: 3, Text: "3", File: CommandLine},
		"FROM_C": {Defined: true, Text: "(int)1", File: "ports/fake/mpconfigport.h", Line: 12},
	}
	var names []string
	for name := range want {
		names = append(names, name)
	}
	got, err := flags.Effective(t.Context(), names)
	if err != nil {
		t.Fatal(err)
	}
	for name := range want {
		value := got[name]
		value.Body = "" // for reports only
		if value != want[name] {
			t.Errorf("%s: %+v\nwant %+v", name, value, want[name])
		}
	}
}

func TestEffectiveCompilerError(t *testing.T) {
	if testing.Short() {
		t.Skip("skipped with -short: needs a C compiler")
	}
	tests := []struct {
		name, config, cause string
		missing             []string
	}{
		{"missing header", "#include \"sdk.h\"\n",
			"mpconfigport.h:1:10: fatal error: sdk.h: No such file", []string{"lib/gone"}},
		{"redefined", "#define TEXT 1\n", `error: "TEXT" redefined`, nil},
		{"#error", "#error no such board\n", "error: #error no such board", nil},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			flags, err := Probe(t.Context(), fakePort(t, test.config), nil,
				`CFLAGS=-I. -I../.. -Werror -DTEXT=2`)
			if err != nil {
				t.Fatal(err)
			}
			_, err = flags.Effective(t.Context(), []string{"MICROPY_PY_SSL"})
			var stopped *MakeError
			if !errors.As(err, &stopped) {
				t.Fatalf("error %v; want a *MakeError", err)
			}
			if !strings.Contains(stopped.Cause, test.cause) ||
				!slices.Equal(stopped.Missing, test.missing) {
				t.Errorf("cause %q, missing %q", stopped.Cause, stopped.Missing)
			}
		})
	}
}

// realTree is the MicroPython tree that MPWOLF_TEST_TREE names.
func realTree(t *testing.T) *micropython.Tree {
	t.Helper()
	dir := os.Getenv("MPWOLF_TEST_TREE")
	if dir == "" {
		t.Skip("SKIPPED: set MPWOLF_TEST_TREE to a MicroPython tree to run this test")
	}
	tree, err := micropython.Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	return tree
}

func TestRealTreeMacros(t *testing.T) {
	if testing.Short() {
		t.Skip("skipped with -short: needs real trees")
	}
	tree := realTree(t)
	for _, variant := range []string{"standard", "minimal", "coverage"} {
		target, err := tree.Target("unix", "", variant)
		if err != nil {
			t.Fatal(err)
		}
		flags, err := Probe(t.Context(), target, []string{"BUILD"})
		if err != nil {
			t.Fatal(err)
		}
		macros := []string{"MICROPY_CONFIG_ROM_LEVEL", "MICROPY_TRACKED_ALLOC",
			"MICROPY_VERSION_MINOR"}
		values, err := flags.Effective(t.Context(), macros)
		if err != nil {
			t.Fatal(err)
		}
		for name, value := range values {
			if !value.Known {
				t.Errorf("%s: %s = %+v; want a number", variant, name, value)
			}
			checkPlace(t, tree, name, value)
		}
		if got := values["MICROPY_VERSION_MINOR"].Number; got != int64(tree.Version.Minor) {
			t.Errorf("%s: MICROPY_VERSION_MINOR = %d; want %d", variant, got, tree.Version.Minor)
		}
	}
}

// checkPlace checks that the line that a value names defines the macro.
func checkPlace(t *testing.T, tree *micropython.Tree, name string, value Value) {
	t.Helper()
	if value.File == CommandLine {
		return
	}
	text, err := os.ReadFile(tree.Path(value.File))
	if err != nil {
		t.Fatal(err)
	}
	lines := strings.Split(string(text), "\n")
	if value.Line < 1 || value.Line > len(lines) ||
		!strings.Contains(lines[value.Line-1], "define "+name) {
		t.Errorf("%s is not defined at %s:%d", name, value.File, value.Line)
	}
}

func TestSystemHeader(t *testing.T) {
	if testing.Short() {
		t.Skip("skipped with -short: needs a C compiler")
	}
	target := micropython.Target{Tree: &micropython.Tree{Dir: "/tree"}, Port: "unix"}
	exit := exec.Command("false").Run()
	output := []byte("/usr/include/stdint.h:26:10: fatal error: bits/libc-header-start.h: No " +
		"such file or directory\n")
	err := stopped(target, "preprocess", []string{"gcc"}, output, []string{"lib/mbedtls"}, exit)
	if text := err.Error(); strings.Contains(text, "lib/mbedtls") ||
		!strings.Contains(text, "gcc-multilib") {
		t.Errorf("got %s", text)
	}
}
