package bundle

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
	"net"
	"os"
	"time"
)

// SystemFiles are where systems keep what they trust, in the order in which they are tried, as in
// ports/unix/user_settings.h.
var SystemFiles = []string{
	"/etc/ssl/certs/ca-certificates.crt",                // Debian, Arch
	"/etc/pki/ca-trust/extracted/pem/tls-ca-bundle.pem", // Fedora
	"/etc/ssl/ca-bundle.pem",                            // openSUSE
	"/etc/ssl/cert.pem",                                 // Alpine, macOS
}

// SystemFile is the file that the system trusts: that of $SSL_CERT_FILE, or the first of
// SystemFiles that exists; "" if there is none.
func SystemFile() string {
	if file := os.Getenv("SSL_CERT_FILE"); file != "" {
		return file
	}
	for _, file := range SystemFiles {
		if _, err := os.Stat(file); err == nil {
			return file
		}
	}
	return ""
}

// ParsePEM reads the certificates in PEM. What is no certificate is skipped, and so is one that
// cannot be read: problems says which and why.
func ParsePEM(text []byte) (certs []*x509.Certificate, problems []error) {
	n := 0
	for {
		var block *pem.Block
		if block, text = pem.Decode(text); block == nil {
			return certs, problems
		}
		if block.Type != "CERTIFICATE" {
			continue
		}
		n++
		c, err := x509.ParseCertificate(block.Bytes)
		if err != nil {
			problems = append(problems, fmt.Errorf("certificate %d: %w", n, err))
			continue
		}
		certs = append(certs, c)
	}
}

// ForChain is which of the roots a chain needs: the server's own certificate first, then the
// others in any order. The dates of the roots and of the chain do not matter, so that the result
// stays the same when they have passed.
func ForChain(roots, chain []*x509.Certificate) ([]*x509.Certificate, error) {
	if len(chain) == 0 {
		return nil, errors.New("there is no certificate in it")
	}
	pool, others := x509.NewCertPool(), x509.NewCertPool()
	for _, c := range roots {
		pool.AddCert(c)
	}
	at := chain[0].NotBefore
	for _, c := range chain {
		others.AddCert(c)
		if c.NotBefore.After(at) {
			at = c.NotBefore
		}
	}
	chains, err := chain[0].Verify(x509.VerifyOptions{
		Roots: pool, Intermediates: others, CurrentTime: at,
		KeyUsages: []x509.ExtKeyUsage{x509.ExtKeyUsageAny},
	})
	if err != nil {
		return nil, err
	}
	return ends(chains), nil
}

// ends are the roots of verified chains.
func ends(chains [][]*x509.Certificate) []*x509.Certificate {
	var roots []*x509.Certificate
	for _, chain := range chains {
		roots = append(roots, chain[len(chain)-1])
	}
	return roots
}

// connectTimeout is how long a server may take for its handshake.
const connectTimeout = 20 * time.Second

// ForHost is which of the roots a server needs, HOST or HOST:PORT: it connects, and verifies.
func ForHost(ctx context.Context, roots []*x509.Certificate, host string) (
	[]*x509.Certificate, error) {
	if _, _, err := net.SplitHostPort(host); err != nil {
		host = net.JoinHostPort(host, "443")
	}
	pool := x509.NewCertPool()
	for _, c := range roots {
		pool.AddCert(c)
	}
	ctx, cancel := context.WithTimeout(ctx, connectTimeout)
	defer cancel()
	dialer := tls.Dialer{Config: &tls.Config{RootCAs: pool}}
	conn, err := dialer.DialContext(ctx, "tcp", host)
	if err != nil {
		return nil, fmt.Errorf("connect to %s: %w", host, err)
	}
	chains := conn.(*tls.Conn).ConnectionState().VerifiedChains
	return ends(chains), conn.Close()
}
