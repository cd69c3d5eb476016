//go:build !linux

package board

import "os/exec"

// endWithUs does nothing: a program in the terminal's process group ends with the terminal.
func endWithUs(*exec.Cmd) {}

// killAll ends a program that was started.
func killAll(cmd *exec.Cmd) {
	_ = cmd.Process.Kill() // it may have ended
}
