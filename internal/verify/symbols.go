package verify

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"mpwolf/internal/objects"
)

// duplicate is a symbol with more than one definition, between which no linker may choose
// silently.
type duplicate struct {
	symbol string
	defs   []objects.Definition
}

// duplicates finds the symbols that are defined more than once. A weak definition beside others,
// and the copies of a group of which the linker keeps one, are not duplicates. They are in the
// order of the objects.
func duplicates(all []*objects.Object) []duplicate {
	first := make(map[string]objects.Definition)
	more := make(map[string]*duplicate)
	var order []*duplicate
	for _, o := range all {
		for _, d := range o.Defs {
			if d.Kind == objects.Weak {
				continue
			}
			before, known := first[d.Symbol]
			if !known {
				first[d.Symbol] = d
				continue
			}
			if before.Kind == objects.Comdat && d.Kind == objects.Comdat {
				continue
			}
			if more[d.Symbol] == nil {
				more[d.Symbol] = &duplicate{d.Symbol, []objects.Definition{before}}
				order = append(order, more[d.Symbol])
			}
			more[d.Symbol].defs = append(more[d.Symbol].defs, d)
		}
	}
	found := make([]duplicate, len(order))
	for i, d := range order {
		found[i] = *d
	}
	return found
}

// shadowed finds the weak definitions that another replaces unintentionally: owner says whose an
// object is, and a weak definition of one of guarded may be replaced only by its own owner. They
// are in the order of the symbols' first definitions.
func shadowed(
	all []*objects.Object, owner func(*objects.Object) string, guarded []string,
) []duplicate {
	weakly := make(map[string]bool)
	for _, o := range all {
		for _, d := range o.Defs {
			if d.Kind == objects.Weak {
				weakly[d.Symbol] = true
			}
		}
	}
	several := make(map[string]*duplicate)
	var order []*duplicate
	for _, o := range all {
		for _, d := range o.Defs {
			if !weakly[d.Symbol] {
				continue
			}
			if several[d.Symbol] == nil {
				several[d.Symbol] = &duplicate{symbol: d.Symbol}
				order = append(order, several[d.Symbol])
			}
			several[d.Symbol].defs = append(several[d.Symbol].defs, d)
		}
	}
	var found []duplicate
	for _, d := range order {
		if len(d.defs) > 1 && d.shadows(owner, guarded) {
			found = append(found, *d)
		}
	}
	return found
}

func (d *duplicate) shadows(owner func(*objects.Object) string, guarded []string) bool {
	for _, def := range d.defs {
		own := owner(def.Object)
		if def.Kind == objects.Weak && slices.Contains(guarded, own) &&
			slices.ContainsFunc(d.defs, func(other objects.Definition) bool {
				return owner(other.Object) != own
			}) {
			return true
		}
	}
	return false
}

// SymbolsID is the check in this file.
const SymbolsID = "symbols"

var symbolsRule = rule{
	Rule: Rule{
		ID:      SymbolsID,
		Summary: "No symbol is defined twice in the objects and archives of the link.",
		Help: "Two definitions of one symbol meet in the firmware. Linkers report this only " +
			"for objects: of two archives, or of a weak and a strong definition, they " +
			"silently take one. The message names both, and the known cause.",
	},
	of: func(e *evidence) runner { return symbolsCheck{e} },
}

type symbolsCheck struct{ *evidence }

// run looks for symbols that are defined twice in what is linked, whether the linker reports it
// or not.
func (v symbolsCheck) run(ctx context.Context, c *check) error {
	if v.link == nil {
		c.notMade = v.blocked
		return nil
	}
	v.optionsCheck(c)
	v.placed(c)
	v.outdated(c)
	v.unreadable(c)
	found := duplicates(v.inputs.objects)
	c.findings = append(c.findings, v.clashFindings(found)...)
	hidden := shadowed(v.inputs.objects, v.owner,
		[]string{stackTLS, stackCrypt, stackModules, builtinOwner})
	c.findings = append(c.findings, v.shadowFindings(hidden)...)
	c.findings = append(c.findings, v.linkFindings(ctx, found)...)
	defined := 0
	for _, o := range v.inputs.objects {
		defined += len(o.Defs)
	}
	c.show("objects", len(v.inputs.objects))
	c.show("symbols", defined)
	if all := append(slices.Clone(found), hidden...); len(all) > 0 {
		c.show("duplicates", v.duplicateEvidence(all))
	}
	switch {
	case len(v.inputs.objects) == 0 && len(c.findings) == 0:
		c.notMade = v.blocked
	case len(found) > 0:
		c.summary = plural(len(found), "symbol") + " defined more than once"
	case len(c.findings) == 0 && len(v.inputs.missing) > 0:
		c.notMade = fmt.Sprintf("%d of the objects of the link do not exist",
			len(v.inputs.missing))
	case len(c.findings) == 0:
		c.summary = fmt.Sprintf("none of %s in %s is defined twice",
			plural(defined, "symbol"), plural(len(v.inputs.objects), "object"))
	}
	return nil
}

// outdated looks for files that were changed after the firmware was built. make handles sources
// and objects, and mpwolf's build the rest; --no-build runs neither.
func (v symbolsCheck) outdated(c *check) {
	if v.elf == "" {
		return
	}
	steps, known := v.build.AfterLink()
	if !known {
		c.notes = append(c.notes, Finding{Message: "the link could not be repeated, so it is " +
			"not known whether a later step has changed the firmware", File: v.elf})
	}
	if len(steps) > 0 {
		c.find(Finding{Message: "the firmware is not what its link command makes; these " +
			"sections differ: " + someOf(steps), File: v.elf,
			Fix: "remove the step after the link that changes the firmware"})
	}
	if v.NoBuild {
		v.changedSince(c)
	}
}

// changedSince looks for what has changed since the build: its flags, sources and results.
func (v symbolsCheck) changedSince(c *check) {
	if v.otherFlags {
		c.find(Finding{Message: "the firmware was built with other flags, sources or libraries " +
			"than make gives now", File: v.elf, Fix: "build again: verify without --no-build"})
	}
	altered := v.build.Altered()
	newer := v.link.Newer()
	if newer != "" {
		c.find(Finding{Message: "this file was changed after the firmware was linked",
			File: newer, Fix: "build again"})
	}
	if altered.Unknown {
		c.notes = append(c.notes, Finding{Message: "mpwolf has no record of what it built " +
			"here: it cannot say whether these files are what make wrote", File: v.elf})
	}
	sources := v.newerSources()
	for _, input := range altered.Inputs {
		inSettings := settingsCheck(v).isSettings(input) && v.isNewer(input)
		if !inSettings && input != newer && !slices.Contains(sources, input) {
			sources = append(sources, input)
		}
	}
	if len(sources) > 0 {
		c.find(Finding{
			Message: fmt.Sprintf("%s changed after the firmware was built: %s",
				plural(len(sources), "source"), v.someFiles(sources)),
			File: sources[0], Fix: "build again",
		})
	}
	if len(altered.Outputs) > 0 {
		c.find(Finding{
			Message: fmt.Sprintf("%s not what mpwolf verify built: %s",
				plural(len(altered.Outputs), "file"), v.someFiles(altered.Outputs)),
			File: altered.Outputs[0], Fix: "build again",
		})
	}
}

// someFiles are the names of files as seen from the tree or the build directory.
func (v symbolsCheck) someFiles(files []string) string {
	names := make([]string, len(files))
	for i, name := range files {
		names[i] = relative(v.Target.Tree.Dir, name)
		if inside := relative(v.build.Dir, name); inside != name {
			names[i] = inside
		}
	}
	return someOf(names)
}

// isNewer reports whether a file was changed after the firmware was linked, by its time.
func (v symbolsCheck) isNewer(file string) bool {
	linked, err := os.Stat(v.elf)
	if err != nil {
		return false
	}
	info, err := os.Stat(file)
	return err == nil && info.ModTime().After(linked.ModTime())
}

// newerSources are the sources and headers that are newer than an object of theirs. The settings
// are another check's.
func (v symbolsCheck) newerSources() []string {
	changed := make(map[string]time.Time)
	var newer []string
	for _, o := range v.inputs.objects {
		built, err := os.Stat(o.File)
		if o.Member != "" || err != nil {
			continue
		}
		for _, dep := range v.deps(o.File) {
			when, known := changed[dep]
			if info, err := os.Stat(dep); !known && err == nil {
				when = info.ModTime()
				changed[dep] = when
			}
			if when.After(built.ModTime()) && !slices.Contains(newer, dep) &&
				!settingsCheck(v).isSettings(dep) {
				newer = append(newer, dep)
			}
		}
	}
	return newer
}

// definitionEvidence is a definition in a report.
type definitionEvidence struct {
	Symbol  string `json:"symbol"`
	Object  string `json:"object"`
	Member  string `json:"member,omitempty"`
	Section string `json:"section"`
	Size    uint64 `json:"size"`
	Source  string `json:"source"`
	Weak    bool   `json:"weak"`
}

func (v symbolsCheck) duplicateEvidence(found []duplicate) []definitionEvidence {
	evidence := []definitionEvidence{}
	for _, d := range found {
		for _, def := range d.defs {
			evidence = append(evidence, definitionEvidence{
				Symbol: d.symbol, Object: relative(v.build.Dir, def.Object.File),
				Member:  def.Object.Member,
				Section: def.Section, Size: def.Size, Source: v.source(def.Object),
				Weak: def.Kind == objects.Weak,
			})
		}
	}
	return evidence
}

const (
	// builtinOwner is the owner of MicroPython's own TLS and crypto.
	builtinOwner = "built-in crypto"
	// glueOwner is the owner of a port's wolfssl_port.c: its weak functions stand in for those
	// that some releases of the port have themselves, and are meant to be replaced.
	glueOwner = "the port's wolfssl_port.c"
)

// owner is whose an object is: a stack, or the built-in crypto.
func (v symbolsCheck) owner(o *objects.Object) string {
	for _, b := range builtins {
		if v.isPartOf(b, o) {
			return builtinOwner
		}
	}
	own := v.stackOf(o.Name())
	if own == stackModules && strings.HasPrefix(filepath.Base(o.Name()), "wolfssl_port.") {
		return glueOwner
	}
	return own
}

// shadowFindings say which definition replaces a weak one.
func (v symbolsCheck) shadowFindings(found []duplicate) []Finding {
	var findings []Finding
	for _, d := range found {
		taken, loses := d.defs[0], d.defs[0]
		for _, def := range d.defs {
			if taken.Kind == objects.Weak && def.Kind != objects.Weak {
				taken = def
			}
		}
		for _, def := range d.defs {
			if def.Kind == objects.Weak && def.Object != taken.Object {
				loses = def
			}
		}
		findings = append(findings, Finding{
			Message: fmt.Sprintf("%s of %s is shadowed: it is weak there, and %s replaces "+
				"it without a message from the linker",
				d.symbol, v.definitionText(loses), v.definitionText(taken)),
			File: taken.Object.File,
			Fix: "make the other symbol static, rename it, or remove one of the two sources " +
				"from the build",
		})
	}
	return findings
}

// unreadable reports objects that hold code for the linker's optimizer instead of symbols.
func (v symbolsCheck) unreadable(c *check) {
	n := 0
	for _, o := range v.inputs.objects {
		if o.Lto {
			n++
		}
	}
	if n > 0 {
		c.find(Finding{
			Message: fmt.Sprintf("the symbols of %s cannot be read: they are compiled for "+
				"link-time optimization",
				plural(n, "object")),
			Fix: "verify a build without -flto (LTO=0 for the ports that have it), or with " +
				"-ffat-lto-objects",
		})
	}
}

// namedSymbols is how many of the symbols that two objects share a finding names.
const namedSymbols = 8

// clashFindings makes one finding for all the symbols that the same objects define and that have
// the same cause.
func (v symbolsCheck) clashFindings(found []duplicate) []Finding {
	type group struct {
		first  duplicate
		fix    string
		cause  string
		others []string
	}
	groups := make(map[string]*group)
	var order []*group
	for _, d := range found {
		var places, sources []string
		for _, def := range d.defs {
			places = append(places, def.Object.Name())
			sources = append(sources, v.sourceName(def.Object))
		}
		cause, fix := explain(d.symbol, sources)
		key := strings.Join(append(places, cause), "\x00")
		if groups[key] == nil {
			groups[key] = &group{first: d, fix: fix, cause: cause}
			order = append(order, groups[key])
			continue
		}
		groups[key].others = append(groups[key].others, d.symbol)
	}
	var findings []Finding
	for _, g := range order {
		message := v.clashText(g.first)
		if len(g.others) > 0 {
			message += fmt.Sprintf("; so are %s more: %s",
				plural(len(g.others), "symbol"), someOf(g.others))
		}
		last := g.first.defs[len(g.first.defs)-1]
		findings = append(findings,
			Finding{Message: message + "; " + g.cause, File: last.Object.File, Fix: g.fix})
	}
	return findings
}

func someOf(names []string) string {
	if len(names) > namedSymbols {
		return strings.Join(names[:namedSymbols], ", ") + ", …"
	}
	return strings.Join(names, ", ")
}

func (v symbolsCheck) clashText(d duplicate) string {
	times := "twice"
	if len(d.defs) > 2 {
		times = fmt.Sprintf("%d times", len(d.defs))
	}
	places := make([]string, len(d.defs))
	for i, def := range d.defs {
		places[i] = v.definitionText(def)
	}
	return fmt.Sprintf("%s is defined %s: in %s", d.symbol, times,
		strings.Join(places, " and in "))
}

// definitionText is "py/runtime.o (.text.mp_init, 84 bytes, from ../../py/runtime.c)".
func (v symbolsCheck) definitionText(d objects.Definition) string {
	details := []string{fmt.Sprintf("%s, %d bytes", d.Section, d.Size)}
	if d.Kind == objects.Common {
		details[0] = fmt.Sprintf("variable without a value, %d bytes", d.Size)
	}
	if source := v.source(d.Object); source != "" {
		details = append(details, "from "+source)
	}
	if d.Object.System {
		details = append(details, "of the compiler's own library")
	}
	return fmt.Sprintf("%s (%s)", v.objectName(d.Object), strings.Join(details, ", "))
}

// objectName is the object's name as seen from the build directory.
func (v *evidence) objectName(o *objects.Object) string {
	name := relative(v.build.Dir, o.File)
	if o.Member != "" {
		name += "(" + o.Member + ")"
	}
	return name
}

// source is the file that an object was compiled from: what the dependency file says, else what
// its symbols say.
func (v *evidence) source(o *objects.Object) string {
	if o.Member == "" {
		if deps := v.deps(o.File); len(deps) > 0 {
			return relative(v.Target.Tree.Dir, deps[0])
		}
	}
	if o.Source == "" {
		o.Source = relative(v.Target.Tree.Dir, o.CompiledFrom())
	}
	return o.Source
}

func (v *evidence) sourceName(o *objects.Object) string {
	if source := v.source(o); source != "" {
		return filepath.Base(source)
	}
	return strings.TrimSuffix(filepath.Base(o.Name()), ".o")
}

// linkFindings are the linker's errors that found does not explain.
func (v symbolsCheck) linkFindings(ctx context.Context, found []duplicate) []Finding {
	if v.failure == nil {
		return nil
	}
	var findings []Finding
	needs := v.builtinNeeds()
	for _, e := range v.failure.link {
		if slices.ContainsFunc(needs, func(n *need) bool {
			return slices.Contains(n.symbols, e.symbol)
		}) {
			continue // see modules
		}
		known := slices.ContainsFunc(found, func(d duplicate) bool { return d.symbol == e.symbol })
		switch {
		case e.undefined:
			findings = append(findings, blamer(v).undefinedFinding(ctx, e))
		case !known:
			_, fix := explain(e.symbol, []string{filepath.Base(e.first), filepath.Base(e.second)})
			findings = append(findings, Finding{
				Message: fmt.Sprintf("%s is defined twice: in %s and in %s", e.symbol,
					relative(v.build.Dir, e.first),
					relative(v.build.Dir, e.second)),
				File: e.second, Fix: fix,
			})
		}
	}
	return findings
}
