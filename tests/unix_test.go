package tests_test

import (
	"bytes"
	"context"
	"debug/elf"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"mpwolf/internal/build"
	"mpwolf/internal/micropython"
	"mpwolf/internal/sources"
	"mpwolf/internal/verify"
)

// real is a MicroPython of Debian's archive in a directory of its own, with the built mpwolf.
type real struct {
	t       *testing.T
	mpwolf  string
	dir     string // what mpwolf may change: the tree and the modules beside it
	tree    string
	wolfssl string
	built   string                  // its micropython, if not where mpwolf builds
	symbols map[string][]elf.Symbol // of a source of the modules, for usualSymbols
	builtIn string                  // a micropython with the built-in mbedTLS, once there is one
}

// newReal fetches MicroPython 1.25.0, and uses wolfSSL 5.7.2, unless MPWOLF_TEST_MICROPYTHON
// names another tree and MPWOLF_TEST_WOLFSSL another wolfSSL.
func newReal(t *testing.T) *real {
	t.Helper()
	needReal(t)
	return newRealIn(t, t.TempDir())
}

// needReal skips the test without real sources.
func needReal(t *testing.T) {
	t.Helper()
	longOnly(t, "needs a compiler and real sources")
	if os.Getenv("MPWOLF_TEST_APT") == "" && os.Getenv("MPWOLF_TEST_MICROPYTHON") == "" {
		t.Skip("neither MPWOLF_TEST_APT nor MPWOLF_TEST_MICROPYTHON is set: no real sources; " +
			"scripts/test has them")
	}
}

// newRealIn is newReal in a directory that may outlive the test.
func newRealIn(t *testing.T, dir string) *real {
	t.Helper()
	r := &real{t: t, dir: dir, wolfssl: os.Getenv("MPWOLF_TEST_WOLFSSL")}
	r.tree = filepath.Join(r.dir, "micropython")
	r.mpwolf = sharedMpwolf(t)
	if r.wolfssl == "" {
		r.wolfssl = "5.7.2"
	}
	if from := os.Getenv("MPWOLF_TEST_MICROPYTHON"); from != "" {
		if err := os.CopyFS(r.tree, os.DirFS(from)); err != nil {
			t.Fatal(err)
		}
		r.commit()
	} else {
		r.copyShared()
	}
	return r
}

// commit makes the tree a git repository if it is not one.
func (r *real) commit() {
	r.t.Helper()
	if _, err := os.Stat(filepath.Join(r.tree, ".git")); err == nil {
		return
	}
	for _, args := range [][]string{
		{"init", "-q"},
		{"add", "-A"},
		{"-c", "user.name=test", "-c", "user.email=test@example.invalid", "commit",
			"-q", "-m", "tree"},
	} {
		r.must(exec.Command("git", append([]string{"-C", r.tree}, args...)...))
	}
}

// shared is made by the first test that needs it, for all: otherwise half of the time of a test
// that builds the unix port goes into a tree and an mpy-cross that are always the same. It is
// removed with the process.
var shared struct {
	sync.Mutex
	dir, mpwolf, tree string
}

// sharedDir is called with the lock held.
func sharedDir(t *testing.T) string {
	t.Helper()
	if shared.dir == "" {
		dir, err := os.MkdirTemp("", "mpwolf-shared-")
		if err != nil {
			t.Fatal(err)
		}
		shared.dir = dir
	}
	return shared.dir
}

func removeShared() {
	if dir := shared.dir; strings.Contains(dir, "mpwolf-shared-") {
		os.RemoveAll(dir)
	}
}

// sharedMpwolf is mpwolf as it is built from this source.
func sharedMpwolf(t *testing.T) string {
	t.Helper()
	shared.Lock()
	defer shared.Unlock()
	if shared.mpwolf == "" {
		r := &real{t: t}
		name := filepath.Join(sharedDir(t), "mpwolf")
		r.must(exec.Command("go", "build", "-o", name, ".."))
		shared.mpwolf = name
	}
	return shared.mpwolf
}

// copyShared makes the tree a copy of MicroPython 1.25.0, with mpy-cross built.
func (r *real) copyShared() {
	r.t.Helper()
	shared.Lock()
	defer shared.Unlock()
	if shared.tree == "" {
		first := &real{t: r.t, mpwolf: r.mpwolf, dir: sharedDir(r.t)}
		first.tree = filepath.Join(first.dir, "micropython")
		first.fetch()
		first.commit()
		first.must(exec.Command("make", "-C", filepath.Join(first.tree, "mpy-cross")))
		shared.tree = first.tree
	}
	r.must(exec.Command("cp", "-a", shared.tree, r.tree))
}

// fetch gets MicroPython 1.25.0.
func (r *real) fetch() {
	r.t.Helper()
	r.run("fetch", "micropython", "--from", "apt", "--micropython", "1.25.0", "--dir",
		r.tree, "--port", "unix")
}

// inTheLongRun skips what CI has no time for.
func inTheLongRun(t *testing.T) {
	t.Helper()
	if os.Getenv("MPWOLF_TEST_LONG") == "" {
		t.Skip("MPWOLF_TEST_LONG is not set: this takes long, and other tests say most of it")
	}
}

// must runs a command that has to succeed and returns its stdout.
func (r *real) must(cmd *exec.Cmd) string {
	r.t.Helper()
	var stdout, stderr bytes.Buffer
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	if err := cmd.Run(); err != nil {
		r.t.Fatalf("%s: %v\n%s%s", cmd, err, tail(stdout.String()), tail(stderr.String()))
	}
	return stdout.String()
}

func tail(text string) string {
	const most = 4000
	if len(text) > most {
		return "…" + text[len(text)-most:]
	}
	return text
}

// command is an mpwolf command on the tree.
func (r *real) command(args ...string) *exec.Cmd {
	cmd := exec.Command(r.mpwolf, args...)
	cmd.Dir = r.dir
	return cmd
}

func (r *real) run(args ...string) string {
	r.t.Helper()
	return r.must(r.command(args...))
}

// patch patches the unix port.
func (r *real) patch(args ...string) {
	r.t.Helper()
	patch := []string{"patch", "--port", "unix", "--wolfssl", r.wolfssl, "--wolfssl-from", "apt"}
	r.run(append(patch, args...)...)
}

// verify returns the report and the exit code.
func (r *real) verify(args ...string) (*verify.Report, int) {
	r.t.Helper()
	cmd := r.command(append([]string{"verify", "--format", "json"}, args...)...)
	var stdout, stderr bytes.Buffer
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	err := cmd.Run()
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		r.t.Fatal(err)
	}
	var all struct{ Targets []verify.Report }
	if err := json.Unmarshal(stdout.Bytes(), &all); err != nil || len(all.Targets) != 1 {
		r.t.Fatalf("verify: %v\n%s%s", err, tail(stdout.String()), tail(stderr.String()))
	}
	return &all.Targets[0], cmd.ProcessState.ExitCode()
}

// findings are the messages of one check, one per line.
func findings(report *verify.Report, id string) string {
	var lines []string
	for _, check := range report.Checks {
		if check.ID != id {
			continue
		}
		for _, f := range check.Findings {
			lines = append(lines, f.Message)
		}
	}
	return strings.Join(lines, "\n")
}

func (r *real) firmware() string {
	if r.built != "" {
		return r.built
	}
	return filepath.Join(r.tree, ".mpwolf", "build", "unix-standard", "micropython")
}

// TestUnix is the main job: patch, build, verify, MicroPython's own tests, handshakes with
// OpenSSL, revert. It takes longest, one thing after the other. go test begins parallel tests with
// the last file: this file's name has it begin early.
func TestUnix(t *testing.T) {
	longOnly(t, "needs a compiler and real sources")
	t.Parallel()
	r := newReal(t)
	before, err := describe(r.dir)
	if err != nil {
		t.Fatal(err)
	}
	r.patch()
	report, code := r.verify()
	if !report.OK || code != 0 {
		text, _ := json.MarshalIndent(report, "", " ")
		t.Fatalf("verify: exit code %d\n%s", code, text)
	}
	for _, check := range report.Checks {
		t.Logf("%s: %s", check.ID, check.Summary)
	}
	t.Run("speed", r.speed)
	t.Run("upstream tests", r.upstreamTests)
	t.Run("certificates", func(t *testing.T) { x509All(t, r.firmware(), r.builtIn) })
	t.Run("by hand", r.byHand)
	t.Run("switches", r.switches)
	t.Run("kernels", r.kernels)
	t.Run("C99", r.c99)
	t.Run("left out", r.leftOut)
	clientVerifies(t, r.firmware(), "0") // as in the release; TestTracked has secure defaults
	r.onFirmware(t)
	t.Run("a wrong algorithm", r.wrongAlgorithm)

	if status := r.must(exec.Command("git", "-C", r.tree, "status", "--short")); strings.Count(
		status, "\n") != 2 {
		t.Errorf("verify and the tests changed the tree:\n%s", status)
	}
	r.run("revert")
	if status := r.must(exec.Command("git", "-C", r.tree, "status", "--short",
		"--ignored")); strings.Contains(status, " M") {
		t.Errorf("git status after revert:\n%s", status)
	}
	after, err := describe(r.dir)
	if err != nil {
		t.Fatal(err)
	}
	if before != after {
		t.Errorf("revert left a difference:\n%s", differing(before, after))
	}
}

// wrongAlgorithm changes a constant of ChaCha20: both ends of a handshake still agree, so only a
// known answer shows it. The program with the known answers compiles without a warning.
func (r *real) wrongAlgorithm(t *testing.T) {
	file := filepath.Join(r.module(), "wolfssl", "wolfcrypt", "src", "chacha.c")
	text := readFile(t, file)
	wrong := bytes.Replace(text, []byte("0x61707865"), []byte("0x61707866"), 1)
	if bytes.Equal(wrong, text) {
		t.Fatalf("%s has no such constant", file)
	}
	if err := os.WriteFile(file, wrong, 0o644); err != nil {
		t.Fatal(err)
	}
	report, code := r.verify()
	if err := os.WriteFile(file, text, 0o644); err != nil {
		t.Fatal(err)
	}
	if found := findings(report, "run"); code != 1 ||
		found != "known answers: ChaCha20-Poly1305 gives a wrong answer" {
		t.Errorf("exit code %d; run: %s", code, found)
	}
	program := filepath.Join(r.tree, ".mpwolf", "build", "unix-standard", "mpwolf-known-answers",
		"known_answers.c")
	r.must(exec.Command("gcc", "-std=gnu99", "-Wall", "-Wextra", "-Werror",
		"-DWOLFSSL_USER_SETTINGS", "-DMICROPY_WOLFSSL_ASM=1",
		"-I", filepath.Join(r.module(), "ports", "unix"), "-isystem",
		filepath.Join(r.module(), "wolfssl"), "-fsyntax-only", program))
}

// TestFirmware runs the tests that need no tree, on the patched micropython that
// MPWOLF_TEST_FIRMWARE names.
func TestFirmware(t *testing.T) {
	longOnly(t, "needs a compiler and real sources")
	firmware := os.Getenv("MPWOLF_TEST_FIRMWARE")
	if firmware == "" {
		t.Skip("MPWOLF_TEST_FIRMWARE names no patched micropython")
	}
	(&real{t: t, built: firmware}).onFirmware(t)
}

// onFirmware are the tests that need no tree.
func (r *real) onFirmware(t *testing.T) {
	t.Run("vectors", r.vectors)
	t.Run("NIST's vectors", r.nist)
	t.Run("Wycheproof", r.wycheproof)
	t.Run("keys and pyca", r.keysAndPyca)
	t.Run("certificates and pyca", r.x509API)
	t.Run("examples of crypto.md", r.cryptoExamples)
	for _, script := range firmwareScripts(t) {
		t.Run(script, func(t *testing.T) { runScript(t, r.firmware(), script) })
	}
	t.Run("hostile", func(t *testing.T) { runHostile(t, r.tree, r.firmware()) })
	t.Run("OpenSSL's server", r.opensslServer)
	t.Run("OpenSSL's client", r.opensslClient)
	t.Run("DTLS", r.dtls)
	t.Run("ecdsa_sign_callback", r.signCallback)
	t.Run("pre-shared keys", r.preSharedKeys)
	t.Run("chosen ciphers", r.chosenCipher)
	t.Run("options", r.options)
	t.Run("sessions", r.sessions)
	t.Run("ends", r.ends)
	t.Run("programs", r.programs)
	t.Run("limits", r.limits)
	t.Run("api", func(t *testing.T) {
		runScript(t, r.firmware(), "tls_api.py", chainDirectory(t))
	})
	t.Run("soak", func(t *testing.T) { shortSoak.run(t, r.firmware()) })
	t.Run("thousand handshakes", r.leak)
}

// differing are the lines that only one of two texts has.
func differing(a, b string) string {
	count := map[string]int{}
	for _, line := range strings.Split(a, "\n") {
		count[line]--
	}
	for _, line := range strings.Split(b, "\n") {
		count[line]++
	}
	var lines []string
	for line, n := range count {
		if n != 0 {
			lines = append(lines, line)
		}
	}
	return tail(strings.Join(lines, "\n"))
}

// upstreamTests runs MicroPython's own tests, also between two instances, and between one and
// the built-in mbedTLS.
func (r *real) upstreamTests(t *testing.T) {
	if os.Getenv("MPWOLF_TEST_MICROPYTHON") == "" {
		r.builtIn = buildBaseline(r.t, r.mpwolf, quick)
	}
	runUpstream(t, r.tree, r.firmware(), r.builtIn)
}

// byHand calls make as users of the existing module do: it checks which WOLFSSL_PORT is
// accepted, and the default.
func (r *real) byHand(t *testing.T) {
	target := r.target(t, "")
	modules := "USER_C_MODULES=" + filepath.Join(r.dir, "micropython-modules")
	ask := func(args ...string) (string, error) {
		words := append([]string{"-n", "-C", target.Dir(), "BUILD=" + t.TempDir(), modules},
			target.Args()...)
		out, err := exec.Command("make", append(words, args...)...).CombinedOutput()
		return string(out), err
	}
	if out, err := ask(); err != nil || !strings.Contains(out, "micropython-wolfssl/ports/unix") {
		t.Errorf("without WOLFSSL_PORT: %v\n%s", err, tail(out))
	}
	if out, err := ask("WOLFSSL_PORT=nope"); err == nil || !strings.Contains(out, "nope") ||
		!strings.Contains(out, "unix") {
		t.Errorf("WOLFSSL_PORT=nope: %v\n%s", err, tail(out))
	}
	if out, err := ask("WOLFSSL_USER_SETTINGS_FILE=/nonexistent/user_settings.h"); err == nil ||
		!strings.Contains(out, "/nonexistent/user_settings.h") {
		t.Errorf("a settings file that is not there: %v\n%s", err, tail(out))
	}
}

// leak makes a thousand handshakes in memory; the script itself checks that neither heap nor
// process grow.
func (r *real) leak(t *testing.T) {
	out, err := exec.Command(r.firmware(), filepath.Join("firmware", "tls_leak.py"),
		"1000").CombinedOutput()
	if err != nil || bytes.Contains(out, []byte("SKIP")) {
		t.Fatalf("%v\n%s", err, out)
	}
	t.Logf("%s", out)
	if want, err := os.ReadFile(filepath.Join("firmware", "tls_leak.py.exp")); err != nil ||
		!bytes.HasPrefix(out, want) {
		t.Errorf("got:\n%s\nwant:\n%s%v", out, want, err)
	}
}

// TestVerifyFinds breaks a patched tree in ways that must not go unnoticed.
func TestVerifyFinds(t *testing.T) {
	longOnly(t, "needs a compiler and real sources")
	t.Parallel()
	r := newReal(t)
	r.patch()

	t.Run("a typo in the modules path", func(t *testing.T) {
		report, code := r.verify("--modules", filepath.Join(r.dir, "micropython-module"))
		if code != 1 ||
			!strings.Contains(findings(report, "modules"),
				"this USER_C_MODULES directory does not exist") {
			t.Errorf("exit code %d: %+v", code, report)
		}
	})
	t.Run("ssl left on", func(t *testing.T) {
		inTheLongRun(t) // internal/verify has such a build of a small tree
		addMbedTLS(t, r.tree)
		mk := filepath.Join(r.tree, "ports", "unix", "mpconfigport.mk")
		text, err := os.ReadFile(mk)
		if err != nil {
			t.Fatal(err)
		}
		on := bytes.Replace(text, []byte("MICROPY_PY_SSL = 0"), []byte("MICROPY_PY_SSL = 1"), 1)
		if err := os.WriteFile(mk, on, 0o644); err != nil {
			t.Fatal(err)
		}
		report, code := r.verify("--make", quick)
		if err := os.WriteFile(mk, text, 0o644); err != nil {
			t.Fatal(err)
		}
		if code != 1 || !strings.Contains(findings(report, "macros"), "MICROPY_PY_SSL") {
			t.Errorf("exit code %d; macros: %s", code, findings(report, "macros"))
		}
		if !strings.Contains(findings(report, "leftovers"), "mbedTLS") {
			t.Errorf("leftovers: %s", findings(report, "leftovers"))
		}
	})
	for _, math := range []string{"USE_INTEGER_HEAP_MATH", "USE_FAST_MATH"} {
		t.Run(math, func(t *testing.T) {
			inTheLongRun(t)
			r.mathClash(t, math)
		})
	}
	t.Run("NO_INLINE", func(t *testing.T) {
		inTheLongRun(t)
		r.noInline(t)
	})
}

// quick makes make build firmware that is examined and not run.
const quick = "COPT=-O0"

// noInline builds with dangerous settings, one of which removes wolfSSL's helpers.
func (r *real) noInline(t *testing.T) {
	settings := filepath.Join(t.TempDir(), "user_settings.h")
	text := mathSettings + "#define WOLFSSL_SP_MATH_ALL\n#define NO_INLINE\n#define NO_ASN_TIME\n"
	if err := os.WriteFile(settings, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
	report, code := r.verify("--user-settings", settings, "--make", quick)
	if found := findings(report, "symbols"); code != 1 ||
		!strings.Contains(found, "NO_INLINE makes wolfSSL's misc.c") {
		t.Errorf("exit code %d; symbols: %s", code, found)
	}
	if found := findings(report, "settings"); !strings.Contains(found, "NO_ASN_TIME is defined") {
		t.Errorf("settings: %s", found)
	}
}

// mathClash builds with the user's own settings that select another math library, whose mp_init
// clashes with MicroPython's. The file has an unusual name.
func (r *real) mathClash(t *testing.T, math string) {
	settings := filepath.Join(t.TempDir(), "product.h")
	if err := os.WriteFile(settings, []byte(mathSettings+"#define "+math+"\n"),
		0o644); err != nil {
		t.Fatal(err)
	}
	report, code := r.verify("--user-settings", settings, "--make", quick)
	found := findings(report, "symbols")
	object := map[string]string{"USE_INTEGER_HEAP_MATH": "integer.o",
		"USE_FAST_MATH": "tfm.o"}[math]
	if code != 1 || !strings.Contains(found, "mp_init") || !strings.Contains(found, object) ||
		!strings.Contains(found, "runtime.o") {
		t.Errorf("exit code %d; symbols: %s", code, found)
	}
	if found := findings(report, "settings"); strings.Contains(found, "wanted: ") {
		t.Errorf("settings: %s", found)
	}
}

// mathSettings are the minimum settings with which the modules compile, for a quick build.
const mathSettings = `
#define HAVE_TLS_EXTENSIONS
#define HAVE_SUPPORTED_CURVES
#define HAVE_EXTENDED_MASTER
#define HAVE_SNI
#define HAVE_ECC
#define ECC_TIMING_RESISTANT
#define WC_RSA_BLINDING
#define TFM_TIMING_RESISTANT
#define HAVE_AESGCM
#define HAVE_AES_ECB
#define WOLFSSL_AES_COUNTER
#define WOLFSSL_AES_DIRECT
#define OPENSSL_EXTRA
`

// addMbedTLS copies Debian's mbedTLS into the tree, which has only an empty directory for it.
func addMbedTLS(t *testing.T, tree string) {
	t.Helper()
	cache, err := sources.DefaultCache()
	if err != nil {
		t.Fatal(err)
	}
	apt := sources.Apt{Cache: cache, Log: t.Logf}
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
	defer cancel()
	packages, err := apt.Packages(ctx, "trixie", "mbedtls")
	if err != nil || len(packages) == 0 {
		t.Fatalf("mbedtls of trixie: %v", err)
	}
	from := t.TempDir()
	if err := apt.Download(ctx, packages[0], from, true); err != nil {
		t.Fatal(err)
	}
	to := filepath.Join(tree, "lib", "mbedtls")
	if err := os.RemoveAll(to); err != nil {
		t.Fatal(err)
	}
	if err := os.Mkdir(to, 0o755); err != nil {
		t.Fatal(err)
	}
	if err := apt.UnpackUpstream(ctx, from, to, ""); err != nil {
		t.Fatal(err)
	}
}

// buildBaseline builds MicroPython 1.25.0 with the built-in mbedTLS, both from Debian's archive.
// It returns a command that also has an ssl module, which Debian's tree lacks.
func buildBaseline(t *testing.T, mpwolf string, args ...string) string {
	t.Helper()
	r := &real{t: t, mpwolf: mpwolf, dir: t.TempDir()}
	r.tree = filepath.Join(r.dir, "micropython")
	r.copyShared()
	addMbedTLS(t, r.tree)
	standIn, err := filepath.Abs(filepath.Join("firmware", "stand-in"))
	if err != nil {
		t.Fatal(err)
	}
	script := fmt.Sprintf("#!/bin/sh\nMICROPYPATH=${MICROPYPATH:-.frozen}:%s exec %s \"$@\"\n",
		standIn, r.build(t, "standard", append(args, "MICROPY_SSL_MBEDTLS=1")...))
	command := filepath.Join(r.dir, "micropython-mbedtls")
	if err := os.WriteFile(command, []byte(script), 0o755); err != nil {
		t.Fatal(err)
	}
	return command
}

// target is the unix port of the tree; variant "" is the standard one.
func (r *real) target(t *testing.T, variant string) micropython.Target {
	t.Helper()
	tree, err := micropython.Open(r.tree)
	if err != nil {
		t.Fatal(err)
	}
	target, err := tree.Target("unix", "", variant)
	if err != nil {
		t.Fatal(err)
	}
	return target
}

// build builds the unix port without mpwolf, and returns its micropython.
func (r *real) build(t *testing.T, variant string, args ...string) string {
	t.Helper()
	return r.buildIn(t, filepath.Join(t.TempDir(), "build"), variant, args...)
}

// buildIn is build in a given directory.
func (r *real) buildIn(t *testing.T, dir, variant string, args ...string) string {
	t.Helper()
	target := r.target(t, variant)
	build := build.Make{Target: target, Dir: dir, KeepSymbols: true, Args: args}
	result, err := build.Run(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return result.ELF
}

// TestFetchedTree checks that mpwolf can open what fetch left, with the arguments that its make
// needs.
func TestFetchedTree(t *testing.T) {
	longOnly(t, "needs a compiler and real sources")
	needReal(t)
	r := &real{t: t, mpwolf: sharedMpwolf(t), dir: t.TempDir()}
	r.tree = filepath.Join(r.dir, "micropython")
	r.fetch()
	target := r.target(t, "")
	missing, err := build.MissingSubmodules(t.Context(), target)
	if err != nil || len(missing) > 0 {
		t.Errorf("%v, %v", missing, err)
	}
}
