package build

import (
	"context"
	"errors"
	"fmt"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Value is a macro as the compiler sees it when the port is compiled.
type Value struct {
	Defined bool
	// Known says that "#if MACRO" can be evaluated; Number is what it gives. It is true, with 0,
	// for a macro that is not defined.
	Known  bool
	Number int64
	// Text is the body with all macros expanded; for a macro with arguments it is the name. Body
	// is what follows the name in the define that decides, unexpanded.
	Text, Body string
	// File and Line say where the define that decides is, relative to the tree's top if it is
	// inside the tree. CommandLine, with line 0, stands for a -D among CFLAGS; both are empty
	// for a macro that is not defined.
	File string
	Line int
}

// CommandLine is the Value.File of a macro that a -D on the compiler's command line defines.
const CommandLine = "<command-line>"

// Effective runs the compiler's preprocessor over py/mpconfig.h, as every source of the port
// includes it, with the port's flags, and returns the value of each of the macros after it. An
// error of the compiler is a *MakeError.
func (f *Flags) Effective(ctx context.Context, macros []string) (map[string]Value, error) {
	return f.EffectiveIn(ctx, "py/mpconfig.h", macros)
}

// EffectiveIn is Effective for another header, such as "wolfssl/wolfcrypt/settings.h".
func (f *Flags) EffectiveIn(
	ctx context.Context, header string, macros []string,
) (map[string]Value, error) {
	start := time.Now()
	key := question("values", header, macros, f.Dir, f.CC, f.CFLAGS, f.Environment)
	values := make(map[string]Value)
	if f.replies.recall(key, &values) {
		return values, nil
	}
	include := "#include \"" + header + "\"\n"
	out, err := f.preprocess(ctx, header, include+valueProbe(macros))
	if exit := (*exec.ExitError)(nil); errors.As(err, &exit) {
		// The failure may come from an #if on something that is not a number. Then the header
		// alone is fine.
		if _, err := f.preprocess(ctx, header, include); err != nil {
			return nil, err
		}
	} else if err != nil {
		return nil, err
	}
	values = f.parseValues(out, macros)
	files, dirs, names := f.included(out)
	f.replies.keep(key, start, values, append(files, f.programs()...), dirs, names)
	return values, nil
}

// Macros are what the compiler defines once py/mpconfig.h is read, by name; those with arguments
// are left out.
func (f *Flags) Macros(ctx context.Context) (map[string]string, error) {
	argv := slices.Concat(f.CC, f.CFLAGS, []string{"-E", "-dM", "-x", "c", "-"})
	stdout, stderr, err := f.run(ctx, []byte("#include \"py/mpconfig.h\"\n"), argv)
	if err != nil {
		what := "ask the compiler for the macros of " + f.target.Name()
		return nil, stopped(f.target, what, argv, stderr, f.missing, err)
	}
	macros := map[string]string{}
	for line := range strings.Lines(string(stdout)) {
		rest, found := strings.CutPrefix(strings.TrimRight(line, "\r\n"), "#define ")
		if name, body, _ := strings.Cut(rest, " "); found && !strings.Contains(name, "(") {
			macros[name] = body
		}
	}
	return macros, nil
}

// Holds reports whether an #if with a condition is true after a header, with the port's flags.
func (f *Flags) Holds(ctx context.Context, header, condition string) (bool, error) {
	out, err := f.preprocess(ctx, header,
		"#include \""+header+"\"\n#if "+condition+"\nmpwolf_holds\n#endif\n")
	return strings.Contains(out, "mpwolf_holds"), err
}

// preprocess returns what the preprocessor writes with -dD for a source in Dir. The error keeps
// the *exec.ExitError in its chain if it is the compiler that fails; there may be output then.
func (f *Flags) preprocess(ctx context.Context, header, source string) (string, error) {
	argv := append(append(append([]string{}, f.CC...), f.CFLAGS...), "-E", "-dD", "-x", "c", "-")
	stdout, stderr, err := f.run(ctx, []byte(source), argv)
	if err != nil {
		what := "preprocess " + header + " for " + f.target.Name()
		return string(stdout),
			&preprocessError{stopped(f.target, what, argv, stderr, f.missing, err), err}
	}
	return string(stdout), nil
}

// preprocessError is the error to show and, besides it, the command's own.
type preprocessError struct {
	error
	command error
}

func (e *preprocessError) Unwrap() []error { return []error{e.error, e.command} }

// valueProbe is C that makes the preprocessor print each macro's text and, bit by bit, its number.
// The lines start with a word that no header has; the index stands for the macro, whose name would
// be expanded.
func valueProbe(macros []string) string {
	var c strings.Builder
	for i, macro := range macros {
		name, _, call := strings.Cut(macro, "(")
		fmt.Fprintf(&c, "#ifdef %s\nmpwolf_text %d %s\n#endif\n", name, i, macro)
		if call {
			continue
		}
		fmt.Fprintf(&c, "#if (%s) == (%s)\nmpwolf_known %d\n", macro, macro, i)
		for bit := range 64 {
			fmt.Fprintf(&c, "#if ((%s) >> %d) & 1\nmpwolf_bit %d %d\n#endif\n", macro, bit, i, bit)
		}
		c.WriteString("#endif\n")
	}
	return c.String()
}

var (
	lineMarker = regexp.MustCompile(`^# (\d+) "((?:[^"\\]|\\.)*)"`)
	directive  = regexp.MustCompile(`^#(define|undef) (\w+)(.*)`)
)

// parseValues reads preprocessed text with -dD's line markers and defines, and valueProbe's lines.
func (f *Flags) parseValues(out string, macros []string) map[string]Value {
	values := make(map[string]Value, len(macros))
	for _, macro := range macros {
		values[macro] = Value{}
	}
	file, number := "", 0
	for line := range strings.Lines(out) {
		if line[0] != '#' && line[0] != 'm' { // most lines, and none that says anything here
			number++
			continue
		}
		line = strings.TrimRight(line, "\r\n")
		if m := lineMarker.FindStringSubmatch(line); m != nil {
			file = m[2]
			// only digits matched; a number that is too large is not a line of any file
			number, _ = strconv.Atoi(m[1])
			continue
		}
		if m := directive.FindStringSubmatch(line); m != nil {
			if v, wanted := values[m[2]]; wanted {
				v.File, v.Line, v.Body = "", 0, ""
				if m[1] == "define" {
					v.File, v.Line = f.place(file, number)
					v.Body = strings.TrimSpace(m[3])
				}
				values[m[2]] = v
			}
		} else if strings.HasPrefix(line, "mpwolf_") {
			readProbeLine(line, macros, values)
		}
		number++
	}
	for macro, v := range values {
		if !v.Defined {
			v.Known, v.Number = true, 0
			values[macro] = v
		}
	}
	return values
}

func readProbeLine(line string, macros []string, values map[string]Value) {
	kind, rest, _ := strings.Cut(line, " ")
	index, rest, _ := strings.Cut(rest, " ")
	i, err := strconv.Atoi(index)
	if err != nil || i < 0 || i >= len(macros) {
		return
	}
	v := values[macros[i]]
	switch kind {
	case "mpwolf_text":
		v.Defined, v.Text = true, strings.TrimSpace(rest)
	case "mpwolf_known":
		v.Known = true
	case "mpwolf_bit":
		if bit, err := strconv.Atoi(rest); err == nil && bit < 64 {
			v.Number |= int64(uint64(1) << bit)
		}
	}
	values[macros[i]] = v
}

// place turns a file name of a line marker into one relative to the tree.
func (f *Flags) place(file string, line int) (string, int) {
	switch {
	case file == CommandLine || file == "<command line>":
		return CommandLine, 0
	case strings.HasPrefix(file, "<"):
		return file, 0
	}
	file = strings.NewReplacer(`\\`, `\`, `\"`, `"`).Replace(file)
	if !filepath.IsAbs(file) {
		file = filepath.Join(f.Dir, file)
	}
	if rel, err := filepath.Rel(f.target.Tree.Dir, file); err == nil && filepath.IsLocal(rel) {
		return filepath.ToSlash(rel), line
	}
	return filepath.Clean(file), line
}
