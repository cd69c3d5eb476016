package board

import (
	"bytes"
	"context"
	"errors"
	"io"
	"strings"
	"time"

	"mpwolf/internal/lazyregexp"
)

// What is sent to MicroPython's REPL, and what it says: shared/runtime/pyexec.c, in all releases
// so far.
const (
	ctrlA = "\x01" // into the raw REPL
	ctrlD = "\x04" // run what was sent; with nothing sent: soft reset
	ready = "raw REPL; CTRL-B to exit\r\n>"
)

// crashes are what ports/qemu/mcu/arm and rv32 write before they stop for ever, after the name of
// the exception.
var crashes = lazyregexp.New(`(?i) exception caught:`)

// mostOutput is how much a script may write, in bytes, before it counts as one that never ends.
const mostOutput = 1 << 20

var (
	errEnded = errors.New("the line is closed")
	errCrash = errors.New("the processor has crashed")
	errFlood = errors.New("it does not stop writing")
)

// repl is a serial line at whose other end is a raw REPL.
type repl struct {
	in   io.Writer
	out  <-chan []byte // closed at the end of the line
	seen []byte        // output that has not been read
}

// listen passes on what a line says.
func listen(from io.Reader) <-chan []byte {
	out := make(chan []byte, 100)
	go func() {
		defer close(out)
		for {
			buf := make([]byte, 4096)
			n, err := from.Read(buf)
			if n > 0 {
				out <- buf[:n]
			}
			if err != nil {
				return
			}
		}
	}()
	return out
}

// send returns when the other end has taken the text, or at the end of ctx: a firmware that hangs
// reads nothing. The line must be closed then.
func (r *repl) send(ctx context.Context, text string) error {
	done := make(chan error, 1)
	go func() {
		_, err := io.WriteString(r.in, text)
		done <- err
	}()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case err := <-done:
		if err != nil {
			return errEnded // what the other end said before tells more than "broken pipe"
		}
		return nil
	}
}

// until returns what comes before mark, which is read too.
func (r *repl) until(ctx context.Context, mark string) (string, error) {
	for {
		if before, after, found := bytes.Cut(r.seen, []byte(mark)); found {
			r.seen = after
			return string(before), nil
		}
		switch {
		case len(r.seen) > mostOutput:
			return "", errFlood
		case crashes().Match(r.seen):
			r.drain(ctx)
			return "", errCrash
		}
		select {
		case <-ctx.Done():
			return "", ctx.Err()
		case more, open := <-r.out:
			if !open {
				return "", errEnded
			}
			r.seen = append(r.seen, more...)
		}
	}
}

// drain reads what still comes: after a crash, the registers.
func (r *repl) drain(ctx context.Context) {
	for {
		select {
		case <-ctx.Done():
			return
		case <-time.After(200 * time.Millisecond):
			return
		case more, open := <-r.out:
			if !open {
				return
			}
			r.seen = append(r.seen, more...)
		}
	}
}

// enter gets to the prompt of the raw REPL.
func (r *repl) enter(ctx context.Context) error {
	if err := r.send(ctx, ctrlA); err != nil {
		return err
	}
	_, err := r.until(ctx, ready)
	return err
}

// reset makes a soft reset.
func (r *repl) reset(ctx context.Context) error {
	if err := r.send(ctx, ctrlD); err != nil {
		return err
	}
	if _, err := r.until(ctx, "soft reboot"); err != nil {
		return err
	}
	_, err := r.until(ctx, ready)
	return err
}

// run runs the pieces of a script.
func (r *repl) run(ctx context.Context, pieces []string) (Output, error) {
	var all Output
	for _, piece := range pieces {
		if err := r.send(ctx, piece+ctrlD); err != nil {
			return all, err
		}
		if _, err := r.until(ctx, "OK"); err != nil {
			return all, err
		}
		text, err := r.until(ctx, ctrlD)
		if err != nil {
			return all, err
		}
		raised, err := r.until(ctx, ctrlD)
		if err != nil {
			return all, err
		}
		if _, err := r.until(ctx, ">"); err != nil {
			return all, err
		}
		all.Text += lines(text)
		all.Raised = lines(raised)
		if all.Raised != "" || all.Skipped() {
			break
		}
	}
	return all, nil
}

// lines are with \n at their ends, as on other machines.
func lines(text string) string { return strings.ReplaceAll(text, "\r\n", "\n") }
