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

	refusedDocuments(t)
}

// refusedDocuments have links that lead nowhere, or what does more than it shows. No site is made
// of them, not even a part.
func refusedDocuments(t *testing.T) {
	t.Helper()
	tool := filepath.Join(t.TempDir(), "site")
	build := exec.Command("go", "build", "-C", "../tools/site", "-o", tool, ".")
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	for text, want := range map[string]string{
		"[gone](docs/gone.md)":                     "README.md:4: a link: ",
		"[gone](#gone)":                            `README.md:4: README.md has no heading "gone"`,
		"[out](../out.md)":                         "README.md:4: the link to ../out.md leads out",
		"![image](docs/gone.svg)":                  "README.md:4: a link: ",
		`a <a href="nope.html">b</a>`:              "README.md:4: HTML ",
		"<div>\n<a href=\"nope.html\">b</a></div>": "README.md:4: HTML ",
		"<script>alert(1)</script>":                "README.md:4: HTML ",
		"a <img src=x onerror=alert(1)>":           "README.md:4: HTML ",
		"a <sup onclick=alert(1)>b</sup>":          "README.md:4: HTML ",
		"<!--><script>alert(1)</script> -->":       "README.md:4: HTML ",
		"<!-- a -->\n\n<!-- b --><b>":              "README.md:6: HTML ",
		"a <!-- b --!><b> -->":                     "README.md:4: HTML ",
		"<!-- a --><script>alert(1)</script>":      "README.md:4: HTML ",
		"[a](javascript:alert(1))":                 "README.md:4: a link that is neither",
		"[a](JavaScript:alert(1))":                 "README.md:4: a link that is neither",
		"[a](javascript&colon;alert(1))":           "README.md:4: a link: ",
		"[a](&#106;avascript:alert(1))":            "README.md:4: ",
		"![a](data:image/svg+xml,x)":               "README.md:4: a link that is neither",
		"<vbscript:x>":                             "README.md:4: a link that is neither",
		"[a]\n\n[a]: file:///etc/passwd":           "README.md:4: a link that is neither",
		"[a](//example.org/x)":                     "README.md:4: a link: ",
		"x\n\n| a |\n|---|\n| <b>c</b> |":          "README.md:8: HTML ",
	} {
		top := t.TempDir()
		writeFile(t, top, "README.md", []byte("# Title\n\nText.\n"+text+"\n"))
		if strings.HasPrefix(text, "<") { // a block begins after a blank line
			writeFile(t, top, "README.md", []byte("# Title\n\n\n"+text+"\n"))
		}
		out, err := exec.Command(tool, top, filepath.Join(top, "out")).CombinedOutput()
		if err == nil || !strings.HasPrefix(string(out), "site: "+want) {
			t.Errorf("%q: %v, want %q\n%s", text, err, want, out)
		}
		if entries, err := os.ReadDir(top); err != nil || len(entries) != 1 {
			t.Errorf("%q left %v, %v", text, entries, err)
		}
	}
	top := t.TempDir()
	writeFile(t, top, "README.md", []byte("# Title\n\n<!-- a: begin -->\n2<sup>3</sup>\n"+
		"<https://example.org> <a@example.org> [a](HTTPS://example.org) [b](#title)\n"))
	for i, want := range []string{"", "exists already"} {
		out, err := exec.Command(tool, top, filepath.Join(top, "out")).CombinedOutput()
		if (err != nil) != (i > 0) || !strings.Contains(string(out), want) {
			t.Errorf("the site that is allowed, time %d: %v\n%s", i+1, err, out)
		}
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
