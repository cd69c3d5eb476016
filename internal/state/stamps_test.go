package state

import (
	"bytes"
	"os"
	"path/filepath"
	"runtime"
	"testing"
	"time"

	"mpwolf/internal/disk"
)

// TestStamps checks that a stamp never hides a change, even one with the same size and
// modification time.
func TestStamps(t *testing.T) {
	_, tree := newTree(t)
	name := filepath.Join(tree, "ports/unix/a.mk")
	old := time.Now().Add(-time.Hour)
	if err := os.Chtimes(name, old, old); err != nil {
		t.Fatal(err)
	}
	time.Sleep(2 * racy) // the file's change time is now
	take := func() *Stamps {
		t.Helper()
		l := acquire(t, tree)
		s := NewStamps()
		s.Add(name, disk.Hash([]byte("SSL = 1\n")))
		s.Add(filepath.Join(tree, "absent"), "")
		s.AddVerdict("fine")
		l.SetStamps(s)
		l.Release()
		return LoadStamps(tree)
	}
	all := func(string) bool { return true }
	s := take()
	if !s.Holds("fine", all) || s.Holds("other", all) {
		t.Fatal("an unchanged file: the verdict does not hold")
	}
	if !s.fits(s.files[name], stat(t, name)) {
		t.Error("the stamp of an old file does not fit: each check would hash it")
	}
	write(t, filepath.Join(tree, "absent"), "", 0o644)
	if s.Holds("fine", all) {
		t.Error("a file that was absent: the verdict holds")
	}
	if err := os.Remove(filepath.Join(tree, "absent")); err != nil {
		t.Fatal(err)
	}
	time.Sleep(2 * racy)
	write(t, name, "SSL = 0\n", 0o644)
	if err := os.Chtimes(name, old, old); err != nil {
		t.Fatal(err)
	}
	if s.Holds("fine", all) {
		t.Error("a change of the same size and time: the verdict holds")
	}
	// A change in the same clock tick as the stamp: what has just been written is always hashed.
	write(t, name, "SSL = 1\n", 0o644)
	s = take()
	if s.fits(s.files[name], stat(t, name)) {
		t.Error("the stamp of a file that was written just now fits")
	}
	if !s.Holds("fine", all) {
		t.Error("a file of the same bytes: the verdict does not hold")
	}
	for _, text := range []string{"", "nonsense", stampsFirst + " x\n",
		stampsFirst + " 1\nf 1 2\n", stampsFirst + " 1\nq\n"} {
		write(t, filepath.Join(tree, Dir, stampsName), text, 0o644)
		if LoadStamps(tree).Holds("fine", all) {
			t.Errorf("stamps %q: the verdict holds", text)
		}
	}
}

// TestStampsOfCopies checks that a tree's stamps do not apply to another tree, and do not depend
// on its path.
func TestStampsOfCopies(t *testing.T) {
	_, tree := newTree(t)
	name := filepath.Join(tree, "ports/unix/a.mk")
	l := acquire(t, tree)
	s := NewStamps()
	s.Add(name, disk.Hash([]byte("SSL = 1\n")))
	s.AddVerdict("fine")
	l.SetStamps(s)
	l.Release()
	text, err := os.ReadFile(filepath.Join(tree, Dir, stampsName))
	if err != nil {
		t.Fatal(err)
	}
	if bytes.Contains(text, []byte(filepath.Dir(tree))) {
		t.Errorf("the stamps name the place of the tree:\n%s", text)
	}
	all := func(string) bool { return true }
	moved := tree + "-moved"
	if err := os.Rename(tree, moved); err != nil {
		t.Fatal(err)
	}
	if runtime.GOOS == "linux" && !LoadStamps(moved).Holds("fine", all) {
		t.Error("a tree that was moved: the verdict does not hold")
	}
	if err := os.CopyFS(tree, os.DirFS(moved)); err != nil {
		t.Fatal(err)
	}
	if LoadStamps(tree).Holds("fine", all) {
		t.Error("a copy: the verdict of the original holds")
	}
	// Nor if only the record's directory is copied into another tree.
	_, other := newTree(t)
	if err := os.CopyFS(filepath.Join(other, Dir),
		os.DirFS(filepath.Join(moved, Dir))); err != nil {
		t.Fatal(err)
	}
	if LoadStamps(other).Holds("fine", all) {
		t.Error("another tree: the verdict holds")
	}
}

func stat(t *testing.T, name string) os.FileInfo {
	t.Helper()
	info, err := os.Lstat(name)
	if err != nil {
		t.Fatal(err)
	}
	return info
}
