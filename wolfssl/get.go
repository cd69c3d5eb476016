package wolfssl

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

// The values of Options.From that are not a path or URL.
const (
	FromAuto = "auto"
	FromGit  = "git"
	FromApt  = "apt"
)

// Options say which wolfSSL is wanted and where it may come from.
type Options struct {
	// Want is a version such as "5.9.2", a folder with a wolfSSL tree, or "" for the newest one that the source
	// can give and that is known to work.
	Want string
	// From is FromAuto (also when empty), FromGit, FromApt, or a folder, an archive or a git URL.
	From string
	// SHA256 is what an archive's checksum must be, in hex; empty means that it is not known.
	SHA256 string
	Cache  sources.Cache
	// Log takes one line at a time for the user; Progress takes what git says while it transfers. Both may be nil.
	Log      sources.Log
	Progress io.Writer
}

// getter is one call of Get with the catalogue at hand.
type getter struct {
	Options
	catalogue
	apt sources.Apt
}

// Get finds or fetches a wolfSSL tree. The tree is for reading: it may be in the cache or be the user's own.
func Get(ctx context.Context, o Options) (*Tree, error) {
	c, err := known()
	if err != nil {
		return nil, err
	}
	g := getter{Options: o, catalogue: *c, apt: sources.Apt{Cache: o.Cache, Log: o.Log}}
	tree, err := g.get(ctx)
	if err != nil {
		return nil, fmt.Errorf("get wolfSSL: %w", err)
	}
	return tree, nil
}

func (g getter) get(ctx context.Context) (*Tree, error) {
	if isFolder(g.Want) {
		return g.folder(g.Want)
	}
	if g.SHA256 != "" && !isFile(g.From) {
		return nil, errors.New("a checksum was given, but no archive to check")
	}
	switch g.From {
	case "", FromAuto:
		return g.auto(ctx)
	case FromGit:
		return g.git(ctx, g.Git)
	case FromApt:
		return g.debian(ctx)
	}
	switch {
	case isFile(g.From):
		return g.archive(ctx)
	case isFolder(g.From) && !isBare(g.From):
		return g.folder(g.From)
	case isFolder(g.From) || sources.IsGitURL(g.From):
		return g.git(ctx, g.From)
	}
	return nil, fmt.Errorf("%q is no source: expected auto, git, apt, a git URL, or an existing folder or archive", g.From)
}

// isFolder tells a folder from a version: a version that happens to be the name of a folder here is a version.
func isFolder(path string) bool {
	info, err := os.Stat(path)
	return err == nil && info.IsDir()
}

func isFile(path string) bool {
	info, err := os.Stat(path)
	return err == nil && info.Mode().IsRegular()
}

func isBare(dir string) bool {
	_, err := os.Stat(filepath.Join(dir, ".git"))
	return err != nil && sources.IsGitRepo(dir)
}

// auto asks git and, only when the network is not there, Debian.
func (g getter) auto(ctx context.Context) (*Tree, error) {
	tree, err := g.git(ctx, g.Git)
	if err == nil || !errors.Is(err, sources.ErrOffline) {
		return tree, err
	}
	g.Log.Printf("%v; taking wolfSSL from Debian's archive by apt", err)
	tree, aptErr := g.debian(ctx)
	if aptErr != nil {
		return nil, fmt.Errorf("from neither git nor apt: %w", errors.Join(err, aptErr))
	}
	return tree, nil
}

// git takes the newest wanted release: a repository has every tag.
func (g getter) git(ctx context.Context, url string) (*Tree, error) {
	releases, err := g.wanted(g.Want)
	if err != nil {
		return nil, err
	}
	release := releases[0]
	key := "wolfssl-" + release.Version + "-git-" + sources.ShortHash(url)
	dir, err := g.Cache.Entry(ctx, key, g.Log, func(dir string) error {
		g.Log.Printf("cloning wolfSSL %s from %s", release.Version, url)
		_, err := sources.Repo{URL: url, Ref: release.Tag, Progress: g.Progress}.Clone(ctx, dir)
		return err
	})
	if err != nil {
		return nil, err
	}
	if release.Patched {
		g.Log.Printf("warning: wolfSSL %s from git lacks the security fixes that Debian's package of it has",
			release.Version)
	}
	return open(dir, "git: "+url+" "+release.Tag, release.Version)
}

// debian takes the newest wanted release that Debian's archive has.
func (g getter) debian(ctx context.Context) (*Tree, error) {
	releases, err := g.wanted(g.Want)
	if err != nil {
		return nil, err
	}
	var missing []error
	for _, release := range releases {
		p, err := g.apt.Find(ctx, release.Suites, g.Package, release.Version)
		if errors.Is(err, fs.ErrNotExist) {
			missing = append(missing, err)
			continue
		}
		if err != nil {
			return nil, err
		}
		return g.source(ctx, release, p)
	}
	return nil, errors.Join(missing...)
}

// source takes a package with Debian's patches. Where those cannot be had and the release does without, the upstream
// archive alone will do if it is the one in the catalogue.
func (g getter) source(ctx context.Context, release Release, p sources.AptPackage) (*Tree, error) {
	tree, err := g.patched(ctx, release, p)
	haveUpstream := g.Cache.Has(upstreamKey(release))
	if err == nil || release.Patched || !errors.Is(err, sources.ErrNotServed) && !haveUpstream {
		return tree, err
	}
	g.Log.Printf("%v", err)
	g.Log.Printf("warning: taking upstream's wolfSSL %s from Debian's archive without Debian's patches", release.Version)
	return g.upstream(ctx, release, p)
}

func (g getter) patched(ctx context.Context, release Release, p sources.AptPackage) (*Tree, error) {
	dir, err := g.Cache.Entry(ctx, "wolfssl-"+p.Version+"-debian", g.Log, func(dir string) error {
		return sources.WithTemp(dir, func(download string) error {
			if err := g.apt.Download(ctx, p, download, false); err != nil {
				return err
			}
			return g.apt.UnpackPatched(ctx, download, dir)
		})
	})
	if err != nil {
		return nil, err
	}
	return open(dir, "apt: "+p.String()+", with Debian's patches", release.Version)
}

func upstreamKey(release Release) string { return "wolfssl-" + release.Version + "-upstream" }

func (g getter) upstream(ctx context.Context, release Release, p sources.AptPackage) (*Tree, error) {
	dir, err := g.Cache.Entry(ctx, upstreamKey(release), g.Log, func(dir string) error {
		return sources.WithTemp(dir, func(download string) error {
			if err := g.apt.Download(ctx, p, download, true); err != nil {
				return err
			}
			return g.apt.UnpackUpstream(ctx, download, dir, release.SHA256)
		})
	})
	if err != nil {
		return nil, err
	}
	return open(dir, "apt: the upstream archive of "+p.String()+", without Debian's patches", release.Version)
}

// archive unpacks the user's archive into the cache, under its checksum.
func (g getter) archive(ctx context.Context) (*Tree, error) {
	sum, err := sources.CheckSHA256(g.From, g.SHA256)
	if err != nil {
		return nil, err
	}
	if g.SHA256 == "" {
		g.Log.Printf("%s: the checksum is not checked; sha256 is %s", g.From, sum)
	}
	dir, err := g.Cache.Entry(ctx, "wolfssl-archive-"+sum, g.Log, func(dir string) error {
		if err := sources.Unpack(ctx, g.From, dir); err != nil {
			return err
		}
		_, err := Open(dir) // an archive of something else does not enter the cache
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("%s: %w", g.From, err)
	}
	return open(dir, "archive: "+g.From+" (sha256 "+sum+")", g.version())
}

// folder uses the user's own tree where it is.
func (g getter) folder(path string) (*Tree, error) {
	if g.SHA256 != "" {
		return nil, fmt.Errorf("%q is a folder: a checksum can be given for an archive only", path)
	}
	return open(path, "folder: "+path, g.version())
}

// version is the wanted version, or "" for any.
func (g getter) version() string {
	if isFolder(g.Want) {
		return ""
	}
	return strings.TrimSuffix(strings.TrimPrefix(g.Want, "v"), "-stable")
}

// open opens a tree and checks that it is the version that was asked for; an empty version accepts all.
func open(dir, from, version string) (*Tree, error) {
	tree, err := Open(dir)
	if err != nil {
		return nil, err
	}
	if version != "" && tree.Version != version {
		return nil, fmt.Errorf("%s is wolfSSL %s, not %s", from, tree.Version, version)
	}
	tree.From = from
	return tree, nil
}
