package tests_test

import (
	"bufio"
	"bytes"
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"iter"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"
)

// soak is how much each of its cells does, and by how much the firmware may grow.
type soak struct {
	handshakes, megabytes int
	heap, process         int // bytes, and a block or two still in use; KB
	timeout               time.Duration
}

// oneConnection is more heap than a connection takes: the collector may still see the last one.
// What leaks in each handshake is found if it is more than a twentieth of that.
const oneConnection = 8192

// shortSoak is what CI runs. The limit for the process is what the C library keeps.
var shortSoak = soak{handshakes: 50, megabytes: 20, heap: oneConnection, process: 2048,
	timeout: 2 * time.Minute}

const (
	soakWarmUp   = 10 // WARM_UP of soak.py
	soakParallel = 4  // clients at once
	soakBlock    = 16384
	// blocks that may be on their way: less than the sockets hold, so that nothing waits forever
	soakAhead = 12
)

// TestSoak runs as long as you like, on existing firmware.
func TestSoak(t *testing.T) {
	longOnly(t, "needs a compiler and real sources")
	firmware := os.Getenv("MPWOLF_SOAK_FIRMWARE")
	if firmware == "" {
		t.Skip("MPWOLF_SOAK_FIRMWARE names no patched micropython; MPWOLF_SOAK_HANDSHAKES and " +
			"_MEGABYTES say how much")
	}
	long := shortSoak
	long.handshakes, long.megabytes, long.timeout = 1000, 1024, time.Hour
	for name, value := range map[string]*int{
		"MPWOLF_SOAK_HANDSHAKES": &long.handshakes, "MPWOLF_SOAK_MEGABYTES": &long.megabytes,
	} {
		if text := os.Getenv(name); text != "" {
			n, err := strconv.Atoi(text)
			if err != nil {
				t.Fatalf("%s: %v", name, err)
			}
			*value = n
		}
	}
	long.run(t, firmware)
}

// run makes the firmware talk to OpenSSL and GnuTLS, as client and as server, blocking and with
// asyncio.
func (s soak) run(t *testing.T, firmware string) {
	dir := t.TempDir()
	ca := newAuthority(t, dir, "ca")
	cert, key := ca.issue(t, "server", "localhost", time.Now().Add(24*time.Hour))
	for _, peer := range []string{"OpenSSL", "GnuTLS"} {
		for _, style := range []string{"blocking", "asyncio"} {
			t.Run("client of "+peer+", "+style, func(t *testing.T) {
				s.client(t, firmware, peer, style, ca.file, cert, key)
			})
			t.Run("server for "+peer+", "+style, func(t *testing.T) {
				s.server(t, firmware, peer, style, ca.file, cert, key)
			})
		}
	}
}

func (s soak) client(t *testing.T, firmware, peer, style, caFile, cert, key string) {
	port := strconv.Itoa(freePort(t))
	var server *exec.Cmd
	if peer == "OpenSSL" {
		server = exec.Command("python3",
			filepath.Join("testdata", "echo_server.py"), port, cert, key)
	} else {
		server = exec.Command("gnutls-serv", "--echo", "-p", port, "--x509certfile", cert,
			"--x509keyfile", key)
	}
	if err := server.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = server.Process.Kill()
		_ = server.Wait()
	})
	waitForPort(t, mustAtoi(t, port))
	lines := s.start(t, firmware, "client", style, port, caFile)
	s.report(t, <-lines, lines)
}

func (s soak) server(t *testing.T, firmware, peer, style, caFile, cert, key string) {
	port := strconv.Itoa(freePort(t))
	lines := s.start(t, firmware, "server", style, port, cert, key)
	if line := <-lines; !strings.HasPrefix(line, "listening") {
		t.Fatalf("got %q", line)
	}
	args := map[string][]string{
		"OpenSSL": {"openssl", "s_client", "-connect", "127.0.0.1:" + port, "-quiet",
			"-no_ign_eof", "-verify_return_error",
			"-CAfile", caFile, "-verify_hostname", "localhost", "-servername", "localhost"},
		"GnuTLS": {"gnutls-cli", "--logfile", os.DevNull, "--x509cafile", caFile,
			"--verify-hostname", "localhost",
			"--sni-hostname", "localhost", "-p", port, "127.0.0.1"},
	}[peer]
	limit := make(chan struct{}, soakParallel)
	var wait sync.WaitGroup
	for i := range soakWarmUp + s.handshakes {
		limit <- struct{}{}
		wait.Add(1)
		go func() {
			defer func() { <-limit; wait.Done() }()
			if err := s.echo(args, fmt.Sprintf("handshake %d\n", i),
				len("handshake 0\n")); err != nil {
				t.Errorf("handshake %d: %v", i, err)
			}
		}()
	}
	wait.Wait()
	if t.Failed() {
		return
	}
	text := make([]byte, 1<<19)
	if _, err := rand.Read(text); err != nil {
		t.Fatal(err)
	}
	if peer == "GnuTLS" {
		args = []string{"python3", filepath.Join("testdata", "gnutls_client.py"), port, caFile}
	}
	// In text, because these clients are made for the terminal.
	if err := s.echo(args, hex.EncodeToString(text), s.megabytes<<20); err != nil {
		t.Error(err)
	}
	s.report(t, <-lines, lines)
}

// echo makes a client send text repeatedly until it is at least that many bytes, and compares
// what comes back.
func (s soak) echo(client []string, text string, atLeast int) error {
	ctx, cancel := context.WithTimeout(context.Background(), s.timeout)
	defer cancel()
	cmd := exec.CommandContext(ctx, client[0], client[1:]...)
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	stdin, err := cmd.StdinPipe()
	if err != nil {
		return err
	}
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		return err
	}
	if err := cmd.Start(); err != nil {
		return err
	}
	sent, received := sha256.New(), sha256.New()
	tokens := make(chan struct{}, soakAhead)
	go func() {
		for _, part := range parts(text, atLeast) {
			tokens <- struct{}{}
			sent.Write([]byte(part))
			if _, err := io.WriteString(stdin, part); err != nil {
				return // the client is gone, and its stdout is closed
			}
		}
	}()
	problem := func() error {
		back := bufio.NewReaderSize(stdout, soakBlock)
		for _, part := range parts(text, atLeast) {
			if _, err := io.CopyN(received, back, int64(len(part))); err != nil {
				return err
			}
			<-tokens
		}
		stdin.Close()
		n, err := io.Copy(io.Discard, back)
		if n > 0 {
			return fmt.Errorf("%d bytes more came back than were sent", n)
		}
		return err
	}()
	stdin.Close()
	if err := cmd.Wait(); err != nil && problem == nil {
		problem = err
	}
	if problem == nil && !bytes.Equal(sent.Sum(nil), received.Sum(nil)) {
		problem = errors.New("what came back is not what was sent")
	}
	if problem != nil {
		return fmt.Errorf("%s: %w\n%s", client[0], problem, tail(stderr.String()))
	}
	return nil
}

// parts are the blocks of a text, repeated until they are at least that many bytes.
func parts(text string, atLeast int) iter.Seq2[int, string] {
	return func(yield func(int, string) bool) {
		for done := 0; done < atLeast; {
			part := text[done%len(text):]
			part = part[:min(len(part), soakBlock)]
			if !yield(done, part) {
				return
			}
			done += len(part)
		}
	}
}

// start runs soak.py and returns its lines.
func (s soak) start(t *testing.T, firmware string, args ...string) <-chan string {
	t.Helper()
	args = append([]string{filepath.Join("firmware", "soak.py")}, args...)
	args = append(args, strconv.Itoa(s.handshakes), strconv.Itoa(s.megabytes<<20))
	ctx, cancel := context.WithTimeout(t.Context(), s.timeout)
	t.Cleanup(cancel)
	return startLines(t, exec.CommandContext(ctx, firmware, args...))
}

// report checks the last line of soak.py.
func (s soak) report(t *testing.T, line string, rest <-chan string) {
	t.Helper()
	for more := range rest {
		t.Errorf("%s", more)
	}
	t.Logf("%d handshakes, %d MB each way: %s (heap B, process KB: handshakes; bulk)",
		s.handshakes, s.megabytes, line)
	var grown [4]int
	if _, err := fmt.Sscanf(line, "done %d %d %d %d", &grown[0], &grown[1], &grown[2],
		&grown[3]); err != nil {
		t.Fatalf("got %q", line)
	}
	for i, n := range grown {
		if most := [...]int{s.heap, s.process, s.heap + 2*soakBlock, s.process}[i]; n > most {
			t.Errorf("grown by %d; at most %d are allowed", n, most)
		}
	}
}

func mustAtoi(t *testing.T, text string) int {
	t.Helper()
	n, err := strconv.Atoi(text)
	if err != nil {
		t.Fatal(err)
	}
	return n
}
