package objects_test

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"mpwolf/internal/objects"
	"mpwolf/internal/objects/objectstest"
)

func TestReadArchive(t *testing.T) {
	if testing.Short() {
		t.Skip("skipped with -short: needs a C compiler")
	}
	dir := t.TempDir()
	objectstest.Compile(t, dir, map[string]string{
		"a.c":                               "int in_a;",
		"a_name_of_more_than_fifteen.c":     "int in_long;",
		"another_name_of_more_than_those.c": "int in_other; int second;",
	})
	objects := []string{"a.o", "a_name_of_more_than_fifteen.o",
		"another_name_of_more_than_those.o"}
	tests := []struct {
		name  string
		flags string
		index bool
	}{
		{"fat", "rcs", true},
		{"thin", "rcsT", true},
		{"no symbol table", "rcS", false},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			name := filepath.Join(dir, test.flags+".a")
			objectstest.Command(t, dir, append([]string{"ar", test.flags, name}, objects...)...)
			a, file := objectstest.Archive(t, name)
			var members, symbols []string
			for _, m := range a.Members {
				members = append(members, m.Name)
			}
			if !slices.Equal(members, objects) {
				t.Errorf("members %q", members)
			}
			read, err := a.Objects(file)
			if err != nil {
				t.Fatal(err)
			}
			for _, o := range read {
				for _, d := range o.Defs {
					symbols = append(symbols, d.Symbol)
					if test.index && a.Index[d.Symbol] == 0 {
						t.Errorf("the index lacks %s", d.Symbol)
					}
				}
			}
			slices.Sort(symbols)
			if want := []string{"in_a", "in_long", "in_other",
				"second"}; !slices.Equal(symbols, want) {
				t.Errorf("symbols %q", symbols)
			}
			if !test.index && a.Index != nil {
				t.Errorf("index %v", a.Index)
			}
		})
	}
}

// openArchive keeps the file open until the test ends.
func TestReadArchiveBSD(t *testing.T) {
	if testing.Short() {
		t.Skip("skipped with -short: needs a C compiler")
	}
	const header = "0           0     0     100644  "
	data := objects.ArchiveMagic +
		"#1/12           " + header + "34        `\n" + "__.SYMDEF\x00\x00\x00" +
		"\x08\x00\x00\x00" + "\x01\x00\x00\x00\x66\x00\x00\x00" + "\x06\x00\x00\x00" +
		"x_f\x00\x00\x00#1/8            " + header + "12        `\n" + "long.o\x00\x00" + "text"
	a, err := objects.ReadArchive("x.a", bytes.NewReader([]byte(data)), int64(len(data)))
	if err != nil {
		t.Fatal(err)
	}
	if len(a.Members) != 1 || a.Members[0].Name != "long.o" || a.Members[0].Size != 4 {
		t.Errorf("members %+v", a.Members)
	}
	if a.Index["f"] != a.Members[0].Header {
		t.Errorf("index %v, header %d", a.Index, a.Members[0].Header)
	}
}

func TestReadArchiveDamaged(t *testing.T) {
	const header = "0           0     0     100644  "
	tests := map[string]string{
		"empty":        "",
		"other magic":  "!<aaaa>\n",
		"short header": objects.ArchiveMagic + "a.o/",
		"no end mark": objects.ArchiveMagic + "a.o/            " + header +
			"4         xxdata",
		"size is text": objects.ArchiveMagic + "a.o/            " + header +
			"four      `\ndata",
		"negative size": objects.ArchiveMagic + "a.o/            " + header +
			"-4        `\ndata",
		"longer than file": objects.ArchiveMagic + "a.o/            " + header +
			"400       `\ndata",
		"no long names": objects.ArchiveMagic + "/12             " + header +
			"4         `\ndata",
		"long name of no end": objects.ArchiveMagic + "//              " + header +
			"4         `\nname" + "/0              " + header + "0         `\n",
		"BSD table too short": objects.ArchiveMagic + "#1/12           " + header +
			"16        `\n__.SYMDEF\x00\x00\x00\x08\x00\x00\x00",
		"BSD name of no end": objects.ArchiveMagic + "#1/12           " + header +
			"28        `\n__.SYMDEF\x00\x00\x00" +
			"\x08\x00\x00\x00\x09\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00",
		"huge table": objects.ArchiveMagic + "/               " + header +
			"4         `\n\xff\xff\xff\xff",
		"BSD name too long": objects.ArchiveMagic + "#1/90           " + header +
			"4         `\nname",
	}
	for name, data := range tests {
		if _, err := objects.ReadArchive("x.a", bytes.NewReader([]byte(data)),
			int64(len(data))); !errors.Is(err, objects.ErrDamagedArchive) {
			t.Errorf("%s: error %v", name, err)
		}
	}
}

func FuzzReadArchive(f *testing.F) {
	if testing.Short() {
		f.Skip("skipped with -short: needs a C compiler")
	}
	dir := f.TempDir()
	objectstest.Compile(f, dir,
		map[string]string{"a.c": "int a = 1;", "a_name_of_more_than_fifteen.c": "int b;"})
	for _, flags := range []string{"rcs", "rcsT", "rcS"} {
		name := filepath.Join(dir, flags+".a")
		objectstest.Command(f, dir, "ar", flags, name, "a.o", "a_name_of_more_than_fifteen.o")
		data, err := os.ReadFile(name)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(data)
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		a, err := objects.ReadArchive(filepath.Join(dir, "x.a"),
			bytes.NewReader(data), int64(len(data)))
		if err != nil {
			return
		}
		for _, m := range a.Members {
			if m.Path == "" { // the members of a thin archive could be any file of this machine
				_, _ = a.Object(bytes.NewReader(data), m)
			}
		}
	})
}

func FuzzReadObject(f *testing.F) {
	if testing.Short() {
		f.Skip("skipped with -short: needs a C compiler")
	}
	dir := f.TempDir()
	objectstest.Compile(f, dir,
		map[string]string{"a.c": "int a = 1; __attribute__((weak)) int b(void) { return a; } " +
			"extern int c; int *d = &c;"})
	objectstest.Command(f, dir, "g++", "-c", "-x", "c++", "-o", "b.o", "a.c")
	for _, name := range []string{"a.o", "b.o"} {
		data, err := os.ReadFile(filepath.Join(dir, name))
		if err != nil {
			f.Fatal(err)
		}
		f.Add(data)
	}
	f.Add([]byte{0xcf, 0xfa, 0xed, 0xfe, 7, 0, 0, 1, 3, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
		0, 0, 0, 0, 0, 0, 0, 0, 0})
	f.Fuzz(func(t *testing.T, data []byte) {
		_, _ = objects.ReadObject(bytes.NewReader(data), "x.o", "")
	})
}
