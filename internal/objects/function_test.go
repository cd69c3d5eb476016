package objects_test

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"testing"

	"mpwolf/internal/objects"
	"mpwolf/internal/objects/objectstest"
)

// seedSources are functions that could provide a seed, and what their code shows.
const seedSources = `#include <string.h>
int fixed(unsigned char *b, int n) { memset(b, 42, n); return 0; }
int table(unsigned char *b, int n) { memcpy(b, "0123456789abcdef0123456789abcdef", n & 31); return 0; }
int other(void); int calls(unsigned char *b, int n) { b[0] = other() + n; return 0; }
static unsigned state; int counts(unsigned char *b, int n) { b[0] = state++ + n; return 0; }
int hardware(unsigned char *b, int n) { b[0] = *(volatile unsigned *)0x50060808 + n; return 0; }
#ifdef __thumb__
int debugger(unsigned char *b, int n) { __asm__ volatile ("bkpt 0xAB" : "+r" (n)); b[0] = n; return 0; }
#endif
`

func TestReadFunction(t *testing.T) {
	if testing.Short() {
		t.Skip("skipped with -short: needs a C compiler")
	}
	for compiler, flags := range map[string][]string{"gcc": nil, "clang": nil,
		"arm-none-eabi-gcc": {"-mcpu=cortex-m4", "-mthumb"}} {
		if _, err := exec.LookPath(compiler); err != nil {
			t.Logf("NOT TESTED: no %s", compiler)
			continue
		}
		dir := t.TempDir()
		if err := os.WriteFile(filepath.Join(dir, "a.c"), []byte(seedSources), 0o666); err != nil {
			t.Fatal(err)
		}
		objectstest.Command(t, dir,
			append(
				[]string{compiler, "-Os", "-ffunction-sections", "-fdata-sections", "-c", "a.c"},
				flags...)...)
		data, err := os.ReadFile(filepath.Join(dir, "a.o"))
		if err != nil {
			t.Fatal(err)
		}
		o, err := objects.ReadObject(bytes.NewReader(data), filepath.Join(dir, "a.o"), "")
		if err != nil {
			t.Fatal(err)
		}
		o.Place = objects.Location{File: o.File, Size: int64(len(data))}
		for symbol, want := range map[string]string{"fixed": "memset", "table": "memcpy",
			"calls": "other"} {
			f, err := objects.ReadFunction(o, symbol)
			if err != nil || f.Hardware || !slices.Contains(f.Uses, want) && symbol == "calls" {
				t.Errorf("%s, %s: %+v, %v; want no hardware, and %s", compiler,
					symbol, f, err, want)
			}
		}
		if f, err := objects.ReadFunction(o, "counts"); err != nil || len(f.Uses) == 0 {
			t.Errorf("%s, counts: %+v, %v", compiler, f, err)
		}
		if compiler == "arm-none-eabi-gcc" {
			for _, symbol := range []string{"hardware", "debugger"} {
				if f, err := objects.ReadFunction(o, symbol); err != nil || !f.Hardware {
					t.Errorf("%s, %s: %+v, %v", compiler, symbol, f, err)
				}
			}
		}
		if _, err := objects.ReadFunction(o, "nowhere"); err == nil {
			t.Errorf("%s: a function that is not there", compiler)
		}
	}
}
