package build

import (
	"io/fs"
	"syscall"
	"time"
)

// changeTime is when a file was last written, renamed or given another time, which no program can
// set.
func changeTime(info fs.FileInfo) time.Time {
	if st, ok := info.Sys().(*syscall.Stat_t); ok {
		return time.Unix(st.Ctim.Unix())
	}
	return info.ModTime()
}
