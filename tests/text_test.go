package tests_test

import (
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
)

// recordedText is where the text of bare-metal firmware is recorded: a line for each, with the
// compiler.
var recordedText = filepath.Join("testdata", "text.tsv")

// textTolerance is how far a firmware's text may be from the recorded one, in thousandths. A line
// of recordedText that no longer fits is replaced by the one that the test prints.
const textTolerance = 20

// checkText compares the text of a firmware with the one that is recorded, if the same compiler
// made it.
func checkText(t *testing.T, name, compiler, firmware string) {
	t.Helper()
	out, err := exec.Command(compiler, "-dumpfullversion").Output()
	if err != nil {
		t.Fatal(err)
	}
	compiler += " " + strings.TrimSpace(string(out))
	text := elfText(t, firmware)
	line := strings.Join([]string{name, compiler, strconv.Itoa(text)}, "\t")
	for recorded := range strings.Lines(string(readFile(t, recordedText))) {
		words := strings.Split(strings.TrimSpace(recorded), "\t")
		if len(words) != 3 || words[0] != name || words[1] != compiler {
			continue
		}
		want, err := strconv.Atoi(words[2])
		if err != nil {
			t.Fatalf("%s: %q: %v", recordedText, recorded, err)
		}
		t.Logf("text of %s, %s: %d bytes; recorded: %d", name, compiler, text, want)
		if d := text - want; max(d, -d)*1000 > want*textTolerance {
			t.Errorf("text of %s, %s: %d bytes, and %d are recorded; if that is intended, "+
				"record it in %s:\n%s", name, compiler, text, want, recordedText, line)
		}
		return
	}
	if strings.Contains(compiler, " 12.2.") { // Debian 12's
		t.Errorf("no text is recorded in %s for this firmware:\n%s", recordedText, line)
	}
	t.Logf("not compared: %s", line)
}
