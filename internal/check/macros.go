package check

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"mpwolf/internal/build"
	"mpwolf/internal/config"
	"mpwolf/internal/project"
	"mpwolf/internal/report"
	"mpwolf/internal/shell"
	"mpwolf/modules"
	"mpwolf/patches"
)

// target asks the scanner whether every want holds, and the record whether the target was
// patched with these options.
func (k *checker) target(t project.Target) error {
	if known, err := k.wants(t); err != nil || !known {
		return err
	}
	if k.Record != nil && k.File != nil {
		k.recorded(t)
	}
	k.elsewhere(t)
	k.settings(t)
	return nil
}

// elsewhere looks for a directory of a board or variant in the environment: make takes it instead
// of that of the target, whose name stays.
func (k *checker) elsewhere(t project.Target) {
	for _, name := range []string{"BOARD_DIR", "VARIANT_DIR"} {
		dir := os.Getenv(name)
		if dir == "" || slices.ContainsFunc(slices.Concat(t.Args(), t.Make),
			func(arg string) bool { return strings.HasPrefix(arg, name+"=") }) {
			continue
		}
		k.found(report.Finding{ID: "target", File: k.where(), Line: max(1, t.Line),
			Message: fmt.Sprintf("%s in the environment is %s: make takes it instead of the "+
				"directory of %s", name, dir, t.Name()),
			Fix: "unset it"})
	}
}

// wants asks the scanner whether every want of a port holds. known is false if mpwolf does not
// know what the port needs.
func (k *checker) wants(t project.Target) (known bool, err error) {
	port, err := patches.Load(t.Port)
	if errors.Is(err, patches.ErrUnknownPort) {
		k.found(report.Finding{ID: "target", File: k.where(), Line: max(1, t.Line),
			Message: fmt.Sprintf("mpwolf does not know what the port %s needs, so it cannot "+
				"check it; it knows: %s", t.Port, strings.Join(patches.Ports(), ", ")),
			Fix: "remove that target"})
		return false, nil
	}
	if err != nil {
		return false, err
	}
	key, err := k.VerdictKey(t.Target, k.tool)
	if err != nil {
		return false, err
	}
	if k.stamps.Holds(key, k.inputs) {
		k.claim(k.stamps.Claims()...)
		return true, nil
	}
	reading := k.Scan(t.Target)
	for _, line := range reading.Unread() {
		// mpwolf passes none of the options of make in the environment when it asks make.
		if line.Line == 0 && strings.HasPrefix(line.Text, "--eval") {
			k.found(report.Finding{ID: "macros", File: k.where(), Line: max(1, t.Line),
				Message: fmt.Sprintf("%s has %s, which mpwolf cannot read, for %s", line.File,
					line.Text, t.Name()),
				Fix: "unset it; what a firmware needs belongs into a makefile, or into make in " +
					config.Name})
			continue
		}
		k.claim(line.String())
	}
	k.variables(t, reading)
	k.definitions(t, reading)
	if err := k.needs(t, reading); err != nil {
		return false, err
	}
	first, theirs := len(k.findings), ""
	for _, want := range port.Wants {
		name := k.want(t, want, reading)
		theirs = cmp.Or(theirs, name, k.clash(t, want, reading))
	}
	for i := range k.findings[first:] {
		// patch refuses as long as that stands, and these may follow from it.
		if f := &k.findings[first+i]; theirs != "" && f.Fix == fixPatch {
			f.Fix = "see to " + theirs + " first, and " + k.Run("check") + " again"
		}
	}
	return true, nil
}

// variables compares the variables of the modules' makefile with those that the tree was patched
// with.
func (k *checker) variables(t project.Target, reading *patches.Config) {
	set := t.Variables(reading.Variables())
	var then map[string]string
	if k.Record != nil {
		if i := slices.IndexFunc(k.Record.Targets, t.Entry().Same); i >= 0 {
			then = k.Record.Targets[i].Variables
		}
	}
	args := slices.Concat(t.ModuleArgs(t.Modules), t.Make)
	for _, change := range project.ChangedVariables(args, then, set.Values()) {
		f := report.Finding{ID: "variables", File: k.where(), Line: max(1, t.Line),
			Message: fmt.Sprintf("the tree was patched with %s %q for %s; it is %q", change.Name,
				change.Was, t.Name(), change.Is),
			Fix: "set it again; or " + k.Run("patch") + ", which records it"}
		i := slices.IndexFunc(set, func(v patches.Variable) bool { return v.Name == change.Name })
		if i >= 0 {
			f.Fix = "remove that; or " + k.Run("patch") + ", which records it"
			if by := set[i]; by.Line > 0 {
				f.File, f.Line = by.File, by.Line
				if !filepath.IsAbs(f.File) {
					f.File = k.Tree.Path(filepath.FromSlash(f.File))
				}
			} else if by.From != "" {
				f.Message += " by " + by.From
			}
		}
		k.found(f)
	}
}

// definitions looks for flags that define macros which no firmware may have for wolfSSL.
func (k *checker) definitions(t project.Target, reading *patches.Config) {
	if k.dangers == nil {
		return
	}
	// Such as flags of one object, or one that a function makes.
	for _, line := range reading.Suspects(k.dangers.Names()) {
		k.claim(line.String())
	}
	for _, flag := range reading.Definitions() {
		why, fix := k.dangers.Flag(flag.Macro, flag.Text)
		if why == "" {
			continue
		}
		f := report.Finding{ID: "macros", File: flag.File, Line: flag.Line, Fix: fix,
			Message: fmt.Sprintf("a flag defines %s as %s for %s: %s", flag.Macro, flag.Text,
				t.Name(), why)}
		if f.Line == 0 { // make's command line, or the environment
			f.File, f.Line = k.where(), max(1, t.Line)
			f.Message += ", by " + flag.File
		} else if !filepath.IsAbs(f.File) {
			f.File = k.Tree.Path(filepath.FromSlash(f.File))
		}
		k.found(f)
	}
}

// needs looks for what a board must have, and patch refuses it without.
func (k *checker) needs(t project.Target, reading *patches.Config) error {
	lacks, err := reading.Lacks()
	for _, lack := range lacks {
		if lack.Refused {
			k.found(report.Finding{ID: "macros", File: k.where(), Line: max(1, t.Line),
				Message: fmt.Sprintf("%s is 0 for %s: %s", lack.Macro, t.Name(), lack.Why),
				Fix:     lack.Hint})
		}
	}
	return err
}

// claim records what relies on the last patch.
func (k *checker) claim(claims ...string) {
	for _, claim := range claims {
		if !slices.Contains(k.claims, claim) {
			k.claims = append(k.claims, claim)
		}
	}
}

// settings checks the user's own settings.
func (k *checker) settings(t project.Target) {
	if t.UserSettings == "" {
		return
	}
	f := report.Finding{ID: "settings", File: t.UserSettings, Line: 1, Fix: fixPatch}
	hash, err := project.HashSettings(t.UserSettings)
	if err != nil {
		f.File, f.Line = k.where(), max(1, t.Line)
		f.Message = fmt.Sprintf("the settings of %s cannot be read: %v", t.Name(), err)
		f.Fix = "restore the file, or " + k.Run("patch --user-settings FILE")
		if t.Line > 0 {
			f.Fix = "restore the file, or change user-settings there"
		}
		k.found(f)
		return
	}
	k.dangerousLines(t)
	if k.Record == nil {
		return
	}
	i := slices.IndexFunc(k.Record.Targets, t.Entry().Same)
	if i < 0 || k.Record.Targets[i].UserSettings != t.UserSettings {
		return // that is reported with the target
	}
	if then := k.Record.Targets[i].SettingsHash; then != "" && then != hash {
		f.ID = "settings-changed"
		f.Message =
			fmt.Sprintf("the settings of %s, or a file that they include, were changed after the "+
				"tree was patched", t.Name())
		f.Fix = fixRecords
		k.found(f)
	}
}

// dangerousLines are lines of the user's settings that define what no firmware may have. They may
// be in an #if, or undefined later: only the compiler knows.
func (k *checker) dangerousLines(t project.Target) {
	defines, err := project.Defines(t.UserSettings)
	if err != nil || k.dangers == nil || k.asks {
		return // settings says what is wrong with the file
	}
	for _, d := range defines {
		if why, _ := k.dangers.Flag(d.Macro, d.Text); why != "" {
			k.notes = append(k.notes, report.Finding{ID: "settings", File: d.File, Line: d.Line,
				Level: report.Note,
				Message: fmt.Sprintf("%s:%d defines %s, for %s: %s", shell.Path(d.File), d.Line,
					d.Macro, t.Name(), why),
				Fix: "leave it out; " + k.Run("check --strict") + " asks the compiler whether " +
					"that line counts"})
		}
	}
}

// strict asks make and the compiler whether every want holds.
func (k *checker) strict(ctx context.Context) error {
	for _, t := range k.Targets {
		port, err := patches.Load(t.Port)
		if err != nil {
			return err
		}
		reading := k.Scan(t.Target)
		names := map[string]patches.Want{}
		for _, want := range port.Wants {
			names[reading.State(want).Name] = want
		}
		asked := slices.Sorted(maps.Keys(modules.Variables()))
		if t.CMake() {
			asked = nil // CMake has them, not make
		}
		flags, wrong, err := project.Ask(ctx, t, names, asked...)
		if err != nil {
			return err
		}
		k.strictVariables(t, t.Variables(reading.Variables()), flags)
		for _, w := range wrong {
			f := report.Finding{ID: "compiler", File: k.where(), Line: 1,
				Fix: k.Run("explain "+w.Name) + " shows where it comes from"}
			if w.Line > 0 {
				f.File, f.Line = w.File, w.Line
				if !filepath.IsAbs(f.File) {
					f.File = k.Tree.Path(filepath.FromSlash(f.File))
				}
			}
			f.Message = fmt.Sprintf("%s: %s", t.Name(), w)
			k.found(f)
		}
		if err := k.strictSettings(ctx, t, flags); err != nil {
			return err
		}
	}
	return nil
}

// strictSettings asks the compiler for the settings that no firmware may have, with the flags of
// each of wolfSSL's objects.
func (k *checker) strictSettings(ctx context.Context, t project.Target, flags *build.Flags) error {
	if k.dangers == nil || t.CMake() || flags.Vars["WOLFSSL_DIR"] == "" {
		return nil // CMake knows the flags of objects once it has configured
	}
	seen, err := build.SettingsOf(ctx, t.Target, flags, t.ModuleArgs(t.Modules),
		flags.Vars["WOLFSSL_DIR"], k.dangers.Names())
	if err != nil {
		return err
	}
	total := 0
	var found []report.Finding
	in := make(map[report.Finding][]string) // the sources that each is about
	for _, s := range seen {
		total += len(s.Objects)
		for _, f := range k.dangers.In(s.Values) {
			if len(in[f]) == 0 {
				found = append(found, f)
			}
			in[f] = append(in[f], s.Objects...)
		}
	}
	for _, f := range found {
		sources := in[f]
		f.ID, f.Message = "compiler", t.Name()+": "+f.Message
		if len(sources) < total {
			f.Message += fmt.Sprintf("; so for %d of %d sources of wolfSSL, such as %s",
				len(sources), total, sources[0])
		}
		switch {
		case f.File == "":
			f.File, f.Line = k.where(), 1
		case !filepath.IsAbs(f.File):
			f.File = k.Tree.Path(filepath.FromSlash(f.File))
		}
		k.found(f)
	}
	return nil
}

// strictVariables compares what make sees of the variables of the modules' makefile with what was
// read.
func (k *checker) strictVariables(t project.Target, set project.Variables, flags *build.Flags) {
	passed := map[string]string{}
	for _, arg := range slices.Concat(t.ModuleArgs(t.Modules), t.Make) {
		name, value, _ := strings.Cut(arg, "=")
		passed[name] = value
	}
	read := set.Values()
	for name, value := range modules.Variables() {
		is := strings.TrimSpace(flags.Vars[name])
		if text, ok := passed[name]; ok {
			value = text
		}
		if text, ok := read[name]; ok {
			value = text
		}
		if strings.Contains(value, "$") || is == value {
			continue // a default below the modules' directory
		}
		k.found(report.Finding{ID: "compiler", File: k.where(), Line: 1,
			Message: fmt.Sprintf("%s: make's %s is %q, not %q", t.Name(), name, is, value),
			Fix:     k.Run("explain "+name) + " shows where it comes from"})
	}
}

// want is a finding if a want does not hold. It gives the name of a macro that patch cannot set,
// because something of the user's does.
func (k *checker) want(
	t project.Target, want patches.Want, reading *patches.Config,
) (theirs string) {
	now := reading.State(want)
	if now.Known && now.Value == want.Value {
		return ""
	}
	f := report.Finding{ID: "macros", File: t.Dir(), Fix: fixPatch}
	by := ""
	if site := decidingLine(now, want, reading); site != nil {
		f.File, f.Line = site.File, site.Line
		if site.IsForeign() {
			f.Fix, theirs = "remove that flag there; mpwolf cannot", now.Name
		}
		if site.Line == 0 { // make's command line, or the environment
			f.File, f.Line, by = k.where(), max(1, t.Line), " by "+site.File
		} else if !filepath.IsAbs(f.File) {
			f.File = k.Tree.Path(filepath.FromSlash(f.File))
		}
	}
	if now.Imposed != "" {
		f.File, f.Line, by = k.where(), max(1, t.Line), " by "+now.Imposed
		f.Fix, theirs = "remove "+now.Name+" there; mpwolf cannot", now.Name
	}
	if now.Known {
		f.Message = fmt.Sprintf("%s is %d for %s%s; it must be %d: %s", now.Name, now.Value,
			t.Name(), by, want.Value, want.Why)
	} else {
		f.Message = fmt.Sprintf("cannot tell whether %s is %d for %s: %s", now.Name, want.Value,
			t.Name(), now.Doubt)
	}
	k.found(f)
	return theirs
}

// clash is a finding if a flag or a header defines a macro that a later line defines otherwise,
// without an #undef: the value may be right, and still no compiler accepts it. It gives the name
// of the macro.
func (k *checker) clash(t project.Target, want patches.Want, reading *patches.Config) string {
	name := reading.State(want).Name
	clashes := reading.Clashes(name)
	if len(clashes) == 0 {
		return ""
	}
	clash := clashes[0]
	f := report.Finding{ID: "macros", File: clash.Flag.File, Line: clash.Flag.Line,
		Fix: "remove that flag there; mpwolf cannot"}
	if clash.Flag.Kind == patches.Define {
		f.Fix = "remove that line; mpwolf cannot"
	}
	if f.Line == 0 { // make's command line, or the environment
		f.File, f.Line = k.where(), max(1, t.Line)
	} else if !filepath.IsAbs(f.File) {
		f.File = k.Tree.Path(filepath.FromSlash(f.File))
	}
	f.Message = t.Name() + ": " + clash.String()
	k.found(f)
	return name
}

// decidingLine is the line to look at: if a makefile turns a variable into a macro, the line
// that sets the variable.
func decidingLine(now patches.State, want patches.Want, reading *patches.Config) *patches.Site {
	if now.Site == nil || now.Site.Kind != patches.CompilerFlag {
		return now.Site
	}
	for _, site := range slices.Backward(reading.Sites(now.Name)) {
		if site.Kind != patches.MakeVariable || site.Active != "yes" {
			continue
		}
		if n, known := patches.MakeNumber(site.Text); known && n == want.Value {
			break // the flag does not come from the variable
		}
		return &site
	}
	return now.Site
}
