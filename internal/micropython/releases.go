package micropython

import (
	_ "embed"
	"fmt"
	"strings"
	"sync"

	"github.com/BurntSushi/toml"
)

// Release is a MicroPython release that is known to work.
type Release struct {
	Version string // such as "1.28.0"; its tag in git has a v before it
	// Commit is what its tag names in git, in hex.
	Commit string
	// Suites are Debian's suites that may have it; none for most releases.
	Suites []string
	// SHA256 is the checksum of the upstream archive in Debian's source package, if there is one.
	SHA256 string
}

// Catalogue is what is known about the releases, and where they come from.
type Catalogue struct {
	// Git is the URL of the repository, Package the name of Debian's source package.
	Git      string
	Package  string
	Releases []Release `toml:"release"`
}

//go:embed releases.toml
var releasesTOML string

var knownReleases = sync.OnceValues(func() (*Catalogue, error) {
	return decodeReleases(releasesTOML)
})

func decodeReleases(text string) (*Catalogue, error) {
	var c Catalogue
	meta, err := toml.Decode(text, &c)
	if err != nil {
		return nil, fmt.Errorf("read releases.toml: %w", err)
	}
	if extra := meta.Undecoded(); len(extra) > 0 {
		return nil, fmt.Errorf("read releases.toml: unknown key %s", extra[0])
	}
	return &c, nil
}

// Releases are the releases known to work, newest first.
func Releases() (*Catalogue, error) { return knownReleases() }

// Find is the release with this version, or one that the catalogue lacks and that may be in any
// suite.
func (c *Catalogue) Find(version string) (release Release, known bool) {
	version = strings.TrimPrefix(version, "v")
	var suites []string
	for _, release := range c.Releases {
		if release.Version == version {
			return release, true
		}
		suites = append(suites, release.Suites...)
	}
	return Release{Version: version, Suites: suites}, false
}
