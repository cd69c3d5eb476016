package build

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"
)

// repliesFile is where a build directory keeps what make and the compiler answered. It is in a
// directory of its own: a new file must not change the time of one that the compiler looks into.
const repliesFile = "mpwolf-replies/replies.json"

// replies are what make and the compiler said to a question, each with the files that it depends
// on: as long as none of them changes, asking again would give the same. Without them a
// verification with nothing to build would spend most of its time on questions. The nil value
// knows nothing and keeps nothing.
type replies struct {
	file  string
	mutex sync.Mutex
	known map[string]reply
}

// reply is one of them. Names that were looked for in Dirs and were not found must still be
// absent.
type reply struct {
	Value json.RawMessage   `json:"value"`
	Files map[string]string `json:"files"`
	Dirs  []string          `json:"dirs,omitempty"`
	Names []string          `json:"names,omitempty"`
}

// openReplies reads a build directory's replies; a file that is damaged or not there holds none.
func openReplies(dir string) *replies {
	a := &replies{file: filepath.Join(dir, filepath.FromSlash(repliesFile)),
		known: make(map[string]reply)}
	if text, err := os.ReadFile(a.file); err == nil && json.Unmarshal(text, &a.known) != nil {
		a.known = make(map[string]reply)
	}
	return a
}

// question is a key: what was asked, and everything besides files that decides the reply.
func question(parts ...any) string {
	hash := sha256.New()
	for _, part := range append(parts, inherited()) {
		fmt.Fprintf(hash, "%q\n", part)
	}
	return hex.EncodeToString(hash.Sum(nil))
}

// inherited is the environment that make and the compiler get, without what changes from one
// terminal, or from one measurement, to the next.
func inherited() []string {
	env := slices.DeleteFunc(environment(), func(s string) bool {
		name, _, _ := strings.Cut(s, "=")
		return slices.Contains(ephemeral, name) ||
			slices.ContainsFunc(ephemeralPrefixes, func(prefix string) bool {
				return strings.HasPrefix(name, prefix)
			})
	})
	slices.Sort(env)
	return env
}

var (
	ephemeral = []string{"_", "PWD", "OLDPWD", "SHLVL", "TERM", "COLUMNS", "LINES",
		"LS_COLORS", "DISPLAY", "WINDOWID"}
	ephemeralPrefixes = []string{"DBUS_", "HYPERFINE_", "SSH_", "TERM_", "TMUX", "VTE_", "XDG_"}
)

// recall puts a known reply into value.
func (a *replies) recall(key string, value any) bool {
	if a == nil {
		return false
	}
	a.mutex.Lock()
	defer a.mutex.Unlock()
	found, known := a.known[key]
	return known && found.holds() && json.Unmarshal(found.Value, value) == nil
}

func (a reply) holds() bool {
	for file, stamp := range a.Files {
		if Stamp(file) != stamp {
			return false
		}
	}
	for path := range a.lookups {
		if _, err := os.Lstat(path); err == nil {
			return false
		}
	}
	return true
}

// lookups are the paths at which files could appear that would be taken instead of those that
// were.
func (a reply) lookups(yield func(string) bool) {
	for _, dir := range a.Dirs {
		for _, name := range a.Names {
			path := dir + "/" + name
			if _, there := a.Files[path]; !there && !yield(path) {
				return
			}
		}
	}
}

// keep stores a reply to a question that was asked at start, unless one of the files has changed
// since. If it cannot be written, the question is asked again.
func (a *replies) keep(key string, start time.Time, value any, files, dirs, names []string) {
	if a == nil {
		return
	}
	text, err := json.Marshal(value)
	if err != nil {
		return
	}
	fresh := reply{Value: text, Files: make(map[string]string), Dirs: dirs, Names: names}
	for path := range fresh.lookups {
		if _, err := os.Lstat(path); err == nil {
			files = append(files, path)
		}
	}
	for _, file := range files {
		if changedSince(file, start) {
			return
		}
		fresh.Files[file] = Stamp(file)
	}
	a.mutex.Lock()
	defer a.mutex.Unlock()
	a.known[key] = fresh
	for key, old := range a.known {
		if !old.holds() {
			delete(a.known, key)
		}
	}
	a.save()
}

func (a *replies) save() {
	text, err := json.Marshal(a.known)
	if err != nil || os.MkdirAll(filepath.Dir(a.file), 0o777) != nil {
		return
	}
	temporary := a.file + ".new"
	if os.WriteFile(temporary, text, 0o666) != nil || os.Rename(temporary, a.file) != nil {
		_ = os.Remove(temporary)
	}
}

// Stamp distinguishes versions of a file by its size and its time, as make does, and by the time of
// its last change, which stays when a file gets back its old time. It is "none" for a file that is
// not there.
func Stamp(file string) string {
	info, err := os.Stat(file)
	if err != nil {
		return "none"
	}
	return fmt.Sprintf("%d %d %d", info.Size(), info.ModTime().UnixNano(),
		changeTime(info).UnixNano())
}

// programs are the files of the compiler that replies depend on.
func (f *Flags) programs() []string {
	if len(f.CC) == 0 {
		return nil
	}
	found, err := exec.LookPath(f.CC[0])
	if err != nil {
		return nil
	}
	return []string{found}
}

// makefiles are the files that make read, except the dependency files of objects, which set no
// variable.
func (f *Flags) makefiles() []string {
	files := slices.Clone(f.inputs)
	for _, name := range strings.Fields(f.Vars[makefileList]) {
		if ext := filepath.Ext(name); ext == ".P" || ext == ".d" {
			continue
		}
		if !filepath.IsAbs(name) {
			name = filepath.Join(f.Dir, name)
		}
		files = append(files, filepath.Clean(name))
	}
	return files
}

// included are the files that a preprocessor's output names, the directories that it looked for
// them in, and their names there.
func (f *Flags) included(output string) (files, dirs, names []string) {
	dirs = f.includeDirs()
	seen := make(map[string]bool)
	for line := range strings.Lines(output) {
		if !strings.HasPrefix(line, "# ") {
			continue
		}
		m := lineMarker.FindStringSubmatch(line)
		if m == nil || strings.HasPrefix(m[2], "<") || seen[m[2]] {
			continue
		}
		seen[m[2]] = true
		path, _ := filepath.Abs(f.abs(m[2]))
		files = append(files, path)
		for _, dir := range dirs {
			if name, inside := strings.CutPrefix(path, dir+"/"); inside {
				names = append(names, name)
			}
		}
	}
	slices.Sort(names)
	return files, dirs, slices.Compact(names)
}

func (f *Flags) abs(path string) string {
	if filepath.IsAbs(path) {
		return filepath.Clean(path)
	}
	return filepath.Join(f.Dir, path)
}

// includeDirs are the directories of -I and similar options.
func (f *Flags) includeDirs() []string {
	var dirs []string
	for i, flag := range f.CFLAGS {
		for _, option := range []string{"-I", "-iquote", "-isystem"} {
			dir, found := strings.CutPrefix(flag, option)
			if found && dir == "" && i+1 < len(f.CFLAGS) {
				dir = f.CFLAGS[i+1]
			}
			if found && dir != "" {
				dirs = append(dirs, f.abs(dir))
			}
		}
	}
	return dirs
}

// dependencies are the files that the objects in a directory were made from, according to the
// compiler's dependency files.
func dependencies(dir, relativeTo string) []string {
	seen := make(map[string]bool)
	_ = filepath.WalkDir(dir, func(path string, _ fs.DirEntry, err error) error {
		if ext := filepath.Ext(path); err != nil || ext != ".P" && ext != ".d" {
			return nil
		}
		text, err := os.ReadFile(path)
		if err != nil {
			return nil
		}
		for _, name := range ParseDeps(string(text)) {
			if !filepath.IsAbs(name) {
				name = filepath.Join(relativeTo, name)
			}
			seen[filepath.Clean(name)] = true
		}
		return nil
	})
	files := make([]string, 0, len(seen))
	for file := range seen {
		files = append(files, file)
	}
	return files
}
