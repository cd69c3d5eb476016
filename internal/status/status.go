// Package status reports what is applied to a tree, since when, and what has changed since. It
// only reads, and asks neither make nor the compiler.
package status

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"mpwolf/internal/change"
	"mpwolf/internal/micropython"
	"mpwolf/internal/project"
	"mpwolf/internal/state"
	"mpwolf/modules"
	"mpwolf/patches"
	"mpwolf/wolfssl"
)

// Options say which tree.
type Options struct {
	project.Options
	// Tool is mpwolf's version.
	Tool string
}

// The values of Status.State.
const (
	Clean   = "clean"
	Applied = "applied"
	Drifted = "drifted" // something is no longer as mpwolf left it
	Partial = "partial" // a run was interrupted
	Lost    = "lost"    // it was patched, but the record of that is missing
)

// Status is what was found.
type Status struct {
	Tree        string `json:"tree"`
	MicroPython string `json:"micropython"`
	// State is Clean, Applied, Drifted, Partial or Lost. Fix is what to do about the last three.
	State   string         `json:"state"`
	Fix     string         `json:"fix,omitempty"`
	Since   *time.Time     `json:"since,omitempty"`
	Tool    string         `json:"tool,omitempty"`
	Targets []state.Target `json:"targets,omitempty"`
	// Pristine says that the installed module takes the place of changes to the tree.
	Pristine bool   `json:"pristine,omitempty"`
	Modules  string `json:"modules,omitempty"`
	// Shared are other trees that are built with the modules.
	Shared  []string `json:"shared,omitempty"`
	WolfSSL string   `json:"wolfssl,omitempty"`
	Licence string   `json:"licence,omitempty"`
	Files   []string `json:"files,omitempty"`
	// Drift is what is no longer as mpwolf left it.
	Drift []Drift `json:"drift,omitempty"`
	// OtherVersion says that a different mpwolf applied it.
	OtherVersion bool `json:"other_version,omitempty"`
}

// Drift is one thing that is no longer as mpwolf left it.
type Drift struct {
	File string `json:"file,omitempty"`
	Line int    `json:"line,omitempty"`
	// Whose is ours if mpwolf's own lines are gone, theirs if the user changed something else.
	Whose string `json:"whose"`
	Text  string `json:"text"`
}

// The values of Drift.Whose.
const (
	Ours   = "ours"
	Theirs = "theirs"
)

// Read examines a tree, what was applied to it, and what happened to that.
func Read(ctx context.Context, o Options) (*Status, error) {
	p, err := project.Open(o.Options, project.None)
	if err != nil {
		return nil, err
	}
	st := &Status{Tree: p.Tree.Dir, MicroPython: p.Tree.Version.String(), State: Clean}
	if p.Record != nil {
		st.OtherVersion = p.Record.Tool != o.Tool
		if err := st.applied(p); err != nil {
			return nil, err
		}
		if st.State == Drifted {
			st.Fix = fix(ctx, p, o)
		}
	}
	lost, err := p.Lost(ctx)
	if err != nil {
		return nil, err
	}
	if lost != nil {
		st.lost(p, lost)
	}
	if state.Interrupted(p.Tree.Dir) {
		st.State = Partial
		st.Fix = p.Run("patch") + " or " + p.Run("revert") +
			": either first undoes the interrupted run"
	}
	return st, nil
}

// fix names what to do about drift: commands that do not refuse.
func fix(ctx context.Context, p *project.Project, o Options) string {
	changes := change.Options{Options: o.Options, Tool: o.Tool}
	patch, revert := change.PatchFix(ctx, changes), change.RevertFix(ctx, changes)
	if patch == p.Run("patch") && revert == p.Run("revert") {
		return patch + " restores mpwolf's lines, " + revert + " removes them; both keep yours"
	}
	if strings.HasPrefix(patch, revert) {
		return patch
	}
	return patch + "; or " + revert + ", which removes mpwolf's lines"
}

// lost says what shows that the tree was patched.
func (st *Status) lost(p *project.Project, lost *patches.Lost) {
	st.State = Lost
	st.Fix = p.Run("patch --port PORT") + " takes over what is there, " + p.Run("revert") +
		" removes it"
	for _, change := range lost.Changes {
		st.Files = append(st.Files, change.Path)
	}
	for _, line := range lost.Unknown {
		st.Drift = append(st.Drift,
			Drift{File: line.File, Line: line.Line, Whose: Theirs, Text: line.Why})
	}
	if _, _, err := modules.Installed(p.Modules); err == nil {
		st.Modules = p.Module()
	}
}

func (st *Status) applied(p *project.Project) error {
	tree, record := p.Tree, p.Record
	st.State, st.Since, st.Tool = Applied, &record.Time, record.Tool
	st.Targets, st.Pristine = record.Targets, record.Pristine
	st.Modules = filepath.Join(record.Modules.Dir, modules.Name)
	st.WolfSSL, st.Licence = record.Modules.WolfSSL, record.Modules.Licence
	st.record(record)
	if err := st.moved(tree, record); err != nil {
		return err
	}
	for _, f := range record.Files {
		st.Files = append(st.Files, f.Path)
		if err := st.file(tree, f); err != nil {
			return err
		}
	}
	if err := st.modules(p); err != nil {
		return err
	}
	for _, t := range record.Targets {
		st.target(tree, t)
	}
	if len(st.Drift) > 0 {
		st.State = Drifted
	}
	return nil
}

// record compares the record with what it is about: it may have been edited.
func (st *Status) record(record *state.Record) {
	wolf, err := wolfssl.Open(filepath.Join(st.Modules, "wolfssl"))
	if err == nil && (wolf.Version != st.WolfSSL || wolf.Licence != st.Licence) {
		st.Drift = append(st.Drift, Drift{File: st.Modules, Whose: Ours,
			Text: fmt.Sprintf("has wolfSSL %s (%s); the record says %s (%s)", wolf.Version,
				wolf.Licence, st.WolfSSL, st.Licence)})
		st.WolfSSL, st.Licence = wolf.Version, wolf.Licence
	}
	for _, t := range record.Targets {
		port, err := patches.Load(t.Port)
		if err != nil {
			continue // it is said elsewhere
		}
		for _, w := range t.Wants {
			i := slices.IndexFunc(port.Wants, func(p patches.Want) bool {
				return slices.Contains(p.Names(), w.Name)
			})
			if i < 0 || port.Wants[i].Value != w.Value {
				st.Drift = append(st.Drift, Drift{Whose: Ours,
					Text: fmt.Sprintf("the record has %s=%d for %s, which mpwolf does not want",
						w.Name, w.Value, project.Name(t))})
			}
		}
	}
}

// moved checks for another release or commit.
func (st *Status) moved(tree *micropython.Tree, record *state.Record) error {
	commit, err := tree.Commit()
	if err != nil {
		return err
	}
	switch {
	case record.MicroPython != st.MicroPython:
		st.Drift = append(st.Drift, Drift{Whose: Theirs, Text: fmt.Sprintf(
			"the tree is MicroPython %s now; it was %s when it was patched", st.MicroPython,
			record.MicroPython)})
	case record.Commit != commit:
		st.Drift = append(st.Drift, Drift{Whose: Theirs, Text: fmt.Sprintf(
			"the tree is at %s now; it was at %s when it was patched", state.ShortCommit(commit),
			state.ShortCommit(record.Commit))})
	}
	return nil
}

// target checks that the tree still has a target, and that its settings are those of then.
func (st *Status) target(tree *micropython.Tree, t state.Target) {
	name := project.Name(t)
	if _, err := tree.Target(t.Port, t.Board, t.Variant); err != nil {
		st.Drift = append(st.Drift, Drift{Whose: Theirs,
			Text: fmt.Sprintf("the tree no longer has %s: %v", name, err)})
	}
	if t.UserSettings == "" {
		return
	}
	hash, err := project.HashSettings(t.UserSettings)
	switch {
	case err != nil:
		st.Drift = append(st.Drift, Drift{Whose: Theirs,
			Text: fmt.Sprintf("the settings of %s cannot be read: %v", name, err)})
	case t.SettingsHash != "" && hash != t.SettingsHash:
		st.Drift = append(st.Drift, Drift{File: t.UserSettings, Whose: Theirs,
			Text: "was changed since: the settings of " + name})
	}
}

// file finds what happened to a changed file, and whether our lines are still in it.
func (st *Status) file(tree *micropython.Tree, f state.File) error {
	is, now, err := state.Look(tree.Dir, f)
	if err != nil {
		return err
	}
	switch is {
	case state.Undone:
		st.Drift = append(st.Drift,
			Drift{File: f.Path, Whose: Ours, Text: "is as it was before mpwolf patch"})
	case state.Missing:
		st.Drift = append(st.Drift,
			Drift{File: f.Path, Whose: Ours, Text: state.Became(tree.Dir, f)})
	case state.Edited:
		edits, err := state.Edits(tree.Dir, f, now)
		if err != nil {
			return err
		}
		for _, e := range edits {
			whose, text := Theirs, "was edited since"
			if e.Ours {
				whose, text = Ours, "was edited since, in a line of mpwolf's"
			}
			st.Drift = append(st.Drift,
				Drift{File: f.Path, Line: e.Line, Whose: whose, Text: text})
		}
	}
	return nil
}

// modules finds what happened to the installed modules.
func (st *Status) modules(p *project.Project) error {
	tree, record := p.Tree, p.Record
	others, err := p.OtherUsers()
	if err != nil {
		return err
	}
	for _, other := range others {
		st.Shared = append(st.Shared, other.Tree)
	}
	noted, err := p.Uses()
	if err != nil {
		return err
	}
	if !noted && len(others) > 0 {
		st.Drift = append(st.Drift, Drift{File: st.Modules, Whose: Ours,
			Text: "does not have this tree among its users: the tree was copied or moved"})
	}
	id, changed, err := modules.Inspect(record.Modules.Dir, state.LoadStamps(tree.Dir).Hash)
	var notOurs *modules.NotOursError
	switch {
	case errors.As(err, &notOurs):
		st.Drift = append(st.Drift,
			Drift{File: st.Modules, Whose: Ours,
				Text: "is gone, or no longer what mpwolf installed"})
		return nil
	case err != nil:
		return err
	}
	if id != record.Modules.ID {
		st.Drift = append(st.Drift,
			Drift{File: st.Modules, Whose: Theirs, Text: "was reinstalled for another tree"})
	}
	for _, name := range changed {
		text := "was changed since"
		if modules.IsAdded(record.Modules.Dir, name) {
			text = "was added since"
		}
		st.Drift = append(st.Drift,
			Drift{File: filepath.Join(st.Modules, name), Whose: Ours, Text: text})
	}
	return nil
}

func (d Drift) String() string {
	switch {
	case d.File == "":
		return d.Text
	case d.Line > 0:
		return fmt.Sprintf("%s:%d %s", d.File, d.Line, d.Text)
	}
	return d.File + " " + d.Text
}
