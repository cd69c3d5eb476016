//go:build !unix

package state

import "io/fs"

func (*Lock) keepOwner(string, fs.FileInfo) {}
