package verify

import (
	"fmt"
	"path/filepath"
	"reflect"
	"slices"
	"testing"

	"mpwolf/internal/objects"
	"mpwolf/internal/objects/objectstest"
)

// TestSymbolsOfMap is that each byte counts for one symbol, and that of the object that the linker
// has put there.
func TestSymbolsOfMap(t *testing.T) {
	symbols := []objects.ImageSymbol{
		{Name: "alias", Section: ".text", Start: 0x1000, Size: 8},
		{Name: "whole", Section: ".text", Start: 0x1000, Size: 0xc},
		{Name: "second_entry", Section: ".text", Start: 0x100a, Size: 0x10}, // ends in a.o's part
		{Name: "a_function_of_a_long_name", Section: ".text", Start: 0x1010, Size: 0x20},
		{Name: "before", Section: ".text", Start: 0xff0, Size: 0x20},
		{Name: "unsized", Section: ".text", Start: 0x1014},
		{Name: "huge", Section: ".text", Start: 0x1020, Size: 1<<64 - 1},
		{Name: "thread_local", Start: 0x1000, Size: 4},
		{Name: "value", Section: ".data", Start: 0x4000, Size: 2},
		{Name: "zeros", Section: ".bss", Start: 0x5000, Size: 0x80},
		{Name: "elsewhere", Section: ".other", Start: 0x1000, Size: 4},
	}
	sections := map[string]objects.SectionKind{".text": objects.TextSection,
		".rodata": objects.TextSection, ".eh_frame": objects.TextSection,
		".data": objects.DataSection, ".bss": objects.BssSection}
	got := parseMap(sampleMap, sections, symbols).symbols
	want := map[string][]Symbol{
		"build/a.o": {{"zeros", Memory{0, 0x80}}, {"value", Memory{2, 2}},
			{"whole", Memory{0xc, 0}}, {"second_entry", Memory{4, 0}}},
		"lib/libx.a(b.o)": {{"a_function_of_a_long_name", Memory{0x20, 0}}},
	}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got %v", got)
	}
	want = map[string][]Symbol{"build/a.o": {{"f", Memory{0x30, 0}}, {"counter", Memory{0, 8}}},
		"lib/libx.a(b.o)": {{"g", Memory{0x10, 0}}, {"data", Memory{0x10, 0x10}}}}
	if got := parseMap(sampleAppleMap, nil, nil).symbols; !reflect.DeepEqual(got, want) {
		t.Errorf("Apple's: got %v", got)
	}
}

func TestFinishPart(t *testing.T) {
	p := &Part{}
	for i := range mostSymbols + 5 {
		p.Symbols = append(p.Symbols, Symbol{fmt.Sprint(i), Memory{RAM: uint64(100 + i)}})
	}
	p.Symbols = append(p.Symbols, Symbol{"twice", Memory{Flash: 40}},
		Symbol{"small", Memory{10, 5}}, Symbol{"twice", Memory{Flash: 400}})
	p.finish()
	if len(p.Symbols) != mostSymbols || p.Symbols[0] != (Symbol{"twice", Memory{440, 0}}) ||
		p.Symbols[1].Name != "54" {
		t.Errorf("symbols %v", p.Symbols)
	}
	if want := (Smaller{7, Memory{10, 5 + 600 + 15}}); p.Smaller == nil || *p.Smaller != want {
		t.Errorf("smaller: %+v; want %+v", p.Smaller, want)
	}
}

// TestSymbolsOfLink reads the symbols of a real link: what they need is what their source needs,
// but for padding.
func TestSymbolsOfLink(t *testing.T) {
	if testing.Short() {
		t.Skip("skipped with -short: needs a C compiler")
	}
	dir := t.TempDir()
	objectstest.Compile(t, dir, map[string]string{
		"table.c": "int table[100] = {1}; static const char text[200] = {2};\n" +
			"const char *f(int i) { table[i]++; return text + i; }",
		"main.c": "static char zeros[1000]; const char *f(int);\n" +
			"int main(int c, char **v) { zeros[c] = 1; return zeros[c + 1] + *f(c); }"})
	objectstest.Command(t, dir, "gcc", "-o", "out", "main.o", "table.o", "-Wl,-Map=out.map")
	v := linked(t, dir, "main.o", "table.o")
	v.elf = filepath.Join(dir, "out")
	var err error
	if v.image, err = objects.ReadImage(v.elf); err != nil {
		t.Fatal(err)
	}
	want := map[string]Memory{"table": {400, 400}, "text": {200, 0}, "zeros": {0, 1000}}
	for _, p := range (sizeCheck{v}).size().parts {
		sum := Memory{}
		for _, s := range p.Symbols {
			if want[s.Name] == s.Memory {
				delete(want, s.Name)
			}
			sum = Memory{sum.Flash + s.Flash, sum.RAM + s.RAM}
		}
		if p.Smaller != nil {
			sum = Memory{sum.Flash + p.Smaller.Flash, sum.RAM + p.Smaller.RAM}
		}
		if sum.Flash > p.Flash || sum.RAM > p.RAM {
			t.Errorf("the symbols of %s need %+v, and it %+v", p.Source, sum, p.Memory)
		}
		if slices.ContainsFunc(p.Symbols, func(s Symbol) bool { return s.Name == "table" }) &&
			p.Flash-sum.Flash > 100 {
			t.Errorf("of %s, %d bytes of flash are of no symbol", p.Source, p.Flash-sum.Flash)
		}
	}
	if len(want) > 0 {
		t.Errorf("not found: %v", want)
	}
}
