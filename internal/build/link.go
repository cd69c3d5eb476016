package build

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"mpwolf/internal/shell"
)

// Link is the command that links a firmware.
type Link struct {
	// Dir is where the command runs.
	Dir string
	// Argv is the command with its program; response files are replaced by their words.
	Argv []string
	// Output is the executable, Inputs are the objects and archives in the command's order, both
	// as absolute paths. A library that is given by name (-lm) is among Inputs if it is an archive
	// that the compiler finds.
	Output string
	Inputs []string
	// System are those of Inputs that come with the compiler: of these a link takes only what it
	// needs.
	System map[string]bool
	// Shared are the shared libraries that the command names, as absolute paths, if they are
	// found.
	Shared []string
	// Scripts are the linker scripts, with those that they include; Assigned are the symbols that
	// these set.
	Scripts  []string
	Assigned []Assignment
	// Responses are the response files whose words are in Argv.
	Responses []string

	// Toolchain are the directories of the compiler's own libraries.
	Toolchain []string
}

// Link asks make for the command that links the firmware. The firmware need not be up to date, or
// exist.
func (m Make) Link(ctx context.Context) (*Link, error) {
	flags, err := m.probed(ctx)
	if err != nil {
		return nil, err
	}
	return m.link(ctx, flags)
}

func (m Make) link(ctx context.Context, flags *Flags) (*Link, error) {
	what := "ask make how it links " + m.Target.Name()
	start := time.Now()
	link, err := m.askLink(ctx, flags, what)
	if err != nil {
		return nil, err
	}
	key := question("link", link.Dir, link.Argv, string(m.stamp(flags)), flags.CC, flags.CFLAGS,
		flags.Environment)
	known := &Link{}
	if flags.replies.recall(key, known) {
		return known, nil
	}
	if err := link.resolve(ctx, flags); err != nil {
		return nil, err
	}
	files := slices.Concat(flags.makefiles(), flags.programs(), link.Responses, link.Scripts)
	var names []string
	for _, o := range link.Options() {
		if name, exact := strings.CutPrefix(o.Value, ":"); exact && o.Name == "l" {
			names = append(names, name)
		} else if o.Name == "l" || o.Name == "library" {
			names = append(names, "lib"+o.Value+".so", "lib"+o.Value+".a")
		}
	}
	flags.replies.keep(key, start, link, files,
		slices.Concat(link.searched(), link.Toolchain), names)
	return link, nil
}

// askLink is the link as make, or what CMake has written, says.
func (m Make) askLink(ctx context.Context, flags *Flags, what string) (*Link, error) {
	if flags.cmake != nil {
		link := findLink(flags.cmake.linkText(), m.Dir)
		if link == nil {
			return nil, fmt.Errorf("%s: no command in %s is a link", what,
				filepath.Join(m.Dir, "CMakeFiles"))
		}
		return link, nil
	}
	if link := findLink(m.printed(ctx, flags).stdout, m.Target.Dir()); link != nil {
		return link, nil
	}
	objects := strings.Fields(flags.Vars["OBJ"])
	if len(objects) == 0 {
		return nil, fmt.Errorf("%s: its Makefile sets no OBJ", what)
	}
	// -n prints without running; -W makes it see an object as new, so that the link is due.
	argv := append(m.firmwareArgv(flags.Vars["PROG"]), "V=1", "-n", "-W", objects[0])
	stdout, stderr, err := run(ctx, m.Target.Dir(), nil, argv)
	link := findLink(string(stdout), m.Target.Dir())
	if link == nil {
		if err != nil {
			return nil, stopped(m.Target, what, argv, append(stderr, stdout...),
				flags.missing, err)
		}
		return nil, fmt.Errorf("%s: none of the commands that make would run is a link", what)
	}
	return link, nil
}

// findLink finds the command with an output file and the most objects in what "make -n" prints.
func findLink(commands, dir string) *Link {
	var best *Link
	most := 0
	commands = strings.ReplaceAll(commands, "\\\n", " ")
	for line := range strings.Lines(commands) {
		responses := strings.Contains(line, " @") || strings.Contains(line, ",@") ||
			strings.Contains(line, "=@")
		if strings.Count(line, ".o") <= most && !responses || !strings.Contains(line, " -o ") {
			continue
		}
		argv, err := shell.Split(line)
		if err != nil || slices.Contains(argv, "-c") {
			continue // a shell script of several commands, or a compilation
		}
		link := &Link{Dir: dir, Argv: argv}
		link.Argv = link.expand(argv)
		objects := strings.Count(strings.Join(link.Argv, " "), ".o")
		if objects <= most {
			continue
		}
		argv = link.Argv
		if i := slices.Index(argv, "-o"); i+1 < len(argv) {
			link.Output = link.abs(argv[i+1])
			best, most = link, objects
		}
	}
	return best
}

// mostResponses ends the reading of response files that name themselves; gcc and ld give up then.
const mostResponses = 2000

// expand puts the words of response files in their place, as gcc, clang and the linkers do: @file,
// also among the words for the linker, and in such a file. A file that is not there stays a word.
func (l *Link) expand(argv []string) []string {
	var words []string
	for i := 0; i < len(argv); i++ {
		inside, used := handedOn(argv[i:])
		if inside == nil {
			words = append(words, l.response(argv[i])...)
			continue
		}
		expanded := make([]string, 0, len(inside))
		for _, word := range inside {
			expanded = append(expanded, l.response(word)...)
		}
		if slices.Equal(inside, expanded) {
			words = append(words, argv[i:i+used+1]...)
		} else {
			for _, word := range expanded {
				words = append(words, "-Xlinker", word)
			}
		}
		i += used
	}
	return words
}

// response is a word, or the words of the response file that it names.
func (l *Link) response(word string) []string {
	name, named := strings.CutPrefix(word, "@")
	if !named || len(l.Responses) >= mostResponses {
		return []string{word}
	}
	text, err := os.ReadFile(l.abs(name))
	if err != nil {
		return []string{word}
	}
	inside, err := shell.Split(strings.ReplaceAll(string(text), "\n", " "))
	if err != nil || slices.Contains(inside, word) {
		return []string{word}
	}
	l.Responses = append(l.Responses, l.abs(name))
	return l.expand(inside)
}

func (l *Link) abs(name string) string {
	if filepath.IsAbs(name) {
		return filepath.Clean(name)
	}
	return filepath.Join(l.Dir, name)
}

func isLinkInput(arg string) bool {
	switch filepath.Ext(arg) {
	case ".o", ".a", ".obj", ".lib":
		return true
	}
	return false
}

// searched are the directories in which the link looks for libraries first.
func (l *Link) searched() []string {
	var dirs []string
	for _, o := range l.Options() {
		if o.Name == "L" || o.Name == "library-path" {
			dirs = append(dirs, l.abs(o.Value))
		}
	}
	return dirs
}

// FileName asks the compiler where a file of its own is, such as a library; "" if it has none.
// Linux has shared libraries under the names that -l looks for; the compilers for boards have
// archives only.
func (f *Flags) FileName(ctx context.Context, name string) (string, error) {
	file, err := f.ask(ctx, "-print-file-name=", name)
	if err != nil || !filepath.IsAbs(file) {
		return "", err // the compiler gives back the name that it does not find
	}
	return filepath.Clean(file), nil
}

// ProgramName asks the compiler for a program that goes with it, such as nm: a path, or a name to
// look for in PATH; "" if it does not reply.
func (f *Flags) ProgramName(ctx context.Context, name string) (string, error) {
	return f.ask(ctx, "-print-prog-name=", name)
}

func (f *Flags) ask(ctx context.Context, option, name string) (string, error) {
	argv := slices.Concat(f.CC, f.CFLAGS, []string{option + name})
	stdout, _, err := f.run(ctx, nil, argv)
	if exit := (*exec.ExitError)(nil); errors.As(err, &exit) {
		return "", nil
	}
	if err != nil {
		return "", fmt.Errorf("ask the compiler for %s: %w", name, err)
	}
	return strings.TrimSpace(string(stdout)), nil
}

// libraryDirs are the directories of the compiler's own libraries, without those that a makefile
// exports.
func (f *Flags) libraryDirs(ctx context.Context) ([]string, error) {
	own := *f
	own.Environment = nil
	f = &own
	var dirs []string
	for _, name := range []string{"libgcc.a", "libc.a", "libstdc++.a", "libclang_rt.builtins.a"} {
		file, err := f.FileName(ctx, name)
		if err != nil {
			return nil, err
		}
		if file != "" {
			dirs = append(dirs, filepath.Dir(file))
		}
	}
	return dirs, nil
}
