// Package modules holds the C user modules wolfssl, wolfcryptolib and wolfhashlib, and installs them with a wolfSSL
// into the folder that MicroPython's make is given as USER_C_MODULES.
package modules

import (
	"bytes"
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"os"
	"path"
	"path/filepath"
	"slices"
)

// The prefix all: takes files that begin with _ or . as well; there are none today.
//
//go:embed all:micropython-wolfssl
var embedded embed.FS

const (
	// Name is the folder of the module below USER_C_MODULES, as users of the existing module know it.
	Name = "micropython-wolfssl"
	// manifestName is the list of what was installed.
	manifestName = ".mpwolf-module.json"
)

// Names are the Python modules that the C sources register, whatever the release.
var Names = []string{"wolfssl", "wolfcryptolib", "wolfhashlib"}

// Source is a folder whose files are installed below a place in the module's folder.
type Source struct {
	FS fs.FS
	// At is where the files go, relative to the module's folder, with slashes; "." is the folder itself.
	At string
	// Files are the files to take, relative to FS; nil takes all.
	Files []string
	// Texts, if not nil, are the files themselves, by name, in the place of FS.
	Texts map[string][]byte
}

// Own is the source of the C modules themselves.
func Own() Source {
	own, err := fs.Sub(embedded, Name)
	if err != nil {
		panic(err) // the name is a constant that embed has checked
	}
	return Source{FS: own, At: "."}
}

// manifest is the list of the installed files, with the SHA-256 of each in hex.
type manifest struct {
	Tool  string            `json:"tool"`
	Files map[string]string `json:"files"`
}

// NotOursError says that the folder for the module holds something that mpwolf did not install.
type NotOursError struct{ Dir string }

func (e *NotOursError) Error() string {
	return fmt.Sprintf("%q exists and was not installed by mpwolf; nothing is written over it", e.Dir)
}

// Check says whether the module can be installed below dir: the place is free, or holds an installation of mpwolf's
// that nobody has changed.
func Check(dir string) error {
	final := filepath.Join(dir, Name)
	if _, err := os.Lstat(final); errors.Is(err, fs.ErrNotExist) {
		return nil
	} else if err != nil {
		return err
	}
	changed, err := Changed(dir)
	if err != nil {
		return err
	}
	if len(changed) > 0 {
		return fmt.Errorf("%s was changed after mpwolf installed it: %s", final, listed(changed))
	}
	return nil
}

func listed(names []string) string {
	const most = 5
	text := ""
	for i, name := range names {
		if i == most {
			return fmt.Sprintf("%s and %d more", text, len(names)-most)
		}
		if i > 0 {
			text += ", "
		}
		text += name
	}
	return text
}

// Stage writes a whole module folder under a name of the caller's, beside its final place, where the caller then puts
// it. Nothing that exists is touched.
func Stage(temp, tool string, sources ...Source) error {
	if err := os.Mkdir(temp, 0o755); err != nil {
		return fmt.Errorf("install modules: %w", err)
	}
	m := manifest{Tool: tool, Files: map[string]string{}}
	for _, source := range sources {
		if err := m.copyAll(temp, source); err != nil {
			return fmt.Errorf("install modules: %w", err)
		}
	}
	text, err := json.MarshalIndent(m, "", " ")
	if err == nil {
		err = os.WriteFile(filepath.Join(temp, manifestName), append(text, '\n'), 0o644)
	}
	if err != nil {
		return fmt.Errorf("install modules: %w", err)
	}
	return nil
}

func (s Source) files() ([]string, error) {
	switch {
	case s.Texts != nil:
		return slices.Sorted(maps.Keys(s.Texts)), nil
	case s.Files != nil:
		return s.Files, nil
	}
	var files []string
	err := fs.WalkDir(s.FS, ".", func(name string, entry fs.DirEntry, err error) error {
		if err == nil && !entry.IsDir() {
			files = append(files, name)
		}
		return err
	})
	return files, err
}

func (s Source) open(name string) (io.ReadCloser, error) {
	if s.Texts != nil {
		return io.NopCloser(bytes.NewReader(s.Texts[name])), nil
	}
	return s.FS.Open(name)
}

func (m *manifest) copyAll(temp string, source Source) error {
	files, err := source.files()
	if err != nil {
		return err
	}
	made := map[string]bool{}
	for _, name := range files {
		to := path.Join(source.At, name)
		parent := filepath.Join(temp, filepath.FromSlash(path.Dir(to)))
		if !made[parent] {
			if err := os.MkdirAll(parent, 0o755); err != nil {
				return err
			}
			made[parent] = true
		}
		sum, err := copyFile(filepath.Join(temp, filepath.FromSlash(to)), source, name)
		if err != nil {
			return err
		}
		m.Files[to] = sum
	}
	return nil
}

func copyFile(to string, from Source, name string) (sum string, err error) {
	in, err := from.open(name)
	if err != nil {
		return "", err
	}
	defer in.Close()
	out, err := os.OpenFile(to, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o644)
	if err != nil {
		return "", err
	}
	h := sha256.New()
	_, err = io.Copy(io.MultiWriter(out, h), in)
	if closing := out.Close(); err == nil {
		err = closing
	}
	return hex.EncodeToString(h.Sum(nil)), err
}

// Current says whether an installed module holds just these sources' files, as far as they go, unchanged.
func Current(dir string, sources ...Source) (bool, error) {
	changed, err := Changed(dir)
	if err != nil || len(changed) > 0 {
		return false, err
	}
	m, err := readManifest(filepath.Join(dir, Name))
	if err != nil {
		return false, err
	}
	for _, source := range sources {
		same, err := m.holds(source)
		if err != nil || !same {
			return false, err
		}
	}
	return true, nil
}

func (m *manifest) holds(source Source) (bool, error) {
	files, err := source.files()
	if err != nil {
		return false, err
	}
	for _, name := range files {
		sum, err := source.sum(name)
		if err != nil {
			return false, err
		}
		if m.Files[path.Join(source.At, name)] != sum {
			return false, nil
		}
	}
	return true, nil
}

// sum is a file's SHA-256 in hex.
func (s Source) sum(name string) (string, error) {
	in, err := s.open(name)
	if err != nil {
		return "", err
	}
	defer in.Close()
	h := sha256.New()
	_, err = io.Copy(h, in)
	return hex.EncodeToString(h.Sum(nil)), err
}

// Changed lists what the user changed in, added to or took away from an installed module, relative to its folder. For
// a folder that mpwolf did not install the error is a *NotOursError.
func Changed(dir string) ([]string, error) {
	final := filepath.Join(dir, Name)
	m, err := readManifest(final)
	if err != nil {
		return nil, err
	}
	seen := map[string]bool{manifestName: true}
	var changed []string
	err = filepath.WalkDir(final, func(file string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		rel, err := filepath.Rel(final, file)
		if err != nil {
			return err
		}
		rel = filepath.ToSlash(rel)
		if rel == manifestName {
			return nil
		}
		seen[rel] = true
		sum, err := hashFile(file)
		if err != nil {
			return err
		}
		if m.Files[rel] != sum {
			changed = append(changed, rel)
		}
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("compare installed modules: %w", err)
	}
	for _, name := range slices.Sorted(maps.Keys(m.Files)) {
		if !seen[name] {
			changed = append(changed, name)
		}
	}
	return changed, nil
}

func readManifest(final string) (*manifest, error) {
	text, err := os.ReadFile(filepath.Join(final, manifestName))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, &NotOursError{Dir: final}
	}
	if err != nil {
		return nil, fmt.Errorf("read what was installed: %w", err)
	}
	var m manifest
	if err := json.Unmarshal(text, &m); err != nil {
		return nil, fmt.Errorf("read what was installed: %s: %w", filepath.Join(final, manifestName), err)
	}
	return &m, nil
}

// hashFile gives a regular file's SHA-256; for a link or anything else, a text that no hash equals.
func hashFile(name string) (string, error) {
	info, err := os.Lstat(name)
	if err != nil {
		return "", err
	}
	if !info.Mode().IsRegular() {
		return "not a regular file", nil
	}
	f, err := os.Open(name)
	if err != nil {
		return "", err
	}
	defer f.Close()
	h := sha256.New()
	if _, err := io.Copy(h, f); err != nil {
		return "", err
	}
	return hex.EncodeToString(h.Sum(nil)), nil
}

// StageKept prepares, under a name of the caller's, what stays of an installed module when it is taken away: the files
// that the user changed or added, and nothing else. It says whether anything stays.
func StageKept(dir, temp string, changed []string) (bool, error) {
	final := filepath.Join(dir, Name)
	stays := false
	for _, rel := range changed {
		from, to := filepath.Join(final, filepath.FromSlash(rel)), filepath.Join(temp, filepath.FromSlash(rel))
		info, err := os.Lstat(from)
		if errors.Is(err, fs.ErrNotExist) {
			continue // one that the user took away
		}
		if err == nil {
			err = keep(to, from, info)
		}
		if err != nil {
			return stays, fmt.Errorf("keep changed files: %w", err)
		}
		stays = true
	}
	return stays, nil
}

func keep(to, from string, info fs.FileInfo) error {
	if err := os.MkdirAll(filepath.Dir(to), 0o755); err != nil {
		return err
	}
	if info.Mode()&fs.ModeSymlink != 0 {
		link, err := os.Readlink(from)
		if err != nil {
			return err
		}
		return os.Symlink(link, to)
	}
	text, err := os.ReadFile(from)
	if err != nil {
		return err
	}
	if err := os.WriteFile(to, text, info.Mode().Perm()); err != nil {
		return err
	}
	return os.Chtimes(to, info.ModTime(), info.ModTime())
}
