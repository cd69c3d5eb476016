package command

import (
	"fmt"
	"slices"
	"strings"

	"github.com/urfave/cli/v2"

	"mpwolf/internal/build"
	"mpwolf/internal/project"
)

func buildCommand(s *session) *cli.Command {
	return &cli.Command{
		Name:  "build",
		Usage: "run make as the patched tree needs it; the commands are printed, to be copied",
		ArgsUsage: "[TARGET...]  (default: all; a target is named as status does, or by its " +
			"port, board or variant)",
		Flags: []cli.Flag{
			treeFlag(),
			jobsFlag("how many commands make runs at once"),
			&cli.BoolFlag{Name: flagDryRun, Usage: "print the commands alone"},
		},
		Action: s.build,
	}
}

func (s *session) build(c *cli.Context) error {
	p, err := project.Open(options(c), project.Recorded)
	if err != nil {
		return err
	}
	if err := p.NeedRecord(); err != nil {
		return err
	}
	if err := p.Interrupted(); err != nil {
		return err
	}
	targets, err := chooseTargets(p.Targets, c.Args().Slice())
	if err != nil {
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
		if err := plain.Run(c.Context); err != nil {
			return err
		}
	}
	return nil
}

// chooseTargets are the targets that the arguments name; all without arguments. A name that fits
// several means all of them; one that fits none is an error.
func chooseTargets(targets []project.Target, names []string) ([]project.Target, error) {
	if len(names) == 0 {
		return targets, nil
	}
	chosen := make([]bool, len(targets))
	for _, name := range names {
		found := false
		for i, t := range targets {
			if slices.Contains([]string{t.Name(), t.Port, t.BoardFlag(), t.Variant}, name) {
				chosen[i], found = true, true
			}
		}
		if !found {
			return nil, project.Usagef("unknown target %q; the tree is patched for: %s", name,
				strings.Join(project.Names(targets), ", "))
		}
	}
	var list []project.Target
	for i, t := range targets {
		if chosen[i] {
			list = append(list, t)
		}
	}
	return list, nil
}
