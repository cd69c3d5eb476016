package verify

import (
	"cmp"
	"slices"
	"strconv"
	"strings"

	"mpwolf/internal/lazyregexp"
)

// compileError is an error that a compiler reports for a place in a source, or that make reports
// for one in a makefile.
type compileError struct {
	file    string
	line    int
	message string
}

// linkError is a linker error: a symbol that is defined twice, or nowhere.
type linkError struct {
	symbol    string
	undefined bool
	// first and second are the objects with the two definitions; of an undefined symbol, second is
	// the one that needs it, or its source, and function the function there, if the linker says
	// so.
	first, second, function string
}

// overflow is a memory of the board that the firmware does not fit into.
type overflow struct {
	region string
	bytes  uint64 // too many; 0 if the linker does not say
}

// diagnostics are the errors in the log of a build.
type diagnostics struct {
	compile   []compileError
	link      []linkError
	overflows []overflow
	linker    []string // what else a linker said, word for word
}

var (
	compileErrorLine = lazyregexp.New(`^([^<\s][^:]*):(\d+):(?:\d+:)? (?:fatal )?error: (.*)`)
	warningOption    = lazyregexp.New(` \[-W[^\]]*\]$`) // which turned a warning into an error
	noPlaceErrorLine = lazyregexp.New(`^<[^>]*>:(?:\d+:)?(?:\d+:)? (?:fatal )?error: (.*)`)
	makeErrorLine    = lazyregexp.New(`^(\S[^:]*):(\d+): \*\*\* (.*)`)

	// GNU ld: the object is in this line, or in the "in function" line before it.
	inFunction = lazyregexp.New(
		"^(?:\\S*ld(?:\\.\\w+)?: )?(.+?): [iI]n function ['`‘](.+?)['’]:$")
	bfdDuplicate = lazyregexp.New("^(.*?): multiple definition of ['`‘](.+?)['’](?:; (.*): " +
		"first defined here)?$")
	bfdFirst     = lazyregexp.New(`^(.*): first defined here$`)
	bfdUndefined = lazyregexp.New(
		"^(.*?): (?:more )?undefined references? to ['`‘](.+?)['’](?: follow)?$")

	goldDuplicate = lazyregexp.New(`^\S*: error: (.+?): multiple definition of '(.+?)'$`)
	goldFirst     = lazyregexp.New(`^\S*: (.+?): previous definition here$`)
	goldUndefined = lazyregexp.New(`^(.+?): error: undefined reference to '(.+?)'$`)

	lldDuplicate = lazyregexp.New(`error: duplicate symbol: (.+)$`)
	lldUndefined = lazyregexp.New(`error: undefined symbol: (.+)$`)
	lldPlace     = lazyregexp.New(
		`^>>> +(?:defined (?:at|in) |referenced by )?(.+?)(?::\([^)]*\))?(?: in archive (.+))?$`)
	moldDuplicate = lazyregexp.New(`error: duplicate symbol: (\S+\.o\)?): (\S+\.o\)?): (\S+)$`)
	// names symbols as Mach-O does, with an underscore
	lldMacOS       = lazyregexp.New(`\bld64\.lld(?:\.\w+)?: error: `)
	appleDuplicate = lazyregexp.New(`^(?:ld: )?duplicate symbol '?_?(.+?)'? in:?$`)
	// "libx.a[arm64][3](b.o)" and "libx.a(for architecture arm64)(b.o)"
	appleMember    = lazyregexp.New(`(?:(?:\[\w+\])+|\(for architecture \w+\))(\([^)]*\))$`)
	appleUndefined = lazyregexp.New(`^  "_?(.+?)", referenced from:$`)
	regionOverflow = lazyregexp.New("region ['`‘](\\w+)['’] overflowed by (\\d+) bytes")
	regionTooSmall = lazyregexp.New("section ['`‘](\\S+)['’] will not fit in region " +
		"['`‘](\\w+)['’](?:: overflowed by (\\d+) bytes)?")
	// "ld.gold: ", "arm-none-eabi-ld: ", "ld64.lld: ", "mold: ", with or without a path
	linkerSays = lazyregexp.New(
		`^\S*\b(?:ld|ld64|mold|lld|gold)(?:\.\w+)*: (?:fatal )?(?:error: |fatal: )?(.*[^:])$`)
	// linkerFailed is how gcc and clang say that a linker failed, whatever it is called.
	linkerFailed = lazyregexp.New(`^collect2: error: ld returned|linker command failed with`)

	appleFrom = lazyregexp.New(`^      _?(\S+) in (.+)$`)
)

// diagnose reads the log of a failed build: the errors of gcc and clang, make, GNU ld, gold, lld
// and Apple's ld.
func diagnose(log string) diagnostics {
	var d diagnostics
	lines := strings.Split(strings.ReplaceAll(log, "\r\n", "\n"), "\n")
	ld := &bfdReader{}
	for i, line := range lines {
		if e, ok := otherLinkError(lines[i:]); ok {
			d.addLink(e)
		} else if m := compileErrorLine().FindStringSubmatch(line); m != nil {
			d.addCompile(m[1], m[2], m[3])
		} else if m := makeErrorLine().FindStringSubmatch(line); m != nil {
			d.addCompile(m[1], m[2], strings.TrimSuffix(m[3], ".  Stop."))
		} else if m := noPlaceErrorLine().FindStringSubmatch(line); m != nil {
			d.addCompile("", "0", m[1])
		} else if e, ok := ld.line(line, lines[i+1:]); ok {
			d.addLink(e)
		} else if m := regionOverflow().FindStringSubmatch(line); m != nil {
			d.addOverflow(m[1], m[2])
		} else if m := regionTooSmall().FindStringSubmatch(line); m != nil {
			d.addOverflow(m[2], cmp.Or(m[3], "0"))
		} else if m := linkerSays().FindStringSubmatch(line); m != nil &&
			!strings.Contains(m[1], "warning: ") {
			d.linker = append(d.linker, m[1])
		} else if linkerFailed().MatchString(line) && i > 0 && len(d.linker) == 0 &&
			!isStep(lines[i-1]) {
			d.linker = append(d.linker, strings.TrimSpace(lines[i-1]))
		}
	}
	return d
}

// isStep reports whether a line of a log is make's own, not what a command wrote.
func isStep(line string) bool {
	first, _, _ := strings.Cut(strings.TrimSpace(line), " ")
	return first == "" || first == strings.ToUpper(first) || strings.Contains(line, " -o ")
}

func (d *diagnostics) addCompile(file, line, message string) {
	n, err := strconv.Atoi(line)
	if err != nil {
		return
	}
	e := compileError{file: file, line: n, message: warningOption().ReplaceAllString(message, "")}
	if !slices.Contains(d.compile, e) {
		d.compile = append(d.compile, e)
	}
}

func (d *diagnostics) addOverflow(region, bytes string) {
	n, err := strconv.ParseUint(bytes, 10, 64)
	if err != nil {
		return
	}
	i := slices.IndexFunc(d.overflows, func(o overflow) bool { return o.region == region })
	if i < 0 {
		d.overflows = append(d.overflows, overflow{region, n})
		return
	}
	d.overflows[i].bytes = max(d.overflows[i].bytes, n)
}

// addLink adds an error unless the same symbol already has one of the same kind: a symbol that
// many need is one finding.
func (d *diagnostics) addLink(e linkError) {
	known := slices.ContainsFunc(d.link, func(o linkError) bool {
		return o.symbol == e.symbol && o.undefined == e.undefined
	})
	if !known {
		d.link = append(d.link, e)
	}
}

// bfdReader reads the lines of GNU ld, and remembers the "in function" line.
type bfdReader struct{ object, function string }

func (r *bfdReader) line(line string, rest []string) (linkError, bool) {
	if m := inFunction().FindStringSubmatch(line); m != nil {
		r.object, r.function = m[1], m[2]
		return linkError{}, false
	}
	if m := bfdDuplicate().FindStringSubmatch(line); m != nil {
		e := linkError{symbol: m[2], second: r.objectOf(m[1]), first: objectIn(m[3])}
		if e.first == "" && len(rest) > 0 { // before binutils 2.35, on a line of its own
			if m := bfdFirst().FindStringSubmatch(rest[0]); m != nil {
				e.first = objectIn(m[1])
			}
		}
		return e, true
	}
	if m := bfdUndefined().FindStringSubmatch(line); m != nil {
		return linkError{symbol: m[2], undefined: true, second: r.objectOf(m[1]),
			function: r.function}, true
	}
	return linkError{}, false
}

var linkerPrefix = lazyregexp.New(`^\S*ld(?:\.\w+)?: `)

// objectOf is the object in a place such as "a.o:a.c:3" or, where it names a source only, that of
// the line before.
func (r *bfdReader) objectOf(place string) string {
	if object := objectIn(place); object != "" {
		return object
	}
	return r.object
}

// objectIn is the object in "/usr/bin/ld: lib.a(b.o):b.c:(.text+0x0)"; "" if there is none.
func objectIn(place string) string {
	place = linkerPrefix().ReplaceAllString(place, "")
	for _, end := range []string{".o):", ".o:", ".obj):", ".obj:"} {
		if i := strings.Index(place, end); i >= 0 {
			return place[:i+len(end)-1]
		}
	}
	if isObjectName(place) {
		return place
	}
	return ""
}

// otherLinkError reads what gold, lld and Apple's ld write from lines[0] on.
func otherLinkError(lines []string) (linkError, bool) {
	for _, read := range []func(string, []string) (linkError, bool){goldError,
		lldError, appleError} {
		if e, ok := read(lines[0], lines[1:]); ok {
			return e, true
		}
	}
	return linkError{}, false
}

func goldError(line string, rest []string) (linkError, bool) {
	if m := goldDuplicate().FindStringSubmatch(line); m != nil {
		e := linkError{symbol: m[2], second: objectIn(m[1])}
		if len(rest) > 0 {
			if m := goldFirst().FindStringSubmatch(rest[0]); m != nil {
				e.first = objectIn(m[1] + ":")
			}
		}
		return e, true
	}
	if m := goldUndefined().FindStringSubmatch(line); m != nil {
		e := linkError{symbol: m[2], undefined: true, second: objectIn(m[1])}
		if e.second == "" { // with debug information, gold names the source
			e.second, _, _ = strings.Cut(m[1], ":")
		}
		return e, true
	}
	return linkError{}, false
}

func lldError(line string, rest []string) (linkError, bool) {
	e, ok := lldErrorOf(line, rest)
	if lldMacOS().MatchString(line) {
		e.symbol = strings.TrimPrefix(e.symbol, "_")
	}
	return e, ok
}

func lldErrorOf(line string, rest []string) (linkError, bool) {
	if m := moldDuplicate().FindStringSubmatch(line); m != nil {
		return linkError{symbol: m[3], first: m[2], second: m[1]}, true
	}
	if m := lldDuplicate().FindStringSubmatch(line); m != nil {
		if places := lldObjects(rest); len(places) > 1 {
			return linkError{symbol: m[1], first: places[0], second: places[1]}, true
		}
	}
	if m := lldUndefined().FindStringSubmatch(line); m != nil {
		e := linkError{symbol: m[1], undefined: true}
		if places := lldObjects(rest); len(places) > 0 {
			e.second = places[0]
		}
		return e, true
	}
	return linkError{}, false
}

func appleError(line string, rest []string) (linkError, bool) {
	if m := appleDuplicate().FindStringSubmatch(line); m != nil && len(rest) > 1 {
		return linkError{symbol: m[1], first: applePlace(rest[0]),
			second: applePlace(rest[1])}, true
	}
	if m := appleUndefined().FindStringSubmatch(line); m != nil {
		e := linkError{symbol: m[1], undefined: true}
		if len(rest) > 0 {
			if m := appleFrom().FindStringSubmatch(rest[0]); m != nil {
				e.function, e.second = m[1], applePlace(m[2])
			}
		}
		return e, true
	}
	return linkError{}, false
}

// applePlace is an object, written as other linkers do.
func applePlace(text string) string {
	return appleMember().ReplaceAllString(strings.TrimSpace(text), "$1")
}

// lldObjects are the objects in the ">>>" lines below an error of lld, in their order.
func lldObjects(lines []string) []string {
	var objects []string
	for _, line := range lines {
		m := lldPlace().FindStringSubmatch(line)
		if m == nil {
			break
		}
		place := m[1]
		if m[2] != "" {
			place = m[2] + "(" + m[1] + ")"
		}
		if isObjectName(place) {
			objects = append(objects, place)
		}
	}
	return objects
}
