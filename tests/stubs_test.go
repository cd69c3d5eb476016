package tests_test

import (
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// stubs compares the type stubs with what the modules have.
func (r *real) stubs(t *testing.T) {
	older := isBeforeOCSP(t, r.firmware())
	for _, module := range []string{"wolfssl", "wolfcryptolib", "wolfhashlib"} {
		out, err := exec.Command("python3", filepath.Join("testdata", "stub_names.py"),
			filepath.Join("..", "modules", "micropython-wolfssl", "typings",
				module+".pyi")).CombinedOutput()
		if err != nil {
			t.Fatalf("%v\n%s", err, out)
		}
		want := strings.Fields(string(out))
		got := strings.Fields(r.python(t, "stub_names.py", module))
		for _, name := range got {
			if !slices.Contains(want, name) {
				t.Errorf("%s.pyi lacks %s", module, name)
			}
		}
		for _, name := range want {
			if !slices.Contains(got, name) && !(older && isOCSP(name)) {
				t.Errorf("%s.pyi has %s, which the module lacks", module, name)
			}
		}
		if len(got) < 4 {
			t.Errorf("%s has only %q", module, got)
		}
	}
}

// isOCSP reports whether a name of wolfssl's is there only with a wolfSSL that hands over stapled
// responses.
func isOCSP(name string) bool {
	return strings.HasPrefix(name, "OCSP_") || name == "SSLContext.ocsp"
}
