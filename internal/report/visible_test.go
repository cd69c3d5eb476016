package report

import "testing"

func TestVisible(t *testing.T) {
	for text, want := range map[string]string{
		"":                           "",
		"größer, 值 é\n\tx":           "größer, 值 é\n\tx",
		"\x1b[2K\x1b]0;x\a":          `\x1b[2K\x1b]0;x\x07`,
		"a\rb\bc\x7f\x00":            `a\x0db\x08c\x7f\x00`,
		"c1 \u009b2K":                `c1 \u009b2K`,
		"8 bit \x9b2K":               `8 bit \x9b2K`,
		"\u202eko\u202c\u2066\ufeff": `\u202eko\u202c\u2066\ufeff`,
		"\u2028\u2029\u0085":         `\u2028\u2029\u0085`,
		"\U000e0041":                 `\U000e0041`,
		"\ufffd":                     "\ufffd",
	} {
		if got := Visible(text); got != want {
			t.Errorf("%q: got %q, want %q", text, got, want)
		}
	}
	if got := Line("a\nok\t\x1b"); got != `a\nok\t\x1b` {
		t.Errorf("got %q", got)
	}
}
