// Package tests holds the Python scripts that run inside a patched MicroPython; verify runs some of them on every
// firmware that can run on this machine.
package tests

import "embed"

// Firmware holds the scripts, below firmware.
//
//go:embed firmware
var Firmware embed.FS
