package change

import (
	"fmt"
	"path/filepath"

	"mpwolf/internal/disk"
	"mpwolf/internal/shell"
	"mpwolf/internal/state"
	"mpwolf/modules"
)

// saver copies the user's files before --force changes them, to a new directory for each run.
type saver struct {
	*work
	dir string
}

func (w *work) saver() saver { return saver{w, state.SaveDir(w.Project.Tree.Dir)} }

// files copies files of the tree, as they are now.
func (s saver) files(writes []state.Write) error {
	for _, w := range writes {
		to := filepath.Join(s.dir, filepath.FromSlash(w.Path))
		err := disk.MkdirAll(s.Disk, filepath.Dir(to), 0o755)
		if err == nil {
			err = disk.Write(s.Disk, to, w.Before, 0o644)
		}
		if err != nil {
			return fmt.Errorf("save a copy of %s: %w", w.Path, err)
		}
		s.Log.Printf("saved %s as it was to %s", w.Path, shell.Path(to))
	}
	return nil
}

// modules copies files of an installed module.
func (s saver) modules(changed []string) error {
	if len(changed) == 0 {
		return nil
	}
	to := filepath.Join(s.dir, modules.Name)
	stays, err := modules.StageKept(s.Disk, s.Project.Modules, to, changed)
	if err != nil {
		return fmt.Errorf("save a copy of the changed modules: %w", err)
	}
	if stays {
		s.Log.Printf("saved what was changed in %s to %s", shell.Path(s.Module()), shell.Path(to))
	}
	return nil
}
