package verify

import (
	"cmp"
	"slices"
	"strconv"
	"strings"

	"mpwolf/internal/objects"
)

// linkerTables stands in for the objects in parseMap's result for sections that the linker makes
// or merges: its map assigns them to the first object.
const linkerTables = "linker's tables"

var tableSections = []string{".eh_frame*", ".rel.*", ".rela.*", ".dyn*", ".gnu.*", ".hash*",
	".interp*", ".note*"}

// linkMap is what each object or archive member has in a firmware, by the linker's map.
type linkMap struct {
	sizes   map[string]Memory
	symbols map[string][]Symbol // those of its functions and objects that have a name
}

// parseMap reads a map of GNU ld or gold, or of Apple's ld: what each object or archive member has
// in the given output sections, or, if sections is nil, in those whose names are not those of
// debug information. symbols are those of the firmware; Apple's map has its own. It returns nil
// for another text. In a map of GNU ld, a line places an input section of an object; a long
// section name stands on a line of its own before:
//
//	.text.mp_init  0x0000000000012340       0x54 build/py/runtime.o
//	.rodata.str1.1
//	               0x0000000000054320       0x12 lib/libx.a(y.o)
func parseMap(
	text string, sections map[string]objects.SectionKind, symbols []objects.ImageSymbol,
) *linkMap {
	if strings.HasPrefix(text, "# Path: ") {
		return parseAppleMap(text)
	}
	sizes := make(map[string]Memory)
	var laid []laidOut
	kind, counted, output := objects.TextSection, false, ""
	if !eachPlaced(text, func(p placement) {
		if p.output != output {
			output = p.output
			kind, counted = sections[output]
			if sections == nil {
				kind, counted = kindOf(output)
			}
		}
		switch {
		case !counted:
			return
		case objects.MatchesAny(tableSections, p.section):
			p.name = linkerTables
		case !isObjectName(p.name):
			return
		}
		m := sizes[p.name]
		m.add(kind, p.size)
		sizes[p.name] = m
		if end := p.start + p.size; p.name != linkerTables && end > p.start {
			laid = append(laid, laidOut{p.output, p.start, end, p.name, kind})
		}
	}) {
		return nil
	}
	return &linkMap{sizes, divideSymbols(laid, symbols)}
}

// laidOut is where the linker has put a section of an object.
type laidOut struct {
	output     string
	start, end uint64
	object     string
	kind       objects.SectionKind
}

// divideSymbols finds the object of each symbol. Bytes with several names count once: for the
// symbol that begins first, and of those for the longest.
func divideSymbols(laid []laidOut, symbols []objects.ImageSymbol) map[string][]Symbol {
	slices.SortStableFunc(laid, func(a, b laidOut) int {
		return cmp.Or(cmp.Compare(a.output, b.output), cmp.Compare(a.start, b.start))
	})
	sized := slices.DeleteFunc(slices.Clone(symbols), func(s objects.ImageSymbol) bool {
		return s.Section == "" || s.Start+s.Size <= s.Start
	})
	slices.SortFunc(sized, func(a, b objects.ImageSymbol) int {
		return cmp.Or(cmp.Compare(a.Section, b.Section), cmp.Compare(a.Start, b.Start),
			cmp.Compare(b.Size, a.Size), cmp.Compare(a.Name, b.Name))
	})
	divided := make(map[string][]Symbol)
	section, counted := "", uint64(0) // up to where bytes of the section have been counted
	for _, s := range sized {
		if s.Section != section {
			section, counted = s.Section, 0
		}
		after, _ := slices.BinarySearchFunc(laid, s, func(p laidOut, s objects.ImageSymbol) int {
			if c := cmp.Compare(p.output, s.Section); c != 0 || p.start > s.Start {
				return cmp.Or(c, 1)
			}
			return -1
		})
		if after == 0 {
			continue
		}
		in := laid[after-1]
		start, end := max(s.Start, counted), min(s.Start+s.Size, in.end)
		if in.output != s.Section || start >= end {
			continue
		}
		counted = end
		symbol := Symbol{Name: s.Name}
		symbol.add(in.kind, end-start)
		divided[in.object] = append(divided[in.object], symbol)
	}
	return divided
}

// placement is a line of a map of GNU ld: where it has put a section of an object.
type placement struct {
	output, section string
	start, size     uint64
	name            string // of the object, or archive(member)
}

// eachPlaced calls do for each section that a map of GNU ld places; false for another map.
func eachPlaced(text string, do func(placement)) bool {
	_, text, found := strings.Cut(text, "\nLinker script and memory map\n")
	if !found {
		return false
	}
	var p placement
	for line := range strings.Lines(text) {
		line = strings.TrimRight(line, "\r\n")
		if line == "" {
			continue
		}
		if line[0] != ' ' { // an output section
			p.output, _, _ = strings.Cut(line, " ")
			continue
		}
		if len(line) < 2 || line[1] == '*' {
			continue
		}
		fields := strings.Fields(line)
		if len(fields) > 0 && !strings.HasPrefix(fields[0], "0x") {
			p.section = fields[0]
			fields = fields[1:]
		}
		if len(fields) < 3 || !strings.HasPrefix(fields[0], "0x") ||
			!strings.HasPrefix(fields[1], "0x") {
			continue
		}
		var err, wrong error
		p.start, err = strconv.ParseUint(fields[0][2:], 16, 64)
		p.size, wrong = strconv.ParseUint(fields[1][2:], 16, 64)
		if err != nil || wrong != nil {
			continue
		}
		p.name = strings.Join(fields[2:], " ")
		do(p)
	}
	return true
}

// kindOf guesses from its name what an output section holds; false for one that does not go into
// memory.
func kindOf(output string) (objects.SectionKind, bool) {
	switch {
	case objects.MatchesAny([]string{".debug*", ".comment", ".stab*", ".ARM.attributes",
		"/DISCARD/", ".symtab", ".strtab", ".shstrtab"}, output):
		return objects.TextSection, false
	case !strings.HasPrefix(output, "."):
		return objects.TextSection, false
	case objects.MatchesAny(
		[]string{".bss*", ".tbss*", ".heap*", ".stack*", ".noinit*", "COMMON"}, output):
		return objects.BssSection, true
	case objects.MatchesAny([]string{".data*", ".tdata*"}, output):
		return objects.DataSection, true
	}
	return objects.TextSection, true
}

// appleMap is a map of Apple's ld, or of lld instead of it: a table of files, one of sections, and
// one of symbols, with their addresses and sizes and the files' numbers.
type appleMap struct {
	files    map[string]string // by number
	sections []applePart
	symbols  []applePart
}

// applePart is a section or a symbol.
type applePart struct {
	start, end uint64
	kind       objects.SectionKind // of a section
	file, name string              // a symbol's; the file by its number
}

// parseAppleMap reads such a map.
func parseAppleMap(text string) *linkMap {
	m := &appleMap{files: make(map[string]string)}
	table := ""
	for line := range strings.Lines(text) {
		line = strings.TrimSpace(line)
		if name, found := strings.CutSuffix(line, ":"); found && strings.HasPrefix(name, "# ") {
			table = name
			continue
		}
		m.line(table, line)
	}
	return m.sizes()
}

func (m *appleMap) line(table, line string) {
	number, rest, bracketed := cutBracket(line)
	if table == "# Object files" && bracketed {
		m.files[number] = strings.TrimSpace(rest)
		return
	}
	before, after, found := strings.Cut(line, "[")
	fields := strings.Fields(before)
	if len(fields) == 0 || !strings.HasPrefix(fields[0], "0x") {
		return
	}
	numbers := [2]uint64{}
	for i, field := range fields[:min(2, len(fields))] {
		// 0 for what is no number
		numbers[i], _ = strconv.ParseUint(strings.TrimPrefix(field, "0x"), 16, 64)
	}
	p := applePart{start: numbers[0], end: numbers[0] + numbers[1], kind: objects.TextSection}
	switch {
	case table == "# Sections" && len(fields) == 4:
		if strings.HasPrefix(fields[2], "__DATA") {
			p.kind = objects.DataSection
		}
		if fields[3] == "__bss" || fields[3] == "__common" {
			p.kind = objects.BssSection
		}
		m.sections = append(m.sections, p)
	case table == "# Symbols" && found:
		number, name, _ := strings.Cut(after, "]")
		p.file = strings.TrimSpace(number)
		p.name = strings.TrimPrefix(strings.TrimSpace(name), "_")
		m.symbols = append(m.symbols, p)
	}
}

// sizes adds the symbols up. lld up to version 16 leaves their sizes out; a symbol then ends
// where the next one begins.
func (m *appleMap) sizes() *linkMap {
	sizes, symbols := make(map[string]Memory), make(map[string][]Symbol)
	for i, s := range m.symbols {
		at := slices.IndexFunc(m.sections, func(p applePart) bool {
			return s.start >= p.start && s.start < p.end
		})
		name := m.files[s.file]
		if at < 0 || !isObjectName(name) {
			continue
		}
		if s.end == s.start {
			s.end = m.sections[at].end
			if i+1 < len(m.symbols) && m.symbols[i+1].start > s.start {
				s.end = min(s.end, m.symbols[i+1].start)
			}
		}
		memory, symbol := sizes[name], Symbol{Name: s.name}
		memory.add(m.sections[at].kind, s.end-s.start)
		sizes[name] = memory
		symbol.add(m.sections[at].kind, s.end-s.start)
		symbols[name] = append(symbols[name], symbol)
	}
	return &linkMap{sizes, symbols}
}

// cutBracket splits "[  3] rest".
func cutBracket(line string) (number, rest string, found bool) {
	inside, found := strings.CutPrefix(line, "[")
	if !found {
		return "", line, false
	}
	number, rest, found = strings.Cut(inside, "]")
	return strings.TrimSpace(number), rest, found
}

func isObjectName(name string) bool {
	name = strings.TrimSuffix(name, ")") // of a member of an archive
	return strings.HasSuffix(name, ".o") || strings.HasSuffix(name, ".obj")
}
