package micropython

import (
	"cmp"
	"fmt"
	"regexp"
	"strconv"
)

// Version is a MicroPython release. The zero value means "not known".
type Version struct {
	Major, Minor, Micro int
	// Preview is set between releases (MICROPY_VERSION_PRERELEASE, from v1.22 on).
	Preview bool
}

// Oldest is the first release that mpwolf knows.
var Oldest = Version{Major: 1, Minor: 19, Micro: 1}

var (
	versionText = regexp.MustCompile(`^v?(\d+)\.(\d+)(?:\.(\d+))?(-preview)?$`)
	// describedText is what git describe, and MicroPython's own makeversionhdr.py, add to a
	// release.
	describedText = regexp.MustCompile(`^(v?\d+\.\d+(?:\.\d+)?(?:-preview)?)` +
		`(?:[.-]\d+[.-]g[0-9a-f]+)?(?:[.-]dirty)?$`)
	// aVersion is how a version begins, ownName one with a word after it: the name of a tag or
	// branch of somebody's own.
	aVersion = regexp.MustCompile(`^v?\d+(\.|$)`)
	ownName  = regexp.MustCompile(`^v?\d+\.\d+(\.\d+)?-[A-Za-z][A-Za-z0-9_./+-]*$`)
)

// ParseVersion reads what a tree, or git describe in one, says: "v1.25.0", "1.25",
// "v1.26.0-preview.12.g0123456" or "v1.20.0-12-g0123456-dirty". For what a person writes, see
// ParseRelease.
func ParseVersion(s string) (Version, error) {
	if m := describedText.FindStringSubmatch(s); m != nil {
		return ParseRelease(m[1])
	}
	return ParseRelease(s)
}

// CheckName refuses what cannot be the name of a release, tag or branch to fetch: what begins like
// a version, and is none. Otherwise "1.26.x" would be looked for as a branch.
func CheckName(s string) error {
	if !aVersion.MatchString(s) || ownName.MatchString(s) {
		return nil
	}
	_, err := ParseVersion(s)
	return err
}

// ParseRelease reads a release as mpwolf.toml and --micropython name one: "v1.25.0", "1.25" or
// "v1.26.0-preview", and nothing more.
func ParseRelease(s string) (Version, error) {
	m := versionText.FindStringSubmatch(s)
	if m == nil {
		return Version{},
			fmt.Errorf("%q is not a MicroPython version; expected one such as v1.25.0", s)
	}
	v := Version{Preview: m[4] != ""}
	for i, field := range []*int{&v.Major, &v.Minor, &v.Micro} {
		if m[i+1] == "" {
			continue
		}
		n, err := strconv.Atoi(m[i+1])
		if err != nil {
			return Version{}, fmt.Errorf("%q is not a MicroPython version: %w", s, err)
		}
		*field = n
	}
	return v, nil
}

// String gives the form of the release's tag, such as "v1.25.0".
func (v Version) String() string {
	s := fmt.Sprintf("v%d.%d.%d", v.Major, v.Minor, v.Micro)
	if v.Preview {
		s += "-preview"
	}
	return s
}

// Compare orders versions; a preview comes before its release.
func (v Version) Compare(w Version) int {
	return cmp.Or(
		cmp.Compare(v.Major, w.Major),
		cmp.Compare(v.Minor, w.Minor),
		cmp.Compare(v.Micro, w.Micro),
		-compareBool(v.Preview, w.Preview),
	)
}

func compareBool(a, b bool) int {
	switch {
	case a == b:
		return 0
	case a:
		return 1
	}
	return -1
}
