//go:build !linux

package state

import (
	"io/fs"

	"mpwolf/internal/disk"
)

// stampOf does without the time of the last change of a file's entry and without its inode: os
// tells them in a way of its own on each system.
func stampOf(info fs.FileInfo) stamp {
	return stamp{size: info.Size(), mtime: info.ModTime().UnixNano()}
}

// treeID tells a tree from its copies by its place: a tree that was moved is read once more.
func treeID(tree string) string { return disk.Hash([]byte(tree)) }
