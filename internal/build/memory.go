package build

import (
	"context"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// Region is a memory of a linker script.
type Region struct {
	Name  string
	Bytes int64
	// File is the linker script that says so.
	File string
}

// codeRegions are the names that the linker scripts of MicroPython's stm32 port give the memory
// that holds the firmware's code. The first one that exists counts: FLASH is the whole chip if
// there are others.
var codeRegions = []string{"FLASH_TEXT", "FLASH_APP", "FLASH"}

// LinkerScripts is the make variable that names a board's linker scripts; ask Flags for it before
// CodeFlash.
const LinkerScripts = "LD_FILES"

// CodeFlash is the flash that a board has for code, by its linker scripts. It is unknown where
// they do not say it in a plain number, for a port without linker scripts of its own, and for a
// board that keeps libraries in a second flash, as PYBD_SF2 does.
func (f *Flags) CodeFlash() (flash Region, known bool) {
	var all []Region
	for _, name := range strings.Fields(f.Vars[LinkerScripts]) {
		if !filepath.IsAbs(name) {
			name = filepath.Join(f.Dir, name)
		}
		text, err := os.ReadFile(name)
		if err != nil {
			return Region{}, false // a script that make generates
		}
		for _, region := range regions(string(text)) {
			region.File = name
			all = append(all, region)
		}
	}
	named := func(name string) int {
		return slices.IndexFunc(all, func(r Region) bool { return r.Name == name })
	}
	if slices.ContainsFunc(all, func(r Region) bool {
		return r.Name == "FLASH_EXT" || r.Name == "FLASH_QSPI"
	}) {
		return Region{}, false
	}
	for _, name := range codeRegions {
		if i := named(name); i >= 0 {
			return all[i], all[i].Bytes > 0
		}
	}
	return Region{}, false
}

// FilesBegin is the offset in a board's flash at which files begin: the lowest of some macros at
// the end of a source of the port. It is unknown if the target does not compile that source.
func (f *Flags) FilesBegin(
	ctx context.Context, source string, macros []string,
) (begin int64, macro string, err error) {
	var compiles []Compile
	for _, c := range f.compiles {
		if c.Source == filepath.Join(f.target.Dir(), filepath.FromSlash(source)) {
			compiles = []Compile{c}
		}
	}
	all, err := f.EffectiveAt(ctx, compiles, macros)
	for _, values := range all {
		for _, name := range macros {
			if v := values[name]; v.Defined && v.Known && v.Number > 0 &&
				(macro == "" || v.Number < begin) {
				begin, macro = v.Number, name
			}
		}
	}
	return begin, macro, err
}

// regions are the memories of a linker script; of one whose length is no plain number, Bytes is 0.
func regions(script string) []Region {
	// Compiled here, and not when mpwolf starts: only patch needs them.
	comments := regexp.MustCompile(`(?s)/\*.*?\*/`)
	memory := regexp.MustCompile(`\bMEMORY\s*\{([^}]*)\}`)
	entry := regexp.MustCompile(
		`(?m)^\s*([A-Za-z_][\w.]*)\s*(?:\([^)]*\))?\s*:\s*(?:ORIGIN|org|o)\s*=[^,\n]*,?\s*` +
			`(?:LENGTH|len|l)\s*=\s*([^\s,].*?)\s*$`)
	var found []Region
	script = comments.ReplaceAllString(script, " ")
	for _, command := range memory.FindAllStringSubmatch(script, -1) {
		for _, line := range entry.FindAllStringSubmatch(command[1], -1) {
			found = append(found, Region{Name: line[1], Bytes: scriptLength(line[2])})
		}
	}
	return found
}

func scriptLength(text string) int64 {
	parts := regexp.MustCompile(`^(0[xX][0-9a-fA-F]+|[0-9]+)([KkMm]?)$`).FindStringSubmatch(text)
	if parts == nil {
		return 0
	}
	n, err := strconv.ParseInt(parts[1], 0, 40) // a number that begins with 0 is octal, as for ld
	if err != nil {
		return 0
	}
	switch strings.ToUpper(parts[2]) {
	case "K":
		n <<= 10
	case "M":
		n <<= 20
	}
	return n
}
