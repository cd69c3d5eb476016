package report

import (
	"bytes"
	"encoding/json"
	"encoding/xml"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"
)

func sample(root string) *Log {
	return &Log{
		Tool: "mpwolf", Version: "v1.0.0", Root: root, Where: "ports/unix/mpconfigport.h",
		Rules: []Rule{
			{ID: "macros", Summary: "Every macro has its value.", Help: "Run `mpwolf patch`."},
			{ID: "symbols", Summary: "No symbol is defined twice.", Help: "See the fix."},
		},
		Findings: []Finding{
			{ID: "macros", Message: "MICROPY_PY_SSL is 1",
				File: filepath.Join(root, "ports/unix/a b%.h"), Line: 7, Fix: "set it to 0"},
			{ID: "symbols", Message: "mp_init, 84 bytes", File: "/usr/lib/libx.a", Level: Warning},
			{ID: "symbols", Message: "mp_init, 85 bytes", File: "/usr/lib/libx.a", Level: Note},
			{ID: "symbols", Message: "100%\nsure"},
		},
	}
}

// sarifSchemas are our own, which has only the parts of the standard that we write, and OASIS's,
// if MPWOLF_TEST_SARIF_SCHEMA names its file (sarif-schema-2.1.0.json).
func sarifSchemas(t *testing.T) []*jsonschema.Schema {
	t.Helper()
	files := []string{"testdata/sarif.json"}
	if file := os.Getenv("MPWOLF_TEST_SARIF_SCHEMA"); file != "" {
		files = append(files, file)
	} else {
		t.Log("NOT TESTED: OASIS's own schema; set MPWOLF_TEST_SARIF_SCHEMA to its file to do so")
	}
	var schemas []*jsonschema.Schema
	for _, file := range files {
		compiler := jsonschema.NewCompiler()
		compiler.AssertFormat()
		schema, err := compiler.Compile(file)
		if err != nil {
			t.Fatal(err)
		}
		schemas = append(schemas, schema)
	}
	return schemas
}

func instance(t *testing.T, text string) any {
	t.Helper()
	v, err := jsonschema.UnmarshalJSON(strings.NewReader(text))
	if err != nil {
		t.Fatal(err)
	}
	return v
}

func TestSARIFSchema(t *testing.T) {
	for _, schema := range sarifSchemas(t) {
		for name, log := range map[string]*Log{
			"findings": sample("/repo"),
			"none":     {Tool: "mpwolf", Root: "/repo"},
		} {
			var out bytes.Buffer
			if err := log.SARIF(&out); err != nil {
				t.Fatal(err)
			}
			if err := schema.Validate(instance(t, out.String())); err != nil {
				t.Errorf("%s: %v", name, err)
			}
		}
		if schema.Validate(instance(t, `{"version": "2.1.0", "runs": [{"results": []}]}`)) == nil {
			t.Error("the schema takes a run without a tool")
		}
	}
}

// TestSARIFForGitHub checks what GitHub's code scanning requires beyond the schema ("SARIF
// support for code scanning" in its documentation): every result has a place with a relative URI
// and a line, its rule has help, and its fingerprint is unique and stable.
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
	wantURI := []string{"ports/unix/a%20b%25.h", "ports/unix/mpconfigport.h",
		"ports/unix/mpconfigport.h", "ports/unix/mpconfigport.h"}
	wantLine := []int{7, 1, 1, 1}
	wantText := []string{"MICROPY_PY_SSL is 1\nFix: set it to 0",
		"/usr/lib/libx.a: mp_init, 84 bytes",
		"/usr/lib/libx.a: mp_init, 85 bytes", "100%\nsure"}
	wantLevel := []Level{Error, Warning, Note, Error}
	prints := make(map[string]bool)
	for i, r := range run.Results {
		place := r.Locations[0].Physical
		if place.Artifact.URI != wantURI[i] || place.Region.StartLine != wantLine[i] {
			t.Errorf("result %d is at %+v", i, place)
		}
		if r.Message.Text != wantText[i] || r.Level != wantLevel[i] ||
			run.Tool.Driver.Rules[r.RuleIndex].ID != r.RuleID {
			t.Errorf("result %d: %+v", i, r)
		}
		prints[r.Fingerprints["primaryLocationLineHash"]] = true
	}
	if len(run.Results) != 4 || len(prints) != 4 {
		t.Errorf("%d results, %d fingerprints", len(run.Results), len(prints))
	}
	const hash = "primaryLocationLineHash"
	a, b := run.Results[1].Fingerprints[hash], run.Results[2].Fingerprints[hash]
	if a[:16] != b[:16] {
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
