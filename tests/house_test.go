package tests_test

import (
	"bytes"
	"go/ast"
	"go/format"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"
)

// mayImport is which of our packages each imports: only packages further down in the table.
var mayImport = []struct {
	name string
	uses
}{
	{"mpwolf", uses{"command"}},
	{"command", uses{
		"audit", "build", "bundle", "change", "check", "complete", "config", "disk", "doctor",
		"explain", "fetch", "hint", "matrix", "micropython", "patches", "project", "report",
		"sbom", "shell", "sources", "state", "status", "trace", "upgrade", "verify", "wolfssl",
	}},
	{"upgrade", uses{
		"audit", "change", "config", "disk", "hint", "micropython", "modules", "patches",
		"project", "shell", "state", "verify", "wolfssl",
	}},
	{"sbom", uses{
		"audit", "disk", "hint", "micropython", "modules", "patches", "project", "state",
		"verify", "wolfssl",
	}},
	{"audit", uses{"project", "report", "repository", "verify", "wolfssl"}},
	{"verify", uses{
		"board", "build", "check", "config", "disk", "doctor", "hint", "lazyregexp", "micropython",
		"modules", "objects", "patches", "project", "report", "repository", "shell",
		"state", "treemap", "wolfssl",
	}},
	{"status", uses{
		"change", "micropython", "modules", "patches", "project", "state", "wolfssl",
	}},
	{"check", uses{
		"build", "change", "config", "disk", "hint", "modules", "patches", "project", "report",
		"repository", "shell", "state", "wolfssl",
	}},
	{"change", uses{
		"build", "disk", "fetch", "hint", "micropython", "modules", "patches", "ports",
		"project", "shell", "sources", "state", "wolfssl",
	}},
	{"explain", uses{
		"build", "hint", "micropython", "modules", "patches", "project", "state",
	}},
	{"doctor", uses{
		"build", "lazyregexp", "micropython", "patches", "project", "shell", "sources", "state",
	}},
	{"complete", uses{"micropython", "patches", "project", "wolfssl"}},
	{"project", uses{
		"build", "config", "disk", "fetch", "hint", "lazyregexp", "micropython", "modules",
		"patches", "repository", "shell", "sources", "state", "wolfssl",
	}},
	{"fetch", uses{"build", "hint", "micropython", "sources", "wolfssl"}},
	{"patches", uses{"hint", "lazyregexp", "micropython", "shell"}},
	{"bundle", nil},
	{"board", uses{"hint", "lazyregexp", "trace"}},
	{"build", uses{"disk", "lazyregexp", "micropython", "shell", "sources", "trace"}},
	{"matrix", uses{"config", "hint", "report", "shell"}},
	{"config", uses{"hint", "repository"}},
	{"micropython", uses{"hint", "state"}},
	{"state", uses{"disk"}},
	{"modules", uses{"disk"}},
	{"objects/objectstest", uses{"objects"}},
	{"objects", nil},
	{"sources", uses{"disk", "hint", "trace"}},
	{"disk/disktest", uses{"disk"}},
	{"disk", nil},
	{"hint", nil},
	{"lazyregexp", nil},
	{"ports", nil},
	{"report", nil},
	{"repository", nil},
	{"shell", nil},
	{"trace", nil},
	{"treemap", nil},
	{"tests", nil},
	{"tests/toycc", nil},
	{"wolfssl", nil},
}

type uses []string

func TestImports(t *testing.T) {
	cmd := exec.Command("go", "list", "-f", `{{.ImportPath}} {{join .Imports " "}}`, "./...")
	cmd.Dir = ".."
	out, err := cmd.Output()
	if err != nil {
		t.Fatal(err)
	}
	for _, line := range strings.Split(strings.TrimSpace(string(out)), "\n") {
		words := strings.Fields(line)
		name, _ := ourPackage(words[0])
		at := inTable(name)
		if at < 0 {
			t.Errorf("package %s is not in the table mayImport", name)
			continue
		}
		unused := slices.Clone(mayImport[at].uses)
		for _, imported := range words[1:] {
			other, ours := ourPackage(imported)
			switch {
			case !ours:
			case !slices.Contains(mayImport[at].uses, other):
				t.Errorf("%s imports %s, which the table mayImport does not allow", name, other)
			case inTable(other) < at:
				t.Errorf("%s imports %s, which is not further down in the table", name, other)
			}
			unused = slices.DeleteFunc(unused, func(use string) bool { return use == other })
		}
		if len(unused) > 0 {
			t.Errorf("%s does not import %s: remove it from the table", name, unused)
		}
	}
}

// inTable is where a package is in mayImport; -1 if it is not there.
func inTable(name string) int {
	for i, p := range mayImport {
		if p.name == name {
			return i
		}
	}
	return -1
}

// ourPackage is the name of a package of this module in the table: without mpwolf/ and internal/.
func ourPackage(path string) (name string, ours bool) {
	name, ours = strings.CutPrefix(path, "mpwolf/")
	return strings.TrimPrefix(name, "internal/"), ours
}

// TestPackageComments checks that the comment of each package has two sentences: what it is, and
// what it must not do.
func TestPackageComments(t *testing.T) {
	packages, err := exec.Command("go", "list", "-f", "{{.Dir}}", "../internal/...", "../modules",
		"../patches", "../ports",
		"../wolfssl").Output()
	if err != nil {
		t.Fatal(err)
	}
	for dir := range strings.FieldsSeq(string(packages)) {
		if doc := packageComment(t, dir); strings.Count(doc, ". ")+strings.Count(doc, ".\n") < 2 {
			t.Errorf("%s: the comment of the package has less than two sentences: %q", dir, doc)
		}
	}
}

// packageComment is the text of the comment above a directory's package clauses.
func packageComment(t *testing.T, dir string) string {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(dir, "*.go"))
	if err != nil {
		t.Fatal(err)
	}
	text := ""
	for _, name := range files {
		file, err := parser.ParseFile(token.NewFileSet(), name, nil,
			parser.ParseComments|parser.PackageClauseOnly)
		if err != nil {
			t.Fatal(err)
		}
		text += file.Doc.Text()
	}
	return text
}

func TestFormatting(t *testing.T) {
	eachFile(t, ".go", func(name string, text []byte) {
		formatted, err := format.Source(text)
		if err != nil || !bytes.Equal(formatted, text) {
			t.Errorf("%s is not formatted by gofmt: %v", name, err)
		}
	})
}

// TestLineLengths checks that lines of Go and C have at most 99 columns, where a tab counts as
// 4. Raw strings that span several lines are data, which may be longer; so is testdata.
func TestLineLengths(t *testing.T) {
	for ending, least := range map[string]int{".go": 10000, ".c": 3000, ".h": 500} {
		lines := 0
		eachFile(t, ending, func(name string, text []byte) {
			if strings.Contains(name, "testdata/") {
				return
			}
			var data map[int]bool
			if ending == ".go" {
				data = rawLines(t, name, text)
			}
			for i, line := range strings.Split(string(text), "\n") {
				lines++
				width := utf8.RuneCountInString(line) + 3*strings.Count(line, "\t")
				if width > 99 && !data[i+1] {
					t.Errorf("%s:%d: %d columns; at most 99 are allowed", name, i+1, width)
				}
			}
		})
		if lines < least {
			t.Errorf("looked at %d lines of %s only", lines, ending)
		}
	}
}

// rawLines are the lines of raw strings that have more than one.
func rawLines(t *testing.T, name string, text []byte) map[int]bool {
	t.Helper()
	files := token.NewFileSet()
	file, err := parser.ParseFile(files, name, text, 0)
	if err != nil {
		t.Fatal(err)
	}
	lines := make(map[int]bool)
	ast.Inspect(file, func(node ast.Node) bool {
		literal, is := node.(*ast.BasicLit)
		if !is || literal.Kind != token.STRING {
			return true
		}
		first, last := files.Position(literal.Pos()).Line, files.Position(literal.End()).Line
		for line := first; line <= last && last > first; line++ {
			lines[line] = true
		}
		return true
	})
	return lines
}

func TestTidy(t *testing.T) {
	longOnly(t, "takes long, and the full run does it")
	cmd := exec.Command("go", "mod", "tidy", "-diff")
	cmd.Dir = ".."
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Errorf("go mod tidy -diff: %v\n%s", err, out)
	}
}

func TestVet(t *testing.T) {
	longOnly(t, "takes long, and the full run does it")
	cmd := exec.Command("go", "vet", "./...")
	cmd.Dir = ".."
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Errorf("go vet: %v\n%s", err, out)
	}
}

// TestStaticcheck and TestWorkflows run what tools/go.mod pins.
func TestStaticcheck(t *testing.T) { runTool(t, "staticcheck", "./...") }

func TestWorkflows(t *testing.T) { runTool(t, "actionlint", "-color=false") }

// runTool runs a tool on the whole repository. Without MPWOLF_TEST_APT, which says that there is
// a network, a tool that is not in the module cache is not fetched.
func runTool(t *testing.T, name string, args ...string) {
	t.Helper()
	longOnly(t, "builds "+name)
	t.Parallel()
	run := func(args ...string) *exec.Cmd {
		cmd := exec.Command("go", append([]string{"tool", "-modfile=tools/go.mod"}, args...)...)
		cmd.Dir = ".."
		return cmd
	}
	build := run("-n", name)
	if os.Getenv("MPWOLF_TEST_APT") == "" {
		build.Env = append(os.Environ(), "GOPROXY=off")
	}
	out, err := build.CombinedOutput()
	if err != nil && os.Getenv("MPWOLF_TEST_APT") == "" {
		t.Skipf("SKIPPED: %s is not in the module cache: %s", name, tail(string(out)))
	}
	if err != nil {
		t.Fatalf("build %s: %v\n%s", name, err, out)
	}
	if out, err := run(append([]string{name}, args...)...).CombinedOutput(); err != nil {
		t.Errorf("%s: %v\n%s", name, err, out)
	}
}

// TestMainOnlyExits checks that the process exits only in main; that of a tool may report an error
// itself.
func TestMainOnlyExits(t *testing.T) {
	eachFile(t, ".go", func(name string, text []byte) {
		tool, _ := filepath.Match("tools/*/main.go", name)
		if name == "main.go" || tool || strings.HasSuffix(name, "_test.go") {
			return
		}
		for _, call := range []string{"os.Exit(", "log.Fatal"} {
			if bytes.Contains(text, []byte(call)) {
				t.Errorf("%s calls %s…", name, call)
			}
		}
	})
}

func eachFile(t *testing.T, ending string, check func(name string, text []byte)) {
	t.Helper()
	err := filepath.WalkDir("..", func(path string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if entry.IsDir() && (entry.Name() == ".git" || entry.Name() == "build") {
			return fs.SkipDir
		}
		if entry.IsDir() || filepath.Ext(path) != ending {
			return nil
		}
		text, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		check(strings.TrimPrefix(filepath.ToSlash(path), "../"), text)
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}
