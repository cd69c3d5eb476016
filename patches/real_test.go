package patches

import (
	"errors"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"mpwolf/internal/build"
	"mpwolf/internal/micropython"
)

// The tests of this file work on the trees below the directory that MPWOLF_TEST_TREES names; they
// change none of them.

func realTrees(t *testing.T) []*micropython.Tree {
	t.Helper()
	top := os.Getenv("MPWOLF_TEST_TREES")
	if top == "" {
		t.Skip("MPWOLF_TEST_TREES does not name a directory of MicroPython trees")
	}
	files, err := filepath.Glob(filepath.Join(top, "*", "py", "mpconfig.h"))
	if err != nil || len(files) == 0 {
		t.Fatalf("no trees in %s: %v", top, err)
	}
	var trees []*micropython.Tree
	for _, file := range files {
		tree, err := micropython.Open(filepath.Dir(filepath.Dir(file)))
		if err != nil {
			t.Fatal(err)
		}
		trees = append(trees, tree)
	}
	return trees
}

func loadWants(t *testing.T, port string) []Want {
	t.Helper()
	loaded, err := Load(port)
	if err != nil {
		t.Fatal(err)
	}
	wants := loaded.Wants
	return wants
}

// TestRealTrees plans unix in every tree and asks the compiler of this machine whether it reads
// the same as the scanner, before and after.
func TestRealTrees(t *testing.T) {
	if testing.Short() {
		t.Skip("skipped with -short: needs real trees")
	}
	for _, tree := range realTrees(t) {
		variants, err := tree.Variants("unix")
		if err != nil {
			t.Fatal(err)
		}
		for _, variant := range variants {
			t.Run(filepath.Base(tree.Dir)+" "+variant, func(t *testing.T) {
				target, err := tree.Target("unix", "", variant)
				if err != nil {
					t.Fatal(err)
				}
				compareBeforeAndAfter(t, target)
			})
		}
	}
}

// portBoards are a port's boards that are compared with the compiler, and the submodule without
// which it cannot compile.
type portBoards struct {
	port, needs string
	boards      []string
}

var comparedBoards = []portBoards{
	// One of each kind: F4 with Ethernet, F7 with a radio module, H7 whose makefile is another
	// board's.
	{"stm32", "lib/stm32lib/CMSIS", []string{"NUCLEO_F429ZI", "PYBD_SF2", "NUCLEO_H743ZI2"}},
	// With = and with ?=, and one without a network.
	{"mimxrt", "lib/nxp_driver/sdk", []string{"TEENSY41", "ADAFRUIT_METRO_M7", "TEENSY40"}},
	// The one with a network, whose values are no literals.
	{"alif", "lib/alif_ensemble-cmsis-dfp/Device", []string{"OPENMV_AE3"}},
	// The only one with a random number generator.
	{"renesas-ra", "lib/fsp/ra", []string{"ARDUINO_PORTENTA_C33"}},
}

// TestRealBoardsCompiled is TestRealTrees for boards, with the compiler for them and the headers
// of a submodule; MPWOLF_TEST_BOARDS=all selects all of them.
func TestRealBoardsCompiled(t *testing.T) {
	if testing.Short() {
		t.Skip("skipped with -short: needs real trees")
	}
	if _, err := exec.LookPath("arm-none-eabi-gcc"); err != nil {
		t.Skip(err)
	}
	for _, tree := range realTrees(t) {
		for _, compared := range comparedBoards {
			known, err := tree.Boards(compared.port)
			if err != nil {
				t.Fatal(err)
			}
			boards := compared.boards
			if os.Getenv("MPWOLF_TEST_BOARDS") == "all" {
				boards = known
			}
			for _, board := range boards {
				name := filepath.Base(tree.Dir) + " " + compared.port + " " + board
				t.Run(name, func(t *testing.T) {
					needs := tree.Path(filepath.FromSlash(compared.needs))
					if _, err := os.Stat(needs); err != nil {
						t.Skip("this tree lacks " + compared.needs)
					}
					if !slices.Contains(known, board) {
						t.Skip("this release has no such board")
					}
					target, err := tree.Target(compared.port, board, "")
					if err != nil {
						t.Fatal(err)
					}
					compareBeforeAndAfter(t, target)
				})
			}
		}
	}
}

func compareBeforeAndAfter(t *testing.T, target micropython.Target) {
	t.Helper()
	wants := loadWants(t, target.Port)
	compareWithCompiler(t, target, wants, false)
	plan, err := New([]micropython.Target{target}, wants)
	if err != nil {
		t.Fatal(err)
	}
	target.Tree = overlay(t, target.Tree, plan.Changes)
	compareWithCompiler(t, target, wants, true)
}

// compareWithCompiler checks that the scanner reads what make and the compiler see; with
// applied, that it is what is wanted.
func compareWithCompiler(t *testing.T, target micropython.Target, wants []Want, applied bool) {
	t.Helper()
	config := Read(target)
	var macros, variables []string
	for _, want := range wants {
		name, _ := config.Name(want)
		if want.Variable != "" {
			variables = append(variables, name)
		} else {
			macros = append(macros, name)
		}
	}
	flags, err := build.Probe(t.Context(), target, variables)
	if err != nil {
		t.Skip(err) // such as freedos, whose compiler this machine lacks
	}
	values, err := flags.Effective(t.Context(), macros)
	if err != nil {
		t.Skip(err)
	}
	for _, want := range wants {
		state := config.State(want)
		number, known := values[state.Name].Number, values[state.Name].Known
		if want.Variable != "" {
			number, known = MakeNumber(flags.Vars[state.Name])
		}
		if !state.Known || !known || number != state.Value {
			t.Errorf("%s: the scanner reads %d (known %v), the compiler %d (known %v)",
				state.Name, state.Value, state.Known, number, known)
		}
		if applied && number != want.Value {
			t.Errorf("%s is %d after the plan; wanted: %d", state.Name, number, want.Value)
		}
	}
}

// overlay is a tree of links to another's files, in which the changed files are real ones.
func overlay(t testing.TB, tree *micropython.Tree, changes []Change) *micropython.Tree {
	t.Helper()
	top := t.TempDir()
	changed := make(map[string][]byte)
	for _, c := range changes {
		changed[c.Path] = c.After
	}
	if err := linkDirectory(tree.Dir, top, "", changed); err != nil {
		t.Fatal(err)
	}
	copied, err := micropython.Open(top)
	if err != nil {
		t.Fatal(err)
	}
	copied.Make = tree.Make
	return copied
}

// linkDirectory links what is in a directory; a directory that holds a changed file, and the top,
// is a real one.
func linkDirectory(from, to, rel string, changed map[string][]byte) error {
	entries, err := os.ReadDir(filepath.Join(from, rel))
	if err != nil {
		return err
	}
	for _, entry := range entries {
		name := filepath.ToSlash(filepath.Join(rel, entry.Name()))
		text, isChanged := changed[name]
		switch {
		case isChanged:
			err = os.WriteFile(filepath.Join(to, name), text, 0o644)
		case entry.IsDir() && (holdsChanged(name, changed) || rel == "" && name != "lib"):
			if err = os.Mkdir(filepath.Join(to, name), 0o755); err == nil {
				err = linkDirectory(from, to, name, changed)
			}
		default:
			err = os.Symlink(filepath.Join(from, name), filepath.Join(to, name))
		}
		if err != nil && !errors.Is(err, fs.ErrExist) {
			return err
		}
	}
	return nil
}

func holdsChanged(directory string, changed map[string][]byte) bool {
	for name := range changed {
		if strings.HasPrefix(name, directory+"/") {
			return true
		}
	}
	return false
}

// TestRealBoards plans every board in every tree, each alone and all of a port at once.
func TestRealBoards(t *testing.T) {
	if testing.Short() {
		t.Skip("skipped with -short: needs real trees")
	}
	for _, tree := range realTrees(t) {
		for _, compared := range comparedBoards {
			t.Run(filepath.Base(tree.Dir)+" "+compared.port, func(t *testing.T) {
				wants := loadWants(t, compared.port)
				targets := allBoards(t, tree, compared.port)
				if len(targets) == 0 {
					t.Skip("this release has no such port")
				}
				for _, target := range targets {
					plan, err := New([]micropython.Target{target}, wants)
					if err != nil {
						t.Error(err)
						continue
					}
					checkShape(t, plan)
				}
				plan, err := New(targets, wants)
				if err != nil {
					t.Fatal(err)
				}
				t.Logf("%s: %d boards; all at once: %d files", tree.Version, len(targets),
					len(plan.Changes))
			})
		}
	}
}

// checkShape checks that a plan for a board is what a maintainer would have written: a value in
// the board's makefile or the port's header, or the one marked block, with at most two macros.
func checkShape(t *testing.T, plan *Plan) {
	t.Helper()
	for _, c := range plan.Changes {
		header, makefile := strings.HasSuffix(c.Path, "/mpconfigport.h"), strings.HasSuffix(c.Path,
			"/mpconfigboard.mk")
		if !header && !makefile {
			t.Errorf("%s: changes %s", plan.Targets[0].Target.Name(), c.Path)
		}
		before, after := strings.Count(string(c.Before),
			"\n"), strings.Count(string(c.After), "\n")
		if makefile && before != after || header && after > before+8 {
			t.Errorf("%s: %s grows from %d to %d lines", plan.Targets[0].Target.Name(),
				c.Path, before, after)
		}
	}
}

func allBoards(t *testing.T, tree *micropython.Tree, port string) []micropython.Target {
	t.Helper()
	boards, err := tree.Boards(port)
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
