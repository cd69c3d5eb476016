package tests_test

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"io"
	"net"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"
)

// peerTimeout limits one handshake with a peer, which takes milliseconds.
const peerTimeout = 30 * time.Second

func freePort(t *testing.T) int {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return l.Addr().(*net.TCPAddr).Port
}

// startServer runs openssl s_server until the test ends. What a client sends, a line at a time,
// comes back reversed.
func startServer(t *testing.T, args ...string) int {
	t.Helper()
	port := freePort(t)
	cmd := exec.Command("openssl", append([]string{
		"s_server", "-accept", fmt.Sprintf("127.0.0.1:%d", port), "-quiet", "-rev",
	}, args...)...)
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
	})
	waitForPort(t, port)
	return port
}

func waitForPort(t *testing.T, port int) {
	t.Helper()
	end := time.Now().Add(peerTimeout)
	for ; time.Now().Before(end); time.Sleep(25 * time.Millisecond) {
		conn, err := net.DialTimeout("tcp", fmt.Sprintf("127.0.0.1:%d", port), time.Second)
		if err == nil {
			conn.Close()
			return
		}
	}
	t.Fatalf("nothing answers on port %d", port)
}

// python runs a script of tests/firmware on the patched MicroPython.
func (r *real) python(t *testing.T, script string, args ...string) string {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), peerTimeout)
	defer cancel()
	cmd := exec.CommandContext(ctx, r.firmware(),
		append([]string{filepath.Join("firmware", script)}, args...)...)
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Errorf("%s: %v", cmd, err)
	}
	return string(out)
}

// AES-CCM is there for programs. In TLS it would also come with tags of 8 bytes.
var (
	onlyCCM12 = []string{"-tls1_2", "-cipher", "AESCCM:@SECLEVEL=0"}
	onlyCCM13 = []string{"-tls1_3", "-ciphersuites",
		"TLS_AES_128_CCM_8_SHA256:TLS_AES_128_CCM_SHA256"}
)

// opensslServer connects to OpenSSL, which each time is correct except for one thing.
func (r *real) opensslServer(t *testing.T) {
	dir := t.TempDir()
	ca, other := newAuthority(t, dir, "ca"), newAuthority(t, dir, "other")
	cert, key := ca.issue(t, "server", "localhost", time.Now().Add(time.Hour))
	oldCert, oldKey := ca.issue(t, "expired", "localhost", time.Now().Add(-time.Hour))
	good := []string{"-cert", cert, "-key", key}
	tests := []struct {
		name         string
		server       []string
		caFile, host string
		want         string // how the output begins
	}{
		{"TLS 1.2", append(good, "-tls1_2"), ca.file, "localhost", "OK TLSv1.2 "},
		{"TLS 1.3", append(good, "-tls1_3"), ca.file, "localhost", "OK TLSv1.3 "},
		{"a wrong CA", good, other.file, "localhost", "OSError "},
		{"a wrong host name", good, ca.file, "example.org", "OSError "},
		{"an expired certificate", []string{"-cert", oldCert, "-key", oldKey}, ca.file,
			"localhost", "OSError "},
		{"only TLS 1.1", append(good, "-tls1_1", "-cipher", "ALL:@SECLEVEL=0"), ca.file,
			"localhost", "OSError "},
		{"only AES-CCM, TLS 1.2", append(good, onlyCCM12...), ca.file, "localhost", "OSError "},
		{"only AES-CCM, TLS 1.3", append(good, onlyCCM13...), ca.file, "localhost", "OSError "},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			port := startServer(t, test.server...)
			out := r.python(t, "tls_client.py", "127.0.0.1", strconv.Itoa(port),
				test.caFile, test.host)
			t.Log(strings.TrimSpace(out))
			if !strings.HasPrefix(out, test.want) {
				t.Errorf("got %q; want %q", out, test.want)
			}
			if strings.HasPrefix(test.want, "OK") && !strings.HasSuffix(out, " gnip\n") {
				t.Errorf("got %q; want the line back, reversed", out)
			}
		})
	}
	t.Run("a plain-text peer", func(t *testing.T) { r.plainPeer(t, ca.file) })
}

// plainPeer answers the client's hello in plain HTTP.
func (r *real) plainPeer(t *testing.T, caFile string) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	go func() {
		conn, err := l.Accept()
		if err != nil {
			return
		}
		defer conn.Close()
		fmt.Fprint(conn, "HTTP/1.0 400 Bad Request\r\n\r\nplain text\r\n")
		_, _ = io.Copy(io.Discard, conn) // until the client gives up
	}()
	port := l.Addr().(*net.TCPAddr).Port
	out := r.python(t, "tls_client.py", "127.0.0.1", strconv.Itoa(port), caFile, "localhost")
	t.Log(strings.TrimSpace(out))
	if !strings.HasPrefix(out, "OSError ") {
		t.Errorf("got %q; want an OSError", out)
	}
}

// opensslClient makes OpenSSL connect to the patched MicroPython.
func (r *real) opensslClient(t *testing.T) {
	dir := t.TempDir()
	ca, other := newAuthority(t, dir, "ca"), newAuthority(t, dir, "other")
	cert, key := ca.issue(t, "server", "localhost", time.Now().Add(time.Hour))
	clientCert, clientKey := ca.issue(t, "client", "client", time.Now().Add(time.Hour))
	strangerCert, strangerKey := other.issue(t, "stranger", "client", time.Now().Add(time.Hour))
	tests := []struct {
		name   string
		server []string // further arguments of the server
		client []string
		want   string
	}{
		{"TLS 1.2", nil, []string{"-tls1_2"}, "OK TLSv1.2 "},
		{"TLS 1.3", nil, []string{"-tls1_3"}, "OK TLSv1.3 "},
		{"a client certificate", []string{ca.file},
			[]string{"-cert", clientCert, "-key", clientKey}, "OK "},
		{"a stranger's certificate", []string{ca.file},
			[]string{"-cert", strangerCert, "-key", strangerKey}, "OSError "},
		{"no client certificate", []string{ca.file}, nil, "OSError "},
		{"only TLS 1.1", nil, []string{"-tls1_1", "-cipher", "ALL:@SECLEVEL=0"}, "OSError "},
		{"only AES-CCM, TLS 1.2", nil, onlyCCM12, "OSError "},
		{"only AES-CCM, TLS 1.3", nil, onlyCCM13, "OSError "},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			port := freePort(t)
			lines := r.startPython(t, "tls_server.py",
				append([]string{strconv.Itoa(port), cert, key}, test.server...)...)
			if line := <-lines; !strings.HasPrefix(line, "listening") {
				t.Fatalf("got %q", line)
			}
			reply := opensslSends(t, port, ca.file, test.client)
			line := <-lines
			t.Log(line)
			if !strings.HasPrefix(line, test.want) {
				t.Errorf("got %q; want %q", line, test.want)
			}
			if strings.HasPrefix(test.want, "OK") && !strings.Contains(reply, "ping") {
				t.Errorf("the client got %q", reply)
			}
		})
	}
}

// startPython runs a script and returns its lines; the channel is closed at the end.
func (r *real) startPython(t *testing.T, script string, args ...string) <-chan string {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), peerTimeout)
	t.Cleanup(cancel)
	return startLines(t,
		exec.CommandContext(ctx, r.firmware(),
			append([]string{filepath.Join("firmware", script)}, args...)...))
}

// startLines runs a command and returns the lines of its output, including stderr; the channel
// is closed at the end, after a line that says so if the command failed.
func startLines(t *testing.T, cmd *exec.Cmd) <-chan string {
	t.Helper()
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	cmd.Stderr = cmd.Stdout
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	lines := make(chan string, 100)
	go func() {
		defer close(lines)
		for scanner := bufio.NewScanner(stdout); scanner.Scan(); {
			lines <- scanner.Text()
		}
		if err := cmd.Wait(); err != nil {
			lines <- err.Error()
		}
	}()
	return lines
}

// opensslSends makes openssl s_client send one line, and returns what came back.
func opensslSends(t *testing.T, port int, caFile string, args []string) string {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), peerTimeout)
	defer cancel()
	cmd := exec.CommandContext(ctx, "openssl", append([]string{
		"s_client", "-connect", fmt.Sprintf("127.0.0.1:%d", port), "-quiet",
		"-verify_return_error", "-no_ign_eof",
		"-CAfile", caFile, "-verify_hostname", "localhost", "-servername", "localhost",
	}, args...)...)
	return ping(t, cmd)
}

// ping gives a client a line to send, and returns all that it prints. It may fail.
func ping(t *testing.T, cmd *exec.Cmd) string {
	t.Helper()
	stdin, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	var out bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &out
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	fmt.Fprintln(stdin, "ping")
	_ = cmd.Wait() // the server closes first; some tests expect a refusal
	stdin.Close()
	return out.String()
}

// preSharedKeys agrees with OpenSSL on keys in both directions, also on cipher suites without
// forward secrecy, and does not agree on different keys or a certificate.
func (r *real) preSharedKeys(t *testing.T) {
	const key, other = "sixteen bytes ok", "another key"
	dir := t.TempDir()
	ca := newAuthority(t, dir, "ca")
	cert, certKey := ca.issue(t, "server", "localhost", time.Now().Add(time.Hour))
	psk := func(key string) []string {
		return []string{"-tls1_2", "-cipher", "PSK:@SECLEVEL=0", "-psk_identity", "sensor", "-psk",
			fmt.Sprintf("%x", key)}
	}
	psk13 := func(key string) []string {
		return []string{"-tls1_3", "-psk_identity", "sensor", "-psk", fmt.Sprintf("%x", key)}
	}
	tests := []struct {
		name string
		peer []string // OpenSSL's arguments
		want string   // how the firmware's line begins
	}{
		{"forward secrecy", psk(key), "OK TLSv1.2 TLS-ECDHE-PSK-WITH-"},
		{"the built-in's cipher suite", append(psk(key), "-cipher", "PSK-AES128-GCM-SHA256"),
			"OK TLSv1.2 TLS-PSK-WITH-AES-128-GCM-SHA256 "},
		{"CBC", append(psk(key), "-cipher", "PSK-AES256-CBC-SHA384"),
			"OK TLSv1.2 TLS-PSK-WITH-AES-256-CBC-SHA384 "},
		{"another key", psk(other), "OSError "},
		{"certificates", []string{"-tls1_2"}, "OSError "},
		{"certificates of TLS 1.3", []string{"-tls1_3"}, "OSError "},
	}
	for _, test := range tests {
		r.agreeOnKey(t, ca.file, cert, certKey, test.name, test.peer, test.want, "psk="+key)
	}
	if strings.HasPrefix(wolfSSLVersion(t, r.firmware()), "5.5.") {
		return // it has no pre-shared keys in TLS 1.3
	}
	tests = append(tests[:len(tests)-1], []struct {
		name string
		peer []string
		want string
	}{
		{"TLS 1.3", psk13(key), "OK TLSv1.3 TLS1-3-AES-128-GCM-SHA256 "},
		{"TLS 1.3 or 1.2", psk13(key)[1:], "OK TLSv1.3 TLS1-3-AES-128-GCM-SHA256 "},
		{"another key, TLS 1.3", psk13(other), "OSError "},
		{"another identity", append(psk13(key), "-psk_identity", "x"), "OSError "},
		{"certificates of TLS 1.3", []string{"-tls1_3"}, "OSError "},
		{"certificates of any version", nil, "OSError "},
	}...)
	for _, test := range tests {
		r.agreeOnKey(t, ca.file, cert, certKey, "callback, "+test.name, test.peer, test.want,
			"callback="+key)
		// A client that verifies no certificate accepts none.
		r.agreeOnKey(t, "-", cert, certKey, "callback, unverified, "+test.name, test.peer,
			test.want, "callback="+key)
	}
}

// agreeOnKey connects the firmware, which has a pre-shared key, with OpenSSL in both directions,
// or only as a client if the CA is "-".
func (r *real) agreeOnKey(
	t *testing.T, ca, cert, certKey, name string, peer []string, want, ours string,
) {
	t.Run("OpenSSL's server, "+name, func(t *testing.T) {
		port := startServer(t,
			append([]string{"-cert", cert, "-key", certKey}, peer...)...)
		out := r.python(t, "tls_client.py", "127.0.0.1", strconv.Itoa(port), ca,
			"localhost", ours)
		t.Log(strings.TrimSpace(out))
		if !strings.HasPrefix(out, want) || strings.HasPrefix(out, "OK") &&
			!strings.HasSuffix(out, " gnip\n") {
			t.Errorf("got %q; want %q and the line back, reversed", out, want)
		}
	})
	if ca == "-" {
		return
	}
	t.Run("OpenSSL's client, "+name, func(t *testing.T) {
		port := freePort(t)
		lines := r.startPython(t, "tls_server.py", strconv.Itoa(port), cert,
			certKey, ours)
		if line := <-lines; !strings.HasPrefix(line, "listening") {
			t.Fatalf("got %q", line)
		}
		reply := opensslSends(t, port, ca, peer)
		line := <-lines
		t.Log(line)
		if !strings.HasPrefix(line, want) || strings.HasPrefix(line, "OK") &&
			!strings.Contains(reply, "ping") {
			t.Errorf("got %q, the client %q; want %q and ping", line, reply, want)
		}
	})
}

// signCallback makes ecdsa_sign_callback sign for a server and for a client, and OpenSSL verify
// it; the loaded key is not the certificate's.
func (r *real) signCallback(t *testing.T) {
	dir := t.TempDir()
	ca := newAuthority(t, dir, "ca")
	cert, key := ca.issue(t, "both", "localhost", time.Now().Add(time.Hour))
	other, secret := placeholder(t, dir, key)
	for _, version := range []string{"TLSv1.2", "TLSv1.3"} {
		flag := "-" +
			strings.ToLower(strings.ReplaceAll(strings.Replace(version, "v", "", 1), ".", "_"))
		t.Run("server, "+version, func(t *testing.T) {
			port := freePort(t)
			lines := r.startPython(t, "tls_server.py", strconv.Itoa(port), cert,
				other, "secret="+secret)
			if line := <-lines; !strings.HasPrefix(line, "listening") {
				t.Fatalf("got %q", line)
			}
			reply := opensslSends(t, port, ca.file, []string{flag})
			if line := <-lines; !strings.HasPrefix(line, "OK "+version) ||
				!strings.Contains(reply, "ping") {
				t.Errorf("the server says %q, the client %q", line, reply)
			}
		})
		t.Run("client, "+version, func(t *testing.T) {
			port := startServer(t, flag, "-cert", cert, "-key", key, "-Verify", "2",
				"-verify_return_error", "-CAfile", ca.file)
			args := []string{"127.0.0.1", strconv.Itoa(port), ca.file, "localhost", cert, other}
			if out := r.python(t, "tls_client.py",
				append(args, "secret="+secret)...); !strings.HasPrefix(out, "OK "+version) {
				t.Errorf("got %q", out)
			}
			// The same without the callback: no key matches the certificate.
			cmd := exec.Command(r.firmware(),
				append([]string{filepath.Join("firmware", "tls_client.py")}, args...)...)
			if out, err := cmd.CombinedOutput(); err == nil ||
				!bytes.Contains(out, []byte("ValueError: key does not fit the cert")) {
				t.Errorf("without the callback: got %q", out)
			}
		})
	}
}

// chosenCipher names a suite in three spellings, and OpenSSL says which one was used.
func (r *real) chosenCipher(t *testing.T) {
	dir := t.TempDir()
	ca := newAuthority(t, dir, "ca")
	cert, key := ca.issue(t, "server", "localhost", time.Now().Add(time.Hour))
	for given, want := range map[string]string{
		"TLS-ECDHE-ECDSA-WITH-AES-256-GCM-SHA384": "ECDHE-ECDSA-AES256-GCM-SHA384",
		"TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA256": "ECDHE-ECDSA-AES128-SHA256",
		"ECDHE-ECDSA-CHACHA20-POLY1305":           "ECDHE-ECDSA-CHACHA20-POLY1305",
		"TLS1-3-CHACHA20-POLY1305-SHA256":         "TLS_CHACHA20_POLY1305_SHA256",
		"TLS_AES_128_GCM_SHA256":                  "TLS_AES_128_GCM_SHA256",
	} {
		t.Run("server, "+given, func(t *testing.T) {
			port := freePort(t)
			lines := r.startPython(t, "tls_server.py", strconv.Itoa(port), cert,
				key, "ciphers="+given)
			if line := <-lines; !strings.HasPrefix(line, "listening") {
				t.Fatalf("got %q", line)
			}
			reply := opensslSends(t, port, ca.file, []string{"-brief"})
			if line := <-lines; !strings.Contains(reply, "Ciphersuite: "+want+"\n") {
				t.Errorf("the server says %q, the client %q", line, reply)
			}
		})
		t.Run("client, "+given, func(t *testing.T) {
			port := freePort(t)
			cmd := exec.Command("openssl", "s_server", "-accept",
				fmt.Sprintf("127.0.0.1:%d", port), "-brief", "-rev",
				"-naccept", "2", "-cert", cert, "-key", key)
			log := startLines(t, cmd)
			waitForPort(t, port) // the first of two connections
			out := r.python(t, "tls_client.py", "127.0.0.1", strconv.Itoa(port), ca.file,
				"localhost", "ciphers="+given)
			var said []string
			for line := range log {
				said = append(said, line)
			}
			if !strings.HasPrefix(out, "OK") ||
				!strings.Contains(strings.Join(said, "\n"), "Ciphersuite: "+want+"\n") {
				t.Errorf("the client says %q, the server:\n%s", out, strings.Join(said, "\n"))
			}
		})
	}
}

// ends makes OpenSSL's server close properly, which is the end of the stream, and cuts the
// connection off in between: that is an end too, as with the built-in, except with secure
// defaults; a reset never is.
func (r *real) ends(t *testing.T) {
	dir := t.TempDir()
	ca := newAuthority(t, dir, "ca")
	cert, key := ca.issue(t, "server", "localhost", time.Now().Add(time.Hour))
	for _, version := range []string{"-tls1_2", "-tls1_3"} {
		port := startServer(t, "-cert", cert, "-key", key, version)
		for _, test := range []struct {
			name, send, want string
			port             int
		}{
			{"goodbye", "CLOSE", "OK", port},
			{"cut", "ping", "OK", cutter(t, port, false)},
			{"reset", "ping", "OSError", cutter(t, port, true)},
		} {
			t.Run(test.name+" "+version, func(t *testing.T) {
				out := r.python(t, "tls_client.py", "127.0.0.1", strconv.Itoa(test.port),
					ca.file, "localhost",
					"send="+test.send, "eof=1")
				t.Log(strings.TrimSpace(out))
				if !strings.HasPrefix(out, test.want) {
					t.Errorf("got %q; want %q", out, test.want)
				}
			})
		}
	}
}

// cutter forwards one connection to a port, and cuts it when it has been silent for a while.
func cutter(t *testing.T, port int, reset bool) int {
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
		go func() { _, _ = io.Copy(server, client) }()
		buf := make([]byte, 1<<14)
		for {
			if err := server.SetReadDeadline(time.Now().Add(300 * time.Millisecond)); err != nil {
				return
			}
			n, err := server.Read(buf)
			if _, failed := client.Write(buf[:n]); failed != nil || err != nil {
				break
			}
		}
		if reset {
			_ = client.(*net.TCPConn).SetLinger(0)
		}
	}()
	return l.Addr().(*net.TCPAddr).Port
}
