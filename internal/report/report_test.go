package report

import (
	"bytes"
	"encoding/json"
	"encoding/xml"
	"go/ast"
	"go/parser"
	"go/token"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	_ "github.com/owenrumney/go-sarif/v3/pkg/report/v210/sarif" // holds the standard's schema
	"github.com/xeipuuv/gojsonschema"
)

func sample(root string) *Log {
	return &Log{
		Tool: "mpwolf", Version: "v1.0.0", Root: root, Where: "ports/unix/mpconfigport.h",
		Rules: []Rule{
			{ID: "macros", Summary: "Every macro has its value.", Help: "Run `mpwolf patch`."},
			{ID: "symbols", Summary: "No symbol is defined twice.", Help: "See the fix."},
		},
		Findings: []Finding{
			{ID: "macros", Message: "MICROPY_PY_SSL is 1", File: filepath.Join(root, "ports/unix/a b%.h"), Line: 7, Fix: "set it to 0"},
			{ID: "symbols", Message: "mp_init, 84 bytes", File: "/usr/lib/libx.a", Level: Warning},
			{ID: "symbols", Message: "mp_init, 85 bytes", File: "/usr/lib/libx.a", Level: Note},
			{ID: "symbols", Message: "100%\nsure"},
		},
	}
}

// sarifSchema is OASIS's own, as the module go-sarif holds it in a constant that it does not export.
func sarifSchema(t *testing.T) *gojsonschema.Schema {
	t.Helper()
	const module = "github.com/owenrumney/go-sarif/v3/pkg/report/v210/sarif"
	out, err := exec.Command("go", "list", "-f", "{{.Dir}}", module).Output()
	if err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(strings.TrimSpace(string(out)), "schema.go")
	parsed, err := parser.ParseFile(token.NewFileSet(), file, nil, 0)
	if err != nil {
		t.Fatal(err)
	}
	text := ""
	ast.Inspect(parsed, func(n ast.Node) bool {
		if lit, ok := n.(*ast.BasicLit); ok && lit.Kind == token.STRING {
			text, err = strconv.Unquote(lit.Value)
		}
		return true
	})
	if err != nil {
		t.Fatal(err)
	}
	schema, err := gojsonschema.NewSchema(gojsonschema.NewStringLoader(text))
	if err != nil {
		t.Fatal(err)
	}
	return schema
}

func TestSARIFSchema(t *testing.T) {
	schema := sarifSchema(t)
	for name, log := range map[string]*Log{
		"findings": sample("/repo"),
		"none":     {Tool: "mpwolf", Root: "/repo"},
	} {
		var out bytes.Buffer
		if err := log.SARIF(&out); err != nil {
			t.Fatal(err)
		}
		result, err := schema.Validate(gojsonschema.NewBytesLoader(out.Bytes()))
		if err != nil {
			t.Fatal(err)
		}
		for _, e := range result.Errors() {
			t.Errorf("%s: %s", name, e)
		}
	}
	broken, err := schema.Validate(gojsonschema.NewStringLoader(`{"version": "2.1.0", "runs": [{"results": []}]}`))
	if err != nil || broken.Valid() {
		t.Errorf("the schema takes a run without a tool: %v", err)
	}
}

// TestSARIFForGitHub holds what GitHub's code scanning asks for beyond the schema ("SARIF support for code scanning"
// in its documentation): every result has a place with a relative URI and a line, its rule has help, and its
// fingerprint is its own and lasts.
func TestSARIFForGitHub(t *testing.T) {
	var out bytes.Buffer
	if err := sample("/repo").SARIF(&out); err != nil {
		t.Fatal(err)
	}
	var got sarifLog
	if err := json.Unmarshal(out.Bytes(), &got); err != nil {
		t.Fatal(err)
	}
	run := got.Runs[0]
	for _, rule := range run.Tool.Driver.Rules {
		if rule.Help.Text == "" || rule.Short.Text == "" || rule.Full.Text == "" {
			t.Errorf("rule %+v", rule)
		}
	}
	wantURI := []string{"ports/unix/a%20b%25.h", "ports/unix/mpconfigport.h", "ports/unix/mpconfigport.h", "ports/unix/mpconfigport.h"}
	wantLine := []int{7, 1, 1, 1}
	wantText := []string{"MICROPY_PY_SSL is 1\nFix: set it to 0", "/usr/lib/libx.a: mp_init, 84 bytes",
		"/usr/lib/libx.a: mp_init, 85 bytes", "100%\nsure"}
	wantLevel := []Level{Error, Warning, Note, Error}
	prints := make(map[string]bool)
	for i, r := range run.Results {
		place := r.Locations[0].Physical
		if place.Artifact.URI != wantURI[i] || place.Region.StartLine != wantLine[i] {
			t.Errorf("result %d is at %+v", i, place)
		}
		if r.Message.Text != wantText[i] || r.Level != wantLevel[i] || run.Tool.Driver.Rules[r.RuleIndex].ID != r.RuleID {
			t.Errorf("result %d: %+v", i, r)
		}
		prints[r.Fingerprints["primaryLocationLineHash"]] = true
	}
	if len(run.Results) != 4 || len(prints) != 4 {
		t.Errorf("%d results, %d fingerprints", len(run.Results), len(prints))
	}
	first, second := run.Results[1].Fingerprints, run.Results[2].Fingerprints
	if a, b := first["primaryLocationLineHash"], second["primaryLocationLineHash"]; a[:16] != b[:16] {
		t.Errorf("another size makes another finding: %s, %s", a, b)
	}
}

func TestSARIFRefuses(t *testing.T) {
	unknown, nowhere := sample("/repo"), sample("/repo")
	unknown.Rules = unknown.Rules[:1]
	nowhere.Where = "/elsewhere/file"
	for _, log := range []*Log{unknown, nowhere} {
		if err := log.SARIF(&bytes.Buffer{}); err == nil {
			t.Errorf("no error for %+v", log)
		}
	}
}

func TestGitHub(t *testing.T) {
	var out bytes.Buffer
	if err := sample("/repo").GitHub(&out); err != nil {
		t.Fatal(err)
	}
	const want = `::error file=ports/unix/a b%25.h,line=7,title=mpwolf macros::MICROPY_PY_SSL is 1%0AFix: set it to 0
::warning file=ports/unix/mpconfigport.h,line=1,title=mpwolf symbols::/usr/lib/libx.a: mp_init, 84 bytes
::notice file=ports/unix/mpconfigport.h,line=1,title=mpwolf symbols::/usr/lib/libx.a: mp_init, 85 bytes
::error file=ports/unix/mpconfigport.h,line=1,title=mpwolf symbols::100%25%0Asure
`
	if out.String() != want {
		t.Errorf("got\n%s", out.String())
	}
}

func TestJUnit(t *testing.T) {
	log := sample("/repo")
	var out bytes.Buffer
	err := JUnit(&out, "mpwolf", []Suite{{Name: "unix", Cases: []Case{
		{Name: "macros", Findings: log.Findings[:2]},
		{Name: "symbols", Output: "none <twice> \x1b[0m"},
		{Name: "run", Skipped: "not here"},
	}}})
	if err != nil {
		t.Fatal(err)
	}
	const want = `<?xml version="1.0" encoding="UTF-8"?>
<testsuites name="mpwolf" tests="3" failures="1" skipped="1">
  <testsuite name="unix" tests="3" failures="1" errors="0" skipped="1">
    <testcase classname="unix" name="macros">
      <failure message="MICROPY_PY_SSL is 1 (and 1 more)" type="macros">/repo/ports/unix/a b%.h:7: MICROPY_PY_SSL is 1&#xA;Fix: set it to 0&#xA;&#xA;/usr/lib/libx.a: mp_init, 84 bytes</failure>
    </testcase>
    <testcase classname="unix" name="symbols">
      <system-out>none &lt;twice&gt; [0m</system-out>
    </testcase>
    <testcase classname="unix" name="run">
      <skipped message="not here"></skipped>
    </testcase>
  </testsuite>
</testsuites>
`
	if out.String() != want {
		t.Errorf("got\n%s", out.String())
	}
	if err := xml.Unmarshal(out.Bytes(), new(junitSuites)); err != nil {
		t.Error(err)
	}
}
