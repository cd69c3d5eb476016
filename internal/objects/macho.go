package objects

import (
	"bytes"
	"cmp"
	"debug/macho"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
)

// Bits of Mach-O's symbols and sections that debug/macho has no names for (Apple's mach-o/nlist.h
// and loader.h).
const (
	machStab     = 0xe0
	machExternal = 0x01
	machType     = 0x0e // of these bits, 0 is undefined
	machWeakRef  = 0x0040
	machWeakDef  = 0x0080
	machZeroFill = 1
)

func isMachO(magic []byte) bool {
	return bytes.Equal(magic, []byte{0xcf, 0xfa, 0xed, 0xfe}) ||
		bytes.Equal(magic, []byte{0xce, 0xfa, 0xed, 0xfe})
}

// readMachO reads an object of macOS, whose C symbols begin with an underscore that the source
// does not have.
func (o *Object) readMachO(r io.ReaderAt) error {
	f, err := macho.NewFile(r)
	if err != nil {
		return err
	}
	o.cpu = f.Cpu
	o.Size = machSizes(f)
	o.Code = o.Size.total() > 0
	if f.Symtab == nil {
		return nil
	}
	ends := machEnds(f)
	for _, s := range f.Symtab.Syms {
		o.addMachO(f, s, ends)
	}
	return nil
}

// machSizes counts an object's sections; those of a linked program as well.
func machSizes(f *macho.File) (sizes sectionSizes) {
	for _, section := range f.Sections {
		switch {
		case section.Seg == "__DWARF", section.Seg == "__LLVM", section.Seg == "__PAGEZERO":
		case section.Flags&0xff == machZeroFill:
			sizes.BSS += section.Size
		case strings.HasPrefix(section.Seg, "__DATA"):
			sizes.Data += section.Size
		default:
			sizes.Text += section.Size
		}
	}
	return sizes
}

// machEnds are, for each section, the places where a symbol or the section ends, because Mach-O
// does not record the size of a symbol.
func machEnds(f *macho.File) [][]uint64 {
	ends := make([][]uint64, len(f.Sections))
	for i, section := range f.Sections {
		ends[i] = append(ends[i], section.Addr+section.Size)
	}
	for _, s := range f.Symtab.Syms {
		if i := int(s.Sect) - 1; s.Type&machStab == 0 && i >= 0 && i < len(ends) {
			ends[i] = append(ends[i], s.Value)
		}
	}
	for _, places := range ends {
		slices.Sort(places)
	}
	return ends
}

func (o *Object) addMachO(f *macho.File, s macho.Symbol, ends [][]uint64) {
	if s.Type&machStab != 0 || s.Type&machExternal == 0 {
		return
	}
	d := Definition{Symbol: strings.TrimPrefix(s.Name, "_"), Object: o}
	switch {
	case s.Type&machType == 0 && s.Value == 0:
		if s.Desc&machWeakRef == 0 {
			o.Undefined = append(o.Undefined, d.Symbol)
		}
		return
	case s.Type&machType == 0:
		d.Kind, d.Section, d.Size = Common, "common", s.Value
	case s.Desc&machWeakDef != 0:
		d.Kind = Weak
	}
	if i := int(s.Sect) - 1; i >= 0 && i < len(f.Sections) {
		d.Section = f.Sections[i].Seg + "," + f.Sections[i].Name
		at, _ := slices.BinarySearch(ends[i], s.Value+1)
		if at < len(ends[i]) {
			d.Size = ends[i][at] - s.Value
		}
	}
	o.Defs = append(o.Defs, d)
}

// slice is one processor's part of a universal ("fat") file.
type slice struct {
	Cpu  macho.Cpu
	Data *io.SectionReader
}

const (
	fatMagic   = 0xcafebabe
	fatMagic64 = 0xcafebabf
	maxSlices  = 64 // more than there are processors
)

var ErrDamagedFat = errors.New("damaged universal file")

// isFat reports whether the first bytes of a file are those of a universal one.
func IsFat(start []byte) bool {
	if len(start) < 4 {
		return false
	}
	magic := binary.BigEndian.Uint32(start)
	return magic == fatMagic || magic == fatMagic64
}

// readFat finds the parts of a universal file. Each is an object or an archive; debug/macho knows
// objects only.
func ReadFat(name string, file io.ReaderAt, size int64) ([]slice, error) {
	header := make([]byte, 8)
	if _, err := file.ReadAt(header, 0); err != nil || !IsFat(header) {
		return nil, fmt.Errorf("%s: %w: it does not begin as one", name, ErrDamagedFat)
	}
	count := binary.BigEndian.Uint32(header[4:])
	width := int64(20) // processor, its kind, offset, size, alignment
	if binary.BigEndian.Uint32(header) == fatMagic64 {
		width = 32
	}
	if count == 0 || count > maxSlices {
		return nil, fmt.Errorf("%s: %w: it has %d parts", name, ErrDamagedFat, count)
	}
	var parts []slice
	entry := make([]byte, width)
	for i := range int64(count) {
		if _, err := file.ReadAt(entry, 8+i*width); err != nil {
			return nil, fmt.Errorf("%s: %w: %w", name, ErrDamagedFat, err)
		}
		offset, length :=
			uint64(binary.BigEndian.Uint32(entry[8:])), uint64(binary.BigEndian.Uint32(entry[12:]))
		if width == 32 {
			offset = binary.BigEndian.Uint64(entry[8:])
			length = binary.BigEndian.Uint64(entry[16:])
		}
		if offset > uint64(size) || length > uint64(size)-offset {
			return nil, fmt.Errorf("%s: %w: part %d is longer than the file",
				name, ErrDamagedFat, i)
		}
		parts = append(parts, slice{macho.Cpu(binary.BigEndian.Uint32(entry)),
			io.NewSectionReader(file, int64(offset), int64(length))})
	}
	return parts, nil
}

// machCPUs are the values of clang's -arch.
var machCPUs = map[string]macho.Cpu{"x86_64": macho.CpuAmd64, "arm64": macho.CpuArm64,
	"arm64e": macho.CpuArm64,
	"i386":   macho.Cpu386, "armv7": macho.CpuArm}

// machCPU is the processor that a link is for: what -arch says, else that of the first object for
// one processor alone; 0 if there is none.
func MachCPU(argv []string, objects []*Object) macho.Cpu {
	for i, arg := range argv {
		if arg == "-arch" && i+1 < len(argv) && machCPUs[argv[i+1]] != 0 {
			return machCPUs[argv[i+1]]
		}
	}
	var cpu macho.Cpu
	for _, o := range objects {
		cpu = cmp.Or(cpu, o.cpu)
	}
	return cpu
}
