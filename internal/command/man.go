package command

import (
	"fmt"
	"strings"

	"github.com/urfave/cli/v2"
)

func manCommand(s *session) *cli.Command {
	return &cli.Command{
		Name:  "man",
		Usage: "print the man page",
		Description: `Examples:
    mpwolf man | man -l -
    mpwolf man >/usr/local/share/man/man1/mpwolf.1`,
		Action: noArgs(func(c *cli.Context) error {
			fmt.Fprint(s.stdout, manPage(c.App))
			return nil
		}),
	}
}

// manPage is mpwolf(1), made from the commands.
func manPage(app *cli.App) string {
	var b strings.Builder
	fmt.Fprintf(&b, ".TH MPWOLF 1 \"\" \"mpwolf %s\"\n", roff(Version()))
	fmt.Fprintf(&b, ".SH NAME\nmpwolf \\- %s\n", roff(app.Usage))
	b.WriteString(".SH SYNOPSIS\n.B mpwolf\n.I COMMAND\n[\\fIoptions\\fR]\n.SH DESCRIPTION\n")
	b.WriteString("mpwolf puts the wolfSSL TLS and crypto library into MicroPython firmware, " +
		"proves that it is the only TLS library there, and removes it again without a " +
		"trace.\n")
	b.WriteString(".SH COMMANDS\n")
	for _, c := range app.Commands {
		if c.Hidden {
			continue
		}
		manCommandText(&b, c.Name, c)
		for _, sub := range c.Subcommands {
			manCommandText(&b, c.Name+" "+sub.Name, sub)
		}
	}
	b.WriteString(".SH OPTIONS OF ALL COMMANDS\n")
	manFlags(&b, app.Flags)
	b.WriteString(".SH EXIT STATUS\n")
	for _, e := range exitMeanings {
		fmt.Fprintf(&b, ".TP\n.B %d\n%s\n", e.code, roff(e.text))
	}
	b.WriteString(".SH ENVIRONMENT\n.TP\n.B " + envTree + "\nthe MicroPython tree, if " +
		"\\-\\-tree does not name one\n.TP\n.B MPWOLF_CACHE\nwhere fetched sources are kept\n" +
		".TP\n.B NO_COLOR\nif it is set and not empty, the output has no colours\n" +
		".SH FILES\n.TP\n.B mpwolf.toml\nthe tree, wolfSSL, targets and limits of a firmware " +
		"repository; mpwolf init writes one\n.TP\n.B .mpwolf\nthe record of what was done " +
		"to a tree, in its top directory\n")
	return b.String()
}

// manCommandText is a command with its description, examples and flags.
func manCommandText(b *strings.Builder, name string, c *cli.Command) {
	fmt.Fprintf(b, ".SS %s\n%s.\n", roff(synopsis(name, c)), roff(c.Usage))
	literal := false
	for line := range strings.Lines(c.Description) {
		text, code := strings.CutPrefix(strings.TrimRight(line, "\n"), "    ")
		if code != literal {
			literal = code
			b.WriteString(map[bool]string{true: ".PP\n.nf\n.RS\n", false: ".RE\n.fi\n"}[code])
		}
		switch {
		case text == "":
			b.WriteString(".PP\n")
		case text == "Examples:":
		default:
			b.WriteString(roff(text) + "\n")
		}
	}
	if literal {
		b.WriteString(".RE\n.fi\n")
	}
	manFlags(b, withoutOutputFlags(c.Flags))
}

// withoutOutputFlags leaves out the flags that all commands have.
func withoutOutputFlags(flags []cli.Flag) []cli.Flag {
	var own []cli.Flag
	for _, f := range flags {
		switch f.Names()[0] {
		case flagQuiet, flagVerbose, "help":
		default:
			own = append(own, f)
		}
	}
	return own
}

func manFlags(b *strings.Builder, flags []cli.Flag) {
	for _, f := range flags {
		o := describe(f)
		fmt.Fprintf(b, ".TP\n.B %s\n%s\n", roff(o.names), roff(o.usage))
	}
}

// roff escapes a text for troff: hyphens can be copied, backslashes are literal, and no line
// begins like a request.
func roff(text string) string {
	text = strings.NewReplacer(`\`, `\e`, "-", `\-`).Replace(text)
	if strings.HasPrefix(text, ".") || strings.HasPrefix(text, "'") {
		text = `\&` + text
	}
	return text
}
