package shell

import (
	"os"
	"path/filepath"
	"strings"
)

// Path is a path as a person would type it: relative to the current directory if it is below
// that, else unchanged.
func Path(dir string) string {
	if !filepath.IsAbs(dir) {
		return dir
	}
	cwd, err := os.Getwd()
	if err != nil {
		return dir
	}
	rel, err := filepath.Rel(cwd, dir)
	if err != nil || strings.HasPrefix(rel, "..") {
		return dir
	}
	return rel
}

// NotForMake says what is in a path that neither make nor the shell that it starts takes as a part
// of a file's name, such as "a space" or "':'"; "" if nothing is. MicroPython's makefiles quote no
// path.
func NotForMake(path string) string {
	odd := " \t\r\n$#%;*?|&'()\"<>`"
	if filepath.Separator == '/' {
		odd += ":\\" // in any path on Windows
	}
	at := strings.IndexAny(path, odd)
	switch {
	case at < 0:
		return ""
	case path[at] == ' ':
		return "a space"
	case path[at] < ' ':
		return "a control character"
	}
	return "'" + path[at:at+1] + "'"
}
