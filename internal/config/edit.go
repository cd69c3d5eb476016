package config

import (
	"bytes"
	"fmt"
	"regexp"
)

// Releases are what WithReleases sets; "" leaves a value as it is.
type Releases struct {
	MicroPython, WolfSSL string
}

// WithReleases are the file's bytes, and the same with other releases: only the values change, and
// comments stay. A key that the file lacks is added at its top.
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
		return bytes.Join(lines, nil)
	}
	end := "\n"
	if bytes.Contains(text, []byte("\r\n")) {
		end = "\r\n"
	}
	return append([]byte(key+" = "+quote(value)+end), text...)
}
