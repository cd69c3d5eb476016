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

// stm32Without is what stm32Board needs in flash with MicroPython 1.25.0 and no TLS, with the
// built-in hashlib (docs/stm32.md explains how that was measured).
const stm32Without = 389564

// stm32Rows are builds, and what they may cost in flash with wolfSSL, in bytes more than
// stm32Without. The limits are there to notice growth.
var stm32Rows = []struct {
	name string
	args []string // for make
	most int
}{
	{"full", nil, 210000},
	{"full without TLS 1.3", []string{"CFLAGS_EXTRA=-DMICROPY_WOLFSSL_NO_TLS13"}, 180000},
	{"client", []string{"WOLFSSL_PROFILE=client"}, 160000},
	{"tiny", []string{"WOLFSSL_PROFILE=tiny"}, 115000},
}

// TestStm32 does the whole job on a MicroPython tree that has the submodules of the stm32 port,
// and then makes the profiles: MPWOLF_TEST_STM32 names the tree. It prints the rows of
// docs/stm32.md.
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
	version := readFile(t, filepath.Join(r.tree, "py", "mpconfig.h"))
	limited := strings.Contains(string(version), "MICROPY_VERSION_MINOR 25\n")
	for i, row := range stm32Rows {
		if i > 0 {
			r.makeStm32(filepath.Dir(builds[0]), row.args...)
		}
		text := elfText(t, builds[0])
		t.Logf("| %s | %d | %d |", row.name, text, text-stm32Without)
		if limited && text > stm32Without+row.most {
			t.Errorf("%s: text %d bytes, at most %d wanted", row.name, text,
				stm32Without+row.most)
		}
	}
	r.run("revert")
	if changed :=
		r.must(exec.Command("git", "-C", r.tree, "status", "--porcelain", "-uno")); changed != "" {
		t.Errorf("changed after revert:\n%s", changed)
	}
}

// makeStm32 makes the firmware again, with other arguments; it compiles only TLS.
func (r *real) makeStm32(build string, args ...string) {
	r.t.Helper()
	if err := os.RemoveAll(filepath.Join(build, "micropython-wolfssl")); err != nil {
		r.t.Fatal(err)
	}
	r.must(exec.Command("make", append([]string{"-j2", "-C",
		filepath.Join(r.tree, "ports", "stm32"), "BOARD=" + stm32Board, "BUILD=" + build,
		"USER_C_MODULES=" + filepath.Dir(r.module()), "WOLFSSL_PORT=stm32"}, args...)...))
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
