package build

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync"
	"time"
)

// madeFile is where a build directory keeps what its files were made from.
const madeFile = "mpwolf-replies/made.json"

// made is what a build has left in its directory, and what it was made from. make looks at times
// only: it keeps an object whose source was replaced by an older file, and one that something else
// has written.
type made struct {
	// Files are the states of all files; the other fields are indexes of Names.
	Names []string    `json:"names"`
	Files []fileState `json:"files"`
	// Objects are the objects and archives in the directory, each with its source, its headers and
	// its dependency file.
	Objects map[int][]int `json:"objects"`
	// Firmware is what was linked, with its map and what was made of it; Linked is what it was
	// linked from.
	Firmware []int `json:"firmware"`
	Linked   []int `json:"linked"`
	// Dirs are where the compiler looks for headers, in its order. Shadows are files there that were
	// found before a header of the same name that was compiled, and not taken.
	Dirs    []string `json:"dirs"`
	Shadows []string `json:"shadows"`
	// Compared is the hash of the firmware that was compared with what its link makes, and Differs
	// are the sections that are not the same.
	Compared string   `json:"compared"`
	Differs  []string `json:"differs"`
	// Unrepeated is set if that link could not be repeated.
	Unrepeated bool `json:"unrepeated,omitempty"`

	index map[string]int
}

// fileState distinguishes contents of a file. The hash decides where the stamps differ: a file may
// be copied, or restored by a cache.
type fileState struct {
	Stamp string `json:"stamp"`
	Hash  string `json:"hash"` // "" for a file that changed while it was used
}

// readMade is nil without a record, or with a damaged one.
func readMade(dir string) *made {
	text, err := os.ReadFile(filepath.Join(dir, filepath.FromSlash(madeFile)))
	r := &made{index: make(map[string]int)}
	if err != nil || json.Unmarshal(text, r) != nil || len(r.Files) != len(r.Names) {
		return nil
	}
	for i, name := range r.Names {
		r.index[name] = i
	}
	all := slices.Concat(r.Firmware, r.Linked)
	for object, inputs := range r.Objects {
		all = append(append(all, object), inputs...)
	}
	if slices.ContainsFunc(all, func(i int) bool { return i < 0 || i >= len(r.Names) }) {
		return nil
	}
	return r
}

// altered are the indexes of the files that are not what they were, and of the headers in whose
// place the compiler would now take another.
func (r *made) altered() map[int]bool {
	different := make([]bool, len(r.Names))
	parallel(len(r.Names), func(i int) {
		if Stamp(r.Names[i]) != r.Files[i].Stamp {
			different[i] = r.Files[i].Hash == "" || hashOf(r.Names[i]) != r.Files[i].Hash
		}
	})
	found := make(map[int]bool)
	for i, is := range different {
		if is {
			found[i] = true
		}
	}
	for i, paths := range r.shadows() {
		if slices.ContainsFunc(paths, func(path string) bool {
			return !slices.Contains(r.Shadows, path)
		}) {
			found[i] = true
		}
	}
	return found
}

// shadows are the files that the compiler would find before headers of the same name, by the
// headers' indexes.
func (r *made) shadows() map[int][]string {
	all := make([][]string, len(r.Names))
	parallel(len(r.Names), func(i int) {
		name := r.Names[i]
		if isLinkInput(name) || isDeps(name) {
			return
		}
		for at, dir := range r.Dirs {
			inside, is := strings.CutPrefix(name, dir+"/")
			if !is {
				continue
			}
			for _, before := range r.Dirs[:at] {
				path := before + "/" + inside
				if _, err := os.Lstat(path); err == nil && path != name {
					all[i] = append(all[i], path)
				}
			}
			return
		}
	})
	found := make(map[int][]string)
	for i, paths := range all {
		if len(paths) > 0 {
			found[i] = paths
		}
	}
	return found
}

// Altered are the files that are not what they were when the last build in a directory ended.
type Altered struct {
	// Inputs are sources, headers, linker scripts and libraries outside the directory; Outputs are
	// files in it that no build of mpwolf wrote.
	Inputs, Outputs []string
	// Unknown says that there is no record of a build, or that the last one made no firmware.
	Unknown bool
}

// Altered looks for them.
func (m Make) Altered() Altered {
	r := readMade(m.Dir)
	if r == nil {
		return Altered{Unknown: true}
	}
	a := Altered{Unknown: len(r.Firmware) == 0}
	for i := range r.altered() {
		if _, inside := strings.CutPrefix(r.Names[i], m.Dir+"/"); inside {
			a.Outputs = append(a.Outputs, r.Names[i])
		} else {
			a.Inputs = append(a.Inputs, r.Names[i])
		}
	}
	for _, object := range objectsIn(m.Dir) {
		if i, known := r.index[object]; !known || r.Objects[i] == nil {
			a.Outputs = append(a.Outputs, object)
		}
	}
	slices.Sort(a.Inputs)
	slices.Sort(a.Outputs)
	a.Outputs = slices.Compact(a.Outputs)
	return a
}

// AfterLink are the sections of the firmware that a step after the link has changed. known is false
// if the link could not be repeated to find them.
func (m Make) AfterLink() (sections []string, known bool) {
	if r := readMade(m.Dir); r != nil {
		return r.Differs, !r.Unrepeated
	}
	return nil, true
}

// removeAltered removes the objects and the firmware that make must make again although their
// times say otherwise: what they were made from has changed, or something else wrote them.
func (m Make) removeAltered() error {
	if _, err := os.Stat(filepath.Join(m.Dir, stampFile)); err != nil {
		return nil
	}
	r := readMade(m.Dir)
	if r == nil {
		return removeAll(objectsIn(m.Dir))
	}
	altered := r.altered()
	is := func(i int) bool { return altered[i] }
	for i := range altered {
		name := r.Names[i]
		_, inside := strings.CutPrefix(name, m.Dir+"/")
		if inside && r.Objects[i] == nil && !slices.Contains(r.Firmware, i) &&
			!slices.Contains(r.Linked, i) && !isDeps(name) {
			// A generated source or header: nothing says what else depends on it.
			return m.empty()
		}
	}
	var remove []string
	for _, object := range objectsIn(m.Dir) {
		i, known := r.index[object]
		if known && r.Objects[i] != nil && !altered[i] && !slices.ContainsFunc(r.Objects[i], is) {
			continue
		}
		remove = append(remove, object)
	}
	if slices.ContainsFunc(slices.Concat(r.Firmware, r.Linked), is) {
		for _, i := range r.Firmware {
			remove = append(remove, r.Names[i])
		}
	}
	return removeAll(remove)
}

func removeAll(files []string) error {
	for _, file := range files {
		if err := os.Remove(file); err != nil && !os.IsNotExist(err) {
			return err
		}
	}
	return nil
}

// objectsIn are the objects and archives in a build directory, except those of mpwolf itself.
func objectsIn(dir string) []string {
	var found []string
	_ = filepath.WalkDir(dir, func(path string, entry fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return nil
		case entry.IsDir() && filepath.Dir(path) == dir && strings.HasPrefix(entry.Name(), ours):
			return fs.SkipDir
		case !entry.IsDir() && isLinkInput(path):
			found = append(found, path)
		}
		return nil
	})
	return found
}

// ours begins the names of what mpwolf itself writes into a build directory.
const ours = "mpwolf-"

func isDeps(name string) bool {
	return slices.Contains(depsEndings, filepath.Ext(name))
}

// depsEndings: MicroPython's rules leave a dependency file beside the object as .P, other
// makefiles as .d.
var depsEndings = []string{".P", ".d"}

// DepsOf reads the dependency file of an object: its name, and the source and the headers, as
// absolute paths; dir is the directory that the compiler ran in. There are none without such a
// file.
func DepsOf(object, dir string) (file string, deps []string) {
	base := strings.TrimSuffix(object, filepath.Ext(object))
	for _, file := range []string{base + ".P", base + ".d", object + ".d"} { // CMake: the last
		text, err := os.ReadFile(file)
		if err != nil {
			continue
		}
		deps := ParseDeps(string(text))
		for i, name := range deps {
			if !filepath.IsAbs(name) {
				name = dir + "/" + name
			}
			deps[i] = filepath.Clean(name)
		}
		return file, deps
	}
	return "", nil
}

// keepMade records what a make that began at start has left. If it cannot be written, the objects
// are made again. link is nil if there is no firmware.
func (m Make) keepMade(ctx context.Context, flags *Flags, link *Link, start time.Time) {
	before := readMade(m.Dir)
	r := &made{Objects: make(map[int][]int), index: make(map[string]int)}
	var compiles map[string]Compile
	if ctx.Err() == nil {
		m.Flags = flags
		compiles, _ = m.Compiles(ctx) // without it, the objects without dependency files are alone
	}
	objects := objectsIn(m.Dir)
	inputs := make([][]string, len(objects))
	parallel(len(objects), func(i int) {
		file, deps := DepsOf(objects[i], m.RunDir())
		if inputs[i] = deps; file != "" {
			inputs[i] = append(inputs[i], file)
		} else if c, known := compiles[objects[i]]; known {
			inputs[i] = []string{c.Source}
		}
	})
	for i, object := range objects {
		r.Objects[r.add(object)] = r.addAll(inputs[i])
	}
	r.Dirs = flags.includeDirs()
	for _, paths := range r.shadows() {
		r.Shadows = append(r.Shadows, paths...)
	}
	slices.Sort(r.Shadows)
	if link != nil {
		r.Firmware = r.addAll(firmwareFiles(link.Output))
		r.Linked = r.addAll(slices.Concat(link.Scripts, link.Responses, link.Inputs, link.Shared))
	}
	r.Files = make([]fileState, len(r.Names))
	parallel(len(r.Names), func(i int) { r.Files[i] = m.stateOf(r.Names[i], before, start) })
	if link != nil {
		r.compare(before, func() ([]string, bool) { return m.linkDiffers(ctx, flags, link) })
	}
	if before != nil && slices.Equal(before.Names, r.Names) &&
		slices.Equal(before.Files, r.Files) && slices.Equal(before.Firmware, r.Firmware) &&
		before.Compared == r.Compared && slices.Equal(before.Dirs, r.Dirs) &&
		slices.Equal(before.Shadows, r.Shadows) {
		return
	}
	file := filepath.Join(m.Dir, filepath.FromSlash(madeFile))
	text, err := json.Marshal(r)
	if err != nil || os.MkdirAll(filepath.Dir(file), 0o777) != nil ||
		os.WriteFile(file+".new", text, 0o666) != nil || os.Rename(file+".new", file) != nil {
		_ = os.Remove(file)
	}
}

// compare fills in Compared, Differs and Unrepeated; a firmware that was compared before is known.
func (r *made) compare(before *made, differs func() (sections []string, repeated bool)) {
	r.Compared = r.Files[r.Firmware[0]].Hash
	if before != nil && before.Compared == r.Compared {
		r.Differs, r.Unrepeated = before.Differs, before.Unrepeated
		return
	}
	sections, repeated := differs()
	r.Differs, r.Unrepeated = sections, !repeated
}

func (r *made) add(name string) int {
	i, known := r.index[name]
	if !known {
		i = len(r.Names)
		r.index[name] = i
		r.Names = append(r.Names, name)
	}
	return i
}

func (r *made) addAll(names []string) []int {
	all := make([]int, 0, len(names))
	for _, name := range names {
		all = append(all, r.add(name))
	}
	return all
}

// stateOf is the state of a file now. A source that has changed since start may not be what was
// compiled.
func (m Make) stateOf(name string, before *made, start time.Time) fileState {
	stamp := Stamp(name)
	if before != nil {
		if i, known := before.index[name]; known && before.Files[i].Stamp == stamp {
			return before.Files[i]
		}
	}
	if !strings.HasPrefix(name, m.Dir+"/") && changedSince(name, start) {
		return fileState{Stamp: "changed"}
	}
	return fileState{stamp, hashOf(name)}
}

// firmwareFiles are a firmware and the files of its name, such as its map and what is flashed.
func firmwareFiles(elf string) []string {
	files := []string{elf}
	base := strings.TrimSuffix(filepath.Base(elf), ".elf")
	entries, err := os.ReadDir(filepath.Dir(elf))
	if err != nil {
		return files
	}
	for _, entry := range entries {
		name := filepath.Join(filepath.Dir(elf), entry.Name())
		if strings.HasPrefix(entry.Name(), base) && entry.Type().IsRegular() &&
			slices.Contains([]string{".map", ".bin", ".hex", ".dfu", ".uf2"},
				filepath.Ext(name)) {
			files = append(files, name)
		}
	}
	return files
}

// changedSince reports whether a file has changed since a time, or in the last moments before it:
// file systems' clocks lag by some milliseconds.
func changedSince(name string, start time.Time) bool {
	info, err := os.Stat(name)
	if err != nil || info.IsDir() {
		return false
	}
	since := start.Add(-tick)
	return info.ModTime().After(since) || changeTime(info).After(since)
}

const tick = 20 * time.Millisecond

// hashOf is the hash of a file; "" if it cannot be read.
func hashOf(name string) string {
	file, err := os.Open(name)
	if err != nil {
		return "none"
	}
	defer file.Close()
	hash := sha256.New()
	if _, err := io.Copy(hash, file); err != nil {
		return ""
	}
	return hex.EncodeToString(hash.Sum(nil))
}

// parallel calls do for 0 to n-1, with as many calls at once as there are processors.
func parallel(n int, do func(int)) {
	var wait sync.WaitGroup
	workers := min(n, runtime.NumCPU())
	for worker := range workers {
		wait.Go(func() {
			for i := worker; i < n; i += workers {
				do(i)
			}
		})
	}
	wait.Wait()
}
