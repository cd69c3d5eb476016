package tests_test

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// TestCI runs what docs/ci.md has for a colleague, for GitHub and for GitLab, each in a new clone
// of a firmware repository: all steps but those that install something and, where MicroPython is a
// small one, mpwolf verify. With MPWOLF_TEST_GIT, as of TestFirmwareRepository, they run on the
// real repositories, and what is kept as an artifact must be there.
func TestCI(t *testing.T) {
	t.Parallel()
	text := string(readFile(t, "../docs/ci.md"))
	github, gitlab := docBlock(t, text, "name: firmware"), docBlock(t, text, "variables:")
	var colleague []string
	for _, c := range docCommands(text) {
		colleague = append(colleague, c.text)
	}
	scripts := map[string][]string{
		"colleague": colleague,
		"github":    append([]string{cloneProduct}, githubSteps(github)...),
		"gitlab": append([]string{cloneProduct, "git submodule update -q --init --depth 1"},
			gitlabSteps(gitlab)...),
	}
	top := t.TempDir()
	environment, real := productRepository(t, top)
	for name, script := range scripts {
		t.Run(name, func(t *testing.T) {
			dir := filepath.Join(top, name)
			if err := os.MkdirAll(dir, 0o755); err != nil {
				t.Fatal(err)
			}
			runSteps(t, dir, environment, script, real)
			workflow := map[string]string{"github": github, "gitlab": gitlab}[name]
			for _, file := range artifacts(workflow) {
				_, err := os.Stat(filepath.Join(dir, "product", file))
				if err != nil && (real || !needsFirmware.MatchString(file)) {
					t.Errorf("an artifact is missing: %v", err)
				}
			}
		})
	}
	t.Run("actionlint", func(t *testing.T) {
		file := filepath.Join(t.TempDir(), "firmware.yml")
		if err := os.WriteFile(file, []byte(github), 0o644); err != nil {
			t.Fatal(err)
		}
		runTool(t, "actionlint", "-color=false", file)
	})
}

const cloneProduct = "git clone -q https://github.com/example/product.git\ncd product"

// needsFirmware are the artifacts that only real sources give.
var needsFirmware = regexp.MustCompile(`/build-|^verify\.`)

// docBlock is the indented block of a text that begins with a line.
func docBlock(t *testing.T, text, first string) string {
	t.Helper()
	_, rest, found := strings.Cut(text, "\n    "+first+"\n")
	if !found {
		t.Fatalf("docs/ci.md has no block that begins with %q", first)
	}
	block := first + "\n"
	for line := range strings.Lines(rest) {
		line, inside := strings.CutPrefix(line, "    ")
		if !inside {
			break
		}
		block += line
	}
	return block
}

// githubSteps are the run steps of a workflow.
func githubSteps(workflow string) (steps []string) {
	inside := false
	for line := range strings.Lines(workflow) {
		text := strings.TrimSpace(line)
		indent := len(line) - len(strings.TrimLeft(line, " "))
		command, is := strings.CutPrefix(strings.TrimPrefix(text, "- "), "run: ")
		switch {
		case is && command == "|":
			inside = true
			steps = append(steps, "")
		case is:
			inside = false
			steps = append(steps, command)
		case inside && indent > 8:
			steps[len(steps)-1] += text + "\n"
		default:
			inside = false
		}
	}
	return steps
}

// gitlabSteps are the lines of before_script and script.
func gitlabSteps(pipeline string) (steps []string) {
	inside := false
	for line := range strings.Lines(pipeline) {
		text := strings.TrimSpace(line)
		command, item := strings.CutPrefix(text, "- ")
		if item && inside {
			steps = append(steps, command)
		} else {
			inside = text == "before_script:" || text == "script:"
		}
	}
	return steps
}

// artifacts are the files that a workflow keeps.
func artifacts(workflow string) (files []string) {
	for line := range strings.Lines(workflow) {
		file := strings.TrimPrefix(strings.TrimSpace(line), "- ")
		file = strings.TrimPrefix(file, "junit: ")
		if strings.HasPrefix(file, "micropython/") || strings.HasPrefix(file, "verify.") {
			files = append(files, file)
		}
	}
	return files
}

// installs are commands that need a network, root or minutes.
var installs = regexp.MustCompile(
	`apt-get |URL-OF-MPWOLF|go build|/mpwolf"? checkout|GITHUB_PATH`)

// runSteps runs commands in one shell, which ends with the first that fails.
func runSteps(t *testing.T, dir string, environment, steps []string, real bool) {
	t.Helper()
	if len(steps) < 6 {
		t.Fatalf("found %d steps: %q", len(steps), steps)
	}
	script := "set -e\n"
	for _, step := range steps {
		for line := range strings.Lines(step) {
			line = strings.TrimSpace(line)
			if installs.MatchString(line) || !real && strings.HasPrefix(line, "mpwolf verify") {
				line = ": " + strings.ReplaceAll(line, ">", "to ")
			}
			script += line + "\n"
		}
	}
	cmd := exec.Command("bash", "-x", "-c", script)
	cmd.Dir, cmd.Env = dir, environment
	var out bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &out
	if err := cmd.Run(); err != nil {
		t.Errorf("%v\n%s", err, out.String())
	}
	for _, want := range []string{"changed ports/unix/mpconfigport.mk", "\n+ mpwolf check"} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("no %q in:\n%s", want, out.String())
		}
	}
}

// productRepository makes a firmware repository as docs/firmware-repository.md does, and gives
// the environment in which GitHub's names lead to it and to what it has as submodules.
func productRepository(t *testing.T, top string) (environment []string, real bool) {
	t.Helper()
	repositories, real := os.Getenv("MPWOLF_TEST_GIT"), true
	if repositories == "" {
		t.Log("MPWOLF_TEST_GIT is not set: a small MicroPython, and no mpwolf verify")
		repositories, real = smallRepositories(t, filepath.Join(top, "git")), false
	}
	own := filepath.Join(top, "own")
	config := filepath.Join(top, "gitconfig")
	mapping := fmt.Sprintf("%s[url %q]\n\tinsteadOf = https://github.com/\n"+
		"[url %q]\n\tinsteadOf = https://github.com/example/\n", gitConfig,
		"file://"+repositories+"/", "file://"+own+"/")
	if err := os.WriteFile(config, []byte(mapping), 0o644); err != nil {
		t.Fatal(err)
	}
	environment = append(os.Environ(), "GIT_CONFIG_GLOBAL="+config, "GIT_CONFIG_NOSYSTEM=1",
		"MPWOLF_CACHE="+filepath.Join(top, "cache"))
	cmd := exec.Command("bash", "-e", "-c", `
git init -q "$1"; cd "$1"
git submodule --quiet add https://github.com/micropython/micropython.git
git -C micropython checkout -q v1.27.0
git -C micropython submodule --quiet update --init lib/micropython-lib
git submodule --quiet add https://github.com/wolfSSL/wolfssl.git lib/wolfssl
mpwolf init -q --port unix --make MICROPY_PY_BTREE=0
echo /micropython-modules/ >.gitignore
git add -A
git commit -q -m firmware
`, "bash", filepath.Join(own, "product.git"))
	cmd.Env = environment
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	return environment, real
}
