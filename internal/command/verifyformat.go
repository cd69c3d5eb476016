package command

import (
	"encoding/json"
	"fmt"
	"path/filepath"
	"strings"

	"mpwolf/internal/report"
	"mpwolf/internal/shell"
	"mpwolf/internal/verify"
)

// The formats of verify, besides text and json.
const (
	formatSARIF  = "sarif"
	formatJUnit  = "junit"
	formatGitHub = "github"
)

// verified is what verify found out about one target. docs/verify-schema.json describes it.
type verified struct {
	Target  string `json:"target"`
	Port    string `json:"port"`
	Board   string `json:"board,omitempty"`
	Variant string `json:"variant,omitempty"`
	Build   string `json:"build"` // the build folder
	*verify.Report

	where string // the file that stands for findings without one
}

// verifications are those of one run, as JSON.
type verifications struct {
	Schema      int        `json:"schema"` // the number of docs/verify-schema.json
	Tool        string     `json:"tool"`
	Version     string     `json:"version"`
	Tree        string     `json:"tree"`
	MicroPython string     `json:"micropython"`
	OK          bool       `json:"ok"`
	Targets     []verified `json:"targets"`
}

// verifySchema is raised when a reader of the JSON would have to change.
const verifySchema = 1

// show writes the result in a format.
func (s *session) showVerified(kind string, v *verifications) error {
	switch kind {
	case "json":
		encoder := json.NewEncoder(s.stdout)
		encoder.SetEscapeHTML(false)
		encoder.SetIndent("", "  ")
		return encoder.Encode(v)
	case formatSARIF:
		return v.log().SARIF(s.stdout)
	case formatGitHub:
		return v.log().GitHub(s.stdout)
	case formatJUnit:
		return report.JUnit(s.stdout, "mpwolf", v.suites())
	}
	for _, t := range v.Targets {
		if err := s.showTarget(t, len(v.Targets) > 1); err != nil {
			return err
		}
	}
	return nil
}

func (s *session) showTarget(t verified, named bool) error {
	if named {
		fmt.Fprintf(s.stdout, "%s\n", t.Target)
	}
	if err := t.Text(s.stdout); err != nil {
		return err
	}
	if t.OK {
		_, err := fmt.Fprintf(s.stdout, "built in %s\n", shell.Path(t.Build))
		return err
	}
	return nil
}

// log is the result as findings and rules.
func (v *verifications) log() *report.Log {
	log := &report.Log{Tool: v.Tool, Version: v.Version, Root: report.Root(v.Tree)}
	for _, r := range verify.Rules {
		log.Rules = append(log.Rules, report.Rule(r))
	}
	for _, t := range v.Targets {
		log.Where = filepath.Join(v.Tree, t.where)
		for _, c := range t.Checks {
			for _, f := range v.findings(t, c) {
				if len(v.Targets) > 1 {
					f.Message = t.Target + ": " + f.Message
				}
				log.Findings = append(log.Findings, f)
			}
		}
	}
	return log
}

// findings are those of a check and its notes. A check that could not be made is one too: a result without it would
// look as if all were well.
func (v *verifications) findings(t verified, c verify.Check) []report.Finding {
	var found []report.Finding
	add := func(f verify.Finding, level report.Level) {
		file := f.File
		if file != "" && !filepath.IsAbs(file) {
			file = filepath.Join(v.Tree, file)
		}
		found = append(found, report.Finding{ID: c.ID, Message: f.Message, File: file, Line: f.Line, Level: level,
			Fix: f.Remedy})
	}
	for _, f := range c.Findings {
		add(f, report.Error)
	}
	if !c.OK && len(c.Findings) == 0 {
		add(verify.Finding{Message: c.Summary}, report.Error)
	}
	for _, f := range c.Notes {
		add(f, report.Note)
	}
	return found
}

// suites are the checks as tests.
func (v *verifications) suites() []report.Suite {
	var suites []report.Suite
	for _, t := range v.Targets {
		suite := report.Suite{Name: strings.Join([]string{"mpwolf", t.Target}, " ")}
		for _, c := range t.Checks {
			test := report.Case{Name: c.ID, Output: c.Summary}
			if !c.Applies {
				test.Skipped = c.Summary
			}
			for _, f := range v.findings(t, c) {
				if f.Level == report.Error {
					test.Findings = append(test.Findings, f)
				} else {
					test.Output += "\nnote: " + f.Message
				}
			}
			suite.Cases = append(suite.Cases, test)
		}
		suites = append(suites, suite)
	}
	return suites
}
