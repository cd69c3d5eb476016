package command

import (
	"fmt"
	"strings"

	"github.com/urfave/cli/v2"

	"mpwolf/internal/project"
	"mpwolf/internal/report"
	"mpwolf/patches"
)

func portsCommand(s *session) *cli.Command {
	return &cli.Command{
		Name:  "ports",
		Usage: "list the ports that mpwolf knows",
		Description: `Examples:
    mpwolf ports`,
		Flags:  []cli.Flag{formatFlag("text", "json")},
		Action: noArgs(func(c *cli.Context) error { return s.list(c, patches.Ports()) }),
	}
}

func boardsCommand(s *session) *cli.Command {
	return &cli.Command{
		Name:  "boards",
		Usage: "list the boards and variants that a port of the tree has",
		Description: `Examples:
    mpwolf boards --port stm32
    mpwolf boards --port unix --tree micropython --format json`,
		Flags: []cli.Flag{treeFlag(),
			&cli.StringFlag{Name: flagPort, Usage: "MicroPython's `PORT`"},
			formatFlag("text", "json")},
		Action: noArgs(s.boards),
	}
}

func (s *session) boards(c *cli.Context) error {
	p, err := project.New(s.options(c))
	if err != nil {
		return err
	}
	if err := p.OpenTree(); err != nil {
		return err
	}
	port, err := onePort(p)
	if err != nil {
		return err
	}
	boards, err := p.Tree.Boards(port)
	if err != nil {
		return err
	}
	variants, err := p.Tree.Variants(port)
	if err != nil {
		return err
	}
	return s.list(c, append(boards, variants...))
}

// onePort is the port of --port or, without it, the only one of mpwolf.toml.
func onePort(p *project.Project) (string, error) {
	names, err := p.Ports()
	if err != nil {
		return "", err
	}
	if len(names) > 1 {
		return "", project.Usagef("%s takes one port; choose one with --port: %s",
			p.Asked.Command, strings.Join(names, ", "))
	}
	return names[0], p.Tree.CheckPort(names[0])
}

// list prints names, one per line or as a JSON array.
func (s *session) list(c *cli.Context, names []string) error {
	kind, err := format(c, "text", "json")
	if err != nil {
		return err
	}
	if kind == "json" {
		if names == nil {
			names = []string{}
		}
		return report.JSON(s.stdout, names, "")
	}
	for _, name := range names {
		fmt.Fprintln(s.stdout, name)
	}
	return nil
}
