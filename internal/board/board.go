// Package board runs Python on a board over its serial line, through MicroPython's raw REPL: on
// one that QEMU emulates, or on hardware with the tree's own mpremote. It knows nothing of what
// the scripts test, and must not write to the board's files or to the tree.
package board

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"unicode"
)

// Board runs scripts, one at a time.
type Board interface {
	// Run runs the pieces of a script in one namespace, after a soft reset. It stops after a piece
	// that raises an exception, or that has written nothing but SKIP. The error is a *Fault if the
	// firmware is to blame for it.
	Run(ctx context.Context, pieces []string) (Output, error)
	// Restart switches the board off and on again, if that is possible; else it reports false.
	Restart(ctx context.Context) (bool, error)
	// Close ends the connection.
	Close()
}

// Output is what a script wrote, with \n at the end of lines.
type Output struct {
	Text string
	// Raised is the traceback of the exception that ended it; "" without one.
	Raised string
}

// Skipped reports whether the script said that it cannot run on this firmware.
func (o Output) Skipped() bool { return o.Text == skip && o.Raised == "" }

const skip = "SKIP\n"

// Fault is a firmware that does not do what any firmware must: it hangs, crashes or ends.
type Fault struct {
	What  string
	Wrote string // the end of what it wrote, on one line; "" for nothing
}

func (f *Fault) Error() string {
	if f.Wrote == "" {
		return f.What
	}
	return f.What + "; it wrote last: " + f.Wrote
}

// fault makes a *Fault with the end of an output.
func fault(wrote, format string, args ...any) *Fault {
	return &Fault{fmt.Sprintf(format, args...), LastLines(wrote)}
}

// pieceSize is how long a piece of a script is at least, in bytes, if more follows. A board has to
// hold the text of a piece, and what the compiler makes of it, beside what the script allocates.
const pieceSize = 1000

// Load reads a script as pieces that run one after the other. A board has no files to import: the
// scripts beside it that it imports at the beginning of a line ("from NAME import …") come first.
func Load(script string) ([]string, error) {
	text, err := inline(script, make(map[string]bool))
	if err != nil {
		return nil, err
	}
	return Pieces(text), nil
}

func inline(script string, seen map[string]bool) (string, error) {
	source, err := os.ReadFile(script)
	if err != nil {
		return "", err
	}
	var out strings.Builder
	for line := range strings.Lines(strings.ReplaceAll(string(source), "\r\n", "\n")) {
		words := strings.Fields(line)
		if !strings.HasPrefix(line, "from ") || len(words) < 3 || words[2] != "import" {
			out.WriteString(line)
			continue
		}
		file := filepath.Join(filepath.Dir(script), words[1]+".py")
		imported := ""
		if !seen[file] {
			seen[file] = true
			if imported, err = inline(file, seen); errors.Is(err, fs.ErrNotExist) {
				imported, err = line, nil
			}
		}
		if err != nil {
			return "", err
		}
		out.WriteString(imported)
	}
	return out.String(), nil
}

// Pieces cuts a script at blank lines before its statements.
func Pieces(script string) []string {
	if strings.Contains(script, `"""`) || strings.Contains(script, "'''") {
		return []string{script} // a blank line may be in a string
	}
	var pieces []string
	var piece strings.Builder
	blank := false
	for line := range strings.Lines(script) {
		if blank && startsStatement(line) && piece.Len() >= pieceSize {
			pieces = append(pieces, piece.String())
			piece.Reset()
		}
		blank = strings.TrimSpace(line) == ""
		piece.WriteString(line)
	}
	return append(pieces, piece.String())
}

// startsStatement reports whether a line after a blank one begins a statement: it is not indented,
// and does not go on with an if or a try.
func startsStatement(line string) bool {
	if strings.TrimLeft(line, " \t)]}") != line || strings.TrimSpace(line) == "" {
		return false
	}
	for _, word := range []string{"else", "elif", "except", "finally"} {
		if strings.HasPrefix(line, word) {
			return false
		}
	}
	return true
}

// Printable is an output as it can be shown: without what would change a terminal, and with lines
// that have an end. It is no longer what was written.
func (o Output) Printable() Output {
	const longest = 200
	var text strings.Builder
	for line := range strings.Lines(printable(o.Text)) {
		if len(line) > longest {
			line = strings.ToValidUTF8(line[:longest], "") + "…\n"
		}
		text.WriteString(line)
	}
	return Output{Text: text.String(), Raised: printable(o.Raised)}
}

// LastLines is the end of an output, on one line.
func LastLines(text string) string {
	const most, longest = 5, 500
	text = strings.TrimSpace(printable(text))
	lines := strings.Split(text, "\n")
	text = strings.Join(lines[max(0, len(lines)-most):], " | ")
	if len(text) > longest {
		text = "…" + strings.ToValidUTF8(text[len(text)-longest:], "")
	}
	return text
}

// printable is text without what would change a terminal.
func printable(text string) string {
	text = strings.ReplaceAll(strings.ToValidUTF8(text, "?"), "\r\n", "\n")
	return strings.Map(func(r rune) rune {
		if unicode.IsControl(r) && r != '\n' && r != '\t' || unicode.Is(unicode.Cf, r) {
			return -1
		}
		return r
	}, text)
}
