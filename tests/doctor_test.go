package tests_test

import (
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// TestDoctor tries the build of the real unix port with tools of this machine hidden: it must not
// begin, and the list must name what is hidden and nothing else.
func TestDoctor(t *testing.T) {
	r := newReal(t)
	r.patch()
	path := linkPath(t)
	start := time.Now()
	if out, code := r.withPath(path, "doctor"); code != 0 {
		t.Fatalf("doctor, with all tools: code %d\n%s", code, out)
	}
	if took := time.Since(start); os.Getenv("MPWOLF_TEST_SPEED") != "" && took > time.Second {
		t.Errorf("doctor took %v", took)
	}
	const hideFFI = "case \"$*\" in *-E*) " +
		"if sed 's/<ffi.h>/<hidden.h>/' | %s \"$@\"; then exit 0; else exit 1; fi;; esac\n"
	for _, c := range []struct{ name, program, script, missing string }{
		{"pkg-config", "pkg-config", "", "pkg-config"},
		{"libffi unknown to pkg-config", "pkg-config",
			"case $1 in --version) echo 1.8.1;; *) exit 1;; esac\n", "libffi headers"},
		{"ffi.h", "gcc", strings.ReplaceAll(hideFFI, "%s", filepath.Join(path, "real-gcc")) +
			"exec " + filepath.Join(path, "real-gcc") + " \"$@\"\n", "libffi headers"},
		{"python3", "python3", "", "python3"},
		{"gcc", "gcc", "", "gcc"},
		{"make", "make", "", "make"},
	} {
		t.Run(c.name, func(t *testing.T) {
			real := filepath.Join(path, c.program)
			hidden := filepath.Join(path, "real-"+c.program)
			move(t, real, hidden)
			defer move(t, hidden, real)
			if c.script != "" {
				writeProgram(t, real, c.script)
			}
			for _, command := range []string{"verify", "build"} {
				out, code := r.withPath(path, command)
				if code != 3 || strings.Count(out, "\n  ") != 1 ||
					!strings.Contains(out, "\n  "+c.missing+": ") ||
					!strings.Contains(out, "\nmpwolf: hint: ") {
					t.Errorf("%s: code %d\n%s", command, code, out)
				}
			}
			out, code := r.withPath(path, "doctor")
			if code != 1 || strings.Count(out, "\nmissing ") != 1 ||
				!strings.Contains(out, "\nmissing  "+c.missing) {
				t.Errorf("doctor: code %d\n%s", code, out)
			}
		})
	}
	t.Run("libffi not linked", func(t *testing.T) {
		inTheLongRun(t)
		real := filepath.Join(path, "pkg-config")
		if err := os.Remove(real); err != nil {
			t.Fatal(err)
		}
		writeProgram(t, real, "exit 0\n") // what is there is known, and how to link it is not
		out, code := r.withPath(path, "verify", "--format", "json")
		if code != 1 || !strings.Contains(out, "is a function of libffi, which is not linked") ||
			strings.Contains(out, "is defined nowhere") {
			t.Errorf("code %d\n%s", code, tail(out))
		}
	})
}

// linkPath is a directory with links to all programs of the system, to hide some of them.
func linkPath(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	for _, from := range []string{"/usr/bin", "/bin"} {
		entries, err := os.ReadDir(from)
		if err != nil {
			t.Fatal(err)
		}
		for _, entry := range entries {
			if entry.Name() == "gmake" {
				continue // it is make's other name
			}
			err := os.Symlink(filepath.Join(from, entry.Name()), filepath.Join(dir, entry.Name()))
			if err != nil && !os.IsExist(err) {
				t.Fatal(err)
			}
		}
	}
	return dir
}

func move(t *testing.T, from, to string) {
	t.Helper()
	if err := os.Rename(from, to); err != nil {
		t.Fatal(err)
	}
}

func writeProgram(t *testing.T, name, script string) {
	t.Helper()
	if err := os.WriteFile(name, []byte("#!/bin/sh\n"+script), 0o755); err != nil {
		t.Fatal(err)
	}
}

// withPath runs mpwolf with another PATH, and gives all that it wrote and its exit code.
func (r *real) withPath(path string, args ...string) (string, int) {
	r.t.Helper()
	cmd := r.command(args...)
	cmd.Env = append(os.Environ(), "PATH="+path)
	out, err := cmd.CombinedOutput()
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		r.t.Fatal(err)
	}
	return "\n" + string(out), cmd.ProcessState.ExitCode()
}
