package build

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// age makes a file older than the replies that are kept.
func age(t *testing.T, names ...string) {
	t.Helper()
	then := time.Now().Add(-time.Hour)
	for _, name := range names {
		if err := os.Chtimes(name, then, then); err != nil {
			t.Fatal(err)
		}
	}
	time.Sleep(2 * tick) // the time of the change to the time stays
}

func TestAgain(t *testing.T) {
	if testing.Short() {
		t.Skip("skipped with -short: needs a C compiler")
	}
	b := programPort(t, nil)
	b.KeepGoing = true
	if flags, result, err := b.Again(t.Context()); flags != nil || result != nil || err != nil {
		t.Fatalf("without an earlier build: %v, %v, %v", flags, result, err)
	}
	first, err := b.Run(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	dir := b.Target.Dir()

	flags, result, err := b.Again(t.Context(), "STRIP")
	if err != nil || flags == nil || result == nil {
		t.Fatalf("%v, %v, %v", flags, result, err)
	}
	if result.ELF != first.ELF || flags.Vars["STRIP"] != "strip" || len(flags.CC) != 1 {
		t.Errorf("result %+v, flags %+v", result, flags)
	}
	log, err := os.ReadFile(result.Log)
	if err != nil || strings.Contains(string(log), "mpwolf-probe") ||
		strings.Contains(string(log), "--eval") {
		t.Errorf("log %q, %v", log, err)
	}

	write(t, dir, map[string]string{"second.c": "int second(void) { return 0 }\n"})
	flags, _, err = b.Again(t.Context())
	if failed := (*Error)(nil); flags == nil || !errors.As(err, &failed) ||
		strings.Contains(failed.Command, "eval") {
		t.Errorf("with a source that does not compile: %v, %v", flags, err)
	}
	write(t, dir, map[string]string{"second.c": "int second(void) { return 1; }\n"})
	if flags, result, err = b.Again(t.Context()); err != nil || flags == nil || result == nil {
		t.Errorf("with another source: %v, %v, %v", flags, result, err)
	}
	if _, _, err := run(t.Context(), b.Dir, nil, []string{result.ELF}); err == nil {
		t.Error("the program is the old one")
	}
	write(t, dir,
		map[string]string{"Makefile": strings.Replace(programMakefile, "CFLAGS =",
			"CFLAGS = -DX", 1)})
	if flags, result, err = b.Again(t.Context()); flags != nil || result != nil || err != nil {
		t.Errorf("with other flags: %v, %v, %v", flags, result, err)
	}
	if again, err := b.Run(t.Context()); err != nil || !again.Rebuilt {
		t.Errorf("%+v, %v", again, err)
	}
	write(t, dir, map[string]string{"Makefile": "all: ; $(error stop)\n"})
	if flags, result, err = b.Again(t.Context()); flags != nil || result != nil || err != nil {
		t.Errorf("with a makefile that stops: %v, %v, %v", flags, result, err)
	}
}

// TestEffectiveAgain changes what the compiler's reply depends on.
func TestEffectiveAgain(t *testing.T) {
	if testing.Short() {
		t.Skip("skipped with -short: needs a C compiler")
	}
	b := programPort(t, nil)
	flags, err := b.Probe(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	dir := b.Target.Dir()
	header := filepath.Join(b.Target.Tree.Dir, "py", "settings.h")
	set := func(name, text string) {
		t.Helper()
		if err := os.WriteFile(name, []byte(text), 0o666); err != nil {
			t.Fatal(err)
		}
		age(t, name)
	}
	value := func() int64 {
		t.Helper()
		values, err := flags.EffectiveIn(t.Context(), "py/settings.h", []string{"X"})
		if err != nil {
			t.Fatal(err)
		}
		return values["X"].Number
	}
	set(header, "#define X 1\n")
	if got := value(); got != 1 {
		t.Errorf("X is %d", got)
	}
	// The second reply comes from the cache.
	key := question("values", "py/settings.h", []string{"X"}, flags.Dir, flags.CC, flags.CFLAGS,
		flags.Environment)
	if known := map[string]Value(nil); !flags.replies.recall(key, &known) ||
		known["X"].Number != 1 {
		t.Errorf("known: %v", known)
	}
	if again := openReplies(b.Dir); len(again.known) != len(flags.replies.known) {
		t.Errorf("%d of %d replies were written", len(again.known), len(flags.replies.known))
	}
	t.Setenv("HYPERFINE_RANDOMIZED_ENVIRONMENT_OFFSET", "XXX")
	if key != question("values", "py/settings.h", []string{"X"}, flags.Dir,
		flags.CC, flags.CFLAGS, flags.Environment) {
		t.Error("a measurement makes another question")
	}
	t.Setenv("C_INCLUDE_PATH", dir)
	if key == question("values", "py/settings.h", []string{"X"}, flags.Dir,
		flags.CC, flags.CFLAGS, flags.Environment) {
		t.Error("the compiler's environment makes no other question")
	}
	set(header, "#define X 22\n")
	if got := value(); got != 22 {
		t.Errorf("with another header, X is %d", got)
	}
	// A header of that name in a directory that is searched earlier: -I. comes before -I../.. .
	if err := os.MkdirAll(filepath.Join(dir, "py"), 0o777); err != nil {
		t.Fatal(err)
	}
	set(filepath.Join(dir, "py", "settings.h"), "#define X 3\n")
	if got := value(); got != 3 {
		t.Errorf("with a header before it, X is %d", got)
	}
	if err := os.WriteFile(flags.replies.file, []byte("{damaged"), 0o666); err != nil {
		t.Fatal(err)
	}
	flags.replies = openReplies(b.Dir)
	if got := value(); got != 3 {
		t.Errorf("with damaged replies, X is %d", got)
	}
}
