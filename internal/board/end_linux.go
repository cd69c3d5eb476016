package board

import (
	"os/exec"
	"syscall"
)

// endWithUs makes a program end with this one, even if that is killed, and puts it into a process
// group of its own, for killAll.
func endWithUs(cmd *exec.Cmd) {
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGKILL}
}

// killAll ends a program that was started, and those that it has started itself.
func killAll(cmd *exec.Cmd) {
	_ = syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL) // all of them may have ended
}
