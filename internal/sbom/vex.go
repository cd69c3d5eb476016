package sbom

import (
	"io"
	"strings"

	cdx "github.com/CycloneDX/cyclonedx-go"

	"mpwolf/internal/audit"
)

// VEX writes an audit as CycloneDX: the firmware of each target with its wolfSSL, and for each
// advisory about that version what it means there.
func VEX(w io.Writer, r *audit.Result) error {
	date, err := epoch()
	if err != nil {
		return err
	}
	bom := newBOM(r.Version, date)
	bom.Metadata.Properties = properties(
		"mpwolf:advisories:date", r.List.Date, "mpwolf:advisories:since", r.List.Since,
		"mpwolf:advisories:until", r.List.Until)
	var components []cdx.Component
	var vulnerabilities []cdx.Vulnerability
	for _, t := range r.Targets {
		firmware := cdx.Component{BOMRef: "firmware " + t.Target, Type: cdx.ComponentTypeFirmware,
			Name: "micropython", Description: "MicroPython for " + t.Target}
		wolf := wolfSSLComponent(t.Version)
		wolf.BOMRef = "wolfssl in " + t.Target
		firmware.Components = &[]cdx.Component{wolf}
		components = append(components, firmware)
		for _, a := range t.Advisories {
			v := vulnerability(a)
			v.BOMRef = a.ID + " in " + t.Target
			v.Affects = &[]cdx.Affects{{Ref: wolf.BOMRef}}
			vulnerabilities = append(vulnerabilities, v)
		}
	}
	bom.Components, bom.Vulnerabilities = &components, &vulnerabilities
	return encode(w, bom)
}

func vulnerability(a audit.Assessment) cdx.Vulnerability {
	v := cdx.Vulnerability{ID: a.ID, Description: a.Summary,
		Detail:  "source: " + a.Source,
		Ratings: &[]cdx.VulnerabilityRating{{Severity: cdx.Severity(a.Severity)}}}
	if pull, is := strings.CutPrefix(a.ID, "PR-"); is {
		v.Source = &cdx.Source{Name: "wolfSSL", URL: wolfSSLGit + "/pull/" + pull}
	} else {
		v.Source = &cdx.Source{Name: "NVD", URL: "https://nvd.nist.gov/vuln/detail/" + a.ID}
	}
	analysis := &cdx.VulnerabilityAnalysis{Detail: a.Evidence}
	switch a.State {
	case audit.Affected:
		// Whether an attacker gets at the code depends on the Python program.
		analysis.State = cdx.IASExploitable
		analysis.Response = &[]cdx.ImpactAnalysisResponse{cdx.IARUpdate}
		v.Recommendation = a.Fix()
	case audit.Open: // no update has it on: the user has to decide
		analysis.State = cdx.IASExploitable
		analysis.Response = &[]cdx.ImpactAnalysisResponse{cdx.IARWorkaroundAvailable}
		v.Recommendation = a.Fix()
	case audit.Mitigated:
		analysis.State = cdx.IASNotAffected
		analysis.Justification = cdx.IAJProtectedByMitigatingControl
	case audit.Fixed:
		analysis.State = cdx.IASResolvedWithPedigree
	case audit.NotAffected:
		analysis.State, analysis.Justification = cdx.IASNotAffected, cdx.IAJCodeNotPresent
	}
	v.Analysis = analysis
	return v
}
