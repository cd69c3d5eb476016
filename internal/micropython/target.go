package micropython

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"mpwolf/internal/hint"
)

// Target is what is built: a port of a tree for one board or in one variant.
type Target struct {
	Tree *Tree
	Port string
	// Board and Variant are the values of make's BOARD and VARIANT, or BOARD_VARIANT where there
	// is a board too; both are empty for a port that has neither boards nor variants.
	Board, Variant string
	// BoardDir is the absolute path of the board's directory where it is not one of the port's own
	// boards; empty otherwise.
	BoardDir string
	// Make are more arguments for make, such as "MICROPY_PY_BTREE=0", in the order given.
	Make []string
	// Modules is the absolute path of the directory of user modules that it is built with; "" for
	// none.
	Modules string
	// Macros are what the compiler defines, by name, if it was asked; else nil.
	Macros map[string]string
}

// DefaultVariant is what a port's Makefile takes when VARIANT is not given (ports/unix/Makefile
// "VARIANT ?=").
const DefaultVariant = "standard"

// Target checks the names against the tree. A board may be a directory of its own, given as a
// path. An empty variant means the port's default one.
func (t *Tree) Target(port, board, variant string) (Target, error) {
	if err := t.CheckPort(port); err != nil {
		return Target{}, err
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
	if len(boards) > 0 && isPath(board) {
		if err := target.setBoardDir(board); err != nil {
			return Target{}, err
		}
	}
	switch {
	case board != "" && variant != "" && len(boards) == 0:
		return Target{}, &unknownError{
			fmt.Sprintf("port %s has no boards; got --board %q", port, board)}
	case board != "" && target.BoardDir == "" && !slices.Contains(boards, target.Board):
		return Target{}, unknown("board", board, "ports/"+port+"/boards", boards)
	case board == "" && len(boards) > 0 && len(variants) == 0:
		return Target{}, &unknownError{"port " + port + " needs a board; ports/" +
			port + "/boards has: " +
			hint.List(boards)}
	case board == "" && len(variants) > 0:
		if variant == "" {
			target.Variant = DefaultVariant
		}
		if !slices.Contains(variants, target.Variant) {
			return Target{}, unknown("variant", target.Variant,
				"ports/"+port+"/variants", variants)
		}
	case board == "" && variant != "" && len(variants) == 0:
		return Target{}, &unknownError{
			fmt.Sprintf("port %s has no variants; got --variant %q", port, variant)}
	}
	if board != "" && variant != "" {
		if err := target.checkBoardVariant(); err != nil {
			return Target{}, err
		}
	}
	target.Make = t.makeFor(target)
	return target, nil
}

// CheckPort is an error that wraps ErrUnknownName if the tree does not have a port.
func (t *Tree) CheckPort(port string) error {
	ports, err := t.Ports()
	if err == nil && !slices.Contains(ports, port) {
		err = unknown("port", port, "MicroPython "+t.Version.String(), ports)
	}
	return err
}

// isPath distinguishes a board's directory from a board's name.
func isPath(board string) bool {
	return strings.ContainsRune(board, filepath.Separator) || board == "." || board == ".."
}

// setBoardDir takes a directory for the board, as make's BOARD_DIR does. One of the port's own
// boards is known by its name.
func (t *Target) setBoardDir(directory string) error {
	abs, err := filepath.Abs(directory)
	if err != nil {
		return fmt.Errorf("board directory %q: %w", directory, err)
	}
	needed := []string{"mpconfigboard.mk"}
	if t.CMake() {
		needed[0] = "mpconfigboard.cmake"
	}
	// The boards of qemu have no header.
	headers, err := fs.Glob(os.DirFS(t.Dir()), "boards/*/mpconfigboard.h")
	if err != nil || len(headers) > 0 {
		needed = append(needed, "mpconfigboard.h")
	}
	for _, name := range needed {
		if _, err := os.Stat(filepath.Join(abs, name)); err != nil {
			return fmt.Errorf("board directory %q has no %s", directory, name)
		}
	}
	t.Board = filepath.Base(abs)
	if abs != filepath.Join(t.Dir(), "boards", t.Board) {
		t.BoardDir = abs
	}
	return nil
}

// boardDir is where the board's files are.
func (t Target) boardDir() string {
	if t.BoardDir != "" {
		return t.BoardDir
	}
	return filepath.Join(t.Dir(), "boards", t.Board)
}

// checkBoardVariant looks for the variant among the board's mpconfigvariant_V.mk (v1.24 and
// later) or, without any, for one of the board's makefiles that uses BOARD_VARIANT at all
// (before).
func (t Target) checkBoardVariant() error {
	entries, err := os.ReadDir(t.boardDir())
	if err != nil {
		return fmt.Errorf("board variant %q: %w", t.Variant, err)
	}
	var known []string
	for _, entry := range entries {
		if name, ok := strings.CutPrefix(entry.Name(), "mpconfigvariant_"); ok {
			known = append(known, strings.TrimSuffix(name, filepath.Ext(name)))
		}
	}
	makefile, err := os.ReadFile(filepath.Join(t.boardDir(), "mpconfigboard.mk"))
	if len(known) == 0 && err == nil && strings.Contains(string(makefile), "BOARD_VARIANT") {
		return nil
	}
	if !slices.Contains(known, t.Variant) {
		return unknown("variant", t.Variant, "board "+t.Board, slices.Compact(known))
	}
	return nil
}

// BoardFlag is the board argument for which Tree.Target returns this target.
func (t Target) BoardFlag() string {
	if t.BoardDir != "" {
		return t.BoardDir
	}
	return t.Board
}

// ErrUnknownName is wrapped by errors about a port, board or variant that a tree does not have.
var ErrUnknownName = errors.New("unknown name")

type unknownError struct{ text string }

func (e *unknownError) Error() string { return e.text }
func (e *unknownError) Unwrap() error { return ErrUnknownName }

func unknown(kind, name, where string, known []string) error {
	return &unknownError{fmt.Sprintf("unknown %s %q;%s %s has: %s", kind, name,
		hint.DidYouMean(name, known), where, hint.List(known))}
}

// Dir is the port's directory, where make runs.
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
	if t.Board != "" && t.Variant != "" {
		return t.Board + "-" + t.Variant
	}
	return t.Board + t.Variant
}

// A coreMake compiles the firmware of one core of a port whose Makefile only runs such makes and
// packs what they made.
type coreMake struct {
	file string
	// vars choose the core: the one that has the network and, by default, the built-in TLS.
	vars []string
}

// coreMakes are those of ports/alif/Makefile, v1.25.0 and later.
var coreMakes = map[string]coreMake{
	"alif": {"alif.mk", []string{"MCU_CORE=M55_HP"}},
}

// CMake reports whether CMake builds the port's firmware; its Makefile only runs CMake then.
func (t Target) CMake() bool {
	info, err := os.Stat(filepath.Join(t.Dir(), "CMakeLists.txt"))
	return err == nil && info.Mode().IsRegular()
}

// Makefile is the makefile in Dir that compiles the firmware; "" for the one that make takes by
// itself.
func (t Target) Makefile() string { return coreMakes[t.Port].file }

// Variables are the variables on make's command line, NAME=VALUE, other than those that name the
// board or the variant.
func (t Target) Variables() []string {
	return slices.Concat(coreMakes[t.Port].vars, t.Make)
}

// Args are the arguments that make needs for this target.
func (t Target) Args() []string {
	var args []string
	if file := t.Makefile(); file != "" {
		args = append(args, "-f", file)
	}
	if t.Board != "" {
		args = append(args, "BOARD="+t.Board)
	}
	if t.BoardDir != "" {
		args = append(args, "BOARD_DIR="+t.BoardDir)
	}
	switch {
	case t.Variant != "" && t.Board != "":
		args = append(args, "BOARD_VARIANT="+t.Variant)
	case t.Variant != "":
		args = append(args, "VARIANT="+t.Variant)
	}
	return append(args, t.Variables()...)
}
