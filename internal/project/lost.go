package project

import (
	"context"
	"os"
	"path/filepath"

	"mpwolf/modules"
	"mpwolf/patches"
)

// Lost is what is known about a patch whose record is gone, as after git clean -fdx or in a clone
// of a fork. It is nil if there is a record, or if nothing shows that the tree was patched.
func (p *Project) Lost(ctx context.Context) (*patches.Lost, error) {
	if p.Record != nil {
		return nil, nil
	}
	traces, shown, err := p.Traces(ctx)
	if err != nil || !shown {
		return nil, err
	}
	return traces, nil
}

// Traces are what looks like a patch in a tree without a record, from the marks in the tree, the
// wants, git, and the list of users of the installed modules. shown is set if they show that the
// tree was patched; else they may be the user's own.
func (p *Project) Traces(ctx context.Context) (traces *patches.Lost, shown bool, err error) {
	lost, err := patches.Traces(ctx, p.Tree, p.Tree)
	if err != nil {
		return nil, false, err
	}
	users, err := modules.Users(p.Modules)
	if err != nil {
		return nil, false, err
	}
	uses, err := p.Uses()
	if err != nil {
		return nil, false, err
	}
	_, _, notInstalled := modules.Installed(p.Modules)
	_, notPristine := os.Stat(filepath.Join(p.Module(), "pristine"))
	switch {
	case lost.Marked, lost.MarkedAtHead && len(lost.Unknown)+len(lost.Changes) > 0:
		shown = true
	case notInstalled != nil: // a line that sets a macro as mpwolf does may be the user's own
	case len(lost.Changes) > 0 && (uses || len(users.Trees) == 0),
		uses && (len(lost.Unknown) > 0 || notPristine == nil):
		shown = true
	}
	return lost, shown, nil
}
