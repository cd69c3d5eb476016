package verify

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"mpwolf/internal/build"
	"mpwolf/internal/lazyregexp"
	"mpwolf/internal/objects"
)

// trial is a way to make the firmware smaller that can be measured: other arguments for make.
type trial struct {
	args []string // those that are added
	drop string   // the one that is left out
	text string
}

// trials are the ways that this port and these modules support and that the build does not use
// yet.
func (v sizeCheck) trials() []trial {
	given := slices.Concat(v.Target.Make, v.Args)
	var ways []trial
	if slices.Contains(given, "DEBUG=1") {
		ways = append(ways, trial{drop: "DEBUG=1", text: "make without DEBUG=1"})
	}
	makefile, err := os.ReadFile(filepath.Join(v.Target.Dir(),
		cmp.Or(v.Target.Makefile(), "Makefile")))
	if err == nil && bytes.Contains(makefile, []byte("$(LTO)")) &&
		!slices.Contains(given, "LTO=1") {
		ways = append(ways, trial{args: []string{"LTO=1"}, text: "make LTO=1"})
	}
	for _, profile := range v.profiles() {
		arg := "WOLFSSL_PROFILE=" + profile
		if profile != "full" && !slices.Contains(given, arg) {
			ways = append(ways, trial{args: []string{arg}, text: "make " + arg})
		}
	}
	return ways
}

var profilesLine = lazyregexp.New(`(?m)^WOLFSSL_PROFILES := (.+)$`)

// profiles are those that the modules' makefile lists, from the largest.
func (v sizeCheck) profiles() []string {
	makefile, err := os.ReadFile(filepath.Join(filepath.Dir(v.WolfSSL), fragment))
	if err != nil {
		return nil
	}
	m := profilesLine().FindSubmatch(makefile)
	if m == nil {
		return nil // modules from before there were profiles
	}
	return strings.Fields(string(m[1]))
}

// tryAll builds smaller firmware, adding one way after the other until it fits, and reports what
// each has saved in this build.
func (v sizeCheck) tryAll(ctx context.Context, excess uint64) (text string, enough bool) {
	if v.NoBuild || excess == 0 {
		return "", false
	}
	options := v.Options
	saved := uint64(0)
	var parts []string
	for _, t := range v.trials() {
		next := options
		next.Args = append(slices.DeleteFunc(slices.Clone(options.Args), func(arg string) bool {
			return arg == t.drop
		}), t.args...)
		next.Target.Make = slices.DeleteFunc(slices.Clone(options.Target.Make),
			func(arg string) bool {
				return arg == t.drop
			})
		left, fits, err := v.measureTrial(ctx, next, excess)
		switch {
		case err != nil:
			parts = append(parts, t.text+" does not build")
			continue
		case fits:
			less := ""
			if left > 0 {
				less = fmt.Sprintf(", which saves %d bytes", left-saved)
			}
			return strings.Join(append(parts, t.text+less+": then it fits"), "; "), true
		case excess-left <= saved:
			continue // it saves nothing
		}
		parts = append(parts,
			fmt.Sprintf("%s saves %d bytes, which is not enough", t.text, excess-left-saved))
		saved, options = excess-left, next
	}
	return strings.Join(parts, "; "), false
}

// measureTrial builds in a separate directory, and returns by how many bytes the firmware is still
// too large or, if it fits, how many bytes were saved; 0 if that is not known.
func (v sizeCheck) measureTrial(
	ctx context.Context, o Options, excess uint64,
) (bytes uint64, fits bool, err error) {
	o.Build = v.Build + "-smaller"
	defer os.RemoveAll(o.Build)
	trial := newEvidence(o)
	result, err := trial.build.Run(ctx)
	if failed := (*build.Error)(nil); errors.As(err, &failed) {
		f, err := readFailure(failed)
		if err != nil || len(f.overflows) == 0 {
			return 0, false, errors.Join(err, failed)
		}
		return f.overflows[0].bytes, false, nil
	}
	if err != nil {
		return 0, false, err
	}
	image, err := objects.ReadImage(result.ELF)
	if err != nil {
		return 0, false, err
	}
	flash := image.Size.Text + image.Size.Data
	if v.image == nil { // the firmware did not link, and had no size to compare with
		return 0, true, nil
	}
	now := v.image.Size.Text + v.image.Size.Data
	if flash+excess > now {
		return flash + excess - now, false, nil
	}
	return now - flash, true, nil
}
