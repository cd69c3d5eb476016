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

// Want is one thing that must be true when a port is compiled.
type Want struct {
	// Macro is the newest name of the macro.
	Macro string `toml:"macro"`
	// Was are the names that older releases know it by.
	Was []string `toml:"was"`
	// Value is what the compiler must see.
	Value int64 `toml:"value"`
	// Why is one line for the person who reviews the change.
	Why string `toml:"why"`
}

// Names are all names of the macro, the newest first.
func (w Want) Names() []string {
	return append([]string{w.Macro}, w.Was...)
}

// ErrUnknownPort is wrapped by Load's error for a port that has no wants.
var ErrUnknownPort = errors.New("unknown port")

// Load reads the wants of a port.
func Load(port string) ([]Want, error) {
	if !slices.Contains(Ports(), port) {
		return nil, &unknownPortError{port: port}
	}
	text, err := files.ReadFile(port + ".toml")
	if err != nil {
		return nil, fmt.Errorf("load wants of port %q: %w", port, err)
	}
	return parseWants(port+".toml", string(text))
}

type unknownPortError struct{ port string }

func (e *unknownPortError) Error() string {
	return fmt.Sprintf("unknown port %q; known ports: %s", e.port, strings.Join(Ports(), ", "))
}
func (e *unknownPortError) Unwrap() error { return ErrUnknownPort }

func parseWants(name, text string) ([]Want, error) {
	var file struct {
		Want []Want `toml:"want"`
	}
	meta, err := toml.Decode(text, &file)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	if extra := meta.Undecoded(); len(extra) > 0 {
		return nil, fmt.Errorf("%s: unknown key %q", name, extra[0].String())
	}
	for i, want := range file.Want {
		if want.Macro == "" || want.Why == "" {
			return nil, fmt.Errorf("%s: want %d needs both macro and why", name, i+1)
		}
	}
	return file.Want, nil
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
