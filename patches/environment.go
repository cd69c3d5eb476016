package patches

import (
	"os"
	"slices"
	"strings"

	"mpwolf/internal/lazyregexp"
)

// passing are the environment variables that decide nothing in a makefile, and change from one
// terminal to the next. make does not take SHELL from the environment.
var (
	passing = []string{"_", "PWD", "OLDPWD", "SHLVL", "SHELL", "TERM", "COLUMNS", "LINES",
		"LS_COLORS", "DISPLAY", "WINDOWID", "MAKELEVEL", "MFLAGS", "MAKE_TERMERR", "MAKE_TERMOUT"}
	passingPrefixes = []string{"DBUS_", "HYPERFINE_", "SSH_", "TERM_", "TMUX", "VTE_", "XDG_"}

	variableName = lazyregexp.New(`^[A-Za-z_][A-Za-z0-9_]*$`)
)

// Environment is what make takes from the environment, each NAME=VALUE, sorted: with the files, it
// decides what the scanner reads.
func Environment() []string {
	env := slices.DeleteFunc(os.Environ(), func(entry string) bool {
		name, _, _ := strings.Cut(entry, "=")
		return !variableName().MatchString(name) || slices.Contains(passing, name) ||
			slices.ContainsFunc(passingPrefixes, func(prefix string) bool {
				return strings.HasPrefix(name, prefix)
			})
	})
	slices.Sort(env)
	return env
}

// makeOptions are the variables that hold arguments for make.
var makeOptions = []string{"GNUMAKEFLAGS", "MAKEFLAGS"}

// environment reads what make takes from the environment: values that ?= does not replace, and
// arguments as on its command line.
func (c *Config) environment() {
	env := Environment()
	overrides := false
	for _, entry := range env {
		name, value, _ := strings.Cut(entry, "=")
		if slices.Contains(makeOptions, name) {
			overrides = c.makeFlags(name, value) || overrides
			continue
		}
		c.make.vars[name] = makeVar{text: value, known: true, recursive: true, environment: true,
			from: name + " in the environment"}
		c.make.commandLine(name, value, name+" in the environment")
	}
	if overrides {
		for _, entry := range env {
			name, _, _ := strings.Cut(entry, "=")
			c.make.pinned[name] = true
		}
	}
}

// makeFlags reads the assignments among make's arguments in a variable, and reports whether they
// let the environment override the makefiles. make writes "ks -- NAME=VALUE", people write "-e
// NAME=VALUE".
func (c *Config) makeFlags(variable, value string) bool {
	overrides := false
	for i, word := range makeWords(value) {
		name, text, assigns := strings.Cut(word, "=")
		switch {
		case strings.HasPrefix(word, "--"):
			overrides = overrides || word == "--environment-overrides"
			if strings.HasPrefix(word, "--eval") {
				c.make.unread = append(c.make.unread,
					Unread{File: variable + " in the environment",
						Text: word})
			}
		case assigns && variableName().MatchString(strings.TrimRight(name, ":?+")):
			name = strings.TrimRight(name, ":?+")
			c.pin(name, text, variable+" in the environment")
			c.make.commandLine(name, text, variable+" in the environment")
		case strings.HasPrefix(word, "-"), i == 0 && !assigns:
			letters, _, _ := strings.Cut(strings.TrimPrefix(word, "-"), "j")
			overrides = overrides || strings.Contains(letters, "e")
		}
	}
	return overrides
}

// makeWords splits make's arguments as make writes them: a space in a word has a backslash before.
func makeWords(text string) []string {
	var words []string
	var word strings.Builder
	for i := 0; i < len(text); i++ {
		switch {
		case text[i] == '\\' && i+1 < len(text):
			i++
			word.WriteByte(text[i])
		case text[i] == ' ' || text[i] == '\t':
			if word.Len() > 0 {
				words = append(words, word.String())
			}
			word.Reset()
		default:
			word.WriteByte(text[i])
		}
	}
	if word.Len() > 0 {
		words = append(words, word.String())
	}
	return words
}
