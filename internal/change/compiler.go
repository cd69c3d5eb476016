package change

import (
	"context"
	"fmt"
	"path/filepath"
	"runtime"
	"strings"
	"sync"

	"mpwolf/internal/build"
	"mpwolf/internal/micropython"
	"mpwolf/internal/shell"
	"mpwolf/patches"
)

// askCompiler asks the port's own make and compiler whether every want holds: the scanner plans,
// these decide.
func (j *job) askCompiler(ctx context.Context) error {
	j.builds, j.small = nil, nil
	answers := eachTarget(j.plan.Targets, func(i int, t patches.TargetPlan) (*build.Flags, error) {
		return askTarget(ctx, t, j.Targets[i].ModuleArgs(j.Modules))
	})
	for i, t := range j.plan.Targets {
		flags, err := answers[i].value, answers[i].err
		if err != nil {
			return err
		}
		build := strings.TrimSpace(flags.Vars["BUILD"])
		if build != "" && !filepath.IsAbs(build) {
			build = filepath.Join(t.Target.Dir(), build)
		}
		small, err := smallFlash(t.Target, flags)
		if err != nil {
			return err
		}
		j.builds, j.small = append(j.builds, build), append(j.small, small)
	}
	return nil
}

// smallFlash says that a board has less flash than any firmware with wolfSSL takes; "" if it has
// more, or none can tell.
func smallFlash(target micropython.Target, flags *build.Flags) (string, error) {
	flash, known := flags.CodeFlash()
	if !known {
		return "", nil
	}
	port, err := patches.Load(target.Port)
	if err != nil || flash.Bytes >= port.Flash.Least {
		return "", err
	}
	return fmt.Sprintf("%s has %d KB of flash for code (%s), less than a firmware with wolfSSL "+
		"was ever seen to take (%d KB): "+
		"mpwolf verify says what does not fit", target.Name(), flash.Bytes>>10,
		shell.Path(flash.File), port.Flash.Least>>10), nil
}

// askTarget is an error if a want does not hold; else flags, with where plain make builds, and the
// linker scripts.
func askTarget(ctx context.Context, t patches.TargetPlan, args []string) (*build.Flags, error) {
	var macros, variables []string
	for _, step := range t.Steps {
		if step.Want.Variable != "" {
			variables = append(variables, step.Name)
		} else {
			macros = append(macros, step.Name)
		}
	}
	flags, err := build.Probe(ctx, t.Target,
		append(variables, "BUILD", build.LinkerScripts), args...)
	if err != nil {
		return nil, err
	}
	values, err := flags.Effective(ctx, macros)
	if err != nil {
		return nil, err
	}
	var wrong []string
	for _, step := range t.Steps {
		if step.Want.Variable != "" {
			if n, known := patches.MakeNumber(flags.Vars[step.Name]); !known ||
				n != step.Want.Value {
				wrong = append(wrong,
					fmt.Sprintf("make's %s is %q, not %d", step.Name,
						flags.Vars[step.Name], step.Want.Value))
			}
			continue
		}
		if v := values[step.Name]; !v.Known || v.Number != step.Want.Value {
			wrong = append(wrong,
				fmt.Sprintf("%s is %q (%s:%d), not %d", step.Name, v.Text, v.File,
					v.Line, step.Want.Value))
		}
	}
	if len(wrong) > 0 {
		return nil, fmt.Errorf("patch %s: the compiler does not see what was planned, so "+
			"nothing was changed: %s",
			t.Target.Port, strings.Join(wrong, "; "))
	}
	return flags, nil
}

// answer is what came of a question about a target.
type answer[T any] struct {
	value T
	err   error
}

// eachTarget asks about all targets, as many at once as there are processors: each asks make and a
// compiler. The answers are in the targets' order, so that the error that is told does not depend
// on who is first.
func eachTarget[Target, T any](
	targets []Target, ask func(i int, t Target) (T, error),
) []answer[T] {
	answers := make([]answer[T], len(targets))
	var all sync.WaitGroup
	running := make(chan struct{}, runtime.GOMAXPROCS(0))
	for i, t := range targets {
		running <- struct{}{}
		all.Go(func() {
			defer func() { <-running }()
			answers[i].value, answers[i].err = ask(i, t)
		})
	}
	all.Wait()
	return answers
}
