package build

import (
	"context"
	"fmt"
	"os"
	"slices"
	"strings"

	"mpwolf/internal/micropython"
	"mpwolf/internal/shell"
)

// Flags are what a target's own make compiles with.
type Flags struct {
	// Dir is the directory that make and the compiler run in; relative paths in CFLAGS are
	// relative to it.
	Dir    string
	CC     []string
	CFLAGS []string
	// Vars are the values of the further make variables that were asked for; "" for those that are
	// not set.
	Vars map[string]string

	// Environment are the variables that decide where the compiler finds headers, libraries and
	// the linker, as commands of make get them: NAME=value.
	Environment []string

	target  micropython.Target
	missing []string // submodules that the port needs and the tree lacks
	replies *replies // of this build, nil if they are not kept
	// compiles are the commands that compile objects, nil if they have not been asked for.
	compiles map[string]Compile
	// printed is what make would run, nil if it has not been asked for.
	printed *printed
	// cmake is how CMake was run, with inputs, the files that it read; nil for make.
	cmake  *configuration
	inputs []string
}

const probeMark = "mpwolf-probe:"

// noConfvars keeps ports/esp8266/Makefile from writing $(BUILD)/confvars while make reads it (all
// releases so far).
const noConfvars = "CONFVARS_FILE=" + os.DevNull

// Flags asks make for the compiler and the flags that the target's sources are compiled with, and
// for the values of further make variables; extra are further arguments for make, such as
// "USER_C_MODULES=/path". It builds nothing and creates nothing. If make stops, as it does for a
// variant that does not exist, the error is a *MakeError. For a port that CMake builds, CMake
// replies, in a directory of its own.
func Probe(
	ctx context.Context, t micropython.Target, vars []string, extra ...string,
) (*Flags, error) {
	if t.CMake() {
		return probeCMake(ctx, t, vars, extra)
	}
	argv := makeArgv(t, slices.Concat(extra, []string{noConfvars}, probeArgs(vars))...)
	what := "ask make for the flags of " + t.Name()
	stdout, stderr, err := run(ctx, t.Dir(), nil, argv)
	if err != nil {
		return nil, stopped(t, what, argv, append(stderr, stdout...), nil, err)
	}
	return parseFlags(t, what, vars, parseProbe(string(stdout)))
}

// parseFlags makes flags of the values that a probe rule printed.
func parseFlags(
	t micropython.Target, what string, vars []string, values map[string]string,
) (*Flags, error) {
	var err error
	flags := &Flags{Dir: t.Dir(), Vars: make(map[string]string), target: t,
		Environment: exported(values)}
	for _, name := range vars {
		flags.Vars[name] = values[name]
	}
	if flags.CC, err = shell.Split(values["CC"]); err != nil {
		return nil, fmt.Errorf("%s: CC: %w", what, err)
	}
	if flags.CFLAGS, err = shell.Split(values["CFLAGS"]); err != nil {
		return nil, fmt.Errorf("%s: CFLAGS: %w", what, err)
	}
	if len(flags.CC) == 0 || len(flags.CFLAGS) == 0 {
		return nil, fmt.Errorf("%s: its Makefile sets no CC and CFLAGS", what)
	}
	flags.missing = missingSubmodules(t.Tree, strings.Fields(values["GIT_SUBMODULES"]))
	return flags, nil
}

// MissingSubmodules are the submodules that the target's make names and that this tree does not
// have.
func (f *Flags) MissingSubmodules() []string { return f.missing }

// makeArgv is the make command for the target; it runs in the port's directory.
func makeArgv(t micropython.Target, args ...string) []string {
	return append(append([]string{makeProgram(), "--no-print-directory"}, t.Args()...), args...)
}

// probeArgs are make's arguments for a rule that prints variables. The rule is read before all
// others, and must not become the default.
func probeArgs(vars []string) []string {
	return []string{evalOption + probeRule(vars), evalOption + ".DEFAULT_GOAL :=", probeGoal}
}

const (
	evalOption = "--eval="
	probeGoal  = "mpwolf-probe"
)

// withoutProbe is a make command without probeArgs, to show to people.
func withoutProbe(argv []string) []string {
	return slices.DeleteFunc(slices.Clone(argv), func(arg string) bool {
		return strings.HasPrefix(arg, evalOption+probeGoal) ||
			arg == evalOption+".DEFAULT_GOAL :=" || arg == probeGoal
	})
}

// probeRule is a rule that prints variables when it runs, which is after all makefiles are read.
func probeRule(vars []string) string {
	var rule strings.Builder
	rule.WriteString(probeGoal + ": ; ")
	for _, name := range append([]string{"CC", "CFLAGS", "GIT_SUBMODULES"}, vars...) {
		fmt.Fprintf(&rule, "$(info %s%s=$(%s))", probeMark, name, name)
	}
	rule.WriteString("$(info " + probeMark + ")@printf '%s\\n'")
	for _, name := range compilerEnvironment {
		fmt.Fprintf(&rule, ` "%s%s%s=$$%s"`, probeMark, environmentMark, name, name)
	}
	rule.WriteString(" " + probeMark)
	return rule.String()
}

// compilerEnvironment are the variables by which a makefile may tell the compiler, by an export,
// where headers, libraries and the linker are.
var compilerEnvironment = []string{"CPATH", "C_INCLUDE_PATH", "LIBRARY_PATH", "COMPILER_PATH",
	"GCC_EXEC_PREFIX"}

const environmentMark = "environment "

// exported are those that a probe rule's shell got.
func exported(values map[string]string) []string {
	var env []string
	for _, name := range compilerEnvironment {
		if value := values[environmentMark+name]; value != "" {
			env = append(env, name+"="+value)
		}
	}
	return env
}

// parseProbe reads what the probe rule printed: NAME=value after the mark, where a value may have
// several lines.
func parseProbe(out string) map[string]string {
	values := make(map[string]string)
	name := ""
	for line := range strings.Lines(out) {
		line = strings.TrimSuffix(line, "\n")
		if rest, found := strings.CutPrefix(line, probeMark); found {
			var value string
			name, value, _ = strings.Cut(rest, "=")
			values[name] = value
		} else if name != "" {
			values[name] += "\n" + line
		}
	}
	return values
}
