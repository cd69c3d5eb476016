package verify

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"testing"
)

func TestReadArchive(t *testing.T) {
	dir := t.TempDir()
	compile(t, dir, map[string]string{
		"a.c":                               "int in_a;",
		"a_name_of_more_than_fifteen.c":     "int in_long;",
		"another_name_of_more_than_those.c": "int in_other; int second;",
	})
	objects := []string{"a.o", "a_name_of_more_than_fifteen.o", "another_name_of_more_than_those.o"}
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
			command(t, dir, append([]string{"ar", test.flags, name}, objects...)...)
			a, file := openArchive(t, name)
			var members, symbols []string
			for _, m := range a.members {
				members = append(members, m.name)
			}
			if !slices.Equal(members, objects) {
				t.Errorf("members %q", members)
			}
			read, err := a.objects(file)
			if err != nil {
				t.Fatal(err)
			}
			for _, o := range read {
				for _, d := range o.defs {
					symbols = append(symbols, d.symbol)
					if test.index && a.index[d.symbol] == 0 {
						t.Errorf("the index lacks %s", d.symbol)
					}
				}
			}
			slices.Sort(symbols)
			if want := []string{"in_a", "in_long", "in_other", "second"}; !slices.Equal(symbols, want) {
				t.Errorf("symbols %q", symbols)
			}
			if !test.index && a.index != nil {
				t.Errorf("index %v", a.index)
			}
		})
	}
}

// openArchive keeps the file open until the test ends.
func openArchive(t *testing.T, name string) (*archive, *os.File) {
	t.Helper()
	file, err := os.Open(name)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { file.Close() })
	info, err := file.Stat()
	if err != nil {
		t.Fatal(err)
	}
	a, err := readArchive(name, file, info.Size())
	if err != nil {
		t.Fatal(err)
	}
	return a, file
}

func TestReadArchiveBSD(t *testing.T) {
	const header = "0           0     0     100644  "
	data := archiveMagic +
		"#1/12           " + header + "34        `\n" + "__.SYMDEF\x00\x00\x00" +
		"\x08\x00\x00\x00" + "\x01\x00\x00\x00\x66\x00\x00\x00" + "\x06\x00\x00\x00" + "x_f\x00\x00\x00" +
		"#1/8            " + header + "12        `\n" + "long.o\x00\x00" + "text"
	a, err := readArchive("x.a", bytes.NewReader([]byte(data)), int64(len(data)))
	if err != nil {
		t.Fatal(err)
	}
	if len(a.members) != 1 || a.members[0].name != "long.o" || a.members[0].size != 4 {
		t.Errorf("members %+v", a.members)
	}
	if a.index["f"] != a.members[0].header {
		t.Errorf("index %v, header %d", a.index, a.members[0].header)
	}
}

func TestReadArchiveDamaged(t *testing.T) {
	const header = "0           0     0     100644  "
	tests := map[string]string{
		"empty":               "",
		"other magic":         "!<aaaa>\n",
		"short header":        archiveMagic + "a.o/",
		"no end mark":         archiveMagic + "a.o/            " + header + "4         xxdata",
		"size is text":        archiveMagic + "a.o/            " + header + "four      `\ndata",
		"negative size":       archiveMagic + "a.o/            " + header + "-4        `\ndata",
		"longer than file":    archiveMagic + "a.o/            " + header + "400       `\ndata",
		"no long names":       archiveMagic + "/12             " + header + "4         `\ndata",
		"long name of no end": archiveMagic + "//              " + header + "4         `\nname" + "/0              " + header + "0         `\n",
		"BSD table too short": archiveMagic + "#1/12           " + header + "16        `\n__.SYMDEF\x00\x00\x00\x08\x00\x00\x00",
		"BSD name of no end":  archiveMagic + "#1/12           " + header + "28        `\n__.SYMDEF\x00\x00\x00\x08\x00\x00\x00\x09\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00",
		"huge table":          archiveMagic + "/               " + header + "4         `\n\xff\xff\xff\xff",
		"BSD name too long":   archiveMagic + "#1/90           " + header + "4         `\nname",
	}
	for name, data := range tests {
		if _, err := readArchive("x.a", bytes.NewReader([]byte(data)), int64(len(data))); !errors.Is(err, errDamagedArchive) {
			t.Errorf("%s: error %v", name, err)
		}
	}
}

func FuzzReadArchive(f *testing.F) {
	dir := f.TempDir()
	compile(f, dir, map[string]string{"a.c": "int a = 1;", "a_name_of_more_than_fifteen.c": "int b;"})
	for _, flags := range []string{"rcs", "rcsT", "rcS"} {
		name := filepath.Join(dir, flags+".a")
		command(f, dir, "ar", flags, name, "a.o", "a_name_of_more_than_fifteen.o")
		data, err := os.ReadFile(name)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(data)
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		a, err := readArchive(filepath.Join(dir, "x.a"), bytes.NewReader(data), int64(len(data)))
		if err != nil {
			return
		}
		for _, m := range a.members {
			if m.path == "" { // the members of a thin archive could be any file of this machine
				_, _ = a.object(bytes.NewReader(data), m)
			}
		}
	})
}

func FuzzReadObject(f *testing.F) {
	dir := f.TempDir()
	compile(f, dir, map[string]string{"a.c": "int a = 1; __attribute__((weak)) int b(void) { return a; } extern int c; int *d = &c;"})
	command(f, dir, "g++", "-c", "-x", "c++", "-o", "b.o", "a.c")
	for _, name := range []string{"a.o", "b.o"} {
		data, err := os.ReadFile(filepath.Join(dir, name))
		if err != nil {
			f.Fatal(err)
		}
		f.Add(data)
	}
	f.Add([]byte{0xcf, 0xfa, 0xed, 0xfe, 7, 0, 0, 1, 3, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0})
	f.Fuzz(func(t *testing.T, data []byte) {
		_, _ = readObject(bytes.NewReader(data), "x.o", "")
	})
}
