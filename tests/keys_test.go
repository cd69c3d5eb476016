package tests_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// pycaPython is Debian's interpreter, which has python3-cryptography.
const pycaPython = "/usr/bin/python3"

// keysAndPyca takes keys of all kinds, and what was signed and encrypted with them, from the
// firmware to pyca's cryptography and back. Both run tests/firmware/keys_pyca.py.
func (r *real) keysAndPyca(t *testing.T) {
	cmd := exec.Command(pycaPython, "-c", "import cryptography")
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Skipf("%s; scripts/test installs python3-cryptography", out)
	}
	script, err := filepath.Abs(filepath.Join("firmware", "keys_pyca.py"))
	if err != nil {
		t.Fatal(err)
	}
	for _, makers := range [][2]string{{r.firmware(), pycaPython}, {pycaPython, r.firmware()}} {
		dir := t.TempDir()
		run := func(program, what string) string {
			out, err := exec.Command(program, script, what, dir).CombinedOutput()
			if err != nil {
				t.Fatalf("%s %s: %v\n%s", program, what, err, out)
			}
			if strings.HasPrefix(string(out), "SKIP") {
				t.Skipf("%s lacks some of the ciphers or kinds of keys", program)
			}
			return string(out)
		}
		made := run(makers[0], "make")
		if checked := run(makers[1], "check"); checked != made || strings.Count(made, "\n") < 60 {
			t.Errorf("%s made:\n%s\n%s checked:\n%s", makers[0], made, makers[1], checked)
		}
	}
	opensslReads(t, r.firmware(), script)
}

// opensslReads checks that openssl itself reads each key that the firmware writes.
func opensslReads(t *testing.T, firmware, script string) {
	dir := t.TempDir()
	if out, err := exec.Command(firmware, script, "make", dir).CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	keys, err := filepath.Glob(filepath.Join(dir, "*.key"))
	if err != nil || len(keys) < 10 {
		t.Fatalf("%d keys: %v", len(keys), err)
	}
	for _, key := range keys {
		cmd := exec.Command("openssl", "pkey", "-in", key, "-check", "-noout")
		if strings.Contains(key, "-der-") {
			cmd.Args = append(cmd.Args, "-inform", "DER")
		}
		if strings.Contains(key, "25519") { // which have nothing to check
			cmd.Args = append(cmd.Args[:4], cmd.Args[5:]...)
		}
		if out, err := cmd.CombinedOutput(); err != nil {
			t.Errorf("%s: %v\n%s", cmd, err, out)
		}
	}
}

// cryptoExamples runs the programs of docs/crypto.md.
func (r *real) cryptoExamples(t *testing.T) {
	text, err := os.ReadFile(filepath.Join("..", "docs", "crypto.md"))
	if err != nil {
		t.Fatal(err)
	}
	blocks := regexp.MustCompile("(?s)\n```python\n(.*?)```").FindAllSubmatch(text, -1)
	if len(blocks) < 4 {
		t.Fatalf("%d examples", len(blocks))
	}
	for _, block := range blocks {
		out, err := exec.Command(r.firmware(), "-c", string(block[1])).CombinedOutput()
		if err != nil || len(out) == 0 || strings.Contains(string(out), "False") {
			t.Errorf("%v\n%s\n%s", err, block[1], out)
		}
		if strings.Contains(string(out), "CERTIFICATE REQUEST") {
			opensslTakes(t, string(out))
		}
	}
}

// opensslTakes checks a certificate request and the self-signed certificate behind it.
func opensslTakes(t *testing.T, text string) {
	t.Helper()
	const end = "-----END CERTIFICATE REQUEST-----\n"
	request, cert, found := strings.Cut(text, end)
	if !found {
		t.Fatal(text)
	}
	dir := t.TempDir()
	requestFile, certFile := filepath.Join(dir, "request"), filepath.Join(dir, "cert")
	for name, content := range map[string]string{requestFile: request + end, certFile: cert} {
		if err := os.WriteFile(name, []byte(content), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	for want, args := range map[string][]string{
		"self-signature verify OK":               {"req", "-in", requestFile, "-verify", "-noout"},
		"DNS:node7.example.org, DNS:node7.local": {"req", "-in", requestFile, "-noout", "-text"},
		certFile + ": OK": {"verify", "-x509_strict", "-check_ss_sig", "-purpose", "sslserver",
			"-verify_hostname", "node7.local", "-CAfile", certFile, certFile},
		"Dec 31 23:59:59 2055 GMT": {"x509", "-in", certFile, "-noout", "-enddate"},
	} {
		out, err := exec.Command("openssl", args...).CombinedOutput()
		if err != nil || !strings.Contains(string(out), want) {
			t.Errorf("openssl %v: %v; want %s in:\n%s", args, err, want, out)
		}
	}
}
