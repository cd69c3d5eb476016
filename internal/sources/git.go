package sources

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"github.com/go-git/go-billy/v5/osfs"
	"github.com/go-git/go-git/v5"
	"github.com/go-git/go-git/v5/config"
	"github.com/go-git/go-git/v5/plumbing"
	"github.com/go-git/go-git/v5/plumbing/cache"
	"github.com/go-git/go-git/v5/plumbing/storer"
	"github.com/go-git/go-git/v5/plumbing/transport"
	"github.com/go-git/go-git/v5/plumbing/transport/client"
	githttp "github.com/go-git/go-git/v5/plumbing/transport/http"
	"github.com/go-git/go-git/v5/plumbing/transport/server"
	"github.com/go-git/go-git/v5/storage/filesystem"
)

// Repo is a git repository and what is wanted of it.
type Repo struct {
	// URL is a URL, the path of a clone or of a bare repository.
	URL string
	// Ref is the name of a tag or, failing that, of a branch; empty means the repository's default
	// branch.
	Ref string
	// Commit is what Ref must name, in hex; empty where that is not known.
	Commit string
	// Progress gets the other side's messages; nil discards them.
	Progress io.Writer
}

// RefError says that a repository was reached but has no such tag or branch.
type RefError struct{ URL, Ref string }

func (e *RefError) Error() string {
	return fmt.Sprintf("%s has neither a tag nor a branch %q", e.URL, e.Ref)
}

// MovedError says that a tag does not name the commit that it named when the release was made.
type MovedError struct{ URL, Ref, Commit, Want string }

func (e *MovedError) Error() string {
	return fmt.Sprintf("%s in %s names commit %s, and the release is %s: the tag "+
		"was moved, or this "+
		"is another repository", e.Ref, e.URL, e.Commit, e.Want)
}

// Hint is what the user can do.
func (e *MovedError) Hint() string {
	return "find out why; to use it anyway, clone it yourself and name the directory"
}

// checkTransport refuses what anyone on the network path may have changed, unless it is pinned
// by its hash.
func (r Repo) checkTransport() error {
	endpoint, err := transport.NewEndpoint(r.URL)
	if err != nil || r.Commit != "" {
		return nil // what is not a URL is reported when it is cloned
	}
	if endpoint.Protocol == "http" || endpoint.Protocol == "git" {
		return fmt.Errorf("%s: %s:// is neither encrypted nor signed, and no checksum "+
			"of %q is known; "+
			"expected https:// or ssh://", r.URL, endpoint.Protocol, r.Ref)
	}
	return nil
}

// Clone clones the wanted tag or branch alone, one commit deep, into an existing empty directory,
// and returns the commit. Its errors wrap ErrOffline when the other side cannot be reached and
// *RefError when it lacks the ref.
func (r Repo) Clone(ctx context.Context, dir string) (commit string, err error) {
	protocols()
	if IsLocalRepo(r.URL) {
		r.Commit = "" // the user's own, who may have made a tag of that name
	}
	if err := r.checkTransport(); err != nil {
		return "", err
	}
	names := []plumbing.ReferenceName{plumbing.NewTagReferenceName(r.Ref),
		plumbing.NewBranchReferenceName(r.Ref)}
	if r.Ref == "" {
		names = []plumbing.ReferenceName{plumbing.HEAD}
	}
	for _, name := range names {
		commit, err = r.cloned(r.clone(ctx, dir, name))
		if !errors.Is(err, git.NoMatchingRefSpecError{}) &&
			!errors.Is(err, plumbing.ErrReferenceNotFound) {
			return commit, gitError(ctx, "clone "+r.URL, err)
		}
		if err := Empty(dir); err != nil {
			return "", err
		}
	}
	return "", &RefError{URL: r.URL, Ref: r.Ref}
}

// cloned checks that what was cloned is what is pinned.
func (r Repo) cloned(commit string, err error) (string, error) {
	if err == nil && r.Commit != "" && commit != r.Commit {
		return "", &MovedError{URL: r.URL, Ref: r.Ref, Commit: commit, Want: r.Commit}
	}
	return commit, err
}

func (r Repo) clone(ctx context.Context, dir string, name plumbing.ReferenceName) (string, error) {
	options := &git.CloneOptions{
		URL:           r.URL,
		ReferenceName: name,
		SingleBranch:  true,
		Depth:         r.depth(),
		Tags:          git.NoTags,
		Progress:      r.Progress,
	}
	repository, err := git.PlainCloneContext(ctx, dir, false, options)
	if err != nil {
		return "", err
	}
	head, err := repository.Head()
	if err != nil {
		return "", err
	}
	return head.Hash().String(), nil
}

// depth is 1 where the other side supports it: go-git's own server side, used for local
// repositories on machines without git, does not.
func (r Repo) depth() int {
	if IsLocalRepo(r.URL) && !haveGit() {
		return 0
	}
	return 1
}

// IsLocalRepo reports whether a git URL means a repository on this machine.
func IsLocalRepo(url string) bool {
	endpoint, err := transport.NewEndpoint(url)
	return err == nil && endpoint.Protocol == "file"
}

// IsGitURL distinguishes a git URL (https://…, ssh://…, file://…, user@host:path) from the path
// of a file or directory.
func IsGitURL(s string) bool {
	return strings.Contains(s, "://") || !IsLocalRepo(s)
}

// IsGitRepo reports whether a directory is a git repository, bare or with a work tree.
func IsGitRepo(dir string) bool {
	if _, err := os.Stat(filepath.Join(dir, ".git")); err == nil {
		return true
	}
	for _, name := range []string{"HEAD", "objects", "refs"} {
		if _, err := os.Stat(filepath.Join(dir, name)); err != nil {
			return false
		}
	}
	return true
}

// Empty removes a directory's contents.
func Empty(dir string) error {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return err
	}
	for _, entry := range entries {
		if err := os.RemoveAll(filepath.Join(dir, entry.Name())); err != nil {
			return err
		}
	}
	return nil
}

// Submodules gets the named submodules (their paths in the tree) of a clone at the commits that
// the clone pins, one commit deep where the other side serves single commits.
func Submodules(
	ctx context.Context, dir string, paths []string, progress io.Writer, log Log,
) error {
	if len(paths) == 0 {
		return nil
	}
	protocols()
	repository, err := git.PlainOpen(dir)
	if err != nil {
		return fmt.Errorf("open %s: %w", dir, err)
	}
	tree, err := repository.Worktree()
	if err != nil {
		return err
	}
	all, err := tree.Submodules()
	if err != nil {
		return fmt.Errorf("%s: read .gitmodules: %w", dir, err)
	}
	known := map[string]*git.Submodule{}
	for _, submodule := range all {
		known[submodule.Config().Path] = submodule
	}
	for _, path := range paths {
		submodule, ok := known[path]
		if !ok {
			return fmt.Errorf(".gitmodules has no submodule %q", path)
		}
		log.Printf("fetching submodule %s from %s", path, submodule.Config().URL)
		if err := update(ctx, submodule, progress); err != nil {
			return gitError(ctx,
				fmt.Sprintf("submodule %s: fetch %s", path, submodule.Config().URL), err)
		}
	}
	return nil
}

// pinnedRef refers to the pinned commit in the submodule's repository, so that git does not
// garbage-collect it.
const pinnedRef = "refs/remotes/origin/pinned"

func update(ctx context.Context, submodule *git.Submodule, progress io.Writer) error {
	if err := submodule.Init(); err != nil && !errors.Is(err, git.ErrSubmoduleAlreadyInitialized) {
		return err
	}
	status, err := submodule.Status()
	if err != nil {
		return err
	}
	repository, err := submodule.Repository()
	if err != nil {
		return err
	}
	if err := fetchCommit(ctx, repository, status.Expected.String(), progress); err != nil {
		return err
	}
	return submodule.UpdateContext(ctx, &git.SubmoduleUpdateOptions{NoFetch: true})
}

func fetchCommit(
	ctx context.Context, repository *git.Repository, commit string, progress io.Writer,
) error {
	options := &git.FetchOptions{
		RefSpecs: []config.RefSpec{config.RefSpec(commit + ":" + pinnedRef)},
		Depth:    1,
		Tags:     git.NoTags,
		Progress: progress,
	}
	err := repository.FetchContext(ctx, options)
	if err == nil || errors.Is(err, git.NoErrAlreadyUpToDate) ||
		ctx.Err() != nil || isOffline(err) {
		return ignoreUpToDate(err)
	}
	// Not every server serves a commit by its hash: fetch the whole history, as git does.
	err = repository.FetchContext(ctx, &git.FetchOptions{Tags: git.NoTags, Progress: progress})
	return ignoreUpToDate(err)
}

func ignoreUpToDate(err error) error {
	if errors.Is(err, git.NoErrAlreadyUpToDate) {
		return nil
	}
	return err
}

// connectTimeout is how long a connection may take to be made. Without a network the name
// look-up or the connection usually fails at once, but a firewall may drop the packets.
const connectTimeout = 5 * time.Second

// protocols replaces go-git's transports, once, with ones that give up early without a network
// and can read local repositories on a machine without git.
var protocols = sync.OnceFunc(func() {
	base, ok := http.DefaultTransport.(*http.Transport)
	if !ok {
		return
	}
	quick := base.Clone()
	dialer := &net.Dialer{Timeout: connectTimeout, KeepAlive: 30 * time.Second}
	quick.DialContext = dialer.DialContext
	quick.TLSHandshakeTimeout = 2 * connectTimeout
	quick.ResponseHeaderTimeout = time.Minute
	web := githttp.NewClient(&http.Client{Transport: quick})
	client.InstallProtocol("http", web)
	client.InstallProtocol("https", web)
	if !haveGit() {
		client.InstallProtocol("file", server.NewClient(loader{}))
	}
})

// haveGit reports whether go-git's file transport finds the git-upload-pack that it runs.
func haveGit() bool {
	for _, name := range []string{"git-upload-pack", "git"} {
		if _, err := exec.LookPath(name); err == nil {
			return true
		}
	}
	return false
}

// loader opens a local repository for go-git's own server side: bare, with a work tree, as a
// submodule or linked work tree (.git is a file), and with alternates.
type loader struct{}

func (loader) Load(endpoint *transport.Endpoint) (storer.Storer, error) {
	options := &git.PlainOpenOptions{EnableDotGitCommonDir: true}
	repository, err := git.PlainOpenWithOptions(endpoint.Path, options)
	if err != nil {
		return nil, err
	}
	storage, ok := repository.Storer.(*filesystem.Storage)
	if !ok {
		return repository.Storer, nil
	}
	alternates := filesystem.Options{AlternatesFS: osfs.New("/")}
	return filesystem.NewStorageWithOptions(storage.Filesystem(),
		cache.NewObjectLRUDefault(), alternates), nil
}

// gitError says what was attempted, and marks network errors.
func gitError(ctx context.Context, attempt string, err error) error {
	switch {
	case err == nil:
		return nil
	case ctx.Err() != nil:
		return fmt.Errorf("%s: %w", attempt, ctx.Err())
	case isOffline(err):
		return fmt.Errorf("%s: %w: %w", attempt, ErrOffline, unwrapGit(err))
	}
	return fmt.Errorf("%s: %w", attempt, unwrapGit(err))
}

// unwrapGit removes go-git's two wrappers that have no Unwrap and add nothing.
func unwrapGit(err error) error {
	var permanent *plumbing.PermanentError
	var unexpected *plumbing.UnexpectedError
	switch {
	case errors.As(err, &permanent):
		return permanent.Err
	case errors.As(err, &unexpected):
		return unexpected.Err
	}
	return err
}

// isOffline distinguishes a missing network from a server's error. An untrusted certificate is a
// server's error: falling back to another source would hide it.
func isOffline(err error) bool {
	err = unwrapGit(err)
	var dns *net.DNSError
	var op *net.OpError
	var timeout *url.Error
	return errors.As(err, &dns) ||
		errors.As(err, &op) && (op.Op == "dial" || op.Op == "proxyconnect") ||
		errors.As(err, &timeout) && timeout.Timeout()
}
