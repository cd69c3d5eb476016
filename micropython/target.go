package micropython

import (
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
)

// Target is what is built: a port of a tree for one board or in one variant.
type Target struct {
	Tree *Tree
	Port string
	// Board and Variant are the values of make's BOARD and VARIANT; at most one of them is set, or neither for
	// a port that has neither.
	Board, Variant string
	// Make are more arguments for make, such as "MICROPY_PY_BTREE=0", in the order given.
	Make []string
}

// defaultVariants is what a port's Makefile takes when VARIANT is not given (ports/unix/Makefile "VARIANT ?=").
const defaultVariant = "standard"

// Target checks the names against the tree. An empty variant means the port's default one.
func (t *Tree) Target(port, board, variant string) (Target, error) {
	ports, err := t.Ports()
	if err != nil {
		return Target{}, err
	}
	if !slices.Contains(ports, port) {
		return Target{}, unknown("port", port, "MicroPython "+t.Version.String()+" in "+t.Dir, ports)
	}
	target := Target{Tree: t, Port: port, Board: board, Variant: variant}
	boards, err := t.Boards(port)
	if err != nil {
		return Target{}, err
	}
	variants, err := t.Variants(port)
	if err != nil {
		return Target{}, err
	}
	switch {
	case board != "" && variant != "" && len(boards) == 0:
		return Target{}, fmt.Errorf("port %s has no boards; got --board %q", port, board)
	case board != "" && !slices.Contains(boards, board):
		return Target{}, unknown("board", board, "ports/"+port+"/boards", boards)
	case board == "" && len(variants) > 0:
		if variant == "" {
			target.Variant = defaultVariant
		}
		if !slices.Contains(variants, target.Variant) {
			return Target{}, unknown("variant", target.Variant, "ports/"+port+"/variants", variants)
		}
	case variant != "" && len(variants) == 0:
		return Target{}, fmt.Errorf("port %s has no variants; got --variant %q", port, variant)
	}
	target.Make = t.makeFor(target)
	return target, nil
}

// ErrUnknownName is wrapped by errors about a port, board or variant that a tree does not have.
var ErrUnknownName = errors.New("unknown name")

type unknownError struct{ text string }

func (e *unknownError) Error() string { return e.text }
func (e *unknownError) Unwrap() error { return ErrUnknownName }

func unknown(kind, name, where string, known []string) error {
	has := "none"
	if len(known) > 0 {
		has = strings.Join(known, ", ")
	}
	return &unknownError{fmt.Sprintf("unknown %s %q; %s has: %s", kind, name, where, has)}
}

// Dir is the port's folder, where make runs.
func (t Target) Dir() string { return t.Tree.Path("ports", t.Port) }

// Name is the target in words, such as "unix (standard)".
func (t Target) Name() string {
	if sub := t.sub(); sub != "" {
		return t.Port + " (" + sub + ")"
	}
	return t.Port
}

// ID is the target as a part of a file name, such as "unix-standard".
func (t Target) ID() string {
	if sub := t.sub(); sub != "" {
		return t.Port + "-" + filepath.Base(sub)
	}
	return t.Port
}

func (t Target) sub() string {
	if t.Board != "" {
		return t.Board
	}
	return t.Variant
}

// Args are the arguments that make needs for this target.
func (t Target) Args() []string {
	var args []string
	if t.Board != "" {
		args = append(args, "BOARD="+t.Board)
	}
	if t.Variant != "" {
		args = append(args, "VARIANT="+t.Variant)
	}
	return append(args, t.Make...)
}
