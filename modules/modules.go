// Package modules holds the C user modules wolfssl, wolfcryptolib and wolfhashlib, and installs
// them with a wolfSSL into the directory that MicroPython's make is given as USER_C_MODULES. It
// writes only beside the final place; package state moves it there.
package modules

import (
	"bytes"
	"context"
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
	"runtime"
	"slices"
	"strings"

	"golang.org/x/sync/errgroup"

	"mpwolf/internal/disk"
)

// The prefix all: also includes files that begin with _ or .; there are none today.
//
//go:embed all:micropython-wolfssl
var embedded embed.FS

const (
	// Name is the directory of the module below USER_C_MODULES, as users of the existing module
	// know it.
	Name = "micropython-wolfssl"
	// manifestName is the list of what was installed.
	manifestName = ".mpwolf-module.json"
)

// Variables are the variables that people may set for the modules' makefile, with its defaults.
func Variables() map[string]string {
	text, err := embedded.ReadFile(Name + "/micropython.mk")
	if err != nil {
		panic(err) // it is embedded
	}
	found := map[string]string{"WOLFSSL_USER_SETTINGS_FILE": ""}
	for line := range strings.Lines(string(text)) {
		name, value, sets := strings.Cut(line, "?=")
		if name = strings.TrimSpace(name); sets && strings.HasPrefix(name, "WOLFSSL_") {
			found[name] = strings.TrimSpace(value)
		}
	}
	return found
}

// Names are the Python modules that the C sources register, whatever the release.
var Names = []string{"wolfssl", "wolfcryptolib", "wolfhashlib"}

// Source is a directory whose files are installed below a place in the module's directory.
type Source struct {
	FS fs.FS
	// At is where the files go, relative to the module's directory, with slashes; "." is the
	// directory itself.
	At string
	// Files are the files to take, relative to FS; nil takes all.
	Files []string
	// Texts, if not nil, are the files themselves, by name, instead of FS.
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
	ID    string            `json:"id"`
	Files map[string]string `json:"files"`
}

// NotOursError says that the directory for the module holds something that mpwolf did not install.
type NotOursError struct{ Dir string }

func (e *NotOursError) Error() string {
	return fmt.Sprintf("%q exists and was not installed by mpwolf; it is not overwritten",
		e.Dir)
}

// Hasher gives a regular file's SHA-256 in hex and, for anything else, a text that no hash equals.
type Hasher func(name string, info fs.FileInfo) (string, error)

// Check reports whether the module can be installed below dir: the place is free, or holds an
// unchanged installation of mpwolf's.
func Check(dir string, hash Hasher) error {
	final := filepath.Join(dir, Name)
	if _, err := os.Lstat(final); errors.Is(err, fs.ErrNotExist) {
		return nil
	} else if err != nil {
		return err
	}
	changed, err := Changed(dir, hash)
	if err != nil {
		return err
	}
	if len(changed) > 0 {
		all := func(name string) bool { return IsAdded(dir, name) }
		return &ChangedError{Dir: final, Files: changed,
			Added: !slices.ContainsFunc(changed, func(name string) bool { return !all(name) })}
	}
	return nil
}

// ChangedError says that the user changed an installed module.
type ChangedError struct {
	Dir   string
	Files []string // relative to Dir, with slashes
	// Added is set if all were added, and none of mpwolf's was changed or removed.
	Added bool
}

func (e *ChangedError) Error() string {
	if e.Added {
		return fmt.Sprintf("%s has files that mpwolf did not install: %s", e.Dir, listed(e.Files))
	}
	return fmt.Sprintf("%s was changed after mpwolf installed it: %s", e.Dir, listed(e.Files))
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

// Stage writes a whole module directory under a name that the caller chooses, beside its final
// place, where the caller then moves it. Nothing that exists is touched. tool is mpwolf's
// version, id identifies this installation.
func Stage(
	ctx context.Context, d disk.FS, temp, tool, id string, sources ...Source,
) error {
	if err := d.Mkdir(temp, 0o755); err != nil {
		return fmt.Errorf("install modules: %w", err)
	}
	m := manifest{Tool: tool, ID: id, Files: map[string]string{}}
	for _, source := range sources {
		if err := m.copyAll(ctx, d, temp, source); err != nil {
			return fmt.Errorf("install modules: %w", err)
		}
	}
	text, err := json.MarshalIndent(m, "", " ")
	if err == nil {
		err = disk.Write(d, filepath.Join(temp, manifestName), append(text, '\n'), 0o644)
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

// copyAll copies as many files at once as there are processors.
func (m *manifest) copyAll(
	ctx context.Context, d disk.FS, temp string, source Source,
) error {
	files, err := source.files()
	if err != nil {
		return err
	}
	made := map[string]bool{}
	for _, name := range files {
		parent := filepath.Join(temp, filepath.FromSlash(path.Dir(path.Join(source.At, name))))
		if !made[parent] {
			if err := disk.MkdirAll(d, parent, 0o755); err != nil {
				return err
			}
			made[parent] = true
		}
	}
	sums := make([]string, len(files))
	copies, ctx := errgroup.WithContext(ctx)
	copies.SetLimit(runtime.GOMAXPROCS(0))
	for i, name := range files {
		copies.Go(func() (err error) {
			if ctx.Err() != nil {
				return ctx.Err()
			}
			to := filepath.Join(temp, filepath.FromSlash(path.Join(source.At, name)))
			sums[i], err = copyFile(d, to, source, name)
			return err
		})
	}
	if err := copies.Wait(); err != nil {
		return err
	}
	for i, name := range files {
		m.Files[path.Join(source.At, name)] = sums[i]
	}
	return nil
}

func copyFile(d disk.FS, to string, from Source, name string) (sum string, err error) {
	in, err := from.open(name)
	if err != nil {
		return "", err
	}
	defer in.Close()
	out, err := d.Create(to, 0o644)
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

// Current reports whether an installed module has exactly these files, unchanged, in the
// directories of these sources.
func Current(dir string, hash Hasher, sources ...Source) (bool, error) {
	changed, err := Changed(dir, hash)
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

// Differing is how many files of a source were installed with other contents.
func Differing(dir string, source Source) (int, error) {
	m, err := readManifest(filepath.Join(dir, Name))
	if err != nil {
		return 0, err
	}
	files, err := source.files()
	n := 0
	for _, name := range files {
		installed := m.Files[path.Join(source.At, name)]
		if installed == "" {
			continue
		}
		sum, err := source.sum(name)
		if err != nil {
			return 0, err
		}
		if sum != installed {
			n++
		}
	}
	return n, err
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

// Changed lists what the user changed in, added to or removed from an installed module, relative
// to its directory. For a directory that mpwolf did not install the error is a *NotOursError.
func Changed(dir string, hash Hasher) ([]string, error) {
	m, err := readManifest(filepath.Join(dir, Name))
	if err != nil {
		return nil, err
	}
	return m.changed(dir, hash)
}

// IsAdded reports whether a file of an installed module, named as by Changed, is not one that
// mpwolf installed.
func IsAdded(dir, name string) bool {
	m, err := readManifest(filepath.Join(dir, Name))
	return err == nil && m.Files[name] == ""
}

// Inspect combines Changed and Installed.
func Inspect(dir string, hash Hasher) (id string, changed []string, err error) {
	m, err := readManifest(filepath.Join(dir, Name))
	if err != nil {
		return "", nil, err
	}
	changed, err = m.changed(dir, hash)
	return m.ID, changed, err
}

func (m *manifest) changed(dir string, hash Hasher) ([]string, error) {
	final := filepath.Join(dir, Name)
	seen := map[string]bool{manifestName: true}
	var changed []string
	err := filepath.WalkDir(final, func(file string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		rel, err := filepath.Rel(final, file)
		if err != nil {
			return err
		}
		rel = filepath.ToSlash(rel)
		if isOwnFile(rel) {
			return nil
		}
		seen[rel] = true
		info, err := entry.Info()
		if err != nil {
			return err
		}
		sum, err := hash(file, info)
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
	err = json.Unmarshal(text, &m)
	for name := range m.Files {
		err = errors.Join(err, checkName(name))
	}
	if err != nil {
		return nil, &ListError{File: filepath.Join(final, manifestName), Err: err,
			Way: "move " + final + " out of the way; then mpwolf patch reinstalls it, and " +
				"mpwolf revert works without it"}
	}
	return &m, nil
}

// Installed is what identifies an installation: mpwolf's version, and the id that Stage was
// given.
func Installed(dir string) (tool, id string, err error) {
	m, err := readManifest(filepath.Join(dir, Name))
	if err != nil {
		return "", "", err
	}
	return m.Tool, m.ID, nil
}

// Files are the files of an installed module by their absolute paths, with the SHA-256 of each in
// hex.
func Files(dir string) (map[string]string, error) {
	final := filepath.Join(dir, Name)
	m, err := readManifest(final)
	if err != nil {
		return nil, err
	}
	files := map[string]string{}
	for name, hash := range m.Files {
		files[filepath.Join(final, filepath.FromSlash(name))] = hash
	}
	return files, nil
}

// StageKept prepares, under a name that the caller chooses, what stays of an installed module
// when it is removed: the files that the user changed or added, and nothing else. It reports
// whether anything stays.
func StageKept(d disk.FS, dir, temp string, changed []string) (bool, error) {
	final := filepath.Join(dir, Name)
	stays := false
	for _, rel := range changed {
		from, to := filepath.Join(final, filepath.FromSlash(rel)), filepath.Join(temp,
			filepath.FromSlash(rel))
		info, err := os.Lstat(from)
		if errors.Is(err, fs.ErrNotExist) {
			continue // one that the user removed
		}
		if err == nil {
			err = keep(d, to, from, info)
		}
		if err != nil {
			return stays, fmt.Errorf("keep changed files: %w", err)
		}
		stays = true
	}
	return stays, nil
}

func keep(d disk.FS, to, from string, info fs.FileInfo) error {
	if err := disk.MkdirAll(d, filepath.Dir(to), 0o755); err != nil {
		return err
	}
	if info.Mode()&fs.ModeSymlink != 0 {
		link, err := os.Readlink(from)
		if err != nil {
			return err
		}
		return d.Symlink(link, to)
	}
	text, err := os.ReadFile(from)
	if err != nil {
		return err
	}
	if err := disk.Write(d, to, text, info.Mode().Perm()); err != nil {
		return err
	}
	return d.Chtimes(to, info.ModTime())
}
