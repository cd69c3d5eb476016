package verify

import (
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"mpwolf/internal/build"
	"mpwolf/internal/micropython"
	"mpwolf/internal/objects/objectstest"
)

// linked is a verification of a link of the given files in dir.
func linked(t *testing.T, dir string, argv ...string) *evidence {
	t.Helper()
	link := &build.Link{Dir: dir, Argv: argv, Output: filepath.Join(dir, "out"),
		System: make(map[string]bool)}
	for _, arg := range argv {
		if ext := filepath.Ext(arg); ext == ".o" || ext == ".a" {
			file := filepath.Join(dir, arg)
			link.Inputs = append(link.Inputs, file)
			link.System[file] = strings.HasPrefix(arg, "system")
		}
	}
	in, err := readInputs(link, nil)
	if err != nil {
		t.Fatal(err)
	}
	tree := &micropython.Tree{Dir: dir}
	target := micropython.Target{Tree: tree, Port: "unix"}
	return &evidence{Options: Options{Target: target},
		build: build.Make{Target: target, Dir: dir}, link: link,
		inputs: in, depCache: make(map[string][]string), settings: make(map[string]bool),
		builtin: make(map[string]string)}
}

func TestDuplicates(t *testing.T) {
	if testing.Short() {
		t.Skip("skipped with -short: needs a C compiler")
	}
	const inline = "inline int twice(int x) { return 2 * x; } int (*NAME)(int) = twice;"
	tests := []struct {
		name    string
		sources map[string]string
		flags   []string
		ar      [][]string // archives to make
		link    []string
		want    []string // symbols
	}{
		{
			name: "none",
			sources: map[string]string{"a.c": "int a;",
				"b.c": "extern int a; int b(void) { return a; }"},
			link: []string{"a.o", "b.o"},
		},
		{
			name: "object and object",
			sources: map[string]string{"a.c": "int f(void) { return 1; }",
				"b.c": "int f(void) { return 2; }"},
			link: []string{"a.o", "b.o"},
			want: []string{"f"},
		},
		{
			name:    "function and variable",
			sources: map[string]string{"a.c": "int f(void) { return 1; }", "b.c": "int f = 3;"},
			link:    []string{"a.o", "b.o"},
			want:    []string{"f"},
		},
		{
			name: "the linker hides a member of an archive",
			sources: map[string]string{"a.c": "int f(void) { return 1; }",
				"b.c": "int f(void) { return 2; }"},
			ar:   [][]string{{"rcs", "lib.a", "b.o"}},
			link: []string{"a.o", "lib.a"},
			want: []string{"f"},
		},
		{
			name: "archive and archive",
			sources: map[string]string{"a.c": "int f(void) { return 1; }",
				"b.c": "int f(void) { return 2; }"},
			ar:   [][]string{{"rcs", "lib1.a", "a.o"}, {"rcs", "lib2.a", "b.o"}},
			link: []string{"lib1.a", "lib2.a"},
			want: []string{"f"},
		},
		{
			name: "two members of one archive",
			sources: map[string]string{"a.c": "int f(void) { return 1; }",
				"b.c": "int f(void) { return 2; }"},
			ar:   [][]string{{"rcs", "lib.a", "a.o", "b.o"}},
			link: []string{"lib.a"},
			want: []string{"f"},
		},
		{
			name: "thin archive",
			sources: map[string]string{"a.c": "int f(void) { return 1; }",
				"b.c": "int f(void) { return 2; }"},
			ar:   [][]string{{"rcsT", "lib.a", "b.o"}},
			link: []string{"a.o", "lib.a"},
			want: []string{"f"},
		},
		{
			name: "weak gives way to strong",
			sources: map[string]string{
				"a.c": "__attribute__((weak)) int f(void) { return 1; } " +
					"__attribute__((weak)) int g;",
				"b.c": "int f(void) { return 2; } int g = 1;",
			},
			link: []string{"a.o", "b.o"},
		},
		{
			name: "weak and weak",
			sources: map[string]string{"a.c": "__attribute__((weak)) int f;",
				"b.c": "__attribute__((weak)) int f;"},
			link: []string{"a.o", "b.o"},
		},
		{
			name: "one weak and two strong",
			sources: map[string]string{"a.c": "__attribute__((weak)) int f;", "b.c": "int f = 1;",
				"c.c": "int f = 2;"},
			link: []string{"a.o", "b.o", "c.o"},
			want: []string{"f"},
		},
		{
			name: "static is not global",
			sources: map[string]string{"a.c": "static int f; int *a = &f;",
				"b.c": "static int f; int *b = &f;"},
			link: []string{"a.o", "b.o"},
		},
		{
			name: "COMDAT of C++",
			sources: map[string]string{"a.cpp": strings.Replace(inline, "NAME", "a", 1),
				"b.cpp": strings.Replace(inline, "NAME", "b", 1)},
			link: []string{"a.o", "b.o"},
		},
		{
			name: "strong COMDAT",
			sources: map[string]string{
				"a.c": `__asm__(".section .text.f,\"axG\",@progbits,f,comdat\n.globl f\nf: nop");`,
				"b.c": `__asm__(".section .text.f,\"axG\",@progbits,f,comdat\n.globl f\nf: nop");`,
			},
			link: []string{"a.o", "b.o"},
		},
		{
			name: "COMDAT and plain",
			sources: map[string]string{
				"a.c": `__asm__(".section .text.f,\"axG\",@progbits,f,comdat\n.globl f\nf: nop");`,
				"b.c": `int f(void) { return 1; }`,
			},
			link: []string{"a.o", "b.o"},
			want: []string{"f"},
		},
		{
			name:    "common and common",
			sources: map[string]string{"a.c": "int counter;", "b.c": "int counter;"},
			flags:   []string{"-fcommon"},
			link:    []string{"a.o", "b.o"},
			want:    []string{"counter"},
		},
		{
			name:    "common and value",
			sources: map[string]string{"a.c": "long counter;", "b.c": "int counter = 1;"},
			flags:   []string{"-fcommon"},
			link:    []string{"a.o", "b.o"},
			want:    []string{"counter"},
		},
		{
			name: "the compiler's library, member not needed",
			sources: map[string]string{"a.c": "int memcmp(void) { return 1; } int main(void) { " +
				"return 0; }",
				"b.c": "int memcmp(void) { return 2; }"},
			ar:   [][]string{{"rcs", "system.a", "b.o"}},
			link: []string{"a.o", "system.a"},
		},
		{
			name: "the compiler's library, member needed for another symbol",
			sources: map[string]string{"a.c": "int helper(void); int f(void) { return 1; } int " +
				"main(void) { return helper(); }",
				"b.c": "int f(void) { return 2; } int helper(void) { return f(); }"},
			ar:   [][]string{{"rcs", "system.a", "b.o"}},
			link: []string{"a.o", "system.a"},
			want: []string{"f"},
		},
		{
			name:    "an object twice",
			sources: map[string]string{"a.c": "int f = 1;"},
			link:    []string{"a.o", "a.o"},
			want:    []string{"f"},
		},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			dir := t.TempDir()
			objectstest.Compile(t, dir, test.sources, test.flags...)
			for _, args := range test.ar {
				objectstest.Command(t, dir, append([]string{"ar"}, args...)...)
			}
			v := linked(t, dir, test.link...)
			var got []string
			for _, d := range duplicates(v.inputs.objects) {
				got = append(got, d.symbol)
			}
			if !slices.Equal(got, test.want) {
				t.Errorf("duplicates %q; want %q", got, test.want)
			}
			c := &check{}
			if err := (symbolsCheck{v}).run(t.Context(), c); err != nil {
				t.Fatal(err)
			}
			if len(c.findings) > 0 != (len(test.want) > 0) {
				t.Errorf("findings %+v", c.findings)
			}
		})
	}
}

// TestShadowed looks for weak definitions that another definition replaces unintentionally.
func TestShadowed(t *testing.T) {
	if testing.Short() {
		t.Skip("skipped with -short: needs a C compiler")
	}
	dir := t.TempDir()
	objectstest.Compile(t, dir, map[string]string{
		"modules/wolf/seed.c": "__attribute__((weak)) int seed(void) { return 1; } " +
			"__attribute__((weak)) int once(void) { return 1; }",
		"modules/wolf/port.c": "int once(void) { return 2; }",
		"modules/wolf/ports/unix/wolfssl_port.c": "__attribute__((weak)) int clock(void) { " +
			"return 1; }",
		"ports/unix/main.c": "int seed(void) { return 2; } int clock(void) { return 2; }",
		"py/weak.c":         "__attribute__((weak)) int hook(void) { return 1; }",
		"py/hook.c":         "int hook(void) { return 2; }",
	})
	writeFiles(t, dir, map[string]string{"modules/wolf/micropython.mk": ""})
	v := linked(t, dir, "modules/wolf/seed.o", "modules/wolf/port.o",
		"modules/wolf/ports/unix/wolfssl_port.o", "ports/unix/main.o", "py/weak.o", "py/hook.o")
	v.Args = []string{"USER_C_MODULES=" + filepath.Join(dir, "modules")}
	c := &check{}
	if err := (symbolsCheck{v}).run(t.Context(), c); err != nil {
		t.Fatal(err)
	}
	if len(c.findings) != 1 ||
		!strings.HasPrefix(c.findings[0].Message, "seed of modules/wolf/seed.o (.text.seed, ") ||
		!strings.Contains(c.findings[0].Message, "and ports/unix/main.o (") {
		t.Errorf("findings %+v", c.findings)
	}
}

func TestClashText(t *testing.T) {
	if testing.Short() {
		t.Skip("skipped with -short: needs a C compiler")
	}
	dir := t.TempDir()
	objectstest.Compile(t, dir, map[string]string{
		"runtime.c":  "void mp_init(void) { __asm__ volatile (\"nop\"); }",
		"wolf/tfm.c": "int mp_init(int *a) { *a = 0; return 1; } int mp_copy(void) { return 0; }",
		"tom/copy.c": "int mp_copy(void) { return 1; }",
		"w1/sha256.c": "int wc_InitSha256(void) { return 0; } int " +
			"wc_FreeSha256(void) { return 0; }",
		"w2/sha256.c": "int wc_InitSha256(void) { return 0; } int " +
			"wc_FreeSha256(void) { return 0; }",
	})
	objectstest.Command(t, dir, "ar", "rcs", "libwolf.a", "wolf/tfm.o")
	v := linked(t, dir, "runtime.o", "libwolf.a", "tom/copy.o", "w1/sha256.o", "w2/sha256.o")
	c := &check{}
	if err := (symbolsCheck{v}).run(t.Context(), c); err != nil {
		t.Fatal(err)
	}
	want := []struct{ message, fix string }{
		{"mp_init is defined twice: in runtime.o (.text.mp_init, 2 bytes, from runtime.c) and " +
			"in libwolf.a(tfm.o) (.text.mp_init, ",
			"WOLFSSL_SP_MATH_ALL"},
		{"mp_copy is defined twice: in libwolf.a(tfm.o)", "WOLFSSL_SP_MATH_ALL"},
		{"; so are 1 symbol more: wc_FreeSha256; two copies of wolfSSL are linked", "SDK"},
	}
	if len(c.findings) != len(want) {
		t.Fatalf("findings %+v", c.findings)
	}
	for i, f := range c.findings {
		if !strings.Contains(f.Message, want[i].message) || !strings.Contains(f.Fix, want[i].fix) {
			t.Errorf("finding %d: %+v\nwant %+v", i, f, want[i])
		}
	}
}

func TestMuldefs(t *testing.T) {
	tests := []struct {
		argv []string
		want []string
	}{
		{[]string{"gcc", "-Wl,--gc-sections", "-lm"}, nil},
		{[]string{"gcc", "-z", "muldefs"}, []string{"-z muldefs"}},
		{[]string{"gcc", "-Wl,-z,muldefs"}, []string{"-z muldefs"}},
		{[]string{"gcc", "-Wl,-zmuldefs"}, []string{"-z muldefs"}},
		{[]string{"gcc", "-Xlinker", "-z", "-Xlinker", "muldefs"}, []string{"-z muldefs"}},
		{[]string{"ld", "--allow-multiple-definition"}, []string{"--allow-multiple-definition"}},
		{[]string{"gcc", "-Wl,--gc-sections,--allow-multiple-definition"},
			[]string{"--allow-multiple-definition"}},
		{[]string{"gcc", "-z", "now", "muldefs"}, nil},
		{[]string{"clang", "-Wl,-multiply_defined,suppress"},
			[]string{"-multiply_defined suppress"}},
		{[]string{"clang", "-Wl,-multiply_defined,error"}, nil},
	}
	for _, test := range tests {
		var got []string
		for _, o := range (&build.Link{Argv: test.argv}).Options() {
			if flag := muldefs(o); flag != "" {
				got = append(got, flag)
			}
		}
		if !slices.Equal(got, test.want) {
			t.Errorf("muldefs(%q) = %q", test.argv, got)
		}
	}
}

// TestSourceFromDebugInformation strips the symbols that name the source; what is left is DWARF.
func TestSourceFromDebugInformation(t *testing.T) {
	if testing.Short() {
		t.Skip("skipped with -short: needs a C compiler")
	}
	dir := t.TempDir()
	objectstest.Compile(t, dir, map[string]string{"a.c": "int f(void) { return 1; }"}, "-g",
		"-fdebug-prefix-map="+dir+"=/src")
	objectstest.Command(t, dir, "strip", "--strip-debug", "-o", "none.o", "a.o")
	objectstest.Command(t, dir, "objcopy", "--strip-symbol=a.c", "a.o")
	objectstest.Command(t, dir, "objcopy", "--strip-symbol=a.c", "none.o")
	objectstest.Command(t, dir, "ar", "rcs", "lib.a", "a.o")
	v := linked(t, dir, "a.o", "lib.a", "none.o")
	for i, want := range []string{"/src/a.c", "/src/a.c", ""} {
		if got := v.source(v.inputs.objects[i]); got != want {
			t.Errorf("%s: %q", v.objectName(v.inputs.objects[i]), got)
		}
	}
}

// TestLinkTimeOptimization has objects without any code yet: only the compiler's tools know what
// is in them.
func TestLinkTimeOptimization(t *testing.T) {
	if testing.Short() {
		t.Skip("skipped with -short: needs a C compiler")
	}
	for _, compiler := range [][]string{{"gcc", "-flto", "-fno-fat-lto-objects"},
		{"clang", "-flto"}} {
		if _, err := exec.LookPath(compiler[0]); err != nil {
			t.Logf("SKIPPED: %s is not installed", compiler[0])
			continue
		}
		dir := t.TempDir()
		writeFiles(t, dir, map[string]string{
			"a.c": "int g(void); int f(void) { return g(); } int v;",
			"b.c": "__attribute__((weak)) int f(void) { return 2; } int v = 1; static int u " +
				"= 4; int *p = &u;",
			"none.c": "typedef int nothing;",
			"c.c":    "int v = 3;",
		})
		for _, source := range []string{"a.c", "b.c", "c.c", "none.c"} {
			objectstest.Command(t, dir, append(slices.Clone(compiler), "-c", source)...)
		}
		objectstest.Command(t, dir, "ar", "rcs", "lib.a", "c.o")
		v := linked(t, dir, "a.o", "b.o", "none.o", "lib.a")
		c := &check{}
		v.flags = &build.Flags{Dir: dir, CC: []string{"false"}} // whose tools report nothing
		if err := (slimReader{v}).readSlim(t.Context()); err != nil {
			t.Fatal(err)
		}
		if err := (symbolsCheck{v}).run(t.Context(), c); err != nil {
			t.Fatal(err)
		}
		if len(c.findings) != 1 ||
			!strings.Contains(c.findings[0].Message, "the symbols of 4 objects cannot be read") {
			t.Errorf("%s: without its tools: findings %+v", compiler[0], c.findings)
		}
		v.flags.CC = compiler[:1]
		if err := (slimReader{v}).readSlim(t.Context()); err != nil {
			t.Fatal(err)
		}
		c = &check{}
		if err := (symbolsCheck{v}).run(t.Context(), c); err != nil {
			t.Fatal(err)
		}
		if len(c.findings) != 1 ||
			!strings.HasPrefix(c.findings[0].Message, "v is defined 3 times: in a.o (") ||
			!strings.Contains(c.findings[0].Message, "lib.a(c.o) (") {
			t.Errorf("%s: findings %+v", compiler[0], c.findings)
		}
		if a := v.inputs.objects[0]; !slices.Equal(a.Undefined, []string{"g"}) || !a.Code {
			t.Errorf("%s: a.o needs %q, has code: %v", compiler[0], a.Undefined, a.Code)
		}
	}
}
