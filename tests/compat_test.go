package tests_test

import (
	"bytes"
	"debug/elf"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"mpwolf/internal/micropython"
)

// The support matrix: what scripts/compat tries, on which trees, with which result. The results
// are in docs/compat.tsv, a line for each step, and docs/compat.md has them as a table.

// compatSteps are tried for each target, in this order. The names are those of the results and of
// the table.
var compatSteps = []struct {
	name string
	run  func(c *compat, target micropython.Target) (detail string, err error)
}{
	{"patch", (*compat).patch},
	{"verify", (*compat).verify},
	{"upstream", (*compat).upstream},
	{"revert", (*compat).revert},
	{"pristine patch", (*compat).patchPristine},
	{"pristine make", (*compat).makePristine},
	{"pristine verify", (*compat).verify},
	{"pristine revert", (*compat).revert},
	{"by hand", (*compat).byHand},
}

// compatResult is one line of docs/compat.tsv.
type compatResult struct {
	release, target, step string
	// outcome is ok, FAIL or untested.
	outcome, detail string
}

const compatHeader = "release\ttarget\tstep\tresult\tdetail\n"

func (r compatResult) String() string {
	return strings.Join([]string{r.release, r.target, r.step, r.outcome, r.detail}, "\t") + "\n"
}

// errUntested is a step that cannot be tried here.
type errUntested string

func (e errUntested) Error() string { return string(e) }

// compat is a working copy of one tree.
type compat struct {
	t       *testing.T
	mpwolf  string
	work    string // the directory for everything that is made
	wolfssl string
	make    []string // further arguments of make
	tree    *micropython.Tree
	before  map[string]string // of each file of the tree, its mode and hash
}

// TestCompat is scripts/compat, which says what the variables are.
func TestCompat(t *testing.T) {
	longOnly(t, "needs a compiler and real sources")
	trees := strings.Fields(os.Getenv("MPWOLF_COMPAT_TREES"))
	if len(trees) == 0 {
		t.Skip("MPWOLF_COMPAT_TREES names no trees; scripts/compat does")
	}
	c := &compat{
		t: t, work: os.Getenv("MPWOLF_COMPAT_WORK"), wolfssl: os.Getenv("MPWOLF_COMPAT_WOLFSSL"),
		make: strings.Fields(os.Getenv("MPWOLF_COMPAT_MAKE")),
	}
	c.mpwolf = filepath.Join(c.work, "mpwolf")
	if out, err := exec.Command("go", "build", "-o", c.mpwolf, "..").CombinedOutput(); err != nil {
		t.Fatalf("go build: %v\n%s", err, out)
	}
	for _, dir := range trees {
		c.copyTree(dir)
		for _, name := range strings.Fields(os.Getenv("MPWOLF_COMPAT_TARGETS")) {
			c.target(name)
		}
	}
}

// copyTree makes the working copy: in the same place for all trees, so that a compiler cache
// recognises it.
func (c *compat) copyTree(dir string) {
	c.t.Helper()
	copied := filepath.Join(c.work, "micropython")
	for _, argv := range [][]string{{"rm", "-rf", copied}, {"cp", "-a", dir + "/.", copied}} {
		if out, err := exec.Command(argv[0], argv[1:]...).CombinedOutput(); err != nil {
			c.t.Fatalf("%v: %v\n%s", argv, err, out)
		}
	}
	var err error
	if c.tree, err = micropython.Open(copied); err != nil {
		c.t.Fatal(err)
	}
	// mpy-cross first, as in MicroPython's documentation: a make that is given BUILD builds it
	// there too, among the firmware's objects.
	if _, err := c.run("make", "-j2", "-C", filepath.Join(copied, "mpy-cross")); err != nil {
		c.t.Fatal(err)
	}
	c.before = c.snapshot()
}

func (c *compat) target(name string) {
	port, sub, _ := strings.Cut(name, ":")
	board, variant := sub, ""
	if boards, err := c.tree.Boards(port); err != nil {
		c.t.Fatal(err)
	} else if len(boards) == 0 {
		board, variant = "", sub
	}
	target, err := c.tree.Target(port, board, variant)
	failed := ""
	skipped := strings.Split(os.Getenv("MPWOLF_COMPAT_SKIP"), ",")
	for _, step := range compatSteps {
		result := compatResult{c.tree.Version.String(), name, step.name, "ok", ""}
		switch {
		case err != nil: // this release has no such board
			result.outcome, result.detail = "untested", err.Error()
		case slices.Contains(skipped, step.name): // an earlier run's result still counts
			continue
		case failed != "":
			result.outcome, result.detail = "untested", "after "+failed
		default:
			detail, err := step.run(c, target)
			result.detail = detail
			if untested := errUntested(""); errors.As(err, &untested) {
				result.outcome, result.detail = "untested", string(untested)
			} else if err != nil {
				result.outcome, result.detail = "FAIL", err.Error()
				c.t.Errorf("%s %s: %s: %v", result.release, name, step.name, err)
			}
		}
		if strings.HasSuffix(step.name, "patch") && result.outcome == "FAIL" {
			failed = step.name
		}
		if strings.HasSuffix(step.name, "revert") {
			failed = ""
		}
		c.note(result)
	}
}

// note adds a line to the results and writes them at once.
func (c *compat) note(r compatResult) {
	c.t.Helper()
	r.detail = strings.Join(strings.Fields(r.detail), " ")
	const most = 300
	r.detail = strings.ReplaceAll(r.detail[:min(len(r.detail), most)], c.work+"/", "")
	file, err := os.OpenFile(os.Getenv("MPWOLF_COMPAT_RESULTS"),
		os.O_APPEND|os.O_WRONLY|os.O_CREATE, 0o644)
	if err != nil {
		c.t.Fatal(err)
	}
	_, err = file.WriteString(r.String())
	if closing := file.Close(); err == nil {
		err = closing
	}
	if err != nil {
		c.t.Fatal(err)
	}
}

// snapshot describes every file of the tree.
func (c *compat) snapshot() map[string]string {
	c.t.Helper()
	files := map[string]string{}
	err := filepath.WalkDir(c.tree.Dir, func(name string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		line, err := describeOne(c.tree.Dir, name, entry)
		rel, text, _ := strings.Cut(line, " ")
		// MicroPython's make asks git for the version, and git then notes the times of files in
		// its index.
		if rel != ".git/index" {
			files[rel] = text
		}
		return err
	})
	if err != nil {
		c.t.Fatal(err)
	}
	return files
}

// same says which file of the tree has changed; with exact, also which is new.
func (c *compat) same(exact bool) error {
	now := c.snapshot()
	for name, text := range c.before {
		if now[name] != text {
			return fmt.Errorf("%s is not as it was", name)
		}
	}
	for _, name := range slices.Sorted(maps.Keys(now)) {
		if _, old := c.before[name]; exact && !old {
			return fmt.Errorf("%s was not there", name)
		}
	}
	return nil
}

// run runs a command and gives its stdout; an error has the last of its output.
func (c *compat) run(argv ...string) (string, error) {
	cmd := exec.Command(argv[0], argv[1:]...)
	cmd.Dir = c.work
	var stdout, all bytes.Buffer
	cmd.Stdout, cmd.Stderr = &stdout, &all
	if err := cmd.Run(); err != nil {
		text := stdout.String() + all.String()
		if i := firstErrorLine.FindStringIndex(text); i != nil {
			text = text[i[0]:]
		} else if len(text) > 600 {
			text = text[len(text)-600:]
		}
		return stdout.String(), fmt.Errorf("%w: %s", err, text)
	}
	return stdout.String(), nil
}

var firstErrorLine = regexp.MustCompile(`(?m)^.*(rror: |\*\*\* |mpwolf: |^FAIL ).*$`)

func (c *compat) patch(target micropython.Target) (string, error) {
	return "", c.patchWith(target)
}

func (c *compat) patchWith(target micropython.Target, more ...string) error {
	argv := []string{c.mpwolf, "patch", "--tree", c.tree.Dir, "--port", target.Port,
		"--wolfssl", c.wolfssl,
		"--modules", filepath.Join(c.work, "modules")}
	if target.Board != "" {
		argv = append(argv, "--board", target.Board)
	} else {
		argv = append(argv, "--variant", target.Variant)
	}
	for _, arg := range c.make {
		argv = append(argv, "--make", arg)
	}
	_, err := c.run(append(argv, more...)...)
	return err
}

func (c *compat) verify(micropython.Target) (string, error) {
	_, err := c.run(c.mpwolf, "verify", "--tree", c.tree.Dir)
	return "", err
}

func (c *compat) revert(micropython.Target) (string, error) {
	if _, err := c.run(c.mpwolf, "revert", "--tree", c.tree.Dir); err != nil {
		return "", err
	}
	return "", c.same(true)
}

var testsPassed = regexp.MustCompile(`(\d+) passed, (\d+) failed`)

// upstream runs MicroPython's own tests on what verify built. MPWOLF_COMPAT_BASELINES is a
// directory that may have a micropython with the built-in mbedTLS of each release,
// RELEASE/micropython, to compare with.
func (c *compat) upstream(target micropython.Target) (string, error) {
	if target.Port != "unix" {
		return "", errUntested("the firmware does not run here")
	}
	self, err := os.Executable()
	if err != nil {
		return "", err
	}
	cmd := exec.Command(self, "-test.run", "^TestUpstream$", "-test.v")
	cmd.Env = append(os.Environ(), "MPWOLF_COMPAT_TREES=", "MPWOLF_UPSTREAM_TREE="+c.tree.Dir,
		"MPWOLF_UPSTREAM_FIRMWARE="+
			filepath.Join(c.tree.Dir, ".mpwolf", "build", target.ID(), "micropython"))
	baseline := filepath.Join(os.Getenv("MPWOLF_COMPAT_BASELINES"),
		c.tree.Version.String(), "micropython")
	if _, err := os.Stat(baseline); err == nil {
		cmd.Env = append(cmd.Env, "MPWOLF_UPSTREAM_BASELINE="+baseline)
	}
	out, err := cmd.CombinedOutput()
	log := fmt.Sprintf("upstream-%s-%s.log", c.tree.Version, target.ID())
	if err := os.WriteFile(filepath.Join(c.work, log), out, 0o644); err != nil {
		return "", err
	}
	detail := ""
	for _, m := range testsPassed.FindAllString(string(out), -1) {
		detail += m + "; "
	}
	if err != nil {
		i := max(bytes.Index(out, []byte("--- FAIL")), 0)
		return "", fmt.Errorf("%s%s", detail, out[i:])
	}
	return strings.TrimSuffix(detail, "; "), nil
}

func (c *compat) patchPristine(target micropython.Target) (string, error) {
	if err := c.patchWith(target, "--pristine"); err != nil {
		return "", err
	}
	return "", c.same(false)
}

// plainMake is make with the arguments of the manual method and only what the tree itself needs.
func (c *compat) plainMake(target micropython.Target, modules, build string) error {
	argv := []string{"make", "-j2", "-C", target.Dir(), "BUILD=" + build,
		"USER_C_MODULES=" + modules}
	if target.CMake() { // the modules know the port; no picotool is fetched
		argv = append([]string{"env", "CMAKE_ARGS=-DPICO_NO_PICOTOOL=1"}, argv...)
	} else {
		argv = append(argv, "WOLFSSL_PORT="+target.Port)
	}
	_, err := c.run(slices.Concat(argv, target.Args(), c.make)...)
	return err
}

// makePristine builds where verify then looks, which builds what is not there.
func (c *compat) makePristine(target micropython.Target) (string, error) {
	build := filepath.Join(c.tree.Dir, ".mpwolf", "build", target.ID())
	if err := c.plainMake(target, filepath.Join(c.work, "modules"), build); err != nil {
		return "", err
	}
	if err := c.same(false); err != nil {
		return "", err
	}
	return "", errors.Join(c.firmware(target, build), c.sweep())
}

// sweep removes what make left in the tree: up to v1.19.1 the program.
func (c *compat) sweep() error {
	for name := range c.snapshot() {
		if _, old := c.before[name]; !old && !strings.HasPrefix(name, ".mpwolf/") {
			if err := os.Remove(filepath.Join(c.tree.Dir, name)); err != nil {
				return err
			}
		}
	}
	return nil
}

// firmware reports whether a firmware of plain make has wolfSSL in it, and no mbedTLS, and works
// where it can run.
func (c *compat) firmware(target micropython.Target, build string) error {
	name := filepath.Join(build, "firmware.elf")
	if target.Port == "unix" {
		name = filepath.Join(build, "micropython")
		if _, err := os.Stat(name); err != nil { // up to v1.19.1
			names, _ := filepath.Glob(filepath.Join(target.Dir(), "micropython*"))
			names = slices.DeleteFunc(names, func(n string) bool {
				return filepath.Ext(n) == ".map"
			})
			if len(names) != 1 {
				return fmt.Errorf("no firmware in %s, nor one beside the sources: %v",
					build, names)
			}
			name = names[0]
		}
		for _, script := range []string{"crypto_kat.py", "tls_pair.py"} {
			if out, err := c.run("env", "-C", filepath.Join(c.work, "firmware"), name,
				script); err != nil {
				return fmt.Errorf("%s: %w: %s", script, err, out)
			}
		}
		return nil // stripped: it has no names
	}
	file, err := elf.Open(name)
	if err != nil {
		return err
	}
	defer file.Close()
	symbols, err := file.Symbols()
	if err != nil {
		return err
	}
	has := func(part string) bool {
		return slices.ContainsFunc(symbols, func(s elf.Symbol) bool {
			return strings.HasPrefix(s.Name, part)
		})
	}
	if !has("wolfSSL_connect") || has("mbedtls_ssl") {
		return fmt.Errorf("%s: wolfSSL: %v, mbedTLS: %v", name, has("wolfSSL_connect"),
			has("mbedtls_ssl"))
	}
	return nil
}

// byHand sets the macros as a person would, under all their names, copies the module into place,
// and runs make.
func (c *compat) byHand(target micropython.Target) (string, error) {
	// Where patch installs them, so that a compiler cache recognises the sources.
	modules, build := filepath.Join(c.work, "modules"), filepath.Join(c.work, "build")
	if _, err := os.Stat(modules); err == nil {
		return "", fmt.Errorf("%s is still there after revert", modules)
	}
	module := filepath.Join(modules, "micropython-wolfssl")
	defer os.RemoveAll(build)
	defer os.RemoveAll(modules)
	for _, argv := range [][]string{
		{"mkdir", "-p", modules},
		{"cp", "-R", "../modules/micropython-wolfssl", module},
		{"cp", "-R", "../ports", filepath.Join(module, "ports")},
		{"cp", "-R", c.wolfssl, filepath.Join(module, "wolfssl")},
	} {
		if out, err := exec.Command(argv[0], argv[1:]...).CombinedOutput(); err != nil {
			return "", fmt.Errorf("%v: %w: %s", argv, err, out)
		}
	}
	header := filepath.Join(target.Dir(), "mpconfigport.h")
	edits := map[string]string{header: handHeader}
	if target.CMake() {
		edits[header] += handCMakeHeader
		if err := os.WriteFile(filepath.Join(modules, "micropython.cmake"),
			[]byte(handFragment), 0o644); err != nil {
			return "", err
		}
	} else if target.Board != "" {
		board := filepath.Join(target.Dir(), "boards", target.Board)
		edits[filepath.Join(board, "mpconfigboard.mk")] = handMakefile
	} else {
		edits[filepath.Join(target.Dir(), "mpconfigport.mk")] = handMakefile
	}
	for name, added := range edits {
		text, err := os.ReadFile(name)
		if err == nil {
			err = os.WriteFile(name, append(slices.Clone(text), added...), 0o644)
		}
		if err != nil {
			return "", err
		}
		defer func() {
			if err := os.WriteFile(name, text, 0o644); err != nil {
				c.t.Error(err)
			}
		}()
	}
	if err := c.plainMake(target, modules, build); err != nil {
		return "", err
	}
	return "", errors.Join(c.firmware(target, build), c.sweep())
}

const handMakefile = `
MICROPY_PY_SSL = 0
MICROPY_PY_USSL = 0
MICROPY_SSL_MBEDTLS = 0
`

// handCMakeHeader is what CMake's ports have no make variable for.
const handCMakeHeader = `
#undef MICROPY_PY_SSL
#define MICROPY_PY_SSL (0)
#undef MICROPY_SSL_MBEDTLS
#define MICROPY_SSL_MBEDTLS (0)
`

const handFragment = "include(${CMAKE_CURRENT_LIST_DIR}/micropython-wolfssl/micropython.cmake)\n"

var handHeader = func() string {
	var b strings.Builder
	for _, name := range []string{"PY_UCRYPTOLIB", "PY_CRYPTOLIB", "PY_UHASHLIB", "PY_HASHLIB"} {
		fmt.Fprintf(&b, "\n#undef MICROPY_%s\n#define MICROPY_%s (0)", name, name)
	}
	return b.String() + "\n#undef MICROPY_TRACKED_ALLOC\n#define MICROPY_TRACKED_ALLOC (1)\n"
}()

// compatTable is the table that docs/compat.md has, from the lines of docs/compat.tsv: a later
// line of the same step counts instead of an earlier one.
func compatTable(lines string) string {
	type cell struct{ release, target string }
	steps := map[cell]map[string]string{}
	var releases, targets []string
	for line := range strings.Lines(strings.TrimPrefix(lines, compatHeader)) {
		f := strings.SplitN(strings.TrimSuffix(line, "\n"), "\t", 5)
		if len(f) != 5 {
			continue
		}
		at := cell{f[0], f[1]}
		if steps[at] == nil {
			steps[at] = map[string]string{}
		}
		steps[at][f[2]] = f[3]
		if !slices.Contains(releases, f[0]) {
			releases = append(releases, f[0])
		}
		if !slices.Contains(targets, f[1]) {
			targets = append(targets, f[1])
		}
	}
	slices.SortFunc(releases, func(a, b string) int {
		v, errA := micropython.ParseVersion(a)
		w, errB := micropython.ParseVersion(b)
		if errA != nil || errB != nil {
			return strings.Compare(a, b)
		}
		return v.Compare(w)
	})
	var b strings.Builder
	b.WriteString("| release |")
	for _, target := range targets {
		fmt.Fprintf(&b, " %s |", strings.Replace(target, ":", " ", 1))
	}
	b.WriteString("\n|---|" + strings.Repeat("---|", len(targets)) + "\n")
	for _, release := range releases {
		fmt.Fprintf(&b, "| %s |", release)
		for _, target := range targets {
			fmt.Fprintf(&b, " %s |", compatCell(steps[cell{release, target}]))
		}
		b.WriteString("\n")
	}
	return b.String()
}

// compatCell is the result for one target: ok, untested, or the steps that are neither.
func compatCell(steps map[string]string) string {
	with := map[string][]string{}
	for _, step := range compatSteps {
		outcome := steps[step.name]
		if outcome == "" {
			outcome = "untested"
		}
		with[outcome] = append(with[outcome], step.name)
	}
	if len(with["ok"]) == 0 && len(with["FAIL"]) == 0 {
		return "untested"
	}
	text := "ok"
	if len(with["FAIL"]) > 0 {
		text = "FAIL: " + strings.Join(with["FAIL"], ", ")
	}
	if len(with["untested"]) > 0 {
		text += "; untested: " + strings.Join(with["untested"], ", ")
	}
	return text
}

// TestCompatTable checks that docs/compat.md has the table of docs/compat.tsv;
// MPWOLF_COMPAT_TABLE prints that of any file.
func TestCompatTable(t *testing.T) {
	if file := os.Getenv("MPWOLF_COMPAT_TABLE"); file != "" {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		fmt.Print(compatTable(string(text)))
		return
	}
	lines, err := os.ReadFile(filepath.Join("..", "docs", "compat.tsv"))
	if err != nil {
		t.Fatal(err)
	}
	page, err := os.ReadFile(filepath.Join("..", "docs", "compat.md"))
	if err != nil {
		t.Fatal(err)
	}
	_, rest, found := strings.Cut(string(page), "<!-- compat: begin -->\n")
	table, _, ended := strings.Cut(rest, "<!-- compat: end -->")
	if want := compatTable(string(lines)); !found || !ended || table != want {
		t.Errorf("docs/compat.md's table of releases is not that of docs/compat.tsv; it "+
			"should be:\n%s", want)
	}
}

func TestCompatCells(t *testing.T) {
	lines := compatHeader
	for _, step := range compatSteps {
		lines += compatResult{"v1.9.0", "unix:standard", step.name, "ok", ""}.String()
		lines += compatResult{"v1.10.0", "unix:standard", step.name, "FAIL", "why"}.String()
		lines += compatResult{"v1.10.0", "stm32:A", step.name, "ok", ""}.String()
	}
	for _, step := range compatSteps[1:] { // tried again
		lines += compatResult{"v1.10.0", "unix:standard", step.name, "ok", ""}.String()
	}
	lines += compatResult{"v1.10.0", "stm32:A", "upstream", "untested", "no"}.String()
	const want = "| release | unix standard | stm32 A |\n|---|---|---|\n" +
		"| v1.9.0 | ok | untested |\n" +
		"| v1.10.0 | FAIL: patch | ok; untested: upstream |\n"
	if got := compatTable(lines); got != want {
		t.Errorf("got:\n%swant:\n%s", got, want)
	}
}
