package command

import (
	"cmp"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"github.com/urfave/cli/v2"

	"mpwolf/internal/hint"
	"mpwolf/internal/micropython"
	"mpwolf/internal/state"
	"mpwolf/internal/verify"
	"mpwolf/modules"
	"mpwolf/patches"
	"mpwolf/tests"
	"mpwolf/wolfssl"
)

func verifyCommand(s *session) *cli.Command {
	flags := append(targetFlags(),
		treeFlag(),
		&cli.StringFlag{Name: "modules", Usage: "the folder `DIR` of the user modules (default: as patched)"},
		&cli.StringFlag{Name: "user-settings", Usage: "the user_settings.h that must have been compiled, in `FILE` (default: as patched)"},
		&cli.BoolFlag{Name: "no-build", Usage: "look at what an earlier verify has built"},
		&cli.IntFlag{Name: "jobs", Aliases: []string{"j"}, Usage: "how many commands make runs at once (default: one a processor)"},
		&cli.BoolFlag{Name: "baseline", Usage: "build the firmware with the built-in TLS too, and compare the sizes"},
		&cli.StringFlag{Name: "max-flash", Usage: "fail if the firmware needs more flash than `SIZE`, such as 524288, 512K or 1M"},
		&cli.StringFlag{Name: "max-ram", Usage: "fail if the firmware needs more RAM than `SIZE`"},
		&cli.StringFlag{Name: "format", Value: "text", Usage: "`FORMAT` of the result: text, json, sarif, junit or github"},
	)
	return &cli.Command{
		Name:  "verify",
		Usage: "build, and prove that the firmware is what was asked for",
		Flags: flags,
		Action: func(c *cli.Context) error {
			if err := noArgs(c); err != nil {
				return err
			}
			return s.verify(c)
		},
	}
}

func (s *session) verify(c *cli.Context) error {
	kind, err := format(c, formatSARIF, formatJUnit, formatGitHub)
	if err != nil {
		return err
	}
	limits, err := limitsOf(c)
	if err != nil {
		return err
	}
	tree, err := findTree(c)
	if err != nil {
		return err
	}
	if state.Interrupted(tree.Dir) {
		return interruptedError(tree)
	}
	targets, modulesDir, err := verifyTargets(c, tree)
	if err != nil {
		return err
	}
	all := &verifications{Schema: verifySchema, Tool: "mpwolf", Version: Version(), Tree: tree.Dir,
		MicroPython: tree.Version.String(), OK: true, Targets: []verified{}}
	for _, t := range targets {
		one, err := s.verifyOne(c, tree, t, modulesDir, limits)
		if err != nil {
			return err
		}
		all.OK = all.OK && one.OK
		all.Targets = append(all.Targets, *one)
	}
	if err := s.showVerified(kind, all); err != nil {
		return err
	}
	if !all.OK {
		return errFound
	}
	return nil
}

// limits are the sizes that the firmware must not exceed, in bytes; 0 for none.
type limits struct{ flash, ram uint64 }

func limitsOf(c *cli.Context) (l limits, err error) {
	for name, to := range map[string]*uint64{"max-flash": &l.flash, "max-ram": &l.ram} {
		text := c.String(name)
		if text == "" {
			continue
		}
		if *to, err = parseSize(text); err != nil {
			return l, usagef("--%s %q is no size; sizes are like 524288, 512K or 512KiB (of 1024 bytes), 1M, 512kB (of 1000 "+
				"bytes)", name, text)
		}
	}
	return l, nil
}

// sizeUnits are the units of sizes. K and M are those of linker scripts. "KB" is not among them: for some it has 1024
// bytes, for others 1000.
var sizeUnits = map[string]uint64{
	"": 1, "k": 1 << 10, "K": 1 << 10, "Ki": 1 << 10, "KiB": 1 << 10, "M": 1 << 20, "Mi": 1 << 20, "MiB": 1 << 20,
	"B": 1, "kB": 1000, "MB": 1000 * 1000,
}

func parseSize(text string) (uint64, error) {
	digits := strings.TrimRight(text, "kKMiB ")
	unit, known := sizeUnits[strings.TrimSpace(text[len(digits):])]
	n, err := strconv.ParseUint(digits, 0, 32)
	switch {
	case err != nil:
		return 0, err
	case !known || n == 0:
		return 0, errors.New("no size")
	}
	return n * unit, nil
}

// verifyTargets are the targets of the record or, for a tree that was patched by hand, the one of the flags.
func verifyTargets(c *cli.Context, tree *micropython.Tree) ([]state.Target, string, error) {
	record, err := state.Load(tree.Dir)
	byHand := errors.Is(err, state.ErrNotPatched)
	if err != nil && !byHand {
		return nil, "", err
	}
	modulesDir, err := filepath.Abs(c.String("modules"))
	if err != nil {
		return nil, "", err
	}
	if c.String("modules") == "" {
		if byHand {
			return nil, "", hint.With(fmt.Errorf("%s is not patched", tree.Dir),
				"mpwolf patch --port PORT; or, for a tree that was patched by hand, name --port and --modules")
		}
		modulesDir = record.Modules.Dir
	}
	var targets []state.Target
	if c.String("port") == "" && !byHand {
		if targets, err = recordedWithFlags(c, record); err != nil {
			return nil, "", err
		}
	} else {
		chosen, err := targetsOf(c, tree)
		if err != nil {
			return nil, "", err
		}
		for _, t := range chosen {
			targets = append(targets, t.entry())
		}
	}
	if file := c.String("user-settings"); file != "" {
		abs, err := userSettings(file)
		if err != nil {
			return nil, "", err
		}
		for i := range targets {
			targets[i].UserSettings = abs
		}
	}
	return targets, modulesDir, nil
}

// recordedWithFlags are all targets of the record, with the flags' arguments for make.
func recordedWithFlags(c *cli.Context, record *state.Record) ([]state.Target, error) {
	if err := makeFlags(c); err != nil {
		return nil, err
	}
	if err := needPort(c); err != nil {
		return nil, err
	}
	targets := slices.Clone(record.Targets)
	for i := range targets {
		targets[i].Make = slices.Concat(targets[i].Make, c.StringSlice("make"))
	}
	return targets, nil
}

func (s *session) verifyOne(c *cli.Context, tree *micropython.Tree, t state.Target, modulesDir string,
	most limits) (*verified, error) {
	target, err := recordedTarget(tree, t)
	if err != nil {
		return nil, err
	}
	wants, err := patches.Load(t.Port)
	if err != nil {
		return nil, err
	}
	scripts, err := s.runScripts(tree)
	if err != nil {
		return nil, err
	}
	if most, err = most.orConfigured(c, tree, t); err != nil {
		return nil, err
	}
	module := filepath.Join(modulesDir, modules.Name)
	build := filepath.Join(tree.Dir, state.Folder, "build", target.ID())
	options := verify.Options{
		Target: target, Modules: modulesDir, Names: modules.Names,
		Settings: cmp.Or(t.UserSettings, filepath.Join(module, "ports", t.Port, "user_settings.h")),
		WolfSSL:  filepath.Join(module, "wolfssl"),
		Args:     makeArgs(modulesDir, t)[1:], // verify names the modules folder itself
		Build:    build, NoBuild: c.Bool("no-build"), Jobs: c.Int("jobs"),
		RunScripts: scripts, MaxFlash: most.flash, MaxRAM: most.ram,
	}
	options.Licence = licence(tree, options.WolfSSL)
	for _, want := range wants {
		options.Wants = append(options.Wants, verify.Want{
			Macro: want.Macro, Variable: want.Variable, Names: want.Names(), Value: want.Value, Why: want.Why,
		})
	}
	if c.Bool("baseline") {
		if options.Baseline, err = s.baseline(c.Context, tree, t, c.Int("jobs")); err != nil {
			return nil, err
		}
	}
	progress := s.lines()
	defer progress.clear()
	if progress != nil {
		options.Progress = progress
	}
	found, err := verify.Run(c.Context, options)
	if err != nil {
		return nil, err
	}
	return &verified{Target: target.Name(), Port: t.Port, Board: t.Board, Variant: t.Variant, Build: build, Report: found,
		where: filepath.Join("ports", t.Port, "mpconfigport.h")}, nil
}

// licence is that of the installed wolfSSL: what was recorded of the sources that it is from, else what they say.
func licence(tree *micropython.Tree, dir string) string {
	if record, err := state.Load(tree.Dir); err == nil && record.Modules.Licence != "" &&
		filepath.Join(record.Modules.Dir, modules.Name, "wolfssl") == dir {
		return record.Modules.Licence
	}
	if wolf, err := wolfssl.Open(dir); err == nil {
		return wolf.Licence
	}
	return ""
}

// runScripts writes the scripts that every firmware must pass to where it can read them.
func (s *session) runScripts(tree *micropython.Tree) ([]string, error) {
	dir := filepath.Join(tree.Dir, state.Folder, "build", "run")
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return nil, fmt.Errorf("verify: %w", err)
	}
	ignore := filepath.Join(tree.Dir, state.Folder, ".gitignore")
	if err := os.WriteFile(ignore, []byte("*\n"), 0o644); err != nil {
		return nil, fmt.Errorf("verify: %w", err)
	}
	var files []string
	for _, name := range verifyScripts {
		for _, name := range []string{name, name + ".exp"} {
			if err := writeScript(dir, name); err != nil {
				return nil, err
			}
		}
		files = append(files, filepath.Join(dir, name))
	}
	for _, name := range []string{"pipes.py", "testkeys.py"} { // which the scripts import
		if err := writeScript(dir, name); err != nil {
			return nil, err
		}
	}
	return files, nil
}

func writeScript(dir, name string) error {
	text, err := tests.Firmware.ReadFile("firmware/" + name)
	if err == nil {
		err = os.WriteFile(filepath.Join(dir, name), text, 0o644)
	}
	if err != nil {
		return fmt.Errorf("verify: %w", err)
	}
	return nil
}

// verifyScripts are the scripts of tests/firmware that every firmware must pass which can run on this machine: known
// answers of the algorithms, and handshakes between two ends in memory.
var verifyScripts = []string{"crypto_kat.py", "tls_pair.py"}

// lineProgress shows each line in the place of the one before, on a terminal.
type lineProgress struct{ w io.Writer }

// lines is nil where nobody watches.
func (s *session) lines() *lineProgress {
	if !s.terminal {
		return nil
	}
	return &lineProgress{s.stderr}
}

func (p *lineProgress) Write(b []byte) (int, error) {
	const columns = 79
	line := strings.TrimSpace(string(b))
	if i := strings.LastIndexByte(line, '\n'); i >= 0 {
		line = line[i+1:]
	}
	_, err := fmt.Fprintf(p.w, "\r\x1b[K%.*s", columns, line)
	return len(b), err
}

func (p *lineProgress) clear() {
	if p != nil {
		fmt.Fprint(p.w, "\r\x1b[K")
	}
}
