package micropython

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"mpwolf/internal/sources"
)

// FetchOptions say which MicroPython is wanted and where it may come from.
type FetchOptions struct {
	// Version is a release such as "v1.28.0" or "1.28.0", for git also the name of a tag or branch; empty means the
	// newest one known to work that the source can give.
	Version string
	// From is "auto" (also when empty), "git", "apt", or a folder, an archive or a git URL.
	From string
	// SHA256 is what an archive's checksum must be, in hex; empty means that it is not known.
	SHA256 string
	// Dir is where the tree goes. It must not exist, or be empty.
	Dir string
	// Port, Board and Variant decide which submodules are fetched. An empty port means none of them.
	Port, Board, Variant string
	Cache                sources.Cache
	// Log takes one line at a time for the user; Progress takes what git says while it transfers. Both may be nil.
	Log      sources.Log
	Progress io.Writer
}

// fetcher is one call of Fetch with the catalogue at hand.
type fetcher struct {
	FetchOptions
	catalogue
	apt sources.Apt
}

// Fetch gets a MicroPython tree into a folder of its own. The folder appears when the tree is complete.
func Fetch(ctx context.Context, o FetchOptions) (*Tree, error) {
	c, err := knownReleases()
	if err != nil {
		return nil, err
	}
	f := fetcher{FetchOptions: o, catalogue: *c, apt: sources.Apt{Cache: o.Cache, Log: o.Log}}
	tree, err := f.fetch(ctx)
	if err != nil {
		return nil, fmt.Errorf("fetch MicroPython: %w", err)
	}
	return tree, nil
}

func (f fetcher) fetch(ctx context.Context) (*Tree, error) {
	fill, err := f.source()
	if err != nil {
		return nil, err
	}
	var from string
	err = f.Cache.Into(ctx, f.Dir, f.Log, func(dir string) (err error) {
		from, err = fill(ctx, dir)
		return err
	})
	if err != nil {
		return nil, err
	}
	tree, err := Open(f.Dir)
	if err == nil && tree.Source == "" {
		tree.Source = from
	}
	return tree, err
}

// source chooses how the folder is filled: the function gets an empty one and says in words where the tree is from.
func (f fetcher) source() (func(ctx context.Context, dir string) (string, error), error) {
	info, err := os.Stat(f.From)
	isFile := err == nil && info.Mode().IsRegular()
	isFolder := err == nil && info.IsDir()
	if f.SHA256 != "" && !isFile {
		return nil, errors.New("a checksum was given, but no archive to check")
	}
	switch {
	case f.From == "" || f.From == "auto":
		return f.auto, nil
	case f.From == "git":
		return f.clone(f.Git), nil
	case f.From == "apt":
		return f.debian, nil
	case isFile:
		return f.archive, nil
	case isFolder && !f.isClone():
		return f.folder, nil
	case isFolder || sources.IsGitURL(f.From):
		return f.clone(f.From), nil
	}
	return nil, fmt.Errorf("%q is no source: expected auto, git, apt, a git URL, or an existing folder or archive", f.From)
}

// isClone tells whether a folder is to be cloned rather than copied: a bare repository, or one whose work tree is of
// another version than the wanted one.
func (f fetcher) isClone() bool {
	if !sources.IsGitRepo(f.From) {
		return false
	}
	tree, err := Open(f.From)
	return err != nil || f.Version != "" && checkVersion(tree, f.Version) != nil
}

// auto asks git and, only when the network is not there, Debian.
func (f fetcher) auto(ctx context.Context, dir string) (string, error) {
	from, err := f.clone(f.Git)(ctx, dir)
	if err == nil || !errors.Is(err, sources.ErrOffline) {
		return from, err
	}
	f.Log.Printf("%v; taking MicroPython from Debian's archive by apt", err)
	if err := sources.Empty(dir); err != nil {
		return "", err
	}
	from, aptErr := f.debian(ctx, dir)
	if aptErr != nil {
		return "", fmt.Errorf("from neither git nor apt: %w", errors.Join(err, aptErr))
	}
	return from, nil
}

func (f fetcher) clone(url string) func(ctx context.Context, dir string) (string, error) {
	return func(ctx context.Context, dir string) (string, error) {
		ref := f.ref()
		f.Log.Printf("cloning MicroPython %s from %s", ref, url)
		commit, err := sources.Repo{URL: url, Ref: ref, Progress: f.Progress}.Clone(ctx, dir)
		if err != nil {
			return "", err
		}
		tree, err := f.check(dir, url)
		if err != nil {
			return "", err
		}
		if err := f.submodules(ctx, tree); err != nil {
			return "", err
		}
		return fmt.Sprintf("git: %s %s (%s)", url, ref, commit), nil
	}
}

// ref is the tag of the wanted release, or whatever else the user named.
func (f fetcher) ref() string {
	version := f.Version
	if version == "" {
		version = f.Releases[0].Version
	}
	if release, known := f.find(version); known {
		return "v" + release.Version
	}
	return version
}

// submodules gets those that the port's build needs once the built-in TLS is off.
func (f fetcher) submodules(ctx context.Context, tree *Tree) error {
	if f.Port == "" {
		return nil
	}
	target, err := tree.Target(f.Port, f.Board, f.Variant)
	if err != nil {
		return err
	}
	paths, err := target.submodules(ctx, true)
	if err != nil {
		return err
	}
	return sources.Submodules(ctx, tree.Dir, paths, f.Progress, f.Log)
}

// debian takes the newest wanted release that Debian's archive has: the upstream archive alone, for Debian's patches
// are for Debian's own build.
func (f fetcher) debian(ctx context.Context, dir string) (string, error) {
	release, p, err := f.debianPackage(ctx)
	if err != nil {
		return "", err
	}
	download, err := f.Cache.Entry(ctx, "micropython-"+p.Version+"-debian", f.Log, func(dir string) error {
		return f.apt.Download(ctx, p, dir, true)
	})
	if err != nil {
		return "", err
	}
	if err := f.apt.UnpackUpstream(ctx, download, dir, release.SHA256); err != nil {
		return "", err
	}
	tree, err := f.check(dir, p.String())
	if err != nil {
		return "", err
	}
	f.Log.Printf("Debian's MicroPython has no submodules: it is built without btree and micropython-lib")
	from := "apt: the upstream archive of " + p.String()
	return from, tree.withoutSubmodules(from)
}

func (f fetcher) debianPackage(ctx context.Context) (Release, sources.AptPackage, error) {
	candidates := f.Releases
	if f.Version != "" {
		release, _ := f.find(f.Version)
		candidates = []Release{release}
	}
	var missing []error
	for _, release := range candidates {
		if len(release.Suites) == 0 {
			missing = append(missing, fmt.Errorf("Debian has no MicroPython %s", release.Version))
			continue
		}
		p, err := f.apt.Find(ctx, release.Suites, f.Package, release.Version)
		if !errors.Is(err, fs.ErrNotExist) {
			return release, p, err
		}
		missing = append(missing, err)
	}
	// The last is the one of the oldest release, or of the only one that was wanted.
	return Release{}, sources.AptPackage{}, sources.WithHint(missing[len(missing)-1], "Debian has: "+f.inDebian())
}

// inDebian lists the known releases that Debian may have.
func (f fetcher) inDebian() string {
	var versions []string
	for _, release := range f.Releases {
		if len(release.Suites) > 0 {
			versions = append(versions, release.Version+" ("+strings.Join(release.Suites, ", ")+")")
		}
	}
	return strings.Join(versions, ", ")
}

func (f fetcher) archive(ctx context.Context, dir string) (string, error) {
	sum, err := sources.CheckSHA256(f.From, f.SHA256)
	if err != nil {
		return "", err
	}
	if f.SHA256 == "" {
		f.Log.Printf("%s: the checksum is not checked; sha256 is %s", f.From, sum)
	}
	if err := sources.Unpack(ctx, f.From, dir); err != nil {
		return "", err
	}
	_, err = f.check(dir, f.From)
	return "archive: " + f.From + " (sha256 " + sum + ")", err
}

// folder copies a tree without what git and builds keep in it: a copied .git could be a link to that of the source.
func (f fetcher) folder(ctx context.Context, dir string) (string, error) {
	if _, err := f.check(f.From, f.From); err != nil {
		return "", err
	}
	from, err := filepath.Abs(f.From)
	if err != nil {
		return "", err
	}
	if rel, err := filepath.Rel(from, dir); err == nil && filepath.IsLocal(rel) {
		return "", fmt.Errorf("cannot copy %q into a folder inside it", f.From)
	}
	f.Log.Printf("copying MicroPython from %s", from)
	return "folder: " + from, sources.CopyTree(ctx, from, dir, notSource)
}

// notSource are git's own files and the build folders that make leaves in a tree.
func notSource(rel string) bool {
	if filepath.Base(rel) == ".git" {
		return true
	}
	for _, pattern := range []string{"ports/*/build", "ports/*/build-*", "mpy-cross/build", "mpy-cross/build-*"} {
		if matched, err := filepath.Match(pattern, rel); err == nil && matched {
			return true
		}
	}
	return false
}

// check opens what was fetched and compares its version with the wanted one. Errors name the source, not dir, which
// is a temporary folder.
func (f fetcher) check(dir, source string) (*Tree, error) {
	tree, err := Open(dir)
	var notTree *NotTreeError
	var tooOld *TooOldError
	switch {
	case errors.As(err, &notTree):
		notTree.Dir = source
	case errors.As(err, &tooOld):
		tooOld.Dir = source
	case err == nil:
		err = checkVersion(tree, f.Version)
	}
	if err != nil {
		return nil, err
	}
	return tree, nil
}

// checkVersion accepts a name that is no version, such as a branch.
func checkVersion(tree *Tree, want string) error {
	version, err := ParseVersion(want)
	if err != nil || strings.Contains(want, "preview") {
		return nil // a branch or tag of the user's own
	}
	if tree.Version.Compare(version) != 0 {
		return fmt.Errorf("%s is MicroPython %s, not %s", tree.Dir, tree.Version, version)
	}
	return nil
}
