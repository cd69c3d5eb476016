package tests_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"maps"
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

	"github.com/BurntSushi/toml"
)

const (
	fuzzerTable   = "testdata/tlsfuzzer.toml"
	fuzzerDoc     = "../docs/tlsfuzzer.md"
	fuzzerAtOnce  = 4               // scripts, which wait most of the time
	fuzzerTimeout = 3 * time.Minute // of one script
)

// fuzzerRuns says which of tlsfuzzer's scripts are run and how, and why conversations fail.
type fuzzerRuns struct {
	Run     []fuzzerRun
	Omitted []struct{ Script, Why string }
	Reason  []fuzzerReason
}

// fuzzerRun is one run of a script. Among its arguments {name} stands for the file name of a
// certificate or key.
type fuzzerRun struct {
	Script string
	Server string
	Args   []string
	Sample int // how many random conversations; 0: all
}

func (r fuzzerRun) name() string {
	words := append([]string{r.Script}, r.Args...)
	if r.Server != "rsa" {
		words = append(words, "on", r.Server)
	}
	return strings.Join(words, " ")
}

// tls13 reports whether a script is only about TLS 1.3, which the built-in does not support.
func (r fuzzerRun) tls13() bool {
	return strings.HasPrefix(r.Script, "test-tls13-") && r.Script != "test-tls13-non-support.py"
}

// fuzzerReason explains conversations that fail: those that one of the cases matches. A case is
// "script: failure", two regular expressions that match completely, and a failure is "name of
// the conversation => error".
type fuzzerReason struct {
	ID    string
	Kind  string   // one of fuzzerKinds
	Why   string   // in Markdown; for something missing in wolfSSL, with file, line and version
	On    []string // firmwares; empty: all
	Cases []string
	// Sometimes is set if it depends on the machine's load whether anything fails.
	Sometimes bool

	used map[string]bool // which of the cases occurred
}

// fuzzerWords are what other words in braces stand for: {sigalgs} the signature schemes that ours
// accepts, as it lists them.
var fuzzerWords = map[string]string{
	"sigalgs": "ecdsa_secp521r1_sha512 ecdsa_secp384r1_sha384 ecdsa_secp256r1_sha256 ed25519 " +
		"rsa_pss_rsae_sha512 rsa_pss_pss_sha512 rsa_pss_rsae_sha384 rsa_pss_pss_sha384 " +
		"rsa_pss_rsae_sha256 rsa_pss_pss_sha256 rsa_pkcs1_sha512 rsa_pkcs1_sha384 " +
		"rsa_pkcs1_sha256 rsa_pkcs1_sha224",
}

// fuzzerKinds is who or what is behind a failure.
var fuzzerKinds = []string{"left out", "wolfSSL", "setting", "module", "built-in", "tlsfuzzer"}

// fuzzerServers is the certificate and the options of http_server.py for each kind of server.
var fuzzerServers = map[string]struct {
	key     string
	options []string
}{
	"rsa":     {"rsa", nil},
	"clients": {"rsa", []string{"verify=1"}}, // and the certificates that vouch for clients
	"rsapss":  {"rsapss", nil},
	"ecdsa":   {"ecdsa", nil},
	"ed25519": {"ed25519", nil},
	"echo":    {"rsa", []string{"echo=1"}},
	"psk":     {"rsa", []string{"psk=test:" + strings.Repeat("aa", 16)}},
}

// fuzzerKeys are the options of openssl req for the keys. Each certificate vouches for itself.
var fuzzerKeys = map[string][]string{
	"rsa":           {"rsa:2048"},
	"ecdsa":         {"ec", "-pkeyopt", "ec_paramgen_curve:P-256"},
	"rsapss":        {"rsa-pss", "-pkeyopt", "rsa_keygen_bits:2048"},
	"ed25519":       {"ed25519"},
	"client":        {"rsa:2048"},
	"clientecdsa":   {"ec", "-pkeyopt", "ec_paramgen_curve:P-256"},
	"clientpss":     {"rsa-pss", "-pkeyopt", "rsa_keygen_bits:2048"},
	"clientEd25519": {"ed25519"},
}

// fuzzed is the result of a run.
type fuzzed struct {
	passed, failed int
	unable         string // why it didn't run at all, if so
	reasons        []string
}

// TestTLSFuzzer runs the scripts of tlsfuzzer on the patched micropython that
// MPWOLF_TEST_FIRMWARE names and on one with the built-in mbedTLS, MPWOLF_TEST_BASELINE; each is
// built if it is not named. Every conversation that fails must have a reason in
// testdata/tlsfuzzer.toml, and every reason one that fails. MPWOLF_TEST_TLSFUZZER_WRITE=1 writes
// the table of docs/tlsfuzzer.md. MPWOLF_TEST_TLSFUZZER_ONLY is a regular expression for the
// runs. MPWOLF_TEST_TLSFUZZER_LOGS is a directory for what the scripts say: existing ones are
// read instead of running the script, to work on the reasons.
func TestTLSFuzzer(t *testing.T) {
	tree, tlslite := os.Getenv("MPWOLF_TEST_TLSFUZZER"), os.Getenv("MPWOLF_TEST_TLSLITE")
	if tree == "" || tlslite == "" {
		t.Skip("MPWOLF_TEST_TLSFUZZER and MPWOLF_TEST_TLSLITE name no trees of tlsfuzzer and " +
			"tlslite-ng: not tested against clients that break the protocol")
	}
	firmwares := ourAndBuiltIn(t)
	f := &fuzzer{
		tree: tree, path: tree + string(os.PathListSeparator) + tlslite, python: fuzzerPython(t),
		dir: t.TempDir(), logs: os.Getenv("MPWOLF_TEST_TLSFUZZER_LOGS"),
	}
	f.certificates(t)
	all := readFuzzerRuns(t)
	only := regexp.MustCompile(os.Getenv("MPWOLF_TEST_TLSFUZZER_ONLY"))
	if only.String() == "" {
		checkAllListed(t, tree, all)
	}
	results := map[string]map[string]fuzzed{}
	for _, name := range []string{"ours", "built-in"} {
		results[name] = f.all(t, name, firmwares[name], all, only)
	}
	if only.String() != "" {
		return
	}
	for _, reason := range all.Reason {
		for _, c := range reason.Cases {
			if !reason.used[c] && !reason.Sometimes && !all.onlyDrawn(c) {
				t.Errorf("%s: nothing fails any more for the case %q: take it out", reason.ID, c)
			}
		}
	}
	if os.Getenv("MPWOLF_TEST_TLSFUZZER_WRITE") != "" {
		writeFuzzerTable(t, all, results)
	}
}

// onlyDrawn reports whether a case is about a run with random conversations: it may have drawn
// others.
func (all *fuzzerRuns) onlyDrawn(c string) bool {
	script, _, _ := strings.Cut(c, ": ")
	return slices.ContainsFunc(all.Run, func(run fuzzerRun) bool {
		return run.Sample > 0 && matchesAll(script, run.name())
	})
}

// ourAndBuiltIn are the two micropythons to compare: "ours" and "built-in".
func ourAndBuiltIn(t *testing.T) map[string]string {
	t.Helper()
	firmwares := map[string]string{
		"ours": os.Getenv("MPWOLF_TEST_FIRMWARE"), "built-in": os.Getenv("MPWOLF_TEST_BASELINE"),
	}
	if firmwares["ours"] == "" {
		r := newReal(t)
		r.patch()
		r.run("build")
		firmwares["ours"] = filepath.Join(r.tree, "ports", "unix", "build-standard", "micropython")
	}
	if firmwares["built-in"] == "" {
		firmwares["built-in"] = buildBaseline(t, newReal(t).mpwolf)
	}
	return firmwares
}

// fuzzerPython is a Python that has what tlsfuzzer needs: Debian's may not be the first.
func fuzzerPython(t *testing.T) string {
	t.Helper()
	for _, python := range []string{"python3", "/usr/bin/python3"} {
		if exec.Command(python, "-c", "import ecdsa, six").Run() == nil {
			return python
		}
	}
	t.Fatal("no python3 has ecdsa and six: install python3-ecdsa and python3-six")
	return ""
}

func readFuzzerRuns(t *testing.T) *fuzzerRuns {
	t.Helper()
	var all fuzzerRuns
	meta, err := toml.DecodeFile(fuzzerTable, &all)
	if err != nil {
		t.Fatal(err)
	}
	if unknown := meta.Undecoded(); len(unknown) > 0 {
		t.Fatalf("%s: unknown keys %v", fuzzerTable, unknown)
	}
	for i := range all.Reason {
		all.Reason[i].used = map[string]bool{}
	}
	return &all
}

// checkAllListed checks that each of tlsfuzzer's scripts is run, or left out for a reason.
func checkAllListed(t *testing.T, tree string, all *fuzzerRuns) {
	t.Helper()
	listed := map[string]bool{}
	for _, run := range all.Run {
		listed[run.Script] = true
	}
	for _, omitted := range all.Omitted {
		listed[omitted.Script] = true
	}
	scripts, err := filepath.Glob(filepath.Join(tree, "scripts", "test-*.py"))
	if err != nil || len(scripts) == 0 {
		t.Fatalf("%s has no scripts: %v", tree, err)
	}
	for _, script := range scripts {
		if name := filepath.Base(script); !listed[name] {
			t.Errorf("%s has no run and no reason for having none", name)
		}
	}
}

// fuzzer is tlsfuzzer, with certificates and keys for both sides.
type fuzzer struct {
	tree, path, python, dir, logs string
}

func (f *fuzzer) certificates(t *testing.T) {
	t.Helper()
	for name, key := range fuzzerKeys {
		pem, keyFile := filepath.Join(f.dir, name+".pem"), filepath.Join(f.dir, name+".key")
		args := append([]string{
			"req", "-x509", "-nodes", "-days", "2", "-subj", "/CN=localhost",
			"-addext", "subjectAltName=DNS:localhost", "-keyout", keyFile, "-out", pem, "-newkey",
		}, key...)
		if out, err := exec.Command("openssl", args...).CombinedOutput(); err != nil {
			t.Fatalf("%v\n%s", err, out)
		}
		toDER(t, pem)
		toDER(t, keyFile)
	}
}

// all runs everything on one firmware.
func (f *fuzzer) all(
	t *testing.T, name, firmware string, all *fuzzerRuns, only *regexp.Regexp,
) map[string]fuzzed {
	t.Helper()
	results := map[string]fuzzed{}
	var lock sync.Mutex
	var group sync.WaitGroup
	slots := make(chan struct{}, fuzzerAtOnce)
	for _, run := range all.Run {
		if !only.MatchString(run.name()) {
			continue
		}
		slots <- struct{}{}
		group.Go(func() {
			defer func() { <-slots }()
			out, unable, err := f.output(t.Context(), name, firmware, run)
			result, failures := fuzzed{unable: unable}, []string(nil)
			if err == nil && unable == "" {
				result, failures, err = readFuzzed(out)
			}
			lock.Lock()
			defer lock.Unlock()
			if err != nil {
				t.Errorf("%s: %s: %v\n%s", name, run.name(), err, tail(out))
				return
			}
			var unexplained []string
			result.reasons, unexplained = all.explain(name, run, failures)
			if len(unexplained) > 0 {
				t.Errorf("%s: %s: no reason for %d failures:\n%s", name,
					run.name(), len(unexplained),
					strings.Join(unexplained, "\n"))
			}
			t.Logf("%s: %s: %s", name, run.name(), result)
			results[run.name()] = result
		})
	}
	group.Wait()
	return results
}

// output runs a script, or reads what it said before. unable is why it can't be run on this
// firmware, if so.
func (f *fuzzer) output(
	ctx context.Context, name, firmware string, run fuzzerRun,
) (out, unable string, err error) {
	if name == "built-in" && run.tls13() {
		return "", "no TLS 1.3", nil
	}
	log := ""
	if f.logs != "" {
		unsafe := regexp.MustCompile(`[^\w.-]+`)
		log = filepath.Join(f.logs, name, unsafe.ReplaceAllString(run.name(), "_"))
		if text, err := os.ReadFile(log); err == nil {
			return string(text), "", nil
		}
	}
	if out, unable, err = f.run(ctx, firmware, run); err != nil || unable != "" || log == "" {
		return out, unable, err
	}
	if err := os.MkdirAll(filepath.Dir(log), 0o755); err != nil {
		return "", "", err
	}
	return out, "", os.WriteFile(log, []byte(out), 0o644)
}

// run runs a script on a server of its own.
func (f *fuzzer) run(
	ctx context.Context, firmware string, run fuzzerRun,
) (out, unable string, err error) {
	ctx, cancel := context.WithTimeout(ctx, fuzzerTimeout)
	defer cancel()
	server, known := fuzzerServers[run.Server]
	if !known {
		return "", "", fmt.Errorf("no server %q", run.Server)
	}
	options := f.options(firmware, run.Server, server.options)
	started, err := f.serve(ctx, firmware, server.key, options)
	if err != nil {
		return "", "", err
	}
	defer started.stop()
	if started.unable != "" {
		return "", started.unable, nil
	}
	args := []string{"-u", filepath.Join(f.tree, "scripts", run.Script), "-p", started.port}
	if run.Sample >= 0 {
		args = append(args, "-n", strconv.Itoa(run.Sample))
	}
	for _, arg := range run.Args {
		args = append(args, f.argument(arg))
	}
	cmd := exec.CommandContext(ctx, f.python, args...)
	cmd.Env = append(os.Environ(), "PYTHONPATH="+f.path)
	cmd.Dir = f.dir
	text, err := cmd.CombinedOutput()
	if died := started.died(); died != "" {
		return string(text), "", fmt.Errorf("the server ended: %s", died)
	}
	if ctx.Err() != nil {
		return string(text), "", ctx.Err()
	}
	var failed *exec.ExitError
	if err != nil && !errors.As(err, &failed) { // conversations that fail are to be read
		return string(text), "", err
	}
	return string(text), "", nil
}

// argument replaces a word in braces.
func (f *fuzzer) argument(arg string) string {
	name, found := strings.CutPrefix(arg, "{")
	if !found {
		return arg
	}
	name = strings.TrimSuffix(name, "}")
	if words, found := fuzzerWords[name]; found {
		return words
	}
	return filepath.Join(f.dir, name)
}

// options are what http_server.py needs: the built-in cannot read every kind of client
// certificate.
func (f *fuzzer) options(firmware, server string, options []string) []string {
	if server != "clients" {
		return options
	}
	var files []string
	for _, name := range []string{"client", "clientecdsa", "clientpss", "clientEd25519"} {
		file := filepath.Join(f.dir, name+".pem.der")
		const load = "import tls, sys\nc = tls.SSLContext(0)\n" +
			"c.load_verify_locations(open(sys.argv[1], 'rb').read())\n"
		if exec.Command(firmware, "-c", load, file).Run() == nil {
			files = append(files, file)
		}
	}
	return append([]string{"ca=" + strings.Join(files, ",")}, options...)
}

// fuzzerServer is a running http_server.py.
type fuzzerServer struct {
	cmd    *exec.Cmd
	port   string
	out    bytes.Buffer
	ended  chan struct{}
	unable string // why it can't serve, if so
}

// serve starts a server. A server that refuses its own key is not a test failure: the built-in
// does not support all kinds.
func (f *fuzzer) serve(
	ctx context.Context, firmware, key string, options []string,
) (*fuzzerServer, error) {
	port, err := unusedPort()
	if err != nil {
		return nil, err
	}
	s := &fuzzerServer{port: strconv.Itoa(port), ended: make(chan struct{})}
	args := []string{
		filepath.Join("firmware", "http_server.py"), s.port, filepath.Join(f.dir, key+".pem.der"),
		filepath.Join(f.dir, key+".key.der"),
	}
	s.cmd = exec.CommandContext(ctx, firmware, append(args, options...)...)
	s.cmd.Stdout, s.cmd.Stderr = &s.out, &s.out
	if err := s.cmd.Start(); err != nil {
		return nil, err
	}
	go func() {
		defer close(s.ended)
		_ = s.cmd.Wait()
	}()
	for !listens(port) {
		select {
		case <-s.ended:
			lines := strings.Split(strings.TrimSpace(s.out.String()), "\n")
			last := lines[len(lines)-1]
			if !strings.HasPrefix(last, "ValueError") &&
				!strings.HasPrefix(last, "AttributeError") {
				return nil, errors.New(s.out.String())
			}
			s.unable = last
			return s, nil
		case <-ctx.Done():
			return nil, ctx.Err()
		case <-time.After(20 * time.Millisecond):
		}
	}
	return s, nil
}

func (s *fuzzerServer) died() string {
	select {
	case <-s.ended:
		return s.cmd.ProcessState.String() + "\n" + tail(s.out.String())
	default:
		return ""
	}
}

func (s *fuzzerServer) stop() {
	_ = s.cmd.Process.Kill()
	<-s.ended
}

var (
	fuzzerCount  = regexp.MustCompile(`(?m)^(TOTAL|PASS|FAIL|XFAIL|XPASS|SKIP): (\d+)$`)
	fuzzerName   = regexp.MustCompile(`(?m)^(?:"(.*)" repeat \d+|(\S.*) )\.\.\.$`)
	fuzzerError  = regexp.MustCompile(`(?m)^([\w.]*(?:Error|Exception|Alert|Failed))(?:: (.*))?$`)
	fuzzerFailed = regexp.MustCompile(`(?m)^FAILED:\n((?:\t.*\n?)+)`)
)

// readFuzzed reads a script's output: the name of each conversation and what went wrong, and at
// the end counts and the names of the failed ones.
func readFuzzed(out string) (fuzzed, []string, error) {
	counts := map[string]int{}
	for _, match := range fuzzerCount.FindAllStringSubmatch(out, -1) {
		counts[match[1]], _ = strconv.Atoi(match[2]) // digits
	}
	if _, complete := counts["TOTAL"]; !complete {
		return fuzzed{}, nil, errors.New("the script did not end")
	}
	errs := map[string]string{}
	names := fuzzerName.FindAllStringSubmatchIndex(out, -1)
	for i, at := range names {
		end := len(out)
		if i+1 < len(names) {
			end = names[i+1][0]
		}
		block := out[at[1]:end]
		all := fuzzerError.FindAllStringSubmatch(block, -1)
		if len(all) == 0 || !strings.Contains(block, "Error while processing\n") {
			continue
		}
		last := all[len(all)-1]
		name := fuzzerName.ReplaceAllString(out[at[0]:at[1]], "$1$2")
		errs[name] = strings.TrimPrefix(last[1]+": "+last[2], "AssertionError: ")
	}
	var failures []string
	if match := fuzzerFailed.FindStringSubmatch(out); match != nil {
		for _, name := range strings.Split(strings.TrimSpace(match[1]), "\n") {
			name = strings.TrimSpace(name)
			name = name[1 : len(name)-1] // quoted
			failures = append(failures, name+" => "+errs[name])
		}
	}
	if len(failures) != counts["FAIL"] {
		return fuzzed{}, nil, fmt.Errorf("the script counts %d failures, and tells of %d",
			counts["FAIL"], len(failures))
	}
	return fuzzed{passed: counts["PASS"] + counts["XFAIL"], failed: counts["FAIL"]}, failures, nil
}

// explain returns the reasons for the failures of a run, and the failures without one.
func (all *fuzzerRuns) explain(
	firmware string, run fuzzerRun, failures []string,
) (reasons, unexplained []string) {
	for _, failure := range failures {
		found := false
		for _, reason := range all.Reason {
			if len(reason.On) > 0 && !slices.Contains(reason.On, firmware) {
				continue
			}
			for _, c := range reason.Cases {
				if !matchesCase(c, run, failure) {
					continue
				}
				reason.used[c], found = true, true
				if !slices.Contains(reasons, reason.ID) {
					reasons = append(reasons, reason.ID)
				}
			}
			if found {
				break // the first that matches
			}
		}
		if !found {
			unexplained = append(unexplained, failure)
		}
	}
	return reasons, unexplained
}

// matchesCase reports whether a case, "script: conversation", fits.
func matchesCase(c string, run fuzzerRun, failure string) bool {
	script, conversation, _ := strings.Cut(c, ": ")
	return matchesAll(script, run.name()) && matchesAll(conversation, failure)
}

var wholePatterns sync.Map // of *regexp.Regexp

func matchesAll(pattern, text string) bool {
	cached, found := wholePatterns.Load(pattern)
	if !found {
		cached, _ = wholePatterns.LoadOrStore(pattern, regexp.MustCompile("^(?:"+pattern+")$"))
	}
	return cached.(*regexp.Regexp).MatchString(text)
}

const fuzzerBegin, fuzzerEnd = "<!-- tlsfuzzer: begin -->\n", "<!-- tlsfuzzer: end -->\n"

// writeFuzzerTable puts the tables into the document.
func writeFuzzerTable(t *testing.T, all *fuzzerRuns, results map[string]map[string]fuzzed) {
	t.Helper()
	text := string(readFile(t, fuzzerDoc))
	before, rest, found := strings.Cut(text, fuzzerBegin)
	_, after, ended := strings.Cut(rest, fuzzerEnd)
	if !found || !ended {
		t.Fatalf("%s has no place for the tables", fuzzerDoc)
	}
	var b strings.Builder
	b.WriteString("| script | ours | built-in | why not all |\n|---|---|---|---|\n")
	for _, run := range all.Run {
		ours, builtIn := results["ours"][run.name()], results["built-in"][run.name()]
		var why []string
		why = append(why, ours.reasons...)
		for _, id := range builtIn.reasons {
			if !slices.Contains(ours.reasons, id) {
				why = append(why, id+" (built-in)")
			}
		}
		name := strings.TrimPrefix(run.name(), "test-")
		fmt.Fprintf(&b, "| %s | %s | %s | %s |\n", name, ours, builtIn, strings.Join(why, ", "))
	}
	fmt.Fprintf(&b, "\n%s", fuzzerReasons(all))
	text = before + fuzzerBegin + b.String() + fuzzerEnd + after
	if err := os.WriteFile(fuzzerDoc, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
}

// String is passed/failed.
func (f fuzzed) String() string {
	if f.unable != "" {
		return f.unable
	}
	return fmt.Sprintf("%d/%d", f.passed, f.failed)
}

// fuzzerReasons are the tables that need no run.
func fuzzerReasons(all *fuzzerRuns) string {
	var b strings.Builder
	b.WriteString("| reason | whose | what |\n|---|---|---|\n")
	for _, reason := range all.Reason {
		fmt.Fprintf(&b, "| %s | %s | %s |\n", reason.ID, reason.Kind, reason.Why)
	}
	b.WriteString("\n| script that is not run | why |\n|---|---|\n")
	for _, omitted := range all.Omitted {
		fmt.Fprintf(&b, "| %s | %s |\n", strings.TrimPrefix(omitted.Script, "test-"), omitted.Why)
	}
	return b.String()
}

// TestTLSFuzzerTable checks that the document has every run and every reason of the table that
// the runner reads.
func TestTLSFuzzerTable(t *testing.T) {
	all := readFuzzerRuns(t)
	text := string(readFile(t, fuzzerDoc))
	if !strings.Contains(text, fuzzerReasons(all)) {
		t.Errorf("%s does not have the reasons of %s: run TestTLSFuzzer with "+
			"MPWOLF_TEST_TLSFUZZER_WRITE=1", fuzzerDoc, fuzzerTable)
	}
	names := map[string]bool{}
	for _, run := range all.Run {
		if names[run.name()] {
			t.Errorf("%s is there twice", run.name())
		}
		names[run.name()] = true
		if !strings.Contains(text, "| "+strings.TrimPrefix(run.name(), "test-")+" | ") {
			t.Errorf("%s has no line for %s", fuzzerDoc, run.name())
		}
	}
	ids := map[string]bool{}
	for _, reason := range all.Reason {
		complete := reason.Why != "" && len(reason.Cases) > 0 &&
			slices.Contains(fuzzerKinds, reason.Kind)
		if ids[reason.ID] || !complete {
			t.Errorf("reason %q: there twice, or without a text, a case or a kind of %v",
				reason.ID, fuzzerKinds)
		}
		ids[reason.ID] = true
		for _, c := range reason.Cases {
			script, conversation, found := strings.Cut(c, ": ")
			if !found {
				t.Errorf("reason %q: the case %q is not \"script: conversation\"", reason.ID, c)
			}
			matchesAll(script, "")
			matchesAll(conversation, "")
			matches := func(name string) bool { return matchesAll(script, name) }
			if !slices.ContainsFunc(slices.Collect(maps.Keys(names)), matches) {
				t.Errorf("reason %q: no run for the case %q", reason.ID, c)
			}
		}
	}
}

// unusedPort is freePort for several goroutines.
func unusedPort() (int, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return 0, err
	}
	defer l.Close()
	return l.Addr().(*net.TCPAddr).Port, nil
}

func listens(port int) bool {
	conn, err := net.DialTimeout("tcp", fmt.Sprintf("127.0.0.1:%d", port), time.Second)
	if err != nil {
		return false
	}
	conn.Close()
	return true
}
