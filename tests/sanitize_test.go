package tests_test

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// fuzzSeconds is how long the parsers are fuzzed.
const fuzzSeconds = "60"

// sanitizers are the checks that are compiled in. MicroPython's collector reads whole stacks, which
// asan-use-after-return would move to the heap; its memcpy and memcmp of nothing from NULL are harmless and many.
const sanitizers = "-fsanitize=address,undefined -fno-sanitize=nonnull-attribute"

// TestSanitized builds the coverage variant with AddressSanitizer and UndefinedBehaviorSanitizer, and runs MicroPython's
// own tests, the firmware tests and the fuzzer on that: this variant finalises what is still there at the end, so that
// leaks are found, and has tests (ssl_poll, ssl_ioctl) that others lack.
func TestSanitized(t *testing.T) {
	r := newReal(t)
	t.Setenv("ASAN_OPTIONS", "detect_leaks=1:detect_stack_use_after_return=0")
	r.patch("--variant", "coverage")
	firmware := r.build(t, "coverage", "DEBUG=1", "CFLAGS_EXTRA="+sanitizers, "LDFLAGS_EXTRA="+sanitizers, "WOLFSSL_PORT=unix",
		"USER_C_MODULES="+filepath.Join(r.dir, "micropython-modules"))
	t.Run("upstream tests", func(t *testing.T) {
		u := newUpstream(t, r.tree, isOld(t, firmware))
		u.extmod(t, firmware)
	})
	for _, test := range []struct {
		script string
		args   []string
		exact  bool // the output is that of the .exp file
	}{
		{"crypto_kat.py", nil, true},
		{"tls_pair.py", nil, true},
		{"fuzz.py", []string{fuzzSeconds}, false},
	} {
		t.Run(test.script, func(t *testing.T) {
			cmd := exec.Command(firmware, append([]string{filepath.Join("firmware", test.script)}, test.args...)...)
			var stdout, stderr bytes.Buffer
			cmd.Stdout, cmd.Stderr = &stdout, &stderr
			if err := cmd.Run(); err != nil {
				t.Fatalf("%v\n%s%s", err, tail(stdout.String()), tail(stderr.String()))
			}
			want, err := os.ReadFile(filepath.Join("firmware", test.script+".exp"))
			if test.exact && (err != nil || !bytes.Equal(want, stdout.Bytes())) {
				t.Errorf("got:\n%s\nwant:\n%s%v", tail(stdout.String()), want, err)
			}
			if !test.exact && !strings.Contains(stdout.String(), "done ") {
				t.Errorf("got:\n%s", tail(stdout.String()))
			}
			undefined(t, stderr.String())
		})
	}
}

// runtimeError is a line of UndefinedBehaviorSanitizer's.
var runtimeError = regexp.MustCompile(`(?m)^.*: runtime error: .*$`)

// undefined fails for undefined behaviour in the modules; wolfSSL's and MicroPython's own is told.
func undefined(t *testing.T, stderr string) {
	for _, line := range runtimeError.FindAllString(stderr, -1) {
		if name := filepath.Base(strings.SplitN(line, ":", 2)[0]); strings.HasPrefix(name, "modwolf") || strings.HasPrefix(name, "wolf_") {
			t.Error(line)
		} else {
			t.Log("not ours: " + line)
		}
	}
}
