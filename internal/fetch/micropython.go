package fetch

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"
	"strings"

	"mpwolf/internal/build"
	"mpwolf/internal/hint"
	"mpwolf/internal/micropython"
	"mpwolf/internal/sources"
)

// MicroPythonOptions say which MicroPython is wanted and where it may come from.
type MicroPythonOptions struct {
	Source
	// Version is a release such as "v1.28.0" or "1.28.0", for git also the name of a tag or
	// branch; empty means the newest one known to work that the source has.
	Version string
	// Dir is where the tree goes. It must not exist, or be empty.
	Dir string
	// Port, Board and Variant decide which submodules are fetched. An empty port means none of
	// them.
	Port, Board, Variant string
}

// pythonFetcher is one call of MicroPython with the catalogue at hand.
type pythonFetcher struct {
	MicroPythonOptions
	micropython.Catalogue
	apt sources.Apt
	// part is the empty directory that becomes Dir when the tree in it is complete.
	part string
}

// MicroPython gets a MicroPython tree into a directory of its own, which appears when the tree is
// complete.
func MicroPython(ctx context.Context, o MicroPythonOptions) (*micropython.Tree, error) {
	c, err := micropython.Releases()
	if err != nil {
		return nil, err
	}
	f := pythonFetcher{MicroPythonOptions: o, Catalogue: *c,
		apt: sources.Apt{Cache: o.Cache, Log: o.Log}}
	tree, err := f.fetch(ctx)
	if err != nil {
		return nil, fmt.Errorf("fetch MicroPython: %w", err)
	}
	return tree, nil
}

func (f pythonFetcher) name() string { return "MicroPython" }

func (f pythonFetcher) fetch(ctx context.Context) (*micropython.Tree, error) {
	var from string
	err := f.Cache.Into(ctx, f.Dir, f.Log, func(dir string) (err error) {
		f.part = dir
		if from, err = get(ctx, f.Source, f); err != nil {
			return err
		}
		return f.checkPort(dir)
	})
	if err != nil {
		return nil, err
	}
	tree, err := micropython.Open(f.Dir)
	if err == nil && tree.Source == "" {
		tree.Source = from
	}
	return tree, err
}

// checkPort is an error if the tree does not have the port that it was fetched for.
func (f pythonFetcher) checkPort(dir string) error {
	if f.Port == "" {
		return nil
	}
	tree, err := micropython.Open(dir)
	if err != nil {
		return err
	}
	return tree.CheckPort(f.Port)
}

// clones reports whether a directory is to be cloned rather than copied: it is a bare
// repository, or its work tree is not the wanted version.
func (f pythonFetcher) clones(dir string) bool {
	if !sources.IsGitRepo(dir) {
		return false
	}
	tree, err := micropython.Open(dir)
	return err != nil || f.Version != "" && checkVersion(tree, f.Version) != nil
}

// git clones, and returns where the tree is from, in words, as the other methods do.
func (f pythonFetcher) git(ctx context.Context, url string) (string, error) {
	url = cmp.Or(url, f.Git)
	ref := f.ref()
	f.Log.Printf("cloning MicroPython %s from %s", ref, url)
	repo := sources.Repo{URL: url, Ref: ref, Progress: f.Progress}
	if release, known := f.Find(ref); known {
		repo.Commit = release.Commit
	}
	commit, err := repo.Clone(ctx, f.part)
	if err != nil {
		return "", err
	}
	tree, err := f.check(f.part, url)
	if err != nil {
		return "", err
	}
	if err := f.submodules(ctx, tree); err != nil {
		return "", err
	}
	return fmt.Sprintf("git: %s %s (%s)", url, ref, commit), nil
}

// ref is the tag of the wanted release, or whatever else the user named.
func (f pythonFetcher) ref() string {
	version := f.Version
	if version == "" {
		version = f.Releases[0].Version
	}
	if release, known := f.Find(version); known {
		return "v" + release.Version
	}
	return version
}

// submodules gets those that the port's build needs with the built-in TLS off.
func (f pythonFetcher) submodules(ctx context.Context, tree *micropython.Tree) error {
	if f.Port == "" {
		return nil
	}
	target, err := tree.Target(f.Port, f.Board, f.Variant)
	if err != nil {
		return err
	}
	paths, err := build.Submodules(ctx, target, true)
	if err != nil {
		return err
	}
	return sources.Submodules(ctx, tree.Dir, paths, f.Progress, f.Log)
}

// debian takes the newest wanted release that Debian's archive has: the upstream archive alone,
// because Debian's patches are for Debian's own build.
func (f pythonFetcher) debian(ctx context.Context) (string, error) {
	if err := sources.Empty(f.part); err != nil { // git may have begun to fill it
		return "", err
	}
	release, p, err := f.debianPackage(ctx)
	if err != nil {
		return "", err
	}
	download, err := f.Cache.Entry(ctx, "micropython-"+p.Version+"-debian", f.Log,
		func(dir string) error {
			return f.apt.Download(ctx, p, dir, true)
		})
	if err != nil {
		return "", err
	}
	if err := f.apt.UnpackUpstream(ctx, download, f.part, release.SHA256); err != nil {
		return "", err
	}
	tree, err := f.check(f.part, p.String())
	if err != nil {
		return "", err
	}
	f.sayOlder(release)
	f.Log.Printf("Debian's MicroPython has no submodules: it is built without btree and " +
		"micropython-lib")
	from := "apt: the upstream archive of " + p.String()
	return from, tree.WithoutSubmodules(from)
}

// sayOlder reports that a release is older than the newest one, which was wanted, and why.
func (f pythonFetcher) sayOlder(got micropython.Release) {
	newest := f.Releases[0].Version
	if f.Version != "" || got.Version == newest {
		return
	}
	why := "Debian's archive has no newer one"
	if f.From != FromApt {
		why = "git cannot be reached, and " + why
	}
	f.Log.Printf("MicroPython %s is older than %s, the newest that is known to work: %s",
		got.Version, newest, why)
}

func (f pythonFetcher) debianPackage(
	ctx context.Context,
) (micropython.Release, sources.AptPackage, error) {
	candidates := f.Releases
	if f.Version != "" {
		release, _ := f.Find(f.Version)
		candidates = []micropython.Release{release}
	}
	var missing []error
	for _, release := range candidates {
		if len(release.Suites) == 0 {
			missing = append(missing, fmt.Errorf("no MicroPython %s in Debian", release.Version))
			continue
		}
		p, err := f.apt.Find(ctx, release.Suites, f.Package, release.Version)
		if !errors.Is(err, fs.ErrNotExist) {
			return release, p, err
		}
		missing = append(missing, err)
	}
	// The last error is that of the oldest release, or of the only one that was wanted.
	return micropython.Release{}, sources.AptPackage{}, hint.With(missing[len(missing)-1],
		"Debian has: "+f.inDebian())
}

// inDebian lists the known releases that Debian may have.
func (f pythonFetcher) inDebian() string {
	var versions []string
	for _, release := range f.Releases {
		if len(release.Suites) > 0 {
			versions = append(versions,
				release.Version+" ("+strings.Join(release.Suites, ", ")+")")
		}
	}
	return strings.Join(versions, ", ")
}

func (f pythonFetcher) archive(ctx context.Context) (string, error) {
	sum, err := sources.CheckSHA256(f.From, f.SHA256)
	if err != nil {
		return "", err
	}
	if f.SHA256 == "" {
		f.Log.Printf("%s: the checksum is not checked; sha256 is %s", f.From, sum)
	}
	if err := sources.Unpack(ctx, f.From, f.part); err != nil {
		return "", err
	}
	_, err = f.check(f.part, f.From)
	return "archive: " + f.From + " (sha256 " + sum + ")", err
}

// directory copies a tree without git's and the builds' own files: a copied .git could be a link
// to the source's.
func (f pythonFetcher) directory(ctx context.Context) (string, error) {
	if _, err := f.check(f.From, f.From); err != nil {
		return "", err
	}
	from, err := filepath.Abs(f.From)
	if err != nil {
		return "", err
	}
	if rel, err := filepath.Rel(from, f.part); err == nil && filepath.IsLocal(rel) {
		return "", fmt.Errorf("cannot copy %q into a directory inside it", f.From)
	}
	f.Log.Printf("copying MicroPython from %s", from)
	return "directory: " + from, sources.CopyTree(ctx, from, f.part, notSource)
}

// notSource are git's own files and the build directories that make leaves in a tree.
func notSource(rel string) bool {
	if filepath.Base(rel) == ".git" {
		return true
	}
	for _, pattern := range []string{"ports/*/build", "ports/*/build-*", "mpy-cross/build",
		"mpy-cross/build-*"} {
		if matched, err := filepath.Match(pattern, rel); err == nil && matched {
			return true
		}
	}
	return false
}

// check opens what was fetched and compares its version with the wanted one. Errors name the
// source, not dir, which is a temporary directory.
func (f pythonFetcher) check(dir, source string) (*micropython.Tree, error) {
	tree, err := micropython.Open(dir)
	var notTree *micropython.NotTreeError
	var tooOld *micropython.TooOldError
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

// checkVersion accepts a name that is not a version, such as a branch.
func checkVersion(tree *micropython.Tree, want string) error {
	version, err := micropython.ParseVersion(want)
	if err != nil || strings.Contains(want, "preview") {
		return nil // a branch or tag of the user's own
	}
	if tree.Version.Compare(version) != 0 {
		return fmt.Errorf("%s is MicroPython %s, not %s", tree.Dir, tree.Version, version)
	}
	return nil
}
