package verify

import (
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
)

// The stacks that a firmware's size is divided into.
const (
	stackTLS         = "wolfSSL TLS"
	stackCrypt       = "wolfCrypt"
	stackModules     = "modules"
	stackMicroPython = "MicroPython"
	stackCompiler    = "compiler's libraries"
	stackTables      = "linker's tables"
)

var stacks = []string{stackTLS, stackCrypt, stackModules, stackMicroPython, stackCompiler, stackTables}

// sizeCheck measures the firmware: its sections in memory, and the share of each stack. The shares are the sizes of
// the input sections that the linker's map places, or, without a map, those of the objects before the linker leaves
// out what nobody needs.
func (v *verification) sizeCheck(c *check) {
	if v.elf == "" {
		c.notMade = v.blocked
		return
	}
	image := v.image
	shares, measure := v.shares()
	c.show("text", image.size.Text)
	c.show("data", image.size.Data)
	c.show("bss", image.size.BSS)
	c.show("stacks", shares)
	c.show("measured", measure)
	parts := make([]string, 0, len(stacks))
	for _, stack := range stacks {
		if n := shares[stack]; n > 0 {
			parts = append(parts, fmt.Sprintf("%s %s", stack, kilobytes(n)))
		}
	}
	c.summary = fmt.Sprintf("text %d, data %d, bss %d bytes; %s (by the %s)", image.size.Text, image.size.Data,
		image.size.BSS, strings.Join(parts, ", "), measure)
}

// kilobytes gives bytes in units of 1000, as datasheets of TLS stacks do.
func kilobytes(n uint64) string { return fmt.Sprintf("%d.%d kB", n/1000, n%1000/100) }

func (v *verification) shares() (shares map[string]uint64, measure string) {
	shares = make(map[string]uint64)
	text, err := os.ReadFile(v.mapFile())
	if err == nil {
		if sizes := parseMap(string(text), v.image.sections); len(sizes) > 0 {
			for name, size := range sizes {
				shares[v.stackOf(name)] += size
			}
			return shares, "linker's map"
		}
	}
	for _, o := range v.inputs.objects {
		shares[v.stackOf(o.name())] += o.size.total()
	}
	return shares, "sizes of the objects"
}

// mapFile is the map that the link writes: the value of -Map, else that beside the firmware.
func (v *verification) mapFile() string {
	for _, arg := range v.link.Argv {
		for _, word := range strings.Split(strings.TrimPrefix(arg, "-Wl,"), ",") {
			if name, found := strings.CutPrefix(strings.TrimLeft(word, "-"), "Map="); found {
				return v.abs(name)
			}
		}
	}
	return v.elf + ".map"
}

// stackOf is the stack that an object, or a member of an archive, belongs to.
func (v *verification) stackOf(name string) string {
	if name == linkerTables {
		return stackTables
	}
	path := v.abs(name)
	if deps := v.deps(path); len(deps) > 0 {
		path = deps[0]
	}
	inModule := false
	if dir := v.modulesDir(); dir != "" {
		inModule = relative(dir, path) != path
		for _, file := range fragments(dir) {
			module := filepath.Join(v.build.Dir, filepath.Base(filepath.Dir(file)))
			inModule = inModule || relative(module, path) != path
		}
	}
	inWolf := v.WolfSSL != "" && (relative(v.WolfSSL, path) != path || relative(v.build.Dir+v.WolfSSL, path) != path)
	slashed := filepath.ToSlash(path)
	switch {
	case (inWolf || inModule) && strings.Contains(slashed, "/wolfcrypt/"):
		return stackCrypt
	case inWolf, inModule && strings.Contains(slashed, "/wolfssl/src/"):
		return stackTLS
	case inModule:
		return stackModules
	case relative(v.build.Dir, path) != path, relative(v.Target.Tree.Dir, path) != path:
		return stackMicroPython
	}
	return stackCompiler
}

// linkerTables stands for the objects in what parseMap returns of the sections that the linker makes or merges: its
// map gives them to the first object.
const linkerTables = "linker's tables"

var tableSections = []string{".eh_frame*", ".rel.*", ".rela.*", ".dyn*", ".gnu.*", ".hash*", ".interp*", ".note*"}

// parseMap reads a map of GNU ld or gold: the bytes that each object or archive member has in the given output
// sections. A line places an input section of an object; a long section name stands on a line of its own before:
//
//	.text.mp_init  0x0000000000012340       0x54 build/py/runtime.o
//	.rodata.str1.1
//	               0x0000000000054320       0x12 lib/libx.a(y.o)
func parseMap(text string, sections map[string]bool) map[string]uint64 {
	_, text, found := strings.Cut(text, "\nLinker script and memory map\n")
	if !found {
		return nil
	}
	sizes := make(map[string]uint64)
	output, section := "", ""
	for line := range strings.Lines(text) {
		line = strings.TrimRight(line, "\r\n")
		if line == "" {
			continue
		}
		fields := strings.Fields(line)
		if line[0] != ' ' { // an output section
			output = fields[0]
			continue
		}
		if !sections[output] || line[1] == '*' {
			continue
		}
		if !strings.HasPrefix(fields[0], "0x") {
			section = fields[0]
			fields = fields[1:]
		}
		if len(fields) < 3 || !strings.HasPrefix(fields[0], "0x") || !strings.HasPrefix(fields[1], "0x") {
			continue
		}
		size, err := strconv.ParseUint(fields[1][2:], 16, 64)
		if err != nil {
			continue
		}
		switch name := strings.Join(fields[2:], " "); {
		case matchesAny(tableSections, section):
			sizes[linkerTables] += size
		case isObjectName(name):
			sizes[name] += size
		}
	}
	return sizes
}

func isObjectName(name string) bool {
	return strings.HasSuffix(name, ".o") || strings.HasSuffix(name, ".o)") || strings.HasSuffix(name, ".obj)")
}
