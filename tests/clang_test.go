package tests_test

import (
	"os/exec"
	"path/filepath"
	"slices"
	"testing"

	"mpwolf/internal/build"
)

// TestClang verifies the unix port as clang and lld build it.
func TestClang(t *testing.T) {
	longOnly(t, "builds real sources")
	inTheLongRun(t) // TestUnix compiles the modules with clang
	t.Parallel()
	r := newReal(t)
	r.patch()
	report, code := r.verify("--make", "CC=clang", "--make", "LDFLAGS_EXTRA=-fuse-ld=lld",
		"--make", quick)
	if code != 0 {
		t.Fatalf("verify: exit code %d\n%+v", code, report)
	}
	r.c99(t)
}

// c99 compiles the modules as plain C99, which some ports do, with gcc and clang, and with the
// other flags of the firmware that was built. A warning is an error.
func (r *real) c99(t *testing.T) {
	built := filepath.Join(r.tree, ".mpwolf", "build", "unix-standard")
	flags, err := build.Probe(t.Context(), r.target(t, ""), nil,
		"USER_C_MODULES="+filepath.Dir(r.module()), "WOLFSSL_PORT=unix", "BUILD="+built)
	if err != nil {
		t.Fatal(err)
	}
	if !slices.Contains(flags.CFLAGS, "-Werror") {
		t.Errorf("the port's flags have no -Werror: %q", flags.CFLAGS)
	}
	sources, err := filepath.Glob(filepath.Join(r.module(), "*.c"))
	if err != nil || len(sources) < 5 {
		t.Fatalf("%d sources of the modules: %v", len(sources), err)
	}
	object := filepath.Join(t.TempDir(), "c99.o")
	for _, compiler := range []string{"gcc", "clang"} {
		for _, source := range sources {
			if filepath.Base(source) == "wolf_armv8.c" {
				continue // for another processor
			}
			// The unix port itself calls what is not in C99.
			argv := slices.Concat(flags.CFLAGS, []string{"-std=c99", "-D_GNU_SOURCE", "-c", source,
				"-o", object})
			cmd := exec.Command(compiler, argv...)
			cmd.Dir = flags.Dir
			if out, err := cmd.CombinedOutput(); err != nil {
				t.Errorf("%s -std=c99 %s: %v\n%s", compiler, filepath.Base(source), err,
					tail(string(out)))
			}
		}
	}
}
