package command

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"github.com/urfave/cli/v2"

	"mpwolf/patches"
)

func formatFlag() cli.Flag {
	return &cli.StringFlag{Name: "format", Value: "text", Usage: "`FORMAT` of the result: text or json"}
}

// format reads formatFlag; more are further formats that the command knows.
func format(c *cli.Context, more ...string) (string, error) {
	name := c.String("format")
	known := append([]string{"text", "json"}, more...)
	if slices.Contains(known, name) {
		return name, nil
	}
	return "", usagef("unknown format %q; %s knows: %s", name, c.Command.Name, strings.Join(known, ", "))
}

func portsCommand(s *session) *cli.Command {
	return &cli.Command{
		Name:  "ports",
		Usage: "list the ports that mpwolf knows",
		Flags: []cli.Flag{formatFlag()},
		Action: func(c *cli.Context) error {
			if err := noArgs(c); err != nil {
				return err
			}
			return s.list(c, patches.Ports())
		},
	}
}

func boardsCommand(s *session) *cli.Command {
	return &cli.Command{
		Name:  "boards",
		Usage: "list the boards and variants that a port of the tree has",
		Flags: []cli.Flag{treeFlag(), &cli.StringFlag{Name: "port", Usage: "MicroPython's `PORT`"}, formatFlag()},
		Action: func(c *cli.Context) error {
			if err := noArgs(c); err != nil {
				return err
			}
			tree, err := findTree(c)
			if err != nil {
				return err
			}
			target, err := portOnly(c, tree)
			if err != nil {
				return err
			}
			boards, err := tree.Boards(target)
			if err != nil {
				return err
			}
			variants, err := tree.Variants(target)
			if err != nil {
				return err
			}
			return s.list(c, append(boards, variants...))
		},
	}
}

// list prints names, a line each or as a JSON array.
func (s *session) list(c *cli.Context, names []string) error {
	kind, err := format(c)
	if err != nil {
		return err
	}
	if kind == "json" {
		if names == nil {
			names = []string{}
		}
		return json.NewEncoder(s.stdout).Encode(names)
	}
	for _, name := range names {
		fmt.Fprintln(s.stdout, name)
	}
	return nil
}
