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
	"sync"
	"testing"
	"time"

	"mpwolf/internal/micropython"
)

// upstream is MicroPython's own tests, copied so that our expected texts can be put beside them.
type upstream struct {
	version  micropython.Version
	dir      string   // the copy of the tree's directory tests
	replaced []string // tests that have an expected text of ours
}

// newUpstream copies the tests of a tree.
func newUpstream(t *testing.T, tree string) *upstream {
	t.Helper()
	opened, err := micropython.Open(tree)
	if err != nil {
		t.Fatal(err)
	}
	top := t.TempDir()
	u := &upstream{version: opened.Version, dir: filepath.Join(top, "tests")}
	if err := os.CopyFS(u.dir, os.DirFS(filepath.Join(tree, "tests"))); err != nil {
		t.Fatal(err)
	}
	// The runners import modules from beside the directory.
	for _, name := range []string{"tools", "py", "ports", "mpy-cross", "extmod"} {
		if err := os.Symlink(filepath.Join(tree, name), filepath.Join(top, name)); err != nil {
			t.Fatal(err)
		}
	}
	unittest := filepath.Join("lib", "micropython-lib", "python-stdlib", "unittest")
	from := filepath.Join(tree, unittest)
	if _, err := os.Stat(from); err != nil {
		from = filepath.Join("firmware", "stand-in")
	}
	if err := os.CopyFS(filepath.Join(top, unittest), os.DirFS(from)); err != nil {
		t.Fatal(err)
	}
	return u
}

// expect replaces the texts that contain mbedTLS's names with those of firmware/expected, whose
// README gives the reason for each. wolfSSL up to 5.7 words one error differently, and prefers
// another cipher suite; old says that this is such a version.
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
		if old {
			text = bytes.ReplaceAll(text, []byte("TLS_AES_256_GCM_SHA384"),
				[]byte("TLS_AES_128_GCM_SHA256"))
		}
		// Up to v1.22 the tests of what is now tls begin with ssl_.
		for _, name := range []string{"extmod/" + script,
			"extmod/ssl_" + strings.TrimPrefix(script, "tls_"), "multi_net/" + script} {
			u.replace(t, name, text)
		}
	}
}

// replace uses our text instead of one that contains mbedTLS's names, or its limit for keys; a
// release may have another test of that name, whose text fits both.
func (u *upstream) replace(t *testing.T, name string, text []byte) {
	t.Helper()
	target := filepath.Join(u.dir, filepath.FromSlash(name)+".exp")
	theirs, err := os.ReadFile(target)
	if err != nil || !bytes.Contains(theirs, []byte("MBEDTLS")) && name != "extmod/tls_psk.py" {
		return
	}
	// Since 1.29 tests leave out error texts that not every port has room for.
	if bytes.Contains(theirs, []byte("\nTypeError\n")) {
		text = bytes.ReplaceAll(text, []byte("\nobject 'str' isn't a tuple or list\n"),
			[]byte("\nTypeError\n"))
	}
	if err := os.WriteFile(target, text, 0o644); err != nil {
		t.Fatal(err)
	}
	u.replaced = append(u.replaced, name)
}

// wolfNames are the names of our modules, whatever the built-in names mean in this firmware.
var wolfNames = map[string]string{
	"ssl": "wolfssl", "ussl": "wolfssl", "tls": "wolfssl",
	"cryptolib": "wolfcryptolib", "ucryptolib": "wolfcryptolib",
	"hashlib": "wolfhashlib", "uhashlib": "wolfhashlib",
}

// pythonWord is a string, a comment, or a name with what comes before and after it.
var pythonWord = regexp.MustCompile(
	`(?s)""".*?"""|'''.*?'''|"(?:\\.|[^"\\\n])*"|'(?:\\.|[^'\\\n])*'|#[^\n]*|[.\w]*\w=?`)

// renamed is a Python source in which each module of wolfNames has its own name: in imports and
// uses, but not in strings and comments, in attributes, or as the name of an argument (asyncio's
// ssl=).
func renamed(source []byte) []byte {
	return pythonWord.ReplaceAllFunc(source, func(word []byte) []byte {
		name, _, _ := bytes.Cut(word, []byte("."))
		if ours, ok := wolfNames[string(name)]; ok {
			return append([]byte(ours), word[len(name):]...)
		}
		return word
	})
}

// rename makes the tests use our modules by their own names. Expected texts from CPython are
// generated before that, because it does not have our modules.
func (u *upstream) rename(t *testing.T) {
	t.Helper()
	for _, file := range slices.Concat(u.extmodFiles(t), u.multiFiles(t)) {
		path := filepath.Join(u.dir, filepath.FromSlash(file))
		source, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := os.Stat(path + ".exp"); err != nil && strings.HasPrefix(file, "extmod/") {
			u.askPython(t, path)
		}
		source = renamed(source)
		if !bytes.Contains(source, []byte("wolf")) {
			t.Errorf("%s uses none of the modules", file)
		}
		if err := os.WriteFile(path, source, 0o644); err != nil {
			t.Fatal(err)
		}
	}
}

// askPython writes the expected text of a test, which is what CPython prints, as MicroPython's own
// runner does.
func (u *upstream) askPython(t *testing.T, path string) {
	t.Helper()
	cmd := exec.Command("python3", "-BS", filepath.Base(path))
	cmd.Dir = filepath.Dir(path)
	cmd.Env = append(os.Environ(), "PYTHONIOENCODING=utf-8")
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("%s: %v", cmd, err)
	}
	if err := os.WriteFile(path+".exp", out, 0o644); err != nil {
		t.Fatal(err)
	}
}

// hasOld reports whether a test has another text for old versions of wolfSSL.
func (u *upstream) hasOld(script string) bool {
	_, err := os.Stat(
		filepath.Join("firmware", "expected", strings.TrimSuffix(script, ".5.7")+".5.7.exp"))
	return err == nil
}

func (u *upstream) files(t *testing.T, directory string, patterns ...string) []string {
	t.Helper()
	var files []string
	for _, pattern := range patterns {
		found, err := filepath.Glob(filepath.Join(u.dir, directory, pattern))
		if err != nil {
			t.Fatal(err)
		}
		for _, file := range found {
			files = append(files, directory+"/"+filepath.Base(file))
		}
	}
	return files
}

func (u *upstream) extmodFiles(t *testing.T) []string {
	t.Helper()
	return u.files(t, "extmod", "hashlib_*.py", "uhashlib_*.py", "cryptolib_*.py",
		"ucryptolib_*.py", "ssl_*.py",
		"ussl_*.py", "tls_*.py")
}

func (u *upstream) multiFiles(t *testing.T) []string {
	t.Helper()
	return u.files(t, "multi_net", "ssl_*.py", "sslcontext_*.py", "asyncio_tls_*.py",
		"uasyncio_tls_*.py", "tls_*.py")
}

// results say for each test whether it passed: "pass", "FAIL" or "skip".
type results map[string]string

var (
	extmodResult = regexp.MustCompile(`(?m)^(?P<result>pass|FAIL|skip) +(?P<test>\S+)`)
	multiResult  = regexp.MustCompile(
		`(?m)^(?P<test>multi_net/\S+) on .*: (?P<result>pass|FAIL|skip)$`)
)

// read takes the results from what a runner printed, with an error of its own or without.
func (u *upstream) read(
	t *testing.T, what string, out []byte, err error, line *regexp.Regexp,
) results {
	t.Helper()
	got, count := results{}, map[string]int{}
	for _, m := range line.FindAllSubmatch(out, -1) {
		result := string(m[line.SubexpIndex("result")])
		got[string(m[line.SubexpIndex("test")])] = result
		count[result]++
	}
	t.Logf("%s: %d passed, %d failed, %d skipped", what, count["pass"],
		count["FAIL"], count["skip"])
	decided := 0
	for test, result := range got {
		if result == "skip" {
			t.Logf("%s: skipped: %s", what, test)
		} else if result == "FAIL" && u.hasWeakKey(t, test) {
			decided++ // the only multi_net test of 1.19 is such a one
		}
	}
	if count["pass"]+decided == 0 || (err != nil && count["FAIL"] == 0) {
		t.Errorf("%s: %v\n%s", what, err, tail(string(out)))
	} else if count["FAIL"] > 0 {
		t.Log(tail(string(out)))
	}
	return got
}

// weakKey is the beginning of a 512-bit RSA key, which older tests use and which is refused here
// on purpose.
const weakKey = "3082013b020100024100"

func (u *upstream) hasWeakKey(t *testing.T, test string) bool {
	t.Helper()
	return bytes.Contains(readFile(t, filepath.Join(u.dir, filepath.FromSlash(test))),
		[]byte(weakKey))
}

// decided are tests that ours fails on purpose, and why.
var decided = map[string]string{
	"multi_net/sslcontext_verify_time_error.py": "its certificate is another key's, and a " +
		"server refuses such a pair",
}

// judge fails for every test that failed or, with a baseline, for every one that passes there
// and not here.
func (u *upstream) judge(t *testing.T, got, baseline results) {
	t.Helper()
	for test, result := range got {
		if result == "pass" || (baseline == nil && result == "skip") ||
			(baseline != nil && baseline[test] != "pass") {
			continue
		}
		if u.hasWeakKey(t, test) {
			t.Logf("%s: %s, by decision: its key has 512 bits", test, result)
			continue
		}
		if why := decided[test]; why != "" {
			t.Logf("%s: %s, by decision: %s", test, result, why)
			continue
		}
		t.Errorf("%s: %s", test, result)
	}
}

// testDays are days on which the certificates of a release's tests were valid; those of the others
// still are.
var testDays = []struct {
	since, until micropython.Version
	day          string
}{
	{micropython.Version{Major: 1, Minor: 20},
		micropython.Version{Major: 1, Minor: 20}, "2023-06-01"},
	{micropython.Version{Major: 1, Minor: 23},
		micropython.Version{Major: 1, Minor: 24, Micro: 1}, "2024-06-01"},
}

// fakeTime is where Debian's package faketime has its library.
const fakeTime = "/usr/lib/*/faketime/libfaketimeMT.so.1"

// then returns a command that runs the firmware with the clock at a day that suits the tests, if
// the library for that is installed, or else the firmware itself. Only the firmware: CPython
// cannot sleep with that library.
func (u *upstream) then(t *testing.T, firmware string) string {
	t.Helper()
	for _, d := range testDays {
		if u.version.Compare(d.since) < 0 || u.version.Compare(d.until) > 0 {
			continue
		}
		found, err := filepath.Glob(fakeTime)
		if err != nil || len(found) == 0 {
			t.Logf("the certificates of the tests of %s have expired, and there is no %s to set "+
				"the clock with", u.version, fakeTime)
			break
		}
		t.Logf("the clock is at %s", d.day)
		return shellMicropython(t, fmt.Sprintf(
			"LD_PRELOAD=%s FAKETIME='@%s 12:00:00' FAKETIME_DONT_FAKE_MONOTONIC=1 exec "+
				"'%s' \"$@\"", found[0], d.day, firmware))
	}
	return firmware
}

// extmod runs the tests of the three modules on one firmware.
func (u *upstream) extmod(t *testing.T, firmware string) results {
	files := u.extmodFiles(t)
	if len(files) < 10 {
		t.Fatalf("found only %d tests: %v", len(files), files)
	}
	args := []string{"run-tests.py", "-j", "1"} // so that no line of a test's cuts another's
	if u.knows(t, "run-tests.py", "--result-dir") {
		args = append(args, "--result-dir", t.TempDir())
	}
	cmd := exec.Command("python3", append(args, files...)...)
	cmd.Dir = u.dir
	cmd.Env = append(os.Environ(), "MICROPY_MICROPYTHON="+u.then(t, firmware))
	out, err := cmd.CombinedOutput()
	return u.read(t, "extmod", out, err, extmodResult)
}

// A server of one test may still hold the port that the next one needs, whichever TLS they use.
const (
	busyTries = 3
	busyWait  = 5 * time.Second
)

// multiPort is held while multi runs: the tests of all releases use the same port.
var multiPort sync.Mutex

// multi runs the tests between two instances.
func (u *upstream) multi(t *testing.T, first, second string) results {
	files := u.multiFiles(t)
	if len(files) == 0 {
		t.Skip("this release has no multi_net tests of TLS")
	}
	option := "-i"
	if u.knows(t, "run-multitests.py", "--test-instance") {
		option = "-t"
	}
	args := append([]string{"run-multitests.py", option, "exec:" + u.then(t, first), option,
		"exec:" + u.then(t, second)}, files...)
	multiPort.Lock()
	defer multiPort.Unlock()
	var out []byte
	var err error
	for range busyTries {
		cmd := exec.Command("python3", args...)
		cmd.Dir = u.dir
		out, err = cmd.CombinedOutput()
		if err == nil {
			break
		}
		if onlyRacyFailed(out) {
			t.Logf("%s: the server's answer was there before the client said that it waits for "+
				"it; once more", racy)
			continue
		}
		if !bytes.Contains(out, []byte("EADDRINUSE")) {
			break
		}
		t.Log("port 8000, which all of these tests listen on, is still busy; once more")
		time.Sleep(busyWait)
	}
	return u.read(t, "multi_net", out, err, multiResult)
}

// racy prints "drain" between the call that starts the handshake and the one that continues it;
// on a busy machine the first one may already have the server's reply, and fails before anything
// is printed.
const racy = "multi_net/asyncio_tls_server_client_verify_error.py"

// onlyRacyFailed reports whether nothing failed but racy and what fails by decision.
func onlyRacyFailed(out []byte) bool {
	failed := false
	for _, line := range regexp.MustCompile(`(?m)^(\S+) on .*: FAIL$`).FindAllSubmatch(out, -1) {
		name := string(line[1])
		if name == racy {
			failed = true
		} else if decided[name] == "" {
			return false
		}
	}
	return failed && bytes.Contains(out, []byte("\n-drain\n"))
}

// knows reports whether a runner of this release has an option.
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

// runs are all results of one firmware.
type runs struct{ extmod, multi results }

// TestUpstream runs MicroPython's own tests on existing firmware: MPWOLF_UPSTREAM_TREE names a
// tree, MPWOLF_UPSTREAM_FIRMWARE its patched micropython, and MPWOLF_UPSTREAM_BASELINE, if set,
// one with the built-in mbedTLS, which says what must pass, and is then each side's peer too.
func TestUpstream(t *testing.T) {
	longOnly(t, "needs a compiler and real sources")
	tree, firmware := os.Getenv("MPWOLF_UPSTREAM_TREE"), os.Getenv("MPWOLF_UPSTREAM_FIRMWARE")
	if tree == "" || firmware == "" {
		t.Skip("MPWOLF_UPSTREAM_TREE and MPWOLF_UPSTREAM_FIRMWARE name no tree and no patched " +
			"micropython")
	}
	tree, err := filepath.Abs(tree)
	if err != nil {
		t.Fatal(err)
	}
	runUpstream(t, tree, firmware, os.Getenv("MPWOLF_UPSTREAM_BASELINE"))
}

// runUpstream runs the tests unmodified, and again with our modules under their own names; with
// a baseline with mbedTLS, also on that, and between it and the firmware in both directions.
func runUpstream(t *testing.T, tree, firmware, baseline string) {
	var want runs
	if baseline == "" {
		t.Log("no micropython with mbedTLS: not compared with one")
	} else {
		t.Run("mbedTLS", func(t *testing.T) {
			u := newUpstream(t, tree)
			t.Run("extmod", func(t *testing.T) { want.extmod = u.extmod(t, baseline) })
			t.Run("multi_net", func(t *testing.T) { want.multi = u.multi(t, baseline, baseline) })
		})
	}
	u, byOurs := newUpstream(t, tree), newUpstream(t, tree)
	for _, u := range []*upstream{u, byOurs} {
		u.expect(t, isOld(t, firmware))
	}
	byOurs.rename(t)
	// No comma in these names: they are part of the paths that run-multitests.py is given, where
	// it means something.
	t.Run("extmod", func(t *testing.T) { u.judge(t, u.extmod(t, firmware), want.extmod) })
	t.Run("extmod by wolf names", func(t *testing.T) {
		byOurs.judge(t, byOurs.extmod(t, firmware), want.extmod)
	})
	t.Run("multi_net", func(t *testing.T) {
		u.judge(t, u.multi(t, firmware, firmware), want.multi)
	})
	t.Run("multi_net by wolf names", func(t *testing.T) {
		byOurs.judge(t, byOurs.multi(t, firmware, firmware), want.multi)
	})
	if baseline == "" {
		return
	}
	t.Run("multi_net with mbedTLS's client", func(t *testing.T) {
		u := newMixed(t, tree, u, 0)
		u.judge(t, u.multi(t, firmware, baseline), want.multi)
	})
	t.Run("multi_net with mbedTLS's server", func(t *testing.T) {
		u := newMixed(t, tree, u, 1)
		// Our client learns from mbedTLS's server, which has no TLS 1.3, that it needs a
		// certificate during the handshake: that matches neither side's text.
		delete(want.multi, "multi_net/asyncio_tls_server_client_cert_required_error.py")
		u.judge(t, u.multi(t, baseline, firmware), want.multi)
	})
}

// secondInstance separates, in an expected text, what the two instances print.
const secondInstance = "--- instance1 ---"

// withMbedTLS is what our texts say of a connection with mbedTLS instead of with ourselves: it has
// no TLS 1.3, and another alert for a name that does not match.
var withMbedTLS = strings.NewReplacer(
	"TLSv1.3, TLS_AES_128_GCM_SHA256", "TLSv1.2, TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384",
	"TLSv1.3, TLS_AES_256_GCM_SHA384", "TLSv1.2, TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384",
	"unknown_ca", "bad_certificate")

// newMixed copies the tests for an instance of ours, the first (0) or the second (1), and one of
// mbedTLS's: where the texts differ, each has to print its own.
func newMixed(t *testing.T, tree string, ours *upstream, instance int) *upstream {
	t.Helper()
	u := newUpstream(t, tree)
	for _, name := range ours.replaced {
		texts := [2]string{}
		for i, dir := range []string{ours.dir, u.dir} {
			first, second, found :=
				strings.Cut(
					string(readFile(t, filepath.Join(dir, filepath.FromSlash(name)+".exp"))),
					secondInstance)
			if !found {
				continue // of a test for one instance
			}
			texts[i^instance] = [2]string{first, secondInstance + second}[i^instance]
			if i == 0 {
				texts[instance] = withMbedTLS.Replace(texts[instance])
			}
		}
		if texts[0] != "" {
			writeFile(t, u.dir, filepath.FromSlash(name)+".exp", []byte(texts[0]+texts[1]))
		}
	}
	return u
}

// isOld reports whether a firmware's wolfSSL is 5.7 or older.
func isOld(t *testing.T, firmware string) bool {
	t.Helper()
	out, err := exec.Command(firmware, "-c",
		"import wolfssl; print(wolfssl.MBEDTLS_VERSION)").CombinedOutput()
	if err != nil || !bytes.HasPrefix(out, []byte("wolfSSL 5.")) {
		t.Fatalf("%s is not a patched micropython: %v: %s", firmware, err, out)
	}
	return bytes.HasPrefix(out, []byte("wolfSSL 5.7.")) ||
		bytes.HasPrefix(out, []byte("wolfSSL 5.5."))
}

func TestOnlyRacyFailed(t *testing.T) {
	const end = " on micropython|micropython: FAIL\n"
	const drain = "+++ /tmp/b\n@@ -1 +1 @@\n-drain\n"
	byDecision := "multi_net/sslcontext_verify_time_error.py"
	for _, test := range []struct {
		name, out string
		want      bool
	}{
		{"racy alone", racy + end + drain, true},
		{"racy, and one by decision", byDecision + end + racy + end + drain, true},
		{"racy for another reason", racy + end, false},
		{"racy and another", racy + end + drain + "multi_net/ssl_cert_ec.py" + end, false},
		{"one by decision", byDecision + end + drain, false},
		{"none", "multi_net/ssl_data.py on micropython|micropython: pass\n", false},
	} {
		if got := onlyRacyFailed([]byte(test.out)); got != test.want {
			t.Errorf("%s: %v; want %v", test.name, got, test.want)
		}
	}
}
