package tests_test

import (
	"crypto/tls"
	"crypto/x509"
	"net"
	"os/exec"
	"strconv"
	"strings"
	"testing"
)

// postQuantum agrees with Go on X25519MLKEM768, in both directions, and on another group with a
// peer that lacks it.
func (r *real) postQuantum(t *testing.T, ca *authority, cert, key string) {
	version := wolfSSLVersion(t, r.firmware())
	if strings.HasPrefix(version, "5.5.") || strings.HasPrefix(version, "5.7.") {
		t.Skip("wolfSSL has it from 5.9 on")
	}
	pair, err := tls.LoadX509KeyPair(cert, key)
	if err != nil {
		t.Fatal(err)
	}
	roots := x509.NewCertPool()
	roots.AddCert(ca.cert)
	for _, test := range []struct {
		name   string
		groups []tls.CurveID // Go's
		want   tls.CurveID
	}{
		{"by default", nil, tls.X25519MLKEM768},
		{"nothing else", []tls.CurveID{tls.X25519MLKEM768}, tls.X25519MLKEM768},
		{"without it", []tls.CurveID{tls.CurveP256}, tls.CurveP256},
		{"with a second hello", []tls.CurveID{tls.CurveP384}, tls.CurveP384},
	} {
		config := &tls.Config{Certificates: []tls.Certificate{pair}, CurvePreferences: test.groups,
			RootCAs: roots, ServerName: "localhost", MinVersion: tls.VersionTLS13}
		t.Run("client, "+test.name, func(t *testing.T) {
			r.talksToGo(t, config, ca, test.want)
		})
		t.Run("server, "+test.name, func(t *testing.T) {
			port := freePort(t)
			lines := r.startPython(t, "tls_server.py", strconv.Itoa(port), cert, key)
			if line := <-lines; !strings.HasPrefix(line, "listening") {
				t.Fatalf("got %q", line)
			}
			conn, err := tls.Dial("tcp", net.JoinHostPort("127.0.0.1", strconv.Itoa(port)), config)
			if err != nil {
				t.Fatal(err)
			}
			defer conn.Close()
			if got := conn.ConnectionState().CurveID; got != test.want {
				t.Errorf("the group is %v; want %v", got, test.want)
			}
			if _, err := conn.Write([]byte("ping\n")); err != nil {
				t.Error(err)
			}
			if line := <-lines; !strings.HasPrefix(line, "OK TLSv1.3 ") {
				t.Errorf("got %q", line)
			}
		})
	}
}

func (r *real) talksToGo(
	t *testing.T, config *tls.Config, ca *authority, want tls.CurveID,
) {
	t.Helper()
	l, err := tls.Listen("tcp", "127.0.0.1:0", config)
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	group := make(chan tls.CurveID, 1)
	go func() {
		defer close(group)
		conn, err := l.Accept()
		if err != nil {
			return
		}
		defer conn.Close()
		line := make([]byte, 5)
		if n, err := conn.Read(line); err == nil {
			_, _ = conn.Write(line[:n]) // the client checks it
		}
		group <- conn.(*tls.Conn).ConnectionState().CurveID
	}()
	_, port, _ := net.SplitHostPort(l.Addr().String())
	out, err := exec.Command(r.firmware(), "firmware/tls_client.py", "127.0.0.1", port, ca.file,
		"localhost").CombinedOutput()
	if err != nil || !strings.HasPrefix(string(out), "OK TLSv1.3 ") {
		t.Errorf("%v: got %q", err, out)
	}
	if got := <-group; got != want {
		t.Errorf("the group is %v; want %v", got, want)
	}
}
