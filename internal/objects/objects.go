// Package objects reads object files, archives and linked programs, in the formats of ELF and
// Mach-O: symbols, sizes, strings. It runs nothing, and does not decide what is wrong.
package objects

import (
	"bytes"
	"debug/dwarf"
	"debug/elf"
	"debug/macho"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// object is what the checks need to know of an object file: its symbols and the sizes of its
// sections.
type Object struct {
	File, Member string   // member is set for an object in an archive
	Source       string   // the first source file that its symbols name
	Place        Location // of its bytes
	cpu          macho.Cpu
	System       bool // it comes with the compiler
	Defs         []Definition
	Undefined    []string
	Size         sectionSizes
	// something in it goes into memory: false for an object of a source that is turned off
	Code bool
	// lto says that the object holds only code for the linker's optimizer: its symbols cannot be
	// read here.
	Lto bool
}

// location is where an object's bytes are: a part of a file.
type Location struct {
	File         string
	Offset, Size int64
}

// Contains reports whether a text is among the object's bytes.
func (o *Object) Contains(text string) bool {
	file, err := os.Open(o.Place.File)
	if err != nil {
		return false
	}
	defer file.Close()
	data, err := io.ReadAll(io.NewSectionReader(file, o.Place.Offset, o.Place.Size))
	return err == nil && bytes.Contains(data, []byte(text))
}

// name is the object as linkers write it: path, or archive(member).
func (o *Object) Name() string {
	if o.Member != "" {
		return o.File + "(" + o.Member + ")"
	}
	return o.File
}

// definition is a global symbol that an object defines.
type Definition struct {
	Symbol  string
	Section string
	Size    uint64
	Kind    kind
	Object  *Object
}

// kind is how the linker treats a second definition.
type kind int

const (
	strong kind = iota
	Weak        // gives way to a strong one
	Common      // a variable without a value, which is merged with others of its name
	Comdat      // in a group of which the linker keeps one
)

// sectionSizes are the bytes of the sections that go into memory, as "size" counts them.
type sectionSizes struct{ Text, Data, BSS uint64 }

func (s sectionSizes) total() uint64 { return s.Text + s.Data + s.BSS }

var errDamagedObject = errors.New("damaged object")

// readObject reads an ELF or Mach-O object; nil without an error for a file of another kind.
func ReadObject(r io.ReaderAt, file, memberName string) (o *Object, err error) {
	o = &Object{File: file, Member: memberName}
	// The packages debug/elf and debug/macho say that they are not hardened against damaged files.
	defer func() {
		if v := recover(); v != nil {
			o, err = nil, fmt.Errorf("%s: %w: %v",
				(&Object{File: file, Member: memberName}).Name(), errDamagedObject, v)
		}
	}()
	magic := make([]byte, 4)
	if _, err := r.ReadAt(magic, 0); err != nil {
		return nil, nil
	}
	switch {
	case string(magic) == elf.ELFMAG:
		err = o.readELF(r)
	case isMachO(magic):
		err = o.readMachO(r)
	case slices.ContainsFunc(bitcodeMagic, func(m string) bool { return m == string(magic) }):
		o.Lto = true
	default:
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("%s: %w: %w", o.Name(), errDamagedObject, err)
	}
	return o, nil
}

// bitcodeMagic is how files begin that clang writes for link-time optimization, with and without
// a wrapper.
var bitcodeMagic = []string{"BC\xc0\xde", "\xde\xc0\x17\x0b"}

func (o *Object) readELF(r io.ReaderAt) error {
	f, err := elf.NewFile(r)
	if err != nil {
		return err
	}
	for _, section := range f.Sections {
		if kind, inMemory := elfSectionKind(section); inMemory {
			o.Size.count(kind, section.Size)
			o.Code = o.Code || section.Size > 0 && section.Type != elf.SHT_NOTE
		}
	}
	symbols, err := f.Symbols()
	if errors.Is(err, elf.ErrNoSymbols) {
		return nil
	}
	if err != nil {
		return err
	}
	groups, err := comdatSections(f)
	if err != nil {
		return err
	}
	for _, s := range symbols {
		switch {
		// not in an object that holds code for both, as -ffat-lto-objects makes
		case s.Name == SlimMarker:
			o.Lto = true
		case elf.ST_TYPE(s.Info) != elf.STT_FILE:
			o.addELF(f, s, groups)
		case o.Source == "":
			o.Source = s.Name
		}
	}
	return nil
}

func (o *Object) addELF(f *elf.File, s elf.Symbol, groups map[elf.SectionIndex]bool) {
	bind := elf.ST_BIND(s.Info)
	const gnuUnique = elf.STB_LOOS
	if bind != elf.STB_GLOBAL && bind != elf.STB_WEAK && bind != gnuUnique || s.Name == "" {
		return
	}
	if s.Section == elf.SHN_UNDEF {
		if bind == elf.STB_GLOBAL {
			o.Undefined = append(o.Undefined, s.Name)
		}
		return
	}
	d := Definition{Symbol: s.Name, Size: s.Size, Object: o}
	if int(s.Section) < len(f.Sections) {
		d.Section = f.Sections[s.Section].Name
	}
	switch {
	case bind == elf.STB_WEAK:
		d.Kind = Weak
	case s.Section == elf.SHN_COMMON:
		d.Kind, d.Section = Common, "common"
	case bind == gnuUnique, groups[s.Section], strings.HasPrefix(d.Section, ".gnu.linkonce."):
		d.Kind = Comdat
	}
	o.Defs = append(o.Defs, d)
}

// comdatSections are the sections of the groups of which the linker keeps one.
func comdatSections(f *elf.File) (map[elf.SectionIndex]bool, error) {
	const grpComdat = 1
	members := make(map[elf.SectionIndex]bool)
	for _, section := range f.Sections {
		if section.Type != elf.SHT_GROUP {
			continue
		}
		data, err := section.Data()
		if err != nil {
			return nil, fmt.Errorf("read section group: %w", err)
		}
		for i := 0; i+4 <= len(data); i += 4 {
			word := f.ByteOrder.Uint32(data[i:])
			if i == 0 && word&grpComdat == 0 {
				break
			}
			if i > 0 {
				members[elf.SectionIndex(word)] = true
			}
		}
	}
	return members, nil
}

// sectionKind is what a section holds.
type SectionKind int

const (
	TextSection SectionKind = iota // read-only: code and constants
	DataSection                    // variables with a value
	BssSection                     // variables without one
)

// elfSectionKind is false for a section that does not go into memory.
func elfSectionKind(s *elf.Section) (SectionKind, bool) {
	switch {
	case s.Flags&elf.SHF_ALLOC == 0:
		return TextSection, false
	case s.Type == elf.SHT_NOBITS:
		return BssSection, true
	case s.Flags&elf.SHF_WRITE != 0:
		return DataSection, true
	}
	return TextSection, true
}

func (s *sectionSizes) count(k SectionKind, n uint64) {
	switch k {
	case TextSection:
		s.Text += n
	case DataSection:
		s.Data += n
	case BssSection:
		s.BSS += n
	}
}

// compiledFrom is the source that the debug information names; "" without one.
func (o *Object) CompiledFrom() (source string) {
	defer func() {
		if recover() != nil { // see readObject
			source = ""
		}
	}()
	file, err := os.Open(o.Place.File)
	if err != nil {
		return ""
	}
	defer file.Close()
	data, err := debugInfo(io.NewSectionReader(file, o.Place.Offset, o.Place.Size))
	if err != nil {
		return ""
	}
	unit, err := data.Reader().Next()
	if err != nil || unit == nil || unit.Tag != dwarf.TagCompileUnit {
		return ""
	}
	name, _ := unit.Val(dwarf.AttrName).(string)
	if dir, _ := unit.Val(dwarf.AttrCompDir).(string); name != "" && !filepath.IsAbs(name) {
		return filepath.Join(dir, name)
	}
	return name
}

func debugInfo(r io.ReaderAt) (*dwarf.Data, error) {
	magic := make([]byte, 4)
	if _, err := r.ReadAt(magic, 0); err != nil {
		return nil, err
	}
	if isMachO(magic) {
		f, err := macho.NewFile(r)
		if err != nil {
			return nil, err
		}
		return f.DWARF()
	}
	f, err := elf.NewFile(r)
	if err != nil {
		return nil, err
	}
	return f.DWARF()
}

// beginning are the first bytes of a file, by which its kind is known; fewer if it is shorter.
func Beginning(r io.ReaderAt) ([]byte, error) {
	start := make([]byte, len(ArchiveMagic))
	n, err := r.ReadAt(start, 0)
	if err == io.EOF {
		err = nil
	}
	return start[:n], err
}

// SlimMarker is a symbol that gcc gives an object for the linker's optimizer; nm shows it if it
// could not read the rest.
const SlimMarker = "__gnu_lto_slim"
