package command

import (
	"bytes"
	"fmt"

	"mpwolf/internal/change"
	"mpwolf/internal/config"
	"mpwolf/internal/report"
	"mpwolf/patches"
)

// What patch, revert, build and init have done, as JSON; docs/usage.md explains the fields.

type patchedJSON struct {
	Tree     string              `json:"tree"`
	DryRun   bool                `json:"dry_run"`
	Already  bool                `json:"already"`
	Pristine bool                `json:"pristine"`
	Targets  []patchedTargetJSON `json:"targets"`
	Files    []string            `json:"files"`
	Recorded []string            `json:"recorded,omitempty"`
	Module   string              `json:"module,omitempty"`
	Fragment string              `json:"fragment,omitempty"`
	WolfSSL  string              `json:"wolfssl,omitempty"`
	Licence  string              `json:"licence,omitempty"`
	Stale    []string            `json:"stale,omitempty"`
	Diff     string              `json:"diff,omitempty"`
}

type patchedTargetJSON struct {
	Target string     `json:"target"`
	Port   string     `json:"port"`
	Board  string     `json:"board,omitempty"`
	Sub    string     `json:"variant,omitempty"`
	Wants  []wantJSON `json:"wants"`
	Notes  []string   `json:"notes,omitempty"`
	Build  string     `json:"build"`
}

type wantJSON struct {
	Macro  string `json:"macro"`
	Value  int64  `json:"value"`
	Action string `json:"action"`
	File   string `json:"file,omitempty"`
	Line   int    `json:"line,omitempty"`
	Text   string `json:"text,omitempty"`
	Why    string `json:"why"`
}

// patched is a patch, or the plan of one.
func patched(p *change.Patched, plan bool) patchedJSON {
	result := patchedJSON{
		Tree: p.Tree, DryRun: plan, Already: p.Already, Pristine: p.Pristine,
		Targets: []patchedTargetJSON{}, Files: []string{}, Recorded: p.Recorded,
		Module: p.Module, Fragment: p.Fragment, WolfSSL: p.WolfSSL, Licence: p.Licence,
		Stale: p.Stale,
	}
	for _, c := range p.Changes {
		result.Files = append(result.Files, c.Path)
	}
	for _, t := range p.Targets {
		target := patchedTargetJSON{Target: t.Name, Port: t.Port, Board: t.Board, Sub: t.Variant,
			Wants: []wantJSON{}, Notes: notes(t), Build: t.Build}
		for _, step := range t.Steps {
			target.Wants = append(target.Wants, want(step))
		}
		result.Targets = append(result.Targets, target)
	}
	return result
}

// want is what is done for a want: a line is changed, or nothing is because another change or the
// tree itself gives the value. patch refuses lines outside the tree before.
func want(step patches.Step) wantJSON {
	w := wantJSON{Macro: step.Name, Value: step.Want.Value, Why: step.Want.Why}
	switch {
	case step.Follows:
		w.Action = "follows"
		return w
	case step.Holds():
		w.Action = "holds"
		return w
	}
	w.Action = "change"
	w.File, w.Line, w.Text = step.Site.File, step.Site.Line, step.Line
	return w
}

// notes are what the owner of a target should know.
func notes(t change.PatchedTarget) []string {
	var all []string
	for _, lack := range t.Lacks {
		all = append(all, fmt.Sprintf("%s is 0: %s", lack.Macro, lack.Why))
	}
	return append(all, t.Notes...)
}

type revertedJSON struct {
	Tree    string `json:"tree"`
	DryRun  bool   `json:"dry_run"`
	Nothing bool   `json:"nothing"`
	// OK is false if lines are left that may be mpwolf's.
	OK       bool       `json:"ok"`
	Guessed  bool       `json:"guessed,omitempty"`
	Targets  []string   `json:"targets,omitempty"`
	Rest     []string   `json:"rest,omitempty"`
	Restored []string   `json:"restored"`
	Module   string     `json:"module,omitempty"`
	Removed  bool       `json:"removed"`
	Fragment string     `json:"fragment,omitempty"`
	Kept     []string   `json:"kept,omitempty"`
	Shared   []string   `json:"shared,omitempty"`
	Left     []string   `json:"left,omitempty"`
	Unknown  []lineJSON `json:"unknown,omitempty"`
	Diff     string     `json:"diff,omitempty"`
}

// lineJSON is a line that may be mpwolf's.
type lineJSON struct {
	File string `json:"file"`
	Line int    `json:"line"`
	Text string `json:"text"`
	Why  string `json:"why"`
}

// reverted is a revert, or the plan of one.
func reverted(r *change.Reverted, plan bool) revertedJSON {
	result := revertedJSON{
		Tree: r.Tree, DryRun: plan, Nothing: r.Nothing, OK: len(r.Unknown) == 0,
		Guessed: r.Guessed, Targets: r.Targets, Rest: r.Rest, Restored: []string{},
		Module: r.Module, Removed: r.Removed, Fragment: r.Fragment, Kept: r.Kept,
		Shared: r.Shared, Left: r.Left,
	}
	result.Restored = append(result.Restored, r.Restored...)
	for _, t := range r.Unknown {
		result.Unknown = append(result.Unknown, lineJSON{t.File, t.Line, t.Text, t.Why})
	}
	return result
}

// diffText is a unified diff of changes.
func diffText(changes []patches.Change) (string, error) {
	var b bytes.Buffer
	err := patches.Diff(&b, changes)
	return b.String(), err
}

// builtJSON is a target that was built, or would be.
type builtJSON struct {
	Target  string `json:"target"`
	Command string `json:"command"`
	Built   bool   `json:"built"`
}

type buildJSON struct {
	OK       bool             `json:"ok"`
	Targets  []builtJSON      `json:"targets"`
	Findings []checkedFinding `json:"findings,omitempty"`
}

func findings(found []report.Finding) []checkedFinding {
	all := make([]checkedFinding, len(found))
	for i, f := range found {
		all[i] = checkedFinding{f.ID, f.File, f.Line, f.Message, f.Fix}
	}
	return all
}

type initJSON struct {
	File        string       `json:"file"`
	Tree        string       `json:"tree"`
	MicroPython string       `json:"micropython"`
	WolfSSL     string       `json:"wolfssl"`
	Modules     string       `json:"modules"`
	Targets     []targetJSON `json:"targets"`
}

type targetJSON struct {
	Port         string   `json:"port"`
	Board        string   `json:"board,omitempty"`
	Variant      string   `json:"variant,omitempty"`
	Make         []string `json:"make,omitempty"`
	UserSettings string   `json:"user_settings,omitempty"`
}

func written(file *config.File) initJSON {
	result := initJSON{File: file.Path, Tree: file.Tree, MicroPython: file.MicroPython,
		WolfSSL: file.WolfSSL, Modules: file.Modules, Targets: []targetJSON{}}
	for _, t := range file.Targets {
		result.Targets = append(result.Targets,
			targetJSON{t.Port, t.Board, t.Variant, t.Make, t.UserSettings})
	}
	return result
}
