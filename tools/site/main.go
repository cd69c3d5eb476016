// Site makes the documentation of mpwolf as a static site, with a search that needs no server.
//
//	site REPOSITORY DIR
//
// A link that leads nowhere is an error, and so is HTML other than comments and <sup>, which could
// have links that are not checked, and scripts. DIR must not exist, and does not after an error.
package main

import (
	"bytes"
	"embed"
	"encoding/json"
	"errors"
	"fmt"
	"html/template"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"github.com/yuin/goldmark"
	"github.com/yuin/goldmark/ast"
	"github.com/yuin/goldmark/extension"
	"github.com/yuin/goldmark/parser"
	"github.com/yuin/goldmark/renderer/html"
	"github.com/yuin/goldmark/text"
)

//go:embed page.html style.css search.js
var files embed.FS

// groups are the pages in the order of the navigation; others come after them.
var groups = []group{
	{"Start", []string{"README.md", "docs/quickstart.md", "docs/tutorial.md"}},
	{"Use", []string{"docs/usage.md", "docs/verify.md", "docs/audit.md", "docs/sbom.md",
		"docs/firmware-repository.md", "docs/ci.md"}},
	{"Modules", []string{"modules/micropython-wolfssl/README.md", "docs/tls.md",
		"docs/crypto.md", "docs/x509.md", "docs/migration.md"}},
	{"Boards", []string{"docs/compat.md", "docs/metal.md", "docs/stm32.md", "docs/rp2.md",
		"docs/mimxrt.md", "docs/renesas-ra.md", "docs/alif.md", "docs/esp32.md"}},
	{"Results", []string{"docs/speed.md", "docs/testing.md", "docs/testssl.md",
		"docs/tlsfuzzer.md", "docs/limits.md"}},
	{"Project", []string{"CONTRIBUTING.md", "docs/development.md", "docs/design.md",
		"SECURITY.md", "CHANGELOG.md"}},
}

type group struct {
	Name  string
	files []string
}

func main() {
	if len(os.Args) != 3 {
		fmt.Fprintln(os.Stderr, "site: it needs REPOSITORY and DIR")
		os.Exit(2)
	}
	if err := build(os.Args[1], os.Args[2]); err != nil {
		fmt.Fprintf(os.Stderr, "site: %v\n", err)
		os.Exit(1)
	}
}

// page is a document.
type page struct {
	file, URL, Title string // file is below the repository, URL below the site
	Body             template.HTML
	sections         []section
	links            []link
	anchors          map[string]bool
}

// link leads to a file and a heading of the repository, from its top.
type link struct {
	to   string
	line int
}

// section is what the search finds: a heading, and the text below it.
type section struct {
	URL   string `json:"url"`
	Page  string `json:"page"`
	Title string `json:"title"`
	Text  string `json:"text"`
}

// build makes the site beside dir, and gives it that name once it is complete.
func build(repository, dir string) (err error) {
	if _, err := os.Lstat(dir); err == nil {
		return fmt.Errorf("%s exists already", dir)
	}
	part := fmt.Sprintf("%s.%d", filepath.Clean(dir), os.Getpid())
	if err := os.Mkdir(part, 0o755); err != nil {
		return err
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, os.RemoveAll(part))
		}
	}()
	if err := fill(repository, part); err != nil {
		return err
	}
	return os.Rename(part, dir)
}

func fill(repository, dir string) error {
	pages, err := readPages(repository)
	if err != nil {
		return err
	}
	for _, name := range []string{"style.css", "search.js"} {
		data, err := files.ReadFile(name)
		if err != nil {
			return err
		}
		if err := write(dir, name, data); err != nil {
			return err
		}
	}
	if err := writeIndex(dir, pages); err != nil {
		return err
	}
	if err := copyLinked(repository, dir, pages); err != nil {
		return err
	}
	return writePages(dir, pages)
}

// readPages reads the documents and turns them into HTML.
func readPages(repository string) (map[string]*page, error) {
	pages := make(map[string]*page)
	for _, pattern := range []string{"*.md", "docs/*.md", "modules/*/*.md"} {
		found, err := filepath.Glob(filepath.Join(repository, pattern))
		if err != nil {
			return nil, err
		}
		for _, name := range found {
			file, err := filepath.Rel(repository, name)
			if err != nil {
				return nil, err
			}
			p := &page{file: filepath.ToSlash(file), anchors: make(map[string]bool)}
			p.URL = urlOf(p.file)
			pages[p.file] = p
		}
	}
	for _, p := range pages {
		if err := p.read(repository, pages); err != nil {
			return nil, err
		}
	}
	return pages, nil
}

// urlOf is the page of a document: README.md is its directory's index.
func urlOf(file string) string {
	if path.Base(file) == "README.md" {
		return path.Join(path.Dir(file), "index.html")
	}
	return strings.TrimSuffix(file, ".md") + ".html"
}

var converter = goldmark.New(goldmark.WithExtensions(extension.Table),
	goldmark.WithParserOptions(parser.WithAutoHeadingID()),
	goldmark.WithRendererOptions(html.WithUnsafe())) // of HTML, only what refuse lets pass

func (p *page) read(repository string, pages map[string]*page) error {
	source, err := os.ReadFile(filepath.Join(repository, filepath.FromSlash(p.file)))
	if err != nil {
		return err
	}
	context := parser.NewContext(parser.WithIDs(&anchors{taken: make(map[string]int)}))
	tree := converter.Parser().Parse(text.NewReader(source), parser.WithContext(context))
	err = ast.Walk(tree, func(n ast.Node, entering bool) (ast.WalkStatus, error) {
		if !entering {
			if n.Type() == ast.TypeBlock {
				p.add(nil, true)
			}
			return ast.WalkContinue, nil
		}
		line := lineOf(n, source)
		if reason := refuse(n, source); reason != "" {
			return ast.WalkStop, fmt.Errorf("%s:%d: %s", p.file, line, reason)
		}
		switch n := n.(type) {
		case *ast.Heading:
			p.heading(n, source)
		case *ast.Link:
			n.Destination = p.follow(n.Destination, line, pages)
		case *ast.Image:
			n.Destination = p.follow(n.Destination, line, pages)
		case *ast.Text:
			if _, inHeading := n.Parent().(*ast.Heading); !inHeading {
				p.add(n.Value(source), n.SoftLineBreak() || n.HardLineBreak())
			}
		case *ast.CodeBlock, *ast.FencedCodeBlock:
			for i := range n.Lines().Len() {
				line := n.Lines().At(i)
				p.add(line.Value(source), true)
			}
		}
		return ast.WalkContinue, nil
	})
	if err != nil {
		return err
	}
	var out bytes.Buffer
	if err := converter.Renderer().Render(&out, source, tree); err != nil {
		return err
	}
	p.Body = template.HTML(strings.NewReplacer("<table>", `<div class="wide" tabindex="0"><table>`,
		"</table>", "</table></div>").Replace(out.String()))
	if p.Title == "" {
		return fmt.Errorf("%s: there is no heading", p.file)
	}
	return nil
}

func (p *page) heading(n *ast.Heading, source []byte) {
	var title strings.Builder
	_ = ast.Walk(n, func(part ast.Node, entering bool) (ast.WalkStatus, error) {
		if t, is := part.(*ast.Text); is && entering {
			title.Write(t.Value(source))
		}
		return ast.WalkContinue, nil
	})
	if p.Title == "" {
		p.Title = title.String()
	}
	id := ""
	if value, has := n.AttributeString("id"); has {
		id = string(value.([]byte))
	}
	p.anchors[id] = true
	p.sections = append(p.sections,
		section{URL: p.URL + "#" + id, Page: p.Title, Title: title.String()})
}

// add adds text to the section that is being read.
func (p *page) add(value []byte, ends bool) {
	if len(p.sections) == 0 {
		return
	}
	last := &p.sections[len(p.sections)-1]
	last.Text += string(value)
	if ends {
		last.Text += " "
	}
}

var (
	scheme  = regexp.MustCompile(`^[A-Za-z][A-Za-z0-9+.-]*:`)
	schemes = []string{"http:", "https:", "mailto:"}
	// A comment without < and > ends where it seems to, for browsers, too.
	comment = regexp.MustCompile(`^\s*<!-- [^<>]* -->\s*$`)
	allowed = regexp.MustCompile(`^(</?sup>|<!-- [^<>]* -->)$`)
)

// refuse is why a node may not be on a page, or "". goldmark copies HTML as it is.
func refuse(n ast.Node, source []byte) string {
	address, is := "", false
	switch n := n.(type) {
	case *ast.HTMLBlock:
		text := string(n.Lines().Value(source))
		if n.HasClosure() {
			text += string(n.ClosureLine.Value(source))
		}
		if !comment.MatchString(text) {
			return fmt.Sprintf("HTML other than a comment: %.60q", text)
		}
	case *ast.RawHTML:
		if text := string(n.Segments.Value(source)); !allowed.MatchString(text) {
			return fmt.Sprintf("HTML other than <sup> and comments: %.60q", text)
		}
	case *ast.Link:
		address, is = string(n.Destination), true
	case *ast.Image:
		address, is = string(n.Destination), true
	case *ast.AutoLink:
		if n.AutoLinkType == ast.AutoLinkURL {
			address, is = string(n.URL(source)), true
		}
	}
	if found := scheme.FindString(address); is && found != "" &&
		!slices.Contains(schemes, strings.ToLower(found)) {
		return fmt.Sprintf("a link that is neither relative nor of http, https or mailto: %.60q",
			address)
	}
	return ""
}

// lineOf is the line of a node, or of the one that it is in.
func lineOf(n ast.Node, source []byte) int {
	for ; n != nil; n = n.Parent() {
		if at := n.Pos(); at >= 0 && at <= len(source) && n.Kind() != ast.KindDocument {
			return 1 + bytes.Count(source[:at], []byte("\n"))
		}
	}
	return 1
}

// follow notes where a link leads, and returns what it is on the site.
func (p *page) follow(destination []byte, line int, pages map[string]*page) []byte {
	if scheme.Match(destination) {
		return destination
	}
	target, anchor, _ := strings.Cut(string(destination), "#")
	file := p.file
	if target != "" {
		file = path.Join(path.Dir(p.file), target)
	}
	if anchor != "" {
		anchor = "#" + anchor
	}
	p.links = append(p.links, link{file + anchor, line})
	if other := pages[file]; other != nil && target != "" {
		from := strings.Count(p.URL, "/")
		return []byte(strings.Repeat("../", from) + other.URL + anchor)
	}
	return destination
}

// copyLinked checks each link, and copies the files that are no pages.
func copyLinked(repository, dir string, pages map[string]*page) error {
	for _, p := range pages {
		for _, link := range p.links {
			at := fmt.Sprintf("%s:%d", p.file, link.line)
			file, anchor, _ := strings.Cut(link.to, "#")
			if other := pages[file]; other != nil {
				if anchor != "" && !other.anchors[anchor] {
					return fmt.Errorf("%s: %s has no heading %q", at, file, anchor)
				}
				continue
			}
			if !filepath.IsLocal(filepath.FromSlash(file)) {
				return fmt.Errorf("%s: the link to %s leads out of the repository", at, file)
			}
			data, err := os.ReadFile(filepath.Join(repository, filepath.FromSlash(file)))
			if err != nil {
				return fmt.Errorf("%s: a link: %w", at, err)
			}
			if err := write(dir, file, data); err != nil {
				return err
			}
		}
	}
	return nil
}

var space = regexp.MustCompile(`\s+`)

// writeIndex writes what the search looks through, as a script: a page that is a file may not read
// another one.
func writeIndex(dir string, pages map[string]*page) error {
	sections := []section{}
	for _, p := range pages {
		for _, s := range p.sections {
			s.Text = strings.TrimSpace(space.ReplaceAllString(s.Text, " "))
			sections = append(sections, s)
		}
	}
	slices.SortFunc(sections, func(a, b section) int { return strings.Compare(a.URL, b.URL) })
	data, err := json.Marshal(sections)
	if err != nil {
		return err
	}
	return write(dir, "index.js", fmt.Appendf(nil, "const sections = %s;\n", data))
}

func writePages(dir string, pages map[string]*page) error {
	text, err := files.ReadFile("page.html")
	if err != nil {
		return err
	}
	tmpl, err := template.New("page").Parse(string(text))
	if err != nil {
		return err
	}
	nav := navigation(pages)
	for _, p := range pages {
		var out bytes.Buffer
		if err := tmpl.Execute(&out, map[string]any{"Page": p, "Nav": nav,
			"Top": strings.Repeat("../", strings.Count(p.URL, "/"))}); err != nil {
			return err
		}
		if err := write(dir, p.URL, out.Bytes()); err != nil {
			return err
		}
	}
	return nil
}

// navGroup is a part of the navigation.
type navGroup struct {
	Name  string
	Pages []*page
}

func navigation(pages map[string]*page) []navGroup {
	var nav []navGroup
	listed := make(map[string]bool)
	for _, g := range groups {
		part := navGroup{Name: g.Name}
		for _, file := range g.files {
			if p := pages[file]; p != nil {
				part.Pages = append(part.Pages, p)
				listed[file] = true
			}
		}
		nav = append(nav, part)
	}
	more := navGroup{Name: "More"}
	for file, p := range pages {
		if !listed[file] {
			more.Pages = append(more.Pages, p)
		}
	}
	if len(more.Pages) == 0 {
		return nav
	}
	slices.SortFunc(more.Pages, func(a, b *page) int { return strings.Compare(a.file, b.file) })
	return append(nav, more)
}

func write(dir, name string, data []byte) error {
	file := filepath.Join(dir, filepath.FromSlash(name))
	if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
		return err
	}
	return os.WriteFile(file, data, 0o644)
}

// anchors makes the anchors of headings as GitHub does.
type anchors struct{ taken map[string]int }

var dropped = regexp.MustCompile(`[^\p{L}\p{N} _-]`)

func (a *anchors) Generate(value []byte, _ ast.NodeKind) []byte {
	plain := regexp.MustCompile("`|\\]\\([^)]*\\)|\\[").ReplaceAllString(string(value), "")
	id := strings.ReplaceAll(dropped.ReplaceAllString(strings.ToLower(plain), ""), " ", "-")
	n := a.taken[id]
	a.taken[id]++
	if n > 0 {
		id = fmt.Sprintf("%s-%d", id, n)
	}
	return []byte(id)
}

func (a *anchors) Put(value []byte) { a.taken[string(value)]++ }
