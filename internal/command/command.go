// Package command is mpwolf's command line, one file per subcommand: flags become options, one
// call does the work, and its result is printed. It is the only package that prints, and does
// nothing else.
package command

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os/exec"
	"runtime/debug"
	"slices"
	"strings"
	"sync"
	"sync/atomic"

	"github.com/urfave/cli/v2"

	"mpwolf/internal/build"
	"mpwolf/internal/disk"
	"mpwolf/internal/doctor"
	"mpwolf/internal/hint"
	"mpwolf/internal/micropython"
	"mpwolf/internal/project"
	"mpwolf/internal/report"
	"mpwolf/patches"
)

// The exit codes, as --help and the README name them.
const (
	exitDone   = 0 // done, or nothing to do
	exitFound  = 1 // a check found something
	exitUsage  = 2 // wrong command line
	exitFailed = 3 // could not do it

	exitInterrupted = 130 // by Ctrl-C
	exitTerminated  = 143 // by SIGTERM
)

// errFound ends a command whose findings are already on stdout.
var errFound = errors.New("a check found something")

// session is what a command writes to.
type session struct {
	stdout, stderr io.Writer
	terminal       bool // stderr is one: progress may be shown
	// disk makes all changes to trees and modules directories.
	disk disk.FS
	// asked is what the command line says; hints name its tree.
	asked project.Options
	// building is set while make may write.
	building atomic.Bool
	// quiet prints only errors on stderr; verbose also prints what is run.
	quiet, verbose bool
	lock           sync.Mutex // a line at a time
}

// say puts a line on stderr, unless only errors are wanted.
func (s *session) say(format string, args ...any) {
	if !s.quiet {
		s.line(nil, format, args...)
	}
}

// complain puts a line on stderr that says why a command did not do what was requested.
func (s *session) complain(format string, args ...any) {
	s.line(errorMarks, format, args...)
}

func (s *session) line(marks []mark, format string, args ...any) {
	text := report.Visible(fmt.Sprintf("mpwolf: "+format+"\n", args...))
	if coloured(s.stderr) {
		text = paint(text, marks)
	}
	s.lock.Lock()
	defer s.lock.Unlock()
	fmt.Fprint(s.stderr, text)
}

// progress is where progress goes: a terminal, or nowhere.
func (s *session) progress() io.Writer {
	if s.terminal && !s.quiet {
		return s.stderr
	}
	return nil
}

// Main runs one command and gives the exit code.
func Main(args []string, _ io.Reader, stdout, stderr io.Writer) int {
	return Run(disk.OS{}, args, stdout, stderr)
}

// Run is Main with the layer that changes trees and modules directories.
func Run(d disk.FS, args []string, stdout, stderr io.Writer) int {
	out := &results{Writer: stdout}
	s := &session{stdout: out, stderr: stderr, disk: d}
	s.terminal = isTerminal(stderr)
	app := newApp(s)
	err := s.interruptible(func(ctx context.Context) error {
		args := flagsFirst(app, args)
		if err := checkFlags(app, args); err != nil {
			return err
		}
		return app.RunContext(ctx, args)
	})
	if out.err != nil && (err == nil || errors.Is(err, errFound)) {
		err = fmt.Errorf("the command is done, but its output is incomplete: %w", out.err)
	}
	return s.report(err)
}

// results is where results go. It remembers that some did not get there, such as on a full disk.
type results struct {
	io.Writer
	err error
}

func (r *results) Write(p []byte) (int, error) {
	n, err := r.Writer.Write(p)
	if err != nil && r.err == nil {
		r.err = err
	}
	return n, err
}

// json prints a result.
func (s *session) json(v any) error {
	return report.JSON(s.stdout, v, "  ")
}

// report shows an error and gives its exit code.
func (s *session) report(err error) int {
	if err == nil {
		return exitDone
	}
	if errors.Is(err, errFound) {
		return exitFound
	}
	if stop := (*interrupted)(nil); errors.As(err, &stop) {
		s.sayInterrupted()
		return stop.code()
	}
	s.complain("%v", err)
	text := hint.Of(err)
	missing := (*exec.Error)(nil)
	if text == "" && errors.As(err, &missing) && errors.Is(err, exec.ErrNotFound) {
		text = doctor.OfProgram(missing.Name).Hint()
	}
	if stopped := (*build.MakeError)(nil); text == "" && errors.As(err, &stopped) {
		if cause, found := doctor.Blame(stopped.Cause); found {
			text = cause.Hint()
		}
	}
	if text != "" {
		s.complain("hint: %s", s.asked.Commands(text))
	}
	return exitCode(err)
}

func exitCode(err error) int {
	var usage *project.UsageError
	var help cli.ExitCoder // of "mpwolf -h WORD", for a word that is no command
	switch {
	case errors.As(err, &usage), errors.As(err, &help) && help.ExitCode() == 3,
		errors.Is(err, patches.ErrUnknownPort),
		errors.Is(err, project.ErrOneDirectory),
		errors.Is(err, micropython.ErrUnknownName):
		return exitUsage
	}
	return exitFailed
}

func newApp(s *session) *cli.App {
	app := &cli.App{
		Name:                   "mpwolf",
		Usage:                  "put wolfSSL into MicroPython firmware",
		Version:                Version(),
		Writer:                 s.stdout,
		ErrWriter:              s.stderr,
		UseShortOptionHandling: true,
		// A value may have a comma: --make CFLAGS_EXTRA=-Wl,-z,now.
		DisableSliceFlagSeparator: true,
		HideHelpCommand:           true,
		HideVersion:               true, // its -v is --verbose here
		Flags:                     append(outputFlags(), versionFlag(), cli.HelpFlag),
		Commands: []*cli.Command{
			initCommand(s), patchCommand(s), verifyCommand(s), checkCommand(s), revertCommand(s),
			statusCommand(s), upgradeCommand(s), buildCommand(s), auditCommand(s), sbomCommand(s),
			matrixCommand(s), mergeCommand(s),
			fetchCommand(s), portsCommand(s), boardsCommand(s), explainCommand(s),
			doctorCommand(s), bundleCommand(s),
			helpCommand(s), versionCommand(s), completionCommand(s), manCommand(s),
			completeCommand(s),
		},
		// Errors are reported, and the process ends, in one place only.
		ExitErrHandler: func(*cli.Context, error) {},
	}
	app.OnUsageError = wrongFlag
	app.Action = func(c *cli.Context) error {
		switch {
		case c.Args().Present():
			return unknownCommand(app, c.Args().First())
		case c.Bool(flagVersion):
			fmt.Fprintf(s.stdout, "mpwolf version %s\n", Version())
			return nil
		}
		return cli.ShowAppHelp(c)
	}
	app.Before = s.readOutput
	app.CustomAppHelpTemplate = appHelp(app)
	for _, command := range app.Commands {
		if command.Hidden {
			continue
		}
		for _, c := range append(command.Subcommands, command) {
			c.OnUsageError = app.OnUsageError
			c.HideHelpCommand = true
			c.Before = s.readOutput
			c.Flags = slices.Concat(c.Flags, outputFlags())
		}
		for _, c := range command.Subcommands {
			c.CustomHelpTemplate = commandHelp(command.Name+" "+c.Name, c)
		}
		command.CustomHelpTemplate = commandHelp(command.Name, command)
	}
	return app
}

// wrongFlag is an error of the command-line library's, which knows flags by one dash.
func wrongFlag(c *cli.Context, err error, _ bool) error {
	name, unknown := strings.CutPrefix(err.Error(), "flag provided but not defined: -")
	if !unknown {
		return project.Usagef("%w", err)
	}
	var names []string
	flags := c.App.Flags
	if c.Command != nil {
		flags = append(slices.Clone(flags), c.Command.Flags...)
	}
	for _, f := range flags {
		for _, name := range f.Names() {
			if len(name) > 1 {
				names = append(names, "--"+name)
			}
		}
	}
	dashes := "--"
	if len(name) == 1 {
		dashes = "-"
	}
	text := fmt.Sprintf("unknown flag %s%s", dashes, name)
	if near := hint.DidYouMean("--"+name, names); near != "" {
		text += ";" + near
	}
	return project.Usagef("%s", text)
}

func unknownCommand(app *cli.App, name string) error {
	var names []string
	for _, command := range app.Commands {
		if !command.Hidden {
			names = append(names, command.Name)
		}
	}
	return project.Usagef("unknown command %q;%s commands: %s", name,
		hint.DidYouMean(name, names), strings.Join(names, ", "))
}

// noArgs is an action that refuses arguments: a forgotten -- would otherwise change what the
// command does.
func noArgs(action cli.ActionFunc) cli.ActionFunc {
	return func(c *cli.Context) error {
		if c.Args().Present() {
			err := project.Usagef("%s takes no argument; got %q", c.Command.Name,
				c.Args().First())
			if slices.Contains(patches.Ports(), c.Args().First()) {
				return hint.With(err, "mpwolf "+c.Command.Name+" --port "+c.Args().First())
			}
			return err
		}
		return action(c)
	}
}

// Version is mpwolf's own, from the build.
func Version() string {
	info, ok := debug.ReadBuildInfo()
	if !ok || info.Main.Version == "" {
		return "(devel)"
	}
	return info.Main.Version
}

// flagsFirst moves a command's flags before its arguments, where the command-line library
// expects them: people write "mpwolf explain MACRO --port unix". They also write -j4, as for
// make, which the library does not know.
func flagsFirst(app *cli.App, args []string) []string {
	first := 1 // flags that all commands have may come before the command
	for first < len(args) && strings.HasPrefix(args[first], "-") {
		first++
	}
	if first >= len(args) {
		return args
	}
	i := slices.IndexFunc(app.Commands, func(c *cli.Command) bool { return c.Name == args[first] })
	if i < 0 || len(app.Commands[i].Subcommands) > 0 {
		return args
	}
	first++
	var flags, rest []string
	for at := first; at < len(args); at++ {
		arg := args[at]
		switch {
		case arg == "--":
			return slices.Concat(args[:first], flags, []string{"--"}, rest, args[at+1:])
		case len(arg) < 2 || arg[0] != '-':
			rest = append(rest, arg)
		case len(arg) > 2 && arg[:2] == "-j" && strings.Trim(arg[2:], "0123456789") == "":
			flags = append(flags, "-j", arg[2:])
		default:
			flags = append(flags, arg)
			if takesValue(app.Commands[i], arg) && at+1 < len(args) {
				at++
				flags = append(flags, args[at])
			}
		}
	}
	return slices.Concat(args[:first], flags, rest)
}

// checkFlags refuses a value that is given twice, where the last would count without a word, and
// an empty one: it is a shell's variable that is not set.
func checkFlags(app *cli.App, args []string) error {
	command := (*cli.Command)(nil)
	seen := map[string]bool{}
	for at := 1; at < len(args) && args[at] != "--"; at++ {
		arg := args[at]
		if !strings.HasPrefix(arg, "-") {
			if command == nil {
				command = app.Command(arg)
			} else if sub := command.Command(arg); sub != nil {
				command = sub
			}
			continue
		}
		if command == nil {
			continue
		}
		name, value, inline := strings.Cut(strings.TrimLeft(arg, "-"), "=")
		if !takesValue(command, "--"+name) {
			continue
		}
		if !inline && at+1 < len(args) {
			at++
			value = args[at]
		}
		switch flag := flagOf(command, name).(type) {
		case *cli.StringSliceFlag:
		case *cli.StringFlag, *cli.IntFlag:
			if name = flag.Names()[0]; seen[name] {
				return project.Usagef("--%s is given twice", name)
			}
			seen[name] = true
		}
		if value == "" && (inline || at < len(args)) {
			return project.Usagef("--%s is empty", name)
		}
	}
	return nil
}

// flagOf is a command's flag of that name; nil if it has none.
func flagOf(command *cli.Command, name string) cli.Flag {
	for _, f := range command.Flags {
		if slices.Contains(f.Names(), name) {
			return f
		}
	}
	return nil
}

// takesValue reports whether the value of a flag is the next argument. For an unknown flag it is
// not: the error about the flag comes first.
func takesValue(command *cli.Command, arg string) bool {
	name := strings.TrimLeft(arg, "-")
	return slices.ContainsFunc(command.Flags, func(f cli.Flag) bool {
		if _, isBool := f.(*cli.BoolFlag); isBool {
			return false
		}
		return slices.Contains(f.Names(), name)
	})
}
