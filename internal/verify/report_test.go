package verify

import (
	"bytes"
	"encoding/json"
	"errors"
	"path/filepath"
	"strings"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"
)

func sampleReport() *Report {
	passed := &check{summary: "2 of 2 macros as wanted, as the compiler sees them"}
	failed := &check{}
	failed.find(Finding{
		Message: "mp_init is defined twice: in py/runtime.o (.text.mp_init, 84 bytes) and in " +
			"wolfcrypt/src/tfm.o (.text.mp_init, 33 bytes)",
		File: "a.o", Line: 3,
		Fix: "in user_settings.h, define WOLFSSL_SP_MATH_ALL instead of USE_FAST_MATH",
	})
	checks := make(map[string]*check)
	for _, r := range rules {
		id := r.ID
		checks[id] = &check{notMade: "the build failed, see symbols"}
	}
	checks[MacrosID], checks[SymbolsID] = passed, failed
	checks[RunID] = &check{notNeeded: "no script is given"}
	return reportOf(checks, "")
}

func TestText(t *testing.T) {
	const want = `ok    macros     2 of 2 macros as wanted, as the compiler sees them
FAIL  symbols    1 finding
      a.o:3: mp_init is defined twice: in py/runtime.o (.text.mp_init, 84 bytes)
        and in wolfcrypt/src/tfm.o (.text.mp_init, 33 bytes)
        fix: in user_settings.h, define WOLFSSL_SP_MATH_ALL instead of
          USE_FAST_MATH
?     leftovers  not made: the build failed, see symbols
?     modules    not made: the build failed, see symbols
?     settings   not made: the build failed, see symbols
?     size       not made: the build failed, see symbols
-     run        not applicable: no script is given
`
	var got bytes.Buffer
	if err := sampleReport().Text(&got); err != nil {
		t.Fatal(err)
	}
	if got.String() != want {
		t.Errorf("got\n%s\nwant\n%s", got.String(), want)
	}
	for line := range strings.Lines(got.String()) {
		if len(strings.TrimSuffix(line, "\n")) > textWidth {
			t.Errorf("too wide: %q", line)
		}
	}
}

// schema is a part of the documented one.
func schema(t testing.TB, definition string) *jsonschema.Schema {
	t.Helper()
	part, err := jsonschema.NewCompiler().Compile(
		filepath.Join("..", "..", "docs", "verify-schema.json") + "#/definitions/" + definition)
	if err != nil {
		t.Fatal(err)
	}
	return part
}

// validate checks that a report is as documented.
func validate(t *testing.T, s *jsonschema.Schema, r *Report) {
	t.Helper()
	text, err := json.Marshal(r)
	if err != nil {
		t.Fatal(err)
	}
	if err := validateText(s, string(text)); err != nil {
		t.Errorf("not as documented: %v", err)
	}
}

func validateText(s *jsonschema.Schema, text string) error {
	v, err := jsonschema.UnmarshalJSON(strings.NewReader(text))
	if err != nil {
		return err
	}
	return s.Validate(v)
}

func TestSchema(t *testing.T) {
	s := schema(t, "report")
	validate(t, s, sampleReport())
	for _, text := range []string{
		`{"ok": true, "checks": [], "seconds": {"build": 1, "analysis": 1, "run": 1}}`, `{}`} {
		var wrong *jsonschema.ValidationError
		if err := validateText(s, text); !errors.As(err, &wrong) {
			t.Errorf("%s: %v", text, err)
		}
	}
}

// A check that was not made does not let the report pass; one that does not apply does.
func TestReportOK(t *testing.T) {
	tests := []struct {
		last *check
		want bool
	}{
		{&check{}, true},
		{&check{notNeeded: "no script is given"}, true},
		{&check{notMade: "the build failed"}, false},
		{&check{findings: []Finding{{Message: "x"}}}, false},
		{&check{notNeeded: "x", findings: []Finding{{Message: "x"}}}, false},
	}
	for i, test := range tests {
		checks := make(map[string]*check)
		for _, r := range rules {
			id := r.ID
			checks[id] = &check{}
		}
		checks[RunID] = test.last
		if got := reportOf(checks, "").OK; got != test.want {
			t.Errorf("%d: ok is %v", i, got)
		}
	}
}

// TestUnmade checks that a check that another's finding has made impossible is not an error
// itself.
func TestUnmade(t *testing.T) {
	result := &Result{Tool: "mpwolf", Tree: "/tree",
		Targets: []Target{{Target: "unix", Port: "unix",
			Report: sampleReport()}}}
	var out bytes.Buffer
	if err := result.Log().GitHub(&out); err != nil {
		t.Fatal(err)
	}
	if n := strings.Count(out.String(), "::error "); n != 1 ||
		!strings.Contains(out.String(), "title=mpwolf settings::not made: the build failed") {
		t.Errorf("%d errors; want 1, and notices of the others\n%s", n, out.String())
	}
	for _, c := range result.Suites()[0].Cases {
		skipped := c.Name != MacrosID && c.Name != SymbolsID
		if (c.Skipped != "") != skipped || len(c.Findings) > 0 != (c.Name == SymbolsID) {
			t.Errorf("case %+v", c)
		}
	}
	// Without a finding that explains it, it is one.
	checks := make(map[string]*check)
	for _, r := range rules {
		checks[r.ID] = &check{}
	}
	checks[MacrosID].notMade = "no one knows"
	result.Targets[0].Report = reportOf(checks, "")
	out.Reset()
	if err := result.Log().GitHub(&out); err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(out.String(), "::error ") {
		t.Errorf("a check that was not made is not told of:\n%s", out.String())
	}
}
