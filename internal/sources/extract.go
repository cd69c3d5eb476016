package sources

import (
	"archive/tar"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"strings"
	"time"
)

// extractor writes the members of one archive below a root. The root itself keeps every write
// inside; the checks here are for what that does not see: links that lead out once they exist,
// and links that put a later member somewhere other than its name says.
type extractor struct {
	root   *os.Root
	limits Limits
	bytes  int64
	files  int
	// top is the directory that all members are in, "." for an archive of the directory itself;
	// empty before the first member.
	top string
	// kinds are the members so far and the directories above them.
	kinds map[string]fs.FileMode
	// times are the directories' times, set at the end because writing into a directory changes
	// its time.
	times map[string]time.Time
}

func newExtractor(root *os.Root, limits Limits) *extractor {
	return &extractor{
		root:   root,
		limits: limits,
		kinds:  map[string]fs.FileMode{".": fs.ModeDir},
		times:  map[string]time.Time{},
	}
}

func (x *extractor) member(h *tar.Header, content io.Reader) error {
	if x.files++; x.files > x.limits.Files {
		return fmt.Errorf("the archive has more than %d members", x.limits.Files)
	}
	if h.Typeflag == tar.TypeXGlobalHeader {
		return nil // the commit that git archive records
	}
	name, err := x.strip(h.Name)
	if err != nil {
		return err
	}
	if name == "." && h.Typeflag != tar.TypeDir {
		return errors.New("is not in a directory; expected an archive with one top directory")
	}
	if err := x.parents(name); err != nil {
		return err
	}
	switch h.Typeflag {
	case tar.TypeDir:
		return x.dir(name, h)
	case tar.TypeReg:
		return x.file(name, h, content)
	case tar.TypeSymlink:
		return x.symlink(name, h)
	case tar.TypeLink:
		return x.link(name, h)
	}
	return fmt.Errorf("is neither a file, a directory nor a link (type %q)", h.Typeflag)
}

// strip takes off the top directory, which must be the same for all members. The top directory
// itself becomes ".".
func (x *extractor) strip(name string) (string, error) {
	if err := local(name); err != nil {
		return "", err
	}
	first, _, _ := strings.Cut(name, "/")
	if x.top == "" {
		x.top = first
	}
	if first != x.top {
		return "", fmt.Errorf("is not in the archive's top directory %q", x.top)
	}
	if name == x.top {
		return ".", nil
	}
	return path.Clean(strings.TrimPrefix(name, x.top+"/")), nil
}

func local(name string) error {
	switch {
	case path.IsAbs(name):
		return errors.New("its name is absolute")
	case strings.ContainsAny(name, "\x00\\"):
		return errors.New("its name has a character that is not allowed")
	}
	for part := range strings.SplitSeq(name, "/") {
		if part == ".." {
			return errors.New(`its name has ".."`)
		}
	}
	if name == "" || !filepath.IsLocal(filepath.FromSlash(name)) {
		return errors.New("its name is not allowed")
	}
	return nil
}

// parents creates the directories above a member, and fails if something else is in the way.
func (x *extractor) parents(name string) error {
	dir := path.Dir(name)
	if kind, known := x.kinds[dir]; known {
		if !kind.IsDir() {
			return fmt.Errorf("is below %q, which is not a directory", dir)
		}
		return nil
	}
	if err := x.parents(dir); err != nil {
		return err
	}
	x.kinds[dir] = fs.ModeDir
	return x.root.Mkdir(filepath.FromSlash(dir), 0o755)
}

// claim records a member that is not a directory; an archive in which two share a name is
// refused.
func (x *extractor) claim(name string, kind fs.FileMode) error {
	if _, known := x.kinds[name]; known {
		return errors.New("occurs twice")
	}
	x.kinds[name] = kind
	return nil
}

func (x *extractor) dir(name string, h *tar.Header) error {
	x.times[name] = h.ModTime
	kind, known := x.kinds[name]
	switch {
	case !known:
		x.kinds[name] = fs.ModeDir
		return x.root.Mkdir(filepath.FromSlash(name), 0o755)
	case !kind.IsDir():
		return errors.New("occurs twice")
	}
	return nil
}

func (x *extractor) file(name string, h *tar.Header, content io.Reader) error {
	if err := x.claim(name, 0); err != nil {
		return err
	}
	if x.bytes += h.Size; h.Size < 0 || x.bytes > x.limits.Bytes {
		return fmt.Errorf("the archive unpacks to more than %d bytes", x.limits.Bytes)
	}
	mode := fs.FileMode(0o644)
	if h.Mode&0o111 != 0 {
		mode = 0o755
	}
	local := filepath.FromSlash(name)
	f, err := x.root.OpenFile(local, os.O_WRONLY|os.O_CREATE|os.O_EXCL, mode)
	if err != nil {
		return err
	}
	_, err = io.CopyN(f, content, h.Size)
	if err := errors.Join(err, f.Close()); err != nil {
		return fmt.Errorf("damaged: %w", err)
	}
	return x.root.Chtimes(local, h.ModTime, h.ModTime)
}

// symlink makes a link whose target is in the tree. Leading ".." are reliable, because nothing
// above a member is a link; a later ".." could step out of what another link points to, so it is
// refused.
func (x *extractor) symlink(name string, h *tar.Header) error {
	if err := x.claim(name, fs.ModeSymlink); err != nil {
		return err
	}
	if !linkInside(name, h.Linkname) {
		return fmt.Errorf("is a link to %q, out of the archive", h.Linkname)
	}
	return x.root.Symlink(h.Linkname, filepath.FromSlash(name))
}

// linkInside reports whether a link called name may point at target.
func linkInside(name, target string) bool {
	if target == "" || path.IsAbs(target) || strings.ContainsAny(target, "\x00\\") {
		return false
	}
	rest := target
	for strings.HasPrefix(rest, "../") || strings.HasPrefix(rest, "./") {
		_, rest, _ = strings.Cut(rest, "/")
	}
	for part := range strings.SplitSeq(rest, "/") {
		if part == ".." && rest != ".." {
			return false
		}
	}
	end := path.Join(path.Dir(name), target)
	return end != ".." && !strings.HasPrefix(end, "../")
}

// link makes a second name of an earlier file of the archive.
func (x *extractor) link(name string, h *tar.Header) error {
	if err := x.claim(name, 0); err != nil {
		return err
	}
	target, err := x.strip(h.Linkname)
	if err != nil {
		return fmt.Errorf("is a hard link to %q, which %w", h.Linkname, err)
	}
	kind, known := x.kinds[target]
	if !known || !kind.IsRegular() || target == name {
		return fmt.Errorf("is a hard link to %q, which is not a file before it in the archive",
			h.Linkname)
	}
	return x.root.Link(filepath.FromSlash(target), filepath.FromSlash(name))
}

func (x *extractor) finish(name string) error {
	if len(x.kinds) == 1 {
		return fmt.Errorf("%s: the archive is empty", name)
	}
	for dir, t := range x.times {
		if err := x.root.Chtimes(filepath.FromSlash(dir), t, t); err != nil {
			return err
		}
	}
	return nil
}
