package check

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"

	"mpwolf/internal/config"
	"mpwolf/internal/project"
	"mpwolf/internal/report"
	"mpwolf/internal/shell"
	"mpwolf/internal/state"
	"mpwolf/modules"
)

// place checks which MicroPython the tree is.
func (k *checker) place() error {
	mpconfig := k.Tree.Path("py", "mpconfig.h")
	if k.File != nil && !k.SameRelease() {
		k.found(report.Finding{ID: "release", File: mpconfig, Line: 1,
			Message: fmt.Sprintf("the tree is MicroPython %s; %s expects %s", k.Tree.Version,
				config.Name, k.File.MicroPython),
			Fix: k.checkout() + ", or change micropython in " + config.Name})
	}
	if k.Record == nil {
		return nil
	}
	commit, err := k.Tree.Commit()
	if err != nil {
		return err
	}
	if now, then := k.Tree.Version.String(), k.Record.MicroPython; now != then {
		k.found(report.Finding{ID: "moved", File: mpconfig, Line: 1, Fix: fixPatch,
			Message: fmt.Sprintf("the tree moved from %s to %s after it was patched", then, now)})
	} else if commit != k.Record.Commit {
		// What is read now is checked as ever: a commit of one's own patch changes nothing.
		k.claim(fmt.Sprintf("the tree moved from %s to %s after it was patched",
			state.ShortCommit(k.Record.Commit), state.ShortCommit(commit)))
	}
	return nil
}

// checkout is how to get the release that mpwolf.toml expects.
func (k *checker) checkout() string {
	if project.IsSubmodule(k.Tree.Dir) {
		return "git submodule update " + shell.Quote(shell.Path(k.Tree.Dir))
	}
	return "check out that release"
}

// way checks that the tree was patched in the way that mpwolf.toml asks for. The wants are then
// checked as the tree was patched.
func (k *checker) way() {
	if k.Record == nil {
		return
	}
	if k.File != nil && k.File.Pristine != k.Record.Pristine {
		is, asked := "in the tree", "pristine = true"
		if k.Record.Pristine {
			is, asked = "pristine", "a patch in the tree"
		}
		k.found(report.Finding{ID: "way", File: k.File.Path,
			Line: max(1, k.File.KeyLine("pristine")), Fix: fixPatch,
			Message: fmt.Sprintf("the tree was patched %s; %s asks for %s", is, config.Name,
				asked)})
	}
	k.Pristine = k.Record.Pristine
}

// recorded compares a target of mpwolf.toml with what was patched.
func (k *checker) recorded(t project.Target) {
	entry := t.Entry()
	i := slices.IndexFunc(k.Record.Targets, entry.Same)
	f := report.Finding{ID: "target", File: k.File.Path, Line: t.Line, Fix: fixPatch}
	switch {
	case i < 0:
		f.Message = fmt.Sprintf("the tree was not patched for %s", t.Name())
	case !slices.Equal(deviating(entry.Make), deviating(k.Record.Targets[i].Make)):
		f.Message = fmt.Sprintf("%s was patched with other arguments for make: %s; %s asks for %s",
			t.Name(), arguments(k.Record.Targets[i].Make), config.Name, arguments(entry.Make))
	case entry.UserSettings != k.Record.Targets[i].UserSettings:
		f.Message = fmt.Sprintf("%s was patched with user settings %q", t.Name(),
			k.Record.Targets[i].UserSettings)
	default:
		return
	}
	k.found(f)
}

// deviating are make's arguments without those that say what is so anyway.
func deviating(args []string) []string {
	return slices.DeleteFunc(slices.Clone(args), func(arg string) bool {
		name, value, _ := strings.Cut(arg, "=")
		is, known := modules.Variables()[name]
		return known && is == value
	})
}

func arguments(args []string) string {
	if len(args) == 0 {
		return "none"
	}
	return shell.Join(args)
}

// others names what the tree was patched for and mpwolf.toml does not have.
func (k *checker) others() {
	if !k.All || k.some || k.Record == nil || k.File == nil || len(k.File.Targets) == 0 {
		return
	}
	for _, t := range k.Record.Targets {
		if !slices.ContainsFunc(k.Targets, func(w project.Target) bool {
			return w.Entry().Same(t)
		}) {
			k.found(report.Finding{ID: "target", File: k.File.Path, Line: 1, Fix: fixPatch,
				Message: fmt.Sprintf("the tree is also patched for %s, which is not a target "+
					"here", project.Name(t))})
		}
	}
}

// files looks for changed files that no longer exist; their contents are checked through the
// macros.
func (k *checker) files() error {
	if k.Record == nil {
		return nil
	}
	for _, f := range k.Record.Files {
		info, err := os.Lstat(k.Tree.Path(filepath.FromSlash(f.Path)))
		if err != nil && !errors.Is(err, fs.ErrNotExist) && !errors.Is(err, syscall.ENOTDIR) {
			return err
		}
		if err != nil || !info.Mode().IsRegular() {
			k.found(report.Finding{ID: "file",
				File: k.Tree.Path(filepath.FromSlash(f.Path)), Line: 1,
				Message: "mpwolf changed this file; it " + state.Became(k.Tree.Dir, f),
				Fix:     k.restoreFile(f, info)})
		}
	}
	return nil
}

// restoreFile is what to do about a changed file that something else replaced; nil stands for
// nothing. git knows only a file of its last commit.
func (k *checker) restoreFile(f state.File, info fs.FileInfo) string {
	_, inGit := k.Tree.AtHead(f.Path, nil)
	restore := "git -C " + shell.Quote(shell.Path(k.Tree.Dir)) + " restore " +
		shell.Quote(f.Path) + ", then " + k.Run("patch")
	switch {
	case inGit && info != nil && info.IsDir():
		return "move it away, then " + restore
	case inGit:
		return restore
	case info != nil:
		return "move it away, then " + k.Run("patch")
	case !state.IsGone(k.Tree.Dir, f):
		return "rename that file back"
	}
	return fixPatch
}

// whatIs says what replaced a regular file; nil stands for nothing.
func whatIs(info fs.FileInfo) string {
	switch {
	case info == nil:
		return "gone"
	case info.Mode()&fs.ModeSymlink != 0:
		return "now a link"
	case info.IsDir():
		return "now a directory"
	}
	return "no longer a regular file"
}
