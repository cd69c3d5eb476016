package verify

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"time"

	"mpwolf/internal/build"
	"mpwolf/internal/objects"
)

// evidence is what the checks examine, gathered once.
type evidence struct {
	Options
	build   build.Make
	flags   *build.Flags
	again   *built      // the build, if probe made it
	link    *build.Link // nil if make could not be asked
	inputs  *inputs
	failure *failure // of the build
	// blocked says why checks that need the build cannot be made: "the build failed, see
	// symbols".
	blocked string
	// otherFlags is set if what is looked at, and is not built again, was built with other flags.
	otherFlags bool
	elf        string         // the firmware, "" if there is none
	image      *objects.Image // what is in it, nil if there is none
	// checks are the unfinished checks: gathering may find the cause of a failure that belongs
	// to one.
	checks map[string]*check
	// values are the wanted macros as the compiler sees them; nil if it could not be asked.
	values   map[string]build.Value
	depCache map[string][]string
	seconds  Seconds
	early    *early
	settings map[string]bool // headers, and whether they are settings
	roots    []string        // see wolfRoots
	// placements are where the linker has put the objects, nil if that has not been read.
	placements *placedSections
	builtin    map[string]string // headers, and the built-in library that they belong to
}

func newEvidence(options Options) *evidence {
	v := &evidence{Options: options, checks: make(map[string]*check),
		depCache: make(map[string][]string), settings: make(map[string]bool),
		builtin: make(map[string]string)}
	for _, r := range rules {
		v.checks[r.ID] = &check{}
	}
	if v.Modules != "" {
		v.Args = append(slices.Clone(v.Args), "USER_C_MODULES="+v.Modules)
	}
	v.build = build.Make{Target: v.Target, Dir: v.Build, Args: v.Args,
		Jobs: v.Jobs, KeepGoing: true,
		KeepSymbols: true, Progress: v.Progress}
	return v
}

// probe asks make for the flags, and builds at once if an earlier build can be repeated.
func (v *evidence) probe(ctx context.Context) (*build.Flags, error) {
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

// gather prepares what the checks examine. blocked says why later checks are impossible; if no
// check can be made, skip says why.
func (v *evidence) gather(ctx context.Context) (skip string, err error) {
	if (modulesCheck{v}).findDir(v.checks[ModulesID]); len(v.checks[ModulesID].findings) > 0 {
		return "see modules", nil
	}
	flags, err := v.probe(ctx)
	if stopped := (*build.MakeError)(nil); errors.As(err, &stopped) {
		return v.stopped(stopped, err)
	}
	if err != nil {
		return "", err
	}
	v.flags, v.build.Flags = flags, flags
	if err := (macrosCheck{v}).read(ctx, v.checks[MacrosID]); err != nil {
		return "", err
	}
	if v.blocked != "" {
		return "", nil
	}
	return "", v.compile(ctx)
}

// timed adds the time until the returned function is called.
func timed(seconds *float64) func() {
	start := time.Now()
	return func() { *seconds += time.Since(start).Seconds() }
}

// stopped reports that make cannot read its makefiles: a finding if the user modules' fragment is
// the cause, such as an unknown WOLFSSL_PORT.
func (v *evidence) stopped(stopped *build.MakeError, err error) (skip string, _ error) {
	d := diagnose(stopped.Cause)
	if len(d.compile) == 0 || v.modulesDir() == "" {
		return "", err
	}
	file := v.abs(d.compile[0].file)
	if relative(v.modulesDir(), file) == file {
		return "", err
	}
	v.checks[ModulesID].find(
		Finding{Message: d.compile[0].message, File: relative(v.Target.Tree.Dir, file),
			Line: d.compile[0].line,
			Fix:  "give make the variable that the message names, with a value that it lists"})
	return "see modules", nil
}

// abs is a path that make, the compiler or the linker wrote.
func (v *evidence) abs(path string) string {
	if filepath.IsAbs(path) {
		return filepath.Clean(path)
	}
	return filepath.Join(v.build.RunDir(), path)
}

// built is how a build ended.
type built struct {
	result *build.Result
	err    error
}

func (v *evidence) make(ctx context.Context) (*build.Result, error) {
	if v.again != nil {
		return v.again.result, v.again.err
	}
	defer timed(&v.seconds.Build)()
	return v.build.Run(ctx)
}

// compile builds, or takes what was built, and reads what is linked. A failed build is a
// finding; even then there are objects.
func (v *evidence) compile(ctx context.Context) error {
	if !v.NoBuild {
		result, err := v.make(ctx)
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
	} else if other, err := v.build.OtherFlags(ctx); err != nil {
		return err
	} else {
		v.otherFlags = other
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
	if err := (slimReader{v}).readSlim(ctx); err != nil {
		return err
	}
	v.readDeps()
	if v.failure != nil {
		id := blamer{v}.blame(ctx, v.checks)
		v.blocked = "the build failed, see " + id
		return nil
	}
	v.elf = v.link.Output
	if v.image, err = v.early.firmware(v.elf); err != nil {
		return fmt.Errorf("look at the firmware: %w", err)
	}
	if !isFirmware(v.image) {
		v.checks[SymbolsID].find(Finding{File: v.elf, Fix: "build again",
			Message: "this is not the firmware: it has no symbol and no text of MicroPython or " +
				"wolfSSL"})
		v.elf, v.image = "", nil
		v.blocked = "the program is not the firmware, see " + SymbolsID
		return nil
	}
	v.recordInputs()
	return nil
}

// isFirmware reports whether a program has anything of MicroPython or wolfSSL in it.
func isFirmware(i *objects.Image) bool {
	return len(i.SymbolsLike([]string{"mp_*", "wolfSSL*", "wc_*"}, nil)) > 0 ||
		i.Contains("MicroPython") || i.Contains("micropython") || i.Contains("wolfSSL")
}
