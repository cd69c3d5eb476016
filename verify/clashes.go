package verify

import (
	"slices"
	"strings"
)

// clash is a known reason why a symbol is defined twice. The first one that fits explains a finding. In symbols and
// sources, a "*" at the beginning or the end stands for anything.
type clash struct {
	symbols  []string // one of these, if there are any
	sources  []string // and one of the definitions is from such a source, if there are any
	distinct bool     // and the definitions are from sources of different names
	same     bool     // and the definitions are from sources of one name
	cause    string
	remedy   string
}

var clashes = []clash{
	{
		symbols: []string{"mp_init"},
		sources: []string{"integer.c", "tfm.c"},
		cause: "MicroPython's py/runtime.c starts the interpreter with mp_init, and wolfSSL's arithmetic in " +
			"integer.c (USE_INTEGER_HEAP_MATH) and tfm.c (USE_FAST_MATH) has a function of that name",
		remedy: "in user_settings.h, define WOLFSSL_SP_MATH_ALL in place of USE_FAST_MATH or USE_INTEGER_HEAP_MATH",
	},
	{
		symbols: []string{"mp_*", "fp_*", "s_mp_*", "fast_mp_*", "fast_s_mp_*", "bn_*"},
		cause: "wolfSSL's big-number arithmetic (integer.c, tfm.c) and another library, such as the libtommath of an " +
			"SDK, have functions of one name",
		remedy: "in user_settings.h, define WOLFSSL_SP_MATH_ALL: its functions are called sp_…",
	},
	{
		symbols: []string{
			"ByteReverseWord*", "ByteReverseWords*", "rotlFixed*", "rotrFixed*", "ForceZero", "ConstantCompare",
			"xorbuf*", "XorWords*", "min", "max", "ctMask*", "ctSet*", "MakeWord*", "CopyString",
		},
		sources: []string{"misc.c"},
		cause:   "NO_INLINE makes wolfSSL's misc.c a source of its own, whose small helpers have names that others use",
		remedy:  "leave NO_INLINE out of user_settings.h, and misc.c out of the sources",
	},
	{
		symbols: []string{"wolfSSL_*", "wc_*", "wolfSSL*", "wolfCrypt_*"},
		same:    true,
		cause:   "two copies of wolfSSL are linked",
		remedy:  "take one of them out: the one that comes with an SDK or another module, as a rule",
	},
	{
		symbols: []string{"mbedtls_*", "psa_*"},
		cause:   "two copies of mbedTLS are linked, and none should be",
		remedy:  "set MICROPY_PY_SSL to 0 for the built-in one, and take the other out of the build",
	},
	{
		symbols:  []string{"*_user_cmodule", "mp_module_*", "*_module"},
		distinct: true,
		cause:    "two user modules have a module object of one name",
		remedy:   "take one of the two modules out of the USER_C_MODULES folder",
	},
	{
		same: true,
		cause: "the same source, or two of one name, are compiled twice: two user modules with a copy each, or a " +
			"module that the port has as well",
		remedy: "leave one of the two out of the build",
	},
}

const (
	unknownClash  = "two sources have a function or variable of one name"
	unknownRemedy = "leave one of the two out of the build, or make its symbol static or give it another name"
)

// explain finds the reason for definitions of one symbol; sources are the names of their source files.
func explain(symbol string, sources []string) (cause, remedy string) {
	for _, c := range clashes {
		if c.fits(symbol, sources) {
			return c.cause, c.remedy
		}
	}
	return unknownClash, unknownRemedy
}

func (c clash) fits(symbol string, sources []string) bool {
	if len(c.symbols) > 0 && !matchesAny(c.symbols, symbol) {
		return false
	}
	if len(c.sources) > 0 && !slices.ContainsFunc(sources, func(s string) bool { return matchesAny(c.sources, s) }) {
		return false
	}
	same := sources[0] != "" && !slices.ContainsFunc(sources, func(s string) bool { return s != sources[0] })
	return (!c.same || same) && (!c.distinct || !same)
}

func matchesAny(patterns []string, name string) bool {
	return slices.ContainsFunc(patterns, func(pattern string) bool {
		if ending, found := strings.CutPrefix(pattern, "*"); found {
			return strings.HasSuffix(name, ending)
		}
		if start, found := strings.CutSuffix(pattern, "*"); found {
			return strings.HasPrefix(name, start)
		}
		return name == pattern
	})
}
