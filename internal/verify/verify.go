// Package verify proves that a firmware is what was asked for: it builds it and then looks at what the compiler saw,
// at the objects and archives that were linked, and at the firmware itself.
package verify

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"time"

	"mpwolf/internal/build"
	"mpwolf/internal/micropython"
	"mpwolf/internal/objects"
	"mpwolf/patches"
)

// Options say what to verify.
type Options struct {
	Target micropython.Target
	Wants  []patches.Want
	// Modules is the USER_C_MODULES folder; "" if Args name one, or for a firmware without user modules.
	Modules string
	// Names are the Python modules that must be registered, once each: wolfssl, wolfcryptolib, wolfhashlib. DropIn
	// are further such names: those of the built-in modules that these replace.
	Names, DropIn []string
	// Settings is the user_settings.h that must have been compiled, WolfSSL the folder of the wolfSSL sources that
	// must have been; "" leaves the question out.
	Settings, WolfSSL string
	// Licence is that of these sources, "" if it is not known.
	Licence string
	// Args are further arguments for make, such as "WOLFSSL_PORT=unix".
	Args []string
	// Build is the build folder, an absolute path.
	Build string
	// NoBuild looks at what is in the build folder, which must be there.
	NoBuild bool
	// Jobs is how many commands make runs at once; 0 means one a processor.
	Jobs int
	// Progress, if not nil, gets a line for each step of the build.
	Progress io.Writer
	// HandshakeScript and RunScripts are Python files that the built firmware runs, where it can run here. Each must
	// end with exit code 0, without "FAIL" at the start of a line, and, if a file of its name with .exp added exists,
	// with that output.
	HandshakeScript string
	RunScripts      []string
	// MaxFlash and MaxRAM are how many bytes the firmware may need; 0 means that there is no limit.
	MaxFlash, MaxRAM uint64
	// Baseline is what the firmware would need with the built-in TLS, nil if that is not known.
	Baseline *Size
}

// verification is what the checks share.
type verification struct {
	Options
	build   build.Make
	flags   *build.Flags
	again   *built      // the build, if probe made it
	link    *build.Link // nil if make could not be asked
	inputs  *inputs
	failure *failure // of the build
	// blocked says why a check that needs the build cannot be made: "the build failed, see symbols".
	blocked  string
	elf      string         // the firmware, "" if there is none
	image    *objects.Image // what is in it, nil if there is none
	depCache map[string][]string
	seconds  Seconds
	early    *early
	settings map[string]bool   // headers, and whether they are settings
	builtin  map[string]string // headers, and the built-in library that they are of
}

// Run builds the firmware, unless it is told not to, and makes all checks. An error means that it could not look: no
// compiler, no make, no such port; what is wrong with the firmware, a build that fails included, is in the report. The
// findings of a failed build are in the check that its cause belongs to: what the linker refuses in symbols, or in size
// if the firmware does not fit; a compile error in wolfSSL's sources or settings in settings, in a user module in
// modules, in MicroPython's own sources in macros; and, as the last resort, in macros, the first check.
func Run(ctx context.Context, options Options) (*Report, error) {
	if options.Target.Tree == nil {
		return nil, errors.New("verify: no MicroPython tree")
	}
	v := newVerification(options)
	if v.NoBuild {
		if _, err := os.Stat(v.Build); err != nil {
			return nil, fmt.Errorf("verify %s: there is no build to look at: %w", v.Target.Name(), err)
		}
	}
	checks := make(map[string]*check)
	for _, id := range checkIDs {
		checks[id] = &check{}
	}
	start := time.Now()
	if err := v.make(ctx, checks); err != nil {
		return nil, fmt.Errorf("verify %s: %w", v.Target.Name(), err)
	}
	r := reportOf(checks)
	v.seconds.Analysis = time.Since(start).Seconds() - v.seconds.Build - v.seconds.Run
	r.Seconds = v.seconds
	return r, nil
}

func newVerification(options Options) *verification {
	v := &verification{Options: options, depCache: make(map[string][]string), settings: make(map[string]bool),
		builtin: make(map[string]string)}
	if v.Modules != "" {
		v.Args = append(slices.Clone(v.Args), "USER_C_MODULES="+v.Modules)
	}
	v.build = build.Make{Target: v.Target, Dir: v.Build, Args: v.Args, Jobs: v.Jobs, KeepGoing: true,
		KeepSymbols: true, Progress: v.Progress}
	return v
}

// probe asks make for the flags, and builds at once if an earlier build can be repeated.
func (v *verification) probe(ctx context.Context) (*build.Flags, error) {
	defer timed(&v.seconds.Build)()
	if !v.NoBuild {
		v.early = v.readEarly()
		flags, result, err := v.build.Again(ctx, v.variables()...)
		if failed := (*build.Error)(nil); err != nil && !errors.As(err, &failed) {
			return nil, err
		}
		if flags != nil {
			v.again = &built{result, err}
			return flags, nil
		}
	}
	return v.build.Probe(ctx, v.variables()...)
}

func reportOf(checks map[string]*check) *Report {
	r := &Report{OK: true}
	for _, id := range checkIDs {
		result := checks[id].result(id)
		r.OK = r.OK && result.OK
		r.Checks = append(r.Checks, result)
	}
	return r
}

// make prepares what the checks look at, and makes them. What a later check needs and an earlier one has shown to be
// impossible, it is told in blocked.
func (v *verification) make(ctx context.Context, checks map[string]*check) error {
	if v.modulesFolder(checks[ModulesID]); len(checks[ModulesID].findings) > 0 {
		skip(checks, "see modules")
		return nil
	}
	flags, err := v.probe(ctx)
	if stopped := (*build.MakeError)(nil); errors.As(err, &stopped) {
		return v.stopped(stopped, checks, err)
	}
	if err != nil {
		return err
	}
	v.flags, v.build.Flags = flags, flags
	if err := v.macrosCheck(ctx, checks[MacrosID]); err != nil {
		return err
	}
	if v.blocked == "" {
		if err := v.compile(ctx, checks); err != nil {
			return err
		}
	}
	v.symbolsCheck(ctx, checks[SymbolsID])
	v.leftoversCheck(checks[LeftoversID])
	v.modulesCheck(checks[ModulesID])
	if err := v.settingsCheck(ctx, checks[SettingsID]); err != nil {
		return err
	}
	v.sizeCheck(ctx, checks[SizeID])
	defer timed(&v.seconds.Run)()
	return v.runCheck(ctx, checks[RunID])
}

// timed adds the time until the function that it returns is called.
func timed(seconds *float64) func() {
	start := time.Now()
	return func() { *seconds += time.Since(start).Seconds() }
}

// stopped reports that make cannot read its makefiles: a finding if the user modules' fragment is the cause, such as
// an unknown WOLFSSL_PORT.
func (v *verification) stopped(stopped *build.MakeError, checks map[string]*check, err error) error {
	m := makeErrorLine().FindStringSubmatch(stopped.Cause)
	if m == nil || v.modulesDir() == "" || relative(v.modulesDir(), v.abs(m[1])) == v.abs(m[1]) {
		return err
	}
	d := diagnose(stopped.Cause)
	checks[ModulesID].find(Finding{Message: d.compile[0].message, File: relative(v.Target.Tree.Dir, v.abs(m[1])),
		Line: d.compile[0].line, Fix: "give make the variable that the message names, with a value that it lists"})
	skip(checks, "see modules")
	return nil
}

// skip gives up all checks but the one of the user modules.
func skip(checks map[string]*check, why string) {
	for _, id := range checkIDs {
		if id != ModulesID {
			checks[id].notMade = why
		}
	}
}

// abs is a path that make or the compiler wrote, which run in the port's folder.
func (v *verification) abs(path string) string {
	if filepath.IsAbs(path) {
		return filepath.Clean(path)
	}
	return filepath.Join(v.Target.Dir(), path)
}

// built is how a build ended.
type built struct {
	result *build.Result
	err    error
}

func (v *verification) run(ctx context.Context) (*build.Result, error) {
	if v.again != nil {
		return v.again.result, v.again.err
	}
	defer timed(&v.seconds.Build)()
	return v.build.Run(ctx)
}

// compile builds, or looks at what was built, and reads what is linked. A failed build is a finding; there are objects
// then all the same.
func (v *verification) compile(ctx context.Context, checks map[string]*check) error {
	if !v.NoBuild {
		result, err := v.run(ctx)
		failed := (*build.Error)(nil)
		switch {
		case errors.As(err, &failed):
			if v.failure, err = readFailure(failed); err != nil {
				return err
			}
		case err != nil:
			return err
		default:
			v.link = result.Link
		}
	}
	var err error
	if v.link == nil {
		if v.link, err = v.build.Link(ctx); err != nil {
			return err
		}
	}
	if v.inputs, err = readInputs(v.link, v.early); err != nil {
		return err
	}
	if err := v.readSlim(ctx); err != nil {
		return err
	}
	v.readDeps()
	if v.failure != nil {
		id := v.blame(ctx, checks)
		v.blocked = "the build failed, see " + id
		return nil
	}
	v.elf = v.link.Output
	if v.image, err = v.early.firmware(v.elf); err != nil {
		return fmt.Errorf("look at the firmware: %w", err)
	}
	v.recordInputs()
	return nil
}
