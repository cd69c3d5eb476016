package command

import (
	"fmt"
	"path/filepath"

	"github.com/urfave/cli/v2"

	"mpwolf/internal/fetch"
	"mpwolf/internal/sources"
)

func fetchCommand(s *session) *cli.Command {
	flags := append([]cli.Flag{
		&cli.StringFlag{Name: "dir", Value: freshFolder, Usage: "the folder `DIR` for MicroPython; it must not exist, or be empty"},
		&cli.StringFlag{Name: "port", Usage: "fetch the submodules that this `PORT` needs"},
		&cli.StringFlag{Name: "board", Usage: "the `BOARD` of that port"},
		&cli.StringFlag{Name: "variant", Usage: "the `VARIANT` of that port"},
	}, sourceFlags()...)
	return &cli.Command{
		Name:   "fetch",
		Usage:  "get a MicroPython tree, and a wolfSSL into the cache",
		Flags:  flags,
		Action: func(c *cli.Context) error { return s.fetch(c, "") },
		// Subcommands, not arguments: flags may then stand behind the word.
		Subcommands: []*cli.Command{
			{
				Name: "micropython", Usage: "get a MicroPython tree alone", Flags: flags,
				Action: func(c *cli.Context) error { return s.fetch(c, "micropython") },
			},
			{
				Name: "wolfssl", Usage: "get a wolfSSL into the cache alone", Flags: flags,
				Action: func(c *cli.Context) error { return s.fetch(c, "wolfssl") },
			},
		},
	}
}

// fetchFolder is where MicroPython goes: to --dir, or where mpwolf.toml has it.
func fetchFolder(c *cli.Context) (string, error) {
	file, err := project(c)
	if err != nil {
		return "", err
	}
	if file != nil && file.Tree != "" && !c.IsSet("dir") {
		return file.Tree, nil
	}
	return filepath.Abs(c.String("dir"))
}

func (s *session) fetch(c *cli.Context, what string) error {
	if c.Args().Present() {
		return usagef("fetch takes micropython, wolfssl or nothing; got %q", c.Args().First())
	}
	if what != "wolfssl" {
		dir, err := fetchFolder(c)
		if err != nil {
			return err
		}
		tree, err := s.fetchTree(c, dir)
		if err != nil {
			return err
		}
		fmt.Fprintf(s.stdout, "MicroPython %s: %s\n", tree.Version, tree.Dir)
	}
	if what == "micropython" {
		return nil
	}
	cache, err := sources.DefaultCache()
	if err != nil {
		return err
	}
	want, err := wantedWolfSSL(c, nil)
	if err != nil {
		return err
	}
	wolf, err := fetch.WolfSSL(c.Context, fetch.WolfSSLOptions{
		Want: want, Source: fetch.Source{From: c.String("wolfssl-from"), SHA256: c.String("wolfssl-sha256"),
			Cache: cache, Log: s.say, Progress: s.progress()},
	})
	if err != nil {
		return err
	}
	fmt.Fprintf(s.stdout, "wolfSSL %s (%s): %s\n", wolf.Version, wolf.Licence, wolf.Dir)
	return nil
}
