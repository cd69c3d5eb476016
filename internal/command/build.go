package command

import (
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"io"

	"github.com/urfave/cli/v2"

	"mpwolf/internal/build"
	"mpwolf/internal/check"
	"mpwolf/internal/doctor"
	"mpwolf/internal/hint"
	"mpwolf/internal/project"
	"mpwolf/internal/shell"
	"mpwolf/internal/verify"
)

func buildCommand(s *session) *cli.Command {
	return &cli.Command{
		Name:  "build",
		Usage: "run make with the arguments that a patched tree needs, and print the commands",
		Description: `Without a TARGET, it builds all. A target is named as in status, or by its port,
board or variant. A tree that lost its patch is not built.

Examples:
    mpwolf build
    mpwolf build -j4 NUCLEO_F429ZI
    mpwolf build --dry-run          # only the commands
    mpwolf build --format json`,
		ArgsUsage: "[TARGET...]",
		Flags: []cli.Flag{
			treeFlag(),
			jobsFlag("let make run `N` commands at once"),
			&cli.BoolFlag{Name: flagDryRun, Usage: "only print the commands"},
			&cli.BoolFlag{Name: flagForce,
				Usage: "build even if the tree is not as it was patched"},
			formatFlag("text", "json"),
		},
		Action: s.build,
	}
}

func (s *session) build(c *cli.Context) error {
	kind, err := format(c, "text", "json")
	if err != nil {
		return err
	}
	o := s.options(c)
	o.Lenient = true // what is gone is a finding
	p, err := project.Open(o, project.Recorded)
	if err != nil {
		return err
	}
	if err := p.NeedRecord(c.Context); err != nil {
		return err
	}
	if err := p.Interrupted(); err != nil {
		return err
	}
	if err := project.Distinct(p.Targets); err != nil {
		return err
	}
	targets, err := project.Choose(p.Targets, c.Args().Slice())
	if err != nil {
		return err
	}
	result := buildJSON{Targets: []builtJSON{}}
	if result.Findings, err = s.checkBuild(c, p, targets); err == nil {
		err = s.buildAll(c, p, targets, &result)
	}
	if kind == "json" && (err == nil || len(result.Targets) > 0 || errors.Is(err, errFound)) {
		result.OK = err == nil
		err = cmp.Or(err, s.json(result))
	}
	return err
}

// buildAll builds one target after the other, and records in the result what it did. It prints the
// commands unless the format is JSON.
func (s *session) buildAll(
	c *cli.Context, p *project.Project, targets []project.Target, result *buildJSON,
) error {
	if !c.Bool(flagDryRun) {
		s.building.Store(true)
		if err := doctor.Check(c.Context, project.Plain(targets)); err != nil {
			return err
		}
	}
	for _, t := range targets {
		args := t.ModuleArgs(p.Record.Modules.Dir)
		if n := c.Int(flagJobs); n > 0 {
			args = append([]string{fmt.Sprintf("-j%d", n)}, args...)
		}
		output := s.makeOutput()
		var log lastOutput
		plain := build.Plain{Target: t.Target, Args: args, Output: io.MultiWriter(output, &log)}
		if c.String(flagFormat) == "text" {
			fmt.Fprintln(s.stdout, plain.Command())
		}
		result.Targets = append(result.Targets,
			builtJSON{Target: t.Name(), Command: plain.Command()})
		if c.Bool(flagDryRun) {
			continue
		}
		if err := plain.Run(c.Context); err != nil {
			s.showKept(output)
			if cause, found := doctor.Blame(string(log.text)); found && c.Context.Err() == nil {
				return hint.With(fmt.Errorf("%w: %s", err, cause.Says), cause.Hint())
			}
			return err
		}
		result.Targets[len(result.Targets)-1].Built = true
	}
	return nil
}

// makeOutput is where the output of make goes. With --quiet it is kept, for an error.
func (s *session) makeOutput() io.Writer {
	if s.quiet {
		return &bytes.Buffer{}
	}
	return s.stderr
}

// showKept prints what makeOutput has kept.
func (s *session) showKept(output io.Writer) {
	if kept, is := output.(*bytes.Buffer); is {
		_, _ = kept.WriteTo(s.stderr)
	}
}

// lastOutput keeps the end of what make prints.
type lastOutput struct{ text []byte }

func (o *lastOutput) Write(p []byte) (int, error) {
	const most = 1 << 20
	o.text = append(o.text, p...)
	if len(o.text) > 2*most { // not at each line
		o.text = append(o.text[:0], o.text[len(o.text)-most:]...)
	}
	return len(p), nil
}

// checkBuild is an error if make would, without an error, build firmware other than what the
// tree was patched for, such as one with the built-in TLS after a checkout, or than what
// mpwolf.toml asks for.
func (s *session) checkBuild(
	c *cli.Context, p *project.Project, targets []project.Target,
) ([]checkedFinding, error) {
	o := s.options(c)
	o.Say = nil // which tree it is has been reported already
	options := check.Options{Options: o, Tool: Version(), Dangers: verify.Dangers{}}
	if c.Args().Present() {
		options.Only = project.Names(targets)
	}
	result, err := check.Built(c.Context, options)
	if err != nil {
		return nil, err
	}
	found := findings(result.Findings)
	for _, f := range result.Findings {
		s.complain("%s", findingText(f))
	}
	if len(result.Lost()) == 0 {
		return found, nil
	}
	if c.Bool(flagForce) {
		s.say("%s is not as it was patched; building it anyway", result.Tree)
		return found, nil
	}
	s.complain("nothing was built: the firmware would not be the one that %s was patched for%s",
		result.Tree, orAsked(p))
	s.complain("hint: apply the fixes above, or build the tree as it is with %s",
		p.Run("build --force"))
	return found, errFound
}

// orAsked adds to a sentence about what a tree was patched for what mpwolf.toml asks for.
func orAsked(p *project.Project) string {
	if p.File == nil {
		return ""
	}
	return ", as " + shell.Path(p.File.Path) + " asks for"
}
