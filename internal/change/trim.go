package change

import (
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"

	"mpwolf/internal/state"
	"mpwolf/modules"
	"mpwolf/patches"
	"mpwolf/wolfssl"
)

// needed are the processors of all targets that are built with the modules, sorted. nil means all
// processors: that of a target is not known, or all of wolfSSL is requested.
func (j *job) needed() []string {
	if j.Asked.WolfSSLFull {
		return nil
	}
	var all []string
	for _, t := range j.allTargets() {
		parts := partsOf(t)
		if parts == nil {
			return nil
		}
		all = append(all, parts...)
	}
	all = append(all, wolfssl.Rules)
	slices.Sort(all)
	return slices.Compact(all)
}

// allTargets are those that are built with the modules: of this tree and of others.
func (j *job) allTargets() []state.Target {
	var all []state.Target
	for _, t := range j.Targets {
		all = append(all, t.Entry())
	}
	if j.Record != nil && !j.All {
		all = append(all, j.Record.Targets...)
	}
	for _, other := range j.others {
		all = append(all, other.Record.Targets...)
	}
	return all
}

// compilerNames are the variables that may choose another compiler, or another processor.
var compilerNames = []string{
	"CROSS_COMPILE", "CC", "CFLAGS", "CFLAGS_EXTRA", "MAKEFLAGS", "MICROPY_FORCE_32BIT",
}

// partsOf are the processor that a target is built for, and what else decides which files of
// wolfSSL it can use; nil if that is not certain.
func partsOf(t state.Target) []string {
	var parts []string
	port, err := patches.Load(t.Port)
	switch {
	case err == nil && port.Build.Processor != "":
		parts = []string{port.Build.Processor}
	case t.Port == "unix":
		native := map[string]string{"amd64": wolfssl.X86, "arm64": wolfssl.ARM64}
		if chosenCompiler(t.Make) || native[runtime.GOARCH] == "" {
			return nil
		}
		parts = []string{native[runtime.GOARCH]}
		// Others may be for 32 bits, as nanbox and longlong are.
		ordinary := slices.Contains([]string{"", "standard", "coverage"}, t.Variant)
		if !ordinary || slices.Contains(t.Make, "WOLFSSL_ASM=0") {
			parts = append(parts, wolfssl.PlainC)
		}
	default:
		return nil
	}
	if t.UserSettings != "" || slices.ContainsFunc(t.Make, definesSomething) {
		parts = append(parts, wolfssl.AnySettings)
	}
	return parts
}

// definesSomething reports whether an argument for make may reach into wolfSSL's settings.
func definesSomething(arg string) bool {
	return strings.Contains(arg, "-D") || strings.Contains(arg, "-include") ||
		strings.Contains(arg, "-imacros")
}

// chosenCompiler reports whether arguments for make, or the environment, may choose the compiler.
func chosenCompiler(args []string) bool {
	for _, arg := range args {
		name, _, _ := strings.Cut(arg, "=")
		if slices.Contains(compilerNames, strings.TrimRight(name, "+:?")) {
			return true
		}
	}
	return slices.ContainsFunc(compilerNames, func(name string) bool {
		return os.Getenv(name) != ""
	})
}

// trimmed are the processors that wolfSSL is installed for; nil if all of it is installed. Another
// target may need the rest, so only a wolfSSL that can be fetched again at any time is trimmed: no
// tree or archive of the user's. FIPS sources are never trimmed: their integrity is checked as a
// whole.
func (j *job) trimmed(wolf *wolfssl.Tree) []string {
	if wolf.Processors != nil {
		return wolf.Processors
	}
	fetched := strings.HasPrefix(wolf.From, "git: ") || strings.HasPrefix(wolf.From, "apt: ")
	if wolf.FIPS || !fetched || j.WolfSSLFrom != "" || !wolfssl.IsVersion(j.wanted(wolf)) ||
		wolf.Dir == j.installedDir() {
		return nil
	}
	return j.needed()
}

// wanted is the requested version or directory of wolfSSL.
func (j *job) wanted(wolf *wolfssl.Tree) string {
	if j.WolfSSL == "" {
		return wolf.Version
	}
	return j.WolfSSL
}

// installedDir is where wolfSSL is installed.
func (j *job) installedDir() string {
	return filepath.Join(j.Modules, modules.Name, "wolfssl")
}

// wolfSSLSources are the parts of the module's directory that come from wolfSSL.
func (j *job) wolfSSLSources(wolf *wolfssl.Tree) ([]modules.Source, error) {
	return trimmedSources(wolf, j.trimmed(wolf))
}

func trimmedSources(wolf *wolfssl.Tree, processors []string) ([]modules.Source, error) {
	files, err := wolfssl.Files(wolf, processors...)
	if err != nil {
		return nil, err
	}
	sources := []modules.Source{{FS: os.DirFS(wolf.Dir), At: "wolfssl", Files: files}}
	if processors != nil {
		text := wolfssl.ProcessorsText(processors)
		sources = append(sources, modules.Source{
			At: "wolfssl", Texts: map[string][]byte{wolfssl.ProcessorsFile: text},
		})
	}
	return sources, nil
}

// adds reports whether the modules that other trees use stay as they are, and only gain files for
// more processors.
func (j *job) adds(wolf *wolfssl.Tree) bool {
	old, err := wolfssl.Open(j.installedDir())
	if err != nil || old.Processors == nil || wolf.Dir == "" ||
		slices.ContainsFunc(j.others, j.otherWay) {
		return false
	}
	files, err := wolfssl.Files(wolf, old.Processors...)
	if err != nil {
		return false
	}
	sources := append(j.ownSources(),
		modules.Source{FS: os.DirFS(wolf.Dir), At: "wolfssl", Files: files})
	same, err := modules.Current(j.Modules, state.LoadStamps(j.Tree.Dir).Hash, sources...)
	return err == nil && same
}
