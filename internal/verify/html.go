package verify

import (
	_ "embed"
	"encoding/json"
	"fmt"
	"html/template"
	"io"
	"maps"
	"strings"

	"mpwolf/internal/report"
	"mpwolf/internal/shell"
)

//go:embed report.html
var pageText string

var page = template.Must(template.New("page").Parse(pageText))

// HTML writes the result as one page that needs no other file, no network and no script.
func (r *Result) HTML(w io.Writer) error {
	p := htmlPage{OK: r.OK, MicroPython: r.MicroPython, Version: r.Version, Findings: r.Findings}
	for i, t := range r.Targets {
		section, err := htmlTargetOf(r, t)
		if err != nil {
			return fmt.Errorf("write HTML: %w", err)
		}
		for at := range section.Maps {
			section.Maps[at].name(fmt.Sprintf("map-%d-%d", i+1, at+1), nil)
		}
		p.Targets = append(p.Targets, section)
	}
	var b strings.Builder
	if err := page.Execute(&b, p); err != nil {
		return fmt.Errorf("write HTML: %w", err)
	}
	if _, err := io.WriteString(w, report.Visible(b.String())); err != nil {
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
		Targets              []htmlTarget
	}
	htmlTarget struct {
		Name, Command string
		Checks        []htmlCheck
		Sizes         []htmlSize
		Maps          []htmlMap
		Audit         *Audit
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
)

func htmlTargetOf(r *Result, t Target) (htmlTarget, error) {
	section := htmlTarget{Name: t.Target, Command: commandOf(r, t), Audit: t.Audit}
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
		evidence := maps.Clone(c.Evidence)
		delete(evidence, partsEvidence) // the treemaps show it
		if len(evidence) > 0 {
			text, err := json.MarshalIndent(evidence, "", "  ")
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
		sizes[name] = &Size{}
		if err := fromEvidence(c.Evidence[name], sizes[name]); err != nil {
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
	parts, err := partsOf(c, now)
	if err != nil {
		return err
	}
	for _, memory := range []string{flashMemory, ramMemory} {
		whole := treeOf(r.Tree, parts, memory)
		h.Maps = append(h.Maps, newMap(whole, whole.bytes))
	}
	return nil
}

// fromEvidence reads evidence, which may have been read from JSON itself.
func fromEvidence(evidence, into any) error {
	text, err := json.Marshal(evidence)
	if err != nil {
		return err
	}
	return json.Unmarshal(text, into)
}

func signed(now, before uint64) string { return fmt.Sprintf("%+d", int64(now)-int64(before)) }
