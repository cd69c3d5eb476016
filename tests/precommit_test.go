package tests_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// TestPreCommit makes a firmware repository with MicroPython as a submodule, and commits to it
// with pre-commit's hooks. The hook that pre-commit builds with Go itself runs only in the long
// run.
func TestPreCommit(t *testing.T) {
	longOnly(t, "needs pre-commit")
	if _, err := exec.LookPath("pre-commit"); err != nil {
		t.Fatal("this test needs pre-commit; scripts/test installs it")
	}
	for _, id := range []string{"mpwolf-check-system", "mpwolf-check"} {
		t.Run(id, func(t *testing.T) {
			t.Parallel()
			if id == "mpwolf-check" {
				// pre-commit fetches mpwolf's Go modules, and builds them again
				inTheLongRun(t)
			}
			testPreCommit(t, id)
		})
	}
}

func testPreCommit(t *testing.T, id string) {
	fw := newFirmware(t)
	fw.git("add", "-A")
	fw.git("commit", "-q", "-m", "before the hook")
	hooks := fw.hooksRepository(t)
	fw.write(".pre-commit-config.yaml",
		"repos:\n- repo: "+hooks+"\n  rev: main\n  hooks:\n  - id: "+id+"\n")
	fw.run("pre-commit", "install")

	commit := func() (string, bool) {
		cmd := fw.command("git", "commit", "--allow-empty", "-q", "-m", "work")
		out, err := cmd.CombinedOutput()
		return string(out), err == nil
	}
	refused := func(what, message string) {
		t.Helper()
		out, ok := commit()
		if ok || !regexp.MustCompile(message).MatchString(out) {
			t.Errorf("%s: committed %v; want a refusal with %q:\n%s", what, ok, message, out)
		}
	}
	passes := func(what string) {
		t.Helper()
		if out, ok := commit(); !ok {
			t.Errorf("%s: refused:\n%s", what, out)
		}
	}
	fw.git("add", "-A")
	refused("not patched",
		`micropython/ports/unix/mpconfigport.mk:5: MICROPY_PY_SSL is 1 for unix .*`+
			`fix: mpwolf patch`)
	fw.run("mpwolf", "patch")
	passes("patched")
	fw.edit("micropython/ports/unix/mpconfigport.mk", "MICROPY_PY_SSL = 0", "MICROPY_PY_SSL = 1")
	refused("drifted",
		`micropython/ports/unix/mpconfigport.mk:5: MICROPY_PY_SSL is 1 for unix .*`+
			`fix: mpwolf patch`)
	fw.edit("micropython/ports/unix/mpconfigport.mk", "MICROPY_PY_SSL = 1", "MICROPY_PY_SSL = 0")
	passes("fixed")
	fw.write("micropython-modules/micropython-wolfssl/wolf_glue.c", "edited\n")
	refused("an edited module",
		`micropython-modules/micropython-wolfssl/wolf_glue.c:1: `+
			`this file was changed after mpwolf installed it; fix: mpwolf patch --force`)
	fw.run("mpwolf", "patch", "--force")
	passes("installed anew")

	// The submodule moves to the next commit, which discards the changes of the tree.
	fw.git("-C", "micropython", "fetch", "-q", "origin", "next")
	fw.git("-C", "micropython", "checkout", "-q", "--force", "FETCH_HEAD")
	fw.git("add", "micropython")
	refused("bumped",
		`micropython/ports/unix/mpconfigport.mk:5: MICROPY_PY_SSL is 1 for unix`)
	fw.run("mpwolf", "patch")
	passes("patched after the bump")
	fw.run("mpwolf", "revert")
	// what patch --force saved
	if out := fw.run("ls", "-A", "micropython/.mpwolf"); out != ".gitignore\nsaved\n" {
		t.Errorf("revert left in .mpwolf:\n%s", out)
	}
	if err := os.RemoveAll(filepath.Join(fw.dir, "micropython/.mpwolf")); err != nil {
		t.Fatal(err)
	}
	if out := fw.run("git", "-C", "micropython", "status", "--short", "--ignored"); out != "" {
		t.Errorf("revert after the bump left:\n%s", out)
	}
}

// firmware is a firmware repository in a directory of its own, with MicroPython as a submodule and
// a mpwolf.toml.
type firmware struct {
	t   *testing.T
	dir string
	env []string
}

func newFirmware(t *testing.T) *firmware {
	t.Helper()
	top := t.TempDir()
	fw := &firmware{t: t, dir: filepath.Join(top, "fw")}
	for name, text := range map[string]string{"gitconfig": gitConfig} {
		if err := os.MkdirAll(filepath.Dir(filepath.Join(top, name)), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(top, name), []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	for from, to := range map[string]string{"tree": "upstream", "wolfssl": "fw/wolfssl"} {
		if err := os.CopyFS(filepath.Join(top, to),
			os.DirFS(filepath.Join("testdata", from))); err != nil {
			t.Fatal(err)
		}
	}
	fw.env = append(os.Environ(),
		"GIT_CONFIG_GLOBAL="+filepath.Join(top, "gitconfig"), "GIT_CONFIG_NOSYSTEM=1",
		"PRE_COMMIT_HOME="+filepath.Join(top, "pre-commit"),
		"MPWOLF_CACHE="+filepath.Join(top, "cache"))
	upstream := filepath.Join(top, "upstream")
	fw.run("git", "-C", upstream, "init", "-q")
	fw.run("git", "-C", upstream, "add", "-A")
	fw.run("git", "-C", upstream, "commit", "-q", "-m", "a release")
	fw.run("git", "-C", upstream, "checkout", "-q", "-b", "next")
	fw.edit("../upstream/ports/unix/mpconfigport.mk", "# ssl module requires",
		"# since this commit, the ssl module requires")
	fw.run("git", "-C", upstream, "commit", "-q", "-a", "-m", "the next commit")
	fw.run("git", "-C", upstream, "checkout", "-q", "main")
	fw.git("init", "-q")
	fw.git("submodule", "--quiet", "add", upstream, "micropython")
	fw.run("mpwolf", "init", "--port", "unix")
	fw.write(".gitignore", "micropython-modules/\n")
	return fw
}

// hooksRepository is a git repository with this project in its current state, from which
// pre-commit gets its hooks.
func (fw *firmware) hooksRepository(t *testing.T) string {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "hooks")
	out, err := exec.Command("git", "-C", "..", "ls-files", "-z", "--cached", "--others",
		"--exclude-standard").Output()
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range strings.Split(strings.TrimRight(string(out), "\x00"), "\x00") {
		text, err := os.ReadFile(filepath.Join("..", name))
		if os.IsNotExist(err) {
			continue // deleted, and not yet committed
		}
		if err != nil {
			t.Fatal(err)
		}
		to := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(to), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(to, text, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	fw.run("git", "-C", dir, "init", "-q")
	fw.run("git", "-C", dir, "add", "-A")
	fw.run("git", "-C", dir, "commit", "-q", "-m", "hooks")
	return dir
}

func (fw *firmware) command(name string, args ...string) *exec.Cmd {
	cmd := exec.Command(name, args...)
	cmd.Dir, cmd.Env = fw.dir, fw.env
	return cmd
}

func (fw *firmware) run(name string, args ...string) string {
	fw.t.Helper()
	out, err := fw.command(name, args...).CombinedOutput()
	if err != nil {
		fw.t.Fatalf("%s %s: %v\n%s", name, strings.Join(args, " "), err, out)
	}
	return string(out)
}

func (fw *firmware) git(args ...string) { fw.t.Helper(); fw.run("git", args...) }

func (fw *firmware) write(name, text string) {
	fw.t.Helper()
	if err := os.WriteFile(filepath.Join(fw.dir, name), []byte(text), 0o644); err != nil {
		fw.t.Fatal(err)
	}
}

func (fw *firmware) edit(name, from, to string) {
	fw.t.Helper()
	text, err := os.ReadFile(filepath.Join(fw.dir, name))
	if err != nil {
		fw.t.Fatal(err)
	}
	if !strings.Contains(string(text), from) {
		fw.t.Fatalf("%s has no %q", name, from)
	}
	fw.write(name, strings.Replace(string(text), from, to, 1))
}
