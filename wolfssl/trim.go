package wolfssl

import (
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
)

// The families of processors that wolfSSL has code of its own for. Each uses what is written in
// plain C too.
const (
	X86     = "x86"      // 32 and 64 bits
	ARM64   = "arm64"    // AArch64
	ARM32   = "arm32"    // the A profile with 32 bits
	CortexM = "cortex-m" // Thumb, and the accelerators of the microcontrollers
)

// What else decides about files. It is listed with the processors.
const (
	// PlainC is a build of a processor without the assembly that there is for it.
	PlainC = "plain-c"
	// AnySettings are settings of the user's own, which may turn on what those in ports/ never do.
	AnySettings = "any-settings"
	// Rules is the edition of the rules in this file; a new one for whatever lets in more files. A
	// tree that an older edition trimmed may lack some, so it does not serve.
	Rules = "rules-3"
)

// ProcessorsFile is the file of a trimmed tree that names the processors that it is for, a line
// each. A tree without it is whole.
const ProcessorsFile = "mpwolf-processors"

// ProcessorsText is what ProcessorsFile has.
func ProcessorsText(processors []string) []byte {
	return []byte(strings.Join(processors, "\n") + "\n")
}

// readProcessors are those that a trimmed tree is for; nil for a whole one.
func readProcessors(dir string) []string {
	text, err := os.ReadFile(filepath.Join(dir, ProcessorsFile))
	if err != nil {
		return nil
	}
	return strings.Fields(string(text))
}

// Serves reports whether a tree has all that some processors can use; nil stands for any.
func (t *Tree) Serves(processors []string) bool {
	if t.Processors == nil {
		return true
	}
	return processors != nil && !slices.ContainsFunc(processors, func(p string) bool {
		return !slices.Contains(t.Processors, p)
	})
}

// assembly are the files for x86 that the modules' makefiles compile (WOLFSSL_ASM_SRC in
// micropython.mk); what else there is, such as sm3_asm.S, they never do.
var assembly = []string{
	"aes_asm.S", "aes_gcm_asm.S", "chacha_asm.S", "fe_x25519_asm.S", "poly1305_asm.S",
	"sha256_asm.S", "sha3_asm.S", "sha512_asm.S", "sp_x86_64_asm.S",
}

// uncompiled are sources that the modules' makefiles do not compile, and that nothing includes.
var uncompiled = []string{
	"src/quic.c", "src/sniffer.c",
	"ascon.c", "async.c", "compress.c", "ecc_fp.c", "eccsi.c", "ext_kyber.c", "ext_lms.c",
	"ext_xmss.c", "falcon.c", "hpke.c", "puf.c", "rng_bank.c", "sakke.c", "siphash.c", "sm2.c",
	"sm3.c", "sm4.c", "sp_dsp32.c", "sp_sm2_arm32.c", "sp_sm2_arm64.c", "sp_sm2_armthumb.c",
	"sp_sm2_c32.c", "sp_sm2_c64.c", "sp_sm2_cortexm.c", "sp_sm2_x86_64.c", "sphincs.c",
	"wc_dsp.c", "wc_lms.c", "wc_lms_impl.c", "wc_pkcs11.c", "wc_she.c", "wc_slhdsa.c",
	"wc_xmss.c", "wc_xmss_impl.c", "wolfentropy.c",
}

// turnedOff are sources that are empty with the settings in ports/, in all their profiles, and
// what only these sources include. modules/micropython-wolfssl/wolf_processors.h stops a build
// with settings that turn one of them on.
var turnedOff = []string{
	"src/bio.c", "src/crl.c",
	"arc4.c", "asm.c", "asn_orig.c", "camellia.c", "cryptocb.c", "curve448.c", "des3.c", "dh.c",
	"dilithium.c", "dsa.c", "ed448.c", "fe_448.c",
	"fe_low_mem.c", "ge_448.c", "ge_low_mem.c", "integer.c", "md2.c", "md4.c", "pkcs7.c", "rc2.c",
	"ripemd.c", "sp_armthumb.c", "srp.c", "tfm.c", "wc_kyber.c", "wc_kyber_poly.c",
	"wc_mldsa.c", "wolfevent.c",
}

// among reports whether a list has a source; names without a directory are in wolfcrypt/src.
func among(list []string, name string) bool {
	return slices.Contains(list, name) ||
		path.Dir(name) == "wolfcrypt/src" && slices.Contains(list, path.Base(name))
}

// armv8C are the sources in port/arm that are compiled for AArch64 and, in wolfSSL 5.7, for Thumb,
// and armv8Assembly the assembly. Each file of the latter exists a second time, as C.
var (
	armv8C = []string{
		"armv8-aes.c", "armv8-chacha.c", "armv8-curve25519_c.c", "armv8-poly1305.c",
		"armv8-sha256.c", "armv8-sha512.c",
	}
	armv8Assembly = []string{
		"armv8-aes-asm.S", "armv8-chacha-asm.S", "armv8-curve25519.S", "armv8-poly1305-asm.S",
		"armv8-sha256-asm.S", "armv8-sha512-asm.S",
	}
)

// singlePrecision are the files of big numbers that are written for one processor.
var singlePrecision = map[string]string{
	"sp_x86_64.c": X86, "sp_arm64.c": ARM64, "sp_arm32.c": ARM32, "sp_cortexm.c": CortexM,
	"sp_armthumb.c": CortexM,
}

// usable reports whether one of the processors can use a file, as far as the modules compile it at
// all. 5.0 to 5.9 have the same directories.
func usable(name string, processors []string) bool {
	base := path.Base(name)
	arm, isARM := strings.CutPrefix(name, "wolfcrypt/src/port/arm/")
	of, isSP := singlePrecision[base]
	has := func(part string) bool { return slices.Contains(processors, part) }
	switch {
	case among(uncompiled, name):
		return false
	case !has(AnySettings) && (among(turnedOff, name) ||
		strings.HasPrefix(base, "fp_") && path.Ext(base) == ".i"): // of tfm.c
		return false
	// Ed25519 and Curve25519, BLAKE2 and CMAC, which ports/common/bare_metal.h leaves out:
	case slices.Contains([]string{
		"ge_operations.c", "blake2b.c", "blake2s.c", "cmac.c",
	}, base):
		return has(X86) || has(ARM64) || has(ARM32) || has(AnySettings)
	case arm == "armv8-curve25519_c.c":
		return has(ARM64) || has(CortexM) && has(AnySettings)
	case arm == "thumb2-curve25519_c.c":
		return has(CortexM) && has(AnySettings)
	case strings.HasPrefix(name, "wolfssl/wolfcrypt/port/") && !has(AnySettings):
		return strings.HasPrefix(name, "wolfssl/wolfcrypt/port/arm/")
	case base == "sp_c32.c":
		return has(CortexM) || has(PlainC) || has(AnySettings)
	case base == "sp_c64.c":
		return has(PlainC) || has(AnySettings)
	case isSP:
		return has(of)
	case isARM && strings.HasPrefix(arm, "armv8-32-"):
		return has(ARM32)
	case isARM && strings.HasPrefix(arm, "cryptoCell"), name == "wolfcrypt/src/port/st/stm32.c":
		return has(CortexM) && has(AnySettings)
	case isARM && slices.Contains(armv8C, arm):
		return has(ARM64) || has(CortexM)
	case isARM && slices.Contains(armv8Assembly, arm):
		return has(ARM64)
	case isARM && strings.HasPrefix(arm, "thumb2-"):
		return has(CortexM) && path.Ext(arm) == ".c" && !strings.Contains(arm, "mlkem")
	case strings.HasPrefix(name, "wolfcrypt/src/port/"):
		return false // accelerators of other vendors, which no known port has
	case path.Ext(name) == ".S":
		return has(X86) && slices.Contains(assembly, base)
	}
	return true
}
