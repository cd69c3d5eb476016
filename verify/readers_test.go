package verify

import (
	"maps"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

const sampleMap = `Archive member included to satisfy reference by file (symbol)

Discarded input sections

 .text.gone     0x0000000000000000       0x99 build/a.o

Memory Configuration

Linker script and memory map

LOAD build/a.o

.text           0x0000000000001000      0x140
 *(.text .text.*)
 .text.f        0x0000000000001000       0x10 build/a.o
                0x0000000000001000                f
 .text.a_function_of_a_long_name
                0x0000000000001010       0x20 lib/libx.a(b.o)
                0x0000000000001010                a_function_of_a_long_name
 *fill*         0x0000000000001030        0x8 
.rodata         0x0000000000002000       0x20
 .rodata.str1.1
                0x0000000000002000        0x8 build/a.o
                                         0x10 (size before relaxing)
.eh_frame       0x0000000000003000       0x30
 .eh_frame      0x0000000000003000       0x30 /usr/lib/crt1.o
.debug_info     0x0000000000000000      0x500
 .debug_info    0x0000000000000000      0x500 build/a.o
`

func TestParseMap(t *testing.T) {
	got := parseMap(sampleMap, map[string]bool{".text": true, ".rodata": true, ".eh_frame": true})
	want := map[string]uint64{"build/a.o": 0x18, "lib/libx.a(b.o)": 0x20, linkerTables: 0x30}
	if !maps.Equal(got, want) {
		t.Errorf("got %v", got)
	}
}

func TestRunScript(t *testing.T) {
	dir := t.TempDir()
	tests := []struct {
		name, script, expected string
		problem                string
		skipped                bool
	}{
		{name: "passes", script: "echo hello"},
		{name: "as expected", script: "echo hello", expected: "hello\n"},
		{name: "not as expected", script: "echo hello", expected: "other\n", problem: "its output is not that of"},
		{name: "exit code", script: "echo Traceback; exit 1", problem: "fails (exit status 1): Traceback"},
		{name: "says FAIL", script: "echo ok; echo FAIL here", problem: "FAIL here"},
		{name: "skips", script: "echo SKIP", skipped: true},
		{name: "runs in its folder", script: `test "$(pwd -P)" = "$(cd "$(dirname "$0")" && pwd -P)"`},
	}
	v := &verification{elf: "/bin/sh"}
	for _, test := range tests {
		script := filepath.Join(dir, strings.ReplaceAll(test.name, " ", "_")+".py")
		if err := os.WriteFile(script, []byte(test.script+"\n"), 0o666); err != nil {
			t.Fatal(err)
		}
		if test.expected != "" {
			if err := os.WriteFile(script+".exp", []byte(test.expected), 0o666); err != nil {
				t.Fatal(err)
			}
		}
		got, err := v.runScript(t.Context(), script)
		if err != nil {
			t.Fatal(err)
		}
		if got.skipped != test.skipped || !strings.Contains(got.problem, test.problem) || (got.problem != "") != (test.problem != "") {
			t.Errorf("%s: %+v", test.name, got)
		}
	}
}

func TestWantName(t *testing.T) {
	want := Want{Macro: "MICROPY_PY_SSL", Names: []string{"MICROPY_PY_SSL", "MICROPY_PY_USSL"}}
	tests := []struct{ mpconfig, name string }{
		{"#ifndef MICROPY_PY_SSL\n#define MICROPY_PY_SSL (0)\n", "MICROPY_PY_SSL"},
		{"#ifndef MICROPY_PY_USSL\n#define MICROPY_PY_USSL (0)\n", "MICROPY_PY_USSL"},
		{"#define MICROPY_PY_USSL_FINALISER\n#define MICROPY_PY_USSL 1\n", "MICROPY_PY_USSL"},
		{"", "MICROPY_PY_SSL"},
	}
	for _, test := range tests {
		if got := want.name(test.mpconfig, nil); got != test.name {
			t.Errorf("%q: %s", test.mpconfig, got)
		}
	}
}
