package change

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"mpwolf/internal/project"
	"mpwolf/patches"
)

// RevertFirstError says that a tree is patched in a way that patch does not change.
type RevertFirstError struct{ text, hint string }

func (e *RevertFirstError) Error() string { return e.text }

// Hint is what the user can do.
func (e *RevertFirstError) Hint() string { return e.hint }

// Refusal is the error with which Patch would stop, as far as that can be known without make and
// the compiler; nil if none is known. It changes nothing.
func Refusal(ctx context.Context, o Options) error {
	o.Command, o.Say, o.Lenient = "patch", nil, false
	j, err := newJob(o)
	if err != nil {
		return err
	}
	j.readOnly = true
	if err := j.OpenTree(); err != nil {
		return err
	}
	for _, step := range []func(context.Context) error{j.read, j.checkLacks, j.checkOutside} {
		if err := step(ctx); err != nil {
			return err
		}
	}
	for _, t := range j.plan.Targets {
		for _, clash := range t.Clashes {
			return fmt.Errorf("patch %s: %s", t.Target.Port, clash)
		}
	}
	if j.done() {
		return nil
	}
	wolf, err := j.planWolfSSL(ctx)
	if err != nil {
		return err
	}
	created, err := missingDirs(j.Modules)
	if err != nil {
		return err
	}
	if _, err := j.newRecord(wolf, created); err != nil || j.installed(wolf) {
		return err
	}
	return j.checkShared(wolf)
}

// PatchFix is the command that patches the tree, or what must be done before one can. Its text
// names no command that refuses, as far as that can be known without make and the compiler.
func PatchFix(ctx context.Context, o Options) string {
	err := Refusal(ctx, o)
	if err == nil || errors.Is(err, patches.ErrCannotRead) { // patch asks the compiler
		return o.run("patch")
	}
	if forced := Refusal(ctx, o.forced()); forced == nil {
		return o.run("patch --force")
	}
	var revert *RevertFirstError
	if errors.As(err, &revert) {
		return RevertFix(ctx, o) + ", then " + o.run("patch")
	}
	return "first see to what stops a patch: " + strings.Join(strings.Fields(err.Error()), " ") +
		"; then " + o.run("check") + " again"
}

// RevertFix is the command that reverts the tree.
func RevertFix(ctx context.Context, o Options) string {
	o.Command, o.Say, o.Lenient = "revert", nil, false
	if _, err := PlanRevert(ctx, o); err != nil {
		if _, err := PlanRevert(ctx, o.forced()); err == nil {
			return o.run("revert --force")
		}
	}
	return o.run("revert")
}

func (o Options) forced() Options {
	o.Force = true
	return o
}

// run is a command of mpwolf to type where this one was typed.
func (o Options) run(words string) string {
	p := project.Project{Asked: o.Options}
	return p.Run(words)
}
