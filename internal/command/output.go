package command

import (
	"os/exec"
	"runtime"
	"strings"
	"time"

	"github.com/urfave/cli/v2"

	"mpwolf/internal/project"
	"mpwolf/internal/shell"
	"mpwolf/internal/trace"
)

const (
	flagQuiet   = "quiet"
	flagVerbose = "verbose"
	flagVersion = "version"
)

// outputFlags are those that every command has, and that may also stand before the command.
func outputFlags() []cli.Flag {
	return []cli.Flag{
		&cli.BoolFlag{Name: flagQuiet, Aliases: []string{"q"},
			Usage: "print results and errors only: no notes, no progress, no output of make"},
		&cli.BoolFlag{Name: flagVerbose, Aliases: []string{"v"},
			Usage: "print each program that is run and how long it took; for verify, also " +
				"each step of the build"},
	}
}

func versionFlag() cli.Flag {
	return &cli.BoolFlag{Name: flagVersion, Aliases: []string{"V"}, Usage: "print the version"}
}

// readOutput reads outputFlags, before the command as well as after it.
func (s *session) readOutput(c *cli.Context) error {
	before := s.verbose
	s.quiet = s.quiet || c.Bool(flagQuiet)
	s.verbose = s.verbose || c.Bool(flagVerbose)
	if s.quiet && s.verbose {
		return project.Usagef("--%s and --%s cannot be combined", flagQuiet, flagVerbose)
	}
	if s.verbose && !before {
		s.say("version %s, %s, %s/%s", Version(), runtime.Version(), runtime.GOOS, runtime.GOARCH)
		c.Context = trace.With(c.Context, s.ran)
	}
	return nil
}

// ran prints a program that was run, with the directory that it ran in.
func (s *session) ran(cmd *exec.Cmd, took time.Duration, err error) {
	const most = 400 // linking takes a thousand objects
	line := []rune(strings.Join(strings.Fields(shell.Join(cmd.Args)), " "))
	if cmd.Dir != "" {
		line = []rune("cd " + shell.Quote(shell.Path(cmd.Dir)) + " && " + string(line))
	}
	if len(line) > most {
		line = append(line[:most], '…')
	}
	outcome := ""
	if err != nil {
		outcome = ": " + err.Error()
	}
	s.say("ran (%.2f s%s): %s", took.Seconds(), outcome, string(line))
}
