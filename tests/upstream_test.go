package tests_test

import (
	"bytes"
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

// upstream is MicroPython's own tests, copied so that our expected texts can be put beside them.
type upstream struct {
	dir      string   // the copy of the tree's folder tests
	replaced []string // tests that have an expected text of ours
}

// newUpstream copies the tests of a tree. wolfSSL up to 5.7 words one error otherwise; old says that it is one.
func newUpstream(t *testing.T, tree string, old bool) *upstream {
	t.Helper()
	top := t.TempDir()
	u := &upstream{dir: filepath.Join(top, "tests")}
	if err := os.CopyFS(u.dir, os.DirFS(filepath.Join(tree, "tests"))); err != nil {
		t.Fatal(err)
	}
	// The runners import modules from beside the folder.
	for _, name := range []string{"tools", "py", "ports", "lib", "mpy-cross", "extmod"} {
		if err := os.Symlink(filepath.Join(tree, name), filepath.Join(top, name)); err != nil {
			t.Fatal(err)
		}
	}
	u.expect(t, old)
	return u
}

// expect puts the texts of firmware/expected, whose README gives the reason for each, over those that spell mbedTLS's
// names.
func (u *upstream) expect(t *testing.T, old bool) {
	t.Helper()
	files, err := filepath.Glob(filepath.Join("firmware", "expected", "*.exp"))
	if err != nil || len(files) == 0 {
		t.Fatalf("no expected texts: %v", err)
	}
	for _, file := range files {
		name := filepath.Base(file)
		script := strings.TrimSuffix(name, ".exp")
		if base, isOld := strings.CutSuffix(script, ".5.7"); isOld != (old && u.hasOld(script)) {
			continue
		} else if isOld {
			script = base
		}
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		// Up to v1.22 the tests of what tls is now begin with ssl_.
		for _, name := range []string{"extmod/" + script, "extmod/ssl_" + strings.TrimPrefix(script, "tls_"), "multi_net/" + script} {
			u.replace(t, name, text)
		}
	}
}

// replace puts our text in the place of one that spells mbedTLS's names; a release may have another test of that name,
// whose text fits everybody.
func (u *upstream) replace(t *testing.T, name string, text []byte) {
	t.Helper()
	target := filepath.Join(u.dir, filepath.FromSlash(name)+".exp")
	theirs, err := os.ReadFile(target)
	if err != nil || !bytes.Contains(theirs, []byte("MBEDTLS")) {
		return
	}
	if err := os.WriteFile(target, text, 0o644); err != nil {
		t.Fatal(err)
	}
	u.replaced = append(u.replaced, name)
}

// hasOld says whether a test has another text for old versions of wolfSSL.
func (u *upstream) hasOld(script string) bool {
	_, err := os.Stat(filepath.Join("firmware", "expected", strings.TrimSuffix(script, ".5.7")+".5.7.exp"))
	return err == nil
}

func (u *upstream) files(t *testing.T, folder string, patterns ...string) []string {
	t.Helper()
	var files []string
	for _, pattern := range patterns {
		found, err := filepath.Glob(filepath.Join(u.dir, folder, pattern))
		if err != nil {
			t.Fatal(err)
		}
		for _, file := range found {
			files = append(files, folder+"/"+filepath.Base(file))
		}
	}
	return files
}

// notRun are upstream's tests that cannot be run here, each with its reason.
var notRun = map[string]string{
	"extmod/ssl_noleak.py": "needs unittest of micropython-lib, which a tree from Debian lacks",
}

// extmod runs the tests of the three modules on one firmware.
func (u *upstream) extmod(t *testing.T, firmware string) {
	files := u.files(t, "extmod", "hashlib_*.py", "uhashlib_*.py", "cryptolib_*.py", "ucryptolib_*.py", "ssl_*.py",
		"ussl_*.py", "tls_*.py")
	files = slices.DeleteFunc(files, func(file string) bool {
		reason, ok := notRun[file]
		if ok {
			t.Logf("not run: %s: %s", file, reason)
		}
		return ok
	})
	if len(files) < 10 {
		t.Fatalf("found only %d tests: %v", len(files), files)
	}
	args := []string{"run-tests.py"}
	if u.knows(t, "run-tests.py", "--result-dir") {
		args = append(args, "--result-dir", t.TempDir())
	}
	cmd := exec.Command("python3", append(args, files...)...)
	cmd.Dir = u.dir
	cmd.Env = append(os.Environ(), "MICROPY_MICROPYTHON="+firmware)
	out, err := cmd.CombinedOutput()
	t.Log(tail(string(out)))
	if err != nil {
		t.Errorf("run-tests.py: %v", err)
	}
	summarize(t, "extmod", out, `(?m)^pass `, `(?m)^FAIL `, `(?m)^skip `)
}

// A server of one test may still hold the port that the next one wants, whatever TLS they speak.
const (
	busyTries = 3
	busyWait  = 5 * time.Second
)

// multi runs the tests between two instances.
func (u *upstream) multi(t *testing.T, first, second string, leaveOut []string) {
	files := u.files(t, "multi_net", "ssl_*.py", "sslcontext_*.py", "asyncio_tls_*.py", "uasyncio_tls_*.py", "tls_*.py")
	files = slices.DeleteFunc(files, func(file string) bool { return slices.Contains(leaveOut, file) })
	if len(files) == 0 {
		t.Skip("this release has no multi_net tests of TLS")
	}
	option := "-i"
	if u.knows(t, "run-multitests.py", "--test-instance") {
		option = "-t"
	}
	args := append([]string{"run-multitests.py", option, "exec:" + first, option, "exec:" + second}, files...)
	var out []byte
	var err error
	for range busyTries {
		cmd := exec.Command("python3", args...)
		cmd.Dir = u.dir
		out, err = cmd.CombinedOutput()
		if err == nil || !bytes.Contains(out, []byte("EADDRINUSE")) {
			break
		}
		t.Log("port 8000, which all of these tests listen on, is still busy; once more")
		time.Sleep(busyWait)
	}
	t.Log(tail(string(out)))
	if err != nil {
		t.Errorf("run-multitests.py: %v", err)
	}
	summarize(t, "multi_net", out, `(?m)^multi_net/.*: pass$`, `(?m)^multi_net/.*: FAIL$`, `(?m)^multi_net/.*: skip$`)
}

// knows says whether a runner of this release has an option.
func (u *upstream) knows(t *testing.T, runner, option string) bool {
	t.Helper()
	cmd := exec.Command("python3", runner, "--help")
	cmd.Dir = u.dir
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("%s: %v\n%s", cmd, err, out)
	}
	return bytes.Contains(out, []byte(option))
}

func summarize(t *testing.T, what string, out []byte, pass, fail, skip string) {
	t.Helper()
	count := func(pattern string) int { return len(regexp.MustCompile(pattern).FindAll(out, -1)) }
	passed := count(pass)
	t.Log(fmt.Sprintf("%s: %d passed, %d failed, %d skipped", what, passed, count(fail), count(skip)))
	if passed == 0 {
		t.Errorf("%s: no test passed", what)
	}
}

// TestUpstream runs MicroPython's own tests on firmware that is there: MPWOLF_UPSTREAM_TREE names a tree,
// MPWOLF_UPSTREAM_FIRMWARE its patched micropython, and MPWOLF_UPSTREAM_BASELINE, if set, one with the built-in mbedTLS,
// which is then each side's peer too.
func TestUpstream(t *testing.T) {
	tree, firmware := os.Getenv("MPWOLF_UPSTREAM_TREE"), os.Getenv("MPWOLF_UPSTREAM_FIRMWARE")
	if tree == "" || firmware == "" {
		t.Skip("MPWOLF_UPSTREAM_TREE and MPWOLF_UPSTREAM_FIRMWARE name no tree and no patched micropython")
	}
	tree, err := filepath.Abs(tree)
	if err != nil {
		t.Fatal(err)
	}
	u := newUpstream(t, tree, isOld(t, firmware))
	t.Run("extmod", func(t *testing.T) { u.extmod(t, firmware) })
	t.Run("multi_net", func(t *testing.T) { u.multi(t, firmware, firmware, nil) })
	baseline := os.Getenv("MPWOLF_UPSTREAM_BASELINE")
	if baseline == "" {
		t.Log("MPWOLF_UPSTREAM_BASELINE names no micropython with mbedTLS: not run against one")
		return
	}
	// With one side mbedTLS's and one ours neither expected text fits where errors are spelt out.
	t.Run("multi_net, mbedTLS's client", func(t *testing.T) { u.multi(t, firmware, baseline, u.replaced) })
	t.Run("multi_net, mbedTLS's server", func(t *testing.T) { u.multi(t, baseline, firmware, u.replaced) })
}

// isOld says whether a firmware's wolfSSL is 5.7 or older.
func isOld(t *testing.T, firmware string) bool {
	t.Helper()
	out, err := exec.Command(firmware, "-c", "import wolfssl; print(wolfssl.MBEDTLS_VERSION)").CombinedOutput()
	if err != nil || !bytes.HasPrefix(out, []byte("wolfSSL 5.")) {
		t.Fatalf("%s is not a patched micropython: %v: %s", firmware, err, out)
	}
	return bytes.HasPrefix(out, []byte("wolfSSL 5.7.")) || bytes.HasPrefix(out, []byte("wolfSSL 5.5."))
}
