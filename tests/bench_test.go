package tests_test

import (
	"debug/elf"
	"encoding/pem"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
)

const (
	benchRuns       = 3 // of which the median counts
	benchHandshakes = 100
	benchMegabytes  = 200
)

// contender is one of the compared programs: a Python with its TLS.
type contender struct {
	name   string
	python string
	tls13  bool
	values map[string][]float64
}

// TestBench measures, and writes the table of docs/speed.md into the file that MPWOLF_BENCH names;
// scripts/bench runs it. MPWOLF_BENCH_OURS and MPWOLF_BENCH_BASELINE take a patched micropython
// and one with mbedTLS that are there.
func TestBench(t *testing.T) {
	longOnly(t, "needs a compiler and real sources")
	file := os.Getenv("MPWOLF_BENCH")
	if file == "" {
		t.Skip("MPWOLF_BENCH names no file for the table; scripts/bench does")
	}
	ours, baseline := os.Getenv("MPWOLF_BENCH_OURS"), os.Getenv("MPWOLF_BENCH_BASELINE")
	if ours == "" || baseline == "" {
		r := newReal(t)
		r.patch()
		r.run("build", "-j", "2")
		r.built = filepath.Join(r.tree, "ports", "unix", "build-standard", "micropython")
		// The built-in's AES-CTR is off on unix.
		ours, baseline = r.firmware(), buildBaseline(t, r.mpwolf,
			"CFLAGS_EXTRA=-DMICROPY_PY_CRYPTOLIB_CTR=1")
	}
	b := &bench{all: []*contender{
		{name: "mbedTLS", python: baseline},
		{name: "wolfSSL", python: ours, tls13: true},
		{name: "OpenSSL", python: "python3", tls13: true},
	}}
	for _, c := range b.all {
		c.values = map[string][]float64{}
	}
	b.certificates(t)
	for run := range benchRuns {
		t.Logf("run %d of %d", run+1, benchRuns)
		b.run(t)
		table := b.table() + b.sizes(t, ours, baseline)
		if err := os.WriteFile(file, []byte(table), 0o644); err != nil {
			t.Fatal(err)
		}
	}
}

// bench is everything that is compared.
type bench struct {
	all  []*contender
	dir  string
	rows []string // the keys of values, in the table's order
}

// certificates makes one for localhost with each kind of key, which vouches for itself, and the
// file that is sent.
func (b *bench) certificates(t *testing.T) {
	t.Helper()
	b.dir = t.TempDir()
	for name, key := range map[string][]string{
		"P-256": {"ec", "-pkeyopt", "ec_paramgen_curve:P-256"}, "RSA-2048": {"rsa:2048"}} {
		args := append(
			[]string{"req", "-x509", "-nodes", "-days", "2", "-subj", "/CN=localhost", "-addext",
				"subjectAltName=DNS:localhost", "-keyout", b.path(name + ".key"), "-out",
				b.path(name + ".pem"), "-newkey"}, key...)
		if out, err := exec.Command("openssl", args...).CombinedOutput(); err != nil {
			t.Fatalf("%v\n%s", err, out)
		}
		for _, file := range []string{name + ".key", name + ".pem"} {
			block, _ := pem.Decode(readFile(t, b.path(file)))
			writeFile(t, b.dir, file+".der", block.Bytes)
		}
	}
	if err := os.WriteFile(b.path("big"), make([]byte, (benchMegabytes+1)<<20),
		0o644); err != nil {
		t.Fatal(err)
	}
}

func (b *bench) path(name string) string { return filepath.Join(b.dir, name) }

// record adds a value; the first run says which rows there are.
func (b *bench) record(c *contender, row string, value float64) {
	if !slices.Contains(b.rows, row) {
		b.rows = append(b.rows, row)
	}
	c.values[row] = append(c.values[row], value)
}

// run measures everything once, alternating between the contenders.
func (b *bench) run(t *testing.T) {
	for _, key := range []string{"P-256", "RSA-2048"} {
		for _, version := range []string{"1.2", "1.3"} {
			for _, c := range b.all {
				if c.tls13 || version == "1.2" {
					b.handshakes(t, c, key, version)
				}
			}
		}
	}
	for _, way := range []string{"send", "recv"} {
		for _, c := range b.all {
			b.bulk(t, c, way)
		}
	}
	for _, algorithm := range []string{"sha256", "aes-128-cbc", "aes-128-ctr"} {
		for _, size := range []int{64, 1024, 65536} {
			for _, c := range b.all {
				b.crypto(t, c, algorithm, size)
			}
		}
	}
}

// handshakes makes the contender call a server on CPython's OpenSSL, and a client on that call
// the contender.
func (b *bench) handshakes(t *testing.T, c *contender, key, version string) {
	cert, keyFile := b.path(key+".pem"), b.path(key+".key")
	row := fmt.Sprintf("handshake, TLS %s, %s: ", version, key)
	peer := freePort(t)
	stop := startPeer(t, peer, exec.Command("python3", filepath.Join("testdata", "echo_server.py"),
		strconv.Itoa(peer), cert, keyFile,
		version))
	v := b.python(t, c, "client", strconv.Itoa(peer), cert, strconv.Itoa(benchHandshakes))
	stop()
	b.record(c, row+"client, ms of CPU", v[0])
	b.record(c, row+"client, ms on the clock", v[1])

	port := freePort(t)
	lines := startLines(t, exec.Command(c.python, filepath.Join("firmware", "bench.py"), "server",
		strconv.Itoa(port), cert, keyFile,
		strconv.Itoa(benchHandshakes)))
	if line := <-lines; line != "listening" {
		t.Fatalf("%s: %q", c.name, line)
	}
	client := exec.Command("python3", filepath.Join("testdata", "caller.py"),
		strconv.Itoa(port), cert, version,
		strconv.Itoa(benchHandshakes+5))
	if out, err := client.CombinedOutput(); err != nil {
		t.Fatalf("%s: %v\n%s", c.name, err, out)
	}
	b.record(c, row+"server, ms of CPU", numbers(t, <-lines)[0])
}

// startPeer starts a server and returns what ends it.
func startPeer(t *testing.T, port int, cmd *exec.Cmd) (stop func()) {
	t.Helper()
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	waitForPort(t, port)
	return func() {
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
	}
}

func (b *bench) bulk(t *testing.T, c *contender, way string) {
	port := freePort(t)
	args := []string{"s_server", "-accept", fmt.Sprintf("127.0.0.1:%d", port), "-quiet", "-cert",
		b.path("P-256.pem"),
		"-key", b.path("P-256.key")}
	if way == "recv" {
		args = append(args, "-WWW")
	}
	cmd := exec.Command("openssl", args...)
	cmd.Dir = b.dir
	stdin, err := cmd.StdinPipe() // its end would be the server's
	if err != nil {
		t.Fatal(err)
	}
	defer stdin.Close()
	defer startPeer(t, port, cmd)()
	v := b.python(t, c, way, strconv.Itoa(port), b.path("P-256.pem"), strconv.Itoa(benchMegabytes))
	b.record(c,
		fmt.Sprintf("%d MB %s, s of CPU", benchMegabytes,
			map[string]string{"send": "sent", "recv": "received"}[way]), v[0])
}

func (b *bench) crypto(t *testing.T, c *contender, algorithm string, size int) {
	row := fmt.Sprintf("%s, %d bytes per call, MB/s", algorithm, size)
	if c.python != "python3" || algorithm == "sha256" {
		b.record(c, row, b.python(t, c, "crypto", algorithm, strconv.Itoa(size))[0])
		return
	}
	// CPython has no AES of its own.
	out, err := exec.Command("openssl", "speed", "-mr", "-elapsed", "-seconds", "1", "-bytes",
		strconv.Itoa(size), "-evp", algorithm).Output()
	if err != nil {
		t.Fatal(err)
	}
	// +F:25:AES-128-CBC:1234567.89, in bytes a second
	fields := strings.Split(strings.TrimSpace(string(out)), ":")
	value, err := strconv.ParseFloat(fields[len(fields)-1], 64)
	if err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	b.record(c, row, value/1e6)
}

// python runs bench.py and returns the numbers it prints.
func (b *bench) python(t *testing.T, c *contender, args ...string) []float64 {
	t.Helper()
	out, err := exec.Command(c.python,
		append([]string{filepath.Join("firmware", "bench.py")}, args...)...).CombinedOutput()
	if err != nil {
		t.Fatalf("%s: %v: %v\n%s", c.name, args, err, out)
	}
	return numbers(t, string(out))
}

func numbers(t *testing.T, line string) []float64 {
	t.Helper()
	var values []float64
	for _, word := range strings.Fields(line) {
		value, err := strconv.ParseFloat(word, 64)
		if err != nil {
			t.Fatalf("%q is not a number", line)
		}
		values = append(values, value)
	}
	if len(values) == 0 {
		t.Fatal("no number")
	}
	return values
}

// table is the medians in Markdown. The ratios say how many times better wolfSSL is than mbedTLS
// and OpenSSL, whether less or more is better. Where mbedTLS, which MicroPython builds without
// TLS 1.3, has no value, its TLS 1.2 is used.
func (b *bench) table() string {
	var text strings.Builder
	text.WriteString("| | mbedTLS | wolfSSL | OpenSSL | wolfSSL : mbedTLS | wolfSSL : OpenSSL " +
		"|\n|---|---|---|---|---|---|\n")
	for _, row := range b.rows {
		var v [3]float64
		cells := [3]string{"–", "–", "–"}
		for i, c := range b.all {
			if v[i] = median(c.values[row]); v[i] > 0 {
				cells[i] = significant(v[i])
			}
		}
		other := v[0]
		if other == 0 {
			other = median(b.all[0].values[strings.Replace(row, "TLS 1.3", "TLS 1.2", 1)])
		}
		fmt.Fprintf(&text, "| %s | %s | %s | %s | %s | %s |\n", row, cells[0], cells[1], cells[2],
			ratio(v[1], other), ratio(v[1], v[2]))
	}
	return text.String()
}

func median(values []float64) float64 {
	if len(values) == 0 {
		return 0
	}
	values = slices.Sorted(slices.Values(values))
	return values[len(values)/2]
}

func significant(v float64) string {
	switch {
	case v >= 100:
		return fmt.Sprintf("%.0f", v)
	case v >= 10:
		return fmt.Sprintf("%.1f", v)
	default:
		return fmt.Sprintf("%.2f", v)
	}
}

func ratio(ours, other float64) string {
	if other == 0 {
		return "–"
	}
	return fmt.Sprintf("%.2f", ours/other)
}

// sizes is the table's last row: the code and constants of the firmwares.
func (b *bench) sizes(t *testing.T, ours, baseline string) string {
	t.Helper()
	wolf, mbed := textSize(t, ours), textSize(t, baseline)
	return fmt.Sprintf("| text of the unix firmware, kB | %.0f | %.0f | – | %.2f | – |\n",
		mbed/1000, wolf/1000, wolf/mbed)
}

// textSize is what size(1) calls text. The baseline may be a script that ends with the program's
// path.
func textSize(t *testing.T, file string) float64 {
	t.Helper()
	f, err := elf.Open(file)
	if err != nil {
		words := strings.Fields(string(readFile(t, file)))
		if f, err = elf.Open(words[len(words)-2]); err != nil {
			t.Fatal(err)
		}
	}
	defer f.Close()
	var size uint64
	for _, section := range f.Sections {
		if section.Flags&elf.SHF_ALLOC != 0 && section.Flags&elf.SHF_WRITE == 0 {
			size += section.Size
		}
	}
	return float64(size)
}

// TestBenchTable checks that docs/speed.md has the table that scripts/bench prints, with any
// figures.
func TestBenchTable(t *testing.T) {
	_, table, found := strings.Cut(string(readFile(t, filepath.Join("..", "docs", "speed.md"))),
		"<!-- bench: begin -->")
	table, _, ended := strings.Cut(table, "<!-- bench: end -->")
	if !found || !ended {
		t.Fatal("docs/speed.md has no table of scripts/bench")
	}
	for _, row := range []string{
		"| handshake, TLS 1.3, RSA-2048: server, ms of CPU |", "| 200 MB received, s of CPU |",
		"| aes-128-ctr, 65536 bytes per call, MB/s |", "| text of the unix firmware, kB |",
	} {
		if !strings.Contains(table, row) {
			t.Errorf("no row %q; run scripts/bench", row)
		}
	}
}
