package sources

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

func newCache(t testing.TB) Cache { return Cache{Dir: filepath.Join(t.TempDir(), "cache")} }

// lines collects what is logged, from several goroutines.
type lines struct {
	mu   sync.Mutex
	text strings.Builder
}

func (l *lines) log(format string, args ...any) {
	l.mu.Lock()
	defer l.mu.Unlock()
	fmt.Fprintf(&l.text, format+"\n", args...)
}

func (l *lines) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.String()
}

func fillWith(text string) func(string) error {
	return func(dir string) error {
		return os.WriteFile(filepath.Join(dir, "file"), []byte(text), 0o644)
	}
}

func read(t testing.TB, path ...string) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(path...))
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

func TestDefaultCache(t *testing.T) {
	t.Setenv(CacheEnv, "rel")
	if c, err := DefaultCache(); err != nil || !filepath.IsAbs(c.Dir) ||
		filepath.Base(c.Dir) != "rel" {
		t.Errorf("got %v, %v", c, err)
	}
	t.Setenv(CacheEnv, "")
	t.Setenv("XDG_CACHE_HOME", t.TempDir())
	if c, err := DefaultCache(); err != nil || filepath.Base(c.Dir) != "mpwolf" {
		t.Errorf("got %v, %v", c, err)
	}
}

func TestEntryOnce(t *testing.T) {
	c := newCache(t)
	for i := range 3 {
		dir, err := c.Entry(t.Context(), "key", nil, fillWith(fmt.Sprint(i)))
		if err != nil {
			t.Fatal(err)
		}
		if got := read(t, dir, "file"); got != "0" {
			t.Errorf("use %d: got %q", i, got)
		}
	}
	if !c.Has("key") || c.Has("other") {
		t.Error("Has is wrong")
	}
}

func TestEntryKey(t *testing.T) {
	for _, key := range []string{"", ".", "..", "a/b", "/a"} {
		if _, err := newCache(t).Entry(t.Context(), key, nil, fillWith("x")); err == nil {
			t.Errorf("%q was accepted", key)
		}
	}
}

func TestEntryFailure(t *testing.T) {
	c := newCache(t)
	broken := errors.New("broken")
	_, err := c.Entry(t.Context(), "key", nil, func(dir string) error {
		return errors.Join(fillWith("half")(dir), broken)
	})
	if !errors.Is(err, broken) {
		t.Fatalf("got %v", err)
	}
	if names := list(t, c.Dir); strings.Join(names, " ") != ". locks locks/key" {
		t.Errorf("left: %q", names)
	}
}

// TestEntryInterrupted leaves what a killed process leaves: a directory that is not finished and
// no lock.
func TestEntryInterrupted(t *testing.T) {
	c := newCache(t)
	for _, left := range []string{".key.mpwolf-part", ".key.mpwolf-part-download"} {
		if err := os.MkdirAll(filepath.Join(c.Dir, left), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := fillWith("half")(filepath.Join(c.Dir, left)); err != nil {
			t.Fatal(err)
		}
	}
	dir, err := c.Entry(t.Context(), "key", nil, func(dir string) error {
		if names := list(t, dir); len(names) != 1 {
			t.Errorf("not empty: %q", names)
		}
		return fillWith("whole")(dir)
	})
	if err != nil {
		t.Fatal(err)
	}
	if got := read(t, dir, "file"); got != "whole" {
		t.Errorf("got %q", got)
	}
	if names := list(t, c.Dir); strings.Contains(strings.Join(names, " "), "mpwolf-part") {
		t.Errorf("left: %q", names)
	}
}

func TestEntryDamaged(t *testing.T) {
	for name, damage := range map[string]func(dir string) error{
		"file gone": func(dir string) error { return os.Remove(filepath.Join(dir, "file")) },
		"file cut":  func(dir string) error { return os.Truncate(filepath.Join(dir, "file"), 1) },
		"file more": func(dir string) error {
			return os.WriteFile(filepath.Join(dir, "new"), nil, 0o644)
		},
		"edited": func(dir string) error {
			return os.WriteFile(filepath.Join(dir, "file"), []byte("eno"), 0o644)
		},
		"mode": func(dir string) error {
			return os.Chmod(filepath.Join(dir, "file"), 0o755)
		},
		"stamp gone": func(dir string) error { return os.Remove(filepath.Join(dir, stampFile)) },
	} {
		t.Run(name, func(t *testing.T) {
			c := newCache(t)
			dir, err := c.Entry(t.Context(), "key", nil, fillWith("one"))
			if err != nil {
				t.Fatal(err)
			}
			time.Sleep(time.Millisecond)
			if err := damage(dir); err != nil {
				t.Fatal(err)
			}
			var said lines
			if _, err := c.Entry(t.Context(), "key", said.log, fillWith("two")); err != nil {
				t.Fatal(err)
			}
			if got := read(t, dir, "file"); got != "two" ||
				!strings.Contains(said.String(), "damaged") {
				t.Errorf("got %q, said %q", got, said.String())
			}
		})
	}
}

func TestEntryConcurrent(t *testing.T) {
	c := newCache(t)
	var fills atomic.Int32
	var said lines
	var wait sync.WaitGroup
	for range 4 {
		wait.Go(func() {
			dir, err := c.Entry(t.Context(), "key", said.log, func(dir string) error {
				fills.Add(1)
				time.Sleep(2 * lockPatience)
				return fillWith("x")(dir)
			})
			if err != nil {
				t.Error(err)
				return
			}
			if _, err := os.Stat(filepath.Join(dir, "file")); err != nil {
				t.Error(err)
			}
		})
	}
	wait.Wait()
	if fills.Load() != 1 {
		t.Errorf("filled %d times", fills.Load())
	}
	if !strings.Contains(said.String(), "waiting for another mpwolf") {
		t.Errorf("said %q", said.String())
	}
}

func TestEntryWaitCancelled(t *testing.T) {
	c := newCache(t)
	_, err := c.Entry(t.Context(), "key", nil, func(dir string) error {
		ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
		defer cancel()
		if _, err := c.Entry(ctx, "key", nil, fillWith("x")); !errors.Is(err,
			context.DeadlineExceeded) {
			t.Errorf("got %v", err)
		}
		return fillWith("y")(dir)
	})
	if err != nil {
		t.Fatal(err)
	}
	// A lock that nothing waits for any more is released.
	if _, err := c.Entry(t.Context(), "key", nil, fillWith("z")); err != nil {
		t.Fatal(err)
	}
}

func TestInto(t *testing.T) {
	c := newCache(t)
	parent := t.TempDir()
	dir := filepath.Join(parent, "tree")
	if err := os.Mkdir(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	broken := errors.New("broken")
	if err := c.Into(t.Context(), dir, nil, func(string) error {
		return broken
	}); !errors.Is(err, broken) {
		t.Fatalf("got %v", err)
	}
	if err := c.Into(t.Context(), dir, nil, fillWith("x")); err != nil {
		t.Fatal(err)
	}
	if err := c.Into(t.Context(), dir, nil, fillWith("y")); err == nil ||
		!strings.Contains(err.Error(), "not an empty directory") {
		t.Errorf("got %v", err)
	}
	if names := list(t, parent); strings.Join(names, " ") != ". tree tree/file" ||
		read(t, dir, "file") != "x" {
		t.Errorf("left: %q", names)
	}
}

// TestIntoKeeps fetches where there is something already, which stays, whether the fetch works or
// not.
func TestIntoKeeps(t *testing.T) {
	c := newCache(t)
	dir := t.TempDir()
	t.Chdir(dir)
	if err := errors.Join(os.WriteFile("file", []byte("important"), 0o600),
		os.Mkdir("target", 0o700), os.Symlink("target", "link"), os.Symlink("none", "dangling"),
		os.Mkdir("full", 0o755), os.WriteFile("full/file", []byte("x"), 0o600),
		os.Mkdir("empty", 0o700)); err != nil {
		t.Fatal(err)
	}
	before := strings.Join(list(t, dir), " ")
	for name, want := range map[string]string{"file": "is a file", "link": "symbolic link",
		"dangling": "symbolic link", "full": "not an empty directory",
		".": "the current directory"} {
		err := c.Into(t.Context(), name, nil, fillWith("x"))
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v", name, err)
		}
	}
	broken := errors.New("broken")
	for _, name := range []string{"empty", "new"} {
		err := c.Into(t.Context(), name, nil, func(string) error { return broken })
		if !errors.Is(err, broken) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if after := strings.Join(list(t, dir), " "); after != before {
		t.Errorf("before: %s\nafter: %s", before, after)
	}
	if err := c.Into(t.Context(), "empty", nil, fillWith("x")); err != nil {
		t.Fatal(err)
	}
	if info, err := os.Stat("empty"); err != nil || info.Mode().Perm() != 0o700 {
		t.Errorf("its mode has changed: %v, %v", info, err)
	}
}

func TestCopyTree(t *testing.T) {
	from := t.TempDir()
	for _, dir := range []string{"a/b", "skipped/c"} {
		if err := os.MkdirAll(filepath.Join(from, dir), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.WriteFile(filepath.Join(from, "a", "b", "run"), []byte("x"), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink("b/run", filepath.Join(from, "a", "link")); err != nil {
		t.Fatal(err)
	}
	skip := func(rel string) bool { return rel == "skipped" }
	dir := t.TempDir()
	if err := CopyTree(t.Context(), from, dir, skip); err != nil {
		t.Fatal(err)
	}
	if got := strings.Join(list(t, dir), " "); got != ". a a/b a/b/run a/link" {
		t.Errorf("copied %s", got)
	}
	if info, err := os.Stat(filepath.Join(dir, "a", "link")); err != nil ||
		info.Mode().Perm() != 0o755 {
		t.Errorf("got %v, %v", info, err)
	}
	if err := os.Symlink("/etc/passwd", filepath.Join(from, "out")); err != nil {
		t.Fatal(err)
	}
	if err := CopyTree(t.Context(), from, t.TempDir(), skip); err == nil ||
		!strings.Contains(err.Error(), "out of the directory") {
		t.Errorf("got %v", err)
	}
}

// TestEntryKilled kills a process in the middle of a fetch: this test's binary, run again.
func TestEntryKilled(t *testing.T) {
	if dir := os.Getenv("SOURCES_TEST_CACHE"); dir != "" {
		_, err := Cache{Dir: dir}.Entry(t.Context(), "key", nil, func(part string) error {
			if err := fillWith("half")(part); err != nil {
				return err
			}
			fmt.Println("filling")
			time.Sleep(time.Minute)
			return nil
		})
		t.Fatal("not killed:", err)
	}
	c := newCache(t)
	cmd := exec.Command(os.Args[0], "-test.run=^TestEntryKilled$")
	cmd.Env = append(os.Environ(), "SOURCES_TEST_CACHE="+c.Dir)
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	if _, err := bufio.NewReader(out).ReadString('\n'); err != nil {
		t.Error(err)
	}
	if c.Has("key") {
		t.Error("the half entry can be seen")
	}
	if err := cmd.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = cmd.Wait() // its error says that the process was killed
	dir, err := c.Entry(t.Context(), "key", nil, fillWith("whole"))
	if err != nil || read(t, dir, "file") != "whole" {
		t.Error(err)
	}
	if names := list(t, c.Dir); strings.Contains(strings.Join(names, " "), "mpwolf-part") {
		t.Errorf("left: %q", names)
	}
}
