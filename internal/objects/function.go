package objects

import (
	"debug/elf"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
)

// Function is what the code of a function uses.
type Function struct {
	// Uses are the functions and variables that the code refers to; for a variable without an
	// external name, its section.
	Uses []string
	// Hardware says that the code may read something that no symbol names: a register of a
	// microcontroller, or the processor's own random numbers or clock.
	Hardware bool
}

// errNoCode is the error of an object whose code cannot be read: for link-time optimization, or of
// another format or processor.
var errNoCode = errors.New("no code that can be read")

// ReadFunction reads the code of a function that an object defines.
func ReadFunction(o *Object, symbol string) (f *Function, err error) {
	defer func() {
		if v := recover(); v != nil { // see ReadObject
			f, err = nil, fmt.Errorf("%s: %w: %v", o.Name(), errDamagedObject, v)
		}
	}()
	file, err := os.Open(o.Place.File)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	e, err := elf.NewFile(io.NewSectionReader(file, o.Place.Offset, o.Place.Size))
	if err != nil || o.Lto {
		return nil, fmt.Errorf("%s: %w", o.Name(), errNoCode)
	}
	symbols, err := e.Symbols()
	if err != nil {
		return nil, fmt.Errorf("%s: %w", o.Name(), err)
	}
	at := slices.IndexFunc(symbols, func(s elf.Symbol) bool {
		return s.Name == symbol && s.Section != elf.SHN_UNDEF
	})
	if at < 0 || int(symbols[at].Section) >= len(e.Sections) || symbols[at].Size == 0 {
		return nil, fmt.Errorf("%s: %s: %w", o.Name(), symbol, errNoCode)
	}
	section := e.Sections[symbols[at].Section]
	if section.Name != ".text."+symbol {
		// If others share its section, it may call them without a relocation.
		return nil, fmt.Errorf("%s: %s: %w", o.Name(), symbol, errNoCode)
	}
	data, err := section.Data()
	if err != nil {
		return nil, fmt.Errorf("%s: %w", o.Name(), err)
	}
	start := symbols[at].Value
	if e.Machine == elf.EM_ARM {
		start &^= 1 // Thumb
	}
	end := min(start+symbols[at].Size, uint64(len(data)))
	f = &Function{}
	if f.Uses, err = uses(e, symbols, symbols[at].Section, start, end); err != nil {
		return nil, fmt.Errorf("%s: %w", o.Name(), err)
	}
	f.Uses = slices.DeleteFunc(f.Uses, func(name string) bool {
		return name == symbol || name == section.Name
	})
	f.Hardware = touchesHardware(e.Machine, e.ByteOrder, data[start:end],
		constants(symbols, symbols[at].Section, start))
	return f, nil
}

// uses are the names in the relocations of a part of a section.
func uses(
	e *elf.File, symbols []elf.Symbol, section elf.SectionIndex, start, end uint64,
) ([]string, error) {
	var names []string
	for _, s := range e.Sections {
		if s.Type != elf.SHT_REL && s.Type != elf.SHT_RELA || elf.SectionIndex(s.Info) != section {
			continue
		}
		data, err := s.Data()
		if err != nil {
			return nil, err
		}
		size, wide := int(s.Entsize), e.Class == elf.ELFCLASS64
		for ; size >= 8 && len(data) >= size; data = data[size:] {
			var offset, index uint64
			if wide {
				offset, index = e.ByteOrder.Uint64(data), e.ByteOrder.Uint64(data[8:])>>32
			} else {
				offset, index =
					uint64(e.ByteOrder.Uint32(data)), uint64(e.ByteOrder.Uint32(data[4:])>>8)
			}
			if offset < start || offset >= end || index == 0 || index > uint64(len(symbols)) {
				continue
			}
			symbol := symbols[index-1] // debug/elf leaves out the first one, which is nothing
			name := symbol.Name
			if elf.ST_TYPE(symbol.Info) == elf.STT_SECTION &&
				int(symbol.Section) < len(e.Sections) {
				name = e.Sections[symbol.Section].Name
			}
			if name != "" && !slices.Contains(names, name) {
				names = append(names, name)
			}
		}
	}
	return names, nil
}

// constants reports which offsets of a function are constants among the code, as ARM's mapping
// symbols say: $d before data, $t and $a before code.
func constants(symbols []elf.Symbol, section elf.SectionIndex, start uint64) func(int) bool {
	return func(offset int) bool {
		is, nearest := false, uint64(0)
		for _, s := range symbols {
			if s.Section != section || s.Value < nearest || s.Value > start+uint64(offset) ||
				len(s.Name) < 2 || s.Name[0] != '$' {
				continue
			}
			is, nearest = s.Name[1] == 'd', s.Value
		}
		return is
	}
}

// touchesHardware reports whether code has an instruction or an address that reads something
// that no symbol names. For an unknown processor it is always true.
func touchesHardware(machine elf.Machine, order binary.ByteOrder, code []byte,
	constant func(int) bool) bool {
	switch machine {
	case elf.EM_X86_64, elf.EM_386:
		for i := 0; i+2 < len(code); i++ {
			// rdrand and rdseed, rdtsc, syscall, int 0x80.
			if code[i] == 0x0f && (code[i+1] == 0xc7 && code[i+2] >= 0xf0 || code[i+1] == 0x31 ||
				code[i+1] == 0x05) ||
				code[i] == 0xcd && code[i+1] == 0x80 {
				return true
			}
		}
		return false
	case elf.EM_ARM:
		for i := 0; i+4 <= len(code); i += 2 {
			if constant(i) {
				// A peripheral's address, as all Cortex-M have them.
				word := order.Uint32(code[i:])
				if i%4 == 0 && (word>>28 == 4 || word>>28 == 5 || word>>20 == 0xe00) {
					return true
				}
				continue
			}
			first, second := order.Uint16(code[i:]), order.Uint16(code[i+2:])
			// Semihosting asks the computer that debugs or emulates: bkpt 0xab; svc 0x123456.
			if first == 0xbeab || first == 0x3456 && second == 0xef12 {
				return true
			}
			if first&0xfbf0 != 0xf2c0 || second&0x8000 != 0 { // movt
				continue
			}
			high := first&0xf<<12 | first>>10&1<<11 | second>>12&7<<8 | second&0xff
			if high >= 0x4000 {
				return true
			}
		}
		return false
	}
	return true
}
