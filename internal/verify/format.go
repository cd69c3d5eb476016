package verify

import (
	"path/filepath"
	"slices"
	"strings"

	"mpwolf/internal/report"
	"mpwolf/internal/repository"
)

// Log is the result as findings and rules.
func (r *Result) Log() *report.Log {
	log := &report.Log{Tool: r.Tool, Version: r.Version, Root: repository.Top(r.Tree)}
	for _, rule := range Rules() {
		log.Rules = append(log.Rules, report.Rule(rule))
	}
	if len(r.Findings) > 0 {
		log.Rules = append(log.Rules, report.Rule(treeRule))
		log.Findings = r.findings(Target{}, r.tree())
	}
	for _, t := range r.Targets {
		// stands for findings without a file
		log.Where = filepath.Join(r.Tree, "ports", t.Port, "mpconfigport.h")
		for _, c := range t.Checks {
			for _, f := range r.findings(t, c) {
				if len(r.Targets) > 1 {
					f.Message = t.Target + ": " + f.Message
				}
				log.Findings = append(log.Findings, f)
			}
		}
	}
	return log
}

// findings are those of a check and its notes. A check that could not be made because of
// another's finding is a note; without such a finding it is an error, because otherwise the
// result would look fine.
func (r *Result) findings(t Target, c Check) []report.Finding {
	var found []report.Finding
	add := func(f Finding, level report.Level) {
		file := f.File
		if file != "" && !filepath.IsAbs(file) {
			file = filepath.Join(r.Tree, file)
		}
		found = append(found,
			report.Finding{ID: c.ID, Message: f.Message, File: file, Line: f.Line, Level: level,
				Fix: f.Fix})
	}
	for _, f := range c.Findings {
		add(f, report.Error)
	}
	if c.unmade() {
		level := report.Error
		if slices.ContainsFunc(t.Checks, func(other Check) bool {
			return len(other.Findings) > 0
		}) {
			level = report.Note
		}
		add(Finding{Message: c.Summary}, level)
	}
	for _, f := range c.Notes {
		add(f, report.Note)
	}
	return found
}

// Suites are the checks as tests.
func (r *Result) Suites() []report.Suite {
	var suites []report.Suite
	if len(r.Findings) > 0 {
		suites = append(suites, report.Suite{Name: "mpwolf", Cases: []report.Case{{
			Name: treeRule.ID, Output: r.tree().Summary,
			Findings: r.findings(Target{}, r.tree()),
		}}})
	}
	for _, t := range r.Targets {
		suite := report.Suite{Name: strings.Join([]string{"mpwolf", t.Target}, " ")}
		for _, c := range t.Checks {
			test := report.Case{Name: c.ID, Output: c.Summary}
			if !c.Applies || c.unmade() {
				test.Skipped = c.Summary
			}
			for _, f := range r.findings(t, c) {
				if f.Level == report.Error {
					test.Findings = append(test.Findings, f)
				} else if f.Message != c.Summary {
					test.Output += "\nnote: " + f.Message
				}
			}
			suite.Cases = append(suite.Cases, test)
		}
		suites = append(suites, suite)
	}
	return suites
}
