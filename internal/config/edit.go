package config

import (
	"bytes"
	"fmt"
	"regexp"
	"slices"
)

// Releases are what WithReleases sets; "" leaves a value as it is.
type Releases struct {
	MicroPython, WolfSSL string
}

// WithReleases are the file's bytes, and the same with other releases: only the values change, and
// comments stay, as does a byte order mark. A key that the file lacks is added at its top, below
// the comments that the file begins with: in the first line, editors look for the schema.
func (f *File) WithReleases(to Releases) (before, after []byte, err error) {
	if before, err = readRegular(f.Path); err != nil {
		return nil, nil, err
	}
	after = before
	for _, set := range []struct{ key, value string }{
		{"micropython", to.MicroPython}, {"wolfssl", to.WolfSSL},
	} {
		if set.value != "" {
			after = setTop(after, set.key, set.value)
		}
	}
	now, err := parse(f.Path, after)
	if err != nil {
		return nil, nil, fmt.Errorf("edit %s: %w", Name, err)
	}
	if to.MicroPython != "" && now.MicroPython != to.MicroPython ||
		to.WolfSSL != "" && now.WolfSSL != to.WolfSSL {
		return nil, nil, fmt.Errorf("edit %s: cannot set the releases in %s; "+
			"write each on a line of its own", Name, f.Path)
	}
	return before, after, nil
}

var valueOnLine = regexp.MustCompile(`^(\s*"?[A-Za-z0-9_.-]+"?\s*=\s*)("[^"\n]*"|'[^'\n]*')`)

// setTop sets a key at the top of the file.
func setTop(text []byte, key, value string) []byte {
	places := locate(text)
	mark, text := cutMark(text)
	lines := bytes.SplitAfter(text, []byte("\n"))
	for _, k := range places.keys {
		if k.table != -1 || k.key != key {
			continue
		}
		at := k.line - 1
		if m := valueOnLine.FindSubmatchIndex(lines[at]); m != nil {
			line := append(bytes.Clone(lines[at][:m[3]]), quote(value)...)
			lines[at] = append(line, lines[at][m[1]:]...)
		}
		return slices.Concat(mark, bytes.Join(lines, nil))
	}
	end := "\n"
	if bytes.Contains(text, []byte("\r\n")) {
		end = "\r\n"
	}
	head := bytes.Join(lines[:comments(lines)], nil)
	rest := text[len(head):]
	if len(head) > 0 && !bytes.HasSuffix(head, []byte("\n")) {
		head = append(bytes.Clone(head), end...)
	}
	return slices.Concat(mark, head, []byte(key+" = "+quote(value)+end), rest)
}

// comments is how many lines are before the end of the comments that a file begins with.
func comments(lines [][]byte) int {
	head := 0
	for i, line := range lines {
		switch line = bytes.TrimSpace(line); {
		case bytes.HasPrefix(line, []byte("#")):
			head = i + 1
		case len(line) > 0 || head > 0:
			return head
		}
	}
	return head
}

// cutMark cuts off the byte order mark, with which some editors begin files in UTF-8.
func cutMark(text []byte) (mark, rest []byte) {
	if bytes.HasPrefix(text, []byte("\ufeff")) {
		n := len("\ufeff")
		return text[:n:n], text[n:]
	}
	return nil, text
}
