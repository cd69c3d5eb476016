package command

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/urfave/cli/v2"

	"mpwolf/internal/fetch"
	"mpwolf/internal/hint"
	"mpwolf/internal/micropython"
	"mpwolf/internal/shell"
	"mpwolf/internal/sources"
	"mpwolf/internal/state"
	"mpwolf/patches"
	"mpwolf/ports"
)

// sourceFlags say where sources may come from.
func sourceFlags() []cli.Flag {
	return []cli.Flag{
		&cli.StringFlag{
			Name: "from", Value: "auto",
			Usage: "where a missing MicroPython comes from: auto, git, apt, or a folder, archive or git `URL`",
		},
		&cli.StringFlag{Name: "sha256", Usage: "the checksum that an archive given with --from must have, in `HEX`"},
		&cli.StringFlag{Name: "micropython", Usage: "the `VERSION` of MicroPython to fetch where there is no tree"},
		&cli.StringFlag{Name: "wolfssl", Usage: "`VERSION` of wolfSSL, or the folder of a wolfSSL tree"},
		&cli.StringFlag{
			Name: "wolfssl-from", Value: "auto",
			Usage: "where wolfSSL comes from: auto, git, apt, or a folder, archive or git `URL`",
		},
		&cli.StringFlag{Name: "wolfssl-sha256", Usage: "the checksum that an archive given with --wolfssl-from must have, in `HEX`"},
	}
}

func portOnly(c *cli.Context, tree *micropython.Tree) (string, error) {
	name := c.String("port")
	if name == "" {
		names, err := portsOf(c)
		if err != nil {
			return "", err
		}
		if len(names) > 1 {
			return "", usagef("%s takes one port; choose one with --port of: %s", c.Command.Name, strings.Join(names, ", "))
		}
		name = names[0]
	}
	known, err := tree.Ports()
	if err != nil {
		return "", err
	}
	if !slices.Contains(known, name) {
		return "", usagef("port %q: MicroPython %s in %s has: %s",
			name, tree.Version, tree.Dir, strings.Join(known, ", "))
	}
	return name, nil
}

// freshFolder is where a tree is cloned when there is none.
const freshFolder = "micropython"

// findOrFetchTree opens the tree that a command works on and, if there is none around, fetches one.
func (s *session) findOrFetchTree(c *cli.Context) (*micropython.Tree, error) {
	tree, missing := findTree(c)
	if !errors.Is(missing, micropython.ErrNoTree) {
		return tree, missing
	}
	file, err := project(c)
	if err != nil {
		return nil, err
	}
	dir, err := filepath.Abs(freshFolder)
	if err != nil {
		return nil, err
	}
	if file == nil || file.Tree == "" {
		s.say("no MicroPython tree around or below this folder; fetching one into %s", dir)
		return s.fetchTree(c, dir)
	}
	if exists(file.Tree) {
		return nil, missing // an empty folder is a submodule's: git fills it
	}
	dir = file.Tree
	s.say("the tree of %s is not there; fetching one into %s", shell.Path(file.Path), dir)
	return s.fetchTree(c, dir)
}

func (s *session) fetchTree(c *cli.Context, dir string) (*micropython.Tree, error) {
	cache, err := sources.DefaultCache()
	if err != nil {
		return nil, err
	}
	options := fetch.MicroPythonOptions{
		Version: c.String("micropython"), Dir: dir,
		Port: c.String("port"), Board: firstBoard(c), Variant: c.String("variant"),
		Source: fetch.Source{From: c.String("from"), SHA256: c.String("sha256"), Cache: cache, Log: s.say, Progress: s.progress()},
	}
	file, err := project(c)
	if err != nil {
		return nil, err
	}
	if file != nil && options.Version == "" {
		options.Version = file.MicroPython
	}
	if file != nil && options.Port == "" && len(file.Targets) > 0 {
		t := file.Targets[0]
		options.Port, options.Board, options.Variant = t.Port, t.Board, t.Variant
	}
	tree, err := fetch.MicroPython(c.Context, options)
	if err != nil {
		return nil, err
	}
	s.say("MicroPython %s is in %s", tree.Version, tree.Dir)
	return tree, nil
}

// checkPorts refuses ports that mpwolf has no wants for, before anything is fetched.
func checkPorts(names []string) error {
	for _, name := range names {
		if _, err := patches.Load(name); err != nil {
			return err
		}
	}
	return nil
}

// portsOf are the ports of --port or, without it, of mpwolf.toml.
func portsOf(c *cli.Context) ([]string, error) {
	file, err := project(c)
	if err != nil {
		return nil, err
	}
	if err := checkTargetFlags(c, file); err != nil {
		return nil, err
	}
	if port := c.String("port"); port != "" {
		return []string{port}, nil
	}
	var names []string
	for _, t := range file.Targets {
		names = append(names, t.Port)
	}
	slices.Sort(names)
	return slices.Compact(names), nil
}

// checkSettings refuses ports that mpwolf has no wolfSSL settings for. What would be changed can be shown without.
func checkSettings(names []string) error {
	for _, name := range names {
		if !slices.Contains(ports.Known(), name) {
			return hint.With(
				fmt.Errorf("mpwolf has no wolfSSL settings (user_settings.h) for port %q yet; it has them for: %s",
					name, strings.Join(ports.Known(), ", ")),
				"--diff and --dry-run show what would be changed in the tree")
		}
	}
	return nil
}

// lock takes the tree's lock and heals what a killed mpwolf left.
func (s *session) lock(c *cli.Context, tree *micropython.Tree) (*state.Lock, error) {
	lock, err := state.Acquire(c.Context, s.disk, tree.Dir, c.Command.Name, func(holder string) {
		s.say("waiting for %s, which is at work on %s", holder, tree.Dir)
	})
	if err != nil {
		return nil, err
	}
	outcome, err := lock.Heal()
	if err != nil {
		lock.Release()
		return nil, fmt.Errorf("an earlier run on %s was interrupted: %w", tree.Dir, err)
	}
	switch outcome {
	case state.BackToBefore:
		s.say("an earlier run was interrupted; %s is as it was before that run", tree.Dir)
	case state.Finished:
		s.say("an earlier run was interrupted when its work was done; %s is as after that run", tree.Dir)
	}
	return lock, nil
}

// recordedTarget checks a recorded target against the tree as it is.
func recordedTarget(tree *micropython.Tree, t state.Target) (micropython.Target, error) {
	target, err := tree.Target(t.Port, t.Board, t.Variant)
	target.Make = append(target.Make, t.Make...)
	return target, err
}

// makeArgs are what make needs to build the modules in, in the words of those who call it by hand.
func makeArgs(modulesDir string, t state.Target) []string {
	args := []string{"USER_C_MODULES=" + modulesDir, "WOLFSSL_PORT=" + t.Port}
	if t.UserSettings != "" {
		args = append(args, "WOLFSSL_USER_SETTINGS_FILE="+t.UserSettings)
	}
	return args
}

// makeCommand is all that a shell needs to build the firmware, to be copied: one line.
func makeCommand(target micropython.Target, args []string) string {
	command := shell.Join(slices.Concat([]string{"make", "-C", shell.Path(target.Dir())}, target.Args(), args))
	if dir := mpyCrossFirst(target, args); dir != "" {
		command = shell.Join([]string{"make", "-C", shell.Path(dir)}) + " && " + command
	}
	return command
}

func exists(name string) bool {
	_, err := os.Lstat(name)
	return err == nil
}

// interruptedError is for commands that read a tree which a killed process left half-way.
func interruptedError(tree *micropython.Tree) error {
	return hint.With(fmt.Errorf("an earlier run on %s was interrupted", tree.Dir),
		"mpwolf patch and mpwolf revert go back to before it")
}
