package verify

import (
	"slices"

	"mpwolf/internal/objects"
)

// clash is a known reason why a symbol is defined twice. The first one that fits explains a
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
	"ConstantCompare", "xorbuf*",
	"XorWords*", "ctMask*", "ctSet*", "MakeWord*", "CopyString", "readUnalignedWord*",
	"writeUnalignedWord*",
	"c16toa", "c32toa", "c32to24", "c24to32", "ato16", "ato24", "ato32", "ato32le", "w64*", "btoi",
	"CharIsWhiteSpace",
	"HexCharToByte", "ByteToHex*",
}

var clashes = []clash{
	{
		symbols: []string{"mp_init"},
		sources: []string{"integer.c", "tfm.c"},
		cause: "MicroPython's py/runtime.c starts the interpreter with mp_init, and wolfSSL's " +
			"arithmetic in integer.c (USE_INTEGER_HEAP_MATH) and tfm.c (USE_FAST_MATH) has a " +
			"function of that name",
		fix: "in user_settings.h, define WOLFSSL_SP_MATH_ALL in place of USE_FAST_MATH or " +
			"USE_INTEGER_HEAP_MATH",
	},
	{
		symbols: []string{"mp_*", "fp_*", "s_mp_*", "fast_mp_*", "fast_s_mp_*", "bn_*"},
		cause: "wolfSSL's big-number arithmetic (integer.c, tfm.c) and another library, such as " +
			"the libtommath of an SDK, have functions of one name",
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
		cause: "axTLS's crypto, or that of an SDK, and another library have functions with the " +
			"names of old OpenSSL's",
		fix: "turn off what brings it in: MICROPY_SSL_AXTLS for axTLS; where it is Python " +
			"code's or your own, give it other names",
	},
	{
		symbols: []string{"sha256_init", "sha256_update", "sha256_final"},
		cause: "MicroPython's crypto-algorithms (lib/crypto-algorithms/sha256.c) and another " +
			"library have functions of one name",
		fix: "set MICROPY_PY_HASHLIB to 0: mpwolf patch does, and wolfhashlib takes its place",
	},
	{
		symbols:  []string{"wolfssl_port_*", "mp_hal_get_random"},
		distinct: true,
		cause: "the port's side of wolfSSL (seeds, time) is there twice: in " +
			"ports/<port>/wolfssl_port.c and in the board's or product's own sources",
		fix: "take one out, or name your own function in user_settings.h: " +
			"CUSTOM_RAND_GENERATE_SEED, XTIME",
	},
	{
		symbols: []string{"wolfSSL_*", "wc_*", "wolfSSL*", "wolfCrypt_*"},
		same:    true,
		cause:   "two copies of wolfSSL are linked",
		fix: "take one of them out: as a rule the one that comes with an SDK or " +
			"another module",
	},
	{
		// Those of wolfSSL's internal functions, which have no prefix.
		sources: []string{"internal.c", "ssl.c", "tls.c", "tls13.c", "dtls.c", "keys.c",
			"wolfio.c", "asn.c", "sp_int.c",
			"ecc.c", "rsa.c", "dh.c", "random.c", "coding.c", "wc_port.c", "curve25519.c",
			"ed25519.c", "ge_operations.c",
			"fe_operations.c", "chacha.c", "poly1305.c", "chacha20_poly1305.c", "sp_c32.c",
			"sp_c64.c", "sp_cortexm.c"},
		same:  true,
		cause: "two copies of wolfSSL are linked",
		fix: "take one of them out: as a rule the one that comes with an SDK or " +
			"another module",
	},
	{
		symbols: []string{"mbedtls_*", "psa_*"},
		cause:   "two copies of mbedTLS are linked, and none should be",
		fix: "set MICROPY_PY_SSL to 0 for the built-in one, and take the other " +
			"out of the build",
	},
	{
		symbols:  []string{"*_user_cmodule", "mp_module_*", "*_module"},
		distinct: true,
		cause:    "two user modules have a module object of one name",
		fix:      "take one of the two modules out of the USER_C_MODULES directory",
	},
	{
		same: true,
		cause: "the same source, or two of one name, are compiled twice: two user modules with " +
			"a copy each, or a module that the port has as well",
		fix: "leave one of the two out of the build",
	},
}

const (
	unknownClash = "two sources have a function or variable of one name"
	unknownFix   = "leave one of the two out of the build, or make its symbol static or give it " +
		"another name"
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
