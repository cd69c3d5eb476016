// Package ports holds the boards' side of wolfSSL: for each of MicroPython's ports a
// user_settings.h and, where the hardware needs it, a wolfssl_port.c; in common, what ports
// without an operating system share. It only provides the files.
package ports

import (
	"embed"
	"io/fs"
	"slices"
)

//go:embed */*.h */*.c */*.cmake qemu/*.ld qemu/*.mk qemu/boards
var files embed.FS

// FS has one directory per port, and common.
func FS() fs.FS { return files }

// Known are the names of the ports, sorted.
func Known() []string {
	entries, err := files.ReadDir(".")
	if err != nil {
		return nil // the directory is embedded in the program
	}
	var names []string
	for _, entry := range entries {
		if _, err := fs.Stat(files, entry.Name()+"/user_settings.h"); err == nil {
			names = append(names, entry.Name())
		}
	}
	slices.Sort(names)
	return names
}
