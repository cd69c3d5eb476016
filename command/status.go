package command

import (
	"encoding/json"
	"errors"
	"fmt"
	"path/filepath"
	"time"

	"github.com/urfave/cli/v2"

	"mpwolf/micropython"
	"mpwolf/modules"
	"mpwolf/state"
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
	// State is clean, applied, drifted or interrupted.
	State   string         `json:"state"`
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
	Drift []string `json:"drift,omitempty"`
}

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
	if err == nil && (st.State == "drifted" || st.State == "interrupted") {
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
		st.State = "interrupted"
	}
	return st, nil
}

func (st *status) applied(tree *micropython.Tree, record *state.Record) error {
	st.State, st.Since, st.Tool = "applied", &record.Time, record.Tool
	st.Targets, st.Pristine = record.Targets, record.Pristine
	st.Modules = filepath.Join(record.Modules.Dir, modules.Name)
	st.WolfSSL, st.Licence = record.Modules.WolfSSL, record.Modules.Licence
	if record.MicroPython != st.MicroPython {
		st.Drift = append(st.Drift, fmt.Sprintf("the tree is MicroPython %s now; it was %s when it was patched",
			st.MicroPython, record.MicroPython))
	}
	for _, f := range record.Files {
		st.Files = append(st.Files, f.Path)
		drift, _, err := state.Look(tree.Dir, f)
		if err != nil {
			return err
		}
		if text := driftText[drift]; text != "" {
			st.Drift = append(st.Drift, f.Path+" "+text)
		}
	}
	changed, err := modules.Changed(record.Modules.Dir)
	var notOurs *modules.NotOursError
	switch {
	case errors.As(err, &notOurs):
		st.Drift = append(st.Drift, st.Modules+" is gone, or no longer what mpwolf installed")
	case err != nil:
		return err
	}
	for _, name := range changed {
		st.Drift = append(st.Drift, filepath.Join(st.Modules, name)+" was changed since")
	}
	if len(st.Drift) > 0 {
		st.State = "drifted"
	}
	return nil
}

var driftText = map[state.Drift]string{
	state.Undone:  "is as it was before mpwolf patch",
	state.Edited:  "was edited since",
	state.Missing: "is gone, or no longer a regular file",
}

func (s *session) showStatus(st *status) {
	fmt.Fprintf(s.stdout, "%s: MicroPython %s: %s\n", st.Tree, st.MicroPython, st.State)
	if st.State == "interrupted" {
		fmt.Fprintln(s.stdout, "an earlier run was interrupted; the next mpwolf patch or revert goes back to before it")
	}
	if st.Since == nil {
		return
	}
	fmt.Fprintf(s.stdout, "patched %s by mpwolf %s\n", st.Since.Format(time.RFC3339), st.Tool)
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
}
