//go:build unix

package tests_test

import (
	"debug/elf"
	"fmt"
	"slices"
	"strings"
	"testing"

	"mpwolf/internal/verify"
)

// reservedStack is what MicroPython reserves for C code below a thread's stack limit on rp2.
const reservedStack = 256

// TestCortexM0 verifies the firmware of a Cortex-M0, whose code a Pico's M0+ runs: known answers,
// handshakes, soft resets, and a heap that is too small. Then handshakes that have as little stack
// as the modules accept must stay within it.
func TestCortexM0(t *testing.T) {
	longOnly(t, "needs a compiler and real sources")
	inTheLongRun(t) // TestStm32Settings runs in QEMU, too
	t.Parallel()
	r := newReal(t)
	r.run("patch", "--port", "qemu", "--board", "MICROBIT", "--pristine", "--wolfssl", r.wolfssl,
		"--wolfssl-from", "apt", "--make", "FROZEN_MANIFEST=") // without mpy-cross
	report, code := r.verify("--port", "qemu", "--board", "MICROBIT")
	run := checkOf(t, report, verify.RunID)
	if code != 0 || !run.OK || !run.Applies ||
		!strings.Contains(run.Summary, "5 soft resets with live sockets; a heap") {
		t.Fatalf("exit code %d, %+v", code, report)
	}
	t.Logf("%s\n%v\n%.1f s", run.Summary, run.Evidence, report.Seconds.Run)
	firmware := r.qemuFirmware("MICROBIT")
	script, err := inline("tls_stack.py")
	if err != nil {
		t.Fatal(err)
	}
	board := startQemu(t, "microbit", firmware, "-global", "nrf51-soc.flash-size=1048576",
		"-global", "nrf51-soc.sram-size=262144")
	board.send(t, fmt.Sprintf("state = %d\n", stackTop(t, firmware))+script+ctrlD)
	board.until(t, "OK")
	stdout, stderr := board.until(t, ctrlD), board.until(t, ctrlD+">")
	lines := strings.Split(strings.TrimSpace(stdout), "\r\n")
	if stderr != "" || len(lines) != 2 {
		t.Fatalf("%s\n%s", tail(stdout), tail(stderr))
	}
	for i, version := range []string{"TLS 1.2", "TLS 1.3"} {
		var limit, done, most, left int
		if _, err := fmt.Sscan(lines[i], &limit, &done, &most, &left); err != nil {
			t.Fatalf("%q: %v", lines[i], err)
		}
		t.Logf("%s: %d handshakes; with %d bytes left they reach %d of %d", version, done, left,
			most, limit)
		if done == 0 || left > 3500 || most <= limit-left || most > limit+reservedStack {
			t.Errorf("%s: with %d bytes of the stack left, a handshake reaches %d of %d bytes",
				version, left, most, limit)
		}
	}
}

// stackTop is where the firmware keeps the stack_top of its main thread.
func stackTop(t *testing.T, firmware string) uint64 {
	t.Helper()
	f, err := elf.Open(firmware)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	symbols, err := f.Symbols()
	if err != nil {
		t.Fatal(err)
	}
	i := slices.IndexFunc(symbols, func(s elf.Symbol) bool { return s.Name == "mp_state_ctx" })
	if i < 0 {
		t.Fatal("no mp_state_ctx")
	}
	return symbols[i].Value
}
