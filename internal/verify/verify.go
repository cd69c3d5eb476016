// Package verify proves that firmware is what was requested: it builds it, gathers the evidence
// once, and checks it with a table of checks, one file each. It changes no tree; what it finds,
// including a failed build, is in its report.
package verify

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"sync"
	"time"

	"mpwolf/internal/hint"
	"mpwolf/internal/micropython"
	"mpwolf/patches"
)

// Options say what to verify.
type Options struct {
	Target micropython.Target
	Wants  []patches.Want
	// Modules is the USER_C_MODULES directory; "" if Args name one, or for a firmware without user
	// modules.
	Modules string
	// Names are the Python modules that must be registered, once each: wolfssl, wolfcryptolib,
	// wolfhashlib. DropIn are further such names: those of the built-in modules that these
	// replace.
	Names, DropIn []string
	// Settings is the user_settings.h that must have been compiled, WolfSSL the directory of the
	// wolfSSL sources that must have been; "" skips the question.
	Settings, WolfSSL string
	// Licence is that of these sources, "" if it is not known.
	Licence string
	// Args are further arguments for make, such as "WOLFSSL_PORT=unix".
	Args []string
	// Build is the build directory, an absolute path.
	Build string
	// NoBuild checks what is in the build directory, which must exist.
	NoBuild bool
	// Jobs is how many commands make runs at once; 0 means one per processor.
	Jobs int
	// Progress, if not nil, gets a line for each step of the build.
	Progress io.Writer
	// HandshakeScript and RunScripts are Python files that the built firmware runs, if it can
	// run here. Each must end with exit code 0, without "FAIL" at the start of a line, and, if a
	// file of its name with .exp added exists, with that output.
	HandshakeScript string
	RunScripts      []string
	// RandomScript is a Python file that writes "random " and random numbers, or something else
	// if it cannot; "" skips the comparison of two runs.
	RandomScript string
	// Board are further scripts, for firmware that does not run on this machine itself.
	Board BoardScripts
	// Device is the serial port of a board with the firmware; "" for none. Then only firmware for
	// this machine, or for one that QEMU emulates, is run.
	Device string
	// ScriptTimeout is how long a script may take on a board or in QEMU; 0 means five minutes.
	ScriptTimeout time.Duration
	// TimeScript is a Python file that writes "refused ", the firmware's time and an error if
	// that time makes it refuse a valid certificate; "" skips that explanation of a failure.
	TimeScript string
	// DropInScript is a Python file that writes a line for each drop-in name: the name, and "ok",
	// "absent", "extended" or "other", with the classes that are not our own; "" skips it.
	DropInScript string
	// MaxFlash and MaxRAM are how many bytes the firmware may need; 0 means that there is no
	// limit.
	MaxFlash, MaxRAM uint64
	// MinHeap and MinStack are how many bytes it must leave for Python's heap and for the stack; 0
	// means that there is no limit.
	MinHeap, MinStack uint64
	// Baseline is what the firmware would need with the built-in TLS, nil if that is not known.
	Baseline *Size

	// checking, if not nil, is held while checks are made: builds of other targets go on.
	checking *sync.Mutex
}

// Run builds the firmware, unless it is told not to, and makes all checks. An error means that
// it could not check: no compiler, no make, no such port; what is wrong with the firmware,
// including a build that fails, is in the report. The findings of a failed build are in the
// check that its cause belongs to: what the linker refuses in symbols, or in size if the
// firmware does not fit; a compile error in wolfSSL's sources or settings in settings, in a user
// module in modules, in MicroPython's own sources in macros; and, as the last resort, in macros,
// the first check.
func Run(ctx context.Context, options Options) (*Report, error) {
	if options.Target.Tree == nil {
		return nil, errors.New("verify: no MicroPython tree")
	}
	e := newEvidence(options)
	if e.NoBuild {
		if _, err := os.Stat(e.Build); err != nil {
			return nil, hint.With(fmt.Errorf("verify %s: there is no build to look at: %w",
				e.Target.Name(), err), "mpwolf verify, without --no-build, builds it")
		}
	}
	start := time.Now()
	skip, err := e.gather(ctx)
	var waited time.Duration
	if e.checking != nil {
		from := time.Now()
		e.checking.Lock()
		defer e.checking.Unlock()
		waited = time.Since(from)
	}
	for _, r := range rules {
		if err != nil || skip != "" {
			break
		}
		err = r.of(e).run(ctx, e.checks[r.ID])
	}
	if err != nil {
		return nil, fmt.Errorf("verify %s: %w", e.Target.Name(), err)
	}
	report := reportOf(e.checks, skip)
	e.seconds.Analysis = (time.Since(start) - waited).Seconds() - e.seconds.Build - e.seconds.Run
	report.Seconds = e.seconds
	return report, nil
}

// reportOf makes the report. With skip, the checks without findings are not made, and it says why.
func reportOf(checks map[string]*check, skip string) *Report {
	r := &Report{OK: true}
	for _, rule := range rules {
		c := checks[rule.ID]
		if skip != "" && len(c.findings) == 0 {
			c.notMade = skip
		}
		result := c.result(rule.ID)
		r.OK = r.OK && result.OK
		r.Checks = append(r.Checks, result)
	}
	return r
}
