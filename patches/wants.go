// Package patches knows what must be true of a port's macros (the wants, one TOML file a port), finds where a tree
// sets them, and plans the smallest edit that makes them true. It reads only; what it plans is written by others.
package patches

import (
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"slices"
	"strings"

	"github.com/BurntSushi/toml"
)

//go:embed *.toml
var files embed.FS

// Want is one thing that must be true when a port is compiled: of a C macro or, where the port's makefiles decide
// something that no macro says, of a make variable. One of Macro and Variable is set.
type Want struct {
	// Macro is the newest name of the macro.
	Macro string `toml:"macro"`
	// Was are the names that older releases know it by.
	Was []string `toml:"was"`
	// Variable is the name of the make variable.
	Variable string `toml:"variable"`
	// Value is what the compiler, or make, must see. A variable that is empty or not set counts as 0.
	Value int64 `toml:"value"`
	// Why is one line for the person who reviews the change.
	Why string `toml:"why"`
}

// Name is the newest name of the macro, or the variable's.
func (w Want) Name() string {
	if w.Variable != "" {
		return w.Variable
	}
	return w.Macro
}

// Names are all names of the macro, the newest first, or the variable's only one.
func (w Want) Names() []string {
	return append([]string{w.Name()}, w.Was...)
}

// ErrUnknownPort is wrapped by Load's error for a port that has no wants.
var ErrUnknownPort = errors.New("unknown port")

// Need is a macro that should not be 0 and that mpwolf does not change: what a board has. Where it is 0, Why is told.
type Need struct {
	Macro string `toml:"macro"`
	// Or are macros that do as well.
	Or  []string `toml:"or"`
	Why string   `toml:"why"`
	// Unless, if not empty, is the macro by which a user goes without: where it is 0 the board is refused. Advice says
	// what to do then.
	Unless string `toml:"unless"`
	Advice string `toml:"advice"`
}

func (n Need) check() error {
	switch {
	case n.Macro == "" || n.Why == "":
		return errors.New("needs both macro and why")
	case (n.Unless == "") != (n.Advice == ""):
		return errors.New("needs both unless and advice, or neither")
	}
	return nil
}

// wantsFile is a port's TOML file.
type wantsFile struct {
	Want  []Want `toml:"want"`
	Need  []Need `toml:"need"`
	Flash struct {
		Least int64 `toml:"least"` // see LeastFlash
	} `toml:"flash"`
}

// Load reads the wants of a port.
func Load(port string) ([]Want, error) {
	file, err := load(port)
	return file.Want, err
}

// Needs reads what boards of a port should have.
func Needs(port string) ([]Need, error) {
	file, err := load(port)
	return file.Need, err
}

// LeastFlash is what a port's smallest firmware with wolfSSL takes, in bytes; 0 where flash is no matter, as on unix.
func LeastFlash(port string) (int64, error) {
	file, err := load(port)
	return file.Flash.Least, err
}

// Text is what Load reads: it stands for the wants of a port where nobody has to know them.
func Text(port string) (string, error) {
	if !slices.Contains(Ports(), port) {
		return "", &unknownPortError{port: port}
	}
	text, err := files.ReadFile(port + ".toml")
	if err != nil {
		return "", fmt.Errorf("load wants of port %q: %w", port, err)
	}
	return string(text), nil
}

func load(port string) (wantsFile, error) {
	text, err := Text(port)
	if err != nil {
		return wantsFile{}, err
	}
	return parseWants(port+".toml", text)
}

type unknownPortError struct{ port string }

func (e *unknownPortError) Error() string {
	return fmt.Sprintf("unknown port %q; known ports: %s", e.port, strings.Join(Ports(), ", "))
}
func (e *unknownPortError) Unwrap() error { return ErrUnknownPort }

func parseWants(name, text string) (wantsFile, error) {
	var file wantsFile
	meta, err := toml.Decode(text, &file)
	if err != nil {
		return file, fmt.Errorf("%s: %w", name, err)
	}
	if extra := meta.Undecoded(); len(extra) > 0 {
		return file, fmt.Errorf("%s: unknown key %q", name, extra[0].String())
	}
	for i, want := range file.Want {
		if err := want.check(); err != nil {
			return file, fmt.Errorf("%s: want %d %w", name, i+1, err)
		}
	}
	for i, need := range file.Need {
		if err := need.check(); err != nil {
			return file, fmt.Errorf("%s: need %d %w", name, i+1, err)
		}
	}
	return file, nil
}

func (w Want) check() error {
	switch {
	case (w.Macro == "") == (w.Variable == ""):
		return errors.New("needs either macro or variable")
	case w.Why == "":
		return errors.New("needs why")
	case w.Variable != "" && len(w.Was) > 0:
		return errors.New("has was, which is for macros")
	}
	return nil
}

// Ports are the ports that have wants, sorted.
func Ports() []string {
	entries, err := fs.Glob(files, "*.toml")
	if err != nil {
		return nil // the pattern is a constant and well formed
	}
	for i, name := range entries {
		entries[i] = strings.TrimSuffix(name, ".toml")
	}
	return entries
}
