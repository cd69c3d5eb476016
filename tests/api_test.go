package tests_test

import (
	"crypto/ecdsa"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"math/big"
	"os"
	"path/filepath"
	"testing"
	"time"
)

// chainDirectory writes what tls_api.py needs: a root, an intermediate and a leaf for localhost,
// each in PEM and DER, chains of them, the leaf's key in every form, and another CA.
func chainDirectory(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	root := newAuthority(t, dir, "root")
	newAuthority(t, dir, "other")
	key := newKey(t)
	template := &x509.Certificate{
		SerialNumber: big.NewInt(2), Subject: pkix.Name{CommonName: "intermediate"}, IsCA: true,
		BasicConstraintsValid: true,
		NotBefore:             time.Now().Add(-time.Hour),
		NotAfter:              time.Now().Add(24 * time.Hour), KeyUsage: x509.KeyUsageCertSign,
	}
	der, err := x509.CreateCertificate(rand.Reader, template, root.cert, &key.PublicKey, root.key)
	if err != nil {
		t.Fatal(err)
	}
	cert, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	intermediate := &authority{dir: dir, file: filepath.Join(dir, "intermediate.pem"),
		cert: cert, key: key}
	writePEM(t, intermediate.file, "CERTIFICATE", der)
	leafFile, _ := intermediate.issue(t, "leaf", "localhost", time.Now().Add(24*time.Hour))

	texts := map[string][]byte{}
	for _, name := range []string{"root", "intermediate", "leaf", "other"} {
		texts[name] = readFile(t, filepath.Join(dir, name+".pem"))
		block, _ := pem.Decode(texts[name])
		writeFile(t, dir, name+".der", block.Bytes)
	}
	join := func(name string, parts ...string) {
		var text []byte
		for _, part := range parts {
			text = append(text, texts[part]...)
		}
		writeFile(t, dir, name, text)
	}
	join("chain.pem", "leaf", "intermediate")
	join("full.pem", "leaf", "intermediate", "root")
	join("bundle.pem", "other", "root")
	writeKeys(t, dir, "leaf", leafFile[:len(leafFile)-len(".pem")]+".key")
	return dir
}

// writeKeys writes an existing key in PEM (SEC 1) in the other formats too.
func writeKeys(t *testing.T, dir, name, file string) {
	t.Helper()
	block, _ := pem.Decode(readFile(t, file))
	writeFile(t, dir, name+".key.der", block.Bytes)
	key, err := x509.ParseECPrivateKey(block.Bytes)
	if err != nil {
		t.Fatal(err)
	}
	der, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	writeFile(t, dir, name+".p8.der", der)
	writePEM(t, filepath.Join(dir, name+".p8"), "PRIVATE KEY", der)
}

// placeholder writes a key that has nothing to do with any certificate, and secret, the 32 bytes
// of the one in file.
func placeholder(t *testing.T, dir, file string) (other, secret string) {
	t.Helper()
	block, _ := pem.Decode(readFile(t, file))
	key, err := x509.ParseECPrivateKey(block.Bytes)
	if err != nil {
		t.Fatal(err)
	}
	writeFile(t, dir, "secret", secretBytes(t, key))
	der, err := x509.MarshalECPrivateKey(newKey(t))
	if err != nil {
		t.Fatal(err)
	}
	other = filepath.Join(dir, "placeholder.key")
	writePEM(t, other, "EC PRIVATE KEY", der)
	return other, filepath.Join(dir, "secret")
}

func secretBytes(t *testing.T, key *ecdsa.PrivateKey) []byte {
	t.Helper()
	secret, err := key.Bytes()
	if err != nil {
		t.Fatal(err)
	}
	return secret
}

func readFile(t *testing.T, file string) []byte {
	t.Helper()
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	return text
}

func writeFile(t *testing.T, dir, name string, text []byte) {
	t.Helper()
	if err := os.WriteFile(filepath.Join(dir, name), text, 0o600); err != nil {
		t.Fatal(err)
	}
}
