package command

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"slices"
	"strings"

	"github.com/urfave/cli/v2"

	"mpwolf/internal/build"
	"mpwolf/internal/hint"
	"mpwolf/internal/micropython"
	"mpwolf/internal/shell"
	"mpwolf/internal/state"
	"mpwolf/modules"
	"mpwolf/patches"
)

func explainCommand(s *session) *cli.Command {
	return &cli.Command{
		Name:      "explain",
		Usage:     "say where a macro is set, what decides its value, and what mpwolf makes of it",
		ArgsUsage: "MACRO",
		Flags:     append(targetFlags(), treeFlag(), formatFlag()),
		Action: func(c *cli.Context) error {
			if c.NArg() != 1 {
				return usagef("explain takes one MACRO; got %d arguments", c.NArg())
			}
			return s.explain(c)
		},
	}
}

// explanation is what is printed, as text or JSON.
type explanation struct {
	Macro       string `json:"macro"`
	Kind        string `json:"kind"` // macro or variable
	Target      string `json:"target"`
	MicroPython string `json:"micropython"`
	// AskedAs is the name that was asked for where this release has another.
	AskedAs string           `json:"asked_as,omitempty"`
	Places  []explainedPlace `json:"places"`
	From    []explainedName  `json:"derives_from,omitempty"`
	Scanner explainedValue   `json:"scanner"`
	// Compiler is nil where make and the compiler could not be asked; Approximate says why.
	Compiler    *explainedValue `json:"compiler,omitempty"`
	Approximate string          `json:"approximate,omitempty"`
	// Before is the value that the tree had before mpwolf patch; nil if it is not patched.
	Before *explainedValue `json:"before_patch,omitempty"`
	Want   *explainedWant  `json:"want,omitempty"`
}

type explainedPlace struct {
	File    string `json:"file"`
	Line    int    `json:"line"`
	Kind    string `json:"kind"`
	Text    string `json:"text"`
	Acts    string `json:"acts"` // yes, no or maybe
	Decides bool   `json:"decides"`
	When    string `json:"when,omitempty"`
}

type explainedName struct {
	Name  string `json:"name"`
	Kind  string `json:"kind"`
	Text  string `json:"text,omitempty"`
	Value *int64 `json:"value,omitempty"`
	File  string `json:"file,omitempty"`
	Line  int    `json:"line,omitempty"`
}

// explainedValue has no value where it is not known; Why says why not.
type explainedValue struct {
	Value *int64 `json:"value,omitempty"`
	Why   string `json:"why,omitempty"`
	File  string `json:"file,omitempty"`
	Line  int    `json:"line,omitempty"`
}

type explainedWant struct {
	Value int64  `json:"value"`
	Why   string `json:"why"`
	// Plan is what mpwolf patch would do, in words; Problem why it can't.
	Plan    string `json:"plan,omitempty"`
	Problem string `json:"problem,omitempty"`
}

func (s *session) explain(c *cli.Context) error {
	kind, err := format(c)
	if err != nil {
		return err
	}
	tree, err := findTree(c)
	if err != nil {
		return err
	}
	target, err := targetOf(c, tree)
	if err != nil {
		return err
	}
	e, err := explain(c.Context, target, c.Args().First())
	if err != nil {
		return err
	}
	if kind == "json" {
		encoder := json.NewEncoder(s.stdout)
		encoder.SetIndent("", "  ")
		return encoder.Encode(e)
	}
	e.show(s.stdout)
	return nil
}

// subject is the target that is explained, as it is built.
type subject struct {
	micropython.Target
	// record is nil if the tree is not patched.
	record *state.Record
	// pristine is set if the tree is patched that way for the target's port; args are what its make needs then.
	pristine *patches.Pristine
	args     []string
}

func newSubject(target micropython.Target) (subject, error) {
	s := subject{Target: target}
	record, err := state.Load(target.Tree.Dir)
	if errors.Is(err, state.ErrNotPatched) {
		return s, nil
	}
	if err != nil {
		return s, err
	}
	s.record = record
	i := slices.IndexFunc(record.Targets, func(t state.Target) bool { return t.Port == target.Port })
	if record.Pristine && i >= 0 {
		s.pristine = &patches.Pristine{Module: filepath.Join(record.Modules.Dir, modules.Name)}
		s.args = makeArgs(record.Modules.Dir, record.Targets[i])
	}
	return s, nil
}

func (s subject) config() *patches.Config {
	if s.pristine != nil {
		return s.pristine.Read(s.Target)
	}
	return patches.Read(s.Target)
}

func explain(ctx context.Context, target micropython.Target, macro string) (*explanation, error) {
	subject, err := newSubject(target)
	if err != nil {
		return nil, err
	}
	wants, err := patches.Load(target.Port)
	if errors.Is(err, patches.ErrUnknownPort) {
		wants = nil // the macros of any port of the tree can be explained
	} else if err != nil {
		return nil, err
	}
	want := patches.FindWant(wants, macro)
	found, ok := lookUp(subject.config(), want, macro)
	if !ok && want == nil {
		return nil, hint.With(fmt.Errorf("no line that make or the compiler reads for %s sets %s", target.Name(), macro),
			"a macro that nothing sets counts as 0; is it spelt as MicroPython "+target.Tree.Version.String()+" has it?")
	}
	e := &explanation{
		Macro: found.Name, Kind: kindOf(found.IsVariable), Target: target.Name(),
		MicroPython: target.Tree.Version.String(), Places: []explainedPlace{},
	}
	if found.Name != macro {
		e.AskedAs = macro
	}
	e.read(found)
	e.ask(ctx, subject)
	if want != nil {
		e.plan(subject, wants, *want)
	}
	return e, e.before(subject, want)
}

func lookUp(config *patches.Config, want *patches.Want, macro string) (*patches.Explanation, bool) {
	if want != nil {
		return config.ExplainWant(*want)
	}
	return config.Explain(macro)
}

func kindOf(variable bool) string {
	if variable {
		return "variable"
	}
	return "macro"
}

// read takes over what the scanner found.
func (e *explanation) read(found *patches.Explanation) {
	for _, p := range found.Places {
		e.Places = append(e.Places, explainedPlace{
			File: p.File, Line: p.Line, Kind: p.Kind.String(), Text: p.Written(), Acts: p.Active,
			Decides: p.Decides, When: p.When,
		})
	}
	for _, o := range found.From {
		name := explainedName{Name: o.Name, Kind: kindOf(o.Variable), Text: o.Text, File: o.File, Line: o.Line}
		if o.Known {
			name.Value = &o.Value
		}
		e.From = append(e.From, name)
	}
	e.Scanner = scannerValue(found.State)
}

func scannerValue(st patches.State) explainedValue {
	v := explainedValue{Why: st.Doubt}
	if st.Known {
		v.Value = &st.Value
	}
	if st.Site != nil {
		v.File, v.Line = st.Site.File, st.Site.Line
	}
	return v
}

// ask asks make and the compiler. Where they can't be asked the scanner's reading stands, and it is said why.
func (e *explanation) ask(ctx context.Context, target subject) {
	flags, err := build.Probe(ctx, target.Target, []string{e.Macro}, target.args...)
	if err != nil {
		e.approximate(err, nil)
		return
	}
	if e.Kind == "variable" {
		e.Compiler = &explainedValue{}
		if n, known := patches.MakeNumber(flags.Vars[e.Macro]); known {
			e.Compiler.Value = &n
		} else {
			e.Compiler.Why = fmt.Sprintf("%q is no number", flags.Vars[e.Macro])
		}
		return
	}
	values, err := flags.Effective(ctx, []string{e.Macro})
	if err != nil {
		e.approximate(err, flags.MissingSubmodules())
		return
	}
	v := values[e.Macro]
	e.Compiler = &explainedValue{File: v.File, Line: v.Line}
	if v.Known {
		e.Compiler.Value = &v.Number
	} else {
		e.Compiler.Why = fmt.Sprintf("%q is no number", v.Text)
	}
}

func (e *explanation) approximate(err error, missing []string) {
	e.Approximate, _, _ = strings.Cut(err.Error(), "\ncommand: ")
	if len(missing) > 0 && !strings.Contains(e.Approximate, "submodule") {
		e.Approximate += " (this tree lacks the submodules " + strings.Join(missing, ", ") + ")"
	}
}

// plan says what mpwolf patch would do for the want, which is planned together with the port's others.
func (e *explanation) plan(target subject, wants []patches.Want, want patches.Want) {
	e.Want = &explainedWant{Value: want.Value, Why: want.Why}
	plan, verb, err := target.plan(wants)
	if err != nil {
		e.Want.Problem = err.Error()
		return
	}
	for _, step := range plan.Targets[0].Steps {
		if step.Want.Name() == want.Name() {
			e.Want.Plan = stepText(step, verb)
		}
	}
}

func (s subject) plan(wants []patches.Want) (plan *patches.Plan, verb string, err error) {
	if s.pristine != nil {
		plan, err = s.pristine.Plan([]micropython.Target{s.Target}, wants)
		return plan, "sets", err
	}
	plan, err = patches.New([]micropython.Target{s.Target}, wants)
	return plan, "would change", err
}

// before reads the value that the tree had before mpwolf patch, from the bytes that were recorded.
func (e *explanation) before(target subject, want *patches.Want) error {
	if target.record == nil {
		return nil
	}
	var err error
	files := make(map[string][]byte)
	for _, f := range target.record.Files {
		if files[f.Path], err = state.Blob(target.Tree.Dir, f.Before); err != nil {
			return err
		}
	}
	found, _ := lookUp(patches.ReadWith(target.Target, files), want, e.Macro)
	value := scannerValue(found.State)
	e.Before = &value
	return nil
}

func (e *explanation) show(w io.Writer) {
	fmt.Fprintf(w, "%s, a %s of %s in MicroPython %s\n", e.Macro, kindNames[e.Kind], e.Target, e.MicroPython)
	if e.AskedAs != "" {
		fmt.Fprintf(w, "(this release has it in the place of %s)\n", e.AskedAs)
	}
	e.showPlaces(w)
	if len(e.From) > 0 {
		fmt.Fprintln(w, "derives from:")
	}
	for _, o := range e.From {
		fmt.Fprintf(w, "  %s\n", o.text())
	}
	e.showValues(w)
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

var kindNames = map[string]string{"macro": "C macro", "variable": "make variable"}

func (e *explanation) showPlaces(w io.Writer) {
	if len(e.Places) == 0 {
		fmt.Fprintln(w, "no line sets it")
		return
	}
	fmt.Fprintln(w, "set at, in the order in which the lines act:")
	for _, p := range e.Places {
		fmt.Fprintf(w, "  %s:%d: %s", shortened(p.File), p.Line, p.Text)
		switch {
		case e.Kind == "variable" && p.Kind != patches.MakeVariable.String():
			fmt.Fprint(w, "  (sets the C macro of that name)")
		case p.Decides:
			fmt.Fprint(w, "  <- decides")
		case p.Acts == "no":
			fmt.Fprint(w, "  (does not act)")
		case p.Acts == "maybe":
			fmt.Fprint(w, "  (cannot tell whether it acts)")
		default:
			fmt.Fprint(w, "  (acts; a later line decides)")
		}
		fmt.Fprintln(w)
		if p.When != "" {
			fmt.Fprintf(w, "      under %s\n", p.When)
		}
	}
}

func (o explainedName) text() string {
	name, value := o.Name, "no number"
	if o.Kind == "variable" {
		name = "make's " + name
	}
	if o.Value != nil {
		value = fmt.Sprint(*o.Value)
	}
	switch {
	case o.Text == "" && o.File == "":
		return fmt.Sprintf("%s: not set, which counts as %s", name, value)
	case o.File == "":
		return fmt.Sprintf("%s = %s, on make's command line or by default", name, o.Text)
	case o.Text == value || o.Text == "("+value+")" || o.Value == nil:
		return fmt.Sprintf("%s = %s, by %s:%d", name, o.Text, shortened(o.File), o.Line)
	}
	return fmt.Sprintf("%s = %s, which is %s, by %s:%d", name, o.Text, value, shortened(o.File), o.Line)
}

func (e *explanation) showValues(w io.Writer) {
	if e.Before != nil {
		fmt.Fprintf(w, "before mpwolf patch: %s\n", e.Before.text())
	}
	judge := "the compiler"
	if e.Kind == "variable" {
		judge = "make"
	}
	if e.Compiler != nil {
		fmt.Fprintf(w, "value: %s, as %s sees it\n", e.Compiler.text(), judge)
		if !sameValue(e.Compiler.Value, e.Scanner.Value) {
			fmt.Fprintf(w, "but mpwolf's scanner reads: %s\n", e.Scanner.text())
		}
		return
	}
	fmt.Fprintf(w, "value: %s, as mpwolf's scanner reads it\n", e.Scanner.text())
	fmt.Fprintf(w, "an approximation, because %s could not be asked: %s\n", judge, e.Approximate)
}

func (v explainedValue) text() string {
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
	return fmt.Sprintf("%s, by %s:%d", text, filepath.ToSlash(shortened(v.File)), v.Line)
}

// shortened is a file's name as seen from the current folder; the names of the tree's own files are relative to it.
func shortened(file string) string {
	if !filepath.IsAbs(file) {
		return file
	}
	return shell.Path(file)
}

func sameValue(a, b *int64) bool {
	return (a == nil) == (b == nil) && (a == nil || *a == *b)
}
