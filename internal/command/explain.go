package command

import (
	"cmp"
	"fmt"
	"io"
	"path/filepath"

	"github.com/urfave/cli/v2"

	"mpwolf/internal/explain"
	"mpwolf/internal/project"
	"mpwolf/internal/shell"
	"mpwolf/patches"
)

func explainCommand(s *session) *cli.Command {
	return &cli.Command{
		Name: "explain",
		Usage: "show where a macro is set, what decides its value, and what mpwolf does " +
			"about it",
		Description: `It lists every line that sets the macro, in the order in which they take effect,
and what the compiler sees.

Examples:
    mpwolf explain MICROPY_PY_SSL --port unix
    mpwolf explain MICROPY_PY_HASHLIB PYBD_SF2    # of a patched tree's targets
    mpwolf explain MICROPY_PY_TLS --port stm32 --board NUCLEO_F429ZI`,
		ArgsUsage: "MACRO [TARGET]",
		Flags:     append(targetFlags(), treeFlag(), formatFlag("text", "json")),
		Action:    s.explain,
	}
}

func (s *session) explain(c *cli.Context) error {
	if c.Args().First() == "" {
		return project.Usagef("explain takes one MACRO; got none")
	}
	if c.NArg() > 2 {
		return project.Usagef("explain takes one MACRO and at most one TARGET; got %d arguments",
			c.NArg())
	}
	kind, err := format(c, "text", "json")
	if err != nil {
		return err
	}
	e, err := explain.Macro(c.Context, s.options(c), c.Args().First(), c.Args().Tail()...)
	if err != nil {
		return err
	}
	if kind == "json" {
		return s.json(e)
	}
	showExplanation(e, s.stdout)
	return nil
}

func showExplanation(e *explain.Explanation, w io.Writer) {
	fmt.Fprintf(w, "%s, a %s of %s in MicroPython %s\n", e.Macro, kindNames[e.Kind],
		e.Target, e.MicroPython)
	if e.AskedAs != "" {
		fmt.Fprintf(w, "(this release uses it instead of %s)\n", e.AskedAs)
	}
	showPlaces(e, w)
	if len(e.From) > 0 {
		fmt.Fprintln(w, "derives from:")
	}
	for _, o := range e.From {
		fmt.Fprintf(w, "  %s\n", nameText(o))
	}
	showValues(e, w)
	if e.Want == nil {
		return
	}
	fmt.Fprintf(w, "mpwolf wants %d: %s\n", e.Want.Value, e.Want.Why)
	if e.Want.Problem != "" {
		fmt.Fprintf(w, "mpwolf patch can't do it: %s\n", e.Want.Problem)
		return
	}
	fmt.Fprintf(w, "mpwolf patch: %s\n", e.Want.Plan)
}

// makers are whose variables the kinds of variables are.
var makers = map[string]string{"variable": "make", "cmake variable": "CMake"}

var kindNames = map[string]string{"macro": "C macro", "variable": "make variable",
	"cmake variable": "CMake variable"}

func showPlaces(e *explain.Explanation, w io.Writer) {
	if len(e.Places) == 0 {
		fmt.Fprintln(w, "no line sets it")
		return
	}
	fmt.Fprintln(w, "set at, in the order in which the lines take effect:")
	for _, p := range e.Places {
		fmt.Fprintf(w, "  %s:%d: %s", shell.Path(p.File), p.Line, p.Text)
		switch {
		case explain.IsVariable(e.Kind) && p.Kind != patches.MakeVariable.String() &&
			p.Kind != patches.CMakeVariable.String():
			fmt.Fprint(w, "  (sets the C macro of that name)")
		case p.Decides:
			fmt.Fprint(w, "  <- decides")
		case p.Acts == "no":
			fmt.Fprint(w, "  (has no effect)")
		case p.Acts == "maybe":
			fmt.Fprint(w, "  (cannot tell whether it has an effect)")
		default:
			fmt.Fprint(w, "  (a later line overrides it)")
		}
		fmt.Fprintln(w)
		if p.When != "" {
			fmt.Fprintf(w, "      under %s\n", p.When)
		}
	}
}

func nameText(o explain.Name) string {
	name, value := o.Name, "no number"
	if maker, is := makers[o.Kind]; is {
		name = maker + "'s " + name
	}
	if o.Value != nil {
		value = fmt.Sprint(*o.Value)
	}
	switch {
	case o.Text == "" && o.File == "":
		return fmt.Sprintf("%s: not set, which counts as %s", name, value)
	case o.File == "":
		return fmt.Sprintf("%s = %s, on %s's command line or by default", name, o.Text,
			cmp.Or(makers[o.Kind], "make"))
	case o.Text == value || o.Text == "("+value+")" || o.Value == nil:
		return fmt.Sprintf("%s = %s, by %s:%d", name, o.Text, shell.Path(o.File), o.Line)
	}
	return fmt.Sprintf("%s = %s, which is %s, by %s:%d", name, o.Text, value,
		shell.Path(o.File), o.Line)
}

func showValues(e *explain.Explanation, w io.Writer) {
	if e.Before != nil {
		fmt.Fprintf(w, "before mpwolf patch: %s\n", valueText(*e.Before))
	}
	who := "the compiler"
	if maker, is := makers[e.Kind]; is {
		who = maker
	}
	if e.Compiler != nil {
		fmt.Fprintf(w, "value: %s, as %s sees it\n", valueText(*e.Compiler), who)
		if !sameValue(e.Compiler.Value, e.Scanner.Value) {
			fmt.Fprintf(w, "but mpwolf's scanner reads: %s\n", valueText(e.Scanner))
		}
		return
	}
	fmt.Fprintf(w, "value: %s, as mpwolf's scanner reads it\n", valueText(e.Scanner))
	fmt.Fprintf(w, "an approximation, because %s could not be asked: %s\n", who, e.Approximate)
}

func valueText(v explain.Value) string {
	text := "not known"
	if v.Value != nil {
		text = fmt.Sprint(*v.Value)
	}
	if v.Why != "" {
		text += ": " + v.Why
	}
	switch {
	case v.File == "":
		return text
	case v.Line == 0:
		return text + ", by " + v.File
	}
	return fmt.Sprintf("%s, by %s:%d", text, filepath.ToSlash(shell.Path(v.File)), v.Line)
}

func sameValue(a, b *int64) bool {
	return (a == nil) == (b == nil) && (a == nil || *a == *b)
}
