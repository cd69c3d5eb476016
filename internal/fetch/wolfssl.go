package fetch

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"mpwolf/internal/sources"
	"mpwolf/wolfssl"
)

// WolfSSLOptions say which wolfSSL is wanted and where it may come from.
type WolfSSLOptions struct {
	Source
	// Want is a version such as "5.9.2", a directory with a wolfSSL tree, or "" for the newest
	// one that the source has and that is known to work.
	Want string
}

// wolfFetcher is one call of WolfSSL with the catalogue at hand.
type wolfFetcher struct {
	WolfSSLOptions
	wolfssl.Catalogue
	apt sources.Apt
}

// WolfSSL finds or fetches a wolfSSL tree. The tree is for reading: it may be in the cache or be
// the user's own.
func WolfSSL(ctx context.Context, o WolfSSLOptions) (*wolfssl.Tree, error) {
	c, err := wolfssl.Releases()
	if err != nil {
		return nil, err
	}
	f := wolfFetcher{WolfSSLOptions: o, Catalogue: *c,
		apt: sources.Apt{Cache: o.Cache, Log: o.Log}}
	tree, err := f.get(ctx)
	if err != nil {
		return nil, fmt.Errorf("get wolfSSL: %w", err)
	}
	return tree, nil
}

// FindWolfSSL is WolfSSL without fetching: for a tree that is not the user's directory, only the
// version is known, and for git the source; Dir is empty. It refuses what WolfSSL refuses, as far
// as that is known without the network.
func FindWolfSSL(ctx context.Context, o WolfSSLOptions) (*wolfssl.Tree, error) {
	c, err := wolfssl.Releases()
	if err != nil {
		return nil, err
	}
	f := wolfFetcher{WolfSSLOptions: o, Catalogue: *c}
	tree, err := f.find(ctx)
	if err != nil {
		return nil, fmt.Errorf("get wolfSSL: %w", err)
	}
	return tree, nil
}

func (f wolfFetcher) find(ctx context.Context) (*wolfssl.Tree, error) {
	switch {
	case f.isOwn(), isDir(f.From) && !f.clones(f.From):
		return f.get(ctx)
	case isFile(f.From):
		return f.inArchive(ctx)
	}
	if err := checkSource(f.Source); err != nil {
		return nil, err
	}
	releases, err := f.Wanted(f.Want)
	if err != nil {
		return nil, err
	}
	tree := &wolfssl.Tree{Version: releases[0].Version}
	switch {
	case f.From == FromGit:
		tree.From = gitSource(f.Git, releases[0])
	case f.From != "" && f.From != FromAuto && f.From != FromApt:
		tree.From = gitSource(f.From, releases[0])
	}
	return tree, nil
}

// gitSource names a release's tag in a repository, for the record.
func gitSource(url string, release wolfssl.Release) string {
	return "git: " + url + " " + release.Tag
}

// inArchive is the wolfSSL of the user's archive, which is unpacked for as long as that takes.
func (f wolfFetcher) inArchive(ctx context.Context) (tree *wolfssl.Tree, err error) {
	sum, err := sources.CheckSHA256(f.From, f.SHA256)
	if err != nil {
		return nil, err
	}
	dir, err := os.MkdirTemp("", "mpwolf-")
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	if err := sources.Unpack(ctx, f.From, dir); err != nil {
		return nil, err
	}
	tree, err = openWolfSSL(dir, f.archiveOf(sum), f.version())
	if err != nil {
		return nil, f.ofArchive(err)
	}
	tree.Dir = ""
	return tree, nil
}

// archiveOf names the user's archive, for the record.
func (f wolfFetcher) archiveOf(sum string) string {
	return "archive: " + f.From + " (sha256 " + sum + ")"
}

// ofArchive is an error about the directory that an archive was unpacked into, which the user does
// not know.
func (f wolfFetcher) ofArchive(err error) error {
	if other := (*wolfssl.NotTreeError)(nil); errors.As(err, &other) {
		return &wolfssl.NotTreeError{Dir: f.From, Missing: other.Missing}
	}
	return err
}

// isOwn reports whether a directory of the user's is wanted. What looks like a version is one,
// even where a directory has that name; ./5.9.2 is the directory.
func (f wolfFetcher) isOwn() bool { return !wolfssl.IsVersion(f.Want) && isDir(f.Want) }

func (f wolfFetcher) get(ctx context.Context) (*wolfssl.Tree, error) {
	if f.isOwn() {
		return f.own(f.Want)
	}
	if tree := f.cachedUpstream(ctx); tree != nil {
		return tree, nil
	}
	return get(ctx, f.Source, f)
}

// cachedUpstream is upstream's archive of the newest wanted release if the cache has it and any
// source will do: nobody has to be asked then. It is nil for a release that needs Debian's
// patches, of which there may be newer ones.
func (f wolfFetcher) cachedUpstream(ctx context.Context) *wolfssl.Tree {
	if f.From != "" && f.From != FromAuto || f.SHA256 != "" {
		return nil
	}
	releases, err := f.Wanted(f.Want)
	if err != nil || releases[0].Patched || !f.Cache.Exists(upstreamKey(releases[0])) {
		return nil
	}
	tree, err := f.upstream(ctx, releases[0], func(string) error { return fs.ErrNotExist })
	if err != nil {
		return nil // it was damaged
	}
	f.sayUpstream(releases[0])
	return tree
}

func (f wolfFetcher) sayUpstream(release wolfssl.Release) {
	f.Log.Printf("warning: taking upstream's wolfSSL %s from Debian's archive without Debian's "+
		"patches", release.Version)
}

func (f wolfFetcher) name() string { return "wolfSSL" }

// clones reports whether a directory is a bare repository.
func (f wolfFetcher) clones(dir string) bool {
	_, err := os.Stat(filepath.Join(dir, ".git"))
	return err != nil && sources.IsGitRepo(dir)
}

// git takes the newest wanted release: a repository has every tag.
func (f wolfFetcher) git(ctx context.Context, url string) (*wolfssl.Tree, error) {
	url = cmp.Or(url, f.Git)
	releases, err := f.Wanted(f.Want)
	if err != nil {
		return nil, err
	}
	release := releases[0]
	key := "wolfssl-" + release.Version + "-git-" + sources.ShortHash(url+" "+release.Commit)
	dir, err := f.Cache.Entry(ctx, key, f.Log, func(dir string) error {
		f.Log.Printf("cloning wolfSSL %s from %s", release.Version, url)
		repo := sources.Repo{
			URL: url, Ref: release.Tag, Commit: release.Commit, Progress: f.Progress,
		}
		_, err := repo.Clone(ctx, dir)
		return err
	})
	if err != nil {
		return nil, err
	}
	if release.Patched {
		f.Log.Printf("warning: wolfSSL %s from git lacks the security fixes that Debian's "+
			"package of it has",
			release.Version)
	}
	return openWolfSSL(dir, gitSource(url, release), release.Version)
}

// debian takes the newest wanted release that Debian's archive has.
func (f wolfFetcher) debian(ctx context.Context) (*wolfssl.Tree, error) {
	releases, err := f.Wanted(f.Want)
	if err != nil {
		return nil, err
	}
	var missing []error
	for _, release := range releases {
		p, err := f.apt.Find(ctx, release.Suites, f.Package, release.Version)
		if errors.Is(err, fs.ErrNotExist) {
			missing = append(missing, err)
			continue
		}
		if err != nil {
			return nil, err
		}
		return f.source(ctx, release, p)
	}
	return nil, errors.Join(missing...)
}

// source takes a package with Debian's patches. If those are unavailable and the release does
// not need them, the upstream archive alone will do if it is the one in the catalogue.
func (f wolfFetcher) source(
	ctx context.Context, release wolfssl.Release, p sources.AptPackage,
) (*wolfssl.Tree, error) {
	tree, err := f.patched(ctx, release, p)
	haveUpstream := f.Cache.Has(upstreamKey(release))
	if err == nil || release.Patched || !errors.Is(err, sources.ErrNotServed) && !haveUpstream {
		return tree, err
	}
	f.Log.Printf("%v", err)
	f.sayUpstream(release)
	return f.upstream(ctx, release, func(dir string) error {
		return sources.WithTemp(dir, func(download string) error {
			if err := f.apt.Download(ctx, p, download, true); err != nil {
				return err
			}
			return f.apt.UnpackUpstream(ctx, download, dir, release.SHA256)
		})
	})
}

func (f wolfFetcher) patched(
	ctx context.Context, release wolfssl.Release, p sources.AptPackage,
) (*wolfssl.Tree, error) {
	dir, err := f.Cache.Entry(ctx, "wolfssl-"+p.Version+"-debian", f.Log, func(dir string) error {
		return sources.WithTemp(dir, func(download string) error {
			if err := f.apt.Download(ctx, p, download, false); err != nil {
				return err
			}
			return f.apt.UnpackPatched(ctx, download, dir)
		})
	})
	if err != nil {
		return nil, err
	}
	return openWolfSSL(dir, "apt: "+p.String()+", with Debian's patches", release.Version)
}

func upstreamKey(release wolfssl.Release) string {
	return "wolfssl-" + release.Version + "-upstream"
}

// upstream is upstream's archive of a release, from the cache or, where it lacks it, by fill.
func (f wolfFetcher) upstream(
	ctx context.Context, release wolfssl.Release, fill func(dir string) error,
) (*wolfssl.Tree, error) {
	dir, err := f.Cache.Entry(ctx, upstreamKey(release), f.Log, fill)
	if err != nil {
		return nil, err
	}
	return openWolfSSL(dir, "apt: the upstream archive of "+f.Package+" "+release.Version+
		", without Debian's patches", release.Version)
}

// archive unpacks the user's archive into the cache, under its checksum.
func (f wolfFetcher) archive(ctx context.Context) (*wolfssl.Tree, error) {
	sum, err := sources.CheckSHA256(f.From, f.SHA256)
	if err != nil {
		return nil, err
	}
	if f.SHA256 == "" {
		f.Log.Printf("%s: the checksum is not checked; sha256 is %s", f.From, sum)
	}
	dir, err := f.Cache.Entry(ctx, "wolfssl-archive-"+sum, f.Log, func(dir string) error {
		if err := sources.Unpack(ctx, f.From, dir); err != nil {
			return err
		}
		if _, err := wolfssl.Open(dir); err != nil {
			return f.ofArchive(err) // something else must not enter the cache
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	return openWolfSSL(dir, f.archiveOf(sum), f.version())
}

// directory uses the user's own tree where it is.
func (f wolfFetcher) directory(context.Context) (*wolfssl.Tree, error) { return f.own(f.From) }

func (f wolfFetcher) own(path string) (*wolfssl.Tree, error) {
	if f.SHA256 != "" {
		return nil, fmt.Errorf("%q is a directory: a checksum can be given only for an archive",
			path)
	}
	return openWolfSSL(path, "directory: "+path, f.version())
}

// version is the wanted version, or "" for any.
func (f wolfFetcher) version() string {
	if f.isOwn() {
		return ""
	}
	return strings.TrimSuffix(strings.TrimPrefix(f.Want, "v"), "-stable")
}

// openWolfSSL opens a tree and checks that it is the requested version; an empty version accepts
// all.
func openWolfSSL(dir, from, version string) (*wolfssl.Tree, error) {
	tree, err := wolfssl.Open(dir)
	if err != nil {
		return nil, err
	}
	if version != "" && tree.Version != version {
		return nil, fmt.Errorf("%s is wolfSSL %s, not %s", from, tree.Version, version)
	}
	tree.From = from
	return tree, nil
}
