package tests_test

import (
	"bufio"
	"bytes"
	"context"
	"crypto/sha256"
	"crypto/tls"
	"encoding/hex"
	"fmt"
	"io"
	"log"
	"maps"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"
)

// programsTimeout limits a client that reads all responses of one peer, which takes a second.
const programsTimeout = time.Minute

// programsBody is the peers' response: lines, in a little more than two records.
func programsBody() []byte {
	var body bytes.Buffer
	for i := range 100 { // asyncio takes a millisecond or two for a line
		more := strings.Repeat(" and reads", 31)
		fmt.Fprintf(&body, "line %d of what a program reads%s\n", i, more)
	}
	return body.Bytes()
}

// programs makes clients read responses as requests, aiohttp and umqtt do, from peers that close
// with close_notify and without, which is also the end of the stream.
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

// wantedAnswers is what programs_client.py must print: all data arrives, followed every time by
// the end of the stream or, if a missing close_notify is not to be suppressed, by an error.
func wantedAnswers(strict bool, body []byte) map[string]string {
	full, none := digest(body), digest(nil)
	want := map[string]string{}
	// untilEnd: the client reads to the end of the stream, and so meets the error. A single
	// read() that has data returns it.
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
	cmd := exec.Command("python3", filepath.Join("testdata", "http_peer.py"),
		strings.ToLower(library), strconv.Itoa(port), cert, key, version,
		filepath.Join(filepath.Dir(cert), "body"))
	t.Cleanup(startPeer(t, port, cmd))
	return port
}

// goPeer does what http_peer.py does, with Go's crypto/tls.
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

// answer replies to one request, GET /SHAPE/END. The client notices what goes wrong here.
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

// TestPrograms runs the HTTP and MQTT clients of the micropython-lib that
// MPWOLF_TEST_MICROPYTHON_LIB names, against common servers, with close_notify and without: what
// works on the built-in, MPWOLF_TEST_BASELINE, must work on ours, MPWOLF_TEST_FIRMWARE. Each is
// built if it is not named. The servers are Debian's packages.
func TestPrograms(t *testing.T) {
	tree := os.Getenv("MPWOLF_TEST_MICROPYTHON_LIB")
	if tree == "" {
		t.Skip("MPWOLF_TEST_MICROPYTHON_LIB names no tree of micropython-lib: not tested with " +
			"requests, urequests, aiohttp and umqtt")
	}
	firmwares := ourAndBuiltIn(t)
	p := &programs{lib: programsLib(t, tree), dir: t.TempDir(), body: programsBody()}
	ca := newAuthority(t, p.dir, "ca")
	p.cert, p.key = ca.issue(t, "server", "localhost", time.Now().Add(time.Hour))
	p.ca = toDER(t, ca.file)
	writeFile(t, p.dir, "body", p.body)
	for name, serve := range map[string]func(*testing.T) (int, string){
		"nginx": p.nginx, "http.server": p.httpServer, "gunicorn": p.gunicorn,
		"werkzeug": p.werkzeug,
		"OpenSSL":  p.sServer, "GnuTLS": p.gnutls, "Go": p.goHTTP,
	} {
		t.Run(name, func(t *testing.T) {
			port, want := serve(t)
			for _, end := range []string{"close_notify", "none"} {
				to := port
				if end == "none" {
					to = relay(t, port, withholdNotify)
				}
				args := []string{fmt.Sprintf("https://localhost:%d/body", to)}
				if name == "OpenSSL" {
					// s_server replies to a request's first line, and resets the connection if
					// the others come later.
					args = append(args, "aiohttp")
				}
				p.compare(t, end, firmwares, want, "programs_http.py", args...)
			}
		})
	}
	t.Run("MQTT on port 443", func(t *testing.T) {
		if ours := firmwares["ours"]; ours != "" {
			p.mqttOn443(t, ours, ca)
		}
	})
	t.Run("mosquitto", func(t *testing.T) {
		port := p.mosquitto(t)
		for _, kind := range []string{"simple", "robust"} {
			p.compare(t, kind, firmwares, "OK 20", "programs_mqtt.py", kind,
				strconv.Itoa(port), p.ca,
				"20")
		}
		p.compare(t, "robust, cut", firmwares, "OK 20 reconnects", "programs_mqtt.py", "robust",
			strconv.Itoa(relay(t, port, cutOdd)), p.ca, "20")
	})
}

// programs is the library, and what the servers serve.
type programs struct {
	lib, dir, cert, key, ca string
	body                    []byte
}

// programsLib arranges the packages as mip would install them.
func programsLib(t *testing.T, tree string) string {
	t.Helper()
	lib := t.TempDir()
	for from, to := range map[string]string{
		"python-ecosys/requests/requests": "requests", "python-ecosys/aiohttp/aiohttp": "aiohttp",
		"micropython/umqtt.simple/umqtt": "umqtt", "micropython/umqtt.robust/umqtt": "umqtt",
		"micropython/urequests": ".", "python-stdlib/ssl": ".",
	} {
		files, err := filepath.Glob(filepath.Join(tree, from, "*.py"))
		if err != nil || len(files) == 0 {
			t.Fatalf("%s has no %s: %v", tree, from, err)
		}
		if err := os.MkdirAll(filepath.Join(lib, to), 0o755); err != nil {
			t.Fatal(err)
		}
		for _, file := range files {
			writeFile(t, filepath.Join(lib, to), filepath.Base(file), readFile(t, file))
		}
	}
	return lib
}

// compare runs a script on both firmware builds: what the built-in gets right, ours must also
// get right.
func (p *programs) compare(
	t *testing.T, name string, firmwares map[string]string, want, script string, args ...string,
) {
	t.Helper()
	results := map[string][]string{}
	for firmware, file := range firmwares {
		ctx, cancel := context.WithTimeout(t.Context(), programsTimeout)
		words := append([]string{filepath.Join("firmware", script)}, args...)
		cmd := exec.CommandContext(ctx, file, words...)
		cmd.Env = append(os.Environ(), "MICROPYPATH=.frozen:"+p.lib)
		out, err := cmd.CombinedOutput()
		cancel()
		if err != nil {
			out = fmt.Appendf(out, "\n%v", err)
		}
		results[firmware] = strings.Split(strings.TrimSpace(string(out)), "\n")
	}
	ours, builtIn := results["ours"], results["built-in"]
	isRight := func(line string) bool {
		return strings.HasSuffix(strings.TrimSpace(line), want) && !strings.Contains(line, "Error")
	}
	right, wrong := 0, 0
	for i, line := range builtIn {
		if !isRight(line) {
			t.Logf("%s: the built-in: %s", name, line)
			continue
		}
		right++
		if i >= len(ours) || ours[i] != line {
			wrong++
		}
	}
	if right == 0 && !slices.ContainsFunc(ours, isRight) {
		t.Errorf("%s: nothing works at all:\n%s", name, tail(strings.Join(ours, "\n")))
	}
	if wrong > 0 {
		t.Errorf("%s: %d ways work on the built-in and not on ours:\n%s", name, wrong,
			tail(strings.Join(ours, "\n")))
	}
	t.Logf("%s: %d of %d work on the built-in, %d of them on ours", name, right, len(builtIn),
		right-wrong)
}

// serve runs a server until the test ends.
func (p *programs) serve(t *testing.T, port int, name string, args ...string) {
	t.Helper()
	cmd := exec.Command(name, args...)
	cmd.Dir = p.dir
	t.Cleanup(startPeer(t, port, cmd))
}

func (p *programs) nginx(t *testing.T) (int, string) {
	port := freePort(t)
	writeFile(t, p.dir, "nginx.conf", fmt.Appendf(nil, `
daemon off;
master_process off;
user root;
pid nginx.pid;
error_log error.log;
events { }
http {
	access_log off;
	client_body_temp_path temp; proxy_temp_path temp;
	fastcgi_temp_path temp; uwsgi_temp_path temp; scgi_temp_path temp;
	server {
		listen 127.0.0.1:%d ssl;
		ssl_certificate %s;
		ssl_certificate_key %s;
		root %s;
	}
}
`, port, p.cert, p.key, p.dir))
	p.serve(t, port, "/usr/sbin/nginx", "-p", p.dir, "-c", filepath.Join(p.dir, "nginx.conf"),
		"-e", "error.log")
	return port, digest(p.body)
}

func (p *programs) httpServer(t *testing.T) (int, string) {
	port := freePort(t)
	writeFile(t, p.dir, "server.py", []byte(`
import http.server, ssl, sys
ctx = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
ctx.load_cert_chain(*sys.argv[2:])
address = ("127.0.0.1", int(sys.argv[1]))
server = http.server.ThreadingHTTPServer(address, http.server.SimpleHTTPRequestHandler)
server.socket = ctx.wrap_socket(server.socket, server_side=True)
server.serve_forever()
`))
	p.serve(t, port, debianPython, "server.py", strconv.Itoa(port), p.cert, p.key)
	return port, digest(p.body)
}

// application is a WSGI application that sends the body in pieces and does not state its length.
const application = `
def app(environ, start_response):
    start_response("200 OK", [("Content-Type", "text/plain")])
    with open("body", "rb") as f:
        while piece := f.read(3000):
            yield piece
`

func (p *programs) gunicorn(t *testing.T) (int, string) {
	port := freePort(t)
	writeFile(t, p.dir, "wsgi.py", []byte(application))
	p.serve(t, port, "gunicorn", "--bind", fmt.Sprintf("127.0.0.1:%d", port), "--certfile", p.cert,
		"--keyfile", p.key, "wsgi:app")
	return port, digest(p.body)
}

func (p *programs) werkzeug(t *testing.T) (int, string) {
	port := freePort(t)
	writeFile(t, p.dir, "werk.py", []byte(application+`
import sys
from werkzeug.serving import run_simple
run_simple("127.0.0.1", int(sys.argv[1]), app, ssl_context=tuple(sys.argv[2:]), threaded=True)
`))
	p.serve(t, port, debianPython, "werk.py", strconv.Itoa(port), p.cert, p.key)
	return port, digest(p.body)
}

// sServer does not state the length.
func (p *programs) sServer(t *testing.T) (int, string) {
	port := freePort(t)
	p.serve(t, port, "openssl", "s_server", "-accept", fmt.Sprintf("127.0.0.1:%d", port), "-WWW",
		"-quiet", "-cert", p.cert, "-key", p.key)
	return port, digest(p.body)
}

// gnutls has one page, whatever is requested.
func (p *programs) gnutls(t *testing.T) (int, string) {
	port := freePort(t)
	p.serve(t, port, "gnutls-serv", "--http", "--quiet", "--port", strconv.Itoa(port),
		"--x509certfile", p.cert, "--x509keyfile", p.key)
	return port, ""
}

func (p *programs) goHTTP(t *testing.T) (int, string) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	server := &http.Server{
		Handler:  http.FileServer(http.Dir(p.dir)),
		ErrorLog: log.New(io.Discard, "", 0),
	}
	t.Cleanup(func() { server.Close() })
	go func() { _ = server.ServeTLS(l, p.cert, p.key) }() // until it is closed
	return l.Addr().(*net.TCPAddr).Port, digest(p.body)
}

func (p *programs) mosquitto(t *testing.T) int {
	port := freePort(t)
	writeFile(t, p.dir, "mosquitto.conf", fmt.Appendf(nil,
		"listener %d 127.0.0.1\nallow_anonymous true\nuser root\ncertfile %s\nkeyfile %s\n", port,
		p.cert, p.key))
	p.serve(t, port, "mosquitto", "-c", "mosquitto.conf")
	return port
}

// mqttOn443 runs nginx and the client as docs/tls.md shows them, and mosquitto as the broker.
func (p *programs) mqttOn443(t *testing.T, firmware string, ca *authority) {
	broker, port, secure, web := freePort(t), freePort(t), freePort(t), freePort(t)
	writeFile(t, p.dir, "plain.conf", fmt.Appendf(nil,
		"listener %d 127.0.0.1\nallow_anonymous true\nuser root\n", broker))
	p.serve(t, broker, "mosquitto", "-c", "plain.conf")
	module, file := "", "/usr/lib/nginx/modules/ngx_stream_module.so" // Debian's
	if _, err := os.Stat(file); err == nil {
		module = "load_module " + file + ";\n"
	}
	writeFile(t, p.dir, "mqtt.conf", []byte(module+"daemon off;\nmaster_process off;\n"+
		"user root;\npid mqtt.pid;\nevents { }\n"+strings.NewReplacer("listen 443;",
		fmt.Sprintf("listen 127.0.0.1:%d;", port), ":8883", fmt.Sprintf(":%d", secure),
		":8443", fmt.Sprintf(":%d", web), ":1883", fmt.Sprintf(":%d", broker),
		"server.pem", p.cert, "server.key", p.key, "http {", "http {\naccess_log off;\n"+
			"client_body_temp_path temp; proxy_temp_path temp;\nfastcgi_temp_path temp; "+
			"uwsgi_temp_path temp; scgi_temp_path temp;").Replace(program(t, "nginx"))))
	p.serve(t, port, "/usr/sbin/nginx", "-p", p.dir, "-c", filepath.Join(p.dir, "mqtt.conf"), "-e",
		"error.log")
	writeFile(t, p.dir, "ca.bundle", bundleOf(t, ca.file))
	code := strings.NewReplacer("broker.example.com\", 443", fmt.Sprintf("localhost\", %d", port),
		"/lib/ca.bundle", filepath.Join(p.dir, "ca.bundle")).Replace(program(t, "mqtt"))
	writeFile(t, p.dir, "mqtt.py", []byte(code))
	run := func(script string) string {
		cmd := exec.CommandContext(t.Context(), firmware, filepath.Join(p.dir, script))
		cmd.Env = append(os.Environ(), "MICROPYPATH=.frozen:"+p.lib)
		out, err := cmd.CombinedOutput()
		if err != nil {
			t.Errorf("%s: %v\n%s", script, err, out)
		}
		return string(out)
	}
	if got, want := run("mqtt.py"), "mqtt\nb'greetings' b'hello'\n"; got != want {
		t.Errorf("got %q; want %q", got, want)
	}
	writeFile(t, p.dir, "web.py", fmt.Appendf(nil, `
import socket, tls
ctx = tls.create_default_context(cafile=%q)
s = socket.socket()
s.connect(socket.getaddrinfo("127.0.0.1", %d)[0][-1])
s = ctx.wrap_socket(s, server_hostname="localhost")
s.write(b"GET / HTTP/1.0\r\n\r\n")
print(s.selected_alpn_protocol(), s.read()[-10:])
`, filepath.Join(p.dir, "ca.bundle"), port))
	if got, want := run("web.py"), "None b'a web page'\n"; got != want {
		t.Errorf("got %q; want %q", got, want)
	}
}

// program is a piece of docs/tls.md.
func program(t *testing.T, name string) string {
	t.Helper()
	_, text, ok := strings.Cut(string(readFile(t, filepath.Join("..", "docs", "tls.md"))),
		"<!-- program: "+name+" -->\n\n")
	if !ok {
		t.Fatalf("docs/tls.md has no program %q", name)
	}
	var lines []string
	for line := range strings.Lines(text) {
		if strings.TrimSpace(line) != "" && !strings.HasPrefix(line, "    ") {
			break
		}
		lines = append(lines, strings.TrimPrefix(line, "    "))
	}
	return strings.Join(lines, "")
}

// relay forwards connections to a port; pass handles one direction, from the server.
func relay(t *testing.T, port int, pass func(to, from net.Conn, count int)) int {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	go func() {
		for count := 1; ; count++ {
			client, err := l.Accept()
			if err != nil {
				return
			}
			go func() {
				defer client.Close()
				server, err := net.Dial("tcp", fmt.Sprintf("127.0.0.1:%d", port))
				if err != nil {
					return
				}
				defer server.Close()
				go func() { _, _ = io.Copy(server, client) }()
				pass(client, server, count)
			}()
		}
	}()
	return l.Addr().(*net.TCPAddr).Port
}

// withholdNotify forwards records, except the last one if that may be close_notify: an alert, or
// in TLS 1.3 a record that is as long as an encrypted alert.
func withholdNotify(to, from net.Conn, _ int) {
	var held []byte
	for {
		if err := from.SetReadDeadline(time.Time{}); err != nil {
			return
		}
		if held != nil { // the server may wait for the client's own
			if err := from.SetReadDeadline(time.Now().Add(300 * time.Millisecond)); err != nil {
				return
			}
		}
		record, err := readRecord(from)
		if err != nil {
			return
		}
		if _, err := to.Write(held); err != nil {
			return
		}
		held = nil
		const alert, data = 21, 23
		if record[0] == alert || record[0] == data && len(record) == 5+2+1+16 {
			held = record
		} else if _, err := to.Write(record); err != nil {
			return
		}
	}
}

// cutOdd ends every other connection after some kilobytes, between two records; the first is cut.
func cutOdd(to, from net.Conn, count int) {
	for passed := 0; count%2 == 0 || passed < 4000; {
		record, err := readRecord(from)
		if err != nil {
			return
		}
		if _, err := to.Write(record); err != nil {
			return
		}
		passed += len(record)
	}
}

func readRecord(from io.Reader) ([]byte, error) {
	record := make([]byte, 5)
	if _, err := io.ReadFull(from, record); err != nil {
		return nil, err
	}
	record = append(record, make([]byte, int(record[3])<<8|int(record[4]))...)
	_, err := io.ReadFull(from, record[5:])
	return record, err
}
