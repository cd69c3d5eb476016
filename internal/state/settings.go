package state

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"mpwolf/internal/disk"
)

// SettingsName is the name of the only file outside the tree and the modules' directory that a
// change may write.
const SettingsName = "mpwolf.toml"

// Settings is the mpwolf.toml, if it changes together with the tree.
type Settings struct {
	// Path is its absolute path.
	Path string
	// Before are the bytes that it must have, and After those that it gets.
	Before, After []byte
}

// journalSettings has the hashes of its bytes. Temp is where they are written first; the old ones
// are kept in the stage.
type journalSettings struct {
	Path string `json:"path"`
	Old  string `json:"old"`
	New  string `json:"new"`
	Temp string `json:"temp"`
}

// oldSettings is the name of the old bytes in the stage.
const oldSettings = "old-settings"

// stageSettings is nil if there is nothing to do.
func (l *Lock) stageSettings(s *Settings) (*journalSettings, error) {
	if s == nil || disk.Hash(s.Before) == disk.Hash(s.After) {
		return nil, nil
	}
	j := &journalSettings{Path: s.Path, Old: disk.Hash(s.Before), New: disk.Hash(s.After),
		Temp: TemporaryName(filepath.Dir(s.Path))}
	info, err := j.check()
	if err != nil {
		return nil, err
	}
	now, err := os.ReadFile(s.Path)
	if err != nil {
		return nil, fmt.Errorf("prepare %s: %w", s.Path, err)
	}
	if disk.Hash(now) != j.Old {
		return nil, fmt.Errorf("%s changed while mpwolf was running", s.Path)
	}
	err = disk.Write(l.disk, l.path(stageName, oldSettings), s.Before, info.Mode().Perm())
	if err != nil {
		return nil, fmt.Errorf("prepare %s: %w", s.Path, err)
	}
	return j, nil
}

// check refuses a file that mpwolf does not write.
func (s *journalSettings) check() (fs.FileInfo, error) {
	if !filepath.IsAbs(s.Path) || filepath.Clean(s.Path) != s.Path ||
		filepath.Base(s.Path) != SettingsName || !isTemporary(s.Temp) ||
		filepath.Dir(s.Temp) != filepath.Dir(s.Path) {
		return nil, fmt.Errorf("%q, %q are not files that mpwolf writes", s.Path, s.Temp)
	}
	info, err := os.Lstat(s.Path)
	if err == nil && !info.Mode().IsRegular() {
		err = fmt.Errorf("%s is not a regular file, and is not written", s.Path)
	}
	return info, err
}

// putSettings replaces the file with one rename; its mode and owner stay.
func (l *Lock) putSettings(s *journalSettings, text []byte) error {
	info, err := s.check()
	if err != nil {
		return err
	}
	if err := disk.RemoveAll(l.disk, s.Temp); err != nil { // of a try that failed
		return fmt.Errorf("write %s: %w", s.Path, err)
	}
	if err := disk.Write(l.disk, s.Temp, text, info.Mode().Perm()); err != nil {
		return fmt.Errorf("write %s: %w", s.Path, err)
	}
	l.keepOwner(s.Temp, info)
	if err := l.disk.Rename(s.Temp, s.Path); err != nil {
		return fmt.Errorf("write %s: %w", s.Path, err)
	}
	return l.disk.SyncDir(filepath.Dir(s.Path))
}

// settingsBack restores the file if it has the new bytes. One that is gone stays away: a person
// removed it.
func (l *Lock) settingsBack(s *journalSettings) error {
	_, err := s.check()
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	now, err := os.ReadFile(s.Path)
	if err != nil {
		return fmt.Errorf("go back: %w", err)
	}
	old := l.path(stageName, oldSettings)
	switch disk.Hash(now) {
	case s.Old:
		return nil
	case s.New:
		text, err := os.ReadFile(old)
		if err == nil && disk.Hash(text) != s.Old {
			err = fmt.Errorf("%s is damaged", old)
		}
		if err != nil {
			return fmt.Errorf("go back: %w", err)
		}
		return l.putSettings(s, text)
	}
	return fmt.Errorf("go back: %s was edited after an interrupted run; its previous bytes "+
		"are in %s", s.Path, old)
}
