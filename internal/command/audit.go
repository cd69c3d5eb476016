package command

import (
	"fmt"

	"github.com/urfave/cli/v2"

	"mpwolf/internal/audit"
	"mpwolf/internal/sbom"
)

const (
	flagAll         = "all"
	formatCycloneDX = "cyclonedx"
)

func auditCommand(s *session) *cli.Command {
	return &cli.Command{
		Name:  "audit",
		Usage: "report which known advisories about wolfSSL affect the firmware",
		Description: `It compares the advisories with what verify has built: the macros that the
compiler sees, the sources, the functions in the objects, and the patches of
a distribution. It needs no network; the list of advisories comes with mpwolf.

Examples:
    mpwolf audit
    mpwolf audit --all              # also what does not affect it, and why
    mpwolf audit --format cyclonedx >vex.json`,
		Flags: append(targetFlags(),
			treeFlag(),
			&cli.StringFlag{Name: flagModules,
				Usage: "the directory `DIR` of the user modules (default: as patched)"},
			&cli.BoolFlag{Name: flagAll,
				Usage: "list the advisories about code that is not compiled, too"},
			formatFlag("text", "json", formatSARIF, formatCycloneDX),
		),
		Action: noArgs(s.audit),
	}
}

func (s *session) audit(c *cli.Context) error {
	kind, err := format(c, "text", "json", formatSARIF, formatCycloneDX)
	if err != nil {
		return err
	}
	result, err := audit.Run(c.Context,
		audit.Options{Options: s.options(c), Tool: Version()})
	if err != nil {
		return err
	}
	switch kind {
	case "json":
		err = s.json(result)
	case formatSARIF:
		err = result.Log().SARIF(s.stdout)
	case formatCycloneDX:
		err = sbom.VEX(s.stdout, result)
	default:
		err = result.Text(s.stdout, c.Bool(flagAll))
	}
	if err != nil {
		return fmt.Errorf("write the audit: %w", err)
	}
	if !result.OK {
		return errFound
	}
	return nil
}
