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
	switch {
	case isSP:
		return slices.Contains(processors, of)
	case isARM && strings.HasPrefix(arm, "armv8-32-"):
		return slices.Contains(processors, ARM32)
	case isARM && strings.HasPrefix(arm, "armv8-"):
		return slices.Contains(processors, ARM64)
	case isARM, strings.HasPrefix(name, "wolfcrypt/src/port/st/"):
		return slices.Contains(processors, CortexM)
	case strings.HasPrefix(name, "wolfcrypt/src/port/"):
		return false // accelerators of other vendors, which no known port has
	case path.Ext(name) == ".S":
		return slices.Contains(processors, X86) && slices.Contains(assembly, base)
	}
	return true
}
