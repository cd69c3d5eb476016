//go:build unix

package state

import (
	"io/fs"
	"os"
	"syscall"
)

// keepOwner gives a staged file the owner of the one whose place it takes, for root at work in
// another's tree. Others may not change owners, and need not.
func (l *Lock) keepOwner(name string, like fs.FileInfo) {
	if st, ok := like.Sys().(*syscall.Stat_t); ok && os.Geteuid() == 0 {
		_ = l.disk.Lchown(name, int(st.Uid), int(st.Gid))
	}
}
