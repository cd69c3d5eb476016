package tests_test

import (
	"bufio"
	"encoding/pem"
	"fmt"
	"io"
	"maps"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// metalBoard is the machine for the figures in docs/metal.md: a Cortex-M4.
const metalBoard = "mps2-an386"

// metalMachines are the boards of the port qemu that can be measured, and QEMU's names for their
// machines. MPS2_AN386 is one of ours.
var metalMachines = map[string]string{
	"MPS2_AN385": "mps2-an385",
	"MPS2_AN386": metalBoard,
	"MPS2_AN500": "mps2-an500", // from MicroPython 1.28 on
	"VIRT_RV32":  "virt",
}

// metal is a bare-metal firmware with TLS, and the servers that it calls.
type metal struct {
	t        *testing.T
	machine  string // QEMU's name
	firmware string
	dir      string // certificates, keys and the file that is served
}

// metalBuild builds the qemu port for a board with the module that measures. A second call
// with the same directory compiles TLS again, and what is frozen, whose names depend on it.
func metalBuild(t *testing.T, r *real, board, build, pki, modules string, args ...string) string {
	t.Helper()
	for _, name := range []string{"micropython-wolfssl", "frozen_content.c"} {
		if err := os.RemoveAll(filepath.Join(build, name)); err != nil {
			t.Fatal(err)
		}
	}
	// The port's make would build it with our BUILD.
	r.must(exec.Command("make", "-j2", "-C", filepath.Join(r.tree, "mpy-cross")))
	args = append([]string{"-j2", "-C", filepath.Join(r.tree, "ports", "qemu"),
		metalMakeBoard(t, board), "BUILD=" + build, "MICROPY_HEAP_SIZE=1000000",
		"FROZEN_MANIFEST=" + filepath.Join(pki, "manifest.py"), "MPY_LIB_DIR=" + pki,
		"USER_C_MODULES=" + modules}, args...)
	r.must(exec.Command("make", args...))
	return filepath.Join(build, "firmware.elf")
}

// metalModules is a directory of user modules with the one that measures.
func metalModules(t *testing.T, dir string) string {
	t.Helper()
	from := os.DirFS(filepath.Join("testdata", "metal"))
	if err := os.CopyFS(filepath.Join(dir, "metal"), from); err != nil {
		t.Fatal(err)
	}
	writeFile(t, filepath.Join(dir, "metal"), "exidx.ld",
		readFile(t, filepath.Join("..", "ports", "qemu", "exidx.ld")))
	return dir
}

// metalPKI makes a root, an intermediate certificate and one for localhost, with P-256 and with
// RSA-2048 keys, and what is frozen into the firmware: the roots in DER, and the script.
func metalPKI(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	roots := ""
	for _, kind := range []string{"ec", "rsa"} {
		key := []string{"-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-256"}
		if kind == "rsa" {
			key = []string{"-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:2048"}
		}
		path := func(name string) string { return filepath.Join(dir, kind+"-"+name) }
		openssl := func(args ...string) {
			t.Helper()
			if out, err := exec.Command("openssl", args...).CombinedOutput(); err != nil {
				t.Fatalf("openssl %q: %v\n%s", args, err, out)
			}
		}
		for i, name := range []string{"root", "intermediate", "leaf"} {
			openssl(append([]string{"genpkey", "-out", path(name + ".key")}, key...)...)
			extensions := "basicConstraints=critical,CA:TRUE\nkeyUsage=critical,keyCertSign\n"
			if name == "leaf" {
				extensions = "subjectAltName=DNS:localhost\nextendedKeyUsage=serverAuth\n"
			}
			writeFile(t, dir, kind+"-"+name+".ext", []byte(extensions))
			openssl("req", "-new", "-key", path(name+".key"), "-subj", "/CN="+name,
				"-out", path(name+".csr"))
			sign := []string{"x509", "-req", "-days", "500", "-in", path(name + ".csr"),
				"-extfile", path(name + ".ext"), "-out", path(name + ".pem")}
			if i == 0 {
				sign = append(sign, "-signkey", path("root.key"))
			} else {
				issuer := []string{"root", "intermediate"}[i-1]
				sign = append(sign, "-CA", path(issuer+".pem"), "-CAkey", path(issuer+".key"),
					"-CAcreateserial")
			}
			openssl(sign...)
		}
		block, _ := pem.Decode(readFile(t, path("root.pem")))
		roots += fmt.Sprintf("%s = b\"", strings.ToUpper(kind))
		for _, b := range block.Bytes {
			roots += fmt.Sprintf("\\x%02x", b)
		}
		roots += "\"\n"
	}
	writeFile(t, dir, "metal_roots.py", []byte(roots))
	writeFile(t, dir, "metal_client.py",
		readFile(t, filepath.Join("testdata", "metal", "metal_client.py")))
	writeFile(t, dir, "manifest.py",
		[]byte(`freeze(".", ("metal_roots.py", "metal_client.py"))`+"\n"))
	// What make looks for in micropython-lib, which is not needed.
	writeFile(t, dir, "README.md", nil)
	writeFile(t, dir, "big", make([]byte, 1<<20))
	writeFile(t, dir, "small", []byte("hello\n"))
	return dir
}

// server starts OpenSSL's server and connects two named pipes with it, which the board reads and
// writes.
func (m *metal) server(kind, version string, ciphers ...string) (pipe string) {
	m.t.Helper()
	return m.connect(m.listen(kind, version, ciphers...))
}

// listen starts OpenSSL's server, which takes one connection after the other.
func (m *metal) listen(kind, version string, ciphers ...string) (port int) {
	t := m.t
	t.Helper()
	port = freePort(t)
	path := func(name string) string { return filepath.Join(m.dir, kind+"-"+name) }
	args := append([]string{"s_server", "-accept", fmt.Sprintf("127.0.0.1:%d", port), "-quiet",
		"-WWW", "-cert", path("leaf.pem"), "-key", path("leaf.key"),
		"-cert_chain", path("intermediate.pem"), "-tls" + strings.ReplaceAll(version, ".", "_")},
		ciphers...)
	cmd := exec.Command("openssl", args...)
	cmd.Dir = m.dir
	t.Cleanup(startPeer(t, port, cmd))
	return port
}

func (m *metal) connect(port int) (pipe string) {
	t := m.t
	t.Helper()
	pipe = filepath.Join(t.TempDir(), "p")
	conn, err := net.Dial("tcp", fmt.Sprintf("127.0.0.1:%d", port))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close() })
	open := func(name string) *os.File {
		if out, err := exec.Command("mkfifo", name).CombinedOutput(); err != nil {
			t.Fatalf("%v\n%s", err, out)
		}
		file, err := os.OpenFile(name, os.O_RDWR, 0)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = file.Close() })
		return file
	}
	toBoard, fromBoard := open(pipe+".in"), open(pipe+".out")
	go func() { _, _ = io.Copy(toBoard, conn) }()
	go func() { _, _ = io.Copy(conn, fromBoard) }()
	return pipe
}

// run makes the board execute Python code, with a heap of that many bytes, or all memory for 0.
// It returns the printed lines, and the exception.
func (m *metal) run(heap int, code string) (lines []string, raised string) {
	m.t.Helper()
	args := []string{"-icount", "shift=0"}
	if heap > 0 {
		address := "0x21000000" // as in modmetal.c
		if m.machine == "virt" {
			address = "0x87000000"
		}
		args = append(args, "-device",
			fmt.Sprintf("loader,addr=%s,data=%d,data-len=4", address, heap))
	}
	q := startQemu(m.t, m.machine, m.firmware, args...)
	q.send(m.t, "import metal_client as m\n"+code+ctrlD)
	q.until(m.t, "OK")
	out := strings.ReplaceAll(q.until(m.t, ctrlD), "\r\n", "\n")
	raised = q.until(m.t, ctrlD+">")
	q.stop()
	scanner := bufio.NewScanner(strings.NewReader(out))
	for scanner.Scan() {
		lines = append(lines, scanner.Text())
	}
	return lines, raised
}

// session is what one session costs.
type metalSession struct {
	peak, resting, largest, allocations int
	handshake, kilobyte                 int // instructions
	cipher                              string
}

var metalCiphers = []string{"-cipher", "ECDHE-ECDSA-AES128-GCM-SHA256:ECDHE-RSA-AES128-GCM-SHA256",
	"-ciphersuites", "TLS_AES_128_GCM_SHA256"}

func (m *metal) session(kind, version string) metalSession {
	m.t.Helper()
	pipe := m.server(kind, version, metalCiphers...)
	lines, raised := m.run(0, fmt.Sprintf("m.one(%q, %q, 64)\n", pipe, kind))
	if raised != "" || len(lines) != 1 {
		m.t.Fatalf("%s, TLS %s: %s\n%s", kind, version, lines, raised)
	}
	words := strings.SplitN(lines[0], " ", 7)
	var v [6]int
	for i := range v {
		n, err := strconv.Atoi(words[i])
		if err != nil {
			m.t.Fatalf("%q: %v", lines[0], err)
		}
		v[i] = n
	}
	return metalSession{v[0], v[1], v[2], v[3], v[4], v[5], words[6]}
}

// resumed is what a handshake costs, in instructions, and what one does that resumes the session.
func (m *metal) resumed(kind, version string) (full, resumed int) {
	m.t.Helper()
	port := m.listen(kind, version, metalCiphers...)
	pipes := []string{m.connect(port), m.connect(port)}
	lines, raised := m.run(0, fmt.Sprintf("m.resume((%q, %q), %q)\n", pipes[0], pipes[1], kind))
	if raised != "" || len(lines) != 2 {
		m.t.Fatalf("%s, TLS %s: %s\n%s", kind, version, lines, raised)
	}
	m.t.Logf("TLS %s, %s, resumed: %q", version, kind, lines)
	for i, n := range []*int{&full, &resumed} {
		if _, err := fmt.Sscanf(lines[i], []string{"False %d", "True %d"}[i], n); err != nil {
			m.t.Fatalf("%q: %v", lines, err)
		}
	}
	return full, resumed
}

// fits reports whether that many sessions work at once in a heap of that many KB.
func (m *metal) fits(kilobytes, sessions int, version string) bool {
	m.t.Helper()
	var pipes []string
	for range sessions {
		pipes = append(pipes, m.server("ec", version, metalCiphers...))
	}
	lines, raised := m.run(kilobytes<<10,
		fmt.Sprintf("m.several((%s,), \"ec\")\n", `"`+strings.Join(pipes, `", "`)+`"`))
	return raised == "" && slices.Equal(lines, slices.Repeat([]string{"16"}, sessions))
}

// smallestHeap is the smallest heap, in KB, in which that many sessions work at once.
func (m *metal) smallestHeap(sessions int, version string) int {
	m.t.Helper()
	low, high := 8, 128 // low does not fit
	for high-low > 1 {
		if mid := (low + high) / 2; m.fits(mid, sessions, version) {
			high = mid
		} else {
			low = mid
		}
	}
	return high
}

// The limits for TLS on the Cortex-M4: bytes of heap, KB of the smallest heap for one session and
// for four, instructions.
const (
	metalPeak12, metalPeak13, metalPeakRSA = 16 << 10, 18 << 10, 24 << 10
	metalResting, metalRestingRSA          = 6 << 10, 6400
	metalHeap1, metalHeap1TLS13            = 18, 20
	metalHeap4                             = 38
	metalHandshakeEC, metalHandRSA         = 10e6, 14e6
	metalKilobyte, metalSHA256             = 110e3, 64e3
)

// within checks that sessions stay within the limits.
func (m *metal) within() {
	m.t.Helper()
	for _, version := range []string{"1.2", "1.3"} {
		for _, kind := range []string{"ec", "rsa"} {
			s := m.session(kind, version)
			m.t.Logf("TLS %s, %s: %+v", version, kind, s)
			peak, resting, handshake := metalPeak12, metalResting, int(metalHandshakeEC)
			if version == "1.3" {
				peak = metalPeak13
			}
			if kind == "rsa" {
				peak, resting, handshake = metalPeakRSA, metalRestingRSA, metalHandRSA
			}
			if s.peak > peak || s.resting > resting || s.handshake > handshake ||
				s.kilobyte > metalKilobyte {
				m.t.Errorf("TLS %s, %s: %+v is more than allowed", version, kind, s)
			}
		}
		one, four := m.smallestHeap(1, version), m.smallestHeap(4, version)
		m.t.Logf("TLS %s: one session fits %d KB, four fit %d KB", version, one, four)
		least := metalHeap1
		if version == "1.3" {
			least = metalHeap1TLS13
		}
		if one > least || four > metalHeap4 {
			m.t.Errorf("TLS %s: one session fits only %d KB, four only %d KB", version, one, four)
		}
	}
}

// TestMetal patches and builds the qemu port for a Cortex-M4 and checks that a TLS client stays
// within its limits there, and that the smaller profiles also talk to OpenSSL and report what
// they lack.
func TestMetal(t *testing.T) {
	longOnly(t, "needs a compiler and real sources")
	inTheLongRun(t)
	t.Parallel()
	m, build := newMetal(t, "MPS2_AN386")
	checkText(t, "Cortex-M4, full", "arm-none-eabi-gcc", m.firmware)
	m.within()
	m.sessionsAndResets()
	for _, version := range []string{"1.2", "1.3"} {
		for _, kind := range []string{"ec", "rsa"} {
			limit := 1.0 / 4
			if version == "1.3" {
				limit = 0.55 // there is still a key exchange
			}
			full, resumed := m.resumed(kind, version)
			if ratio := float64(resumed) / float64(full); ratio > limit {
				t.Errorf("TLS %s, %s: a resumed handshake costs %.2f of a full one", version, kind,
					ratio)
			}
		}
	}
	if cost := m.crypto()["sha256"]; cost > metalSHA256 {
		t.Errorf("SHA-256: %d instructions per kilobyte", cost)
	}
	m.firmware = build("CFLAGS_EXTRA=-DMICROPY_WOLFSSL_SESSIONS=0")
	m.within()
	for _, profile := range []string{"client", "tiny"} {
		m.firmware = build("WOLFSSL_PROFILE=" + profile)
		checkText(t, "Cortex-M4, "+profile, "arm-none-eabi-gcc", m.firmware)
		for _, kind := range []string{"ec", "rsa"} {
			t.Logf("%s, %s: %+v", profile, kind, m.session(kind, "1.3"))
		}
		want := metalLacks
		if profile == "client" {
			t.Logf("%s: %+v", profile, m.session("ec", "1.2"))
			want = want[:1]
		}
		if lines, raised := m.run(0, "m.lacks()\n"); raised != "" || !slices.Equal(lines, want) {
			t.Errorf("%s: %q\n%s", profile, lines, raised)
		}
	}
}

// metalLacks is what the profile tiny reports as missing; client lacks only the first.
var metalLacks = []string{
	"NotImplementedError protocol not in this firmware",
	"NotImplementedError no client certificates in this firmware",
	"ValueError no PEM in this firmware",
}

// newMetal patches a tree and builds the firmware of a board; build builds it again with other
// arguments for make.
func newMetal(t *testing.T, board string) (m *metal, build func(args ...string) string) {
	t.Helper()
	r := newReal(t)
	name := board
	if board == "MPS2_AN386" {
		name = metalBoardDir(t)
	}
	r.run("patch", "--port", "qemu", "--board", name, "--pristine", "--wolfssl", r.wolfssl,
		"--wolfssl-from", "apt")
	modules := metalModules(t, filepath.Dir(r.module()))
	pki, dir := metalPKI(t), filepath.Join(t.TempDir(), "build")
	build = func(args ...string) string {
		return metalBuild(t, r, board, dir, pki, modules, append(args, "WOLFSSL_PORT=qemu")...)
	}
	return &metal{t: t, machine: metalMachines[board], firmware: build(), dir: pki}, build
}

// metalMakeBoard is the variable of make that selects a board.
func metalMakeBoard(t *testing.T, board string) string {
	t.Helper()
	if board == "MPS2_AN386" {
		return "BOARD_DIR=" + metalBoardDir(t)
	}
	return "BOARD=" + board
}

func metalBoardDir(t *testing.T) string {
	t.Helper()
	board, err := filepath.Abs(filepath.Join("..", "ports", "qemu", "boards", "MPS2_AN386"))
	if err != nil {
		t.Fatal(err)
	}
	return board
}

// crypto is what algorithms cost, in instructions per kilobyte.
func (m *metal) crypto() map[string]int {
	m.t.Helper()
	lines, raised := m.run(0, "m.crypto()\n")
	costs := map[string]int{}
	for _, line := range lines {
		name, number, _ := strings.Cut(line, " ")
		n, err := strconv.Atoi(number)
		if err != nil {
			m.t.Fatal(err)
		}
		costs[name] = n
	}
	if raised != "" || len(costs) == 0 {
		m.t.Fatalf("%q\n%s", lines, raised)
	}
	return costs
}

// TestMetalBench measures both libraries, and writes the table of docs/metal.md into the file that
// MPWOLF_BENCH_METAL names, and its plot into that of MPWOLF_BENCH_METAL_SVG, for the board that
// MPWOLF_BENCH_METAL_BOARD names, or MPS2_AN386; scripts/bench --metal runs it.
func TestMetalBench(t *testing.T) {
	longOnly(t, "needs a compiler and real sources")
	file := os.Getenv("MPWOLF_BENCH_METAL")
	if file == "" {
		t.Skip("MPWOLF_BENCH_METAL names no file for the table; scripts/bench --metal does")
	}
	board := os.Getenv("MPWOLF_BENCH_METAL_BOARD")
	if board == "" {
		board = "MPS2_AN386"
	}
	if metalMachines[board] == "" {
		t.Fatalf("unknown board %q; boards that can be measured: %s", board,
			strings.Join(slices.Sorted(maps.Keys(metalMachines)), ", "))
	}
	ours, _ := newMetal(t, board)
	columns := []metalColumn{
		metalBaseline(t, board, ours.dir).column("1.2"),
		ours.column("1.2"),
		ours.column("1.3"),
	}
	var text strings.Builder
	text.WriteString("| | mbedTLS, TLS 1.2 | wolfSSL, TLS 1.2 | wolfSSL, TLS 1.3 |\n")
	text.WriteString("|---|---|---|---|\n")
	for i, row := range columns[0] {
		fmt.Fprintf(&text, "| %s |", row.name)
		for _, column := range columns {
			fmt.Fprintf(&text, " %s |", column[i].value)
		}
		text.WriteString("\n")
	}
	if err := os.WriteFile(file, []byte(text.String()), 0o644); err != nil {
		t.Fatal(err)
	}
	if file := os.Getenv("MPWOLF_BENCH_METAL_SVG"); file != "" {
		plot, err := metalPlot(text.String())
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(file, []byte(plot), 0o644); err != nil {
			t.Fatal(err)
		}
	}
}

// metalBaseline builds the firmware with the built-in mbedTLS.
func metalBaseline(t *testing.T, board, pki string) *metal {
	t.Helper()
	r := newRealIn(t, t.TempDir())
	addMbedTLS(t, r.tree)
	firmware := metalBuild(t, r, board, filepath.Join(t.TempDir(), "build"), pki,
		metalModules(t, t.TempDir()), "MICROPY_PY_SSL=1", "MICROPY_SSL_MBEDTLS=1",
		"CFLAGS_EXTRA=-DMICROPY_TRACKED_ALLOC=1 -DMICROPY_PY_CRYPTOLIB=1")
	return &metal{t: t, machine: metalMachines[board], firmware: firmware, dir: pki}
}

// metalColumn is what one library costs with one version of TLS, row by row.
type metalColumn []struct{ name, value string }

func (m *metal) column(version string) metalColumn {
	m.t.Helper()
	var c metalColumn
	add := func(name, format string, args ...any) {
		c = append(c, struct{ name, value string }{name, fmt.Sprintf(format, args...)})
	}
	ec, rsa := m.session("ec", version), m.session("rsa", version)
	add("peak heap of a handshake, P-256 / RSA-2048, bytes", "%d / %d", ec.peak, rsa.peak)
	add("heap of a session after that", "%d / %d", ec.resting, rsa.resting)
	add("largest block", "%d / %d", ec.largest, rsa.largest)
	add("allocations", "%d / %d", ec.allocations, rsa.allocations)
	add("smallest heap for 1 / 4 sessions, P-256, KB", "%d / %d",
		m.smallestHeap(1, version), m.smallestHeap(4, version))
	add("instructions of a handshake, P-256 / RSA-2048, millions", "%.1f / %.1f",
		float64(ec.handshake)/1e6, float64(rsa.handshake)/1e6)
	add("instructions per KB received, AES-128-GCM, thousands", "%d", ec.kilobyte/1000)
	costs := m.crypto()
	add("instructions per KB of SHA-256, thousands", "%d", costs["sha256"]/1000)
	add("instructions per KB of AES-128-CBC in `cryptolib`, thousands", "%d",
		costs["aes-128-cbc"]/1000)
	return c
}
