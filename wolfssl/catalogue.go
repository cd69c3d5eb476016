package wolfssl

import (
	_ "embed"
	"fmt"
	"regexp"
	"strings"
	"sync"

	"github.com/BurntSushi/toml"
)

// Release is a wolfSSL release that is known to work.
type Release struct {
	Version string // such as "5.9.2"
	Tag     string // in wolfSSL's git repository
	Commit  string // that the tag names, in hex
	SHA256  string // of the upstream archive in Debian's source package
	Licence string
	// Suites are Debian's suites that may have it, the most likely first.
	Suites []string
	// Patched says that security fixes for it exist only as Debian's patches.
	Patched bool
	Why     string
}

// Catalogue is what is known of the releases, and where they come from.
type Catalogue struct {
	// Git is the URL of the repository, Package the name of Debian's source package.
	Git      string
	Package  string
	Releases []Release `toml:"release"`
}

//go:embed releases.toml
var releasesTOML string

var known = sync.OnceValues(func() (*Catalogue, error) { return decode(releasesTOML) })

func decode(text string) (*Catalogue, error) {
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

var versionText = regexp.MustCompile(`^v?[0-9]+\.[0-9]+\.[0-9]+(-stable)?$`)

// IsVersion reports whether a word is a version, as --wolfssl takes one, and not a directory.
func IsVersion(word string) bool { return versionText.MatchString(word) }

// Releases are the releases known to work, newest first.
func Releases() (*Catalogue, error) { return known() }

// UnknownReleaseError says that a version is not in the catalogue.
type UnknownReleaseError struct {
	Version string
	Known   []string
}

func (e *UnknownReleaseError) Error() string {
	if strings.ContainsAny(e.Version, `/\`) {
		return fmt.Sprintf("there is no directory %q", e.Version)
	}
	return fmt.Sprintf("wolfSSL %q is not among the releases known to work: %s", e.Version,
		strings.Join(e.Known, ", "))
}

// Hint is what the user can do.
func (e *UnknownReleaseError) Hint() string {
	if strings.ContainsAny(e.Version, `/\`) {
		return ""
	}
	return "name the directory of a wolfSSL tree to use that one"
}

// Wanted are the releases that satisfy want, best first: all of them for "".
func (c *Catalogue) Wanted(want string) ([]Release, error) {
	if want == "" {
		return c.Releases, nil
	}
	var versions []string
	for _, release := range c.Releases {
		if release.Version == strings.TrimPrefix(want, "v") || release.Tag == want {
			return []Release{release}, nil
		}
		versions = append(versions, release.Version)
	}
	return nil, &UnknownReleaseError{Version: want, Known: versions}
}
