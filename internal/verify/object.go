package verify

import (
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

// object is what the checks need to know of an object file: its symbols and the sizes of its sections.
type object struct {
	file, member string   // member is set for an object in an archive
	source       string   // the first source file that its symbols name
	place        location // of its bytes
	cpu          macho.Cpu
	system       bool // it comes with the compiler
	defs         []definition
	undefined    []string
	size         sectionSizes
	code         bool // there is something that goes into memory: not an object of a source that is turned off
	// lto says that the object holds code for the linker's optimizer only: its symbols cannot be read here.
	lto bool
}

// location is where an object's bytes are: a part of a file.
type location struct {
	file         string
	offset, size int64
}

// name is the object as linkers write it: path, or archive(member).
func (o *object) name() string {
	if o.member != "" {
		return o.file + "(" + o.member + ")"
	}
	return o.file
}

// definition is a global symbol that an object defines.
type definition struct {
	symbol  string
	section string
	size    uint64
	kind    kind
	object  *object
}

// kind is how the linker treats a second definition.
type kind int

const (
	strong kind = iota
	weak        // gives way to a strong one
	common      // a variable without a value, merged with others of its name
	comdat      // in a group of which the linker keeps one
)

// sectionSizes are the bytes of the sections that go into memory, as "size" counts them.
type sectionSizes struct{ Text, Data, BSS uint64 }

func (s sectionSizes) total() uint64 { return s.Text + s.Data + s.BSS }

var errDamagedObject = errors.New("damaged object")

// readObject reads an ELF or Mach-O object; nil without an error for a file of another kind.
func readObject(r io.ReaderAt, file, memberName string) (o *object, err error) {
	o = &object{file: file, member: memberName}
	// The packages debug/elf and debug/macho say that they are not hardened against damaged files.
	defer func() {
		if v := recover(); v != nil {
			o, err = nil, fmt.Errorf("%s: %w: %v", (&object{file: file, member: memberName}).name(), errDamagedObject, v)
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
		o.lto = true
	default:
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("%s: %w: %w", o.name(), errDamagedObject, err)
	}
	return o, nil
}

// bitcodeMagic is how the files begin that clang writes for link-time optimization, with and without a wrapper.
var bitcodeMagic = []string{"BC\xc0\xde", "\xde\xc0\x17\x0b"}

func (o *object) readELF(r io.ReaderAt) error {
	f, err := elf.NewFile(r)
	if err != nil {
		return err
	}
	for _, section := range f.Sections {
		if kind, inMemory := elfSectionKind(section); inMemory {
			o.size.count(kind, section.Size)
			o.code = o.code || section.Size > 0 && section.Type != elf.SHT_NOTE
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
		case s.Name == slimMarker: // not in an object that holds code for both, as -ffat-lto-objects makes
			o.lto = true
		case elf.ST_TYPE(s.Info) != elf.STT_FILE:
			o.addELF(f, s, groups)
		case o.source == "":
			o.source = s.Name
		}
	}
	return nil
}

func (o *object) addELF(f *elf.File, s elf.Symbol, groups map[elf.SectionIndex]bool) {
	bind := elf.ST_BIND(s.Info)
	const gnuUnique = elf.STB_LOOS
	if bind != elf.STB_GLOBAL && bind != elf.STB_WEAK && bind != gnuUnique || s.Name == "" {
		return
	}
	if s.Section == elf.SHN_UNDEF {
		if bind == elf.STB_GLOBAL {
			o.undefined = append(o.undefined, s.Name)
		}
		return
	}
	d := definition{symbol: s.Name, size: s.Size, object: o}
	if int(s.Section) < len(f.Sections) {
		d.section = f.Sections[s.Section].Name
	}
	switch {
	case bind == elf.STB_WEAK:
		d.kind = weak
	case s.Section == elf.SHN_COMMON:
		d.kind, d.section = common, "common"
	case bind == gnuUnique, groups[s.Section], strings.HasPrefix(d.section, ".gnu.linkonce."):
		d.kind = comdat
	}
	o.defs = append(o.defs, d)
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
type sectionKind int

const (
	textSection sectionKind = iota // what is only read: code and constants
	dataSection                    // variables with a value
	bssSection                     // variables without one
)

// elfSectionKind is false for a section that does not go into memory.
func elfSectionKind(s *elf.Section) (sectionKind, bool) {
	switch {
	case s.Flags&elf.SHF_ALLOC == 0:
		return textSection, false
	case s.Type == elf.SHT_NOBITS:
		return bssSection, true
	case s.Flags&elf.SHF_WRITE != 0:
		return dataSection, true
	}
	return textSection, true
}

func (s *sectionSizes) count(k sectionKind, n uint64) {
	switch k {
	case textSection:
		s.Text += n
	case dataSection:
		s.Data += n
	case bssSection:
		s.BSS += n
	}
}

// compiledFrom is the source that the debug information names; "" if there is none.
func (o *object) compiledFrom() (source string) {
	defer func() {
		if recover() != nil { // see readObject
			source = ""
		}
	}()
	file, err := os.Open(o.place.file)
	if err != nil {
		return ""
	}
	defer file.Close()
	data, err := debugInfo(io.NewSectionReader(file, o.place.offset, o.place.size))
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
