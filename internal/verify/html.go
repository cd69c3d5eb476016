package verify

import (
	_ "embed"
	"encoding/json"
	"fmt"
	"html/template"
	"io"
	"maps"
	"slices"
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

// sizes are those that a check of the size found.
type sizes struct {
	now, last, baseline *Size // nil for none
	parts               []Part
}

// mostBytes is more than any firmware or memory has; sums of such numbers do not overflow.
const mostBytes = 1 << 40

// sizesOf are the sizes in the evidence of a check, which may have been read from JSON; none for
// another check than that of the size.
func sizesOf(c Check) (s sizes, err error) {
	if c.ID != SizeID {
		return s, nil
	}
	for _, e := range []struct {
		name string
		size **Size
	}{{"size", &s.now}, {"last", &s.last}, {"baseline", &s.baseline}} {
		if c.Evidence[e.name] == nil {
			continue
		}
		*e.size = &Size{}
		if err := fromEvidence(c.Evidence[e.name], *e.size); err != nil {
			return s, fmt.Errorf("%s: %w", e.name, err)
		}
		if !(*e.size).possible() {
			return s, fmt.Errorf("%s: a number is too large", e.name)
		}
	}
	if s.now == nil {
		return s, nil
	}
	if s.parts, err = partsOf(c, s.now); err != nil {
		return s, fmt.Errorf("%s: %w", partsEvidence, err)
	}
	if slices.ContainsFunc(s.parts, func(p Part) bool { return !p.possible() }) {
		return s, fmt.Errorf("%s: a number is too large", partsEvidence)
	}
	return s, nil
}

// possible reports whether no number is larger than that of any firmware.
func (s *Size) possible() bool {
	memories := []Memory{s.Memory, {s.Text, s.Data}, {s.BSS, 0}}
	memories = slices.AppendSeq(memories, maps.Values(s.Stacks))
	memories = slices.AppendSeq(memories, maps.Values(s.Sources))
	return !slices.ContainsFunc(memories, Memory.excessive)
}

func (p Part) possible() bool {
	memories := []Memory{p.Memory}
	for _, s := range p.Symbols {
		memories = append(memories, s.Memory)
	}
	if p.Smaller != nil {
		memories = append(memories, p.Smaller.Memory)
	}
	return !slices.ContainsFunc(memories, Memory.excessive)
}

func (m Memory) excessive() bool { return m.most() > mostBytes }

// size adds the tables and treemaps.
func (h *htmlTarget) size(r *Result, c Check) error {
	s, err := sizesOf(c)
	if err != nil || s.now == nil {
		return err
	}
	now := s.now
	h.Sizes = []htmlSize{{Name: "this", Flash: now.Flash, RAM: now.RAM}}
	for _, other := range []struct {
		name string
		size *Size
	}{{"the last one", s.last}, {"with the built-in TLS", s.baseline}} {
		if o := other.size; o != nil {
			h.Sizes = append(h.Sizes, htmlSize{Name: other.name, Flash: o.Flash, RAM: o.RAM,
				MoreFlash: signed(now.Flash, o.Flash), MoreRAM: signed(now.RAM, o.RAM)})
		}
	}
	for _, memory := range []string{flashMemory, ramMemory} {
		whole := treeOf(r.Tree, s.parts, memory)
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
