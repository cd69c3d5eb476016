// Package audit holds the known advisories about wolfSSL against what a firmware was compiled
// from. It reads what verify has built, and neither builds nor fetches anything.
package audit

import (
	"context"
	"fmt"
	"path/filepath"
	"slices"
	"strings"

	"mpwolf/internal/project"
	"mpwolf/internal/report"
	"mpwolf/internal/repository"
	"mpwolf/internal/verify"
	"mpwolf/wolfssl"
)

// Options say what to audit.
type Options struct {
	project.Options
	Tool string // mpwolf's version
	// Only is the target to audit, as results call it; "" for all.
	Only string
}

// State is what an advisory means for a firmware.
type State string

// The states.
const (
	Affected    State = "affected"
	NotAffected State = "not affected" // the code with the flaw is not compiled
	Fixed       State = "fixed"        // by a patch, although the version has the flaw
	// Open is that the version has a fix, but that it is off. The attack needs more than data from
	// the network, so that this is a note: it does not make a target affected.
	Open      State = "open"
	Mitigated State = "mitigated" // the version has such a fix, and it is on
)

// SchemaVersion is raised when readers of the JSON have to change.
const SchemaVersion = 1

// Result is what the advisories mean for the targets of a tree.
type Result struct {
	Schema  int    `json:"schema"`
	Tool    string `json:"tool"`
	Version string `json:"version"`
	Tree    string `json:"tree"`
	// OK says that no target is affected by a known advisory.
	OK      bool     `json:"ok"`
	List    List     `json:"list"`
	Targets []Target `json:"targets"`
}

// List is which advisories are known.
type List struct {
	Date    string   `json:"date"` // of the newest source
	Since   string   `json:"since"`
	Until   string   `json:"until"`
	Sources []string `json:"sources"`
}

// Target is what the advisories mean for one firmware.
type Target struct {
	Target  string `json:"target"`
	Port    string `json:"port"`
	Board   string `json:"board,omitempty"`
	Variant string `json:"variant,omitempty"`
	Build   string `json:"build"`   // the build directory
	WolfSSL string `json:"wolfssl"` // the directory that was compiled
	Version string `json:"wolfssl_version"`
	// Note says that the list may lack advisories about this version.
	Note string `json:"note,omitempty"`
	// Advisories are those about the version, the worst first, then those that it has a fix of
	// that is off by default.
	Advisories []Assessment `json:"advisories"`
}

// Assessment is what an advisory means for a firmware, and how that is known.
type Assessment struct {
	ID       string `json:"id"`
	Severity string `json:"severity"`
	Summary  string `json:"summary"`
	State    State  `json:"state"`
	Evidence string `json:"evidence"`
	// File and Line are where the code or its fix is; "" and 0 if that is not known.
	File   string `json:"file,omitempty"`
	Line   int    `json:"line,omitempty"`
	Fixed  string `json:"fixed"` // the release without the flaw
	Source string `json:"source"`
	// Mitigation are the macros that turn on the fix from Fixed on, or, of an open one, those that
	// are missing.
	Mitigation []string `json:"mitigation,omitempty"`
}

// Fix is what to do about an advisory that affects a firmware or is open.
func (a Assessment) Fix() string {
	macros := strings.Join(a.Mitigation, " and ")
	switch {
	case a.State == Open:
		return "define " + macros + ", if such an attack is possible"
	case macros != "":
		return "wolfSSL " + a.Fixed + " or newer, with " + macros + " defined"
	}
	return "wolfSSL " + a.Fixed + " or newer"
}

// Run audits the firmware of each target.
func Run(ctx context.Context, o Options) (*Result, error) {
	known, err := wolfssl.KnownAdvisories()
	if err != nil {
		return nil, err
	}
	built, err := verify.OpenBuilt(ctx, o.Options, o.Only, macros(known))
	if err != nil {
		return nil, fmt.Errorf("audit: %w", err)
	}
	result := &Result{Schema: SchemaVersion, Tool: "mpwolf", Version: o.Tool, OK: true,
		List: List{known.Date, known.Since, known.Until, known.Sources}, Targets: []Target{}}
	for _, b := range built {
		t, err := audit(known, b)
		if err != nil {
			return nil, fmt.Errorf("audit %s: %w", b.Target, err)
		}
		result.Tree = b.Tree
		result.OK = result.OK && !t.affected()
		result.Targets = append(result.Targets, *t)
	}
	return result, nil
}

func audit(known *wolfssl.Advisories, b *verify.Built) (*Target, error) {
	t := &Target{Target: b.Target, Port: b.Port, Board: b.Board, Variant: b.Variant,
		Build: b.Build, WolfSSL: b.WolfSSL, Version: b.Version, Advisories: []Assessment{}}
	switch {
	case wolfssl.CompareVersions(b.Version, "0") < 0: // it has no number
		return nil, fmt.Errorf("the version of wolfSSL is not known: expected a line such as "+
			"#define LIBWOLFSSL_VERSION_STRING %q in %s", known.Until,
			filepath.Join(b.WolfSSL, "wolfssl", "version.h"))
	case wolfssl.CompareVersions(b.Version, known.Since) < 0:
		return nil, fmt.Errorf("wolfSSL %s is too old: the list of advisories begins with %s",
			b.Version, known.Since)
	case !known.Covers(b.Version):
		t.Note = fmt.Sprintf("wolfSSL %s is newer than the list of advisories, which ends with %s",
			b.Version, known.Until)
	}
	e := newEvidence(b)
	for _, a := range slices.Concat(known.Of(b.Version), known.Optional(b.Version)) {
		assessment, err := e.assess(a)
		if err != nil {
			return nil, err
		}
		t.Advisories = append(t.Advisories, assessment)
	}
	return t, nil
}

// Short is what a page or a result of verify shows of it.
func (t *Target) Short(list List) *verify.Audit {
	short := &verify.Audit{Until: list.Date, Version: t.Version, Note: t.Note}
	for _, a := range t.Advisories {
		short.Advisories = append(short.Advisories, verify.Advisory{ID: a.ID,
			Severity: a.Severity, Summary: a.Summary, State: string(a.State),
			Evidence: a.Evidence, Affects: a.State == Affected})
	}
	return short
}

func (t *Target) affected() bool { return t.count(Affected) > 0 }

func (t *Target) count(s State) int {
	n := 0
	for _, a := range t.Advisories {
		if a.State == s {
			n++
		}
	}
	return n
}

// macros are all that the advisories name.
func macros(known *wolfssl.Advisories) []string {
	var names []string
	for _, a := range known.List {
		names = slices.Concat(names, a.Macros, a.Any, a.Unless, a.Mitigation)
	}
	slices.Sort(names)
	return slices.Compact(names)
}

// levels are the severities in SARIF's words.
var levels = map[string]report.Level{"critical": report.Error, "high": report.Error,
	"medium": report.Warning, "low": report.Note}

// Log is the result as findings: what affects a target or is open. Each advisory is a rule.
func (r *Result) Log() *report.Log {
	log := &report.Log{Tool: r.Tool, Version: r.Version, Root: repository.Top(r.Tree)}
	for _, t := range r.Targets {
		// stands for code outside of the repository
		log.Where = filepath.Join(r.Tree, "ports", t.Port, "mpconfigport.h")
		for _, a := range t.Advisories {
			level := levels[a.Severity]
			switch a.State {
			case Affected:
			case Open:
				level = report.Note
			default:
				continue
			}
			if !slices.ContainsFunc(log.Rules, func(r report.Rule) bool { return r.ID == a.ID }) {
				log.Rules = append(log.Rules, report.Rule{ID: a.ID, Summary: a.Summary,
					Help: "Severity: " + a.Severity + ". Source: " + a.Source + "."})
			}
			log.Findings = append(log.Findings, report.Finding{ID: a.ID, File: a.File,
				Line:    a.Line,
				Level:   level,
				Message: t.Target + ": " + a.Summary + ": " + a.Evidence,
				Fix:     a.Fix()})
		}
	}
	return log
}
