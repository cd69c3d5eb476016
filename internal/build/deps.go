package build

import "strings"

// ParseDeps reads a dependency file as compilers write it for make and returns the prerequisites
// of the first rule: the source and the headers that it includes.
func ParseDeps(text string) []string {
	text = strings.ReplaceAll(text, "\r\n", "\n")
	rule, _, _ := strings.Cut(strings.ReplaceAll(text, "\\\n", " "), "\n")
	// with the space: a path on Windows contains a colon too
	_, rest, _ := strings.Cut(rule, ": ")
	var names []string
	for rest != "" {
		var name string
		name, rest = cutDep(strings.TrimLeft(rest, " \t"))
		if name != "" {
			names = append(names, name)
		}
	}
	return names
}

// cutDep takes the first name off a list. A space or # in the name has a backslash before it;
// "$$" stands for "$".
func cutDep(list string) (name, rest string) {
	if i := strings.IndexAny(list, " \t\\$"); i < 0 {
		return list, ""
	} else if list[i] == ' ' || list[i] == '\t' {
		return list[:i], list[i:]
	}
	var b strings.Builder
	for i := 0; i < len(list); i++ {
		c := list[i]
		next := byte(0)
		if i+1 < len(list) {
			next = list[i+1]
		}
		switch {
		case c == '\\' && (next == ' ' || next == '#'), c == '$' && next == '$':
			b.WriteByte(next)
			i++
		case c == ' ', c == '\t':
			return b.String(), list[i:]
		default:
			b.WriteByte(c)
		}
	}
	return b.String(), ""
}
