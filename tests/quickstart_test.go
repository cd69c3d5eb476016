package tests_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// TestQuickstart runs scripts/quickstart, whose output is the example of docs/quickstart.md: the
// same commands, the same steps, the same result, whatever versions and sizes this machine got.
func TestQuickstart(t *testing.T) {
	longOnly(t, "needs a compiler and real sources")
	inTheLongRun(t) // TestUnix does the same, step by step
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
	if got, want := outline(string(out)), outline(quickstartExample(t)); got != want {
		t.Errorf("quickstart printed:\n%s\ndocs/quickstart.md has:\n%s", got, want)
	}
	first, _, _ := strings.Cut(stderr.String(), "\n")
	if !strings.HasPrefix(first, "quickstart builds mpwolf, gets a MicroPython and a wolfSSL") {
		t.Errorf("it does not begin with what it does: %q", first)
	}
	if !strings.Contains(string(out), "\nOK TLSv1.3 ") {
		t.Error("no TLS 1.3 handshake")
	}
	// MicroPython's own tests, on whichever release that was.
	tree := filepath.Join(dir, "micropython")
	firmware := filepath.Join(tree, ".mpwolf", "build", "unix-standard", "micropython")
	runUpstream(t, tree, firmware, "")
	t.Run("certificates", func(t *testing.T) { x509Table(t, firmware) })
	// The other tests have a wolfSSL without it.
	t.Run("OCSP", (&real{t: t, built: firmware}).ocsp)
}

func quickstartExample(t *testing.T) string {
	t.Helper()
	text := string(readFile(t, filepath.Join("..", "docs", "quickstart.md")))
	_, example, found := strings.Cut(text, "<!-- quickstart: begin -->")
	example, _, ended := strings.Cut(example, "<!-- quickstart: end -->")
	if !found || !ended {
		t.Fatal("docs/quickstart.md has no example")
	}
	return example
}

// TestExample checks that the README's example is a part of the one in docs/quickstart.md, in
// the same order.
func TestExample(t *testing.T) {
	rest := quickstartExample(t)
	lines := 0
	for line := range strings.Lines(string(readFile(t, filepath.Join("..", "README.md")))) {
		if strings.HasPrefix(line, "## ") {
			break
		}
		if !strings.HasPrefix(line, "    ") || line == "    …\n" {
			continue
		}
		lines++
		_, after, found := strings.Cut(rest, line)
		if !found {
			t.Errorf("docs/quickstart.md does not have, or not here: %s", line)
			continue
		}
		rest = after
	}
	if lines < 8 {
		t.Errorf("the README's example has %d lines", lines)
	}
}

// outlineWord matches the beginning of lines that do not depend on the machine.
var outlineWord = regexp.MustCompile(
	`(?m)^ *(\$ mpwolf.*|ok +\w+|FAIL.*|changed ports/unix/\w+|MICROPY_\w+|` +
		`installed|build:|built|OK TLSv1\.3|done in)`)

func outline(text string) string {
	var lines []string
	for _, m := range outlineWord.FindAllStringSubmatch(text, -1) {
		lines = append(lines, m[1])
	}
	return strings.Join(lines, "\n")
}
