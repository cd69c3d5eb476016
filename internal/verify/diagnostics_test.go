package verify

import (
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"mpwolf/internal/objects/objectstest"
)

func TestDiagnoseCompilers(t *testing.T) {
	tests := []struct {
		name, log string
		want      []compileError
	}{
		{"none", "CC main.c\nmain.c:3:5: warning: unused variable 'x' [-Wunused-variable]\n", nil},
		{
			"gcc", "In file included from a.c:1:\n../../x.h:3:10: fatal error: y.h: No such " +
				"file or directory\ncompilation terminated.\n",
			[]compileError{{"../../x.h", 3, "y.h: No such file or directory"}},
		},
		{
			"a warning as an error, twice",
			"a.c:3:5: error: unused variable 'x' [-Werror=unused-variable]\n" +
				"a.c:3:5: error: unused variable 'x' [-Werror=unused-variable]\n",
			[]compileError{{"a.c", 3, "unused variable 'x'"}},
		},
		{"clang", "/x/a.c:7:1: error: expected '}'\n1 error generated.\n",
			[]compileError{{"/x/a.c", 7, "expected '}'"}}},
		{"make", "/m/micropython.mk:12: *** unknown WOLFSSL_PORT \"x\".  Stop.\n",
			[]compileError{{"/m/micropython.mk", 12, `unknown WOLFSSL_PORT "x"`}}},
		{"command line", "<command-line>: fatal error: hal.h: No such file or directory\n",
			[]compileError{{"", 0, "hal.h: No such file or directory"}}},
		{"command line with place", "<built-in>:1:2: error: bad\n",
			[]compileError{{"", 0, "bad"}}},
	}
	for _, test := range tests {
		if got := diagnose(test.log).compile; !slices.Equal(got, test.want) {
			t.Errorf("%s: %+v", test.name, got)
		}
	}
}

func TestDiagnoseLinkers(t *testing.T) {
	twice := linkError{symbol: "mp_init", first: "build/py/runtime.o", second: "build/tfm.o"}
	tests := []struct {
		name, log string
		want      []linkError
	}{
		{
			"GNU ld 2.40",
			"/usr/bin/ld: build/tfm.o: in function `mp_init':\n" +
				"/src/tfm.c:3: multiple definition of `mp_init'; " +
				"build/py/runtime.o:/src/runtime.c:9: first defined here\n" +
				"collect2: error: ld returned 1 exit status\n",
			[]linkError{twice},
		},
		{
			"GNU ld 2.40, data", "/usr/bin/ld: build/tfm.o:(.bss+0x0): multiple definition of " +
				"`mp_init'; build/py/runtime.o:(.bss+0x0): first defined here\n",
			[]linkError{twice},
		},
		{
			"GNU ld 2.31",
			"build/tfm.o: In function `mp_init':\ntfm.c:(.text+0x0): multiple definition of " +
				"`mp_init'\nbuild/py/runtime.o:runtime.c:(.text+0x0): first defined here\n",
			[]linkError{twice},
		},
		{
			"GNU ld for a board, archive",
			"/opt/bin/../lib/gcc/arm-none-eabi/12/../../../arm-none-eabi/bin/ld: " +
				"lib/libx.a(b.o): in function `f':\nb.c:(.text.f+0x0): multiple definition of " +
				"`f'; build/a.o:a.c:(.text.f+0x0): first defined here\n",
			[]linkError{{symbol: "f", first: "build/a.o", second: "lib/libx.a(b.o)"}},
		},
		{
			"gold", "/usr/bin/ld.gold: error: build/tfm.o: multiple definition of 'mp_init'\n" +
				"/usr/bin/ld.gold: build/py/runtime.o: previous definition here\n",
			[]linkError{twice},
		},
		{
			"lld", "ld.lld: error: duplicate symbol: mp_init\n>>> defined at runtime.c:9\n" +
				">>>            build/py/runtime.o:(mp_init)\n>>> defined at tfm.c:3\n" +
				">>>            build/tfm.o:(.text.mp_init+0x0)\n",
			[]linkError{twice},
		},
		{
			"mold", "mold: error: duplicate symbol: build/tfm.o: build/py/runtime.o: mp_init\n",
			[]linkError{twice},
		},
		{
			"lld, archive", "ld.lld: error: duplicate symbol: f\n>>> defined at a.c\n>>>        " +
				"    a.o:(f)\n>>> defined at b.c\n" +
				">>>            b.o:(.text+0x0) in archive libx.a\n",
			[]linkError{{symbol: "f", first: "a.o", second: "libx.a(b.o)"}},
		},
		{
			"Apple", "duplicate symbol '_mp_init' in:\n    build/py/runtime.o\n    build/tfm.o\n" +
				"ld: 1 duplicate symbol for architecture arm64\n",
			[]linkError{twice},
		},
		{
			// ld64 of the older Xcodes wrote no quotes.
			"Apple, before Xcode 12", "duplicate symbol _mp_init in:\n    build/py/runtime.o\n" +
				"    build/tfm.o\nld: 1 duplicate symbol for architecture x86_64\n",
			[]linkError{twice},
		},
		{
			// ld64 names the part of a universal archive, "(for architecture …)", and Xcode 15's
			// new linker the part and the member's place in it: seen in public build logs and in
			// the tests of the linker sold.
			"Apple, archives",
			"duplicate symbol '_mp_init' in:\n    /b/libm.a[arm64][3](runtime.o)\n" +
				"    /b/libw.a(for architecture arm64)(tfm.o)\nld: 1 duplicate symbols\n",
			[]linkError{
				{symbol: "mp_init", first: "/b/libm.a(runtime.o)", second: "/b/libw.a(tfm.o)"}},
		},
		{
			"Apple, undefined in an archive", "Undefined symbols for architecture arm64:\n" +
				"  \"_f\", referenced from:\n      _main in libx.a[2](a.o)\n",
			[]linkError{{symbol: "f", undefined: true, second: "libx.a(a.o)", function: "main"}},
		},
		{
			"GNU ld, undefined, from two places",
			"/usr/bin/ld: a.o: in function `main':\na.c:(.text+0x5): undefined reference to " +
				"`f'\n/usr/bin/ld: b.o: in function `g':\n" +
				"b.c:(.text+0x5): undefined reference to `f'\n" +
				"/usr/bin/ld: b.o:b.c:(.text+0x9): more undefined references to `f' follow\n",
			[]linkError{{symbol: "f", undefined: true, second: "a.o", function: "main"}},
		},
		{
			"gold, undefined", "a.o:a.c:function main: error: undefined reference to 'f'\n",
			[]linkError{{symbol: "f", undefined: true, second: "a.o"}},
		},
		{
			"lld, undefined", "ld.lld: error: undefined symbol: f\n>>> referenced by a.c:3\n" +
				">>>               a.o:(main)\n",
			[]linkError{{symbol: "f", undefined: true, second: "a.o"}},
		},
		{
			"Apple, undefined",
			"Undefined symbols for architecture arm64:\n  \"_f\", referenced from:\n" +
				"      _main in a.o\nld: symbol(s) not found for architecture arm64\n",
			[]linkError{{symbol: "f", undefined: true, second: "a.o", function: "main"}},
		},
	}
	for _, test := range tests {
		if got := diagnose(test.log).link; !slices.Equal(got, test.want) {
			t.Errorf("%s: %+v\nwant %+v", test.name, got, test.want)
		}
	}
}

// TestDiagnoseRealLinkers reads what the linkers of this machine really write.
func TestDiagnoseRealLinkers(t *testing.T) {
	if testing.Short() {
		t.Skip("skipped with -short: needs a C compiler")
	}
	for _, linker := range []string{"bfd", "gold", "lld", "mold"} {
		t.Run(linker, func(t *testing.T) {
			if _, err := exec.LookPath("ld." + linker); err != nil {
				t.Skipf("SKIPPED: ld.%s is not installed", linker)
			}
			dir := t.TempDir()
			objectstest.Compile(t, dir, map[string]string{
				"a.c": "int f(void) { return 1; } int nowhere(void); int main(void) { return " +
					"nowhere(); }",
				"b.c": "int f(void) { return 2; }",
				"c.c": "int nowhere(void) { return 3; }",
			}, "-g")
			f := realLinkError(t, dir, linker, "a.o", "b.o", "c.o")
			if f.symbol != "f" || f.undefined || filepath.Base(f.first) != "a.o" ||
				filepath.Base(f.second) != "b.o" {
				t.Errorf("%+v", f)
			}
			said := diagnose(failedLink(t, dir, linker, "a.o", "c.o", "-Wl,--no-such-option"))
			if len(said.linker) == 0 || !strings.Contains(said.linker[0], "no-such-option") {
				t.Errorf("linker %q", said.linker)
			}
			nowhere := realLinkError(t, dir, linker, "a.o")
			if nowhere.symbol != "nowhere" || !nowhere.undefined ||
				!strings.HasPrefix(filepath.Base(nowhere.second), "a.") {
				t.Errorf("%+v", nowhere)
			}
		})
	}
}

// realLinkError is the error of a link that must fail.
func realLinkError(t *testing.T, dir, linker string, objects ...string) linkError {
	t.Helper()
	out := failedLink(t, dir, linker, objects...)
	got := diagnose(out).link
	if len(got) != 1 {
		t.Fatalf("%+v\n%s", got, out)
	}
	return got[0]
}

func failedLink(t *testing.T, dir, linker string, objects ...string) string {
	t.Helper()
	cmd := exec.Command("gcc", append([]string{"-fuse-ld=" + linker, "-o", "x"}, objects...)...)
	cmd.Dir = dir
	cmd.Env = append(cmd.Environ(), "LC_ALL=C")
	out, err := cmd.CombinedOutput()
	if err == nil {
		t.Fatal("the link succeeded")
	}
	return string(out)
}

// TestDiagnoseLinkerSays holds that the linker's own line is shown, whatever it is called.
func TestDiagnoseLinkerSays(t *testing.T) {
	const failed = "collect2: error: ld returned 1 exit status\n"
	for log, want := range map[string]string{
		"mold: fatal: unknown command line option: --cref\n" + failed: "unknown command line " +
			"option: --cref",
		"mold: unknown command line option: --cref\n" + failed: "unknown command line option: " +
			"--cref",
		"/usr/bin/ld.gold: --x: unknown option\n/usr/bin/ld.gold: use the --help option for " +
			"usage information\n" + failed: "--x: unknown option",
		"/usr/bin/ld.gold: fatal error: out of memory\n" + failed: "out of memory",
		"ld.lld: error: unknown argument '--x'\n" + failed:        "unknown argument '--x'",
		"/usr/bin/ld.bfd: unrecognized option '--x'\n" + failed:   "unrecognized option '--x'",
		"/opt/arm-none-eabi-ld: cannot open x.ld\n" + failed:      "cannot open x.ld",
		"LINK x\nnewlink: no such thing\n" + failed:               "newlink: no such thing",
		"LINK x\nnewlink: no such thing\nclang: error: linker command failed with exit code 1 " +
			"(use -v to see invocation)\n": "newlink: no such thing",
		"LINK x\n" + failed: "",
	} {
		got := diagnose(log).linker
		if want == "" && len(got) > 0 || want != "" && (len(got) == 0 || got[0] != want) {
			t.Errorf("%q: %q", log, got)
		}
	}
}

func TestDiagnoseOther(t *testing.T) {
	d := diagnose("/x/ld: build/firmware.elf section `.text' will not fit in region " +
		"`FLASH_TEXT'\n/x/ld: region `FLASH_TEXT' overflowed by 1234 bytes\n" +
		"/usr/bin/ld: warning: a.o: missing .note.GNU-stack section\n" +
		"/usr/bin/ld: cannot find -lx: No such file or directory\n")
	if want := []overflow{{"FLASH_TEXT", 1234}}; !slices.Equal(d.overflows, want) {
		t.Errorf("overflows %+v", d.overflows)
	}
	want := []string{"cannot find -lx: No such file or directory"}
	if !slices.Equal(d.linker, want) {
		t.Errorf("linker %q", d.linker)
	}
}

// TestDiagnoseOverflow reads what GNU ld for a board says about a region that is too small; in
// binutils 2.40 the line with the number of bytes is missing in some links.
func TestDiagnoseOverflow(t *testing.T) {
	for log, want := range map[string]overflow{
		"/x/ld: build/firmware.elf section `.text' will not fit in region `FLASH'\n" +
			"collect2: error: ld returned 1 exit status\n": {"FLASH", 0},
		"/x/ld: region `RAM' overflowed by 77 bytes\n" +
			"/x/ld: x.elf section `.bss' will not fit in region `RAM'\n": {"RAM", 77},
		"ld.lld: error: section '.text' will not fit in region 'FLASH': overflowed by 4012 " +
			"bytes\n": {"FLASH", 4012},
	} {
		if got := diagnose(log).overflows; !slices.Equal(got, []overflow{want}) {
			t.Errorf("%q: %+v", log, got)
		}
	}
}

func FuzzDiagnose(f *testing.F) {
	f.Add("/usr/bin/ld: b.o: in function `f':\n" +
		"b.c:3: multiple definition of `f'; a.o:a.c:9: first defined here\n")
	f.Add("ld.lld: error: duplicate symbol: f\n>>> defined at a.c\n>>> a.o:(f)\n")
	f.Fuzz(func(_ *testing.T, log string) { diagnose(log) })
}
