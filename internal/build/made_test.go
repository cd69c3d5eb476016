package build

import (
	"bytes"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
)

// madeProgram is a built program whose objects have dependency files.
func madeProgram(t *testing.T) (b Make, contains func(object, word string) bool) {
	t.Helper()
	if testing.Short() {
		t.Skip("skipped with -short: needs a C compiler")
	}
	b = programPort(t, map[string]string{
		"Makefile": strings.NewReplacer("-c -o $@", "-c -MD -MF $(@:.o=.P) -o $@",
			"$(BUILD)/%.o: %.c\n", "$(BUILD)/%.o: %.c $(BUILD)/genhdr/g.h\n").
			Replace(programMakefile) +
			"$(BUILD)/genhdr/g.h: ; @mkdir -p $(@D); echo '#define G 1' > $@\n" +
			"-include $(OBJ:.o=.P)\n",
		"second.c": "#include \"second.h\"\nint second(void) { return 0; }\n",
		"second.h": "#define WORD \"first\"\n",
		"main.c": "#include \"build/genhdr/g.h\"\nint second(void);\n" +
			"int main(void) { return second(); }\n",
	})
	// As in MicroPython, make is asked for objects in a directory that -I names.
	b.Args = []string{"CFLAGS_EXTRA=-I" + filepath.Dir(b.Dir) + " -g3"}
	b.KeepSymbols = true
	time.Sleep(2 * tick)
	if _, err := b.Run(t.Context()); err != nil {
		t.Fatal(err)
	}
	return b, func(object, word string) bool {
		t.Helper()
		text, err := os.ReadFile(filepath.Join(b.Dir, object))
		if err != nil {
			t.Fatal(err)
		}
		return bytes.Contains(text, []byte(word))
	}
}

func again(t *testing.T, b Make) {
	t.Helper()
	flags, result, err := b.Again(t.Context())
	if err == nil && flags == nil {
		result, err = b.Run(t.Context())
	}
	if err != nil || result == nil {
		t.Fatalf("%v, %v", result, err)
	}
}

// put writes a file and gives it an old time, as "cp -p" and "tar" do.
func put(t *testing.T, name, text string) {
	t.Helper()
	if err := os.WriteFile(name, []byte(text), 0o666); err != nil {
		t.Fatal(err)
	}
	age(t, name)
}

// TestRestored puts back older files, which make does not see.
func TestRestored(t *testing.T) {
	b, contains := madeProgram(t)
	dir := b.Target.Dir()
	for _, word := range []string{"older", "oldest"} {
		put(t, filepath.Join(dir, "second.h"), "#define WORD \""+word+"_word\"\n")
		again(t, b)
		if !contains("second.o", word+"_word") {
			t.Errorf("second.o was not compiled with the header that says %s", word)
		}
		put(t, filepath.Join(dir, "second.c"),
			"#include \"second.h\"\nint second(void) { return 0; }\nint "+word+";\n")
		again(t, b)
		if !contains("second.o", word) || !contains("micropython", word) {
			t.Errorf("second.o was not compiled from the source that says %s", word)
		}
	}
	// A header that the compiler finds before: -I. comes before -I../.. .
	second := "#include <sub/second.h>\nint second(void) { return 0; }\n"
	tree := b.Target.Tree.Dir
	write(t, tree, map[string]string{"sub/second.h": "#define WORD \"later_word\"\n"})
	put(t, filepath.Join(dir, "second.c"), second)
	again(t, b)
	again(t, b)
	write(t, dir, map[string]string{"sub/second.h": "#define WORD \"sooner_word\"\n"})
	age(t, filepath.Join(dir, "sub/second.h"))
	again(t, b)
	if !contains("second.o", "sooner_word") {
		t.Error("second.o was not compiled with the header that is found first")
	}
	put(t, filepath.Join(dir, "second.c"), "#include \"second.h\"\nint second(void) { return 0; }\n")
	again(t, b)
	// An unchanged file with another time is not compiled.
	before := Stamp(filepath.Join(b.Dir, "second.o"))
	put(t, filepath.Join(dir, "second.h"), "#define WORD \"oldest_word\"\n")
	again(t, b)
	if Stamp(filepath.Join(b.Dir, "second.o")) != before {
		t.Error("second.o was compiled again, though nothing has changed")
	}
}

// TestForeignFiles puts files into the build directory that make did not write.
func TestForeignFiles(t *testing.T) {
	b, contains := madeProgram(t)
	foreign := filepath.Join(t.TempDir(), "second.c")
	put(t, foreign, "int foreign_word;\nint second(void) { return 0; }\n")
	object := filepath.Join(b.Dir, "second.o")
	elf := filepath.Join(b.Dir, "micropython")
	compile := func(output string, args ...string) {
		t.Helper()
		argv := append([]string{"gcc", "-o", output}, args...)
		if _, stderr, err := run(t.Context(), b.Dir, nil, argv); err != nil {
			t.Fatalf("%s %v", stderr, err)
		}
	}
	for _, test := range []struct {
		name, file string
		change     func()
	}{
		{"an object", object, func() { compile(object, "-c", foreign) }},
		{"an object whose time was set back", object, func() {
			info, err := os.Stat(object)
			if err != nil {
				t.Fatal(err)
			}
			compile(object, "-c", foreign)
			if err := os.Chtimes(object, info.ModTime(), info.ModTime()); err != nil {
				t.Fatal(err)
			}
		}},
		{"the firmware", elf, func() { compile(elf, filepath.Join(b.Dir, "main.o"), foreign) }},
		{"a byte of the firmware", elf, func() {
			info, err := os.Stat(elf)
			if err != nil {
				t.Fatal(err)
			}
			text, err := os.ReadFile(elf)
			if err != nil {
				t.Fatal(err)
			}
			text = bytes.Replace(text, []byte("first"), []byte("foreign_word")[:5], 1)
			if err := os.WriteFile(elf, text, 0o777); err != nil {
				t.Fatal(err)
			}
			if err := os.Chtimes(elf, info.ModTime(), info.ModTime()); err != nil {
				t.Fatal(err)
			}
		}},
		{"the map", elf + ".map", func() { put(t, elf+".map", "foreign_word\n") }},
		{"a generated header", filepath.Join(b.Dir, "genhdr/g.h"), func() {
			put(t, filepath.Join(b.Dir, "genhdr/g.h"), "int foreign_word;\n")
		}},
	} {
		test.change()
		if got := b.Altered(); !slices.Contains(got.Outputs, test.file) || len(got.Inputs) > 0 {
			t.Errorf("%s: altered are %+v", test.name, got)
		}
		again(t, b)
		if contains("second.o", "foreign_word") || contains("micropython", "foreign_word") ||
			contains("micropython.map", "foreign_word") || !contains("micropython", "first") {
			t.Errorf("%s is still there", test.name)
		}
		if got := b.Altered(); len(got.Outputs) > 0 || len(got.Inputs) > 0 || got.Unknown {
			t.Errorf("%s: altered are %+v after a build", test.name, got)
		}
	}
}

// TestNoRecord loses what says how the objects were made, or damages it.
func TestNoRecord(t *testing.T) {
	b, contains := madeProgram(t)
	record := filepath.Join(b.Dir, filepath.FromSlash(madeFile))
	for _, text := range []string{"", "{", `{"names":["a"],"files":[],"linked":[9]}`,
		`{"names":[],"files":[],"linked":[9]}`} {
		put(t, filepath.Join(b.Dir, "second.o"), "not an object")
		if err := os.Chtimes(filepath.Join(b.Dir, "second.o"), time.Time{},
			time.Now()); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(record, []byte(text), 0o666); err != nil {
			t.Fatal(err)
		}
		if !b.Altered().Unknown {
			t.Errorf("%q is a record", text)
		}
		again(t, b)
		if contains("second.o", "not an object") {
			t.Errorf("with the record %q, an object is kept that nothing knows", text)
		}
	}
}
