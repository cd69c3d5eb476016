//go:build !linux

package build

import (
	"io/fs"
	"time"
)

// changeTime is the time of modification: package os reports the other one differently on each
// system.
func changeTime(info fs.FileInfo) time.Time { return info.ModTime() }
