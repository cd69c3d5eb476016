package tests_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// TestQuickstart runs the README's first command, whose output is the README's example: the same commands, the same
// steps, the same result, whatever versions and sizes this machine got.
func TestQuickstart(t *testing.T) {
	longOnly(t, "needs a compiler and real sources")
	if os.Getenv("MPWOLF_TEST_APT") == "" {
		t.Skip("MPWOLF_TEST_APT is not set: no real sources; scripts/test has them")
	}
	t.Parallel()
	dir := t.TempDir()
	cmd := exec.Command(filepath.Join("..", "scripts", "quickstart"), dir)
	var stderr strings.Builder
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("%v\n%s%s", err, tail(string(out)), tail(stderr.String()))
	}
	t.Logf("%s", out)
	readme, err := os.ReadFile(filepath.Join("..", "README.md"))
	if err != nil {
		t.Fatal(err)
	}
	_, example, found := strings.Cut(string(readme), "<!-- quickstart: begin -->")
	example, _, ended := strings.Cut(example, "<!-- quickstart: end -->")
	if !found || !ended {
		t.Fatal("the README has no example")
	}
	if got, want := outline(string(out)), outline(example); got != want {
		t.Errorf("quickstart printed:\n%s\nthe README has:\n%s", got, want)
	}
	if !strings.Contains(string(out), "\nOK TLSv1.3 ") {
		t.Error("no TLS 1.3 handshake")
	}
	// MicroPython's own tests on whatever release that was.
	tree := filepath.Join(dir, "micropython")
	runUpstream(t, tree, filepath.Join(tree, ".mpwolf", "build", "unix-standard", "micropython"), "")
}

// outlineWord is how the lines begin that do not depend on the machine.
var outlineWord = regexp.MustCompile(`(?m)^ *(\$ mpwolf.*|ok +\w+|FAIL.*|changed ports/unix/\w+|MICROPY_\w+|installed|build:|built|OK TLSv1\.3)`)

func outline(text string) string {
	var lines []string
	for _, m := range outlineWord.FindAllStringSubmatch(text, -1) {
		lines = append(lines, m[1])
	}
	return strings.Join(lines, "\n")
}
