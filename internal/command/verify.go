package command

import (
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/urfave/cli/v2"

	"mpwolf/internal/audit"
	"mpwolf/internal/project"
	"mpwolf/internal/report"
	"mpwolf/internal/shell"
	"mpwolf/internal/verify"
)

// The formats of check and verify, besides text and json.
const (
	formatSARIF  = "sarif"
	formatJUnit  = "junit"
	formatGitHub = "github"
	formatHTML   = "html" // of verify and merge
)

const (
	flagNoBuild  = "no-build"
	flagBaseline = "baseline"
	flagDevice   = "device"
	flagTimeout  = "script-timeout"
	flagTarget   = "target"
)

// errUnmade ends a verification that found nothing, and in which a check could not be made.
var errUnmade = errors.New("a check could not be made, and nothing else is wrong")

func verifyCommand(s *session) *cli.Command {
	return &cli.Command{
		Name:  "verify",
		Usage: "build, and prove that the firmware is what was requested",
		Description: `It builds in .mpwolf/build in the tree, so your own build directories stay as
they are, and reports each check with its evidence.

Examples:
    mpwolf verify
    mpwolf verify --port stm32 --board NUCLEO_F429ZI --max-flash 1M
    mpwolf verify --target stm32-NUCLEO_F429ZI -j 4
    mpwolf verify --no-build --format json
    mpwolf verify --no-build --device /dev/ttyACM0    # on a board
    mpwolf verify -v                # each program that is run, each step`,
		Flags: append(targetFlags(),
			treeFlag(),
			&cli.StringFlag{Name: flagModules,
				Usage: "the directory `DIR` of the user modules (default: as patched)"},
			&cli.StringFlag{
				Name: flagUserSettings,
				Usage: "the user_settings.h that must have been compiled, in `FILE` " +
					"(default: as patched)",
			},
			&cli.BoolFlag{Name: flagNoBuild, Usage: "check what an earlier verify has built"},
			&cli.StringSliceFlag{Name: flagTarget, Usage: "verify only the target `NAME`, as " +
				"mpwolf matrix calls it, or one's board, variant or port"},
			jobsFlag("let make run `N` commands at once, for all targets together (default: one "+
				"per processor)"),
			&cli.StringFlag{Name: flagDevice,
				Usage: "run the scripts on the board at the serial port `PORT`, such as " +
					"/dev/ttyACM0, that has this firmware"},
			&cli.DurationFlag{Name: flagTimeout,
				Usage: "how long a script may take on a board or in QEMU, as `TIME` such as 90s " +
					"(default: 5m)"},
			&cli.BoolFlag{Name: flagBaseline,
				Usage: "build the firmware with the built-in TLS too, and compare the sizes"},
			&cli.StringFlag{
				Name: flagMaxFlash, Usage: "fail if the firmware needs more flash than `SIZE`, " +
					"such as 524288, 512K or 1M",
			},
			&cli.StringFlag{Name: flagMaxRAM,
				Usage: "fail if the firmware needs more RAM than `SIZE`"},
			&cli.StringFlag{Name: flagMinHeap,
				Usage: "fail if the firmware leaves less than `SIZE` for Python's heap"},
			&cli.StringFlag{Name: flagMinStack,
				Usage: "fail if the firmware leaves less than `SIZE` for the stack"},
			formatFlag("text", "json", formatSARIF, formatJUnit, formatGitHub, formatHTML),
		),
		Action: noArgs(s.verify),
	}
}

func (s *session) verify(c *cli.Context) error {
	kind, err := format(c, "text", "json", formatSARIF, formatJUnit, formatGitHub, formatHTML)
	if err != nil {
		return err
	}
	o := verify.TreeOptions{
		Options: s.options(c), NoBuild: c.Bool(flagNoBuild), Baseline: c.Bool(flagBaseline),
		Jobs: c.Int(flagJobs), Names: c.StringSlice(flagTarget),
		Tool: Version(), Device: c.String(flagDevice), ScriptTimeout: c.Duration(flagTimeout),
	}
	switch {
	case c.IsSet(flagDevice) && o.Device == "":
		return project.Usagef("--device needs a serial port, such as /dev/ttyACM0")
	case c.IsSet(flagTimeout) && o.ScriptTimeout <= 0:
		return project.Usagef("--script-timeout needs a time above 0, such as 90s or 5m")
	}
	if o.MaxFlash, o.MaxRAM, err = limits(c); err != nil {
		return err
	}
	if o.MinHeap, err = limit(c, flagMinHeap); err != nil {
		return err
	}
	if o.MinStack, err = limit(c, flagMinStack); err != nil {
		return err
	}
	s.building.Store(true)
	progress := s.steps()
	if progress != nil {
		o.Progress = progress
	}
	result, err := verify.Tree(c.Context, o)
	if progress != nil {
		progress.clear()
	}
	if err != nil {
		return err
	}
	if kind == formatHTML || kind == "json" {
		s.addAudit(c, result)
	}
	err = s.showVerified(kind, result)
	switch {
	case err != nil:
		return err
	case result.Found():
		return errFound
	case !result.OK:
		return errUnmade
	}
	return nil
}

// addAudit says what the known advisories mean for each target, or that there is no audit: a
// firmware that was not built has none.
func (s *session) addAudit(c *cli.Context, verified *verify.Result) {
	for i := range verified.Targets {
		t := &verified.Targets[i]
		result, err := audit.Run(c.Context,
			audit.Options{Options: s.options(c), Tool: Version(), Only: t.Target})
		switch {
		case err != nil:
			t.Audit = &verify.Audit{Unmade: err.Error()}
		case len(result.Targets) != 1:
			t.Audit = &verify.Audit{Unmade: "there is no firmware of this name"}
		default:
			t.Audit = result.Targets[0].Short(result.List)
		}
	}
}

func (s *session) showVerified(kind string, r *verify.Result) error {
	switch kind {
	case "json":
		return s.json(r)
	case formatHTML:
		return r.HTML(s.stdout)
	case formatSARIF:
		return r.Log().SARIF(s.stdout)
	case formatGitHub:
		return r.Log().GitHub(s.stdout)
	case formatJUnit:
		return report.JUnit(s.stdout, "mpwolf", r.Suites())
	}
	if err := s.showResult(r); err != nil {
		return err
	}
	for _, t := range r.Targets {
		if len(r.Targets) > 1 {
			fmt.Fprintf(s.stdout, "%s\n", report.Line(t.Target))
		}
		if err := s.showResult(t); err != nil {
			return err
		}
		if t.OK {
			fmt.Fprintf(s.stdout, "built in %s\n", report.Line(shell.Path(t.Build)))
		}
	}
	return nil
}

// showResult prints what a result or one of its targets writes as text.
func (s *session) showResult(r interface{ Text(w io.Writer) error }) error {
	var text strings.Builder
	if err := r.Text(&text); err != nil {
		return err
	}
	if coloured(s.stdout) {
		fmt.Fprint(s.stdout, paint(text.String(), resultMarks))
	} else {
		fmt.Fprint(s.stdout, text.String())
	}
	return nil
}
