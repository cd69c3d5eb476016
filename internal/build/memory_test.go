package build

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestCodeFlash(t *testing.T) {
	const chip = `/* MEMORY { FLASH (rx) : ORIGIN = 0, LENGTH = 1K } */
MEMORY
{
    FLASH (rx)      : ORIGIN = 0x08000000, LENGTH = 2048K /* entire flash */
    FLASH_FS (rx)   : ORIGIN = 0x08004000, LENGTH = 112K /* sectors 1-4: 3*16K+64K */
    TEXT
    RAM (xrw)       : ORIGIN = 0x20000000, LENGTH = 192K
}
SECTIONS { .text : { *(.text) } >FLASH_TEXT }
`
	tests := []struct {
		name, text string
		region     string
		bytes      int64
	}{
		{"a part", "FLASH_TEXT (rx) : ORIGIN = 0x08020000, LENGTH = 896K /* sectors 5-11 */",
			"FLASH_TEXT", 896 << 10},
		{"for a boot loader", "FLASH_APP (rx):ORIGIN=0x08008000,LENGTH=480K",
			"FLASH_APP", 480 << 10},
		{"the whole chip", "", "FLASH", 2 << 20},
		{"ld's other words", "FLASH_TEXT : org = 0x08020000 + 4K, len = 0x80000",
			"FLASH_TEXT", 512 << 10},
		{"octal", "FLASH_TEXT : o = 0, l = 0100M", "FLASH_TEXT", 64 << 20},
		{"an expression", "FLASH_TEXT : ORIGIN = 0, LENGTH = 512K - 16K", "", 0},
		{"a second flash", "FLASH_EXT (rx) : ORIGIN = 0x90000000, LENGTH = 1024K", "", 0},
		{"too large a number", "FLASH_TEXT : ORIGIN = 0, LENGTH = 99999999999999999999", "", 0},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			dir := t.TempDir()
			files := map[string]string{"chip.ld": strings.Replace(chip, "TEXT", test.text, 1),
				"common.ld": "ENTRY(Reset_Handler)\n"}
			for name, text := range files {
				if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o666); err != nil {
					t.Fatal(err)
				}
			}
			flags := &Flags{Dir: dir,
				Vars: map[string]string{LinkerScripts: "chip.ld " +
					filepath.Join(dir, "common.ld")}}
			flash, known := flags.CodeFlash()
			if known != (test.region != "") ||
				known && (flash.Name != test.region || flash.Bytes != test.bytes ||
					flash.File != filepath.Join(dir, "chip.ld")) {
				t.Errorf("%+v, known: %v", flash, known)
			}
		})
	}
	for _, scripts := range []string{"", "gone.ld"} {
		flags := &Flags{Dir: t.TempDir(), Vars: map[string]string{LinkerScripts: scripts}}
		if flash, known := flags.CodeFlash(); known {
			t.Errorf("%q: %+v", scripts, flash)
		}
	}
}
