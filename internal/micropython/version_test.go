package micropython

import "testing"

// garbage begins like a release, and is none.
var garbage = []string{"1.26.x", "1.26.0.7", "v1.26.0garbage", "1.26.0-1.27.0",
	"v1.26.0;rm -rf x", "v1.26.0 ", "v1.26.0\n", "1.26.", "1.26.99999999999999999999",
	"v1", "1.26.0-", "1.26.0-;x"}

// TestVersions reads releases of trees, and refuses what only begins like one.
func TestVersions(t *testing.T) {
	for text, want := range map[string]Version{
		"v1.25.0": {1, 25, 0, false}, "1.25": {1, 25, 0, false}, "1.19.1": {1, 19, 1, false},
		"v1.26.0-preview":                   {1, 26, 0, true},
		"v1.26.0-preview.12.g0123456":       {1, 26, 0, true},
		"v1.26.0-preview.12.g0123456.dirty": {1, 26, 0, true},
		"v1.20.0-12-g0123456-dirty":         {1, 20, 0, false},
		"v1.28.0-dirty":                     {1, 28, 0, false},
	} {
		if v, err := ParseVersion(text); err != nil || v != want {
			t.Errorf("%s: %v, %v", text, v, err)
		}
		if err := CheckName(text); err != nil {
			t.Errorf("%s: %v", text, err)
		}
	}
	for _, text := range append([]string{"", "master", "v1.26.0-ours", "v1.26.0-preview2"},
		garbage...) {
		if v, err := ParseVersion(text); err == nil {
			t.Errorf("%q is read as %s", text, v)
		}
	}
	for text, release := range map[string]bool{"v1.25.0": true, "1.25": true,
		"v1.26.0-preview": true, "v1.26.0-preview.12.g0123456": false, "v1.28.0-dirty": false,
		"master": false} {
		if v, err := ParseRelease(text); (err == nil) != release {
			t.Errorf("%s: %v, %v", text, v, err)
		}
	}
	for _, text := range garbage {
		if CheckName(text) == nil {
			t.Errorf("%q is accepted as the name of a branch", text)
		}
	}
	for _, text := range []string{"", "master", "ours-1.26", "v1.26.0-ours", "1.26-fixes/tls"} {
		if err := CheckName(text); err != nil {
			t.Error(err)
		}
	}
}
