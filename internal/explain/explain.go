// Package explain finds where a macro is set, which line decides, what the compiler sees, and
// what mpwolf does about it. It changes nothing. If it cannot ask make and the compiler, it
// reads the files and calls the result an approximation.
package explain

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"strings"

	"mpwolf/internal/build"
	"mpwolf/internal/hint"
	"mpwolf/internal/micropython"
	"mpwolf/internal/project"
	"mpwolf/internal/state"
	"mpwolf/modules"
	"mpwolf/patches"
)

// Explanation is what is known about one macro for one target.
type Explanation struct {
	Macro       string `json:"macro"`
	Kind        string `json:"kind"` // macro, variable (of make) or cmake variable
	Target      string `json:"target"`
	MicroPython string `json:"micropython"`
	// AskedAs is the name that was asked for if this release uses another.
	AskedAs string  `json:"asked_as,omitempty"`
	Places  []Place `json:"places"`
	From    []Name  `json:"derives_from,omitempty"`
	Scanner Value   `json:"scanner"`
	// Compiler is nil if make and the compiler could not be asked; Approximate says why.
	Compiler    *Value `json:"compiler,omitempty"`
	Approximate string `json:"approximate,omitempty"`
	// Before is the value that the tree had before mpwolf patch; nil if it is not patched.
	Before *Value `json:"before_patch,omitempty"`
	Want   *Want  `json:"want,omitempty"`
}

// Place is a line that sets the macro.
type Place struct {
	File    string `json:"file"`
	Line    int    `json:"line"`
	Kind    string `json:"kind"`
	Text    string `json:"text"`
	Acts    string `json:"acts"` // yes, no or maybe
	Decides bool   `json:"decides"`
	When    string `json:"when,omitempty"`
}

// Name is a macro or variable that the value derives from.
type Name struct {
	Name  string `json:"name"`
	Kind  string `json:"kind"`
	Text  string `json:"text,omitempty"`
	Value *int64 `json:"value,omitempty"`
	File  string `json:"file,omitempty"`
	Line  int    `json:"line,omitempty"`
}

// Value is a value, or Why it is not known.
type Value struct {
	Value *int64 `json:"value,omitempty"`
	Why   string `json:"why,omitempty"`
	File  string `json:"file,omitempty"`
	Line  int    `json:"line,omitempty"`
}

// Want is what mpwolf wants the macro to be.
type Want struct {
	Value int64  `json:"value"`
	Why   string `json:"why"`
	// Plan is what mpwolf patch would do, in words; Problem why it cannot.
	Plan    string `json:"plan,omitempty"`
	Problem string `json:"problem,omitempty"`
}

// subject is the target that is explained, as it is built.
type subject struct {
	micropython.Target
	// record is nil if the tree is not patched.
	record *state.Record
	// pristine is set if the tree is patched that way for the target's port; args are what its
	// make needs then.
	pristine *patches.Pristine
	args     []string
}

func newSubject(p *project.Project, target micropython.Target) subject {
	s := subject{Target: target, record: p.Record}
	if p.Record == nil || !p.Record.Pristine {
		return s
	}
	i := slices.IndexFunc(p.Record.Targets, func(t state.Target) bool {
		return t.Port == target.Port
	})
	if i >= 0 {
		dir := p.Record.Modules.Dir
		s.pristine = &patches.Pristine{Module: filepath.Join(dir, modules.Name)}
		recorded := project.Target{Target: target, UserSettings: p.Record.Targets[i].UserSettings}
		s.args = recorded.ModuleArgs(dir)
	}
	return s
}

func (s subject) config() *patches.Config {
	if s.pristine != nil {
		return s.pristine.Read(s.Target)
	}
	return patches.Read(s.Target)
}

// Macro explains a macro, or a make variable, for the only target of the options, or the one
// that a word names.
func Macro(
	ctx context.Context, o project.Options, macro string, words ...string,
) (*Explanation, error) {
	p, err := project.Open(o, project.Asked)
	if err != nil {
		return nil, err
	}
	if p.Targets, err = project.Choose(p.Targets, words); err != nil {
		return nil, err
	}
	one, err := p.One()
	if err != nil {
		return nil, err
	}
	subject, target := newSubject(p, one.Target), one.Target
	port, err := patches.Load(target.Port)
	if errors.Is(err, patches.ErrUnknownPort) {
		port = &patches.Port{} // the macros of any port of the tree can be explained
	} else if err != nil {
		return nil, err
	}
	wants := port.Wants
	want := patches.FindWant(wants, macro)
	found, ok := lookUp(subject.config(), want, macro)
	if !ok && want == nil {
		return nil, hint.With(
			project.Usagef("no line that make or the compiler reads for %s sets %s%s",
				target.Name(), macro, meant(subject.config(), macro)),
			"a macro that nothing sets counts as 0; is it spelled as in MicroPython "+
				target.Tree.Version.String()+"?")
	}
	e := &Explanation{
		Macro: found.Name, Kind: kindOf(found.IsVariable, target), Target: target.Name(),
		MicroPython: target.Tree.Version.String(), Places: []Place{},
	}
	if found.Name != macro {
		e.AskedAs = macro
	}
	e.read(found, target)
	e.ask(ctx, subject)
	if ctx.Err() != nil {
		return nil, ctx.Err()
	}
	if want != nil {
		e.plan(subject, wants, *want)
	}
	return e, e.before(subject, want)
}

// meant suggests a macro of the configuration with a similar name.
func meant(config *patches.Config, macro string) string {
	if near := hint.DidYouMean(macro, config.Names()); near != "" {
		return ";" + near
	}
	return ""
}

func lookUp(
	config *patches.Config, want *patches.Want, macro string,
) (*patches.Explanation, bool) {
	if want != nil {
		return config.ExplainWant(*want)
	}
	return config.Explain(macro)
}

// The kinds of names.
const (
	macroKind = "macro"
	makeKind  = "variable"       // of make
	cmakeKind = "cmake variable" // of CMake, for a port that it builds
)

func kindOf(variable bool, target micropython.Target) string {
	switch {
	case variable && target.CMake():
		return cmakeKind
	case variable:
		return makeKind
	}
	return macroKind
}

// IsVariable reports whether a kind is that of a variable, not of a macro.
func IsVariable(kind string) bool { return kind == makeKind || kind == cmakeKind }

// read takes over what the scanner found.
func (e *Explanation) read(found *patches.Explanation, target micropython.Target) {
	for _, p := range found.Places {
		e.Places = append(e.Places, Place{
			File: p.File, Line: p.Line, Kind: p.Kind.String(), Text: p.Written(), Acts: p.Active,
			Decides: p.Decides, When: p.When,
		})
	}
	for _, o := range found.From {
		name := Name{Name: o.Name, Kind: kindOf(o.Variable, target), Text: o.Text,
			File: o.File, Line: o.Line}
		if o.Known {
			name.Value = &o.Value
		}
		e.From = append(e.From, name)
	}
	e.Scanner = scannerValue(found.State)
}

func scannerValue(st patches.State) Value {
	v := Value{Why: st.Doubt}
	if st.Known {
		v.Value = &st.Value
	}
	if st.Site != nil {
		v.File, v.Line = st.Site.File, st.Site.Line
	}
	return v
}

// ask asks make and the compiler. If they cannot be asked, the scanner's reading stands, with
// the reason.
func (e *Explanation) ask(ctx context.Context, target subject) {
	flags, err := build.Probe(ctx, target.Target, []string{e.Macro}, target.args...)
	if err != nil {
		e.approximate(err, nil)
		return
	}
	if IsVariable(e.Kind) {
		e.Compiler = &Value{}
		if n, known := patches.Number(target.Target, flags.Vars[e.Macro]); known {
			e.Compiler.Value = &n
		} else {
			e.Compiler.Why = fmt.Sprintf("%q is not a number", flags.Vars[e.Macro])
		}
		return
	}
	values, err := flags.Effective(ctx, []string{e.Macro})
	if err != nil {
		e.approximate(err, flags.MissingSubmodules())
		return
	}
	v := values[e.Macro]
	e.Compiler = &Value{File: v.File, Line: v.Line}
	if v.Known {
		e.Compiler.Value = &v.Number
	} else {
		e.Compiler.Why = fmt.Sprintf("%q is not a number", v.Text)
	}
}

func (e *Explanation) approximate(err error, missing []string) {
	e.Approximate, _, _ = strings.Cut(err.Error(), "\ncommand: ")
	if len(missing) > 0 && !strings.Contains(e.Approximate, "submodule") {
		e.Approximate += " (this tree lacks the submodules " + strings.Join(missing, ", ") + ")"
	}
}

// plan says what mpwolf patch would do for the want, which is planned together with the port's
// others.
func (e *Explanation) plan(target subject, wants []patches.Want, want patches.Want) {
	e.Want = &Want{Value: want.Value, Why: want.Why}
	plan, verb, err := target.plan(wants)
	if err != nil {
		e.Want.Problem = err.Error()
		return
	}
	for _, step := range plan.Targets[0].Steps {
		if step.Want.Name() == want.Name() {
			e.Want.Plan = step.Text(verb)
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
func (e *Explanation) before(target subject, want *patches.Want) error {
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
