package project

import (
	"cmp"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"mpwolf/internal/disk"
	"mpwolf/internal/lazyregexp"
)

var (
	quotedInclude = lazyregexp.New(`(?m)^[ \t]*#[ \t]*include[ \t]*"([^"\n]+)"`)
	defineLine    = lazyregexp.New(`^[ \t]*#[ \t]*define[ \t]+(\w+)(.*)`)
)

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

// Define is a line of settings that defines a macro.
type Define struct {
	File        string
	Line        int
	Macro, Text string // Text is "1" for a macro without a body, as for a flag
}

// Defines are the lines that define macros in a settings file and the files that it includes, in
// whatever #if.
func Defines(file string) ([]Define, error) {
	var files []string
	if err := includes(file, map[string]bool{}, &files); err != nil {
		return nil, err
	}
	var all []Define
	for _, name := range files {
		text, err := os.ReadFile(name)
		if err != nil {
			return nil, err
		}
		line := 0
		for each := range strings.Lines(string(text)) {
			line++
			if m := defineLine().FindStringSubmatch(each); m != nil {
				body, _, _ := strings.Cut(m[2], "//")
				body, _, _ = strings.Cut(body, "/*")
				all = append(all, Define{name, line, m[1],
					cmp.Or(strings.Trim(strings.TrimSpace(body), "()"), "1")})
			}
		}
	}
	return all, nil
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
