// Package report writes findings in formats that other programs read: SARIF for code scanning,
// workflow commands for annotations, JUnit's XML for test reports. It finds nothing itself.
package report

import (
	"path/filepath"
)

// Level is how bad a finding is, in SARIF's words.
type Level string

// The levels. The zero value of a Finding's Level counts as Error.
const (
	Error   Level = "error"
	Warning Level = "warning"
	Note    Level = "note"
)

// Finding is one thing that a check found.
type Finding struct {
	ID      string // of the rule that it breaks, such as "symbols" or "macro-drift"
	Message string
	File    string // absolute, or relative to the Log's Root; "" if there is none
	Line    int    // from 1; 0 if there is none
	Level   Level
	Fix     string // what to do about it; "" if there is nothing
}

// Rule is what the findings of one ID have in common.
type Rule struct {
	ID      string
	Summary string // one sentence: what must be true
	Help    string // what a finding means and what to do, in Markdown
}

// Log is what one run of a tool found.
type Log struct {
	Tool, Version string
	// Root is the top of the repository, absolute; files are named from there.
	Root string
	// Where is the file to name for a finding that has none inside Root: code scanning requires
	// a place for every finding. It is absolute, or relative to Root.
	Where    string
	Rules    []Rule
	Findings []Finding
}

// place is where a finding is shown: a file relative to Root, with slashes, and a line from 1.
// inside says that it is the finding's own place.
func (l *Log) place(f Finding) (file string, line int, inside bool) {
	if file := l.relative(f.File); file != "" {
		return file, max(f.Line, 1), true
	}
	return l.relative(l.Where), 1, false
}

// relative is a path as seen from Root; "" for one that is not inside.
func (l *Log) relative(path string) string {
	if filepath.IsAbs(path) {
		rel, err := filepath.Rel(l.Root, path)
		if err != nil {
			return ""
		}
		path = rel
	}
	if path == "" || path == "." || !filepath.IsLocal(path) {
		return ""
	}
	return filepath.ToSlash(path)
}

// text is a finding's message, with its file if that cannot be shown as the place, and the fix.
func (f Finding) text(inside bool) string {
	text := f.Message
	if f.File != "" && !inside {
		text = f.File + ": " + text
	}
	if f.Fix != "" {
		text += "\nFix: " + f.Fix
	}
	return text
}

func (f Finding) level() Level {
	if f.Level == "" {
		return Error
	}
	return f.Level
}
