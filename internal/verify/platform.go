package verify

import (
	"cmp"
	"context"
	"fmt"
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
		if base != "random" && base != "asn" && base != "wc_port" {
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

// names reports whether a macro's text or body has a name in it.
func names(value build.Value, name string) bool {
	word := func(r rune) bool { return r != '_' && !unicode.IsLetter(r) && !unicode.IsDigit(r) }
	return slices.Contains(strings.FieldsFunc(value.Text+" "+value.Body, word), name)
}

func baseName(file string) string {
	return strings.TrimSuffix(filepath.Base(file), filepath.Ext(file))
}

// suppliers finds out where wolfSSL gets seeds and the time from. It is a finding if there is no
// source, or if the value is always the same; an unknown function of the product's own gets a
// note.
func (v settingsCheck) suppliers(c *check, used []wolfObject, seen []objectValues) {
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
			if baseName(o.name) != p.source || o.values["NO_ASN_TIME"].Defined ||
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
	if s.known == "" {
		c.notes = append(c.notes, Finding{
			Message: fmt.Sprintf("wolfSSL gets %s from %s (%s), by %s: mpwolf does not know "+
				"that function", what, s.symbol,
				v.suppliedBy(s.symbol, "which is not in an object"), s.macro),
			File: s.value.File, Line: s.value.Line,
		})
	}
}

// suppliedBy is the source that defines a symbol, or what is known about it.
func (v settingsCheck) suppliedBy(symbol, what string) string {
	for _, o := range v.inputs.objects {
		for _, d := range o.Defs {
			if d.Symbol == symbol && !o.System {
				return v.source(o)
			}
		}
	}
	return what
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
