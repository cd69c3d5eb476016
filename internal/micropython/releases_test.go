package micropython

import (
	"regexp"
	"testing"
)

func TestReleases(t *testing.T) {
	c, err := Releases()
	if err != nil {
		t.Fatal(err)
	}
	for i, r := range c.Releases {
		version, err := ParseVersion(r.Version)
		if err != nil || version.String() != "v"+r.Version || version.Compare(Oldest) < 0 {
			t.Errorf("%s: %v, %v", r.Version, version, err)
		}
		if (r.SHA256 != "") != (len(r.Suites) > 0) || r.SHA256 != "" &&
			!regexp.MustCompile(`^[0-9a-f]{64}$`).MatchString(r.SHA256) {
			t.Errorf("incomplete: %+v", r)
		}
		if i > 0 {
			if before, err := ParseVersion(c.Releases[i-1].Version); err != nil ||
				before.Compare(version) <= 0 {
				t.Errorf("%s is not older than %s: the newest comes first", r.Version, before)
			}
		}
	}
	for _, text := range []string{"gti = 'x'", "[[release]]\ntag = '1'", "git = 1"} {
		if _, err := decodeReleases(text); err == nil {
			t.Errorf("%q was accepted", text)
		}
	}
}
