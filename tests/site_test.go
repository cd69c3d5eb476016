package tests_test

import (
	"encoding/json"
	"io/fs"
	"net/url"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

var (
	reference = regexp.MustCompile(`(?:href|src)="([^"]*)"`)
	identity  = regexp.MustCompile(`id="([^"]*)"`)
)

// TestSite makes the site: no reference in it leads nowhere, each page is in the navigation, the
// search finds a known word, and a link that leads nowhere is an error.
func TestSite(t *testing.T) {
	if testing.Short() {
		t.Skip("skipped with -short: needs the modules of tools/site")
	}
	site := filepath.Join(t.TempDir(), "site")
	if out, err := exec.Command("../scripts/site", site).CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	pages := make(map[string]string)
	err := filepath.WalkDir(site, func(name string, entry fs.DirEntry, err error) error {
		if err == nil && path.Ext(name) == ".html" {
			rel, _ := filepath.Rel(site, name)
			pages[filepath.ToSlash(rel)] = string(readFile(t, name))
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	links := 0
	for name, text := range pages {
		for _, m := range reference.FindAllStringSubmatch(text, -1) {
			u, err := url.Parse(m[1])
			if err != nil || u.Scheme != "" {
				continue
			}
			links++
			file := name
			if u.Path != "" {
				file = path.Join(path.Dir(name), u.Path)
			}
			if _, err := os.Stat(filepath.Join(site, file)); err != nil {
				t.Errorf("%s: %s: %v", name, m[1], err)
			} else if u.Fragment != "" && !hasID(pages[file], u.Fragment) {
				t.Errorf("%s: %s: there is no such heading", name, m[1])
			}
		}
		if home := pages["index.html"]; !strings.Contains(home, `href="`+name+`"`) {
			t.Errorf("%s is not in the navigation", name)
		}
	}
	if len(pages) < 30 || links < 1000 {
		t.Errorf("%d pages, %d links", len(pages), links)
	}
	for page, want := range map[string]string{"docs/metal.html": `src="metal.svg"`,
		"docs/compat.html": "<th>unix standard</th>", "index.html": `aria-current="page"`} {
		if !strings.Contains(pages[page], want) {
			t.Errorf("%s has no %s", page, want)
		}
	}
	search(t, site)

	broken := t.TempDir()
	writeFile(t, broken, "README.md", []byte("# Title\n\n[gone](docs/gone.md)\n"))
	out, err := exec.Command("go", "run", "-C", "../tools/site", ".", broken,
		filepath.Join(broken, "out")).CombinedOutput()
	if err == nil || !strings.Contains(string(out), "gone.md") {
		t.Errorf("a link that leads nowhere: %v\n%s", err, out)
	}
}

func hasID(page, id string) bool {
	for _, m := range identity.FindAllStringSubmatch(page, -1) {
		if m[1] == id {
			return true
		}
	}
	return false
}

// search looks for words in the index, and with the page's own script where there is node.
func search(t *testing.T, site string) {
	t.Helper()
	text := string(readFile(t, filepath.Join(site, "index.js")))
	text = strings.TrimSuffix(strings.TrimPrefix(text, "const sections = "), ";\n")
	var sections []struct{ URL, Page, Title, Text string }
	if err := json.Unmarshal([]byte(text), &sections); err != nil {
		t.Fatal(err)
	}
	found := false
	for _, s := range sections {
		found = found || strings.HasPrefix(s.URL, "docs/verify.html#") &&
			strings.Contains(s.Text, "treemaps of flash")
	}
	if len(sections) < 150 || !found {
		t.Errorf("%d sections; treemaps found: %v", len(sections), found)
	}
	node, err := exec.LookPath("node")
	if err != nil {
		t.Log("NOT TESTED: search.js; there is no node")
		return
	}
	const script = `const {find} = require(process.argv[1] + "/search.js");
const index = require("fs").readFileSync(process.argv[1] + "/index.js", "utf8");
const sections = new Function(index + "return sections;")();
const first = words => (find(sections, words)[0] || {section: {}}).section.url;
console.log(first("TREEMAPS flash"), first("undo changed"), first("no-such-word"));`
	out, err := exec.Command(node, "-e", script, site).CombinedOutput()
	want := "docs/verify.html#formats docs/usage.html#what-is-changed-and-how-to-undo-it undefined"
	if got := strings.TrimSpace(string(out)); err != nil || got != want {
		t.Errorf("search.js finds %v, %.500s; want %s", err, got, want)
	}
}
