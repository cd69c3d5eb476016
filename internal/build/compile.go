package build

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync"
	"time"

	"mpwolf/internal/shell"
)

// Compile is the command that compiles an object.
type Compile struct {
	Source string // an absolute path
	// Argv is the compiler with its flags, without the source and the output.
	Argv []string
}

// Compiles asks make for the commands that compile the objects, by the objects' absolute paths:
// make may give one object flags that others don't have. An object whose command is not
// understood is left out.
func (m Make) Compiles(ctx context.Context) (map[string]Compile, error) {
	flags, err := m.probed(ctx)
	if err != nil {
		return nil, err
	}
	if flags.compiles != nil {
		return flags.compiles, nil // always known for CMake
	}
	printed := m.printed(ctx, flags)
	known := findCompiles(printed.stdout, m.Target.Dir())
	if len(known) == 0 {
		what := "ask make how it compiles " + m.Target.Name()
		if printed.err != nil {
			return nil, stopped(m.Target, what, printed.argv,
				[]byte(printed.stderr+printed.stdout), flags.missing, printed.err)
		}
		return nil,
			fmt.Errorf("%s: none of the commands that make would run compiles an object", what)
	}
	flags.compiles = known
	return known, nil
}

// printed are the commands that make would run to build everything. They are asked for once in
// each run of mpwolf, and not kept: they depend on makefiles that may appear, on files that
// makefiles read by $(file) and $(shell), and on the environment.
type printed struct {
	argv           []string
	stdout, stderr string
	err            error
}

func (m Make) printed(ctx context.Context, flags *Flags) *printed {
	if flags.printed == nil {
		// -B makes everything due, -n only prints it.
		argv := append(m.firmwareArgv(flags.Vars["PROG"]), "V=1", "-n", "-B")
		stdout, stderr, err := run(ctx, m.Target.Dir(), nil, argv)
		if ctx.Err() != nil {
			return &printed{argv: argv, err: ctx.Err()}
		}
		flags.printed = &printed{argv, string(stdout), string(stderr), err}
	}
	return flags.printed
}

// findCompiles finds the compilations in what "make -n" prints.
func findCompiles(commands, dir string) map[string]Compile {
	found := make(map[string]Compile)
	commands = strings.ReplaceAll(commands, "\\\n", " ")
	for line := range strings.Lines(commands) {
		if !strings.Contains(line, " -c ") || !strings.Contains(line, " -o ") {
			continue
		}
		// What follows says how to see more of an error.
		line, _, _ = strings.Cut(line, " || ")
		argv, err := shell.Split(line)
		if err != nil {
			continue
		}
		if object, c, ok := readCompile(argv, dir); ok {
			found[object] = c
		}
	}
	return found
}

// readCompile takes the source and the output out of a compiler's command.
func readCompile(argv []string, dir string) (object string, c Compile, ok bool) {
	abs := func(name string) string {
		if filepath.IsAbs(name) {
			return filepath.Clean(name)
		}
		return filepath.Join(dir, name)
	}
	for i := 0; i < len(argv); i++ {
		arg := argv[i]
		switch {
		case arg == "-o" && i+1 < len(argv):
			i++
			object = abs(argv[i])
		case strings.HasPrefix(arg, "-o") && len(arg) > 2 && i > 0:
			object = abs(arg[2:])
		case slices.Contains([]string{"-MF", "-MT", "-MQ"}, arg):
			i++
		case arg == "-c", strings.HasPrefix(arg, "-M"):
		case slices.Contains([]string{"-I", "-D", "-U", "-include", "-isystem", "-iquote", "-x",
			"-imacros"}, arg) && i+1 < len(argv):
			c.Argv = append(c.Argv, arg, argv[i+1])
			i++
		case !strings.HasPrefix(arg, "-") && i > 0 && isSource(arg):
			c.Source = abs(arg)
		default:
			c.Argv = append(c.Argv, arg)
		}
	}
	return object, c, object != "" && c.Source != ""
}

// EffectiveAt gives the values of macros at the end of each source, as the compiler sees them
// with that source's flags: after -D, headers and the source itself. A source that cannot be
// preprocessed has nil.
func (f *Flags) EffectiveAt(
	ctx context.Context, compiles []Compile, macros []string,
) ([]map[string]Value, error) {
	return f.EffectiveAtWith(ctx, compiles, macros, Watch{})
}

// EffectiveAtWith is EffectiveAt that also looks for defines of certain names: see Watch.
func (f *Flags) EffectiveAtWith(
	ctx context.Context, compiles []Compile, macros []string, watch Watch,
) ([]map[string]Value, error) {
	start := time.Now()
	key := question("values and defines at", compiles, macros, watch.Own, watch.Except, watch.Library,
		f.Dir, f.Environment)
	var all []map[string]Value
	if f.replies.recall(key, &all) && len(all) == len(compiles) {
		undefined(all, macros)
		return all, nil
	}
	all = make([]map[string]Value, len(compiles))
	outputs := make([]string, len(compiles))
	var wait sync.WaitGroup
	limit := make(chan struct{}, runtime.NumCPU())
	for i, c := range compiles {
		wait.Go(func() {
			limit <- struct{}{}
			defer func() { <-limit }()
			outputs[i] = f.preprocessAt(ctx, c, macros)
		})
	}
	wait.Wait()
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	files := f.programs()
	var names []string
	watched := watch.names()
	for i, out := range outputs {
		if !strings.Contains(out, probeEnd) {
			continue
		}
		all[i] = f.parseValues(out, macros)
		f.parseDefines(out, watch, watched, all[i])
		// Most are not defined, and those are not kept.
		maps.DeleteFunc(all[i], func(_ string, v Value) bool { return !v.Defined })
		included, _, found := f.included(out)
		files, names = append(files, included...), append(names, found...)
	}
	slices.Sort(files)
	slices.Sort(names)
	f.replies.keep(key, start, all, slices.Compact(files), f.includeDirs(), slices.Compact(names))
	undefined(all, macros)
	return all, nil
}

// IncludedAt are the files that a compilation reads, according to the preprocessor, as absolute
// paths; none if it fails.
func (f *Flags) IncludedAt(ctx context.Context, c Compile) ([]string, error) {
	out := f.preprocessAt(ctx, c, nil)
	if !strings.Contains(out, probeEnd) {
		return nil, ctx.Err()
	}
	files, _, _ := f.included(out)
	return files, ctx.Err()
}

// undefined adds the macros that are missing.
func undefined(all []map[string]Value, macros []string) {
	for _, values := range all {
		for _, macro := range macros {
			if _, is := values[macro]; !is && values != nil {
				values[macro] = Value{Known: true}
			}
		}
	}
}

// probeEnd is a line that the preprocessor writes once it reaches the end. It may still have
// failed: at an #if on something that is not a number.
const probeEnd = "mpwolf_end"

func (f *Flags) preprocessAt(ctx context.Context, c Compile, macros []string) string {
	if len(c.Argv) == 0 {
		return ""
	}
	source := "#include \"" + c.Source + "\"\n" + valueProbe(macros) + probeEnd + "\n"
	stdout, _, err := f.run(ctx, []byte(source),
		append(slices.Clone(c.Argv), "-E", "-dD", "-x", "c", "-"))
	if exit := (*exec.ExitError)(nil); err != nil && !errors.As(err, &exit) {
		return ""
	}
	return string(stdout)
}

func isSource(name string) bool {
	return slices.Contains([]string{".c", ".cc", ".cpp", ".cxx", ".s", ".S"}, filepath.Ext(name))
}
