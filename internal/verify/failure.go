package verify

import (
	"cmp"
	"context"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"mpwolf/internal/build"
	"mpwolf/internal/doctor"
	"mpwolf/internal/lazyregexp"
	"mpwolf/internal/micropython"
	"mpwolf/internal/objects"
)

// failure is a failed build.
type failure struct {
	diagnostics
	err *build.Error
	// host is the missing tool of this machine that made it fail, if lacksTool is set.
	host      doctor.Cause
	lacksTool bool
}

func readFailure(err *build.Error) (*failure, error) {
	log, readErr := os.ReadFile(err.Log)
	if readErr != nil {
		return nil, fmt.Errorf("read the log of the failed build: %w", readErr)
	}
	f := &failure{diagnostics: diagnose(string(log)), err: err}
	if f.host, f.lacksTool = doctor.Blame(string(log)); f.lacksTool {
		// These are its symptoms; the user's sources do not lack a library.
		f.link = slices.DeleteFunc(f.link, func(e linkError) bool {
			return e.undefined && doctor.IsOfFFI(e.symbol)
		})
	}
	return f, nil
}

// shownErrors is how many compile errors are shown: the first ones show the cause.
const shownErrors = 5

// blamer finds the check that the cause of a failed build belongs to.
type blamer struct{ *evidence }

// blame adds a failed build's errors to the check that they belong to, and returns that check's
// id. The linker's errors about symbols are left to the symbols check, which knows more about
// them.
func (v blamer) blame(ctx context.Context, checks map[string]*check) string {
	var id string
	switch f := v.failure; {
	case f.lacksTool:
		id = MacrosID
		checks[id].find(Finding{Message: f.host.Says, File: f.err.Log, Fix: f.host.Fix()})
	case v.needsBuiltin(checks[ModulesID]):
		id = ModulesID
	case len(f.link) > 0:
		id = SymbolsID
	case len(f.overflows) > 0:
		id = SizeID
		v.blameOverflows(ctx, checks[id])
	case len(f.compile) > 0:
		id = v.blameCompiler(checks)
	case len(f.linker) > 0:
		id = SymbolsID
		checks[id].find(
			Finding{Message: "the firmware does not link: " + f.linker[0], File: f.err.Log,
				Fix: "see the log; the command was: " + f.err.Command})
	case v.brokenPython(ctx) != "":
		id = MacrosID
		checks[id].find(Finding{Message: "the build cannot run Python: " + v.brokenPython(ctx),
			File: f.err.Log,
			Fix:  "repair or replace it, or name another python3 with --make PYTHON=…"})
	default:
		id = MacrosID
		checks[id].find(
			Finding{Message: fmt.Sprintf("the build of %s failed: %s", f.err.Step, f.err.Cause),
				File: f.err.Log,
				Fix:  "see the log; the command was: " + f.err.Command})
	}
	if id != SymbolsID {
		checks[id].headline = "the build failed"
	}
	checks[id].show("log", v.failure.err.Log)
	checks[id].show("command", v.failure.err.Command)
	return id
}

// brokenPython says why the build could not run Python; "" if it can.
func (v blamer) brokenPython(ctx context.Context) string {
	return doctor.BrokenPython(ctx, []micropython.Target{v.Target})
}

// blameOverflows shows what is in a firmware that does not fit. The linker still writes its map.
func (v blamer) blameOverflows(ctx context.Context, c *check) {
	size := &Size{}
	sizeCheck(v).divide(size, nil)
	c.show("size", size)
	for _, o := range v.failure.overflows {
		memory := flashMemory
		if strings.Contains(strings.ToUpper(o.region), "RAM") {
			memory = ramMemory
		}
		excess := "it is too large"
		if o.bytes > 0 {
			excess = fmt.Sprintf("it is %d bytes too large", o.bytes)
		}
		c.find(Finding{
			Message: fmt.Sprintf("the firmware does not fit into %s: %s%s%s", o.region, excess,
				size.sharesText(memory),
				sizeCheck(v).largest(size, memory)),
			Fix: sizeCheck(v).smaller(ctx, memory, o.bytes),
		})
	}
}

// blameCompiler shows the first compile errors, each in the check that it belongs to, and returns
// the first one's.
func (v blamer) blameCompiler(checks map[string]*check) string {
	first := ""
	for _, e := range v.failure.compile[:min(shownErrors, len(v.failure.compile))] {
		id := v.blameCompile(e)
		if first == "" {
			first = id
		}
		f := Finding{Message: "does not compile: " + e.message, Line: e.line,
			Fix: compileFix(e.message)}
		if e.file != "" {
			f.File = relative(v.Target.Tree.Dir, v.abs(e.file))
		}
		if id == SettingsID {
			f = v.blameSettings(f, e)
		}
		checks[id].find(f)
	}
	return first
}

// blameCompile is the check that a compile error belongs to, by the file that it is in. An error
// in MicroPython's own sources usually comes from a macro.
func (v blamer) blameCompile(e compileError) string {
	path := v.abs(e.file)
	inside := func(dir string) bool { return dir != "" && relative(dir, path) != path }
	switch {
	case conflict().MatchString(e.message):
		return SymbolsID
	case strings.HasPrefix(filepath.Base(path), "mpconfig"),
		strings.HasSuffix(e.message, "redefined"):
		return MacrosID
	case filepath.Base(path) == "user_settings.h", v.Settings != "" && sameFile(path, v.Settings),
		inside(v.WolfSSL),
		strings.Contains(path, "/wolfcrypt/"), strings.Contains(path, "/wolfssl/"),
		v.ownModule(path) && ofSettings().MatchString(e.message):
		return SettingsID
	case inside(v.modulesDir()):
		return ModulesID
	}
	return MacrosID
}

// ofSettings matches what a compiler says about the modules' sources when the settings leave out
// what they need.
var ofSettings = lazyregexp.New(`^#error |\b(?i:wolfssl|wc|wolf)_\w+|\bWOLF\w+`)

// ownModule reports whether a source belongs to the modules that are installed with wolfSSL.
func (v blamer) ownModule(path string) bool {
	return v.WolfSSL != "" && relative(filepath.Dir(v.WolfSSL), path) != path
}

// blameSettings names the settings if wolfSSL's own sources, or the modules', do not compile:
// they do compile with the settings that come with them.
func (v blamer) blameSettings(f Finding, e compileError) Finding {
	path := v.abs(e.file)
	if v.Settings == "" || e.file == "" || sameFile(path, v.Settings) {
		return f
	}
	place := fmt.Sprintf("%s:%d", relative(v.Target.Tree.Dir, path), e.line)
	f.File, f.Line = v.Settings, 0
	f.Message =
		fmt.Sprintf("wolfSSL does not compile with these settings: %s: %s", place, e.message)
	switch {
	case settingsCheck(v).shippedSettings():
		f.Message = "wolfSSL does not compile with its port's settings: " +
			place + ": " + e.message
		f.Fix = cmp.Or(f.Fix, "see whether this wolfSSL is one that mpwolf knows: mpwolf status")
	case f.Fix == "":
		f.Fix = "compare the file with the port's own user_settings.h, which these " +
			"sources compile with"
	}
	return f
}

// conflict is how gcc and clang say that one function is declared in two ways, as mp_init is where
// a source includes the headers of both MicroPython and wolfSSL.
var conflict = lazyregexp.New("conflicting types for ['`‘](\\w+)['’]")

var missingHeader = lazyregexp.New(`^'?([^':]+)'?(?:: No such file or directory| file not found)$`)

// compileFix is the fix of a compile error, if the message shows it.
func compileFix(message string) string {
	if m := missingHeader().FindStringSubmatch(message); m != nil {
		switch {
		case m[1] == "user_settings.h":
			return "name the settings: WOLFSSL_PORT=<port> or WOLFSSL_USER_SETTINGS_FILE=<file>"
		case strings.HasPrefix(m[1], "wolfssl/"):
			return "the wolfSSL sources are not where the module expects them: see WOLFSSL_DIR"
		case isMbedHeader(m[1]):
			return "the built-in TLS is still on: set MICROPY_PY_SSL to 0"
		}
		return "a header is missing: a submodule that is not checked out, or a package that is " +
			"not installed"
	}
	if m := conflict().FindStringSubmatch(message); m != nil {
		_, fix := explain(m[1], []string{"integer.c", "tfm.c"})
		return fix
	}
	if strings.Contains(message, "no files for ") && strings.Contains(message, "mpwolf patch") {
		// wolf_processors.h: the wolfSSL that is installed is for other builds.
		if strings.Contains(message, "--user-settings") {
			return "mpwolf patch --user-settings FILE, or mpwolf patch --wolfssl-full"
		}
		return "mpwolf patch for this build, or mpwolf patch --wolfssl-full"
	}
	if strings.HasSuffix(message, "redefined") {
		return "the macro is defined twice: on make's command line and in a header without " +
			"#ifndef; change it in the header"
	}
	return ""
}

// undefinedSymbols are known reasons why a symbol is undefined.
var undefinedSymbols = []struct {
	symbols    []string
	cause, fix string
}{
	{
		[]string{"m_tracked_*"},
		"MicroPython's tracked allocation, from which wolfSSL gets its memory, is off",
		"set MICROPY_TRACKED_ALLOC to 1",
	},
	{
		[]string{"mbedtls_*", "psa_*"},
		"a part of the built-in TLS is still on, without mbedTLS itself",
		"set MICROPY_PY_SSL and MICROPY_SSL_MBEDTLS to 0",
	},
	{
		[]string{"__atomic_*"},
		"the processor lacks atomic instructions of this size, and libatomic is not linked",
		"define SINGLE_THREADED in user_settings.h if there is one thread, or add " +
			"-latomic to LDFLAGS",
	},
	{
		append([]string{"min", "max"}, miscSymbols...),
		"NO_INLINE makes wolfSSL's misc.c, which defines it, a source of its own, and that is " +
			"not compiled",
		"leave NO_INLINE out of user_settings.h",
	},
	{
		[]string{"_sbrk", "sbrk"},
		"newlib's malloc is linked, for which MicroPython's boards have no heap: wolfSSL gets " +
			"its memory from the C library",
		"define XMALLOC_USER in user_settings.h, as the port's own settings do, and leave " +
			"WOLFSSL_NO_MALLOC out",
	},
	{
		[]string{"_write", "_read", "_open", "_close", "_lseek", "_fstat", "_isatty", "_kill",
			"_getpid", "_exit", "_stat"},
		"newlib's files or printf are linked, which need a system that MicroPython's boards do " +
			"not have",
		"define NO_FILESYSTEM, and leave DEBUG_WOLFSSL out of user_settings.h",
	},
	{
		[]string{"_gettimeofday", "gettimeofday", "_times", "time"},
		"wolfSSL asks the C library for the time, and this port has none there",
		"define USER_TIME and XTIME in user_settings.h, as the port's own settings do: the name " +
			"of a function of the port",
	},
	{
		[]string{"rng_get", "mp_hal_get_hw_random_u32", "HAL_RNG_*", "mp_hal_get_random"},
		"the port's random numbers are not compiled for this board",
		"set MICROPY_HW_ENABLE_RNG to 1 in mpconfigboard.h if the MCU has a generator, or name " +
			"another function with CUSTOM_RAND_GENERATE_SEED",
	},
	{
		[]string{"socket", "connect", "accept", "recv", "recvfrom", "send", "sendto",
			"setsockopt", "getaddrinfo"},
		"wolfSSL's own sockets are on, which MicroPython's boards do not have: the modules " +
			"have their own",
		"define WOLFSSL_USER_IO in user_settings.h",
	},
	{
		[]string{"pthread_*"},
		"wolfSSL's locks are those of POSIX threads, which are not linked",
		"define SINGLE_THREADED in user_settings.h if there is one thread, or add " +
			"-lpthread to LDFLAGS",
	},
	{
		[]string{"fopen", "fread", "fwrite", "fclose", "fseek", "ftell", "opendir", "readdir",
			"closedir", "stat"},
		"wolfSSL reads files through the C library, which this port does not have",
		"define NO_FILESYSTEM and NO_WOLFSSL_DIR in user_settings.h",
	},
	{
		[]string{"__aeabi_*", "__udivdi3", "__umoddi3", "__divdi3", "__moddi3", "__muldi3",
			"__ashldi3", "__lshrdi3"},
		"the compiler's library (libgcc) is not linked, or not for this processor",
		"add the output of `$(CC) $(CFLAGS) -print-libgcc-file-name` to LIBS",
	},
	{
		[]string{"*_avx1", "*_avx2", "*_aesni", "*_AVX1*", "*_AVX2*", "*_armv8",
			"*_neon", "sp_*_asm"},
		"it is one of wolfSSL's functions in assembly, whose source (.S) is not compiled or " +
			"was compiled without its switch: assembly does not read user_settings.h",
		"compile the .S file with the same switches (user_settings_asm.h), or leave the " +
			"assembly's macros out of user_settings.h",
	},
}

var wolfSymbols = []string{"wolfSSL*", "wc_*", "wolf*", "sp_*", "mp_*", "fe_*", "ge_*", "Aes*",
	"Sha*", "InitSha*",
	"curve25519*", "poly1305*", "chacha*", "TLS*", "Tls*", "SSL*", "fp_*"}

// undefinedFinding reports, for an undefined symbol, what needs it, why it is missing, and what to
// do.
func (v blamer) undefinedFinding(ctx context.Context, e linkError) Finding {
	who := relative(v.build.Dir, e.second)
	if e.function != "" {
		who = e.function + " in " + who
	}
	f := Finding{Message: fmt.Sprintf("%s is defined nowhere; %s needs it", e.symbol, who),
		File: e.second}
	for _, known := range undefinedSymbols {
		if objects.MatchesAny(known.symbols, e.symbol) {
			f.Message += "; " + known.cause
			f.Fix = known.fix
			return f
		}
	}
	if source, guards := v.wolfSource(e.symbol); source != "" {
		f.Message += "; it is a function of wolfSSL's " + source
		f.Fix = "compile that source, or turn off in user_settings.h what needs it"
		if v.isCompiled(source) {
			f.Fix = "that source is compiled, but user_settings.h leaves the function out: " +
				"turn on what provides it, or turn off what needs it"
			if unmet := v.unmet(ctx, guards); len(unmet) > 0 {
				f.Message += ", behind " + strings.Join(unmet, " and ")
				f.Fix = "that source is compiled, but user_settings.h leaves the function out: " +
					"make the condition true there, or turn off what needs it"
			}
		}
	} else if f.Fix == "" {
		f.Fix = "link the object or library that defines it, or turn off what needs it"
	}
	return f
}

// wolfSource finds the wolfSSL source that defines a function, relative to wolfSSL's directory,
// and the conditions around it; "" if none does.
func (v blamer) wolfSource(symbol string) (source string, guards []string) {
	if v.WolfSSL == "" || !objects.MatchesAny(wolfSymbols, symbol) {
		return "", nil
	}
	definition := regexp.MustCompile(`(?m)^[A-Za-z_][^;{}\n]*\b` + regexp.QuoteMeta(symbol) +
		`\([^;{}]*\)\s*\{`)
	for _, pattern := range []string{"src/*.c", "wolfcrypt/src/*.c", "wolfcrypt/src/port/*/*.c"} {
		files, err := filepath.Glob(filepath.Join(v.WolfSSL, pattern))
		if err != nil {
			continue // only a malformed pattern
		}
		for _, file := range files {
			text, err := os.ReadFile(file)
			if err != nil {
				continue
			}
			if at := definition.FindIndex(text); at != nil {
				return relative(v.WolfSSL, file), conditionsAt(string(text[:at[0]]))
			}
		}
	}
	return "", nil
}

var conditional = lazyregexp.New(`^\s*#\s*(ifdef|ifndef|if|elif|else|endif)\b\s*(.*)`)

// conditionsAt are the conditions around the end of the given start of a C source, the outermost
// first, each as "#if" takes it.
func conditionsAt(text string) []string {
	var open []string
	text = strings.ReplaceAll(strings.ReplaceAll(text, "\r\n", "\n"), "\\\n", " ")
	for line := range strings.Lines(text) {
		m := conditional().FindStringSubmatch(strings.TrimRight(line, "\n"))
		if m == nil {
			continue
		}
		condition, _, _ := strings.Cut(m[2], "/*")
		condition = strings.Join(strings.Fields(condition), " ")
		switch m[1] {
		case "ifdef":
			open = append(open, "defined("+condition+")")
		case "ifndef":
			open = append(open, "!defined("+condition+")")
		case "if":
			open = append(open, condition)
		case "endif":
			open = open[:max(0, len(open)-1)]
		default:
			if len(open) == 0 {
				continue
			}
			open[len(open)-1] = "!(" + open[len(open)-1] + ")"
			if m[1] == "elif" {
				open[len(open)-1] += " && (" + condition + ")"
			}
		}
	}
	return open
}

// unmet are the conditions that are false with the settings of this build.
func (v blamer) unmet(ctx context.Context, guards []string) []string {
	var found []string
	for _, guard := range guards {
		if met, err := v.flags.Holds(ctx, settingsHeader, guard); err == nil && !met {
			found = append(found, "#if "+guard)
		}
	}
	return found
}

func (v blamer) isCompiled(source string) bool {
	return slices.ContainsFunc(v.link.Inputs, func(object string) bool {
		object = strings.TrimSuffix(strings.TrimSuffix(object, ".o"), ".obj")
		// CMake keeps the source's suffix.
		return strings.HasSuffix(strings.TrimSuffix(object, ".c"),
			strings.TrimSuffix(source, ".c"))
	})
}
