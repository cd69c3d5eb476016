package command

import (
	"errors"
	"fmt"
	"strings"

	"github.com/urfave/cli/v2"

	"mpwolf/internal/config"
	"mpwolf/internal/hint"
	"mpwolf/internal/matrix"
	"mpwolf/internal/project"
	"mpwolf/internal/verify"
)

const formatGitLab = "gitlab"

func matrixCommand(s *session) *cli.Command {
	return &cli.Command{
		Name:  "matrix",
		Usage: "print the targets of " + config.Name + " as a matrix of CI jobs",
		Description: `Each job verifies one target, and mpwolf merge joins their results.

Examples:
    mpwolf matrix --format github     # one line, for fromJSON
    mpwolf matrix --format gitlab     # YAML, a job to extend
    mpwolf matrix --format json`,
		Flags:  []cli.Flag{formatFlag("json", formatGitHub, formatGitLab)},
		Action: noArgs(s.matrix),
	}
}

func (s *session) matrix(c *cli.Context) error {
	kind, err := format(c, "json", formatGitHub, formatGitLab)
	if err != nil {
		return err
	}
	targets, err := matrix.Of(".")
	if errors.Is(err, config.ErrNone) {
		return hint.With(fmt.Errorf("matrix: there is no %s", config.Name),
			"mpwolf init --port PORT writes one")
	}
	if err != nil {
		return err
	}
	switch kind {
	case formatGitHub:
		return matrix.GitHub(s.stdout, targets)
	case formatGitLab:
		return matrix.GitLab(s.stdout, targets)
	}
	return s.json(targets)
}

func mergeCommand(s *session) *cli.Command {
	return &cli.Command{
		Name:      "merge",
		Usage:     "join results of verify --format json into one",
		ArgsUsage: "FILE...",
		Description: `The exit code is that of one verification of all targets. Each target of
` + config.Name + ` must be in one of the files: a job that failed before it wrote
its result is not forgotten.

Examples:
    mpwolf merge results/*.json
    mpwolf merge --format sarif results/*.json`,
		Flags: []cli.Flag{formatFlag("text", "json", formatSARIF, formatJUnit, formatGitHub,
			formatHTML)},
		Action: s.merge,
	}
}

func (s *session) merge(c *cli.Context) error {
	kind, err := format(c, "text", "json", formatSARIF, formatJUnit, formatGitHub, formatHTML)
	if err != nil {
		return err
	}
	if !c.Args().Present() {
		return project.Usagef("merge needs the files that mpwolf verify --format json has written")
	}
	file, err := config.Find(".")
	if err != nil && !errors.Is(err, config.ErrNone) {
		return err
	}
	result, missing, err := verify.Merge(c.Args().Slice(), file)
	if err != nil {
		return err
	}
	result.OK = result.OK && len(missing) == 0
	if err := s.showVerified(kind, result); err != nil {
		return err
	}
	switch {
	case result.Found():
		for _, name := range missing {
			s.say("there is no result for %s", name)
		}
		return errFound
	case len(missing) > 0:
		return fmt.Errorf("merge: there is no result for %s", strings.Join(missing, ", "))
	case !result.OK:
		return errUnmade
	}
	return nil
}
