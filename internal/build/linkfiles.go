package build

import (
	"bytes"
	"context"
	"debug/elf"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
)

// Assignment is a symbol to which a linker script gives a value.
type Assignment struct {
	Symbol string
	Value  string
	File   string
	Line   int
}

// fileFinder finds the files of a link.
type fileFinder struct {
	*Link
	ctx    context.Context
	flags  *Flags
	search []string // the directories of -L
	static bool     // as -Bstatic and -Bdynamic have switched it
	all    bool     // -static: no shared library at all
}

// resolve fills in Inputs, System, Shared, Scripts and Assigned.
func (l *Link) resolve(ctx context.Context, flags *Flags) error {
	l.System = make(map[string]bool)
	toolchain, err := flags.libraryDirs(ctx)
	if err != nil {
		return err
	}
	l.Toolchain = toolchain
	options := l.Options()
	f := &fileFinder{Link: l, ctx: ctx, flags: flags, search: l.searched()}
	f.all = slices.ContainsFunc(options, func(o LinkOption) bool { return o.Name == "static" })
	for _, o := range options {
		if err := f.option(o); err != nil {
			return err
		}
	}
	return nil
}

func (f *fileFinder) option(o LinkOption) error {
	switch o.Name {
	case "Bstatic", "dn", "non_shared":
		f.static = true
	case "Bdynamic", "dy", "call_shared":
		f.static = false
	case "l", "library":
		return f.library(o.Value)
	case "T", "script", "dT", "default-script", "version-script", "dynamic-list", "mri-script":
		return f.script(o.Value, 0)
	case "R", "just-symbols":
		// a directory is one for the dynamic linker
		return f.file(f.lookUp(o.Value))
	case "":
		return f.file(f.abs(o.Value))
	}
	return nil
}

// input adds an object or an archive. An archive may be named twice; an object that is named twice
// is linked twice.
func (f *fileFinder) input(file string) {
	if filepath.Ext(file) != ".o" && slices.Contains(f.Inputs, file) {
		return
	}
	f.Inputs = append(f.Inputs, file)
	if slices.Contains(f.Toolchain, filepath.Dir(file)) {
		f.System[file] = true
	}
}

// file adds a file that the command names. Its first bytes say what it is, whatever its name. A
// missing file is an input if it is named like one: a source that did not compile.
func (f *fileFinder) file(file string) error {
	switch filepath.Ext(file) {
	case ".c", ".cc", ".cpp", ".cxx", ".s", ".S", ".m":
		return nil
	}
	switch kindOfFile(file) {
	case objectFile:
		f.input(file)
	case sharedFile:
		f.shared(file)
	case textFile:
		return f.script(file, 0)
	case noFile:
		if isLinkInput(file) {
			f.input(file)
		}
	}
	return nil
}

func (f *fileFinder) shared(file string) {
	if !slices.Contains(f.Shared, file) {
		f.Shared = append(f.Shared, file)
	}
}

// library adds what -lNAME or -l:FILE stands for. Nothing is added for one that is not found,
// which the linker itself reports.
func (f *fileFinder) library(name string) error {
	names := []string{"lib" + name + ".so", "lib" + name + ".a"}
	if file, exact := strings.CutPrefix(name, ":"); exact {
		names = []string{file}
	} else if f.static || f.all {
		names = names[1:]
	}
	for _, dir := range f.search {
		for _, name := range names {
			file := filepath.Join(dir, name)
			if _, err := os.Stat(file); err == nil {
				return f.file(file)
			}
		}
	}
	for _, name := range names {
		file, err := f.flags.FileName(f.ctx, name)
		if err != nil {
			return err
		}
		switch {
		case file == "":
			continue
		case kindOfFile(file) == textFile: // the C library's own: it names what comes with it
			f.shared(file)
			return nil
		}
		return f.file(file)
	}
	return nil
}

// What a file of a link is.
type fileKind int

const (
	noFile fileKind = iota // it is not there, or cannot be read
	objectFile
	sharedFile
	textFile // a linker script
	otherFile
)

func kindOfFile(name string) fileKind {
	file, err := os.Open(name)
	if err != nil {
		return noFile
	}
	defer file.Close()
	start := make([]byte, 512)
	n, err := file.Read(start)
	if n == 0 && err != nil {
		return noFile // a directory, or empty
	}
	start = start[:n]
	switch {
	case bytes.HasPrefix(start, []byte("!<arch>\n")), bytes.HasPrefix(start, []byte("!<thin>\n")):
		return objectFile
	case bytes.HasPrefix(start, []byte(elf.ELFMAG)):
		if len(start) > 17 && (start[16] == byte(elf.ET_DYN) && start[17] == 0 ||
			start[17] == byte(elf.ET_DYN) && start[16] == 0) {
			return sharedFile
		}
		return objectFile
	case isLinkInput(name):
		return objectFile // of another format, which the reader of objects reports
	case bytes.IndexByte(start, 0) < 0:
		return textFile
	}
	return otherFile
}

var (
	scriptComment = regexp.MustCompile(`(?s)/\*.*?\*/`)
	scriptInclude = regexp.MustCompile(`(?m)(?:^|[\s;{}])INCLUDE\s+"?([^\s";]+)`)
	scriptInput   = regexp.MustCompile(
		`\b(?:INPUT|GROUP|STARTUP)\s*\(([^()]*(?:\([^()]*\)[^()]*)*)\)`)
	scriptWord    = regexp.MustCompile(`[^\s,()"]+`)
	scriptAssigns = regexp.MustCompile(
		`(?:"([^"\n]+)"|([A-Za-z_.$][\w.$]*))\s*(?:[-+*/&|^]|<<|>>)?=`)
)

// assigned are the symbols that a script without comments sets. A value ends at ";", or at the
// bracket of PROVIDE, HIDDEN and PROVIDE_HIDDEN; in MRI's scripts at the end of the line.
func assigned(script, file string) []Assignment {
	var found []Assignment
	for at := 0; ; {
		m := scriptAssigns.FindStringSubmatchIndex(script[at:])
		if m == nil {
			return found
		}
		end := at + m[1]
		name := m[2:4]
		if m[2] < 0 {
			name = m[4:6]
		}
		a := Assignment{Symbol: script[at+name[0] : at+name[1]], File: file,
			Line: 1 + strings.Count(script[:at+name[0]], "\n")}
		at = end
		if strings.HasPrefix(script[end:], "=") { // a comparison
			continue
		}
		depth := 0
		length := strings.IndexFunc(script[end:], func(r rune) bool {
			switch r {
			case '(':
				depth++
			case ')':
				depth--
			}
			return r == ';' || depth < 0
		})
		value := script[end:]
		if length >= 0 {
			value = value[:length]
		} else {
			value, _, _ = strings.Cut(value, "\n")
		}
		a.Value = strings.Join(strings.Fields(value), " ")
		found = append(found, a)
	}
}

// script reads a linker script and what it includes: the inputs that it names, and the symbols
// that it sets. Scripts that are nested deeper than anyone would write include each other.
func (f *fileFinder) script(name string, depth int) error {
	const deepest = 8
	file := f.lookUp(name)
	if depth > deepest || slices.Contains(f.Scripts, file) {
		return nil
	}
	text, err := os.ReadFile(file)
	if err != nil {
		return nil // the linker reports it, or make creates it first
	}
	f.Scripts = append(f.Scripts, file)
	// Comments become spaces, and line ends stay.
	script := scriptComment.ReplaceAllStringFunc(string(text), func(comment string) string {
		return strings.Repeat("\n", strings.Count(comment, "\n")) + " "
	})
	f.Assigned = append(f.Assigned, assigned(script, file)...)
	for _, m := range scriptInclude.FindAllStringSubmatch(script, -1) {
		if err := f.script(m[1], depth+1); err != nil {
			return err
		}
	}
	for _, m := range scriptInput.FindAllStringSubmatch(script, -1) {
		for _, word := range scriptWord.FindAllString(m[1], -1) {
			library, named := strings.CutPrefix(word, "-l")
			switch {
			case word == "AS_NEEDED":
				continue
			case named:
				err = f.library(library)
			default:
				err = f.file(f.lookUp(word))
			}
			if err != nil {
				return err
			}
		}
	}
	return nil
}

// lookUp is a file of a script, in the directory of the link or in one of -L.
func (f *fileFinder) lookUp(name string) string {
	if file := f.abs(name); filepath.IsAbs(name) || exists(file) {
		return file
	}
	for _, dir := range f.search {
		if file := filepath.Join(dir, name); exists(file) {
			return file
		}
	}
	return f.abs(name)
}

func exists(file string) bool {
	_, err := os.Stat(file)
	return err == nil
}

// Newer is a file of the link that was changed after the firmware was linked: a linker script, a
// response file, an object or an archive; "" if there is none, or no firmware.
func (l *Link) Newer() string {
	linked, err := os.Stat(l.Output)
	if err != nil {
		return ""
	}
	for _, file := range slices.Concat(l.Scripts, l.Responses, l.Inputs, l.Shared) {
		if info, err := os.Stat(file); err == nil && info.ModTime().After(linked.ModTime()) {
			return file
		}
	}
	return ""
}
