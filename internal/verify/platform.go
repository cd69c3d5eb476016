package verify

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"path/filepath"
	"slices"
	"strings"
	"unicode"

	"mpwolf/internal/build"
	"mpwolf/internal/objects"
)

// supply is a function from which wolfSSL gets something that only the platform has.
type supply struct {
	function string // "*" at its end stands for anything
	what     string
}

// seeds are the functions from which wolfcrypt/src/random.c gets the seeds of its generator.
var seeds = []supply{
	{"getrandom", "the kernel"},
	{"getentropy", "the kernel"},
	{"open*", "a device such as /dev/urandom"},
	{"wc_GenerateRand_IntelRD*", "the processor's RDSEED"},
	{"mp_hal_get_random", "MicroPython's port"},
	{"esp_fill_random", "the ESP's generator"},
	{"rng_get", "MicroPython's stm32 port"},
	{"mp_hal_get_hw_random_u32", "MicroPython's stm32 port"},
	{"HAL_RNG_*", "ST's HAL"},
	{"wolfssl_port_seed", "this port's wolfssl_port.c"},
}

// clocks are the functions from which wolfcrypt/src/asn.c gets the time.
var clocks = []supply{
	{"time", "the C library, or the port in its place"},
	{"gettimeofday", "the C library, or the port in its place"},
	{"wolfssl_port_time", "this port's wolfssl_port.c"},
	{"stm32_hal_time", "ST's HAL"},
	{"wc_Time", "the application"},
}

// The macros by which settings name the product's own functions.
var seedMacros = []string{"CUSTOM_RAND_GENERATE_SEED", "CUSTOM_RAND_GENERATE_SEED_OS",
	"CUSTOM_RAND_GENERATE",
	"CUSTOM_RAND_GENERATE_BLOCK"}

const clockMacro = "XTIME"

// supplier is a function that wolfSSL calls for seeds or for the time.
type supplier struct {
	symbol string
	known  string // what mpwolf knows about it; "" if nothing
	macro  string // the macro by which the settings name it; "" if they do not
	value  build.Value
}

// called are the functions of a kind that the compiled wolfSSL calls, including those that the
// settings name. A wolfSSL object's needs are its undefined symbols, whatever settings led to
// them.
func (v settingsCheck) called(
	used []wolfObject, seen []objectValues, kinds []supply, macros ...string,
) []supplier {
	var found []supplier
	for _, u := range used {
		base := baseName(u.object.File)
		if base != "random" && base != "asn" && base != "wc_port" || !v.ofWolfSSL(u.deps) {
			continue
		}
		var values map[string]build.Value
		for _, o := range seen {
			if o.name == v.objectName(u.object) {
				values = o.values
			}
		}
		for _, symbol := range u.object.Undefined {
			s := supplier{symbol: symbol}
			if i := slices.IndexFunc(kinds, func(k supply) bool {
				return objects.MatchesAny([]string{k.function}, symbol)
			}); i >= 0 {
				s.known = kinds[i].what
			}
			for _, macro := range macros {
				if value := values[macro]; value.Defined && names(value, symbol) {
					s.macro, s.value = macro, value
				}
			}
			if s.known == "" && s.macro == "" || base == "wc_port" &&
				strings.HasPrefix(symbol, "open") {
				continue
			}
			if !slices.ContainsFunc(found, func(o supplier) bool { return o.symbol == symbol }) {
				found = append(found, s)
			}
		}
	}
	return found
}

// ofWolfSSL reports whether an object with these dependencies has wolfSSL's own source, and not
// one of another module that has its name.
func (v settingsCheck) ofWolfSSL(deps []string) bool {
	return len(deps) == 0 || slices.ContainsFunc(v.wolfRoots(), func(root string) bool {
		return relative(root, deps[0]) != deps[0]
	})
}

// names reports whether a macro's text or body has a name in it.
func names(value build.Value, name string) bool {
	word := func(r rune) bool { return r != '_' && !unicode.IsLetter(r) && !unicode.IsDigit(r) }
	return slices.Contains(strings.FieldsFunc(value.Text+" "+value.Body, word), name)
}

// baseName is the name of an object's source without its extension: "random" for random.o, and for
// random.c.o, as CMake names it.
func baseName(object string) string {
	name := strings.TrimSuffix(filepath.Base(object), filepath.Ext(object))
	return strings.TrimSuffix(name, ".c")
}

// suppliers finds out where wolfSSL gets seeds and the time from. It is a finding if there is no
// source, or if the value is always the same; an unknown function of the product's own gets a
// note.
func (v settingsCheck) suppliers(c *check, used []wolfObject, seen []objectValues) {
	v.callers(c)
	v.strangers(c, used)
	for _, p := range []struct {
		name, source, what string
		kinds              []supply
		macros             []string
		constant, nothing  string
	}{
		{"entropy", "random", "the seeds of its random numbers", seeds, seedMacros,
			"always gives the same seed: all keys are known",
			"nothing in wolfCrypt's random.c asks for a seed, as far as mpwolf can tell: " +
				"all keys may be known"},
		{"clock", "asn", "the time", clocks, []string{clockMacro},
			"always gives the same time: certificates do not expire",
			"nothing in wolfCrypt's asn.c asks for the time, as far as mpwolf can tell: " +
				"certificates may never expire"},
	} {
		found := v.called(used, seen, p.kinds, p.macros...)
		var texts []string
		for _, s := range found {
			texts = append(texts,
				fmt.Sprintf("%s (%s)", s.symbol,
					v.suppliedBy(s.symbol, cmp.Or(s.known, "nothing that is linked"))))
			v.supplierCheck(c, s, p.what, p.constant)
		}
		if len(found) > 0 {
			c.show(p.name, texts)
			c.summary += fmt.Sprintf(", %s by %s", p.name, strings.Join(texts, " and "))
			continue
		}
		for _, o := range seen {
			value := o.values[p.macros[0]]
			if baseName(o.name) != p.source || !v.ofWolfSSL(o.deps) ||
				o.values["NO_ASN_TIME"].Defined ||
				o.values["USE_TEST_GENSEED"].Defined {
				continue
			}
			f := Finding{Message: p.nothing, File: value.File, Line: value.Line,
				Fix: "let it call a function: see " + strings.Join(p.macros, ", ")}
			if value.Defined {
				f.Message += fmt.Sprintf(" (%s is %s)", p.macros[0],
					cmp.Or(value.Body, value.Text))
			}
			c.find(f)
		}
	}
}

// harmless are the functions that code may call and still be constant.
var harmless = []string{"memset", "memcpy", "memmove", "__aeabi_mem*", "__memset_chk",
	"__memcpy_chk", "__stack_chk_fail", ".rodata*",
	".LC*", "ForceZero", "__x86.get_pc_thunk*", "_GLOBAL_OFFSET_TABLE_"}

func (v settingsCheck) supplierCheck(c *check, s supplier, what, constant string) {
	for _, o := range v.inputs.objects {
		if o.System || !slices.ContainsFunc(o.Defs, func(d objects.Definition) bool {
			return d.Symbol == s.symbol
		}) {
			continue
		}
		code, err := objects.ReadFunction(o, s.symbol)
		if err == nil && !code.Hardware && !slices.ContainsFunc(code.Uses, func(name string) bool {
			return !objects.MatchesAny(harmless, name)
		}) {
			c.find(Finding{
				Message: fmt.Sprintf("wolfSSL gets %s from %s in %s, which calls nothing and "+
					"reads no variable and no hardware: it %s",
					what, s.symbol, v.source(o), constant),
				File: s.value.File, Line: s.value.Line,
				Fix: "give it a function that asks the hardware",
			})
			return
		}
	}
	text := fmt.Sprintf("wolfSSL gets %s from %s (%s)", what, s.symbol,
		v.suppliedBy(s.symbol, "which is not in an object"))
	if s.known == "" {
		c.notes = append(c.notes, Finding{
			Message: text + ", by " + s.macro + ": mpwolf does not know that function",
			File:    s.value.File, Line: s.value.Line,
		})
		return
	}
	file := v.stranger(s.symbol)
	switch {
	case file == "":
	case v.Target.Port == "unix" && objects.MatchesAny(systems, s.symbol):
		c.find(Finding{
			Message: text + ", which takes the place of the system's function", File: file,
			Fix: "give the other function another name, or make it static",
		})
	default:
		c.notes = append(c.notes,
			Finding{Message: text + ": mpwolf does not know that function", File: file})
	}
}

// systems are the functions for seeds and the time that a system has under these names.
var systems = []string{"getrandom", "getentropy", "open", "open64", "time", "gettimeofday"}

// stranger is the file that defines a symbol, if it is neither MicroPython's nor wolfSSL's nor
// the system's; "" otherwise.
func (v settingsCheck) stranger(symbol string) string {
	if found := v.definers(symbol); len(found) > 0 {
		own := symbolsCheck(v).owner(found[0])
		if own == stackMicroPython || v.isOwn(found[0]) {
			return ""
		}
		return found[0].File
	}
	if s := v.exporter(symbol); s != nil && !v.isSystem(s.File) {
		return s.File
	}
	return ""
}

// strangers looks for functions that wolfSSL calls and that something else than itself, its
// modules, MicroPython or the system defines: by a symbol's name in the assembly, a header or a
// flag, calls can go elsewhere without a macro that shows it. A function of the C library is a
// finding; of others there is a note, because settings may name the product's own functions.
// Those that suppliers knows are its subject.
func (v settingsCheck) strangers(c *check, used []wolfObject) {
	known := slices.Concat(seeds, clocks)
	calls := make(map[string][]string) // by the file that defines the function
	for _, u := range used {
		for _, symbol := range u.object.Undefined {
			if slices.Contains(systems, symbol) ||
				slices.ContainsFunc(known, func(s supply) bool { return s.function == symbol }) {
				continue
			}
			file := v.stranger(symbol)
			switch {
			case file == "":
			case slices.Contains(trusted, symbol):
				c.find(Finding{File: file,
					Message: fmt.Sprintf("wolfSSL calls %s of this file, which takes the place "+
						"of the C library's", symbol),
					Fix: "give that function another name, or make it static"})
			case !slices.Contains(calls[file], symbol):
				calls[file] = append(calls[file], symbol)
			}
		}
	}
	for _, file := range slices.Sorted(maps.Keys(calls)) {
		c.notes = append(c.notes, Finding{File: file,
			Message: fmt.Sprintf("wolfSSL calls %s of this file, which is neither wolfSSL's "+
				"nor MicroPython's: mpwolf does not know what that does",
				someOf(calls[file]))})
	}
}

// definers are the objects of the project that define a symbol.
func (v *evidence) definers(symbol string) []*objects.Object {
	var found []*objects.Object
	for _, o := range v.inputs.objects {
		if !o.System && slices.ContainsFunc(o.Defs, func(d objects.Definition) bool {
			return d.Symbol == symbol
		}) {
			found = append(found, o)
		}
	}
	return found
}

// isOwn reports whether an object is wolfSSL's, or that of the module that wolfSSL is in, and not
// one of another user module.
func (v *evidence) isOwn(o *objects.Object) bool {
	if o.Member != "" {
		return false
	}
	path := o.File
	if deps := v.deps(path); len(deps) > 0 {
		path = deps[0]
	}
	var dirs []string
	for _, root := range v.wolfRoots() {
		dirs = append(dirs, root, v.build.Dir+root)
	}
	for _, module := range v.ownModules() {
		dirs = append(dirs, module, filepath.Join(v.build.Dir, filepath.Base(module)))
	}
	return slices.ContainsFunc(dirs, func(dir string) bool { return relative(dir, path) != path })
}

// ownModules are the directories of the module that wolfSSL is in, as absolute paths.
func (v *evidence) ownModules() []string {
	dir := v.modulesDir()
	if dir == "" {
		return nil
	}
	dirs := []string{filepath.Join(dir, wolfModule)}
	if m := filepath.Dir(v.WolfSSL); v.WolfSSL != "" && filepath.Dir(m) == dir && m != dirs[0] {
		dirs = append(dirs, m)
	}
	return dirs
}

// wolfRoots are the directories of the wolfSSL that was compiled, or that should have been.
func (v *evidence) wolfRoots() []string {
	if v.roots != nil {
		return v.roots
	}
	v.roots = []string{}
	if v.WolfSSL != "" {
		v.roots = append(v.roots, v.WolfSSL)
	}
	for _, u := range v.wolfObjects() {
		if !slices.Contains(v.roots, u.root) {
			v.roots = append(v.roots, u.root)
		}
	}
	return v.roots
}

// wolfModule is the directory of the module in which mpwolf installs wolfSSL.
const wolfModule = "micropython-wolfssl"

// exporter is the shared library that a program takes a symbol from: the first one that has it.
func (v *evidence) exporter(symbol string) *objects.Shared {
	if v.image == nil || slices.ContainsFunc(v.image.Symbols, func(s objects.ImageSymbol) bool {
		return s.Global && s.Name == symbol
	}) {
		return nil
	}
	files := v.sharedFiles()
	queue := slices.Clone(v.image.Needed)
	for i := 0; i < len(queue); i++ {
		s, err := objects.ReadShared(findShared(files, queue[i]))
		if err != nil {
			continue
		}
		if len(s.Exports([]string{symbol})) > 0 {
			return s
		}
		for _, name := range s.Needed {
			if !slices.Contains(queue, name) {
				queue = append(queue, name)
			}
		}
	}
	return nil
}

// isSystem reports whether a shared library is part of the C library.
func (v *evidence) isSystem(file string) bool {
	dir := filepath.Dir(file)
	return objects.MatchesAny([]string{"libc.*", "libc-*", "libm.*", "libpthread.*", "librt.*",
		"libdl.*", "ld-*", "libresolv.*"}, filepath.Base(file)) &&
		(slices.Contains(systemDirs, dir) || slices.Contains(v.link.Toolchain, dir))
}

// suppliedBy is the file that defines a symbol, or what is known about it.
func (v settingsCheck) suppliedBy(symbol, what string) string {
	if found := v.definers(symbol); len(found) > 0 {
		return cmp.Or(v.source(found[0]), v.objectName(found[0]))
	}
	if s := v.exporter(symbol); s != nil && !v.isSystem(s.File) {
		return s.File
	}
	return what
}

// setters are the functions by which a program replaces where wolfSSL gets seeds or the time, or
// what it computes.
var setters = map[string]string{
	"wc_SetTimeCb":                 "its argument supplies the time",
	"wc_SetSeed_Cb":                "its argument supplies the seeds of the random numbers",
	"wc_AsnSetSkipDateCheck":       "it turns the checks of dates in certificates off",
	"wc_CryptoCb_RegisterDevice":   "its argument may compute instead of wolfCrypt",
	"wolfSSL_RAND_set_rand_method": "its argument supplies random numbers",
	"wolfSSL_CTX_set_verify":       "it can turn the verification of certificates off",
	"wolfSSL_set_verify":           "it can turn the verification of certificates off",
}

// callers notes code outside wolfSSL that calls one of setters.
func (v settingsCheck) callers(c *check) {
	for _, symbol := range slices.Sorted(maps.Keys(setters)) {
		for _, o := range v.inputs.objects {
			if own := v.stackOf(o.Name()); own != stackTLS && own != stackCrypt &&
				!v.isOwn(o) && slices.Contains(o.Undefined, symbol) {
				c.notes = append(c.notes, Finding{
					Message: fmt.Sprintf("%s calls %s: %s", cmp.Or(v.source(o), v.objectName(o)),
						symbol, setters[symbol]),
					File: o.File,
				})
			}
		}
	}
}

// weakRandom explains the only case in which this project builds TLS on predictable random
// numbers: the board has no generator, and its owner allowed it.
func (v settingsCheck) weakRandom(ctx context.Context, c *check) error {
	const told, hardware = "MICROPY_WOLFSSL_WEAK_RANDOM", "MICROPY_HW_ENABLE_RNG"
	values, err := v.flags.Effective(ctx, []string{told, hardware})
	if err != nil {
		if v.blocked != "" {
			return nil
		}
		return err
	}
	if values[told].Number != 0 && values[hardware].Number == 0 {
		c.notes = append(c.notes, Finding{
			Message: told + " is set, and the board has no hardware random number generator: " +
				"anyone who can guess its state can read every connection",
			File: values[told].File, Line: values[told].Line,
		})
	}
	return nil
}
