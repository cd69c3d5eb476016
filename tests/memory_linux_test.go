package tests_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
)

// memoryDir makes a directory in memory for what the short tests write: the scripts make and
// remove some ten thousand small files, which takes ext4 twice the time of all the rest. It is ""
// where there is no such place, where it runs no programs, or where it has less than a gigabyte
// left, of which the tests take a quarter.
func memoryDir() string {
	var free syscall.Statfs_t
	if os.Getenv("TMPDIR") != "" || syscall.Statfs("/dev/shm", &free) != nil ||
		free.Bavail*uint64(free.Bsize) < 1<<30 {
		return ""
	}
	dir, err := os.MkdirTemp("/dev/shm", "mpwolf-tests")
	if err != nil {
		return ""
	}
	program := filepath.Join(dir, "program")
	if os.WriteFile(program, []byte("#!/bin/sh\n"), 0o755) != nil ||
		exec.Command(program).Run() != nil {
		os.RemoveAll(dir)
		return ""
	}
	return dir
}
