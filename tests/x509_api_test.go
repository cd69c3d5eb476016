package tests_test

import (
	"bytes"
	"crypto/sha256"
	"crypto/x509"
	"encoding/hex"
	"encoding/json"
	"encoding/pem"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
)

// x509API is wolfcryptolib.x509: what it makes is read by pyca's cryptography, openssl and Go, and
// the other way round.
func (r *real) x509API(t *testing.T) {
	cmd := exec.Command(pycaPython, "-c", "import cryptography")
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Skipf("%s; scripts/test installs python3-cryptography", out)
	}
	script, err := filepath.Abs(filepath.Join("firmware", "x509_pyca.py"))
	if err != nil {
		t.Fatal(err)
	}
	run := func(program, what, dir string) string {
		args := []string{script, what, dir}
		if program == pycaPython { // which warns of old names
			args = append([]string{"-W", "ignore"}, args...)
		}
		out, err := exec.Command(program, args...).CombinedOutput()
		if err != nil {
			t.Fatalf("%s %s: %v\n%s", program, what, err, out)
		}
		if strings.HasPrefix(string(out), "SKIP") {
			t.Skip("no x509, or none of the kinds of keys")
		}
		return string(out)
	}
	for _, makers := range [][2]string{{r.firmware(), pycaPython}, {pycaPython, r.firmware()}} {
		dir := t.TempDir()
		made := run(makers[0], "make", dir)
		if checked := run(makers[1], "check", dir); checked != made {
			t.Errorf("%s made:\n%s\n%s checked:\n%s", makers[0], made, makers[1], checked)
		}
		if strings.Count(made, "\n") < 80 || strings.Contains(made, "other bytes") ||
			strings.Contains(made, "False\nCN=") {
			t.Errorf("%s made:\n%s", makers[0], made)
		}
		if makers[0] != pycaPython {
			othersTake(t, dir)
		}
	}
	if os.Getenv("MPWOLF_TEST_LONG") != "" {
		r.x509Corpus(t)
	}
}

// othersTake checks the files of x509_pyca.py with openssl and Go.
func othersTake(t *testing.T, dir string) {
	t.Helper()
	requests, err := filepath.Glob(filepath.Join(dir, "*.request.pem"))
	if err != nil || len(requests) < 2 {
		t.Fatalf("%d requests: %v", len(requests), err)
	}
	for _, request := range requests {
		file := func(what string) string {
			return strings.Replace(request, ".request.", "."+what+".", 1)
		}
		for want, args := range map[string][]string{
			"self-signature verify OK": {"req", "-in", request, "-verify", "-noout"},
			file("leaf") + ": OK": {"verify", "-x509_strict", "-check_ss_sig", "-purpose",
				"sslserver", "-verify_hostname", "node7.example.org", "-CAfile", file("root"),
				file("leaf")},
		} {
			out, err := exec.Command("openssl", args...).CombinedOutput()
			if err != nil || !strings.Contains(string(out), want) {
				t.Errorf("openssl %v: %v; want %s in:\n%s", args, err, want, out)
			}
		}
		csr, err := x509.ParseCertificateRequest(pemBlock(t, request))
		if err != nil {
			t.Fatal(err)
		}
		if err := csr.CheckSignature(); err != nil {
			t.Errorf("%s: %v", request, err)
		}
		if !slices.Equal(csr.DNSNames, []string{"node7.example.org", "*.local"}) ||
			len(csr.IPAddresses) != 2 {
			t.Errorf("%s: %q %v", request, csr.DNSNames, csr.IPAddresses)
		}
		root, leaf := parseCert(t, file("root")), parseCert(t, file("leaf"))
		pool := x509.NewCertPool()
		pool.AddCert(root)
		if _, err := leaf.Verify(x509.VerifyOptions{Roots: pool, DNSName: "a.local",
			CurrentTime: time.Date(2049, 12, 31, 23, 59, 59, 0, time.UTC)}); err != nil {
			t.Errorf("%s: %v", file("leaf"), err)
		}
	}
}

func pemBlock(t *testing.T, file string) []byte {
	t.Helper()
	block, rest := pem.Decode(readFile(t, file))
	if block == nil || len(rest) > 0 {
		t.Fatalf("%s is not one block of PEM", file)
	}
	return block.Bytes
}

func parseCert(t *testing.T, file string) *x509.Certificate {
	t.Helper()
	cert, err := x509.ParseCertificate(pemBlock(t, file))
	if err != nil {
		t.Fatal(err)
	}
	return cert
}

// corpusAnswer is a line of x509_corpus.py.
type corpusAnswer struct {
	Name, Error string
	Self        bool
	Cert        *corpusCert
}

type corpusCert struct {
	Serial, TBS, Subject, Issuer, Fingerprint, Signature string
	Version, Length                                      int
	Before, After                                        [6]int
	Extensions                                           []string
	Critical                                             []bool
	CA                                                   bool
	DNS, IP, EKU                                         []string
}

// x509Corpus compares what the firmware and Go read in the certificates of tests/x509, and in
// those with bytes changed.
func (r *real) x509Corpus(t *testing.T) {
	l := newX509Lab(t)
	dir := t.TempDir()
	n := 0
	for _, c := range l.cases {
		step := c.last()
		for _, name := range slices.Concat(step.Chain, step.Anchors) {
			data := readFile(t, filepath.Join(l.dir, name))
			if len(data) > 4000 {
				continue
			}
			writeFile(t, dir, fmt.Sprintf("%04d.der", n), data)
			if len(data) > 0 {
				changed := bytes.Clone(data)
				changed[n*7919%len(data)] ^= 1 << (n % 8)
				writeFile(t, dir, fmt.Sprintf("%04d-changed.der", n), changed)
			}
			n++
		}
	}
	both, selfSigned, refused := 0, 0, 0
	for line := range strings.Lines(r.python(t, "x509_corpus.py", dir)) {
		var answer corpusAnswer
		if err := json.Unmarshal([]byte(line), &answer); err != nil {
			t.Fatalf("%v: %s", err, line)
		}
		cert, err := x509.ParseCertificate(readFile(t, filepath.Join(dir, answer.Name)))
		if err != nil || answer.Cert == nil {
			refused++
			if answer.Cert == nil && !strings.Contains(answer.Error, " at byte ") {
				t.Errorf("%s: error %q", answer.Name, answer.Error)
			}
			continue
		}
		both++
		if answer.Self {
			selfSigned++
			if err := cert.CheckSignature(cert.SignatureAlgorithm, cert.RawTBSCertificate,
				cert.Signature); err != nil {
				t.Errorf("%s: we verify it, Go says %v", answer.Name, err)
			}
		}
		if diff := differs(cert, answer.Cert); diff != "" {
			t.Errorf("%s: %s: Go and the firmware differ", answer.Name, diff)
		}
	}
	t.Logf("%d certificates: both read %d, of them %d self-signed; %d refused", n, both,
		selfSigned, refused)
	if both < 500 || selfSigned < 50 || refused < 50 {
		t.Error("too few")
	}
}

// differs names what is not the same.
func differs(cert *x509.Certificate, ours *corpusCert) string {
	fields := func(at time.Time) [6]int {
		return [6]int{at.Year(), int(at.Month()), at.Day(), at.Hour(), at.Minute(), at.Second()}
	}
	sum := sha256.Sum256(cert.Raw)
	var ids, ips []string
	var critical []bool
	for _, e := range cert.Extensions {
		ids, critical = append(ids, e.Id.String()), append(critical, e.Critical)
	}
	for _, ip := range cert.IPAddresses {
		ips = append(ips, ip.String())
	}
	switch {
	case ours.Serial != cert.SerialNumber.Text(16):
		return "serial number"
	case ours.Version != cert.Version:
		return "version"
	case ours.Before != fields(cert.NotBefore) || ours.After != fields(cert.NotAfter):
		return "dates"
	case ours.TBS != hex.EncodeToString(cert.RawTBSCertificate):
		return "tbsCertificate"
	case ours.Subject != hex.EncodeToString(cert.RawSubject) ||
		ours.Issuer != hex.EncodeToString(cert.RawIssuer):
		return "names"
	case ours.Fingerprint != hex.EncodeToString(sum[:]):
		return "fingerprint"
	case ours.Signature != hex.EncodeToString(cert.Signature):
		return "signature"
	case !slices.Equal(ours.Extensions, ids) || !slices.Equal(ours.Critical, critical):
		return "extensions"
	case ours.CA != cert.IsCA:
		return "CA"
	case cert.IsCA && ours.Length != cert.MaxPathLen:
		return "path length"
	case !slices.Equal(ours.DNS, cert.DNSNames):
		return "DNS names"
	case len(ours.EKU) != len(cert.ExtKeyUsage)+len(cert.UnknownExtKeyUsage):
		return "extended key usage"
	case !slices.EqualFunc(ours.IP, ips, func(a, b string) bool {
		return net.ParseIP(a).Equal(net.ParseIP(b))
	}):
		return "addresses"
	}
	return ""
}

// TestX509API runs x509API on any firmware.
func TestX509API(t *testing.T) {
	longOnly(t, "needs a patched micropython")
	firmware := os.Getenv("MPWOLF_TEST_FIRMWARE")
	if firmware == "" {
		t.Skip("MPWOLF_TEST_FIRMWARE names no patched micropython")
	}
	(&real{t: t, built: firmware}).x509API(t)
}
