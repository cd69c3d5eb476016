package tests_test

import (
	"debug/elf"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// stm32Board is the board with a limit on size.
const stm32Board = "NUCLEO_F429ZI"

// What wolfSSL may cost in flash on stm32Board with MicroPython 1.25.0, and what that board
// needs without any TLS, with the built-in hashlib (docs/stm32.md explains how that was
// measured). The limit is there to notice growth.
const (
	stm32Without = 389564
	stm32Most    = 187500
)

// TestStm32 does the whole job on a MicroPython tree that has the submodules of the stm32 port:
// MPWOLF_TEST_STM32 names it.
func TestStm32(t *testing.T) {
	longOnly(t, "needs a compiler and real sources")
	from := os.Getenv("MPWOLF_TEST_STM32")
	if from == "" {
		t.Skip("MPWOLF_TEST_STM32 names no tree: no stm32 firmware is built, and the size is " +
			"not bounded")
	}
	t.Setenv("MPWOLF_TEST_MICROPYTHON", from)
	r := newReal(t)
	r.run("patch", "--port", "stm32", "--board", stm32Board, "--wolfssl", r.wolfssl,
		"--wolfssl-from", "apt")
	if report, code := r.verify(); code != 0 {
		t.Errorf("verify: exit code %d: %+v", code, report)
	}
	builds, err := filepath.Glob(filepath.Join(r.tree, ".mpwolf", "build", "*", "firmware.elf"))
	if err != nil || len(builds) != 1 {
		t.Fatalf("firmware.elf: %v %v", builds, err)
	}
	text := elfText(t, builds[0])
	t.Logf("text %d bytes: %d more than without TLS", text, text-stm32Without)
	version, err := os.ReadFile(filepath.Join(r.tree, "py", "mpconfig.h"))
	if err != nil {
		t.Fatal(err)
	}
	if strings.Contains(string(version), "MICROPY_VERSION_MINOR 25\n") &&
		text > stm32Without+stm32Most {
		t.Errorf("text %d bytes, at most %d wanted", text, stm32Without+stm32Most)
	}
	r.run("revert")
	if changed :=
		r.must(exec.Command("git", "-C", r.tree, "status", "--porcelain", "-uno")); changed != "" {
		t.Errorf("changed after revert:\n%s", changed)
	}
}

// elfText is what size(1) calls text: everything that is loaded and is not written to.
func elfText(t *testing.T, path string) int {
	t.Helper()
	file, err := elf.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	text := 0
	for _, s := range file.Sections {
		if s.Flags&elf.SHF_ALLOC != 0 && s.Type != elf.SHT_NOBITS && (s.Flags&elf.SHF_WRITE == 0) {
			text += int(s.Size)
		}
	}
	return text
}
