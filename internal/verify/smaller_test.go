package verify

import (
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"mpwolf/internal/build"
)

// TestSmaller checks that ways to make wolfSSL smaller are suggested only if the settings have
// what they would make smaller.
func TestSmaller(t *testing.T) {
	values := map[string]build.Value{}
	for _, macro := range []string{"WOLFSSL_TLS13", "HAVE_AESGCM", "HAVE_ED25519",
		"ED25519_SMALL"} {
		values[macro] = build.Value{Defined: true}
	}
	got := smallerWith(values)
	define, leaveOut, _ := strings.Cut(got, "; leave out: ")
	for _, macro := range []string{"WOLFSSL_NO_TLS12", "GCM_SMALL"} {
		if !strings.Contains(define, macro+" (") {
			t.Errorf("%s is not among what to define: %s", macro, got)
		}
	}
	if !strings.HasPrefix(leaveOut, "WOLFSSL_TLS13 (") {
		t.Errorf("left out: %s", leaveOut)
	}
	for _, macro := range []string{"CURVE25519_SMALL", "ED25519_SMALL",
		"USE_SLOW_SHA512", "WOLFSSL_DTLS"} {
		if strings.Contains(got, macro) {
			t.Errorf("%s would save nothing: %s", macro, got)
		}
	}
}

// TestProfiles checks that the profiles are found in the modules' makefile.
func TestProfiles(t *testing.T) {
	module := filepath.Join("..", "..", "modules", "micropython-wolfssl")
	v := sizeCheck{&evidence{Options: Options{WolfSSL: filepath.Join(module, "wolfssl")}}}
	if got := v.profiles(); !slices.Equal(got, []string{"full", "client", "tiny"}) {
		t.Errorf("got %q", got)
	}
	v.WolfSSL = filepath.Join(t.TempDir(), "wolfssl")
	if got := v.profiles(); len(got) > 0 {
		t.Errorf("without a makefile: %q", got)
	}
}
