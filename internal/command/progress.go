package command

import (
	"fmt"
	"io"
	"strings"
)

// lineProgress shows each line in place of the previous one, on a terminal.
type lineProgress struct{ w io.Writer }

// lines is nil without a terminal.
func (s *session) lines() *lineProgress {
	if !s.terminal {
		return nil
	}
	return &lineProgress{s.stderr}
}

func (p *lineProgress) Write(b []byte) (int, error) {
	const columns = 79
	line := strings.TrimSpace(string(b))
	if i := strings.LastIndexByte(line, '\n'); i >= 0 {
		line = line[i+1:]
	}
	_, err := fmt.Fprintf(p.w, "\r\x1b[K%.*s", columns, line)
	return len(b), err
}

func (p *lineProgress) clear() {
	if p != nil {
		fmt.Fprint(p.w, "\r\x1b[K")
	}
}
