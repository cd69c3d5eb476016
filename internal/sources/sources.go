// Package sources gets source trees onto this machine: git repositories, Debian's source archive, archives and
// folders. What it fetches is complete or absent, checked before it is unpacked, and cached.
package sources

import "errors"

// Log takes a line for the user, without a line end. A nil Log is silent.
type Log func(format string, args ...any)

// Printf logs a line; a nil Log takes it too.
func (l Log) Printf(format string, args ...any) {
	if l != nil {
		l(format, args...)
	}
}

// ErrOffline is wrapped by errors that say that the other side cannot be reached at all, as opposed to one that was
// reached and lacks what was asked for.
var ErrOffline = errors.New("network cannot be reached")

// HintError is an error with a way out. The command line shows the hint on a line of its own.
type HintError struct {
	Err  error
	Text string
}

// WithHint adds a way out to an error.
func WithHint(err error, hint string) error { return &HintError{Err: err, Text: hint} }

func (e *HintError) Error() string { return e.Err.Error() }
func (e *HintError) Unwrap() error { return e.Err }

// Hint is what the user can do.
func (e *HintError) Hint() string { return e.Text }
