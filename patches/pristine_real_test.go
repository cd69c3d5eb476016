package patches

import (
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"mpwolf/internal/build"
	"mpwolf/internal/micropython"
)

// moduleFragment is as much of a user module as the two ways have in common.
const moduleFragment = "WOLFSSL_MOD_DIR := $(USERMOD_DIR)\n" +
	"CFLAGS_USERMOD += -I$(WOLFSSL_MOD_DIR)\n" +
	"-include $(WOLFSSL_MOD_DIR)/pristine/$(WOLFSSL_PORT).mk\n"

// TestRealPristine checks that the two ways to make the wants true have the same result: every
// macro that the compiler knows after py/mpconfig.h, every flag, every object and every source
// that is searched for qstrs, for all variants of unix and for some boards
// (MPWOLF_TEST_BOARDS=all: for all of them).
func TestRealPristine(t *testing.T) {
	if testing.Short() {
		t.Skip("skipped with -short: needs real trees")
	}
	for _, tree := range realTrees(t) {
		for _, target := range comparedTargets(t, tree) {
			t.Run(filepath.Base(tree.Dir)+" "+target.Name(), func(t *testing.T) {
				compareWays(t, target)
			})
		}
	}
}

func comparedTargets(t *testing.T, tree *micropython.Tree) []micropython.Target {
	t.Helper()
	var targets []micropython.Target
	variants, err := tree.Variants("unix")
	if err != nil {
		t.Fatal(err)
	}
	for _, variant := range variants {
		target, err := tree.Target("unix", "", variant)
		if err != nil {
			t.Fatal(err)
		}
		targets = append(targets, target)
	}
	for _, compared := range comparedBoards {
		for _, target := range allBoards(t, tree, compared.port) {
			if os.Getenv("MPWOLF_TEST_BOARDS") == "all" ||
				slices.Contains(compared.boards, target.Board) {
				targets = append(targets, target)
			}
		}
	}
	return targets
}

func compareWays(t *testing.T, target micropython.Target) {
	t.Helper()
	wants := loadWants(t, target.Port)
	plan, err := New([]micropython.Target{target}, wants)
	if err != nil {
		t.Fatal(err)
	}
	inTree := target
	inTree.Tree = overlay(t, target.Tree, plan.Changes)
	module := filepath.Join(t.TempDir(), "modules", "m")
	pristine, err := Pristine{module}.Plan([]micropython.Target{target}, wants)
	if err != nil {
		t.Fatal(err)
	}
	if len(pristine.Changes) > 0 {
		t.Fatalf("the tree changes: %v", pristine.Changes)
	}
	bare := filepath.Join(t.TempDir(), "modules", "m")
	writeFiles(t, bare, map[string]string{"micropython.mk": moduleFragment})
	writeFiles(t, module, map[string]string{"micropython.mk": moduleFragment})
	for _, f := range pristine.Module {
		writeFiles(t, module, map[string]string{f.Path: string(f.Text)})
	}
	// The scanner's own reading first.
	config := Pristine{module}.Read(target)
	for _, want := range wants {
		if state := config.State(want); !state.Known || state.Value != want.Value {
			t.Errorf("%s: the scanner reads %d (known %v)", state.Name, state.Value, state.Known)
		}
	}
	a, b := lookAt(t, inTree, bare), lookAt(t, target, module)
	for _, line := range difference(a, b) {
		t.Error(line)
	}
}

// lookAt lists everything that make and the compiler say about a target, without the names of
// its directories.
func lookAt(t *testing.T, target micropython.Target, module string) []string {
	t.Helper()
	lists := []string{"OBJ", "SRC_QSTR", "SRC_C", "LIB_SRC_C", "EXTMOD_SRC_C", "SRC_THIRDPARTY_C",
		"LDFLAGS", "LIBS", "GIT_SUBMODULES"}
	flags, err := build.Probe(t.Context(), target, lists, "USER_C_MODULES="+filepath.Dir(module),
		"WOLFSSL_PORT="+target.Port)
	if err != nil {
		t.Skip(err) // such as freedos, whose compiler this machine lacks
	}
	var seen []string
	for _, name := range lists {
		for _, word := range strings.Fields(flags.Vars[name]) {
			seen = append(seen, name+" "+word)
		}
	}
	for _, flag := range flags.CFLAGS {
		seen = append(seen, "CFLAGS "+flag)
	}
	argv := append(slices.Concat(flags.CC, flags.CFLAGS), "-E", "-dM", "-x", "c", "-")
	cc := exec.CommandContext(t.Context(), argv[0], argv[1:]...)
	cc.Dir, cc.Stdin = flags.Dir, strings.NewReader("#include \"py/mpconfig.h\"\n")
	macros, err := cc.Output()
	if err != nil {
		t.Skip(err)
	}
	seen = append(seen, strings.Split(string(macros), "\n")...)
	names := strings.NewReplacer(module, "MODULE", filepath.Dir(module), "MODULES",
		target.Tree.Dir, "TREE")
	for i, line := range seen {
		seen[i] = names.Replace(line)
	}
	seen = slices.DeleteFunc(seen, func(line string) bool {
		return strings.Contains(line, "MP_CONFIGFILE")
	})
	slices.Sort(seen)
	return seen
}

// difference is the lines that only one of two sorted lists has.
func difference(a, b []string) []string {
	var lines []string
	for len(a) > 0 || len(b) > 0 {
		switch {
		case len(b) == 0 || len(a) > 0 && a[0] < b[0]:
			lines = append(lines, "only in the tree: "+a[0])
			a = a[1:]
		case len(a) == 0 || b[0] < a[0]:
			lines = append(lines, "only pristine: "+b[0])
			b = b[1:]
		default:
			a, b = a[1:], b[1:]
		}
	}
	return lines
}
