package state

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"mpwolf/internal/disk"
	"mpwolf/internal/disk/disktest"
)

func TestTakeOut(t *testing.T) {
	before := "a\nssl = 1\nb\nc\nd\n"
	after := "a\nssl = 0\nb\nc\nd\nblock\nend\n"
	tests := []struct {
		name, now, want string
		conflict        string
	}{
		{"nothing else", after, before, ""},
		{"a line added before", "x\n" + after, "x\n" + before, ""},
		{"a line added right before ours", "a\nx\nssl = 0\nb\nc\nd\nblock\nend\n",
			"a\nx\nssl = 1\nb\nc\nd\n", ""},
		{"a line added right after ours", "a\nssl = 0\nx\nb\nc\nd\nblock\nend\n",
			"a\nssl = 1\nx\nb\nc\nd\n", ""},
		{"a line taken away", "ssl = 0\nb\nc\nd\nblock\nend\n", "ssl = 1\nb\nc\nd\n", ""},
		{"our line edited", "a\nssl = 2\nb\nc\nd\nblock\nend\n", before,
			`x:2: edited since: mpwolf wrote "ssl = 0", now it is "ssl = 2"`},
		{"inside our block", "a\nssl = 0\nb\nc\nd\nblock\nmine\nend\n", before,
			`x:7: edited since: mpwolf wrote "block\nend", now it is "mine"`},
		{"our line gone", "a\nb\nc\nd\nblock\nend\n", before,
			`x:2: edited since: mpwolf wrote "ssl = 0", now it is ""`},
		{"ours taken out by hand", "mine\n" + before, "mine\n" + before, ""},
		{"one of ours taken out by hand", "a\nssl = 1\nb\nc\nmine\nd\nblock\nend\n",
			"a\nssl = 1\nb\nc\nmine\nd\n", ""},
		{"after our block", after + "mine\n", before + "mine\n", ""},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			got, conflicts := takeOut(before, after, test.now)
			var text []string
			for _, c := range conflicts {
				c.Path = "x"
				text = append(text, c.String())
			}
			if conflict := strings.Join(text, "; "); conflict != test.conflict {
				t.Fatalf("conflict %q; want %q", conflict, test.conflict)
			}
			if got != test.want {
				t.Fatalf("got %q; want %q", got, test.want)
			}
		})
	}
}

func FuzzTakeOut(f *testing.F) {
	f.Add("a\nb\nc\n", "a\nB\nc\n", "a\nB\nc\nd\n")
	f.Add("", "x\n", "")
	f.Fuzz(func(t *testing.T, before, after, now string) {
		if got, conflicts := takeOut(before, after, after); got != before || conflicts != nil {
			t.Fatalf("without edits: %q, %v", got, conflicts)
		}
		if got, conflicts := takeOut(after, after, now); got != now || conflicts != nil {
			t.Fatalf("without changes of ours: %q, %v", got, conflicts)
		}
		takeOut(before, after, now)
	})
}

// snapshot gives every file and directory below dir with mode and bytes.
func snapshot(t *testing.T, dir string) string {
	t.Helper()
	var lines []string
	err := filepath.WalkDir(dir, func(name string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		info, err := entry.Info()
		if err != nil {
			return err
		}
		text := []byte{}
		if info.Mode().IsRegular() {
			if text, err = os.ReadFile(name); err != nil {
				return err
			}
		}
		lines = append(lines, fmt.Sprintf("%s %s %q", name, info.Mode(), text))
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	slices.Sort(lines)
	return strings.Join(lines, "\n")
}

func write(t *testing.T, name, text string, mode fs.FileMode) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(name, []byte(text), mode); err != nil {
		t.Fatal(err)
	}
}

func acquire(t *testing.T, tree string) *Lock {
	t.Helper()
	l, err := Acquire(context.Background(), &disktest.Faulty{}, tree, "patch", func(string) {})
	if err != nil {
		t.Fatal(err)
	}
	return l
}

const (
	oldReleases = "wolfssl = '5.7.2' # mine\n"
	newReleases = "wolfssl = '5.9.2' # mine\n"
)

// newTree makes a tree with two files, and an mpwolf.toml beside it.
func newTree(t *testing.T) (top, tree string) {
	top = t.TempDir()
	tree = filepath.Join(top, "tree")
	write(t, filepath.Join(tree, "ports/unix/a.mk"), "SSL = 1\n", 0o644)
	write(t, filepath.Join(tree, "ports/unix/b.h"), "#define X (1)\r\n", 0o755)
	write(t, filepath.Join(top, SettingsName), oldReleases, 0o640)
	return top, tree
}

func change(t *testing.T, l *Lock, top string) Change {
	t.Helper()
	modules := filepath.Join(top, "modules")
	staged := filepath.Join(modules, temporary+"x")
	if err := l.Announce(staged, []string{modules}); err != nil {
		t.Fatal(err)
	}
	c, err := stagedChange(disk.OS{}, modules, staged)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// stagedChange prepares the directory of a change.
func stagedChange(d disk.FS, modules, staged string) (Change, error) {
	if err := disk.MkdirAll(d, staged, 0o755); err != nil {
		return Change{}, err
	}
	if err := disk.Write(d, filepath.Join(staged, "micropython.mk"), []byte("x"),
		0o644); err != nil {
		return Change{}, err
	}
	record := &Record{Tool: "test", Files: []File{
		{Path: "ports/unix/a.mk", Before: disk.Hash([]byte("SSL = 1\n")),
			After: disk.Hash([]byte("SSL = 0\n"))},
		{Path: "ports/unix/b.h", Before: disk.Hash([]byte("#define X (1)\r\n")),
			After: disk.Hash([]byte("#define X (0)\r\n"))},
	}}
	return Change{
		Writes: []Write{
			{"ports/unix/a.mk", []byte("SSL = 1\n"), []byte("SSL = 0\n")},
			{"ports/unix/b.h", []byte("#define X (1)\r\n"), []byte("#define X (0)\r\n")},
		},
		Swap: &Swap{Dir: filepath.Join(modules, SwapName), Staged: staged,
			Created: []string{modules}},
		Fragment: &Fragment{Dir: modules},
		Settings: &Settings{filepath.Join(filepath.Dir(modules), SettingsName),
			[]byte(oldReleases), []byte(newReleases)},
		Record: record,
	}, nil
}

func revertAll(t *testing.T, l *Lock, top, tree string) error {
	t.Helper()
	record, err := Load(tree)
	if err != nil {
		return err
	}
	plan, err := Revert(tree, record, Options{})
	if err != nil || plan.Conflicts != nil {
		t.Fatal(err, plan)
	}
	modules := filepath.Join(top, "modules")
	return l.Apply(Change{Writes: plan.Writes, Swap: &Swap{
		Dir: filepath.Join(modules, SwapName), Created: []string{modules},
	}, Fragment: &Fragment{Dir: modules, Remove: true}, Settings: &Settings{
		filepath.Join(top, SettingsName), []byte(newReleases), []byte(oldReleases)}})
}

func TestApplyThenRevertIsIdentity(t *testing.T) {
	top, tree := newTree(t)
	before := snapshot(t, top)
	l := acquire(t, tree)
	if err := l.Apply(change(t, l, top)); err != nil {
		t.Fatal(err)
	}
	l.Release()
	if text, err := os.ReadFile(filepath.Join(tree, "ports/unix/a.mk")); err != nil ||
		string(text) != "SSL = 0\n" {
		t.Fatalf("%q, %v", text, err)
	}
	if !IsFragment(filepath.Join(top, "modules")) {
		t.Fatal("no micropython.cmake")
	}
	if text, err := os.ReadFile(filepath.Join(top, SettingsName)); err != nil ||
		string(text) != newReleases {
		t.Fatalf("%q, %v", text, err)
	}
	l = acquire(t, tree)
	if err := revertAll(t, l, top, tree); err != nil {
		t.Fatal(err)
	}
	l.Release()
	if after := snapshot(t, top); after != before {
		t.Fatalf("after revert:\n%s\nwant:\n%s", after, before)
	}
}

// TestOwnFragment leaves a micropython.cmake that has another text as it is.
func TestOwnFragment(t *testing.T) {
	top, tree := newTree(t)
	modules := filepath.Join(top, "modules")
	own := filepath.Join(modules, FragmentName)
	write(t, own, "# mine\n", 0o600)
	before := snapshot(t, top)
	l := acquire(t, tree)
	defer l.Release()
	for _, remove := range []bool{false, true} {
		if err := l.Apply(Change{Fragment: &Fragment{modules, remove}}); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.RemoveAll(filepath.Join(tree, Dir)); err != nil {
		t.Fatal(err)
	}
	if after := snapshot(t, top); after != before {
		t.Fatalf("it is now:\n%s\nwant:\n%s", after, before)
	}
}

// TestInterruptedRemoval makes every change on disk of a revert be the last before the process is
// killed.
func TestInterruptedRemoval(t *testing.T) {
	for at := 0; ; at++ {
		top, tree := newTree(t)
		l := acquire(t, tree)
		if err := l.Apply(change(t, l, top)); err != nil {
			t.Fatal(err)
		}
		l.Release()
		before := snapshot(t, filepath.Join(top, "modules"))
		d := &disktest.Faulty{At: at, Err: disktest.ErrKilled}
		if l, err := Acquire(t.Context(), d, tree, "revert", func(string) {}); err == nil {
			_ = revertAll(t, l, top, tree)
			l.Release()
		}
		if d.Count() <= at {
			break
		}
		l = acquire(t, tree)
		if _, err := l.Recover(); err != nil {
			t.Fatalf("step %d: %v", at, err)
		}
		l.Release()
		dir, after := filepath.Join(top, "modules"), ""
		if disk.Exists(dir) {
			after = snapshot(t, dir)
		}
		want := before
		if _, err := Load(tree); errors.Is(err, ErrNotPatched) {
			want = ""
		}
		if after != want {
			t.Fatalf("step %d, %s:\n%s\nwant:\n%s", at, d.Names()[at], after, want)
		}
	}
}

// TestInterrupted makes every change on disk fail, once and permanently, and be the last before
// the process is killed, and checks that the tree is as before or after.
func TestInterrupted(t *testing.T) {
	for _, faulty := range []*disktest.Faulty{
		{Err: disktest.ErrKilled},
		{Err: fs.ErrPermission, Once: true},
		{Err: syscall.ENOSPC, Spare: true},
	} {
		for at := 0; ; at++ {
			top, tree := newTree(t)
			before := snapshot(t, top)
			d := &disktest.Faulty{At: at, Err: faulty.Err, Once: faulty.Once, Spare: faulty.Spare}
			applied := interrupt(t, d, top, tree)
			if d.Count() <= at {
				break
			}
			l := acquire(t, tree)
			outcome, err := l.Recover()
			if err != nil {
				t.Fatalf("step %d, %v: %v", at, faulty.Err, err)
			}
			l.Release()
			after := snapshot(t, top)
			if applied || outcome == Finished {
				l = acquire(t, tree)
				if err := revertAll(t, l, top, tree); err != nil {
					t.Fatalf("step %d, %v: %v", at, faulty.Err, err)
				}
				l.Release()
				after = snapshot(t, top)
			}
			if after != before {
				t.Fatalf("step %d, %v, %s:\n%s\nwant:\n%s", at, faulty.Err,
					d.Names()[at], after, before)
			}
		}
	}
}

// interrupt applies the change through a layer that fails, and reports whether it succeeded.
func interrupt(t *testing.T, d *disktest.Faulty, top, tree string) bool {
	t.Helper()
	l, err := Acquire(context.Background(), d, tree, "patch", func(string) {})
	if err != nil {
		return false
	}
	defer l.Release()
	modules := filepath.Join(top, "modules")
	staged := filepath.Join(modules, temporary+"x")
	if err := l.Announce(staged, []string{modules}); err != nil {
		return false
	}
	c, err := stagedChange(d, modules, staged)
	if err != nil {
		return false
	}
	return l.Apply(c) == nil
}

func TestHostileRecord(t *testing.T) {
	hash := disk.Hash(nil)
	for _, path := range []string{
		"../x", "/etc/x", "a/../../x", "", ".git/hooks/post-checkout", ".GIT/config",
		"a/.Git/config", ".git /config",
		".git./config", "git~1/config", ".g\u200cit/config", ".mpwolf/lock", ".MPWOLF/lock", `a\b`,
		"C:x", "x:stream", "a\x00b",
	} {
		tree := t.TempDir()
		write(t, filepath.Join(tree, Dir, recordName), fmt.Sprintf(
			`{"format":1,"files":[{"path":%q,"before":%q,"after":%q}]}`, path, hash, hash), 0o644)
		if _, err := Load(tree); err == nil {
			t.Errorf("path %q was taken", path)
		}
	}
}

func TestLinkOutOfTheTree(t *testing.T) {
	top, tree := newTree(t)
	write(t, filepath.Join(top, "outside/x"), "mine", 0o644)
	if err := os.Symlink(filepath.Join(top, "outside"), filepath.Join(tree, "out")); err != nil {
		t.Fatal(err)
	}
	l := acquire(t, tree)
	defer l.Release()
	err := l.Apply(Change{Writes: []Write{{"out/x", []byte("mine"), []byte("theirs")}}})
	if err == nil || !strings.Contains(err.Error(), "leads out of the tree") {
		t.Fatal(err)
	}
}

func TestSecondLockWaits(t *testing.T) {
	_, tree := newTree(t)
	first := acquire(t, tree)
	waited := make(chan string, 1)
	done := make(chan error, 1)
	go func() {
		second, err := Acquire(context.Background(), &disktest.Faulty{}, tree, "patch",
			func(who string) {
				waited <- who
			})
		if err == nil {
			second.Release()
		}
		done <- err
	}()
	select {
	case who := <-waited:
		if !strings.Contains(who, fmt.Sprint(os.Getpid())) {
			t.Errorf("held by %q; want this process", who)
		}
	case <-time.After(time.Minute):
		t.Fatal("the second did not wait")
	}
	first.Release()
	if err := <-done; err != nil {
		t.Fatal(err)
	}
	if disk.Exists(filepath.Join(tree, Dir)) {
		t.Error("an idle lock left its directory")
	}
}

// TestHostileSettings is that a journal cannot make mpwolf write any other file, and that a change
// refuses a link and a file with other bytes.
func TestHostileSettings(t *testing.T) {
	for _, s := range []journalSettings{
		{Path: "/etc/passwd", Temp: "/etc/" + temporary + "x"},
		{Path: "mpwolf.toml", Temp: temporary + "x"},
		{Path: "/a/../etc/mpwolf.toml", Temp: "/etc/" + temporary + "x"},
		{Path: "/a/mpwolf.toml", Temp: "/b/" + temporary + "x"},
		{Path: "/a/mpwolf.toml", Temp: "/a/x"},
	} {
		if _, err := s.check(); err == nil || !strings.Contains(err.Error(), "mpwolf writes") {
			t.Errorf("%+v: %v", s, err)
		}
	}
	top, tree := newTree(t)
	own := filepath.Join(top, SettingsName)
	l := acquire(t, tree)
	defer l.Release()
	stale := Change{Settings: &Settings{own, []byte("x"), []byte("y")}}
	if err := l.Apply(stale); err == nil ||
		!strings.Contains(err.Error(), "changed while mpwolf was running") {
		t.Error(err)
	}
	other := filepath.Join(top, "other")
	if err := os.Rename(own, other); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(other, own); err != nil {
		t.Fatal(err)
	}
	link := Change{Settings: &Settings{own, []byte(oldReleases), []byte(newReleases)}}
	if err := l.Apply(link); err == nil || !strings.Contains(err.Error(), "not a regular file") {
		t.Error(err)
	}
	if text, err := os.ReadFile(other); err != nil || string(text) != oldReleases {
		t.Errorf("%q, %v", text, err)
	}
}

// TestEditedSettings is that a file that was edited after an interrupted run is not overwritten.
func TestEditedSettings(t *testing.T) {
	top, tree := newTree(t)
	own := filepath.Join(top, SettingsName)
	stop := errors.New("stop")
	l := acquire(t, tree)
	defer l.Release()
	c := Change{Settings: &Settings{own, []byte(oldReleases), []byte(newReleases)}}
	c.Check = func() error {
		write(t, own, "mine = 1\n", 0o640)
		return stop
	}
	err := l.Apply(c)
	if halfway := (*HalfwayError)(nil); !errors.As(err, &halfway) {
		t.Fatal(err)
	}
	if text, err := os.ReadFile(own); err != nil || string(text) != "mine = 1\n" {
		t.Fatalf("%q, %v", text, err)
	}
	write(t, own, newReleases, 0o640) // the next run goes back
	if _, err := l.Recover(); err != nil {
		t.Fatal(err)
	}
	if text, err := os.ReadFile(own); err != nil || string(text) != oldReleases {
		t.Fatalf("%q, %v", text, err)
	}
}
