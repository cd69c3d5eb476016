package verify

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"mpwolf/internal/build"
	"mpwolf/internal/objects/objectstest"
)

func TestParseAnswers(t *testing.T) {
	got := parseAnswers("ok SHA-384\nFAIL ECDH P-256 -1\r\nFAIL RSA-2048 PSS -192\n" +
		"noise\n\nok X25519")
	if want := []string{"SHA-384", "X25519"}; !slices.Equal(got.passed, want) {
		t.Errorf("passed %q; want %q", got.passed, want)
	}
	want := []string{"ECDH P-256 gives a wrong answer",
		"RSA-2048 PSS fails with wolfSSL's error -192"}
	if !slices.Equal(got.failed, want) {
		t.Errorf("failed %q; want %q", got.failed, want)
	}
}

// TestRunAnswers runs programs that do not end as they should: none of them may pass.
func TestRunAnswers(t *testing.T) {
	for script, want := range map[string]string{
		"echo ok SHA-1":                "",
		"echo ok SHA-1; kill -SEGV $$": "the program ends after SHA-1",
		"exit 1":                       "the program ends at once",
		"true":                         "the program prints nothing",
		"echo FAIL MD5 -1; exit 1":     "MD5 gives a wrong answer",
	} {
		program := filepath.Join(t.TempDir(), "known_answers")
		if err := os.WriteFile(program, []byte("#!/bin/sh\n"+script+"\n"), 0o755); err != nil {
			t.Fatal(err)
		}
		got, err := runAnswers(t.Context(), program)
		if err != nil {
			t.Fatal(err)
		}
		if found := strings.Join(got.failed, "\n"); (want == "") != (found == "") ||
			!strings.HasPrefix(found, want) {
			t.Errorf("%s: failed %q; want %q", script, found, want)
		}
	}
}

// TestMissingAnswers checks that a note about answers that could not be computed comes with
// every verify, not only the first.
func TestMissingAnswers(t *testing.T) {
	if testing.Short() {
		t.Skip("skipped with -short: needs a C compiler")
	}
	dir := t.TempDir()
	writeFiles(t, dir, map[string]string{"pass.py": "true\n"})
	objectstest.Compile(t, dir, map[string]string{"wolfssl/wolfcrypt/src/aes.c": "int wolf_aes;"})
	v := linked(t, dir, "wolfssl/wolfcrypt/src/aes.o")
	v.WolfSSL, v.elf = filepath.Join(dir, "wolfssl"), "/bin/sh"
	// no wolfSSL of the system's either
	v.flags = &build.Flags{Dir: dir, CC: []string{"gcc"}, CFLAGS: []string{"-nostdinc"}}
	for range 2 {
		c := &check{}
		scripts := []string{filepath.Join(dir, "pass.py")}
		if err := (runCheck{v}).runScripts(t.Context(), c, scripts); err != nil {
			t.Fatal(err)
		}
		if len(c.notes) != 1 || !strings.Contains(c.notes[0].Message, "does not compile: ") ||
			len(c.findings) != 0 {
			t.Errorf("%s; notes %v, findings %v", c.summary, c.notes, c.findings)
		}
	}
}
