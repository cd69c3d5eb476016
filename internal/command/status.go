package command

import (
	"encoding/json"
	"errors"
	"fmt"
	"path/filepath"
	"time"

	"github.com/urfave/cli/v2"

	"mpwolf/internal/micropython"
	"mpwolf/internal/state"
	"mpwolf/modules"
)

func statusCommand(s *session) *cli.Command {
	return &cli.Command{
		Name:  "status",
		Usage: "say what is applied, to what, since when, and what changed since",
		Flags: []cli.Flag{treeFlag(), formatFlag()},
		Action: func(c *cli.Context) error {
			if err := noArgs(c); err != nil {
				return err
			}
			return s.status(c)
		},
	}
}

// status is what is printed, as text or JSON.
type status struct {
	Tree        string `json:"tree"`
	MicroPython string `json:"micropython"`
	// State is clean, applied, drifted or partial: a run was interrupted. Next is what to do then.
	State   string         `json:"state"`
	Next    string         `json:"next,omitempty"`
	Since   *time.Time     `json:"since,omitempty"`
	Tool    string         `json:"tool,omitempty"`
	Targets []state.Target `json:"targets,omitempty"`
	// Pristine says that the installed module acts in the place of changes to the tree.
	Pristine bool     `json:"pristine,omitempty"`
	Modules  string   `json:"modules,omitempty"`
	WolfSSL  string   `json:"wolfssl,omitempty"`
	Licence  string   `json:"licence,omitempty"`
	Files    []string `json:"files,omitempty"`
	// Drift is what is no longer as mpwolf left it.
	Drift []drift `json:"drift,omitempty"`
	// OtherVersion says that another mpwolf than this one applied it.
	OtherVersion bool `json:"other_version,omitempty"`
}

// drift is one thing that is no longer as mpwolf left it.
type drift struct {
	File string `json:"file,omitempty"`
	Line int    `json:"line,omitempty"`
	// Whose is ours where mpwolf's own lines are no longer there, theirs where the user changed something else.
	Whose string `json:"whose"`
	Text  string `json:"text"`
}

// The values of drift.Whose.
const (
	ours   = "ours"
	theirs = "theirs"
)

func (s *session) status(c *cli.Context) error {
	kind, err := format(c)
	if err != nil {
		return err
	}
	tree, err := findTree(c)
	if err != nil {
		return err
	}
	st, err := readStatus(tree)
	if err != nil {
		return err
	}
	if kind == "json" {
		encoder := json.NewEncoder(s.stdout)
		encoder.SetIndent("", "  ")
		err = encoder.Encode(st)
	} else {
		s.showStatus(st)
	}
	if err == nil && (st.State == "drifted" || st.State == "partial") {
		return errFound
	}
	return err
}

func readStatus(tree *micropython.Tree) (*status, error) {
	st := &status{Tree: tree.Dir, MicroPython: tree.Version.String(), State: "clean"}
	record, err := state.Load(tree.Dir)
	if err != nil && !errors.Is(err, state.ErrNotPatched) {
		return nil, err
	}
	if record != nil {
		if err := st.applied(tree, record); err != nil {
			return nil, err
		}
	}
	if state.Interrupted(tree.Dir) {
		st.State = "partial"
		st.Next = "mpwolf patch or mpwolf revert: either first goes back to before the run that was interrupted"
	}
	return st, nil
}

func (st *status) applied(tree *micropython.Tree, record *state.Record) error {
	st.State, st.Since, st.Tool = "applied", &record.Time, record.Tool
	st.Targets, st.Pristine = record.Targets, record.Pristine
	st.Modules = filepath.Join(record.Modules.Dir, modules.Name)
	st.WolfSSL, st.Licence = record.Modules.WolfSSL, record.Modules.Licence
	st.OtherVersion = record.Tool != Version()
	if err := st.moved(tree, record); err != nil {
		return err
	}
	for _, f := range record.Files {
		st.Files = append(st.Files, f.Path)
		if err := st.file(tree, f); err != nil {
			return err
		}
	}
	if err := st.modules(tree, record); err != nil {
		return err
	}
	if len(st.Drift) > 0 {
		st.State = "drifted"
		st.Next = "mpwolf patch brings mpwolf's lines back, mpwolf revert takes them out; both keep yours"
	}
	return nil
}

// moved tells of another release or commit.
func (st *status) moved(tree *micropython.Tree, record *state.Record) error {
	commit, err := tree.Commit()
	if err != nil {
		return err
	}
	switch {
	case record.MicroPython != st.MicroPython:
		st.Drift = append(st.Drift, drift{Whose: theirs, Text: fmt.Sprintf(
			"the tree is MicroPython %s now; it was %s when it was patched", st.MicroPython, record.MicroPython)})
	case record.Commit != commit:
		st.Drift = append(st.Drift, drift{Whose: theirs, Text: fmt.Sprintf(
			"the tree is at %s now; it was at %s when it was patched", orNothing(commit), orNothing(record.Commit))})
	}
	return nil
}

// file tells what became of a changed file, and whether our lines are still in it.
func (st *status) file(tree *micropython.Tree, f state.File) error {
	is, now, err := state.Look(tree.Dir, f)
	if err != nil {
		return err
	}
	switch is {
	case state.Undone:
		st.Drift = append(st.Drift, drift{File: f.Path, Whose: ours, Text: "is as it was before mpwolf patch"})
	case state.Missing:
		st.Drift = append(st.Drift, drift{File: f.Path, Whose: ours, Text: state.Became(tree.Dir, f)})
	case state.Edited:
		edits, err := state.Edits(tree.Dir, f, now)
		if err != nil {
			return err
		}
		for _, e := range edits {
			whose, text := theirs, "was edited since"
			if e.Ours {
				whose, text = ours, "was edited since, in a line of mpwolf's"
			}
			st.Drift = append(st.Drift, drift{File: f.Path, Line: e.Line, Whose: whose, Text: text})
		}
	}
	return nil
}

// modules tells what became of the installed modules.
func (st *status) modules(tree *micropython.Tree, record *state.Record) error {
	id, changed, err := modules.Inspect(record.Modules.Dir, state.LoadStamps(tree.Dir).Hash)
	var notOurs *modules.NotOursError
	switch {
	case errors.As(err, &notOurs):
		st.Drift = append(st.Drift, drift{File: st.Modules, Whose: ours, Text: "is gone, or no longer what mpwolf installed"})
		return nil
	case err != nil:
		return err
	}
	if id != record.Modules.ID {
		st.Drift = append(st.Drift, drift{File: st.Modules, Whose: theirs, Text: "was installed anew for another tree"})
	}
	for _, name := range changed {
		st.Drift = append(st.Drift, drift{File: filepath.Join(st.Modules, name), Whose: ours, Text: "was changed since"})
	}
	return nil
}

func (s *session) showStatus(st *status) {
	fmt.Fprintf(s.stdout, "%s: MicroPython %s: %s\n", st.Tree, st.MicroPython, st.State)
	if st.State == "partial" {
		fmt.Fprintf(s.stdout, "an earlier run was interrupted; to go on: %s\n", st.Next)
	}
	if st.Since == nil {
		return
	}
	fmt.Fprintf(s.stdout, "patched %s by mpwolf %s\n", st.Since.Format(time.RFC3339), st.Tool)
	if st.OtherVersion {
		fmt.Fprintf(s.stdout, "this is mpwolf %s; mpwolf patch brings the tree to what it would do\n", Version())
	}
	for _, t := range st.Targets {
		fmt.Fprintf(s.stdout, "  for %s", t.Port)
		if sub := t.Board + t.Variant; sub != "" {
			fmt.Fprintf(s.stdout, " (%s)", sub)
		}
		for _, w := range t.Wants {
			fmt.Fprintf(s.stdout, " %s=%d", w.Name, w.Value)
		}
		fmt.Fprintln(s.stdout)
	}
	if st.Pristine {
		fmt.Fprintln(s.stdout, "  pristine: no file of the tree is changed")
	}
	for _, f := range st.Files {
		fmt.Fprintf(s.stdout, "  changed %s\n", f)
	}
	fmt.Fprintf(s.stdout, "  installed %s with wolfSSL %s (%s)\n", st.Modules, st.WolfSSL, st.Licence)
	for _, d := range st.Drift {
		fmt.Fprintf(s.stdout, "since then: %s\n", d)
	}
	if st.State == "drifted" {
		fmt.Fprintf(s.stdout, "to mend it: %s\n", st.Next)
	}
}

func (d drift) String() string {
	switch {
	case d.File == "":
		return d.Text
	case d.Line > 0:
		return fmt.Sprintf("%s:%d %s", d.File, d.Line, d.Text)
	}
	return d.File + " " + d.Text
}
