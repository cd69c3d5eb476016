package wolfssl

import (
	"bytes"
	_ "embed"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"

	"github.com/BurntSushi/toml"
)

// The severities of advisories, the worst first.
var Severities = []string{"critical", "high", "medium", "low"}

// Advisory is one published flaw of wolfSSL. The code with the flaw is compiled only if all Macros
// are defined, one of Any is, and none of Unless is; only from one of Files; and it is part of or
// reached through one of Functions. An empty list says nothing.
type Advisory struct {
	ID       string // the CVE, or the pull request with the fix: "PR-8087"
	Severity string
	Summary  string
	// From is the first release with the flaw, "" for all before Fixed, which is the first without
	// it.
	From, Fixed string
	Source      string // where this was read
	Macros, Any []string
	Unless      []string
	Files       []string // relative to the top of wolfSSL's tree
	Functions   []string // with external linkage
	// Mitigation are the macros that turn on the fix, all of them, if Fixed and later have it off
	// by default. Needs is what an attack needs then, in words.
	Mitigation []string
	Needs      string
	// Patches are fixes for sources of an older release.
	Patches []Patch `toml:"patch"`
}

// Patch is a fix that a distribution has applied to an older release.
type Patch struct {
	By   string // who, and from which of its versions on
	File string // relative to the top of wolfSSL's tree
	Text string // in a line of File if the fix was applied
}

// Advisories are those that became public from Since to Until, two releases of wolfSSL.
type Advisories struct {
	Date         string // of the newest source, such as "2026-07-05"
	Since, Until string
	Sources      []string
	List         []Advisory `toml:"advisory"`
}

//go:embed advisories.toml
var advisoriesTOML string

// KnownAdvisories are those of advisories.toml.
var KnownAdvisories = sync.OnceValues(func() (*Advisories, error) {
	return decodeAdvisories(advisoriesTOML)
})

func decodeAdvisories(text string) (*Advisories, error) {
	var a Advisories
	meta, err := toml.Decode(text, &a)
	if err != nil {
		return nil, fmt.Errorf("read advisories.toml: %w", err)
	}
	if extra := meta.Undecoded(); len(extra) > 0 {
		return nil, fmt.Errorf("read advisories.toml: unknown key %s", extra[0])
	}
	return &a, nil
}

// Of are the advisories about a release, the worst first.
func (a *Advisories) Of(version string) []Advisory {
	return a.which(func(advisory Advisory) bool { return advisory.concerns(version) })
}

// Unpatched are those of a version that no patch fixes in the tree at dir; all if dir is "".
func (a *Advisories) Unpatched(version, dir string) ([]Advisory, error) {
	of := a.Of(version)
	if dir == "" {
		return of, nil
	}
	var open []Advisory
	for _, advisory := range of {
		_, line, err := advisory.Patched(dir)
		if err != nil {
			return nil, err
		}
		if line == 0 {
			open = append(open, advisory)
		}
	}
	return open, nil
}

// Optional are those that a release has a fix of, but one that a macro must turn on.
func (a *Advisories) Optional(version string) []Advisory {
	return a.which(func(advisory Advisory) bool { return advisory.Optional(version) })
}

func (a *Advisories) which(is func(Advisory) bool) []Advisory {
	var of []Advisory
	for _, advisory := range a.List {
		if is(advisory) {
			of = append(of, advisory)
		}
	}
	slices.SortStableFunc(of, func(x, y Advisory) int {
		return slices.Index(Severities, x.Severity) - slices.Index(Severities, y.Severity)
	})
	return of
}

// Covers reports whether a release is neither so old nor so new that advisories about it are
// missing.
func (a *Advisories) Covers(version string) bool {
	return CompareVersions(version, a.Since) >= 0 && CompareVersions(version, a.Until) <= 0
}

func (a Advisory) concerns(version string) bool {
	return CompareVersions(version, a.Fixed) < 0 &&
		(a.From == "" || CompareVersions(version, a.From) >= 0)
}

// Optional reports whether a release has the fix, but only with the macros of Mitigation.
func (a Advisory) Optional(version string) bool {
	return len(a.Mitigation) > 0 && CompareVersions(version, a.Fixed) >= 0
}

// Patched is the first of the patches that was applied to the tree at dir, and the line of its
// file that shows it; 0 if none was.
func (a Advisory) Patched(dir string) (patch Patch, line int, err error) {
	for _, p := range a.Patches {
		if line, err = p.Line(dir); err != nil || line > 0 {
			return p, line, err
		}
	}
	return Patch{}, 0, nil
}

// Line is where the fix is in the tree at dir; 0 if it was not applied there.
func (p Patch) Line(dir string) (int, error) {
	text, err := os.ReadFile(filepath.Join(dir, filepath.FromSlash(p.File)))
	if errors.Is(err, fs.ErrNotExist) {
		return 0, nil
	}
	if err != nil {
		return 0, err
	}
	before, _, found := bytes.Cut(text, []byte(p.Text))
	if !found {
		return 0, nil
	}
	return bytes.Count(before, []byte("\n")) + 1, nil
}

// CompareVersions is negative if x is older than y, and positive if it is newer; what follows the
// numbers, as in 5.7.2-stable, does not count.
func CompareVersions(x, y string) int {
	return slices.Compare(versionNumbers(x), versionNumbers(y))
}

func versionNumbers(version string) []int {
	version, _, _ = strings.Cut(strings.TrimPrefix(version, "v"), "-")
	var numbers []int
	for _, word := range strings.Split(version, ".") {
		n, err := strconv.Atoi(word)
		if err != nil {
			break
		}
		numbers = append(numbers, n)
	}
	return numbers
}
