package build

import (
	"fmt"
	"slices"
	"testing"
)

func TestLinkOptions(t *testing.T) {
	tests := []struct {
		argv []string
		want []LinkOption
	}{
		{[]string{"gcc", "-o", "out", "a.o", "-Lsdk", "-L", "more", "-lm", "-l:x.a", "-l", "y"},
			[]LinkOption{{"o", "out"}, {"", "a.o"}, {"L", "sdk"}, {"L", "more"}, {"l", "m"},
				{"l", ":x.a"}, {"l", "y"}}},
		{[]string{"gcc", "-ltommath", "-Tlink.ld", "-Wl,-Ttext=0", "-Wl,-Ttext,0"},
			[]LinkOption{{"l", "tommath"}, {"T", "link.ld"}, {"Ttext", "0"}, {"Ttext", "0"}}},
		{[]string{"gcc", "-Wl,--wrap,f,--defsym=a=b,lib.a", "-Xlinker", "--wrap", "-Xlinker", "g"},
			[]LinkOption{{"wrap", "f"}, {"defsym", "a=b"}, {"", "lib.a"}, {"wrap", "g"}}},
		// -x is the compiler's language, and the linker's option without a value.
		{[]string{"gcc", "-x", "none", "a.o", "-Wl,-x,b.o"},
			[]LinkOption{{"x", "none"}, {"", "a.o"}, {"x", ""}, {"", "b.o"}}},
		{[]string{"arm-none-eabi-ld", "-e", "start", "-x", "a.o", "-Map", "out.map"},
			[]LinkOption{{"e", "start"}, {"x", ""}, {"", "a.o"}, {"Map", "out.map"}}},
		// GNU ld accepts shortened names, and gcc has long forms.
		{[]string{"gcc", "-Xlinker", "--wra", "-Xlinker", "f", "-Wl,--defs,a=b,-vers,--trace,c.o"},
			[]LinkOption{{"wrap", "f"}, {"defsym", "a=b"}, {"version-script", "--trace"},
				{"", "c.o"}}},
		{[]string{"gcc", "--for-linker=--wrap=f", "--for-linker", "-zmuldefs", "-Bdir", "-B", "d",
			"--specs=s", "-specs", "t", "-Wl,-Bstatic", "--library-directory=sdk", "-Wl,--version"},
			[]LinkOption{{"wrap", "f"}, {"z", "muldefs"}, {"B", "dir"}, {"B", "d"}, {"specs", "s"},
				{"specs", "t"}, {"Bstatic", ""}, {"L", "sdk"}, {"version", ""}}},
	}
	for _, test := range tests {
		if got := (&Link{Argv: test.argv}).Options(); !slices.Equal(got, test.want) {
			t.Errorf("%q:\n%q\nwant\n%q", test.argv, got, test.want)
		}
	}
}

func TestAssigned(t *testing.T) {
	const script = `a = 1;b=2;"c" = x;
d = y
;
PROVIDE(e = f(1));PROVIDE_HIDDEN ( g = . ) ; ASSERT(h == 1, "no")
.text : { i += 4; HIDDEN("j" = k) }
l <<= 2; m = n == o
`
	var got []string
	for _, a := range assigned(script, "file") {
		got = append(got, fmt.Sprint(a.Line, a.Symbol, "=", a.Value))
	}
	want := []string{"1a=1", "1b=2", "1c=x", "2d=y", "4e=f(1)", "4g=.", "5i=4", "5j=k", "6l=2",
		"6m=n == o"}
	if !slices.Equal(got, want) {
		t.Errorf("%q\nwant\n%q", got, want)
	}
}

func TestFindCompiles(t *testing.T) {
	const commands = `echo "CC a.c"
gcc -I . -DX=\"y\" -maes -c -MD -MF build/a.d -o build/a.o ../a.c || (echo -e "See a.o"; false)
gcc -c \
  -o /out/b.o /src/b.S
gcc -o prog build/a.o -lc
sh -c 'for i in x; do true; done' -o y
`
	got := findCompiles(commands, "/port/unix")
	if len(got) != 2 {
		t.Errorf("%+v", got)
	}
	a := got["/port/unix/build/a.o"]
	if a.Source != "/port/a.c" ||
		!slices.Equal(a.Argv, []string{"gcc", "-I", ".", `-DX="y"`, "-maes"}) {
		t.Errorf("%+v", a)
	}
}
