package change

import (
	"runtime"
	"strings"
	"testing"

	"mpwolf/internal/state"
)

// TestPartsOf holds which parts of wolfSSL a target needs; none if that is not certain.
func TestPartsOf(t *testing.T) {
	for _, name := range compilerNames {
		t.Setenv(name, "")
	}
	native := map[string]string{"amd64": "x86", "arm64": "arm64"}[runtime.GOARCH]
	if native == "" {
		t.Skip("SKIPPED: wolfSSL is not trimmed for this processor")
	}
	for _, test := range []struct {
		target state.Target
		want   string
	}{
		{state.Target{Port: "unix", Variant: "standard"}, native},
		{state.Target{Port: "unix", Variant: "nanbox"}, native + " plain-c"},
		{state.Target{Port: "unix", Variant: "mine"}, native + " plain-c"},
		{state.Target{Port: "unix", Make: []string{"WOLFSSL_ASM=0"}}, native + " plain-c"},
		{state.Target{Port: "unix", Make: []string{"WOLFSSL_ASM=1", "DEBUG=1"}}, native},
		{state.Target{Port: "unix", Make: []string{"MICROPY_FORCE_32BIT=1"}}, ""},
		{state.Target{Port: "unix", Make: []string{"CFLAGS_EXTRA=-DX"}}, ""},
		{state.Target{Port: "unix", UserSettings: "/mine.h"}, native + " any-settings"},
		{state.Target{Port: "unix", Make: []string{"COPT=-O2 -DHAVE_PKCS7"}},
			native + " any-settings"},
		{state.Target{Port: "unix", Make: []string{"INC=-include mine.h"}},
			native + " any-settings"},
		{state.Target{Port: "stm32", Board: "X", Make: []string{"WOLFSSL_PROFILE=tiny"}},
			"cortex-m"},
		{state.Target{Port: "mimxrt", Board: "X", UserSettings: "/mine.h"},
			"cortex-m any-settings"},
		{state.Target{Port: "qemu", Board: "X"}, ""},
	} {
		if got := strings.Join(partsOf(test.target), " "); got != test.want {
			t.Errorf("%+v: %q; want %q", test.target, got, test.want)
		}
	}
}
