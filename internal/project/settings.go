package project

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"mpwolf/internal/disk"
	"mpwolf/internal/lazyregexp"
)

var quotedInclude = lazyregexp.New(`(?m)^[ \t]*#[ \t]*include[ \t]*"([^"\n]+)"`)

// HashSettings is the SHA-256, in hex, of a settings file and of those beside it that it includes,
// and that these include, by #include "…" and in whatever #if. Without such, it is that of the
// file.
func HashSettings(file string) (string, error) {
	all := map[string]bool{}
	var found []string
	err := includes(file, all, &found)
	if err != nil || len(found) == 1 {
		hash, wrong := disk.HashFile(file)
		if err == nil {
			err = wrong
		}
		return hash, err
	}
	var text strings.Builder
	for _, name := range found {
		hash, err := disk.HashFile(name)
		if err != nil {
			return "", err
		}
		fmt.Fprintln(&text, hash)
	}
	return disk.Hash([]byte(text.String())), nil
}

// includes adds a file, and those that it includes, in the order of the lines. Files that only -I
// finds are not among them.
func includes(file string, seen map[string]bool, found *[]string) error {
	if seen[file] {
		return nil
	}
	seen[file] = true
	text, err := os.ReadFile(file)
	if err != nil {
		return err
	}
	*found = append(*found, file)
	for _, m := range quotedInclude().FindAllSubmatch(text, -1) {
		name := filepath.FromSlash(string(m[1]))
		if !filepath.IsAbs(name) {
			name = filepath.Join(filepath.Dir(file), name)
		}
		if info, err := os.Stat(name); err != nil || !info.Mode().IsRegular() {
			continue
		}
		if err := includes(name, seen, found); err != nil {
			return err
		}
	}
	return nil
}
