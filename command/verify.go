package command

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	"github.com/urfave/cli/v2"

	"mpwolf/micropython"
	"mpwolf/modules"
	"mpwolf/patches"
	"mpwolf/state"
	"mpwolf/tests"
	"mpwolf/verify"
)

func verifyCommand(s *session) *cli.Command {
	flags := append(targetFlags(),
		treeFlag(),
		&cli.StringFlag{Name: "modules", Usage: "the folder `DIR` of the user modules (default: as patched)"},
		&cli.StringFlag{Name: "user-settings", Usage: "the user_settings.h that must have been compiled, in `FILE` (default: as patched)"},
		&cli.BoolFlag{Name: "no-build", Usage: "look at what an earlier verify has built"},
		&cli.IntFlag{Name: "jobs", Aliases: []string{"j"}, Usage: "how many commands make runs at once (default: one a processor)"},
		formatFlag(),
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
	kind, err := format(c)
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
	ok := true
	for _, t := range targets {
		report, firmware, err := s.verifyOne(c, tree, t, modulesDir)
		if err != nil {
			return err
		}
		ok = ok && report.OK
		if kind == "json" {
			err = report.JSON(s.stdout)
		} else {
			err = s.showReport(report, firmware)
		}
		if err != nil {
			return err
		}
	}
	if !ok {
		return errFound
	}
	return nil
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
			return nil, "", withHint(fmt.Errorf("%s is not patched", tree.Dir),
				"mpwolf patch --port PORT; or, for a tree that was patched by hand, name --port and --modules")
		}
		modulesDir = record.Modules.Dir
	}
	var targets []state.Target
	if c.String("port") == "" && !byHand {
		targets = record.Targets
	} else {
		target, err := targetOf(c, tree)
		if err != nil {
			return nil, "", err
		}
		targets = []state.Target{{
			Port: target.Port, Board: target.BoardFlag(), Variant: target.Variant, Make: c.StringSlice("make"),
		}}
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

func (s *session) verifyOne(c *cli.Context, tree *micropython.Tree, t state.Target, modulesDir string) (*verify.Report, string, error) {
	target, err := recordedTarget(tree, t)
	if err != nil {
		return nil, "", err
	}
	wants, err := patches.Load(t.Port)
	if err != nil {
		return nil, "", err
	}
	module := filepath.Join(modulesDir, modules.Name)
	build := filepath.Join(tree.Dir, state.Folder, "build", target.ID())
	scripts, err := s.runScripts(tree)
	if err != nil {
		return nil, "", err
	}
	progress := s.lines()
	defer progress.clear()
	options := verify.Options{
		Target: target, Modules: modulesDir, Names: modules.Names,
		Settings: filepath.Join(module, "ports", t.Port, "user_settings.h"),
		WolfSSL:  filepath.Join(module, "wolfssl"),
		Args:     makeArgs(modulesDir, t)[1:], // verify names the modules folder itself
		Build:    build, NoBuild: c.Bool("no-build"), Jobs: c.Int("jobs"),
		RunScripts: scripts,
	}
	if progress != nil {
		options.Progress = progress
	}
	if t.UserSettings != "" {
		options.Settings = t.UserSettings
	}
	for _, want := range wants {
		options.Wants = append(options.Wants, verify.Want{
			Macro: want.Macro, Variable: want.Variable, Names: want.Names(), Value: want.Value, Why: want.Why,
		})
	}
	report, err := verify.Run(c.Context, options)
	return report, build, err
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
	if err := writeScript(dir, "testkeys.py"); err != nil { // which the scripts import
		return nil, err
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

func (s *session) showReport(report *verify.Report, build string) error {
	if err := report.Text(s.stdout); err != nil {
		return err
	}
	if report.OK {
		_, err := fmt.Fprintf(s.stdout, "built in %s\n", relative(build))
		return err
	}
	return nil
}

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
