package config

import (
	"fmt"
	"path/filepath"
	"strings"
)

// JobNames are the names that jobs of CI systems have for targets: mpwolf matrix prints them, and
// verify --target takes them. Each is another one, and has only letters and digits of ASCII, "_",
// ".", "+" and "-": it is a part of the names of files and artifacts.
func JobNames(targets []Target) []string {
	names := make([]string, len(targets))
	used := make(map[string]bool)
	for i, t := range targets {
		name := t.Port
		if t.Board != "" {
			name += "-" + filepath.Base(t.Board)
		}
		if t.Variant != "" {
			name += "-" + t.Variant
		}
		name = strings.Map(inJobName, name)
		names[i] = name
		for n := 2; used[names[i]]; n++ {
			names[i] = fmt.Sprintf("%s-%d", name, n)
		}
		used[names[i]] = true
	}
	return names
}

func inJobName(r rune) rune {
	switch {
	case 'a' <= r && r <= 'z', 'A' <= r && r <= 'Z', '0' <= r && r <= '9',
		strings.ContainsRune("_.+-", r):
		return r
	}
	return '-'
}
