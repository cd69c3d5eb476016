// Package lazyregexp compiles regular expressions when they are first used: a command that does
// not use one, such as check, must not wait for it. It knows nothing else.
package lazyregexp

import (
	"regexp"
	"sync"
)

// New returns a function that gives the compiled pattern, which must be valid.
func New(pattern string) func() *regexp.Regexp {
	return sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(pattern) })
}
