// Package check reports whether a tree is as mpwolf.toml asks for, in milliseconds: it only
// reads, and runs nothing unless it is to be strict, which asks make and the compiler. It writes
// nothing; what it finds is in its result.
package check

import (
	"context"
	"fmt"
	"path/filepath"
	"slices"
	"time"

	"mpwolf/internal/build"
	"mpwolf/internal/change"
	"mpwolf/internal/config"
	"mpwolf/internal/hint"
	"mpwolf/internal/project"
	"mpwolf/internal/report"
	"mpwolf/internal/repository"
	"mpwolf/internal/shell"
	"mpwolf/internal/state"
	"mpwolf/patches"
)

// Options say what to check.
type Options struct {
	project.Options
	// Tool is mpwolf's version.
	Tool string
	// Strict also asks make and the compiler.
	Strict bool
	// Dangers judges settings that no firmware may have. nil: nobody does.
	Dangers Dangers
	// Patched checks the targets that the tree was patched for, whatever mpwolf.toml says.
	Patched bool
	// Only are the names of the targets to check; nil checks all.
	Only []string
}

// Dangers knows the settings that no firmware may have.
type Dangers interface {
	// Flag says why a macro that a flag defines as text is one, and what to do; "" for others.
	Flag(macro, text string) (why, fix string)
	// Names are the macros that In needs to know.
	Names() []string
	// In are findings, without an ID, about the values after wolfSSL's settings, as the compiler
	// sees them.
	In(values map[string]build.Value) []report.Finding
}

// Result is what a check found.
type Result struct {
	// Tree is the tree's directory, Targets are the names of the targets that were checked.
	Tree    string
	Targets []string
	// Findings have absolute files.
	Findings []report.Finding
	// Notes are what the owner should know although it is not wrong.
	Notes []report.Finding
	// Claims are what could not be read, and relies on what make and the compiler said when the
	// tree was patched, at Since.
	Claims []string
	Since  time.Time
	// Where is the file to name for a finding without one.
	Where string
}

// Lost are the findings that mean that firmware built now is not what was requested. The others
// are about what the user may have changed on purpose.
func (r *Result) Lost() []report.Finding {
	return slices.DeleteFunc(slices.Clone(r.Findings), func(f report.Finding) bool {
		return slices.Contains([]string{"moved", "modules-changed", "settings-changed"}, f.ID)
	})
}

// Log is the result with the rules that were checked; version is mpwolf's.
func (r *Result) Log(version string) *report.Log {
	return &report.Log{
		Tool: "mpwolf", Version: version,
		Root: repository.Top(filepath.Dir(r.Where)), Where: r.Where,
		Rules: Rules, Findings: slices.Concat(r.Findings, r.Notes),
	}
}

// The rules of check. They are in the order of the questions: can the tree be checked, is it the
// right one, is it patched, is the installation unchanged.
var Rules = []report.Rule{
	{ID: "interrupted", Summary: "No mpwolf run was interrupted.",
		Help: "The next `mpwolf patch` or `mpwolf revert` restores the tree to the state " +
			"before that run."},
	{ID: "record", Summary: "What mpwolf changed in the tree is recorded there.",
		Help: "`mpwolf patch` takes over what it finds; `mpwolf revert` removes it."},
	{ID: "compiler", Summary: "With --strict: make and the compiler see every macro as wanted, " +
		"and no dangerous setting.",
		Help: "`mpwolf explain MACRO` shows where the value comes from."},
	{ID: "settings", Summary: "The user's own wolfSSL settings file exists.",
		Help: "Restore the file, or patch with another `--user-settings`."},
	{ID: "settings-changed",
		Summary: "Those settings have not changed since the tree was patched.",
		Help:    "`mpwolf patch` records them, and `mpwolf verify` builds with them."},
	{ID: "release", Summary: "The tree is the MicroPython release that mpwolf.toml expects.",
		Help: "Check out that release, or change `micropython` in mpwolf.toml."},
	{ID: "moved", Summary: "The tree is the MicroPython release for which it was patched.",
		Help: "`mpwolf patch` examines the tree again, and makes the changes that the other " +
			"release needs."},
	{ID: "macros", Summary: "Every macro has the value that wolfSSL needs.",
		Help: "`mpwolf patch` sets it; `mpwolf explain MACRO` says what decides it."},
	{ID: "variables", Summary: "The variables of the modules' makefile are as when the tree " +
		"was patched.",
		Help: "Makefiles of boards and variants, other user modules and the environment can " +
			"set WOLFSSL_DROP_IN and the like. `mpwolf patch` records what they are."},
	{ID: "target",
		Summary: "The tree was patched for the targets in mpwolf.toml, with the same options.",
		Help:    "`mpwolf patch` patches for all of them."},
	{ID: "way",
		Summary: "The tree was patched in the way that mpwolf.toml asks for: pristine or not.",
		Help:    "`mpwolf revert`, then `mpwolf patch`."},
	{ID: "file", Summary: "The files that mpwolf changed still exist.",
		Help: "A file that is missing, or is now a link or a directory, cannot be reverted: " +
			"restore it."},
	{ID: "modules",
		Summary: "The user modules are installed, with the wolfSSL that mpwolf.toml names.",
		Help:    "`mpwolf patch` installs them."},
	{ID: "modules-changed", Summary: "The installed user modules are untouched.",
		Help: "`mpwolf patch --force` reinstalls them, and saves what was changed."},
	{ID: "advisories", Summary: "The installed wolfSSL has no known flaw.",
		Help: "`mpwolf audit` shows which of them are in the firmware."},
}

// Fixes of findings that are replaced once all are known: patch may refuse, see fixes.
const (
	fixPatch   = "patch"
	fixForce   = "patch --force"
	fixRecords = "patch records"
	fixGone    = "revert gone"
	fixShared  = "patch shared"
)

// checker collects findings.
type checker struct {
	*project.Project
	tool     string
	some     bool    // only some targets are checked
	dangers  Dangers // as in Options
	asks     bool    // strict follows
	stamps   *state.Stamps
	findings []report.Finding
	notes    []report.Finding
	claims   []string
}

// Run checks the targets of mpwolf.toml or, without any, those that the tree was patched for.
func Run(ctx context.Context, o Options) (*Result, error) {
	which := project.Configured
	if o.Patched {
		which = project.Recorded
	}
	o.Lenient = true
	p, err := project.Open(o.Options, which)
	if err != nil {
		return nil, err
	}
	lost, err := p.Lost(ctx)
	if err != nil {
		return nil, err
	}
	if p.Record == nil && !p.All && lost == nil {
		err := fmt.Errorf("there is nothing to check %s against: no target in an %s, "+
			"and no mpwolf patch", p.Tree.Dir, config.Name)
		if p.File != nil {
			return nil, hint.With(err, "add a [[target]] to "+shell.Path(p.File.Path))
		}
		return nil, hint.With(err, initFix(p))
	}
	if o.Only != nil {
		p.Gone = nil
		p.Targets = slices.DeleteFunc(p.Targets, func(t project.Target) bool {
			return !slices.Contains(o.Only, t.Name())
		})
	}
	k := &checker{Project: p, some: o.Only != nil, tool: o.Tool, dangers: o.Dangers,
		asks: o.Strict, stamps: state.LoadStamps(p.Tree.Dir)}
	if lost != nil {
		k.lost(lost)
	}
	if err := k.run(); err != nil {
		return nil, err
	}
	if o.Strict && len(k.findings) == 0 {
		if err := k.strict(ctx); err != nil {
			return nil, err
		}
	}
	k.fixes(ctx, change.Options{Options: o.Options, Tool: o.Tool})
	result := &Result{Tree: p.Tree.Dir, Targets: project.Names(p.Targets),
		Findings: k.findings, Notes: k.notes, Where: k.where()}
	if !o.Strict {
		result.Claims = k.claims
	}
	if p.Record != nil {
		result.Since = p.Record.Time
	}
	return result, nil
}

// initFix is how to get an mpwolf.toml: all that one names is below its directory.
func initFix(p *project.Project) string {
	dir, err := filepath.Abs(".")
	if err != nil {
		dir = "."
	}
	if rel, err := filepath.Rel(repository.Top(dir), p.Tree.Dir); err != nil ||
		!filepath.IsLocal(rel) {
		return p.Run("patch --port PORT") + "; or, in the repository that the tree belongs to, " +
			"mpwolf init --port PORT"
	}
	return p.Run("init --port PORT") + " writes one"
}

// Built checks what a build of the recorded targets would give: whether the tree is as it was
// patched, and whether it was patched as mpwolf.toml asks for. Only are the targets that are
// built, if the user named them; nil are all.
func Built(ctx context.Context, o Options) (*Result, error) {
	o.Patched = true
	result, err := Run(ctx, o)
	if err != nil {
		return nil, err
	}
	file, err := project.New(o.Options)
	if err != nil || file.File == nil || len(file.File.Targets) == 0 {
		return result, err
	}
	o.Patched = false
	asked, err := Run(ctx, o)
	if err != nil {
		return nil, err
	}
	for _, f := range asked.Findings {
		if !slices.ContainsFunc(result.Findings, func(g report.Finding) bool {
			return g.ID == f.ID && g.File == f.File && g.Line == f.Line && g.Message == f.Message
		}) {
			result.Findings = append(result.Findings, f)
		}
	}
	return result, nil
}

// Setup checks what firmware does not show: whether its targets, their options, the release, the
// modules and the settings are those of the record and of mpwolf.toml. Only is as for Built.
func Setup(ctx context.Context, o Options) ([]report.Finding, error) {
	result, err := Built(ctx, o)
	if err != nil {
		return nil, err
	}
	return slices.DeleteFunc(result.Findings, func(f report.Finding) bool {
		return !slices.Contains([]string{"release", "target", "way", "modules", "settings",
			"variables"}, f.ID)
	}), nil
}

// lost is the finding that there is a patch without a record.
func (k *checker) lost(lost *patches.Lost) {
	f := report.Finding{ID: "record", File: k.Tree.Path(state.Dir), Fix: fixPatch,
		Message: "the tree was patched, but the record of that is missing (git clean -fdx " +
			"deletes it)"}
	if len(lost.Changes) > 0 {
		f.File = k.Tree.Path(filepath.FromSlash(lost.Changes[0].Path))
	}
	if !k.All {
		f.Fix = k.Run("patch --port PORT")
	}
	k.found(f)
}

// fixes replaces the fixes by commands that do not refuse.
func (k *checker) fixes(ctx context.Context, o change.Options) {
	patch, forced := "", ""
	for i := range k.findings {
		f := &k.findings[i]
		switch f.Fix {
		case fixPatch, fixRecords:
			if patch == "" {
				patch = change.PatchFix(ctx, o)
			}
			records := f.Fix == fixRecords
			if f.Fix = patch; records && patch == k.Run("patch") {
				f.Fix += ", which records them; then " + k.Run("verify")
			}
		case fixForce, fixShared:
			if forced == "" {
				o.Force = true
				forced = change.PatchFix(ctx, o)
				o.Force = false
				if forced == k.Run("patch") {
					forced = k.Run("patch --force")
				}
			}
			if f.Fix == fixShared {
				f.Fix = forced + "; or " + k.Run("revert") + ", and patch with --modules DIR"
			} else {
				f.Fix = forced
			}
		case fixGone:
			f.Fix = "restore what is missing, or " + change.RevertFix(ctx, o)
		}
	}
}

func (k *checker) found(f report.Finding) { k.findings = append(k.findings, f) }

func (k *checker) run() error {
	if state.Interrupted(k.Tree.Dir) {
		f := report.Finding{ID: "interrupted", File: k.Tree.Path(state.Dir),
			Fix: k.Run("patch"), Message: "a run of mpwolf was interrupted"}
		if len(k.Targets) == 0 { // patch would need --port
			f.Fix = k.Run("revert")
		}
		k.found(f)
		return nil // the rest is between two states
	}
	if err := k.place(); err != nil {
		return err
	}
	k.way()
	for _, gone := range k.Gone {
		f := report.Finding{ID: "target", File: k.where(), Line: max(1, gone.Line),
			Fix: fixGone, Message: "the tree is " + gone.String()}
		if gone.Line > 0 {
			f.Message = "the tree does not have this target: " + gone.Err.Error()
			f.Fix = "correct or remove that target, or restore what is missing"
		}
		k.found(f)
	}
	for _, target := range k.Targets {
		if err := k.target(target); err != nil {
			return err
		}
	}
	if len(k.Targets) == 0 && k.Record == nil {
		return nil // the record that would say what is installed is gone
	}
	k.others()
	if err := k.files(); err != nil {
		return err
	}
	return k.modules()
}

// where is the file to name for a finding without one.
func (k *checker) where() string {
	if k.File != nil {
		return k.File.Path
	}
	return k.Tree.Path("py", "mpconfig.h")
}
