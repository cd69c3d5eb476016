package verify

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"strings"

	"mpwolf/internal/build"
	"mpwolf/patches"
)

// MacrosID is the check in this file.
const MacrosID = "macros"

var macrosRule = rule{
	Rule: Rule{
		ID:      MacrosID,
		Summary: "Every macro has the value that wolfSSL needs, as the compiler sees it.",
		Help: "A MicroPython macro or a make variable has a different value than the port's " +
			"wants require: the built-in TLS would still be on, or wolfSSL would lack what it " +
			"needs. `mpwolf explain MACRO` shows every line that sets it; `mpwolf patch` " +
			"sets it.",
	},
	of: func(e *evidence) runner { return macrosCheck{e} },
}

type macrosCheck struct{ *evidence }

// read asks the compiler for the wanted macros. A configuration that does not compile is a
// finding after which nothing else can be checked; one that lacks a header, such as a
// submodule's, is an error.
func (v macrosCheck) read(ctx context.Context, c *check) (err error) {
	names := []string{dropInMacro, secureMacro}
	for _, want := range v.Wants {
		if want.Variable == "" {
			names = append(names, want.Names()...)
		}
	}
	if len(v.Wants) == 0 {
		return nil
	}
	if v.values, err = v.flags.Effective(ctx, names); err != nil {
		return v.badConfiguration(c, err)
	}
	return nil
}

// run compares the wanted macros with what the compiler sees.
func (v macrosCheck) run(ctx context.Context, c *check) error {
	if len(v.Wants) == 0 {
		c.notNeeded = "no macro is required"
		return nil
	}
	if v.values == nil {
		return nil // there is already a finding that it could not be asked
	}
	reading := patches.Read(v.Target)
	right := 0
	seen := make(map[string]string)
	for _, want := range v.Wants {
		if want.Variable != "" {
			text := strings.TrimSpace(v.flags.Vars[want.Variable])
			seen[want.Variable] = cmp.Or(text, "not set") + ", a make variable"
			if n, known := patches.Number(v.Target, text); known && n == want.Value {
				right++
			} else {
				c.find(wrongVariable(want, text))
			}
			continue
		}
		name := macroName(reading, want, v.values)
		value := v.values[name]
		seen[name] = place(value)
		if value.Known && value.Number == want.Value {
			right++
			continue
		}
		c.find(v.wrongMacro(want, name, v.values))
	}
	if err := v.objectsCheck(ctx, c, reading); err != nil {
		return err
	}
	if err := v.boardCheck(ctx, c); err != nil {
		return err
	}
	c.show("macros", seen)
	c.summary = fmt.Sprintf("%d of %s as wanted, as the compiler sees them", right,
		plural(len(v.Wants), "macro"))
	if slices.ContainsFunc(v.Wants, func(w patches.Want) bool { return w.Variable != "" }) {
		c.summary = fmt.Sprintf("%d of %d macros and make variables as wanted, as the compiler "+
			"and make see them", right,
			len(v.Wants))
	}
	return nil
}

// variables are the make variables among the wants, and those with the macros' names: setting
// one that the release does not know has no effect.
func (v *evidence) variables() []string {
	var names []string
	for _, want := range v.Wants {
		names = append(names, want.Names()...)
	}
	if v.Target.Port == "qemu" {
		names = append(names, machineVariables...)
	}
	if v.Target.CMake() {
		names = append(names, "MICROPY_BOARD", "MICROPY_BOARD_DIR")
	}
	return names
}

func wrongVariable(want patches.Want, text string) Finding {
	f := Finding{
		Message: fmt.Sprintf("make's variable %s is %s; wanted: %d", want.Variable,
			cmp.Or(text, "not set"), want.Value),
		Fix: fmt.Sprintf("run mpwolf patch, or set %s = %d in the board's makefile",
			want.Variable, want.Value),
	}
	if why := strings.TrimSuffix(want.Why, "."); why != "" {
		f.Message += " (" + why + ")"
	}
	return f
}

// badConfiguration turns the compiler's error into a finding if it is in MicroPython's headers.
func (v macrosCheck) badConfiguration(c *check, err error) error {
	stopped := (*build.MakeError)(nil)
	if !errors.As(err, &stopped) {
		return err
	}
	d := diagnose(stopped.Cause)
	if len(d.compile) == 0 || missingHeader().MatchString(d.compile[0].message) {
		return err
	}
	v.blocked = "see macros"
	e := d.compile[0]
	c.find(Finding{Message: "MicroPython's configuration does not compile: " + e.message,
		File: relative(v.Target.Tree.Dir, v.abs(e.file)), Line: e.line,
		Fix: compileFix(e.message)})
	return nil
}

// objectsCheck checks the wanted macros again for objects that make compiles with their own
// flags, if these flags define or include something.
func (v macrosCheck) objectsCheck(ctx context.Context, c *check, reading *patches.Config) error {
	if v.inputs == nil || v.blocked != "" {
		return nil
	}
	compiles, err := v.build.Compiles(ctx)
	if err != nil {
		return ctx.Err() // as in seenByObjects
	}
	objectsOf := make(map[string][]string)
	command := make(map[string]build.Compile)
	var order []string
	for _, o := range v.inputs.objects {
		compile, known := compiles[o.File]
		if !known || o.Member != "" || filepath.Ext(compile.Source) != ".c" {
			continue
		}
		own := ownFlags(compile.Argv, v.flags.CFLAGS)
		if own == "" {
			continue
		}
		if objectsOf[own] == nil {
			order = append(order, own)
			command[own] = compile
		}
		objectsOf[own] = append(objectsOf[own], v.objectName(o))
	}
	var names []string
	for _, want := range v.Wants {
		if want.Variable == "" {
			names = append(names, want.Names()...)
		}
	}
	for _, own := range order {
		values, err := v.flags.EffectiveAt(ctx,
			[]build.Compile{{Source: "py/mpconfig.h", Argv: command[own].Argv}}, names)
		if err != nil {
			return err
		}
		if values[0] == nil {
			continue // it does not include MicroPython's configuration, and cannot
		}
		for _, want := range v.Wants {
			name := macroName(reading, want, v.values)
			if value := values[0][name]; want.Variable == "" && value != v.values[name] &&
				(!value.Known || value.Number != want.Value) {
				f := v.wrongMacro(want, name, values[0])
				f.Message += fmt.Sprintf("; so for %s, which make compiles with %s",
					someOf(objectsOf[own]), own)
				c.find(f)
			}
		}
	}
	return nil
}

// ownFlags are the words of a command that define, undefine or include something, and that are
// not among the flags of all objects.
func ownFlags(argv, general []string) string {
	var own []string
	for i, word := range argv {
		if !strings.HasPrefix(word, "-D") && !strings.HasPrefix(word, "-U") &&
			word != "-include" && word != "-imacros" ||
			slices.Contains(general, word) && word != "-include" && word != "-imacros" {
			continue
		}
		if (word == "-include" || word == "-imacros" || word == "-D" || word == "-U") &&
			i+1 < len(argv) {
			if slices.Contains(general, argv[i+1]) {
				continue
			}
			word += " " + argv[i+1]
		}
		own = append(own, word)
	}
	return strings.Join(own, " ")
}

// macroName is this release's name for a want's macro; if the release does not know it, the name
// that is defined; else the newest.
func macroName(reading *patches.Config, want patches.Want, values map[string]build.Value) string {
	name, known := reading.Name(want)
	if known {
		return name
	}
	for _, other := range want.Names() {
		if values[other].Defined {
			return other
		}
	}
	return name
}

func place(v build.Value) string {
	switch {
	case !v.Defined:
		return "not defined"
	case v.Line == 0:
		return fmt.Sprintf("%d, by %s", v.Number, v.File)
	}
	return fmt.Sprintf("%d, by %s:%d", v.Number, v.File, v.Line)
}

func (v macrosCheck) wrongMacro(
	want patches.Want, name string, values map[string]build.Value,
) Finding {
	value := values[name]
	f := Finding{File: value.File, Line: value.Line}
	why := strings.TrimSuffix(want.Why, ".")
	switch {
	case !value.Defined:
		f.Message = fmt.Sprintf("%s is not defined, which counts as 0; wanted: %d",
			name, want.Value)
	case !value.Known:
		f.Message = fmt.Sprintf("%s is %s, which is not a number; wanted: %d", name,
			value.Text, want.Value)
	default:
		f.Message = fmt.Sprintf("%s is %d; wanted: %d", name, value.Number, want.Value)
	}
	if why != "" {
		f.Message += " (" + why + ")"
	}
	for _, other := range want.Names() {
		if other != name && values[other].Defined {
			f.Message += fmt.Sprintf("; %s, which is %s, is a name that this release "+
				"does not know", other,
				place(values[other]))
		} else if value := v.flags.Vars[other]; other != name && value != "" {
			f.Message += fmt.Sprintf("; make is given %s=%s, a name that this release does "+
				"not know", other, value)
		}
	}
	f.Fix = fmt.Sprintf("run mpwolf patch, or set %s to %d there", name, want.Value)
	if value.File == build.CommandLine || value.File == "" {
		f.File = ""
		f.Fix = fmt.Sprintf("run mpwolf patch, or set %s=%d for make", name, want.Value)
		if value.Defined {
			f.Message += "; it comes from make, which passes -D" + name + " to the compiler"
		}
	}
	return f
}
