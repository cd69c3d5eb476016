package command

import (
	"fmt"
	"slices"

	"github.com/urfave/cli/v2"

	"mpwolf/internal/config"
	"mpwolf/internal/project"
	"mpwolf/internal/shell"
	"mpwolf/internal/state"
)

func initCommand(s *session) *cli.Command {
	return &cli.Command{
		Name: "init",
		Usage: "write " + config.Name +
			" from what is found: the tree, its release, what is already patched",
		Description: `The file goes to the top of the git repository; an existing one is never
overwritten. From then on, every command takes the tree, its release, wolfSSL
and the targets from it.

Examples:
    mpwolf init --port unix
    mpwolf init --port stm32 --board NUCLEO_F429ZI --board PYBD_SF2
    mpwolf init --port unix --wolfssl lib/wolfssl --make MICROPY_PY_BTREE=0`,
		Flags: slices.Concat(targetFlags(), []cli.Flag{
			allBoardsFlag(), treeFlag(), modulesFlag(), userSettingsFlag(),
			&cli.StringFlag{
				Name: flagWolfSSL, Usage: "`VERSION` of wolfSSL, or the directory of a wolfSSL " +
					"tree in the repository",
			},
			formatFlag("text", "json"),
		}),
		Action: noArgs(s.init),
	}
}

func (s *session) init(c *cli.Context) error {
	kind, err := format(c, "text", "json")
	if err != nil {
		return err
	}
	file, err := project.Init(s.options(c))
	if err != nil {
		return err
	}
	if kind == "json" {
		return s.json(written(file))
	}
	fmt.Fprintf(s.stdout, "wrote %s: MicroPython %s in %s\n", shell.Path(file.Path),
		file.MicroPython, shell.Path(file.Tree))
	if len(file.Targets) == 0 {
		fmt.Fprintln(s.stdout, "it has no target yet: add a [[target]] for each firmware that "+
			"is built, then run mpwolf patch")
	}
	for _, t := range file.Targets {
		fmt.Fprintf(s.stdout, "target: %s\n",
			project.Name(state.Target{Port: t.Port, Board: t.Board, Variant: t.Variant}))
	}
	return nil
}
