package verify

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"mpwolf/internal/micropython"
	"mpwolf/patches"
)

// A user module without wolfSSL, and one that clashes with MicroPython as wolfSSL's tfm.c does.
var realModules = map[string]string{
	"good/micropython.mk": "SRC_USERMOD += $(USERMOD_DIR)/good.c\n",
	"good/good.c": `#include "py/runtime.h"
static const mp_rom_map_elem_t globals_table[] = { { MP_ROM_QSTR(MP_QSTR___name__), MP_ROM_QSTR(MP_QSTR_good) } };
static MP_DEFINE_CONST_DICT(globals, globals_table);
const mp_obj_module_t good_module = { .base = { &mp_type_module }, .globals = (mp_obj_dict_t *)&globals };
MP_REGISTER_MODULE(MP_QSTR_good, good_module);
`,
	"../clash/clash/micropython.mk": "SRC_USERMOD += $(USERMOD_DIR)/tfm.c\n",
	"../clash/clash/tfm.c": "int mp_init(int *a);\n" +
		"int mp_init(int *a) { *a = 0; return 0; }\n",
	"../good.py":     "import good\nprint(good.__name__)\n",
	"../good.py.exp": "good\n",
}

// TestRealTree builds MicroPython itself, from the tree that MPWOLF_TEST_TREE names and with the
// arguments in MPWOLF_TEST_MAKE (which turn off what needs submodules that the tree lacks, and the
// built-in TLS).
func TestRealTree(t *testing.T) {
	if testing.Short() {
		t.Skip("skipped with -short: needs real trees")
	}
	dir, args := os.Getenv("MPWOLF_TEST_TREE"), os.Getenv("MPWOLF_TEST_MAKE")
	if dir == "" || args == "" {
		t.Skip("SKIPPED: set MPWOLF_TEST_TREE to a MicroPython tree and MPWOLF_TEST_MAKE to " +
			"make's arguments to run this test")
	}
	tree, err := micropython.Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	target, err := tree.Target("unix", "", "")
	if err != nil {
		t.Fatal(err)
	}
	target.Make = strings.Fields(args)
	temp := t.TempDir()
	modules := filepath.Join(temp, "modules")
	writeFiles(t, modules, realModules)
	o := Options{
		Target: target, Build: filepath.Join(temp, "build"), Modules: modules,
		Names:      []string{"good"},
		Wants:      []patches.Want{{Macro: "MICROPY_PY_SSL", Was: []string{"MICROPY_PY_USSL"}}},
		RunScripts: []string{filepath.Join(temp, "good.py")},
	}
	runExpect(t, o, true)
	o.Modules, o.Names = filepath.Join(temp, "clash"), nil
	report := runExpect(t, o, false)
	for _, text := range []string{"mp_init is defined twice", "py/runtime.o", "clash/tfm.o",
		"WOLFSSL_SP_MATH_ALL"} {
		if !strings.Contains(seen(report.Checks[1]), text) {
			var b bytes.Buffer
			_ = report.Text(&b)
			t.Errorf("symbols lacks %q\n%s", text, b.String())
		}
	}
}

// TestUnpatchedBuilds checks builds of unmodified MicroPython, with mbedTLS or axTLS: nothing
// may be defined twice in them, and the built-in TLS must be found. MPWOLF_TEST_BUILDS has a
// line for each: the tree, the build directory, and make's arguments, divided by spaces.
func TestUnpatchedBuilds(t *testing.T) {
	if testing.Short() {
		t.Skip("skipped with -short: needs real trees")
	}
	builds := os.Getenv("MPWOLF_TEST_BUILDS")
	if builds == "" {
		t.Skip("SKIPPED: set MPWOLF_TEST_BUILDS to lines of a tree, a build directory and " +
			"make's arguments to run this test")
	}
	for line := range strings.Lines(builds) {
		words := strings.Fields(line)
		if len(words) < 2 {
			continue
		}
		t.Run(filepath.Base(words[1]), func(t *testing.T) {
			tree, err := micropython.Open(words[0])
			if err != nil {
				t.Fatal(err)
			}
			target, err := tree.Target("unix", "", "")
			if err != nil {
				t.Fatal(err)
			}
			target.Make = words[2:]
			report, err := Run(t.Context(),
				Options{Target: target, Build: words[1], NoBuild: true})
			if err != nil {
				t.Fatal(err)
			}
			for _, c := range report.Checks {
				t.Logf("%s: %s", c.ID, c.Summary)
				if len(c.Findings) > 0 && c.ID != LeftoversID {
					t.Errorf("%s: %s", c.ID, seen(c))
				}
				if c.ID == LeftoversID && !strings.Contains(seen(c), "TLS: ") {
					t.Errorf("leftovers: %s", seen(c))
				}
			}
		})
	}
}
