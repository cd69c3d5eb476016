package verify

import (
	"cmp"
	_ "embed"
	"encoding/json"
	"fmt"
	"html/template"
	"io"
	"maps"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"mpwolf/internal/shell"
	"mpwolf/internal/treemap"
)

//go:embed report.html
var pageText string

var page = template.Must(template.New("page").Parse(pageText))

// Audit is what the page says about the known advisories; nil leaves them out.
type Audit struct {
	// Until is the date of the newest advisory that is known.
	Until string
	// Unmade is why there is no audit; "" if there is one.
	Unmade string
	// Targets have the advisories about each target's version of wolfSSL, by the target's name.
	Targets map[string]AuditedTarget
}

// AuditedTarget is what they mean for a target.
type AuditedTarget struct {
	Version    string
	Advisories []Advisory
}

// Advisory is one, with what it means and why.
type Advisory struct {
	ID, Severity, Summary, State, Evidence string
	Affects                                bool
}

// HTML writes the result as one page that needs no other file, no network and no script.
func (r *Result) HTML(w io.Writer, audit *Audit) error {
	p := htmlPage{OK: r.OK, MicroPython: r.MicroPython, Version: r.Version, Findings: r.Findings,
		Audit: audit}
	for i, t := range r.Targets {
		section, err := htmlTargetOf(r, t)
		if err != nil {
			return fmt.Errorf("write HTML: %w", err)
		}
		for at := range section.Maps {
			section.Maps[at].name(fmt.Sprintf("map-%d-%d", i+1, at+1))
		}
		if audit != nil {
			if audited, is := audit.Targets[t.Target]; is {
				section.Audit = &audited
			}
		}
		p.Targets = append(p.Targets, section)
	}
	if err := page.Execute(w, p); err != nil {
		return fmt.Errorf("write HTML: %w", err)
	}
	return nil
}

// What report.html shows.
type (
	htmlPage struct {
		OK                   bool
		MicroPython, Version string
		Findings             []Finding
		Audit                *Audit
		Targets              []htmlTarget
	}
	htmlTarget struct {
		Name, Command string
		Checks        []htmlCheck
		Sizes         []htmlSize
		Maps          []htmlMap
		Audit         *AuditedTarget
	}
	htmlCheck struct {
		ID, State, Class, Summary string
		Question, Evidence        string
		Open                      bool
		Findings, Notes           []Finding
	}
	htmlSize struct {
		Name, MoreFlash, MoreRAM string
		Flash, RAM               uint64
	}
	// htmlMap is a treemap; Inside are those of its parts.
	htmlMap struct {
		ID, Title, Label string
		Parts            []htmlPart
		Inside           []htmlMap
	}
	htmlPart struct {
		Name, Text, Fill    string
		Zoom                string // the ID of the part's own map; "" if it has none
		Bytes               uint64
		X, Y, Width, Height float64
		TextX, TextY        float64
	}
)

func htmlTargetOf(r *Result, t Target) (htmlTarget, error) {
	section := htmlTarget{Name: t.Target, Command: commandOf(r, t)}
	for _, c := range t.Checks {
		check := htmlCheck{ID: c.ID, State: "ok", Class: "good", Summary: c.Summary,
			Findings: c.Findings, Notes: c.Notes}
		switch {
		case !c.Applies:
			check.State, check.Class = "not applicable", ""
		case len(c.Findings) > 0:
			check.State, check.Class, check.Open = "FAIL", "bad", true
		case !c.OK:
			check.State, check.Class, check.Open = "not made", "bad", true
		}
		for _, rule := range rules {
			if rule.ID == c.ID {
				check.Question = rule.Summary
			}
		}
		if len(c.Evidence) > 0 {
			text, err := json.MarshalIndent(c.Evidence, "", "  ")
			if err != nil {
				return section, err
			}
			check.Evidence = string(text)
		}
		section.Checks = append(section.Checks, check)
		if c.ID == SizeID {
			if err := section.size(r, c); err != nil {
				return section, err
			}
		}
	}
	return section, nil
}

// commandOf is the command that makes this verification again.
func commandOf(r *Result, t Target) string {
	words := []string{"mpwolf", "verify", "--tree", r.Tree, "--port", t.Port}
	if t.Board != "" {
		words = append(words, "--board", t.Board)
	}
	if t.Variant != "" {
		words = append(words, "--variant", t.Variant)
	}
	return shell.Join(words)
}

// size adds the tables and treemaps. A result that was read from JSON has no Size as evidence.
func (h *htmlTarget) size(r *Result, c Check) error {
	sizes := make(map[string]*Size)
	for _, name := range []string{"size", "last", "baseline"} {
		if c.Evidence[name] == nil {
			continue
		}
		text, err := json.Marshal(c.Evidence[name])
		if err != nil {
			return err
		}
		sizes[name] = &Size{}
		if err := json.Unmarshal(text, sizes[name]); err != nil {
			return err
		}
	}
	now := sizes["size"]
	if now == nil {
		return nil
	}
	h.Sizes = []htmlSize{{Name: "this", Flash: now.Flash, RAM: now.RAM}}
	others := [][2]string{{"last", "the last one"}, {"baseline", "with the built-in TLS"}}
	for _, other := range others {
		if s := sizes[other[0]]; s != nil {
			h.Sizes = append(h.Sizes, htmlSize{Name: other[1], Flash: s.Flash, RAM: s.RAM,
				MoreFlash: signed(now.Flash, s.Flash), MoreRAM: signed(now.RAM, s.RAM)})
		}
	}
	flash := func(m Memory) uint64 { return m.Flash }
	ram := func(m Memory) uint64 { return m.RAM }
	h.Maps = []htmlMap{
		stacksMap("Flash by stack", now.Stacks, flash),
		directoriesMap("Flash by directory", r.Tree, now.Sources, flash),
		stacksMap("RAM by stack", now.Stacks, ram),
		directoriesMap("RAM by directory", r.Tree, now.Sources, ram),
	}
	return nil
}

func signed(now, before uint64) string { return fmt.Sprintf("%+d", int64(now)-int64(before)) }

func stacksMap(title string, stacks map[string]Memory, of func(Memory) uint64) htmlMap {
	sizes := make(map[string]uint64)
	for name, m := range stacks {
		sizes[name] = of(m)
	}
	return newMap(title, sizes)
}

// directoriesMap has the directories of the sources, and inside each its sources.
func directoriesMap(
	title, tree string, sources map[string]Memory, of func(Memory) uint64,
) htmlMap {
	sizes := make(map[string]uint64)
	files := make(map[string]map[string]uint64)
	for name, m := range sources {
		if of(m) == 0 {
			continue
		}
		name = path.Clean(filepath.ToSlash(name))
		dir := directoryOf(name)
		if files[dir] == nil {
			files[dir] = make(map[string]uint64)
		}
		sizes[dir] += of(m)
		files[dir][strings.TrimPrefix(name, filepath.ToSlash(tree)+"/")] += of(m)
	}
	whole := newMap(title, sizes)
	for _, part := range whole.Parts {
		inside := newMap(fmt.Sprintf("%s: %s (%d bytes)", title, part.Name, part.Bytes),
			files[part.Name])
		whole.Inside = append(whole.Inside, inside)
	}
	return whole
}

// directoryOf is the directory that a source counts in: of wolfSSL and the modules their own, of
// MicroPython lib/NAME, ports/NAME, or the one at the top.
func directoryOf(name string) string {
	parts := strings.Split(name, "/")
	if i := slices.Index(parts, "micropython-wolfssl"); i >= 0 {
		parts = parts[i:]
	} else if path.IsAbs(name) {
		return path.Dir(name)
	}
	switch {
	case len(parts) > 4 && parts[1] == "wolfssl" && parts[2] == "wolfcrypt":
		return "wolfssl/wolfcrypt"
	case len(parts) > 2 && parts[1] == "wolfssl":
		return "wolfssl"
	case len(parts) > 2 && (parts[0] == "lib" || parts[0] == "ports"):
		return parts[0] + "/" + parts[1]
	case len(parts) > 1:
		return parts[0]
	}
	return "build"
}

// name gives a map and those inside it the names that links have.
func (m *htmlMap) name(id string) {
	m.ID = id
	for i := range m.Inside {
		m.Inside[i].ID = fmt.Sprintf("%s-%d", id, i+1)
		m.Parts[i].Zoom = m.Inside[i].ID
	}
}

// Affected is how many advisories affect the target.
func (t AuditedTarget) Affected() int {
	n := 0
	for _, a := range t.Advisories {
		if a.Affects {
			n++
		}
	}
	return n
}

const mapWidth, mapHeight = 1000, 420

func newMap(title string, sizes map[string]uint64) htmlMap {
	names := slices.SortedFunc(maps.Keys(sizes), func(x, y string) int {
		return cmp.Or(cmp.Compare(sizes[y], sizes[x]), cmp.Compare(x, y))
	})
	names = slices.DeleteFunc(names, func(name string) bool { return sizes[name] == 0 })
	m := htmlMap{Title: title}
	var areas []float64
	var largest []string
	for i, name := range names {
		areas = append(areas, float64(sizes[name]))
		if i < 3 {
			largest = append(largest, fmt.Sprintf("%s %d bytes", name, sizes[name]))
		}
	}
	m.Label = title + ", the largest: " + strings.Join(largest, ", ")
	parts := treemap.Layout(treemap.Rect{Width: mapWidth, Height: mapHeight}, areas)
	for i, name := range names {
		p := parts[i]
		part := htmlPart{Name: name, Bytes: sizes[name], X: rounded(p.X), Y: rounded(p.Y),
			Width: rounded(p.Width), Height: rounded(p.Height),
			// Light, in both schemes: the labels are black.
			Fill: fmt.Sprintf("hsl(%d 60%% 80%%)", i*137%360)}
		if text := path.Base(name); p.Height > 26 && p.Width > float64(12*len(text)+12) {
			part.Text, part.TextX, part.TextY = text, rounded(p.X+8), rounded(p.Y+22)
		}
		m.Parts = append(m.Parts, part)
	}
	return m
}

func rounded(x float64) float64 { return float64(int64(x*10+0.5)) / 10 }
