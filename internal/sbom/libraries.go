package sbom

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"mpwolf/internal/micropython"
)

// libraries are what MicroPython's tree says about the directories in lib: its file LICENSE has
// their licences, and .gitmodules where the submodules come from.
type libraries struct {
	dir      string
	licences map[string]string // SPDX expressions, by the name in lib
	urls     map[string]string // of submodules
}

// expressions are the licences as MicroPython's file names them, in lower case.
var expressions = map[string]string{
	"apache-2.0": "Apache-2.0", "bsd-1-clause": "BSD-1-Clause", "bsd-3-clause": "BSD-3-Clause",
	"bsd-4-clause": "BSD-4-Clause", "isc": "ISC", "mit": "MIT", "zlib": "Zlib",
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
	for line := range strings.Lines(text) {
		entry := strings.TrimSpace(line)
		indent := len(line) - len(strings.TrimLeft(line, " "))
		if !strings.HasPrefix(entry, "/") {
			continue
		}
		switch {
		case entry == "/lib":
			inLib = indent
		case indent <= inLib:
			inLib = -1
		case inLib >= 0 && indent == inLib+4:
			name, licence, _ := strings.Cut(strings.TrimPrefix(entry, "/"), " ")
			l.licences[name] = expressions[strings.ToLower(strings.Trim(licence, "()"))]
		}
	}
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
	url, isSubmodule := l.urls[name]
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
	c.Origin = url
	commit, err := (&micropython.Tree{Dir: filepath.Join(l.dir, "lib", name)}).Commit()
	if err != nil {
		return nil, err
	}
	c.Commit, c.Version = commit, commit
	if repository, is := strings.CutPrefix(url, "https://github.com/"); is && commit != "" {
		repository = strings.ToLower(strings.TrimSuffix(repository, ".git"))
		c.Purl = "pkg:github/" + repository + "@" + commit
	}
	return c, nil
}
