package objects

import (
	"debug/elf"
	"fmt"
)

// Shared is a shared library.
type Shared struct {
	File string
	// Name is the one that programs refer to, Needed are the libraries that it needs itself.
	Name    string
	Needed  []string
	exports []string
}

// ReadShared reads a shared library of ELF.
func ReadShared(file string) (s *Shared, err error) {
	defer func() {
		if v := recover(); v != nil { // see ReadObject
			s, err = nil, fmt.Errorf("%s: %w: %v", file, errDamagedObject, v)
		}
	}()
	f, err := elf.Open(file)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", file, err)
	}
	defer f.Close()
	s = &Shared{File: file}
	if names, err := f.DynString(elf.DT_SONAME); err == nil && len(names) > 0 {
		s.Name = names[0]
	}
	if s.Needed, err = f.ImportedLibraries(); err != nil {
		return nil, fmt.Errorf("%s: %w", file, err)
	}
	symbols, err := f.DynamicSymbols()
	if err != nil {
		return s, nil // it has none
	}
	for _, symbol := range symbols {
		if symbol.Section != elf.SHN_UNDEF {
			s.exports = append(s.exports, symbol.Name)
		}
	}
	return s, nil
}

// Exports are the symbols that programs find in the library and that match one of the patterns.
func (s *Shared) Exports(patterns []string) []string {
	var found []string
	for _, name := range s.exports {
		if MatchesAny(patterns, name) {
			found = append(found, name)
		}
	}
	return found
}
