package patches

import (
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"mpwolf/internal/build"
	"mpwolf/internal/micropython"
)

// wantedLine is a line that sets one of the wanted macros or variables, under any name, in a
// makefile or a C header.
var wantedLine = regexp.MustCompile(
	`^\s*(?:#\s*(?:define|undef)\s+|(?:(?:export|override)\s+)*|[^#]*-[DU]\s*)` +
		`(MICROPY_PY_U?(?:SSL|HASHLIB|CRYPTOLIB)|MICROPY_SSL_(?:MBEDTLS|AXTLS)|` +
		`MICROPY_TRACKED_ALLOC)\b(\s*(?:[:?+]?=)|[^:?+=]|$)`)

// TestRealShapes checks that the scanner sees every line that sets a wanted macro, in any form,
// in every port and in the trees' shared files: each file by itself, with all its conditions
// open.
func TestRealShapes(t *testing.T) {
	if testing.Short() {
		t.Skip("skipped with -short: needs real trees")
	}
	for _, tree := range realTrees(t) {
		t.Run(filepath.Base(tree.Dir), func(t *testing.T) {
			files, lines := 0, 0
			for _, top := range []string{"ports", "py", "extmod", "drivers", "shared"} {
				err := filepath.WalkDir(tree.Path(top),
					func(name string, entry fs.DirEntry, err error) error {
						if err != nil || entry.IsDir() || strings.Contains(name, "/build") {
							return err
						}
						isMake := strings.HasSuffix(name, ".mk") || entry.Name() == "Makefile"
						if !isMake && !strings.HasSuffix(name, ".h") {
							return nil
						}
						n, err := checkShapes(t, tree, name, isMake)
						files++
						lines += n
						return err
					})
				if err != nil {
					t.Fatal(err)
				}
			}
			t.Logf("%d lines in %d files set a wanted macro", lines, files)
			if lines < 50 {
				t.Error("hardly any; what is looked for?")
			}
		})
	}
}

// checkShapes compares the lines that a regular expression finds in a file with the places that
// the scanner has.
func checkShapes(
	t *testing.T, tree *micropython.Tree, file string, isMake bool,
) (found int, err error) {
	t.Helper()
	text, err := os.ReadFile(file)
	if err != nil {
		return 0, err
	}
	rel, err := filepath.Rel(tree.Dir, file)
	if err != nil {
		return 0, err
	}
	rel = filepath.ToSlash(rel)
	var sites []*Site
	if isMake {
		run := &makeRun{src: newSource(tree), dir: filepath.Dir(rel), vars: map[string]makeVar{},
			pinned: map[string]bool{}, seen: map[string]int{}, depth: maxIncludes - 1}
		run.run(rel)
		sites = run.sites
	} else {
		run := &headerRun{src: newSource(tree), macros: map[string]cMacro{},
			seen: map[string]int{}, depth: maxIncludes - 1}
		run.run(rel)
		sites = run.sites
	}
	var opened bool
	for i, line := range strings.Split(string(text), "\n") {
		if !isMake {
			line, opened = blankComments(line, opened)
		}
		m := wantedLine.FindStringSubmatch(strings.TrimRight(line, "\r"))
		if m == nil || isMake == strings.HasPrefix(strings.TrimSpace(line), "#") {
			continue
		}
		if isMake && !strings.Contains(m[2], "=") && !strings.Contains(line, "-D") &&
			!strings.Contains(line, "-U") {
			continue // a word among others
		}
		found++
		if !slices.ContainsFunc(sites, func(s *Site) bool {
			return s.Line == i+1 && s.Macro == m[1]
		}) {
			t.Errorf("%s:%d: the scanner passes over: %s", rel, i+1, line)
		}
	}
	return found, nil
}

// TestRealOtherPorts asks make, and the compiler where the machine has it and the tree its
// headers, about every port that is built by make: what the scanner claims to know must be what
// they say.
func TestRealOtherPorts(t *testing.T) {
	if testing.Short() {
		t.Skip("skipped with -short: needs real trees")
	}
	wants := append(loadWants(t, "stm32"), Want{Variable: "MICROPY_PY_SSL"},
		Want{Variable: "MICROPY_PY_USSL"})
	for _, tree := range realTrees(t) {
		names, err := tree.Ports()
		if err != nil {
			t.Fatal(err)
		}
		for _, port := range names {
			if slices.Contains(Ports(), port) {
				continue // those have tests of their own
			}
			for _, target := range someTargets(t, tree, port) {
				t.Run(filepath.Base(tree.Dir)+" "+target.Name(), func(t *testing.T) {
					compareKnown(t, target, wants)
				})
			}
		}
	}
}

// someTargets are a port's variants and some of its boards; MPWOLF_TEST_BOARDS=all selects all.
func someTargets(t *testing.T, tree *micropython.Tree, port string) []micropython.Target {
	t.Helper()
	boards, err := tree.Boards(port)
	if err != nil {
		t.Fatal(err)
	}
	if most := 4; len(boards) > most && os.Getenv("MPWOLF_TEST_BOARDS") != "all" {
		boards = boards[:most]
	}
	if len(boards) == 0 {
		boards = []string{""}
	}
	var targets []micropython.Target
	for _, board := range boards {
		if target, err := tree.Target(port, board, ""); err == nil {
			targets = append(targets, target)
		}
	}
	return targets
}

func compareKnown(t *testing.T, target micropython.Target, wants []Want) {
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
		t.Skip(err)
	}
	values, compiled := flags.Effective(t.Context(), macros)
	for _, want := range wants {
		state := config.State(want)
		if !state.Known {
			if !fileAndLine.MatchString(state.Doubt) &&
				!strings.Contains(state.Doubt, "Makefile:") {
				t.Errorf("%s: not known, and not said where: %s", state.Name, state.Doubt)
			}
			continue
		}
		number, known := values[state.Name].Number, values[state.Name].Known
		if want.Variable != "" {
			number, known = MakeNumber(flags.Vars[state.Name])
		} else if compiled != nil {
			continue
		}
		if !known || number != state.Value {
			t.Errorf("%s: the scanner reads %d, make or the compiler %d (known %v)", state.Name,
				state.Value, number, known)
		}
	}
	if compiled != nil {
		t.Logf("variables only: %v", compiled)
	}
}
