package tests_test

import (
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"
)

// keyLog compares the secrets that the firmware writes to a file with OpenSSL's.
func (r *real) keyLog(t *testing.T) {
	out, err := exec.Command(r.firmware(), "-c", "import wolfssl; print(hasattr("+
		"wolfssl.SSLContext(wolfssl.PROTOCOL_TLS_CLIENT), 'keylog_filename'))").CombinedOutput()
	if err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	if strings.TrimSpace(string(out)) != "True" {
		t.Skip("the firmware has no key log")
	}
	dir := t.TempDir()
	ca := newAuthority(t, dir, "ca")
	cert, key := ca.issue(t, "server", "localhost", time.Now().Add(time.Hour))
	for version, lines := range map[string]int{"1.2": 1, "1.3": 4} {
		ours, theirs := filepath.Join(dir, "ours"+version), filepath.Join(dir, "theirs"+version)
		port := startServer(t, "-cert", cert, "-key", key, "-keylogfile", theirs)
		out := r.python(t, "tls_client.py", "127.0.0.1", strconv.Itoa(port), ca.file, "localhost",
			"max="+version, "keylog="+ours)
		if !strings.HasPrefix(out, "OK TLSv"+version) {
			t.Fatalf("got %q", out)
		}
		got, want := keyLogLines(t, ours), keyLogLines(t, theirs)
		if !slices.Equal(got, want) || len(got) != lines {
			t.Errorf("%s: got:\n%s\nwant:\n%s", version, strings.Join(got, "\n"),
				strings.Join(want, "\n"))
		}
	}
}

// keyLogLines are the secrets in a file, in any order.
func keyLogLines(t *testing.T, file string) []string {
	t.Helper()
	var lines []string
	for line := range strings.Lines(string(readFile(t, file))) {
		// The exporter's secret decrypts nothing, and wolfSSL has none with these settings.
		if !strings.HasPrefix(line, "#") && !strings.HasPrefix(line, "EXPORTER_SECRET ") {
			lines = append(lines, strings.ToLower(line))
		}
	}
	slices.Sort(lines)
	return lines
}
