package verify

import (
	"context"
	"fmt"
	"path/filepath"
	"strings"
)

// The macros that name the board in a firmware: the board's own name for it and, since v1.26 in
// ports that CMake builds, the name that was built.
const (
	boardNameMacro  = "MICROPY_HW_BOARD_NAME"
	boardBuildMacro = "MICROPY_BOARD_BUILD_NAME"
)

// boardCheck checks which board was built. A Makefile that only runs CMake takes another board
// without a word, where the board's name does not reach CMake.
func (v macrosCheck) boardCheck(ctx context.Context, c *check) error {
	if v.Target.Board == "" || !v.Target.CMake() {
		return nil
	}
	const fix = "see what sets MICROPY_BOARD: the port's CMake files, the board's, and CMAKE_ARGS"
	built := v.flags.Vars["MICROPY_BOARD"]
	if built != "" && built != v.Target.Board {
		c.find(Finding{Message: fmt.Sprintf("CMake builds the board %s, not %s", built,
			v.Target.Board), Fix: fix})
	}
	if dir := v.flags.Vars["MICROPY_BOARD_DIR"]; dir != "" &&
		filepath.Base(dir) != v.Target.Board {
		c.find(Finding{Message: fmt.Sprintf("CMake takes the board's files from %s, not those "+
			"of %s", dir, v.Target.Board), File: dir, Fix: fix})
	}
	values, err := v.flags.Effective(ctx, []string{boardNameMacro, boardBuildMacro})
	if err != nil || v.image == nil {
		return ctx.Err() // there is a finding already
	}
	name := cText(values[boardNameMacro].Text)
	if name != "" && !v.image.Contains(name) {
		c.find(Finding{Message: fmt.Sprintf("the firmware does not contain the name of its "+
			"board, %q (%s): it was built for another one", name, boardNameMacro), File: v.elf,
			Fix: "remove " + v.build.Dir + ", then build again"})
	}
	if name != "" {
		c.show("built_for", name)
	}
	want := v.Target.Board
	if v.Target.Variant != "" {
		want += "-" + v.Target.Variant
	}
	if is := cText(values[boardBuildMacro].Text); is != "" && is != want {
		c.find(Finding{Message: fmt.Sprintf("%s is %q, not %q", boardBuildMacro, is, want),
			Fix: fix})
	}
	return nil
}

// cText is a string literal of C without its quotes; "" for anything else.
func cText(text string) string {
	inside, found := strings.CutPrefix(strings.TrimSpace(text), `"`)
	inside, ends := strings.CutSuffix(inside, `"`)
	if !found || !ends || strings.ContainsAny(inside, `"\`) {
		return ""
	}
	return inside
}
