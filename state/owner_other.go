//go:build !unix

package state

import "io/fs"

func keepOwner(string, fs.FileInfo) {}
