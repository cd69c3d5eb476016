package verify

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"os/exec"
	"slices"
	"strings"
	"time"

	"mpwolf/internal/board"
	"mpwolf/internal/doctor"
	"mpwolf/internal/hint"
	"mpwolf/internal/lazyregexp"
	"mpwolf/internal/micropython"
	"mpwolf/internal/objects"
	"mpwolf/internal/project"
)

// device is a board at a serial port, with the tree's own mpremote.
func device(tree *micropython.Tree, port string, timeout time.Duration) *board.Device {
	return &board.Device{Port: port, Mpremote: tree.Path("tools", "mpremote"),
		Timeout: cmp.Or(timeout, boardTimeout)}
}

// checkDevice looks whether a device can be used, before anything is built.
func checkDevice(ctx context.Context, d *board.Device) error {
	err := d.Check(ctx)
	if missing := (*board.ModuleError)(nil); errors.As(err, &missing) {
		return hint.With(err, doctor.PythonModule(missing.Module))
	}
	return err
}

// notInstalled says what to install for a program; "" if it is there.
func notInstalled(program string) string {
	if _, err := exec.LookPath(program); err == nil {
		return ""
	}
	return program + " is not installed, or not on PATH: " + doctor.OfProgram(program).Hint()
}

// onDevice runs the scripts on a board, if its firmware is the one that was built. A pass is not
// recorded: the next board may be another.
func (v runCheck) onDevice(ctx context.Context, c *check, scripts []string) error {
	d := device(v.Target.Tree, v.Device, v.ScriptTimeout)
	defer d.Close()
	r := &boardRun{runCheck: v, c: c, board: d, where: "on " + v.Device}
	same, err := r.identify(ctx)
	if err != nil || !same {
		return err
	}
	if err := r.setClock(ctx); err != nil {
		return err
	}
	return r.all(ctx, scripts)
}

// identify reports whether the device has the firmware that was built; if not, there is a
// finding.
func (r *boardRun) identify(ctx context.Context) (bool, error) {
	out, ok, err := r.run(ctx, r.Board.Identity)
	if err != nil || !ok {
		return false, err
	}
	out = out.Printable()
	told := make(map[string]string)
	for line := range strings.Lines(out.Text) {
		name, value, _ := strings.Cut(strings.TrimSpace(line), " ")
		told[name] = value
	}
	if out.Raised != "" || told["version"] == "" {
		r.c.find(Finding{Message: fmt.Sprintf("%s does not say which firmware it has: %s",
			r.Device, board.LastLines(out.Text+out.Raised)), Fix: r.flash()})
		return false, nil
	}
	_, version, _ := strings.Cut(told["version"], "; ")
	version = cmp.Or(version, told["version"])
	firmware := version
	if told["machine"] != "" {
		firmware += "; " + told["machine"]
	}
	r.c.show("board", r.Device+": "+firmware)
	if problem := r.differs(told, version); problem != "" {
		r.c.find(Finding{Message: fmt.Sprintf("the firmware on %s (%s) is not the one that was "+
			"built: %s", r.Device, firmware, problem), File: r.elf, Fix: r.flash()})
		return false, nil
	}
	return r.sameCode(ctx, firmware)
}

// flash is what to do if the device has another firmware.
func (r *boardRun) flash() string {
	return fmt.Sprintf("write %s to the device, and run mpwolf verify --no-build --device %s "+
		"again", r.elf, r.Device)
}

// differs says how the firmware of a device differs from the one that was built, by what it tells;
// "" if it does not.
func (r *boardRun) differs(told map[string]string, version string) string {
	switch {
	case !r.image.Contains(version):
		return "that one is " + cmp.Or(r.image.Find(banner()), "another version")
	case !r.image.Contains(told["machine"]):
		return "that one is for another board"
	case told["wolfssl"] == "":
		return "it has no module wolfssl"
	case !r.image.Contains(strings.TrimPrefix(told["wolfssl"], "wolfSSL ")):
		return "it contains " + told["wolfssl"]
	}
	return ""
}

// banner is what a firmware says about itself at its start, without the board
// (MICROPY_BANNER_NAME_AND_VERSION in py/mpconfig.h).
var banner = lazyregexp.New(`MicroPython v?[\w.+-]+ on \d{4}-\d\d-\d\d`)

// codeScript prints the hash of a part of the memory. Python code cannot name a board's flash
// otherwise.
const codeScript = `import binascii
import uctypes
import wolfhashlib

h = wolfhashlib.sha256()
at = %d
left = %d
while left:
    n = min(left, 4096)
    h.update(uctypes.bytearray_at(at, n))
    at += n
    left -= n
print("code", binascii.hexlify(h.digest()).decode())
`

// inMemory are the ports whose code is in the address space of the processor, where the linker put
// it. On others, reading it could crash the device.
var inMemory = []string{"qemu", "stm32"}

// sameCode compares the code on the device with that of the built firmware: version and date are
// the same for all builds of a day.
func (r *boardRun) sameCode(ctx context.Context, firmware string) (bool, error) {
	note := func(why string) (bool, error) {
		r.c.show("same_code", false)
		r.c.notes = append(r.c.notes, Finding{Message: fmt.Sprintf("the firmware on %s has the "+
			"version and the date of the one that was built; its code was not compared: %s",
			r.Device, why)})
		return true, nil
	}
	if !slices.Contains(inMemory, r.Target.Port) {
		return note("the port " + r.Target.Port + " does not run it from a known address")
	}
	address, code, err := objects.ReadCode(r.elf)
	if err != nil {
		return note(err.Error())
	}
	if skip := uint64(64); address == 0 && uint64(len(code)) > skip {
		address, code = skip, code[skip:] // to C code, address 0 is no memory
	}
	out, err := r.board.Run(ctx, []string{fmt.Sprintf(codeScript, address, len(code))})
	if failed := (*board.Fault)(nil); err != nil && !errors.As(err, &failed) {
		return false, err
	} else if failed != nil {
		r.c.find(Finding{Message: fmt.Sprintf("the firmware on %s (%s) is not the one that was "+
			"built: reading its code, it %s", r.Device, firmware, failed), File: r.elf,
			Fix: r.flash()})
		return false, nil
	}
	got, is := strings.CutPrefix(strings.TrimSpace(out.Text), "code ")
	if !is {
		return note("it cannot be read (" + board.LastLines(out.Raised) + ")")
	}
	if sum := sha256.Sum256(code); got != hex.EncodeToString(sum[:]) {
		r.c.find(Finding{Message: fmt.Sprintf("the firmware on %s (%s) is not the one that was "+
			"built: version and date are the same, and its code is another", r.Device, firmware),
			File: r.elf, Fix: r.flash()})
		return false, nil
	}
	r.c.show("same_code", true)
	return true, nil
}

// clockScript sets the clock of a board that does not know what year it is: certificates are valid
// from a date on.
const clockScript = `try:
    import machine
    import time

    if time.gmtime()[0] < %d:
        machine.RTC().datetime((%d, %d, %d, %d, %d, %d, %d, 0))
        print("set")
except (ImportError, AttributeError):
    pass
`

func (r *boardRun) setClock(ctx context.Context) error {
	now := time.Now().UTC()
	weekday := (int(now.Weekday()) + 6) % 7 // from Monday on, as for machine.RTC
	out, err := r.board.Run(ctx, []string{fmt.Sprintf(clockScript, now.Year(), now.Year(),
		now.Month(), now.Day(), weekday, now.Hour(), now.Minute(), now.Second())})
	if failed := (*board.Fault)(nil); errors.As(err, &failed) {
		r.c.find(Finding{Message: fmt.Sprintf("setting the clock, the firmware %s", failed)})
		r.dead = true
		return nil
	}
	if strings.TrimSpace(out.Text) == "set" {
		r.c.notes = append(r.c.notes, Finding{Message: fmt.Sprintf(
			"the clock of %s was set: it was before %d", r.Device, now.Year())})
	}
	return err
}

// deviceTarget is an error if it is not clear which firmware a device has, or if none can be on
// it.
func deviceTarget(targets []project.Target) error {
	switch {
	case len(targets) > 1:
		return project.Usagef("--device needs one target, and there are %d: %s; choose one with "+
			"--port and --board", len(targets), hint.List(project.Names(targets)))
	case len(targets) == 1 && targets[0].Port == "unix":
		return project.Usagef("--device is for boards: the firmware of the port unix runs on " +
			"this machine")
	}
	return nil
}
