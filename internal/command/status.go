package command

import (
	"fmt"
	"time"

	"github.com/urfave/cli/v2"

	"mpwolf/internal/shell"
	"mpwolf/internal/status"
)

func statusCommand(s *session) *cli.Command {
	return &cli.Command{
		Name:  "status",
		Usage: "report what was applied, to what and when, and what has changed since",
		Description: `Examples:
    mpwolf status
    mpwolf status --format json`,
		Flags:  []cli.Flag{treeFlag(), formatFlag("text", "json")},
		Action: noArgs(s.status),
	}
}

func (s *session) status(c *cli.Context) error {
	kind, err := format(c, "text", "json")
	if err != nil {
		return err
	}
	st, err := status.Read(c.Context, status.Options{Options: s.options(c), Tool: Version()})
	if err != nil {
		return err
	}
	if kind == "json" {
		err = s.json(st)
	} else {
		s.showStatus(st)
	}
	if err == nil && st.State != status.Clean && st.State != status.Applied {
		return errFound
	}
	return err
}

func (s *session) showStatus(st *status.Status) {
	fmt.Fprintf(s.stdout, "%s: MicroPython %s: %s\n", st.Tree, st.MicroPython, st.State)
	if st.State == status.Partial {
		fmt.Fprintf(s.stdout, "an earlier run was interrupted; fix: %s\n", st.Fix)
	}
	if st.State == status.Lost {
		fmt.Fprintf(s.stdout, "it was patched, but the record of that is missing; fix: %s\n",
			st.Fix)
		for _, f := range st.Files {
			fmt.Fprintf(s.stdout, "  changed %s\n", f)
		}
		for _, d := range st.Drift {
			fmt.Fprintf(s.stdout, "  unclear: %s\n", d)
		}
		if st.Modules != "" {
			fmt.Fprintf(s.stdout, "  installed %s\n", st.Modules)
		}
	}
	if st.Since == nil {
		return
	}
	fmt.Fprintf(s.stdout, "patched %s by mpwolf %s\n", st.Since.Format(time.RFC3339), st.Tool)
	if st.OtherVersion {
		fmt.Fprintf(s.stdout,
			"this is mpwolf %s; %s brings the tree up to date\n", Version(),
			s.asked.Commands("mpwolf patch"))
	}
	for _, t := range st.Targets {
		fmt.Fprintf(s.stdout, "  for %s", t.Port)
		if sub := t.Board + t.Variant; sub != "" {
			fmt.Fprintf(s.stdout, " (%s)", sub)
		}
		for _, w := range t.Wants {
			fmt.Fprintf(s.stdout, " %s=%d", w.Name, w.Value)
		}
		fmt.Fprintln(s.stdout)
		if len(t.Make) > 0 {
			fmt.Fprintf(s.stdout, "    make: %s\n", shell.Join(t.Make))
		}
		if t.UserSettings != "" {
			fmt.Fprintf(s.stdout, "    settings: %s\n", shell.Path(t.UserSettings))
		}
	}
	if st.Pristine {
		fmt.Fprintln(s.stdout, "  pristine: no file of the tree is changed")
	}
	for _, f := range st.Files {
		fmt.Fprintf(s.stdout, "  changed %s\n", f)
	}
	fmt.Fprintf(s.stdout, "  installed %s with wolfSSL %s (%s)\n", st.Modules,
		st.WolfSSL, st.Licence)
	for _, tree := range st.Shared {
		fmt.Fprintf(s.stdout, "  shared with %s\n", tree)
	}
	for _, d := range st.Drift {
		fmt.Fprintf(s.stdout, "since then: %s\n", d)
	}
	if st.State == status.Drifted {
		fmt.Fprintf(s.stdout, "fix: %s\n", st.Fix)
	}
}
