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

// TestCI runs what docs/ci.md has for a colleague, in a new clone of a firmware repository. With
// MPWOLF_TEST_GIT, as of TestFirmwareRepository, that is on the real repositories. The workflow is
// linted; TestAction and TestGitLabComponent run what it uses.
func TestCI(t *testing.T) {
	t.Parallel()
	text := string(readFile(t, "../docs/ci.md"))
	workflow := docBlock(t, text, "name: firmware")
	var colleague []string
	for _, c := range docCommands(text) {
		colleague = append(colleague, c.text)
	}
	t.Run("colleague", func(t *testing.T) {
		top := t.TempDir()
		environment, _ := productRepository(t, top)
		runSteps(t, top, environment, colleague)
	})
	t.Run("actionlint", func(t *testing.T) {
		file := filepath.Join(t.TempDir(), "firmware.yml")
		if err := os.WriteFile(file, []byte(workflow), 0o644); err != nil {
			t.Fatal(err)
		}
		runTool(t, "actionlint", "-color=false", file)
	})
	// What the workflow gives the Action must be its inputs.
	inputs := string(readFile(t, "../action.yml"))
	given := regexp.MustCompile(`(?m)^ {10}([a-z]+): `)
	found := given.FindAllStringSubmatch(workflow, -1)
	if len(found) < 3 {
		t.Errorf("the workflow gives %q", found)
	}
	for _, m := range found {
		if !strings.Contains(inputs, "\n  "+m[1]+":\n") {
			t.Errorf("action.yml has no input %s", m[1])
		}
	}
}

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

// runSteps runs commands in one shell, which ends with the first that fails.
func runSteps(t *testing.T, dir string, environment, steps []string) {
	t.Helper()
	if len(steps) < 6 {
		t.Fatalf("found %d steps: %q", len(steps), steps)
	}
	script := "set -e\n"
	for _, step := range steps {
		for line := range strings.Lines(step) {
			line = strings.TrimSpace(line)
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
