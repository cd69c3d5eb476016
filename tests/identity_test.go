package tests_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// kinds are the kinds of MicroPython trees that people have. Each script makes one as "$2", which
// does not exist yet, of the plain tree in "$1", in a directory of its own.
var kinds = []struct{ name, tree, script string }{
	{"no git", "micropython", `cp -r "$1" "$2"`},
	{"clone", "micropython", `git clone -q "$1" "$2"`},
	{"detached", "micropython", `git clone -q "$1" "$2"; git -C "$2" checkout -q --detach`},
	{"submodule", "fw/micropython",
		`mkdir fw; git -C fw init -q; git -C fw submodule --quiet add "$1" micropython`},
	{"nested submodule", "fw/lib/micropython",
		`mkdir inner; git -C inner init -q; git -C inner submodule --quiet add "$1" micropython
		git -C inner commit -q -m inner; mkdir fw; git -C fw init -q; git -C fw submodule --quiet add "$PWD/inner" lib
		git -C fw submodule --quiet update --init --recursive`},
	{"linked worktree", "micropython",
		`git clone -q "$1" first; git -C first worktree add -q "$PWD/$2"`},
	{"shallow", "micropython", `git clone -q --depth 1 "file://$1" "$2"`},
	{"sparse", "micropython",
		`git clone -q --no-checkout "$1" "$2"; ` +
			`git -C "$2" sparse-checkout set --cone py extmod ports/unix; ` +
			`git -C "$2" checkout -q`},
	{"blobless", "micropython",
		`git -C "$1" config uploadpack.allowFilter true; ` +
			`git clone -q --filter=blob:none "file://$1" "$2"`},
	{"alternates", "micropython", `git clone -q --shared "$1" "$2"`},
	{"reference", "micropython", `git clone -q --reference "$1" "$1" "$2"`},
	{"packed", "micropython",
		`git clone -q "$1" "$2"; git -C "$2" gc -q --aggressive; git -C "$2" pack-refs --all`},
	{"CRLF", "micropython",
		`git -c core.autocrlf=true clone -q "$1" "$2"; git -C "$2" config core.autocrlf true`},
	{"CRLF without git", "micropython",
		`cp -r "$1" "$2"; rm -rf "$2/.git"; find "$2" -name '*.h' | xargs sed -i 's/$/\r/'`},
	{"no newline at the end", "micropython",
		`cp -r "$1" "$2"; rm -rf "$2/.git"; ` +
			`for f in "$2"/ports/unix/mpconfigport.*; do printf %s "$(cat "$f")" >"$f.x"; ` +
			`cat "$f.x" >"$f"; rm "$f.x"; done`},
	{"modes", "micropython",
		`cp -r "$1" "$2"; chmod 600 "$2"/ports/unix/mpconfigport.h; ` +
			`chmod 755 "$2"/ports/unix/mpconfigport.mk; chmod 700 "$2"/ports/unix`},
	{"through a link", "link", `cp -r "$1" real; ln -s real "$2"`},
	{"blank", "a space/micro python", `mkdir "a space"; git clone -q "$1" "$2"`},
	{"quotes", `it's "quoted"/$micropython`, `mkdir "it's \"quoted\""; git clone -q "$1" "$2"`},
	{"non-ASCII", "fïrmwäre-固件/mícropython", `mkdir "fïrmwäre-固件"; git clone -q "$1" "$2"`},
	{"very long", long + "/micropython", `mkdir -p "$(dirname "$2")"; git clone -q "$1" "$2"`},
}

// long is a path of 20 directories and some 800 characters.
var long = strings.Repeat("a-directory-with-quite-a-long-name-in-which/", 20) + "x"

// TestKindsOfTrees patches, queries, checks and reverts each kind of tree: the result is the
// same in every byte and mode. With MPWOLF_TEST_TREES, trees are also made from the newest one
// there.
func TestKindsOfTrees(t *testing.T) {
	longOnly(t, "makes some twenty git trees")
	t.Parallel()
	sources := []string{"testdata/tree"}
	if trees := realTrees(t); len(trees) > 0 {
		sources = append(sources, trees[len(trees)-1])
	}
	for _, source := range sources {
		upstream := filepath.Join(t.TempDir(), "upstream")
		shell(t, t.TempDir(),
			`cp -r "$1" "$2"; cd "$2"; git init -q; git add -A; git commit -q -m tree`,
			absolute(t, source), upstream)
		for _, kind := range kinds {
			t.Run(filepath.Base(source)+"/"+kind.name, func(t *testing.T) {
				dir := t.TempDir()
				shell(t, dir, kind.script, upstream, kind.tree)
				testIdentity(t, dir, kind.tree, "standard")
			})
		}
	}
}

// TestIdentity patches every real tree at hand for each variant that all releases have, one after
// the other and over one another, and reverts.
func TestIdentity(t *testing.T) {
	longOnly(t, "needs real trees")
	t.Parallel()
	trees := realTrees(t)
	if len(trees) == 0 {
		t.Skip("MPWOLF_TEST_TREES names no directory of MicroPython trees: only the small tree " +
			"and that of the real test are patched and reverted")
	}
	for _, tree := range trees {
		t.Run(filepath.Base(tree), func(t *testing.T) {
			dir := t.TempDir()
			shell(t, dir, `cp -a "$1" micropython`, tree)
			testIdentity(t, dir, "micropython", "standard", "coverage", "minimal")
		})
	}
}

// realTrees are the trees in the directories of MPWOLF_TEST_TREES, the oldest first.
func realTrees(t *testing.T) []string {
	t.Helper()
	var trees []string
	for _, dir := range filepath.SplitList(os.Getenv("MPWOLF_TEST_TREES")) {
		found, err := filepath.Glob(filepath.Join(dir, "*", "py", "mpconfig.h"))
		if err != nil {
			t.Fatal(err)
		}
		for _, file := range found {
			trees = append(trees, filepath.Dir(filepath.Dir(file)))
		}
	}
	return trees
}

func absolute(t *testing.T, path string) string {
	t.Helper()
	abs, err := filepath.Abs(path)
	if err != nil {
		t.Fatal(err)
	}
	return abs
}

// testIdentity runs from patch to revert and compares everything below dir, which contains the
// tree.
func testIdentity(t *testing.T, dir, tree string, variants ...string) {
	t.Helper()
	work := t.TempDir() // paths for make must not contain a space
	if err := os.CopyFS(filepath.Join(work, "wolf"), os.DirFS("testdata/wolfssl")); err != nil {
		t.Fatal(err)
	}
	if err := os.MkdirAll(filepath.Join(work, "lib"), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(work, "lib/README.md"), nil, 0o644); err != nil {
		t.Fatal(err)
	}
	before, err := describe(dir)
	if err != nil {
		t.Fatal(err)
	}
	run := func(args ...string) string {
		t.Helper()
		cmd := exec.Command("mpwolf", append([]string{args[0], "--tree", tree}, args[1:]...)...)
		cmd.Dir = dir
		out, err := cmd.CombinedOutput()
		if err != nil {
			t.Fatalf("mpwolf %v: %v\n%s", args, err, out)
		}
		return string(out)
	}
	for _, variant := range variants {
		run("patch", "--port", "unix", "--variant", variant, "--modules",
			filepath.Join(work, "modules"),
			"--wolfssl", filepath.Join(work, "wolf"), "--make", "MICROPY_PY_BTREE=0", "--make",
			"MPY_LIB_DIR="+filepath.Join(work, "lib"))
	}
	if out := run("status"); !strings.Contains(out, ": applied\n") {
		t.Errorf("status:\n%s", out)
	}
	if out := run("check"); !strings.Contains(out, "is as it should be") {
		t.Errorf("check:\n%s", out)
	}
	patched, err := describe(dir)
	if err != nil {
		t.Fatal(err)
	}
	if patched == before {
		t.Error("patch changed nothing")
	}
	run("revert")
	after, err := describe(dir)
	if err != nil {
		t.Fatal(err)
	}
	if after != before {
		t.Errorf("reverted:\n%s", differing(before, after))
	}
	if _, err := os.Lstat(filepath.Join(work, "modules")); err == nil {
		t.Error("the modules are left")
	}
}

// shell runs a script that stops at the first error; the arguments are $1, $2 …
func shell(t *testing.T, dir, script string, args ...string) {
	t.Helper()
	cmd := exec.Command("sh", append([]string{"-euc", script, "sh"}, args...)...)
	cmd.Dir = dir
	config := filepath.Join(t.TempDir(), "gitconfig")
	if err := os.WriteFile(config, []byte(gitConfig), 0o644); err != nil {
		t.Fatal(err)
	}
	cmd.Env = append(os.Environ(), "GIT_CONFIG_GLOBAL="+config, "GIT_CONFIG_NOSYSTEM=1")
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%s: %v\n%s", script, err, out)
	}
}
