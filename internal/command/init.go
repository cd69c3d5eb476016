package command

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"

	"github.com/urfave/cli/v2"

	"mpwolf/internal/config"
	"mpwolf/internal/hint"
	"mpwolf/internal/micropython"
	"mpwolf/internal/report"
	"mpwolf/internal/shell"
	"mpwolf/internal/state"
	"mpwolf/wolfssl"
)

func initCommand(s *session) *cli.Command {
	flags := slices.Concat(targetFlags(), []cli.Flag{
		&cli.BoolFlag{Name: "all-boards", Usage: "all boards of that port"},
		treeFlag(), modulesFlag(), userSettingsFlag(),
		&cli.StringFlag{Name: "wolfssl", Usage: "`VERSION` of wolfSSL, or the folder of a wolfSSL tree in the repository"},
	})
	return &cli.Command{
		Name:  "init",
		Usage: "write " + config.Name + " from what is found: the tree, its release, what is patched already",
		Flags: flags,
		Action: func(c *cli.Context) error {
			if err := noArgs(c); err != nil {
				return err
			}
			return s.init(c)
		},
	}
}

func modulesFlag() cli.Flag {
	return &cli.StringFlag{
		Name: "modules", Usage: "the folder `DIR` for the user modules (default: micropython-modules beside the tree)",
	}
}

func userSettingsFlag() cli.Flag {
	return &cli.StringFlag{Name: "user-settings", Usage: "the `FILE` to use in place of the port's user_settings.h"}
}

// init writes a mpwolf.toml at the top of the repository.
func (s *session) init(c *cli.Context) error {
	cwd, err := os.Getwd()
	if err != nil {
		return err
	}
	file := &config.File{Path: filepath.Join(report.Root(cwd), config.Name)}
	if exists(file.Path) {
		return &config.ExistsError{Path: file.Path}
	}
	tree, err := s.initTree(c, file)
	if err != nil {
		return err
	}
	record, err := state.Load(tree.Dir)
	if err != nil && !errors.Is(err, state.ErrNotPatched) {
		return err
	}
	file.Tree, file.MicroPython = tree.Dir, tree.Version.String()
	if err := initModules(c, file, tree, record); err != nil {
		return err
	}
	if err := initWolfSSL(c, file, record); err != nil {
		return err
	}
	if err := initTargets(c, file, tree, record); err != nil {
		return err
	}
	if err := config.Create(file); err != nil {
		return hint.With(err, "all that the file names must be below its folder; flags may name other places")
	}
	s.initialised(file)
	return nil
}

// initTree is the tree that the flags name, or the one around or below the repository's top.
func (s *session) initTree(c *cli.Context, file *config.File) (*micropython.Tree, error) {
	if dir := c.String("tree"); dir != "" {
		return micropython.Open(dir)
	}
	return treeAround(file.Dir())
}

func initModules(c *cli.Context, file *config.File, tree *micropython.Tree, record *state.Record) (err error) {
	file.Modules = filepath.Join(filepath.Dir(tree.Dir), "micropython-modules")
	if tree.Dir == file.Dir() { // the repository is MicroPython's own, and all must be in it
		file.Modules = filepath.Join(file.Dir(), "micropython-modules")
	}
	if record != nil {
		file.Modules = record.Modules.Dir
	}
	if dir := c.String("modules"); dir != "" {
		file.Modules, err = filepath.Abs(dir)
	}
	return err
}

// initWolfSSL takes the wolfSSL of the flag, of the record, of a submodule, or the newest that is known to work.
func initWolfSSL(c *cli.Context, file *config.File, record *state.Record) error {
	want := c.String("wolfssl")
	if want == "" && record != nil {
		want = record.Modules.WolfSSL
	}
	if want == "" {
		want = wolfSSLBelow(file.Dir())
	}
	if want == "" {
		c, err := wolfssl.Releases()
		if err != nil {
			return err
		}
		want = c.Releases[0].Version
	}
	file.WolfSSL = want
	if info, err := os.Stat(want); err == nil && info.IsDir() {
		if _, err := wolfssl.Open(want); err != nil {
			return err
		}
		file.WolfSSL, err = filepath.Abs(want)
		return err
	}
	return nil
}

// wolfSSLBelow is a wolfSSL tree where firmware repositories keep theirs; "" without one.
func wolfSSLBelow(top string) string {
	for _, name := range []string{"wolfssl", "lib/wolfssl", "third_party/wolfssl", "external/wolfssl"} {
		dir := filepath.Join(top, filepath.FromSlash(name))
		if _, err := wolfssl.Open(dir); err == nil {
			return dir
		}
	}
	return ""
}

// initTargets are those of the flags, or those that are patched already.
func initTargets(c *cli.Context, file *config.File, tree *micropython.Tree, record *state.Record) error {
	var entries []state.Target
	switch {
	case c.String("port") != "":
		targets, err := flagTargets(c, tree, nil, nil)
		if err != nil {
			return err
		}
		if targets, err = withFlags(c, targets); err != nil {
			return err
		}
		for _, t := range targets {
			entries = append(entries, t.entry())
		}
	case record != nil:
		entries = record.Targets
	}
	for _, t := range entries {
		file.Targets = append(file.Targets, config.Target{
			Port: t.Port, Board: t.Board, Variant: t.Variant, UserSettings: t.UserSettings, Make: t.Make,
		})
	}
	return nil
}

func (s *session) initialised(file *config.File) {
	fmt.Fprintf(s.stdout, "wrote %s: MicroPython %s in %s\n", shell.Path(file.Path), file.MicroPython, shell.Path(file.Tree))
	if len(file.Targets) == 0 {
		fmt.Fprintln(s.stdout, "it has no target yet: add a [[target]] for each firmware that is built, then run mpwolf patch")
		return
	}
	for _, t := range file.Targets {
		fmt.Fprintf(s.stdout, "target: %s\n", micropython.Target{Port: t.Port, Board: t.Board, Variant: t.Variant}.Name())
	}
}
