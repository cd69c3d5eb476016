package command

import (
	"fmt"
	"strings"
	"time"

	"github.com/urfave/cli/v2"

	"mpwolf/internal/doctor"
	"mpwolf/internal/shell"
)

func doctorCommand(s *session) *cli.Command {
	return &cli.Command{
		Name: "doctor",
		Usage: "report which tools of this machine the builds need and which are missing, and " +
			"the state of the tree",
		Description: `It changes nothing. For a missing tool it names the packages for Debian, Fedora,
Arch, macOS and Windows. The exit code is 1 if anything is missing.

Examples:
    mpwolf doctor
    mpwolf doctor --port stm32 --board NUCLEO_F429ZI
    mpwolf doctor --format json`,
		Flags:  append(targetFlags(), treeFlag(), formatFlag("text", "json")),
		Action: noArgs(s.doctor),
	}
}

func (s *session) doctor(c *cli.Context) error {
	kind, err := format(c, "text", "json")
	if err != nil {
		return err
	}
	r, err := doctor.Run(c.Context, doctor.Options{Options: s.options(c), Tool: Version()})
	if err != nil {
		return err
	}
	if kind == "json" {
		err = s.json(r)
	} else {
		s.showDoctor(r)
	}
	if err == nil && !r.OK {
		return errFound
	}
	return err
}

func (s *session) showDoctor(r *doctor.Result) {
	fmt.Fprintf(s.stdout, "mpwolf %s (%s) on %s, %s\n", r.Tool, r.Go, r.System.Name, r.Host)
	for _, f := range r.Tools {
		s.showTool(f)
	}
	if r.Install != "" {
		fmt.Fprintf(s.stdout, "fix: %s\n", r.Install)
	}
	if r.Tree == nil {
		fmt.Fprintln(s.stdout, "tree: none around or below this directory; the tools are those "+
			"for the port "+r.Port)
	} else {
		s.showDoctorTree(r.Tree)
	}
	for _, t := range r.Targets {
		s.showDoctorTarget(r, t)
	}
	switch n := len(r.Cache.Entries); {
	case r.Cache.Dir == "":
		fmt.Fprintln(s.stdout, "cache: none; set MPWOLF_CACHE to a directory")
	case n == 0:
		fmt.Fprintf(s.stdout, "cache: %s, empty\n", r.Cache.Dir)
	default:
		fmt.Fprintf(s.stdout, "cache: %s: %s\n", r.Cache.Dir, strings.Join(r.Cache.Entries, ", "))
	}
}

// showTool prints a tool on one line and, if it is missing, what to install below it.
func (s *session) showTool(f doctor.Found) {
	what := strings.TrimSpace(f.Version + " " + f.Path)
	switch {
	case f.State == doctor.Absent:
		what = "only for " + f.OnlyFor
	case f.State != doctor.OK:
		what = f.Says + "; " + f.Why
	}
	if len(f.By) > 0 && f.State != doctor.OK {
		what += "; for " + strings.Join(f.By, ", ")
	}
	fmt.Fprintf(s.stdout, "%-7s  %-18s  %s\n", f.State, f.Name, what)
	if elsewhere := doctor.Elsewhere(f.Tool); f.Lacks() && elsewhere != "" {
		fmt.Fprintf(s.stdout, "         install: %s\n", elsewhere)
	}
}

func (s *session) showDoctorTree(t *doctor.Tree) {
	fmt.Fprintf(s.stdout, "tree: %s: MicroPython %s", shell.Path(t.Dir), t.MicroPython)
	if t.Patched == nil {
		fmt.Fprintln(s.stdout, ", not patched")
	} else {
		fmt.Fprintf(s.stdout, ", patched %s with wolfSSL %s in %s\n",
			t.Patched.Format(time.RFC3339), t.WolfSSL, shell.Path(t.Modules))
	}
	if t.Interrupted {
		fmt.Fprintln(s.stdout, "  an earlier run was interrupted; fix: "+
			s.asked.Commands("mpwolf patch or mpwolf revert"))
	}
	if len(t.CMake) > 0 {
		fmt.Fprintf(s.stdout, "  built with CMake: %s\n", strings.Join(t.CMake, ", "))
	}
	for _, dir := range t.Leftover {
		fmt.Fprintf(s.stdout, "  left over: %s: verify built there for a target that the "+
			"tree no longer has; fix: rm -r %s\n", shell.Path(dir), shell.Quote(shell.Path(dir)))
	}
}

func (s *session) showDoctorTarget(r *doctor.Result, t doctor.Target) {
	fmt.Fprintf(s.stdout, "%s:\n", t.Name)
	switch {
	case t.Unread != "":
		fmt.Fprintf(s.stdout, "  submodules: not known: %s\n", t.Unread)
	case len(t.Submodules) > 0:
		names := strings.Join(t.Submodules, " ")
		fmt.Fprintf(s.stdout, "  submodules: missing: %s\n", names)
		fmt.Fprintf(s.stdout, "    fix: %s\n", t.SubmodulesFix)
	default:
		fmt.Fprintln(s.stdout, "  submodules: none missing")
	}
	switch {
	case t.SettingsGone:
		fmt.Fprintf(s.stdout, "  settings: %s is missing\n", shell.Path(t.Settings))
		fmt.Fprintln(s.stdout, "    fix: restore the file, or "+
			s.asked.Commands("mpwolf patch --user-settings FILE"))
	case t.Settings != "":
		fmt.Fprintf(s.stdout, "  settings: %s\n", shell.Path(t.Settings))
	}
	if t.Stale != "" {
		fmt.Fprintf(s.stdout, "  stale: %s has objects from before the patch, which make would "+
			"link; fix: rm -r %s\n", shell.Path(t.Stale), shell.Quote(shell.Path(t.Stale)))
	}
}
