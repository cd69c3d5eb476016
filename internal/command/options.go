package command

import (
	"cmp"
	"os"
	"strings"

	"github.com/urfave/cli/v2"

	"mpwolf/internal/config"
	"mpwolf/internal/project"
)

// The names of the flags that more than one command has.
const (
	flagTree         = "tree"
	flagPort         = "port"
	flagBoard        = "board"
	flagVariant      = "variant"
	flagAllBoards    = "all-boards"
	flagMake         = "make"
	flagModules      = "modules"
	flagUserSettings = "user-settings"
	flagForce        = "force"
	flagFormat       = "format"
	flagJobs         = "jobs"
	flagPristine     = "pristine"
	flagMicroPython  = "micropython"
	flagFrom         = "from"
	flagSHA256       = "sha256"
	flagWolfSSL      = "wolfssl"
	flagWolfSSLFrom  = "wolfssl-from"
	flagWolfSSLFull  = "wolfssl-full"
	flagWolfSSLSHA   = "wolfssl-sha256"
	flagMaxFlash     = "max-flash"
	flagMaxRAM       = "max-ram"
	flagMinHeap      = "min-heap"
	flagMinStack     = "min-stack"
	flagDryRun       = "dry-run"
)

// envTree names the tree if no flag does.
const envTree = "MPWOLF_TREE"

// options are what the flags say about the project. A flag that a command does not have says
// nothing.
func options(c *cli.Context) project.Options {
	o := project.Options{
		Command:       c.Command.Name,
		Tree:          c.String(flagTree),
		Port:          c.String(flagPort),
		Boards:        c.StringSlice(flagBoard),
		Variant:       c.String(flagVariant),
		AllBoards:     c.Bool(flagAllBoards),
		Make:          c.StringSlice(flagMake),
		UserSettings:  c.String(flagUserSettings),
		Modules:       c.String(flagModules),
		WolfSSL:       c.String(flagWolfSSL),
		WolfSSLSHA256: c.String(flagWolfSSLSHA),
		WolfSSLFull:   c.Bool(flagWolfSSLFull),
		MicroPython:   c.String(flagMicroPython),
		From:          c.String(flagFrom),
		SHA256:        c.String(flagSHA256),
	}
	if c.IsSet(flagWolfSSLFrom) { // its default must not look like a request for another wolfSSL
		o.WolfSSLFrom = c.String(flagWolfSSLFrom)
	}
	if c.IsSet(flagPristine) {
		pristine := c.Bool(flagPristine)
		o.Pristine = &pristine
	}
	return o
}

// treeOr is a tree that was named or, without one, that of the environment.
func treeOr(named string) string { return cmp.Or(named, os.Getenv(envTree)) }

// options are those of the command line, and how to report which tree is used.
func (s *session) options(c *cli.Context) project.Options {
	o := options(c)
	o.Say = s.say
	if o.Tree != "" && o.Tree == os.Getenv(envTree) {
		o.TreeFrom = envTree
	}
	s.asked = o
	return o
}

// targetFlags choose a target of a tree.
func targetFlags() []cli.Flag {
	return []cli.Flag{
		&cli.StringFlag{Name: flagPort, Usage: "MicroPython's `PORT`, such as unix"},
		&cli.StringSliceFlag{Name: flagBoard,
			Usage: "the `BOARD` of that port, or the directory of one that is kept elsewhere"},
		&cli.StringFlag{Name: flagVariant, Usage: "the `VARIANT` of that port"},
		&cli.StringSliceFlag{Name: flagMake,
			Usage: "an additional argument for make, such as `NAME=VALUE`"},
	}
}

func allBoardsFlag() cli.Flag {
	return &cli.BoolFlag{Name: flagAllBoards, Usage: "all boards of that port"}
}

func treeFlag() cli.Flag {
	return &cli.StringFlag{
		Name: flagTree, EnvVars: []string{envTree},
		Usage: "the MicroPython tree in `DIR`; without it, the tree around or below the " +
			"current directory",
	}
}

func modulesFlag() cli.Flag {
	return &cli.StringFlag{
		Name: flagModules,
		Usage: "the directory `DIR` for the user modules (default: micropython-modules " +
			"beside the tree)",
	}
}

func userSettingsFlag() cli.Flag {
	return &cli.StringFlag{Name: flagUserSettings,
		Usage: "the `FILE` to use instead of the port's user_settings.h"}
}

func forceFlag() cli.Flag {
	return &cli.BoolFlag{
		Name: flagForce,
		Usage: "continue where your edits touch mpwolf's lines; your files are copied " +
			"first, and the output says where",
	}
}

func jobsFlag(usage string) cli.Flag {
	return &cli.IntFlag{Name: flagJobs, Aliases: []string{"j"}, Usage: usage,
		Action: func(_ *cli.Context, n int) error {
			if n < 1 {
				return project.Usagef("--%s %d: expected 1 or more", flagJobs, n)
			}
			return nil
		}}
}

// sourceFlags say where sources may come from.
func sourceFlags() []cli.Flag {
	return []cli.Flag{
		&cli.StringFlag{
			Name: flagFrom, Value: "auto",
			Usage: "where a missing MicroPython comes from: auto, git, apt, or a directory, " +
				"archive or git `URL`",
		},
		&cli.StringFlag{Name: flagSHA256,
			Usage: "the checksum that an archive given with --from must have, in `HEX`"},
		&cli.StringFlag{Name: flagMicroPython,
			Usage: "the `VERSION` of MicroPython to fetch if there is no tree"},
		&cli.StringFlag{Name: flagWolfSSL,
			Usage: "`VERSION` of wolfSSL, or the directory of a wolfSSL tree"},
		&cli.StringFlag{
			Name: flagWolfSSLFrom, Value: "auto",
			Usage: "where wolfSSL comes from: auto, git, apt, or a directory, " +
				"archive or git `URL`",
		},
		&cli.StringFlag{
			Name: flagWolfSSLSHA, Usage: "the checksum that an archive given with " +
				"--wolfssl-from must have, in `HEX`",
		},
	}
}

func formatFlag(known ...string) cli.Flag {
	return &cli.StringFlag{Name: flagFormat, Value: known[0],
		Usage: "`FORMAT` of the result: " + orList(known)}
}

// orList is "text, json or sarif".
func orList(names []string) string {
	last := len(names) - 1
	return strings.Join(names[:last], ", ") + " or " + names[last]
}

// format reads formatFlag.
func format(c *cli.Context, known ...string) (string, error) {
	name := c.String(flagFormat)
	for _, other := range known {
		if other == name {
			return name, nil
		}
	}
	return "", project.Usagef("unknown format %q; %s knows: %s", name, c.Command.Name,
		strings.Join(known, ", "))
}

// limits reads the flags of the sizes that a firmware must not exceed, in bytes; 0 for none.
func limits(c *cli.Context) (flash, ram uint64, err error) {
	if flash, err = limit(c, flagMaxFlash); err != nil {
		return 0, 0, err
	}
	ram, err = limit(c, flagMaxRAM)
	return flash, ram, err
}

func limit(c *cli.Context, name string) (uint64, error) {
	text := c.String(name)
	if text == "" {
		return 0, nil
	}
	size, err := config.ParseSize(text)
	if err != nil {
		return 0, project.Usagef("--%s: %w", name, err)
	}
	return size, nil
}
