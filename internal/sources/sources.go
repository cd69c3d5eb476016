// Package sources gets source trees onto this machine: git repositories, Debian's source archive,
// archives and directories. What it fetches is complete or absent, checked before it is unpacked,
// and cached.
package sources

import "errors"

// Log takes a line for the user, without a line end. A nil Log is silent.
type Log func(format string, args ...any)

// Printf logs a line; a nil Log is allowed.
func (l Log) Printf(format string, args ...any) {
	if l != nil {
		l(format, args...)
	}
}

// ErrOffline is wrapped by errors that say that the other side cannot be reached at all, as
// opposed to one that lacks what was requested.
var ErrOffline = errors.New("network cannot be reached")
