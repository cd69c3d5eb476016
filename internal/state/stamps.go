package state

import (
	"bufio"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"mpwolf/internal/disk"
)

const (
	stampsName  = "stamps"
	stampsFirst = "mpwolf stamps 2"
	// racy is how far a file's times must lie before the moment at which its stamp was taken: a
	// change in the same tick of the clock (10 ms on Linux, 2 s where times have no fractions)
	// would leave its times as they are.
	racy, racyCoarse = 20 * time.Millisecond, 2 * time.Second
)

// Stamps show that files have not changed without reading them, as git's index does: by size,
// times and inode. They are an optimisation: without them, or if one does not match, the file is
// hashed.
type Stamps struct {
	taken time.Time
	files map[string]stamp
	// globs are patterns, and a hash of what matched each.
	globs    map[string]string
	verdicts map[string]bool
	// claims are what the verdicts depend on besides the files.
	claims []string
}

// stamp is what is known of one file. A file that did not exist has no hash.
type stamp struct {
	size         int64
	mtime, ctime int64 // nanoseconds
	inode        uint64
	hash         string
}

// NewStamps begins new stamps. It must be called before reading the files whose hashes are
// added.
func NewStamps() *Stamps {
	return &Stamps{taken: time.Now(), files: map[string]stamp{}, globs: map[string]string{},
		verdicts: map[string]bool{}}
}

// Add records that a file, by its absolute path, has these bytes, as SHA-256 in hex; "" means
// that there is no such file. It returns false if that cannot be recorded: a link may change
// without a trace.
func (s *Stamps) Add(name, hash string) bool {
	if strings.ContainsAny(name, "\n\r") {
		return false
	}
	entry := stamp{hash: hash}
	if hash != "" {
		info, err := os.Lstat(name)
		if err != nil || !info.Mode().IsRegular() {
			return false
		}
		entry = stampOf(info)
		entry.hash = hash
	}
	s.files[name] = entry
	return true
}

// AddVerdict records that what the key stands for is true for the added files.
func (s *Stamps) AddVerdict(key string) { s.verdicts[key] = true }

// AddClaim records what the verdicts depend on besides the files, in words.
func (s *Stamps) AddClaim(text string) {
	if !strings.ContainsAny(text, "\n\r") && !slices.Contains(s.claims, text) {
		s.claims = append(s.claims, text)
	}
}

// Claims are what the verdicts depend on besides the files.
func (s *Stamps) Claims() []string { return s.claims }

// AddGlob records what matches a pattern, which is an absolute path.
func (s *Stamps) AddGlob(pattern string, found []string) {
	s.globs[pattern] = hashGlob(pattern, found)
}

// hashGlob stays the same if the files are moved together.
func hashGlob(pattern string, found []string) string {
	var b strings.Builder
	for _, name := range found {
		rel, err := filepath.Rel(filepath.Dir(pattern), filepath.FromSlash(name))
		if err != nil {
			rel = name
		}
		fmt.Fprintf(&b, "%q\n", rel)
	}
	return disk.Hash([]byte(b.String()))
}

// Holds reports whether a verdict was recorded and no file has changed since. inside says which
// files count.
func (s *Stamps) Holds(key string, counts func(name string) bool) bool {
	if !s.verdicts[key] {
		return false
	}
	for name, entry := range s.files {
		if counts(name) && !s.unchanged(name, entry) {
			return false
		}
	}
	for pattern, hash := range s.globs {
		found, err := filepath.Glob(pattern)
		if err != nil || hashGlob(pattern, found) != hash {
			return false
		}
	}
	return true
}

func (s *Stamps) unchanged(name string, entry stamp) bool {
	info, err := os.Lstat(name)
	if entry.hash == "" {
		return errors.Is(err, fs.ErrNotExist)
	}
	if err != nil {
		return false
	}
	hash, err := s.Hash(name, info)
	return err == nil && hash == entry.hash
}

// Hash returns a file's SHA-256 in hex, from its stamp if that matches; for a link or anything
// else that is not a regular file, a text that no hash equals.
func (s *Stamps) Hash(name string, info fs.FileInfo) (string, error) {
	if !info.Mode().IsRegular() {
		return "not a regular file", nil
	}
	if entry, ok := s.files[name]; ok && entry.hash != "" && s.fits(entry, info) {
		return entry.hash, nil
	}
	return disk.HashFile(name)
}

func (s *Stamps) fits(entry stamp, info fs.FileInfo) bool {
	now := stampOf(info)
	now.hash = entry.hash
	margin := racy
	if entry.mtime%int64(time.Second) == 0 {
		margin = racyCoarse
	}
	return now == entry && time.Unix(0, max(entry.mtime, entry.ctime)).Add(margin).Before(s.taken)
}

// LoadStamps reads a tree's stamps. Unreadable stamps are ignored, and so are those of another
// tree, which a copied tree contains.
func LoadStamps(tree string) *Stamps {
	s := NewStamps()
	f, err := os.Open(filepath.Join(tree, Dir, stampsName))
	if err != nil {
		return s
	}
	defer f.Close()
	lines := bufio.NewScanner(f)
	var taken int64
	var id string
	if !lines.Scan() {
		return s
	}
	_, err = fmt.Sscanf(lines.Text(), stampsFirst+" %d %s", &taken, &id)
	if err != nil || id != treeID(tree) {
		return s
	}
	read := NewStamps()
	read.taken = time.Unix(0, taken)
	for lines.Scan() {
		if !read.line(tree, lines.Text()) {
			return s
		}
	}
	if lines.Err() != nil {
		return s
	}
	return read
}

// line reads "v KEY", "a NAME", "g HASH PATTERN", "c TEXT" or "f SIZE MTIME CTIME INODE HASH
// NAME"; a NAME is relative to the tree.
func (s *Stamps) line(tree, text string) bool {
	kind, rest, _ := strings.Cut(text, " ")
	switch kind {
	case "v":
		s.verdicts[rest] = true
		return true
	case "a":
		s.files[filepath.Join(tree, filepath.FromSlash(rest))] = stamp{}
		return true
	case "c":
		s.claims = append(s.claims, rest)
		return true
	case "g":
		hash, pattern, _ := strings.Cut(rest, " ")
		s.globs[filepath.Join(tree, filepath.FromSlash(pattern))] = hash
		return isHash(hash)
	case "f":
		return s.fileLine(tree, rest)
	}
	return false
}

func (s *Stamps) fileLine(tree, text string) bool {
	fields := strings.SplitN(text, " ", 6)
	if len(fields) != 6 || !isHash(fields[4]) {
		return false
	}
	var numbers [4]int64
	for i := range numbers {
		n, ok := decimal(fields[i])
		if !ok {
			return false
		}
		numbers[i] = n
	}
	name := filepath.Join(tree, filepath.FromSlash(fields[5]))
	s.files[name] = stamp{numbers[0], numbers[1], numbers[2], uint64(numbers[3]), fields[4]}
	return true
}

// decimal reads a number; there are thousands of them, and fmt is slow.
func decimal(text string) (int64, bool) {
	digits, negative := strings.CutPrefix(text, "-")
	var n int64
	for i := range len(digits) {
		if digits[i] < '0' || digits[i] > '9' {
			return 0, false
		}
		n = n*10 + int64(digits[i]-'0')
	}
	if negative {
		n = -n
	}
	return n, digits != ""
}

// SetStamps writes a tree's stamps, with names relative to the tree, which may be moved. The lock
// must be held. What fails only makes the next check slower.
func (l *Lock) SetStamps(s *Stamps) {
	var b strings.Builder
	fmt.Fprintf(&b, "%s %d %s\n", stampsFirst, s.taken.UnixNano(), treeID(l.tree))
	for _, key := range slices.Sorted(maps.Keys(s.verdicts)) {
		fmt.Fprintf(&b, "v %s\n", key)
	}
	for _, text := range s.claims {
		fmt.Fprintf(&b, "c %s\n", text)
	}
	for _, pattern := range slices.Sorted(maps.Keys(s.globs)) {
		name, err := filepath.Rel(l.tree, pattern)
		if err != nil || strings.ContainsAny(name, "\n\r") {
			return
		}
		fmt.Fprintf(&b, "g %s %s\n", s.globs[pattern], filepath.ToSlash(name))
	}
	for _, file := range slices.Sorted(maps.Keys(s.files)) {
		name, err := filepath.Rel(l.tree, file)
		if err != nil {
			return // on another drive: without this file the verdict would hold too often
		}
		name = filepath.ToSlash(name)
		if f := s.files[file]; f.hash == "" {
			fmt.Fprintf(&b, "a %s\n", name)
		} else {
			fmt.Fprintf(&b, "f %d %d %d %d %s %s\n", f.size, f.mtime, f.ctime,
				int64(f.inode), f.hash, name)
		}
	}
	_ = l.write(stampsName, []byte(b.String()))
}
