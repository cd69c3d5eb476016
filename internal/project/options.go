package project

import (
	"fmt"
	"slices"
	"strings"

	"mpwolf/internal/config"
	"mpwolf/internal/sources"
	"mpwolf/patches"
)

// Options are what a command line says. A zero value means that it does not say.
type Options struct {
	// Command is the name of the command, for messages.
	Command string
	// Tree is the MicroPython tree; TreeFrom is what names it, if that is not the command line.
	Tree, TreeFrom string
	// Say reports which tree is used if the current directory does not show it; nil reports
	// nothing.
	Say sources.Log
	// Port, Boards and Variant choose targets; AllBoards takes every board of Port. A board may be
	// a directory.
	Port      string
	Boards    []string
	Variant   string
	AllBoards bool
	// Make are further arguments for make, each NAME=VALUE.
	Make []string
	// UserSettings is the user_settings.h to use instead of the port's.
	UserSettings string
	// Modules is the directory for the user modules.
	Modules string
	// WolfSSL is a version, or the directory of a wolfSSL tree; WolfSSLFrom and WolfSSLSHA256 are
	// where it may come from, see fetch.Source.
	WolfSSL, WolfSSLFrom, WolfSSLSHA256 string
	// WolfSSLFull also installs what the processors of the targets cannot use.
	WolfSSLFull bool
	// MicroPython is the version to fetch if there is no tree; From and SHA256 are where it may
	// come from.
	MicroPython, From, SHA256 string
	// Moves is set if the tree's release is to replace the one that mpwolf.toml expects.
	Moves bool
	// Pristine chooses whether the patch changes no file of the tree; nil leaves it to
	// mpwolf.toml.
	Pristine *bool
	// Lenient leaves out the targets that the tree does not have, see Project.Gone.
	Lenient bool
	// MaxFlash and MaxRAM are what a firmware may take, in bytes.
	MaxFlash, MaxRAM uint64
	// MinHeap and MinStack are what it must leave for the heap and the stack, in bytes.
	MinHeap, MinStack uint64
}

// UsageError is a wrong command line.
type UsageError struct{ err error }

func (e *UsageError) Error() string { return e.err.Error() }
func (e *UsageError) Unwrap() error { return e.err }

// Usagef makes a *UsageError.
func Usagef(format string, args ...any) error {
	return &UsageError{fmt.Errorf(format, args...)}
}

// checkMake refuses arguments that make must not get.
func (o Options) checkMake() error {
	for _, arg := range o.Make {
		if err := config.CheckMake(arg); err != nil {
			return Usagef("--make %v", err)
		}
	}
	return nil
}

// noTarget is the error if nothing says what the target is.
func (o Options) noTarget() error {
	return Usagef("%s needs --port; known ports: %s", o.Command,
		strings.Join(patches.Ports(), ", "))
}

// CheckTargetFlags refuses, without --port, the flags that need it.
func (o Options) CheckTargetFlags() error { return o.checkWithoutPort() }

// checkWithoutPort refuses make arguments that are not assignments and, without --port, the
// flags that need it.
func (o Options) checkWithoutPort() error {
	if err := o.checkMake(); err != nil || o.Port != "" {
		return err
	}
	switch {
	case len(o.Boards) > 0:
		return Usagef("--board needs --port")
	case o.Variant != "":
		return Usagef("--variant needs --port")
	case o.AllBoards:
		return Usagef("--all-boards needs --port")
	}
	return nil
}

// boards are the boards that the options name, sorted, without duplicates.
func (o Options) boards() []string {
	return slices.Compact(slices.Sorted(slices.Values(o.Boards)))
}
