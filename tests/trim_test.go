package tests_test

import (
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"slices"
	"strings"
	"testing"

	"mpwolf/internal/sources"
	"mpwolf/wolfssl"
)

// TestTrimmedWolfSSL holds what is installed of a wolfSSL that mpwolf fetched: what the processors
// of all targets can use, of all trees that share the modules; all of it where that is asked for.
// The cache has the wolfSSL, so nothing is fetched.
func TestTrimmedWolfSSL(t *testing.T) {
	if runtime.GOARCH != "amd64" {
		t.Skip("SKIPPED: this test knows the files of x86 only")
	}
	t.Parallel()
	top := t.TempDir()
	for from, to := range map[string]string{"tree": "one", "wolfssl": "wolf"} {
		if err := os.CopyFS(filepath.Join(top, to), os.DirFS("testdata/"+from)); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.CopyFS(filepath.Join(top, "two"), os.DirFS("testdata/tree")); err != nil {
		t.Fatal(err)
	}
	cache := cachedWolfSSL(t, filepath.Join(top, "wolf"))
	before, err := describe(top)
	if err != nil {
		t.Fatal(err)
	}
	module := filepath.Join(top, "micropython-modules", "micropython-wolfssl")
	run := func(args ...string) string {
		t.Helper()
		cmd := exec.Command("mpwolf", args...)
		cmd.Dir, cmd.Env = top, append(os.Environ(), "MPWOLF_CACHE="+cache)
		out, err := cmd.CombinedOutput()
		if err != nil {
			t.Fatalf("mpwolf %q: %v\n%s", args, err, out)
		}
		return string(out)
	}
	holds := func(want ...string) {
		t.Helper()
		var got []string
		for _, name := range trimmable {
			file := filepath.Join(module, "wolfssl/wolfcrypt/src", name)
			if _, err := os.Stat(file); err == nil {
				got = append(got, name)
			}
		}
		if !slices.Equal(got, want) {
			t.Errorf("installed: %q; want %q", got, want)
		}
	}
	run("patch", "--tree", "one", "--port", "unix")
	holds("sp_x86_64.c")
	if got := recordedProcessors(t, filepath.Join(top, "one")); got != wolfssl.Rules+" x86" {
		t.Errorf("recorded: %q", got)
	}
	if out := run("patch", "--tree", "one", "--port", "unix"); !strings.Contains(out, "already") {
		t.Errorf("again: %s", out)
	}
	run("check", "--tree", "one")

	// Another port of the tree, and another tree: what they need is brought, and nothing is lost.
	run("patch", "--tree", "one", "--port", "stm32", "--board", "NET")
	holds("port/arm/armv8-aes.c", "port/arm/thumb2-aes-asm_c.c", "sp_c32.c", "sp_cortexm.c",
		"sp_x86_64.c")
	run("revert", "--tree", "one", "--port", "stm32", "--board", "NET")
	run("check", "--tree", "one")
	run("revert", "--tree", "one")
	run("patch", "--tree", "one", "--port", "unix")
	run("patch", "--tree", "two", "--port", "stm32", "--board", "NET")
	holds("port/arm/armv8-aes.c", "port/arm/thumb2-aes-asm_c.c", "sp_c32.c", "sp_cortexm.c",
		"sp_x86_64.c")
	for _, tree := range []string{"one", "two"} {
		run("check", "--tree", tree)
	}
	run("revert", "--tree", "one")
	run("revert", "--tree", "two")

	// A build without assembly, and other settings.
	run("patch", "--tree", "one", "--port", "unix", "--make", "WOLFSSL_ASM=0")
	holds("sp_c32.c", "sp_c64.c", "sp_x86_64.c")
	run("revert", "--tree", "one")
	writeFile(t, top, "mine.h", []byte("#include \"unix/user_settings.h\"\n"))
	for _, args := range [][]string{
		{"--user-settings", "mine.h"}, {"--make", "COPT=-O2 -DHAVE_PKCS7"},
	} {
		run(append([]string{"patch", "--tree", "one", "--port", "unix"}, args...)...)
		holds("pkcs7.c", "sp_c32.c", "sp_c64.c", "sp_x86_64.c")
		run("check", "--tree", "one")
		run("revert", "--tree", "one")
	}
	if err := os.Remove(filepath.Join(top, "mine.h")); err != nil {
		t.Fatal(err)
	}

	// A compiler that is not known, all that there is, and a tree of the user's own.
	run("patch", "--tree", "one", "--port", "unix", "--make", "CROSS_COMPILE=")
	holds(trimmable...)
	run("revert", "--tree", "one")
	run("patch", "--tree", "one", "--port", "unix")
	run("patch", "--tree", "one", "--port", "unix", "--wolfssl-full")
	holds(trimmable...)
	run("revert", "--tree", "one")
	run("patch", "--tree", "one", "--port", "unix", "--wolfssl", "wolf")
	holds(trimmable...)
	run("revert", "--tree", "one")
	if after, err := describe(top); err != nil || after != before {
		t.Errorf("not as before: %v\n%s\n%s", err, before, after)
	}
}

// trimmable are files of the tree that cachedWolfSSL makes.
var trimmable = []string{
	"pkcs7.c", "port/arm/armv8-aes.c", "port/arm/thumb2-aes-asm_c.c", "port/caam/caam_aes.c",
	"sakke.c", "sp_arm32.c", "sp_arm64.c", "sp_c32.c", "sp_c64.c", "sp_cortexm.c",
	"sp_x86_64.c",
}

// cachedWolfSSL gives the small wolfSSL the files of several processors and the newest version,
// and puts it into a cache as if it came from git.
func cachedWolfSSL(t *testing.T, wolf string) string {
	t.Helper()
	for _, name := range trimmable {
		file := filepath.Join(wolf, "wolfcrypt/src", name)
		if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
			t.Fatal(err)
		}
		writeFile(t, filepath.Dir(file), filepath.Base(file), []byte("// "+name+"\n"))
	}
	catalogue, err := wolfssl.Releases()
	if err != nil {
		t.Fatal(err)
	}
	release := catalogue.Releases[0]
	writeFile(t, filepath.Join(wolf, "wolfssl"), "version.h",
		[]byte("#define LIBWOLFSSL_VERSION_STRING \""+release.Version+"\"\n"+
			"#define LIBWOLFSSL_VERSION_HEX 0x05009002\n"))
	cache := sources.Cache{Dir: t.TempDir()}
	key := "wolfssl-" + release.Version + "-git-" +
		sources.ShortHash(catalogue.Git+" "+release.Commit)
	_, err = cache.Entry(t.Context(), key, nil, func(dir string) error {
		return os.CopyFS(dir, os.DirFS(wolf))
	})
	if err != nil {
		t.Fatal(err)
	}
	return cache.Dir
}

// recordedProcessors are those that the record has.
func recordedProcessors(t *testing.T, tree string) string {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(tree, ".mpwolf", "*.json"))
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range files {
		var record struct {
			Modules struct{ Processors []string }
		}
		if json.Unmarshal(readFile(t, file), &record) == nil && record.Modules.Processors != nil {
			return strings.Join(record.Modules.Processors, " ")
		}
	}
	return ""
}

// TestProcessors compiles what stops a build by hand for a processor whose wolfSSL files are not
// installed.
func TestProcessors(t *testing.T) {
	needReal(t)
	t.Parallel()
	x86, arm := []string{"gcc"}, []string{"arm-none-eabi-gcc", "-mthumb", "-mcpu=cortex-m4"}
	const of86, ofM, any = "sp_x86_64.c", "sp_cortexm.c sp_c32.c", " pkcs7.c"
	for name, test := range map[string]struct {
		compiler []string
		files    string // that are installed of a trimmed wolfSSL
		want     string // what the compiler says
		defines  string // settings, besides those of ports/
	}{
		"x86":              {x86, of86 + any, "", ""},
		"x86 by clang":     {[]string{"clang"}, ofM, "for x86: mpwolf", ""},
		"32 bits":          {[]string{"clang", "-m32"}, ofM, "for x86: mpwolf", ""},
		"Cortex-M for x86": {x86, ofM, "for x86: mpwolf", ""},
		"Cortex-M":         {arm, ofM + any, "", ""},
		"x86 for Cortex-M": {arm, of86, "for Cortex-M: mpwolf", ""},
		"ARM, profile A": {[]string{"arm-none-eabi-gcc", "-march=armv7-a"}, ofM,
			"for 32-bit ARM: mpwolf", ""},
		"arm64": {[]string{"clang", "--target=aarch64-linux-gnu"}, of86, "for arm64: mpwolf",
			""},
		"assembly":    {x86, of86 + any, "", "-DWOLFSSL_HAVE_SP_RSA -DWOLFSSL_SP_ASM"},
		"no assembly": {x86, of86 + any, "for plain C: mpwolf", "-DWOLFSSL_HAVE_SP_RSA"},
		"plain C":     {x86, of86 + any + " sp_c64.c", "", "-DWOLFSSL_HAVE_SP_ECC"},
		"our settings": {x86, of86, "", "-DNO_DH -DNO_DSA -DNO_DES3 -DNO_RC4 -DNO_MD4 " +
			"-DWOLFSSL_SP_MATH_ALL"},
		"PKCS#7": {x86, of86, "for these settings: mpwolf", "-DNO_DH -DNO_DSA -DNO_DES3 " +
			"-DNO_RC4 -DNO_MD4 -DWOLFSSL_SP_MATH_ALL -DHAVE_PKCS7"},
		"fast math": {x86, of86, "for these settings: mpwolf", "-DNO_DH -DNO_DSA -DNO_DES3 " +
			"-DNO_RC4 -DNO_MD4 -DUSE_FAST_MATH"},
		"Curve25519": {x86, of86, "for these settings: mpwolf", "-DNO_DH -DNO_DSA -DNO_DES3 " +
			"-DNO_RC4 -DNO_MD4 -DWOLFSSL_SP_MATH_ALL -DHAVE_CURVE25519"},
		"Ed25519": {x86, of86 + " ge_operations.c", "", "-DNO_DH -DNO_DSA -DNO_DES3 " +
			"-DNO_RC4 -DNO_MD4 -DWOLFSSL_SP_MATH_ALL -DHAVE_ED25519"},
		"CMAC": {x86, of86, "for these settings: mpwolf", "-DNO_DH -DNO_DSA -DNO_DES3 " +
			"-DNO_RC4 -DNO_MD4 -DWOLFSSL_SP_MATH_ALL -DWOLFSSL_CMAC"},
		"BLAKE2": {x86, of86 + " cmac.c", "", "-DNO_DH -DNO_DSA -DNO_DES3 " +
			"-DNO_RC4 -DNO_MD4 -DWOLFSSL_SP_MATH_ALL -DHAVE_BLAKE2S"},
		"DES": {x86, of86, "for these settings: mpwolf", "-DNO_DH -DNO_DSA -DNO_RC4 -DNO_MD4 " +
			"-DWOLFSSL_SP_MATH_ALL"},
	} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			src := filepath.Join(dir, "wolfcrypt", "src")
			if err := os.MkdirAll(src, 0o755); err != nil {
				t.Fatal(err)
			}
			for _, name := range strings.Fields(test.files) {
				writeFile(t, src, name, nil)
			}
			compile := func() (string, error) {
				cmd := exec.Command(test.compiler[0], slices.Concat(test.compiler[1:],
					strings.Fields(test.defines), []string{"-I", dir, "-E",
						"../modules/micropython-wolfssl/wolf_processors.h"})...)
				out, err := cmd.CombinedOutput()
				return string(out), err
			}
			if out, err := compile(); err != nil {
				t.Errorf("a whole wolfSSL: %v\n%s", err, out)
			}
			writeFile(t, dir, wolfssl.ProcessorsFile, nil)
			out, err := compile()
			if (err != nil) != (test.want != "") || !strings.Contains(out, test.want) {
				t.Errorf("%v\n%s", err, out)
			}
		})
	}
}

var (
	guardedMacro = regexp.MustCompile(`(!?)\bdefined\((\w+)\)`)
	definedMacro = regexp.MustCompile(`(?m)^[ \t]*#[ \t]*define[ \t]+(\w+)`)
)

// TestSettingsOfPorts checks that no settings in ports/ turn on what is installed only for
// settings of the user's own.
func TestSettingsOfPorts(t *testing.T) {
	text := string(readFile(t, "../modules/micropython-wolfssl/wolf_processors.h"))
	_, text, found := strings.Cut(text, `#if !__has_include("wolfcrypt/src/pkcs7.c")`)
	text, _, ended := strings.Cut(text, "#error")
	guarded := map[string]bool{}
	for _, m := range guardedMacro.FindAllStringSubmatch(text, -1) {
		guarded[m[2]] = m[1] == ""
	}
	if !found || !ended || !guarded["HAVE_PKCS7"] || guarded["NO_DES3"] {
		t.Fatalf("wolf_processors.h is not as expected: %v", guarded)
	}
	onSomePorts := []string{"HAVE_BLAKE2", "HAVE_BLAKE2B", "HAVE_BLAKE2S", "WOLFSSL_CMAC"}
	for name := range guarded {
		if strings.Contains(name, "SP_MATH") || strings.HasSuffix(name, "25519") ||
			slices.Contains(onSomePorts, name) {
			delete(guarded, name) // one of the first is needed, and of the others on some ports
		}
	}
	files, err := filepath.Glob("../ports/*/*.h")
	if err != nil || len(files) < 5 {
		t.Fatal(files, err)
	}
	for _, file := range files {
		for _, m := range definedMacro.FindAllStringSubmatch(string(readFile(t, file)), -1) {
			if guarded[m[1]] {
				t.Errorf("%s defines %s: what that turns on is not installed; see turnedOff in "+
					"wolfssl/trim.go", file, m[1])
			}
		}
	}
}
