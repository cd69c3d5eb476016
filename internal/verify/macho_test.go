package verify

import (
	"bytes"
	"debug/macho"
	"encoding/binary"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"mpwolf/internal/objects"
	"mpwolf/internal/objects/objectstest"
)

// machSources are compiled to objects of macOS: a.c and b.c clash, and what is weak or static does
// not.
var machSources = map[string]string{
	"a.c": `int f(void) { return 1; }
int counter;
__attribute__((weak)) int w(void) { return 2; }
static int s; int *p = &s;
int nowhere(void);
extern int maybe(void) __attribute__((weak_import));
int main(void) { return nowhere() + f() + w() + counter + (maybe ? maybe() : 0); }
`,
	"b.c": `int f(void) { return 2 + 3; }
int counter;
int w(void) { return 3; }
static int s; int *q = &s;
const char text[] = "made by axTLS";
`,
}

// compileMach compiles C sources with Debian's clang, which knows macOS too, but not its headers.
func compileMach(t testing.TB, dir, arch string, sources map[string]string) {
	t.Helper()
	if _, err := exec.LookPath("clang"); err != nil {
		t.Skip("SKIPPED: clang is not installed")
	}
	writeFilesIn(t, dir, sources)
	for name := range sources {
		object := strings.TrimSuffix(name, ".c") + "." + arch + ".o"
		objectstest.Command(t, dir, "clang", "-target", arch+"-apple-macos11", "-g", "-fcommon",
			"-Os", "-c", "-o", object, name)
	}
}

func writeFilesIn(t testing.TB, dir string, files map[string]string) {
	t.Helper()
	for name, text := range files {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o666); err != nil {
			t.Fatal(err)
		}
	}
}

// fat makes a universal file as Apple's lipo does.
func fat(t testing.TB, dir, name string, parts map[macho.Cpu]string) {
	t.Helper()
	cpus := make([]macho.Cpu, 0, len(parts))
	for cpu := range parts {
		cpus = append(cpus, cpu)
	}
	slices.Sort(cpus)
	header := binary.BigEndian.AppendUint32([]byte{0xca, 0xfe, 0xba, 0xbe}, uint32(len(parts)))
	var body []byte
	const start = 4096
	for _, cpu := range cpus {
		data, err := os.ReadFile(filepath.Join(dir, parts[cpu]))
		if err != nil {
			t.Fatal(err)
		}
		for _, n := range []uint32{uint32(cpu), 3, uint32(start + len(body)),
			uint32(len(data)), 12} {
			header = binary.BigEndian.AppendUint32(header, n)
		}
		body = append(body, data...)
		body = append(body, make([]byte, (4096-len(body)%4096)%4096)...)
	}
	whole := append(append(header, make([]byte, start-len(header))...), body...)
	if err := os.WriteFile(filepath.Join(dir, name), whole, 0o666); err != nil {
		t.Fatal(err)
	}
}

func TestMachO(t *testing.T) {
	if testing.Short() {
		t.Skip("skipped with -short: needs a C compiler")
	}
	for _, arch := range []string{"x86_64", "arm64"} {
		t.Run(arch, func(t *testing.T) {
			t.Parallel()
			dir := t.TempDir()
			compileMach(t, dir, arch, machSources)
			v := linked(t, dir, "a."+arch+".o", "b."+arch+".o")
			if o := v.inputs.objects[0]; !slices.Equal(o.Undefined, []string{"nowhere"}) {
				t.Errorf("undefined %q", o.Undefined)
			}
			c := &check{}
			if err := (symbolsCheck{v}).run(t.Context(), c); err != nil {
				t.Fatal(err)
			}
			got := fmt.Sprintf("%+v\n%+v", c.findings, c.evidence["duplicates"])
			for _, text := range []string{
				"f is defined twice: in a." + arch + ".o (__TEXT,__text, ",
				" bytes, from a.c) and in b." + arch + ".o (",
				"so are 1 symbol more: counter",
				"{Symbol:counter Object:a." + arch +
					".o Member: Section:common Size:4 Source:a.c Weak:false}",
			} {
				if !strings.Contains(got, text) {
					t.Errorf("no %q in\n%s", text, got)
				}
			}
			if n := len(duplicates(v.inputs.objects)); n != 2 {
				t.Errorf("%d duplicates:\n%s", n, got)
			}
		})
	}
}

// TestMachOSizes compares the sizes derived from where the next symbol begins with those that
// ELF states.
func TestMachOSizes(t *testing.T) {
	if testing.Short() {
		t.Skip("skipped with -short: needs a C compiler")
	}
	dir := t.TempDir()
	const source = "char a[3] = {1}, b[40] = {2}; char c[7] = {3}; const char d[12] = {4};\n"
	compileMach(t, dir, "x86_64", map[string]string{"sizes.c": source})
	want := map[string]uint64{"a": 3, "b": 40, "c": 7, "d": 12}
	for _, o := range linked(t, dir, "sizes.x86_64.o").inputs.objects {
		for _, d := range o.Defs {
			// Padding before the next symbol counts as well.
			if d.Size < want[d.Symbol] || d.Size >= want[d.Symbol]+16 {
				t.Errorf("%s has %d bytes", d.Symbol, d.Size)
			}
		}
	}
}

func TestMachOArchives(t *testing.T) {
	if testing.Short() {
		t.Skip("skipped with -short: needs a C compiler")
	}
	for _, program := range []string{"clang", "llvm-ar"} {
		if _, err := exec.LookPath(program); err != nil {
			t.Skipf("SKIPPED: %s is not installed", program)
		}
	}
	dir := t.TempDir()
	compileMach(t, dir, "x86_64", machSources)
	compileMach(t, dir, "arm64", machSources)
	for _, arch := range []string{"x86_64", "arm64"} {
		objectstest.Command(t, dir, "llvm-ar", "rcs", "--format=darwin",
			"lib."+arch+".a", "b."+arch+".o")
		objectstest.Command(t, dir, "llvm-ar", "rcs", "--format=bsd",
			"bsd."+arch+".a", "b."+arch+".o")
	}
	fat(t, dir, "fat.a",
		map[macho.Cpu]string{macho.CpuAmd64: "lib.x86_64.a", macho.CpuArm64: "lib.arm64.a"})
	fat(t, dir, "fat.o",
		map[macho.Cpu]string{macho.CpuAmd64: "b.x86_64.o", macho.CpuArm64: "b.arm64.o"})
	fat(t, dir, "other.o", map[macho.Cpu]string{macho.CpuArm64: "b.arm64.o"})
	objectstest.Command(t, dir, "cp", "fat.a", "system.a")
	tests := []struct {
		name string
		link []string
		want string // the object with the second f; "" if there is none
	}{
		{"Darwin's archive", []string{"a.x86_64.o", "lib.x86_64.a"}, "lib.x86_64.a(b.x86_64.o)"},
		{"BSD's archive", []string{"a.x86_64.o", "bsd.x86_64.a"}, "bsd.x86_64.a(b.x86_64.o)"},
		{"universal archive", []string{"a.arm64.o", "fat.a"}, "fat.a(b.arm64.o)"},
		{"universal archive, by -arch", []string{"-arch", "x86_64", "fat.o", "fat.a"},
			"fat.a(b.x86_64.o)"},
		{"universal object", []string{"a.x86_64.o", "fat.o"}, "fat.o"},
		{"universal object for another processor, which the linker ignores",
			[]string{"a.x86_64.o", "other.o"}, ""},
		{"the compiler's universal archive, whose member is not needed",
			[]string{"-arch", "x86_64", "a.x86_64.o", "system.a"}, ""},
	}
	for _, test := range tests {
		v := linked(t, dir, test.link...)
		got := ""
		for _, d := range duplicates(v.inputs.objects) {
			if d.symbol == "f" {
				got = v.objectName(d.defs[1].Object)
			}
		}
		if got != test.want {
			t.Errorf("%s: %q", test.name, got)
		}
	}
	a, _ := objectstest.Archive(t, filepath.Join(dir, "lib.x86_64.a"))
	if len(a.Members) != 1 || a.Index["f"] != a.Members[0].Header {
		t.Errorf("index %v, members %+v", a.Index, a.Members)
	}
}

func TestReadFatDamaged(t *testing.T) {
	entry := func(offset, size uint32) string {
		var b []byte
		for _, n := range []uint32{7, 3, offset, size, 0} {
			b = binary.BigEndian.AppendUint32(b, n)
		}
		return string(b)
	}
	tests := map[string]string{
		"empty":        "",
		"short":        "\xca\xfe\xba\xbe",
		"no parts":     "\xca\xfe\xba\xbe\x00\x00\x00\x00",
		"many parts":   "\xca\xfe\xba\xbe\x00\x01\x00\x00",
		"cut off":      "\xca\xfe\xba\xbe\x00\x00\x00\x01\x00",
		"too long":     "\xca\xfe\xba\xbe\x00\x00\x00\x01" + entry(0, 29),
		"begins after": "\xca\xfe\xba\xbe\x00\x00\x00\x01" + entry(0xffffffff, 1),
		"64 bits":      "\xca\xfe\xba\xbf\x00\x00\x00\x01" + strings.Repeat("\xff", 32),
	}
	for name, data := range tests {
		if _, err := objects.ReadFat("x.a", bytes.NewReader([]byte(data)),
			int64(len(data))); !errors.Is(err, objects.ErrDamagedFat) {
			t.Errorf("%s: error %v", name, err)
		}
	}
}

// TestDiagnoseMachOLinker reads what a linker for macOS really writes: lld, which Debian has
// too.
func TestDiagnoseMachOLinker(t *testing.T) {
	if testing.Short() {
		t.Skip("skipped with -short: needs a C compiler")
	}
	linker := ld64(t)
	dir := t.TempDir()
	compileMach(t, dir, "x86_64", machSources)
	for _, test := range []struct {
		objects []string
		want    linkError
	}{
		{[]string{"a.x86_64.o", "b.x86_64.o", "-undefined", "dynamic_lookup"},
			linkError{symbol: "f", first: "a.x86_64.o", second: "b.x86_64.o"}},
		{[]string{"a.x86_64.o"},
			linkError{symbol: "nowhere", undefined: true, second: "a.x86_64.o"}},
	} {
		out := machLink(dir, linker, test.objects...)
		if got := diagnose(out).link; !slices.Contains(got, test.want) {
			t.Errorf("%+v\n%s", got, out)
		}
	}
}

// TestMachOImage reads a program that a linker for macOS made, and its map.
func TestMachOImage(t *testing.T) {
	if testing.Short() {
		t.Skip("skipped with -short: needs a C compiler")
	}
	linker := ld64(t)
	dir := t.TempDir()
	compileMach(t, dir, "x86_64", machSources)
	out := machLink(dir, linker, "a.x86_64.o", "-undefined", "dynamic_lookup", "-map", "out.map")
	i, err := objects.ReadImage(filepath.Join(dir, "out"))
	if err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	if !i.MacOS || i.Arch != "amd64" ||
		!slices.ContainsFunc(i.Symbols, func(s objects.ImageSymbol) bool {
			return s.Name == "f" && s.Global
		}) || i.Size.Text == 0 || i.Size.BSS < 4 {
		t.Errorf("macOS %v, %s, symbols %v, size %+v", i.MacOS, i.Arch, i.Symbols, i.Size)
	}
	text, err := os.ReadFile(filepath.Join(dir, "out.map"))
	if err != nil {
		t.Fatal(err)
	}
	got := parseMap(string(text), nil, nil).sizes["a.x86_64.o"]
	if got.RAM < 4 || got.Flash == 0 || got.Flash > i.Size.Text+i.Size.Data {
		t.Errorf("%+v of %+v\n%s", got, i.Size, text)
	}
	machLink(dir, linker, "b.x86_64.o", "-dylib", "-o", "lib")
	if i, err = objects.ReadImage(filepath.Join(dir, "lib")); err != nil {
		t.Fatal(err)
	}
	if found := i.StringsWith([]string{"axTLS"}); len(found) != 1 {
		t.Errorf("strings %q", found)
	}
}

// ld64 is lld as the linker of macOS.
func ld64(t testing.TB) string {
	t.Helper()
	found, err := filepath.Glob("/usr/lib/llvm-*/bin/ld64.lld")
	if err != nil || len(found) == 0 {
		t.Skip("SKIPPED: ld64.lld is not installed")
	}
	return found[len(found)-1]
}

func machLink(dir, linker string, args ...string) string {
	cmd := exec.Command(linker,
		append([]string{"-arch", "x86_64", "-platform_version", "macos", "11.0", "11.0", "-o",
			"out"}, args...)...)
	cmd.Dir = dir
	out, _ := cmd.CombinedOutput()
	return string(out)
}

func FuzzReadFat(f *testing.F) {
	if testing.Short() {
		f.Skip("skipped with -short: needs a C compiler")
	}
	dir := f.TempDir()
	compileMach(f, dir, "x86_64", machSources)
	fat(f, dir, "fat.o", map[macho.Cpu]string{macho.CpuAmd64: "b.x86_64.o"})
	for _, name := range []string{"fat.o", "a.x86_64.o"} {
		data, err := os.ReadFile(filepath.Join(dir, name))
		if err != nil {
			f.Fatal(err)
		}
		f.Add(data)
	}
	f.Fuzz(func(_ *testing.T, data []byte) {
		_, _ = objects.ReadObject(bytes.NewReader(data), "x.o", "")
		parts, err := objects.ReadFat("x.o", bytes.NewReader(data), int64(len(data)))
		if err != nil {
			return
		}
		for _, part := range parts {
			_, _ = objects.ReadObject(part.Data, "x.o", "")
		}
	})
}
