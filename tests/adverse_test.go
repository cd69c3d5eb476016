package tests_test

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"mpwolf/internal/disk"
	"mpwolf/internal/state"
)

// TestDiskFull patches on real file systems of all sizes up to one that is large enough. On
// each, the tree must be as before or patched, and the next command must find it so and be able
// to revert everything.
func TestDiskFull(t *testing.T) {
	longOnly(t, "mounts a small disk")
	t.Parallel()
	if out, err := exec.Command("unshare", "-rm", "true").CombinedOutput(); err != nil {
		t.Skipf("this machine lets no one mount in a namespace of their own: unshare -rm: %v %s",
			err, out)
	}
	w := newWorkplace(t)
	script := `
set -eu
mount -t tmpfs -o size=$1k none mnt
cp -r micropython wolf mnt
cd mnt
if ! mpwolf patch --port unix --wolfssl wolf >out 2>err; then
	grep -q 'no space left on device' err || { cat err; exit 9; }
	rm -f out err
	find micropython micropython-modules 2>/dev/null | sort >../found || true
	find ../micropython | sed 's,^../,,' | sort | diff - ../found >&2 || exit 8
	diff -r ../micropython micropython
	exit 7
fi
rm -f out err
mpwolf check >/dev/null
if ! mpwolf revert >/dev/null 2>../err; then # which writes a little, too
	grep -q 'no space left on device' ../err || exit 6
	mpwolf check >/dev/null
	rm -r wolf
	mpwolf revert >/dev/null
fi
diff -r ../micropython micropython
`
	full, fits := 0, 0
	if err := os.Mkdir(w.path("mnt"), 0o755); err != nil {
		t.Fatal(err)
	}
	for size := 120; size <= 2000 && fits < 2; size += 20 { // kB: the sources take 100
		cmd := exec.Command("unshare", "-rm", "sh", "-c", script, "sh", fmt.Sprint(size))
		cmd.Dir = w.dir
		cmd.Env = append(os.Environ(), "MPWOLF_CACHE="+w.path("cache"))
		out, err := cmd.CombinedOutput()
		switch {
		case err == nil:
			fits++
		case cmd.ProcessState.ExitCode() == 7:
			full++
		case cmd.ProcessState.ExitCode() == 1 && bytes.Contains(out, []byte("cp: ")):
			// not even the sources fit
		default:
			t.Errorf("with %d kB: %v\n%s", size, err, out)
		}
	}
	if full < 3 || fits == 0 {
		t.Errorf("%d sizes were too small, %d large enough", full, fits)
	}
	t.Logf("%d sizes were too small, %d large enough", full, fits)
}

// TestReadOnly runs mpwolf as a user who may not write everywhere.
func TestReadOnly(t *testing.T) {
	longOnly(t, "changes to another user")
	t.Parallel()
	top := t.TempDir()
	for dir := top; len(dir) > len(os.TempDir()); dir = filepath.Dir(dir) {
		if err := os.Chmod(dir, 0o755); err != nil { // no one must reach it
			t.Fatal(err)
		}
	}
	w := newWorkplace(t).in(filepath.Join(top, "w"))
	w.handOver()
	before := w.describe()
	patch := []string{"patch", "--port", "unix", "--wolfssl", "wolf"}
	w.as(0, "", patch...)
	w.as(0, "", "revert")
	if now := w.describe(); now != before {
		t.Fatalf("reverted:\n%s", differing(before, now))
	}
	// A read-only file is still changed if its directory is writable, as git does. Its mode
	// stays.
	w.chmod("micropython/ports/unix/mpconfigport.mk", 0o444)
	readOnly := w.describe()
	w.as(0, "", patch...)
	w.as(0, "", "revert")
	if now := w.describe(); now != readOnly {
		t.Fatalf("a read-only file: reverted:\n%s", differing(readOnly, now))
	}
	w.chmod("micropython/ports/unix/mpconfigport.mk", 0o644)
	// Directories that may not be written: nothing is changed, and the directory or file is named.
	for _, dir := range []string{"micropython/ports/unix", "micropython", "."} {
		w.chmod(dir, 0o555)
		locked := w.describe()
		w.as(3, "permission denied", patch...)
		if now := w.describe(); now != locked {
			t.Fatalf("%s read-only: changed:\n%s", dir, differing(locked, now))
		}
		w.chmod(dir, 0o755)
	}
	// The permission is removed after the patch: revert refuses and changes nothing, and does
	// its work once it is back.
	for _, dir := range []string{"micropython/ports/unix", "micropython-modules"} {
		w.as(0, "", patch...)
		w.chmod(dir, 0o555)
		patched := w.describe()
		w.as(3, "permission denied", "revert")
		if now := w.describe(); now != patched {
			t.Fatalf("%s read-only at revert: changed:\n%s", dir, differing(patched, now))
		}
		w.as(0, "", "status")
		w.chmod(dir, 0o755)
		w.as(0, "", "revert")
		if now := w.describe(); now != before {
			t.Fatalf("reverted:\n%s", differing(before, now))
		}
	}
}

// in moves the workplace to another directory.
func (w *workplace) in(dir string) *workplace {
	w.t.Helper()
	if err := os.CopyFS(dir, os.DirFS(w.dir)); err != nil {
		w.t.Fatal(err)
	}
	return &workplace{w.t, dir}
}

// nobody is the user that runs mpwolf if root runs the tests, because root may do anything.
const nobody = 65534

// handOver gives the workplace to nobody.
func (w *workplace) handOver() {
	w.t.Helper()
	if os.Getuid() != 0 {
		return
	}
	err := filepath.WalkDir(w.dir, func(name string, _ os.DirEntry, err error) error {
		if err != nil {
			return err
		}
		return os.Lchown(name, nobody, nobody)
	})
	if err != nil {
		w.t.Fatal(err)
	}
}

func (w *workplace) chmod(name string, mode os.FileMode) {
	w.t.Helper()
	if err := os.Chmod(w.path(name), mode); err != nil {
		w.t.Fatal(err)
	}
}

// as runs mpwolf as nobody, and checks its exit code and a part of its output.
func (w *workplace) as(code int, message string, args ...string) {
	w.t.Helper()
	mpwolf, err := exec.LookPath("mpwolf")
	if err != nil {
		w.t.Fatal(err)
	}
	words := append([]string{mpwolf}, args...)
	if os.Getuid() == 0 {
		binary := filepath.Join(filepath.Dir(w.dir), "mpwolf") // where nobody cannot read it
		if text, err := os.ReadFile(mpwolf); err != nil {
			w.t.Fatal(err)
		} else if _, err := os.Stat(binary); err != nil {
			if err := os.WriteFile(binary, text, 0o755); err != nil {
				w.t.Fatal(err)
			}
		}
		words[0] = binary
		words = append([]string{"setpriv", "--reuid", fmt.Sprint(nobody), "--regid",
			fmt.Sprint(nobody), "--clear-groups"}, words...)
	}
	cmd := exec.Command(words[0], words[1:]...)
	cmd.Dir = w.dir
	cmd.Env = append(os.Environ(), "HOME="+w.path("home"), "CCACHE_DISABLE=1",
		"MPWOLF_CACHE="+w.path("cache"), "TMPDIR=/tmp")
	out, err := cmd.CombinedOutput()
	if cmd.ProcessState == nil || cmd.ProcessState.ExitCode() != code ||
		!strings.Contains(string(out), message) {
		w.t.Fatalf("mpwolf %v: %v; want exit code %d and %q:\n%s", args, err, code, message, out)
	}
}

// TestTwoAtOnce runs several mpwolf on one tree: each waits its turn, and says for whom.
func TestTwoAtOnce(t *testing.T) {
	t.Parallel()
	w := newWorkplace(t)
	before := w.describe()
	start := func(args ...string) (string, error) {
		cmd := exec.Command("mpwolf", args...)
		cmd.Dir = w.dir
		out, err := cmd.CombinedOutput()
		return string(out), err
	}
	lock, err := state.Acquire(context.Background(), disk.OS{}, w.path("micropython"),
		"patch", func(string) {})
	if err != nil {
		t.Fatal(err)
	}
	// The lock is given up once the other process says that it waits, however long it takes to get
	// there.
	want := fmt.Sprintf("waiting for mpwolf patch, process %d, since ", os.Getpid())
	out := &watcher{text: want, seen: lock.Release}
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	cmd := exec.CommandContext(ctx, "mpwolf", "patch", "--port", "unix", "--wolfssl", "wolf")
	cmd.Dir, cmd.Stdout, cmd.Stderr = w.dir, out, out
	if err := cmd.Run(); err != nil || out.seen != nil {
		t.Fatalf("%v; want %q:\n%s", err, want, out.written)
	}
	var all sync.WaitGroup
	for i := range 8 {
		all.Go(func() {
			args := []string{"revert"}
			if i%2 == 0 {
				args = []string{"patch", "--port", "unix", "--wolfssl", "wolf"}
			}
			if out, err := start(args...); err != nil {
				t.Errorf("mpwolf %v: %v\n%s", args, err, out)
			}
		})
	}
	all.Wait()
	// The lock of a process that is gone blocks nothing.
	if err := os.MkdirAll(w.path("micropython/.mpwolf"), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(w.path("micropython/.mpwolf/lock"),
		[]byte("mpwolf patch, process 1, since long ago\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	if out, err := start("revert"); err != nil || strings.Contains(out, "waiting") {
		t.Errorf("%v:\n%s", err, out)
	}
	if now := w.describe(); now != before {
		t.Errorf("reverted:\n%s", differing(before, now))
	}
}

// watcher calls seen once, when text has been written to it.
type watcher struct {
	text    string
	seen    func()
	written []byte
}

func (w *watcher) Write(p []byte) (int, error) {
	w.written = append(w.written, p...)
	if w.seen != nil && bytes.Contains(w.written, []byte(w.text)) {
		w.seen()
		w.seen = nil
	}
	return len(p), nil
}
