package state

import (
	"os"
	"path/filepath"
	"testing"
	"time"

	"mpwolf/internal/disk"
)

// TestStamps holds that a stamp never hides a change, that of the same size and the same time of
// modification included.
func TestStamps(t *testing.T) {
	_, tree := newTree(t)
	name := filepath.Join(tree, "ports/unix/a.mk")
	old := time.Now().Add(-time.Hour)
	if err := os.Chtimes(name, old, old); err != nil {
		t.Fatal(err)
	}
	time.Sleep(2 * racy) // the last change of the file's entry was just now
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
	// A change in the same tick as the stamp: what has just been written is always hashed.
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

func stat(t *testing.T, name string) os.FileInfo {
	t.Helper()
	info, err := os.Lstat(name)
	if err != nil {
		t.Fatal(err)
	}
	return info
}
