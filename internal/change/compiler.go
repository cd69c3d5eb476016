package change

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync"

	"mpwolf/internal/build"
	"mpwolf/internal/micropython"
	"mpwolf/internal/project"
	"mpwolf/internal/shell"
	"mpwolf/patches"
)

// askCompiler asks the port's own make and compiler whether every want holds: the scanner plans,
// these decide.
func (j *job) askCompiler(ctx context.Context) error {
	j.builds, j.small = nil, nil
	if j.Asking != nil {
		j.Asking(project.Plain(j.Targets))
	}
	answers := eachTarget(j.Targets, func(i int, _ project.Target) (*build.Flags, error) {
		return j.askTarget(ctx, i)
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
		small, err := smallFlash(ctx, t.Target, flags)
		if err != nil {
			return err
		}
		j.builds, j.small = append(j.builds, build), append(j.small, small)
	}
	return nil
}

// smallFlash says that a board has less flash than any firmware with wolfSSL takes; "" if it has
// more, or if that is unknown.
func smallFlash(
	ctx context.Context, target micropython.Target, flags *build.Flags,
) (string, error) {
	port, err := patches.Load(target.Port)
	if err != nil {
		return "", err
	}
	flash, known := flags.CodeFlash()
	bytes, where := flash.Bytes, shell.Path(flash.File)
	if len(port.Flash.Files) > 0 {
		bytes, where, err = flags.FilesBegin(ctx, port.Flash.Source, port.Flash.Files)
		if err != nil {
			return "", err
		}
		known = where != ""
	}
	if !known || bytes >= port.Flash.Least {
		return "", nil
	}
	return fmt.Sprintf("%s has %d KB of flash for code (%s), less than the smallest known "+
		"firmware with wolfSSL needs (%d KB): mpwolf verify reports what does not fit",
		target.Name(), bytes>>10, where, port.Flash.Least>>10), nil
}

// askTarget is an error if a want does not hold; else flags, with where plain make builds, and the
// linker scripts.
func (j *job) askTarget(ctx context.Context, i int) (*build.Flags, error) {
	target := j.Targets[i]
	names := map[string]patches.Want{}
	for _, step := range j.plan.Targets[i].Steps {
		names[step.Name] = step.Want
	}
	flags, wrong, err := project.Ask(ctx, target, names, "BUILD", build.LinkerScripts)
	stops, outside := (*build.MakeError)(nil), (*build.OutsideError)(nil)
	switch {
	case errors.As(err, &outside):
		j.Log.Printf("note: the compiler was not asked whether it sees the new values: %v",
			outside)
		return &build.Flags{Vars: map[string]string{}}, nil
	case errors.As(err, &stops):
		return nil, fmt.Errorf("patch %s: make or the compiler fails with the planned "+
			"changes, so nothing was changed: %w%s", target.Port, err, j.suspects(i, names))
	case err != nil:
		return nil, err
	case len(wrong) == 0:
		return flags, nil
	}
	order := func(w project.Wrong) int {
		return slices.IndexFunc(j.plan.Targets[i].Steps, func(s patches.Step) bool {
			return s.Name == w.Name
		})
	}
	slices.SortFunc(wrong, func(a, b project.Wrong) int { return order(a) - order(b) })
	texts := make([]string, len(wrong))
	only := map[string]patches.Want{}
	for i, w := range wrong {
		texts[i], only[w.Name] = w.String(), patches.Want{}
	}
	return nil, fmt.Errorf("patch %s: the compiler does not see the planned values, so "+
		"nothing was changed: %s%s", target.Port, strings.Join(texts, "; "), j.suspects(i, only))
}

// suspects names the lines that may contradict the plan: those that contain the name of a macro
// and are not a setting that the scanner recognises, and those that it cannot read.
func (j *job) suspects(i int, names map[string]patches.Want) string {
	lines := j.Scan(j.Targets[i].Target).Suspects(slices.Sorted(maps.Keys(names)))
	if len(lines) == 0 {
		return ""
	}
	const most = 5
	texts := []string{"\nlines that mpwolf cannot read, and that may be the cause:"}
	for n, line := range lines {
		if n == most {
			texts = append(texts, fmt.Sprintf("and %d more", len(lines)-most))
			break
		}
		texts = append(texts, line.String())
	}
	return strings.Join(texts, "\n")
}

// macrosToo asks the compilers of all targets which macros they define, for a plan that depends
// on macros of the system, which the scanner does not read. A plan made with them is checked
// with the compiler again.
func (j *job) macrosToo(ctx context.Context) error {
	answers := eachTarget(j.Targets, func(_ int, t project.Target) (map[string]string, error) {
		// Without the modules, which need not be there yet.
		flags, err := build.Probe(ctx, t.Target, nil)
		if err != nil {
			return nil, err
		}
		return flags.Macros(ctx)
	})
	for i := range j.Targets {
		if err := answers[i].err; err != nil {
			return err
		}
		j.Targets[i].Macros = answers[i].value
	}
	return nil
}

// answer is the result of a question about a target.
type answer[T any] struct {
	value T
	err   error
}

// eachTarget asks about all targets, as many at once as there are processors: each asks make and
// a compiler. The answers are in the targets' order, so that the reported error does not depend
// on which comes first.
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

// later starts to work something out. The function that it returns waits for the result.
func later[T any](work func() T) func() T {
	result := sync.OnceValue(work)
	go result()
	return result
}
