package verify

import (
	"bytes"
	"strings"
	"testing"
)

func sampleReport() *Report {
	passed := &check{summary: "2 of 2 macros as wanted, as the compiler sees them"}
	failed := &check{}
	failed.find(Finding{
		Message: "mp_init is defined twice: in py/runtime.o (.text.mp_init, 84 bytes) and in wolfcrypt/src/tfm.o " +
			"(.text.mp_init, 33 bytes)",
		File: "a.o", Line: 3, Remedy: "in user_settings.h, define WOLFSSL_SP_MATH_ALL in place of USE_FAST_MATH",
	})
	checks := make(map[string]*check)
	for _, id := range checkIDs {
		checks[id] = &check{notMade: "the build failed, see symbols"}
	}
	checks[MacrosID], checks[SymbolsID] = passed, failed
	checks[RunID] = &check{notNeeded: "no script is given"}
	return report(checks)
}

func TestText(t *testing.T) {
	const want = `ok    macros     2 of 2 macros as wanted, as the compiler sees them
FAIL  symbols    1 finding
      a.o:3: mp_init is defined twice: in py/runtime.o (.text.mp_init, 84 bytes)
        and in wolfcrypt/src/tfm.o (.text.mp_init, 33 bytes)
        way out: in user_settings.h, define WOLFSSL_SP_MATH_ALL in place of
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

func TestJSON(t *testing.T) {
	r := sampleReport()
	r.Checks = r.Checks[:2]
	const want = `{
  "ok": false,
  "checks": [
    {
      "id": "macros",
      "ok": true,
      "applies": true,
      "summary": "2 of 2 macros as wanted, as the compiler sees them",
      "findings": []
    },
    {
      "id": "symbols",
      "ok": false,
      "applies": true,
      "summary": "1 finding",
      "findings": [
        {
          "message": "mp_init is defined twice: in py/runtime.o (.text.mp_init, 84 bytes) and in wolfcrypt/src/tfm.o (.text.mp_init, 33 bytes)",
          "file": "a.o",
          "line": 3,
          "remedy": "in user_settings.h, define WOLFSSL_SP_MATH_ALL in place of USE_FAST_MATH"
        }
      ]
    }
  ],
  "seconds": {
    "build": 0,
    "analysis": 0,
    "run": 0
  }
}
`
	var got bytes.Buffer
	if err := r.JSON(&got); err != nil {
		t.Fatal(err)
	}
	if got.String() != want {
		t.Errorf("got\n%s", got.String())
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
		for _, id := range checkIDs {
			checks[id] = &check{}
		}
		checks[RunID] = test.last
		if got := report(checks).OK; got != test.want {
			t.Errorf("%d: ok is %v", i, got)
		}
	}
}
