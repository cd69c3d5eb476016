package sbom

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	cdx "github.com/CycloneDX/cyclonedx-go"

	"mpwolf/internal/audit"
)

func sampleAudit() *audit.Result {
	advisories := []audit.Assessment{
		{ID: "CVE-2026-1", Severity: "high", Summary: "a hello overflows", State: audit.Affected,
			Evidence: "src/tls.c is compiled", Fixed: "5.9.0", Source: "ChangeLog"},
		{ID: "PR-7", Severity: "medium", Summary: "a key leaks", State: audit.NotAffected,
			Evidence: "HAVE_X is not defined", Fixed: "5.9.1", Source: "ChangeLog"},
		{ID: "CVE-2026-2", Severity: "low", Summary: "<a> & b", State: audit.Fixed,
			Evidence: "src/tls.c:7 has the fix of Debian", Fixed: "5.9.2", Source: "ChangeLog"},
	}
	optional := []audit.Assessment{
		{ID: "CVE-2026-3", Severity: "low", Summary: "faults reveal a key", State: audit.Open,
			Evidence: "the fix is off", Fixed: "5.7.0", Source: "ChangeLog",
			Mitigation: []string{"HARDEN"}},
		{ID: "CVE-2026-4", Severity: "low", Summary: "faults reveal a key",
			State: audit.Mitigated, Evidence: "BLIND is defined, which turns on the fix",
			Fixed: "5.7.0", Source: "ChangeLog", Mitigation: []string{"BLIND"}},
	}
	return &audit.Result{Version: "v1.0.0", List: audit.List{Date: "2026-07-05"},
		Targets: []audit.Target{
			{Target: "unix (standard)", Version: "5.7.2", Advisories: advisories},
			{Target: "stm32 (PYBV11)", Version: "5.7.2", Advisories: advisories[1:]},
			{Target: "qemu", Version: "5.7.2", Advisories: optional},
		}}
}

func TestVEX(t *testing.T) {
	var out, again bytes.Buffer
	for _, w := range []*bytes.Buffer{&out, &again} {
		if err := VEX(w, sampleAudit()); err != nil {
			t.Fatal(err)
		}
	}
	if out.String() != again.String() {
		t.Error("two documents of the same audit differ")
	}
	var bom cdx.BOM
	if err := cdx.NewBOMDecoder(bytes.NewReader(out.Bytes()), cdx.BOMFileFormatJSON).Decode(
		&bom); err != nil {
		t.Fatal(err)
	}
	refs := make(map[string]bool)
	for _, firmware := range *bom.Components {
		refs[(*firmware.Components)[0].BOMRef] = true
	}
	want := []cdx.ImpactAnalysisState{cdx.IASExploitable, cdx.IASNotAffected,
		cdx.IASResolvedWithPedigree, cdx.IASNotAffected, cdx.IASResolvedWithPedigree,
		cdx.IASExploitable, cdx.IASNotAffected}
	for i, v := range *bom.Vulnerabilities {
		if v.Analysis.State != want[i] || !refs[(*v.Affects)[0].Ref] {
			t.Errorf("vulnerability %d: %+v", i, v)
		}
	}
	all := *bom.Vulnerabilities
	if got := all[5].Recommendation; !strings.HasPrefix(got, "define HARDEN") {
		t.Errorf("of a fix that is off, it recommends %q", got)
	}
	if all[6].Analysis.Justification != cdx.IAJProtectedByMitigatingControl ||
		all[3].Analysis.Justification != cdx.IAJCodeNotPresent {
		t.Errorf("justified by %+v and %+v", all[6].Analysis, all[3].Analysis)
	}
	if len(*bom.Vulnerabilities) != len(want) || len(refs) != 3 ||
		bom.SpecVersion != cdx.SpecVersion1_6 {
		t.Errorf("got %s", out.String())
	}
	validate(t, out.String())
}

// validate runs the strict validator of CycloneDX's own library for Node, if MPWOLF_TEST_CYCLONEDX
// names the directory where npm has installed it, with what it needs to validate.
func validate(t *testing.T, document string) {
	t.Helper()
	modules := os.Getenv("MPWOLF_TEST_CYCLONEDX")
	if modules == "" {
		t.Log("NOT TESTED: CycloneDX's strict validator; set MPWOLF_TEST_CYCLONEDX to the " +
			"directory with npm's @cyclonedx/cyclonedx-library to do so")
		return
	}
	script, err := os.ReadFile("testdata/validate.js")
	if err != nil {
		t.Fatal(err)
	}
	run := func(document string) (string, error) {
		cmd := exec.Command("node", "-e", string(script), "1.6")
		cmd.Dir = modules
		cmd.Stdin = strings.NewReader(document)
		out, err := cmd.CombinedOutput()
		return string(out), err
	}
	if out, err := run(document); err != nil {
		t.Errorf("%v: %s\n%s", err, out, document)
	}
	broken := strings.Replace(document, `"bomFormat"`, `"bomformat"`, 1)
	if out, err := run(broken); err == nil || !strings.Contains(out, "bomFormat") {
		t.Errorf("a document without bomFormat passes: %v, %s", err, out)
	}
	if dir, err := filepath.Abs(modules); err != nil || dir != filepath.Clean(modules) {
		t.Errorf("MPWOLF_TEST_CYCLONEDX=%s must be an absolute path", modules)
	}
}

func TestEpoch(t *testing.T) {
	for text, good := range map[string]bool{"": true, "0": true, "1783209600": true, "-1": false,
		"now": false, "253402300799": true, "253402300800": false, "9223372036854775807": false} {
		t.Setenv("SOURCE_DATE_EPOCH", text)
		if date, err := epoch(); (err == nil) != good || text == "" && !date.IsZero() {
			t.Errorf("%q: got %v, %v", text, date, err)
		}
	}
}
