package tests_test

import (
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"crypto/x509/pkix"
	"math/big"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"mpwolf/wolfssl"
)

// TestForwardSecrecy builds firmware with WOLFSSL_FORWARD_SECRECY=1, as the notes of verify
// propose it: the notes are gone, and key exchanges without forward secrecy are refused.
func TestForwardSecrecy(t *testing.T) {
	longOnly(t, "needs a compiler and real sources")
	inTheLongRun(t)
	t.Parallel()
	r := newReal(t)
	// Without a source for wolfSSL, only what the target can use is installed.
	r.run("patch", "--port", "unix", "--wolfssl", r.wolfssl, "--make", "WOLFSSL_FORWARD_SECRECY=1")
	if os.Getenv("MPWOLF_TEST_WOLFSSL") == "" {
		parts := filepath.Join(r.module(), "wolfssl", wolfssl.ProcessorsFile)
		if _, err := os.Stat(parts); err != nil {
			t.Error(err)
		}
	}
	report, code := r.verify()
	if !report.OK || code != 0 {
		t.Fatalf("verify: exit code %d: %+v", code, report.Checks)
	}
	for _, check := range report.Checks {
		for _, note := range check.Notes {
			if strings.Contains(note.Message+note.Fix, "FORWARD_SECRECY") ||
				strings.Contains(note.Message, "no forward secrecy") {
				t.Errorf("%s: %+v", check.ID, note)
			}
		}
	}
	dir := t.TempDir()
	ca := newAuthority(t, dir, "ca")
	cert, key := ca.issueRSA(t, "rsa", "localhost")
	const psk = "sixteen bytes ok"
	identity := []string{"-psk_identity", "sensor", "-psk", "7369787465656e206279746573206f6b"}
	for _, test := range []struct {
		name string
		peer []string // OpenSSL's arguments
		ours []string // the firmware's
		want string   // how its line begins
	}{
		{"RSA with ECDHE", []string{"-tls1_2", "-cipher", "ECDHE-RSA-AES128-GCM-SHA256"}, nil,
			"OK TLSv1.2 TLS-ECDHE-RSA-WITH-AES-128-GCM-SHA256 "},
		{"RSA in TLS 1.3", []string{"-tls1_3"}, nil, "OK TLSv1.3 "},
		{"the RSA key exchange", []string{"-tls1_2", "-cipher", "AES128-GCM-SHA256"}, nil,
			"OSError "},
		{"a pre-shared key with ECDHE", append([]string{"-tls1_2", "-cipher",
			"ECDHE-PSK-AES128-CBC-SHA256"}, identity...), []string{"psk=" + psk},
			"OK TLSv1.2 TLS-ECDHE-PSK-WITH-"},
		{"a pre-shared key alone", append([]string{"-tls1_2", "-cipher",
			"PSK-AES128-GCM-SHA256"}, identity...), []string{"psk=" + psk}, "OSError "},
	} {
		t.Run("client, "+test.name, func(t *testing.T) {
			port := startServer(t, append([]string{"-cert", cert, "-key", key}, test.peer...)...)
			out := r.python(t, "tls_client.py", append([]string{"127.0.0.1", strconv.Itoa(port),
				ca.file, "localhost"}, test.ours...)...)
			if !strings.HasPrefix(out, test.want) {
				t.Errorf("got %q; want %q", out, test.want)
			}
		})
		t.Run("server, "+test.name, func(t *testing.T) {
			port := freePort(t)
			lines := r.startPython(t, "tls_server.py", append([]string{strconv.Itoa(port), cert,
				key}, test.ours...)...)
			if line := <-lines; !strings.HasPrefix(line, "listening") {
				t.Fatalf("got %q", line)
			}
			reply := opensslSends(t, port, ca.file, test.peer)
			if line := <-lines; !strings.HasPrefix(line, test.want) {
				t.Errorf("got %q, the client %q; want %q", line, reply, test.want)
			}
		})
	}
}

// issueRSA is issue for an RSA key.
func (a *authority) issueRSA(t *testing.T, name, host string) (certFile, keyFile string) {
	t.Helper()
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(time.Now().UnixNano()), Subject: pkix.Name{CommonName: host},
		DNSNames:  []string{host},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
		KeyUsage: x509.KeyUsageDigitalSignature | x509.KeyUsageKeyEncipherment,
	}
	der, err := x509.CreateCertificate(rand.Reader, template, a.cert, &key.PublicKey, a.key)
	if err != nil {
		t.Fatal(err)
	}
	certFile, keyFile = filepath.Join(a.dir, name+".pem"), filepath.Join(a.dir, name+".key")
	writePEM(t, certFile, "CERTIFICATE", der)
	writePEM(t, keyFile, "RSA PRIVATE KEY", x509.MarshalPKCS1PrivateKey(key))
	return certFile, keyFile
}
