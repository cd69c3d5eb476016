package tests_test

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"net"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"
)

// limit is one of wolfSSL's limits in docs/limits.md: how a server answers a valid request of a
// client. If the answer has become better, the test fails and says so, and the document must be
// changed.
type limit struct {
	id   string
	send func(h hello) []byte
	now  string // the answer now: "alert N", "hello" …
	then string // and without the limit
}

// limits are those of wolfSSL up to 5.9; newLimits are those that 5.9 has added.
var limits = []limit{
	{"split-header", func(h hello) []byte {
		message := h.message()
		return slices.Concat(plainRecord(22, message[:2]), plainRecord(22, message[2:]))
	}, "alert 50", "hello"},
	{"many-shares", func(h hello) []byte {
		for i := range uint16(12) {
			h.groups = append(h.groups, 0x9a00+i)
			h.shares = append(h.shares, 0x9a00+i)
		}
		return plainRecord(22, h.message())
	}, "alert 47", "hello"},
	{"many-suites", func(h hello) []byte {
		for i := range uint16(150) {
			h.suites = append(h.suites, 0xca00+i)
		}
		return plainRecord(22, h.message())
	}, "alert 50", "hello"},
	{"large-record", func(h hello) []byte {
		h.padding = 16300
		return plainRecord(22, h.message())
	}, "hello", "alert 22"},
}

var newLimits = []string{"many-shares"}

// hello is a ClientHello for both TLS 1.2 and 1.3 that a server must accept.
type hello struct {
	version  uint16
	versions []uint16 // the extension supported_versions; none: no such extension
	suites   []uint16
	groups   []uint16
	shares   []uint16 // groups with a key share
	noPoint  bool     // the shares are all zeros, which no peer can use
	padding  int
}

func goodHello() hello {
	return hello{
		version: 0x0303, versions: []uint16{0x0304, 0x0303},
		suites: []uint16{0x1301, 0xc02b}, // with AES-128-GCM: of TLS 1.3, and ECDHE-ECDSA
		groups: []uint16{0x0017, 0x001d}, shares: []uint16{0x001d},
	}
}

func (h hello) message() []byte {
	be := binary.BigEndian
	list := func(values []uint16) []byte {
		var b []byte
		for _, v := range values {
			b = be.AppendUint16(b, v)
		}
		return b
	}
	vector16 := func(b []byte) []byte { return append(be.AppendUint16(nil, uint16(len(b))), b...) }
	var extensions []byte
	extend := func(id uint16, data []byte) {
		extensions = append(be.AppendUint16(extensions, id), vector16(data)...)
	}
	extend(10, vector16(list(h.groups)))
	extend(11, []byte{1, 0})                             // points: uncompressed
	extend(13, vector16(list([]uint16{0x0403, 0x0804}))) // ECDSA with P-256, RSA-PSS
	if h.versions != nil {
		versions := list(h.versions)
		extend(43, append([]byte{byte(len(versions))}, versions...))
		var shares []byte
		for _, group := range h.shares {
			share := make([]byte, 32)
			if !h.noPoint {
				share[0] = 9 // the base point of X25519 is a valid public key
			}
			shares = append(be.AppendUint16(shares, group), vector16(share)...)
		}
		extend(51, vector16(shares))
	}
	if h.padding > 0 {
		extend(21, make([]byte, h.padding))
	}
	body := be.AppendUint16(nil, h.version)
	body = append(body, make([]byte, 32)...) // random
	body = append(body, 32)                  // session ID, as middleboxes like it
	body = append(body, make([]byte, 32)...)
	body = append(body, vector16(list(h.suites))...)
	body = append(body, 1, 0) // no compression
	body = append(body, vector16(extensions)...)
	return append([]byte{1, byte(len(body) >> 16), byte(len(body) >> 8), byte(len(body))}, body...)
}

func plainRecord(kind byte, data []byte) []byte {
	return append([]byte{kind, 3, 1, byte(len(data) >> 8), byte(len(data))}, data...)
}

// limits sends hellos to http_server.py.
func (r *real) limits(t *testing.T) {
	dir := t.TempDir()
	ca := newAuthority(t, dir, "ca")
	cert, key := ca.issue(t, "server", "localhost", time.Now().Add(time.Hour))
	port := freePort(t)
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	cmd := exec.CommandContext(ctx, r.firmware(), filepath.Join("firmware", "http_server.py"),
		strconv.Itoa(port), toDER(t, cert), toDER(t, key))
	defer startPeer(t, port, cmd)()
	if got := askHello(t, port, plainRecord(22, goodHello().message())); got != "hello" {
		t.Fatalf("a hello without anything special: got %q", got)
	}
	noPoint := goodHello()
	noPoint.noPoint = true
	if got := askHello(t, port, plainRecord(22, noPoint.message())); got != "alert 47" {
		t.Errorf("a key share of zeros: got %q, not an alert alone", got)
	}
	const script = "import wolfssl\nprint(wolfssl.WOLFSSL_VERSION)"
	version, err := exec.Command(r.firmware(), "-c", script).Output()
	if err != nil {
		t.Fatal(err)
	}
	for _, l := range limits {
		if slices.Contains(newLimits, l.id) && string(version) < "wolfSSL 5.9" {
			l.now, l.then = l.then, ""
		}
		got := askHello(t, port, l.send(goodHello()))
		t.Logf("%s: %s", l.id, got)
		switch got {
		case l.now:
		case l.then:
			t.Errorf("%s: got %q: the limit is gone, take it out of docs/limits.md", l.id, got)
		default:
			t.Errorf("%s: got %q; docs/limits.md has %q", l.id, got, l.now)
		}
	}
}

// askHello sends a hello and returns what comes back: "hello" for a ServerHello, "alert N", or
// "end".
func askHello(t *testing.T, port int, data []byte) string {
	t.Helper()
	conn, err := net.Dial("tcp", fmt.Sprintf("127.0.0.1:%d", port))
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	if err := conn.SetDeadline(time.Now().Add(10 * time.Second)); err != nil {
		t.Fatal(err)
	}
	if _, err := conn.Write(data); err != nil {
		t.Fatal(err)
	}
	record, err := readRecord(conn)
	switch {
	case errors.Is(err, io.EOF):
		return "end"
	case err != nil:
		return err.Error()
	case record[0] == 21 && len(record) == 7:
		return fmt.Sprintf("alert %d", record[6])
	case record[0] == 22 && record[5] == 2:
		return "hello"
	}
	return fmt.Sprintf("%x", record[:min(len(record), 16)])
}

// TestLimitsDocument checks that docs/limits.md has all limits.
func TestLimitsDocument(t *testing.T) {
	text := string(readFile(t, filepath.Join("..", "docs", "limits.md")))
	for _, l := range limits {
		if !strings.Contains(text, "| "+l.id+" |") {
			t.Errorf("docs/limits.md has no line for %s", l.id)
		}
	}
}
