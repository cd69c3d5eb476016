package patches

import (
	"bytes"
	"cmp"
	"context"
	"fmt"
	"io/fs"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"mpwolf/internal/lazyregexp"
	"mpwolf/internal/micropython"
)

// Trace is a line in a port's file that mpwolf may have written.
type Trace struct {
	File string // relative to the tree, with slashes
	Line int    // from 1
	Text string
	// Why says what cannot be known about it.
	Why string
}

// Lost is a patch whose record is gone, as far as it can be known.
type Lost struct {
	// Changes remove it.
	Changes []Change
	// Guessed are lines among them that have no mark: they set a wanted macro as mpwolf does, and
	// git's text, which Why has, sets it otherwise. They may be the user's own edits.
	Guessed []Trace
	// Unknown are lines that may belong to it.
	Unknown []Trace
	// Marked is set if a file has mpwolf's marks. MarkedAtHead is set if git's text of one has
	// them: the patch was committed, and git does not know what was there before.
	Marked, MarkedAtHead bool
}

// Traces finds what mpwolf patch wrote into a tree whose record is gone, and plans to remove it:
// the marked blocks, and the lines that set a wanted macro to its wanted value if git knows what
// they were: in its last commit or, if that has the marks, in the one before they were added.
// Lines are unknown if it cannot be determined whether mpwolf wrote them, or what was there
// before.
func Traces(ctx context.Context, tree *micropython.Tree, git History) (*Lost, error) {
	lost := &Lost{}
	for _, port := range Ports() {
		wanted, err := Load(port)
		if err != nil {
			return nil, err
		}
		files, err := sourceFiles(tree, port)
		if err != nil {
			return nil, err
		}
		found, err := tracesOf(ctx, tree, files, wanted.Wants, git.AtHead)
		if err != nil {
			return nil, err
		}
		if found.MarkedAtHead {
			if before := git.Before(found.markedFile, []byte(blockBegin)); before != nil {
				found, err = tracesOf(ctx, tree, files, wanted.Wants, before)
				if err != nil {
					return nil, err
				}
				found.MarkedAtHead, found.committed = true, nil
			}
		}
		lost.add(found)
	}
	return lost, nil
}

// History gives files as git has them, with the line ends of like: those of the last commit and,
// if it is known, those of the commit before a file got a text.
type History interface {
	AtHead(path string, like []byte) ([]byte, bool)
	Before(path string, text []byte) func(path string, like []byte) ([]byte, bool)
}

// tracesOf looks at the files of one port; git gives what they were.
func tracesOf(
	ctx context.Context, tree *micropython.Tree, files []string, wants []Want,
	git func(path string, like []byte) ([]byte, bool),
) (portTraces, error) {
	var found portTraces
	for _, file := range files {
		if ctx.Err() != nil {
			return found, fmt.Errorf("look for traces: %w", ctx.Err())
		}
		change, err := changeOf(tree, file, nil)
		if err != nil || !mayBeTrace(change.Before, wants) {
			continue // a link, or not readable, or without a line as mpwolf writes them
		}
		head, known := git(file, change.Before)
		found.addFile(change, head, known, wants)
	}
	return found, nil
}

// portTraces is what the files of one port show.
type portTraces struct {
	Lost
	// committed are lines that set a wanted macro as mpwolf does, and that git has so too. They
	// are MicroPython's own, unless the patch was committed.
	committed []Trace
	// markedFile is one whose marks git has.
	markedFile string
}

func (l *Lost) add(port portTraces) {
	if port.MarkedAtHead {
		port.Unknown = append(port.Unknown, port.committed...)
	}
	slices.SortStableFunc(port.Unknown, func(a, b Trace) int {
		return cmp.Or(strings.Compare(a.File, b.File), a.Line-b.Line)
	})
	l.Changes = append(l.Changes, port.Changes...)
	l.Guessed = append(l.Guessed, port.Guessed...)
	l.Unknown = append(l.Unknown, port.Unknown...)
	l.Marked = l.Marked || port.Marked
	l.MarkedAtHead = l.MarkedAtHead || port.MarkedAtHead
}

// addFile adds what a file, whose Before is known, shows.
func (l *portTraces) addFile(change Change, head []byte, known bool, wants []Want) {
	var found traces
	change.After, found = withoutTraces(change.Before, head, known, wants)
	for i := range found.unknown {
		found.unknown[i].File = change.Path
	}
	for i := range found.committed {
		found.committed[i].File = change.Path
	}
	for i := range found.guessed {
		found.guessed[i].File = change.Path
	}
	l.Guessed = append(l.Guessed, found.guessed...)
	l.Unknown = append(l.Unknown, found.unknown...)
	l.committed = append(l.committed, found.committed...)
	if !bytes.Equal(change.Before, change.After) {
		l.Changes = append(l.Changes, change)
	}
	l.Marked = l.Marked || bytes.Contains(change.Before, []byte(blockBegin))
	if bytes.Contains(head, []byte(blockBegin)) {
		l.MarkedAtHead, l.markedFile = true, change.Path
	}
}

// mayBeTrace reports whether a text has a marked block, or a line that sets a wanted macro: git
// is asked only about such files, because that takes long.
func mayBeTrace(text []byte, wants []Want) bool {
	if bytes.Contains(text, []byte(blockBegin)) {
		return true
	}
	if !slices.ContainsFunc(wants, func(want Want) bool {
		return slices.ContainsFunc(want.Names(), func(name string) bool {
			return bytes.Contains(text, []byte(name))
		})
	}) {
		return false
	}
	for line := range strings.Lines(string(text)) {
		if _, ok := setsWanted(line, wants); ok {
			return true
		}
	}
	return false
}

// sourceFiles are the files of a port that mpwolf patch may change.
func sourceFiles(tree *micropython.Tree, port string) ([]string, error) {
	var files []string
	top := tree.Path("ports", port)
	err := filepath.WalkDir(top, func(name string, entry fs.DirEntry, err error) error {
		if err != nil {
			return fs.SkipDir // mpwolf has not written what it cannot read
		}
		if entry.IsDir() && strings.HasPrefix(entry.Name(), "build") {
			return fs.SkipDir
		}
		if entry.IsDir() || !slices.Contains([]string{".h", ".mk", ".cmake"}, filepath.Ext(name)) {
			return nil
		}
		rel, err := filepath.Rel(tree.Dir, name)
		files = append(files, filepath.ToSlash(rel))
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("look for traces: %w", err)
	}
	return files, nil
}

// traces are lines of one file, as in portTraces.
type traces struct{ guessed, unknown, committed []Trace }

// withoutTraces removes the marked block and, if git's text is known, the changed lines from a
// file.
func withoutTraces(text, head []byte, known bool, wants []Want) ([]byte, traces) {
	var found traces
	text, found.unknown = withoutBlock(text, head, known, wants)
	lines := strings.SplitAfter(string(text), "\n")
	var original []string
	if known {
		original = strings.SplitAfter(string(head), "\n")
	}
	for i, line := range lines {
		want, ok := setsWanted(line, wants)
		if !ok {
			continue
		}
		trace := Trace{Line: i + 1, Text: strings.TrimSpace(line)}
		was, same := lineBefore(lines, original, i)
		switch {
		case same && was == line:
			trace.Why = "it sets " + want.Name() + " as mpwolf does, and so does git's last " +
				"commit; it is not known whether mpwolf wrote it, nor what was there before"
			found.committed = append(found.committed, trace)
		case same && sameBut(line, was):
			lines[i] = was
			trace.Why = "git has " + strconv.Quote(strings.TrimSpace(was))
			found.guessed = append(found.guessed, trace)
		case known:
			trace.Why = "it sets " + want.Name() +
				" as mpwolf does, and git has no line that it could have replaced"
			found.unknown = append(found.unknown, trace)
		default:
			trace.Why = "it sets " + want.Name() + " as mpwolf does; it is not known whether " +
				"mpwolf wrote it, nor what was there before"
			found.unknown = append(found.unknown, trace)
		}
	}
	return []byte(strings.Join(lines, "")), found
}

// withoutBlock removes the marked block. mpwolf completes an unterminated last line before it
// adds a block: git shows whether it had to.
func withoutBlock(text, head []byte, known bool, wants []Want) ([]byte, []Trace) {
	from := bytes.Index(text, []byte(blockBegin))
	if from < 0 || (from > 0 && text[from-1] != '\n') {
		return text, nil
	}
	number := 1 + bytes.Count(text[:from], []byte("\n"))
	to := bytes.Index(text[from:], []byte(blockEnd))
	if to < 0 {
		return text,
			[]Trace{{Line: number, Text: blockBegin, Why: "the block that begins here has no end"}}
	}
	to += from
	inside := strings.Split(strings.TrimSuffix(string(text[from:to]), "\n"), "\n")
	for i, line := range inside[1:] {
		if line = strings.TrimRight(line, "\r"); !blockLine(line, wants) {
			return text, []Trace{{Line: number + i + 1, Text: line,
				Why: "mpwolf did not write this line of its block"}}
		}
	}
	to += len(blockEnd)
	if rest := text[to:]; bytes.HasPrefix(rest, []byte("\r\n")) {
		to += 2
	} else if bytes.HasPrefix(rest, []byte("\n")) {
		to++
	}
	if before := text[:from]; bytes.HasSuffix(before, []byte("\n\r\n")) {
		from -= 2
	} else if bytes.HasSuffix(before, []byte("\n\n")) {
		from--
	}
	without := slices.Concat(text[:from], text[to:])
	if known && to == len(text) && len(head) > 0 && head[len(head)-1] != '\n' {
		without = bytes.TrimSuffix(bytes.TrimSuffix(without, []byte("\n")), []byte("\r"))
	}
	return without, nil
}

// blockLine reports whether mpwolf writes such a line into its block: why, #undef and #define of
// what is wanted.
func blockLine(line string, wants []Want) bool {
	if _, ok := setsWanted(line, wants); ok {
		return true
	}
	return slices.ContainsFunc(wants, func(want Want) bool {
		return line == "// "+want.Why || slices.ContainsFunc(want.Names(), func(name string) bool {
			return line == "#undef "+name
		})
	})
}

var settingLine = lazyregexp.New(
	`^\s*(?:#\s*define\s+(\w+)\s+|(?:override\s+)?(\w+)\s*[:?]?=\s*)\(?(-?\d+)\)?`)

// setsWanted says which want a line makes true, if any.
func setsWanted(line string, wants []Want) (Want, bool) {
	m := settingLine().FindStringSubmatch(line)
	if m == nil {
		return Want{}, false
	}
	for _, want := range wants {
		if slices.Contains(want.Names(), m[1]+m[2]) && m[3] == fmt.Sprint(want.Value) {
			return want, true
		}
	}
	return Want{}, false
}

// lineBefore is the line of git's text in the place of line i: the one that sets the same name
// between the same neighbouring lines. If there are several, it is not found.
func lineBefore(lines, original []string, i int) (string, bool) {
	name := nameSet(lines[i])
	nth := 0
	for _, line := range lines[:i] {
		if nameSet(line) == name {
			nth++
		}
	}
	var all []string
	for _, line := range original {
		if nameSet(line) == name {
			all = append(all, line)
		}
	}
	count := nth
	for _, line := range lines[i:] {
		if nameSet(line) == name {
			count++
		}
	}
	if count != len(all) { // lines were added or taken away: which is which is a guess
		return "", false
	}
	return all[nth], true
}

var namePattern = lazyregexp.New(`^\s*(?:#\s*define\s+(\w+)|(?:override\s+)?(\w+)\s*[:?]?=)`)

// nameSet is the macro or variable that a line sets, "" for another line.
func nameSet(line string) string {
	if m := namePattern().FindStringSubmatch(line); m != nil {
		return m[1] + m[2]
	}
	return ""
}

// sameBut reports whether a line differs from another only in the value, as mpwolf would have
// changed it.
func sameBut(line, was string) bool {
	now, before := namePattern().FindStringIndex(line), namePattern().FindStringIndex(was)
	end := settingLine().FindStringIndex(line)
	return now != nil && before != nil && end != nil && line[:now[1]] == was[:before[1]] &&
		strings.HasSuffix(was, line[end[1]:])
}
