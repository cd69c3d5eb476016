package command

import (
	"fmt"
	"strings"
	"unicode/utf8"

	"github.com/urfave/cli/v2"

	"mpwolf/internal/project"
)

// exitMeaning is an exit code, as help and the man page explain it.
type exitMeaning struct {
	code int
	text string
}

var exitMeanings = []exitMeaning{
	{exitDone, "done, or nothing to do"},
	{exitFound, "a check found something"},
	{exitUsage, "wrong command line"},
	{exitFailed, "could not do it"},
	{exitInterrupted, "interrupted (143: by SIGTERM)"},
}

// helpWidth is how many columns a line of help has.
const helpWidth = 80

func helpCommand(s *session) *cli.Command {
	return &cli.Command{
		Name:      "help",
		Usage:     "explain mpwolf, or one command, with examples",
		ArgsUsage: "[COMMAND]",
		Description: `Examples:
    mpwolf help
    mpwolf help patch
    mpwolf help fetch wolfssl`,
		Action: s.help,
	}
}

func (s *session) help(c *cli.Context) error {
	words := c.Args().Slice()
	if len(words) == 0 {
		fmt.Fprint(s.stdout, c.App.CustomAppHelpTemplate)
		return nil
	}
	command := c.App.Command(words[0])
	if command == nil {
		return unknownCommand(c.App, words[0])
	}
	if len(words) > 1 && len(command.Subcommands) > 0 {
		if command = command.Command(words[1]); command == nil {
			return project.Usagef("unknown command %q", strings.Join(words[:2], " "))
		}
		words = words[1:]
	}
	if len(words) > 1 {
		return project.Usagef("help takes one command; got %q too", words[1])
	}
	fmt.Fprint(s.stdout, command.CustomHelpTemplate)
	return nil
}

// appHelp is the text of mpwolf --help.
func appHelp(app *cli.App) string {
	var b strings.Builder
	fmt.Fprintf(&b, "mpwolf %s - %s\n\nUsage:\n    mpwolf COMMAND [options]\n\nCommands:\n",
		Version(), app.Usage)
	for _, c := range app.Commands {
		if c.Hidden {
			continue
		}
		b.WriteString(columns("    "+c.Name, 16, c.Usage))
	}
	b.WriteString(`
Examples:
    mpwolf patch --port unix    set the macros, install the modules and wolfSSL
    mpwolf verify               build the firmware and check it
    mpwolf revert               restore the tree, byte for byte

mpwolf help COMMAND shows the options of a command, and examples.

Options:
`)
	b.WriteString(optionsText(app.Flags))
	b.WriteString("\nExit codes:\n")
	for _, e := range exitMeanings {
		fmt.Fprintf(&b, "%4d  %s\n", e.code, e.text)
	}
	return b.String()
}

// commandHelp is the text of a command's --help. The library treats it as a template, so no text
// may have braces.
func commandHelp(name string, c *cli.Command) string {
	var b strings.Builder
	b.WriteString(columns("", 0, "mpwolf "+name+" - "+c.Usage))
	fmt.Fprintf(&b, "\nUsage:\n    %s\n", synopsis(name, c))
	if len(c.Subcommands) > 0 {
		b.WriteString("\nCommands:\n")
	}
	for _, sub := range c.Subcommands {
		b.WriteString(columns("    "+name+" "+sub.Name, 30, sub.Usage))
	}
	if c.Description != "" {
		fmt.Fprintf(&b, "\n%s\n", c.Description)
	}
	fmt.Fprintf(&b, "\nOptions:\n%s", optionsText(c.Flags))
	return b.String()
}

// synopsis is how a command is called.
func synopsis(name string, c *cli.Command) string {
	return strings.TrimSpace("mpwolf " + name + " [options] " + c.ArgsUsage)
}

func optionsText(flags []cli.Flag) string {
	var b strings.Builder
	for _, f := range flags {
		if f == cli.HelpFlag {
			continue // the library adds it to commands later
		}
		o := describe(f)
		b.WriteString(columns("    "+o.names, 28, o.usage))
	}
	return b.String() + columns("    -h, --help", 28, "print this help")
}

// option is a flag as help shows it.
type option struct {
	names string // "-j, --jobs N"
	usage string
}

func describe(f cli.Flag) option {
	doc := f.(cli.DocGenerationFlag) // all flags of the library are
	placeholder, usage := placeholder(doc.GetUsage())
	var short, long string
	for _, name := range f.Names() {
		if len(name) == 1 {
			short = "-" + name + ", "
		} else {
			long = "--" + name
		}
	}
	o := option{names: short + long, usage: usage}
	if doc.TakesValue() {
		o.names += " " + placeholder
	}
	if text, is := f.(*cli.StringFlag); is && text.Value != "" {
		o.usage += " (default: " + text.Value + ")"
	}
	if _, is := f.(*cli.StringSliceFlag); is {
		o.usage += "; may be repeated"
	}
	if env := doc.GetEnvVars(); len(env) > 0 {
		o.usage += "; also set by $" + strings.Join(env, ", $")
	}
	return o
}

// placeholder is the word between backquotes of a flag's usage, and the usage without those.
func placeholder(usage string) (word, plain string) {
	before, rest, _ := strings.Cut(usage, "`")
	word, after, found := strings.Cut(rest, "`")
	if !found {
		return "VALUE", usage
	}
	return word, before + word + after
}

// columns puts a text beside a name, starting at a column, or below it if the name is too long;
// without a name the text has the whole width.
func columns(name string, at int, text string) string {
	indent := strings.Repeat(" ", at)
	line, end := name, "\n"
	var b strings.Builder
	if name != "" && utf8.RuneCountInString(name)+2 > at {
		b.WriteString(name + end)
		line = ""
	}
	line += strings.Repeat(" ", at-utf8.RuneCountInString(line))
	empty := true
	for _, word := range strings.Fields(text) {
		switch {
		case empty:
			line += word
		case utf8.RuneCountInString(line)+1+utf8.RuneCountInString(word) > helpWidth:
			b.WriteString(line + end)
			line = indent + word
		default:
			line += " " + word
		}
		empty = false
	}
	return b.String() + line + end
}
