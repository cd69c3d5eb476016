package verify

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

func TestParseAnswers(t *testing.T) {
	got := parseAnswers("ok SHA-384\nFAIL ECDH P-256 -1\r\nFAIL RSA-2048 PSS -192\nnoise\n\nok X25519")
	if want := []string{"SHA-384", "X25519"}; !slices.Equal(got.passed, want) {
		t.Errorf("passed %q; want %q", got.passed, want)
	}
	want := []string{"ECDH P-256 gives a wrong answer", "RSA-2048 PSS fails with wolfSSL's error -192"}
	if !slices.Equal(got.failed, want) {
		t.Errorf("failed %q; want %q", got.failed, want)
	}
}

// TestRunAnswers looks at programs that do not end as they should: none of them has passed.
func TestRunAnswers(t *testing.T) {
	for script, want := range map[string]string{
		"echo ok SHA-1":                "",
		"echo ok SHA-1; kill -SEGV $$": "the program ends after SHA-1",
		"exit 1":                       "the program ends at once",
		"true":                         "the program says nothing",
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
		if found := strings.Join(got.failed, "\n"); (want == "") != (found == "") || !strings.HasPrefix(found, want) {
			t.Errorf("%s: failed %q; want %q", script, found, want)
		}
	}
}
