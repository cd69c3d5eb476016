package tests_test

import (
	"debug/elf"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"mpwolf/internal/build"
)

// switches turns off what the macros of the built-ins turn off, under their names before and after
// MicroPython 1.21, and looks whether the code is gone from our object. It wants what verify has
// built: the generated headers.
func (r *real) switches(t *testing.T) {
	target := r.target(t, "")
	flags, err := build.Probe(t.Context(), target, nil, "USER_C_MODULES="+filepath.Dir(r.module()),
		"WOLFSSL_PORT=unix",
		"BUILD="+filepath.Join(r.tree, ".mpwolf", "build", "unix-standard"))
	if err != nil {
		t.Fatal(err)
	}
	for _, test := range []struct {
		macro, source string
		// a symbol that the object defines or asks for; with a * in front, the end of a name
		gone string
	}{
		{"HASHLIB_MD5", "modwolfhashlib.c", "wc_InitMd5_ex"},
		{"HASHLIB_SHA1", "modwolfhashlib.c", "wc_InitSha_ex"},
		{"HASHLIB_SHA256", "modwolfhashlib.c", "wc_InitSha256_ex"},
		{"CRYPTOLIB_CTR", "modwolfcryptolib.c", "wc_AesCtrEncrypt"},
		// no symbol: the table of the module is shorter
		{"CRYPTOLIB_CONSTS", "modwolfcryptolib.c", ""},
		{"SSL_FINALISER", "modwolfssl.c", "*___del__"},
		{"SSL_FINALISER", "modwolfcryptolib.c", "*___del__"},
		{"SSL_FINALISER", "modwolfhashlib.c", "*___del__"},
	} {
		on := r.moduleSymbols(t, flags, test.source, "")
		for _, macro := range []string{"MICROPY_PY_" + test.macro, "MICROPY_PY_U" + test.macro} {
			off := r.moduleSymbols(t, flags, test.source, macro)
			has := func(symbols []elf.Symbol) bool {
				return slices.ContainsFunc(symbols, func(s elf.Symbol) bool {
					end, isEnd := strings.CutPrefix(test.gone, "*")
					return s.Name == test.gone || isEnd && strings.HasSuffix(s.Name, end)
				})
			}
			if test.gone == "" {
				const table = "wolfcryptolib_globals_table"
				if was, is := symbolSize(on, table), symbolSize(off, table); was == 0 ||
					is == 0 || is >= was {
					t.Errorf("%s=0: %s has %d bytes, without it %d", macro, table, is, was)
				}
				continue
			}
			if !has(on) || has(off) {
				t.Errorf("%s=0: %s in %s: %v; without it: %v", macro, test.gone, test.source,
					has(off), has(on))
			}
		}
	}
}

// moduleSymbols compiles a source of the modules with the port's own flags, and with macro, if
// given, as 0.
func (r *real) moduleSymbols(t *testing.T, flags *build.Flags, source, macro string) []elf.Symbol {
	t.Helper()
	object := filepath.Join(t.TempDir(), "module.o")
	argv := slices.Concat(flags.CC, flags.CFLAGS,
		[]string{"-c", filepath.Join(r.module(), source), "-o", object})
	if macro != "" {
		argv = append(argv, "-D"+macro+"=0")
	}
	cmd := exec.Command(argv[0], argv[1:]...)
	cmd.Dir = flags.Dir
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%s %s=0: %v\n%s", source, macro, err, tail(string(out)))
	}
	file, err := elf.Open(object)
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	symbols, err := file.Symbols()
	if err != nil {
		t.Fatal(err)
	}
	return symbols
}

func symbolSize(symbols []elf.Symbol, name string) uint64 {
	for _, s := range symbols {
		if s.Name == name {
			return s.Size
		}
	}
	return 0
}
