// Package sbom writes what a firmware consists of, and what advisories mean for it, in the formats
// of supply chains: CycloneDX and SPDX. It finds nothing out itself that verify and audit do not.
package sbom
