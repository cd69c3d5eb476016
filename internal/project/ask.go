package project

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"mpwolf/internal/build"
	"mpwolf/patches"
)

// Wrong is a want that does not hold, as make or the compiler sees it.
type Wrong struct {
	Name string
	// Text is what they see, Want what they should.
	Text string
	Want int64
	// File and Line are where the compiler has it from; File is empty for a make variable.
	File string
	Line int
}

func (w Wrong) String() string {
	switch {
	case w.File == "":
		return fmt.Sprintf("make's %s is %q, not %d", w.Name, w.Text, w.Want)
	case w.Line == 0:
		return fmt.Sprintf("%s is %q (%s), not %d", w.Name, w.Text, w.File, w.Want)
	}
	return fmt.Sprintf("%s is %q (%s:%d), not %d", w.Name, w.Text, w.File, w.Line, w.Want)
}

// Ask asks the port's own make and compiler which wants do not hold, under this release's names,
// and returns the flags, with the values of further make variables.
func Ask(
	ctx context.Context, t Target, names map[string]patches.Want, vars ...string,
) (*build.Flags, []Wrong, error) {
	var macros []string
	for name, want := range names {
		if want.Variable != "" {
			vars = append(vars, name)
		} else {
			macros = append(macros, name)
		}
	}
	slices.Sort(macros)
	flags, err := build.Probe(ctx, t.Target, vars, t.ModuleArgs(t.Modules)...)
	if err != nil {
		return nil, nil, err
	}
	values, err := flags.Effective(ctx, macros)
	if err != nil {
		return nil, nil, err
	}
	var wrong []Wrong
	for name, want := range names {
		if want.Variable != "" {
			n, known := patches.Number(t.Target, flags.Vars[name])
			if !known || n != want.Value {
				wrong = append(wrong, Wrong{Name: name, Text: flags.Vars[name], Want: want.Value})
			}
			continue
		}
		if v := values[name]; !v.Known || v.Number != want.Value {
			file := v.File
			if file == "" {
				file = "not defined"
			}
			wrong = append(wrong, Wrong{name, v.Text, want.Value, file, v.Line})
		}
	}
	slices.SortFunc(wrong, func(a, b Wrong) int { return strings.Compare(a.Name, b.Name) })
	return flags, wrong, nil
}
