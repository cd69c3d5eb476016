package tests_test

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// TestTutorial runs each command of docs/tutorial.md, in its order and in one shell. Without
// MPWOLF_TEST_TUTORIAL, a small tree and a small wolfSSL are taken instead of what is fetched,
// nothing is built, and of the commands that need firmware only the command line is checked.
func TestTutorial(t *testing.T) {
	t.Parallel()
	commands := docCommands(string(readFile(t, "../docs/tutorial.md")))
	if len(commands) < 20 {
		t.Fatalf("found %d commands", len(commands))
	}
	top := t.TempDir()
	writeFile(t, top, "gitconfig", []byte(gitConfig))
	real := os.Getenv("MPWOLF_TEST_TUTORIAL") != ""
	if !real {
		t.Log("MPWOLF_TEST_TUTORIAL is not set: a small MicroPython, and no firmware")
	}
	var script strings.Builder
	for i, c := range commands {
		if !real {
			c.text = withoutFirmware(t, c.text)
		}
		fmt.Fprintf(&script, "%s\necho \"%s %d $?\"\n", c.text, docMark, i)
	}
	cmd := exec.Command("bash", "-c", script.String())
	cmd.Dir = top
	cmd.Env = append(os.Environ(), "GIT_CONFIG_GLOBAL="+filepath.Join(top, "gitconfig"),
		"GIT_CONFIG_NOSYSTEM=1")
	var out bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &out
	if err := cmd.Run(); err != nil {
		t.Fatalf("%v\n%s", err, out.String())
	}
	holdDoc(t, commands, out.String(), real)
}

// withoutFirmware is what stands in for a command where nothing is fetched and nothing is built.
// Exit code 2 is that of a wrong command line.
func withoutFirmware(t *testing.T, command string) string {
	t.Helper()
	const noFirmware = "%s; test $? -ne 2"
	name, _, _ := strings.Cut(strings.TrimPrefix(command, "mpwolf "), " ")
	switch {
	case strings.HasPrefix(command, "mpwolf fetch "):
		return fmt.Sprintf("cp -r %q micropython; mkdir lib; cp -r %q lib/wolfssl",
			absolute(t, "testdata/tree"), absolute(t, "testdata/wolfssl"))
	case command == "mpwolf verify":
		return fmt.Sprintf(noFirmware, command+" --no-build")
	case name == "verify", name == "merge", name == "audit", name == "sbom":
		return fmt.Sprintf(noFirmware, command)
	case strings.HasPrefix(command, "cp micropython/.mpwolf/build/"):
		return ":"
	}
	return command
}
