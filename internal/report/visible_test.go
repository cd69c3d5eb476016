package report

import (
	"bytes"
	"encoding/json"
	"testing"
)

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

func TestJSON(t *testing.T) {
	const text = "<größer>\n\x1b\x7f\u009b\u202eko\u2028\U000e0041\\u202e"
	for indentation, want := range map[string]string{
		"": `["<größer>\n\u001b\u007f\u009b\u202eko\u2028\udb40\udc41\\u202e"]` + "\n",
		"  ": "[\n  " + `"<größer>\n\u001b\u007f\u009b\u202eko\u2028\udb40\udc41\\u202e"` +
			"\n]\n",
	} {
		var b bytes.Buffer
		if err := JSON(&b, []string{text}, indentation); err != nil || b.String() != want {
			t.Errorf("%v: got %s, want %s", err, b.String(), want)
		}
		var back []string
		if err := json.Unmarshal(b.Bytes(), &back); err != nil || len(back) != 1 ||
			back[0] != text {
			t.Errorf("%v: read back %q", err, back)
		}
	}
}
