package tests_test

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"testing"
)

// TestCMake builds a small port that includes the modules through micropython.cmake, as rp2 and
// esp32 do, and runs the firmware tests on it.
func TestCMake(t *testing.T) {
	longOnly(t, "needs a compiler and real sources")
	t.Parallel()
	r := newReal(t)
	r.patch() // only to have the modules installed
	build := t.TempDir()
	module := filepath.Join(r.dir, "micropython-modules", "micropython-wolfssl",
		"micropython.cmake")
	configure := func(args ...string) *exec.Cmd {
		return exec.Command("cmake",
			append([]string{"-S", filepath.Join("testdata", "cmake"), "-B", build,
				"-DMICROPY_DIR=" + r.tree, "-DUSER_C_MODULES=" + module}, args...)...)
	}
	for _, refused := range []struct{ arg, want string }{
		// The port is named by its directory, which here is no port of MicroPython's.
		{"-DWOLFSSL_ASM=1", `unknown WOLFSSL_PORT "cmake"; known ports: `},
		{"-DWOLFSSL_PORT=nope", `unknown WOLFSSL_PORT "nope"; known ports: `},
		{"-DWOLFSSL_USER_SETTINGS_FILE=/nonexistent/settings.h", "/nonexistent/settings.h"},
		{"-DWOLFSSL_USER_SETTINGS_FILE=" + build, "is a directory"},
		{"-DWOLFSSL_DIR=/nonexistent/wolfssl", "/nonexistent/wolfssl"},
		{"-DWOLFSSL_DROP_IN=maybe", `WOLFSSL_DROP_IN is "maybe"; it must be 0 or 1`},
		{"-DWOLFSSL_ASM=2", `WOLFSSL_ASM is "2"; it must be 0 or 1`},
		{
			"-DWOLFSSL_PROFILE=huge",
			`unknown WOLFSSL_PROFILE "huge"; known profiles: full client tiny`,
		},
	} {
		port := "-DWOLFSSL_PORT=unix"
		if strings.Contains(refused.want, "WOLFSSL_PORT") {
			port = "-DWOLFSSL_DROP_IN=1"
		}
		out, err := configure(port, refused.arg).CombinedOutput()
		if text := strings.Join(strings.Fields(string(out)), " "); err == nil ||
			!strings.Contains(text, refused.want) {
			t.Errorf("%s: %v\n%s", refused.arg, err, tail(string(out)))
		}
		if err := os.RemoveAll(build); err != nil { // the cache remembers arguments
			t.Fatal(err)
		}
	}

	// A variable of the environment is taken when a directory is first configured.
	first := configure()
	first.Env = append(os.Environ(), "WOLFSSL_PORT=unix")
	r.must(first)
	r.must(exec.Command("cmake", "--build", build, "-j2"))
	if out, err := exec.Command("nm", filepath.Join(build, "firmware")).Output(); err != nil ||
		runtime.GOARCH == "amd64" && !strings.Contains(string(out), " AES_GCM_encrypt_avx2\n") {
		t.Errorf("no assembly in the firmware: %v", err)
	}
	later := exec.Command("cmake", "--build", build)
	later.Env = append(os.Environ(), "WOLFSSL_PORT=unix", "WOLFSSL_SECURE_DEFAULTS=1")
	const refused = `WOLFSSL_SECURE_DEFAULTS=1, but it was configured with "0"`
	if out, err := later.CombinedOutput(); err == nil || !strings.Contains(string(out), refused) {
		t.Errorf("another value in the environment: %v\n%s", err, tail(string(out)))
	}
	for _, script := range []string{"crypto_kat.py", "tls_pair.py", "tls_abuse.py"} {
		source, err := inline(script)
		if err != nil {
			t.Fatal(err)
		}
		want, err := os.ReadFile(filepath.Join("firmware", script+".exp"))
		if err != nil {
			t.Fatal(err)
		}
		cmd := exec.Command(filepath.Join(build, "firmware"))
		cmd.Stdin = strings.NewReader(source)
		want = bytes.ReplaceAll(want, []byte("\n"), []byte("\r\n"))
		if got := r.must(cmd); got != string(want) {
			t.Errorf("%s: got:\n%s\nwant:\n%s", script, tail(got), want)
		}
	}

	t.Run("rebuild", func(t *testing.T) {
		inTheLongRun(t) // TestVariablesRebuild does the same with make
		// When a variable changes, no old name is left and no new one is missing.
		for i, want := range []string{"none\r\n", "there\r\n"} {
			drop := strconv.Itoa(i)
			r.must(configure("-DWOLFSSL_DROP_IN=" + drop))
			r.must(exec.Command("cmake", "--build", build, "-j2"))
			cmd := exec.Command(filepath.Join(build, "firmware"))
			cmd.Stdin = strings.NewReader("try:\n    import cryptolib\n    print('there')\n" +
				"except ImportError:\n    print('none')\n")
			if got := r.must(cmd); got != want {
				t.Errorf("WOLFSSL_DROP_IN=%s: import cryptolib: %q", drop, got)
			}
		}
	})
}
