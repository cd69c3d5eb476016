package verify

import (
	"context"
	"fmt"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"mpwolf/internal/build"
	"mpwolf/internal/report"
)

// danger is a setting that no firmware may have.
type danger struct {
	macro string
	// below and above, if not 0, refuse a value below or above it; else the macro may not be
	// defined or, with unset, must be.
	below, above int64
	unset        bool
	// needs, if not empty, is the macro without which there is no danger; "!" before it: with
	// which.
	needs    string
	why, fix string
}

const (
	day      = 24 * 60 * 60
	leaveOut = "leave it out"
	entropy  = "supply entropy: CUSTOM_RAND_GENERATE_SEED, or the port's own"
)

// dangers are the settings that defeat TLS, of wolfSSL 5.5.4 to 5.9.2. Some are only set in a
// source: random.c, for example, sets USE_TEST_GENSEED for platforms without a generator.
var dangers = []danger{
	// Certificates.
	{macro: "NO_ASN_TIME",
		why: "certificates that have expired, or are not valid yet, are accepted",
		fix: "leave it out; without a clock, get the time from the network, or " +
			"supply it with XTIME"},
	{macro: "NO_ASN_TIME_CHECK",
		why: "certificates that have expired, or are not valid yet, are accepted",
		fix: "leave it out; without a clock, get the time from the network, or " +
			"supply it with XTIME"},
	{macro: "TEST_BEFORE_DATE", why: "the time is always the 1st of January 2000", fix: leaveOut},
	{macro: "WOLFSSL_BEFORE_DATE_CLOCK_SKEW", above: day,
		why: "certificates are accepted this many seconds before they become valid",
		fix: "leave it out, or allow a day at most"},
	{macro: "WOLFSSL_AFTER_DATE_CLOCK_SKEW", above: day,
		why: "certificates are accepted for this many seconds after they have expired",
		fix: "leave it out, or allow a day at most"},
	{macro: "HAVE_VALIDATE_DATE",
		why: "a function of the product's own decides which dates are valid", fix: fixDates},
	{macro: "NO_VERIFY_OID", why: "the algorithm that a signature names is not compared with " +
		"the one that is used", fix: leaveOut},
	{macro: "IGNORE_NAME_CONSTRAINTS",
		why: "a certificate authority may sign for names that it is barred from", fix: leaveOut},
	{macro: "WOLFSSL_NO_ASN_STRICT",
		why: "certificates that are malformed are accepted", fix: leaveOut},
	{macro: "ALLOW_INVALID_CERTSIGN",
		why: "a certificate may sign others although it says that it does not", fix: leaveOut},
	{macro: "WOLFSSL_X509_STORE_ALLOW_NON_CA_INTERMEDIATE",
		why: "a certificate may sign others although it is not an authority's",
		fix: leaveOut},
	{macro: "IGNORE_KEY_EXTENSIONS", why: "a certificate that is not meant for TLS servers or " +
		"clients is accepted", fix: leaveOut},
	{macro: "WOLFSSL_ALLOW_MD5_CERT_SIGS",
		why: "certificates that are signed with MD5, which anyone can forge, are accepted",
		fix: leaveOut},
	{macro: "WOLFSSL_MD2", why: "certificates that are signed with MD2, which is broken, are " +
		"accepted", fix: leaveOut},
	{macro: "WOLFSSL_ALLOW_TLS_SHA1",
		why: "handshakes that are signed with SHA-1, which is broken (RFC 9155), are accepted",
		fix: leaveOut},
	{macro: "WOLFSSL_MIN_RSA_BITS", below: 1024, why: "RSA keys that can be broken are accepted",
		fix: "leave it out, or set it to 2048"},
	{macro: "RSA_MIN_SIZE", below: 1024, why: "RSA keys that can be broken are accepted",
		fix: "leave it out, or set it to 2048"},
	{macro: "WOLFSSL_MIN_ECC_BITS", below: 160, needs: "HAVE_ECC",
		why: "curves that can be broken are accepted",
		fix: "leave it out, or set it to 256"},
	{macro: "ECC_MIN_KEY_SZ", below: 160, needs: "HAVE_ECC",
		why: "curves below 224 bits are accepted",
		fix: "leave it out, or set it to 256"},
	{macro: "WOLFSSL_MIN_DHKEY_BITS", below: 1024, needs: "!NO_DH",
		why: "groups for Diffie-Hellman that can be broken are accepted",
		fix: "leave it out, or set it to 2048"},
	{macro: "WC_ALLOW_ECC_ZERO_HASH",
		why: "an all-zero signature, which can be made without the key, is accepted",
		fix: leaveOut},
	{macro: "NO_CHECK_PRIVATE_KEY",
		why: "a private key that does not match the certificate is accepted", fix: leaveOut},
	{macro: "WOLFSSL_NO_CLIENT_AUTH", why: "a server cannot ask for its clients' certificates, " +
		"whatever Python says", fix: leaveOut},
	{macro: "WOLFSSL_NO_TRUSTED_CERTS_VERIFY",
		why: "an OCSP response is accepted without checking its signer", fix: leaveOut},
	{macro: "WOLFSSL_NO_OCSP_ISSUER_CHECK", needs: "HAVE_OCSP",
		why: "an OCSP response is accepted whoever signed it", fix: leaveOut},
	{macro: "WOLFSSL_NO_OCSP_ISSUER_CHAIN_CHECK", needs: "HAVE_OCSP",
		why: "an OCSP response is accepted whoever signed it",
		fix: leaveOut},
	{macro: "WOLFSSL_NO_OCSP_DATE_CHECK", needs: "HAVE_OCSP",
		why: "an OCSP response is accepted however old it is", fix: leaveOut},
	{macro: "WOLFSSL_NO_CRL_DATE_CHECK", needs: "HAVE_CRL",
		why: "a certificate revocation list is used however old it is",
		fix: leaveOut},
	{macro: "NO_CERTS", why: "there are no certificates: no peer can be verified", fix: leaveOut},
	{macro: "WOLFSSL_DISABLE_EARLY_SANITY_CHECKS",
		why: "handshake messages are accepted without encryption, and out of order",
		fix: leaveOut},
	// Random numbers.
	{macro: "WOLFSSL_GENSEED_FORTEST",
		why: "the random numbers are predictable: all keys are known", fix: entropy},
	{macro: "USE_TEST_GENSEED",
		why: "the random numbers are predictable: all keys are known", fix: entropy},
	{macro: "WC_NO_RNG",
		why: "there are no random numbers, without which no key is secret", fix: leaveOut},
	// Secrets and protocols.
	{macro: "HAVE_NULL_CIPHER",
		why: "connections without encryption can be negotiated", fix: leaveOut},
	{macro: "HAVE_ANON",
		why: "connections to anyone, without any certificate, can be negotiated", fix: leaveOut},
	{macro: "WOLFSSL_ALLOW_SSLV3",
		why: "SSL 3.0, which is broken, can be negotiated", fix: leaveOut},
	{macro: "OLD_HELLO_ALLOWED",
		why: "hellos of SSL 2.0, which is broken, are accepted", fix: leaveOut},
	{macro: "WOLFSSL_SSLKEYLOGFILE",
		why: "the keys of every connection are written to a file", fix: leaveOut},
	{macro: "WOLFSSL_SNIFFER_KEYLOGFILE",
		why: "the keys of connections are read from a file", fix: leaveOut},
	{macro: "HAVE_SECRET_CALLBACK",
		why: "Python code can write the keys of connections to a file (keylog_filename)",
		fix: "leave it out of firmware that others use"},
	{macro: "SHOW_SECRETS", why: "the keys of every connection are printed", fix: leaveOut},
}

// weakness is a setting that may be intended, and that the firmware's owner should know about.
type weakness struct {
	macro string
	// unset says that it is weak without the macro; below, if not 0, that it is weak with a
	// smaller value, and above that it is weak with a larger one.
	unset        bool
	below, above int64
	// needs, if not empty, is the macro without which there is no weakness; "!" before it: with
	// which.
	needs string
	why   string
	// loses is what a product loses by ending the weakness, if that is not obvious.
	loses string
	// by is the argument of make that ends it in the settings that come with the modules; "" for
	// none.
	by string
}

// forwardSecrecy is a variable of the modules' makefile.
const forwardSecrecy = "WOLFSSL_FORWARD_SECRECY=1"

// weaknesses are explained in notes, and are not findings.
var weaknesses = []weakness{
	{macro: "WOLFSSL_STATIC_RSA", why: "the RSA key exchange has no forward secrecy: whoever " +
		"obtains the server's key can decrypt old connections",
		loses: "peers that know no other key exchange", by: forwardSecrecy},
	{macro: "WOLFSSL_STATIC_DH", why: "static Diffie-Hellman has no forward secrecy"},
	{macro: "WOLFSSL_STATIC_PSK", needs: "!NO_PSK",
		why:   "pre-shared keys without a key exchange have no forward secrecy",
		loses: "peers with pre-shared keys that know no ECDHE_PSK", by: forwardSecrecy},
	{macro: "NO_OLD_TLS", unset: true,
		why: "without it TLS 1.1, which RFC 8996 forbids, can be negotiated"},
	{macro: "WOLFSSL_ALLOW_TLSV10", why: "TLS 1.0, which RFC 8996 forbids, can be negotiated"},
	{macro: "NO_RC4", unset: true, why: "without it RC4, which RFC 7465 forbids, is built in"},
	{macro: "NO_DES3", unset: true,
		why: "without it triple DES, with its blocks of 64 bits, is built in"},
	{macro: "HAVE_TRUNCATED_HMAC",
		why: "records with an 80-bit authentication code can be negotiated"},
	{macro: "HAVE_SECURE_RENEGOTIATION",
		why: "a peer can make the firmware renegotiate, which costs time and memory"},
	{macro: "WOLFSSL_EARLY_DATA", why: "an attacker can replay early data of TLS 1.3"},
	{macro: "WOLFSSL_NO_STRICT_CIPHER_SUITE",
		why: "a server may choose a cipher suite that the client has not offered"},
	{macro: "WOLFSSL_TLS13_IGNORE_PT_ALERT_ON_ENC",
		why: "alerts that are not encrypted are dropped where they should end the connection"},
	{macro: "WOLFSSL_TLS13_IGNORE_AEAD_LIMITS", needs: "WOLFSSL_DTLS13",
		why: "a key of DTLS 1.3 is used longer than RFC 9147 allows"},
	{macro: "WC_NO_HARDEN",
		why: "the time that operations with private keys take can reveal the keys"},
	{macro: "WOLFSSL_NO_FORCE_ZERO", why: "keys stay in memory after use"},
	{macro: "WC_NO_CACHE_RESISTANT",
		why: "the memory accesses of operations with private keys can reveal the keys"},
	{macro: "WOLFSSL_OLD_TIMINGPADVERIFY",
		why: "the time that wrong padding takes can reveal data (Lucky 13)"},
	{macro: "ECC_TIMING_RESISTANT", unset: true, needs: "HAVE_ECC",
		why: "without it the time that elliptic curves take can reveal private keys"},
	{macro: "WC_RSA_BLINDING", unset: true, needs: "!NO_RSA",
		why: "without it the time that RSA takes can reveal private keys"},
	{macro: "NO_RSA_BOUNDS_CHECK", why: "RSA computes with numbers that SP 800-56B forbids"},
	{macro: "WC_RSA_NO_FERMAT_CHECK", why: "RSA keys whose factors are so close together " +
		"that anyone can find them are made and loaded"},
	{macro: "NO_ECC_CHECK_KEY", needs: "HAVE_ECC",
		why: "points are used without checking that they are on the curve"},
	{macro: "NO_ECC_CHECK_PUBKEY_ORDER", needs: "HAVE_ECC",
		why: "points are used without checking that they have the right order"},
	{macro: "WOLFSSL_NO_ECDHX_SHARED_ZERO_CHECK", needs: "HAVE_CURVE25519",
		why: "a peer can make the shared secret of X25519 zero"},
	{macro: "NO_STRICT_ECDSA_LEN", why: "ECDSA signatures with trailing bytes are accepted"},
	{macro: "RSA_MIN_SIZE", below: 2048,
		why: "RSA keys below 2048 bits are accepted, which NIST has not allowed since 2013"},
	{macro: "WOLFSSL_MIN_RSA_BITS", below: 2048,
		why: "RSA keys below 2048 bits are accepted, which NIST has not allowed since 2013"},
	{macro: "ECC_MIN_KEY_SZ", below: 224, needs: "HAVE_ECC",
		why: "curves below 224 bits are accepted"},
	{macro: "WOLFSSL_BEFORE_DATE_CLOCK_SKEW", above: 0,
		why: "certificates are accepted this many seconds before they become valid"},
	{macro: "WOLFSSL_AFTER_DATE_CLOCK_SKEW", above: 0,
		why: "certificates are accepted for this many seconds after they have expired"},
	{macro: "WC_ASN_RUNTIME_DATE_CHECK_CONTROL",
		why: "C code can turn off the check of certificates' dates (wc_AsnSetSkipDateCheck)"},
	{macro: "ALLOW_SELFSIGNED_INVALID_CERTSIGN", why: "a self-signed certificate may claim " +
		"to sign others without being an authority's"},
	{macro: "ALLOW_V1_EXTENSIONS",
		why: "certificates of version 1 may have extensions, which that version does not have"},
	{macro: "WOLFSSL_ALLOW_NO_CN_IN_SAN", why: "a host's name may be the common name of a " +
		"certificate that lists other names (RFC 9525)"},
	{macro: "WOLFSSL_NO_CRL_NEXT_DATE", needs: "HAVE_CRL",
		why: "certificate revocation lists need not say how long they are valid"},
	{macro: "WOLFSSL_CRL_ALLOW_MISSING_CDP", needs: "HAVE_CRL",
		why: "certificates that name no revocation list are not checked for revocation"},
	{macro: "WOLFSSL_APPLE_NATIVE_CERT_VALIDATION",
		why: "certificates are verified by the operating system, not by wolfSSL"},
	{macro: "WC_RNG_SEED_CB", why: "C code can choose where seeds come from (wc_SetSeed_Cb)"},
	{macro: "WC_NO_HASHDRBG",
		why: "random numbers come straight from the seeds, without wolfCrypt's generator"},
	{macro: "CUSTOM_RAND_GENERATE_BLOCK",
		why: "random numbers come straight from the board, without wolfCrypt's generator"},
	{macro: "WOLFSSL_SESSION_EXPORT",
		why: "the application can take the keys of connections out of the library"},
	{macro: "WOLFSSL_DEBUG_TLS", why: "keys and data of connections can be printed"},
	{macro: "DEBUG_WOLFSSL",
		why: "data of connections can be printed, and unneeded text makes the firmware larger"},
	{macro: "WOLFSSL_TRUST_PEER_CERT",
		why: "a peer's certificate can be trusted by itself, whoever signed it"},
}

// objectValues are macros as the compiler saw them in one object.
type objectValues struct {
	name   string // of the object, "" for the values if no object is known
	values map[string]build.Value
	// What it was compiled from, and how; none if it was not compiled.
	deps    []string
	command build.Compile
}

// settingNames are the macros whose values the check needs to know.
func settingNames() []string {
	names := append(Dangers{}.Names(), "SINGLE_THREADED")
	for _, w := range weaknesses {
		names = append(names, w.macro, strings.TrimPrefix(w.needs, "!"))
	}
	for _, r := range replaceable {
		names = append(names, r.macro)
	}
	names = append(append(names, seedMacros...), clockMacro)
	slices.Sort(names)
	return slices.DeleteFunc(slices.Compact(names), func(name string) bool { return name == "" })
}

// dangersCheck asks the compiler for the settings that no firmware may have, as each of wolfSSL's
// sources sees them with its own flags, and as settings.h leaves them.
func (v settingsCheck) dangersCheck(ctx context.Context, c *check, used []wolfObject) error {
	general, err := v.flags.EffectiveIn(ctx, settingsHeader, settingNames())
	if err != nil {
		if v.blocked != "" { // then this is what made the build fail
			return nil
		}
		return err
	}
	seen, err := v.seenByObjects(ctx, used)
	if err != nil {
		return err
	}
	if len(seen) == 0 {
		seen = []objectValues{{values: general}}
	}
	before := len(c.findings)
	for _, d := range dangers {
		v.dangerCheck(c, d, general, seen)
	}
	v.replacedCheck(c, seen)
	v.renamedCheck(c, seen)
	if err := v.hiddenHeaders(ctx, c, seen); err != nil {
		return err
	}
	if v.failure != nil && len(c.findings) > before {
		for i := range before { // what does not compile may do so because of these settings
			c.findings[i].Fix = "first change the dangerous settings below"
		}
	}
	refused := len(c.findings)
	for _, w := range weaknesses {
		if note, weak := w.note(general, seen, v.inWolfSSL, refused > 0); weak {
			note.Fix = v.switchOff(w, note)
			c.notes = append(c.notes, note)
		}
	}
	v.suppliers(c, used, seen)
	return v.threadsCheck(ctx, c, general["SINGLE_THREADED"])
}

// seenByObjects asks the compiler for each object of wolfSSL's and the modules' that holds code.
func (v settingsCheck) seenByObjects(
	ctx context.Context, used []wolfObject,
) ([]objectValues, error) {
	compiles, err := v.build.Compiles(ctx)
	if err != nil {
		return nil, ctx.Err() // make has built the firmware: what it would do is unknown
	}
	var of []objectValues
	var commands []build.Compile
	for _, u := range used {
		command, known := compiles[u.object.File]
		if !known || filepath.Ext(command.Source) != ".c" || !u.object.Code && !u.object.Lto {
			continue
		}
		of = append(of, objectValues{name: v.objectName(u.object), deps: u.deps, command: command})
		commands = append(commands, command)
	}
	// A setting may be the reason why a source does not compile.
	for _, file := range v.inputs.missing {
		if command, known := compiles[file]; known && v.WolfSSL != "" &&
			relative(v.WolfSSL, command.Source) != command.Source {
			of = append(of, objectValues{name: relative(v.build.Dir, file)})
			commands = append(commands, command)
		}
	}
	if len(commands) == 0 {
		return nil, nil
	}
	macros := settingNames()
	for _, r := range replaceable {
		macros = append(macros, r.call())
	}
	slices.Sort(macros)
	all, err := v.flags.EffectiveAtWith(ctx, commands, slices.Compact(macros), v.watch(used))
	if err != nil {
		return nil, err
	}
	var seen []objectValues
	for i, values := range all {
		if values != nil {
			of[i].values = values
			seen = append(seen, of[i])
		}
	}
	return seen, nil
}

// has reports whether the setting is in values.
func (d danger) has(values map[string]build.Value) bool {
	needed, without := strings.CutPrefix(d.needs, "!")
	if d.needs != "" && values[needed].Defined == without {
		return false
	}
	value := values[d.macro]
	switch {
	case d.unset:
		return !value.Defined
	case !value.Defined:
		return false
	case d.below != 0:
		return !value.Known || value.Number < d.below
	case d.above != 0:
		return !value.Known || value.Number > d.above
	}
	return true
}

// Dangers judges values for others who ask the compiler: see check.Dangers.
type Dangers struct{}

// Flag says why no firmware may have a macro that a flag defines as text, and what to do; ""
// for one that is none of the dangers by itself.
func (Dangers) Flag(macro, text string) (why, fix string) {
	value := build.Value{Defined: true}
	var err error
	value.Number, err = strconv.ParseInt(text, 0, 64)
	value.Known = err == nil
	for _, d := range dangers {
		if d.macro == macro && !d.unset && d.needs == "" &&
			d.has(map[string]build.Value{macro: value}) {
			return d.why, d.fix
		}
	}
	return "", ""
}

// Names are the macros that decide whether settings are dangerous.
func (Dangers) Names() []string {
	var names []string
	for _, d := range dangers {
		names = append(names, d.macro)
		if needs := strings.TrimPrefix(d.needs, "!"); needs != "" {
			names = append(names, needs)
		}
	}
	slices.Sort(names)
	return slices.Compact(names)
}

// In are findings, without an ID, about values at the end of wolfSSL's settings.
func (Dangers) In(values map[string]build.Value) []report.Finding {
	var c check
	for _, d := range dangers {
		settingsCheck{}.dangerCheck(&c, d, nil, []objectValues{{values: values}})
	}
	var found []report.Finding
	for _, f := range c.findings {
		found = append(found,
			report.Finding{Message: f.Message, File: f.File, Line: f.Line, Fix: f.Fix})
	}
	return found
}

// isDefault reports whether a number is only the default in one of wolfSSL's own headers: 5.7.2
// has RSA_MIN_SIZE at 512 in rsa.h, and still accepts no such key in TLS.
func (v settingsCheck) isDefault(d danger, general, values map[string]build.Value) bool {
	return d.below != 0 && !general[d.macro].Defined && v.evidence != nil &&
		v.inWolfSSL(values[d.macro])
}

// inWolfSSL reports whether wolfSSL's own headers decide a value.
func (v settingsCheck) inWolfSSL(value build.Value) bool {
	file := value.File
	if !filepath.IsAbs(file) {
		file = filepath.Join(v.Target.Tree.Dir, file)
	}
	return v.WolfSSL != "" && value.Defined && relative(v.WolfSSL, file) != file
}

func (v settingsCheck) dangerCheck(c *check, d danger, general map[string]build.Value,
	seen []objectValues) {
	var in []string
	var value build.Value
	for _, o := range seen {
		if d.has(o.values) && !v.isDefault(d, general, o.values) {
			in = append(in, o.name)
			if value.File == "" {
				value = o.values[d.macro]
			}
		}
	}
	if len(in) == 0 {
		return
	}
	f := Finding{File: value.File, Line: value.Line, Fix: d.fix}
	switch {
	case d.unset:
		f.Message = fmt.Sprintf("%s is not defined: %s", d.macro, d.why)
	case d.below != 0, d.above != 0:
		f.Message = fmt.Sprintf("%s is %s: %s", d.macro, value.Text, d.why)
	default:
		f.Message = d.macro + " is defined: " + d.why
	}
	if value.File == build.CommandLine {
		f.File = ""
		f.Message += "; make passes -D" + d.macro + " to the compiler"
	}
	if len(in) < len(seen) {
		f.Message += fmt.Sprintf("; so for %d of %d objects: %s", len(in), len(seen), someOf(in))
	}
	c.find(f)
}

// note is the note about a weakness, if there is one. What comes from one object's flags is in
// seen; what is missing is missing after settings.h. isDefault says that wolfSSL's own headers
// decide a value; refused, that a danger has been found, perhaps with the same macro.
func (w weakness) note(
	general map[string]build.Value, seen []objectValues,
	isDefault func(build.Value) bool, refused bool,
) (Finding, bool) {
	needed, without := strings.CutPrefix(w.needs, "!")
	if w.needs != "" && general[needed].Defined == without {
		return Finding{}, false
	}
	value := general[w.macro]
	for _, o := range seen {
		other := o.values[w.macro]
		// A limit that wolfSSL's own headers have is its default.
		if !value.Defined && other.Defined && !w.unset &&
			(w.below == 0 || !isDefault(other)) {
			value = other
		}
	}
	note := Finding{File: value.File, Line: value.Line}
	switch {
	case w.unset:
		note.Message = w.macro + " is not defined: " + w.why
		return note, !value.Defined
	case w.below != 0:
		note.Message = fmt.Sprintf("%s is %s: %s", w.macro, value.Text, w.why)
		return note, value.Defined && value.Known && value.Number < w.below && !refused
	case strings.HasSuffix(w.macro, "_CLOCK_SKEW"):
		note.Message = fmt.Sprintf("%s is %s: %s", w.macro, value.Text, w.why)
		return note, value.Defined && value.Known && value.Number > w.above && value.Number <= day
	}
	note.Message = w.macro + " is defined: " + w.why
	return note, value.Defined
}

// switchOff says how to end a weakness.
func (v settingsCheck) switchOff(w weakness, note Finding) string {
	file := note.File
	ours := v.shippedSettings() && file != build.CommandLine
	var way string
	switch {
	case ours && w.by != "":
		way = "mpwolf patch --make " + w.by + " leaves it out"
	case w.unset:
		way = "define " + w.macro + " in user_settings.h"
	case file == build.CommandLine, file == "":
		way = "take -D" + w.macro + " out of CFLAGS"
	default:
		way = "leave " + w.macro + " out of " + filepath.Base(file)
	}
	switch {
	case w.loses != "" && ours && w.by != "":
		way += ", and with it " + w.loses
	case w.loses != "":
		way += ", and do without " + w.loses
	}
	if ours && w.by == "" {
		way += "; these are mpwolf's own settings: change a copy, and give it to mpwolf " +
			"patch --user-settings"
	}
	return way
}

// shippedSettings reports whether the settings are those that come with the modules.
func (v settingsCheck) shippedSettings() bool {
	if v.WolfSSL == "" || v.Settings == "" {
		return false
	}
	ports := filepath.Join(filepath.Dir(v.WolfSSL), "ports")
	return relative(ports, v.Settings) != v.Settings
}
