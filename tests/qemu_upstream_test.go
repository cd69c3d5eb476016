package tests_test

import (
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"mpwolf/internal/micropython"
)

// ownText is an error of wolfSSL's, for which the modules have a text of their own in firmware
// without wolfSSL's texts (NO_ERROR_STRINGS).
var ownText = regexp.MustCompile(`\(-501, .*\)`)

// runsUpstream runs MicroPython's own tests of hashlib, cryptolib, ssl and tls, each after a soft
// reset: what it prints must be what CPython prints, or the text beside it. What a test needs and
// this machine lacks, such as files, makes it print SKIP.
func (q *qemu) runsUpstream(t *testing.T, tree string) {
	t.Helper()
	u := newUpstream(t, tree)
	u.expect(t, q.isOld(t))
	var passed, skipped []string
	for _, file := range u.extmodFiles(t) {
		path := filepath.Join(u.dir, filepath.FromSlash(file))
		source := string(readFile(t, path))
		if _, err := os.Stat(path + ".exp"); err != nil {
			u.askPython(t, path)
		}
		q.reset(t)
		// A test that ends with SystemExit would reset the machine.
		q.send(t, "try:\n exec("+strconv.QuoteToASCII(source)+", {'__name__': '__main__'})\n"+
			"except SystemExit:\n pass\n"+ctrlD)
		q.until(t, "OK")
		stdout := strings.ReplaceAll(q.until(t, ctrlD), "\r\n", "\n")
		stderr := q.until(t, ctrlD+">")
		want := ownText.ReplaceAllString(string(readFile(t, path+".exp")),
			"(-501, 'no common cipher suite')")
		switch {
		case stderr == "" && stdout == want:
			passed = append(passed, filepath.Base(file))
		case stderr == "" && strings.TrimSpace(stdout) == "SKIP",
			strings.Contains(stderr, "ImportError: no module named 'unittest'"):
			skipped = append(skipped, filepath.Base(file))
		case u.hasWeakKey(t, file):
			t.Logf("%s: by decision: its key has 512 bits", file)
		default:
			t.Errorf("%s: got:\n%s\n%s\nwant:\n%s", file, tail(stdout), tail(stderr), want)
		}
	}
	t.Logf("MicroPython's own tests: %d passed: %s; %d skipped: %s", len(passed),
		strings.Join(passed, " "), len(skipped), strings.Join(skipped, " "))
	if u.version.Compare(micropython.Version{Major: 1, Minor: 25}) >= 0 && len(passed) < 18 {
		t.Errorf("only %d of MicroPython's own tests passed", len(passed))
	}
}

// isOld reports whether the firmware has a wolfSSL up to 5.7.
func (q *qemu) isOld(t *testing.T) bool {
	t.Helper()
	q.send(t, "import wolfssl\nprint(wolfssl.MBEDTLS_VERSION)"+ctrlD)
	q.until(t, "OK")
	version := q.until(t, ctrlD)
	q.until(t, ctrlD+">")
	if !strings.HasPrefix(version, "wolfSSL 5.") {
		t.Fatalf("this firmware has %q", version)
	}
	return strings.HasPrefix(version, "wolfSSL 5.7.") || strings.HasPrefix(version, "wolfSSL 5.5.")
}
