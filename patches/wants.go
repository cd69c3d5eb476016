// Package patches knows what must be true of a port's macros (the wants, one TOML file a port),
// finds where a tree sets them, and plans the smallest edit that makes them true. It only reads;
// other packages write what it plans.
package patches

import (
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"slices"
	"strings"
	"sync"

	"mpwolf/internal/hint"
	"mpwolf/internal/micropython"

	"github.com/BurntSushi/toml"
)

//go:embed *.toml
var files embed.FS

//go:embed without/ports.toml
var without string

// Without are the ports of MicroPython that mpwolf does not patch, and why.
func Without() (map[string]string, error) {
	reasons := make(map[string]string)
	if _, err := toml.Decode(without, &reasons); err != nil {
		return nil, fmt.Errorf("without/ports.toml: %w", err)
	}
	return reasons, nil
}

// Want is one thing that must be true when a port is compiled: about a C macro or, where the
// port's makefiles decide something without a macro, a make variable. One of Macro and Variable
// is set.
type Want struct {
	// Macro is the newest name of the macro.
	Macro string `toml:"macro"`
	// Was are the names that older releases know it by.
	Was []string `toml:"was"`
	// Variable is the name of the make variable.
	Variable string `toml:"variable"`
	// Value is what the compiler, or make, must see. A variable that is empty or not set counts as
	// 0.
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

// Need is a macro that should not be 0 and that mpwolf does not change: what a board has. If it
// is 0, Why is reported.
type Need struct {
	Macro string `toml:"macro"`
	// Or are macros that do as well.
	Or  []string `toml:"or"`
	Why string   `toml:"why"`
	// Unless, if not empty, is the macro with which a user accepts the lack: if it is 0, the
	// board is refused. Hint says what to do then.
	Unless string `toml:"unless"`
	Hint   string `toml:"hint"`
}

func (n Need) check() error {
	switch {
	case n.Macro == "" || n.Why == "":
		return errors.New("needs both macro and why")
	case (n.Unless == "") != (n.Hint == ""):
		return errors.New("needs both unless and hint, or neither")
	}
	return nil
}

// Port is what must be true of a port, and what its boards should have.
type Port struct {
	Wants   []Want  `toml:"want"`
	Needs   []Need  `toml:"need"`
	Flash   Flash   `toml:"flash"`
	Release Release `toml:"release"`
	Build   Build   `toml:"build"`
}

// Build is what a port's build needs of the host, where the port's own files do not say it in a
// way that can be read before they are run.
type Build struct {
	// Cross is the prefix of the compiler's name, such as "arm-none-eabi-", where no Makefile sets
	// CROSS_COMPILE, or where there is no tree.
	Cross string `toml:"cross"`
	// CMake is set if CMake builds the port, for where there is no tree.
	CMake bool `toml:"cmake"`
	// Program builds the port instead of make and CMake, and has compilers of its own; "" if none
	// does.
	Program string `toml:"program"`
	// Python is the minor version of Python 3 that the port's scripts need; 0 if MicroPython's own
	// scripts do.
	Python int `toml:"python"`
	// Processor is what all boards of the port have, by wolfssl.Tree's name for it, such as
	// "cortex-m": only its code of wolfSSL is installed. "" if they have several.
	Processor string `toml:"processor"`
}

// Release is the oldest release of MicroPython that works with a port, if that is not the oldest
// one of all.
type Release struct {
	// Least is the release, such as "1.26.0"; "" for no limit. Unless, if not empty, is a macro: a
	// board for which it is 0 has no limit either. Why says what older ones lack.
	Least  string `toml:"least"`
	Unless string `toml:"unless"`
	Why    string `toml:"why"`
}

func (r Release) check() error {
	if r.Least == "" && r == (Release{}) {
		return nil
	}
	if r.Why == "" {
		return errors.New("release needs both least and why")
	}
	_, err := micropython.ParseVersion(r.Least)
	return err
}

// Flash is what a port needs of its boards' flash.
type Flash struct {
	// Least is what the port's smallest firmware with wolfSSL takes, in bytes; 0 if flash does
	// not matter, as on unix.
	Least int64 `toml:"least"`
	// Files are macros with the offset in the flash at which files begin, and Source is the port's
	// source that has them, where the linker script gives code the whole flash: the linker then
	// does not report firmware that the files would overwrite. The lowest one counts.
	Files  []string `toml:"files"`
	Source string   `toml:"source"`
	// Region is the linker script's name for the flash.
	Region string `toml:"region"`
}

func (f Flash) check() error {
	if (len(f.Files) == 0) != (f.Source == "") || (f.Source == "") != (f.Region == "") {
		return errors.New("flash needs files, source and region, or none of them")
	}
	return nil
}

// Load returns what a port's file says; each file is decoded once.
func Load(port string) (*Port, error) {
	decoded.Lock()
	defer decoded.Unlock()
	if known := decoded.ports[port]; known != nil {
		return known, nil
	}
	text, err := Text(port)
	if err != nil {
		return nil, err
	}
	file, err := parsePort(port+".toml", text)
	if err != nil {
		return nil, err
	}
	decoded.ports[port] = file
	return file, nil
}

// decoded are the ports that were loaded before.
var decoded = struct {
	sync.Mutex
	ports map[string]*Port
}{ports: make(map[string]*Port)}

// Text is what Load reads, for callers that only need to identify the wants.
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

type unknownPortError struct{ port string }

func (e *unknownPortError) Error() string {
	known := strings.Join(Ports(), ", ")
	if reasons, err := Without(); err == nil && reasons[e.port] != "" {
		return fmt.Sprintf("the port %s is not patched: %s; known ports: %s", e.port,
			reasons[e.port], known)
	}
	return fmt.Sprintf("unknown port %q;%s known ports: %s", e.port,
		hint.DidYouMean(e.port, Ports()), known)
}
func (e *unknownPortError) Unwrap() error { return ErrUnknownPort }

func parsePort(name, text string) (*Port, error) {
	file := &Port{}
	meta, err := toml.Decode(text, file)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	if extra := meta.Undecoded(); len(extra) > 0 {
		return nil, fmt.Errorf("%s: unknown key %q", name, extra[0].String())
	}
	for i, want := range file.Wants {
		if err := want.check(); err != nil {
			return nil, fmt.Errorf("%s: want %d %w", name, i+1, err)
		}
	}
	if err := file.Release.check(); err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	if err := file.Flash.check(); err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	for i, need := range file.Needs {
		if err := need.check(); err != nil {
			return nil, fmt.Errorf("%s: need %d %w", name, i+1, err)
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
