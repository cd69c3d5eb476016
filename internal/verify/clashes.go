package verify

import (
	"slices"

	"mpwolf/internal/objects"
)

// clash is a known reason why a symbol is defined twice. The first one that matches explains a
// finding. In symbols and sources, a "*" at the beginning or the end stands for anything.
type clash struct {
	symbols  []string // one of these, if there are any
	sources  []string // and one of the definitions is from such a source, if there are any
	distinct bool     // and the definitions are from sources of different names
	same     bool     // and the definitions are from sources of one name
	cause    string
	fix      string
}

// miscSymbols are the helpers in wolfcrypt/src/misc.c, which other sources include unless
// NO_INLINE is defined.
var miscSymbols = []string{
	"ByteReverseWord*", "ByteReverseWords*", "rotlFixed*", "rotrFixed*", "ForceZero",
	"ConstantCompare", "xorbuf*", "XorWords*", "ctMask*", "ctSet*", "MakeWord*", "CopyString",
	"readUnalignedWord*", "writeUnalignedWord*", "c16toa", "c32toa", "c32to24", "c24to32",
	"ato16", "ato24", "ato32", "ato32le", "w64*", "btoi", "CharIsWhiteSpace", "HexCharToByte",
	"ByteToHex*",
}

var clashes = []clash{
	{
		symbols: []string{"mp_init"},
		sources: []string{"integer.c", "tfm.c"},
		cause: "MicroPython's py/runtime.c starts the interpreter with mp_init, and wolfSSL's " +
			"arithmetic in integer.c (USE_INTEGER_HEAP_MATH) and tfm.c (USE_FAST_MATH) has a " +
			"function of that name",
		fix: "in user_settings.h, define WOLFSSL_SP_MATH_ALL instead of USE_FAST_MATH or " +
			"USE_INTEGER_HEAP_MATH",
	},
	{
		symbols: []string{"mp_*", "fp_*", "s_mp_*", "fast_mp_*", "fast_s_mp_*", "bn_*"},
		cause: "wolfSSL's big-number arithmetic (integer.c, tfm.c) and another library, such as " +
			"the libtommath of an SDK, define functions of the same name",
		fix: "in user_settings.h, define WOLFSSL_SP_MATH_ALL: its functions are called sp_…",
	},
	{
		symbols: append([]string{"min", "max"}, miscSymbols...),
		sources: []string{"misc.c"},
		cause: "NO_INLINE makes wolfSSL's misc.c a source of its own, whose small helpers have " +
			"names that others use",
		fix: "leave NO_INLINE out of user_settings.h, and misc.c out of the sources",
	},
	{
		symbols: []string{"MD5*", "SHA1*", "AES_*", "hmac_*", "RC4_*"},
		sources: []string{"md5.c", "sha1.c", "aes.c", "hmac.c", "rc4.c", "sha1-internal.c",
			"md5-internal.c"},
		cause: "axTLS, or the crypto library of an SDK, and another library both use the " +
			"function names of old OpenSSL",
		fix: "turn off the one that is not needed (MICROPY_SSL_AXTLS for axTLS), or rename the " +
			"functions if they are your own",
	},
	{
		symbols: []string{"sha256_init", "sha256_update", "sha256_final"},
		cause: "MicroPython's crypto-algorithms (lib/crypto-algorithms/sha256.c) and another " +
			"library define functions of the same name",
		fix: "set MICROPY_PY_HASHLIB to 0: mpwolf patch does, and wolfhashlib takes its place",
	},
	{
		symbols:  []string{"wolfssl_port_*", "mp_hal_get_random"},
		distinct: true,
		cause: "the port's functions for wolfSSL (seed, time) are defined twice: in " +
			"ports/<port>/wolfssl_port.c and in the sources of the board or product",
		fix: "remove one, or name your own function in user_settings.h: " +
			"CUSTOM_RAND_GENERATE_SEED, XTIME",
	},
	{
		symbols: []string{"wolfSSL_*", "wc_*", "wolfSSL*", "wolfCrypt_*"},
		same:    true,
		cause:   "two copies of wolfSSL are linked",
		fix:     "remove one of them, usually the one that comes with an SDK or another module",
	},
	{
		// wolfSSL's internal functions, which have no prefix.
		sources: []string{"internal.c", "ssl.c", "tls.c", "tls13.c", "dtls.c", "keys.c",
			"wolfio.c", "asn.c", "sp_int.c", "ecc.c", "rsa.c", "dh.c", "random.c", "coding.c",
			"wc_port.c", "curve25519.c", "ed25519.c", "ge_operations.c", "fe_operations.c",
			"chacha.c", "poly1305.c", "chacha20_poly1305.c", "sp_c32.c", "sp_c64.c",
			"sp_cortexm.c"},
		same:  true,
		cause: "two copies of wolfSSL are linked",
		fix:   "remove one of them, usually the one that comes with an SDK or another module",
	},
	{
		symbols: []string{"mbedtls_*", "psa_*"},
		cause:   "two copies of mbedTLS are linked, and none should be",
		fix: "set MICROPY_PY_SSL to 0 to turn off the built-in one, and remove the other from " +
			"the build",
	},
	{
		symbols:  []string{"*_user_cmodule", "mp_module_*", "*_module"},
		distinct: true,
		cause:    "two user modules have a module object of the same name",
		fix:      "remove one of the two modules from the USER_C_MODULES directory",
	},
	{
		same: true,
		cause: "the same source is compiled twice, or two of the same name: two user modules " +
			"have a copy each, or the port has the module too",
		fix: "remove one of the two from the build",
	},
}

const (
	unknownClash = "two sources define a function or variable of the same name"
	unknownFix   = "remove one of the two from the build, make its symbol static, or rename it"
)

// explain finds the reason for definitions of one symbol; sources are the names of their source
// files.
func explain(symbol string, sources []string) (cause, fix string) {
	for _, c := range clashes {
		if c.fits(symbol, sources) {
			return c.cause, c.fix
		}
	}
	return unknownClash, unknownFix
}

func (c clash) fits(symbol string, sources []string) bool {
	if len(c.symbols) > 0 && !objects.MatchesAny(c.symbols, symbol) {
		return false
	}
	if len(c.sources) > 0 && !slices.ContainsFunc(sources, func(s string) bool {
		return objects.MatchesAny(c.sources, s)
	}) {
		return false
	}
	same := sources[0] != "" && !slices.ContainsFunc(sources, func(s string) bool {
		return s != sources[0]
	})
	return (!c.same || same) && (!c.distinct || !same)
}
