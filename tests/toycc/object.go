package toycc

import (
	"bytes"
	"debug/elf"
	"encoding/binary"
	"regexp"
	"slices"
	"strings"
)

// symbol is a function or variable; with neither it is only needed.
type symbol struct {
	name               string
	function, variable bool
	weak               bool
}

// object is what this compiler knows about a source.
type object struct {
	source  string
	symbols []symbol
	data    []byte // the texts of a source
}

var (
	functionDefinition = regexp.MustCompile(`(?m)^[\w* \t()]*?\b(\w+)\s*\([^;{}]*\)\s*\{`)
	declaration        = regexp.MustCompile(`(?m)^[\w* \t()]*\b\w+\s*\([^;{}]*\)\s*;`)
	variables          = regexp.MustCompile(`(?m)^(?:const |volatile )*` +
		`(?:int|char|unsigned|long|void \*)\s*([\w, *\[\]]+?)(?:=[^;]*)?;`)
	call    = regexp.MustCompile(`\b([A-Za-z_]\w*)\s*\(`)
	literal = regexp.MustCompile(`"((?:[^"\\]|\\.)*)"`)
)

// notCalls are words that a parenthesis follows, and the functions of a C library, which needs no
// object here.
var notCalls = []string{
	"if", "while", "for", "switch", "return", "sizeof", "defined", "__attribute__",
	"puts", "fputs", "fgets", "fopen", "printf", "memcpy", "memset",
}

// symbolsOf reads preprocessed C: the definitions, and the functions that are called and not
// defined.
func symbolsOf(source, code string) *object {
	o := &object{source: source}
	add := func(s symbol) {
		same := func(other symbol) bool { return other.name == s.name }
		if !slices.ContainsFunc(o.symbols, same) {
			o.symbols = append(o.symbols, s)
		}
	}
	whole := code
	weak := func(name string) bool {
		weak := regexp.MustCompile(`__attribute__\s*\(\(weak\)\)[^;{]*\b` + name + `\b`)
		return weak.MatchString(whole)
	}
	for _, m := range functionDefinition.FindAllStringSubmatch(code, -1) {
		if !strings.Contains(m[0], "static ") && !slices.Contains(notCalls, m[1]) {
			add(symbol{name: m[1], function: true, weak: weak(m[1])})
		}
	}
	for _, m := range variables.FindAllStringSubmatch(code, -1) {
		for name := range strings.SplitSeq(m[1], ",") {
			add(symbol{name: strings.Trim(name, " *[]0123456789"), variable: true})
		}
	}
	code = declaration.ReplaceAllString(code, "")
	for _, m := range literal.FindAllStringSubmatch(code, -1) {
		o.data = append(append(o.data, m[1]...), 0)
	}
	code = literal.ReplaceAllString(code, "")
	for _, m := range call.FindAllStringSubmatch(code, -1) {
		if !slices.Contains(notCalls, m[1]) && !strings.Contains(code, "static int "+m[1]) {
			add(symbol{name: m[1], weak: weak(m[1])})
		}
	}
	return o
}

// codeSize is what each function takes, and dataSize what each variable.
const (
	codeSize = 16
	dataSize = 8
)

// program writes the contents of the file named like its argument with .exp added, like firmware
// whose script does what is expected, and exits; on x86-64 Linux. It is the firmware that this
// compiler makes.
var program = []byte{
	0x48, 0x8b, 0x74, 0x24, 0x10, 0x48, 0x85, 0xf6, 0x74, 0x4a, 0x48, 0x81, 0xec, 0x00, 0x10, 0x00,
	0x00, 0x48, 0x89, 0xe7, 0xac, 0xaa, 0x84, 0xc0, 0x75, 0xfa, 0xc7, 0x47, 0xff, 0x2e, 0x65, 0x78,
	0x70, 0xc6, 0x47, 0x03, 0x00, 0x48, 0x89, 0xe7, 0x31, 0xf6, 0x6a, 0x02, 0x58, 0x0f, 0x05, 0x85,
	0xc0, 0x78, 0x21, 0x41, 0x89, 0xc0, 0x44, 0x89, 0xc7, 0x48, 0x89, 0xe6, 0xba, 0x00, 0x10, 0x00,
	0x00, 0x31, 0xc0, 0x0f, 0x05, 0x85, 0xc0, 0x7e, 0x0b, 0x89, 0xc2, 0x6a, 0x01, 0x5f, 0x89, 0xf8,
	0x0f, 0x05, 0xeb, 0xe2, 0x6a, 0x3c, 0x58, 0x31, 0xff, 0x0f, 0x05,
}

// librarySize is what the C library takes in an executable.
const librarySize = 4096

const loadAddress = 0x400000

// elf is the object as an ELF file; an executable one runs program.
func (o *object) elf(executable bool) []byte {
	var text []byte
	if executable {
		text = append(slices.Clone(program), make([]byte, librarySize)...)
	}
	data, names := slices.Clone(o.data), []byte{0}
	symbols := make([]elf.Sym64, 1)
	name := func(s string) uint32 {
		names = append(append(names, s...), 0)
		return uint32(len(names) - len(s) - 1)
	}
	symbols = append(symbols, elf.Sym64{Name: name(o.source),
		Info: elf.ST_INFO(elf.STB_LOCAL, elf.STT_FILE), Shndx: uint16(elf.SHN_ABS)})
	locals := len(symbols)
	const textIndex, dataIndex, headers = 1, 2, 64 + 56
	for _, s := range o.symbols {
		bind := elf.STB_GLOBAL
		if s.weak {
			bind = elf.STB_WEAK
		}
		sym := elf.Sym64{Name: name(s.name), Info: elf.ST_INFO(bind, elf.STT_NOTYPE)}
		switch {
		case s.function:
			sym.Info, sym.Shndx, sym.Size = elf.ST_INFO(bind, elf.STT_FUNC), textIndex, codeSize
			sym.Value = uint64(len(text))
			text = append(text, make([]byte, codeSize)...)
		case s.variable:
			sym.Info, sym.Shndx, sym.Size = elf.ST_INFO(bind, elf.STT_OBJECT), dataIndex, dataSize
			sym.Value = uint64(len(data))
			data = append(data, make([]byte, dataSize)...)
		}
		symbols = append(symbols, sym)
	}
	var table bytes.Buffer
	_ = binary.Write(&table, binary.LittleEndian, symbols) // a bytes.Buffer does not fail
	sectionNames := []byte("\x00.text\x00.data\x00.symtab\x00.strtab\x00.shstrtab\x00")
	at := func(name string) uint32 {
		return uint32(bytes.Index(sectionNames, []byte(name+"\x00")))
	}
	contents := [][]byte{text, data, table.Bytes(), names, sectionNames}
	sections := []elf.Section64{{}, // in the order of contents, after the empty one
		{Name: at(".text"), Type: uint32(elf.SHT_PROGBITS),
			Flags: uint64(elf.SHF_ALLOC | elf.SHF_EXECINSTR), Addralign: 1},
		{Name: at(".data"), Type: uint32(elf.SHT_PROGBITS),
			Flags: uint64(elf.SHF_ALLOC | elf.SHF_WRITE), Addralign: 1},
		{Name: at(".symtab"), Type: uint32(elf.SHT_SYMTAB), Link: 4, Info: uint32(locals),
			Addralign: 8, Entsize: elf.Sym64Size},
		{Name: at(".strtab"), Type: uint32(elf.SHT_STRTAB), Addralign: 1},
		{Name: at(".shstrtab"), Type: uint32(elf.SHT_STRTAB), Addralign: 1},
	}
	offset := uint64(headers)
	for i, content := range contents {
		sections[i+1].Off, sections[i+1].Size = offset, uint64(len(content))
		if executable && i < 2 {
			sections[i+1].Addr = loadAddress + offset
		}
		offset += uint64(len(content))
	}
	header := elf.Header64{Ident: [16]byte{0x7f, 'E', 'L', 'F', 2, 1, 1},
		Type: uint16(elf.ET_REL), Machine: uint16(elf.EM_X86_64), Version: 1, Shoff: offset,
		Ehsize: 64, Phentsize: 56, Shentsize: 64, Shnum: uint16(len(sections)), Shstrndx: 5}
	if executable {
		header.Type, header.Entry = uint16(elf.ET_EXEC), loadAddress+headers
		header.Phoff, header.Phnum = 64, 1
	}
	load := elf.Prog64{Type: uint32(elf.PT_LOAD), Flags: 7, Vaddr: loadAddress,
		Paddr: loadAddress, Filesz: offset, Memsz: offset, Align: 0x1000}
	var file bytes.Buffer
	_ = binary.Write(&file, binary.LittleEndian, header)
	_ = binary.Write(&file, binary.LittleEndian, load)
	for _, content := range contents {
		file.Write(content)
	}
	_ = binary.Write(&file, binary.LittleEndian, sections)
	return file.Bytes()
}
