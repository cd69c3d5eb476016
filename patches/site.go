package patches

import (
	"fmt"
	"path"
	"strings"
)

// truth is three-valued: a condition that the scanner cannot read for certain is maybe.
type truth int8

const (
	no truth = iota
	maybe
	yes
)

func (t truth) String() string { return [...]string{"no", "maybe", "yes"}[t] }

func (t truth) not() truth        { return yes - t }
func (t truth) and(u truth) truth { return min(t, u) }
func (t truth) or(u truth) truth  { return max(t, u) }
func truthOf(b bool) truth        { return map[bool]truth{false: no, true: yes}[b] }
func (t truth) isKnown() bool     { return t != maybe }
func known(b bool, ok bool) truth {
	if !ok {
		return maybe
	}
	return truthOf(b)
}

// Kind is how a line sets a macro.
type Kind int

// The kinds of lines that set a macro.
const (
	MakeVariable  Kind = iota // NAME = 1 in a makefile
	CMakeVariable             // set(NAME 1) in a CMake file
	CompilerFlag              // -DNAME=1 in a makefile's CFLAGS, or a definition of CMake's
	CompilerUndef             // -UNAME in a makefile's CFLAGS
	Define                    // #define NAME (1)
	Undef                     // #undef NAME
)

func (k Kind) String() string {
	return [...]string{"make variable", "CMake variable", "compiler flag", "compiler flag",
		"define", "undef"}[k]
}

// inMake says that the line is in a makefile, or a CMake file.
func (k Kind) inMake() bool { return k < Define }

// Site is one place of a tree that sets a macro.
type Site struct {
	// File is relative to the tree, with slashes, or absolute if it is outside; Line counts from
	// 1.
	File string
	Line int
	Kind Kind
	// Macro and Text are its name and the value as written; Op is make's operator.
	Macro, Text, Op string
	// Active reports whether the line takes effect for the target that was read; Maybe names the
	// condition that could not be read if that makes it uncertain.
	Active string
	Maybe  string
	// When is the innermost condition around the line, with its file and line; empty if there is
	// none.
	When string

	active   truth
	holder   string // of a flag: the make variable that it is added to
	raw      string // make's value, with the spaces that make keeps before a comment
	override bool   // make's word before the assignment
	// make ignores the assignment: a ?= of something that is set, or that the command line sets
	overruled bool
	// made is set if the line cannot be changed: it generates the setting, or there is no line.
	made bool
	// environment is set if the environment sets it.
	environment bool
	// cmake is set if the line is in a CMake file; its Text is expanded then.
	cmake      bool
	start, end int // the position of the value in the file, in bytes
}

// makeCommandLine is the File of a Site in one of make's arguments; its Line is 0.
const makeCommandLine = "make's command line"

func (s Site) String() string {
	if s.Line == 0 {
		return s.File
	}
	return fmt.Sprintf("%s:%d", s.File, s.Line)
}

// outside reports whether the line is not in the tree, where nothing is ever changed.
func (s Site) outside() bool { return path.IsAbs(s.File) }

// source reads a tree's files, the planned ones first.
type source struct {
	// top is the tree's absolute path, with slashes.
	top     string
	read    func(rel string) ([]byte, error)
	planned map[string][]byte
	cache   map[string][]byte
	// version counts the changes of planned.
	version int
	// pristine is set if the target is built with the files of a module.
	pristine *Pristine
	split    map[splitKey]splitText
}

// splitKey and splitText cache a file's logical lines between runs, which read the same files
// again and again.
type splitKey struct{ file, join string }

type splitText struct {
	text  []byte
	lines []logicalLine
}

// set plans a file's text; nil removes the plan.
func (s *source) set(rel string, text []byte) {
	s.version++
	if text == nil {
		delete(s.planned, rel)
		return
	}
	s.planned[rel] = text
}

// lines are a file's logical lines.
func (s *source) lines(rel, join string, text []byte) []logicalLine {
	key := splitKey{rel, join}
	if old, ok := s.split[key]; ok && len(text) > 0 && len(old.text) == len(text) &&
		&old.text[0] == &text[0] {
		return old.lines
	}
	lines := logicalLines(text, join)
	s.split[key] = splitText{text, lines}
	return lines
}

func (s *source) file(rel string) ([]byte, bool) {
	if text, ok := s.planned[rel]; ok {
		return text, true
	}
	if text, ok := s.cache[rel]; ok {
		return text, text != nil
	}
	text, err := s.read(rel)
	if err != nil {
		text = nil
	} else if text == nil {
		text = []byte{}
	}
	s.cache[rel] = text
	return text, text != nil
}

// asItIs reads the same tree without what is planned.
func (s *source) asItIs() *source {
	c := *s
	c.planned = map[string][]byte{}
	return &c
}

// name is our name for a file that a makefile or header names relative to dir: relative to the
// tree inside it, absolute outside.
func (s *source) name(dir, file string) string {
	if !path.IsAbs(file) {
		file = path.Join(dir, file)
	}
	if strings.HasPrefix(file, "../") {
		file = path.Join(s.top, file)
	}
	if rel, ok := strings.CutPrefix(path.Clean(file), s.top+"/"); ok && s.top != "" {
		return rel
	}
	return path.Clean(file)
}

// logicalLine is a line with its continuations joined.
type logicalLine struct {
	text   string
	number int // of its first physical line
	start  int // of the line in the file
	// offsets maps each byte of text to the byte of the file it came from.
	offsets []int
}

// end is the offset in the file after byte i of the text.
func (l logicalLine) at(i int) int {
	if i < len(l.offsets) {
		return l.offsets[i]
	}
	if len(l.offsets) == 0 {
		return l.start
	}
	return l.offsets[len(l.offsets)-1] + 1
}

// logicalLines joins lines that end in a backslash, as both make and C do. A join is one space in
// make, the spaces around it included, and nothing in C.
func logicalLines(text []byte, join string) []logicalLine {
	var lines []logicalLine
	number := 1
	blank := func(i int) bool { return join != "" && (text[i] == ' ' || text[i] == '\t') }
	for pos := 0; pos < len(text); {
		line := logicalLine{number: number, start: pos}
		var b strings.Builder
		for {
			end := pos
			for end < len(text) && text[end] != '\n' {
				end++
			}
			stop := end
			if stop > pos && text[stop-1] == '\r' {
				stop--
			}
			continued := stop > pos && text[stop-1] == '\\' && end < len(text)
			if continued {
				stop--
				for stop > pos && blank(stop-1) {
					stop--
				}
			}
			for i := pos; i < stop; i++ {
				b.WriteByte(text[i])
				line.offsets = append(line.offsets, i)
			}
			pos = min(end+1, len(text))
			number++
			if !continued {
				break
			}
			for range len(join) {
				line.offsets = append(line.offsets, stop)
			}
			b.WriteString(join)
			for pos < len(text) && blank(pos) {
				pos++
			}
		}
		line.text = b.String()
		lines = append(lines, line)
	}
	return lines
}
