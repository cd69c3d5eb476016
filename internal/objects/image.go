package objects

import (
	"bytes"
	"cmp"
	"debug/elf"
	"debug/macho"
	"fmt"
	"os"
	"regexp"
	"slices"
	"strings"
)

// image is a linked firmware.
type Image struct {
	Symbols    []ImageSymbol
	HasSymbols bool
	constants  []byte // the contents of the sections that go into memory
	chunks     []chunk
	Size       sectionSizes
	// the processor, by Go's name, or by that of debug/elf if Go has none
	Arch     string
	MacOS    bool                   // a program of macOS
	Sections map[string]SectionKind // those that go into memory
	Placed   []Placed               // the same, with their addresses
	Needed   []string               // the shared libraries that it is linked with
}

type ImageSymbol struct {
	Name   string
	Global bool
	Value  uint64 // the address, as a rule
	Size   uint64
	// Section is the section that a function or an object of an ELF is in, and Start where it
	// begins there: without the bit that marks a function as Thumb code. "" and 0 for other
	// symbols.
	Section string
	Start   uint64
}

// Placed is a section of a firmware and where it is when the firmware runs; initialised data is
// at Load before that.
type Placed struct {
	Name             string
	Start, Load, End uint64
	InFile           bool
}

// Symbol is the symbol with a name; false if there is none, or if there are several with
// different values.
func (i *Image) Symbol(name string) (found ImageSymbol, is bool) {
	for _, symbol := range i.Symbols {
		if symbol.Name != name {
			continue
		}
		if is && symbol.Value != found.Value {
			return ImageSymbol{}, false
		}
		found, is = symbol, true
	}
	return found, is
}

func ReadImage(name string) (i *Image, err error) {
	defer func() {
		if v := recover(); v != nil { // see readObject
			i, err = nil, fmt.Errorf("%s: %w: %v", name, errDamagedObject, v)
		}
	}()
	file, err := os.Open(name)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	i = &Image{Sections: make(map[string]SectionKind)}
	if start, _ := Beginning(file); len(start) >= 4 && isMachO(start[:4]) {
		err = i.readMachO(file)
	} else {
		err = i.readELF(file)
	}
	if err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	return i, nil
}

// elfMachines and machMachines are the processors that this program may run on, by Go's names.
var (
	elfMachines = map[elf.Machine]string{
		elf.EM_386: "386", elf.EM_X86_64: "amd64", elf.EM_ARM: "arm", elf.EM_AARCH64: "arm64",
		elf.EM_RISCV: "riscv64",
		elf.EM_PPC64: "ppc64le", elf.EM_S390: "s390x", elf.EM_LOONGARCH: "loong64",
	}
	machMachines = map[macho.Cpu]string{macho.CpuAmd64: "amd64", macho.CpuArm64: "arm64"}
)

func (i *Image) readELF(file *os.File) error {
	f, err := elf.NewFile(file)
	if err != nil {
		return err
	}
	i.Arch = cmp.Or(elfMachines[f.Machine], f.Machine.String())
	for _, section := range f.Sections {
		kind, inMemory := elfSectionKind(section)
		if !inMemory {
			continue
		}
		i.Size.count(kind, section.Size)
		i.Sections[section.Name] = kind
		i.Placed = append(i.Placed, placed(f, section))
		if section.Type != elf.SHT_PROGBITS {
			continue
		}
		data, err := section.Data()
		if err != nil {
			return fmt.Errorf("section %s: %w", section.Name, err)
		}
		i.chunks = append(i.chunks, chunk{len(i.constants), section.Addr})
		i.constants = append(append(i.constants, data...), 0)
	}
	symbols, err := f.Symbols()
	i.HasSymbols = err == nil
	for _, s := range symbols {
		if s.Section != elf.SHN_UNDEF && elf.ST_TYPE(s.Info) != elf.STT_FILE {
			symbol := ImageSymbol{Name: s.Name, Global: elf.ST_BIND(s.Info) != elf.STB_LOCAL,
				Value: s.Value, Size: s.Size}
			symbol.Section, symbol.Start = placeOf(f, s)
			i.Symbols = append(i.Symbols, symbol)
		}
	}
	if i.Needed, err = f.ImportedLibraries(); err != nil {
		return fmt.Errorf("shared libraries: %w", err)
	}
	return nil
}

// placeOf is the section that a function or an object is in, and where it begins. The values of
// other symbols, such as thread-local ones, need not be addresses.
func placeOf(f *elf.File, s elf.Symbol) (section string, start uint64) {
	kind := elf.ST_TYPE(s.Info)
	switch kind {
	case elf.STT_FUNC, elf.STT_OBJECT, elf.STT_NOTYPE, elf.STT_GNU_IFUNC:
	default:
		return "", 0
	}
	if int(s.Section) >= len(f.Sections) {
		return "", 0
	}
	start = s.Value
	if f.Machine == elf.EM_ARM && kind == elf.STT_FUNC {
		start &^= 1
	}
	return f.Sections[s.Section].Name, start
}

// ReadCode is the largest section of code in a firmware, and its address while the firmware runs.
func ReadCode(name string) (address uint64, code []byte, err error) {
	f, err := elf.Open(name)
	if err != nil {
		return 0, nil, err
	}
	defer f.Close()
	var largest *elf.Section
	for _, s := range f.Sections {
		if s.Type == elf.SHT_PROGBITS && s.Flags&elf.SHF_EXECINSTR != 0 &&
			(largest == nil || s.Size > largest.Size) {
			largest = s
		}
	}
	if largest == nil {
		return 0, nil, fmt.Errorf("%s: %w", name, errNoCode)
	}
	code, err = largest.Data()
	return largest.Addr, code, err
}

func placed(f *elf.File, s *elf.Section) Placed {
	p := Placed{Name: s.Name, Start: s.Addr, Load: s.Addr, End: s.Addr + s.Size,
		InFile: s.Type != elf.SHT_NOBITS}
	for _, segment := range f.Progs {
		if segment.Type == elf.PT_LOAD && s.Addr >= segment.Vaddr &&
			s.Addr+s.Size <= segment.Vaddr+segment.Memsz {
			p.Load = segment.Paddr + s.Addr - segment.Vaddr
		}
	}
	return p
}

func (i *Image) readMachO(file *os.File) error {
	f, err := macho.NewFile(file)
	if err != nil {
		return err
	}
	i.MacOS = true
	i.Arch = cmp.Or(machMachines[f.Cpu], f.Cpu.String())
	i.Size = machSizes(f)
	if i.Needed, err = f.ImportedLibraries(); err != nil {
		return fmt.Errorf("shared libraries: %w", err)
	}
	for _, section := range f.Sections {
		if section.Flags&0xff == machZeroFill || section.Seg == "__DWARF" {
			continue
		}
		data, err := section.Data()
		if err != nil {
			return fmt.Errorf("section %s: %w", section.Name, err)
		}
		i.chunks = append(i.chunks, chunk{len(i.constants), section.Addr})
		i.constants = append(append(i.constants, data...), 0)
	}
	if f.Symtab == nil {
		return nil
	}
	for _, s := range f.Symtab.Syms {
		if s.Type&machStab == 0 && s.Sect > 0 {
			i.HasSymbols = true
			i.Symbols = append(i.Symbols,
				ImageSymbol{Name: strings.TrimPrefix(s.Name, "_"),
					Global: s.Type&machExternal != 0, Value: s.Value})
		}
	}
	return nil
}

// symbolsLike are the symbols that match one of the patterns, and the global ones that match one
// of globals.
func (i *Image) SymbolsLike(patterns, globals []string) []string {
	var found []string
	for _, symbol := range i.Symbols {
		fits := MatchesAny(patterns, symbol.Name) || symbol.Global &&
			MatchesAny(globals, symbol.Name)
		if fits && !slices.Contains(found, symbol.Name) {
			found = append(found, symbol.Name)
		}
	}
	return found
}

// chunk is where a section begins in an image's contents and in memory.
type chunk struct {
	offset int
	start  uint64
}

// Places is where some bytes are in memory.
func (i *Image) Places(form []byte) []uint64 {
	var found []uint64
	for at := 0; ; {
		next := bytes.Index(i.constants[at:], form)
		if next < 0 {
			return found
		}
		at += next
		for _, c := range slices.Backward(i.chunks) {
			if c.offset <= at {
				found = append(found, c.start+uint64(at-c.offset))
				break
			}
		}
		at += len(form)
	}
}

// compatible are names that Python code uses and that every ssl module for MicroPython has,
// including ours. The second one is the text of an error that a DTLS server raises.
var compatible = []string{`"MBEDTLS_VERSION"`, `"MBEDTLS_ERR_SSL_HELLO_VERIFY_REQUIRED"`}

// Text is a text in a firmware.
type Text struct {
	Whole string
	Shown string // its part around a word, quoted
}

// StringsWith are the texts in the firmware that contain one of the words.
func (i *Image) StringsWith(words []string) []Text {
	var found []Text
	for _, word := range words {
		for rest := i.constants; ; {
			at := bytes.Index(rest, []byte(word))
			if at < 0 {
				break
			}
			start, end := textAround(rest, at, len(word), longText)
			text := Text{Whole: string(rest[start:end])}
			start, end = textAround(rest, at, len(word), shownText)
			text.Shown = fmt.Sprintf("%q", rest[start:end])
			known := slices.ContainsFunc(found, func(t Text) bool { return t.Whole == text.Whole })
			if !known && !slices.Contains(compatible, text.Shown) {
				found = append(found, text)
			}
			rest = rest[at+len(word):]
		}
	}
	return found
}

// Contains reports whether a text is in the firmware.
func (i *Image) Contains(text string) bool { return bytes.Contains(i.constants, []byte(text)) }

// Find is the first text in the firmware that matches; "" if none does.
func (i *Image) Find(pattern *regexp.Regexp) string { return string(pattern.Find(i.constants)) }

const shownText, longText = 30, 4096

// textAround is where the printable text around the bytes at at begins and ends; at most so many
// bytes to either side.
func textAround(data []byte, at, length, most int) (start, end int) {
	printable := func(b byte) bool { return b >= ' ' && b <= '~' }
	start, end = at, at+length
	for start > 0 && printable(data[start-1]) && at-start < most {
		start--
	}
	for end < len(data) && printable(data[end]) && end-at-length < most {
		end++
	}
	return start, end
}

// MatchesAny reports whether a name matches one of the patterns, where "*" at the end stands for
// anything.
func MatchesAny(patterns []string, name string) bool {
	return slices.ContainsFunc(patterns, func(pattern string) bool {
		if ending, found := strings.CutPrefix(pattern, "*"); found {
			return strings.HasSuffix(name, ending)
		}
		if start, found := strings.CutSuffix(pattern, "*"); found {
			return strings.HasPrefix(name, start)
		}
		return name == pattern
	})
}
