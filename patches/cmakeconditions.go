package patches

import (
	"os"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// unset reports whether a variable that no command has set has no value. One that is not
// MicroPython's may be CMake's own, or set by what is not read.
func (r *cmakeRun) unset(name string) bool {
	return ours(name) || name == "USER_C_MODULES" || !r.foreign && !slices.ContainsFunc(
		[]string{"CMAKE_", "PROJECT_", "WIN32", "UNIX", "APPLE", "MSVC", "MINGW", "CYGWIN",
			"LINUX", "BSD", "ANDROID", "IOS", "XCODE", "HAIKU", "GHS", "BORLAND"},
		func(prefix string) bool { return strings.HasPrefix(name, prefix) })
}

// test evaluates the condition of an if.
func (r *cmakeRun) test(c cmakeCommand) truth {
	if r.conds.active() == no && c.name == "if" {
		return no
	}
	e := &cmakeTest{r: r, args: c.args}
	t := e.chain()
	if e.at < len(e.args) {
		return maybe
	}
	return t
}

// cmakeTest reads a condition.
type cmakeTest struct {
	r     *cmakeRun
	args  []cmakeArgument
	at    int
	depth int
}

func (e *cmakeTest) is(word string) bool {
	return e.at < len(e.args) && !e.args[e.at].quoted && e.args[e.at].text == word
}

// chain reads tests that AND and OR join. CMake takes them from the left to the right, though its
// manual says that AND comes first: where that makes a difference, the result is not certain.
func (e *cmakeTest) chain() truth {
	t := e.not()
	all := []truth{t} // whose OR it is if AND comes first
	for e.is("AND") || e.is("OR") {
		and := e.is("AND")
		e.at++
		next := e.not()
		if and {
			t = t.and(next)
			all[len(all)-1] = all[len(all)-1].and(next)
		} else {
			t = t.or(next)
			all = append(all, next)
		}
	}
	if slices.Max(all) != t {
		return maybe
	}
	return t
}

func (e *cmakeTest) not() truth {
	if e.depth++; e.depth > maxExpansion {
		return maybe
	}
	defer func() { e.depth-- }()
	if e.is("NOT") {
		e.at++
		return e.not().not()
	}
	if e.is("(") {
		e.at++
		t := e.chain()
		if !e.is(")") {
			return maybe
		}
		e.at++
		return t
	}
	return e.primary()
}

func (e *cmakeTest) primary() truth {
	if e.at >= len(e.args) {
		return maybe
	}
	first := e.args[e.at]
	e.at++
	if !first.quoted && slices.Contains([]string{"DEFINED", "EXISTS", "IS_DIRECTORY", "TARGET",
		"COMMAND", "POLICY", "IS_ABSOLUTE", "TEST", "IS_SYMLINK"}, first.text) &&
		e.at < len(e.args) {
		e.at++
		return e.unary(first.text, e.args[e.at-1])
	}
	if e.at+1 < len(e.args) && !e.args[e.at].quoted {
		if op := e.args[e.at].text; slices.Contains(cmakeBinary, op) {
			e.at += 2
			return e.binary(first, op, e.args[e.at-1])
		}
	}
	return e.constant(first)
}

var cmakeBinary = []string{"STREQUAL", "EQUAL", "LESS", "GREATER", "LESS_EQUAL", "GREATER_EQUAL",
	"MATCHES", "IN_LIST", "STRLESS", "STRGREATER", "VERSION_LESS", "VERSION_GREATER",
	"VERSION_EQUAL", "VERSION_LESS_EQUAL", "VERSION_GREATER_EQUAL", "IS_NEWER_THAN", "PATH_EQUAL"}

func (e *cmakeTest) unary(op string, arg cmakeArgument) truth {
	text, ok := e.r.expand(arg.text)
	if !ok {
		return maybe
	}
	switch op {
	case "DEFINED":
		if name, is := strings.CutPrefix(text, "ENV{"); is {
			name = strings.TrimSuffix(name, "}")
			v, exists := e.r.vars[name]
			return truthOf(exists && (e.r.pinned[name] || v.environment))
		}
		v, exists := e.r.set[text]
		switch {
		case exists && (v.known || e.r.given[text]):
			return yes
		case exists || !e.r.unset(text):
			return maybe
		}
		return no
	case "EXISTS", "IS_DIRECTORY":
		return e.r.exists(text, op == "IS_DIRECTORY")
	}
	return maybe
}

// exists looks at the file system, and at the files as they are planned.
func (r *cmakeRun) exists(file string, directory bool) truth {
	if !path.IsAbs(file) {
		return maybe
	}
	if rel := r.src.name("", file); !directory {
		if _, ok := r.src.file(rel); ok {
			return yes
		}
	}
	info, err := os.Stat(filepath.FromSlash(file))
	if err != nil {
		// A file that appears later must be noticed, as one that a pattern finds.
		r.glob(file)
		return no
	}
	return truthOf(!directory || info.IsDir())
}

// operand is what a binary test compares: a variable's value if there is such a variable.
func (e *cmakeTest) operand(arg cmakeArgument) (string, bool) {
	text, ok := e.r.expand(arg.text)
	if !ok || arg.quoted {
		return text, ok
	}
	if v, is := e.r.set[text]; is {
		return v.text(), v.known
	}
	return text, true
}

func (e *cmakeTest) binary(a cmakeArgument, op string, b cmakeArgument) truth {
	left, okLeft := e.operand(a)
	if op == "IN_LIST" {
		left, okLeft = e.r.expand(a.text)
		v, is := e.r.set[b.text]
		if !okLeft || is && !v.known || !is && !e.r.unset(b.text) {
			return maybe
		}
		return truthOf(slices.ContainsFunc(v.items, func(i cmakeItem) bool {
			return i.text == left
		}))
	}
	right, okRight := e.operand(b)
	if op == "MATCHES" {
		right, okRight = e.r.expand(b.text)
	}
	if !okLeft || !okRight {
		return maybe
	}
	switch op {
	case "STREQUAL":
		return truthOf(left == right)
	case "MATCHES":
		pattern, err := regexp.Compile(right)
		if err != nil {
			return maybe
		}
		return truthOf(pattern.MatchString(left))
	}
	x, errX := strconv.ParseInt(left, 10, 64)
	y, errY := strconv.ParseInt(right, 10, 64)
	if errX != nil || errY != nil {
		return maybe
	}
	switch op {
	case "EQUAL":
		return truthOf(x == y)
	case "LESS":
		return truthOf(x < y)
	case "GREATER":
		return truthOf(x > y)
	case "LESS_EQUAL":
		return truthOf(x <= y)
	case "GREATER_EQUAL":
		return truthOf(x >= y)
	}
	return maybe
}

// constant is a word alone: a constant, or a variable.
func (e *cmakeTest) constant(arg cmakeArgument) truth {
	text, ok := e.r.expand(arg.text)
	if !ok {
		return maybe
	}
	if value, is := cmakeConstant(text); is {
		return truthOf(value)
	}
	if arg.quoted {
		return no // CMP0054: a quoted word is no variable
	}
	v, exists := e.r.set[text]
	switch {
	case !exists && e.r.unset(text):
		return no
	case !exists || !v.known:
		return maybe
	}
	value, is := cmakeConstant(v.text())
	return truthOf(value || !is)
}

// cmakeConstant is the truth of CMake's words for it, and of numbers.
func cmakeConstant(text string) (value, is bool) {
	switch upper := strings.ToUpper(text); {
	case slices.Contains([]string{"1", "ON", "YES", "TRUE", "Y"}, upper):
		return true, true
	case slices.Contains([]string{"0", "OFF", "NO", "FALSE", "N", "IGNORE", "NOTFOUND", ""},
		upper), strings.HasSuffix(upper, "-NOTFOUND"):
		return false, true
	}
	if n, err := strconv.ParseFloat(text, 64); err == nil {
		return n != 0, true
	}
	return false, false
}
