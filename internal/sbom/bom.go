package sbom

import (
	"fmt"
	"io"
	"slices"
	"strings"

	cdx "github.com/CycloneDX/cyclonedx-go"
)

// CycloneDX writes a firmware in version 1.6 of the format.
func CycloneDX(w io.Writer, f *Firmware) error {
	bom := newBOM(f.Tool, f.Date)
	tools := append(*bom.Metadata.Tools.Components,
		cdx.Component{Type: cdx.ComponentTypeApplication, Name: "compiler", Version: f.Compiler})
	bom.Metadata.Tools.Components = &tools
	bom.Metadata.Lifecycles = &[]cdx.Lifecycle{{Phase: cdx.LifecyclePhasePostBuild}}
	firmware := cdx.Component{BOMRef: "firmware", Type: cdx.ComponentTypeFirmware,
		Name: "micropython for " + f.Target, Version: f.Version,
		Hashes:   hashes(f.SHA256),
		Licenses: licences(f.licence()),
		Properties: properties("mpwolf:target", f.Target, "mpwolf:file", f.File,
			"mpwolf:compiler", f.Compiler, "mpwolf:compile", f.Compile, "mpwolf:link", f.Link)}
	bom.Metadata.Component = &firmware
	var components []cdx.Component
	var refs []string
	for _, c := range f.Components {
		components = append(components, c.cycloneDX())
		refs = append(refs, c.ID)
	}
	bom.Components = &components
	bom.Dependencies = &[]cdx.Dependency{{Ref: firmware.BOMRef, Dependencies: &refs}}
	return encode(w, bom)
}

func (c Component) cycloneDX() cdx.Component {
	to := cdx.Component{BOMRef: c.ID, Type: cdx.ComponentTypeLibrary, Name: c.Name,
		Version: c.Version, CPE: c.CPE, PackageURL: c.Purl, Hashes: hashes(c.SHA256),
		Licenses: licences(c.Licence),
		Properties: properties("mpwolf:objects", fmt.Sprint(c.Objects), "mpwolf:sources:sha256",
			c.Sources, "mpwolf:origin", c.Origin)}
	if c.ID == microPythonID {
		to.Type = cdx.ComponentTypeFramework
	}
	if c.Supplier != "" {
		to.Supplier = &cdx.OrganizationalEntity{Name: c.Supplier}
	}
	pedigree := cdx.Pedigree{}
	if c.Commit != "" {
		pedigree.Commits = &[]cdx.Commit{{UID: c.Commit}}
	}
	var patches []cdx.Patch
	for _, p := range c.Patches {
		patch := cdx.Patch{Type: cdx.PatchTypeUnofficial}
		if p.Diff != "" {
			patch.Diff = &cdx.Diff{Text: &cdx.AttachedText{Content: p.Diff,
				ContentType: "text/x-diff"}}
		}
		if p.Resolves != "" {
			patch.Type = cdx.PatchTypeBackport
			patch.Resolves = &[]cdx.Issue{{ID: p.Resolves, Type: cdx.IssueTypeSecurity,
				Description: "fixed by " + p.By}}
		}
		patches = append(patches, patch)
	}
	if len(patches) > 0 {
		pedigree.Patches = &patches
	}
	if pedigree != (cdx.Pedigree{}) {
		to.Pedigree = &pedigree
	}
	return to
}

// licence is the expression for the whole firmware; "" if that of a component is not known, except
// for the compiler's and the system's libraries.
func (f *Firmware) licence() string {
	var all []string
	for _, c := range f.Components {
		switch {
		case strings.HasPrefix(c.ID, "file "), strings.HasPrefix(c.ID, "shared "):
		case c.Licence == "":
			return ""
		case strings.Contains(c.Licence, " OR "):
			all = append(all, "("+c.Licence+")")
		default:
			all = append(all, c.Licence)
		}
	}
	slices.Sort(all)
	return strings.Join(slices.Compact(all), " AND ")
}

func hashes(sha256 string) *[]cdx.Hash {
	if sha256 == "" {
		return nil
	}
	return &[]cdx.Hash{{Algorithm: cdx.HashAlgoSHA256, Value: sha256}}
}

func licences(expression string) *cdx.Licenses {
	if expression == "" {
		return nil
	}
	return &cdx.Licenses{{Expression: expression}}
}
