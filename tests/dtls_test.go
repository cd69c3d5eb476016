package tests_test

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"
)

// dtls talks DTLS to itself in memory, and DTLS 1.2 to OpenSSL and GnuTLS, which have no 1.3, as
// client and server.
func (r *real) dtls(t *testing.T) {
	t.Run("ours", func(t *testing.T) {
		want, err := os.ReadFile(filepath.Join("firmware", "dtls_pair.py.exp"))
		if err != nil {
			t.Fatal(err)
		}
		if got := r.python(t, "dtls_pair.py"); got != string(want) {
			t.Errorf("got:\n%s\nwant:\n%s", got, want)
		}
	})
	dir := t.TempDir()
	ca := newAuthority(t, dir, "ca")
	cert, key := ca.issue(t, "server", "localhost", time.Now().Add(time.Hour))

	servers := map[string]func(port int) *exec.Cmd{
		"OpenSSL's server": func(port int) *exec.Cmd {
			return exec.Command("openssl", "s_server", "-dtls1_2", "-accept",
				fmt.Sprintf("127.0.0.1:%d", port), "-quiet",
				"-cert", cert, "-key", key)
		},
		"GnuTLS's server": func(port int) *exec.Cmd {
			return exec.Command("gnutls-serv", "--udp", "--echo", "--port", strconv.Itoa(port),
				"--x509certfile", cert, "--x509keyfile", key)
		},
	}
	for name, server := range servers {
		t.Run(name, func(t *testing.T) { r.dtlsServer(t, ca.file, server) })
	}
	clients := map[string]func(ctx context.Context, port int) *exec.Cmd{
		"OpenSSL's client": func(ctx context.Context, port int) *exec.Cmd {
			return exec.CommandContext(ctx, "openssl", "s_client", "-dtls1_2", "-connect",
				fmt.Sprintf("127.0.0.1:%d", port),
				"-quiet", "-verify_return_error", "-CAfile", ca.file,
				"-verify_hostname", "localhost")
		},
		"GnuTLS's client": func(ctx context.Context, port int) *exec.Cmd {
			return exec.CommandContext(ctx, "gnutls-cli", "--udp", "--x509cafile", ca.file,
				"--verify-hostname", "localhost",
				"--port", strconv.Itoa(port), "127.0.0.1")
		},
	}
	for name, client := range clients {
		t.Run(name, func(t *testing.T) { r.dtlsClient(t, cert, key, client) })
	}
}

// freeDatagramPort is an unused UDP port.
func freeDatagramPort(t *testing.T) int {
	t.Helper()
	conn, err := net.ListenPacket("udp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	return conn.LocalAddr().(*net.UDPAddr).Port
}

// awaitDatagrams waits until someone has bound a UDP port, in the kernel's list of them: a
// client that comes too early gets a refused connection.
func awaitDatagrams(t *testing.T, port int) {
	t.Helper()
	bound := fmt.Sprintf(":%04X ", port)
	end := time.Now().Add(peerTimeout)
	for ; time.Now().Before(end); time.Sleep(10 * time.Millisecond) {
		for _, list := range []string{"/proc/net/udp", "/proc/net/udp6"} {
			if text, err := os.ReadFile(list); err == nil &&
				strings.Contains(string(text), bound) {
				return
			}
		}
	}
	t.Fatalf("no one serves UDP port %d", port)
}

// dtlsServer connects to another implementation's server, which replies.
func (r *real) dtlsServer(t *testing.T, caFile string, server func(port int) *exec.Cmd) {
	port := freeDatagramPort(t)
	cmd := server(port)
	stdin, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	answered := make(chan struct{})
	go func() {
		defer close(answered)
		for scanner := bufio.NewScanner(stdout); scanner.Scan(); {
			if strings.Contains(scanner.Text(), "ping") {
				// sent by OpenSSL's server; GnuTLS's replies by itself
				fmt.Fprintln(stdin, "pong")
			}
		}
	}()
	t.Cleanup(func() {
		_ = cmd.Process.Kill()
		<-answered
		_ = cmd.Wait() // killed
	})
	awaitDatagrams(t, port)
	out := r.python(t, "dtls_peer.py", "client", strconv.Itoa(port), caFile, "localhost")
	t.Log(strings.TrimSpace(out))
	if !strings.HasPrefix(out, "OK DTLSv1.2 ") || !strings.HasSuffix(out, "ng\n") {
		t.Errorf("got %q", out)
	}
}

// dtlsClient makes another implementation's client connect, send a line and get it back.
func (r *real) dtlsClient(
	t *testing.T, cert, key string, client func(ctx context.Context, port int) *exec.Cmd,
) {
	port := freeDatagramPort(t)
	lines := r.startPython(t, "dtls_peer.py", "server", strconv.Itoa(port), cert, key)
	if line := <-lines; !strings.HasPrefix(line, "listening") {
		t.Fatalf("got %q", line)
	}
	ctx, cancel := context.WithTimeout(t.Context(), peerTimeout)
	defer cancel()
	cmd := client(ctx, port)
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
	line := <-lines
	t.Log(line)
	stdin.Close()
	cancel()
	_ = cmd.Wait() // killed, or refused: the line says
	if !strings.HasPrefix(line, "OK DTLSv1.2 ") || !strings.HasSuffix(line, " ping") {
		t.Errorf("got %q\n%s", line, tail(out.String()))
	}
}
