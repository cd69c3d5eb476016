package check

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"mpwolf/internal/config"
	"mpwolf/internal/disk"
	"mpwolf/internal/project"
	"mpwolf/internal/report"
	"mpwolf/internal/shell"
	"mpwolf/modules"
	"mpwolf/wolfssl"
)

// inputs reports whether a stamped file is one that the scanner reads. In the installed module
// these are only the files that take the place of changes to the tree.
func (k *checker) inputs(name string) bool {
	rel, err := filepath.Rel(filepath.Join(k.Modules, modules.Name), name)
	return err != nil || !filepath.IsLocal(rel) ||
		strings.HasPrefix(filepath.ToSlash(rel), "pristine/")
}

// modules checks what is installed.
func (k *checker) modules() error {
	dir := k.Modules
	final := filepath.Join(dir, modules.Name)
	if odd := shell.NotForMake(dir); odd != "" {
		k.found(report.Finding{ID: "modules", File: k.where(), Line: 1,
			Message: fmt.Sprintf("the path of the modules, %q, contains %s, which make does not "+
				"support", dir, odd),
			Fix: "move or rename that directory; or " + k.Run("revert") + ", and patch with " +
				"--modules DIR"})
	}
	changed, err := modules.Changed(dir, k.stamps.Hash)
	var notOurs *modules.NotOursError
	if errors.As(err, &notOurs) {
		message := "the user modules are not installed in " + shell.Path(dir)
		if disk.Exists(final) {
			message = "what is in " + shell.Path(final) + " was not installed by mpwolf"
		}
		k.found(report.Finding{ID: "modules", File: k.where(), Line: 1,
			Message: message, Fix: fixPatch})
		return k.advisories(filepath.Join(final, "wolfssl"))
	}
	if err != nil {
		return err
	}
	k.changed(final, changed)
	if err := k.owner(final); err != nil {
		return err
	}
	if err := k.wolfSSL(final); err != nil {
		return err
	}
	return k.advisories(filepath.Join(final, "wolfssl"))
}

// advisories notes that the installed wolfSSL has known flaws or, if none is installed, the one
// that mpwolf.toml names. Which of them are in the firmware is a question that only a build can
// answer.
func (k *checker) advisories(dir string) error {
	version, err := wolfssl.Version(dir)
	patched := "that no patch fixes "
	if err != nil {
		// The modules check reports what is missing.
		if version, dir = k.pinned(); version == "" {
			return nil
		}
		if dir == "" {
			patched = "unless a distribution has patched it "
		}
	}
	known, err := wolfssl.KnownAdvisories()
	if err != nil {
		return err
	}
	note := func(message, fix string) {
		k.notes = append(k.notes, report.Finding{ID: "advisories", File: k.where(), Line: 1,
			Level: report.Note, Message: message, Fix: fix})
	}
	const newer = "look for a newer mpwolf, or for advisories about it"
	switch {
	case wolfssl.CompareVersions(version, known.Until) > 0:
		note(fmt.Sprintf("wolfSSL %s is newer than the list of advisories, which ends with %s",
			version, known.Until), newer)
	case !known.Covers(version):
		note(fmt.Sprintf("wolfSSL %s is older than the list of advisories, which begins with %s: "+
			"it may have more flaws", version, known.Since), "use a newer wolfSSL")
	}
	open, err := known.Unpatched(version, dir)
	if err != nil || len(open) == 0 {
		return err
	}
	note(fmt.Sprintf("wolfSSL %s has %d known flaws %s(worst: %s; known until %s)", version,
		len(open), patched, open[0].Severity, known.Date),
		k.Run("audit")+" shows which are in the firmware")
	return nil
}

// pinned is the version that mpwolf.toml names, or that of the directory that it names, and that
// directory.
func (k *checker) pinned() (version, dir string) {
	if k.File == nil || k.File.WolfSSL == "" {
		return "", ""
	}
	if filepath.IsAbs(k.File.WolfSSL) {
		version, err := wolfssl.Version(k.File.WolfSSL)
		if err != nil {
			return "", ""
		}
		return version, k.File.WolfSSL
	}
	return strings.TrimPrefix(k.File.WolfSSL, "v"), ""
}

// changed reports changed files, one finding each, and the rest of many in a single one.
func (k *checker) changed(final string, names []string) {
	const most = 20
	for i, name := range names {
		file := filepath.Join(final, filepath.FromSlash(name))
		if i == most && len(names) > most+1 {
			k.found(report.Finding{ID: "modules-changed", File: final, Fix: fixForce,
				Message: fmt.Sprintf("and %d more files were changed", len(names)-most)})
			return
		}
		what := "was changed after mpwolf installed it"
		if modules.IsAdded(k.Modules, name) {
			what = "was added to what mpwolf installed"
		} else if info, err := os.Lstat(file); err != nil || !info.Mode().IsRegular() {
			what = "was installed by mpwolf, and is " + whatIs(info)
		}
		k.found(report.Finding{ID: "modules-changed", File: file, Line: 1,
			Message: "this file " + what, Fix: fixForce})
	}
}

// owner checks that the modules are those that this tree was patched with: another tree's patch
// may have replaced them, and a copy of a tree is not listed as a user.
func (k *checker) owner(final string) error {
	if k.Record == nil {
		return nil
	}
	f := report.Finding{ID: "modules", File: final, Fix: fixPatch}
	others, err := k.OtherUsers()
	if err != nil {
		return err
	}
	noted, err := k.Uses()
	if err != nil {
		return err
	}
	_, id, err := modules.Installed(k.Modules)
	switch {
	case err != nil:
		return err
	case id != k.Record.Modules.ID:
		f.Message = "these modules were installed for another tree after this one was patched"
		if now, err := wolfssl.Version(filepath.Join(final, "wolfssl")); err == nil &&
			now != k.Record.Modules.WolfSSL {
			f.Message += fmt.Sprintf(": they have wolfSSL %s instead of %s", now,
				k.Record.Modules.WolfSSL)
		}
		if len(others) > 0 {
			f.Fix = fixShared
		}
	case !noted && len(others) > 0:
		f.Message =
			fmt.Sprintf("these modules are used by %s and not registered for this tree, "+
				"which was copied or moved here", others[0].Tree)
	default:
		return nil
	}
	k.found(f)
	return nil
}

// restore is how to get a directory that mpwolf.toml names by a key.
func restore(dir, key string) string {
	if project.IsSubmodule(dir) {
		return "git submodule update --init " + shell.Quote(shell.Path(dir))
	}
	return "restore that directory, or change " + key + " in " + config.Name
}

// wolfSSL compares the installed version with that of mpwolf.toml.
func (k *checker) wolfSSL(final string) error {
	if k.Record != nil {
		have, err := wolfssl.Version(filepath.Join(final, "wolfssl"))
		if err == nil && have != k.Record.Modules.WolfSSL {
			k.found(report.Finding{ID: "modules",
				File: filepath.Join(final, "wolfssl", "wolfssl", "version.h"), Line: 1,
				Message: fmt.Sprintf("wolfSSL %s is installed; the tree was patched with %s",
					have, k.Record.Modules.WolfSSL), Fix: fixPatch})
			return nil
		}
	}
	if k.File == nil || k.File.WolfSSL == "" {
		return nil
	}
	want := k.File.WolfSSL
	if filepath.IsAbs(want) {
		tree, err := wolfssl.Open(want)
		if err != nil {
			k.found(report.Finding{ID: "modules", File: k.File.Path, Line: 1,
				Message: "wolfssl: " + err.Error(),
				Fix:     restore(want, "wolfssl")})
			return nil
		}
		want = tree.Version
	} else if releases, err := wolfssl.Releases(); err != nil {
		return err
	} else if _, unknown := releases.Wanted(want); unknown != nil {
		k.found(report.Finding{ID: "modules", File: k.File.Path, Line: k.File.KeyLine("wolfssl"),
			Message: "wolfssl: " + unknown.Error(), Fix: "name one of these, or a directory"})
		return nil
	}
	have, err := wolfssl.Version(filepath.Join(final, "wolfssl"))
	if err != nil {
		k.found(report.Finding{ID: "modules", File: final, Message: err.Error(), Fix: fixForce})
		return nil
	}
	if have != want {
		k.found(report.Finding{ID: "modules",
			File: filepath.Join(final, "wolfssl", "wolfssl", "version.h"), Line: 1,
			Message: fmt.Sprintf("wolfSSL %s is installed; %s asks for %s", have, config.Name,
				want), Fix: fixPatch})
	}
	return nil
}
