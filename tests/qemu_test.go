package tests_test

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"
)

// softResets is how often the firmware is reset with live sockets and contexts.
const softResets = 5

// TestQemu builds for a Cortex-M3, with wolfSSL's memory from MicroPython's heap, and runs the
// firmware tests in QEMU: what they print, and that the firmware works after soft resets at any
// moment.
func TestQemu(t *testing.T) {
	longOnly(t, "needs a compiler and real sources")
	inTheLongRun(t) // TestStm32Settings builds for a Cortex-M4
	t.Parallel()
	r := newReal(t)
	r.patch() // only to have the modules installed
	build := t.TempDir()
	left, err := os.ReadFile(filepath.Join("firmware", "tls_left.py"))
	if err != nil {
		t.Fatal(err)
	}
	t.Run("finalisers", func(t *testing.T) {
		board := startQemu(t, "mps2-an385", r.buildQemu(t, build, ""))
		board.runs(t, "crypto_kat.py", "", "")
		board.softResets(t, softResets, string(left))
		for _, script := range []string{"tls_bundle.py", "tls_options.py", "tls_pins.py",
			"tls_session.py"} {
			board.runs(t, script, "", "")
		}
	})
	// Then only wolf_alloc.c cleans up.
	t.Run("no finalisers", func(t *testing.T) {
		board := startQemu(t, "mps2-an385", r.buildQemu(t, build, "-DMPWOLF_TEST_NO_FINALISER"))
		board.softResets(t, softResets, string(left))
	})
}

// softResets resets the machine with live sockets in it, time and again. In between, wolfSSL
// must work, and must not write to where its memory was before.
func (q *qemu) softResets(t *testing.T, times int, left string) {
	const fill = `keep = [bytearray(b"\xa5" * 50) for _ in range(2500)]` + "\n"
	const check = `if any(k != bytearray(b"\xa5" * 50) for k in keep): print("overwritten")` + "\n"
	for range times {
		q.runs(t, "tls_pair.py", fill, check+"keep = None\n"+left)
		if t.Failed() {
			return
		}
		q.reset(t)
	}
	q.runs(t, "tls_pair.py", fill, check)
}

// buildQemu makes the firmware by hand for a Cortex-M3, with the test's own port directory.
func (r *real) buildQemu(t *testing.T, build, flags string) string {
	t.Helper()
	port := filepath.Join(r.module(), "ports", "qemu")
	if _, err := os.Stat(port); err != nil {
		if err := os.CopyFS(port, os.DirFS(filepath.Join("testdata", "qemu"))); err != nil {
			t.Fatal(err)
		}
	}
	return r.makeQemu(t, build, port, "-mcpu=cortex-m3 "+flags)
}

// module is where the modules are installed.
func (r *real) module() string {
	return filepath.Join(r.dir, "micropython-modules", "micropython-wolfssl")
}

// makeQemu makes the firmware as the modules' README says, with the tests' own port directory.
// In an existing build directory it recompiles the modules.
func (r *real) makeQemu(t *testing.T, build, port, flags string, more ...string) string {
	t.Helper()
	module := r.module()
	modules := filepath.Dir(module)
	cpu, _, _ := strings.Cut(flags, " ")
	libgcc := strings.TrimSpace(
		r.must(exec.Command("arm-none-eabi-gcc", "-mthumb", cpu, "-print-libgcc-file-name")))
	args := []string{"-j2", "-C", filepath.Join(r.tree, "ports", "qemu"),
		"BOARD=MPS2_AN385", "BUILD=" + build,
		"FROZEN_MANIFEST=", "MICROPY_HEAP_SIZE=1000000", "USER_C_MODULES=" + modules,
		"WOLFSSL_PORT=" + filepath.Base(port),
		fmt.Sprintf(`CFLAGS_EXTRA=-DMP_CONFIGFILE='"%s"' %s`,
			filepath.Join(port, "mpconfig.h"), flags),
		// The port's linker script has no place for what comes with libgcc's division of 64-bit
		// numbers.
		"LIBS=" + libgcc + " -Wl,--section-start=.ARM.exidx=0x300000"}
	sources, err := filepath.Glob(filepath.Join(module, "*.c"))
	if err != nil || len(sources) == 0 {
		t.Fatalf("no sources in %s: %v", module, err)
	}
	for _, source := range sources {
		args = append(args, "-W", source)
	}
	r.must(exec.Command("make", append(args, more...)...))
	return filepath.Join(build, "firmware.elf")
}

// qemu is a machine whose serial line is in MicroPython's raw REPL.
type qemu struct {
	stdin  io.Writer
	output <-chan []byte
	seen   []byte // output that has not been read yet
	stop   func()
}

const (
	ctrlA = "\x01" // into the raw REPL
	ctrlD = "\x04" // run what was sent; with nothing sent: soft reset
	ready = "raw REPL; CTRL-B to exit\r\n>"
)

func startQemu(t *testing.T, machine, firmware string, args ...string) *qemu {
	t.Helper()
	args = append([]string{"-machine", machine, "-display", "none", "-monitor", "none",
		"-semihosting", "-serial", "stdio", "-kernel", firmware}, args...)
	system := "qemu-system-arm"
	if machine == "virt" {
		system, args = "qemu-system-riscv32", append(args, "-bios", "none")
	}
	cmd := exec.Command(system, args...)
	stdin, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	output := make(chan []byte, 100)
	go func() {
		defer close(output)
		for {
			buf := make([]byte, 4096)
			n, err := stdout.Read(buf)
			if err != nil {
				return
			}
			output <- buf[:n]
		}
	}()
	stop := sync.OnceFunc(func() {
		_ = cmd.Process.Kill()
		for range output {
		}
		_ = cmd.Wait() // killed
	})
	t.Cleanup(stop)
	q := &qemu{stdin: stdin, output: output, stop: stop}
	q.send(t, ctrlA)
	q.until(t, ready)
	return q
}

func (q *qemu) send(t *testing.T, text string) {
	t.Helper()
	if _, err := io.WriteString(q.stdin, text); err != nil {
		t.Fatal(err)
	}
}

// until returns what comes before mark.
func (q *qemu) until(t *testing.T, mark string) string {
	t.Helper()
	timeout := time.After(4 * time.Minute)
	for {
		if before, after, found := bytes.Cut(q.seen, []byte(mark)); found {
			q.seen = after
			return string(before)
		}
		select {
		case more, ok := <-q.output:
			if !ok {
				t.Fatalf("qemu ended after %q", tail(string(q.seen)))
			}
			q.seen = append(q.seen, more...)
		case <-timeout:
			t.Fatalf("no %q after %q", mark, tail(string(q.seen)))
		}
	}
}

// runs runs a script of firmware/, with more before and after it that prints nothing: the output
// must be the script's expected one.
func (q *qemu) runs(t *testing.T, script, before, after string) {
	t.Helper()
	source, err := inline(script)
	want, expErr := os.ReadFile(filepath.Join("firmware", script+".exp"))
	if err := errors.Join(err, expErr); err != nil {
		t.Fatal(err)
	}
	q.send(t, before+source+after+ctrlD)
	q.until(t, "OK")
	stdout := strings.ReplaceAll(q.until(t, ctrlD), "\r\n", "\n")
	stderr := q.until(t, ctrlD+">")
	if stderr != "" || stdout != string(want) {
		t.Errorf("%s: got:\n%s\n%s\nwant:\n%s", script, tail(stdout), tail(stderr), want)
	}
}

// allocationsFail makes every step-th allocation of some of alloc_fail.py's operations fail in
// turn, once, twice, and from there on; the machine must be as good afterwards.
func (q *qemu) allocationsFail(t *testing.T, step int, operations ...string) {
	t.Helper()
	source, err := inline("alloc_fail.py")
	if err != nil {
		t.Fatal(err)
	}
	words := append([]string{"", strconv.Itoa(step)}, operations...)
	q.send(t, "import sys\nsys.argv[:] = "+pythonList(words)+"\n"+source+ctrlD)
	q.until(t, "OK")
	for _, operation := range operations {
		// What a sweep says of itself may take minutes.
		lines := strings.Split(strings.TrimSpace(q.until(t, "]\r\n")), "\r\n")
		if len(lines) != 2 || lines[0] != operation+" done" {
			t.Errorf("%s: %q", operation, lines)
		}
		t.Logf("allocations that failed, %s: %s]", operation, lines[len(lines)-1])
	}
	if rest := q.until(t, ctrlD) + q.until(t, ctrlD+">"); rest != "" {
		t.Error(rest)
	}
}

func (q *qemu) reset(t *testing.T) {
	t.Helper()
	q.send(t, ctrlD)
	q.until(t, "MPY: soft reboot")
	q.until(t, ready)
}

// inline returns a script in which imports are replaced by the scripts beside it: a machine
// without files has nowhere to import them from.
func inline(script string) (string, error) {
	source, err := os.ReadFile(filepath.Join("firmware", script))
	if err != nil {
		return "", err
	}
	var out strings.Builder
	for line := range strings.Lines(string(source)) {
		if words := strings.Fields(line); strings.HasPrefix(line, "from ") && len(words) > 1 {
			if imported, err := inline(words[1] + ".py"); err == nil {
				line = imported
			}
		}
		out.WriteString(line)
	}
	return out.String(), nil
}
