package state

import (
	"fmt"
	"io/fs"
	"os"
	"syscall"
)

func stampOf(info fs.FileInfo) stamp {
	s := stamp{size: info.Size(), mtime: info.ModTime().UnixNano()}
	if st, ok := info.Sys().(*syscall.Stat_t); ok {
		s.ctime, s.inode = st.Ctim.Nano(), st.Ino
	}
	return s
}

// treeID distinguishes a tree from its copies, wherever it is moved on its file system.
func treeID(tree string) string {
	info, err := os.Stat(tree)
	if err != nil {
		return "none"
	}
	st, ok := info.Sys().(*syscall.Stat_t)
	if !ok {
		return "none"
	}
	return fmt.Sprintf("%d:%d", st.Dev, st.Ino)
}
