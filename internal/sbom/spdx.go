package sbom

import (
	"cmp"
	"encoding/json"
	"fmt"
	"io"
	"regexp"
	"strings"
	"time"

	spdxjson "github.com/spdx/tools-golang/json"
	"github.com/spdx/tools-golang/spdx/v2/common"
	spdx "github.com/spdx/tools-golang/spdx/v2/v2_3"
)

// SPDX writes a firmware in version 2.3 of the format, as JSON.
func SPDX(w io.Writer, f *Firmware) error {
	doc := &spdx.Document{SPDXVersion: spdx.Version, DataLicense: spdx.DataLicense,
		SPDXIdentifier: "DOCUMENT", DocumentName: "micropython for " + f.Target,
		CreationInfo: &spdx.CreationInfo{Created: f.Date.Format(time.RFC3339),
			Creators: []common.Creator{{CreatorType: "Tool", Creator: "mpwolf-" + f.Tool}}}}
	firmware := &spdx.Package{PackageName: "micropython for " + f.Target,
		PackageSPDXIdentifier: "Firmware", PackageVersion: f.Version, PackageFileName: f.File,
		PrimaryPackagePurpose: "FIRMWARE",
		PackageComment: "compiled by: " + f.Compile + "\nlinked by: " + f.Link +
			"\n$(TREE), $(BUILD) and $(MODULES) are directories"}
	known(firmware, f.licence(), f.SHA256, "")
	compiler := &spdx.Package{PackageName: "compiler", PackageSPDXIdentifier: "Compiler",
		PackageVersion: f.Compiler, PrimaryPackagePurpose: "APPLICATION"}
	known(compiler, "", "", "")
	doc.Packages = []*spdx.Package{firmware, compiler}
	relate := func(from common.ElementID, kind string, to common.ElementID) {
		doc.Relationships = append(doc.Relationships, &spdx.Relationship{
			RefA:         common.DocElementID{ElementRefID: from},
			RefB:         common.DocElementID{ElementRefID: to},
			Relationship: kind})
	}
	relate("DOCUMENT", common.TypeRelationshipDescribe, firmware.PackageSPDXIdentifier)
	relate(compiler.PackageSPDXIdentifier, common.TypeRelationshipBuildToolOf,
		firmware.PackageSPDXIdentifier)
	ids := make(elementIDs)
	for _, c := range f.Components {
		p := c.spdx()
		p.PackageSPDXIdentifier = ids.of(c.ID)
		doc.Packages = append(doc.Packages, p)
		relate(firmware.PackageSPDXIdentifier, common.TypeRelationshipContains,
			p.PackageSPDXIdentifier)
		for _, word := range strings.Fields(c.Licence) {
			if strings.HasPrefix(word, "LicenseRef-") {
				doc.OtherLicenses = append(doc.OtherLicenses, &spdx.OtherLicense{
					LicenseIdentifier: word, LicenseName: word, ExtractedText: texts[word]})
			}
		}
	}
	text, err := json.Marshal(doc)
	if err != nil {
		return fmt.Errorf("write SPDX: %w", err)
	}
	doc.DocumentNamespace = "urn:uuid:" + uuidOf(text)
	if err := spdxjson.Write(doc, w, spdxjson.Indent("  ")); err != nil {
		return fmt.Errorf("write SPDX: %w", err)
	}
	return nil
}

// texts are what SPDX says of licences that it has no identifier for.
var texts = map[string]string{
	"LicenseRef-wolfSSL-commercial": "the licence that the supplier has agreed on with the user",
	"LicenseRef-MCD-ST-Liberty-V2": "MCD-ST Liberty SW License Agreement V2: " +
		"http://www.st.com/software_license_agreement_liberty_v2",
}

func (c Component) spdx() *spdx.Package {
	p := &spdx.Package{PackageName: c.Name, PackageVersion: c.Version,
		PrimaryPackagePurpose: "LIBRARY", PackageSourceInfo: c.Origin}
	known(p, c.Licence, c.SHA256, c.location())
	if c.Supplier != "" {
		p.PackageSupplier = &common.Supplier{SupplierType: "Organization", Supplier: c.Supplier}
	}
	if c.Purl != "" {
		p.PackageExternalReferences = append(p.PackageExternalReferences,
			&spdx.PackageExternalReference{Category: common.CategoryPackageManager,
				RefType: common.TypePackageManagerPURL, Locator: c.Purl})
	}
	if c.CPE != "" {
		p.PackageExternalReferences = append(p.PackageExternalReferences,
			&spdx.PackageExternalReference{Category: common.CategorySecurity,
				RefType: common.TypeSecurityCPE23Type, Locator: c.CPE})
	}
	comment := []string{fmt.Sprintf("objects in the firmware: %d", c.Objects)}
	if c.Sources != "" {
		comment = append(comment, "SHA-256 of the list of compiled sources: "+c.Sources)
	}
	if c.Commit != "" {
		comment = append(comment, "commit: "+c.Commit)
	}
	for _, patch := range c.Patches {
		if patch.Resolves != "" {
			comment = append(comment, patch.Resolves+" is fixed by "+patch.By)
		} else {
			comment = append(comment, "changed by "+patch.By+":\n"+patch.Diff)
		}
	}
	p.PackageComment = strings.Join(comment, "\n")
	return p
}

// location is where a component can be fetched from, as SPDX writes it; "" if that is not known.
func (c Component) location() string {
	repository, _, _ := strings.Cut(strings.TrimPrefix(c.Purl, "pkg:github/"), "@")
	if repository == "" || repository == c.Purl {
		return ""
	}
	revision := cmp.Or(c.Commit, c.Version)
	if c.ID == wolfSSLID {
		revision = "v" + c.Version + "-stable"
	}
	return "git+https://github.com/" + repository + "@" + revision
}

// known sets what every package has, known or not.
func known(p *spdx.Package, licence, sha256, location string) {
	p.PackageLicenseConcluded = "NOASSERTION"
	p.PackageLicenseDeclared = cmp.Or(licence, "NOASSERTION")
	p.PackageCopyrightText = "NOASSERTION"
	p.PackageDownloadLocation = cmp.Or(location, "NOASSERTION")
	p.FilesAnalyzed, p.IsFilesAnalyzedTagPresent = false, true
	if sha256 != "" {
		p.PackageChecksums = []common.Checksum{{Algorithm: common.SHA256, Value: sha256}}
	}
}

var notInID = regexp.MustCompile(`[^A-Za-z0-9.-]+`)

// elementIDs are the identifiers of a document's components.
type elementIDs map[common.ElementID]bool

// of is a name as SPDX allows it in an identifier, with a number if another name has that already.
func (ids elementIDs) of(name string) common.ElementID {
	plain := "Component-" + notInID.ReplaceAllString(name, "-")
	id := common.ElementID(plain)
	for n := 2; ids[id]; n++ {
		id = common.ElementID(fmt.Sprintf("%s-%d", plain, n))
	}
	ids[id] = true
	return id
}
