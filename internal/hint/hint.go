// Package hint adds to an error what its reader can do about it, to be shown on a separate line.
// It decides nothing and prints nothing.
package hint

import "errors"

// Hinter is an error that knows what its reader can do.
type Hinter interface {
	error
	Hint() string
}

type hinted struct {
	error
	text string
}

func (e *hinted) Unwrap() error { return e.error }
func (e *hinted) Hint() string  { return e.text }

// With returns err with a hint.
func With(err error, text string) error { return &hinted{err, text} }

// Of returns the outermost hint of an error; "" if it has none.
func Of(err error) string {
	var h Hinter
	if errors.As(err, &h) {
		return h.Hint()
	}
	return ""
}
