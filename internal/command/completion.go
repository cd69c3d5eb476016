package command

import (
	"fmt"
	"slices"
	"strings"

	"github.com/urfave/cli/v2"

	"mpwolf/internal/complete"
	"mpwolf/internal/project"
)

// completeName is the command that the shells call while a line is being typed. It is hidden.
const completeName = "__complete"

// What a shell gets instead of words if it is to complete names of files or of directories.
const (
	completeFiles = ":files"
	completeDirs  = ":dirs"
)

// bashScript gives the line up to the cursor to mpwolf. bash makes "=" a word of its own.
const bashScript = `# mpwolf's completion for bash: source <(mpwolf completion bash)
_mpwolf() {
    local current=${COMP_WORDS[COMP_CWORD]} line
    [ "$current" != = ] || current=
    COMPREPLY=()
    while IFS= read -r line; do
        case $line in
        :files) compopt -o filenames 2>/dev/null; line=-f ;;
        :dirs) compopt -o filenames 2>/dev/null; line=-d ;;
        *) COMPREPLY+=("${line%%$'\t'*}"); continue ;;
        esac
        while IFS= read -r line; do
            COMPREPLY+=("$line")
        done < <(compgen "$line" -- "$current")
    done < <("$1" __complete -- "${COMP_WORDS[@]:1:COMP_CWORD}" 2>/dev/null)
}
complete -F _mpwolf mpwolf
`

const zshScript = `#compdef mpwolf
# mpwolf's completion for zsh: source <(mpwolf completion zsh), after compinit
_mpwolf() {
    local -a lines described
    local line
    lines=("${(@f)$("$words[1]" __complete -- "${(@)words[2,CURRENT]}" 2>/dev/null)}")
    case $lines[1] in
    :files) _files; return ;;
    :dirs) _files -/; return ;;
    esac
    for line in $lines; do
        line=${line//:/\\:}
        described+=("${line/$'\t'/:}")
    done
    _describe mpwolf described
}
if [ "$funcstack[1]" = _mpwolf ]; then
    _mpwolf "$@"
else
    compdef _mpwolf mpwolf
fi
`

const fishScript = `# mpwolf's completion for fish: mpwolf completion fish | source
function __mpwolf_complete
    set -l words (commandline -opc) (commandline -ct)
    set -l lines ($words[1] __complete -- $words[2..-1] 2>/dev/null)
    switch "$lines[1]"
        case :files
            __fish_complete_path (commandline -ct)
        case :dirs
            __fish_complete_directories (commandline -ct)
        case '*'
            printf '%s\n' $lines
    end
end
complete -c mpwolf -f -a '(__mpwolf_complete)'
`

var shellScripts = map[string]string{"bash": bashScript, "zsh": zshScript, "fish": fishScript}

var shells = []string{"bash", "zsh", "fish"}

func completionCommand(s *session) *cli.Command {
	return &cli.Command{
		Name:      "completion",
		Usage:     "print a shell script that completes mpwolf's command lines",
		ArgsUsage: strings.Join(shells, "|"),
		Description: `It completes commands and flags, and the ports, boards, variants, macros and
targets of the tree that the command line applies to.

Examples:
    source <(mpwolf completion bash)      # in ~/.bashrc
    source <(mpwolf completion zsh)       # in ~/.zshrc, after compinit
    mpwolf completion fish | source       # in ~/.config/fish/config.fish`,
		Action: func(c *cli.Context) error {
			script, known := shellScripts[c.Args().First()]
			if !known || c.NArg() != 1 {
				return project.Usagef("completion takes one of: %s", strings.Join(shells, ", "))
			}
			fmt.Fprint(s.stdout, script)
			return nil
		},
	}
}

func completeCommand(s *session) *cli.Command {
	return &cli.Command{
		Name: completeName, Hidden: true, SkipFlagParsing: true, HideHelp: true,
		Action: func(c *cli.Context) error {
			words := c.Args().Slice()
			if len(words) > 0 && words[0] == "--" {
				words = words[1:]
			}
			for _, line := range completions(c.App, words) {
				fmt.Fprintln(s.stdout, line)
			}
			return nil
		},
	}
}

// typed is a command line up to the cursor.
type typed struct {
	app     *cli.App
	command *cli.Command // nil before there is one
	unknown bool         // there is a command, but mpwolf does not have it
	args    []string     // without flags, and without the command
	flags   map[string][]string
	waiting string // the flag whose value comes next; "" for none
	current string // the word at the cursor, as far as it is typed
}

// completions are the candidates for the last of the words: a line each, some with a tab and a
// description; or only completeFiles or completeDirs.
func completions(app *cli.App, words []string) []string {
	words = slices.Clone(words)
	if n := len(words); n > 0 && words[n-1] == "=" {
		words[n-1] = "" // bash's; the value has not begun
	}
	words = slices.DeleteFunc(words, func(w string) bool { return w == "=" })
	t := typed{app: app, flags: map[string][]string{}}
	if n := len(words); n > 0 {
		t.current, words = words[n-1], words[:n-1]
	}
	for _, word := range words {
		t.take(word)
	}
	flag, value, inFlag := strings.Cut(t.current, "=")
	prefix := ""
	var found []string
	switch {
	case t.unknown:
	case t.waiting != "":
		found = t.values(t.waiting, t.current)
	case inFlag && strings.HasPrefix(flag, "--"):
		t.current, prefix = value, flag+"="
		found = t.values(strings.TrimLeft(flag, "-"), value)
	case strings.HasPrefix(t.current, "-"):
		found = t.flagNames()
	default:
		found = t.arguments()
	}
	var matching []string
	for _, line := range found {
		switch {
		case line == completeFiles || line == completeDirs:
			return []string{line}
		case strings.HasPrefix(line, t.current):
			matching = append(matching, prefix+line)
		}
	}
	return matching
}

// take reads a whole word.
func (t *typed) take(word string) {
	name := strings.TrimLeft(word, "-")
	switch {
	case t.waiting != "":
		t.flags[t.waiting] = append(t.flags[t.waiting], word)
		t.waiting = ""
	case strings.HasPrefix(word, "-"):
		name, value, given := strings.Cut(name, "=")
		if given {
			t.flags[name] = append(t.flags[name], value)
		} else if t.command != nil && takesValue(t.command, word) {
			t.waiting = name
		}
	case t.command == nil:
		t.command = t.app.Command(word)
		t.unknown = t.command == nil
	case len(t.args) == 0 && t.command.Command(word) != nil:
		t.command = t.command.Command(word)
	default:
		t.args = append(t.args, word)
	}
}

// options are what the line says about the project so far.
func (t *typed) options() project.Options {
	last := func(name string) string {
		if values := t.flags[name]; len(values) > 0 {
			return values[len(values)-1]
		}
		return ""
	}
	return project.Options{
		Command: t.command.Name, Tree: treeOr(last(flagTree)), Port: last(flagPort),
		Boards: t.flags[flagBoard], Variant: last(flagVariant),
	}
}

// values are those of a flag, as far as they can be listed.
func (t *typed) values(flag, current string) []string {
	if t.command == nil {
		return nil
	}
	path := strings.ContainsAny(current, "/.~")
	switch flag {
	case flagTree, flagModules, flagDir:
		return []string{completeDirs}
	case flagUserSettings:
		return []string{completeFiles}
	case flagPort:
		if t.command.Name == "explain" || t.command.Name == "boards" {
			return complete.Ports(t.options())
		}
		return complete.KnownPorts(t.options())
	case flagBoard:
		if path {
			return []string{completeDirs}
		}
		return complete.Boards(t.options())
	case flagVariant:
		return complete.Variants(t.options())
	case flagFormat:
		return t.formats()
	case flagWolfSSL:
		if strings.ContainsAny(current, "/~") || strings.HasPrefix(current, ".") {
			return []string{completeDirs}
		}
		return complete.WolfSSLs()
	case flagMicroPython:
		return complete.MicroPythons()
	case flagFrom, flagWolfSSLFrom:
		if path {
			return []string{completeFiles}
		}
		return []string{"auto", "git", "apt"}
	}
	return nil
}

// formats are those of the command's --format, which its usage lists.
func (t *typed) formats() []string {
	for _, f := range t.command.Flags {
		if !slices.Contains(f.Names(), flagFormat) {
			continue
		}
		_, list, _ := strings.Cut(f.(cli.DocGenerationFlag).GetUsage(), ": ")
		return strings.Split(strings.ReplaceAll(list, " or ", ", "), ", ")
	}
	return nil
}

// flagNames are the flags that the command has, with their descriptions.
func (t *typed) flagNames() []string {
	flags := t.app.Flags
	if t.command != nil {
		flags = t.command.Flags
	}
	var names []string
	for _, f := range flags {
		for _, name := range f.Names() {
			if len(name) > 1 {
				names = append(names, "--"+name+"\t"+describe(f).usage)
			}
		}
	}
	if !slices.Contains(flags, cli.HelpFlag) {
		names = append(names, "--help\tprint the options, and examples")
	}
	return names
}

// arguments are the commands, or what a command takes after its flags.
func (t *typed) arguments() []string {
	if t.command == nil {
		return commandNames(t.app.Commands)
	}
	switch {
	case len(t.args) == 0 && len(t.command.Subcommands) > 0:
		return commandNames(t.command.Subcommands)
	case t.command.Name == "help" && len(t.args) == 0:
		return commandNames(t.app.Commands)
	case t.command.Name == "completion" && len(t.args) == 0:
		return shells
	case t.command.Name == "explain" && len(t.args) == 0:
		return complete.Macros(t.options())
	case t.command.Name == "explain" && len(t.args) == 1, t.command.Name == "build":
		return complete.Targets(t.options())
	}
	return nil
}

func commandNames(commands []*cli.Command) []string {
	var names []string
	for _, c := range commands {
		if !c.Hidden {
			names = append(names, c.Name+"\t"+c.Usage)
		}
	}
	return names
}
