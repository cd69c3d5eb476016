package project

import (
	"context"
	"os"
	"path/filepath"

	"mpwolf/modules"
	"mpwolf/patches"
)

// Lost is what is known about a patch whose record is gone, as after git clean -fdx: from the
// marks in the tree, the wants, git, and the list of users of the installed modules. It is nil
// if there is a record, or if nothing shows that the tree was patched.
func (p *Project) Lost(ctx context.Context) (*patches.Lost, error) {
	if p.Record != nil {
		return nil, nil
	}
	lost, err := patches.Traces(ctx, p.Tree, p.Tree.AtHead)
	if err != nil || lost.Marked {
		return lost, err
	}
	users, err := modules.Users(p.Modules)
	if err != nil {
		return nil, err
	}
	uses, err := p.Uses()
	if err != nil {
		return nil, err
	}
	_, _, notInstalled := modules.Installed(p.Modules)
	_, notPristine := os.Stat(filepath.Join(p.Module(), "pristine"))
	switch {
	case notInstalled != nil:
		return nil, nil // a line that sets a macro as mpwolf does may be the user's own
	case len(lost.Changes) > 0 && (uses || len(users.Trees) == 0),
		uses && (len(lost.Unknown) > 0 || notPristine == nil):
		return lost, nil
	}
	return nil, nil
}
