package command

import (
	"fmt"
	"io"
	"strings"
)

// steps takes a line for each step of a build.
type steps interface {
	io.Writer
	// clear removes what should not stay on the screen.
	clear()
}

// steps is where the steps of a build go: with --verbose each to a line that stays, otherwise all
// to one line of a terminal; nil if no one is watching.
func (s *session) steps() steps {
	switch {
	case s.verbose:
		return everyLine{s.stderr}
	case s.terminal && !s.quiet:
		return &lineProgress{s.stderr}
	}
	return nil
}

type everyLine struct{ io.Writer }

func (everyLine) clear() {}

// lineProgress shows each line in place of the previous one, on a terminal.
type lineProgress struct{ w io.Writer }

func (p *lineProgress) Write(b []byte) (int, error) {
	line := strings.TrimSpace(string(b))
	if i := strings.LastIndexByte(line, '\n'); i >= 0 {
		line = line[i+1:]
	}
	_, err := fmt.Fprintf(p.w, "\r\x1b[K%s", fitted(line, 79))
	return len(b), err
}

func (p *lineProgress) clear() { fmt.Fprint(p.w, "\r\x1b[K") }

// fitted shortens a line that ends with the path of a file to some columns. It keeps the end of
// the path, which has the file's name.
func fitted(line string, columns int) string {
	if len([]rune(line)) <= columns {
		return line
	}
	at := strings.LastIndexByte(line, ' ') + 1
	what, path := line[:at], []rune(line[at:])
	room := columns - len([]rune(what)) - 1
	if room < 1 {
		return string([]rune(line)[:columns])
	}
	end := string(path[len(path)-room:])
	if i := strings.IndexByte(end, '/'); i >= 0 {
		end = end[i:]
	}
	return what + "…" + end
}
