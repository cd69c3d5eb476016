// Package toycc is a small stand-in for gcc, so that the short tests need no C compiler: it
// preprocesses, it turns the definitions of a source into the symbols of an ELF object, and it
// links such objects. It supports only as much C as the tests' small trees contain, and must not
// be used for anything else. The full run uses the real compiler for the same scripts.
package toycc

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
)

// options are the part of gcc's command line that the small trees use.
type options struct {
	dirs []string // of -I
	// of -D and -U, with the letter before them, in the order of the command line
	macros     []string
	inputs     []string
	output     string
	depFile    string // of -MF
	mapFile    string // of -Wl,-Map=
	query      string // of -print-file-name= and -print-prog-name=
	preprocess bool
	compile    bool
	markers    bool // no -P
	werror     bool
}

// Main is gcc's main: args are those after the program's name.
func Main(args []string, stdin io.Reader, stdout, stderr io.Writer) int {
	o := parse(args)
	var err error
	switch {
	case len(args) == 1 && args[0] == "--version":
		fmt.Fprintln(stdout, "gcc (toycc) 12.0.0")
	case o.query != "":
		// gcc prints the name itself for a file that it does not have
		fmt.Fprintln(stdout, o.query)
	case len(o.inputs) == 0:
		err = errors.New("gcc: fatal error: no input files")
	case o.preprocess:
		err = o.print(stdin, stdout, stderr)
	case o.compile:
		err = o.object()
	default:
		err = o.link()
	}
	if err != nil {
		fmt.Fprintln(stderr, err)
		return 1
	}
	return 0
}

func parse(args []string) *options {
	o := &options{output: "a.out", markers: true}
	for i := 0; i < len(args); i++ {
		arg := args[i]
		// value is what follows an option, in the same word or in the next.
		value := func(option string) string {
			if rest := strings.TrimPrefix(arg, option); rest != "" || i+1 == len(args) {
				return rest
			}
			i++
			return args[i]
		}
		switch {
		case arg == "-E":
			o.preprocess = true
		case arg == "-c":
			o.compile = true
		case arg == "-P":
			o.markers = false
		case arg == "-Werror":
			o.werror = true
		case arg == "-dD" || arg == "-MD":
		case arg == "-x" || arg == "-MT":
			i++
		case arg == "-MF":
			o.depFile = value("-MF")
		case arg == "-o":
			o.output = value("-o")
		case strings.HasPrefix(arg, "-I"):
			o.dirs = append(o.dirs, value("-I"))
		case strings.HasPrefix(arg, "-D"):
			o.macros = append(o.macros, "D"+value("-D"))
		case strings.HasPrefix(arg, "-U"):
			o.macros = append(o.macros, "U"+value("-U"))
		case strings.HasPrefix(arg, "-Wl,-Map="):
			o.mapFile = strings.TrimPrefix(arg, "-Wl,-Map=")
		case strings.HasPrefix(arg, "-print-"):
			_, o.query, _ = strings.Cut(arg, "=")
		case arg == "-" || !strings.HasPrefix(arg, "-"):
			o.inputs = append(o.inputs, arg)
		}
	}
	return o
}

// print is gcc -E -dD.
func (o *options) print(stdin io.Reader, stdout, stderr io.Writer) error {
	p := newPreprocessor(o)
	name := o.inputs[0]
	var text []byte
	var err error
	if name == "-" {
		name = "<stdin>"
		text, err = io.ReadAll(stdin)
	} else {
		text, err = os.ReadFile(name)
	}
	if err != nil {
		return err
	}
	err = p.source(name, string(text))
	for _, line := range p.out {
		if o.markers {
			fmt.Fprintf(stdout, "# %d %q\n", line.number, line.file)
		} else if strings.HasPrefix(line.text, "#") {
			continue
		}
		fmt.Fprintln(stdout, line.text)
	}
	for _, warning := range p.warnings {
		fmt.Fprintln(stderr, warning)
	}
	return err
}

// object is gcc -c: it writes an object and, for make, what it was made from.
func (o *options) object() error {
	source := o.inputs[0]
	text, err := os.ReadFile(source)
	if err != nil {
		return err
	}
	p := newPreprocessor(o)
	if err := p.source(source, string(text)); err != nil {
		return err
	}
	if o.depFile != "" {
		rule := o.output + ": " + strings.Join(p.files, " ") + "\n"
		if err := os.WriteFile(o.depFile, []byte(rule), 0o666); err != nil {
			return err
		}
	}
	var code strings.Builder
	for _, line := range p.out {
		if !strings.HasPrefix(line.text, "#") {
			code.WriteString(line.text + "\n")
		}
	}
	return os.WriteFile(o.output,
		symbolsOf(filepath.Base(source), code.String()).elf(false), 0o666)
}
