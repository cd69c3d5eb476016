package tests_test

import (
	"os"
	"os/exec"
	"testing"
)

// TestLinkersAndFlags verifies a patched unix port as people build it: with other compilers and
// linkers, with ccache, for debugging, with link-time optimization. None may have a finding.
func TestLinkersAndFlags(t *testing.T) {
	longOnly(t, "builds real sources")
	if os.Getenv("MPWOLF_TEST_LONG") == "" {
		t.Skip("SKIPPED: set MPWOLF_TEST_LONG=1 to build the firmware in seven ways")
	}
	t.Parallel()
	r := newReal(t)
	r.patch()
	for _, way := range []struct {
		name, needs string
		args        []string
	}{
		{"gold", "ld.gold", []string{"LDFLAGS_EXTRA=-fuse-ld=gold"}},
		{"lld", "ld.lld", []string{"LDFLAGS_EXTRA=-fuse-ld=lld"}},
		// mold 1.10 does not know --cref, which MicroPython's Makefile passes.
		{"mold", "mold",
			[]string{"LDFLAGS_EXTRA=-fuse-ld=mold", "LDFLAGS_ARCH=-Wl,--gc-sections"}},
		{"ccache", "ccache", []string{"CC=ccache gcc"}},
		{"debug", "", []string{"DEBUG=1"}},
		{"loud", "", []string{"V=1", "BUILD=elsewhere"}},
		{"optimized", "", []string{"CFLAGS_EXTRA=-flto", "LDFLAGS_EXTRA=-flto"}},
	} {
		t.Run(way.name, func(t *testing.T) {
			if _, err := exec.LookPath(way.needs); way.needs != "" && err != nil {
				t.Skipf("SKIPPED: no %s", way.needs)
			}
			var args []string
			for _, arg := range way.args {
				args = append(args, "--make", arg)
			}
			if report, code := r.verify(args...); code != 0 {
				t.Errorf("verify: exit code %d\n%+v", code, report)
			}
		})
	}
}
