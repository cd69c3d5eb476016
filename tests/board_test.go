//go:build unix

package tests_test

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"mpwolf/internal/board"
	"mpwolf/internal/verify"
)

// TestBoard verifies the qemu port for a Cortex-M3 and a Cortex-M4: in QEMU, and on QEMU's serial
// port as if it were a device, with what can happen to one.
func TestBoard(t *testing.T) {
	longOnly(t, "needs a compiler and real sources")
	inTheLongRun(t)
	r := newReal(t)
	r.run("patch", "--port", "qemu", "--board", "MPS2_AN385", "--board", metalBoardDir(t),
		"--wolfssl", r.wolfssl, "--wolfssl-from", "apt")
	for _, name := range []string{"MPS2_AN385", metalBoardDir(t)} {
		report, code := r.verify("--port", "qemu", "--board", name)
		run := checkOf(t, report, verify.RunID)
		if code != 0 || !run.OK || !run.Applies ||
			!strings.Contains(run.Summary, "5 soft resets with live sockets; a heap") {
			t.Fatalf("%s: exit code %d, %+v", name, code, report)
		}
		t.Logf("%s: %s\n%v\n%.1f s", name, run.Summary, run.Evidence, report.Seconds.Run)
		report, code = r.verify("--port", "qemu", "--board", name, "--no-build")
		if run := checkOf(t, report, verify.RunID); code != 0 || run.Evidence["passed"] == nil {
			t.Errorf("%s again: exit code %d, %+v", name, code, run)
		}
	}
	t.Setenv("PATH", "/usr/bin"+string(os.PathListSeparator)+os.Getenv("PATH")) // Debian's python3
	b := &boardTest{real: r}
	b.firmware = r.qemuFirmware("MPS2_AN385")
	t.Run("device", b.device)
	t.Run("another board", b.anotherBoard)
	t.Run("another build", b.anotherBuild)
	t.Run("not ours", b.notOurs)
	t.Run("faults", b.faults)
	t.Run("hangs", b.hangs)
	t.Run("stopped", b.stopped)
	t.Run("unplugged", b.unplugged)
	t.Run("in use", b.inUse)
	if dirty := r.must(exec.Command("git", "-C", r.tree, "status", "--porcelain")); strings.
		Contains(dirty, "tools/") {
		t.Errorf("mpremote has written to the tree:\n%s", dirty)
	}
}

// qemuFirmware is what verify has built for a board of the port qemu.
func (r *real) qemuFirmware(board string) string {
	return filepath.Join(r.tree, ".mpwolf", "build", "qemu-"+board, "firmware.elf")
}

func checkOf(t *testing.T, report *verify.Report, id string) verify.Check {
	t.Helper()
	i := slices.IndexFunc(report.Checks, func(c verify.Check) bool { return c.ID == id })
	if i < 0 {
		t.Fatalf("no check %s: %+v", id, report)
	}
	return report.Checks[i]
}

type boardTest struct {
	*real
	firmware string
}

// plug starts a machine in QEMU whose serial line is a device, as if one was plugged in.
func plug(t *testing.T, machine, firmware string) (port string, process *os.Process) {
	t.Helper()
	cmd := exec.Command("qemu-system-arm", "-machine", machine, "-nographic", "-monitor", "null",
		"-semihosting", "-serial", "pty", "-kernel", firmware)
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = cmd.Process.Kill()
		_ = cmd.Wait() // killed
	})
	line, err := bufio.NewReader(stdout).ReadString('\n')
	if _, rest, found := strings.Cut(line, "redirected to "); found {
		port, _, _ = strings.Cut(rest, " ")
	}
	if port == "" {
		t.Fatalf("no serial port: %q, %v", line, err)
	}
	return port, cmd.Process
}

// onDevice verifies the firmware for the Cortex-M3 on a device.
func (b *boardTest) onDevice(
	t *testing.T, port string, args ...string,
) (run verify.Check, stderr string, code int) {
	t.Helper()
	cmd := b.command(append([]string{"verify", "--format", "json", "--port", "qemu", "--board",
		"MPS2_AN385", "--no-build", "--device", port}, args...)...)
	var out, diag bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &diag
	_ = cmd.Run() // the exit code says it
	var all struct{ Targets []verify.Report }
	if err := json.Unmarshal(out.Bytes(), &all); err == nil && len(all.Targets) == 1 {
		run = checkOf(t, &all.Targets[0], verify.RunID)
	}
	return run, diag.String(), cmd.ProcessState.ExitCode()
}

// expect verifies on a device, and looks for a text in the finding, or in the error.
func (b *boardTest) expect(t *testing.T, port string, code int, want string, args ...string) {
	t.Helper()
	run, stderr, got := b.onDevice(t, port, args...)
	text := stderr
	if len(run.Findings) > 0 {
		text = run.Findings[0].Message
	}
	if got != code || !strings.Contains(text, want) {
		t.Errorf("exit code %d, not %d; %s\nnot %s", got, code, text, want)
	}
	t.Logf("%d: %s", got, text)
}

func (b *boardTest) device(t *testing.T) {
	port, _ := plug(t, "mps2-an385", b.firmware)
	run, stderr, code := b.onDevice(t, port)
	if code != 0 || !run.OK || run.Evidence["same_code"] != true ||
		!strings.Contains(run.Summary, "2 of 2 scripts passed on "+port) {
		t.Errorf("exit code %d, %+v\n%s", code, run, stderr)
	}
	t.Logf("%s\n%v\n%v", run.Summary, run.Notes, run.Evidence)
}

// anotherBoard has the firmware of the Cortex-M4, with the same version and date.
func (b *boardTest) anotherBoard(t *testing.T) {
	firmware := filepath.Join(filepath.Dir(b.firmware), "..", "qemu-MPS2_AN386", "firmware.elf")
	port, _ := plug(t, "mps2-an386", firmware)
	b.expect(t, port, 1, "is not the one that was built: that one is for another board")
}

// anotherBuild has other settings, and the same version, date and board.
func (b *boardTest) anotherBuild(t *testing.T) {
	other := filepath.Join(t.TempDir(), "firmware.elf")
	data := readFile(t, b.firmware)
	i := bytes.Index(data, []byte("certificate")) // some text among the code
	if i < 0 {
		t.Fatal("no such text")
	}
	data[i] = 'k'
	if err := os.WriteFile(other, data, 0o600); err != nil {
		t.Fatal(err)
	}
	port, _ := plug(t, "mps2-an385", other)
	b.expect(t, port, 1, "version and date are the same, and its code is another")
}

// notOurs is MicroPython without wolfSSL.
func (b *boardTest) notOurs(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "build")
	b.must(exec.Command("make", "-j2", "-C", filepath.Join(b.tree, "ports", "qemu"),
		"BOARD=MPS2_AN385", "BUILD="+dir, "FROZEN_MANIFEST=", "MICROPY_PY_BTREE=0"))
	port, _ := plug(t, "mps2-an385", filepath.Join(dir, "firmware.elf"))
	b.expect(t, port, 1, "is not the one that was built: it has no module wolfssl")
}

// hangs has no end of a script.
func (b *boardTest) hangs(t *testing.T) {
	port, _ := plug(t, "mps2-an385", b.firmware)
	d := b.deviceAt(port)
	d.Timeout = 15 * time.Second
	out, err := d.Run(t.Context(), []string{"print('going')\nwhile True:\n    pass\n"})
	if fault := (*board.Fault)(nil); !errors.As(err, &fault) ||
		err.Error() != "does not finish within 15s; it wrote last: going" {
		t.Errorf("%+v, %v", out, err)
	}
	// This port does not look for Ctrl-C while Python runs.
	d.Timeout = time.Minute
	out, err = d.Run(t.Context(), []string{"print('again')"})
	if fault := (*board.Fault)(nil); !errors.As(err, &fault) ||
		err.Error() != "does not answer any more" {
		t.Errorf("afterwards: %+v, %v", out, err)
	}
}

// faults are those of a firmware in QEMU itself.
func (b *boardTest) faults(t *testing.T) {
	argv, err := board.MachineArgv("qemu-system-arm", "", "mps2-an385", nil, b.firmware)
	if err != nil {
		t.Fatal(err)
	}
	q := &board.QEMU{Argv: argv}
	defer q.Close()
	for _, c := range []struct{ script, want string }{
		{"print('going')\nwhile True:\n    pass\n",
			"does not finish within 15s; it wrote last: going"},
		{"import machine\nmachine.mem32[0xf0000000]", "crashes: HardFault exception at 0x"},
		{"import machine\nmachine.reset()", "ends: QEMU has ended by itself"},
		{"while True:\n    print('again and again')\n", "does not stop writing; it wrote last: "},
	} {
		q.Timeout = time.Minute
		if strings.Contains(c.script, "pass") {
			q.Timeout = 15 * time.Second
		}
		out, err := q.Run(t.Context(), []string{c.script})
		if fault := (*board.Fault)(nil); !errors.As(err, &fault) ||
			!strings.HasPrefix(err.Error(), c.want) {
			t.Errorf("%q: %+v, %v\nnot %s", c.script, out, err, c.want)
		}
		t.Log(err)
	}
}

// stopped is a board that does nothing: from the beginning, or from some time on.
func (b *boardTest) stopped(t *testing.T) {
	port, process := plug(t, "mps2-an385", b.firmware)
	d := b.deviceAt(port)
	if out, err := d.Run(t.Context(), []string{"print('works')"}); err != nil ||
		out.Text != "works\n" {
		t.Fatalf("%+v, %v", out, err)
	}
	if err := process.Signal(syscall.SIGSTOP); err != nil {
		t.Fatal(err)
	}
	out, err := d.Run(t.Context(), []string{"print('again')"})
	if fault := (*board.Fault)(nil); !errors.As(err, &fault) ||
		err.Error() != "does not answer any more" {
		t.Errorf("%+v, %v", out, err)
	}
	b.expect(t, port, 3, port+" does not answer: MicroPython's raw REPL does not come")
}

// unplugged is a device that goes away while a script runs. However late the script starts, it has
// no end.
func (b *boardTest) unplugged(t *testing.T) {
	port, process := plug(t, "mps2-an385", b.firmware)
	time.AfterFunc(5*time.Second, func() { _ = process.Kill() })
	out, err := b.deviceAt(port).Run(t.Context(), []string{"while True:\n    pass\n"})
	if lost := (*board.LostError)(nil); !errors.As(err, &lost) ||
		!strings.HasPrefix(err.Error(), port+" is gone: the device was unplugged") {
		t.Errorf("%+v, %v", out, err)
	}
	b.expect(t, port, 3, "device "+port+" does not exist")
}

// deviceAt is the device that mpwolf uses.
func (b *boardTest) deviceAt(port string) *board.Device {
	return &board.Device{Port: port, Mpremote: filepath.Join(b.tree, "tools", "mpremote"),
		Timeout: time.Minute}
}

// inUse has another program at the port.
func (b *boardTest) inUse(t *testing.T) {
	port, _ := plug(t, "mps2-an385", b.firmware)
	cmd := exec.Command("python3", "-c", "import serial, sys, time\n"+
		"s = serial.Serial(sys.argv[1], exclusive=True)\nprint(1, flush=True)\ntime.sleep(60)",
		port)
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	defer func() {
		_ = cmd.Process.Kill()
		_ = cmd.Wait() // killed
	}()
	if _, err := stdout.Read(make([]byte, 1)); err != nil {
		t.Fatal(err)
	}
	b.expect(t, port, 3, port+" is in use by another program")
	b.expect(t, os.DevNull, 3, os.DevNull+" is no serial port")
}

// TestRISCV patches the qemu port for a RISC-V processor without changing the tree, and verifies
// the firmware, which runs in QEMU.
func TestRISCV(t *testing.T) {
	longOnly(t, "needs a compiler and real sources")
	inTheLongRun(t) // TestStm32Settings runs in QEMU, too
	t.Parallel()
	r := newReal(t)
	r.run("patch", "--port", "qemu", "--board", "VIRT_RV32", "--pristine", "--wolfssl", r.wolfssl,
		"--wolfssl-from", "apt")
	report, code := r.verify("--port", "qemu", "--board", "VIRT_RV32")
	run := checkOf(t, report, verify.RunID)
	if code != 0 || !run.OK || !run.Applies ||
		!strings.Contains(run.Summary, "5 soft resets with live sockets; a heap") {
		t.Fatalf("exit code %d, %+v", code, report)
	}
	t.Logf("%s\n%v\n%.1f s", run.Summary, run.Evidence, report.Seconds.Run)
	firmware := r.qemuFirmware("VIRT_RV32")
	checkText(t, "VIRT_RV32", "riscv64-unknown-elf-gcc", firmware)
	board := startQemu(t, "virt", firmware)
	board.runs(t, "crypto_gcm.py", "", "")
	board.runsUpstream(t, r.tree)
	board.stop()
	t.Run("allocations", func(t *testing.T) {
		r.installAllocfail(t)
		build := t.TempDir()
		r.must(exec.Command("make", "-j2", "-C", filepath.Join(r.tree, "ports", "qemu"),
			"BOARD=VIRT_RV32", "USER_C_MODULES="+filepath.Dir(r.module()), "WOLFSSL_PORT=qemu",
			"BUILD="+build, "FROZEN_MANIFEST=", "MICROPY_HEAP_SIZE=1000000"))
		board := startQemu(t, "virt", filepath.Join(build, "firmware.elf"))
		board.allocationsFail(t, 1, "TLS 1.3", "TLS 1.2")
	})
}
