package verify

import (
	"context"
	"strings"

	"mpwolf/internal/objects"
)

// slimReader reads objects that hold only code for the linker's optimizer.
type slimReader struct{ *evidence }

// readSlim reads the symbols of the objects that hold only code for the linker's optimizer, as
// the compiler makes them with MicroPython's LTO=1. Only the compiler's own tools can read that
// code: gcc's plugin for nm, and llvm-nm for clang. Without them, the objects stay unreadable.
func (v slimReader) readSlim(ctx context.Context) error {
	slim := make(map[string]*objects.Object)
	var files []string
	for _, o := range v.inputs.objects {
		if !o.Lto {
			continue
		}
		name := o.File
		if o.Member != "" {
			name += "[" + o.Member + "]"
		}
		slim[name] = o
		if n := len(files); n == 0 || files[n-1] != o.File {
			files = append(files, o.File)
		}
	}
	if len(slim) == 0 {
		return nil
	}
	readers, err := v.slimReaders(ctx)
	if err != nil {
		return err
	}
	for _, argv := range readers {
		if out, err := v.toolCommand(ctx, append(argv, files...)).Output(); err == nil &&
			readSymbols(string(out), slim) {
			break
		}
	}
	return ctx.Err()
}

// slimReaders are the commands that may be able to list the symbols of such objects.
func (v slimReader) slimReaders(ctx context.Context) ([][]string, error) {
	nm, err := v.flags.ProgramName(ctx, "nm")
	if err != nil {
		return nil, err
	}
	plugin, err := v.flags.FileName(ctx, "liblto_plugin.so")
	if err != nil {
		return nil, err
	}
	llvm, err := v.flags.ProgramName(ctx, "llvm-nm")
	if err != nil {
		return nil, err
	}
	var readers [][]string
	if nm != "" && plugin != "" {
		readers = append(readers, []string{nm, "-A", "-P", "--plugin", plugin})
	}
	if llvm != "" {
		readers = append(readers, []string{llvm, "-A", "-P"})
	}
	return readers, nil
}

// readSymbols reads the output of nm -A -P: a line "FILE: SYMBOL TYPE VALUE SIZE" for each
// symbol; in an archive, FILE is ARCHIVE[MEMBER]. An object without a line has no symbols: its
// source is turned off. It returns false if nm did not understand the objects.
func readSymbols(listing string, byName map[string]*objects.Object) bool {
	if strings.Contains(listing, ": "+objects.SlimMarker+" ") {
		return false
	}
	for _, o := range byName {
		o.Lto = false
	}
	for line := range strings.Lines(listing) {
		i := strings.LastIndex(line, ": ")
		if i < 0 {
			continue
		}
		name, fields := line[:i], strings.Fields(line[i+1:])
		o := byName[name]
		if o == nil || len(fields) < 2 {
			continue
		}
		d := objects.Definition{Symbol: fields[0], Section: "not compiled yet", Object: o}
		switch fields[1] {
		case "U":
			o.Undefined = append(o.Undefined, d.Symbol)
			continue
		case "W", "V":
			d.Kind = objects.Weak
		case "C":
			d.Kind, d.Section = objects.Common, "common"
		case "u":
			d.Kind = objects.Comdat
		case "A", "B", "D", "G", "R", "S", "T":
		default: // a local symbol
			continue
		}
		o.Code = true
		o.Defs = append(o.Defs, d)
	}
	return true
}
