package build

import (
	"slices"
	"testing"
)

func TestParseDeps(t *testing.T) {
	tests := []struct {
		name, text string
		want       []string
	}{
		{"empty", "", nil},
		{"one line", "build/a.o: a.c m.h\n", []string{"a.c", "m.h"}},
		{"several lines", "build/a.o: ../../a.c \\\n /usr/include/stdio.h \\\n m.h\n../../a.c:\n" +
			"b.h :\n", []string{"../../a.c", "/usr/include/stdio.h", "m.h"}},
		{"quoting", `a.o: a\ m.c c$$d.h e\#f.h` + "\n", []string{"a m.c", "c$d.h", "e#f.h"}},
		{"Windows", "a.o: C:\\x\\a.c \\\r\n D:/m.h\r\n", []string{"C:\\x\\a.c", "D:/m.h"}},
		{"no end", "a.o: a.c \\", []string{"a.c", "\\"}},
		{"no rule", "nothing", nil},
	}
	for _, test := range tests {
		if got := ParseDeps(test.text); !slices.Equal(got, test.want) {
			t.Errorf("%s: %q; want %q", test.name, got, test.want)
		}
	}
}

func FuzzParseDeps(f *testing.F) {
	f.Add("a.o: b\\ c.h \\\n d$$.h\n")
	f.Fuzz(func(_ *testing.T, text string) { ParseDeps(text) })
}
