package build

import (
	"bytes"
	"context"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
)

// programMakefile builds a program as MicroPython's makefiles do.
const programMakefile = `BUILD ?= build
PROG ?= micropython
CC = gcc
CFLAGS = -I. -I../.. $(CFLAGS_EXTRA)
LDFLAGS = -Wl,-Map=$(BUILD)/$(PROG).map
STRIP = strip
OBJ = $(addprefix $(BUILD)/,main.o second.o)
all: $(BUILD)/$(PROG)
$(BUILD)/$(PROG): $(OBJ)
	@echo "LINK $@"
	@$(CC) -o $@ $^ $(LDFLAGS) -lm
	@$(STRIP) $@
$(BUILD)/%.o: %.c
	@mkdir -p $(BUILD)
	@echo "CC $<"
	@$(CC) $(CFLAGS) -c -o $@ $<
`

func programPort(t *testing.T, files map[string]string) Make {
	t.Helper()
	target := fakePort(t, "")
	write(t, target.Dir(), map[string]string{
		"Makefile": programMakefile,
		"main.c":   "int second(void);\nint main(void) { return second(); }\n",
		"second.c": "int second(void) { return 0; }\n",
	})
	write(t, target.Dir(), files)
	return Make{Target: target, Dir: filepath.Join(t.TempDir(), "build"), Jobs: 2}
}

func TestBuild(t *testing.T) {
	if testing.Short() {
		t.Skip("skipped with -short: needs a C compiler")
	}
	b := programPort(t, nil)
	var progress bytes.Buffer
	b.Progress = &progress
	result, err := b.Run(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if result.ELF != filepath.Join(b.Dir, "micropython") || result.Rebuilt {
		t.Errorf("result %+v", result)
	}
	want := []string{filepath.Join(b.Dir, "main.o"), filepath.Join(b.Dir, "second.o")}
	if !slices.Equal(result.Link.Inputs[:2], want) {
		t.Errorf("inputs %q", result.Link.Inputs)
	}
	for _, text := range []string{"[2/2] CC ", "fake (standard): LINK "} {
		if !strings.Contains(progress.String(), text) {
			t.Errorf("progress %q lacks %q", progress.String(), text)
		}
	}
	if entries, err := os.ReadDir(b.Target.Dir()); err != nil || len(entries) != 5 {
		t.Errorf("the port's directory has %v, %v", entries, err)
	}
}

// TestBuildStale changes a flag, which make does not notice, and then a source, which it does.
func TestBuildStale(t *testing.T) {
	if testing.Short() {
		t.Skip("skipped with -short: needs a C compiler")
	}
	b := programPort(t, map[string]string{"second.c": "int second(void) { return EXIT; }\n"})
	b.KeepSymbols = true
	for i, exit := range []string{"3", "3", "4"} {
		b.Args = []string{"CFLAGS_EXTRA=-DEXIT=" + exit}
		result, err := b.Run(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		if result.Rebuilt != (i == 2) {
			t.Errorf("build %d: rebuilt is %v", i, result.Rebuilt)
		}
		_, _, err = run(t.Context(), b.Dir, nil, []string{result.ELF})
		if err == nil || !strings.Contains(err.Error(), "exit status "+exit) {
			t.Errorf("build %d: %v", i, err)
		}
	}
	// A board of the same name in another directory is another board.
	for i, dir := range []string{"/a/PROD", "/b/PROD", "/b/PROD"} {
		b.Target.BoardDir = dir
		if result, err := b.Run(t.Context()); err != nil || result.Rebuilt != (i < 2) {
			t.Errorf("board %s: %+v, %v", dir, result, err)
		}
	}
}

func TestBuildErrors(t *testing.T) {
	if testing.Short() {
		t.Skip("skipped with -short: needs a C compiler")
	}
	tests := []struct {
		name  string
		files map[string]string
		cause string
		tail  string
	}{
		{"compiler", map[string]string{"second.c": "int second(void) { return 0 }\n"},
			"second.c:1:28: error: expected ';'", "return 0 }"},
		{"linker", map[string]string{"second.c": "int main(void) { return 0; }\n"},
			"multiple definition of `main'", "undefined reference to `second'"},
		{"make", map[string]string{"Makefile": programMakefile + "$(BUILD)/main.o: gone.h\n"},
			"No rule to make target 'gone.h'", ""},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			b := programPort(t, test.files)
			b.KeepGoing = true
			_, err := b.Run(t.Context())
			var failed *Error
			if !errors.As(err, &failed) {
				t.Fatalf("error %v; want a *Error", err)
			}
			if !strings.Contains(failed.Cause, test.cause) ||
				!strings.Contains(failed.Tail, test.tail) {
				t.Errorf("cause %q\ntail %s", failed.Cause, failed.Tail)
			}
			if !strings.HasPrefix(failed.Command, "cd "+b.Target.Dir()+" && ") {
				t.Errorf("command %q", failed.Command)
			}
			if log, err := os.ReadFile(failed.Log); err != nil ||
				!strings.Contains(string(log), failed.Cause) {
				t.Errorf("log: %v", err)
			}
			if link, err := b.Link(t.Context()); test.name != "make" &&
				(err != nil || len(link.Inputs) < 2) {
				t.Errorf("link after the failure: %+v, %v", link, err)
			}
		})
	}
}

func TestBuildCancelled(t *testing.T) {
	if testing.Short() {
		t.Skip("skipped with -short: needs a C compiler")
	}
	b := programPort(t,
		map[string]string{"Makefile": programMakefile +
			"$(BUILD)/main.o: wait\nwait:\n\t@sleep 60\n"})
	ctx, cancel := context.WithTimeout(t.Context(), 500*time.Millisecond)
	defer cancel()
	start := time.Now()
	if _, err := b.Run(ctx); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("error %v", err)
	}
	if took := time.Since(start); took > 40*time.Second { // of 60
		t.Errorf("took %v", took)
	}
}

func TestFindLink(t *testing.T) {
	const commands = `echo "CC a.c"
gcc -c -o build/a.o a.c
gcc -c -MD -MF build/b.P -o build/b.o ../../b.c || (echo -e "See x.o y.o z.o q.o r.o s.o"; false)
echo "LINK build/prog"
gcc -o build/prog build/a.o \
  build/b.o  -Lsdk -Wl,-Map=build/prog.map -T "link script.ld" lib/libx.a -lm
size $(find build -path "build/build/frozen*.o") build/prog -o x.o
objcopy -O binary build/prog build/prog.bin
`
	link := findLink(commands, "/port")
	want := []string{"gcc", "-o", "build/prog", "build/a.o", "build/b.o", "-Lsdk",
		"-Wl,-Map=build/prog.map", "-T",
		"link script.ld", "lib/libx.a", "-lm"}
	if link == nil || !slices.Equal(link.Argv, want) || link.Output != "/port/build/prog" {
		t.Errorf("link %+v", link)
	}
	if dirs := link.searched(); !slices.Equal(dirs, []string{"/port/sdk"}) {
		t.Errorf("-L %q", dirs)
	}
	if got := findLink("gcc -c -o a.o a.c\n", "/port"); got != nil {
		t.Errorf("link %+v", got)
	}
}

func TestFirstError(t *testing.T) {
	tests := []struct{ log, want string }{
		{"CC a.c\na.c:1: error: bad\nmake: *** [x] Error 1\n", "a.c:1: error: bad"},
		{"GEN x\nTraceback (most recent call last):\n  File \"x\"\n    error: y\n" +
			"ManifestFileError: no file\nmake: *** [x]\n",
			"ManifestFileError: no file"},
		{"make: *** No rule to make target 'x'.  Stop.\n",
			"make: *** No rule to make target 'x'.  Stop."},
		{"LINK x\nmold: fatal: unknown option\ncollect2: error: ld returned 1 exit status\n",
			"mold: fatal: unknown option"},
		{"/x/ld: warning: odd\n/x/ld: cannot find -lx\ncollect2: error: ld returned 1 exit " +
			"status\n", "/x/ld: cannot find -lx"},
		{"something\nthe last line\n\n", "the last line"},
		{"", "exit status 2"},
	}
	for _, test := range tests {
		if got := firstError([]byte(test.log), errors.New("exit status 2")); got != test.want {
			t.Errorf("firstError(%q) = %q", test.log, got)
		}
	}
}

func TestErrorTail(t *testing.T) {
	log := strings.Repeat("CC a.c\n", 50) + "in f:\nx.c:1: error: bad\nmore\n" +
		strings.Repeat("CC b.c\n", 50)
	tail := errorTail(log)
	if !strings.HasPrefix(tail, "CC a.c\nin f:\nx.c:1: error: bad\nmore\n") ||
		strings.Count(tail, "\n") != tailLines-1 {
		t.Errorf("tail %q", tail)
	}
	if tail := errorTail("a\nb\n"); tail != "a\nb" {
		t.Errorf("tail %q", tail)
	}
}

// TestRealTreeBuild builds the tree that MPWOLF_TEST_TREE names, with the arguments in
// MPWOLF_TEST_MAKE, twice, and checks that the tree is unchanged.
func TestRealTreeBuild(t *testing.T) {
	if testing.Short() {
		t.Skip("skipped with -short: needs real trees")
	}
	tree := realTree(t)
	args := os.Getenv("MPWOLF_TEST_MAKE")
	if args == "" {
		t.Skip("SKIPPED: set MPWOLF_TEST_MAKE to the arguments with which make can build the " +
			"tree, such as V=0")
	}
	target, err := tree.Target("unix", "", "")
	if err != nil {
		t.Fatal(err)
	}
	target.Make = strings.Fields(args)
	before := files(t, tree.Dir)
	b := Make{Target: target, Dir: filepath.Join(t.TempDir(), "build"), KeepSymbols: true}
	for range 2 {
		result, err := b.Run(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		if result.Rebuilt || len(result.Link.Inputs) < 100 {
			t.Errorf("rebuilt %v, %d inputs", result.Rebuilt, len(result.Link.Inputs))
		}
	}
	if after := files(t, tree.Dir); !slices.Equal(before, after) {
		t.Error("the build has changed the tree")
	}
}

// files are the names, sizes and times of all files below dir.
func files(t *testing.T, dir string) []string {
	t.Helper()
	var all []string
	err := filepath.WalkDir(dir, func(path string, entry os.DirEntry, err error) error {
		if err != nil {
			return err
		}
		info, err := entry.Info()
		if err != nil {
			return err
		}
		all = append(all, path+" "+info.ModTime().String())
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return all
}

func TestResponseFiles(t *testing.T) {
	dir := t.TempDir()
	for name, text := range map[string]string{
		"objects.rsp": "build/a.o\nbuild/b.o 'build/c d.o'\n",
		"flags.rsp":   "-z\nmuldefs\n",
		"loop.rsp":    "@loop.rsp\n",
		"outer.rsp":   "-O1 @inner.rsp\n",
		"inner.rsp":   "--wrap=f\n",
	} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o666); err != nil {
			t.Fatal(err)
		}
	}
	link := findLink("gcc -o x one.o two.o\n"+
		"gcc -o out @objects.rsp -Wl,@flags.rsp -Wl,-O2,@inner.rsp "+
		"-Xlinker @outer.rsp --for-linker=@inner.rsp @loop.rsp @gone.rsp\n", dir)
	want := []string{"gcc", "-o", "out", "build/a.o", "build/b.o", "build/c d.o", "-Xlinker", "-z",
		"-Xlinker", "muldefs", "-Xlinker", "-O2", "-Xlinker", "--wrap=f", "-Xlinker", "-O1",
		"-Xlinker", "--wrap=f", "-Xlinker", "--wrap=f",
		"@loop.rsp", "@gone.rsp"}
	if link == nil || !slices.Equal(link.Argv, want) {
		t.Errorf("link %+v", link)
	}
}
