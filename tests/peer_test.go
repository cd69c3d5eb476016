package tests_test

import (
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
)

// peerConfig is what OpenSSL makes a certificate of that has something of everything.
const peerConfig = `[req]
distinguished_name = dn
x509_extensions = ext
prompt = no
utf8 = yes
string_mask = MASK
[dn]
C = DE
ST = Baden-Württemberg
L = Böblingen
0.O = Österreich & Söhne, Ltd.
1.O = "two, of it"
OU = ж€
serialNumber = 12/34
title = Dr
GN = Ägidius
SN = Müller
postalCode = 71032
street = Weg 1
businessCategory = Private Organization
name = n
initials = i
generationQualifier = Jr
dnQualifier = q
pseudonym = p
description = d
DC = example
UID = u
emailAddress = a@example.com
1.2.3.4.2147483647.5 = other
CN = localhost
[ext]
basicConstraints = critical,CA:TRUE
keyUsage = critical,digitalSignature,keyCertSign
subjectAltName = @names
authorityInfoAccess = OCSP;URI:http://ocsp.example.com/,caIssuers;URI:http://example.com/ca.der,OCSP;URI:http://2/
crlDistributionPoints = URI:http://crl.example.com/a.crl, point
[point]
fullname = URI:http://crl.example.com/b.crl,URI:http://crl.example.com/c.crl
[names]
DNS.1 = localhost
DNS.2 = *.example.com
email.1 = b@example.com
URI.1 = https://example.com/?q=1
IP.1 = 127.0.0.1
IP.2 = 2001:db8::ff00:42:8329
RID.1 = 1.2.3.4.5
dirName.1 = dir
otherName.1 = 1.2.3.4;UTF8:some
[dir]
C = DE
CN = within
`

// peers prints what a client knows about its server's certificate, which CPython must print too.
func (r *real) peers(t *testing.T) {
	for _, test := range []struct {
		name, mask, serial, days string
	}{
		{"UTF-8", "utf8only", "0x8000000000000000000000000000000000000001", "365"},
		{"BMP", "MASK:0x800", "1", "20000"},
		{"T.61", "nombstr", "0", "1000000"},
		{"a negative number", "default", "-256", "30"},
		{"another one", "default", "-129", "30"},
	} {
		t.Run(test.name, func(t *testing.T) {
			dir := t.TempDir()
			config := strings.Replace(peerConfig, "MASK", test.mask, 1)
			if test.mask == "nombstr" {
				config = strings.Replace(config, "ж€", "é", 1)
			}
			writeFile(t, dir, "cnf", []byte(config))
			cert, key := filepath.Join(dir, "cert"), filepath.Join(dir, "key")
			out, err := exec.Command("openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt",
				"ec_paramgen_curve:P-256", "-nodes", "-config", filepath.Join(dir, "cnf"),
				"-set_serial", test.serial, "-days", test.days, "-out", cert,
				"-keyout", key).CombinedOutput()
			if err != nil {
				t.Fatalf("%v\n%s", err, out)
			}
			r.samePeer(t, cert, "-cert", cert, "-key", key)
		})
	}
	t.Run("a chain", func(t *testing.T) {
		dir := chainDirectory(t)
		file := func(name string) string { return filepath.Join(dir, name) }
		r.samePeer(t, file("root.pem"), "-cert", file("leaf.pem"), "-key", file("leaf.key"),
			"-cert_chain", file("intermediate.pem"))
	})
}

func (r *real) samePeer(t *testing.T, ca string, server ...string) {
	t.Helper()
	port := startServer(t, server...)
	args := []string{filepath.Join("firmware", "tls_peer.py"), "127.0.0.1", strconv.Itoa(port), ca,
		"localhost"}
	want, err := exec.Command("python3", args...).CombinedOutput()
	if err != nil || !strings.Contains(string(want), "verified") {
		t.Fatalf("CPython: %v\n%s", err, want)
	}
	got, err := exec.Command(r.firmware(), args...).CombinedOutput()
	if err != nil {
		t.Errorf("%v", err)
	}
	ours, theirs := strings.Split(string(got), "\n"), strings.Split(string(want), "\n")
	for i := range min(len(ours), len(theirs)) {
		if ours[i] != theirs[i] {
			t.Errorf("got:\n%s\nwant:\n%s", ours[i], theirs[i])
		}
	}
	if len(ours) != len(theirs) {
		t.Errorf("%d lines; want %d", len(ours), len(theirs))
	}
}
