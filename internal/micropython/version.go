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

var versionText = regexp.MustCompile(`^v?(\d+)\.(\d+)(?:\.(\d+))?(-preview)?`)

// ParseVersion reads "v1.25.0", "1.25" or "v1.26.0-preview.12.g0123456".
func ParseVersion(s string) (Version, error) {
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
