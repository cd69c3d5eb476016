package audit

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"mpwolf/internal/report"
	"mpwolf/internal/verify"
	"mpwolf/wolfssl"
)

// TestAssess is that each kind of evidence decides by itself, and that a firmware without any is
// affected.
func TestAssess(t *testing.T) {
	dir := t.TempDir()
	if err := os.MkdirAll(filepath.Join(dir, "src"), 0o755); err != nil {
		t.Fatal(err)
	}
	const text = "first\nsecond\n    if (n > size) { /* the fix */\n"
	if err := os.WriteFile(filepath.Join(dir, "src", "tls.c"), []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
	e := &evidence{dir: dir, version: "5.7.2",
		units: []unit{
			{map[string]bool{"TLS13": true, "ALPN": true, "NO_SERVER": true, "SMALL": true,
				"BLIND": true}, []string{"src/tls.c"}},
			{map[string]bool{"TLS13": true, "ECC": true, "NO_SERVER": true}, nil},
		},
		compiled:  map[string]string{"src/tls.c": "build/tls.o", "fe_asm.S": "build/fe_asm.o"},
		functions: map[string]string{"wc_Sign": "build/ecc.o", "wc_Open": "libold.a(pkcs7.o)"},
		own:       map[string]bool{"build/tls.o": true, "build/ecc.o": true},
	}
	fix := []wolfssl.Patch{
		{By: "Debian 1", File: "src/none.c", Text: "the fix"},
		{By: "Debian 2", File: "src/tls.c", Text: "/* the fix */"},
	}
	optional := func(fixed, macro string, files ...string) wolfssl.Advisory {
		return wolfssl.Advisory{Fixed: fixed, Mitigation: []string{macro}, Files: files,
			Needs: "induced faults"}
	}
	notCompiled := optional("5.7.2", "HARDEN")
	notCompiled.Macros = []string{"PKCS7"}
	alpn := optional("5.7.2", "BLIND")
	alpn.Macros = []string{"ALPN"}
	for name, test := range map[string]struct {
		advisory wolfssl.Advisory
		state    State
		evidence string
	}{
		"nothing known": {wolfssl.Advisory{}, Affected, "nothing shows that the code is not"},
		"a macro": {wolfssl.Advisory{Macros: []string{"TLS13"}}, Affected,
			"TLS13 is defined"},
		"two macros": {wolfssl.Advisory{Macros: []string{"TLS13"}, Any: []string{"X", "ALPN"}},
			Affected, "TLS13 and ALPN are defined"},
		"a macro of one source only": {wolfssl.Advisory{Macros: []string{"ECC"}}, Affected,
			"ECC is defined"},
		"no macro": {wolfssl.Advisory{Macros: []string{"TLS13", "PKCS7"}}, NotAffected,
			"PKCS7 is not defined"},
		"none of several": {wolfssl.Advisory{Any: []string{"X", "Y"}}, NotAffected,
			"none of X, Y is defined"},
		"without": {wolfssl.Advisory{Unless: []string{"X", "NO_SERVER"}}, NotAffected,
			"NO_SERVER is defined"},
		"without in one source only": {wolfssl.Advisory{Unless: []string{"SMALL"}}, Affected, ""},
		"a file": {wolfssl.Advisory{Files: []string{"src/x.c", "src/tls.c"}}, Affected,
			"src/tls.c is compiled"},
		"assembly": {wolfssl.Advisory{Files: []string{"fe_asm.S"}}, Affected,
			"fe_asm.S is compiled"},
		"no file": {wolfssl.Advisory{Files: []string{"src/x.c", "src/y.c"}}, NotAffected,
			"no object has code of src/x.c or src/y.c"},
		"a function": {wolfssl.Advisory{Functions: []string{"wc_Sign"}, Macros: []string{"ECC"}},
			Affected, "build/ecc.o defines wc_Sign, and ECC is defined"},
		"a function of a library": {wolfssl.Advisory{Functions: []string{"wc_Open"},
			Macros: []string{"PKCS7"}, Files: []string{"src/pkcs7.c"}}, Affected,
			"libold.a(pkcs7.o) defines wc_Open"},
		"a function without the macro": {wolfssl.Advisory{Functions: []string{"wc_Sign"},
			Macros: []string{"PKCS7"}}, NotAffected, "PKCS7 is not defined"},
		"no function": {wolfssl.Advisory{Functions: []string{"wc_Seal"}}, NotAffected,
			"no object defines wc_Seal"},
		"patched": {wolfssl.Advisory{Files: []string{"src/tls.c"}, Patches: fix}, Fixed,
			"src/tls.c:3 has the fix of Debian 2"},
		"patched otherwise": {wolfssl.Advisory{Patches: fix[:1]}, Affected, ""},
		"patched, not compiled": {wolfssl.Advisory{Macros: []string{"PKCS7"}, Patches: fix},
			NotAffected, "PKCS7"},
		"a fix that is off": {optional("5.7.2", "HARDEN"), Open,
			"it is off unless HARDEN is defined; the attack needs induced faults"},
		"a fix that is on in one source only": {optional("5.7.2", "BLIND"), Open,
			"off unless BLIND is defined"},
		"a fix that is on in the source": {optional("5.7.0", "BLIND", "src/tls.c"), Mitigated,
			"BLIND is defined, which turns on the fix"},
		"a fix that is on where the code is": {alpn, Mitigated, "BLIND is defined"},
		"a fix that the release lacks": {optional("5.9.0", "BLIND", "src/tls.c"), Affected,
			"src/tls.c is compiled"},
		"no need for a fix": {notCompiled, NotAffected, "PKCS7 is not defined"},
		"a fix in assembly": {optional("5.7.2", "BLIND", "fe_asm.S"), Open, "off unless BLIND"},
	} {
		got, err := e.assess(test.advisory)
		if err != nil || got.State != test.state ||
			!strings.Contains(got.Evidence, test.evidence) {
			t.Errorf("%s: got %+v, %v; want %s, %s", name, got, err, test.state, test.evidence)
		}
	}
	for state, want := range map[State]string{Affected: "wolfSSL 5.9.0 or newer, with X defined",
		Open: "define X, if such an attack is possible"} {
		a := Assessment{State: state, Fixed: "5.9.0", Mitigation: []string{"X"}}
		if a.Fix() != want {
			t.Errorf("%s: the fix is %q; want %q", state, a.Fix(), want)
		}
	}
	open := &Result{Targets: []Target{{Advisories: []Assessment{{ID: "x", State: Open,
		Severity: "high"}}}}}
	if open.Targets[0].affected() || len(open.Log().Findings) != 1 ||
		open.Log().Findings[0].Level != report.Note {
		t.Errorf("an open advisory is no note: %+v", open.Log())
	}
	e.units = nil // the compiler could not be asked: that a macro is not seen says nothing
	got, err := e.assess(wolfssl.Advisory{Macros: []string{"PKCS7"}})
	if err != nil || got.State != Affected {
		t.Errorf("without macros: got %+v, %v", got, err)
	}
}

// TestMacros is that the compiler is asked for all that the advisories name.
func TestMacros(t *testing.T) {
	known, err := wolfssl.KnownAdvisories()
	if err != nil {
		t.Fatal(err)
	}
	asked := strings.Join(macros(known), " ")
	for _, name := range []string{"HAVE_PKCS7", "WOLFSSL_HAVE_MLKEM", "NO_WOLFSSL_SERVER"} {
		if !strings.Contains(asked, name) {
			t.Errorf("%s is not asked for", name)
		}
	}
}

// TestAuditVersions is that a wolfSSL without a version, and one that is too old, are errors that
// say what was expected.
func TestAuditVersions(t *testing.T) {
	known, err := wolfssl.KnownAdvisories()
	if err != nil {
		t.Fatal(err)
	}
	for version, want := range map[string]string{
		"of unknown version": "expected a line such as #define LIBWOLFSSL_VERSION_STRING \"" +
			known.Until + "\" in " + filepath.Join("lib", "wolfssl", "wolfssl", "version.h"),
		"@VERSION@": "the version of wolfSSL is not known: ",
		"4.8.1": "wolfSSL 4.8.1 is too old: the list of advisories begins with " +
			known.Since,
	} {
		b := &verify.Built{WolfSSL: filepath.Join("lib", "wolfssl"), Version: version}
		if _, err := audit(known, b); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v; want %q", version, err, want)
		}
	}
}
