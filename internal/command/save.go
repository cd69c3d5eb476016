package command

import (
	"fmt"
	"path/filepath"
	"time"

	"github.com/urfave/cli/v2"

	"mpwolf/internal/disk"
	"mpwolf/internal/micropython"
	"mpwolf/internal/shell"
	"mpwolf/internal/state"
	"mpwolf/modules"
)

func forceFlag() cli.Flag {
	return &cli.BoolFlag{
		Name:  "force",
		Usage: "go on where your edits and mpwolf's lines meet; your files are copied first, to where is said",
	}
}

// savedFolder is where --force copies the user's files to, below the tree's .mpwolf; a folder a run.
const savedFolder = "saved"

// saver copies files of the user's before --force changes them.
type saver struct {
	*session
	dir string
}

func (s *session) saver(tree *micropython.Tree) *saver {
	name := time.Now().UTC().Format("20060102T150405.000Z")
	return &saver{s, filepath.Join(tree.Dir, state.Folder, savedFolder, name)}
}

// files copies files of the tree, as they are now.
func (s *saver) files(writes []state.Write) error {
	for _, w := range writes {
		to := filepath.Join(s.dir, filepath.FromSlash(w.Path))
		err := disk.MkdirAll(s.disk, filepath.Dir(to), 0o755)
		if err == nil {
			err = disk.Write(s.disk, to, w.Before, 0o644)
		}
		if err != nil {
			return fmt.Errorf("save a copy of %s: %w", w.Path, err)
		}
		s.say("saved %s as it was to %s", w.Path, shell.Path(to))
	}
	return nil
}

// modules copies files of an installed module.
func (s *saver) modules(dir string, changed []string) error {
	if len(changed) == 0 {
		return nil
	}
	to := filepath.Join(s.dir, modules.Name)
	stays, err := modules.StageKept(s.disk, dir, to, changed)
	if err != nil {
		return fmt.Errorf("save a copy of the changed modules: %w", err)
	}
	if stays {
		s.say("saved what was changed in %s to %s", shell.Path(filepath.Join(dir, modules.Name)), shell.Path(to))
	}
	return nil
}
