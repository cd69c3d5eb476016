package patches

import (
	"errors"
	"fmt"
	"io/fs"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"mpwolf/internal/build"
	"mpwolf/internal/micropython"
)

// A mutation changes how a tree sets the wanted macros, as a later release or a user might:
// lines move, get other names and operators, end up under conditions, twice, or in comments.
// Whatever it does, the resulting plan must be right according to make and the compiler, or
// there must be an error with file and line.

// mutationCount is how many mutations are tried; MPWOLF_TEST_MUTATIONS sets the number for each
// port, or real tree.
const mutationCount = 100

func TestMutations(t *testing.T) {
	if testing.Short() {
		t.Skip("skipped with -short: needs a C compiler")
	}
	files := directoryFiles(t, filepath.Join("..", "tests", "testdata", "tree"))
	for _, c := range []*mutated{
		{port: "stm32", board: "NET", files: []string{
			"ports/stm32/boards/NET/mpconfigboard.mk", "ports/stm32/boards/NET/mpconfigboard.h",
			"ports/stm32/mpconfigport.h", "extmod/extmod.mk", "py/mpconfig.h",
		}},
		{port: "alif", board: "AE3", files: []string{
			"ports/alif/boards/AE3/mpconfigboard.mk", "ports/alif/boards/AE3/mpconfigboard.h",
			"ports/alif/mpconfigport.h", "extmod/extmod.mk", "py/mpconfig.h",
		}},
		{port: "mimxrt", board: "EVK", files: []string{
			"ports/mimxrt/boards/EVK/mpconfigboard.mk", "ports/mimxrt/boards/EVK/mpconfigboard.h",
			"ports/mimxrt/mpconfigport.h", "extmod/extmod.mk", "py/mpconfig.h",
		}},
		{port: "renesas-ra", board: "C33", files: []string{
			"ports/renesas-ra/boards/C33/mpconfigboard.mk",
			"ports/renesas-ra/boards/C33/mpconfigboard.h",
			"ports/renesas-ra/mpconfigport.h", "extmod/extmod.mk", "py/mpconfig.h",
		}},
		{port: "unix", files: []string{
			"ports/unix/mpconfigport.mk", "ports/unix/mpconfigport.h",
			"ports/unix/variants/standard/mpconfigvariant.mk",
			"ports/unix/variants/standard/mpconfigvariant.h", "extmod/extmod.mk", "py/mpconfig.h",
		}},
	} {
		t.Run(c.port, func(t *testing.T) {
			t.Parallel()
			dir := t.TempDir()
			writeFiles(t, dir, files)
			c.run(t, dir, files, mutations(mutationCount/2))
		})
	}
}

// realMutated are the files of real trees that are mutated.
var realMutated = []mutated{
	{port: "unix", files: []string{
		"ports/unix/mpconfigport.mk", "ports/unix/mpconfigport.h",
		"ports/unix/variants/standard/mpconfigvariant.mk",
		"ports/unix/variants/standard/mpconfigvariant.h", "extmod/extmod.mk",
	}, others: []string{"ports/unix/Makefile", "ports/unix/variants/mpconfigvariant_common.h"}},
	{port: "stm32", board: "NUCLEO_F429ZI", files: []string{
		"ports/stm32/boards/NUCLEO_F429ZI/mpconfigboard.mk",
		"ports/stm32/boards/NUCLEO_F429ZI/mpconfigboard.h",
		"ports/stm32/mpconfigport.h", "ports/stm32/mpconfigport.mk", "extmod/extmod.mk",
	}, others: []string{"ports/stm32/Makefile"}},
}

// TestRealMutations mutates copies of the port's files of real trees; those of stm32 need its
// compiler and lib/stm32lib.
func TestRealMutations(t *testing.T) {
	if testing.Short() {
		t.Skip("skipped with -short: needs real trees")
	}
	const count = 40 // a tree
	for _, tree := range realTrees(t) {
		for _, c := range realMutated {
			t.Run(filepath.Base(tree.Dir)+" "+c.port, func(t *testing.T) {
				if _, err := os.Stat(tree.Path("lib", "stm32lib", "CMSIS")); err != nil &&
					c.port == "stm32" {
					t.Skip("this tree lacks lib/stm32lib")
				}
				if _, err := exec.LookPath("arm-none-eabi-gcc"); err != nil && c.port == "stm32" {
					t.Skip(err)
				}
				files := make(map[string]string)
				var copies []Change
				// What a plan may edit must be a copy, not a link to the tree.
				for _, name := range slices.Concat(c.files, c.others) {
					text, err := os.ReadFile(tree.Path(filepath.FromSlash(name)))
					if errors.Is(err, fs.ErrNotExist) {
						continue // mpconfigvariant_common.h is new in v1.20
					}
					if err != nil {
						t.Fatal(err)
					}
					files[name] = string(text)
					copies = append(copies, Change{Path: name, After: text})
				}
				c.run(t, overlay(t, tree, copies).Dir, files, mutations(count))
			})
		}
	}
}

func mutations(usual int) int {
	if n, err := strconv.Atoi(os.Getenv("MPWOLF_TEST_MUTATIONS")); err == nil {
		return n
	}
	return usual
}

func directoryFiles(t *testing.T, top string) map[string]string {
	t.Helper()
	files := make(map[string]string)
	err := filepath.WalkDir(top, func(name string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		text, err := os.ReadFile(name)
		rel, relErr := filepath.Rel(top, name)
		files[filepath.ToSlash(rel)] = string(text)
		return errors.Join(err, relErr)
	})
	if err != nil {
		t.Fatal(err)
	}
	return files
}

// mutated is a target whose files are changed at random.
type mutated struct {
	port, board string
	files       []string
	others      []string // that a plan may edit and that are not mutated

	count, pristine int // trees that were judged, and those that the pristine way too made right
}

// outcomes count what became of the mutations.
type outcomes struct{ right, refused, broken int }

func (c *mutated) run(t *testing.T, dir string, files map[string]string, count int) {
	wants := loadWants(t, c.port)
	var sum outcomes
	for seed := range count {
		m := &mutator{Rand: rand.New(rand.NewPCG(uint64(seed), 1)), files: map[string]string{}}
		for _, name := range c.files {
			m.files[name] = files[name]
		}
		for range 1 + m.IntN(3) {
			m.mutate(c.files)
		}
		writeFiles(t, dir, m.files)
		if problem := c.judge(t, dir, wants, &sum); problem != "" {
			t.Errorf("seed %d: %s\n%s", seed, problem, m.show(files))
		}
	}
	t.Logf("%d mutations: %d right, %d refused with file and line, %d that make or the compiler "+
		"refuses; %d right pristine",
		count, sum.right, sum.refused, sum.broken, c.pristine)
	if sum.right < count/4 || sum.refused == 0 || c.pristine < count/12 {
		t.Errorf("the mutations are too tame or too wild to say anything: %+v", sum)
	}
}

func writeFiles(t testing.TB, dir string, files map[string]string) {
	t.Helper()
	for name, text := range files {
		file := filepath.Join(dir, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(file, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
}

var fileAndLine = regexp.MustCompile(`[\w/.-]+\.(h|mk|cmake|txt):\d+`)

// judge plans and applies, and says what is wrong: a value that the scanner claims to know and
// the compiler does not see, or an error without a place.
func (c *mutated) judge(t *testing.T, dir string, wants []Want, sum *outcomes) string {
	t.Helper()
	tree, err := micropython.Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	target, err := tree.Target(c.port, c.board, "")
	if err != nil {
		t.Fatal(err)
	}
	if problem := misread(t, target, wants, false); problem != "" {
		return problem
	}
	if problem := c.judgePristine(t, target, wants); problem != "" {
		return "pristine: " + problem
	}
	plan, err := New([]micropython.Target{target}, wants)
	if err != nil {
		sum.refused++
		if !fileAndLine.MatchString(err.Error()) {
			return "an error without file and line: " + err.Error()
		}
		return ""
	}
	for _, change := range plan.Changes {
		// A plan names regular files only, so that nothing is written through the links of an
		// overlay.
		if err := os.WriteFile(tree.Path(filepath.FromSlash(change.Path)), change.After,
			0o644); err != nil {
			t.Fatal(err)
		}
	}
	problem := misread(t, target, wants, true)
	switch problem {
	case "":
		sum.right++
	case refusedByCompiler:
		sum.broken++
		return ""
	}
	return problem
}

// judgePristine does the same for the pristine way, on every third tree.
func (c *mutated) judgePristine(t *testing.T, target micropython.Target, wants []Want) string {
	t.Helper()
	if c.count++; c.count%3 != 0 {
		return ""
	}
	module := filepath.Join(t.TempDir(), "modules", "m")
	plan, err := Pristine{module}.Plan([]micropython.Target{target}, wants)
	if err != nil {
		if !fileAndLine.MatchString(err.Error()) {
			return "an error without file and line: " + err.Error()
		}
		return ""
	}
	writeFiles(t, module, map[string]string{"micropython.mk": moduleFragment,
		"micropython.cmake": cmakeModule})
	for _, f := range plan.Module {
		writeFiles(t, module, map[string]string{f.Path: string(f.Text)})
	}
	modules := filepath.Dir(module)
	if target.CMake() {
		modules = module
	}
	target.Make = append(slices.Clone(target.Make), "USER_C_MODULES="+modules,
		"WOLFSSL_PORT="+target.Port)
	problem := misreadBy(t, Pristine{module}.Read(target), target, wants, true)
	if problem == refusedByCompiler {
		return ""
	}
	c.pristine++
	return problem
}

// refusedByCompiler marks a tree that make or the compiler refuses, and reports to the user.
const refusedByCompiler = "refused"

// misread says where the scanner claims to know a value and is wrong or, with applied, where a
// want does not hold.
func misread(t *testing.T, target micropython.Target, wants []Want, applied bool) string {
	t.Helper()
	return misreadBy(t, Read(target), target, wants, applied)
}

func misreadBy(
	t *testing.T, config *Config, target micropython.Target, wants []Want, applied bool,
) string {
	t.Helper()
	var names, variables []string
	for _, want := range wants {
		name, _ := config.Name(want)
		if want.Variable != "" {
			variables = append(variables, name)
		}
		names = append(names, name)
	}
	flags, err := build.Probe(t.Context(), target, variables)
	if err != nil {
		return refusedIf(applied)
	}
	values, err := flags.Effective(t.Context(), names)
	if err != nil {
		return refusedIf(applied)
	}
	for i, want := range wants {
		number, known := values[names[i]].Number, values[names[i]].Known
		if want.Variable != "" {
			number, known = MakeNumber(flags.Vars[names[i]])
		}
		state := config.State(want)
		switch {
		case state.Known && !known:
			return fmt.Sprintf("%s: the scanner reads %d, the compiler no number",
				names[i], state.Value)
		case state.Known && number != state.Value:
			return fmt.Sprintf("%s: the scanner reads %d, the compiler %d (applied: %v)", names[i],
				state.Value, number, applied)
		case applied && number != want.Value:
			return fmt.Sprintf("%s is %d after the plan", names[i], number)
		}
	}
	return ""
}

// refusedIf is the result for a tree that the compiler refuses: before the plan, the plan itself
// may still say why.
func refusedIf(applied bool) string {
	if applied {
		return refusedByCompiler
	}
	return ""
}

// mutator changes files at random, from a seed.
type mutator struct {
	*rand.Rand
	files map[string]string
}

func (m *mutator) pick(list ...string) string { return list[m.IntN(len(list))] }

// wanted are the names that the mutations are about, and some that matter to them.
var wanted = []string{
	"MICROPY_PY_SSL", "MICROPY_SSL_MBEDTLS", "MICROPY_PY_CRYPTOLIB", "MICROPY_PY_HASHLIB",
	"MICROPY_TRACKED_ALLOC",
}

var otherNames = []string{
	"MICROPY_PY_USSL", "MICROPY_PY_UHASHLIB", "MICROPY_PY_UCRYPTOLIB", "MICROPY_PY_SSL_X",
	"MICROPY_BLUETOOTH_BTSTACK",
}

func (m *mutator) mutate(names []string) {
	name := names[m.IntN(len(names))]
	lines := strings.Split(strings.TrimSuffix(m.files[name], "\n"), "\n")
	if isCMake(name) {
		m.files[name] = m.mutateCMake(lines)
		return
	}
	isHeader := strings.HasSuffix(name, ".h")
	var at []int // the lines that set something
	for i, line := range lines {
		if setsSomething.MatchString(line) {
			at = append(at, i)
		}
	}
	if len(at) == 0 || m.IntN(4) == 0 {
		m.files[name] = join(m.insert(lines, isHeader))
		return
	}
	i := at[m.IntN(len(at))]
	switch m.IntN(8) {
	case 0:
		m.move(name, lines, i, names)
		return
	case 1:
		lines[i] = wantedName.ReplaceAllString(lines[i],
			m.pick(slices.Concat(wanted, otherNames)...))
	case 2:
		lines = m.wrap(lines, i, isHeader)
	case 3:
		lines = slices.Insert(lines, m.IntN(len(lines)+1), m.other(lines[i]))
	case 4:
		lines = m.comment(lines, i, isHeader)
	case 5:
		lines[i] = m.restyle(lines[i], isHeader)
	case 6:
		lines[i] = m.other(lines[i])
	case 7:
		m.files[name] = strings.ReplaceAll(join(lines), "\n", "\r\n")
		return
	}
	m.files[name] = join(lines)
}

var (
	setsSomething = regexp.MustCompile(
		`MICROPY_(PY_U?(SSL|HASHLIB|CRYPTOLIB)|SSL_MBEDTLS|TRACKED_ALLOC)\w*`)
	wantedName = regexp.MustCompile(`MICROPY_\w+`)
	lastValue  = regexp.MustCompile(`\(?\b[01]\)?\s*$`)
)

func join(lines []string) string { return strings.Join(lines, "\n") + "\n" }

// move takes a line to another place, maybe of another file of its kind.
func (m *mutator) move(name string, lines []string, i int, names []string) {
	line := lines[i]
	m.files[name] = join(slices.Delete(slices.Clone(lines), i, i+1))
	var same []string
	for _, other := range names {
		if filepath.Ext(other) == filepath.Ext(name) {
			same = append(same, other)
		}
	}
	to := m.pick(same...)
	target := strings.Split(strings.TrimSuffix(m.files[to], "\n"), "\n")
	m.files[to] = join(slices.Insert(target, m.IntN(len(target)+1), line))
}

// insert adds a line or two that set something.
func (m *mutator) insert(lines []string, isHeader bool) []string {
	name, value := m.pick(wanted...), m.pick("0", "1")
	var added []string
	if isHeader {
		value = m.pick("("+value+")", value, "(MICROPY_BLUETOOTH_BTSTACK)", "(!MICROPY_PY_SSL)",
			"", "(__GNUC__ > 3)", "(A_B(1))")
		added = []string{"#define " + name + " " + value}
		switch m.IntN(4) {
		case 0:
			added = []string{"#undef " + name}
		case 1:
			added = append([]string{"#undef " + name}, added...)
		case 2:
			added = []string{"#ifndef " + name, added[0], "#endif"}
		}
	} else {
		op := m.pick("=", ":=", "?=", "+=", "::=", "!=")
		if op == "!=" {
			value = "echo " + value
		}
		added = []string{m.pick(
			name+" "+op+" "+value, "override "+name+" = "+value, "export "+name+" = "+value,
			"CFLAGS += -D"+name+"="+value, "CFLAGS += -U"+name, "CFLAGS += -DX=1 -D "+name,
			"CFLAGS_EXTMOD += '-D"+name+"="+value+"'", name+" = $(if $(BOARD),"+value+",)",
			name+" = $(shell echo "+value+")", "undefine "+name, "$(eval "+name+" = "+value+")",
			"define "+name+"\n"+value+"\nendef",
			"ANY = x\nANY_FLAGS = -D"+name+"="+value+"\nCFLAGS += $(ANY_FLAGS)",
			"all: "+name+" = "+value, name+"="+value+"#"+value,
		)}
	}
	return slices.Insert(lines, m.IntN(len(lines)+1), added...)
}

func (m *mutator) wrap(lines []string, i int, isHeader bool) []string {
	name := m.pick(wanted...)
	var begin string
	otherwise, end := "else", "endif"
	if isHeader {
		begin = m.pick("#if 0", "#if 1", "#ifdef "+name, "#ifndef "+name, "#if "+name,
			"#if !"+name, "#if __GNUC__ > 3",
			"#ifdef __linux__", "#if MICROPY_VERSION_MINOR >= 25",
			"#  if defined("+name+") && "+name, "#if 0 // \\",
			"#if 0\n#elif 1", "#if 1\n#elif 1", "#if defined __GNUC__ || 1",
			"#if '0' == 48", "#if 1 ? 0 : 1")
		otherwise, end = "#else", "#endif"
	} else {
		begin = m.pick("ifeq ($("+name+"),1)", "ifneq ($("+name+"),1)",
			"ifdef "+name, "ifndef "+name,
			"ifeq ($(shell echo x),x)", "ifeq ($(origin CC),default)",
			"ifeq (a, a)", "ifeq 'a' \"a\"",
			"ifneq ($(wildcard Makefile),)", "ifeq ($(filter a b,b c),b)",
			"ifeq (0,1)\nelse ifeq (1,1)", "ifneq ($(strip $(BOARD)),)")
	}
	var block []string
	block = append(block, begin, lines[i])
	if m.IntN(2) == 0 {
		block = append(block, otherwise, m.other(lines[i]))
	}
	return slices.Replace(lines, i, i+1, append(block, end)...)
}

// other is the line with the other value.
func (m *mutator) other(line string) string {
	return lastValue.ReplaceAllStringFunc(line, func(v string) string {
		return strings.NewReplacer("0", "1", "1", "0").Replace(v)
	})
}

func (m *mutator) comment(lines []string, i int, isHeader bool) []string {
	if !isHeader {
		lines[i] = m.pick("# ", "#", "  #") + lines[i]
		return lines
	}
	switch m.IntN(4) {
	case 0:
		lines[i] = "// " + lines[i]
	case 1:
		lines[i] = "/* " + lines[i] + " */"
	case 2:
		lines[i] = "/* */ " + lines[i] + " /* and"
		lines = slices.Insert(lines, i+1, "that */ // */")
	case 3:
		lines = slices.Insert(lines, i, "/*", "*/ /* // */")
	}
	return lines
}

func (m *mutator) restyle(line string, isHeader bool) string {
	if isHeader {
		return m.pick(strings.Replace(line, "#define ", "#  define\t", 1), "  "+line,
			line+" // (0)", line+" /* 1 */",
			strings.Replace(line, "#define ", "#define \\\n  ", 1),
			strings.Replace(line, "MICROPY_", "MICROPY\\\n_", 1),
			line+" \\\n", strings.Replace(line, "(", "((", 1)+")",
			strings.Replace(line, "#", "%:", 1),
			strings.Replace(line, " (", "(", 1))
	}
	return m.pick(strings.Replace(line, " = ", "=", 1), strings.Replace(line, " = ", " := ", 1),
		line+" # 0", line+"\t",
		strings.Replace(line, " = ", " ?= ", 1), strings.Replace(line, " = ", " = \\\n", 1),
		"  "+line, "\t"+line,
		strings.Replace(line, " = ", " += ", 1), "override "+line)
}

// show is what the mutations did, for a failure.
func (m *mutator) show(files map[string]string) string {
	var b strings.Builder
	for name, text := range m.files {
		if text != files[name] {
			fmt.Fprintf(&b, "--- %s\n%s", name, text)
		}
	}
	return b.String()
}
