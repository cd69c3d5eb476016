package board

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os/exec"
	"runtime"
	"strings"
	"sync"
	"time"

	"mpwolf/internal/lazyregexp"
)

// QEMU is a machine that QEMU emulates. It is started by the first script.
type QEMU struct {
	// Argv is the program with its arguments, of which -serial stdio must be one.
	Argv []string
	// Timeout is how long a script may take.
	Timeout time.Duration

	line  repl
	said  *safeBuffer // by QEMU itself
	ended <-chan error
	stop  func() // nil while it does not run
}

// MachineArgv is the command that starts a target's firmware, by the variables that ports/qemu's
// Makefile sets; an error if it does not say which machine.
func MachineArgv(system, arch, machine string, args []string, firmware string) ([]string, error) {
	if system == "" && arch != "" {
		system = "qemu-system-" + arch
	}
	if machine != "" && len(args) == 0 {
		args = []string{"-machine", machine, "-nographic", "-monitor", "null", "-semihosting"}
	}
	if system == "" || len(args) == 0 {
		return nil, errors.New("the port's Makefile sets no QEMU_SYSTEM and QEMU_ARGS, or " +
			"QEMU_ARCH and QEMU_MACHINE: it does not say which machine to emulate")
	}
	argv := append(strings.Fields(system), args...)
	return append(argv, "-serial", "stdio", "-kernel", firmware), nil
}

func (q *QEMU) start() error {
	cmd := exec.Command(q.Argv[0], q.Argv[1:]...)
	stdin, err := cmd.StdinPipe()
	if err != nil {
		return err
	}
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		return err
	}
	q.said = &safeBuffer{}
	cmd.Stderr = q.said
	cmd.WaitDelay = time.Second
	endWithUs(cmd)
	out := make(chan []byte, 100)
	started, ended := make(chan error), make(chan error, 1)
	go func() {
		// On Linux the program ends with the thread that started it: this thread waits for it.
		runtime.LockOSThread()
		defer runtime.UnlockOSThread()
		err := cmd.Start()
		started <- err
		if err != nil {
			return
		}
		// Wait closes stdout: all of it must have been read.
		for more := range listen(stdout) {
			out <- more
		}
		ended <- cmd.Wait()
		close(out)
	}()
	if err := <-started; err != nil {
		return fmt.Errorf("start %s: %w", q.Argv[0], err)
	}
	q.line, q.ended = repl{in: stdin, out: out}, ended
	q.stop = func() {
		killAll(cmd)
		_ = stdin.Close()
		// A program that QEMU_SYSTEM names may leave others with its output.
		late := time.AfterFunc(time.Second, func() { _ = stdout.Close() })
		defer late.Stop()
		for range out {
		}
	}
	return nil
}

// Close ends QEMU.
func (q *QEMU) Close() {
	if q.stop != nil {
		q.stop()
		q.stop = nil
	}
}

// Restart starts QEMU anew.
func (q *QEMU) Restart(context.Context) (bool, error) {
	q.Close()
	return true, nil
}

// Run runs a script. After a *Fault, the next script finds a machine that was started anew.
func (q *QEMU) Run(ctx context.Context, pieces []string) (Output, error) {
	limited, cancel := context.WithTimeout(ctx, q.Timeout)
	defer cancel()
	fresh := q.stop == nil
	if fresh {
		if err := q.start(); err != nil {
			return Output{}, err
		}
	}
	doing := "does not finish"
	err := func() error {
		if fresh {
			doing = "does not come to MicroPython's raw REPL"
			return q.line.enter(limited)
		}
		doing = "does not come back from a soft reset"
		return q.line.reset(limited)
	}()
	var out Output
	if err == nil {
		doing = "does not finish"
		out, err = q.line.run(limited, pieces)
	}
	if err == nil {
		return out, nil
	}
	defer q.Close()
	return out, q.explain(ctx, err, doing, out.Text+lines(string(q.line.seen)))
}

// explain turns the end of a script before its time into a *Fault, or into another error if it was
// not the firmware's.
func (q *QEMU) explain(ctx context.Context, err error, doing, wrote string) error {
	switch {
	case ctx.Err() != nil:
		return ctx.Err()
	case errors.Is(err, context.DeadlineExceeded):
		return fault(wrote, "%s within %v", doing, q.Timeout)
	case errors.Is(err, errFlood):
		return fault(wrote, "does not stop writing")
	case errors.Is(err, errCrash):
		at := crashes().FindStringIndex(wrote)
		before, name := cutLast(wrote[:at[0]])
		return fault(before, "crashes: %s exception%s", name, programCounter(wrote[at[1]:]))
	}
	const success = "exit status 0"
	status := success
	late := time.AfterFunc(time.Second, q.stop) // it has closed its input only
	end := <-q.ended
	late.Stop()
	if end != nil {
		status = end.Error()
	}
	if said := q.said.String(); wrote == "" && status != success && said != "" && !crashed(said) {
		// It refuses its arguments: an old QEMU does not know the machine, say. Or it lacks a
		// library.
		return fmt.Errorf("QEMU does not start (%s): %s", status, LastLines(said))
	}
	what := "ends: QEMU has ended by itself (" + status + ")"
	if crashed(wrote + q.said.String()) {
		what = "crashes: QEMU has ended (" + status + ")"
	}
	if said := LastLines(firstLines(q.said.String())); said != "" {
		what += "; QEMU: " + said
	}
	return fault(wrote, "%s", what)
}

// crashed reports whether an output tells of a crash: of MicroPython, or of the processor, in
// QEMU's words.
func crashed(text string) bool {
	text = strings.ToLower(text)
	return strings.Contains(text, "lockup") || strings.Contains(text, "uncaught nlr") ||
		strings.Contains(text, "qemu: fatal")
}

// cutLast cuts off the last line of an output.
func cutLast(text string) (before, last string) {
	text = printable(strings.TrimSpace(text))
	i := strings.LastIndexByte(text, '\n') + 1
	return text[:i], text[i:]
}

var pcValue = lazyregexp.New(`\b(?:R15|MEPC)[:=] *([0-9A-Fa-f]+)`)

// programCounter is where a crash was, if the registers tell.
func programCounter(registers string) string {
	if m := pcValue().FindStringSubmatch(registers); m != nil {
		return " at 0x" + strings.ToLower(m[1])
	}
	return ""
}

// firstLines leaves out the registers that QEMU shows after a message.
func firstLines(text string) string {
	text, _, _ = strings.Cut(text, "\nR00=")
	return text
}

// safeBuffer is written by one goroutine while another reads it. It keeps the beginning of what
// never ends.
type safeBuffer struct {
	lock   sync.Mutex
	buffer bytes.Buffer
}

func (b *safeBuffer) Write(p []byte) (int, error) {
	b.lock.Lock()
	defer b.lock.Unlock()
	if b.buffer.Len() > mostOutput {
		return len(p), nil
	}
	return b.buffer.Write(p)
}

func (b *safeBuffer) String() string {
	b.lock.Lock()
	defer b.lock.Unlock()
	return b.buffer.String()
}
