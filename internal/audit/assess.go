package audit

import (
	"fmt"
	"path/filepath"
	"slices"
	"strings"

	"mpwolf/internal/verify"
	"mpwolf/wolfssl"
)

// evidence is what was compiled.
type evidence struct {
	dir       string // the top of wolfSSL
	version   string
	units     []unit
	compiled  map[string]string // the sources, and an object with code of each
	functions map[string]string // those that are linked, and their objects
	own       map[string]bool   // the objects whose sources are known
}

// unit is an object that the compiler could be asked about: the macros that it defines, and what
// it was compiled from, relative to the top of wolfSSL.
type unit struct {
	defined map[string]bool
	files   []string
}

func newEvidence(b *verify.Built) *evidence {
	e := &evidence{dir: b.WolfSSL, version: b.Version, compiled: make(map[string]string),
		functions: b.Functions, own: make(map[string]bool)}
	for _, u := range b.Units {
		e.own[u.Name] = true
		var files []string
		for _, file := range u.Files {
			files = append(files, filepath.ToSlash(file))
			e.compiled[filepath.ToSlash(file)] = u.Name
		}
		if u.Macros == nil {
			continue
		}
		defined := make(map[string]bool)
		for name, value := range u.Macros {
			defined[name] = value.Defined
		}
		e.units = append(e.units, unit{defined, files})
	}
	return e
}

// assess decides what an advisory about the version means. That code is not compiled counts for
// more than that it was fixed; without evidence the firmware is affected.
func (e *evidence) assess(a wolfssl.Advisory) (Assessment, error) {
	result := Assessment{ID: a.ID, Severity: a.Severity, Summary: a.Summary, Fixed: a.Fixed,
		Source: a.Source, Mitigation: a.Mitigation}
	reasons := []string{e.macros(a), e.files(a), e.defines(a)}
	if e.brought(a) {
		reasons = nil
	}
	for _, without := range reasons {
		if without != "" {
			result.State, result.Evidence = NotAffected, without
			return result, nil
		}
	}
	p, line, err := a.Patched(e.dir)
	if err != nil {
		return Assessment{}, err
	}
	if line > 0 {
		result.State, result.Line = Fixed, line
		result.File = filepath.Join(e.dir, filepath.FromSlash(p.File))
		result.Evidence = fmt.Sprintf("%s:%d has the fix of %s", p.File, line, p.By)
		return result, nil
	}
	result.State = Affected
	result.Evidence, result.File = e.compiles(a)
	if a.Optional(e.version) {
		e.optional(a, &result)
	}
	return result, nil
}

// optional decides about a release that has the fix, but only with some macros: each source with
// the flaw must have them.
func (e *evidence) optional(a wolfssl.Advisory, result *Assessment) {
	units := e.with(a)
	var off []string
	for _, name := range a.Mitigation {
		if len(units) == 0 || slices.ContainsFunc(units, func(u unit) bool {
			return !u.defined[name]
		}) {
			off = append(off, name)
		}
	}
	if len(off) == 0 {
		result.State = Mitigated
		result.Evidence = are(a.Mitigation) + ", which turns on the fix"
		return
	}
	result.State, result.Mitigation = Open, off
	result.Evidence += "; wolfSSL " + a.Fixed + " and newer have a fix, but it is off unless " +
		are(off) + "; the attack needs " + a.Needs
}

// are says that macros are defined.
func are(macros []string) string {
	if len(macros) == 1 {
		return macros[0] + " is defined"
	}
	return strings.Join(macros, " and ") + " are defined"
}

// with are the objects that have the code with the flaw, as far as the compiler could be asked.
func (e *evidence) with(a wolfssl.Advisory) []unit {
	var units []unit
	for _, u := range e.units {
		one := &evidence{units: []unit{u}}
		if one.macros(a) == "" && (len(a.Files) == 0 ||
			slices.ContainsFunc(u.files, func(f string) bool {
				return slices.Contains(a.Files, f)
			})) {
			units = append(units, u)
		}
	}
	return units
}

// macros says which macro keeps the code with the flaw out of each source; "" if none does, or
// if the compiler could not be asked.
func (e *evidence) macros(a wolfssl.Advisory) string {
	if len(e.units) == 0 {
		return ""
	}
	everywhere := func(is func(defined map[string]bool) bool) bool {
		return !slices.ContainsFunc(e.units, func(u unit) bool { return !is(u.defined) })
	}
	for _, name := range a.Macros {
		if everywhere(func(u map[string]bool) bool { return !u[name] }) {
			return name + " is not defined"
		}
	}
	none := func(u map[string]bool) bool {
		return !slices.ContainsFunc(a.Any, func(name string) bool { return u[name] })
	}
	if len(a.Any) > 0 && everywhere(none) {
		return "none of " + strings.Join(a.Any, ", ") + " is defined"
	}
	for _, name := range a.Unless {
		if everywhere(func(u map[string]bool) bool { return u[name] }) {
			return name + " is defined"
		}
	}
	return ""
}

// brought is whether a function with the flaw is in an object that was not compiled in this build,
// such as one of a library: neither sources nor macros say anything about that.
func (e *evidence) brought(a wolfssl.Advisory) bool {
	return slices.ContainsFunc(a.Functions, func(name string) bool {
		object := e.functions[name]
		return object != "" && !e.own[object]
	})
}

// files says that none of the sources with the flaw was compiled to code.
func (e *evidence) files(a wolfssl.Advisory) string {
	if len(a.Files) == 0 || slices.ContainsFunc(a.Files, func(file string) bool {
		return e.compiled[file] != ""
	}) {
		return ""
	}
	return "no object has code of " + strings.Join(a.Files, " or ")
}

// defines says that none of the functions with the flaw is in an object.
func (e *evidence) defines(a wolfssl.Advisory) string {
	if len(a.Functions) == 0 || slices.ContainsFunc(a.Functions, func(name string) bool {
		return e.functions[name] != ""
	}) {
		return ""
	}
	return "no object defines " + strings.Join(a.Functions, " or ")
}

// compiles names what speaks for an affected firmware, and a source with the flaw.
func (e *evidence) compiles(a wolfssl.Advisory) (what, file string) {
	place := func(file string) string { return filepath.Join(e.dir, filepath.FromSlash(file)) }
	for _, name := range a.Functions {
		if object := e.functions[name]; object != "" {
			what = object + " defines " + name
			break
		}
	}
	for _, name := range a.Files {
		if object := e.compiled[name]; object != "" {
			if what == "" {
				what = name + " is compiled"
			}
			file = place(name)
			break
		}
	}
	var defined []string
	for _, name := range slices.Concat(a.Macros, a.Any) {
		if slices.ContainsFunc(e.units, func(u unit) bool { return u.defined[name] }) {
			defined = append(defined, name)
		}
	}
	switch {
	case len(defined) == 0 && what == "":
		what = "nothing shows that the code is not compiled"
	case len(defined) > 0 && what == "":
		what = are(defined)
	case len(defined) > 0:
		what += ", and " + are(defined)
	}
	return what, file
}
