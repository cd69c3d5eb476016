package tests_test

import (
	"debug/elf"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"testing"

	"mpwolf/internal/build"
)

// kernels compares what the modules compute themselves with wolfSSL's results, see
// testdata/kernels, under AddressSanitizer and UndefinedBehaviorSanitizer: by the processor's
// instructions, if it has them, and without. It links the objects that verify has built.
func (r *real) kernels(t *testing.T) {
	if runtime.GOARCH != "amd64" {
		t.Skip("other processors have wolfSSL's code alone")
	}
	built := filepath.Join(r.tree, ".mpwolf", "build", "unix-standard")
	target := r.target(t, "")
	flags, err := build.Probe(t.Context(), target, nil, "USER_C_MODULES="+filepath.Dir(r.module()),
		"WOLFSSL_PORT=unix", "BUILD="+built)
	if err != nil {
		t.Fatal(err)
	}
	objects, err := filepath.Glob(
		filepath.Join(built, "micropython-wolfssl", "wolfssl", "wolfcrypt", "src", "*.o"))
	if err != nil || len(objects) == 0 {
		t.Fatalf("no objects of wolfSSL in %s: %v", built, err)
	}
	source, err := filepath.Abs(filepath.Join("testdata", "kernels", "kernels.c"))
	if err != nil {
		t.Fatal(err)
	}
	for _, object := range []string{"internal.o", "tls13.o"} {
		r.callsOurs(t, filepath.Join(built, "micropython-wolfssl", "wolfssl", "src", object))
	}
	program := filepath.Join(t.TempDir(), "kernels")
	argv := slices.Concat(flags.CC, flags.CFLAGS, []string{"-O1", "-fsanitize=address,undefined",
		"-fno-sanitize-recover=all", "-I" + r.module(), source, "-o", program,
		"-Wl,--gc-sections"}, objects)
	cmd := exec.Command(argv[0], argv[1:]...)
	cmd.Dir = flags.Dir
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, tail(string(out)))
	}
	for arg, want := range map[string][]string{
		"":      {"same with AVX-512\n", "same without AVX-512\n"}, // as the processor is
		"plain": {"same without AVX-512\n"},
	} {
		out, err := exec.Command(program, arg).CombinedOutput()
		if err != nil || !slices.Contains(want, string(out)) {
			t.Errorf("%q: %v\n%s", arg, err, tail(string(out)))
		}
		t.Logf("%q: %s", arg, out)
	}
}

// callsOurs checks that an object of TLS needs our functions instead of wolfSSL's.
func (r *real) callsOurs(t *testing.T, object string) {
	t.Helper()
	file, err := elf.Open(object)
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	symbols, err := file.Symbols()
	if err != nil {
		t.Fatal(err)
	}
	for ours, theirs := range map[string]string{
		"wolf_chacha_process": "wc_Chacha_Process", "wolf_poly1305_set_key": "wc_Poly1305SetKey",
		"wolf_poly1305_mac": "wc_Poly1305_MAC",
	} {
		named := func(name string) bool {
			return slices.ContainsFunc(symbols, func(s elf.Symbol) bool { return s.Name == name })
		}
		if !named(ours) || named(theirs) {
			t.Errorf("%s needs %s: %v, %s: %v", object, ours, named(ours), theirs, named(theirs))
		}
	}
}
