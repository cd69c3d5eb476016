package tests_test

import (
	"os"
	"path/filepath"
	"testing"
)

// TestStm32Certificates checks the table of certificates with the settings of ports/stm32, on
// this machine.
func TestStm32Certificates(t *testing.T) {
	inTheLongRun(t)
	t.Parallel()
	r := newReal(t)
	r.patch()
	modules := filepath.Dir(r.module())
	if err := os.CopyFS(filepath.Join(modules, "board"),
		os.DirFS(filepath.Join("testdata", "board"))); err != nil {
		t.Fatal(err)
	}
	firmware := r.build(t, "standard", "MICROPY_PY_THREAD=0", "WOLFSSL_PORT=unix",
		"USER_C_MODULES="+modules, "WOLFSSL_ASM=0",
		"WOLFSSL_USER_SETTINGS_FILE="+
			filepath.Join(r.module(), "ports", "stm32", "user_settings.h"))
	x509Table(t, firmware)
}
