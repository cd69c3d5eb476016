package tests_test

import (
	"context"
	"crypto/sha256"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"mpwolf/internal/bundle"
)

// options agrees with OpenSSL and with Go on application protocols, versions of TLS and the length
// of records, in both directions.
func (r *real) options(t *testing.T) {
	dir := t.TempDir()
	ca := newAuthority(t, dir, "ca")
	cert, key := ca.issue(t, "server", "localhost", time.Now().Add(time.Hour))
	good := []string{"-cert", cert, "-key", key}
	for _, test := range []struct {
		name string
		peer []string // OpenSSL's arguments
		ours []string // the firmware's
		want string   // in its line, between these: OK … ping
	}{
		{"ALPN", []string{"-alpn", "mqtt"}, []string{"alpn=mqtt"}, "OK TLSv1.3 … mqtt"},
		{"ALPN over TLS 1.2", []string{"-alpn", "mqtt", "-tls1_2"},
			[]string{"alpn=x/mqtt"}, "OK TLSv1.2 … mqtt"},
		{"ALPN that only the firmware has", nil, []string{"alpn=mqtt"}, "OK TLSv1.3 … None"},
		{"at most TLS 1.2", nil, []string{"max=1.2"}, "OK TLSv1.2 …"},
		{"at least TLS 1.3", nil, []string{"min=1.3"}, "OK TLSv1.3 …"},
		{"at least TLS 1.3, the peer at most 1.2", []string{"-tls1_2"}, []string{"min=1.3"},
			"OSError …"},
		{"at most TLS 1.2, the peer at least 1.3", []string{"-tls1_3"}, []string{"max=1.2"},
			"OSError …"},
		{"short records", nil, []string{"fragment=1024"}, "OK TLSv1.3 …"},
		{"short records over TLS 1.2", []string{"-tls1_2"}, []string{"fragment=512"},
			"OK TLSv1.2 …"},
	} {
		begin, end, _ := strings.Cut(test.want, " …")
		check := func(t *testing.T, line string) {
			t.Helper()
			line = strings.TrimSpace(line)
			if !strings.HasPrefix(line, begin+" ") || !strings.HasSuffix(line, end) {
				t.Errorf("got %q; want %q", line, test.want)
			}
		}
		t.Run("client, "+test.name, func(t *testing.T) {
			port := startServer(t, append(good, test.peer...)...)
			check(t, r.python(t, "tls_client.py", append([]string{"127.0.0.1",
				strconv.Itoa(port), ca.file, "localhost"}, test.ours...)...))
		})
		t.Run("server, "+test.name, func(t *testing.T) {
			port := freePort(t)
			lines := r.startPython(t, "tls_server.py",
				append([]string{strconv.Itoa(port), cert, key}, test.ours...)...)
			if line := <-lines; !strings.HasPrefix(line, "listening") {
				t.Fatalf("got %q", line)
			}
			opensslSends(t, port, ca.file, test.peer)
			check(t, <-lines)
		})
	}
	t.Run("examples", func(t *testing.T) { r.examples(t, ca, cert, key) })
	t.Run("bundle of the system", func(t *testing.T) { r.systemBundle(t, ca, cert, key) })
	t.Run("many connections", func(t *testing.T) { r.many(t, cert, key) })
	t.Run("record lengths", func(t *testing.T) { r.recordLengths(t, ca, cert, key) })
	t.Run("reasons", r.reasons)
	t.Run("peers", r.peers)
	t.Run("key log", r.keyLog)
	t.Run("stubs", r.stubs)
	t.Run("first answer", func(t *testing.T) { r.firstAnswer(t, ca, cert, key) })
	t.Run("OCSP", r.ocsp)
	t.Run("post-quantum", func(t *testing.T) { r.postQuantum(t, ca, cert, key) })
	t.Run("Go's choice", func(t *testing.T) { r.goChoosesALPN(t, ca, cert, key) })
}

// examples runs the examples of docs/tls.md with OpenSSL as the peer.
func (r *real) examples(t *testing.T, ca *authority, cert, key string) {
	port := startServer(t, "-cert", cert, "-key", key, "-alpn", "mqtt", "-psk_identity",
		"sensor", "-psk", fmt.Sprintf("%x", "sixteen bytes ok"))
	text := string(readFile(t, filepath.Join("..", "docs", "tls.md")))
	want := map[string]string{
		"alpn": "mqtt\n", "versions": "TLSv1.3 (", "fragment": "3001\n",
		"session": "True\n",
		"pins":    "TLSv1.3\n", "peer": "(('DNS', 'localhost'),)\n2 1\n",
		"psk": "TLSv1.3 None\n", "bundle": "TLSv1.3\n", "ocsp": "TLSv1.3\n",
	}
	bundleFile := filepath.Join(t.TempDir(), "ca.bundle")
	writeFile(t, filepath.Dir(bundleFile), filepath.Base(bundleFile), bundleOf(t, ca.file))
	if strings.HasPrefix(wolfSSLVersion(t, r.firmware()), "5.5.") {
		want["psk"] = "TLSv1.2 None\n"
	}
	noOCSP := isBeforeOCSP(t, r.firmware())
	parts := strings.Split(text, "<!-- example: ")[1:]
	if len(parts) != len(want) {
		t.Errorf("docs/tls.md has %d examples; want %d", len(parts), len(want))
	}
	for _, part := range parts {
		name, code, _ := strings.Cut(part, " -->\n")
		code, _, _ = strings.Cut(code, "\n- ")
		code = strings.NewReplacer("\n    ", "\n", `"broker.example.com", 443`,
			fmt.Sprintf(`"127.0.0.1", %d`, port), "broker.example.com", "localhost", "ca.pem",
			ca.file, "/lib/ca.bundle", bundleFile,
			"c0ffee00c0ffee00c0ffee00c0ffee00c0ffee00c0ffee00c0ffee00c0ffee00",
			pinOf(t, cert)).Replace(code)
		if want[name] == "" {
			t.Errorf("no test knows the example %q", name)
		}
		if name == "ocsp" && noOCSP {
			continue
		}
		script := filepath.Join(t.TempDir(), "example.py")
		writeFile(t, filepath.Dir(script), filepath.Base(script), []byte(code))
		ctx, cancel := context.WithTimeout(t.Context(), peerTimeout)
		out, err := exec.CommandContext(ctx, r.firmware(), script).CombinedOutput()
		cancel()
		if err != nil || !strings.HasPrefix(string(out), want[name]) {
			t.Errorf("%s: %v\n%s\nwant %q", name, err, out, want[name])
		}
	}
}

// systemBundle measures what a bundle of all certificates that the system trusts takes.
func (r *real) systemBundle(t *testing.T, ca *authority, cert, key string) {
	file := bundle.SystemFile()
	if file == "" {
		t.Skip("SKIPPED: the system has no file of certificates that it trusts")
	}
	data := bundleOf(t, file, ca.file)
	if certs, err := bundle.Decode(data); err != nil || len(certs) < 100 {
		t.Skipf("SKIPPED: %s has only %d certificates (%v)", file, len(certs), err)
	}
	dir := t.TempDir()
	writeFile(t, dir, "ca.bundle", data)
	port := strconv.Itoa(startServer(t, "-cert", cert, "-key", key))
	const most = 512 // bytes
	var loaded, connected int
	line := r.python(t, "tls_bundle_memory.py", filepath.Join(dir, "ca.bundle"), port)
	if _, err := fmt.Sscanf(line, "OK %d %d", &loaded, &connected); err != nil || loaded > most ||
		connected > most {
		t.Errorf("got %q; want at most %d bytes twice", line, most)
	}
	t.Logf("a bundle of %d bytes: %s", len(data), line)
}

// bundleOf is a bundle of the certificates in files.
func bundleOf(t *testing.T, files ...string) []byte {
	t.Helper()
	var all []*x509.Certificate
	for _, file := range files {
		certs, _ := bundle.ParsePEM(readFile(t, file))
		all = append(all, certs...)
	}
	data, err := bundle.Encode(all)
	if err != nil {
		t.Fatal(err)
	}
	return data
}

// pinOf is the SHA-256 of a certificate's public key.
func pinOf(t *testing.T, file string) string {
	t.Helper()
	block, _ := pem.Decode(readFile(t, file))
	cert, err := x509.ParseCertificate(block.Bytes)
	if err != nil {
		t.Fatal(err)
	}
	return fmt.Sprintf("%x", sha256.Sum256(cert.RawSubjectPublicKeyInfo))
}

// recordLengths measures the records that OpenSSL's server sends, and those of the firmware to a
// peer that does not know the extension.
func (r *real) recordLengths(t *testing.T, ca *authority, cert, key string) {
	for _, fragment := range []int{512, 1024, 2048, 4096} {
		port := startServer(t, "-cert", cert, "-key", key)
		through, longest := recordProxy(t, port)
		line := r.python(t, "tls_client.py", "127.0.0.1", strconv.Itoa(through), ca.file,
			"localhost", "send=mmmmmmmmm", "times=1000", fmt.Sprintf("fragment=%d", fragment))
		if !strings.HasPrefix(line, "OK ") {
			t.Errorf("%d: got %.100q", fragment, line)
		}
		for i, side := range []string{"the firmware", "OpenSSL"} {
			if n := int(longest[i].Load()); n < fragment || n > fragment+64 {
				t.Errorf("%d: %s sent a record of %d bytes", fragment, side, n)
			}
		}
	}
}

// recordProxy connects a port with another, and notes the longest record of data in each
// direction.
func recordProxy(t *testing.T, to int) (port int, longest *[2]atomic.Int64) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	longest = &[2]atomic.Int64{}
	go func() {
		client, err := l.Accept()
		if err != nil {
			return
		}
		server, err := net.Dial("tcp", fmt.Sprintf("127.0.0.1:%d", to))
		if err != nil {
			client.Close()
			return
		}
		go passRecords(server, client, &longest[0])
		passRecords(client, server, &longest[1])
	}()
	return l.Addr().(*net.TCPAddr).Port, longest
}

func passRecords(to, from net.Conn, longest *atomic.Int64) {
	defer to.Close()
	const applicationData = 23
	for {
		header := make([]byte, 5)
		if _, err := io.ReadFull(from, header); err != nil {
			return
		}
		n := int64(header[3])<<8 | int64(header[4])
		if header[0] == applicationData && n > longest.Load() {
			longest.Store(n)
		}
		if _, err := to.Write(header); err != nil {
			return
		}
		if _, err := io.CopyN(to, from, n); err != nil {
			return
		}
	}
}

// goChoosesALPN serves with Go, which chooses by its own order and refuses a client without a
// protocol in common.
func (r *real) goChoosesALPN(t *testing.T, ca *authority, cert, key string) {
	pair, err := tls.LoadX509KeyPair(cert, key)
	if err != nil {
		t.Fatal(err)
	}
	l, err := tls.Listen("tcp", "127.0.0.1:0", &tls.Config{
		Certificates: []tls.Certificate{pair}, NextProtos: []string{"b", "a"}})
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
				_, _ = io.Copy(conn, conn) // until the client closes
			}()
		}
	}()
	port := strconv.Itoa(l.Addr().(*net.TCPAddr).Port)
	for ours, want := range map[string]string{"a/b": " b", "a": " a", "c": "OSError "} {
		line := strings.TrimSpace(r.python(t, "tls_client.py", "127.0.0.1", port, ca.file,
			"localhost", "alpn="+ours))
		if !strings.HasSuffix(line, want) && !strings.HasPrefix(line, want) {
			t.Errorf("%s: got %q; want %q", ours, line, want)
		}
	}
}

// TestOptions does the same with existing firmware, which MPWOLF_TEST_FIRMWARE names.
func TestOptions(t *testing.T) {
	longOnly(t, "needs a compiler and real sources")
	firmware := os.Getenv("MPWOLF_TEST_FIRMWARE")
	if firmware == "" {
		t.Skip("MPWOLF_TEST_FIRMWARE names no patched micropython; TestUnix does the same")
	}
	(&real{t: t, built: firmware}).options(t)
}
