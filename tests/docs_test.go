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

// TestFirmwareRepository runs each command of docs/firmware-repository.md, in its order and in
// one shell. Instead of GitHub's repositories it has small ones, on which everything but mpwolf
// verify can be run, and only exit codes are checked. With MPWOLF_TEST_GIT, a directory of the
// real repositories (OWNER/NAME.git), the printed output is checked too.
func TestFirmwareRepository(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile("../docs/firmware-repository.md")
	if err != nil {
		t.Fatal(err)
	}
	commands := docCommands(string(text))
	if len(commands) < 30 {
		t.Fatalf("found %d commands", len(commands))
	}
	top := t.TempDir()
	repositories, real := os.Getenv("MPWOLF_TEST_GIT"), true
	if repositories == "" {
		t.Log("MPWOLF_TEST_GIT is not set: a small MicroPython, and no mpwolf verify")
		repositories, real = smallRepositories(t, filepath.Join(top, "git")), false
	}
	config := filepath.Join(top, "gitconfig")
	mapping := fmt.Sprintf("%s[url %q]\n\tinsteadOf = https://github.com/\n", gitConfig,
		"file://"+repositories+"/")
	if err := os.WriteFile(config, []byte(mapping), 0o644); err != nil {
		t.Fatal(err)
	}
	var script strings.Builder
	for i, c := range commands {
		if !real && strings.HasPrefix(c.text, "mpwolf verify") {
			c.text = ":"
		}
		fmt.Fprintf(&script, "%s\necho \"%s %d $?\"\n", c.text, docMark, i)
	}
	cmd := exec.Command("bash", "-c", script.String())
	cmd.Dir = top
	cmd.Env = append(os.Environ(), "GIT_CONFIG_GLOBAL="+config, "GIT_CONFIG_NOSYSTEM=1",
		"MPWOLF_CACHE="+filepath.Join(top, "cache"))
	var out bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &out
	if err := cmd.Run(); err != nil {
		t.Fatalf("%v\n%s", err, out.String())
	}
	holdDoc(t, commands, out.String(), real)
}

const docMark = "=== end of command"

// docCommand is a command of the text, with what it prints there.
type docCommand struct {
	text   string
	output []string
	code   string
}

// docCommands are the commands of the blocks that begin with "$ ", and what follows each; "> "
// continues a command.
func docCommands(text string) []docCommand {
	var commands []docCommand
	block := false
	for _, line := range strings.Split(text, "\n") {
		line, inside := strings.CutPrefix(line, "    ")
		command, starts := strings.CutPrefix(line, "$ ")
		more, goesOn := strings.CutPrefix(line, "> ")
		if line == ">" {
			more, goesOn = "", true
		}
		switch {
		case !inside && line == "" && block:
			continue // an empty line in the output, or the end of the block
		case !inside:
			block = false
		case starts:
			block = true
			commands = append(commands, docCommand{text: command, code: "0"})
		case block && goesOn:
			commands[len(commands)-1].text += "\n" + more
		case block && strings.HasPrefix(line, "(exit code "):
			code := strings.TrimPrefix(line, "(exit code ")
			commands[len(commands)-1].code = strings.TrimSuffix(code, ")")
		case block:
			last := &commands[len(commands)-1]
			last.output = append(last.output, line)
		}
	}
	return commands
}

var docEnd = regexp.MustCompile(`(?m)^` + docMark + ` (\d+) (\d+)\n`)

// holdDoc compares exit codes and, with the real repositories, each line of the text with what
// was printed.
func holdDoc(t *testing.T, commands []docCommand, out string, real bool) {
	t.Helper()
	ends := docEnd.FindAllStringSubmatchIndex(out, -1)
	if len(ends) != len(commands) {
		t.Fatalf("%d of %d commands ended:\n%s", len(ends), len(commands), out)
	}
	from := 0
	for i, c := range commands {
		printed, code := out[from:ends[i][0]], out[ends[i][4]:ends[i][5]]
		from = ends[i][1]
		if code != c.code {
			t.Errorf("%s: exit code %s; want %s:\n%s", c.text, code, c.code, printed)
		}
		for _, line := range c.output {
			line = strings.TrimSuffix(line, "…")
			if real && !strings.Contains(printed, line) {
				t.Errorf("%s: the text has %q; printed was:\n%s", c.text, line, printed)
			}
		}
		// Each command says on stderr which tree it found.
		printed = strings.ReplaceAll(printed,
			"mpwolf: the tree is micropython (by mpwolf.toml)\n", "")
		if real && len(c.output) == 0 && printed != "" {
			t.Errorf("%s: the text has no output; printed was:\n%s", c.text, printed)
		}
	}
}

// smallRepositories stands in for GitHub: a small MicroPython with two releases and the
// submodules that are named, and a small wolfSSL.
func smallRepositories(t *testing.T, dir string) string {
	t.Helper()
	if err := os.MkdirAll(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	shell(t, dir, `
mkdir -p micropython wolfSSL empty
git -C empty init -q; git -C empty commit -q --allow-empty -m empty
cp -r "$2" wolfSSL/wolfssl.git; cd wolfSSL/wolfssl.git; git init -q; git add -A; git commit -q -m wolfSSL; cd ../..
cp -r "$1" micropython/micropython.git; cd micropython/micropython.git; git init -q
git submodule --quiet add "$PWD/../../empty" lib/micropython-lib
release() { sed -i "s/\(MICROPY_VERSION_MINOR\) .*/\1 $1/" py/mpconfig.h; git add -A; git commit -q -m "1.$1"; git tag "v1.$1.0"; }
release 27
release 28
`, absolute(t, "testdata/tree"), absolute(t, "testdata/wolfssl"))
	return dir
}
