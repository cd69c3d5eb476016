package state

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"syscall"

	"mpwolf/internal/disk"

	"github.com/sergi/go-diff/diffmatchpatch"
)

// Conflict is a place where the user's edit touches ours, so that ours cannot be removed without
// losing theirs.
type Conflict struct {
	// Path and Line say where it is now; Line counts from 1, 0 stands for the whole file.
	Path string
	Line int
	// Ours is what mpwolf wrote, Theirs what is there now, Reason what both do not show.
	Ours, Theirs, Reason string
}

func (c Conflict) String() string {
	where := c.Path
	if c.Line > 0 {
		where = fmt.Sprintf("%s:%d", c.Path, c.Line)
	}
	if c.Reason != "" {
		return where + ": " + c.Reason
	}
	return fmt.Sprintf("%s: edited since: mpwolf wrote %q, now it is %q", where, c.Ours, c.Theirs)
}

// Drift is how a changed file of the tree differs from what mpwolf wrote.
type Drift int

// What may have happened to a file since.
const (
	Untouched Drift = iota // as mpwolf left it
	Undone                 // as it was before mpwolf
	Edited                 // neither
	Missing                // gone, or no longer a regular file
)

// Look compares one recorded file with the tree.
func Look(tree string, f File) (Drift, []byte, error) {
	name := filepath.Join(tree, filepath.FromSlash(f.Path))
	info, err := os.Lstat(name)
	if errors.Is(err, fs.ErrNotExist) || errors.Is(err, syscall.ENOTDIR) ||
		(err == nil && !info.Mode().IsRegular()) {
		return Missing, nil, nil
	}
	if err != nil {
		return Missing, nil, err
	}
	now, err := os.ReadFile(name)
	if err != nil {
		return Missing, nil, err
	}
	switch disk.Hash(now) {
	case f.After:
		return Untouched, now, nil
	case f.Before:
		return Undone, now, nil
	}
	return Edited, now, nil
}

// Options say what to do where the user's edits touch ours. The zero value stops there.
type Options struct {
	// Force removes our lines anyway. What is lost by that is in Reversal.Lost.
	Force bool
	// AtHead gives a file as git has it: a file with exactly those bytes has nothing of ours in
	// it, because a checkout has written it. nil means no git.
	AtHead func(path string, like []byte) ([]byte, bool)
}

// fromGit reports whether a file's bytes are those that git has.
func (w Options) fromGit(path string, now []byte) bool {
	if w.AtHead == nil {
		return false
	}
	text, ok := w.AtHead(path, now)
	return ok && string(text) == string(now)
}

// Reversal is how to undo what a record says.
type Reversal struct {
	Writes []Write
	// Conflicts are in the way: without Force, nothing can be done.
	Conflicts []Conflict
	// Lost are the files whose edits Force removes: they must be saved first.
	Lost []Write
	// Left are files that no longer exist, or are not regular files; Force leaves them as they
	// are.
	Left []Conflict
}

// Revert plans how to undo what the record says, keeping what the user has edited since.
func Revert(tree string, record *Record, options Options) (*Reversal, error) {
	plan := &Reversal{}
	for _, f := range record.Files {
		drift, now, err := Look(tree, f)
		if err != nil {
			return nil, fmt.Errorf("revert: %w", err)
		}
		switch drift {
		case Undone:
			continue
		case Missing:
			gone := Conflict{Path: f.Path, Reason: Became(tree, f)}
			if options.Force {
				plan.Left = append(plan.Left, gone)
			} else {
				plan.Conflicts = append(plan.Conflicts, gone)
			}
			continue
		}
		if err := plan.takeOut(tree, f, now, options); err != nil {
			return nil, err
		}
	}
	if len(plan.Conflicts) > 0 {
		plan.Writes = nil
	}
	return plan, nil
}

func (plan *Reversal) takeOut(tree string, f File, now []byte, options Options) error {
	original, conflicts, err := withoutOurs(tree, f, now)
	if line := mergeMarker(now); line > 0 {
		conflicts = append(conflicts, Conflict{Path: f.Path, Line: line,
			Reason: "a merge is not finished here; finish it first"})
	}
	switch {
	case err != nil:
		return err
	case len(conflicts) > 0 && options.fromGit(f.Path, now):
		return nil
	case len(conflicts) > 0 && !options.Force:
		plan.Conflicts = append(plan.Conflicts, conflicts...)
		return nil
	}
	w := Write{Path: f.Path, Before: now, After: original}
	if len(conflicts) > 0 {
		plan.Lost = append(plan.Lost, w)
	}
	plan.Writes = append(plan.Writes, w)
	return nil
}

// mergeMarker is the line, from 1, of the first conflict that git left in a text; 0 without one.
func mergeMarker(text []byte) int {
	n, from := 0, 0
	for line := range strings.Lines(string(text)) {
		n++
		switch {
		case strings.HasPrefix(line, "<<<<<<< "):
			from = n
		case strings.HasPrefix(line, ">>>>>>> ") && from > 0:
			return from
		}
	}
	return 0
}

// Edit is a place that the user changed in a file after mpwolf did.
type Edit struct {
	Line int // where it stands now, from 1
	Ours bool
}

// Edits lists what the user changed in a recorded file since. Ours says that one of mpwolf's
// lines changed.
func Edits(tree string, f File, now []byte) ([]Edit, error) {
	before, err := Blob(tree, f.Before)
	if err != nil {
		return nil, err
	}
	after, err := Blob(tree, f.After)
	if err != nil {
		return nil, err
	}
	ours, theirs := spans(string(after), string(before)), spans(string(after), string(now))
	edits := make([]Edit, len(theirs))
	for i, t := range theirs {
		edits[i] = Edit{lineIn(theirs, t), slices.ContainsFunc(ours, func(o span) bool {
			return meet(o, t)
		})}
	}
	return edits, nil
}

// Became says in words what happened to a recorded file that is no longer a regular file.
func Became(tree string, f File) string {
	name := filepath.Join(tree, filepath.FromSlash(f.Path))
	info, err := os.Lstat(name)
	switch {
	case err == nil && info.Mode()&fs.ModeSymlink != 0:
		return "is now a link"
	case err == nil && info.IsDir():
		return "is now a directory"
	case err == nil:
		return "is no longer a regular file"
	}
	if other := renamed(tree, f); other != "" {
		return "is gone; " + other + " has its bytes"
	}
	return "is gone"
}

// IsGone reports whether a recorded file no longer exists, and no other file in its directory has
// its bytes.
func IsGone(tree string, f File) bool {
	name := filepath.Join(tree, filepath.FromSlash(f.Path))
	_, err := os.Lstat(name)
	if !errors.Is(err, fs.ErrNotExist) && !errors.Is(err, syscall.ENOTDIR) {
		return false
	}
	return renamed(tree, f) == ""
}

// renamed is a file in the directory of a recorded one that has its bytes; "" without one.
func renamed(tree string, f File) string {
	name := filepath.Join(tree, filepath.FromSlash(f.Path))
	entries, err := os.ReadDir(filepath.Dir(name))
	if err != nil {
		return ""
	}
	for _, entry := range entries {
		other := filepath.Join(filepath.Dir(name), entry.Name())
		if !entry.Type().IsRegular() {
			continue
		}
		if hash, err := disk.HashFile(other); err == nil && hash == f.After {
			return path.Join(path.Dir(f.Path), entry.Name())
		}
	}
	return ""
}

// withoutOurs returns the bytes of a recorded file without what mpwolf wrote and with what the
// user wrote since. If there are conflicts, the user's edits that touch ours are left out.
func withoutOurs(tree string, f File, now []byte) ([]byte, []Conflict, error) {
	before, err := Blob(tree, f.Before)
	if err != nil || disk.Hash(now) == f.After {
		return before, nil, err
	}
	after, err := Blob(tree, f.After)
	if err != nil {
		return nil, nil, err
	}
	merged, conflicts := takeOut(string(before), string(after), string(now))
	for i := range conflicts {
		conflicts[i].Path = f.Path
	}
	return []byte(merged), conflicts, nil
}

// SetFile records that a file of the tree is changed from now to after. If mpwolf changed the
// file before, the original stays, with the user's edits since; edits that touch our lines are
// conflicts and, with Force, lost.
func (r *Record) SetFile(
	tree, path string, now, after []byte, options Options,
) (conflicts []Conflict, lost bool, err error) {
	i := slices.IndexFunc(r.Files, func(f File) bool { return f.Path == path })
	if i < 0 {
		r.Files = append(r.Files,
			File{Path: path, Before: disk.Hash(now), After: disk.Hash(after)})
		return nil, false, nil
	}
	f := &r.Files[i]
	if disk.Hash(now) == f.Before { // undone by hand in between
		f.After = disk.Hash(after)
		return nil, false, nil
	}
	original, conflicts, err := withoutOurs(tree, *f, now)
	switch {
	case err != nil:
		return nil, false, err
	case len(conflicts) > 0 && options.fromGit(path, now):
		original = now
	case len(conflicts) > 0 && !options.Force:
		return conflicts, false, nil
	case len(conflicts) > 0:
		lost = true
	}
	r.keep = append(r.keep, original)
	f.Before, f.After = disk.Hash(original), disk.Hash(after)
	return nil, lost, nil
}

// span is a run of lines in one text that differ in another text, or are missing there.
type span struct {
	from, to int // lines of the base, from 0; from == to is an insertion before from
	lines    []string
}

// takeOut undoes, in now, the change from before to after, and keeps the change from after to
// now. Lines that both touch are conflicts, unless both do the same to them; the returned text
// is then without theirs.
func takeOut(before, after, now string) (string, []Conflict) {
	ours, theirs := spans(after, before), spans(after, now)
	base := splitLines(after)
	var conflicts []Conflict
	var kept []span // of theirs
	for _, t := range theirs {
		i := slices.IndexFunc(ours, func(o span) bool { return meet(o, t) })
		if i < 0 {
			kept = append(kept, t)
			continue
		}
		if o := ours[i]; !same(o, t) { // else they removed it themselves
			conflicts = append(conflicts, Conflict{
				Line:   lineIn(theirs, t),
				Ours:   strings.TrimSpace(strings.Join(base[o.from:o.to], "")),
				Theirs: strings.TrimSpace(strings.Join(t.lines, "")),
			})
		}
	}
	return weave(base, ours, kept), conflicts
}

func same(a, b span) bool {
	return a.from == b.from && a.to == b.to && slices.Equal(a.lines, b.lines)
}

// meet reports whether two edits touch the same lines. Adjacent edits do not, but two insertions
// at one place do.
func meet(a, b span) bool {
	if a.from == a.to && b.from == b.to {
		return a.from == b.from
	}
	if a.from == a.to {
		return b.from < a.from && a.from < b.to
	}
	if b.from == b.to {
		return a.from < b.from && b.from < a.to
	}
	return a.from < b.to && b.from < a.to
}

// lineIn is the line, from 1, of one of their edits in their text.
func lineIn(theirs []span, t span) int {
	shift := 0
	for _, s := range theirs {
		if s.from >= t.from {
			break
		}
		shift += len(s.lines) - (s.to - s.from)
	}
	return t.from + shift + 1
}

// weave applies both lists of edits, which do not meet, to the base.
func weave(base []string, a, b []span) string {
	var out strings.Builder
	line := 0
	for line < len(base) || len(a) > 0 || len(b) > 0 {
		switch {
		case len(a) > 0 && a[0].from == line &&
			(len(b) == 0 || b[0].from != line || b[0].from < b[0].to):
			out.WriteString(strings.Join(a[0].lines, ""))
			line = a[0].to
			a = a[1:]
		case len(b) > 0 && b[0].from == line:
			out.WriteString(strings.Join(b[0].lines, ""))
			line = b[0].to
			b = b[1:]
		case line < len(base):
			out.WriteString(base[line])
			line++
		default:
			return out.String()
		}
	}
	return out.String()
}

// spans are the runs of lines in which to differs from base.
func spans(base, to string) []span {
	dmp := diffmatchpatch.New()
	dmp.DiffTimeout = 0 // an exact answer; the files are small
	a, b, lines := dmp.DiffLinesToRunes(base, to)
	diffs := dmp.DiffCharsToLines(dmp.DiffMainRunes(a, b, false), lines)
	var list []span
	line := 0
	for _, d := range diffs {
		n := len(splitLines(d.Text))
		if d.Type == diffmatchpatch.DiffEqual {
			line += n
			continue
		}
		if len(list) == 0 || list[len(list)-1].to != line {
			list = append(list, span{from: line, to: line})
		}
		last := &list[len(list)-1]
		if d.Type == diffmatchpatch.DiffDelete {
			line += n
			last.to = line
		} else {
			last.lines = append(last.lines, splitLines(d.Text)...)
		}
	}
	return list
}

// splitLines keeps the line ends, so that joining restores the text.
func splitLines(text string) []string {
	if text == "" {
		return nil
	}
	lines := strings.SplitAfter(text, "\n")
	if lines[len(lines)-1] == "" {
		lines = lines[:len(lines)-1]
	}
	return lines
}
