package tests_test

import (
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"mpwolf/internal/disk/disktest"
)

// TestModel runs random sequences of patch, edit, revert and upgrade, and compares the user's
// part of the files with a model: nothing of the user's may ever be missing, and after a final
// revert nothing of mpwolf's may be left. MPWOLF_TEST_SEQUENCES says how many sequences; the
// number of a sequence is its seed.
func TestModel(t *testing.T) {
	t.Parallel()
	sequences := 40
	if testing.Short() {
		sequences = 3
	}
	if text := os.Getenv("MPWOLF_TEST_SEQUENCES"); text != "" {
		var err error
		if sequences, err = strconv.Atoi(text); err != nil {
			t.Fatal(err)
		}
	}
	clean := newWorkplace(t)
	steps := 0
	for seed := range sequences {
		m := &model{workplace: clean.copy(), random: rand.New(rand.NewPCG(uint64(seed), 0))}
		m.start()
		for range 4 + m.random.IntN(8) {
			m.step()
			steps++
		}
		m.end()
		if t.Failed() {
			t.Fatalf("sequence %d: %s", seed, strings.Join(m.history, "; "))
		}
		os.RemoveAll(m.dir)
	}
	t.Logf("%d sequences, %d steps", sequences, steps)
}

// model is a workplace with the user's texts.
type model struct {
	*workplace
	random  *rand.Rand
	history []string
	// users are the texts that the user's files would have without mpwolf, line by line.
	users   map[string][]string
	patched bool
	edits   int
}

// modelled are the files that mpwolf changes, and one that it does not.
var modelled = []string{
	"micropython/ports/unix/mpconfigport.mk", "micropython/ports/unix/mpconfigport.h",
	"micropython/py/mpconfig.h",
}

func (m *model) start() {
	m.users = map[string][]string{}
	for _, name := range modelled {
		m.users[name] = m.lines(name)
	}
}

func (m *model) lines(name string) []string {
	m.t.Helper()
	text, err := os.ReadFile(m.path(name))
	if err != nil {
		m.t.Fatal(err)
	}
	return strings.SplitAfter(string(text), "\n")
}

func (m *model) step() {
	m.t.Helper()
	switch m.random.IntN(9) {
	case 0, 1:
		m.command("patch", "--port", "unix", "--wolfssl", "wolf")
	case 2:
		m.command("patch", "--port", "unix", "--variant", "coverage", "--wolfssl", "newer")
	case 3:
		m.command("revert")
	case 4:
		m.killed()
	case 5:
		m.overlap()
	default:
		m.edit()
	}
	m.check()
}

// command runs mpwolf. It may refuse if an edit touches mpwolf's lines; then nothing may have
// changed.
func (m *model) command(args ...string) {
	m.t.Helper()
	m.history = append(m.history, strings.Join(args, " "))
	before := m.describe()
	code, out := m.run(&disktest.Faulty{}, args...)
	switch {
	case code == 0:
		m.patched = args[0] == "patch"
	case m.describe() != before:
		m.t.Errorf("mpwolf %v refused and changed:\n%s\n%s", args,
			differing(before, m.describe()), out)
	default:
		m.t.Errorf("mpwolf %v: exit code %d:\n%s", args, code, out)
	}
}

// killed runs mpwolf until some change on disk, and then the next command.
func (m *model) killed() {
	m.t.Helper()
	args := []string{"patch", "--port", "unix", "--wolfssl", "wolf"}
	if m.patched && m.random.IntN(2) == 0 {
		args = []string{"revert"}
	}
	at := m.random.IntN(200)
	m.history = append(m.history, fmt.Sprintf("%s killed at %d", args[0], at))
	m.run(&disktest.Faulty{Err: disktest.ErrKilled, At: at}, args...)
	m.recover()
	m.command("revert")
}

// overlap edits a line of mpwolf's: revert refuses, and with --force saves a copy of what it
// removes.
func (m *model) overlap() {
	m.t.Helper()
	name := modelled[0]
	lines := m.lines(name)
	i := slices.IndexFunc(lines, func(l string) bool {
		return strings.HasPrefix(l, "MICROPY_PY_SSL = 0")
	})
	if !m.patched || i < 0 {
		return
	}
	m.history = append(m.history, "overlap, revert --force")
	lines[i] = "MICROPY_PY_SSL = 0# mine\n"
	text := strings.Join(lines, "")
	if err := os.WriteFile(m.path(name), []byte(text), 0o644); err != nil {
		m.t.Fatal(err)
	}
	before := m.describe()
	if code, out := m.run(&disktest.Faulty{}, "revert"); code != 3 || m.describe() != before {
		m.t.Fatalf("revert of an edited line: exit code %d, changed:\n%s\n%s", code,
			differing(before, m.describe()), out)
	}
	m.command("revert", "--force")
	saved, err := filepath.Glob(m.path("micropython/.mpwolf/saved/*/ports/unix/mpconfigport.mk"))
	if err != nil || len(saved) != 1 {
		m.t.Fatalf("saved copies: %q, %v", saved, err)
	}
	if copied, err := os.ReadFile(saved[0]); err != nil || string(copied) != text {
		m.t.Errorf("saved %q, %v; want %q", copied, err, text)
	}
	if err := os.RemoveAll(m.path("micropython/.mpwolf")); err != nil {
		m.t.Fatal(err)
	}
	m.users[name] = m.lines(name) // what was right beside the edited line is in the copy
}

// edit adds a line, removes one of the user's own, or changes one, away from other edits.
func (m *model) edit() {
	m.t.Helper()
	name := modelled[m.random.IntN(len(modelled))]
	lines, mine := m.lines(name), m.users[name]
	m.edits++
	line := fmt.Sprintf("// edit %d\n", m.edits)
	if strings.HasSuffix(name, ".mk") {
		line = "#" + line
	}
	switch kind := m.random.IntN(3); {
	case kind == 0: // at the top
		m.history = append(m.history, "add at the top of "+name)
		lines, mine = slices.Insert(lines, 0, line), slices.Insert(mine, 0, line)
	case kind == 1: // after a line that both texts have once
		at := m.common(lines, mine)
		if at == "" {
			return
		}
		m.history = append(m.history, fmt.Sprintf("add behind %q of %s", at, name))
		i, j := slices.Index(lines, at), slices.Index(mine, at)
		lines, mine = slices.Insert(lines, i+1, line), slices.Insert(mine, j+1, line)
	default: // away with an edit
		i := slices.IndexFunc(mine, func(l string) bool { return strings.Contains(l, "// edit ") })
		if i < 0 {
			return
		}
		m.history = append(m.history, fmt.Sprintf("take %q out of %s", mine[i], name))
		lines = slices.DeleteFunc(lines, func(l string) bool { return l == mine[i] })
		mine = slices.Delete(mine, i, i+1)
	}
	m.users[name] = mine
	if err := os.WriteFile(m.path(name), []byte(strings.Join(lines, "")), 0o644); err != nil {
		m.t.Fatal(err)
	}
}

// common is a line that occurs once in both texts and after which a line can be added: not in a
// continuation, and not beside mpwolf's lines, where the owner of an edit would be ambiguous.
func (m *model) common(lines, mine []string) string {
	var found []string
	for i, line := range lines {
		next := ""
		if i+1 < len(lines) {
			next = lines[i+1]
		}
		if count(lines, line) == 1 && count(mine, line) == 1 && strings.HasSuffix(line, "\n") &&
			!strings.HasSuffix(line, "\\\n") && (next == "" || slices.Contains(mine, next)) {
			found = append(found, line)
		}
	}
	if len(found) == 0 {
		return ""
	}
	return found[m.random.IntN(len(found))]
}

func count(lines []string, line string) int {
	n := 0
	for _, l := range lines {
		if l == line {
			n++
		}
	}
	return n
}

// check checks that no line of the user's is missing: in a tree that is not patched the files
// are the user's, in one that is, all edits are there.
func (m *model) check() {
	m.t.Helper()
	for _, name := range modelled {
		lines := m.lines(name)
		if !m.patched && !slices.Equal(lines, m.users[name]) {
			m.t.Errorf("%s is\n%q\nwant\n%q", name, lines, m.users[name])
		}
		for _, line := range m.users[name] {
			if strings.Contains(line, "// edit ") && count(lines, line) != 1 {
				m.t.Errorf("%s has %q %d times", name, line, count(lines, line))
			}
		}
	}
}

// end reverts: only the user's text is left.
func (m *model) end() {
	m.t.Helper()
	m.command("revert")
	m.check()
	for _, name := range []string{"micropython/.mpwolf", "micropython-modules"} {
		if _, err := os.Lstat(m.path(name)); err == nil {
			m.t.Errorf("%s is left", name)
		}
	}
}
