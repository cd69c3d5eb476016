package verify

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"

	"mpwolf/internal/config"
)

// Merge joins results that verify has written as JSON, such as one for each job of a CI system. A
// target must be in one of them only, and all must be of the same release of MicroPython and by
// the same version of mpwolf. If file is not nil, missing are those of its targets of which there
// is no result: a job that did not get that far must not make the whole look fine.
func Merge(files []string, file *config.File) (merged *Result, missing []string, err error) {
	from := make(map[string]string) // the targets, and the file of each
	for _, name := range files {
		r, err := readResult(name)
		if err != nil {
			return nil, nil, err
		}
		for _, t := range r.Targets {
			if other, twice := from[t.Target]; twice {
				return nil, nil, fmt.Errorf("merge: %s is in %s and in %s", t.Target, other,
					name)
			}
			from[t.Target] = name
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
	if file != nil {
		for _, t := range file.Targets {
			if !slices.ContainsFunc(merged.Targets, func(r Target) bool { return r.isOf(t) }) {
				missing = append(missing, wanted(t))
			}
		}
	}
	return merged, missing, nil
}

// isOf reports whether a result is that of a target of mpwolf.toml. Another machine has a board's
// directory elsewhere.
func (r Target) isOf(t config.Target) bool {
	return r.Port == t.Port && base(r.Board) == base(t.Board) &&
		(t.Variant == "" || r.Variant == t.Variant)
}

// base is the last element of a path; "" for "".
func base(path string) string {
	if path == "" {
		return ""
	}
	return filepath.Base(path)
}

func wanted(t config.Target) string {
	name := t.Port
	for _, part := range []string{base(t.Board), t.Variant} {
		if part != "" {
			name += " " + part
		}
	}
	return name
}

func readResult(name string) (*Result, error) {
	text, err := os.ReadFile(name)
	if err != nil {
		return nil, fmt.Errorf("merge: %w", err)
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
		if t.Report == nil || len(t.Checks) != len(rules) {
			return nil, fmt.Errorf("merge: the result for %s in %s is incomplete", t.Target, name)
		}
		// Whether it is fine is what its checks say.
		r.OK = r.OK && t.OK && !slices.ContainsFunc(t.Checks, func(c Check) bool {
			return !c.OK || len(c.Findings) > 0
		})
	}
	r.OK = r.OK && len(r.Findings) == 0
	return r, nil
}
