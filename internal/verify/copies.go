package verify

import (
	"bytes"
	"cmp"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"

	"mpwolf/internal/objects"
)

// staticForeigners are names of functions of TLS and crypto libraries other than those that
// MicroPython brings, as archives have them.
var staticForeigners = []foreign{
	{name: "OpenSSL or a fork of it", symbols: []string{"SSL_CTX_new", "EVP_*", "OPENSSL_*",
		"CRYPTO_malloc", "SHA256_Init", "SHA512_Init", "AES_set_encrypt_key"}},
	{name: "GnuTLS", symbols: []string{"gnutls_*"}},
	{name: "BearSSL", symbols: []string{"br_ssl_*", "br_x509_*", "br_sha256_*", "br_aes_*",
		"br_rsa_*", "br_ec_*"}},
	{name: "NSS", symbols: []string{"SSL_ImportFD", "NSS_*"}},
	{name: "s2n", symbols: []string{"s2n_*"}},
	{name: "MatrixSSL", symbols: []string{"matrixSsl*"}},
	{name: "nettle", symbols: []string{"nettle_*", "_nettle_*"}},
	{name: "libgcrypt", symbols: []string{"gcry_*", "_gcry_*"}},
	{name: "libsodium", symbols: []string{"sodium_*", "crypto_aead_*", "crypto_sign_*"}},
	{name: "libtomcrypt", symbols: []string{"rijndael_setup", "sha256_process",
		"register_cipher"}},
}

// statics are the foreign libraries whose functions are in the firmware. wolfSSL's own code for
// ARM has a function AES_set_encrypt_key too.
func (v *evidence) statics() map[string][]string {
	found := make(map[string][]string)
	if v.image == nil {
		return found
	}
	for _, f := range staticForeigners {
		like := v.image.SymbolsLike(nil, f.symbols)
		symbols := slices.DeleteFunc(like, func(symbol string) bool {
			return slices.ContainsFunc(v.definers(symbol), v.isOwn)
		})
		if len(symbols) > 0 {
			found[f.name] = symbols
		}
	}
	return found
}

// copies looks for code of other TLS and crypto libraries in the firmware: by the names of their
// functions, by wolfSSL's names with something before them, and by the tables that every
// implementation has.
func (v leftoversCheck) copies(c *check) {
	if v.image == nil {
		return
	}
	reported := make(map[string]bool) // files
	found := v.statics()
	for _, f := range staticForeigners {
		if len(found[f.name]) == 0 {
			continue
		}
		o := v.definer(found[f.name])
		v.copyFinding(c, o, fmt.Sprintf("%s: %s in the firmware (%s)", f.name,
			plural(len(found[f.name]), "symbol"), someOf(found[f.name])))
		if o != nil {
			reported[o.File] = true
		}
	}
	v.renamed(c, reported)
	v.tables(c, reported)
}

// definer is the first object that defines one of some symbols.
func (v *evidence) definer(symbols []string) *objects.Object {
	for _, o := range v.inputs.objects {
		if slices.ContainsFunc(o.Defs, func(d objects.Definition) bool {
			return slices.Contains(symbols, d.Symbol)
		}) {
			return o
		}
	}
	return nil
}

func (v leftoversCheck) copyFinding(c *check, o *objects.Object, message string) {
	f := Finding{Message: message, File: v.elf, Fix: "remove it from LDFLAGS, LIB or the sources"}
	if o != nil {
		f.Message += ", from " + cmp.Or(v.source(o), o.Member, v.objectName(o))
		if o.Member != "" {
			f.Message += " in " + relative(v.Target.Tree.Dir, o.File)
		}
		f.File = o.File
		f.Fix = "remove " + relative(v.Target.Tree.Dir, o.File) + " from the build, or let its " +
			"code call wolfSSL"
	}
	c.find(f)
}

// renamed looks for a second wolfSSL whose functions have something before their names.
func (v leftoversCheck) renamed(c *check, reported map[string]bool) {
	own := make(map[string]bool)
	linked := make(map[string]bool)
	for _, s := range v.image.Symbols {
		linked[s.Name] = true
	}
	for _, o := range v.inputs.objects {
		for _, d := range o.Defs {
			if objects.MatchesAny([]string{"wc_*", "wolfSSL_*", "wolfCrypt_*"}, d.Symbol) {
				own[d.Symbol] = true
			}
		}
	}
	for _, o := range v.inputs.objects {
		if reported[o.File] || v.isOwn(o) {
			continue
		}
		var names []string
		for _, d := range o.Defs {
			if at := strings.Index(d.Symbol, "w"); linked[d.Symbol] && at >= 0 {
				for i := max(at, 1); i < len(d.Symbol); i++ {
					if own[d.Symbol[i:]] && d.Symbol[:i] != "__wrap_" {
						names = append(names, d.Symbol)
						break
					}
				}
			}
		}
		if len(names) > 1 {
			reported[o.File] = true
			v.copyFinding(c, o, fmt.Sprintf("a second wolfSSL under other names: %s (%s)",
				plural(len(names), "function"), someOf(names)))
		}
	}
}

// tables looks for the constant tables of ciphers and hashes that no object of wolfSSL accounts
// for.
func (v leftoversCheck) tables(c *check, reported map[string]bool) {
	found := v.holders()
	for _, o := range v.inputs.objects {
		own := symbolsCheck(v).owner(o)
		if len(found[o]) == 0 || reported[o.File] || own == builtinOwner ||
			own == stackCompiler || v.isOwn(o) {
			continue
		}
		message := "a second copy of " + strings.Join(found[o], ", ") + ", by its tables"
		if own == stackMicroPython && o.Member == "" {
			c.notes = append(c.notes, Finding{Message: message + ", is in MicroPython's " +
				cmp.Or(v.source(o), v.objectName(o)), File: o.File})
			continue
		}
		reported[o.File] = true
		v.copyFinding(c, o, message)
	}
}

// holders are the objects that have tables which are in the firmware, with the tables' names:
// those that the linker's map names, or, without a map, all other objects that have a table which
// is in the firmware more often than in wolfSSL's objects.
func (v leftoversCheck) holders() map[*objects.Object][]string {
	found := make(map[*objects.Object][]string)
	add := func(o *objects.Object, name string) {
		if !slices.Contains(found[o], name) {
			found[o] = append(found[o], name)
		}
	}
	var unplaced []placedTable
	p := v.placedSections()
	for _, t := range cryptTables {
		for _, form := range t.forms {
			u := placedTable{name: t.name, form: form}
			for _, address := range v.image.Places(form) {
				at, is := p.find(address)
				switch o := v.objectNamed(at.name); {
				case !is || o == nil:
					u.times++
				case !objects.MatchesAny([]string{".rodata.cst*", ".rodata.str*"}, at.section):
					// these are merged with other objects', and named after the first one
					add(o, t.name)
				}
			}
			if u.times > 0 {
				unplaced = append(unplaced, u)
			}
		}
	}
	if len(unplaced) == 0 {
		return found
	}
	counts := make([][]int, len(v.inputs.objects))
	each(len(counts), func(i int) { counts[i] = countTables(v.inputs.objects[i], unplaced) })
	for at, u := range unplaced {
		for i, o := range v.inputs.objects {
			if v.isOwn(o) {
				u.times -= counts[i][at]
			}
		}
		for i, o := range v.inputs.objects {
			if u.times > 0 && counts[i][at] > 0 && v.isLinked(o) {
				add(o, u.name)
			}
		}
	}
	return found
}

// placedTable is a table that is in the firmware, at places that no map explains.
type placedTable struct {
	name  string
	form  []byte
	times int
}

// countTables is how often each table is in an object's file.
func countTables(o *objects.Object, tables []placedTable) []int {
	counts := make([]int, len(tables))
	file, err := os.Open(o.Place.File)
	if err != nil {
		return counts
	}
	defer file.Close()
	data, err := io.ReadAll(io.NewSectionReader(file, o.Place.Offset, o.Place.Size))
	if err != nil {
		return counts
	}
	for i, t := range tables {
		counts[i] = bytes.Count(data, t.form)
	}
	return counts
}

// objectNamed is the object that a map names, nil if there is none.
func (v *evidence) objectNamed(name string) *objects.Object {
	for _, o := range v.inputs.objects {
		if o.Name() == name {
			return o
		}
	}
	return nil
}

// isLinked reports whether an object is in the firmware: an archive's members need not be.
func (v *evidence) isLinked(o *objects.Object) bool {
	return o.Member == "" || slices.ContainsFunc(o.Defs, func(d objects.Definition) bool {
		_, is := v.image.Symbol(d.Symbol)
		return is
	})
}
