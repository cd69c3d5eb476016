package verify

import "testing"

func TestCannotParse(t *testing.T) {
	for text, want := range map[string]bool{
		"Traceback (most recent call last):\n  File \"x.py\"\nSyntaxError: invalid syntax\n":                      true,
		"Traceback (most recent call last):\n  File \"x.py\", line 3, in <module>\nSyntaxError: invalid syntax\n": false,
		"OSError: 5\n": false,
	} {
		if got := cannotParse(text); got != want {
			t.Errorf("%q: %v", text, got)
		}
	}
}
