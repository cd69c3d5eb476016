package patches

import (
	"path/filepath"
	"strings"
	"testing"

	"mpwolf/internal/micropython"
)

// testdataTargets are boards of stm32, or the unix port without any, in a copy of the tests' small
// tree.
func testdataTargets(
	t *testing.T, changes map[string]string, port string, boards ...string,
) []micropython.Target {
	t.Helper()
	dir := t.TempDir()
	writeFiles(t, dir, directoryFiles(t, filepath.Join("..", "tests", "testdata", "tree")))
	writeFiles(t, dir, changes)
	tree, err := micropython.Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	var targets []micropython.Target
	for _, board := range boards {
		target, err := tree.Target(port, board, "")
		if err != nil {
			t.Fatal(err)
		}
		targets = append(targets, target)
	}
	return targets
}

func settings(plan *Plan) string {
	var lines []string
	for _, f := range plan.Module {
		for line := range strings.Lines(string(f.Text)) {
			line = strings.TrimSpace(line)
			if line != "" && !strings.HasPrefix(line, "# ") && !strings.HasPrefix(line, "//") {
				lines = append(lines, line)
			}
		}
	}
	return strings.Join(lines, "\n")
}

const boardsFragment = `MICROPY_PY_SSL = 0
MICROPY_SSL_MBEDTLS = 0
CFLAGS_USERMOD += -DMP_CONFIGFILE='"pristine/stm32.h"'
QSTR_GLOBAL_DEPENDENCIES += $(WOLFSSL_MOD_DIR)/pristine/stm32.h
#include <mpconfigport.h>
#undef MICROPY_PY_HASHLIB
#define MICROPY_PY_HASHLIB (0)
#undef MICROPY_TRACKED_ALLOC
#define MICROPY_TRACKED_ALLOC (1)`

// TestPristineServesAllBoards: boards with different needs share the two files, in any order.
func TestPristineServesAllBoards(t *testing.T) {
	if testing.Short() {
		t.Skip("skipped with -short: needs a C compiler")
	}
	wants := loadWants(t, "stm32")
	for _, boards := range [][]string{{"SMALL", "NET", "NET_DEFAULTS", "NET_TWIN"},
		{"NET_TWIN", "SMALL"}} {
		targets := testdataTargets(t, nil, "stm32", boards...)
		module := filepath.Join(t.TempDir(), "modules", "m")
		plan, err := Pristine{module}.Plan(targets, wants)
		if err != nil {
			t.Fatal(err)
		}
		if got := settings(plan); got != boardsFragment && !strings.HasPrefix(boards[0], "SMALL") {
			t.Errorf("%v: got:\n%s", boards, got)
		}
		writeFiles(t, module, map[string]string{"micropython.mk": moduleFragment})
		for _, f := range plan.Module {
			writeFiles(t, module, map[string]string{f.Path: string(f.Text)})
		}
		for _, target := range targets {
			target.Make = append(target.Make, "USER_C_MODULES="+filepath.Dir(module),
				"WOLFSSL_PORT=stm32")
			config := Pristine{module}.Read(target)
			if problem := misreadBy(t, config, target, wants, true); problem != "" {
				t.Errorf("%s: %s", target.Name(), problem)
			}
		}
	}
}

func TestPristineStops(t *testing.T) {
	for _, test := range []struct {
		name    string
		changes map[string]string
		make    string
		message string
	}{
		{"a configuration header of the build's own", nil,
			`CFLAGS_EXTRA=-DMP_CONFIGFILE='"mine.h"'`,
			"patch unix: make's command line: this build has its own configuration header, " +
				"named by MP_CONFIGFILE, which --pristine would replace"},
		{"the same in a makefile",
			map[string]string{
				"ports/unix/mpconfigport.mk": "CFLAGS += -DMP_CONFIGFILE='\"mine.h\"'\n"}, "A=B",
			"patch unix: ports/unix/mpconfigport.mk:1: this build has its own configuration " +
				"header, named by MP_CONFIGFILE, which --pristine would replace"},
		{"a release without user modules", map[string]string{"py/py.mk": "\n"}, "A=B",
			"patch unix: found no edit that makes MICROPY_PY_SSL 0; it is set at " +
				"ports/unix/mpconfigport.mk:5, extmod/extmod.mk:2"},
		{"make's command line", nil, "MICROPY_PY_SSL=1",
			"patch unix: found no edit that makes MICROPY_PY_SSL 0: it is set by " +
				"make's command line"},
	} {
		target := testdataTargets(t, test.changes, "unix", "")[0]
		target.Make = append(target.Make, test.make)
		_, err := Pristine{filepath.Join(t.TempDir(), "m", "m")}.Plan([]micropython.Target{target},
			loadWants(t, "unix"))
		if err != nil {
			if got := err.Error(); got != test.message {
				t.Errorf("%s: got %q", test.name, got)
			}
		} else if test.message != "" {
			t.Errorf("%s: no error", test.name)
		}
	}
}
