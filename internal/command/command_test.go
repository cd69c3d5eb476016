package command

import (
	"io"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/urfave/cli/v2"
)

func TestFlagsFirst(t *testing.T) {
	app := newApp(&session{})
	tests := []struct{ args, want []string }{
		{[]string{"mpwolf", "explain", "M", "--port", "unix"},
			[]string{"mpwolf", "explain", "--port", "unix", "M"}},
		{[]string{"mpwolf", "explain", "M", "--port=unix"},
			[]string{"mpwolf", "explain", "--port=unix", "M"}},
		{[]string{"mpwolf", "patch", "x", "--diff", "y"},
			[]string{"mpwolf", "patch", "--diff", "x", "y"}},
		{[]string{"mpwolf", "explain", "--", "M", "--port"},
			[]string{"mpwolf", "explain", "--", "M", "--port"}},
		{[]string{"mpwolf", "explain", "M", "--port"},
			[]string{"mpwolf", "explain", "--port", "M"}},
		{[]string{"mpwolf", "verify", "-j4", "--no-build"},
			[]string{"mpwolf", "verify", "-j", "4", "--no-build"}},
		{[]string{"mpwolf", "-q", "explain", "M", "--port", "unix"},
			[]string{"mpwolf", "-q", "explain", "--port", "unix", "M"}},
		{[]string{"mpwolf", "nonsense", "a", "--b"}, []string{"mpwolf", "nonsense", "a", "--b"}},
		{[]string{"mpwolf"}, []string{"mpwolf"}},
	}
	for _, test := range tests {
		if got := flagsFirst(app, test.args); !slices.Equal(got, test.want) {
			t.Errorf("%q: got %q; want %q", test.args, got, test.want)
		}
	}
}

// TestExamples holds that the command line takes each example of the help, and that every command
// has one.
func TestExamples(t *testing.T) {
	for _, command := range newApp(&session{}).Commands {
		if command.Hidden {
			continue
		}
		examples := 0
		for line := range strings.Lines(command.Description) {
			line, is := strings.CutPrefix(strings.TrimPrefix(strings.TrimSpace(line), "source <("),
				"mpwolf ")
			if !is {
				continue
			}
			line, _, _ = strings.Cut(line, ")")
			line, _, _ = strings.Cut(line, " |")
			line, _, _ = strings.Cut(line, " >")
			examples++
			line, _, _ = strings.Cut(line, " #")
			if name, err := parsed(strings.Fields(line)); err != nil || name != command.Name {
				t.Errorf("mpwolf %s: runs %q: %v", line, name, err)
			}
		}
		if examples == 0 {
			t.Errorf("mpwolf help %s has no example", command.Name)
		}
		for _, text := range []string{command.CustomHelpTemplate, command.Description} {
			if strings.Contains(text, "{{") {
				t.Errorf("the help of %s has braces, which the library reads", command.Name)
			}
		}
	}
}

// parsed is the command that words are read as, without its being run.
func parsed(words []string) (ran string, err error) {
	s := &session{stdout: io.Discard, stderr: io.Discard}
	app := newApp(s)
	for _, command := range app.Commands {
		for _, c := range append(command.Subcommands, command) {
			c.Action = func(*cli.Context) error {
				ran = command.Name
				return nil
			}
		}
	}
	err = app.Run(flagsFirst(app, append([]string{"mpwolf"}, words...)))
	return ran, err
}

// TestHelpFits holds that no line of help is wider than a terminal.
func TestHelpFits(t *testing.T) {
	app := newApp(&session{})
	texts := []string{app.CustomAppHelpTemplate}
	for _, command := range app.Commands {
		for _, c := range append(command.Subcommands, command) {
			texts = append(texts, c.CustomHelpTemplate)
		}
	}
	for _, text := range texts {
		for line := range strings.Lines(text) {
			if n := utf8.RuneCountInString(strings.TrimRight(line, "\n")); n > helpWidth {
				t.Errorf("%d columns: %s", n, line)
			}
		}
	}
}
