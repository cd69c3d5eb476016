package verify

import (
	"encoding/json"
	"fmt"
	"io"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"mpwolf/internal/config"
	"mpwolf/internal/micropython"
)

// Merge joins results that verify has written as JSON, such as one for each job of a CI system. A
// target must be in one of them only, and all must be of the same release of MicroPython and by
// the same version of mpwolf. If file is not nil, missing are those of its targets of which there
// is no result: a job that did not get that far must not make the whole look fine. Results of a
// release that it does not ask for are a finding.
func Merge(files []string, file *config.File) (merged *Result, missing []string, err error) {
	from := make(map[[2]string]string) // the targets with their boards, and the file of each
	built := make(map[string]Target)   // by their build directories
	for _, name := range files {
		r, err := readResult(name)
		if err != nil {
			return nil, nil, err
		}
		for _, t := range r.Targets {
			key := [2]string{t.Target, t.Board}
			if other, twice := from[key]; twice {
				return nil, nil, fmt.Errorf("merge: %s is in %s and in %s", t.Target, other,
					name)
			}
			from[key] = name
			if other, twice := built[t.Build]; twice && t.Build != "" {
				// One's objects could be taken for the other's.
				return nil, nil, fmt.Errorf("merge: %s in %s and %s in %s were built in one "+
					"directory, %s", other.words(), from[[2]string{other.Target, other.Board}],
					t.words(), name, t.Build)
			}
			built[t.Build] = t
		}
		if merged == nil {
			merged = r
			continue
		}
		if r.Version != merged.Version || r.MicroPython != merged.MicroPython {
			return nil, nil, fmt.Errorf("merge: %s has MicroPython %s and is by mpwolf %s; "+
				"%s has MicroPython %s and is by mpwolf %s", name, r.MicroPython, r.Version,
				files[0], merged.MicroPython, merged.Version)
		}
		merged.OK = merged.OK && r.OK
		merged.Targets = append(merged.Targets, r.Targets...)
		for _, f := range r.Findings { // about the tree, which each job has
			if !slices.Contains(merged.Findings, f) {
				merged.Findings = append(merged.Findings, f)
			}
		}
	}
	if file == nil {
		return merged, nil, nil
	}
	if f := stale(merged, file); f != nil {
		merged.OK, merged.Findings = false, append(merged.Findings, *f)
	}
	missing, err = without(merged.Targets, file)
	return merged, missing, err
}

// stale is the finding that the results are not of the release that the file expects; nil if they
// are, or if it expects none.
func stale(r *Result, file *config.File) *Finding {
	if file.MicroPython == "" {
		return nil
	}
	want, err := micropython.ParseVersion(file.MicroPython)
	is, err2 := micropython.ParseVersion(r.MicroPython)
	if err == nil && err2 == nil && is == want {
		return nil
	}
	return &Finding{Message: fmt.Sprintf("the results are of MicroPython %s; %s expects %s",
		r.MicroPython, config.Name, file.MicroPython), File: file.Path,
		Fix: "verify that release again, or change micropython in " + config.Name}
}

// without are the names of the file's targets of which there is no result. A result counts for the
// target that it resembles most, such as old/boards/PANEL and not boards/PANEL.
func without(results []Target, file *config.File) ([]string, error) {
	dir := file.Dir()
	has := make([]bool, len(file.Targets))
	for _, r := range results {
		best := 0
		for _, t := range file.Targets {
			best = max(best, r.resembles(t, dir))
		}
		for i, t := range file.Targets {
			if best == 0 || r.resembles(t, dir) != best {
				continue
			}
			if has[i] {
				return nil, fmt.Errorf("merge: there are several results for %s", nameIn(t, dir))
			}
			has[i] = true
		}
	}
	var missing []string
	for i, t := range file.Targets {
		if !has[i] {
			missing = append(missing, nameIn(t, dir))
		}
	}
	return missing, nil
}

// resembles is 0 for a result that is not that of a target of the mpwolf.toml in dir, else more
// for a longer path of the board's directory. Another machine has that directory elsewhere.
func (r Target) resembles(t config.Target, dir string) int {
	variant := t.Variant
	if variant == "" && r.Board == "" && r.Variant == micropython.DefaultVariant {
		variant = r.Variant
	}
	if r.Port != t.Port || r.Variant != variant {
		return 0
	}
	is, want := "/"+slashed(r.Board), "/"+boardIn(t, dir)
	// One of the port's own boards is known by its name.
	own := is == "/"+path.Base(want) &&
		strings.HasSuffix(path.Dir(want), "/ports/"+t.Port+"/boards")
	if is == want || own || want != "/" && filepath.IsAbs(t.Board) && strings.HasSuffix(is, want) {
		return len(want)
	}
	return 0
}

// boardIn is the board's name or its directory as seen from dir, with slashes.
func boardIn(t config.Target, dir string) string { return slashed(relative(dir, t.Board)) }

// slashed is a path with slashes, wherever it was written.
func slashed(name string) string { return strings.ReplaceAll(name, `\`, "/") }

func nameIn(t config.Target, dir string) string {
	name := t.Port
	for _, part := range []string{boardIn(t, dir), t.Variant} {
		if part != "" {
			name += " " + part
		}
	}
	return name
}

// words name the target by its board's directory.
func (r Target) words() string {
	name := r.Port
	for _, part := range []string{r.Board, r.Variant} {
		if part != "" {
			name += " " + part
		}
	}
	return name
}

// maxResult is far beyond what verify writes: some 100 KB for a target.
const maxResult = 64 << 20

// readRegular reads a file that is to be a result. What is no regular file may have no end.
func readRegular(name string) (text []byte, err error) {
	const want = "a result of mpwolf verify --format json was expected"
	info, err := os.Stat(name) // a FIFO is not opened: that waits for a writer
	if err != nil {
		return nil, fmt.Errorf("merge: %w", err)
	}
	if !info.Mode().IsRegular() {
		return nil, fmt.Errorf("merge: %s is not a regular file; %s", name, want)
	}
	file, err := os.Open(name)
	if err != nil {
		return nil, fmt.Errorf("merge: %w", err)
	}
	defer func() {
		if wrong := file.Close(); err == nil {
			err = wrong
		}
	}()
	text, err = io.ReadAll(io.LimitReader(file, maxResult+1))
	switch {
	case err != nil:
		return nil, fmt.Errorf("merge: %w", err)
	case len(text) == 0:
		return nil, fmt.Errorf("merge: %s is empty; %s", name, want)
	case len(text) > maxResult:
		return nil, fmt.Errorf("merge: %s has more than %d MiB; %s", name, maxResult>>20, want)
	}
	return text, nil
}

func readResult(name string) (*Result, error) {
	text, err := readRegular(name)
	if err != nil {
		return nil, err
	}
	r := &Result{}
	if err := json.Unmarshal(text, r); err != nil {
		return nil, fmt.Errorf("merge: %s is no result of mpwolf verify --format json: %w", name,
			err)
	}
	switch {
	case r.Tool != "mpwolf" || r.Schema == 0:
		return nil, fmt.Errorf("merge: %s is no result of mpwolf verify --format json", name)
	case r.Schema != SchemaVersion:
		return nil, fmt.Errorf("merge: %s has schema %d, by mpwolf %s; this mpwolf reads %d", name,
			r.Schema, r.Version, SchemaVersion)
	case len(r.Targets) == 0:
		return nil, fmt.Errorf("merge: %s has no target", name)
	}
	for _, t := range r.Targets {
		if t.Report == nil || !complete(t.Checks) {
			return nil, fmt.Errorf("merge: the result for %s in %s is incomplete", t.Target, name)
		}
		for _, c := range t.Checks {
			if _, err := sizesOf(c); err != nil {
				return nil, fmt.Errorf("merge: the %s of %s in %s cannot be read: %w", c.ID,
					t.Target, name, err)
			}
		}
		// Whether it is fine is what its checks say.
		r.OK = r.OK && t.OK && !slices.ContainsFunc(t.Checks, func(c Check) bool {
			return !c.OK || len(c.Findings) > 0
		})
	}
	r.OK = r.OK && len(r.Findings) == 0
	return r, nil
}

// complete reports whether each check is there once, and made where it applies to every target.
func complete(checks []Check) bool {
	for _, rule := range rules {
		n := 0
		for _, c := range checks {
			if c.ID == rule.ID && (c.Applies || rule.optional) {
				n++
			}
		}
		if n != 1 {
			return false
		}
	}
	return len(checks) == len(rules)
}
