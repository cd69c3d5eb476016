package tests_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
)

// variablesPort is as much of a port's makefiles as the module's fragment sees. Each step writes
// a line into a file; nothing is compiled.
const variablesPort = `all: build/firmware
BUILD = build
USER_C_MODULES = modules
SRC_USERMOD_C :=
SRC_USERMOD_LIB_C :=
SRC_USERMOD_LIB_ASM :=
CFLAGS_USERMOD :=
CC = ./cc
USERMOD_DIR = modules/micropython-wolfssl
include modules/micropython-wolfssl/micropython.mk
SRC = $(SRC_USERMOD_C) $(SRC_USERMOD_LIB_C)
OBJ = $(addprefix $(BUILD)/,$(patsubst $(USER_C_MODULES)/%.c,%.o,$(SRC)) main.o)
$(OBJ): | build/genhdr/qstr.i.last
$(BUILD)/%.o: modules/%.c
	@mkdir -p $(dir $@); echo $* >> log; touch $@
$(BUILD)/main.o:
	@mkdir -p $(dir $@); echo main >> log; touch $@
build/genhdr/qstr.i.last: $(QSTR_GLOBAL_DEPENDENCIES)
	@mkdir -p $(dir $@); echo names >> log; touch $@
build/firmware: $(OBJ)
	@echo link >> log; touch $@
`

// TestVariablesRebuild changes the variables of the module's makefile in a build directory that
// exists.
func TestVariablesRebuild(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	write := func(name, text string) {
		t.Helper()
		path := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o777); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o777); err != nil {
			t.Fatal(err)
		}
	}
	const module = "modules/micropython-wolfssl/"
	fragment, err := os.ReadFile(filepath.Join("..", module, "micropython.mk"))
	if err != nil {
		t.Fatal(err)
	}
	write("Makefile", variablesPort)
	write("cc", "#!/bin/sh\nexit 0\n")
	write(module+"micropython.mk", string(fragment))
	for _, name := range []string{"modwolfssl", "modwolfcryptolib", "modwolfhashlib", "wolf_glue",
		"wolf_aead", "wolf_alloc", "wolf_blake2", "wolf_bundle", "wolf_cache", "wolf_certdict",
		"wolf_chacha", "wolf_crypto", "wolf_ctr", "wolf_ec", "wolf_ed25519", "wolf_keys",
		"wolf_ocsp", "wolf_pem", "wolf_reason", "wolf_rsa", "wolf_session", "wolf_sha3",
		"wolf_verify", "wolf_x509",
		"wolf_x509gen", "wolf_x509obj"} {
		write(module+name+".c", "")
	}
	for _, name := range []string{"wolfssl/wolfssl/wolfcrypt/settings.h", "wolfssl/src/ssl.c",
		"wolfssl/wolfcrypt/src/aes.c",
		"ports/unix/user_settings.h", "ports/stm32/user_settings.h",
		"ports/stm32/wolfssl_port.c", "own.h"} {
		write(module+name, "")
	}
	steps := []struct {
		args []string
		all  bool
	}{
		{nil, true},
		{nil, false},
		{[]string{"WOLFSSL_DROP_IN=0"}, true},
		{[]string{"WOLFSSL_DROP_IN=0"}, false},
		{[]string{"WOLFSSL_SECURE_DEFAULTS=1"}, true},
		{[]string{"WOLFSSL_USER_SETTINGS_FILE=" + module + "own.h"}, true},
		{[]string{"WOLFSSL_USER_SETTINGS_FILE=" + filepath.Join(dir, module, "own.h")}, false},
		{[]string{"WOLFSSL_PORT=stm32"}, true},
		{[]string{"WOLFSSL_PORT=stm32", "WOLFSSL_PROFILE=client"}, true},
		{[]string{"WOLFSSL_PORT=stm32", "WOLFSSL_PROFILE=client"}, false},
		{[]string{"WOLFSSL_PORT=stm32", "MICROPY_PY_SSL_ECDSA_SIGN_ALT=1"}, true},
		{nil, true},
	}
	for i, step := range steps {
		if err := os.RemoveAll(filepath.Join(dir, "log")); err != nil {
			t.Fatal(err)
		}
		cmd := exec.Command("make", append([]string{"-s"}, step.args...)...)
		cmd.Dir = dir
		if out, err := cmd.CombinedOutput(); err != nil || len(out) > 0 {
			t.Fatalf("step %d, make %q: %v\n%s", i, step.args, err, out)
		}
		text, err := os.ReadFile(filepath.Join(dir, "log"))
		if err != nil && !os.IsNotExist(err) {
			t.Fatal(err)
		}
		done := strings.Fields(string(text))
		if !step.all {
			if len(done) > 0 {
				t.Errorf("step %d, make %q: nothing has changed, and it makes %q",
					i, step.args, done)
			}
			continue
		}
		want := []string{"names", "micropython-wolfssl/modwolfssl",
			"micropython-wolfssl/wolf_x509", "micropython-wolfssl/wolfssl/src/ssl",
			"micropython-wolfssl/wolfssl/wolfcrypt/src/aes", "link"}
		if slices.Contains(step.args, "WOLFSSL_PORT=stm32") {
			want = append(want, "micropython-wolfssl/ports/stm32/wolfssl_port")
		}
		for _, name := range want {
			if !slices.Contains(done, name) {
				t.Errorf("step %d, make %q: makes %q, and not %s", i, step.args, done, name)
			}
		}
		if i > 0 && slices.Contains(done, "main") {
			t.Errorf("step %d, make %q: makes what no variable decides", i, step.args)
		}
	}
	for arg, want := range map[string]string{
		"WOLFSSL_DROP_IN=maybe":                `WOLFSSL_DROP_IN is "maybe"; it must be 0 or 1`,
		"WOLFSSL_SECURE_DEFAULTS=yes":          `WOLFSSL_SECURE_DEFAULTS is "yes"; it must be 0`,
		"WOLFSSL_FORWARD_SECRECY=":             `WOLFSSL_FORWARD_SECRECY is ""; it must be 0 or 1`,
		"WOLFSSL_ASM=0 1":                      `WOLFSSL_ASM is "0 1"; it must be 0 or 1`,
		"WOLFSSL_LTO=2":                        `WOLFSSL_LTO is "2"; it must be 0 or 1`,
		"WOLFSSL_USER_SETTINGS_FILE=" + module: "is a directory",
	} {
		cmd := exec.Command("make", "-s", arg)
		cmd.Dir = dir
		out, err := cmd.CombinedOutput()
		if err == nil || !strings.Contains(string(out), want) {
			t.Errorf("make %s: %v %s; want %q", arg, err, out, want)
		}
	}
	// The names depend on what is in the settings, and in the headers that they include.
	for _, header := range []string{"ports/unix/user_settings.h", "ports/unix/more.h",
		"ports/common/bare_metal.h"} {
		time.Sleep(20 * time.Millisecond) // file systems' clocks are coarse
		write(module+header, "")
		if err := os.RemoveAll(filepath.Join(dir, "log")); err != nil {
			t.Fatal(err)
		}
		cmd := exec.Command("make", "-s")
		cmd.Dir = dir
		out, err := cmd.CombinedOutput()
		text, _ := os.ReadFile(filepath.Join(dir, "log"))
		if err != nil || !strings.Contains(string(text), "names\n") {
			t.Errorf("%s has changed: %v %s; makes %q", header, err, out, text)
		}
	}
	// mpwolf asks make what it would do, which must write nothing.
	cmd := exec.Command("make", "-n", "WOLFSSL_DROP_IN=0")
	cmd.Dir = dir
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("make -n: %v\n%s", err, out)
	}
	if text, err := os.ReadFile(filepath.Join(dir, "build", "wolfssl-variables")); err != nil ||
		!strings.Contains(string(text), "DROP_IN=1") {
		t.Errorf("after make -n: %v %s", err, text)
	}
}
