package sources

import (
	"context"
	"errors"
	"net"
	"net/http/cgi"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/go-git/go-git/v5/plumbing/transport"
)

// git runs git to make test repositories, without the user's configuration.
func runGit(t testing.TB, dir string, args ...string) string {
	t.Helper()
	if _, err := exec.LookPath("git"); err != nil {
		t.Skip("git is not on this machine")
	}
	cmd := exec.Command("git", append([]string{"-c", "protocol.file.allow=always"}, args...)...)
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), "GIT_CONFIG_GLOBAL=/dev/null", "GIT_CONFIG_SYSTEM=/dev/null",
		"GIT_AUTHOR_NAME=a", "GIT_AUTHOR_EMAIL=a@example.org", "GIT_COMMITTER_NAME=a",
		"GIT_COMMITTER_EMAIL=a@example.org")
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("git %v: %v\n%s", args, err, out)
	}
	return strings.TrimSpace(string(out))
}

// newRepo makes a repository with three commits: the tag "v1" (annotated), the tag "v2" (plain),
// the branch "main" behind them and a branch "side" at v1.
func newRepo(t testing.TB) string {
	t.Helper()
	dir := t.TempDir()
	runGit(t, dir, "init", "-q", "-b", "main")
	for _, version := range []string{"one", "two", "three"} {
		if err := os.WriteFile(filepath.Join(dir, "file"), []byte(version), 0o644); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(dir, "run"), []byte(version), 0o755); err != nil {
			t.Fatal(err)
		}
		runGit(t, dir, "add", ".")
		runGit(t, dir, "commit", "-qm", version)
		switch version {
		case "one":
			runGit(t, dir, "tag", "-am", "release", "v1")
			runGit(t, dir, "branch", "side")
		case "two":
			runGit(t, dir, "tag", "v2")
		}
	}
	return dir
}

func bare(t testing.TB, repo string) string {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "bare.git")
	runGit(t, ".", "clone", "-q", "--bare", repo, dir)
	return dir
}

func TestClone(t *testing.T) {
	repo := newRepo(t)
	worktree := filepath.Join(t.TempDir(), "linked")
	runGit(t, repo, "worktree", "add", "-q", worktree, "v2")
	shallow := filepath.Join(t.TempDir(), "shallow")
	runGit(t, ".", "clone", "-q", "--depth=1", "--branch=v2", "file://"+repo, shallow)
	shared := filepath.Join(t.TempDir(), "shared")
	runGit(t, ".", "clone", "-q", "--shared", repo, shared)
	tests := map[string]struct{ url, ref, want string }{
		"annotated tag":      {repo, "v1", "one"},
		"plain tag":          {repo, "v2", "two"},
		"branch":             {repo, "side", "one"},
		"default branch":     {repo, "", "three"},
		"bare":               {bare(t, repo), "v2", "two"},
		"file URL":           {"file://" + repo, "v2", "two"},
		"linked work tree":   {worktree, "v2", "two"},
		"of a shallow clone": {shallow, "v2", "two"},
		"with alternates":    {shared, "v2", "two"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			commit, err := Repo{URL: test.url, Ref: test.ref}.Clone(t.Context(), dir)
			if err != nil {
				t.Fatal(err)
			}
			if got := read(t, dir, "file"); got != test.want {
				t.Errorf("got %q", got)
			}
			if info, err := os.Stat(filepath.Join(dir, "run")); err != nil ||
				info.Mode()&0o111 == 0 {
				t.Errorf("run: %v, %v", info, err)
			}
			if got := runGit(t, dir, "rev-parse", "HEAD"); got != commit {
				t.Errorf("HEAD is %s, Clone said %s", got, commit)
			}
			if got := runGit(t, dir, "rev-list", "--count", "HEAD"); got != "1" {
				t.Errorf("%s commits were cloned", got)
			}
			if got := runGit(t, dir, "status", "--porcelain"); got != "" {
				t.Errorf("status: %s", got)
			}
		})
	}
}

// TestLoader reads repositories as on a machine without git.
func TestLoader(t *testing.T) {
	repo := newRepo(t)
	shared := filepath.Join(t.TempDir(), "shared")
	runGit(t, ".", "clone", "-q", "--shared", repo, shared)
	worktree := filepath.Join(t.TempDir(), "linked")
	runGit(t, repo, "worktree", "add", "-q", worktree, "v2")
	for _, path := range []string{repo, bare(t, repo), shared, worktree} {
		endpoint, err := transport.NewEndpoint(path)
		if err != nil {
			t.Fatal(err)
		}
		store, err := loader{}.Load(endpoint)
		if err != nil {
			t.Errorf("%s: %v", path, err)
			continue
		}
		if _, err := store.Reference("refs/tags/v2"); err != nil {
			t.Errorf("%s: %v", path, err)
		}
	}
}

// TestCloneWithoutGit runs this test's binary again with an empty PATH.
func TestCloneWithoutGit(t *testing.T) {
	if url := os.Getenv("SOURCES_TEST_CLONE"); url != "" {
		clone := Repo{URL: url, Ref: "v1"}
		if _, err := clone.Clone(t.Context(), os.Getenv("SOURCES_TEST_DIR")); err != nil {
			t.Fatal(err)
		}
		return
	}
	dir := t.TempDir()
	cmd := exec.Command(os.Args[0], "-test.run=^TestCloneWithoutGit$")
	cmd.Env = append(os.Environ(), "PATH=", "SOURCES_TEST_CLONE="+newRepo(t),
		"SOURCES_TEST_DIR="+dir)
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	if got := read(t, dir, "file"); got != "one" {
		t.Errorf("got %q", got)
	}
}

func TestCloneErrors(t *testing.T) {
	repo := newRepo(t)
	dir := t.TempDir()
	_, err := Repo{URL: repo, Ref: "v9"}.Clone(t.Context(), dir)
	var missing *RefError
	if !errors.As(err, &missing) || errors.Is(err, ErrOffline) {
		t.Errorf("no such tag: got %v", err)
	}
	if names := list(t, dir); len(names) != 1 {
		t.Errorf("left: %q", names)
	}
	if _, err := (Repo{URL: t.TempDir(), Ref: "v1"}).Clone(t.Context(), t.TempDir()); err == nil ||
		errors.Is(err, ErrOffline) {
		t.Errorf("no repository: got %v", err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, err = (Repo{URL: repo, Ref: "v1"}).Clone(ctx, t.TempDir())
	if !errors.Is(err, context.Canceled) {
		t.Errorf("cancelled: got %v", err)
	}
}

// closedURL is one on which nothing listens.
func closedURL(t testing.TB) string {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close()
	return "http://" + listener.Addr().String() + "/repo.git"
}

func TestCloneOffline(t *testing.T) {
	for _, url := range []string{closedURL(t), "https://host.invalid/repo.git"} {
		start := time.Now()
		r := Repo{URL: url, Ref: "v1", Commit: strings.Repeat("0", 40)}
		_, err := r.Clone(t.Context(), t.TempDir())
		if !errors.Is(err, ErrOffline) {
			t.Errorf("%s: got %v", url, err)
		}
		// the system has time-outs of minutes
		if took := time.Since(start); took > 6*connectTimeout {
			t.Errorf("%s: took %v", url, took)
		}
	}
}

func TestSubmodules(t *testing.T) {
	for name, allow := range map[string]string{"single commits given out": "true",
		"only tips": "false"} {
		t.Run(name, func(t *testing.T) {
			sub := bare(t, newRepo(t))
			runGit(t, sub, "config", "uploadpack.allowAnySHA1InWant", allow)
			super := newRepo(t)
			for _, path := range []string{"lib/a", "lib/b"} {
				runGit(t, super, "submodule", "add", "-q", sub, path)
				runGit(t, filepath.Join(super, path), "checkout", "-q", "v1")
			}
			runGit(t, super, "add", ".")
			runGit(t, super, "commit", "-qm", "submodules at v1, which is no tip")
			runGit(t, super, "tag", "v3")

			c := newCache(t)
			dir := filepath.Join(t.TempDir(), "tree")
			var said lines
			err := c.Into(t.Context(), dir, nil, func(part string) error {
				if _, err := (Repo{URL: super, Ref: "v3"}).Clone(t.Context(), part); err != nil {
					return err
				}
				return Submodules(t.Context(), part, []string{"lib/a"}, nil, said.log)
			})
			if err != nil {
				t.Fatal(err)
			}
			if got := read(t, dir, "lib", "a", "file"); got != "one" {
				t.Errorf("lib/a has %q", got)
			}
			if names := list(t, filepath.Join(dir, "lib", "b")); len(names) != 1 {
				t.Errorf("lib/b was fetched: %q", names)
			}
			if got := runGit(t, dir, "status", "--porcelain"); got != "" {
				t.Errorf("status: %s", got)
			}
			status := runGit(t, dir, "submodule", "status")
			if !strings.Contains(status, runGit(t, sub, "rev-parse", "v1^{commit}")+" lib/a") {
				t.Errorf("submodule status: %s", status)
			}
			if !strings.Contains(said.String(), "lib/a") {
				t.Errorf("said %q", said.String())
			}
			if err := Submodules(t.Context(), dir, []string{"lib/none"}, nil, nil); err == nil {
				t.Error("an unknown submodule was accepted")
			}
		})
	}
}

func TestIsGitURL(t *testing.T) {
	for s, want := range map[string]bool{
		"https://example.org/x.git": true, "ssh://git@example.org/x": true,
		"git@example.org:x.git": true,
		"file:///x":             true, "/x/y": false, "./x": false, "x": false,
		"../x.tar.gz": false,
	} {
		if got := IsGitURL(s); got != want {
			t.Errorf("%q: got %v", s, got)
		}
	}
}

// TestMovedTag checks that a tag that does not name the pinned commit is not accepted from
// another machine, and that what has no checksum is not fetched over a connection that anyone
// may tamper with.
func TestMovedTag(t *testing.T) {
	repo := newRepo(t)
	commit := runGit(t, repo, "rev-parse", "v1^{commit}")
	r := Repo{URL: "https://example.invalid/x", Ref: "v1", Commit: commit}
	for name, test := range map[string]struct {
		repo Repo
		want string
	}{
		"http": {Repo{URL: "http://example.invalid/x", Ref: "v1"},
			"http:// is neither"},
		"git": {Repo{URL: "git://example.invalid/x", Ref: "v1"},
			"git:// is neither"},
		"http of no release": {Repo{URL: "http://example.invalid/x"}, "no checksum"},
	} {
		_, err := test.repo.Clone(t.Context(), t.TempDir())
		if err == nil || !strings.Contains(err.Error(), test.want) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if err := r.checkTransport(); err != nil {
		t.Error(err)
	}
	pinned := Repo{URL: "http://example.invalid/x", Ref: "v1", Commit: commit}
	if err := pinned.checkTransport(); err != nil {
		t.Errorf("a pinned release by http: %v", err)
	}
	// The commit of an annotated tag is what it names, not the tag.
	if got, err := r.cloned(commit, nil); err != nil || got != commit {
		t.Errorf("the pinned commit: %s, %v", got, err)
	}
	var moved *MovedError
	other := runGit(t, repo, "rev-parse", "v2")
	if _, err := r.cloned(other, nil); !errors.As(err, &moved) || moved.Commit != other {
		t.Errorf("another commit: %v", err)
	}
	// A repository on this machine is the user's own.
	r.URL = repo
	r.Commit = other
	if _, err := r.Clone(t.Context(), t.TempDir()); err != nil {
		t.Errorf("a repository on this machine: %v", err)
	}
}

// serveGit serves a bare repository as a git server does, and returns its URL.
func serveGit(t *testing.T, repo string) string {
	t.Helper()
	backend := filepath.Join(runGit(t, ".", "--exec-path"), "git-http-backend")
	if _, err := os.Stat(backend); err != nil {
		t.Skip("git-http-backend is not on this machine")
	}
	server := httptest.NewServer(&cgi.Handler{Path: backend, Env: []string{
		"GIT_PROJECT_ROOT=" + filepath.Dir(repo), "GIT_HTTP_EXPORT_ALL=1",
		"GIT_CONFIG_COUNT=1", "GIT_CONFIG_KEY_0=safe.directory", "GIT_CONFIG_VALUE_0=*"}})
	t.Cleanup(server.Close)
	return server.URL + "/" + filepath.Base(repo)
}

// TestPinnedTag clones pinned tags from a server. What is pinned is the commit, which is not the
// hash of an annotated tag.
func TestPinnedTag(t *testing.T) {
	repo := bare(t, newRepo(t))
	url := serveGit(t, repo)
	for _, ref := range []string{"v1", "v2"} {
		commit := runGit(t, repo, "rev-parse", ref+"^{commit}")
		r := Repo{URL: url, Ref: ref, Commit: commit}
		if got, err := r.Clone(t.Context(), t.TempDir()); err != nil || got != commit {
			t.Errorf("%s: %s, %v", ref, got, err)
		}
	}
	tag := runGit(t, repo, "rev-parse", "v1")
	var moved *MovedError
	_, err := (Repo{URL: url, Ref: "v1", Commit: tag}).Clone(t.Context(), t.TempDir())
	if !errors.As(err, &moved) {
		t.Errorf("v1 pinned to its tag object: %v", err)
	}
}
