// Package wolfssl knows which wolfSSL releases work, where they come from, and what a wolfSSL
// tree consists of. It only reads; package fetch fetches.
package wolfssl

import (
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
)

// Tree is a wolfSSL source tree on disk. It is only read.
type Tree struct {
	// Dir is the absolute path of the tree's top.
	Dir string
	// Version is LIBWOLFSSL_VERSION_STRING of wolfssl/version.h, such as "5.9.2".
	Version string
	// Licence is read from the tree: "GPL-2.0-or-later", "GPL-3.0", "commercial" or "unknown: see
	// FILE".
	Licence string
	// FIPS is set when the tree has the sources of the FIPS module, which are commercial.
	FIPS bool
	// From says in words where the tree comes from; empty for a tree that was only opened.
	From string
	// Processors are those that a trimmed tree, as patch installs it, is for; nil for a whole one.
	Processors []string
}

// NotTreeError says that a directory is not a wolfSSL tree.
type NotTreeError struct {
	Dir     string
	Missing string // what was not found
}

func (e *NotTreeError) Error() string {
	return fmt.Sprintf("%q is not a wolfSSL tree: it has no %s", e.Dir, e.Missing)
}

// marks are what every wolfSSL tree has, 5.0 to 5.9, commercial and FIPS bundles included.
var marks = []string{"src/ssl.c", "wolfssl/ssl.h", "wolfssl/wolfcrypt/types.h",
	"wolfcrypt/src/asn.c"}

// Open reads the tree whose top is dir. Its errors are *NotTreeError or those of reading files.
func Open(dir string) (*Tree, error) {
	abs, err := filepath.Abs(dir)
	if err != nil {
		return nil, err
	}
	if info, err := os.Stat(abs); err != nil {
		return nil, fmt.Errorf("open wolfSSL tree: %w", err)
	} else if !info.IsDir() {
		return nil, fmt.Errorf("open wolfSSL tree %q: not a directory", dir)
	}
	for _, mark := range marks {
		if _, err := os.Stat(filepath.Join(abs, filepath.FromSlash(mark))); err != nil {
			return nil, &NotTreeError{Dir: abs, Missing: mark}
		}
	}
	version, err := readVersion(abs)
	if err != nil {
		return nil, err
	}
	licence, err := readLicence(abs)
	if err != nil {
		return nil, err
	}
	return &Tree{Dir: abs, Version: version, Licence: licence, FIPS: hasFIPS(abs),
		Processors: readProcessors(abs)}, nil
}

var versionDefine = regexp.MustCompile(`(?m)^#define LIBWOLFSSL_VERSION_STRING\s+"([^"]+)"`)

// Version is LIBWOLFSSL_VERSION_STRING of a directory, which need not be a whole tree.
func Version(dir string) (string, error) { return readVersion(dir) }

// readVersion takes the version from wolfssl/version.h. Releases have it, and it is also checked
// in on wolfSSL's development branch.
func readVersion(dir string) (string, error) {
	text, err := os.ReadFile(filepath.Join(dir, "wolfssl", "version.h"))
	if os.IsNotExist(err) {
		return "", &NotTreeError{Dir: dir, Missing: "wolfssl/version.h"}
	}
	if err != nil {
		return "", fmt.Errorf("read wolfSSL's version: %w", err)
	}
	m := versionDefine.FindSubmatch(text)
	if m == nil {
		return "", fmt.Errorf("%s does not define LIBWOLFSSL_VERSION_STRING",
			filepath.Join(dir, "wolfssl", "version.h"))
	}
	return string(m[1]), nil
}

// fipsFiles are the parts of the FIPS module's boundary that wolfSSL's public repository lacks.
var fipsFiles = []string{"fips.c", "fips_test.c", "wolfcrypt_first.c"}

func hasFIPS(dir string) bool {
	return slices.ContainsFunc(fipsFiles, func(name string) bool {
		_, err := os.Stat(filepath.Join(dir, "wolfcrypt", "src", name))
		return err == nil
	})
}

// sourceEndings are the files of a build: C, what C includes (.i is C that is included many
// times over), and the assembly that gcc and clang take (.asm is for Microsoft's assembler,
// which no MicroPython port uses).
var sourceEndings = []string{".c", ".h", ".i", ".S"}

// unused are headers of wolfSSL's own tests: a quarter of all headers by size.
var unused = []string{"wolfssl/certs_test.h", "wolfssl/certs_test_sm.h", "wolfssl/test.h"}

// Files are the files of a tree that a build needs and that get installed, relative to its top,
// sorted, with slashes; with processors only those that one of them can use.
func Files(t *Tree, processors ...string) ([]string, error) {
	files, err := licenceFiles(t.Dir)
	if err != nil {
		return nil, err
	}
	for _, top := range []string{"src", "wolfcrypt/src", "wolfssl"} {
		err := filepath.WalkDir(filepath.Join(t.Dir, filepath.FromSlash(top)),
			func(path string, entry fs.DirEntry, err error) error {
				if err != nil || entry.IsDir() ||
					!slices.Contains(sourceEndings, filepath.Ext(path)) {
					return err
				}
				rel, err := filepath.Rel(t.Dir, path)
				if rel = filepath.ToSlash(rel); err == nil && !slices.Contains(unused, rel) {
					files = append(files, rel)
				}
				return err
			})
		if err != nil {
			return nil, fmt.Errorf("list wolfSSL's files: %w", err)
		}
	}
	slices.Sort(files)
	if len(processors) > 0 {
		files = slices.DeleteFunc(files, func(name string) bool {
			return !usable(name, processors)
		})
	}
	return files, nil
}

// licenceFiles are the files in the top directory that state the tree's terms of use.
func licenceFiles(dir string) ([]string, error) {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return nil, fmt.Errorf("list wolfSSL's files: %w", err)
	}
	var names []string
	for _, entry := range entries {
		upper := strings.ToUpper(entry.Name())
		for _, stem := range []string{"COPYING", "LICENCE", "LICENSE", "LICENSING"} {
			if !entry.IsDir() && strings.HasPrefix(upper, stem) {
				names = append(names, entry.Name())
				break
			}
		}
	}
	return names, nil
}
