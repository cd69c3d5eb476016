package sbom

import (
	"errors"
	"fmt"
	"io/fs"
	"net/url"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"mpwolf/internal/micropython"
)

// libraries are what MicroPython's tree says about the directories in lib: its file LICENSE has
// their licences, and .gitmodules where the submodules come from.
type libraries struct {
	dir      string
	licences map[string]string // SPDX expressions, by the name in lib
	urls     map[string]string // of submodules
	parts    []part            // of MicroPython itself, with another licence than its own
}

// part are files of a port that were taken from elsewhere: a path in the tree, with * in it, of
// files or of a directory.
type part struct{ path, licence string }

// expressions are the licences as MicroPython's file names them, in lower case.
var expressions = map[string]string{
	"apache-2.0": "Apache-2.0", "bsd-1-clause": "BSD-1-Clause", "bsd-3-clause": "BSD-3-Clause",
	"bsd-4-clause": "BSD-4-Clause", "isc": "ISC", "mit": "MIT", "zlib": "Zlib",
	"mit + bsd-3-clause": "BSD-3-Clause AND MIT",
	// SPDX has no identifier for this one.
	"mcd-st liberty sw license agreement v2": "LicenseRef-MCD-ST-Liberty-V2",
}

// beside are the licences of libraries that MicroPython's file does not name, by their own.
var beside = map[string]string{"mbedtls": "Apache-2.0 OR GPL-2.0-or-later"}

func readLibraries(tree string) (*libraries, error) {
	l := &libraries{dir: tree, licences: make(map[string]string), urls: make(map[string]string)}
	licence, err := readIfThere(filepath.Join(tree, "LICENSE"))
	if err != nil {
		return nil, err
	}
	l.readLicences(licence)
	submodules, err := readIfThere(filepath.Join(tree, ".gitmodules"))
	if err != nil {
		return nil, err
	}
	l.readSubmodules(submodules)
	return l, nil
}

func readIfThere(file string) (string, error) {
	text, err := os.ReadFile(file)
	if errors.Is(err, fs.ErrNotExist) {
		return "", nil
	}
	if err != nil {
		return "", fmt.Errorf("read about libraries: %w", err)
	}
	return string(text), nil
}

// readLicences reads the part of the file that is a tree, such as:
//
//	/lib
//	    /asf4 (Apache-2.0)
func (l *libraries) readLicences(text string) {
	inLib := -1 // how far /lib is indented
	var above []string
	for line := range strings.Lines(text) {
		entry := strings.TrimSpace(line)
		indent := len(line) - len(strings.TrimLeft(line, " "))
		if !strings.HasPrefix(entry, "/") {
			continue
		}
		name, licence, _ := strings.Cut(strings.TrimPrefix(entry, "/"), " (")
		expression := expressions[strings.ToLower(strings.TrimSuffix(licence, ")"))]
		above = append(above[:min(len(above), indent/4)], name)
		if path := strings.Join(above[min(len(above), 1):], "/"); expression != "MIT" &&
			expression != "" && !strings.HasPrefix(path, "lib/") {
			l.parts = append(l.parts, part{path, expression})
		}
		switch {
		case entry == "/lib":
			inLib = indent
		case indent <= inLib:
			inLib = -1
		case inLib >= 0 && indent == inLib+4:
			l.licences[name] = expression
		}
	}
}

// own is the licence of MicroPython with those of the parts that some of its sources, absolute
// paths, belong to.
func (l *libraries) own(sources []string) string {
	licences := []string{"MIT"}
	for _, p := range l.parts {
		for _, source := range sources {
			rel, err := filepath.Rel(l.dir, source)
			if err != nil || !p.has(filepath.ToSlash(rel)) {
				continue
			}
			for _, licence := range strings.Split(p.licence, " AND ") {
				if !slices.Contains(licences, licence) {
					licences = append(licences, licence)
				}
			}
			break
		}
	}
	slices.Sort(licences)
	return strings.Join(licences, " AND ")
}

// has is whether a file is one of the part's, or in its directory.
func (p part) has(file string) bool {
	depth := strings.Count(p.path, "/") + 1
	names := strings.Split(file, "/")
	is, err := path.Match(p.path, strings.Join(names[:min(len(names), depth)], "/"))
	return is && err == nil
}

func (l *libraries) readSubmodules(text string) {
	path := ""
	for line := range strings.Lines(text) {
		key, value, _ := strings.Cut(strings.TrimSpace(line), "=")
		switch value = strings.TrimSpace(value); strings.TrimSpace(key) {
		case "path":
			path = value
		case "url":
			if name, is := strings.CutPrefix(path, "lib/"); is {
				l.urls[name] = value
			}
		}
	}
}

// component is a directory of lib: a submodule with its commit, or a part of MicroPython.
func (l *libraries) component(name string, tree *micropython.Tree) (*Component, error) {
	c := &Component{Name: name}
	licence, named := l.licences[name]
	address, isSubmodule := l.urls[name]
	switch {
	case named:
		c.Licence = licence
	case beside[name] != "":
		c.Licence = beside[name]
	case !isSubmodule:
		c.Licence = "MIT" // "Unless specified otherwise", as the file says
	}
	if !isSubmodule {
		// Which version of the library that is, nothing says.
		c.Origin = "lib/" + name + " of MicroPython " + tree.Version.String()
		return c, nil
	}
	c.Origin = withoutUser(address)
	commit, err := (&micropython.Tree{Dir: filepath.Join(l.dir, "lib", name)}).Commit()
	if err != nil {
		return nil, err
	}
	c.Commit, c.Version = commit, commit
	c.Purl = gitHubPurl(c.Origin, commit)
	return c, nil
}

var onGitHub = regexp.MustCompile(`^https://github\.com/([\w.-]+/[\w.-]+)$`)

// gitHubPurl is the package URL of a commit, "" if the address is not that of a repository there.
func gitHubPurl(address, commit string) string {
	m := onGitHub.FindStringSubmatch(address)
	if m == nil || commit == "" {
		return ""
	}
	return "pkg:github/" + strings.ToLower(strings.TrimSuffix(m[1], ".git")) + "@" + commit
}

// withoutUser is an address without the name and password, which are nobody else's business; what
// is no URL, such as git@host:path, is as it was.
func withoutUser(address string) string {
	u, err := url.Parse(address)
	if err != nil || u.User == nil {
		return address
	}
	u.User = nil
	return u.String()
}
