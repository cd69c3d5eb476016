package verify

import (
	"fmt"
	"path/filepath"
	"slices"
	"strings"

	"mpwolf/internal/objects"
)

// A user module that uses the built-in TLS library itself cannot be linked when that library is
// off. The linker prints a line for each function; the owner needs to know that it is one module.

// need is what a user module needs from a built-in library.
type need struct {
	module  string // its directory
	library string
	users   []string // "f in a.o" or a.o, for each object
	symbols []string
	headers []string // headers that its sources include and that are not found
	file    string
}

// builtinNeeds are the user modules, besides those that come with wolfSSL, that refer to a
// built-in library.
func (v *evidence) builtinNeeds() []*need {
	var needs []*need
	of := func(module, library string) *need {
		for _, n := range needs {
			if n.module == module && n.library == library {
				return n
			}
		}
		n := &need{module: module, library: library}
		needs = append(needs, n)
		return n
	}
	defined := make(map[string]bool)
	for _, o := range v.inputs.objects {
		for _, d := range o.Defs {
			defined[d.Symbol] = true
		}
	}
	for _, o := range v.inputs.objects {
		module := v.otherModule(v.sourcePath(o))
		if module == "" {
			continue
		}
		for _, b := range builtins {
			var symbols []string
			for _, symbol := range o.Undefined {
				if objects.MatchesAny(b.symbols, symbol) && !(defined[symbol] && v.image == nil) {
					symbols = append(symbols, symbol)
				}
			}
			if len(symbols) == 0 {
				continue
			}
			n := of(module, b.name)
			n.users = append(n.users, fmt.Sprintf("%s uses %s", v.objectName(o), someOf(symbols)))
			n.symbols = append(n.symbols, symbols...)
			n.file = v.source(o)
		}
	}
	if v.failure == nil {
		return needs
	}
	for _, e := range v.failure.compile {
		m := missingHeader().FindStringSubmatch(e.message)
		if module := v.otherModule(v.abs(e.file)); m != nil && module != "" && isMbedHeader(m[1]) {
			n := of(module, "mbedTLS")
			n.users = append(n.users,
				fmt.Sprintf("%s:%d includes %s",
					relative(filepath.Dir(module), v.abs(e.file)), e.line, m[1]))
			n.headers = append(n.headers, m[1])
			n.file = relative(v.Target.Tree.Dir, v.abs(e.file))
		}
	}
	return needs
}

// sourcePath is the absolute path of an object's source, or of the object.
func (v *evidence) sourcePath(o *objects.Object) string {
	if o.Member == "" {
		if deps := v.deps(o.File); len(deps) > 0 {
			return deps[0]
		}
	}
	return o.File
}

// otherModule is the directory of the user module that a source or an object belongs to; "" if
// it belongs to none, or to the modules that come with wolfSSL.
func (v *evidence) otherModule(path string) string {
	dir := v.modulesDir()
	if dir == "" {
		return ""
	}
	for _, file := range fragments(dir) {
		module := filepath.Dir(file)
		if v.WolfSSL != "" && sameFile(module, filepath.Dir(v.WolfSSL)) {
			continue
		}
		made := filepath.Join(v.build.Dir, filepath.Base(module))
		if relative(module, path) != path || relative(made, path) != path {
			return module
		}
	}
	return ""
}

func isMbedHeader(name string) bool {
	return strings.HasPrefix(name, "mbedtls/") || strings.HasPrefix(name, "psa/") ||
		strings.HasPrefix(name, "ssl.h")
}

// needsBuiltin makes a finding for each such module of a failed build; false if none is the
// cause.
func (v blamer) needsBuiltin(c *check) bool {
	needs := v.builtinNeeds()
	for _, n := range needs {
		c.find(v.needFinding(n))
	}
	return len(needs) > 0 && v.onlyNeeds(needs)
}

// onlyNeeds reports whether the linker and the compiler complain only about these needs.
func (v blamer) onlyNeeds(needs []*need) bool {
	for _, e := range v.failure.link {
		if !slices.ContainsFunc(needs, func(n *need) bool {
			return slices.Contains(n.symbols, e.symbol)
		}) {
			return false
		}
	}
	for _, e := range v.failure.compile {
		if v.otherModule(v.abs(e.file)) == "" {
			return false
		}
	}
	return true
}

func (v *evidence) needFinding(n *need) Finding {
	name := filepath.Base(n.module)
	what := plural(len(n.symbols), "function")
	if len(n.symbols) == 0 {
		what = plural(len(n.headers), "header")
	}
	const most = 4
	users := n.users
	if len(users) > most {
		users = append(slices.Clone(users[:most]), fmt.Sprintf("and %d more", len(n.users)-most))
	}
	return Finding{
		Message: fmt.Sprintf("the user module %s needs %s itself, which wolfSSL replaces: "+
			"%s; %s", name, n.library, what,
			strings.Join(users, "; ")),
		File: n.module,
		Fix: "take " + name + " out of the USER_C_MODULES directory, or make it use " +
			"wolfSSL; the port's macros are right",
	}
}
