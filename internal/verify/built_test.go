package verify

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"mpwolf/internal/objects"
)

// TestAdded is that what the compiler links by itself is found in the linker's map, once each.
func TestAdded(t *testing.T) {
	dir := t.TempDir()
	file := func(name string) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, nil, 0o644); err != nil {
			t.Fatal(err)
		}
		return path
	}
	main, libgcc, libx, crt := file("main.o"), file("libgcc.a"), file("libx.a"), file("crti.o")
	b := &Built{evidence: &evidence{
		inputs: &inputs{objects: []*objects.Object{{File: main}, {File: libx, Member: "x.o"}}},
		placements: &placedSections{all: []placement{
			{name: main}, {name: libx + "(x.o)"}, {name: libx + "(y.o)"},
			{name: libgcc + "(_udivdi3.o)"}, {name: libgcc + "(_clz.o)"},
			{name: libgcc + "(_clz.o)"}, {name: crt}, {name: filepath.Join(dir, "cc.ltrans0.o")},
		}},
	}}
	var got []string
	for _, in := range b.added() {
		got = append(got, filepath.Base(in.File))
		if !in.System || in.Source != "" {
			t.Errorf("got %+v", in)
		}
	}
	if strings.Join(got, " ") != "libgcc.a libgcc.a crti.o" {
		t.Errorf("got %q", got)
	}
}
