package command

import (
	"io"
	"os"
	"strings"

	"golang.org/x/term"
)

// The colours of a terminal that are used.
const (
	red    = "\x1b[31m"
	green  = "\x1b[32m"
	yellow = "\x1b[33m"
	plain  = "\x1b[0m"
)

// isTerminal reports whether what is written goes to a terminal, and so to a person.
func isTerminal(w io.Writer) bool {
	if r, is := w.(*results); is {
		w = r.Writer
	}
	f, ok := w.(*os.File)
	return ok && term.IsTerminal(int(f.Fd()))
}

// coloured reports whether the output may have colours: on a terminal that supports them, unless
// NO_COLOR is set (https://no-color.org).
func coloured(w io.Writer) bool {
	return isTerminal(w) && os.Getenv("NO_COLOR") == "" && os.Getenv("TERM") != "dumb"
}

// mark is the beginning of a line, and the colour that the beginning gets.
type mark struct{ start, colour string }

// resultMarks are those of verify's report, errorMarks those of stderr.
var (
	resultMarks = []mark{
		{"ok ", green}, {"FAIL ", red}, {"? ", yellow}, {"      note:", yellow},
		{"        fix:", green},
	}
	errorMarks = []mark{{"mpwolf: hint:", green}, {"mpwolf:", red}}
)

// paint gives the beginnings of lines their colours.
func paint(text string, marks []mark) string {
	var b strings.Builder
	for line := range strings.Lines(text) {
		for _, m := range marks {
			if rest, is := strings.CutPrefix(line, m.start); is {
				line = m.colour + m.start + plain + rest
				break
			}
		}
		b.WriteString(line)
	}
	return b.String()
}
