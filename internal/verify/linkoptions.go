package verify

import (
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"mpwolf/internal/build"
	"mpwolf/internal/objects"
)

// optionsCheck looks for options and scripts that silence the linker, or that redirect the names
// of wolfSSL and the modules.
func (v symbolsCheck) optionsCheck(c *check) {
	options := v.link.Options()
	for i, o := range options {
		next := build.LinkOption{}
		if i+1 < len(options) {
			next = options[i+1]
		}
		if flag := muldefs(o); flag != "" {
			c.find(Finding{
				Message: fmt.Sprintf("the link has %s: the linker silently takes the first "+
					"of two definitions", flag),
				Fix: "remove the option from LDFLAGS, and fix what it hides",
			})
		}
		if flag := undefs(o, next); flag != "" {
			c.find(Finding{
				Message: fmt.Sprintf("the link has %s: the linker accepts functions "+
					"that are defined nowhere", flag),
				Fix: "remove the option from LDFLAGS, and fix what it hides",
			})
		}
	}
	v.redirected(c, options)
	v.unread(c, options)
}

// unread notes what may change the link and cannot be read here: files and programs that the
// compiler takes its link options or the linker from. What they do to the firmware, placed looks
// for.
func (v symbolsCheck) unread(c *check, options []build.LinkOption) {
	var environment []string
	if v.flags != nil {
		environment = v.flags.Environment
	}
	for _, variable := range environment {
		name, _, _ := strings.Cut(variable, "=")
		if (name == "COMPILER_PATH" || name == "GCC_EXEC_PREFIX") && os.Getenv(name) == "" {
			c.notes = append(c.notes, Finding{Message: "a makefile exports " + variable +
				": mpwolf does not read what that does to the link"})
		}
	}
	for _, o := range options {
		file := o.Value
		switch {
		case o.Name == "specs" && (strings.Contains(file, "/") || isFile(v.abs(file))),
			o.Name == "B", o.Name == "wrapper", o.Name == "ld-path",
			o.Name == "fuse-ld" && strings.Contains(file, "/"),
			o.Name == "plugin", o.Name == "remap-inputs", o.Name == "remap-inputs-file":
			c.notes = append(c.notes, Finding{Message: fmt.Sprintf("the link has -%s %s: mpwolf "+
				"does not read what that does to the link", o.Name, file)})
		}
	}
}

// muldefs is an option that makes the linker accept two definitions, as people write it; "" for
// other options. GNU ld, gold and lld have one, and Apple's ld up to Xcode 14.
func muldefs(o build.LinkOption) string {
	switch {
	case o.Is("allow-multiple-definition", "allow-m"):
		return "--allow-multiple-definition"
	case o.Name == "z" && o.Value == "muldefs":
		return "-z muldefs"
	case o.Name == "multiply_defined" && (o.Value == "suppress" || o.Value == "warning"):
		return "-multiply_defined " + o.Value
	}
	return ""
}

// undefs is an option that makes the linker accept an undefined symbol. next is the option after
// it, which is its value if that was given as a separate word.
func undefs(o, next build.LinkOption) string {
	switch {
	case o.Is("noinhibit-exec", "noi"):
		return "--noinhibit-exec"
	case o.Is("warn-unresolved-symbols", "warn-u"):
		return "--warn-unresolved-symbols"
	case o.Name == "z" && o.Value == "undefs":
		return "-z undefs"
	case o.Is("unresolved-symbols", "unr"):
		value := o.Value
		if value == "" {
			value = next.Value
		}
		if strings.HasPrefix(value, "ignore-all") || strings.HasPrefix(value, "ignore-in-object") {
			return "--unresolved-symbols=" + value
		}
	}
	return ""
}

// redirected looks for symbols of wolfSSL and the modules that the link redefines: by --wrap, by
// --defsym, or in a linker script.
func (v symbolsCheck) redirected(c *check, options []build.LinkOption) {
	const fix = "remove it from the link: the functions that are called must be those " +
		"that were compiled"
	for _, o := range options {
		symbol, to, _ := strings.Cut(o.Value, "=")
		switch {
		case o.Is("wrap", "wr"):
			if what := v.guarded(symbol); what != "" && !v.ofSDK(symbol) {
				c.find(
					Finding{Message: fmt.Sprintf("the link has --wrap=%s: calls of %s, %s, "+
						"go to __wrap_%s%s", symbol, symbol,
						what, symbol, v.definedIn("__wrap_"+symbol)), Fix: fix})
			}
		case o.Is("defsym", "defs"):
			if what := v.guarded(symbol); what != "" {
				c.find(
					Finding{Message: fmt.Sprintf("the link has --defsym=%s: %s, %s, becomes %s%s",
						o.Value, symbol, what, to,
						v.definedIn(to)), Fix: fix})
			}
		}
	}
	for _, a := range v.link.Assigned {
		if what := v.guarded(a.Symbol); what != "" {
			c.find(
				Finding{Message: fmt.Sprintf("this linker script sets %s, %s, to %s%s",
					a.Symbol, what, a.Value,
					v.definedIn(a.Value)), File: a.File, Line: a.Line, Fix: fix})
		}
	}
}

// guarded says what a symbol is to wolfSSL, if it must not be redirected: a function or variable
// of wolfSSL or the modules, or a function from which wolfSSL gets seeds or the time.
func (v symbolsCheck) guarded(symbol string) string {
	supplied := v.supplies(symbol)
	relied := slices.Contains(trusted, symbol)
	for _, o := range v.inputs.objects {
		defines := slices.ContainsFunc(o.Defs, func(d objects.Definition) bool {
			return d.Symbol == symbol
		})
		if !defines && !((supplied || relied) && slices.Contains(o.Undefined, symbol)) {
			continue
		}
		own := v.owner(o)
		switch {
		case !slices.Contains([]string{stackTLS, stackCrypt, stackModules, glueOwner}, own):
		case defines:
			return "which is in " + v.objectName(o)
		case !supplied:
			return "which " + v.objectName(o) + " relies on"
		case own != stackModules:
			return "which " + v.objectName(o) + " gets seeds or the time from"
		}
	}
	return ""
}

// ofSDK reports whether a symbol is memcpy or memset, and the only object that defines what wraps
// it is pico-sdk's, which takes the functions in the ROM of an RP2040
// (lib/pico-sdk/src/rp2_common/pico_mem_ops).
func (v symbolsCheck) ofSDK(symbol string) bool {
	if symbol != "memcpy" && symbol != "memset" {
		return false
	}
	found := false
	for _, o := range v.inputs.objects {
		if slices.ContainsFunc(o.Defs, func(d objects.Definition) bool {
			return d.Symbol == "__wrap_"+symbol
		}) {
			// CMake's name for an object has the whole path of an assembly source.
			inside := v.Target.Tree.Path("lib", "pico-sdk", "src") + "/"
			if !strings.HasPrefix(v.source(o), "lib/pico-sdk/src/") &&
				!strings.Contains(v.objectName(o), inside) {
				return false
			}
			found = true
		}
	}
	return found
}

// definedIn is " of FILE" for a symbol, "" for one that no object defines.
func (v symbolsCheck) definedIn(symbol string) string {
	for _, o := range v.inputs.objects {
		if slices.ContainsFunc(o.Defs, func(d objects.Definition) bool {
			return d.Symbol == symbol
		}) {
			return " of " + v.objectName(o)
		}
	}
	return ""
}

// foreign is a TLS or crypto library that firmware may be linked with as a shared library.
type foreign struct {
	name    string
	files   []string // by which programs name it, up to ".so"
	symbols []string // of any version; a library that contains it has these, whatever its name
}

// foreigners are the known ones. A shared wolfSSL counts too: the dynamic linker may use its
// functions instead of the firmware's own.
var foreigners = []foreign{
	{"mbedTLS",
		[]string{"libmbedtls", "libmbedx509", "libmbedcrypto", "libtfpsacrypto", "libpolarssl"},
		[]string{"mbedtls_ssl_init", "mbedtls_aes_init", "mbedtls_x509_crt_init",
			"mbedtls_sha256_init", "psa_crypto_init"}},
	{"wolfSSL", []string{"libwolfssl", "libwolfcrypt", "libcyassl"},
		[]string{"wolfSSL_Init", "wolfSSL_CTX_new", "wolfCrypt_Init", "wc_InitRng"}},
	{"axTLS", []string{"libaxtls"}, []string{"ssl_ctx_new"}},
	{"OpenSSL or a fork of it", []string{"libssl", "libcrypto", "libtls"},
		[]string{"SSL_CTX_new", "EVP_EncryptInit_ex"}},
	{"GnuTLS", []string{"libgnutls"}, []string{"gnutls_init"}},
	{"BearSSL", []string{"libbearssl"}, []string{"br_ssl_engine_set_x509"}},
	{"NSS", []string{"libssl3", "libnss3"}, []string{"SSL_ImportFD"}},
	{"s2n", []string{"libs2n"}, []string{"s2n_connection_new"}},
	{"MatrixSSL", []string{"libmatrixssl"}, []string{"matrixSslOpen"}},
}

// named is the library that a file's name says, such as "libmbedcrypto.so.7".
func namedForeigner(file string) string {
	base := filepath.Base(file)
	for _, f := range foreigners {
		for _, name := range f.files {
			rest, found := strings.CutPrefix(base, name)
			if found && (rest == "" || rest[0] == '.' || rest[0] == '-') {
				return f.name
			}
		}
	}
	return ""
}

// sharedLibrary is a shared library that the firmware is linked with, and the TLS library that
// it is or contains.
type sharedLibrary struct {
	name string // as programs need it
	file string // "" if it is not found
	is   string // the TLS library
	by   string // the library that needs it; "" if the firmware does
}

// sharedFiles are the shared libraries of the link, by the names that programs need them by.
func (v *evidence) sharedFiles() map[string]string {
	files := make(map[string]string)
	for _, file := range v.link.Shared {
		name := filepath.Base(file)
		if s, err := objects.ReadShared(file); err == nil && s.Name != "" {
			name = s.Name
		}
		files[name] = file
	}
	return files
}

// findShared is the file of a shared library, among some or where the system has its own.
func findShared(files map[string]string, name string) string {
	file := files[name]
	for _, dir := range systemDirs {
		if path := filepath.Join(dir, name); file == "" && isFile(path) {
			file = path
		}
	}
	return file
}

// sharedForeigners are the TLS libraries among those that the firmware needs, and that these need.
func (v *evidence) sharedForeigners() []sharedLibrary {
	files := v.sharedFiles()
	needed := slices.Sorted(maps.Keys(files)) // if the link failed: those that it names
	if v.image != nil {
		needed = v.image.Needed
	}
	walk := &libraryWalk{files: files, seen: make(map[string]bool)}
	for _, name := range needed {
		walk.visit(name, "")
	}
	return walk.found
}

// libraryWalk goes through shared libraries and those that they need.
type libraryWalk struct {
	files map[string]string // where some are
	seen  map[string]bool
	found []sharedLibrary
}

func (w *libraryWalk) visit(name, by string) {
	if w.seen[name] {
		return
	}
	w.seen[name] = true
	file := findShared(w.files, name)
	library, err := objects.ReadShared(file)
	is := namedForeigner(name)
	for _, f := range slices.Concat(foreigners, staticForeigners) {
		if is == "" && err == nil && len(library.Exports(f.symbols)) > 0 {
			is = f.name
		}
	}
	if is != "" {
		w.found = append(w.found, sharedLibrary{name, file, is, by})
		return
	}
	if err != nil {
		return
	}
	for _, other := range library.Needed {
		w.visit(other, name)
	}
}

func isFile(path string) bool {
	info, err := os.Stat(path)
	return err == nil && info.Mode().IsRegular()
}

// systemDirs are where Linux's dynamic linker looks, on the machines that firmware runs on.
var systemDirs = []string{"/lib", "/usr/lib", "/lib64", "/usr/lib64", "/usr/local/lib",
	"/lib/x86_64-linux-gnu",
	"/usr/lib/x86_64-linux-gnu", "/lib/aarch64-linux-gnu", "/usr/lib/aarch64-linux-gnu"}

// sharedFindings are the findings about them: a second TLS library is a finding whether it is
// inside the firmware or a separate file.
func (v leftoversCheck) sharedFindings(c *check) {
	for _, s := range v.sharedForeigners() {
		f := Finding{Message: fmt.Sprintf("%s: the firmware is linked with the shared library %s",
			s.is, s.name), File: s.file,
			Fix: "remove the library from LDFLAGS and LIB, and what needs it from the build"}
		switch {
		case s.by != "":
			f.Message += ", which " + s.by + " needs"
			f.Fix = "take " + s.by + " out of the link, or use one that is built without it"
		case s.is == "wolfSSL":
			f.Message += ": its functions may be called instead of those that were compiled"
		}
		c.find(f)
	}
}
