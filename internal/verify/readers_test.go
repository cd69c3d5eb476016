package verify

import (
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"mpwolf/internal/objects"
	"mpwolf/internal/objects/objectstest"
)

const sampleMap = `Archive member included to satisfy reference by file (symbol)

Discarded input sections

 .text.gone     0x0000000000000000       0x99 build/a.o

Memory Configuration

Linker script and memory map

LOAD build/a.o

.text           0x0000000000001000      0x140
 *(.text .text.*)
 .text.f        0x0000000000001000       0x10 build/a.o
                0x0000000000001000                f
 .text.a_function_of_a_long_name
                0x0000000000001010       0x20 lib/libx.a(b.o)
                0x0000000000001010                a_function_of_a_long_name
 *fill*         0x0000000000001030        0x8 
.rodata         0x0000000000002000       0x20
 .rodata.str1.1
                0x0000000000002000        0x8 build/a.o
                                         0x10 (size before relaxing)
.eh_frame       0x0000000000003000       0x30
 .eh_frame      0x0000000000003000       0x30 /usr/lib/crt1.o
.data           0x0000000000004000        0x2
 .data          0x0000000000004000        0x2 build/a.o
.bss            0x0000000000005000      0x100
 .bss           0x0000000000005000      0x100 build/a.o
.debug_info     0x0000000000000000      0x500
 .debug_info    0x0000000000000000      0x500 build/a.o
`

func TestParseMap(t *testing.T) {
	got := parseMap(sampleMap,
		map[string]objects.SectionKind{".text": objects.TextSection,
			".rodata": objects.TextSection, ".eh_frame": objects.TextSection,
			".data": objects.DataSection, ".bss": objects.BssSection}, nil).sizes
	want := map[string]Memory{"build/a.o": {0x1a, 0x102}, "lib/libx.a(b.o)": {0x20, 0},
		linkerTables: {0x30, 0}}
	if !maps.Equal(got, want) {
		t.Errorf("got %v", got)
	}
	if got := parseMap(sampleMap, nil, nil).sizes; !maps.Equal(got, want) {
		t.Errorf("by the names of the sections: got %v", got)
	}
}

// TestMapOptimized reads the map of a real link with objects that hold code for the optimizer as
// well.
func TestMapOptimized(t *testing.T) {
	if testing.Short() {
		t.Skip("skipped with -short: needs a C compiler")
	}
	dir := t.TempDir()
	objectstest.Compile(t, dir, map[string]string{"a.c": "int f(int x) { return x * 3 + 1; }"},
		"-flto", "-ffat-lto-objects")
	objectstest.Compile(t, dir,
		map[string]string{"main.c": "int f(int); int main(int c, char **v) { return f(c); }"})
	objectstest.Command(t, dir, "gcc", "-flto", "-o", "out", "main.o", "a.o", "-Wl,-Map=out.map")
	v := linked(t, dir, "main.o", "a.o")
	v.elf = filepath.Join(dir, "out")
	var err error
	if v.image, err = objects.ReadImage(v.elf); err != nil {
		t.Fatal(err)
	}
	if size := (sizeCheck{v}).size(); size.Measured != "linker's map" ||
		size.Stacks[stackOptimized].Flash == 0 || len(size.Sources) == 0 {
		t.Errorf("%+v", size)
	}
	for source := range (sizeCheck{v}).size().Sources {
		if strings.Contains(source, "ltrans") {
			t.Errorf("source %s", source)
		}
	}
}

const sampleAppleMap = `# Path: out
# Arch: x86_64
# Object files:
[  0] linker synthesized
[  1] build/a.o
[  2] lib/libx.a(b.o)
# Sections:
# Address	Size    	Segment	Section
0x100000500	0x00000040	__TEXT	__text
0x100003000	0x00000010	__DATA	__data
0x100003010	0x00000008	__DATA	__common
# Symbols:
# Address	Size    	File  Name
0x100000500	0x00000030	[  1] _f
0x100000530	0x00000010	[  2] _g
0x100003000	0x00000010	[  2] _data
0x100003010	0x00000008	[  1] _counter
`

func TestParseAppleMap(t *testing.T) {
	want := map[string]Memory{"build/a.o": {0x30, 0x8}, "lib/libx.a(b.o)": {0x20, 0x10}}
	if got := parseMap(sampleAppleMap, nil, nil).sizes; !maps.Equal(got, want) {
		t.Errorf("got %v", got)
	}
	size := regexp.MustCompile(`(?m)^(0x\S+)\t0x\S+\t(\[)`)
	withoutSizes := size.ReplaceAllString(sampleAppleMap, "$1\t$2")
	if got := parseMap(withoutSizes, nil, nil).sizes; !maps.Equal(got, want) {
		t.Errorf("without sizes: got %v", got)
	}
}

func FuzzParseMap(f *testing.F) {
	f.Add(sampleMap)
	f.Add(sampleAppleMap)
	f.Fuzz(func(_ *testing.T, text string) { parseMap(text, nil, nil) })
}

func TestRunScript(t *testing.T) {
	dir := t.TempDir()
	tests := []struct {
		name, script, expected string
		problem                string
		skipped                bool
	}{
		{name: "passes", script: "echo hello"},
		{name: "as expected", script: "echo hello", expected: "hello\n"},
		{name: "not as expected", script: "echo hello", expected: "other\n",
			problem: "its output is not that of"},
		{name: "exit code", script: "echo Traceback; exit 1",
			problem: "fails (exit status 1): Traceback"},
		{name: "says FAIL", script: "echo ok; echo FAIL here", problem: "FAIL here"},
		{name: "skips", script: "echo SKIP", skipped: true},
		{name: "runs in its directory",
			script: `test "$(pwd -P)" = "$(cd "$(dirname "$0")" && pwd -P)"`},
	}
	v := &evidence{elf: "/bin/sh"}
	for _, test := range tests {
		script := filepath.Join(dir, strings.ReplaceAll(test.name, " ", "_")+".py")
		if err := os.WriteFile(script, []byte(test.script+"\n"), 0o666); err != nil {
			t.Fatal(err)
		}
		if test.expected != "" {
			if err := os.WriteFile(script+".exp", []byte(test.expected), 0o666); err != nil {
				t.Fatal(err)
			}
		}
		got, err := runCheck{v}.runScript(t.Context(), script)
		if err != nil {
			t.Fatal(err)
		}
		if got.skipped != test.skipped || !strings.Contains(got.problem, test.problem) ||
			(got.problem != "") != (test.problem != "") {
			t.Errorf("%s: %+v", test.name, got)
		}
	}
}
