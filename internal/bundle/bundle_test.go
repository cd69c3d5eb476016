package bundle

import (
	"bytes"
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"math/big"
	"net"
	"slices"
	"testing"
	"time"
)

// signed is a certificate with its key.
type signed struct {
	cert *x509.Certificate
	key  *ecdsa.PrivateKey
}

var serial int64

// issue makes a certificate, signed by another or, with nil, by itself.
func issue(t *testing.T, name string, by *signed, isCA bool, from, to time.Time) *signed {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	serial++
	template := &x509.Certificate{
		SerialNumber: big.NewInt(serial), Subject: pkix.Name{CommonName: name},
		NotBefore: from, NotAfter: to, IsCA: isCA, BasicConstraintsValid: true,
		DNSNames: []string{"localhost"}, IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)},
	}
	s := &signed{template, key}
	if by == nil {
		by = s
	}
	der, err := x509.CreateCertificate(rand.Reader, template, by.cert, key.Public(), by.key)
	if err != nil {
		t.Fatal(err)
	}
	if s.cert, err = x509.ParseCertificate(der); err != nil {
		t.Fatal(err)
	}
	return s
}

func names(certs []*x509.Certificate) []string {
	var all []string
	for _, c := range certs {
		all = append(all, Name(c))
	}
	slices.Sort(all)
	return all
}

func TestBundle(t *testing.T) {
	from, to := time.Now().Add(-time.Hour), time.Now().Add(time.Hour)
	a, b := issue(t, "a", nil, true, from, to), issue(t, "b", nil, true, from, to)
	twin := issue(t, "A  ", nil, true, from, to) // a name that counts as the same
	certs := []*x509.Certificate{a.cert, b.cert, twin.cert, a.cert}
	data, err := Encode(certs)
	if err != nil {
		t.Fatal(err)
	}
	slices.Reverse(certs)
	if again, err := Encode(certs); err != nil || !bytes.Equal(again, data) {
		t.Errorf("another order gives another bundle (%v)", err)
	}
	got, err := Decode(data)
	if err != nil {
		t.Fatal(err)
	}
	if want := []string{"A  ", "a", "b"}; !slices.Equal(names(got), want) {
		t.Errorf("got %q; want %q", names(got), want)
	}
	if NameHash(a.cert.RawSubject) != NameHash(twin.cert.RawSubject) {
		t.Error("names that are the same have different hashes")
	}
	for i := range data {
		damaged := bytes.Clone(data)
		damaged[i] ^= 0x10
		if _, err := Decode(damaged); err == nil {
			t.Errorf("a damaged byte %d is not noticed", i)
		}
		if _, err := Decode(data[:i]); err == nil {
			t.Errorf("a bundle that ends at %d is accepted", i)
		}
	}
}

func TestForChain(t *testing.T) {
	// Dates that have passed do not matter, as long as they overlapped.
	from := time.Date(2001, 1, 1, 0, 0, 0, 0, time.UTC)
	to := from.AddDate(1, 0, 0)
	a, b := issue(t, "a", nil, true, from, to), issue(t, "b", nil, true, from, to)
	middle := issue(t, "middle", a, true, from.AddDate(0, 1, 0), to)
	leaf := issue(t, "leaf", middle, false, from, to)
	roots := []*x509.Certificate{b.cert, a.cert}
	got, err := ForChain(roots, []*x509.Certificate{leaf.cert, middle.cert})
	if err != nil || !slices.Equal(names(got), []string{"a"}) {
		t.Errorf("got %q, %v", names(got), err)
	}
	if got, err := ForChain(roots, []*x509.Certificate{leaf.cert}); err == nil {
		t.Errorf("an incomplete chain: got %q", names(got))
	}
	if got, err := ForChain(roots, nil); err == nil {
		t.Errorf("no chain: got %q", names(got))
	}
}

func TestForHost(t *testing.T) {
	from, to := time.Now().Add(-time.Hour), time.Now().Add(time.Hour)
	a, b := issue(t, "a", nil, true, from, to), issue(t, "b", nil, true, from, to)
	leaf := issue(t, "leaf", a, false, from, to)
	l, err := tls.Listen("tcp", "127.0.0.1:0", &tls.Config{Certificates: []tls.Certificate{
		{Certificate: [][]byte{leaf.cert.Raw}, PrivateKey: leaf.key}}})
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	go func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			_ = conn.(*tls.Conn).Handshake() // the client notices an error
			conn.Close()
		}
	}()
	host := l.Addr().String()
	got, err := ForHost(context.Background(), []*x509.Certificate{a.cert, b.cert}, host)
	if err != nil || !slices.Equal(names(got), []string{"a"}) {
		t.Errorf("got %q, %v", names(got), err)
	}
	if got, err := ForHost(context.Background(), []*x509.Certificate{b.cert}, host); err == nil {
		t.Errorf("a server of another CA: got %q", names(got))
	}
}

func TestParsePEM(t *testing.T) {
	from, to := time.Now().Add(-time.Hour), time.Now().Add(time.Hour)
	a := issue(t, "a", nil, true, from, to)
	text := slices.Concat([]byte("# a comment\n"),
		pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: []byte("no certificate")}),
		pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: []byte("no certificate")}),
		pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: a.cert.Raw}))
	certs, problems := ParsePEM(text)
	if !slices.Equal(names(certs), []string{"a"}) || len(problems) != 1 {
		t.Errorf("got %q, %v", names(certs), problems)
	}
}

func FuzzDecode(f *testing.F) {
	empty, err := Encode(nil)
	if err != nil {
		f.Fatal(err)
	}
	f.Add(empty)
	f.Add([]byte(magic))
	f.Fuzz(func(t *testing.T, data []byte) {
		certs, err := Decode(data)
		if err != nil {
			return
		}
		if again, err := Encode(certs); err != nil || !bytes.Equal(again, data) {
			t.Errorf("a bundle that is not what Encode makes: %v", err)
		}
	})
}
