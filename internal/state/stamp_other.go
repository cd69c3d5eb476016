//go:build !linux

package state

import (
	"io/fs"

	"mpwolf/internal/disk"
)

// stampOf does not use the change time and the inode: package os reports them differently on
// each system.
func stampOf(info fs.FileInfo) stamp {
	return stamp{size: info.Size(), mtime: info.ModTime().UnixNano()}
}

// treeID distinguishes a tree from its copies by its path: a tree that was moved is read again.
func treeID(tree string) string { return disk.Hash([]byte(tree)) }
