package tests_test

import (
	"debug/elf"
	"fmt"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"

	"mpwolf/internal/build"
)

// switches turns off what the macros of the built-ins turn off, under their names before and
// after MicroPython 1.21, and checks that the code is gone from our object. It needs what verify
// has built: the generated headers.
func (r *real) switches(t *testing.T) {
	target := r.target(t, "")
	flags, err := build.Probe(t.Context(), target, nil, "USER_C_MODULES="+filepath.Dir(r.module()),
		"WOLFSSL_PORT=unix",
		"BUILD="+filepath.Join(r.tree, ".mpwolf", "build", "unix-standard"))
	if err != nil {
		t.Fatal(err)
	}
	ctr := "wc_AesCtrEncrypt"
	if runtime.GOARCH == "amd64" {
		ctr = "wolf_ctr"
	}
	for _, test := range []struct {
		macro, source string
		// a symbol that the object defines or needs; with a * in front, the end of a name
		gone string
	}{
		{"HASHLIB_MD5", "modwolfhashlib.c", "wc_InitMd5_ex"},
		{"HASHLIB_SHA1", "modwolfhashlib.c", "wc_InitSha_ex"},
		{"HASHLIB_SHA256", "modwolfhashlib.c", "wc_InitSha256_ex"},
		{"CRYPTOLIB_CTR", "modwolfcryptolib.c", ctr},
		// no symbol: the table of the module is shorter
		{"CRYPTOLIB_CONSTS", "modwolfcryptolib.c", ""},
		{"SSL_FINALISER", "modwolfssl.c", "*___del__"},
		{"SSL_FINALISER", "modwolfcryptolib.c", "*___del__"},
		{"SSL_FINALISER", "modwolfhashlib.c", "*___del__"},
	} {
		on := r.usualSymbols(t, flags, test.source)
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

// leftOut compiles the modules' TLS with settings that leave out parts of it, one at a time and
// all at once: without a warning, and without what they leave out.
func (r *real) leftOut(t *testing.T) {
	target := r.target(t, "")
	flags, err := build.Probe(t.Context(), target, nil, "USER_C_MODULES="+filepath.Dir(r.module()),
		"WOLFSSL_PORT=unix", "BUILD="+filepath.Join(r.tree, ".mpwolf", "build", "unix-standard"))
	if err != nil {
		t.Fatal(err)
	}
	var all, allGone []string
	for _, test := range []struct {
		name     string
		settings []string
		gone     []string // symbols that the object otherwise needs
	}{
		{"TLS 1.2", []string{"#define WOLFSSL_NO_TLS12"}, nil},
		{"sessions", []string{"#undef HAVE_SESSION_TICKET"}, []string{"wolf_session_import"}},
		{"DTLS", []string{"#undef WOLFSSL_DTLS", "#undef WOLFSSL_DTLS13"},
			[]string{"wolfDTLS_client_method", "wolfSSL_dtls_set_peer"}},
		{"a server", []string{"#define NO_WOLFSSL_SERVER"},
			[]string{"wolfSSL_accept", "wolfSSLv23_server_method",
				"wolfSSL_DTLS_SetCookieSecret"}},
		{"PEM", []string{"#undef WOLFSSL_PEM_TO_DER", "#define WOLFSSL_NO_PEM"},
			[]string{"wc_KeyPemToDer", "wc_CertPemToDer"}},
		{"CA bundles", []string{"#define MICROPY_WOLFSSL_CA_BUNDLE (0)"},
			[]string{"wolf_bundle_open", "wolf_name_hash"}},
		{"OCSP", []string{"#undef HAVE_OCSP", "#undef HAVE_CERTIFICATE_STATUS_REQUEST"}, nil},
		{"client certificates", []string{"#define WOLFSSL_NO_CLIENT_AUTH"}, nil},
		{"RSA private keys",
			[]string{"#define WOLFSSL_NO_CLIENT_AUTH", "#define WOLFSSL_RSA_PUBLIC_ONLY"},
			[]string{"wc_RsaPrivateKeyDecode"}},
	} {
		all, allGone = append(all, test.settings...), append(allGone, test.gone...)
		r.withSettings(t, flags, test.name, test.settings, test.gone)
	}
	// TLS 1.3 alone cannot be left out together with TLS 1.2.
	r.withSettings(t, flags, "TLS 1.3",
		[]string{"#undef WOLFSSL_TLS13", "#undef WOLFSSL_DTLS13"}, nil)
	// Nothing is left that could have a key.
	allGone = append(allGone, "wolfSSL_CTX_use_PrivateKey_buffer")
	r.withSettings(t, flags, "any of these", all, allGone)
}

// withSettings compiles the sources that depend on what TLS has with more settings than the
// port's; none of gone, which modwolfssl.c otherwise needs, may be left there.
func (r *real) withSettings(t *testing.T, flags *build.Flags, name string,
	settings, gone []string) {
	t.Helper()
	dir := t.TempDir()
	writeFile(t, dir, "user_settings.h", fmt.Appendf(nil, "#include %q\n%s\n",
		filepath.Join(r.module(), "ports", "unix", "user_settings.h"),
		strings.Join(settings, "\n")))
	changed := *flags
	changed.CFLAGS = append([]string{"-I" + dir}, flags.CFLAGS...)
	was := r.usualSymbols(t, flags, "modwolfssl.c")
	is := r.moduleSymbols(t, &changed, "modwolfssl.c", "")
	for _, source := range []string{"wolf_session.c", "wolf_reason.c", "wolf_verify.c"} {
		r.moduleSymbols(t, &changed, source, "")
	}
	for _, symbol := range gone {
		named := func(s elf.Symbol) bool { return s.Name == symbol }
		if !slices.ContainsFunc(was, named) || slices.ContainsFunc(is, named) {
			t.Errorf("without %s: modwolfssl.c asks for %s: %v; otherwise: %v", name, symbol,
				slices.ContainsFunc(is, named), slices.ContainsFunc(was, named))
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

// usualSymbols are those of a source as the port compiles it.
func (r *real) usualSymbols(t *testing.T, flags *build.Flags, source string) []elf.Symbol {
	t.Helper()
	if r.symbols == nil {
		r.symbols = map[string][]elf.Symbol{}
	}
	if r.symbols[source] == nil {
		r.symbols[source] = r.moduleSymbols(t, flags, source, "")
	}
	return r.symbols[source]
}

func symbolSize(symbols []elf.Symbol, name string) uint64 {
	for _, s := range symbols {
		if s.Name == name {
			return s.Size
		}
	}
	return 0
}
