package command

import (
	"fmt"
	"path/filepath"

	"github.com/urfave/cli/v2"

	"mpwolf/internal/fetch"
	"mpwolf/internal/project"
	"mpwolf/internal/sources"
)

const flagDir = "dir"

// What fetch can get.
const (
	fetchAll         = ""
	fetchMicroPython = "micropython"
	fetchWolfSSL     = "wolfssl"
)

func fetchCommand(s *session) *cli.Command {
	flags := append([]cli.Flag{
		&cli.StringFlag{
			Name: flagDir, Value: project.FreshDir,
			Usage: "the directory `DIR` for MicroPython; it must be missing or empty",
		},
		&cli.StringFlag{Name: flagPort, Usage: "fetch the submodules that this `PORT` needs"},
		&cli.StringSliceFlag{Name: flagBoard, Usage: "the `BOARD` of that port"},
		&cli.StringFlag{Name: flagVariant, Usage: "the `VARIANT` of that port"},
	}, sourceFlags()...)
	action := func(what string) cli.ActionFunc {
		return func(c *cli.Context) error { return s.fetch(c, what) }
	}
	return &cli.Command{
		Name:  "fetch",
		Usage: "fetch a MicroPython tree, and wolfSSL into the cache",
		Description: `Without a subcommand it fetches both. Fetched sources are checked, and kept in
the cache ($MPWOLF_CACHE, or mpwolf in your cache directory).

Examples:
    mpwolf fetch --port unix
    mpwolf fetch micropython --micropython v1.27.0 --dir mp
    mpwolf fetch wolfssl --wolfssl 5.9.2 --wolfssl-from git`,
		Flags:  flags,
		Action: action(fetchAll),
		// Subcommands, not arguments, so that flags may follow the word.
		Subcommands: []*cli.Command{
			{Name: fetchMicroPython, Usage: "fetch only a MicroPython tree", Flags: flags,
				Action: action(fetchMicroPython)},
			{Name: fetchWolfSSL, Usage: "fetch only wolfSSL, into the cache", Flags: flags,
				Action: action(fetchWolfSSL)},
		},
	}
}

func (s *session) fetch(c *cli.Context, what string) error {
	if c.Args().Present() {
		return project.Usagef("fetch takes micropython, wolfssl or nothing; got %q",
			c.Args().First())
	}
	p, err := project.New(s.options(c))
	if err != nil {
		return err
	}
	cache, err := sources.DefaultCache()
	if err != nil {
		return err
	}
	source := fetch.Source{Cache: cache, Log: s.say, Progress: s.progress()}
	if what != fetchWolfSSL {
		dir := c.String(flagDir)
		if p.File != nil && p.File.Tree != "" && !c.IsSet(flagDir) {
			dir = p.File.Tree
		}
		if dir, err = filepath.Abs(dir); err != nil {
			return err
		}
		if err := p.FetchTree(c.Context, dir, source); err != nil {
			return err
		}
		fmt.Fprintf(s.stdout, "MicroPython %s: %s\n", p.Tree.Version, p.Tree.Dir)
	}
	if what == fetchMicroPython {
		return nil
	}
	wolf, err := p.FetchWolfSSL(c.Context, source)
	if err != nil {
		return err
	}
	fmt.Fprintf(s.stdout, "wolfSSL %s (%s): %s\n", wolf.Version, wolf.Licence, wolf.Dir)
	return nil
}
