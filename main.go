// Command mpwolf puts wolfSSL into MicroPython firmware.
package main

import (
	"os"

	"mpwolf/internal/command"
)

func main() { os.Exit(command.Main(os.Args, os.Stdin, os.Stdout, os.Stderr)) }
