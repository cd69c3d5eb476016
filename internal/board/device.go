package board

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"mpwolf/internal/hint"
	"mpwolf/internal/lazyregexp"
	"mpwolf/internal/trace"
)

// Device is a board at a serial port, which mpremote talks to.
type Device struct {
	// Port is its name, such as /dev/ttyACM0.
	Port string
	// Mpremote is the directory of MicroPython's mpremote: tools/mpremote.
	Mpremote string
	// Timeout is how long a script may take.
	Timeout time.Duration

	answered bool // a script has run
}

// python runs mpremote.
const python = "python3"

// ModuleError is a Python module that mpremote needs and that python3 does not have.
type ModuleError struct{ Module string }

func (e *ModuleError) Error() string {
	return "mpremote cannot run: " + python + " has no module " + e.Module
}

// LostError is a device that cannot be reached, or not any more. Nothing is known of its firmware.
type LostError struct{ What string }

func (e *LostError) Error() string { return e.What }

// probe imports all that mpremote imports, and opens a port as mpremote does, without a word to
// whatever is at its other end.
const probe = `
import sys
sys.path.insert(0, sys.argv[1])
import mpremote.main
import serial
if "://" not in sys.argv[2]:
    serial.Serial(sys.argv[2], exclusive=True).close()
`

// stop stops a script that was cut off, and leaves the raw REPL.
const stop = `
import sys
import serial
port = serial.serial_for_url(sys.argv[1], timeout=1, write_timeout=1, exclusive=True)
port.write(b"\r\x03\x03\x02")
`

// How long that may take: after a signal this program ends soon.
const (
	stopTimeout     = 10 * time.Second
	stopInterrupted = 500 * time.Millisecond
)

// openTimeout is how long Python may take to start and to open a port.
const openTimeout = 30 * time.Second

// Check looks for what running scripts needs: Python, mpremote and its modules, and a port that
// can be opened.
func (d *Device) Check(ctx context.Context) error {
	if err := d.checkPort(); err != nil {
		return err
	}
	if _, err := os.Stat(filepath.Join(d.Mpremote, "mpremote.py")); err != nil {
		return fmt.Errorf("this tree has no mpremote: %w", err)
	}
	limited, cancel := context.WithTimeout(ctx, openTimeout)
	defer cancel()
	_, said, err := d.python(limited, "-c", probe, d.Mpremote, d.Port)
	switch exit := (*exec.ExitError)(nil); {
	case ctx.Err() != nil:
		return ctx.Err()
	case limited.Err() != nil:
		return &LostError{fmt.Sprintf("%s cannot be opened within %v", d.Port, openTimeout)}
	case errors.As(err, &exit) && strings.Contains(said, "could not open port") &&
		containsAny(said, missing):
		return d.missing() // COM3, or a relative name
	case errors.As(err, &exit):
		return d.explain(said)
	}
	return err
}

// checkPort reports a port that does not exist.
func (d *Device) checkPort() error {
	if d.gone() {
		return d.missing()
	}
	return nil
}

// missing is the error for a port that does not exist, with those that do.
func (d *Device) missing() error {
	err := fmt.Errorf("device %s does not exist", d.Port)
	if ports := serialPorts(); len(ports) > 0 {
		return hint.With(err, "serial ports of this machine: "+hint.List(ports))
	}
	return hint.With(err, "this machine has no serial port with a board; is it connected, "+
		"and its cable one for data?")
}

// gone reports whether the port is a file that does not exist.
func (d *Device) gone() bool {
	if !filepath.IsAbs(d.Port) {
		return false // COM3, or an address
	}
	_, err := os.Stat(d.Port)
	return errors.Is(err, fs.ErrNotExist)
}

// serialPorts are where boards appear on Linux and macOS.
func serialPorts() []string {
	var all []string
	for _, pattern := range []string{"/dev/ttyACM*", "/dev/ttyUSB*", "/dev/cu.usbmodem*",
		"/dev/cu.usbserial*"} {
		names, _ := filepath.Glob(pattern) // only a bad pattern
		all = append(all, names...)
	}
	return all
}

// python runs Python, which writes no byte code into the tree.
func (d *Device) python(
	ctx context.Context, args ...string,
) (stdout, stderr string, err error) {
	cmd := exec.CommandContext(ctx, python, args...)
	cmd.Env = append(os.Environ(), "PYTHONDONTWRITEBYTECODE=1", "LC_ALL=C.UTF-8",
		"PYTHONUNBUFFERED=1")
	cmd.WaitDelay = time.Second
	var out, diag safeBuffer
	cmd.Stdout, cmd.Stderr = &out, &diag
	err = trace.Run(ctx, cmd)
	return lines(out.String()), lines(diag.String()), err
}

// Close does nothing: mpremote has closed the port.
func (d *Device) Close() {}

// Restart reports that a device cannot be switched off.
func (d *Device) Restart(context.Context) (bool, error) { return false, nil }

// Run runs a script; mpremote makes a soft reset first. An error that is not a *Fault is a
// *LostError if the device cannot be reached.
func (d *Device) Run(ctx context.Context, pieces []string) (Output, error) {
	dir, err := os.MkdirTemp("", "mpwolf-device-")
	if err != nil {
		return Output{}, err
	}
	defer os.RemoveAll(dir)
	args := []string{filepath.Join(d.Mpremote, "mpremote.py"), "connect", d.Port}
	for i, piece := range pieces {
		file := filepath.Join(dir, fmt.Sprintf("%d.py", i))
		if err := os.WriteFile(file, []byte(piece), 0o600); err != nil {
			return Output{}, err
		}
		args = append(args, "run", file)
	}
	limited, cancel := context.WithTimeout(ctx, d.Timeout)
	defer cancel()
	text, said, err := d.python(limited, args...)
	if limited.Err() != nil && !d.gone() {
		d.stop(ctx)
	}
	if ctx.Err() != nil {
		return Output{}, ctx.Err()
	}
	out := Output{Text: text}
	if err != nil {
		out = readOutput(text)
	}
	switch exit := (*exec.ExitError)(nil); {
	case limited.Err() != nil && !d.answered && text == "":
		return out, d.silent()
	case limited.Err() != nil:
		d.answered = true
		return out, fault(text, "does not finish within %v", d.Timeout)
	case err == nil, errors.As(err, &exit) && said == "" && out.Raised != "",
		errors.As(err, &exit) && strings.HasPrefix(text, skip):
		d.answered = true
		if strings.HasPrefix(text, skip) {
			return Output{Text: skip}, nil
		}
		return out, nil
	case errors.As(err, &exit):
		return out, d.explainRun(text, said)
	}
	return out, err
}

// stop stops a script that was cut off. A board that does not listen goes on.
func (d *Device) stop(ctx context.Context) {
	timeout := stopTimeout
	if ctx.Err() != nil {
		timeout = stopInterrupted
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), timeout)
	defer cancel()
	_, _, _ = d.python(ctx, "-c", stop, d.Port)
}

// traceback is how the traceback of an exception begins, which mpremote writes after the output.
var traceback = lazyregexp.New(`(?m)^Traceback \(most recent call last\):$`)

// readOutput separates the traceback from what a script wrote.
func readOutput(text string) Output {
	all := traceback().FindAllStringIndex(text, -1)
	if len(all) == 0 {
		return Output{Text: text}
	}
	at := all[len(all)-1][0]
	return Output{Text: text[:at], Raised: text[at:]}
}

// noRawREPL is what mpremote says if the prompt does not come.
const noRawREPL = "could not enter raw repl"

// explainRun turns what mpremote says into an error.
func (d *Device) explainRun(text, said string) error {
	if d.gone() {
		return &LostError{fmt.Sprintf("%s is gone: the device was unplugged, or its firmware "+
			"crashed and started anew", d.Port)}
	}
	switch {
	case strings.Contains(said, noRawREPL) && !d.answered:
		return d.silent()
	case strings.Contains(said, noRawREPL):
		return fault("", "does not answer any more")
	case strings.Contains(said, "could not exec command"), strings.Contains(said, "raw paste"):
		return fault(text, "does not take a script: %s", lastLine(said))
	}
	return d.explain(said)
}

// silent is the error of a device that has never answered.
func (d *Device) silent() error {
	return hint.With(&LostError{fmt.Sprintf("%s does not answer: MicroPython's raw REPL does "+
		"not come", d.Port)},
		"is that the right port, and MicroPython on the board? Flash it, or press its reset "+
			"button, and try again")
}

// noModule is how Python says that a module is missing.
var noModule = lazyregexp.New(`No module named '([\w.]+)'`)

// missing are how systems say that there is no such port.
var missing = []string{"No such file", "Errno 2]", "FileNotFoundError"}

// reasons are what pyserial and mpremote say, and what it means.
var reasons = []struct {
	words []string
	means string
	hint  string
}{
	{[]string{"Permission denied", "Errno 13", "Access is denied", "PermissionError"},
		"no permission to open %s",
		"sudo usermod -aG dialout $USER (on Arch: uucp), and log in again"},
	{[]string{"Could not exclusively lock", "Resource temporarily unavailable", "busy",
		"Errno 11]", "Errno 16"},
		"%s is in use by another program", "close the terminal, mpremote or editor that has it " +
			"open"},
	{[]string{"Inappropriate ioctl", "Is a directory", "Errno 25", "not a tty",
		"Could not configure port"},
		"%s is no serial port", ""},
	{[]string{"No such file", "Errno 2]", "No such device", "Errno 19", "Errno 6]",
		"Input/output error", "Errno 5]", "disconnected", "device reports readiness",
		"FileNotFoundError"},
		"%s is gone: the device was unplugged, or its firmware crashed and started anew", ""},
}

// explain turns what Python says of a port that it cannot use into an error.
func (d *Device) explain(said string) error {
	if m := noModule().FindStringSubmatch(said); m != nil {
		module, _, _ := strings.Cut(m[1], ".")
		return &ModuleError{module}
	}
	for _, r := range reasons {
		if containsAny(said, r.words) {
			err := error(&LostError{fmt.Sprintf(r.means, d.Port)})
			if r.hint != "" {
				err = hint.With(err, r.hint)
			}
			return err
		}
	}
	return &LostError{fmt.Sprintf("%s cannot be used: %s", d.Port, lastLine(said))}
}

func containsAny(text string, words []string) bool {
	return slices.ContainsFunc(words, func(w string) bool { return strings.Contains(text, w) })
}

// lastLine is the last line of a message: of a Python traceback, the exception.
func lastLine(text string) string {
	_, last := cutLast(text)
	return last
}
