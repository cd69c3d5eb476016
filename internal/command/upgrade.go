package command

import (
	"github.com/urfave/cli/v2"

	"mpwolf/internal/upgrade"
)

func upgradeCommand(s *session) *cli.Command {
	return &cli.Command{
		Name:  "upgrade",
		Usage: "move a patched tree to another MicroPython or wolfSSL",
		Description: `It reports what changes: the lines that decide, what programs meet, the
advisories. Then it patches, and edits mpwolf.toml, all or nothing. It runs no
git command: if the tree is not at that release, it prints the commands.

Examples:
    mpwolf upgrade --micropython v1.28.0 --dry-run
    mpwolf upgrade --wolfssl 5.9.2
    mpwolf upgrade                  # to what git has checked out`,
		Flags: []cli.Flag{
			treeFlag(), modulesFlag(), forceFlag(),
			&cli.StringFlag{Name: flagMicroPython, Usage: "the `VERSION` of MicroPython " +
				"(default: what the tree is)"},
			&cli.StringFlag{Name: flagWolfSSL, Usage: "the `VERSION` of wolfSSL, or the " +
				"directory of a wolfSSL tree (default: as before)"},
			&cli.StringFlag{
				Name: flagWolfSSLFrom, Value: "auto",
				Usage: "where wolfSSL comes from: auto, git, apt, or a directory, " +
					"archive or git `URL`",
			},
			&cli.StringFlag{Name: flagWolfSSLSHA, Usage: "the checksum that an archive given " +
				"with --wolfssl-from must have, in `HEX`"},
			&cli.BoolFlag{Name: flagDryRun, Usage: "report only; change nothing"},
			formatFlag("text", "json"),
		},
		Action: noArgs(s.upgrade),
	}
}

func (s *session) upgrade(c *cli.Context) error {
	kind, err := format(c, "text", "json")
	if err != nil {
		return err
	}
	report, err := upgrade.Plan(c.Context, upgrade.Options{Options: s.change(c)})
	if err != nil {
		return err
	}
	show := func() error {
		if kind == "json" {
			return s.json(report)
		}
		return report.Text(s.stdout)
	}
	if c.Bool(flagDryRun) {
		plan, err := report.Preview(c.Context)
		if err != nil {
			return err
		}
		for i, step := range report.Steps {
			if i == 0 {
				s.say("the tree is MicroPython %s; to move it, run", report.MicroPython.From)
			}
			s.say("  %s", step)
		}
		if err := show(); err != nil {
			return err
		}
		if plan != nil && !plan.Already && kind != "json" {
			s.showPlan(plan)
		}
		return report.Refused()
	}
	done, err := report.Apply(c.Context)
	if err != nil {
		return err
	}
	if err := show(); err != nil {
		return err
	}
	if kind != "json" {
		s.showPatched(done)
		if !done.Already {
			s.say("%s builds it, and compares its size with that of the last verification",
				"mpwolf verify")
		}
	}
	return nil
}
