package verify

import (
	"cmp"
	"fmt"
	"io"
	"path/filepath"
	"slices"
	"strings"

	"mpwolf/internal/report"
)

// Report is what verification found.
type Report struct {
	// OK says that every check that applies to the target passed.
	OK     bool    `json:"ok"`
	Checks []Check `json:"checks"`
	// Seconds are how long it took: make, the scripts on the firmware, and all the rest.
	Seconds Seconds `json:"seconds"`
}

// Seconds are times of one verification.
type Seconds struct {
	Build    float64 `json:"build"`
	Analysis float64 `json:"analysis"`
	Run      float64 `json:"run"`
}

// found reports whether a check has a finding.
func (r *Report) found() bool {
	return slices.ContainsFunc(r.Checks, func(c Check) bool { return len(c.Findings) > 0 })
}

// Check is one question about the firmware.
type Check struct {
	ID string `json:"id"`
	// OK is false if there are findings, and also if the check could not be made because of
	// another's finding or for want of a tool. For a check that does not apply to the target it
	// is true, and Applies is false.
	OK       bool      `json:"ok"`
	Applies  bool      `json:"applies"`
	Summary  string    `json:"summary"`
	Findings []Finding `json:"findings"`
	// Notes are what the owner should know although it is not wrong.
	Notes []Finding `json:"notes,omitempty"`
	// Evidence is what the check found, by name.
	Evidence map[string]any `json:"evidence,omitempty"`
}

// unmade reports whether another check's finding made this one impossible.
func (c Check) unmade() bool { return !c.OK && len(c.Findings) == 0 }

// Finding is one thing that is wrong.
type Finding struct {
	Message string `json:"message"`
	// File is relative to the MicroPython tree, or else absolute; "" if there is none. Line is 0
	// if there is none.
	File string `json:"file"`
	Line int    `json:"line"`
	// Fix is what to do about it.
	Fix string `json:"fix,omitempty"`
}

// nameTree lets the commands in all fixes name the tree.
func (r *Report) nameTree(commands func(string) string) {
	for _, c := range r.Checks {
		for i := range c.Findings {
			c.Findings[i].Fix = commands(c.Findings[i].Fix)
		}
		for i := range c.Notes {
			c.Notes[i].Fix = commands(c.Notes[i].Fix)
		}
	}
}

// check is a Check that is being made. The zero value passes.
type check struct {
	summary   string
	headline  string // replaces the summary if there are findings
	notMade   string // why it was not made: another check's finding, or a missing tool
	notNeeded string // why it does not apply
	findings  []Finding
	notes     []Finding
	evidence  map[string]any
}

func (c *check) find(f Finding) { c.findings = append(c.findings, f) }

func (c *check) show(name string, value any) {
	if c.evidence == nil {
		c.evidence = make(map[string]any)
	}
	c.evidence[name] = value
}

func (c *check) result(id string) Check {
	r := Check{ID: id, Applies: true, Summary: c.summary, Findings: c.findings, Notes: c.notes,
		Evidence: c.evidence}
	switch {
	case len(c.findings) > 0:
		r.Summary = cmp.Or(c.headline, c.summary, plural(len(c.findings), "finding"))
	case c.notMade != "":
		r.Summary = "not made: " + c.notMade
	case c.notNeeded != "":
		r.OK, r.Applies = true, false
		r.Summary = "not applicable: " + c.notNeeded
	default:
		r.OK = true
	}
	if r.Findings == nil {
		r.Findings = []Finding{}
	}
	return r
}

const textWidth = 80

// Text writes the report for people: a line for each check (ok, FAIL, "-" for one that does not
// apply, "?" for one that another's finding made impossible), and below it what was found, the
// fix, and notes. Lines have at most 80 columns where no file name is longer.
func (r *Report) Text(w io.Writer) error {
	var b strings.Builder
	for _, c := range r.Checks {
		state := "ok"
		switch {
		case !c.Applies:
			state = "-"
		case len(c.Findings) > 0:
			state = "FAIL"
		case !c.OK:
			state = "?"
		}
		b.WriteString(
			wrap(fmt.Sprintf("%-4s  %-9s  ", state, c.ID), strings.Repeat(" ", 17), c.Summary))
		for _, f := range c.Findings {
			b.WriteString(wrap("      ", "        ", f.text()))
			if f.Fix != "" {
				b.WriteString(wrap("        fix: ", "          ", f.Fix))
			}
		}
		for _, f := range c.Notes {
			b.WriteString(wrap("      note: ", "        ", f.text()))
			if f.Fix != "" {
				b.WriteString(wrap("        fix: ", "          ", f.Fix))
			}
		}
	}
	_, err := io.WriteString(w, report.Visible(b.String()))
	return err
}

func (f Finding) text() string {
	switch {
	case f.File == "":
		return f.Message
	case f.Line == 0:
		return f.File + ": " + f.Message
	}
	return fmt.Sprintf("%s:%d: %s", f.File, f.Line, f.Message)
}

// wrap breaks text at spaces so that lines fit; first and rest are what the lines begin with.
func wrap(first, rest, text string) string {
	var b strings.Builder
	line := first
	empty := true
	for _, word := range strings.Fields(text) {
		switch {
		case empty:
			line += word
		case len([]rune(line))+1+len([]rune(word)) > textWidth:
			b.WriteString(line + "\n")
			line = rest + word
		default:
			line += " " + word
		}
		empty = false
	}
	b.WriteString(strings.TrimRight(line, " ") + "\n")
	return b.String()
}

// plural is "1 symbol" or "2 symbols".
func plural(n int, noun string) string {
	if n != 1 {
		noun += "s"
	}
	return fmt.Sprintf("%d %s", n, noun)
}

// relative is a path as seen from a directory, if it is inside; else the path itself.
func relative(dir, path string) string {
	if dir == "" {
		return path
	}
	if rel, err := filepath.Rel(dir, path); err == nil && filepath.IsLocal(rel) {
		return filepath.ToSlash(rel)
	}
	return path
}
