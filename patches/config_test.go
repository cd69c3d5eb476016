package patches

import (
	"bytes"
	"cmp"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"mpwolf/internal/micropython"
)

// mpconfig is as much of py/mpconfig.h as the scanner needs.
const mpconfig = `#define MICROPY_VERSION_MAJOR 1
#define MICROPY_VERSION_MINOR 25
#define MICROPY_VERSION_MICRO 0
#define MICROPY_CONFIG_ROM_LEVEL_MINIMUM (0)
#define MICROPY_CONFIG_ROM_LEVEL_EXTRA_FEATURES (30)
#ifdef MP_CONFIGFILE
#include MP_CONFIGFILE
#else
#include <mpconfigport.h>
#endif
#ifndef MICROPY_CONFIG_ROM_LEVEL
#define MICROPY_CONFIG_ROM_LEVEL (MICROPY_CONFIG_ROM_LEVEL_MINIMUM)
#endif
#ifndef MICROPY_TRACKED_ALLOC
#define MICROPY_TRACKED_ALLOC (0)
#endif
#ifndef MICROPY_PY_HASHLIB
#define MICROPY_PY_HASHLIB (MICROPY_CONFIG_ROM_LEVEL >= MICROPY_CONFIG_ROM_LEVEL_EXTRA_FEATURES)
#endif
#ifndef MICROPY_PY_CRYPTOLIB
#define MICROPY_PY_CRYPTOLIB (0)
#endif
#ifndef MICROPY_PY_SSL
#define MICROPY_PY_SSL (0)
#endif
`

// fakeFiles are the files of a small tree; files are added to, or replace, those that every tree
// has.
func fakeFiles(files map[string]string) map[string]string {
	all := map[string]string{
		"py/mpconfig.h": mpconfig,
		"py/py.mk":      "",
		"py/mkrules.mk": "",
		"py/mkenv.mk":   "",
		"extmod/extmod.mk": "ifeq ($(MICROPY_PY_SSL),1)\n" +
			"CFLAGS_EXTMOD += -DMICROPY_PY_SSL=1\nendif\n",
		"ports/unix/Makefile": "include ../../py/mkenv.mk\n-include mpconfigport.mk\n" +
			"include $(VARIANT_DIR)/mpconfigvariant.mk\ninclude $(TOP)/extmod/extmod.mk\n" +
			"CFLAGS += $(CFLAGS_EXTMOD)\n",
		"ports/unix/mpconfigport.mk": "MICROPY_PY_SSL = 1\n",
		"ports/unix/mpconfigport.h": "#include \"mpconfigvariant.h\"\n" +
			"#define MICROPY_TRACKED_ALLOC (1)\n",
		"ports/unix/variants/standard/mpconfigvariant.mk": "",
		"ports/unix/variants/standard/mpconfigvariant.h": "#define MICROPY_CONFIG_ROM_LEVEL " +
			"(MICROPY_CONFIG_ROM_LEVEL_EXTRA_FEATURES)\n",
	}
	for name, text := range files {
		all[name] = text
	}
	return all
}

func fakeTree(t testing.TB, files map[string]string) *micropython.Tree {
	t.Helper()
	dir := t.TempDir()
	for name, text := range fakeFiles(files) {
		file := filepath.Join(dir, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(file, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	tree, err := micropython.Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	return tree
}

func planFor(t testing.TB, files map[string]string, wants ...Want) (*Plan, error) {
	t.Helper()
	target, err := fakeTree(t, files).Target("unix", "", "")
	if err != nil {
		t.Fatal(err)
	}
	return New([]micropython.Target{target}, wants)
}

// changed gives the changed lines of a plan, as "file: -old +new".
func changed(t testing.TB, plan *Plan) string {
	t.Helper()
	var b bytes.Buffer
	if err := Diff(&b, plan.Changes); err != nil {
		t.Fatal(err)
	}
	var lines []string
	for _, line := range strings.Split(b.String(), "\n") {
		if strings.HasPrefix(line, "+++") || strings.HasPrefix(line, "---") {
			continue
		}
		if strings.HasPrefix(line, "+") || strings.HasPrefix(line, "-") {
			lines = append(lines, strings.TrimRight(line, "\r"))
		}
	}
	return strings.Join(lines, "\n")
}

var (
	wantSSL = Want{Macro: "MICROPY_PY_SSL", Was: []string{"MICROPY_PY_USSL"},
		Value: 0, Why: "no ssl"}
	wantHashlib = Want{Macro: "MICROPY_PY_HASHLIB", Was: []string{"MICROPY_PY_UHASHLIB"}, Value: 0,
		Why: "no hashlib"}
	wantTracked = Want{Macro: "MICROPY_TRACKED_ALLOC", Value: 1, Why: "tracked"}
)

func TestPlanChangesOneLine(t *testing.T) {
	const mk, h = "ports/unix/mpconfigport.mk", "ports/unix/mpconfigport.h"
	const variant = "#include \"mpconfigvariant.h\"\n"
	tests := []struct {
		name, file, text string
		want             Want
		change           string
	}{
		{"make =", mk, "MICROPY_PY_SSL = 1\n", wantSSL,
			"-MICROPY_PY_SSL = 1\n+MICROPY_PY_SSL = 0"},
		{"make := with a comment", mk, "MICROPY_PY_SSL := 1# why\n", wantSSL,
			"-MICROPY_PY_SSL := 1# why\n+MICROPY_PY_SSL := 0# why"},
		{"make, a space before a comment is part of the value", mk,
			"MICROPY_PY_SSL = 1 # why\n", wantSSL, ""},
		{"make ?= without spaces", mk, "MICROPY_PY_SSL?=1\n", wantSSL,
			"-MICROPY_PY_SSL?=1\n+MICROPY_PY_SSL?=0"},
		{"make, inside a condition", mk, "X = a\nifeq ($(X),a)\n  MICROPY_PY_SSL = 1\nendif\n",
			wantSSL, "-  MICROPY_PY_SSL = 1\n+  MICROPY_PY_SSL = 0"},
		{"make, the second of two", mk, "MICROPY_PY_SSL = 0\nMICROPY_PY_SSL = 1\n", wantSSL,
			"-MICROPY_PY_SSL = 1\n+MICROPY_PY_SSL = 0"},
		{"make, ?= after = does not act", mk, "MICROPY_PY_SSL = 1\nMICROPY_PY_SSL ?= 0\n", wantSSL,
			"-MICROPY_PY_SSL = 1\n+MICROPY_PY_SSL = 0"},
		{"make, commented out", mk, "#MICROPY_PY_SSL = 1\n", wantSSL, ""},
		{"make, the other branch", mk,
			"ifdef NOPE\nMICROPY_PY_SSL = 1\nelse\nMICROPY_PY_SSL = 0\nendif\n", wantSSL, ""},
		{"make, from another variable", mk, "TLS = 1\nMICROPY_PY_SSL = $(TLS)\n", wantSSL,
			"-MICROPY_PY_SSL = $(TLS)\n+MICROPY_PY_SSL = 0"},
		{"make, a filter", mk, "S = f4\nifneq ($(filter f4 f7,$(S)),)\nMICROPY_PY_SSL = 1\n" +
			"endif\n", wantSSL, "-MICROPY_PY_SSL = 1\n+MICROPY_PY_SSL = 0"},
		{"make, continued", mk, "MICROPY_PY_SSL = \\\n  1\n", wantSSL, "-  1\n+  0"},
		{"make, a -D of the port's", mk, "CFLAGS += -DMICROPY_PY_SSL=1 -DX\n", wantSSL,
			"-CFLAGS += -DMICROPY_PY_SSL=1 -DX\n+CFLAGS += -DMICROPY_PY_SSL=0 -DX"},
		{"make, a -U after the -D", mk,
			"CFLAGS += -DMICROPY_PY_SSL=1 -UMICROPY_PY_SSL\n", wantSSL, ""},
		{"make, a -U before the -D", mk,
			"CFLAGS += -U MICROPY_PY_SSL\nCFLAGS += -DMICROPY_PY_SSL\n", wantSSL,
			"-CFLAGS += -DMICROPY_PY_SSL\n+CFLAGS += -DMICROPY_PY_SSL=0"},
		{"make, a -D that is not among CFLAGS", mk,
			"NO_FLAGS += -DMICROPY_PY_SSL=1\n", wantSSL, ""},
		{"make, a -D by way of a name that is put together", mk,
			"A_FLAGS_X = -DMICROPY_PY_SSL=1\nY = X\nCFLAGS += $(A_FLAGS_$(Y))\n", wantSSL,
			"-A_FLAGS_X = -DMICROPY_PY_SSL=1\n+A_FLAGS_X = -DMICROPY_PY_SSL=0"},
		{"define, aligned, with a comment", h,
			variant + "#define MICROPY_TRACKED_ALLOC       (0) // no\n", wantTracked,
			"-#define MICROPY_TRACKED_ALLOC       (0) // no\n" +
				"+#define MICROPY_TRACKED_ALLOC       (1) // no"},
		{"define, derived", h, variant + "#ifndef MICROPY_TRACKED_ALLOC\n#define " +
			"MICROPY_TRACKED_ALLOC (MICROPY_BLUETOOTH_BTSTACK)\n#endif\n", wantTracked,
			"-#define MICROPY_TRACKED_ALLOC (MICROPY_BLUETOOTH_BTSTACK)\n" +
				"+#define MICROPY_TRACKED_ALLOC (1)"},
		{"define, without parentheses", h, variant + "#define MICROPY_TRACKED_ALLOC 0\n",
			wantTracked, "-#define MICROPY_TRACKED_ALLOC 0\n+#define MICROPY_TRACKED_ALLOC 1"},
		{"define, indented directive", h,
			variant + "#if 1\n#  define MICROPY_TRACKED_ALLOC (0)\n#endif\n", wantTracked,
			"-#  define MICROPY_TRACKED_ALLOC (0)\n+#  define MICROPY_TRACKED_ALLOC (1)"},
		{"define, in a comment", h, variant + "/*\n#define MICROPY_TRACKED_ALLOC (0)\n*/\n" +
			"#define MICROPY_TRACKED_ALLOC (1)\n", wantTracked, ""},
		{"define, CRLF", h, variant + "#define MICROPY_TRACKED_ALLOC (0)\r\n", wantTracked,
			"-#define MICROPY_TRACKED_ALLOC (0)\n+#define MICROPY_TRACKED_ALLOC (1)"},
		{"define, undefined later", h,
			variant + "#define MICROPY_TRACKED_ALLOC (1)\n#undef MICROPY_TRACKED_ALLOC\n",
			wantTracked, "+\n+// mpwolf: begin (added by mpwolf patch, taken out by mpwolf " +
				"revert)\n+// tracked\n+#define MICROPY_TRACKED_ALLOC (1)\n+// mpwolf: end"},
		{"a variant defines it otherwise", "ports/unix/variants/odd/mpconfigvariant.h",
			"#define MICROPY_PY_HASHLIB (1)\n", wantHashlib,
			"+\n+// mpwolf: begin (added by mpwolf patch, taken out by mpwolf revert)\n" +
				"+// no hashlib\n+#undef MICROPY_PY_HASHLIB\n+#define MICROPY_PY_HASHLIB (0)\n" +
				"+// mpwolf: end"},
		{"a block of an earlier patch", h, variant + blockBegin + "\n" + blockEnd + "\n",
			wantHashlib, "+// no hashlib\n+#define MICROPY_PY_HASHLIB (0)"},
		{"no line: a block", h, variant, wantHashlib,
			"+\n+// mpwolf: begin (added by mpwolf patch, taken out by mpwolf revert)\n" +
				"+// no hashlib\n+#define MICROPY_PY_HASHLIB (0)\n+// mpwolf: end"},
		{"holds already", h, variant + "#define MICROPY_PY_HASHLIB (0)\n", wantHashlib, ""},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			plan, err := planFor(t, map[string]string{test.file: test.text}, test.want)
			if err != nil {
				t.Fatal(err)
			}
			if got := changed(t, plan); got != test.change {
				t.Errorf("got:\n%s\nwant:\n%s", got, test.change)
			}
			for _, c := range plan.Changes {
				if bytes.Count(c.Before, []byte("\r\n")) > 0 &&
					bytes.Count(c.After, []byte("\r\n")) < bytes.Count(c.Before, []byte("\r\n")) {
					t.Errorf("%s lost line ends", c.Path)
				}
			}
		})
	}
}

func TestPlanStopsAtWhatItCannotRead(t *testing.T) {
	tests := []struct{ name, file, text, message string }{
		{
			"a shell's answer", "ports/unix/mpconfigport.mk",
			"ifeq ($(shell uname),Linux)\nMICROPY_PY_SSL = 1\nendif\n",
			"patch unix: ports/unix/mpconfigport.mk:1: ifeq ($(shell uname),Linux): cannot read " +
				"for certain",
		},
		{
			"the compiler's macro", "ports/unix/mpconfigport.h",
			"#ifdef __APPLE__\n#define MICROPY_PY_SSL (1)\n#endif\n",
			"patch unix: ports/unix/mpconfigport.h:1: #ifdef __APPLE__: cannot read for certain",
		},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			_, err := planFor(t, map[string]string{
				"ports/unix/mpconfigport.mk": "", test.file: test.text,
			}, wantSSL)
			if err == nil || err.Error() != test.message {
				t.Errorf("error %v; want %s", err, test.message)
			}
		})
	}
}

// TestEveryWant plans each want of each port in a tree where none of them holds.
func TestEveryWant(t *testing.T) {
	for _, port := range Ports() {
		loaded, err := Load(port)
		if err != nil {
			t.Fatal(err)
		}
		wants := loaded.Wants
		for _, want := range wants {
			t.Run(port+" "+want.Name(), func(t *testing.T) {
				header := fmt.Sprintf("#define %s (%d)\n", want.Macro, 1-want.Value)
				makefile := ""
				expect := fmt.Sprintf("-%s+#define %s (%d)", header, want.Macro, want.Value)
				if want.Variable != "" {
					header, makefile = "", fmt.Sprintf("%s = %d\n", want.Variable, 1-want.Value)
					expect = fmt.Sprintf("-%s+%s = %d", makefile, want.Variable, want.Value)
				}
				first := cmp.Or(micropython.Target{Port: port}.Makefile(), "Makefile")
				files := map[string]string{
					"ports/" + port + "/" + first:       "CFLAGS += -I.\n" + makefile,
					"ports/" + port + "/mpconfigport.h": header,
				}
				target, err := fakeTree(t, files).Target(port, "", "")
				if err != nil {
					t.Fatal(err)
				}
				plan, err := New([]micropython.Target{target}, []Want{want})
				if err != nil {
					t.Fatal(err)
				}
				if got := changed(t, plan); got != expect {
					t.Errorf("got %s; want %s", got, expect)
				}
			})
		}
	}
}

func TestBlockStaysInsideTheIncludeGuard(t *testing.T) {
	const guarded = "// c\n#ifndef X_H\n#define X_H\n" +
		"#include \"mpconfigvariant.h\"\n#endif // X_H\n"
	plan, err := planFor(t, map[string]string{"ports/unix/mpconfigport.h": guarded}, wantHashlib)
	if err != nil {
		t.Fatal(err)
	}
	if text := string(plan.Changes[0].After); !strings.HasSuffix(text,
		blockEnd+"\n#endif // X_H\n") {
		t.Errorf("got:\n%s", text)
	}
}

func TestEval(t *testing.T) {
	h := &headerRun{macros: map[string]cMacro{
		"MICROPY_A":       {body: "(1)", state: yes},
		"MICROPY_B":       {body: "(MICROPY_A + 2)", state: yes},
		"MICROPY_VERSION": {body: "MAKE(1, 25, 0)", state: yes},
		"MAKE": {body: "(a << 16 | b << 8 | c)",
			params: []string{"a", "b", "c"}, state: yes},
		"MICROPY_LOOP":  {body: "MICROPY_LOOP", state: yes},
		"MICROPY_MAYBE": {body: "1", state: maybe},
	}}
	tests := []struct {
		expr  string
		value int64
		known bool
	}{
		{"MICROPY_A", 1, true},
		{"MICROPY_B == 3", 1, true},
		{"MICROPY_VERSION >= MAKE(1, 24, 0)", 1, true},
		{"defined(MICROPY_A) && !defined MICROPY_NOT", 1, true},
		{"MICROPY_NOT", 0, true},
		{"__GNUC__ > 3", 0, false},
		{"0 && __GNUC__", 0, true},
		{"1 || __has_include(<x.h>)", 1, true},
		{"MICROPY_MAYBE", 0, false},
		{"MICROPY_A ? 5 : __GNUC__", 5, true},
		{"MICROPY_LOOP", 0, true},
		{"(MICROPY_A\r)", 0, false},
		{"MICROPY_A\r", 1, true},
		{"1 / 0", 0, false},
		{"0x10u | 3", 19, true},
		{"-1 < 0 && ~0 == -1", 1, true},
		{"1 +", 0, false},
		{"(1", 0, false},
		{"", 0, false},
	}
	for _, test := range tests {
		value, known := h.eval(test.expr)
		if known != test.known || (known && value != test.value) {
			t.Errorf("%q: %d, %v; want %d, %v", test.expr, value, known, test.value, test.known)
		}
	}
}

func TestStrictDecoding(t *testing.T) {
	for text, message := range map[string]string{
		"[[want]]\nmacro = \"X\"\nwhy = \"y\"\nwhom = 1\n": `x.toml: unknown key "want.whom"`,
		"[[want]]\nmacro = \"X\"\n":                        "x.toml: want 1 needs why",
		"[[need]]\nmacro = \"X\"\n": "x.toml: need 1 needs both " +
			"macro and why",
		"[[want]]\nwhy = \"y\"\n": "x.toml: want 1 needs either " +
			"macro or variable",
		"[[want]]\nmacro = \"X\"\nvariable = \"Y\"\n": "x.toml: want 1 needs either macro or " +
			"variable",
		"[[want]]\nvariable = \"Y\"\nwas = [\"Z\"]\nwhy = \"y\"\n": "x.toml: want 1 has was, " +
			"which is for macros",
	} {
		if _, err := parsePort("x.toml", text); err == nil || err.Error() != message {
			t.Errorf("%q: %v; want %s", text, err, message)
		}
	}
}

func FuzzPlan(f *testing.F) {
	f.Add("MICROPY_PY_SSL = 1\n",
		"#include \"mpconfigvariant.h\"\n#define MICROPY_TRACKED_ALLOC (0)\n")
	f.Add("ifeq (a,$(B))\nMICROPY_PY_SSL ?= $(if $(X),1,0)\nelse\nendif\n",
		"#if defined(X) || (3 ? 4 : MICROPY_Y)\n#undef Z\n#endif\n")
	f.Add("define X\nendef\nY := $(filter a%,abc) \\\n1 # x",
		"#ifndef A\n#define A\n/* */ #define B(x) x\n#endif")
	loaded, err := Load("unix")
	if err != nil {
		f.Fatal(err)
	}
	wants := loaded.Wants
	base := fakeFiles(nil)
	f.Fuzz(func(t *testing.T, mk, h string) {
		files := maps.Clone(base)
		files["ports/unix/mpconfigport.mk"], files["ports/unix/mpconfigport.h"] = mk, h
		first := memoryPlanner(files)
		if !first.all(wants) {
			return
		}
		// Once applied, the plan leaves nothing to do.
		for name, text := range first.src.planned {
			files[name] = string(text)
		}
		if second := memoryPlanner(files); !second.all(wants) || len(second.src.planned) > 0 {
			t.Fatalf("planned again: %q", second.src.planned)
		}
	})
}

// memoryPlanner plans on files in memory.
func memoryPlanner(files map[string]string) *planner {
	target := micropython.Target{Tree: &micropython.Tree{Dir: "/nonexistent"}, Port: "unix",
		Variant: "standard"}
	src := newSource(target.Tree)
	src.read = func(rel string) ([]byte, error) {
		if text, ok := files[rel]; ok {
			return []byte(text), nil
		}
		return nil, os.ErrNotExist
	}
	return &planner{target: target, src: src}
}

func (p *planner) all(wants []Want) bool {
	for _, want := range wants {
		if _, err := p.want(want); err != nil {
			return false
		}
	}
	return p.check(wants) == nil
}

// TestEnvironment checks that what make takes from the environment is not ignored: ?= does not
// replace it.
func TestEnvironment(t *testing.T) {
	t.Setenv("MICROPY_PY_SSL", "1")
	mk := "ports/unix/mpconfigport.mk"
	variable := Want{Variable: "MICROPY_PY_SSL", Why: "off"}
	const message = "patch unix: found no edit that makes MICROPY_PY_SSL 0: it is set by " +
		"MICROPY_PY_SSL in the environment"
	_, err := planFor(t, map[string]string{mk: "MICROPY_PY_SSL ?= 0\n"}, variable)
	if err == nil || err.Error() != message {
		t.Errorf("got %v; want %s", err, message)
	}
	plan, err := planFor(t, map[string]string{mk: "MICROPY_PY_SSL = 1\n"}, variable)
	if err != nil {
		t.Fatal(err)
	}
	if got := changed(t, plan); got != "-MICROPY_PY_SSL = 1\n+MICROPY_PY_SSL = 0" {
		t.Errorf("got:\n%s", got)
	}
}

// TestName: a macro's name is the newest that py/mpconfig.h knows; a longer name that begins
// with it is another macro.
func TestName(t *testing.T) {
	want := Want{Macro: "MICROPY_PY_SSL", Was: []string{"MICROPY_PY_USSL"}}
	old := strings.ReplaceAll(mpconfig, "MICROPY_PY_SSL", "MICROPY_PY_USSL")
	for _, test := range []struct {
		text, name string
		known      bool
	}{
		{mpconfig, "MICROPY_PY_SSL", true},
		{old, "MICROPY_PY_USSL", true},
		{"#define MICROPY_PY_SSL_FINALISER (1)\n" + old, "MICROPY_PY_USSL", true},
		{strings.ReplaceAll(mpconfig, "MICROPY_PY_SSL", "X"), "MICROPY_PY_SSL", false},
	} {
		tree := fakeTree(t, map[string]string{"py/mpconfig.h": test.text})
		target, err := tree.Target("unix", "", "")
		if err != nil {
			t.Fatal(err)
		}
		if name, known := Read(target).Name(want); name != test.name || known != test.known {
			t.Errorf("got %s, %t; want %s, %t", name, known, test.name, test.known)
		}
	}
}
