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
