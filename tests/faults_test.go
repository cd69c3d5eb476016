package tests_test

import (
	"bytes"
	"context"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"syscall"
	"testing"

	"mpwolf/internal/command"
	"mpwolf/internal/disk"
	"mpwolf/internal/disk/disktest"
	"mpwolf/internal/state"
)

// workplace is a directory with a small tree and two wolfSSLs, and mpwolf run in this process on
// them.
type workplace struct {
	t   *testing.T
	dir string
}

func newWorkplace(t *testing.T) *workplace {
	t.Helper()
	w := &workplace{t, t.TempDir()}
	for to, from := range map[string]string{"micropython": "tree", "wolf": "wolfssl",
		"newer": "wolfssl"} {
		if err := os.CopyFS(filepath.Join(w.dir, to),
			os.DirFS(filepath.Join("testdata", from))); err != nil {
			t.Fatal(err)
		}
	}
	version := filepath.Join(w.dir, "newer/wolfssl/version.h")
	text, err := os.ReadFile(version)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(version, bytes.Replace(text, []byte("5.7.2"), []byte("5.9.2"), 1),
		0o644); err != nil {
		t.Fatal(err)
	}
	return w
}

// copy is the same workplace in another directory, with modes and links.
func (w *workplace) copy() *workplace {
	w.t.Helper()
	c := &workplace{w.t, w.t.TempDir()}
	if err := os.CopyFS(c.dir, os.DirFS(w.dir)); err != nil {
		w.t.Fatal(err)
	}
	return c
}

func (w *workplace) path(name string) string {
	return filepath.Join(w.dir, filepath.FromSlash(name))
}

// oneCommand is held while a command runs in this process: cli has its help flag in a variable.
var oneCommand sync.Mutex

// run runs a command through a layer and returns its exit code and its output.
func (w *workplace) run(d disk.FS, args ...string) (int, string) {
	var out bytes.Buffer
	full := append([]string{"mpwolf", args[0], "--tree", w.path("micropython")}, args[1:]...)
	for i, arg := range full {
		if arg == "wolf" || arg == "newer" {
			full[i] = w.path(arg)
		}
	}
	oneCommand.Lock()
	defer oneCommand.Unlock()
	code := command.Run(d, full, &out, &out)
	return code, out.String()
}

// must runs a command that must succeed.
func (w *workplace) must(args ...string) {
	w.t.Helper()
	if code, out := w.run(&disktest.Faulty{}, args...); code != 0 {
		w.t.Fatalf("mpwolf %v: exit code %d:\n%s", args, code, out)
	}
}

var (
	recordLines   = regexp.MustCompile(`(?m)^\S*micropython/\.mpwolf(/\S*)? .*\n`)
	manifestLines = regexp.MustCompile(`(?m)^\S*\.mpwolf-module\.json .*\n`)
)

// describe lists names, modes and hashes of everything. What differs from run to run (the time
// and the number of an installation) is left out if the tree is patched.
func (w *workplace) describe() string {
	w.t.Helper()
	text, err := describe(w.dir)
	if err != nil {
		w.t.Fatal(err)
	}
	if _, err := state.Load(w.path("micropython")); err == nil {
		text = manifestLines.ReplaceAllString(recordLines.ReplaceAllString(text, ""), "")
	}
	return text
}

// recover is what the next command does first.
func (w *workplace) recover() state.Outcome {
	w.t.Helper()
	lock, err := state.Acquire(context.Background(), &disktest.Faulty{}, w.path("micropython"),
		"test", func(string) {})
	if err != nil {
		w.t.Fatal(err)
	}
	defer lock.Release()
	outcome, err := lock.Recover()
	if err != nil {
		w.t.Fatal(err)
	}
	return outcome
}

// TestFaults makes each change on disk of patch, revert and upgrade the last before the process
// is killed, the one at which the disk becomes full, and the one at which a permission is lost.
// The next command must restore the tree to before or after, say which, and be able to revert it
// byte for byte. MPWOLF_TEST_FAULTS=all tests every change in all three ways; without it the
// first way tests every sixth and the others every 24th, and with -short all test a tenth of
// that.
func TestFaults(t *testing.T) {
	t.Parallel()
	scenarios := []struct {
		name    string
		prepare [][]string
		run     []string
	}{
		{"patch", nil, []string{"patch", "--port", "unix", "--wolfssl", "wolf"}},
		{"revert", [][]string{{"patch", "--port", "unix", "--wolfssl", "wolf"}},
			[]string{"revert"}},
		{"upgrade",
			[][]string{{"patch", "--port", "unix", "--variant", "coverage", "--wolfssl", "wolf"}},
			[]string{"patch", "--port", "unix", "--wolfssl", "newer"}},
	}
	ways := []struct {
		*disktest.Faulty
		stride int
	}{
		{&disktest.Faulty{Err: disktest.ErrKilled}, 6},
		{&disktest.Faulty{Err: syscall.ENOSPC, Spare: true}, 24},
		{&disktest.Faulty{Err: fs.ErrPermission, Once: true}, 24},
	}
	for _, s := range scenarios {
		t.Run(s.name, func(t *testing.T) {
			clean := newWorkplace(t)
			from := clean.copy()
			for _, args := range s.prepare {
				from.must(args...)
			}
			to := from.copy()
			counter := &disktest.Faulty{}
			if code, out := to.run(counter, s.run...); code != 0 {
				t.Fatalf("exit code %d:\n%s", code, out)
			}
			points := 0
			for _, way := range ways {
				stride := way.stride
				if testing.Short() {
					stride *= 10
				}
				if os.Getenv("MPWOLF_TEST_FAULTS") == "all" {
					stride = 1
				}
				for at := 0; at < counter.Count(); at += stride {
					points++
					d := &disktest.Faulty{At: at, Err: way.Err, Once: way.Once, Spare: way.Spare}
					testFault(t, d, clean, from, to, s.run)
				}
			}
			t.Logf("%d changes on disk, %d faults", counter.Count(), points)
		})
	}
}

func testFault(t *testing.T, d *disktest.Faulty, clean, from, to *workplace, args []string) {
	t.Helper()
	w := from.copy()
	defer os.RemoveAll(w.dir)
	code, out := w.run(d, args...)
	what := func() string { return strings.ReplaceAll(d.Names()[d.At], w.dir, "") }
	if d.Count() <= d.At {
		t.Fatalf("the run made only %d changes; there is none with number %d", d.Count(), d.At)
	}
	outcome := w.recover()
	now := w.describe()
	switch {
	case now == from.describe() && outcome != state.Finished:
		if code == 0 {
			t.Fatalf("%v at %d, %s: exit code 0, and nothing is done:\n%s", d.Err,
				d.At, what(), out)
		}
	case now == to.describe() && outcome != state.BackToBefore:
	default:
		t.Fatalf("%v at %d, %s: neither before nor after (told: %v, exit code %d):\n%s\n%s",
			d.Err, d.At, what(), outcome, code, differing(from.describe(), now), out)
	}
	w.must("revert")
	if now := w.describe(); now != clean.describe() {
		t.Fatalf("%v at %d, %s: reverted:\n%s", d.Err, d.At, what(),
			differing(clean.describe(), now))
	}
}
