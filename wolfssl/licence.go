package wolfssl

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
)

// The licences that readLicence distinguishes.
const (
	GPL2       = "GPL-2.0-or-later" // up to 5.8.0
	GPL3       = "GPL-3.0"          // from 5.8.2 on
	Commercial = "commercial"
)

// headerSize is how much of src/ssl.c is looked at for its licence header.
const headerSize = 1500

// readLicence determines a tree's licence from two texts that must agree: the header of
// src/ssl.c, and LICENSING or COPYING. The tree's version is no evidence: commercial bundles
// carry the same numbers.
func readLicence(dir string) (string, error) {
	header, err := os.ReadFile(filepath.Join(dir, "src", "ssl.c"))
	if err != nil {
		return "", fmt.Errorf("read wolfSSL's licence: %w", err)
	}
	names, err := licenceFiles(dir)
	if err != nil {
		return "", err
	}
	see := "src/ssl.c"
	var terms strings.Builder
	for _, name := range names {
		text, err := os.ReadFile(filepath.Join(dir, name))
		if err != nil {
			return "", fmt.Errorf("read wolfSSL's licence: %w", err)
		}
		terms.Write(text)
		if see == "src/ssl.c" || strings.EqualFold(name, "LICENSING") {
			see = name
		}
	}
	if licence := licenceOf(words(string(header[:min(len(header), headerSize)])),
		words(terms.String())); licence != "" {
		return licence, nil
	}
	return "unknown: see " + see, nil
}

// licenceOf is empty when the texts are not understood or contradict one another.
func licenceOf(header, terms string) string {
	has := strings.Contains
	gpl := has(header, "gnu general public license")
	switch {
	case gpl && has(header, "version 3 of the license") &&
		(has(terms, "general public license version 3") || has(terms, "version 3, 29 june 2007")):
		return GPL3
	case gpl && has(header, "version 2 of the license, or (at your option) any later version") &&
		(has(terms, "gplv2 (or at your option any later version)") ||
			has(terms, "version 2, june 1991")):
		return GPL2
	case !gpl && has(header, "wolfssl") && !has(terms, "general public license") &&
		(has(header, "all rights reserved") || has(terms, "commercial license")):
		return Commercial
	}
	return ""
}

// words puts a text into lower case on one line, without the stars of a C comment.
func words(text string) string {
	fields := strings.Fields(strings.ToLower(text))
	kept := fields[:0]
	for _, field := range fields {
		if strings.Trim(field, "*/") != "" {
			kept = append(kept, field)
		}
	}
	return strings.Join(kept, " ")
}
