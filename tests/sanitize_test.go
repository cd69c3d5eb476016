package tests_test

import (
	"bytes"
	"cmp"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"
)

// fuzzSeconds is how long the parsers are fuzzed, unless MPWOLF_FUZZ_SECONDS says otherwise.
const fuzzSeconds = "20"

// sanitizers are the checks that are compiled in. MicroPython calls memcpy and memcmp with NULL
// and length 0 in many places, which is harmless.
const sanitizers = "-fsanitize=address,undefined -fno-sanitize=nonnull-attribute"

// sanitizedSoak does little, because everything takes longer; freed memory is kept for a while.
var sanitizedSoak = soak{handshakes: 20, megabytes: 4, heap: oneConnection, process: 16 << 10,
	timeout: 2 * time.Minute}

// TestSanitized takes the coverage variant with AddressSanitizer and UndefinedBehaviorSanitizer,
// and runs MicroPython's own tests, the firmware tests, a soak and the fuzzer on that: this
// variant finalises what is still there at the end, so that leaks are found, and has tests
// (ssl_poll, ssl_ioctl) that others lack.
func TestSanitized(t *testing.T) {
	longOnly(t, "needs a compiler and real sources")
	t.Parallel()
	r, firmware := sanitizedFirmware(t)

	sanitized(t, "a leak is seen", firmware, func(t *testing.T, firmware string) {
		out, err := exec.Command(firmware, "-c",
			"import ffi; ffi.open(None).func('i', 'malloc', 'I')(12345)").CombinedOutput()
		if err == nil {
			t.Errorf("no one saw that 12345 bytes leak: %s", out)
		}
	}, "12345 byte(s) leaked")
	sanitized(t, "upstream tests", firmware, func(t *testing.T, firmware string) {
		u := newUpstream(t, r.tree)
		u.expect(t, isOld(t, firmware))
		got := u.extmod(t, firmware)
		u.judge(t, got, nil)
		for _, test := range []string{"ssl_poll", "ssl_ioctl", "cryptolib_aes128_ctr"} {
			if got["extmod/"+test+".py"] != "pass" {
				t.Errorf("%s did not pass; it is why this variant is built", test)
			}
		}
	})
	for _, script := range firmwareScripts(t) {
		sanitized(t, script, firmware, func(t *testing.T, firmware string) {
			if script == allocFail {
				allocationsFail(t, firmware)
				return
			}
			runScript(t, firmware, script)
		})
	}
	chain := chainDirectory(t)
	sanitized(t, "tls_api.py", firmware, func(t *testing.T, firmware string) {
		runScript(t, firmware, "tls_api.py", chain)
	})
	sanitized(t, "soak", firmware, func(t *testing.T, firmware string) {
		// This variant has no asyncio in it.
		extmod := filepath.Join(r.tree, "extmod")
		sanitizedSoak.run(t,
			shellMicropython(t,
				fmt.Sprintf("MICROPYPATH=.frozen:%s exec %s \"$@\"", extmod, firmware)))
	})
	sanitized(t, "fuzz", firmware, func(t *testing.T, firmware string) {
		out, err := exec.Command(firmware, filepath.Join("firmware", "fuzz.py"),
			cmp.Or(os.Getenv("MPWOLF_FUZZ_SECONDS"), fuzzSeconds)).CombinedOutput()
		if err != nil || !bytes.Contains(out, []byte("done ")) {
			t.Errorf("%v\n%s", err, tail(string(out)))
		}
		t.Log(string(out[max(0, len(out)-40):]))
	})
}

// installAllocfail adds the user module with which alloc_fail.py selects the allocation that
// fails.
func (r *real) installAllocfail(t *testing.T) {
	t.Helper()
	if err := os.CopyFS(filepath.Join(r.dir, "micropython-modules", "allocfail"),
		os.DirFS(filepath.Join("testdata", "allocfail"))); err != nil {
		t.Fatal(err)
	}
}

// allocFail is the script that makes each allocation fail.
const allocFail = "alloc_fail.py"

// allocationsFail makes every 9th allocation of each operation fail in turn; in the long run,
// each.
func allocationsFail(t *testing.T, firmware string) {
	t.Helper()
	step := "9"
	if os.Getenv("MPWOLF_TEST_LONG") != "" {
		step = "1"
	}
	want := readFile(t, filepath.Join("firmware", allocFail+".exp"))
	out, err := exec.Command(firmware, filepath.Join("firmware", allocFail), step).CombinedOutput()
	if err != nil || !bytes.Equal(out, want) {
		t.Errorf("%v; got:\n%s\nwant:\n%s", err, tail(string(out)), want)
	}
}

// onlyOurs compiles the modules and wolfSSL with ThreadSanitizer, but not MicroPython, whose
// threads change the same objects by design, and whose nlr_push() it does not understand.
const onlyOurs = `#!/bin/sh
case "$*" in *" -o "*micropython-wolfssl/*) set -- "$@" -fsanitize=thread -Wno-error=tsan ;; esac
exec gcc "$@"
`

// benignRaces are wolfSSL's queries for the processor's instructions: each thread writes the
// same result.
const benignRaces = `race:wc_AesSetKeyLocal
race:wc_AesGcmEncrypt
race:cpuid_get_flags
race:cpuid_set_flags
race:Sha256_SetTransform
race:Sha512_SetTransform
`

// TestRaces runs threads that share contexts under ThreadSanitizer.
func TestRaces(t *testing.T) {
	longOnly(t, "needs a compiler and real sources")
	inTheLongRun(t)
	t.Parallel()
	r := newReal(t)
	r.patch()
	cc, suppressions := filepath.Join(r.dir, "cc"), filepath.Join(r.dir, "suppressions")
	for path, text := range map[string]string{cc: onlyOurs, suppressions: benignRaces} {
		if err := os.WriteFile(path, []byte(text), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	firmware := r.build(t, "standard", "CC="+cc, "DEBUG=1", "LDFLAGS_EXTRA=-fsanitize=thread",
		"WOLFSSL_PORT=unix",
		"USER_C_MODULES="+filepath.Join(r.dir, "micropython-modules"))
	// ThreadSanitizer of gcc 12 does not support every memory layout that a kernel chooses at
	// random.
	cmd := exec.Command("setarch", "-R", firmware, "-X", "heapsize=600M",
		filepath.Join("firmware", "tls_threads.py"), "all")
	cmd.Env = append(os.Environ(), "TSAN_OPTIONS=suppressions="+suppressions)
	out, err := cmd.CombinedOutput()
	if want := string(readFile(t, filepath.Join("firmware", "tls_threads.py.exp"))); err != nil ||
		string(out) != want {
		t.Errorf("%v\n%s", err, tail(string(out)))
	}
}

// TestTracked takes wolfSSL's memory from MicroPython's heap, and little of it from the stack,
// as on a microcontroller: whichever allocation fails, the outcome is as good as with the C
// library's.
func TestTracked(t *testing.T) {
	longOnly(t, "needs a compiler and real sources")
	inTheLongRun(t) // TestStm32Settings has MicroPython's heap, too
	t.Parallel()
	r := newReal(t)
	r.patch()
	r.installAllocfail(t)
	settings, err := filepath.Abs(filepath.Join("testdata", "tracked", "user_settings.h"))
	if err != nil {
		t.Fatal(err)
	}
	unix := filepath.Join(r.module(), "ports", "unix", "user_settings.h")
	firmware := r.build(t, "standard", "MICROPY_PY_THREAD=0", "WOLFSSL_PORT=unix",
		"USER_C_MODULES="+filepath.Dir(r.module()), "WOLFSSL_USER_SETTINGS_FILE="+settings,
		"WOLFSSL_SECURE_DEFAULTS=1",
		fmt.Sprintf(`CFLAGS_EXTRA=-DMPWOLF_TEST_UNIX_SETTINGS='"%s"'`, unix))
	clientVerifies(t, firmware, "2") // CERT_REQUIRED
	// micropython-lib's ssl.py, which sets CERT_NONE itself, does not undo that.
	standIn, err := filepath.Abs(filepath.Join("firmware", "stand-in"))
	if err != nil {
		t.Fatal(err)
	}
	clientVerifies(t,
		shellMicropython(t, fmt.Sprintf("MICROPYPATH=%s exec %s \"$@\"", standIn, firmware)), "2")
	for _, script := range []string{"crypto_kat.py", "tls_pair.py", "tls_ragged.py",
		"tls_psk.py", "tls_abuse.py",
		"tls_flights.py", "tls_keylog.py", "tls_reasons.py", "tls_pins.py",
		"tls_psk_callbacks.py"} {
		t.Run(script, func(t *testing.T) { runScript(t, firmware, script) })
	}
	t.Run(allocFail, func(t *testing.T) { allocationsFail(t, firmware) })
	t.Run("key log", (&real{t: t, built: firmware}).keyLog)
	t.Run("certificates", func(t *testing.T) { x509Table(t, firmware) })
}

// clientVerifies holds what a client of ssl does about the server's certificate unless it is told:
// its verify_mode.
func clientVerifies(t *testing.T, firmware, want string) {
	t.Helper()
	out, err := exec.Command(firmware, "-c",
		"import ssl; print(ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT).verify_mode)").CombinedOutput()
	if got := strings.TrimSpace(string(out)); err != nil || got != want {
		t.Errorf("verify_mode is %s (%v); want %s", got, err, want)
	}
}

// sanitized runs a test on a command that is the firmware, but writes stderr, and with it what
// the sanitizers find, into a file that is read after the test. It fails for every finding
// except undefined behaviour in wolfSSL's or MicroPython's own sources, which is logged, and if
// want, if given, is not among the findings. MicroPython's collector reads whole stacks, which
// use-after-return would move to the heap.
func sanitized(
	t *testing.T, name, firmware string, test func(t *testing.T, firmware string), want ...string,
) {
	t.Run(name, func(t *testing.T) {
		log := filepath.Join(t.TempDir(), "log")
		test(t,
			shellMicropython(t,
				fmt.Sprintf("ASAN_OPTIONS=detect_leaks=1:detect_stack_use_after_return=0 "+
					"exec %s \"$@\" 2>>%s",
					firmware, log)))
		text := string(readFile(t, log))
		judgeFindings(t, text, want)
		if t.Failed() {
			t.Log(tail(text))
		}
	})
}

// shellMicropython makes a micropython that is a shell script of one line.
func shellMicropython(t *testing.T, line string) string {
	t.Helper()
	command := filepath.Join(t.TempDir(), "micropython")
	if err := os.WriteFile(command, []byte("#!/bin/sh\n"+line+"\n"), 0o755); err != nil {
		t.Fatal(err)
	}
	return command
}

var (
	// UndefinedBehaviorSanitizer's
	runtimeError = regexp.MustCompile(`(?m)^.*: runtime error: .*$`)
	// AddressSanitizer's and LeakSanitizer's
	finding = regexp.MustCompile(`(?m)^(==\d+==ERROR: |SUMMARY: ).*$`)
)

func judgeFindings(t *testing.T, text string, want []string) {
	t.Helper()
	for _, part := range want {
		if !strings.Contains(text, part) {
			t.Errorf("no finding says %q:\n%s", part, tail(text))
		}
	}
	if len(want) == 0 && finding.MatchString(text) {
		t.Errorf("%s", tail(text))
	}
	lines := runtimeError.FindAllString(text, -1)
	slices.Sort(lines)
	for _, line := range slices.Compact(lines) {
		if name := filepath.Base(strings.SplitN(line, ":", 2)[0]); strings.HasPrefix(name,
			"modwolf") || strings.HasPrefix(name, "wolf_") {
			t.Error(line)
		} else {
			t.Log("not ours: " + line)
		}
	}
}

// firmwareScripts are the scripts of tests/firmware that need no arguments: verify runs some of
// them too.
func firmwareScripts(t *testing.T) []string {
	t.Helper()
	files, err := filepath.Glob(filepath.Join("firmware", "*.py.exp"))
	if err != nil {
		t.Fatal(err)
	}
	var scripts []string
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		// tls_leak.py measures the process, which keeps freed memory for a while.
		if string(text) != "SKIP\n" && filepath.Base(file) != "tls_leak.py.exp" {
			scripts = append(scripts, strings.TrimSuffix(filepath.Base(file), ".exp"))
		}
	}
	if len(scripts) < 3 {
		t.Fatalf("found only %v", scripts)
	}
	return scripts
}

// runScript runs a script of tests/firmware, which must print what is in its .exp file.
func runScript(t *testing.T, firmware, script string, args ...string) {
	t.Helper()
	expected := script + ".exp"
	if len(args) > 0 {
		expected = script + ".args.exp" // what it prints without arguments is SKIP
	}
	want, err := os.ReadFile(filepath.Join("firmware", expected))
	if err != nil {
		t.Fatal(err)
	}
	out, err := exec.Command(firmware,
		append([]string{filepath.Join("firmware", script)}, args...)...).CombinedOutput()
	if string(out) == "SKIP\n" {
		t.Skip("the script asks for something that this firmware lacks")
	}
	if err != nil || !bytes.Equal(out, want) {
		t.Errorf("%v; got:\n%s\nwant:\n%s", err, tail(string(out)), want)
	}
}
