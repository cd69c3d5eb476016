package tests_test

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// leastLinks and leastFiles are the minimum numbers in the documents: fewer means that the tests
// miss them.
const (
	leastLinks = 30
	leastFiles = 60
)

// documents are the documents for people.
func documents(t *testing.T) []string {
	t.Helper()
	var files []string
	for _, pattern := range []string{
		"../*.md", "../docs/*.md", "../modules/*/*.md", "../.github/*.md", "firmware/*/*.md",
	} {
		found, err := filepath.Glob(pattern)
		if err != nil {
			t.Fatal(err)
		}
		files = append(files, found...)
	}
	return files
}

var (
	link    = regexp.MustCompile(`\]\(([^)\s]+)\)`)
	heading = regexp.MustCompile(`(?m)^#+ (.*)$`)
)

// TestLinks follows each link from a document to another file of this repository, and to a heading
// in it.
func TestLinks(t *testing.T) {
	links := 0
	for _, name := range documents(t) {
		for _, m := range link.FindAllStringSubmatch(string(readFile(t, name)), -1) {
			if strings.Contains(m[1], "://") {
				continue
			}
			links++
			if err := follow(t, name, m[1]); err != nil {
				t.Errorf("%s: the link %s: %v", name, m[1], err)
			}
		}
	}
	if links < leastLinks {
		t.Errorf("found %d links", links)
	}
}

func follow(t *testing.T, from, target string) error {
	t.Helper()
	path, anchor, _ := strings.Cut(target, "#")
	file := from
	if path != "" {
		file = filepath.Join(filepath.Dir(from), filepath.FromSlash(path))
	}
	if _, err := os.Stat(file); err != nil || anchor == "" {
		return err
	}
	var anchors []string
	for _, m := range heading.FindAllStringSubmatch(string(readFile(t, file)), -1) {
		anchors = append(anchors, anchorOf(m[1]))
	}
	if !slices.Contains(anchors, anchor) {
		return fmt.Errorf("no such heading; there are %q", anchors)
	}
	return nil
}

// anchorOf is GitHub's anchor for a heading.
func anchorOf(heading string) string {
	kept := regexp.MustCompile(`[^\p{L}\p{N} _-]`).ReplaceAllString(strings.ToLower(heading), "")
	return strings.ReplaceAll(kept, " ", "-")
}

var (
	quoted       = regexp.MustCompile("`([^`\n]+)`")
	standsForAny = regexp.MustCompile(`<[^>]*>|\b(?:PORT|CHECK|NAME|RELEASE)\b`)
)

// notOurs are files of MicroPython's whose names could be ours.
var notOurs = []string{"tools/codeformat.py", "tools/mpremote", "ports/stm32/mpconfigport.h",
	"ports/alif/mpconfigport.h", "ports/mimxrt/mpconfigport.h",
	"ports/renesas-ra/mpconfigport.h", "ports/rp2/mpconfigport.h", "ports/esp32/mpconfigport.h"}

// TestFileNames checks that what a document names in this repository exists: a path between
// backquotes that begins with a top directory. An asterisk or a placeholder, such as PORT,
// stands for any name.
func TestFileNames(t *testing.T) {
	top := []string{
		".github", "docs", "internal", "modules", "patches", "ports", "scripts", "tests",
		"tools", "wolfssl",
	}
	files := 0
	for _, name := range documents(t) {
		for _, m := range quoted.FindAllStringSubmatch(string(readFile(t, name)), -1) {
			path, _, _ := strings.Cut(m[1], " ")
			path = strings.TrimSuffix(path, "/")
			first, _, nested := strings.Cut(path, "/")
			if !nested || !slices.Contains(top, first) || slices.Contains(notOurs, path) {
				continue
			}
			files++
			pattern := standsForAny.ReplaceAllString(path, "*")
			found, err := filepath.Glob(filepath.Join("..", filepath.FromSlash(pattern)))
			if err != nil || len(found) == 0 {
				t.Errorf("%s names %s, which is not there", name, path)
			}
		}
	}
	if files < leastFiles {
		t.Errorf("found %d file names", files)
	}
}
