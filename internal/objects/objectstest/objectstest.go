// Package objectstest compiles C for tests that look at objects. Nothing else may import it.
package objectstest

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"mpwolf/internal/objects"
)

// Command runs a command in dir.
func Command(t testing.TB, dir string, argv ...string) {
	t.Helper()
	cmd := exec.Command(argv[0], argv[1:]...)
	cmd.Dir = dir
	// its objects name the directory of another test
	cmd.Env = append(os.Environ(), "CCACHE_DISABLE=1")
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%v: %v\n%s", argv, err, out)
	}
}

// Compile writes C sources into dir and compiles each to an object, with the flags after those of
// MicroPython.
func Compile(t testing.TB, dir string, sources map[string]string, flags ...string) {
	t.Helper()
	if _, err := exec.LookPath("gcc"); err != nil {
		t.Skip("SKIPPED: gcc is not installed")
	}
	for name, text := range sources {
		path := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o777); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o666); err != nil {
			t.Fatal(err)
		}
		program := "gcc"
		if strings.HasSuffix(name, ".cpp") {
			program = "g++"
		}
		object := strings.TrimSuffix(name, filepath.Ext(name)) + ".o"
		Command(t, dir,
			append([]string{program, "-Os", "-ffunction-sections", "-fdata-sections", "-c",
				"-o", object, name},
				flags...)...)
	}
}

// Archive opens an archive, and closes it when the test ends.
func Archive(t testing.TB, name string) (*objects.Archive, *os.File) {
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
	a, err := objects.ReadArchive(name, file, info.Size())
	if err != nil {
		t.Fatal(err)
	}
	return a, file
}
