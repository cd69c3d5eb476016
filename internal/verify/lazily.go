package verify

import (
	"regexp"
	"sync"
)

// lazily compiles a pattern when it is first used: a command that does not use it, such as check, shall not wait for it.
func lazily(pattern string) func() *regexp.Regexp {
	return sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(pattern) })
}
