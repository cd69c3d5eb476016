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
			" from what is found: the tree, its release, what is patched already",
		Flags: slices.Concat(targetFlags(), []cli.Flag{
			allBoardsFlag(), treeFlag(), modulesFlag(), userSettingsFlag(),
			&cli.StringFlag{
				Name: flagWolfSSL, Usage: "`VERSION` of wolfSSL, or the directory of a wolfSSL " +
					"tree in the repository",
			},
		}),
		Action: noArgs(s.init),
	}
}

func (s *session) init(c *cli.Context) error {
	file, err := project.Init(s.options(c))
	if err != nil {
		return err
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
