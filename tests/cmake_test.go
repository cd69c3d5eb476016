package tests_test

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
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
		{"-DWOLFSSL_PORT=nope", `unknown WOLFSSL_PORT "nope"; known ports: `},
		{"-DWOLFSSL_USER_SETTINGS_FILE=/nonexistent/settings.h", "/nonexistent/settings.h"},
		{"-DWOLFSSL_USER_SETTINGS_FILE=" + build, "is a directory"},
		{"-DWOLFSSL_DIR=/nonexistent/wolfssl", "/nonexistent/wolfssl"},
		{"-DWOLFSSL_DROP_IN=maybe", `WOLFSSL_DROP_IN is "maybe"; it must be 0 or 1`},
	} {
		out, err := configure(refused.arg).CombinedOutput()
		if text := strings.Join(strings.Fields(string(out)), " "); err == nil ||
			!strings.Contains(text, refused.want) {
			t.Errorf("%s: %v\n%s", refused.arg, err, tail(string(out)))
		}
		if err := os.RemoveAll(build); err != nil { // the cache remembers arguments
			t.Fatal(err)
		}
	}

	r.must(configure())
	r.must(exec.Command("cmake", "--build", build, "-j2"))
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
