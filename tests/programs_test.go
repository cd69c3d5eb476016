package tests_test

import (
	"bufio"
	"bytes"
	"context"
	"crypto/sha256"
	"crypto/tls"
	"encoding/hex"
	"fmt"
	"maps"
	"net"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"
)

// programsTimeout bounds a client that reads all answers of one peer, which takes a second.
const programsTimeout = time.Minute

// programsBody is what the peers answer: lines, in two records and a bit.
func programsBody() []byte {
	var body bytes.Buffer
	for i := range 1000 {
		fmt.Fprintf(&body, "line %d of what a program reads\n", i)
	}
	return body.Bytes()
}

// programs has clients read answers in the ways of requests, aiohttp and umqtt, from peers that close with close_notify
// and without, which is the end of the stream as well.
func (r *real) programs(t *testing.T) {
	dir := t.TempDir()
	ca := newAuthority(t, dir, "ca")
	cert, key := ca.issue(t, "server", "localhost", time.Now().Add(time.Hour))
	caFile := toDER(t, ca.file)
	body := programsBody()
	for _, peer := range []string{"OpenSSL", "GnuTLS", "Go"} {
		for _, version := range []string{"1.2", "1.3"} {
			var port int
			if peer == "Go" {
				port = goPeer(t, cert, key, version, body)
			} else {
				port = pythonPeer(t, peer, cert, key, version, body)
			}
			for _, strict := range []bool{false, true} {
				name := peer + ", TLS " + version
				if strict {
					name += ", suppress_ragged_eofs=False"
				}
				t.Run(name, func(t *testing.T) {
					r.readAnswers(t, port, caFile, strict, body)
				})
			}
		}
	}
}

// readAnswers runs the clients of programs_client.py on one peer.
func (r *real) readAnswers(t *testing.T, port int, caFile string, strict bool, body []byte) {
	ctx, cancel := context.WithTimeout(t.Context(), programsTimeout)
	defer cancel()
	args := []string{filepath.Join("firmware", "programs_client.py"), strconv.Itoa(port), caFile}
	if strict {
		args = append(args, "strict=1")
	}
	out, err := exec.CommandContext(ctx, r.firmware(), args...).CombinedOutput()
	if err != nil {
		t.Errorf("%v", err)
	}
	got := map[string]string{}
	for line := range strings.Lines(string(out)) {
		if what, result, found := strings.Cut(strings.TrimSpace(line), ": "); found {
			got[what] = result
		}
	}
	want := wantedAnswers(strict, body)
	for _, what := range slices.Sorted(maps.Keys(want)) {
		result := want[what]
		if got[what] != result {
			t.Errorf("%s: got %q; want %q", what, got[what], result)
		}
	}
	if len(got) != len(want) || t.Failed() {
		t.Errorf("%d of %d lines:\n%s", len(got), len(want), tail(string(out)))
	}
}

// wantedAnswers is what programs_client.py must print: all data arrives, and after it there is the end of the stream,
// each time; or, if a missing close_notify is not to be suppressed, an error, each time.
func wantedAnswers(strict bool, body []byte) map[string]string {
	full, none := digest(body), digest(nil)
	want := map[string]string{}
	// untilEnd: the way goes on to the end of the stream, and so meets the error. A single read() that has data delivers it.
	add := func(style, way, shape, result string, untilEnd bool) {
		for _, end := range []string{"notify", "cut"} {
			text := result + " then b'' b''"
			switch {
			case strict && end == "cut" && untilEnd:
				text = result + " OSError then OSError OSError"
			case strict && end == "cut":
				text = result + " then OSError OSError"
			}
			want[fmt.Sprintf("%s %s %s %s", style, way, shape, end)] = text
		}
	}
	for _, style := range []string{"blocking", "non-blocking"} {
		add(style, "by_read", "end", full, false)
		add(style, "by_blocks", "end", full, true)
		add(style, "by_readinto", "end", full, true)
		add(style, "by_lines", "end", full, true)
		add(style, "by_readinto", "length", full, false)
		add(style, "by_lines", "length", full, true)
		add(style, "by_readinto", "short", full, true)
		add(style, "by_read", "short", full, false)
		add(style, "by_chunks", "chunked", full, false)
		add(style, "by_read", "empty", none, true)
		add(style, "by_lines", "empty", none, true)
	}
	if !strict {
		add("asyncio", "read", "end", full, true)
		add("asyncio", "blocks", "end", full, true)
		add("asyncio", "lines", "end", full, true)
		add("asyncio", "readexactly", "length", full, false)
		add("asyncio", "blocks", "length", full, true)
		add("asyncio", "readexactly", "short", none+" EOFError", true)
		add("asyncio", "blocks", "short", full, true)
		add("asyncio", "chunks", "chunked", full, false)
		add("asyncio", "read", "empty", none, true)
		add("asyncio", "lines", "empty", none, true)
	}
	return want
}

func digest(data []byte) string {
	sum := sha256.Sum256(data)
	return fmt.Sprintf("%d %s", len(data), hex.EncodeToString(sum[:]))
}

// toDER writes the first certificate or key of a PEM file beside it, and returns the file.
func toDER(t *testing.T, file string) string {
	t.Helper()
	out := file + ".der"
	kind := "x509"
	if strings.Contains(string(readFile(t, file)), "PRIVATE KEY") {
		kind = "pkey"
	}
	cmd := exec.Command("openssl", kind, "-in", file, "-outform", "DER", "-out", out)
	if text, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%s: %v\n%s", cmd, err, text)
	}
	return out
}

// pythonPeer runs http_peer.py on OpenSSL or GnuTLS until the test ends.
func pythonPeer(t *testing.T, library, cert, key, version string, body []byte) int {
	t.Helper()
	writeFile(t, filepath.Dir(cert), "body", body)
	port := freePort(t)
	cmd := exec.Command("python3", filepath.Join("testdata", "http_peer.py"), strings.ToLower(library),
		strconv.Itoa(port), cert, key, version, filepath.Join(filepath.Dir(cert), "body"))
	t.Cleanup(startPeer(t, port, cmd))
	return port
}

// goPeer is what http_peer.py is, on Go's crypto/tls.
func goPeer(t *testing.T, cert, key, version string, body []byte) int {
	t.Helper()
	pair, err := tls.LoadX509KeyPair(cert, key)
	if err != nil {
		t.Fatal(err)
	}
	config := &tls.Config{Certificates: []tls.Certificate{pair}, MinVersion: tls.VersionTLS13}
	if version == "1.2" {
		config.MinVersion, config.MaxVersion = tls.VersionTLS12, tls.VersionTLS12
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
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
			go answer(tls.Server(conn, config), body)
		}
	}()
	return l.Addr().(*net.TCPAddr).Port
}

// answer answers one request, GET /SHAPE/END. What goes wrong here the client sees.
func answer(conn *tls.Conn, body []byte) {
	defer conn.NetConn().Close()
	reader := bufio.NewReader(conn)
	line, err := reader.ReadString('\n')
	if err != nil {
		return
	}
	for header := line; header != "\r\n"; {
		if header, err = reader.ReadString('\n'); err != nil {
			return
		}
	}
	path := strings.Split(strings.Fields(line)[1], "/")
	const head = "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\n"
	var text bytes.Buffer
	switch path[1] {
	case "end":
		fmt.Fprintf(&text, "%s\r\n%s", head, body)
	case "length":
		fmt.Fprintf(&text, "%sContent-Length: %d\r\n\r\n%s", head, len(body), body)
	case "short":
		fmt.Fprintf(&text, "%sContent-Length: %d\r\n\r\n%s", head, len(body)+1, body)
	case "chunked":
		fmt.Fprintf(&text, "%sTransfer-Encoding: chunked\r\n\r\n", head)
		for rest := body; len(rest) > 0; {
			n := min(len(rest), 5000)
			fmt.Fprintf(&text, "%x\r\n%s\r\n", n, rest[:n])
			rest = rest[n:]
		}
		text.WriteString("0\r\n\r\n")
	}
	if text.Len() > 0 {
		if _, err := conn.Write(text.Bytes()); err != nil {
			return
		}
	}
	if path[2] == "notify" {
		_ = conn.CloseWrite()
	}
}
