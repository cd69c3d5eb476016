package command

import (
	"github.com/urfave/cli/v2"

	"mpwolf/internal/sbom"
)

const formatSPDX = "spdx"

func sbomCommand(s *session) *cli.Command {
	return &cli.Command{
		Name:  "sbom",
		Usage: "write the bill of materials of the firmware, as CycloneDX or SPDX",
		Description: `It describes what verify has built: MicroPython with the changes that mpwolf
made, wolfSSL, the modules, and all libraries of which an object was linked;
versions, commits, hashes, licences, compiler and flags. The document is the
same for the same firmware: its time is SOURCE_DATE_EPOCH or the commit's.

Examples:
    mpwolf sbom >firmware.cdx.json
    mpwolf sbom --port stm32 --board NUCLEO_F429ZI --format spdx`,
		Flags: append(targetFlags(),
			treeFlag(),
			&cli.StringFlag{Name: flagModules,
				Usage: "the directory `DIR` of the user modules (default: as patched)"},
			formatFlag(formatCycloneDX, formatSPDX),
		),
		Action: noArgs(s.sbom),
	}
}

func (s *session) sbom(c *cli.Context) error {
	kind, err := format(c, formatCycloneDX, formatSPDX)
	if err != nil {
		return err
	}
	firmware, err := sbom.Of(c.Context, sbom.Options{Options: s.options(c), Tool: Version()})
	if err != nil {
		return err
	}
	if kind == formatSPDX {
		return sbom.SPDX(s.stdout, firmware)
	}
	return sbom.CycloneDX(s.stdout, firmware)
}
