package command

import (
	"errors"
	"fmt"
	"os/exec"
	"strings"

	"github.com/urfave/cli/v2"

	"mpwolf/micropython"
	"mpwolf/state"
)

func buildCommand(s *session) *cli.Command {
	return &cli.Command{
		Name:  "build",
		Usage: "run make as the patched tree needs it; the command is printed, to be copied",
		Flags: []cli.Flag{treeFlag(), &cli.IntFlag{Name: "jobs", Aliases: []string{"j"}, Usage: "how many commands make runs at once"}},
		Action: func(c *cli.Context) error {
			if err := noArgs(c); err != nil {
				return err
			}
			return s.build(c)
		},
	}
}

func (s *session) build(c *cli.Context) error {
	tree, record, err := patched(c)
	if err != nil {
		return err
	}
	for _, t := range record.Targets {
		target, err := recordedTarget(tree, t)
		if err != nil {
			return err
		}
		args := makeArgs(record.Modules.Dir, t)
		if n := c.Int("jobs"); n > 0 {
			args = append([]string{fmt.Sprintf("-j%d", n)}, args...)
		}
		fmt.Fprintln(s.stdout, makeCommand(target, args))
		words := append([]string{"-C", target.Dir()}, append(target.Args(), args...)...)
		run := exec.CommandContext(c.Context, "make", words...)
		run.Stdout, run.Stderr = s.stderr, s.stderr
		if err := run.Run(); err != nil {
			return fmt.Errorf("build %s: make %s: %w", target.Name(), strings.Join(words, " "), err)
		}
	}
	return nil
}

// patched opens the tree and its record; a tree that is not patched is an error.
func patched(c *cli.Context) (*micropython.Tree, *state.Record, error) {
	tree, err := findTree(c)
	if err != nil {
		return nil, nil, err
	}
	record, err := state.Load(tree.Dir)
	if errors.Is(err, state.ErrNotPatched) {
		err = withHint(fmt.Errorf("%s is %w", tree.Dir, err), "mpwolf patch --port PORT")
	}
	return tree, record, err
}
