package command

import (
	"strings"
	"testing"
	"unicode/utf8"
)

func TestPaint(t *testing.T) {
	const text = "ok    macros     4 of 4\n      note: weak\nFAIL  symbols\n"
	const want = green + "ok " + plain + "   macros     4 of 4\n" +
		yellow + "      note:" + plain + " weak\n" + red + "FAIL " + plain + " symbols\n"
	if got := paint(text, resultMarks); got != want {
		t.Errorf("got %q; want %q", got, want)
	}
	got := paint("mpwolf: hint: x\n", errorMarks)
	if got != green+"mpwolf: hint:"+plain+" x\n" {
		t.Errorf("got %q", got)
	}
	if coloured(new(strings.Builder)) {
		t.Error("a buffer gets colours")
	}
}

// TestFitted holds that the progress line shows the file's name, however deep the file is.
func TestFitted(t *testing.T) {
	short := "[1/340] CC ../../py/obj.c"
	long := "[12/340] CC ../../../a/very/long/way/down/to/where/the/modules/are/" +
		"micropython-modules/micropython-wolfssl/wolfssl/wolfcrypt/src/chacha20_poly1305.c"
	name := "x " + strings.Repeat("n", 90) + ".c"
	for _, line := range []string{short, long, name, strings.Repeat("w", 100)} {
		got := fitted(line, 79)
		if utf8.RuneCountInString(got) > 79 {
			t.Errorf("%d columns: %s", utf8.RuneCountInString(got), got)
		}
		if strings.HasSuffix(line, ".c") && !strings.HasSuffix(got, line[len(line)-5:]) {
			t.Errorf("the name is not in %q", got)
		}
	}
	if got := fitted(short, 79); got != short {
		t.Errorf("got %q", got)
	}
}
