package tests_test

import (
	"bufio"
	"bytes"
	"cmp"
	"crypto"
	"crypto/ecdsa"
	"crypto/rsa"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"mpwolf/internal/bundle"
)

// debianPython is Debian's Python, which has Debian's packages.
const debianPython = "/usr/bin/python3"

// The answers that there are to a certificate, in x509Case and in docs/x509.md.
const (
	accept = "accept"
	refuse = "refuse"
	either = "either" // the rule allows both
)

// The verify modes of MicroPython's ssl.
const (
	certNone     = 0
	certOptional = 1
	certRequired = 2
)

// x509Case is a case of tests/x509/cases.py.
type x509Case struct {
	Name     string
	Group    string // the heading in docs/x509.md
	Side     string // whose certificate it is: "server", "client", "own" (the side under test)
	Table    bool   // it is one of those that every wolfSSL version is tested with
	Versions []string
	Peer     string     // "openssl" if crypto/tls cannot do it
	Steps    []x509Step // connections with one context; the case is about the last one
	Why      string
	// None is the result of the last connection without verification: accept, or why the
	// certificate cannot even be read.
	None string
	// Exceptions are answers of wolfSSL versions that can't give the right one.
	Exceptions []x509Exception
}

// x509Step is a connection.
type x509Step struct {
	Right    string
	Host     *string
	Mode     int
	Anchors  []string // loaded before the first step
	Chain    []string // what the peer sends, its own certificate first
	Key      string
	Own      string  // the certificate and key of the side under test, without their endings
	At       *string // the time, if not now
	Repeat   int     // that many more times, with the memory measured
	Chains   [][]string
	WrongKey bool // the peer lacks the certificate's key: the handshake fails after verification
}

// x509Exception says that wolfSSL from a version on, or before one, gives another answer over
// some versions of TLS, and why. An empty field means all.
type x509Exception struct {
	From, Before string
	TLS          []string
	Answer, Why  string
}

func (e *x509Exception) applies(version, tls string) bool {
	return (e.From == "" || !olderThan(version, e.From)) &&
		(e.Before == "" || olderThan(version, e.Before)) &&
		(len(e.TLS) == 0 || slices.Contains(e.TLS, tls))
}

func (c *x509Case) last() *x509Step { return &c.Steps[len(c.Steps)-1] }

// right is the answer to the last connection.
func (c *x509Case) right() string { return c.last().Right }

// x509Run is a connection as tests/x509/verdicts.py reads it.
type x509Run struct {
	ID      int        `json:"id"`
	New     bool       `json:"new"`
	Side    string     `json:"side"`
	Version string     `json:"version"`
	Host    *string    `json:"host"`
	Mode    int        `json:"mode"`
	Anchors []string   `json:"anchors"`
	Bundle  string     `json:"bundle"` // a CA bundle to load too, or ""
	At      *string    `json:"at"`
	Repeat  int        `json:"repeat"`
	Chains  [][]string `json:"chains"`
	Own     string     `json:"own"`
	OpenSSL bool       `json:"openssl"` // the peer is openssl_peer.py
	Peer    x509Order  `json:"peer"`

	c       *x509Case
	step    int
	control bool // without verification, to see that it was the verification that refused
}

// x509Order says what the peer is to do.
type x509Order struct {
	ID       int      `json:"id"`
	Role     string   `json:"role"` // "server" or "client"
	Version  string   `json:"version"`
	Chain    []string `json:"chain"`
	Key      string   `json:"key"`
	WrongKey bool     `json:"wrong_key"`
}

// x509Answer is the result of a connection.
type x509Answer struct {
	stage, text   string
	heap, process int // bytes by which they grew in a repeated connection
}

func (a x509Answer) verdict() string {
	switch a.stage {
	case "done":
		return accept
	case notAsked:
		return "–"
	}
	return refuse
}

// notAsked is the stage of an answer that needs a clock that cannot be set.
const notAsked = "not asked"

// x509Lab has certificates, and peers that present them.
type x509Lab struct {
	dir       string
	cases     []*x509Case
	faketime  string
	peerError sync.Map // by the connection's number: why the peer gave up
	lastID    int      // of a connection

	// Where the peers are: one is here, the other is openssl_peer.py.
	port, dtlsPort, opensslPort int
}

// newX509Lab makes the certificates of tests/x509/cases.py, as of now.
func newX509Lab(t *testing.T) *x509Lab {
	t.Helper()
	if err := exec.Command(debianPython, "-c", "import cryptography").Run(); err != nil {
		t.Skipf("%s has no cryptography package; scripts/test installs it", debianPython)
	}
	l := &x509Lab{dir: t.TempDir()}
	script := filepath.Join("x509", "generate.py")
	out, err := exec.Command(debianPython, "-B", script, l.dir).CombinedOutput()
	if err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	if err := json.Unmarshal(readFile(t, l.path("cases.json")), &l.cases); err != nil {
		t.Fatal(err)
	}
	l.start(t)
	return l
}

func (l *x509Lab) path(name string) string { return filepath.Join(l.dir, name) }

// start starts the peers.
func (l *x509Lab) start(t *testing.T) {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { listener.Close() })
	l.port = listener.Addr().(*net.TCPAddr).Port
	go func() {
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			go l.peer(conn)
		}
	}()
	cmd := exec.Command(debianPython, "-B", filepath.Join("x509", "openssl_peer.py"), l.dir)
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	stderr, err := cmd.StderrPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
	})
	go func() {
		for scanner := bufio.NewScanner(stderr); scanner.Scan(); {
			id, text, _ := strings.Cut(scanner.Text(), " ")
			n, _ := strconv.Atoi(id)
			l.peerError.Store(n, scanner.Text()[len(scanner.Text())-len(text):])
		}
	}()
	line, err := bufio.NewReader(stdout).ReadString('\n')
	if err == nil {
		_, err = fmt.Sscan(line, &l.dtlsPort, &l.opensslPort)
	}
	if err != nil {
		t.Fatalf("openssl_peer.py: %v", err)
	}
	if found, _ := filepath.Glob("/usr/lib/*/faketime/libfaketime.so.1"); len(found) > 0 {
		l.faketime = found[0]
	}
}

// peer does what a connection's first line says. It presents any bytes: crypto/tls does not
// parse its own certificates.
func (l *x509Lab) peer(conn net.Conn) {
	defer conn.Close()
	_ = conn.SetDeadline(time.Now().Add(peerTimeout))
	var line []byte
	for b := make([]byte, 1); b[0] != '\n'; line = append(line, b[0]) {
		if _, err := io.ReadFull(conn, b); err != nil {
			return
		}
	}
	var order x509Order
	err := json.Unmarshal(line, &order)
	if err == nil {
		err = l.play(conn, &order)
	}
	if err != nil {
		l.peerError.Store(order.ID, err.Error())
	}
}

func (l *x509Lab) play(conn net.Conn, order *x509Order) error {
	cert := &tls.Certificate{}
	for _, name := range order.Chain {
		der, err := os.ReadFile(l.path(name))
		if err != nil {
			return err
		}
		cert.Certificate = append(cert.Certificate, der)
	}
	if order.Key != "" {
		der, err := os.ReadFile(l.path(order.Key))
		if err != nil {
			return err
		}
		if cert.PrivateKey, err = x509.ParsePKCS8PrivateKey(der); err != nil {
			return err
		}
	}
	if order.WrongKey {
		leaf, err := x509.ParseCertificate(cert.Certificate[0])
		if err != nil {
			return err
		}
		cert.PrivateKey = wrongKey{leaf.PublicKey}
	}
	versions := map[string]uint16{"1.2": tls.VersionTLS12, "1.3": tls.VersionTLS13}
	config := &tls.Config{
		MinVersion:         versions[order.Version],
		MaxVersion:         versions[order.Version],
		InsecureSkipVerify: true,
		GetCertificate: func(*tls.ClientHelloInfo) (*tls.Certificate, error) {
			return cert, nil
		},
		GetClientCertificate: func(*tls.CertificateRequestInfo) (*tls.Certificate, error) {
			return cert, nil
		},
		SessionTicketsDisabled: true,
	}
	buf := make([]byte, 4)
	if order.Role == "server" {
		c := tls.Server(conn, config)
		_, err := io.ReadFull(c, buf)
		if err == nil {
			_, err = c.Write(buf)
		}
		return cmp.Or(err, c.Close())
	}
	c := tls.Client(conn, config)
	_, err := c.Write([]byte("ping"))
	if err == nil {
		_, err = io.ReadFull(c, buf)
	}
	return cmp.Or(err, c.Close())
}

// wrongKey makes signatures that another key of the same kind might have made.
type wrongKey struct{ public crypto.PublicKey }

func (k wrongKey) Public() crypto.PublicKey { return k.public }

func (k wrongKey) Sign(random io.Reader, digest []byte, opts crypto.SignerOpts) ([]byte, error) {
	switch public := k.public.(type) {
	case *ecdsa.PublicKey:
		other, err := ecdsa.GenerateKey(public.Curve, random)
		if err != nil {
			return nil, err
		}
		return other.Sign(random, digest, opts)
	case *rsa.PublicKey:
		signature := make([]byte, public.Size())
		_, err := io.ReadFull(random, signature[1:]) // less than the modulus
		return signature, err
	default:
		return nil, fmt.Errorf("no signature for a %T", public)
	}
}

// runs are the connections of some cases, with those without verification that show what refused.
func (l *x509Lab) runs(cases []*x509Case, contender *x509Contender) []*x509Run {
	var runs []*x509Run
	for _, c := range cases {
		for _, version := range c.Versions {
			if !slices.Contains(contender.versions, version) {
				continue
			}
			for i := range c.Steps {
				run := l.run(c, i, version)
				switch {
				case !contender.control:
					run.Repeat = 0
				case run.Repeat > 0 && os.Getenv("MPWOLF_TEST_LONG") != "":
					run.Repeat = 10000
				}
				runs = append(runs, run)
			}
			if contender.control && c.right() == refuse && len(c.last().Chain) > 0 {
				run := l.run(c, len(c.Steps)-1, version)
				run.New, run.control, run.Mode, run.Repeat = true, true, certNone, 0
				if c.Side == "client" {
					run.Mode = certOptional // a server that verifies nothing requests nothing
				}
				runs = append(runs, run)
			}
		}
	}
	return runs
}

func (l *x509Lab) run(c *x509Case, i int, version string) *x509Run {
	step := &c.Steps[i]
	l.lastID++
	role := c.Side
	if role == "own" {
		role = "client"
	}
	return &x509Run{
		ID: l.lastID, New: i == 0, Side: c.Side, Version: version, Host: step.Host,
		Mode: step.Mode, Anchors: c.Steps[0].Anchors, Own: step.Own, At: step.At,
		Repeat: step.Repeat,
		Chains: step.Chains, OpenSSL: c.Peer == "openssl", c: c, step: i,
		Peer: x509Order{
			ID: l.lastID, Role: role, Version: version, Chain: step.Chain, Key: step.Key,
			WrongKey: step.WrongKey,
		},
	}
}

// ask makes a Python make connections. It returns an answer for each.
func (l *x509Lab) ask(t *testing.T, python []string, runs []*x509Run) map[*x509Run]x509Answer {
	t.Helper()
	answers := map[*x509Run]x509Answer{}
	var now, dated []*x509Run
	for i := 0; i < len(runs); {
		next := i + 1
		for next < len(runs) && !runs[next].New {
			next++
		}
		of := runs[i:next]
		switch {
		case slices.ContainsFunc(of, func(r *x509Run) bool { return r.At != nil }):
			dated = append(dated, of...)
		case slices.ContainsFunc(of, func(r *x509Run) bool { return r.Repeat > 0 }):
			// Memory freed by others would hide how much this takes.
			l.askAt(t, python, of, nil, "", answers)
		default:
			now = append(now, of...)
		}
		i = next
	}
	l.askAt(t, python, now, nil, "", answers)
	switch {
	case len(dated) == 0:
	case l.faketime == "":
		t.Log("no libfaketime (scripts/test installs it): cases with their own date were not run")
		for _, run := range dated {
			answers[run] = x509Answer{stage: notAsked}
		}
	default:
		clock := filepath.Join(t.TempDir(), "clock")
		env := append(os.Environ(), "LD_PRELOAD="+l.faketime, "FAKETIME_TIMESTAMP_FILE="+clock,
			"FAKETIME_NO_CACHE=1", "FAKETIME_DONT_FAKE_MONOTONIC=1", "TZ=UTC")
		l.askAt(t, python, dated, env, clock, answers)
	}
	return answers
}

func (l *x509Lab) askAt(t *testing.T, python []string, runs []*x509Run, env []string, clock string,
	answers map[*x509Run]x509Answer) {
	t.Helper()
	if len(runs) == 0 {
		return
	}
	var lines bytes.Buffer
	encoder := json.NewEncoder(&lines)
	byID := map[int]*x509Run{}
	for _, run := range runs {
		byID[run.ID] = run
		if clock != "" && run.At == nil {
			now := "+0"
			run.At = &now
		}
		if err := encoder.Encode(run); err != nil {
			t.Fatal(err)
		}
	}
	dir := t.TempDir()
	writeFile(t, dir, "runs", lines.Bytes())
	args := append(slices.Clone(python[1:]), filepath.Join("x509", "verdicts.py"), l.dir,
		filepath.Join(dir, "runs"),
		strconv.Itoa(l.port), strconv.Itoa(l.dtlsPort), strconv.Itoa(l.opensslPort))
	if clock != "" {
		writeFile(t, filepath.Dir(clock), filepath.Base(clock), []byte("+0"))
		args = append(args, clock)
	}
	cmd := exec.CommandContext(t.Context(), python[0], args...)
	cmd.Env = env
	var stdout, stderr bytes.Buffer
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	if err := cmd.Run(); err != nil {
		t.Errorf("%s: %v\n%s%s", cmd, err, tail(stdout.String()), tail(stderr.String()))
	}
	for line := range strings.Lines(stdout.String()) {
		var id int
		var a x509Answer
		fields := []any{&id, &a.stage, &a.text, &a.heap, &a.process}
		if err := json.Unmarshal([]byte(line), &fields); err != nil {
			t.Fatalf("%v: %q", err, line)
		}
		answers[byID[id]] = a
	}
	for _, run := range runs {
		if _, ok := answers[run]; !ok {
			t.Fatalf("no answer to %q after %d of %d", run.c.Name, len(answers), len(runs))
		}
	}
}

// x509Contender is a TLS stack that is asked.
type x509Contender struct {
	name     string
	python   []string
	versions []string
	control  bool // what it refuses is also tried without verification
	bundles  bool // what is trusted is in CA bundles
	answers  map[*x509Run]x509Answer
	runs     []*x509Run
}

func x509Ours(firmware string) *x509Contender {
	return &x509Contender{
		name: "ours", python: []string{firmware}, versions: []string{"1.2", "1.3", "dtls1.2"},
		control: true,
	}
}

// x509Bundled is the same with the trusted certificates in CA bundles.
func x509Bundled(firmware string) *x509Contender {
	c := x509Ours(firmware)
	c.name, c.bundles = "ours, with bundles", true
	return c
}

// x509BuiltIn is MicroPython's mbedTLS, which has no TLS 1.3.
func x509BuiltIn(python string) *x509Contender {
	return &x509Contender{name: builtInColumn, python: []string{python}, versions: []string{"1.2"}}
}

// x509OpenSSL is CPython's.
func x509OpenSSL() *x509Contender {
	return &x509Contender{
		name: openSSLColumn, python: []string{debianPython}, versions: []string{"1.2"},
	}
}

// inTable are the cases that every wolfSSL version is tested with.
func (l *x509Lab) inTable() []*x509Case {
	return slices.DeleteFunc(slices.Clone(l.cases), func(c *x509Case) bool { return !c.Table })
}

// named are the cases whose name contains a text.
func (l *x509Lab) named(text string) []*x509Case {
	return slices.DeleteFunc(slices.Clone(l.cases), func(c *x509Case) bool {
		return !strings.Contains(c.Name, text)
	})
}

func (l *x509Lab) hear(t *testing.T, c *x509Contender, cases []*x509Case) {
	t.Helper()
	start := time.Now()
	c.runs = l.runs(cases, c)
	if c.bundles {
		l.useBundles(t, c.runs)
	}
	c.answers = l.ask(t, c.python, c.runs)
	t.Logf("%s: %d connections in %.1f s", c.name, len(c.runs), time.Since(start).Seconds())
}

// useBundles moves the trusted certificates into bundles, except for those that crypto/x509 cannot
// read.
func (l *x509Lab) useBundles(t *testing.T, runs []*x509Run) {
	t.Helper()
	files, moved, left := map[string]string{}, 0, map[string]bool{}
	for _, run := range runs {
		var certs []*x509.Certificate
		var rest []string
		for _, name := range run.Anchors {
			cert, err := x509.ParseCertificate(readFile(t, l.path(name)))
			if err != nil {
				rest = append(rest, name)
				left[name] = true
				continue
			}
			certs = append(certs, cert)
			moved++
		}
		if len(certs) == 0 {
			continue
		}
		key := strings.Join(run.Anchors, " ")
		if files[key] == "" {
			data, err := bundle.Encode(certs)
			if err != nil {
				t.Fatal(err)
			}
			files[key] = fmt.Sprintf("bundle-%d", len(files))
			writeFile(t, l.dir, files[key], data)
		}
		run.Anchors, run.Bundle = append([]string{}, rest...), files[key]
	}
	if moved < len(runs)/2 {
		t.Errorf("only %d certificates are in bundles", moved)
	}
	t.Logf("%d bundles; %d certificates are not in them, because crypto/x509 can't read them",
		len(files), len(left))
}

// x509All presents all certificates to a patched micropython, and those of the table to the
// others, whose answers docs/x509.md has.
func x509All(t *testing.T, firmware, baseline string) {
	l := newX509Lab(t)
	ours, openSSL := x509Ours(firmware), x509OpenSSL()
	l.hear(t, ours, l.cases)
	l.judge(t, ours)
	bundled := x509Bundled(firmware)
	l.hear(t, bundled, l.cases)
	l.judge(t, bundled)
	l.hear(t, openSSL, l.inTable())
	others := []*x509Contender{openSSL}
	if baseline != "" {
		builtIn := x509BuiltIn(baseline)
		l.hear(t, builtIn, l.inTable())
		others = append(others, builtIn)
	}
	l.holdDoc(t, others)
}

// x509Table presents the certificates of the table to a patched micropython.
func x509Table(t *testing.T, firmware string) {
	l := newX509Lab(t)
	ours := x509Ours(firmware)
	l.hear(t, ours, l.inTable())
	l.judge(t, ours)
}

// TestX509Firmware presents all certificates to the patched micropython that MPWOLF_TEST_FIRMWARE
// names and, if MPWOLF_TEST_BASELINE names one, to a micropython with the built-in mbedTLS, and to
// CPython. All answers, with their errors, go to the file that MPWOLF_X509_TABLE names. With
// MPWOLF_X509_WRITE=1 docs/x509.md gets the others' answers. MPWOLF_X509_ONLY selects cases by a
// part of their name; then CPython is asked only for the file.
func TestX509Firmware(t *testing.T) {
	firmware := os.Getenv("MPWOLF_TEST_FIRMWARE")
	if firmware == "" {
		t.Skip("MPWOLF_TEST_FIRMWARE names no patched micropython")
	}
	l := newX509Lab(t)
	only, file := os.Getenv("MPWOLF_X509_ONLY"), os.Getenv("MPWOLF_X509_TABLE")
	write := os.Getenv("MPWOLF_X509_WRITE") != ""
	all := []*x509Contender{x509Ours(firmware)}
	if baseline := os.Getenv("MPWOLF_TEST_BASELINE"); baseline != "" {
		all = append(all, x509BuiltIn(baseline))
	}
	if only == "" || file != "" {
		all = append(all, x509OpenSSL())
	}
	for _, c := range all {
		l.hear(t, c, l.named(only))
	}
	if file != "" {
		if err := os.WriteFile(file, l.table(l.named(only), all), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	l.judge(t, all[0])
	bundled := x509Bundled(firmware)
	l.hear(t, bundled, l.named(only))
	l.judge(t, bundled)
	switch {
	case write && len(all) == 3 && only == "":
		if err := os.WriteFile(x509Doc, []byte(l.doc(t, all[1:])), 0o644); err != nil {
			t.Fatal(err)
		}
	case write:
		t.Error("MPWOLF_X509_WRITE needs MPWOLF_TEST_BASELINE, and all cases")
	case only == "":
		l.holdDoc(t, all[1:])
	}
}

// TestX509Old presents the table's certificates to the oldest wolfSSL that is supported.
func TestX509Old(t *testing.T) {
	longOnly(t, "needs a compiler and real sources")
	inTheLongRun(t)
	t.Parallel()
	r := newReal(t)
	r.wolfssl = oldestWolfSSL
	r.patch()
	r.run("build")
	x509Table(t, filepath.Join(r.tree, "ports", "unix", "build-standard", "micropython"))
}

const oldestWolfSSL = "5.5.4"

// notVerification are errors that have nothing to do with a certificate: network errors, an
// alert from the peer, and the end of the connection.
var notVerification = regexp.MustCompile(
	`^(OSError\((\d|-313|-397|-308)|MemoryError|AttributeError|TypeError)`)

// judge fails for each of our wrong answers.
func (l *x509Lab) judge(t *testing.T, c *x509Contender) {
	t.Helper()
	version := wolfSSLVersion(t, c.python[0])
	right := 0
	for _, run := range c.runs {
		wrong := run.wrong(c.answers[run], version)
		if wrong == "" {
			right++
			continue
		}
		what := ""
		if run.control {
			what = " without verification"
		} else if len(run.c.Steps) > 1 {
			what = fmt.Sprintf(", connection %d", run.step+1)
		}
		peer, _ := l.peerError.Load(run.ID)
		t.Errorf("%s, %s's certificate, %s%s: %s (the peer: %v)", run.c.Name, run.c.Side,
			run.Version, what, wrong, peer)
	}
	t.Logf("%d of %d answers are right", right, len(c.runs))
}

// namesOne is a refusal with a text that names a certificate of the chain, or with no text.
var namesOne = regexp.MustCompile(`^OSError\(-\d+, ['"].* \(depth \d|^OSError\(-?\d+,?\)|^[^O]`)

// unreadable are the errors for certificates that wolfSSL does not pass on because it can't read
// them, for a peer that has none, and for one that does not have the certificate's key.
var unreadable = regexp.MustCompile(`^OSError\(-(140|132|345|330|229),`)

// wrong says what is wrong with wolfSSL's answer, or nothing.
func (run *x509Run) wrong(answer x509Answer, version string) string {
	want, why := run.c.Steps[run.step].Right, run.c.Why
	if run.control {
		want = accept
		if run.c.None != accept {
			want = either
		}
	}
	for _, e := range run.c.Exceptions {
		if e.applies(version, run.Version) {
			if answer.verdict() != e.Answer && !run.control {
				return fmt.Sprintf("%s %s, though an exception says %s: %s", answer.stage,
					answer.text, e.Answer, e.Why)
			}
			return ""
		}
	}
	got := answer.verdict()
	switch {
	case answer.stage == notAsked:
		return ""
	case got != want && want != either:
		return fmt.Sprintf("%s %s; right is %s: %s", answer.stage, answer.text, want, why)
	case got == refuse && want == refuse && len(run.Peer.Chain) > 0 &&
		notVerification.MatchString(answer.text):
		return fmt.Sprintf("refused, but for another reason: %s", answer.text)
	case got == refuse && !run.control && !namesOne.MatchString(answer.text) &&
		!unreadable.MatchString(answer.text):
		return fmt.Sprintf("refused without a word of which certificate: %s", answer.text)
	case got == refuse && run.c.Side == "own" && !strings.HasPrefix(answer.text, "ValueError"):
		return fmt.Sprintf("refused too late: %s", answer.text)
	case answer.heap > maxHeap || answer.process > maxProcess:
		return fmt.Sprintf("%d connections more leave %d bytes in the heap, %d in the process",
			run.Repeat*3/4, answer.heap, answer.process)
	}
	return ""
}

// What repeated connections may leave, in bytes: less than one for each of them.
const (
	maxHeap    = 512
	maxProcess = 4096
)

// wolfSSLVersion is like "5.7.2".
func wolfSSLVersion(t *testing.T, firmware string) string {
	t.Helper()
	const program = "import wolfssl; print(wolfssl.WOLFSSL_VERSION)"
	out, err := exec.Command(firmware, "-c", program).Output()
	words := strings.Fields(string(out))
	if err != nil || len(words) != 2 {
		t.Fatalf("%s: %v: %q", firmware, err, out)
	}
	return words[1]
}

// olderThan compares two versions.
func olderThan(version, other string) bool {
	parse := func(text string) (numbers []int) {
		for _, word := range strings.Split(text, ".") {
			n, _ := strconv.Atoi(word)
			numbers = append(numbers, n)
		}
		return numbers
	}
	return slices.Compare(parse(version), parse(other)) < 0
}

// table has all answers, a line of tab-separated values for each case and version of TLS.
func (l *x509Lab) table(cases []*x509Case, all []*x509Contender) []byte {
	var out bytes.Buffer
	fmt.Fprint(&out, "case\tside\tversion\tright")
	for _, c := range all {
		fmt.Fprintf(&out, "\t%s", c.name)
	}
	fmt.Fprintln(&out, "\twhy\terrors")
	for _, c := range cases {
		for _, version := range c.Versions {
			for i := range c.Steps {
				fmt.Fprintf(&out, "%s\t%s\t%s\t%s", c.Name, c.Side, version, c.Steps[i].Right)
				var errors []string
				for _, contender := range all {
					answer, said := contender.said(c, version, i)
					fmt.Fprintf(&out, "\t%s", answer)
					errors = append(errors, said...)
				}
				fmt.Fprintf(&out, "\t%s\t%s\n", c.Why, strings.Join(errors, "; "))
			}
		}
	}
	return out.Bytes()
}

// said is the answer to one step of a case, and the texts of refusals.
func (x *x509Contender) said(c *x509Case, version string, step int) (string, []string) {
	answer, texts := "–", []string(nil)
	for _, run := range x.runs {
		if run.c != c || run.Version != version || run.step != step {
			continue
		}
		a := x.answers[run]
		name := x.name
		if run.control {
			name += " unverified"
		} else {
			answer = a.verdict()
		}
		if a.verdict() == refuse {
			texts = append(texts, fmt.Sprintf("%s: %s %s", name, a.stage, a.text))
		}
	}
	return answer, texts
}
