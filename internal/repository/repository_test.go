package repository

import (
	"os"
	"path/filepath"
	"testing"
)

func TestTop(t *testing.T) {
	dir := t.TempDir()
	write := func(name, text string) {
		path := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o777); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o666); err != nil {
			t.Fatal(err)
		}
	}
	write("product/.git/HEAD", "")
	write("product/lib/micropython/.git", "gitdir: ../../.git/modules/lib/micropython\n")
	write("product/lib/micropython/ports/unix/Makefile", "")
	write("worktree/.git", "gitdir: /x/.git/worktrees/worktree\n")
	write("worktree/sub/file", "")
	for from, want := range map[string]string{
		"product/lib/micropython/ports/unix": "product",
		"product":                            "product",
		"worktree/sub":                       "worktree",
	} {
		if got := Top(filepath.Join(dir, from)); got != filepath.Join(dir, want) {
			t.Errorf("%s: %s", from, got)
		}
	}
	if _, err := os.Stat("/.git"); err != nil {
		if got := Top("/proc"); got != "/proc" {
			t.Errorf("without a repository: %s", got)
		}
	}
}
