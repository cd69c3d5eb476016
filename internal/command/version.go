package command

import (
	"cmp"
	"fmt"
	"runtime"
	"runtime/debug"

	"github.com/urfave/cli/v2"

	"mpwolf/wolfssl"
)

// versionJSON is which mpwolf this is. What the build does not say is empty.
type versionJSON struct {
	Version  string `json:"version"`
	Commit   string `json:"commit,omitempty"`
	Date     string `json:"date,omitempty"` // of the commit
	Modified bool   `json:"modified"`       // not all of its files are those of the commit
	// Advisories is until when the advisories about wolfSSL are known.
	Advisories string `json:"advisories"`
	Go         string `json:"go"`
	System     string `json:"system"`
}

func versionCommand(s *session) *cli.Command {
	return &cli.Command{
		Name:  "version",
		Usage: "print mpwolf's version, its commit and date, and the date of its advisories",
		Description: `Examples:
    mpwolf version
    mpwolf version --format json`,
		Flags:  []cli.Flag{formatFlag("text", "json")},
		Action: noArgs(s.version),
	}
}

func (s *session) version(c *cli.Context) error {
	kind, err := format(c, "text", "json")
	if err != nil {
		return err
	}
	known, err := wolfssl.KnownAdvisories()
	if err != nil {
		return err
	}
	v := versionJSON{Version: Version(), Advisories: known.Date, Go: runtime.Version(),
		System: runtime.GOOS + "/" + runtime.GOARCH}
	if info, ok := debug.ReadBuildInfo(); ok {
		v.read(info.Settings)
	}
	if kind == "json" {
		return s.json(v)
	}
	changed := ""
	if v.Modified {
		changed = ", with changes"
	}
	_, err = fmt.Fprintf(s.stdout, "mpwolf %s\ncommit %s, %s%s\nadvisories until %s\n%s %s\n",
		v.Version, cmp.Or(v.Commit, "unknown"), cmp.Or(v.Date, "of unknown date"), changed,
		v.Advisories, v.Go, v.System)
	return err
}

// read takes what the build has recorded about the repository.
func (v *versionJSON) read(settings []debug.BuildSetting) {
	for _, s := range settings {
		switch s.Key {
		case "vcs.revision":
			v.Commit = s.Value
		case "vcs.time":
			v.Date = s.Value
		case "vcs.modified":
			v.Modified = s.Value == "true"
		}
	}
}
