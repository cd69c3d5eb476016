//go:build unix

package state

import (
	"io/fs"
	"os"
	"syscall"
)

// keepOwner gives a staged file the owner of the file that it replaces, for root working in
// another user's tree. Others cannot change owners, and need not.
func (l *Lock) keepOwner(name string, like fs.FileInfo) {
	if st, ok := like.Sys().(*syscall.Stat_t); ok && os.Geteuid() == 0 {
		_ = l.disk.Lchown(name, int(st.Uid), int(st.Gid))
	}
}
