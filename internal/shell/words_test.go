package shell

import (
	"slices"
	"testing"
)

func TestSplitWords(t *testing.T) {
	tests := []struct {
		line string
		want []string
	}{
		{"", nil},
		{"  \t ", nil},
		{"-Os -U _FORTIFY_SOURCE", []string{"-Os", "-U", "_FORTIFY_SOURCE"}},
		{`-DA=\"b/c.h\"`, []string{`-DA="b/c.h"`}},
		{`-DA='"b c.h"' -DB`, []string{`-DA="b c.h"`, "-DB"}},
		{`'-DMP_CONFIGFILE="<a.h>"'`, []string{`-DMP_CONFIGFILE="<a.h>"`}},
		{`"-I/a directory" "x\"y" "a\b"`, []string{"-I/a directory", `x"y`, `a\b`}},
		{`'' "" x`, []string{"", "", "x"}},
		{`-I/a\ b`, []string{"-I/a b"}},
	}
	for _, test := range tests {
		got, err := Split(test.line)
		if err != nil || !slices.Equal(got, test.want) {
			t.Errorf("Split(%q) = %q, %v; want %q", test.line, got, err, test.want)
		}
		if again, err := Split(Join(got)); err != nil || !slices.Equal(again, got) {
			t.Errorf("Split(Join(%q)) = %q, %v", got, again, err)
		}
	}
	for _, line := range []string{"'", `"a`, `a\`, "$HOME", "`x`", `"$(x)"`} {
		if got, err := Split(line); err == nil {
			t.Errorf("Split(%q) = %q; want an error", line, got)
		}
	}
}

func FuzzSplitWords(f *testing.F) {
	f.Add(`a 'b c' "d\"e" \f`)
	f.Fuzz(func(t *testing.T, line string) {
		words, err := Split(line)
		if err != nil {
			return
		}
		again, err := Split(Join(words))
		if err != nil || !slices.Equal(again, words) {
			t.Errorf("Split(Join(%q)) = %q, %v", words, again, err)
		}
	})
}
