package modules

import (
	"io/fs"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// tables are the tables of the C sources that have what Python programs see under the names of the
// built-in modules.
var tables = map[string]string{
	"wolf_drop_in_tls_globals_table":       "tls",
	"wolf_drop_in_ssl_globals_table":       "ssl",
	"tls_context_locals_dict_table":        "tls.SSLContext",
	"drop_in_context_locals_dict_table":    "ssl.SSLContext",
	"ssl_socket_locals_dict_table":         "SSLSocket",
	"wolf_drop_in_cryptolib_globals_table": "cryptolib",
	"wolf_drop_in_hashlib_globals_table":   "hashlib",
	"wolf_drop_in_hmac_globals_table":      "hmac",
}

// API are the names that a program can use with a release of MicroPython, 1.minor, such as
// "tls.SSLContext.wrap_socket", sorted. A name that depends on anything else than the release,
// such as a setting, is in it.
func API(minor int) []string {
	var names []string
	for _, file := range []string{"modwolfssl.c", "modwolfcryptolib.c", "modwolfhashlib.c"} {
		text, err := fs.ReadFile(Own().FS, file)
		if err != nil {
			panic(err) // it is embedded
		}
		names = append(names, namesIn(string(text), minor)...)
	}
	slices.Sort(names)
	return slices.Compact(names)
}

var (
	tableStart = regexp.MustCompile(`^static const mp_rom_map_elem_t (\w+)\[\] = \{`)
	entry      = regexp.MustCompile(`\{ MP_ROM_QSTR\(MP_QSTR_(\w+)\)`)
	entries    = regexp.MustCompile(`^    (\w+_ENTRIES)$`)
	define     = regexp.MustCompile(`^#define (\w+_ENTRIES) \\$`)
)

// namesIn reads the tables of a source, which are formatted as MicroPython's own.
func namesIn(text string, minor int) []string {
	var names []string
	groups := make(map[string][]string) // the entries of a macro, in any of its definitions
	group, table := "", ""
	at := conditions{minor: minor, macros: make(map[string]string)}
	for line := range strings.Lines(text) {
		line = strings.TrimRight(line, "\n")
		if at.read(line) || !at.holds() {
			continue
		}
		if m := ofRelease.FindStringSubmatch(line); m != nil {
			at.macros[m[1]] = m[2]
		}
		if m := define.FindStringSubmatch(line); m != nil {
			group = m[1]
		} else if group != "" {
			for _, m := range entry.FindAllStringSubmatch(line, -1) {
				groups[group] = append(groups[group], m[1])
			}
			if !strings.HasSuffix(line, `\`) {
				group = ""
			}
		} else if m := tableStart.FindStringSubmatch(line); m != nil {
			table = tables[m[1]]
		} else if strings.HasPrefix(line, "}") {
			table = ""
		} else if table != "" {
			for _, m := range entry.FindAllStringSubmatch(line, -1) {
				names = append(names, table+"."+m[1])
			}
			if m := entries.FindStringSubmatch(line); m != nil {
				for _, name := range groups[m[1]] {
					names = append(names, table+"."+name)
				}
			}
		}
	}
	return slices.DeleteFunc(names, func(name string) bool {
		return strings.Contains(name, ".__")
	})
}

// conditions are the preprocessor's, as far as a release decides them.
type conditions struct {
	minor int
	// macros are those that a release decides, with their conditions.
	macros map[string]string
	// stack has for each open #if whether the lines may be compiled, and whether a branch before
	// was certainly compiled instead.
	stack []branch
}

type branch struct{ open, taken bool }

func (c *conditions) holds() bool {
	return !slices.ContainsFunc(c.stack, func(b branch) bool { return !b.open })
}

var directive = regexp.MustCompile(`^\s*#\s*(if|ifdef|ifndef|elif|else|endif)\b\s*(.*)$`)

// read takes a line of the preprocessor's conditions; false for any other.
func (c *conditions) read(line string) bool {
	m := directive.FindStringSubmatch(line)
	if m == nil {
		return false
	}
	top := len(c.stack) - 1
	switch m[1] {
	case "if", "ifdef", "ifndef":
		value := maybe
		if m[1] == "if" {
			value = c.eval(m[2])
		}
		c.stack = append(c.stack, branch{value != no, value == yes})
	case "elif":
		value := c.eval(m[2])
		b := c.stack[top]
		c.stack[top] = branch{!b.taken && value != no, b.taken || value == yes}
	case "else":
		c.stack[top] = branch{!c.stack[top].taken, true}
	case "endif":
		c.stack = c.stack[:top]
	}
	return true
}

// The values of a condition: maybe depends on something else than the release.
const (
	no = iota
	maybe
	yes
)

var (
	atLeast   = regexp.MustCompile(`^(!?)WOLF_MP_AT_LEAST\((\d+)\)$`)
	ofRelease = regexp.MustCompile(
		`^#define ([A-Z_]+) \(?([^()]*WOLF_MP_AT_LEAST\(\d+\)[^()]*)\)?$`)
)

// eval reads a conjunction; everything but a question about the release is maybe.
func (c *conditions) eval(text string) int {
	text, _, _ = strings.Cut(text, "//")
	if strings.Contains(text, "||") {
		return maybe
	}
	value := yes
	for _, part := range strings.Split(text, "&&") {
		part = strings.TrimSpace(part)
		m := atLeast.FindStringSubmatch(part)
		if m == nil {
			of := maybe
			if text := c.macros[part]; text != "" {
				of = c.eval(text)
			}
			value = min(value, of)
			continue
		}
		n, _ := strconv.Atoi(m[2])
		if (c.minor >= n) == (m[1] == "!") {
			return no
		}
	}
	return value
}
