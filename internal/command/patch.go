package command

import (
	"context"
	"fmt"
	"slices"

	"github.com/urfave/cli/v2"

	"mpwolf/internal/build"
	"mpwolf/internal/change"
	"mpwolf/internal/doctor"
	"mpwolf/internal/micropython"
	"mpwolf/internal/shell"
	"mpwolf/patches"
)

const flagDiff = "diff"

func patchCommand(s *session) *cli.Command {
	return &cli.Command{
		Name:  "patch",
		Usage: "set a port's macros, and install the user modules and wolfSSL",
		Description: `All targets are patched, or none; mpwolf revert undoes it, byte for byte.
Without a tree, MicroPython is fetched into ./micropython. Without --port, the
targets of mpwolf.toml are patched, or those that the tree was patched for.

Examples:
    mpwolf patch --port unix
    mpwolf patch --port unix --variant coverage --diff
    mpwolf patch --port stm32 --board NUCLEO_F429ZI --dry-run
    mpwolf patch --port unix --pristine --wolfssl lib/wolfssl
    mpwolf patch --port unix --make MICROPY_PY_BTREE=0
    mpwolf patch --format json      # what was done, for a program
    mpwolf patch                    # all targets of mpwolf.toml`,
		Flags: slices.Concat(targetFlags(), []cli.Flag{
			allBoardsFlag(), treeFlag(), modulesFlag(), userSettingsFlag(), forceFlag(),
			&cli.BoolFlag{Name: flagPristine,
				Usage: "change no file of the tree: the installed module sets the macros"},
			&cli.BoolFlag{Name: flagDiff, Usage: "print the changes to the tree as a diff " +
				"that git apply accepts; change nothing"},
			&cli.BoolFlag{Name: flagDryRun, Usage: "print what would be done; change nothing"},
			&cli.BoolFlag{Name: flagWolfSSLFull, Usage: "also install the parts of wolfSSL that " +
				"the processors of the targets cannot use"},
			formatFlag("text", "json"),
		}, sourceFlags()),
		Action: noArgs(s.patch),
	}
}

// change are the options of patch and revert.
func (s *session) change(c *cli.Context) change.Options {
	return change.Options{
		Options: s.options(c), Force: c.Bool(flagForce), Tool: Version(), Disk: s.disk, Log: s.say,
		Progress: s.progress(),
	}
}

func (s *session) patch(c *cli.Context) error {
	kind, err := format(c, "text", "json")
	if err != nil {
		return err
	}
	if c.Bool(flagDiff) || c.Bool(flagDryRun) {
		plan, err := change.Plan(c.Context, s.change(c))
		if err != nil {
			return err
		}
		if kind == "json" {
			return s.patchPlanJSON(plan, c.Bool(flagDiff))
		}
		if c.Bool(flagDiff) {
			return s.showDiff(plan)
		}
		if plan.Already {
			s.showPatched(plan)
			return nil
		}
		s.showPlan(plan)
		return nil
	}
	o := s.change(c)
	notePython := s.askPython(c.Context, &o)
	done, err := change.Patch(c.Context, o)
	if err != nil {
		return err
	}
	if kind == "json" {
		return s.json(patched(done, false))
	}
	s.showPatched(done)
	notePython()
	return nil
}

// askPython makes a patch look at Python while make and the compiler are asked. The function that
// it returns says that no build can succeed if Python is missing or fails.
func (s *session) askPython(ctx context.Context, o *change.Options) func() {
	reply := make(chan string, 1)
	asked := false
	o.Asking = func(targets []micropython.Target) {
		if !asked {
			asked = true
			go func() { reply <- doctor.BrokenPython(ctx, targets) }()
		}
	}
	return func() {
		if !asked {
			return
		}
		if text := <-reply; text != "" && ctx.Err() == nil {
			s.complain("note: MicroPython cannot be built: %s", text)
		}
	}
}

// patchPlanJSON prints a plan, with the diff if requested.
func (s *session) patchPlanJSON(plan *change.Patched, diff bool) (err error) {
	result := patched(plan, true)
	if diff {
		if result.Diff, err = diffText(plan.Changes); err != nil {
			return err
		}
	}
	return s.json(result)
}

func (s *session) showDiff(plan *change.Patched) error {
	if plan.Pristine {
		s.say("--pristine changes no file of the tree; --dry-run shows what it sets")
		return nil
	}
	return patches.Diff(s.stdout, plan.Changes)
}

func (s *session) showPlan(plan *change.Patched) {
	verb := "would change"
	if plan.Pristine {
		verb = "would set"
	}
	s.showSteps(plan, verb)
	for _, text := range plan.Recorded {
		fmt.Fprintln(s.stdout, text)
	}
	if plan.Module != "" {
		fmt.Fprintf(s.stdout, "would install %s with wolfSSL %s\n",
			shell.Path(plan.Module), plan.WolfSSL)
	}
	if plan.Fragment != "" {
		fmt.Fprintf(s.stdout, "would write %s\n", shell.Path(plan.Fragment))
	}
}

func (s *session) showPatched(done *change.Patched) {
	if done.Already {
		for _, t := range done.Targets {
			fmt.Fprintf(s.stdout, "%s is patched already; nothing to do\n", t.Name)
		}
		return
	}
	verb := "changed"
	if done.Pristine {
		verb = "set"
	}
	s.showSteps(done, verb)
	if done.Module != "" {
		fmt.Fprintf(s.stdout, "installed %s with wolfSSL %s (%s)\n", shell.Path(done.Module),
			done.WolfSSL, done.Licence)
	}
	if done.Fragment != "" {
		fmt.Fprintf(s.stdout, "wrote %s\n", shell.Path(done.Fragment))
	}
	for _, t := range done.Targets {
		fmt.Fprintf(s.stdout, "build: %s\n", t.Build)
	}
	for _, dir := range done.Stale {
		if build.Configured(dir) {
			s.say("%s is configured already, and make does not hand CMake new arguments: run "+
				"%s, which configures it again, or make clean", shell.Path(dir), "mpwolf build")
			continue
		}
		s.say("%s contains stale objects, and make does not notice that the flags changed: "+
			"run make clean, or use another BUILD",
			shell.Path(dir))
	}
}

// showSteps prints a line for every want of each target.
func (s *session) showSteps(p *change.Patched, verb string) {
	for _, t := range p.Targets {
		indent := ""
		if len(p.Targets) > 1 {
			fmt.Fprintf(s.stdout, "%s:\n", t.Name)
			indent = "  "
		}
		for _, step := range t.Steps {
			fmt.Fprintf(s.stdout, "%s%s\n", indent, step.Text(verb))
		}
		for _, lack := range t.Lacks {
			fmt.Fprintf(s.stdout, "%snote: %s is 0: %s\n", indent, lack.Macro, lack.Why)
		}
		for _, note := range t.Notes {
			fmt.Fprintf(s.stdout, "%snote: %s\n", indent, note)
		}
	}
}
