package verify

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"mpwolf/internal/build"
	"mpwolf/internal/lazyregexp"
	"mpwolf/internal/objects"
)

const settingsHeader = "wolfssl/wolfcrypt/settings.h"

// danger is a setting that no firmware may have.
type danger struct {
	macro string
	// below, if not 0, refuses a value below it; else the macro may not be defined.
	below    int64
	why, fix string
}

// dangers are the settings that defeat TLS.
var dangers = []danger{
	{macro: "NO_ASN_TIME",
		why: "certificates that have expired, or are not valid yet, are accepted",
		fix: "leave it out; without a clock, get the time from the network, or " +
			"supply it with XTIME"},
	{macro: "NO_VERIFY_OID",
		why: "the algorithm that a signature names is not compared with the one that is used",
		fix: "leave it out"},
	{macro: "IGNORE_NAME_CONSTRAINTS",
		why: "a certificate authority may sign for names that it is barred from",
		fix: "leave it out"},
	{macro: "WOLFSSL_NO_ASN_STRICT", why: "certificates that are malformed are accepted",
		fix: "leave it out"},
	{macro: "WOLFSSL_MIN_RSA_BITS", below: 1024, why: "RSA keys that can be broken are accepted",
		fix: "leave it out, or set it to 2048"},
	{macro: "RSA_MIN_SIZE", below: 1024, why: "RSA keys that can be broken are accepted",
		fix: "leave it out, or set it to 2048"},
	{macro: "ALLOW_INVALID_CERTSIGN",
		why: "a certificate may sign others although it says that it does not",
		fix: "leave it out"},
	{macro: "WOLFSSL_GENSEED_FORTEST",
		why: "the random numbers are predictable: all keys are known",
		fix: "supply entropy: CUSTOM_RAND_GENERATE_SEED, or the port's own"},
	{macro: "WC_NO_RNG", why: "there are no random numbers, without which no key is secret",
		fix: "leave it out"},
	{macro: "HAVE_NULL_CIPHER", why: "connections without encryption can be negotiated",
		fix: "leave it out"},
	{macro: "WOLFSSL_ALLOW_SSLV3", why: "SSL 3.0, which is broken, can be negotiated",
		fix: "leave it out"},
	{macro: "WOLFSSL_SSLKEYLOGFILE", why: "the keys of every connection are written to a file",
		fix: "leave it out"},
	{macro: "SHOW_SECRETS", why: "the keys of every connection are printed", fix: "leave it out"},
	{macro: "IGNORE_KEY_EXTENSIONS",
		why: "a certificate that is not meant for TLS servers or clients is accepted",
		fix: "leave it out"},
	{macro: "HAVE_ANON", why: "connections to anyone, without any certificate, can be negotiated",
		fix: "leave it out"},
	{macro: "USE_TEST_GENSEED", why: "the random numbers are predictable: all keys are known",
		fix: "supply entropy: CUSTOM_RAND_GENERATE_SEED, or the port's own"},
	{macro: "WOLFSSL_NO_TRUSTED_CERTS_VERIFY",
		why: "an OCSP response is accepted without checking its signer",
		fix: "leave it out"},
	{macro: "WOLFSSL_SNIFFER_KEYLOGFILE", why: "the keys of connections are read from a file",
		fix: "leave it out"},
	{macro: "NO_CERTS", why: "there are no certificates: no peer can be verified",
		fix: "leave it out"},
}

// weakness is a setting that can be meant, and that its owner should know of.
type weakness struct {
	macro string
	// unset says that it is weak without the macro; below, if not 0, that it is with a value below
	// it.
	unset bool
	below int64
	// needs, if not empty, is the macro without which the weakness is not there; "!" before it:
	// with which.
	needs string
	why   string
}

// weaknesses are explained, and no findings.
var weaknesses = []weakness{
	{macro: "WOLFSSL_STATIC_RSA", why: "the RSA key exchange has no forward secrecy: whoever " +
		"obtains the server's key can decrypt old connections"},
	{macro: "WOLFSSL_STATIC_DH", why: "static Diffie-Hellman has no forward secrecy"},
	{macro: "WOLFSSL_STATIC_PSK", needs: "!NO_PSK",
		why: "pre-shared keys without a key exchange have no forward secrecy"},
	{macro: "NO_OLD_TLS", unset: true,
		why: "without it TLS 1.1, which RFC 8996 forbids, can be negotiated"},
	{macro: "WOLFSSL_ALLOW_TLSV10", why: "TLS 1.0, which RFC 8996 forbids, can be negotiated"},
	{macro: "NO_RC4", unset: true, why: "without it RC4, which RFC 7465 forbids, is built in"},
	{macro: "NO_DES3", unset: true,
		why: "without it triple DES, with its blocks of 64 bits, is built in"},
	{macro: "HAVE_SECURE_RENEGOTIATION",
		why: "a peer can make the firmware renegotiate, which costs time and memory"},
	{macro: "WOLFSSL_EARLY_DATA", why: "an attacker can replay early data of TLS 1.3"},
	{macro: "WC_NO_HARDEN",
		why: "the time that operations with private keys take can reveal the keys"},
	{macro: "ECC_TIMING_RESISTANT", unset: true, needs: "HAVE_ECC",
		why: "without it the time that elliptic curves take can reveal private keys"},
	{macro: "WC_RSA_BLINDING", unset: true, needs: "!NO_RSA",
		why: "without it the time that RSA takes can reveal private keys"},
	{macro: "RSA_MIN_SIZE", below: 2048,
		why: "RSA keys below 2048 bits are accepted, which NIST has not allowed since 2013"},
	{macro: "WOLFSSL_MIN_RSA_BITS", below: 2048,
		why: "RSA keys below 2048 bits are accepted, which NIST has not allowed since 2013"},
	{macro: "ECC_MIN_KEY_SZ", below: 224, needs: "HAVE_ECC",
		why: "curves below 224 bits are accepted"},
	{macro: "CUSTOM_RAND_GENERATE_BLOCK",
		why: "random numbers come straight from the board, without wolfCrypt's generator"},
	{macro: "HAVE_SECRET_CALLBACK", why: "the application can ask for the keys of connections"},
	{macro: "WOLFSSL_DEBUG_TLS", why: "keys and data of connections can be printed"},
	{macro: "DEBUG_WOLFSSL",
		why: "data of connections can be printed, and unneeded text makes the firmware larger"},
	{macro: "WOLFSSL_TRUST_PEER_CERT",
		why: "a peer's certificate can be trusted by itself, whoever signed it"},
}

// SettingsID is the check in this file.
const SettingsID = "settings"

var settingsRule = rule{
	Rule: Rule{
		ID: SettingsID,
		Summary: "The intended user_settings.h and wolfSSL were compiled, and no setting is " +
			"dangerous.",
		Help: "The dependency files of the build show which settings and which sources were " +
			"really compiled, and the compiler shows each setting's value. A dangerous one " +
			"defeats TLS.",
	},
	of: func(e *evidence) runner { return settingsCheck{e} },
}

type settingsCheck struct{ *evidence }

// run looks which wolfSSL was compiled, with which settings, and whether these are fit for use.
func (v settingsCheck) run(ctx context.Context, c *check) error {
	if v.inputs == nil || len(v.inputs.objects) == 0 {
		c.notMade = v.blocked
		return nil
	}
	used := v.wolfObjects()
	if len(used) == 0 {
		switch {
		case v.Settings == "" && v.WolfSSL == "":
			c.notNeeded = "no wolfSSL was requested"
		case v.blocked != "" && len(c.findings) == 0:
			c.notMade = v.blocked
		case v.blocked == "":
			c.find(Finding{Message: "no object of this firmware was compiled with " +
				"wolfSSL's headers",
				File: v.Settings,
				Fix:  "pass the modules to make: USER_C_MODULES=<directory>"})
		}
		return nil
	}
	roots := v.rootsCheck(c, used)
	v.settingsFiles(c, used)
	v.staleSettings(c, used)
	version := wolfVersion(roots[0])
	c.show("wolfssl", roots)
	c.show("version", version)
	c.show("objects", len(used))
	c.summary = fmt.Sprintf("wolfSSL %s, %s", version, plural(len(used), "object"))
	if v.Licence != "" {
		c.show("licence", v.Licence)
		c.summary = fmt.Sprintf("wolfSSL %s (%s), %s", version, v.Licence,
			plural(len(used), "object"))
	}
	for _, p := range []struct {
		name  string
		kinds []supply
	}{{"entropy", seeds}, {"clock", clocks}} {
		if found := v.supplied(used, p.kinds); len(found) > 0 {
			c.show(p.name, found)
			c.summary += fmt.Sprintf(", %s by %s", p.name, strings.Join(found, " and "))
		}
	}
	if files := v.settingsIn(used...); len(files) > 0 {
		c.show("settings", files)
		c.summary += ", with " + strings.Join(files, " and ")
	}
	if err := v.weakRandom(ctx, c); err != nil {
		return err
	}
	return v.dangersCheck(ctx, c)
}

// wolfObject is an object that includes wolfSSL's headers.
type wolfObject struct {
	object *objects.Object
	root   string // the directory of the wolfSSL that it was compiled with
	deps   []string
}

func (v *evidence) wolfObjects() []wolfObject {
	var found []wolfObject
	for _, o := range v.inputs.objects {
		if o.Member != "" {
			continue
		}
		deps := v.deps(o.File)
		for _, dep := range deps {
			if root, ok := strings.CutSuffix(filepath.ToSlash(dep), "/"+settingsHeader); ok {
				found = append(found, wolfObject{o, root, deps})
				break
			}
		}
	}
	return found
}

// rootsCheck returns the directories of the wolfSSL sources that were compiled: there may be one,
// the expected.
func (v settingsCheck) rootsCheck(c *check, used []wolfObject) []string {
	var roots []string
	for _, u := range used {
		if !slices.Contains(roots, u.root) {
			roots = append(roots, u.root)
		}
	}
	for i, root := range roots {
		switch {
		case v.WolfSSL != "" && !sameFile(root, v.WolfSSL):
			c.find(Finding{Message: fmt.Sprintf("wolfSSL %s was compiled from here; wanted: %s",
				wolfVersion(root), v.WolfSSL),
				File: root, Fix: "see WOLFSSL_DIR, and what else on the -I path has " +
					"wolfSSL's headers"})
		case v.WolfSSL == "" && i > 0:
			c.find(Finding{Message: "a second wolfSSL was compiled; the first is " +
				roots[0], File: root,
				Fix: "remove one of them from the build"})
		}
	}
	return roots
}

// settingsIn are the settings files among what the objects were compiled with.
func (v settingsCheck) settingsIn(used ...wolfObject) []string {
	var files []string
	for _, u := range used {
		for _, dep := range u.deps {
			if v.isSettings(dep) && !slices.Contains(files, dep) {
				files = append(files, dep)
			}
		}
	}
	return files
}

// isSettings reports whether a header is a settings file. An object has hundreds of headers, and
// most objects the same.
func (v settingsCheck) isSettings(path string) bool {
	is, known := v.settings[path]
	if !known {
		is = filepath.Base(path) == "user_settings.h" || v.Settings != "" &&
			sameFile(path, v.Settings)
		v.settings[path] = is
	}
	return is
}

// settingsFiles looks whether every object was compiled with the expected settings.
func (v settingsCheck) settingsFiles(c *check, used []wolfObject) {
	other := make(map[string]int)
	none := 0
	example := ""
	for _, u := range used {
		files := v.settingsIn(u)
		switch {
		case len(files) == 0:
			none++
			example = v.source(u.object)
		case v.Settings != "" && !slices.ContainsFunc(files, func(f string) bool {
			return sameFile(f, v.Settings)
		}):
			other[files[0]]++
		}
	}
	if none > 0 {
		c.find(Finding{Message: plural(none, "object") +
			" compiled without any user_settings.h, such as that of " + example,
			Fix: "compile with -DWOLFSSL_USER_SETTINGS and the directory of user_settings.h on " +
				"the -I path"})
	}
	for file, n := range other {
		c.find(Finding{Message: fmt.Sprintf("%s compiled with this; wanted: %s",
			plural(n, "object"), v.Settings), File: file,
			Fix: "see WOLFSSL_PORT and WOLFSSL_USER_SETTINGS_FILE, and what else on the -I " +
				"path has a user_settings.h"})
	}
}

// staleSettings looks whether the settings changed after the objects were compiled, as they can
// under --no-build.
func (v settingsCheck) staleSettings(c *check, used []wolfObject) {
	for _, file := range v.settingsIn(used...) {
		settings, err := os.Stat(file)
		if err != nil {
			c.find(Finding{Message: "the firmware was compiled with this file, which is gone",
				File: file, Fix: "build again"})
			continue
		}
		for _, u := range used {
			object, err := os.Stat(u.object.File)
			if err == nil && slices.Contains(u.deps, file) &&
				object.ModTime().Before(settings.ModTime()) {
				c.find(Finding{Message: "this file was changed after the firmware was built",
					File: file, Fix: "build again"})
				break
			}
		}
	}
}

var versionString = lazyregexp.New(`#define\s+LIBWOLFSSL_VERSION_STRING\s+"([^"]+)"`)

func wolfVersion(root string) string {
	text, err := os.ReadFile(filepath.Join(root, "wolfssl", "version.h"))
	if err != nil {
		return "of unknown version"
	}
	if m := versionString().FindSubmatch(text); m != nil {
		return string(m[1])
	}
	return "of unknown version"
}

// dangersCheck asks the compiler for the settings that no firmware may have, as wolfSSL's sources
// see them.
func (v settingsCheck) dangersCheck(ctx context.Context, c *check) error {
	names := []string{"SINGLE_THREADED"}
	for _, d := range dangers {
		names = append(names, d.macro)
	}
	for _, w := range weaknesses {
		names = append(names, w.macro)
		if w.needs != "" {
			names = append(names, strings.TrimPrefix(w.needs, "!"))
		}
	}
	values, err := v.flags.EffectiveIn(ctx, settingsHeader, names)
	if err != nil {
		if v.blocked != "" { // then this is what stopped the build
			return nil
		}
		return err
	}
	for _, d := range dangers {
		value := values[d.macro]
		switch {
		case !value.Defined:
			continue
		case d.below == 0:
			c.find(Finding{Message: d.macro + " is defined: " + d.why, File: value.File,
				Line: value.Line, Fix: d.fix})
		case !value.Known || value.Number < d.below:
			c.find(Finding{Message: fmt.Sprintf("%s is %s: %s", d.macro, value.Text, d.why),
				File: value.File,
				Line: value.Line, Fix: d.fix})
		}
	}
	refused := len(c.findings)
	for _, w := range weaknesses {
		needed, without := strings.CutPrefix(w.needs, "!")
		if w.needs != "" && values[needed].Defined == without {
			continue
		}
		value := values[w.macro]
		note := Finding{File: value.File, Line: value.Line}
		switch {
		case w.unset && !value.Defined:
			note.Message = w.macro + " is not defined: " + w.why
		case w.below != 0 && value.Defined && value.Known &&
			value.Number < w.below && refused == 0:
			note.Message = fmt.Sprintf("%s is %s: %s", w.macro, value.Text, w.why)
		case !w.unset && w.below == 0 && value.Defined:
			note.Message = w.macro + " is defined: " + w.why
		default:
			continue
		}
		c.notes = append(c.notes, note)
	}
	return v.threadsCheck(ctx, c, values["SINGLE_THREADED"])
}

// threadsCheck refuses a wolfSSL without locks where Python's threads run at the same time, as on
// unix and rp2.
func (v settingsCheck) threadsCheck(ctx context.Context, c *check, single build.Value) error {
	if !single.Defined {
		return nil
	}
	values, err := v.flags.Effective(ctx, []string{"MICROPY_PY_THREAD", "MICROPY_PY_THREAD_GIL"})
	if err != nil {
		return err
	}
	if values["MICROPY_PY_THREAD"].Number != 0 && values["MICROPY_PY_THREAD_GIL"].Number == 0 {
		c.find(Finding{
			Message: "SINGLE_THREADED is defined, and this port runs Python's threads at the " +
				"same time (no GIL): they would overwrite each other's keys",
			File: single.File, Line: single.Line, Fix: "leave it out",
		})
	}
	return nil
}

// sameFile says that two paths lead to one file or directory.
func sameFile(a, b string) bool {
	if a == b {
		return true
	}
	infoA, errA := os.Stat(a)
	infoB, errB := os.Stat(b)
	return errA == nil && errB == nil && os.SameFile(infoA, infoB)
}
