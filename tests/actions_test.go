package tests_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/txtar"
	"go.yaml.in/yaml/v3"
)

// action is action.yml, as far as the test knows it; more is an error.
type action struct {
	Name, Description string
	Inputs            map[string]struct{ Description, Default string }
	Outputs           map[string]struct{ Description, Value string }
	Runs              struct {
		Using string
		Steps []actionStep
	}
}

type actionStep struct {
	Name, ID, If, Uses, Shell, Run string
	Dir                            string `yaml:"working-directory"`
	Env, With                      map[string]string
}

var (
	ofInput   = regexp.MustCompile(`inputs\.([a-z]+)`)
	isInput   = regexp.MustCompile(`^\$\{\{ inputs\.([a-z]+) \}\}$`)
	ofCommand = regexp.MustCompile(
		`^\$\{\{ (?:!cancelled\(\) && )?inputs\.command == '([a-z]+)' \}\}$`)
	pinned = regexp.MustCompile(`^(\s*-)?\s*uses: [a-z]+/[a-z-]+@[0-9a-f]{40} # v[0-9.]+$`)
)

// TestAction runs the steps of action.yml as GitHub does, in a firmware repository: matrix, verify
// for its target, merge. What installs something is replaced, and with a small MicroPython the
// verification, too.
func TestAction(t *testing.T) {
	t.Parallel()
	text := readFile(t, "../action.yml")
	var a action
	decoder := yaml.NewDecoder(bytes.NewReader(text))
	decoder.KnownFields(true)
	if err := decoder.Decode(&a); err != nil {
		t.Fatal(err)
	}
	checkAction(t, a, string(text))
	top := t.TempDir()
	environment, real := productRepository(t, top)
	g := &github{t: t, action: a, top: top, env: standIns(t, top, environment, real)}
	g.must("git clone -q https://github.com/example/product.git")

	code, out := g.run(map[string]string{"command": "matrix"})
	var matrix struct{ Include []struct{ Name string } }
	err := json.Unmarshal([]byte(g.outputs["matrix.matrix"]), &matrix)
	if code != 0 || err != nil || len(matrix.Include) != 1 {
		t.Fatalf("exit code %d, %v, outputs %v:\n%s", code, err, g.outputs, out)
	}
	target := matrix.Include[0].Name

	code, out = g.run(map[string]string{"command": "verify", "target": target, "jobs": "2",
		"packages": packagesOfLines, "submodules": submodulesOfLines})
	if code != 0 || !strings.Contains(out, "changed ports/unix/mpconfigport.mk") {
		t.Fatalf("exit code %d:\n%s", code, out)
	}
	if want := "mpwolf verify --target " + target + " -j 2 --format github"; !strings.Contains(
		out, want) {
		t.Errorf("no %q:\n%s", want, out)
	}
	wordsOfLines(t, out)
	if g.outputs["key.target"] != target || len(g.outputs["key.sources"]) != 16 {
		t.Errorf("cache keys: %v", g.outputs)
	}
	if !strings.Contains(strings.Join(g.env, "\n"), "CCACHE_DIR="+top+"/product/.cache/ccache") {
		t.Error("ccache has no directory of its own")
	}
	for _, file := range []string{target + ".json", target + ".html"} {
		if _, err := os.Stat(filepath.Join(top, "mpwolf/results", file)); err != nil {
			t.Error(err)
		}
	}
	if code, out = g.run(map[string]string{"command": "merge"}); code != 0 {
		t.Errorf("merge: exit code %d:\n%s", code, out)
	}
	if _, err := os.Stat(filepath.Join(top, "mpwolf/results/all.html")); err != nil {
		t.Error(err)
	}
	if real {
		return
	}
	// A finding fails the job, and its result is kept; no result is no empty file.
	for _, test := range []struct {
		stand string
		code  int
		kept  bool
	}{{"1", 1, true}, {"3", 3, false}} {
		g.env = append(g.env, "STAND_IN="+test.stand)
		code, out = g.run(map[string]string{"command": "verify", "target": target})
		_, err := os.Stat(filepath.Join(top, "mpwolf/results", target+".json"))
		if code != test.code || (err == nil) != test.kept {
			t.Errorf("verify exits with %s: exit code %d, %v:\n%s", test.stand, code, err, out)
		}
	}
	if code, out = g.run(map[string]string{"command": "merge"}); code != 3 {
		t.Errorf("merge without a result: exit code %d:\n%s", code, out)
	}
}

// Inputs as YAML's | gives them.
const (
	packagesOfLines   = "gcc make\npython3\n"
	submodulesOfLines = "lib/micropython-lib\nlib/micropython-lib\n"
)

// wordsOfLines is that each word of these inputs was used; a shell with -x has written out.
func wordsOfLines(t *testing.T, out string) {
	t.Helper()
	for _, want := range []string{" ccache (git )?gcc make python3\n",
		" --depth 1 lib/micropython-lib lib/micropython-lib\n"} {
		if !regexp.MustCompile(want).MatchString(out) {
			t.Errorf("no %q in\n%s", want, out)
		}
	}
}

// checkAction holds what a test cannot run: actions are pinned, and no value of an input becomes
// a part of a script.
func checkAction(t *testing.T, a action, text string) {
	t.Helper()
	if a.Runs.Using != "composite" || a.Name == "" || a.Description == "" {
		t.Errorf("not a composite action: %+v", a)
	}
	used := map[string]bool{}
	for _, m := range ofInput.FindAllStringSubmatch(text, -1) {
		used[m[1]] = true
	}
	if have := slices.Sorted(maps.Keys(a.Inputs)); !slices.Equal(have,
		slices.Sorted(maps.Keys(used))) {
		t.Errorf("inputs %v, used %v", have, used)
	}
	for line := range strings.Lines(text) {
		line = strings.TrimSuffix(line, "\n")
		if strings.Contains(line, "uses: ") && !pinned.MatchString(line) {
			t.Errorf("not pinned: %s", line)
		}
	}
	for _, step := range a.Runs.Steps {
		if strings.Contains(step.Run, "${{") {
			t.Errorf("%s: an expression in a script", step.Name)
		}
		if step.Run != "" && step.Shell != "bash" || step.Run == "" && step.Uses == "" {
			t.Errorf("%s: shell %q", step.Name, step.Shell)
		}
		if step.If != "" && !ofCommand.MatchString(step.If) {
			t.Errorf("%s: cannot read if: %s", step.Name, step.If)
		}
	}
}

// github runs an action's scripts in top/product.
type github struct {
	t       *testing.T
	action  action
	top     string
	env     []string
	outputs map[string]string
}

func (g *github) must(script string) {
	g.t.Helper()
	cmd := exec.Command("bash", "-e", "-c", script)
	cmd.Dir, cmd.Env = g.top, g.env
	if out, err := cmd.CombinedOutput(); err != nil {
		g.t.Fatalf("%v\n%s", err, out)
	}
}

// run gives the exit code of the first step that fails, and the output of all.
func (g *github) run(with map[string]string) (int, string) {
	g.t.Helper()
	g.outputs = map[string]string{}
	input := func(name string) string {
		if value, given := with[name]; given {
			return value
		}
		return g.action.Inputs[name].Default
	}
	var out bytes.Buffer
	for _, step := range g.action.Runs.Steps {
		m := ofCommand.FindStringSubmatch(step.If)
		if step.Run == "" || m != nil && m[1] != input("command") {
			continue
		}
		env := slices.Clone(g.env)
		for name, value := range step.Env {
			m := isInput.FindStringSubmatch(value)
			if m == nil {
				g.t.Fatalf("%s: cannot read %s: %s", step.Name, name, value)
			}
			env = append(env, name+"="+input(m[1]))
		}
		files := map[string]string{}
		for _, name := range []string{"GITHUB_OUTPUT", "GITHUB_ENV", "GITHUB_PATH"} {
			files[name] = filepath.Join(g.t.TempDir(), name)
			env = append(env, name+"="+files[name])
		}
		cmd := exec.Command("bash", "--noprofile", "--norc", "-x", "-eo", "pipefail", "-c",
			step.Run)
		cmd.Dir, cmd.Env = filepath.Join(g.top, "product"), env
		if m := isInput.FindStringSubmatch(step.Dir); m != nil {
			cmd.Dir = filepath.Join(cmd.Dir, input(m[1]))
		}
		cmd.Stdout, cmd.Stderr = &out, &out
		err := cmd.Run()
		for line := range strings.Lines(readIfThere(files["GITHUB_OUTPUT"])) {
			name, value, _ := strings.Cut(strings.TrimSuffix(line, "\n"), "=")
			g.outputs[step.ID+"."+name] = value
		}
		g.env = append(g.env, strings.Fields(readIfThere(files["GITHUB_ENV"]))...)
		for line := range strings.Lines(readIfThere(files["GITHUB_PATH"])) {
			for i, pair := range g.env {
				if path, is := strings.CutPrefix(pair, "PATH="); is {
					// Behind the stand-ins, which are not there on GitHub.
					g.env[i] = "PATH=" + path + ":" + strings.TrimSpace(line)
				}
			}
		}
		if err != nil {
			return cmd.ProcessState.ExitCode(), out.String()
		}
	}
	return 0, out.String()
}

func readIfThere(file string) string {
	text, _ := os.ReadFile(file)
	return string(text)
}

// standIns are programs for what installs something and, unless the repositories are the real
// ones, for mpwolf verify: it prints a result of another firmware, and exits with STAND_IN.
func standIns(t *testing.T, top string, environment []string, real bool) []string {
	t.Helper()
	bin := filepath.Join(top, "bin")
	own, err := exec.LookPath("mpwolf")
	if err != nil {
		t.Fatal(err)
	}
	archive, err := txtar.ParseFile("script/matrix-merge.txtar")
	if err != nil {
		t.Fatal(err)
	}
	files := map[string]string{
		"sudo": "exit 0", "apt-get": "exit 0", "go": "exit 0",
		"mpwolf": fmt.Sprintf(`case "$*" in
verify*--no-build*json*) test "$STAND_IN" = 3 || cat %s/unix.json; exit "${STAND_IN:-0}" ;;
verify*html*) test "$STAND_IN" = 3 || echo "<html>"; exit "${STAND_IN:-0}" ;;
verify*) test "$STAND_IN" = 3 || echo "mpwolf $*"; exit "${STAND_IN:-0}" ;;
esac
exec %s "$@"`, top, own),
	}
	if real {
		delete(files, "mpwolf")
	}
	if err := os.MkdirAll(bin, 0o755); err != nil {
		t.Fatal(err)
	}
	for name, script := range files {
		text := "#!/bin/sh\n" + script + "\n"
		if err := os.WriteFile(filepath.Join(bin, name), []byte(text), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	for _, f := range archive.Files {
		if f.Name == "unix.json" {
			// The product has another release.
			data := bytes.ReplaceAll(f.Data, []byte("v1.28.0"), []byte("v1.27.0"))
			if err := os.WriteFile(filepath.Join(top, "unix.json"), data, 0o644); err != nil {
				t.Fatal(err)
			}
		}
	}
	return append(environment, "PATH="+bin+":"+os.Getenv("PATH"), "RUNNER_TEMP="+top,
		"GITHUB_WORKSPACE="+top+"/product", "GITHUB_ACTION_PATH="+top)
}

var ofSpec = regexp.MustCompile(`\$\[\[ inputs\.([a-z]+) \]\]`)

// TestGitLabComponent runs the job of templates/mpwolf.yml in a clone of a firmware repository, as
// a runner does, with the same stand-ins.
func TestGitLabComponent(t *testing.T) {
	t.Parallel()
	head, job, found := strings.Cut(string(readFile(t, "../templates/mpwolf.yml")), "\n---\n")
	if !found {
		t.Fatal("templates/mpwolf.yml has no spec")
	}
	var spec struct {
		Spec struct {
			Inputs map[string]struct {
				Description string
				Default     *string
			}
		}
	}
	if err := yaml.Unmarshal([]byte(head), &spec); err != nil {
		t.Fatal(err)
	}
	top := t.TempDir()
	environment, real := productRepository(t, top)
	environment = standIns(t, top, environment, real)
	g := &github{t: t, top: top, env: environment}
	g.must("git clone -q https://github.com/example/product.git\n" +
		"git -C product submodule update -q --init --depth 1\n" +
		"git init -q tool; git -C tool commit -q --allow-empty -m tool; git -C tool tag v1")
	given := map[string]string{"mpwolf": "file://" + top + "/tool", "version": "v1",
		"target": "unix-standard", "packages": packagesOfLines, "submodules": submodulesOfLines}
	used := map[string]bool{}
	job = ofSpec.ReplaceAllStringFunc(job, func(text string) string {
		name := ofSpec.FindStringSubmatch(text)[1]
		input, declared := spec.Spec.Inputs[name]
		value, is := given[name]
		if !declared || !is && input.Default == nil {
			t.Errorf("input %s is not declared, or has no value", name)
		} else if !is {
			value = *input.Default
		}
		used[name] = true
		return value
	})
	if have := slices.Sorted(maps.Keys(spec.Spec.Inputs)); !slices.Equal(have,
		slices.Sorted(maps.Keys(used))) {
		t.Errorf("inputs %v, used %v", have, used)
	}
	var jobs map[string]struct {
		Variables    map[string]string
		BeforeScript []string `yaml:"before_script"`
		Script       []string
		Artifacts    struct {
			Paths   []string
			Reports map[string]string
		}
	}
	if err := yaml.Unmarshal([]byte(job), &jobs); err != nil {
		t.Fatal(err)
	}
	one := jobs["mpwolf"]
	script := strings.Join(slices.Concat(one.BeforeScript, one.Script), "\n")
	script = strings.ReplaceAll(script, "/tmp/mpwolf", top+"/fetched")
	env := append(environment, "CI_PROJECT_DIR="+top+"/product")
	for name, value := range one.Variables {
		env = append(env, name+"="+strings.ReplaceAll(value, "$CI_PROJECT_DIR", top+"/product"))
	}
	if !real {
		// The line that puts ccache's names first must not hide the stand-ins.
		script = strings.Replace(script, "export PATH=", "export IGNORED=", 1)
	}
	for _, code := range []int{0, 1, 3} { // with 3 there is no result, and no empty file
		cmd := exec.Command("bash", "-x", "-eo", "pipefail", "-c", script)
		cmd.Dir = filepath.Join(top, "product")
		cmd.Env = append(slices.Clone(env), fmt.Sprintf("STAND_IN=%d", code))
		out, _ := cmd.CombinedOutput()
		if got := cmd.ProcessState.ExitCode(); got != code && (!real || code == 0) {
			t.Errorf("exit code %d, want %d:\n%s", got, code, out)
		}
		wordsOfLines(t, string(out))
		files := append(slices.Clone(one.Artifacts.Paths), one.Artifacts.Reports["junit"])
		for _, file := range files {
			info, err := os.Stat(filepath.Join(top, "product", file))
			if code == 3 && err == nil || code != 3 && (err != nil || info.Size() == 0) {
				t.Errorf("artifact %s with exit code %d: %v", file, code, err)
			}
		}
		if err := os.RemoveAll(filepath.Join(top, "fetched")); err != nil {
			t.Fatal(err)
		}
		if real {
			break
		}
	}
}
