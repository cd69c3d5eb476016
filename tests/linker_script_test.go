package tests_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// TestSecondFlash has a board that keeps the TLS library in a second flash: wolfSSL goes there
// too, through a copy of the board's linker script, wherever wolfSSL's sources are. Asking make
// a question creates no file.
func TestSecondFlash(t *testing.T) {
	longOnly(t, "needs a compiler and real sources")
	t.Parallel()
	const script = "SECTIONS\n{\n    .text_ext :\n    {\n" +
		"        *lib/mbedtls/*(.text* .rodata*)\n        *lib/other/*(.text*)\n" +
		"    } >FLASH_EXT\n}\n"
	for _, where := range []string{"modules/micropython-wolfssl/wolfssl", "elsewhere"} {
		t.Run(where, func(t *testing.T) {
			t.Parallel()
			dir := t.TempDir()
			module := filepath.Join(dir, "modules", "micropython-wolfssl")
			for to, from := range map[string]string{"": "../modules/micropython-wolfssl",
				"ports": "../ports"} {
				if err := os.CopyFS(filepath.Join(module, to), os.DirFS(from)); err != nil {
					t.Fatal(err)
				}
			}
			wolfssl := filepath.Join(dir, where)
			for name, text := range map[string]string{
				filepath.Join(where, "wolfssl", "wolfcrypt", "settings.h"): "",
				"modules/micropython-wolfssl/modwolfssl.c":                 "",
				"boards/qspi.ld": script,
				"common.ld":      "",
				"Makefile": "BUILD = build\nQ = @\nECHO = @true\nMKDIR = mkdir\n" +
					"CC = cc\nall: linked\n" +
					"USER_C_MODULES = " + dir +
					"/modules\nUSERMOD_DIR = $(USER_C_MODULES)/micropython-wolfssl\n" +
					"WOLFSSL_PORT = stm32\nWOLFSSL_DIR = " + wolfssl +
					"\nLD_FILES = boards/qspi.ld common.ld\n" +
					"include $(USERMOD_DIR)/micropython.mk\n$(info scripts: $(LD_FILES))\n" +
					"linked: build/micropython-wolfssl/modwolfssl.o\n" +
					"build/%.o: modules/%.c\n\t@mkdir -p $(dir $@)\n\t@touch $@\n",
			} {
				file := filepath.Join(dir, name)
				if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
					t.Fatal(err)
				}
				writeFile(t, dir, name, []byte(text))
			}
			make := func(args ...string) string {
				cmd := exec.Command("make", append([]string{"-C", dir}, args...)...)
				out, err := cmd.CombinedOutput()
				if err != nil {
					t.Fatalf("%s: %v\n%s", cmd, err, out)
				}
				return string(out)
			}
			copied := filepath.Join("build", "wolfssl-qspi.ld")
			if out := make("-n"); !strings.Contains(out, "scripts: "+copied+" common.ld\n") {
				t.Errorf("make -n: %s", out)
			}
			if _, err := os.Stat(filepath.Join(dir, "build")); err == nil {
				t.Error("make -n made a directory")
			}
			make()
			objects := strings.TrimPrefix(wolfssl, filepath.Join(dir, "modules")+"/")
			const line = "        *lib/mbedtls/*(.text* .rodata*)\n"
			want := strings.Replace(script, line,
				line+strings.ReplaceAll(line, "lib/mbedtls", "micropython-wolfssl")+
					strings.ReplaceAll(line, "lib/mbedtls", objects), 1)
			if got := string(readFile(t, filepath.Join(dir, copied))); got != want {
				t.Errorf("the copy is:\n%swant:\n%s", got, want)
			}
		})
	}
}
