package change

import (
	"context"
	"os"
	"path/filepath"

	"mpwolf/internal/project"
	"mpwolf/modules"
	"mpwolf/wolfssl"
)

// Choice is the wolfSSL that a patch installs, and the one that is installed before.
type Choice struct {
	// Installed is the directory of the one that is installed, Source where that came from, in
	// words; both are empty if the tree has none of its own.
	Installed, Source string
	// Tree is the one that the tree is patched with. Its Dir is Installed if that stays, and empty
	// if it would have to be fetched first.
	Tree *wolfssl.Tree
	// Differ is how many files have other contents in Tree than in what is installed; 0 if only
	// one of the two is there.
	Differ int
}

// NewChoice compares a wolfSSL with the installed one of a project.
func NewChoice(p *project.Project, tree *wolfssl.Tree) (Choice, error) {
	c := Choice{Tree: tree}
	if p.Record == nil {
		return c, nil
	}
	if _, id, err := modules.Installed(p.Modules); err != nil || id != p.Record.Modules.ID {
		return c, nil // another tree's, or gone
	}
	c.Installed = filepath.Join(p.Modules, modules.Name, "wolfssl")
	c.Source = p.Record.Modules.Source
	if tree.Dir == "" || tree.Dir == c.Installed {
		return c, nil
	}
	files, err := wolfssl.Files(tree)
	if err != nil {
		return c, err
	}
	c.Differ, err = modules.Differing(p.Modules,
		modules.Source{FS: os.DirFS(tree.Dir), At: "wolfssl", Files: files})
	return c, err
}

// choose tells the caller about the wolfSSL that was chosen.
func (j *job) choose(ctx context.Context, wolf *wolfssl.Tree) error {
	if j.Choosing == nil {
		return nil
	}
	c, err := NewChoice(j.Project, wolf)
	if err != nil {
		return err
	}
	return j.Choosing(ctx, c)
}

// CheckModules refuses what Patch would refuse about the directory for the modules, whatever the
// release of the tree. It changes nothing.
func CheckModules(o Options) error {
	o.Lenient = true
	j, err := newJob(o)
	if err != nil {
		return err
	}
	if err := j.OpenTree(); err != nil {
		return err
	}
	if err := j.Read(project.Configured); err != nil {
		return err
	}
	if err := j.checkWay(); err != nil {
		return err
	}
	return j.checkModules()
}
