package tests_test

import (
	"bufio"
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/binary"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"
)

// sessions resumes sessions with OpenSSL and with Go, in both directions.
func (r *real) sessions(t *testing.T) {
	dir := t.TempDir()
	ca := newAuthority(t, dir, "ca")
	cert, key := ca.issue(t, "server", "localhost", time.Now().Add(time.Hour))
	good := []string{"-cert", cert, "-key", key}
	t.Run("client", func(t *testing.T) { r.clientSessions(t, ca, cert, key) })
	t.Run("other servers", func(t *testing.T) { r.sessionsElsewhere(t, ca, good) })
	t.Run("expired certificate", func(t *testing.T) { r.sessionExpires(t, ca) })
	t.Run("OpenSSL's client", func(t *testing.T) { r.opensslResumes(t, ca, cert, key) })
	t.Run("session ids", func(t *testing.T) { r.sessionIDs(t, ca, cert, key) })
	t.Run("Go's client", func(t *testing.T) { r.goResumes(t, ca, cert, key) })
}

// resume is one connection with the session in file, and returns how the line of tls_resume.py
// begins: without the reply.
func (r *real) resume(t *testing.T, port int, caFile, file string, options ...string) string {
	t.Helper()
	line := r.python(t, "tls_resume.py", append([]string{"127.0.0.1", strconv.Itoa(port), caFile,
		"localhost", file}, options...)...)
	line = strings.TrimSuffix(strings.TrimSuffix(strings.TrimSpace(line), " gnip"), " ping")
	return line
}

// expectLines compares what connections printed.
func expectLines(t *testing.T, got, want []string) {
	t.Helper()
	if a, b := strings.Join(got, "\n"), strings.Join(want, "\n"); a != b {
		t.Errorf("got:\n%s\nwant:\n%s", a, b)
	}
}

func (r *real) clientSessions(t *testing.T, ca *authority, cert, key string) {
	openssl := func(args ...string) func(t *testing.T) int {
		return func(t *testing.T) int {
			return startServer(t, append([]string{"-cert", cert, "-key", key}, args...)...)
		}
	}
	golang := func(version uint16) func(t *testing.T) int {
		return func(t *testing.T) int { return goServer(t, cert, key, version) }
	}
	for _, test := range []struct {
		name, version string
		start         func(t *testing.T) int
	}{
		{"OpenSSL, TLS 1.3", "TLSv1.3", openssl()},
		{"OpenSSL, TLS 1.3, stateful", "TLSv1.3", openssl("-no_ticket")},
		{"OpenSSL, TLS 1.3, a HelloRetryRequest", "TLSv1.3", openssl("-groups", "P-384")},
		{"OpenSSL, TLS 1.2", "TLSv1.2", openssl("-tls1_2")},
		{"OpenSSL, TLS 1.2, session ids", "TLSv1.2", openssl("-tls1_2", "-no_ticket")},
		{"Go, TLS 1.3", "TLSv1.3", golang(tls.VersionTLS13)},
		{"Go, TLS 1.2", "TLSv1.2", golang(tls.VersionTLS12)},
	} {
		t.Run(test.name, func(t *testing.T) {
			port, file := test.start(t), filepath.Join(t.TempDir(), "session")
			full, resumed := "OK "+test.version+" full", "OK "+test.version+" resumed"
			var got []string
			for _, how := range []string{"argument", "argument", "context", "argument"} {
				got = append(got, r.resume(t, port, ca.file, file, "how="+how))
			}
			got = append(got, r.resume(t, port, ca.file, file, "fragment=1024"))
			expectLines(t, got, []string{full, resumed, resumed, resumed, resumed})
		})
	}
}

// sessionsElsewhere offers the session of one server to another: with the same certificate, which
// is then verified as always, and with one that must be refused.
func (r *real) sessionsElsewhere(t *testing.T, ca *authority, good []string) {
	other := newAuthority(t, t.TempDir(), "other")
	otherCert, otherKey := other.issue(t, "server", "localhost", time.Now().Add(time.Hour))
	bad := []string{"-cert", otherCert, "-key", otherKey}
	const refused = "OSError -188"
	for _, test := range []struct {
		name          string
		first, second []string // OpenSSL's arguments
		want          []string // the second server's connections
	}{
		{"TLS 1.3", nil, nil, []string{"OK TLSv1.3 full", "OK TLSv1.3 resumed"}},
		{"TLS 1.3, another suite", []string{"-ciphersuites", "TLS_AES_128_GCM_SHA256"},
			[]string{"-ciphersuites", "TLS_AES_256_GCM_SHA384"},
			[]string{"OK TLSv1.3 full", "OK TLSv1.3 resumed"}},
		{"TLS 1.2", []string{"-tls1_2"}, []string{"-tls1_2"},
			[]string{"OK TLSv1.2 full", "OK TLSv1.2 full", "OK TLSv1.2 resumed"}},
		{"TLS 1.2, session ids", []string{"-tls1_2", "-no_ticket"},
			[]string{"-tls1_2", "-no_ticket"},
			[]string{"OK TLSv1.2 full", "OK TLSv1.2 full", "OK TLSv1.2 resumed"}},
		{"from TLS 1.3 to 1.2", nil, []string{"-tls1_2"},
			[]string{"OK TLSv1.2 full", "OK TLSv1.2 full", "OK TLSv1.2 resumed"}},
		{"from TLS 1.3 to 1.2, session ids", nil, []string{"-tls1_2", "-no_ticket"},
			[]string{"OK TLSv1.2 full", "OK TLSv1.2 full", "OK TLSv1.2 resumed"}},
		{"from TLS 1.2 to either", []string{"-tls1_2"}, nil,
			[]string{"OK TLSv1.2 full", "OK TLSv1.3 full", "OK TLSv1.3 resumed"}},
	} {
		t.Run(test.name, func(t *testing.T) {
			file := filepath.Join(t.TempDir(), "session")
			first := startServer(t, append(good, test.first...)...)
			if line := r.resume(t, first, ca.file, file); !strings.HasSuffix(line, " full") {
				t.Fatalf("got %q", line)
			}
			session := readFile(t, file)
			port := startServer(t, append(bad, test.second...)...)
			if line := r.resume(t, port, ca.file, file); !strings.HasPrefix(line, refused) {
				t.Errorf("got %q; want %q", line, refused)
			}
			if !bytes.Equal(readFile(t, file), session) {
				t.Error("a refused server gave a session")
			}
			port = startServer(t, append(good, test.second...)...)
			var got []string
			for range test.want {
				got = append(got, r.resume(t, port, ca.file, file))
			}
			expectLines(t, got, test.want)
		})
	}
}

// sessionExpires resumes the session of a server whose certificate is about to expire: until it
// does.
func (r *real) sessionExpires(t *testing.T, ca *authority) {
	for _, version := range []uint16{tls.VersionTLS12, tls.VersionTLS13} {
		t.Run(tls.VersionName(version), func(t *testing.T) {
			end := time.Now().Add(8 * time.Second).Truncate(time.Second)
			cert, key := ca.issue(t, "brief", "localhost", end)
			port, file := goServer(t, cert, key, version), filepath.Join(t.TempDir(), "session")
			for _, want := range []string{" full", " resumed"} {
				line := r.resume(t, port, ca.file, file)
				if time.Now().After(end) {
					t.Skip("too slow: the certificate has expired")
				}
				if !strings.HasSuffix(line, want) {
					t.Fatalf("got %q; want %q", line, want)
				}
			}
			time.Sleep(time.Until(end) + 1500*time.Millisecond)
			const expired = "OSError -151"
			if line := r.resume(t, port, ca.file, file); !strings.HasPrefix(line, expired) {
				t.Errorf("got %q; want %q", line, expired)
			}
		})
	}
}

// goServer serves with Go, one version of TLS, until the test ends. A line comes back.
func goServer(t *testing.T, cert, key string, version uint16) (port int) {
	t.Helper()
	pair, err := tls.LoadX509KeyPair(cert, key)
	if err != nil {
		t.Fatal(err)
	}
	l, err := tls.Listen("tcp", "127.0.0.1:0", &tls.Config{
		Certificates: []tls.Certificate{pair}, MinVersion: version, MaxVersion: version})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	go func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			go func() {
				defer conn.Close()
				if line, err := bufio.NewReader(conn).ReadString('\n'); err == nil {
					fmt.Fprint(conn, line)
				}
			}()
		}
	}()
	return l.Addr().(*net.TCPAddr).Port
}

// startResumable runs tls_server.py for some connections.
func (r *real) startResumable(t *testing.T, cert, key string, count int,
	options ...string) (int, <-chan string) {
	t.Helper()
	port := freePort(t)
	lines := r.startPython(t, "tls_server.py", append([]string{strconv.Itoa(port), cert, key,
		fmt.Sprintf("count=%d", count)}, options...)...)
	if line := <-lines; !strings.HasPrefix(line, "listening") {
		t.Fatalf("got %q", line)
	}
	return port, lines
}

// opensslResumes keeps OpenSSL's session in a file, and offers it to the server it comes from, and
// to one that has been started again.
func (r *real) opensslResumes(t *testing.T, ca *authority, cert, key string) {
	for _, test := range []struct {
		name          string
		first, second []string
	}{
		{"TLS 1.2", []string{"-tls1_2"}, []string{"-tls1_2"}},
		{"TLS 1.3", []string{"-tls1_3"}, []string{"-tls1_3"}},
		{"TLS 1.3, another group", []string{"-tls1_3", "-groups", "P-256"},
			[]string{"-tls1_3", "-groups", "P-384"}},
	} {
		t.Run(test.name, func(t *testing.T) {
			file := filepath.Join(t.TempDir(), "session.pem")
			port, lines := r.startResumable(t, cert, key, 2)
			expectOpenSSL(t, port, ca, "New", append(test.first, "-sess_out", file)...)
			t.Log(<-lines)
			expectOpenSSL(t, port, ca, "Reused", append(test.second, "-sess_in", file)...)
			t.Log(<-lines)
			port, lines = r.startResumable(t, cert, key, 1)
			expectOpenSSL(t, port, ca, "New", append(test.second, "-sess_in", file)...)
			t.Log(<-lines)
		})
	}
}

// sessionIDs offers sessions to servers that keep two of them for clients without tickets.
func (r *real) sessionIDs(t *testing.T, ca *authority, cert, key string) {
	dir := t.TempDir()
	// Each is OpenSSL's session that is offered, if any, the one that is kept, and the answer.
	connect := func(t *testing.T, port int, lines <-chan string, offered, kept, want string,
		args ...string) {
		t.Helper()
		args = append([]string{"-tls1_2", "-no_ticket"}, args...)
		if offered != "" {
			args = append(args, "-sess_in", filepath.Join(dir, offered))
		}
		if kept != "" {
			args = append(args, "-sess_out", filepath.Join(dir, kept))
		}
		expectOpenSSL(t, port, ca, want, args...)
		if line := <-lines; !strings.HasPrefix(line, "OK") {
			t.Errorf("the server: %q", line)
		}
	}
	t.Run("the newest two", func(t *testing.T) {
		port, lines := r.startResumable(t, cert, key, 7, "cache=2")
		for _, c := range [][3]string{{"", "a", "New"}, {"a", "", "Reused"}, {"", "b", "New"},
			{"a", "", "Reused"}, {"", "c", "New"}, {"b", "", "Reused"}, {"a", "", "New"}} {
			connect(t, port, lines, c[0], c[1], c[2])
		}
	})
	t.Run("another server, and none", func(t *testing.T) {
		port, lines := r.startResumable(t, cert, key, 3, "cache=2")
		connect(t, port, lines, "b", "", "New")
		connect(t, port, lines, "", "d", "New")
		connect(t, port, lines, "d", "", "Reused")
		port, lines = r.startResumable(t, cert, key, 2)
		connect(t, port, lines, "", "e", "New")
		connect(t, port, lines, "e", "", "New")
	})
	t.Run("a server that asks for certificates", func(t *testing.T) {
		clientCert, clientKey := ca.issue(t, "client", "client", time.Now().Add(time.Hour))
		port, lines := r.startResumable(t, cert, key, 2, ca.file, "cache=2")
		own := []string{"-cert", clientCert, "-key", clientKey}
		connect(t, port, lines, "", "f", "New", own...)
		connect(t, port, lines, "f", "", "New", own...)
	})
	t.Run("after a failure", func(t *testing.T) {
		port, lines := r.startResumable(t, cert, key, 4, "cache=2")
		connect(t, port, lines, "", "g", "New")
		connect(t, port, lines, "g", "", "Reused")
		cmd := exec.Command("openssl", "s_client", "-connect",
			fmt.Sprintf("127.0.0.1:%d", damageData(t, port)), "-no_ign_eof", "-tls1_2",
			"-no_ticket", "-sess_in", filepath.Join(dir, "g"))
		if text := ping(t, cmd); !strings.Contains(text, "\nReused, TLSv1.2") {
			t.Errorf("not resumed:\n%s", text)
		}
		const badRecord = "OSError -305"
		if line := <-lines; !strings.HasPrefix(line, badRecord) {
			t.Errorf("the server: %q; want %q", line, badRecord)
		}
		connect(t, port, lines, "g", "", "New")
	})
}

// damageData passes a connection on to a port, and inverts the last byte of what the client sends
// first after its handshake.
func damageData(t *testing.T, port int) int {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	go func() {
		client, err := l.Accept()
		if err != nil {
			return
		}
		defer client.Close()
		server, err := net.Dial("tcp", fmt.Sprintf("127.0.0.1:%d", port))
		if err != nil {
			return
		}
		defer server.Close()
		go func() { _, _ = io.Copy(client, server) }()
		in := bufio.NewReader(client)
		for {
			const headerLen, applicationData = 5, 23
			header, err := in.Peek(headerLen)
			if err != nil {
				return
			}
			record := make([]byte, headerLen+int(binary.BigEndian.Uint16(header[3:])))
			if _, err := io.ReadFull(in, record); err != nil {
				return
			}
			if record[0] == applicationData {
				record[len(record)-1] ^= 0xff
			}
			if _, err := server.Write(record); err != nil {
				return
			}
		}
	}()
	return l.Addr().(*net.TCPAddr).Port
}

// expectOpenSSL is one connection of openssl s_client, whose session must be New or Reused.
func expectOpenSSL(t *testing.T, port int, ca *authority, want string, args ...string) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), peerTimeout)
	defer cancel()
	cmd := exec.CommandContext(ctx, "openssl", append([]string{
		"s_client", "-connect", fmt.Sprintf("127.0.0.1:%d", port), "-verify_return_error",
		"-no_ign_eof", "-CAfile", ca.file, "-servername", "localhost"}, args...)...)
	text := ping(t, cmd)
	if !strings.Contains(text, "\n"+want+", TLSv1.") || !strings.Contains(text, "\nping\n") {
		t.Errorf("no %q and reply in:\n%s", want, text)
	}
}

// goResumes keeps sessions in Go's cache.
func (r *real) goResumes(t *testing.T, ca *authority, cert, key string) {
	pool := x509.NewCertPool()
	pool.AppendCertsFromPEM(readFile(t, ca.file))
	for _, version := range []uint16{tls.VersionTLS12, tls.VersionTLS13} {
		t.Run(tls.VersionName(version), func(t *testing.T) {
			config := &tls.Config{RootCAs: pool, ServerName: "localhost", MinVersion: version,
				MaxVersion: version, ClientSessionCache: tls.NewLRUClientSessionCache(1)}
			port, lines := r.startResumable(t, cert, key, 3)
			for i, want := range []bool{false, true, true} {
				if got := goPings(t, port, config); got != want {
					t.Errorf("connection %d: resumed is %t", i, got)
				}
				t.Log(<-lines)
			}
			// The keys are gone with the context that had them.
			port, lines = r.startResumable(t, cert, key, 1)
			if goPings(t, port, config) {
				t.Error("another server resumed the session")
			}
			t.Log(<-lines)
		})
	}
}

// goPings is one connection of Go's client, and reports whether it resumed a session.
func goPings(t *testing.T, port int, config *tls.Config) bool {
	t.Helper()
	conn, err := tls.Dial("tcp", fmt.Sprintf("127.0.0.1:%d", port), config)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	if err := conn.SetDeadline(time.Now().Add(peerTimeout)); err != nil {
		t.Fatal(err)
	}
	fmt.Fprintln(conn, "ping")
	if line, err := bufio.NewReader(conn).ReadString('\n'); err != nil || line != "ping\n" {
		t.Errorf("got %q, %v", line, err)
	}
	return conn.ConnectionState().DidResume
}

// TestSessions does the same with existing firmware, which MPWOLF_TEST_FIRMWARE names.
func TestSessions(t *testing.T) {
	longOnly(t, "needs a compiler and real sources")
	firmware := os.Getenv("MPWOLF_TEST_FIRMWARE")
	if firmware == "" {
		t.Skip("MPWOLF_TEST_FIRMWARE names no patched micropython; TestUnix does the same")
	}
	(&real{t: t, built: firmware}).sessions(t)
}

// sessionsAndResets resumes sessions on the board, both ends of which are there, and leaves
// sessions, keys of tickets and a handshake under way behind in soft resets.
func (m *metal) sessionsAndResets() {
	t := m.t
	t.Helper()
	pipes, _, _ := strings.Cut(string(readFile(t, "firmware/pipes.py")), "class Datagrams")
	_, script, _ := strings.Cut(string(readFile(t, "firmware/tls_session.py")), "VERSIONS = ")
	script, _, _ = strings.Cut(script, "def resumed(")
	code := pipes + string(readFile(t, "firmware/testkeys.py")) +
		"import wolfssl as ssl\nVERSIONS = " + script + `
left = []
serving = server_context()
for version in VERSIONS:
    client = client_context(version)
    session, first = connect(client, serving)
    again, second = connect(client, serving, session=session)
    client.session = ssl.SSLSession(bytes(again))
    a, b = pipes()
    c = client.wrap_socket(a, server_hostname="localhost", do_handshake_on_connect=False)
    s = serving.wrap_socket(b, server_side=True, do_handshake_on_connect=False)
    c.read(1)
    s.read(1)
    left.append((client, session, again, c, s))
    print(first, second)
`
	q := startQemu(t, metalBoard, m.firmware)
	for i := range 3 {
		q.send(t, code+ctrlD)
		q.until(t, "OK")
		out := strings.ReplaceAll(q.until(t, ctrlD), "\r\n", "\n")
		raised := q.until(t, ctrlD+">")
		if want := strings.Repeat("False True\n", 2); out != want || raised != "" {
			t.Errorf("after %d soft resets: %q %q; want %q", i, out, raised, want)
		}
		q.send(t, ctrlD)
		q.until(t, "raw REPL")
		q.until(t, ">")
	}
	q.stop()
}
