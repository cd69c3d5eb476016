package state

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"mpwolf/internal/disk"
)

// FragmentName is the file through which CMake finds the user modules when USER_C_MODULES is the
// directory that contains them: py/usermod.cmake looks for no module below it, as py/py.mk does.
const FragmentName = "micropython.cmake"

// FragmentLine is the line with which the file includes the module.
const FragmentLine = "include(${CMAKE_CURRENT_LIST_DIR}/" + SwapName + "/" + FragmentName + ")"

// FragmentText is the whole of the file that mpwolf writes. A file with another text is the
// user's, and is neither written nor removed.
const FragmentText = "# Written by mpwolf: the user modules in this directory, for ports that " +
	"CMake builds.\n" + FragmentLine + "\n"

// Fragment is the micropython.cmake in the directory of the user modules, which is written if
// there is none, or removed if it is mpwolf's.
type Fragment struct {
	// Dir is the absolute path of the directory.
	Dir    string
	Remove bool
}

// journalFragment is a fragment that was not there before, or that was. Temp is where its text is
// written first.
type journalFragment struct {
	Dir    string `json:"dir"`
	Remove bool   `json:"remove,omitempty"`
	Temp   string `json:"temp"`
}

// stageFragment is nil if there is nothing to do.
func stageFragment(f *Fragment) *journalFragment {
	if f == nil {
		return nil
	}
	_, err := os.Lstat(filepath.Join(f.Dir, FragmentName))
	if f.Remove && !IsFragment(f.Dir) || !f.Remove && !errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	return &journalFragment{Dir: f.Dir, Remove: f.Remove, Temp: TemporaryName(f.Dir)}
}

// IsFragment reports whether a directory has the file as mpwolf writes it.
func IsFragment(dir string) bool {
	name := filepath.Join(dir, FragmentName)
	info, err := os.Lstat(name)
	if err != nil || !info.Mode().IsRegular() {
		return false
	}
	text, err := os.ReadFile(name)
	return err == nil && string(text) == FragmentText
}

// check refuses a fragment that mpwolf cannot have written.
func (f *journalFragment) check() error {
	if !filepath.IsAbs(f.Dir) || filepath.Clean(f.Dir) != f.Dir || !isTemporary(f.Temp) ||
		filepath.Dir(f.Temp) != f.Dir {
		return fmt.Errorf("%q, %q are not files that mpwolf writes", f.Dir, f.Temp)
	}
	return nil
}

// put writes the file if it does not exist, or removes it if it has mpwolf's text.
func (l *Lock) putFragment(f *journalFragment, remove bool) error {
	if err := f.check(); err != nil {
		return err
	}
	name := filepath.Join(f.Dir, FragmentName)
	if remove {
		if !IsFragment(f.Dir) {
			return nil
		}
		if err := l.disk.Remove(name); err != nil {
			return fmt.Errorf("remove %s: %w", name, err)
		}
		return nil
	}
	if disk.Exists(name) {
		return nil
	}
	if err := disk.RemoveAll(l.disk, f.Temp); err != nil { // of a try that failed
		return fmt.Errorf("write %s: %w", name, err)
	}
	if err := disk.Write(l.disk, f.Temp, []byte(FragmentText), 0o644); err != nil {
		return fmt.Errorf("write %s: %w", name, err)
	}
	if err := l.disk.Rename(f.Temp, name); err != nil {
		return fmt.Errorf("write %s: %w", name, err)
	}
	return l.disk.SyncDir(f.Dir)
}
