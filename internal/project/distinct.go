package project

import (
	"errors"
	"fmt"

	"mpwolf/internal/hint"
	"mpwolf/internal/shell"
)

// ErrOneDirectory is wrapped by errors about targets that would be built in one directory.
var ErrOneDirectory = errors.New("targets share a build directory")

type oneDirectoryError struct{ error }

func (e *oneDirectoryError) Unwrap() []error { return []error{e.error, ErrOneDirectory} }

// Distinct is an error if two of the targets would be built in one directory, MicroPython's or
// verify's: that of a board has its name only, wherever its files are. One could be taken for the
// other. A target that is there twice is one.
func Distinct(targets []Target) error {
	first := make(map[string]Target)
	for _, t := range targets {
		other, twice := first[t.ID()]
		if !twice {
			first[t.ID()] = t
		} else if !other.Entry().Same(t.Entry()) {
			return hint.With(&oneDirectoryError{fmt.Errorf(
				"%s and %s would be built in one directory", other.words(), t.words())},
				"rename one of the board's directories")
		}
	}
	return nil
}

// words name the target by its board's directory.
func (t Target) words() string {
	words := t.Port
	for _, word := range []string{shell.Path(t.BoardFlag()), t.Variant} {
		if word != "" {
			words += " " + word
		}
	}
	return words
}
