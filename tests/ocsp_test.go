package tests_test

import (
	"bytes"
	"crypto"
	"crypto/ecdsa"
	"crypto/rand"
	"crypto/sha1"
	"crypto/sha256"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/asn1"
	"fmt"
	"io"
	"math/big"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"
)

// The structures of RFC 6960, section 4.2.1.
type (
	ocspID struct {
		Hash      pkix.AlgorithmIdentifier
		Name, Key []byte
		Serial    *big.Int
	}
	ocspSingle struct {
		ID         ocspID
		Status     asn1.RawValue
		This       time.Time        `asn1:"generalized"`
		Next       time.Time        `asn1:"generalized,explicit,tag:0,optional"`
		Extensions []pkix.Extension `asn1:"explicit,tag:1,optional"`
	}
	ocspData struct {
		Version    int `asn1:"explicit,tag:0,optional"`
		Responder  asn1.RawValue
		Produced   time.Time `asn1:"generalized"`
		Singles    []ocspSingle
		Extensions []pkix.Extension `asn1:"explicit,tag:1,optional"`
	}
	ocspBasic struct {
		Data  asn1.RawValue
		Alg   pkix.AlgorithmIdentifier
		Sig   asn1.BitString
		Certs []asn1.RawValue `asn1:"explicit,tag:0,optional"`
	}
	ocspBytes struct {
		Type asn1.ObjectIdentifier
		Data []byte
	}
	ocspResponse struct {
		Status asn1.Enumerated
		Bytes  ocspBytes `asn1:"explicit,tag:0,optional"`
	}
)

var (
	oidSHA1      = asn1.ObjectIdentifier{1, 3, 14, 3, 2, 26}
	oidSHA256    = asn1.ObjectIdentifier{2, 16, 840, 1, 101, 3, 4, 2, 1}
	oidNonce     = asn1.ObjectIdentifier{1, 3, 6, 1, 5, 5, 7, 48, 1, 2}
	oidOCSPBasic = asn1.ObjectIdentifier{1, 3, 6, 1, 5, 5, 7, 48, 1, 1}
	// the feature status_request, RFC 7633
	mustStaple = pkix.Extension{Id: asn1.ObjectIdentifier{1, 3, 6, 1, 5, 5, 7, 1, 24},
		Value: []byte{0x30, 3, 2, 1, 5}}
	ocspGood    = asn1.RawValue{Class: asn1.ClassContextSpecific, Tag: 0}
	ocspUnknown = asn1.RawValue{Class: asn1.ClassContextSpecific, Tag: 2}
)

// owner is a certificate with its key.
type owner struct {
	cert *x509.Certificate
	key  *ecdsa.PrivateKey
}

// issueFrom makes a certificate from a template, whose dates it sets if they are missing.
func (o *owner) issueFrom(t *testing.T, template *x509.Certificate) *owner {
	t.Helper()
	key := newKey(t)
	template.PublicKey = &key.PublicKey
	if template.SerialNumber == nil {
		template.SerialNumber = big.NewInt(time.Now().UnixNano())
	}
	if template.NotBefore.IsZero() {
		template.NotBefore = time.Now().Add(-time.Hour)
	}
	if template.NotAfter.IsZero() {
		template.NotAfter = time.Now().Add(time.Hour)
	}
	der, err := x509.CreateCertificate(rand.Reader, template, o.cert, &key.PublicKey, o.key)
	if err != nil {
		t.Fatal(err)
	}
	cert, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	return &owner{cert, key}
}

// ocspLab is a chain and what is said of its first certificate.
type ocspLab struct {
	t                  *testing.T
	root               *authority
	ca, leaf, must     *owner // issued by the root, and the other two by ca
	delegate, noUsage  *owner // issued by ca, the first for signing responses
	outsider, outdated *owner // as the delegate, but issued by the root, and expired
}

func newOCSPLab(t *testing.T) *ocspLab {
	t.Helper()
	root := newAuthority(t, t.TempDir(), "root")
	top := &owner{root.cert, root.key}
	ca := top.issueFrom(t, &x509.Certificate{Subject: pkix.Name{CommonName: "ca"}, IsCA: true,
		BasicConstraintsValid: true, KeyUsage: x509.KeyUsageCertSign})
	leaf := func(extensions ...pkix.Extension) *owner {
		return ca.issueFrom(t, &x509.Certificate{Subject: pkix.Name{CommonName: "leaf"},
			DNSNames: []string{"localhost"}, KeyUsage: x509.KeyUsageDigitalSignature,
			ExtraExtensions: extensions})
	}
	responder := func(by *owner, notAfter time.Time, usages ...x509.ExtKeyUsage) *owner {
		return by.issueFrom(t, &x509.Certificate{Subject: pkix.Name{CommonName: "responder"},
			KeyUsage: x509.KeyUsageDigitalSignature, ExtKeyUsage: usages, NotAfter: notAfter})
	}
	signing := x509.ExtKeyUsageOCSPSigning
	return &ocspLab{t: t, root: root, ca: ca, leaf: leaf(), must: leaf(mustStaple),
		delegate: responder(ca, time.Time{}, signing),
		noUsage:  responder(ca, time.Time{}, x509.ExtKeyUsageAny, x509.ExtKeyUsageServerAuth),
		outsider: responder(top, time.Time{}, signing),
		outdated: responder(ca, time.Now().Add(-time.Minute), signing)}
}

func (l *ocspLab) marshal(v any) []byte {
	l.t.Helper()
	der, err := asn1.Marshal(v)
	if err != nil {
		l.t.Fatal(err)
	}
	return der
}

// keyBits are the bits of a public key, without its algorithm.
func (l *ocspLab) keyBits(o *owner) []byte {
	l.t.Helper()
	var key struct {
		Alg  pkix.AlgorithmIdentifier
		Bits asn1.BitString
	}
	if _, err := asn1.Unmarshal(o.cert.RawSubjectPublicKeyInfo, &key); err != nil {
		l.t.Fatal(err)
	}
	return key.Bits.Bytes
}

// single says that a certificate of ca is good, for an hour.
func (l *ocspLab) single(o *owner) ocspSingle {
	name, key := sha1.Sum(o.cert.RawIssuer), sha1.Sum(l.keyBits(l.ca))
	return ocspSingle{ID: ocspID{pkix.AlgorithmIdentifier{Algorithm: oidSHA1,
		Parameters: asn1.NullRawValue}, name[:], key[:], o.cert.SerialNumber},
		Status: ocspGood, This: time.Now().UTC().Add(-time.Minute),
		Next: time.Now().UTC().Add(time.Hour)}
}

func (l *ocspLab) revoked() asn1.RawValue {
	when := l.marshal(struct {
		Time time.Time `asn1:"generalized"`
	}{time.Now().UTC()})
	return asn1.RawValue{Class: asn1.ClassContextSpecific, Tag: 1, IsCompound: true,
		Bytes: when[2:]}
}

// byName and byKey say who has signed.
func (l *ocspLab) byName(o *owner) asn1.RawValue {
	return asn1.RawValue{Class: asn1.ClassContextSpecific, Tag: 1, IsCompound: true,
		Bytes: o.cert.RawSubject}
}

func (l *ocspLab) byKey(o *owner) asn1.RawValue {
	hash := sha1.Sum(l.keyBits(o))
	return asn1.RawValue{Class: asn1.ClassContextSpecific, Tag: 2, IsCompound: true,
		Bytes: l.marshal(hash[:])}
}

// sign makes a response with the certificates certs.
func (l *ocspLab) sign(data ocspData, signer *owner, certs ...*owner) []byte {
	l.t.Helper()
	der := l.marshal(data)
	hash := sha256.Sum256(der)
	sig, err := signer.key.Sign(rand.Reader, hash[:], crypto.SHA256)
	if err != nil {
		l.t.Fatal(err)
	}
	basic := ocspBasic{Data: asn1.RawValue{FullBytes: der},
		Alg: pkix.AlgorithmIdentifier{Algorithm: asn1.ObjectIdentifier{1, 2, 840, 10045, 4, 3, 2}},
		Sig: asn1.BitString{Bytes: sig, BitLength: 8 * len(sig)}}
	for _, o := range certs {
		basic.Certs = append(basic.Certs, asn1.RawValue{FullBytes: o.cert.Raw})
	}
	return l.marshal(ocspResponse{Bytes: ocspBytes{oidOCSPBasic, l.marshal(basic)}})
}

// says makes the usual response of a signer, with changes.
func (l *ocspLab) says(signer *owner, change func(*ocspData), certs ...*owner) []byte {
	l.t.Helper()
	data := ocspData{Responder: l.byName(signer), Produced: time.Now().UTC(),
		Singles: []ocspSingle{l.single(l.leaf)}}
	if change != nil {
		change(&data)
	}
	return l.sign(data, signer, certs...)
}

// ocspCase is a response, or none, and what the client makes of it.
type ocspCase struct {
	name     string
	leaf     *owner
	response []byte
	mode     int
	want     string // a part of the line
}

const (
	ocspOff = iota
	ocspStapled
	ocspRequired
)

func (l *ocspLab) cases() []ocspCase {
	const ok, signer = "OK ", "not signed for the issuer"
	const notNow, invalid, missing = notNowText, "OCSP response malformed", "no OCSP response"
	changed := func(change func(*ocspSingle)) []byte {
		return l.says(l.ca, func(d *ocspData) { change(&d.Singles[0]) })
	}
	later := func(d time.Duration) time.Time { return time.Now().UTC().Add(d) }
	critical := []pkix.Extension{{Id: asn1.ObjectIdentifier{1, 2, 3}, Critical: true,
		Value: []byte{5, 0}}}
	harmless := []pkix.Extension{{Id: asn1.ObjectIdentifier{1, 2, 3}, Value: []byte{5, 0}}}
	flipped := l.says(l.ca, nil)
	flipped[len(flipped)-1] ^= 1
	var list []ocspCase
	add := func(name string, response []byte, want string) {
		list = append(list, ocspCase{name, l.leaf, response, ocspRequired, want})
	}
	add("the issuer", l.says(l.ca, nil), ok)
	add("a delegate", l.says(l.delegate, nil, l.noUsage, l.delegate), ok)
	add("a delegate by its key", l.says(l.delegate, func(d *ocspData) {
		d.Responder = l.byKey(l.delegate)
	}, l.delegate), ok)
	add("the issuer by its key", l.says(l.ca, func(d *ocspData) {
		d.Responder = l.byKey(l.ca)
	}), ok)
	add("SHA-256", changed(func(s *ocspSingle) {
		name, key := sha256.Sum256(l.leaf.cert.RawIssuer), sha256.Sum256(l.keyBits(l.ca))
		s.ID = ocspID{pkix.AlgorithmIdentifier{Algorithm: oidSHA256}, name[:], key[:],
			l.leaf.cert.SerialNumber}
	}), ok)
	add("two certificates", l.says(l.ca, func(d *ocspData) {
		d.Singles = []ocspSingle{l.single(l.must), l.single(l.leaf)}
	}), ok)
	add("an extension", changed(func(s *ocspSingle) { s.Extensions = harmless }), ok)
	add("a nonce", l.says(l.ca, func(d *ocspData) {
		nonce := l.marshal([]byte("sixteen bytes ok"))
		d.Extensions = []pkix.Extension{{Id: oidNonce, Value: nonce}}
	}), ok)
	add("revoked", changed(func(s *ocspSingle) { s.Status = l.revoked() }), "revoked")
	add("good and revoked", l.says(l.ca, func(d *ocspData) {
		revoked := l.single(l.leaf)
		revoked.Status = l.revoked()
		d.Singles = append(d.Singles, revoked)
	}), "revoked")
	add("unknown", changed(func(s *ocspSingle) { s.Status = ocspUnknown }), "unknown to its")
	add("expired", changed(func(s *ocspSingle) { s.Next = later(-time.Second) }), notNow)
	add("not yet", changed(func(s *ocspSingle) { s.This = later(time.Minute) }), notNow)
	add("forever", changed(func(s *ocspSingle) { s.Next = time.Time{} }), notNow)
	add("another serial number", l.says(l.ca, func(d *ocspData) {
		d.Singles[0] = l.single(l.must)
	}), "another certificate")
	add("another issuer's key", changed(func(s *ocspSingle) { s.ID.Key[3] ^= 1 }),
		"another certificate")
	add("another issuer's name", changed(func(s *ocspSingle) { s.ID.Name[3] ^= 1 }),
		"another certificate")
	add("an unknown hash", changed(func(s *ocspSingle) {
		s.ID.Hash.Algorithm = asn1.ObjectIdentifier{1, 2, 3}
	}), invalid)
	// wolfSSL refuses it before it hands the response over.
	add("an extension of the response", l.says(l.ca, func(d *ocspData) {
		d.Extensions = harmless
	}), invalid)
	add("a wrong signature", flipped, signer)
	add("a wrong signer in the name of the issuer", l.says(l.outsider, func(d *ocspData) {
		d.Responder = l.byName(l.ca)
	}, l.outsider), signer)
	add("the server itself", l.says(l.leaf, nil, l.leaf), signer)
	add("a delegate without its certificate", l.says(l.delegate, nil), signer)
	add("a delegate of another CA", l.says(l.outsider, nil, l.outsider), signer)
	add("a certificate for something else", l.says(l.noUsage, nil, l.noUsage), signer)
	add("an expired delegate", l.says(l.outdated, nil, l.outdated), signer)
	add("a critical extension", l.says(l.ca, func(d *ocspData) { d.Extensions = critical }),
		invalid)
	add("another critical extension", changed(func(s *ocspSingle) { s.Extensions = critical }),
		invalid)
	add("version 2", l.says(l.ca, func(d *ocspData) { d.Version = 1 }), invalid)
	add("no statement", l.says(l.ca, func(d *ocspData) { d.Singles = nil }), invalid)
	add("more after it", append(l.says(l.ca, nil), 0), invalid)
	add("try later", []byte{0x30, 3, 0x0a, 1, 3}, invalid)
	add("nothing", nil, missing)
	return append(list, []ocspCase{
		{"nothing, stapled", l.leaf, nil, ocspStapled, ok},
		{"revoked, stapled", l.leaf, changed(func(s *ocspSingle) { s.Status = l.revoked() }),
			ocspStapled, "revoked"},
		{"expired, stapled", l.leaf, changed(func(s *ocspSingle) { s.Next = later(-time.Hour) }),
			ocspStapled, notNow},
		{"nothing, must staple", l.must, nil, ocspStapled, missing},
		{"must staple, and does", l.must, l.says(l.ca, func(d *ocspData) {
			d.Singles[0] = l.single(l.must)
		}), ocspStapled, ok},
		{"must staple, but off", l.must, nil, ocspOff, ok},
		{"revoked, but off", l.leaf, changed(func(s *ocspSingle) { s.Status = l.revoked() }),
			ocspOff, ok},
	}...)
}

// serve answers connections with Go's TLS until the test ends.
func (l *ocspLab) serve(t *testing.T, version uint16, leaf *owner, response []byte) int {
	t.Helper()
	return l.serveEach(t, version, leaf, func() []byte { return response })
}

// serveEach asks for the response to each connection.
func (l *ocspLab) serveEach(
	t *testing.T, version uint16, leaf *owner, response func() []byte,
) int {
	t.Helper()
	config := &tls.Config{MinVersion: version, MaxVersion: version}
	return l.serveWith(t, config, leaf, response)
}

func (l *ocspLab) serveWith(
	t *testing.T, config *tls.Config, leaf *owner, response func() []byte,
) int {
	t.Helper()
	config.GetCertificate = func(*tls.ClientHelloInfo) (*tls.Certificate, error) {
		return &tls.Certificate{Certificate: [][]byte{leaf.cert.Raw, l.ca.cert.Raw},
			PrivateKey: leaf.key, OCSPStaple: response()}, nil
	}
	listener, err := tls.Listen("tcp", "127.0.0.1:0", config)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = listener.Close() })
	go func() {
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			go func() {
				defer conn.Close()
				_, _ = io.Copy(conn, conn) // until the client ends
			}()
		}
	}()
	return listener.Addr().(*net.TCPAddr).Port
}

// isBeforeOCSP reports whether wolfSSL is too old to hand over responses.
func isBeforeOCSP(t *testing.T, firmware string) bool {
	t.Helper()
	version := wolfSSLVersion(t, firmware)
	return strings.HasPrefix(version, "5.5.") || strings.HasPrefix(version, "5.7.")
}

// ocsp checks which stapled responses a client accepts.
func (r *real) ocsp(t *testing.T) {
	if isBeforeOCSP(t, r.firmware()) {
		t.Skip("wolfSSL hands responses over from 5.9 on")
	}
	l := newOCSPLab(t)
	client := func(port int, args ...string) string {
		return strings.TrimSpace(r.python(t, "tls_client.py", append([]string{"127.0.0.1",
			strconv.Itoa(port), l.root.file, "localhost"}, args...)...))
	}
	for _, version := range []uint16{tls.VersionTLS12, tls.VersionTLS13} {
		for _, c := range l.cases() {
			t.Run(tls.VersionName(version)+", "+c.name, func(t *testing.T) {
				line := client(l.serve(t, version, c.leaf, c.response),
					"ocsp="+strconv.Itoa(c.mode))
				if !strings.Contains(line, c.want) || strings.HasPrefix(line, "OK") !=
					(c.want == "OK ") {
					t.Errorf("got %q; want %q", line, c.want)
				}
			})
		}
		t.Run(tls.VersionName(version)+", client certificate", func(t *testing.T) {
			l.asksForCertificate(t, client, version)
		})
		t.Run(tls.VersionName(version)+", resumed", func(t *testing.T) {
			l.resumed(t, r, version)
		})
		t.Run(tls.VersionName(version)+", others", func(t *testing.T) {
			l.others(t, client, version)
		})
		t.Run(tls.VersionName(version)+", changed", func(t *testing.T) {
			l.changed(t, r, version)
		})
		t.Run(tls.VersionName(version)+", allocations", func(t *testing.T) {
			l.allocations(t, r, version)
		})
	}
}

// asksForCertificate has a server ask for the client's certificate, and for a response with that.
func (l *ocspLab) asksForCertificate(
	t *testing.T, client func(int, ...string) string, version uint16,
) {
	cert, key := l.root.issue(t, "client", "client", time.Now().Add(time.Hour))
	good := l.says(l.ca, nil)
	for _, test := range []struct {
		name     string
		response []byte
		args     []string
		want     string
	}{
		{"without a response", nil, []string{"ocsp=1"}, "OK "},
		{"without a response and with a certificate", nil, []string{cert, key, "ocsp=1"}, "OK "},
		{"without a required response", nil, []string{cert, key, "ocsp=2"}, "no OCSP response"},
		{"with a response", good, []string{"ocsp=2"}, "OK "},
		{"with both", good, []string{cert, key, "ocsp=2"}, "OK "},
	} {
		port := l.serveWith(t, &tls.Config{MinVersion: version, MaxVersion: version,
			ClientAuth: tls.RequestClientCert}, l.leaf, func() []byte { return test.response })
		if line := client(port, test.args...); !strings.Contains(line, test.want) {
			t.Errorf("%s: got %q; want %q", test.name, line, test.want)
		}
	}
}

// changed changes each byte of good responses, and cuts them off at each: none may be accepted.
func (l *ocspLab) changed(t *testing.T, r *real, version uint16) {
	var responses [][]byte
	for _, good := range [][]byte{l.says(l.ca, nil), l.says(l.delegate, nil, l.delegate)} {
		for i := range good {
			changed := bytes.Clone(good)
			changed[i] ^= 1 << (i % 8)
			responses = append(responses, changed, good[:i])
		}
	}
	var next atomic.Int64
	port := l.serveEach(t, version, l.leaf, func() []byte {
		return responses[next.Add(1)-1]
	})
	// A process has a time limit.
	const atOnce = 200
	for done := 0; done < len(responses); done += atOnce {
		n := min(atOnce, len(responses)-done)
		line := r.python(t, "tls_ocsp.py", "127.0.0.1", strconv.Itoa(port), l.root.file,
			strconv.Itoa(n))
		if want := fmt.Sprintf("refused %d accepted 0\n", n); line != want {
			t.Errorf("after %d: got %q; want %q", done, line, want)
		}
	}
}

// allocations makes each allocation fail in turn, if the firmware has the module for that.
func (l *ocspLab) allocations(t *testing.T, r *real, version uint16) {
	if err := exec.Command(r.firmware(), "-c", "import allocfail").Run(); err != nil {
		t.Skip("the firmware has no module allocfail")
	}
	bad := l.says(l.ca, func(d *ocspData) { d.Singles[0].Status = l.revoked() })
	for what, response := range map[string][]byte{
		"good": l.says(l.delegate, nil, l.delegate), "bad": bad,
	} {
		port := l.serve(t, version, l.leaf, response)
		out := r.python(t, "tls_ocsp.py", "127.0.0.1", strconv.Itoa(port), l.root.file, what)
		var rest []string
		for _, line := range strings.Split(strings.TrimSpace(out), "\n") {
			if !strings.HasPrefix(line, "# ") {
				rest = append(rest, line)
			}
		}
		if !slices.Equal(rest, []string{"done"}) {
			t.Errorf("%s: %s", what, strings.Join(rest, "\n"))
		}
		t.Log(out)
	}
}

// resumed resumes a session whose certificate was good, but only with the same ocsp.
func (l *ocspLab) resumed(t *testing.T, r *real, version uint16) {
	port := l.serve(t, version, l.leaf, l.says(l.ca, nil))
	file := filepath.Join(t.TempDir(), "session")
	for _, step := range []struct{ mode, want string }{
		{"2", "full"}, {"2", "resumed"}, {"1", "full"}, {"2", "full"}, {"0", "full"},
	} {
		line := r.python(t, "tls_resume.py", "127.0.0.1", strconv.Itoa(port), l.root.file,
			"localhost", file, "ocsp="+step.mode)
		if words := strings.Fields(line); len(words) < 3 || words[2] != step.want {
			t.Errorf("ocsp=%s: got %q; want %s", step.mode, line, step.want)
		}
	}
	// It cannot be resumed when the response would have expired.
	port = l.serve(t, version, l.leaf, l.says(l.ca, func(d *ocspData) {
		d.Singles[0].Next = time.Now().UTC().Add(3 * time.Second)
	}))
	if err := os.Remove(file); err != nil {
		t.Fatal(err)
	}
	args := []string{"127.0.0.1", strconv.Itoa(port), l.root.file, "localhost", file, "ocsp=2"}
	if line := r.python(t, "tls_resume.py", args...); !strings.HasPrefix(line, "OK ") {
		t.Fatalf("got %q", line)
	}
	time.Sleep(4 * time.Second)
	if line := r.python(t, "tls_resume.py", args...); !strings.Contains(line, notNowText) {
		t.Errorf("got %q", line)
	}
}

const notNowText = "not valid now"

// others has OpenSSL make a response, and OpenSSL and GnuTLS staple it.
func (l *ocspLab) others(t *testing.T, client func(int, ...string) string, version uint16) {
	dir := t.TempDir()
	file := func(name string) string { return filepath.Join(dir, name) }
	for name, o := range map[string]*owner{"leaf": l.leaf, "ca": l.ca, "delegate": l.delegate} {
		writePEM(t, file(name+".pem"), "CERTIFICATE", o.cert.Raw)
		der, err := x509.MarshalPKCS8PrivateKey(o.key)
		if err != nil {
			t.Fatal(err)
		}
		writePEM(t, file(name+".key"), "PRIVATE KEY", der)
	}
	chain := slices.Concat(readFile(t, file("leaf.pem")), readFile(t, file("ca.pem")))
	writeFile(t, dir, "chain.pem", chain)
	opensslVersion := map[uint16]string{tls.VersionTLS12: "-tls1_2", tls.VersionTLS13: "-tls1_3"}
	priority := map[uint16]string{tls.VersionTLS12: "NORMAL:-VERS-ALL:+VERS-TLS1.2",
		tls.VersionTLS13: "NORMAL:-VERS-ALL:+VERS-TLS1.3"}
	for _, test := range []struct{ status, want string }{
		{"V\t301231235959Z\t\t", "OK "}, {"R\t301231235959Z\t250101000000Z\t", "revoked"},
	} {
		serial := l.leaf.cert.SerialNumber.Text(16)
		if len(serial)%2 == 1 {
			serial = "0" + serial
		}
		writeFile(t, dir, "index", []byte(test.status+strings.ToUpper(serial)+
			"\tunknown\t/CN=leaf\n"))
		out, err := exec.Command("openssl", "ocsp", "-index", file("index"), "-CA",
			file("ca.pem"), "-rsigner", file("delegate.pem"), "-rkey", file("delegate.key"),
			"-issuer", file("ca.pem"), "-cert", file("leaf.pem"), "-no_nonce", "-ndays", "1",
			"-respout", file("response")).CombinedOutput()
		if err != nil {
			t.Fatalf("%v\n%s", err, out)
		}
		port := startServer(t, opensslVersion[version], "-cert", file("leaf.pem"), "-key",
			file("leaf.key"), "-cert_chain", file("ca.pem"), "-status_file", file("response"))
		if line := client(port, "ocsp=2"); !strings.Contains(line, test.want) {
			t.Errorf("OpenSSL: got %q; want %q", line, test.want)
		}
		port = freePort(t)
		t.Cleanup(startPeer(t, port, exec.Command("gnutls-serv", "--echo", "--quiet", "--port",
			strconv.Itoa(port), "--x509certfile", file("chain.pem"), "--x509keyfile",
			file("leaf.key"), "--ocsp-response", file("response"), "--ignore-ocsp-response-errors",
			"--priority", priority[version])))
		if line := client(port, "ocsp=2"); !strings.Contains(line, test.want) {
			t.Errorf("GnuTLS: got %q; want %q", line, test.want)
		}
	}
}
