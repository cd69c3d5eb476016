package verify

import (
	"context"
	"fmt"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"mpwolf/internal/lazyregexp"
	"mpwolf/internal/objects"
	"mpwolf/patches"
)

// builtin is one of MicroPython's own TLS or crypto libraries, and how it is recognized.
type builtin struct {
	name string
	// of its sources, in the tree; an object that includes a file of these is part of it
	dirs    []string
	sources []string // MicroPython's sources that do nothing but use it
	symbols []string
	globals []string // symbols whose names a static function elsewhere may have too
	strings []string
	// banner is the library's name with a version, which no text about it is likely to have.
	banner func() *regexp.Regexp
	beside bool   // it is a leftover only beside wolfCrypt, as a second copy
	fix    string // {SSL} stands for this release's MICROPY_PY_SSL or MICROPY_PY_USSL, and so on
}

var builtins = []builtin{
	{
		name: "mbedTLS",
		dirs: []string{"lib/mbedtls/"},
		sources: []string{"modussl_mbedtls.c", "modssl_mbedtls.c", "modtls_mbedtls.c",
			"mbedtls_port.c"},
		symbols: []string{"mbedtls_*", "psa_crypto_*", "psa_hash_*", "psa_cipher_*", "psa_key_*"},
		strings: []string{"mbedtls", "mbed TLS", "Mbed TLS", "MBEDTLS"},
		banner:  lazyregexp.New(`[mM]bed TLS \d+\.\d`),
		fix:     "set {SSL} and MICROPY_SSL_MBEDTLS to 0: mpwolf patch does",
	},
	{
		name:    "axTLS",
		dirs:    []string{"lib/axtls/"},
		sources: []string{"modussl_axtls.c", "modssl_axtls.c", "modtls_axtls.c"},
		symbols: []string{"ssl_ctx_new", "ssl_ctx_free", "ssl_client_new", "ssl_server_new",
			"ssl_obj_load", "ssl_obj_memory_load",
			"ssl_handshake_status", "x509_new", "asn1_get_private_key"},
		globals: []string{"AES_set_key", "AES_cbc_encrypt", "AES_cbc_decrypt", "AES_convert_key",
			"SHA1_Init", "SHA1_Update",
			"SHA1_Final", "MD5_Init", "MD5_Update", "MD5_Final"},
		strings: []string{"axTLS", "axtls"},
		banner:  lazyregexp.New(`ax(?:TLS|tls) v?\d+\.\d`),
		fix:     "set {SSL} and MICROPY_SSL_AXTLS to 0: mpwolf patch does",
	},
	{
		name:    "crypto-algorithms, MicroPython's own SHA-256, beside wolfCrypt's",
		dirs:    []string{"lib/crypto-algorithms/"},
		globals: []string{"sha256_init", "sha256_update", "sha256_final"},
		beside:  true,
		fix:     "set {HASHLIB} to 0: mpwolf patch does, and wolfhashlib takes its place",
	},
}

// LeftoversID is the check in this file.
const LeftoversID = "leftovers"

var leftoversRule = rule{
	Rule: Rule{
		ID: LeftoversID,
		Summary: "Nothing of mbedTLS or axTLS is in the firmware, and no hash or cipher " +
			"is linked twice.",
		Help: "An object, a symbol or a text of the built-in TLS or crypto is in the firmware " +
			"beside wolfSSL: flash is wasted, and Python code may get the wrong one" +
			". The fix names the macros to turn off.",
	},
	of: func(e *evidence) runner { return leftoversCheck{e} },
}

type leftoversCheck struct{ *evidence }

// run looks for what is left of the built-in TLS in the objects and in the firmware.
func (v leftoversCheck) run(_ context.Context, c *check) error {
	if v.link == nil || len(v.inputs.objects) == 0 {
		c.notMade = v.blocked
		return nil
	}
	for _, b := range builtins {
		if b.beside && len(v.wolfObjects()) == 0 {
			continue // alone, it is not a second copy of anything
		}
		traces, file := v.traces(b)
		if len(traces) == 0 {
			v.textNotes(c, b)
			continue
		}
		f := Finding{Message: b.name + ": " + strings.Join(traces, "; "), File: file,
			Fix: v.spell(b.fix)}
		if o := v.foreignTo(b); o != nil {
			f.Message += "; of " + v.objectName(o)
			f.Fix = "remove " + relative(v.Target.Tree.Dir, o.File) + " from the build"
		} else if len(traces) == 1 && v.onlyTexts(b, traces) {
			f.Fix += "; if the macros are 0 already, take the code that has these texts out, or " +
				"reword them if they are your own"
		}
		for _, n := range v.builtinNeeds() {
			if n.library == b.name {
				need := v.needFinding(n)
				f.Message += "; " + need.Message
				f.Fix = need.Fix
			}
		}
		c.find(f)
	}
	builtin := len(c.findings)
	v.sharedFindings(c)
	v.copies(c)
	switch {
	case builtin > 0:
		c.summary = "the built-in TLS or crypto is still there"
	case len(c.findings) > 0:
		c.summary = "another TLS or crypto library is linked"
	case v.elf == "":
		c.notMade = v.blocked
	default:
		c.summary = "no object, symbol or string of mbedTLS or axTLS"
		if !v.image.HasSymbols {
			c.summary = "no object or string of mbedTLS or axTLS; " +
				"the firmware's symbols are stripped"
		}
	}
	return nil
}

// foreignTo is an object that defines a symbol of a built-in library and is not the tree's: no
// macro removes it.
func (v leftoversCheck) foreignTo(b builtin) *objects.Object {
	if v.image == nil {
		return nil
	}
	o := v.definer(v.image.SymbolsLike(b.symbols, b.globals))
	if o == nil || v.isPartOf(b, o) || o.Member == "" {
		return nil
	}
	return o
}

// spell writes macro names as in this release.
func (v leftoversCheck) spell(text string) string {
	reading := patches.Read(v.Target)
	for _, name := range []string{"SSL", "HASHLIB"} {
		macro, _ := reading.Name(
			patches.Want{Macro: "MICROPY_PY_" + name, Was: []string{"MICROPY_PY_U" + name}})
		text = strings.ReplaceAll(text, "{"+name+"}", macro)
	}
	return text
}

// traces are what exists of a built-in library, in words, and the first file that shows it.
func (v leftoversCheck) traces(b builtin) (found []string, file string) {
	var names []string
	for _, o := range v.inputs.objects {
		if o.Code && v.isPartOf(b, o) {
			names = append(names, v.objectName(o))
			if file == "" {
				file = o.File
			}
		}
	}
	if len(names) > 0 {
		found = append(found,
			fmt.Sprintf("%s linked (%s)", plural(len(names), "object"), someOf(names)))
	}
	if v.image == nil {
		return found, file
	}
	globals := b.globals
	if len(v.statics()) > 0 {
		globals = nil // another library has functions of these names, and a finding of its own
	}
	if symbols := v.image.SymbolsLike(b.symbols, globals); len(symbols) > 0 {
		found = append(found,
			fmt.Sprintf("%s in the firmware (%s)",
				plural(len(symbols), "symbol"), someOf(symbols)))
	}
	if texts := v.textsOf(b); len(texts) > 0 && (len(found) > 0 || tells(b, texts)) {
		found = append(found, v.textTrace(texts))
	}
	if file == "" {
		file = v.elf
	}
	return found, file
}

// textsOf are the texts in the firmware that name a library, without those that only have its name
// in the path of a source or header that is not the library's: __FILE__ has that of any source.
func (v leftoversCheck) textsOf(b builtin) []objects.Text {
	texts := v.image.StringsWith(b.strings)
	if len(texts) == 0 {
		return nil
	}
	paths := make(map[string]bool)
	for _, o := range v.inputs.objects {
		for _, path := range v.deps(o.File) {
			if v.builtinOf(path) != b.name {
				paths[filepath.ToSlash(path)] = true
			}
		}
	}
	return slices.DeleteFunc(texts, func(text objects.Text) bool {
		words := pathLike().FindAllString(text.Whole, -1)
		rest := pathLike().ReplaceAllString(text.Whole, "")
		return len(words) > 0 && !containsAny(rest, b.strings) &&
			!slices.ContainsFunc(words, func(word string) bool {
				return containsAny(word, b.strings) && !v.isPathOf(word, paths)
			})
	})
}

// pathLike matches what may be a file's name in a text, without the line's number behind it.
var pathLike = lazyregexp.New(`[^\s:;,"'()<>]*/[^\s:;,"'()<>]*`)

// isPathOf reports whether a word is the path of one of the files, as the compiler was given it,
// or of a directory that one is in.
func (v leftoversCheck) isPathOf(word string, files map[string]bool) bool {
	path := filepath.ToSlash(v.abs(word))
	if files[path] {
		return true
	}
	for file := range files {
		if strings.HasPrefix(file, strings.TrimSuffix(path, "/")+"/") {
			return true
		}
	}
	return false
}

func containsAny(text string, words []string) bool {
	return slices.ContainsFunc(words, func(word string) bool {
		return strings.Contains(text, word)
	})
}

// tells reports whether texts alone show that a library is there: one that names it may be a
// product's own, such as "built without mbedtls".
func tells(b builtin, texts []objects.Text) bool {
	return len(texts) > 1 || b.banner == nil || b.banner().MatchString(texts[0].Whole)
}

// onlyTexts reports whether a trace is about texts, not about objects or symbols.
func (v leftoversCheck) onlyTexts(b builtin, traces []string) bool {
	if v.image == nil {
		return false
	}
	texts := v.textsOf(b)
	return len(texts) > 0 && traces[0] == v.textTrace(texts)
}

// textTrace are texts in words, with the objects that they are from.
func (v leftoversCheck) textTrace(texts []objects.Text) string {
	var shown, from []string
	for _, text := range texts {
		shown = append(shown, text.Shown)
	}
	for _, o := range v.inputs.objects {
		if slices.ContainsFunc(texts, func(t objects.Text) bool { return o.Contains(t.Whole) }) {
			from = append(from, v.objectName(o))
		}
	}
	trace := fmt.Sprintf("%s in the firmware (%s)", plural(len(texts), "string"), someOf(shown))
	if len(from) > 0 {
		trace += " from " + someOf(from)
	}
	return trace
}

// textNotes explains a text that names a library and is no proof of it.
func (v leftoversCheck) textNotes(c *check, b builtin) {
	if v.image == nil {
		return
	}
	for _, text := range v.textsOf(b) {
		c.notes = append(c.notes, Finding{File: v.elf, Message: fmt.Sprintf("%s: %s, and nothing "+
			"else: it is taken for a text about that library", b.name,
			v.textTrace([]objects.Text{text}))})
	}
}

func (v *evidence) isPartOf(b builtin, o *objects.Object) bool {
	if slices.Contains(b.sources, o.Source) {
		return true
	}
	if b.has(o.File) || b.has(o.Member) {
		return true
	}
	return o.Member == "" && slices.ContainsFunc(v.deps(o.File), func(path string) bool {
		return v.builtinOf(path) == b.name
	})
}

// builtinOf is the name of the built-in library that a source or header belongs to; "" for
// others. An object has hundreds of headers, mostly the same ones as other objects.
func (v *evidence) builtinOf(path string) string {
	name, known := v.builtin[path]
	if !known {
		for _, b := range builtins {
			if b.has(path) {
				name = b.name
			}
		}
		v.builtin[path] = name
	}
	return name
}

// has reports whether a path is in one of the library's directories.
func (b builtin) has(path string) bool {
	path = filepath.ToSlash(path)
	return slices.ContainsFunc(b.dirs, func(dir string) bool {
		return strings.Contains(path, "/"+dir)
	})
}
