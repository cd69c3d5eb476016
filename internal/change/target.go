package change

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"mpwolf/internal/hint"
	"mpwolf/internal/micropython"
	"mpwolf/internal/project"
	"mpwolf/internal/state"
	"mpwolf/patches"
)

// planTargets removes the named targets, and leaves the tree as patch makes it for the others:
// what only the removed ones needed is restored.
func (w *work) planTargets(ctx context.Context) (*reversal, error) {
	if w.Record == nil {
		if err := w.NeedRecord(ctx); !errors.Is(err, state.ErrNotPatched) {
			return nil, err
		}
		return w.planLost(ctx) // which finds nothing to do
	}
	out, rest, err := w.split()
	if err != nil {
		return nil, err
	}
	if len(rest) == 0 {
		return w.planWhole()
	}
	plan := &reversal{result: w.reverted(w.Record.Modules.Dir), rest: rest}
	plan.result.Targets, plan.result.Rest = project.Names(out), project.Names(rest)
	record := w.Record.Clone()
	record.Targets = slices.DeleteFunc(record.Targets, func(t state.Target) bool {
		return slices.ContainsFunc(out, func(o project.Target) bool { return o.Entry().Same(t) })
	})
	plan.change.Record = record
	if !slices.ContainsFunc(rest, isCMake) {
		// Another tree's targets may need it as well.
		others, err := w.OtherUsers()
		if err != nil {
			return nil, err
		}
		if len(others) == 0 {
			w.takeFragmentAway(plan, w.Record.Modules.Dir)
		}
	}
	if w.Record.Pristine {
		return plan, nil
	}
	return plan, w.planRest(plan, out, rest)
}

// split separates the recorded targets that the command line names from the others.
func (w *work) split() (out, rest []project.Target, err error) {
	for _, t := range w.Targets {
		named := (w.Asked.Port == t.Port) &&
			(len(w.Asked.Boards) == 0 || slices.Contains(w.Asked.Boards, t.Board) ||
				slices.Contains(w.Asked.Boards, t.BoardFlag())) &&
			(w.Asked.Variant == "" || w.Asked.Variant == t.Variant)
		if named {
			out = append(out, t)
		} else {
			rest = append(rest, t)
		}
	}
	if len(out) == 0 {
		return nil, nil,
			project.Usagef("%s is not patched for that target;%s it is patched for: %s",
				w.Tree.Dir, hint.DidYouMean(strings.Join(w.Asked.Boards, " ")+w.Asked.Variant,
					shortNames(w.Targets)), hint.List(project.Names(w.Targets)))
	}
	return out, rest, nil
}

func shortNames(targets []project.Target) []string {
	var names []string
	for _, t := range targets {
		names = append(names, t.Board+t.Variant)
	}
	return names
}

// planRest plans the files as patch would leave them for only the other targets, with the user's
// edits.
func (w *work) planRest(reversal *reversal, out, rest []project.Target) error {
	change := &reversal.change
	concerns := func(file string) bool {
		return slices.ContainsFunc(out, func(t project.Target) bool {
			return strings.HasPrefix(file, "ports/"+t.Port+"/") ||
				!strings.HasPrefix(file, "ports/")
		})
	}
	rest = slices.DeleteFunc(slices.Clone(rest), func(t project.Target) bool {
		return !concerns("ports/" + t.Port + "/")
	})
	record := w.Record.Clone()
	record.Files = nil
	change.Record.Files = nil
	for _, file := range w.Record.Files {
		if concerns(file.Path) {
			record.Files = append(record.Files, file)
		} else {
			change.Record.Files = append(change.Record.Files, file)
		}
	}
	plan, err := state.Revert(w.Tree.Dir, record,
		state.Options{Force: w.Force, AtHead: w.Tree.AtHead})
	if err != nil {
		return err
	}
	if len(plan.Conflicts) > 0 {
		return conflictError("revert", plan.Conflicts)
	}
	reversal.lost = plan.Lost
	original := map[string][]byte{}
	for _, write := range plan.Writes {
		original[write.Path] = write.After
	}
	planned, err := plannedTexts(rest, original)
	if err != nil {
		return err
	}
	paths := map[string]bool{}
	for path := range original {
		paths[path] = true
	}
	for path := range planned {
		paths[path] = true
	}
	for path := range paths {
		if err := w.planFile(change, path, original, planned); err != nil {
			return err
		}
	}
	byPath := func(a, b state.Write) int { return strings.Compare(a.Path, b.Path) }
	slices.SortFunc(change.Writes, byPath)
	return nil
}

func (w *work) planFile(
	change *state.Change, path string, original, planned map[string][]byte,
) error {
	now, err := os.ReadFile(w.Tree.Path(filepath.FromSlash(path)))
	if err != nil {
		return fmt.Errorf("revert: %w", err)
	}
	before, known := original[path]
	if !known {
		before = now
	}
	after, needed := planned[path]
	if !needed {
		after = before
	}
	if !bytes.Equal(before, after) {
		change.Record.Adopt(path, before, after)
	}
	if !bytes.Equal(now, after) {
		change.Writes = append(change.Writes, state.Write{Path: path, Before: now, After: after})
	}
	return nil
}

// plannedTexts are the files that patch would change for targets of a tree whose files have other
// texts than on disk.
func plannedTexts(targets []project.Target, texts map[string][]byte) (map[string][]byte, error) {
	planned := map[string][]byte{}
	plain := project.Plain(targets)
	slices.SortStableFunc(plain, func(a, b micropython.Target) int {
		return strings.Compare(a.Port, b.Port)
	})
	for _, group := range byPort(plain) {
		port, err := patches.Load(group[0].Port)
		if err != nil {
			return nil, err
		}
		found, err := patches.Texts(group, port.Wants, texts)
		if err != nil {
			return nil, err
		}
		for path, text := range found {
			planned[path] = text
		}
	}
	return planned, nil
}
