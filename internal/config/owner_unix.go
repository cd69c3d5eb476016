//go:build unix

package config

import (
	"os"
	"syscall"
)

// sameOwner reports whether a file belongs to this user, to root, or to the owner of a directory.
func sameOwner(file, dir string) (bool, error) {
	a, err := os.Stat(file)
	if err != nil {
		return false, err
	}
	b, err := os.Stat(dir)
	if err != nil {
		return false, err
	}
	owner, ok := a.Sys().(*syscall.Stat_t)
	of, okToo := b.Sys().(*syscall.Stat_t)
	if !ok || !okToo {
		return true, nil
	}
	return owner.Uid == 0 || int(owner.Uid) == os.Geteuid() || owner.Uid == of.Uid, nil
}
