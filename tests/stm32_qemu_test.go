package tests_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"testing"
)

// TestStm32Settings runs exactly the settings and wolfssl_port.c that the stm32 port gets, on a
// Cortex-M4 in QEMU: known answers, handshakes, soft resets, a clock that was never set, a
// random number generator that fails.
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

	left, err := os.ReadFile(filepath.Join("firmware", "tls_left.py"))
	if err != nil {
		t.Fatal(err)
	}
	firmware := r.makeQemu(t, t.TempDir(), port, "-mcpu=cortex-m4")
	checkText(t, "stm32's settings on a Cortex-M4", "arm-none-eabi-gcc", firmware)
	board := startQemu(t, "mps2-an386", firmware)
	board.runs(t, "../testdata/stm32/hardware.py", "", "") // leaves the clock set
	board.runs(t, "crypto_kat.py", "", "")
	board.runs(t, "tls_names.py", "", "")
	board.softResets(t, softResets, string(left))
}
