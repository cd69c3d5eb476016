package command

import (
	"fmt"

	"github.com/urfave/cli/v2"

	"mpwolf/internal/build"
	"mpwolf/internal/check"
	"mpwolf/internal/project"
)

func buildCommand(s *session) *cli.Command {
	return &cli.Command{
		Name:  "build",
		Usage: "run make as the patched tree needs it; the commands are printed, to be copied",
		ArgsUsage: "[TARGET...]  (default: all; a target is named as in status, or by its " +
			"port, board or variant)",
		Flags: []cli.Flag{
			treeFlag(),
			jobsFlag("how many commands make runs at once"),
			&cli.BoolFlag{Name: flagDryRun, Usage: "only print the commands"},
			&cli.BoolFlag{Name: flagForce,
				Usage: "build even if the tree is not as it was patched"},
		},
		Action: s.build,
	}
}

func (s *session) build(c *cli.Context) error {
	p, err := project.Open(s.options(c), project.Recorded)
	if err != nil {
		return err
	}
	if err := p.NeedRecord(c.Context); err != nil {
		return err
	}
	if err := p.Interrupted(); err != nil {
		return err
	}
	targets, err := project.Choose(p.Targets, c.Args().Slice())
	if err != nil {
		return err
	}
	if err := s.checkBuild(c, targets); err != nil {
		return err
	}
	for _, t := range targets {
		args := t.ModuleArgs(p.Record.Modules.Dir)
		if n := c.Int(flagJobs); n > 0 {
			args = append([]string{fmt.Sprintf("-j%d", n)}, args...)
		}
		plain := build.Plain{Target: t.Target, Args: args, Output: s.stderr}
		fmt.Fprintln(s.stdout, plain.Command())
		if c.Bool(flagDryRun) {
			continue
		}
		s.building.Store(true)
		if err := plain.Run(c.Context); err != nil {
			return err
		}
	}
	return nil
}

// checkBuild is an error if make would, without an error, build firmware other than what the
// tree was patched for, such as one with the built-in TLS after a checkout.
func (s *session) checkBuild(c *cli.Context, targets []project.Target) error {
	o := options(c) // which tree it is has been reported already
	result, err := check.Run(c.Context, check.Options{
		Options: o, Tool: Version(), Patched: true, Only: project.Names(targets),
	})
	if err != nil {
		return err
	}
	for _, f := range result.Findings {
		s.say("%s", findingText(f))
	}
	if len(result.Lost()) == 0 {
		return nil
	}
	if c.Bool(flagForce) {
		s.say("%s is not as it was patched; building it anyway", result.Tree)
		return nil
	}
	s.say("nothing was built: the firmware would not be the one that %s was patched for",
		result.Tree)
	s.say("hint: apply the fixes above, or build the tree as it is with mpwolf build --force")
	return errFound
}
