package toycc

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
)

// line is a line of the preprocessor's output and where it comes from.
type line struct {
	file   string
	number int
	text   string
}

// preprocessor knows conditions, macros without arguments, and includes. Macros with arguments are
// kept, and expand to nothing.
type preprocessor struct {
	*options
	bodies   map[string]string
	function map[string]bool // macros with arguments
	out      []line
	files    []string // all that were read
	warnings []string
	errors   []error
	depth    int
}

func newPreprocessor(o *options) *preprocessor {
	p := &preprocessor{options: o, bodies: make(map[string]string),
		function: make(map[string]bool)}
	for _, macro := range []string{"__x86_64__ 1", "__linux__ 1", "__GNUC__ 12", "__STDC__ 1"} {
		p.out = append(p.out, line{"<built-in>", 1, "#define " + macro})
		name, body, _ := strings.Cut(macro, " ")
		p.bodies[name] = body
	}
	for _, macro := range o.macros {
		name, body, given := strings.Cut(macro[1:], "=")
		if !given {
			body = "1"
		}
		text := "#define " + name + " " + body
		if macro[0] == 'U' {
			text = "#undef " + name
		}
		_ = p.directive("<command-line>", 1, text) // gcc lets the last -D win, too
	}
	return p
}

var comment = regexp.MustCompile(`(?s)"(?:[^"\\\n]|\\.)*"|//[^\n]*|/\*.*?\*/`)

// lines are the lines of a text without comments, with those that a backslash continues, joined.
func lines(text string) []string {
	text = strings.ReplaceAll(text, "\r\n", "\n")
	text = comment.ReplaceAllStringFunc(text, func(found string) string {
		if found[0] == '"' {
			return found
		}
		return " " + strings.Repeat("\n", strings.Count(found, "\n"))
	})
	all := strings.Split(strings.TrimSuffix(text, "\n"), "\n")
	for i := len(all) - 1; i > 0; i-- {
		if before, continued := strings.CutSuffix(all[i-1], "\\"); continued {
			all[i-1], all[i] = before+all[i], ""
		}
	}
	return all
}

// condition is an #if that is open.
type condition struct{ active, taken, outer bool }

var directiveName = regexp.MustCompile(`^\s*#\s*(\w+)\s*(.*)$`)

// source preprocesses a whole source.
func (p *preprocessor) source(name, text string) error {
	err := p.file(name, text)
	return errors.Join(append(p.errors, err)...)
}

func (p *preprocessor) file(name, text string) error {
	if p.depth++; p.depth > 50 {
		return fmt.Errorf("%s:1:1: error: #include nested depth 51 exceeds maximum", name)
	}
	defer func() { p.depth-- }()
	if !strings.HasPrefix(name, "<") {
		p.files = append(p.files, name)
	}
	p.out = append(p.out, line{name, 1, ""})
	var open []condition
	active := true
	for i, text := range lines(text) {
		parts := directiveName.FindStringSubmatch(text)
		if parts == nil {
			if active && strings.TrimSpace(text) != "" {
				p.out = append(p.out, line{name, i + 1, p.expand(text, nil)})
			}
			continue
		}
		where := fmt.Sprintf("%s:%d:2", name, i+1)
		switch word, rest := parts[1], strings.TrimSpace(parts[2]); word {
		case "if", "ifdef", "ifndef":
			c := condition{outer: active}
			if active {
				value := p.holds(where, word, rest)
				c.active, c.taken = value, value
			}
			open = append(open, c)
			active = c.active
		case "elif", "else":
			if len(open) == 0 {
				return fmt.Errorf("%s: error: #%s without #if", where, word)
			}
			c := &open[len(open)-1]
			c.active = false
			if c.outer && !c.taken {
				value := word == "else" || p.holds(where, "if", rest)
				c.active, c.taken = value, value
			}
			active = c.active
		case "endif":
			if len(open) == 0 {
				return fmt.Errorf("%s: error: #endif without #if", where)
			}
			active = open[len(open)-1].outer
			open = open[:len(open)-1]
		default:
			if !active {
				continue
			}
			if err := p.directive(name, i+1, "#"+word+" "+rest); err != nil {
				return err
			}
		}
	}
	if len(open) > 0 {
		return fmt.Errorf("%s:1:1: error: unterminated #if", name)
	}
	return nil
}

// holds reports whether a condition is true. One that cannot be evaluated is an error and false,
// and the preprocessor goes on, as gcc's does.
func (p *preprocessor) holds(where, word, text string) bool {
	if word != "if" {
		_, defined := p.bodies[text]
		return defined == (word == "ifdef")
	}
	value, err := p.evaluate(text)
	if err != nil {
		p.errors = append(p.errors, fmt.Errorf("%s: error: %w", where, err))
	}
	return value != 0
}

var definition = regexp.MustCompile(`^(\w+)(\([^)]*\))?\s*(.*)$`)

// directive carries out a directive other than conditions.
func (p *preprocessor) directive(file string, number int, text string) error {
	word, rest, _ := strings.Cut(strings.TrimPrefix(text, "#"), " ")
	rest = strings.TrimSpace(rest)
	where := fmt.Sprintf("%s:%d", file, number)
	switch word {
	case "define":
		m := definition.FindStringSubmatch(rest)
		if m == nil {
			return fmt.Errorf("%s:9: error: macro names must be identifiers", where)
		}
		if body, again := p.bodies[m[1]]; again && body != m[3] && file != "<command-line>" {
			message := fmt.Sprintf("%q redefined", m[1])
			if p.werror {
				return fmt.Errorf("%s:9: error: %s [-Werror]", where, message)
			}
			p.warnings = append(p.warnings, where+":9: warning: "+message)
		}
		p.bodies[m[1]], p.function[m[1]] = m[3], m[2] != ""
		p.out = append(p.out, line{file, number, "#define " + rest})
	case "undef":
		delete(p.bodies, rest)
		p.out = append(p.out, line{file, number, "#undef " + rest})
	case "include":
		return p.include(file, where, p.expand(rest, nil))
	case "error":
		p.errors = append(p.errors, fmt.Errorf("%s:2: error: #error %s", where, rest))
	case "pragma", "warning", "line", "":
	default:
		return fmt.Errorf("%s:2: error: invalid preprocessing directive #%s", where, word)
	}
	return nil
}

// systemHeaders are those of the C library that the small trees include; nothing is in them.
var systemHeaders = []string{"stdio.h", "string.h", "stdint.h", "stddef.h", "stdlib.h"}

func (p *preprocessor) include(file, where, text string) error {
	if len(text) < 3 {
		return fmt.Errorf("%s:10: error: #include expects \"FILENAME\" or <FILENAME>", where)
	}
	name := text[1 : len(text)-1]
	dirs := p.dirs
	if text[0] == '"' {
		here := ""
		if !strings.HasPrefix(file, "<") {
			here = filepath.Dir(file)
		}
		dirs = append([]string{here}, dirs...)
	}
	for _, dir := range dirs {
		path := name
		if dir != "" && dir != "." || filepath.IsAbs(name) {
			path = dir + "/" + name
		}
		if filepath.IsAbs(name) {
			path = name
		}
		if content, err := os.ReadFile(path); err == nil {
			return p.file(path, string(content))
		}
	}
	for _, system := range systemHeaders {
		if name == system {
			return nil
		}
	}
	return fmt.Errorf("%s:10: fatal error: %s: No such file or directory", where, name)
}

var token = regexp.MustCompile(`"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*'|[A-Za-z_]\w*|[0-9]\w*|\s+|.`)

// expand replaces the macros in a text; those in inside are being replaced already.
func (p *preprocessor) expand(text string, inside []string) string {
	tokens := token.FindAllString(text, -1)
	var out strings.Builder
	for i := 0; i < len(tokens); i++ {
		name := tokens[i]
		body, defined := p.bodies[name]
		for _, outer := range inside {
			defined = defined && outer != name
		}
		switch {
		case !defined:
			out.WriteString(name)
		case p.function[name]:
			i = skipArguments(tokens, i)
		default:
			out.WriteString(p.expand(body, append(inside, name)))
		}
	}
	return out.String()
}

// skipArguments is the index of the parenthesis that closes the arguments of the macro at i; i if
// it has none.
func skipArguments(tokens []string, i int) int {
	depth := 0
	for j := i + 1; j < len(tokens); j++ {
		switch tokens[j] {
		case "(":
			depth++
		case ")":
			if depth--; depth == 0 {
				return j
			}
		}
		if depth == 0 && strings.TrimSpace(tokens[j]) != "" {
			break
		}
	}
	return i
}
