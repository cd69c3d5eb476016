package tests_test

import (
	"encoding/pem"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"
)

// TestStm32Settings runs exactly the settings and wolfssl_port.c that the stm32 port gets, on a
// Cortex-M4 in QEMU: known answers, handshakes, soft resets, a clock that was never set, a random
// number generator that fails, MicroPython's own tests, and allocations that fail.
func TestStm32Settings(t *testing.T) {
	longOnly(t, "needs a compiler and real sources")
	t.Parallel()
	r := newReal(t)
	r.patch() // only to have the modules installed
	port := filepath.Join(r.module(), "ports", "stm32_qemu")
	if err := os.CopyFS(port, os.DirFS(filepath.Join("testdata", "stm32"))); err != nil {
		t.Fatal(err)
	}
	stm32 := filepath.Join(r.module(), "ports", "stm32")
	r.must(exec.Command("cp", filepath.Join(stm32, "user_settings.h"), port))
	r.must(exec.Command("cp", filepath.Join(stm32, "wolfssl_port.c"),
		filepath.Join(port, "stm32_port.c")))
	r.pskBuffers(t, port)

	left, err := os.ReadFile(filepath.Join("firmware", "tls_left.py"))
	if err != nil {
		t.Fatal(err)
	}
	build := t.TempDir()
	firmware := r.makeQemu(t, build, port, "-mcpu=cortex-m4")
	checkText(t, "stm32's settings on a Cortex-M4", "arm-none-eabi-gcc", firmware)
	board := startQemu(t, metalBoard, firmware)
	board.runs(t, "../testdata/stm32/hardware.py", "", "") // leaves the clock set
	board.runs(t, "crypto_kat.py", "", "")
	board.runs(t, "crypto_gcm.py", "", "")
	board.runs(t, "tls_names.py", "", "")
	for _, script := range []string{"tls_bundle.py", "tls_options.py", "tls_pins.py",
		"tls_session.py"} {
		board.reset(t)
		board.runs(t, script, "", "")
	}
	board.softResets(t, softResets, string(left))
	board.runsUpstream(t, r.tree)
	board.stop()

	t.Run("allocations", func(t *testing.T) {
		r.installAllocfail(t)
		long := os.Getenv("MPWOLF_TEST_LONG") != ""
		step, flags, more := 60, "-mcpu=cortex-m4", []string(nil)
		if long { // this compiles all of wolfSSL again
			step, more = 1, []string{"MICROPY_PY_SSL_ECDSA_SIGN_ALT=1"}
			flags += " -DMICROPY_WOLFCRYPTOLIB_EC=1" // which the script signs with
		}
		board := startQemu(t, metalBoard, r.makeQemu(t, build, port, flags, more...))
		board.runs(t, "../testdata/stm32/hardware.py", "", "")
		if long {
			board.runs(t, "tls_sign.py", "", "")
		}
		board.allocationsFail(t, step, "new context", "load_cert_chain DER", "TLS 1.3", "TLS 1.2",
			"resumed TLS 1.3", "wrong name", "aes")
	})
	for _, profile := range []string{"client", "tiny"} {
		t.Run(profile, func(t *testing.T) {
			inTheLongRun(t)
			r.stm32Client(t, build, port, profile)
		})
	}
}

// stm32Client does the same with a smaller profile, whose peer is OpenSSL's server.
func (r *real) stm32Client(t *testing.T, build, port, profile string) {
	modules := filepath.Dir(r.module())
	if _, err := os.Stat(filepath.Join(modules, "metal")); err != nil {
		metalModules(t, modules)
	}
	m := &metal{t: t, machine: metalBoard, dir: metalPKI(t)}
	m.firmware = r.makeQemu(t, build, port, "-mcpu=cortex-m4", "WOLFSSL_PROFILE="+profile)
	block, _ := pem.Decode(readFile(t, filepath.Join(m.dir, "ec-root.pem")))
	board := startQemu(t, metalBoard, m.firmware)
	pipes := func(n int) string {
		var names []string
		for range n {
			// A server takes the next connection only when this one has ended.
			names = append(names, m.server("ec", "1.3"))
		}
		return "pipes = " + pythonList(names) + "\n"
	}
	before := pipes(5) + "root = bytes(" + strings.Join(strings.Fields(fmt.Sprint(block.Bytes)),
		",") + ")\nyear = " + strconv.Itoa(time.Now().Year()+1-2000) + "\n"
	client := "../testdata/stm32/hardware_client.py"
	board.runs(t, client, before, "")
	board.runs(t, "crypto_kat.py", "", "")
	source, err := inline(client)
	if err != nil {
		t.Fatal(err)
	}
	// What goes before the machine's clock is moved.
	source, _, _ = strings.Cut(source, "machine.mem32[CLOCK_YEAR]")
	_, before, _ = strings.Cut(before, "\n") // without the pipes that were used
	for i := range softResets {
		// Connected, half a handshake, and a hash are left behind.
		board.send(t, pipes(2)+before+source+`
import hashlib
print(request())
left = connect()
left.write(b"GET /big HTTP/1.0\r\n\r\n")
left.read(1)
ctx = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
import io
class Nothing(io.IOBase):
    def readinto(self, buf):
        return None
    def write(self, buf):
        return len(buf)
    def ioctl(self, request, arg):
        return 0
half = ctx.wrap_socket(Nothing(), server_hostname="localhost", do_handshake_on_connect=False)
print(half.read(1))
digest = hashlib.sha256(b"left")
`+ctrlD)
		board.until(t, "OK")
		stdout, stderr := board.until(t, ctrlD), board.until(t, ctrlD+">")
		if stdout != "b'HTTP/1.0 200 ok\\r'\r\nNone\r\n" || stderr != "" {
			t.Fatalf("%s, after %d soft resets: %q\n%s", profile, i, stdout, stderr)
		}
		board.reset(t)
	}
}

// pskBuffers checks that no source of wolfSSL uses what bare_metal.h leaves no room for: the
// buffers of keys that were shared beforehand.
func (r *real) pskBuffers(t *testing.T, port string) {
	t.Helper()
	wolfssl := filepath.Join(r.module(), "wolfssl")
	sources, err := filepath.Glob(filepath.Join(wolfssl, "src", "*.c"))
	if err != nil || len(sources) == 0 {
		t.Fatalf("no sources in %s: %v", wolfssl, err)
	}
	declared := 0
	for _, source := range sources {
		out := r.must(exec.Command("arm-none-eabi-gcc", "-E", "-P", "-mcpu=cortex-m4", "-mthumb",
			"-DWOLFSSL_USER_SETTINGS", "-I"+port, "-I"+wolfssl, source))
		for line := range strings.Lines(out) {
			if !strings.Contains(line, "client_identity") &&
				!strings.Contains(line, "server_hint") {
				continue
			}
			// Declarations are in headers.
			if !slices.Contains([]string{"char", "byte"}, strings.Fields(line)[0]) {
				t.Errorf("%s: %s", source, line)
			}
			declared++
		}
	}
	if declared == 0 {
		t.Error("no such buffers: have they other names?")
	}
}

// pythonList is a list of strings.
func pythonList(items []string) string {
	var quoted []string
	for _, item := range items {
		quoted = append(quoted, strconv.QuoteToASCII(item))
	}
	return "[" + strings.Join(quoted, ", ") + "]"
}
