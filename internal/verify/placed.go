package verify

import (
	"fmt"
	"os"
	"slices"
	"strings"

	"mpwolf/internal/lazyregexp"
	"mpwolf/internal/objects"
)

// placed compares the linked firmware with its objects: a function of wolfSSL or the modules must
// be where the linker's map puts it, and what wolfSSL gets seeds or the time from must be
// somewhere in an object, whatever has told the linker otherwise.
func (v symbolsCheck) placed(c *check) {
	lto := func(o *objects.Object) bool { return o.Lto }
	if v.image == nil || !v.image.HasSymbols || v.image.MacOS || v.elf == "" ||
		slices.ContainsFunc(v.inputs.objects, lto) {
		return
	}
	p := v.placedSections()
	reported := func(symbol string) bool {
		return slices.ContainsFunc(c.findings, func(f Finding) bool {
			return strings.Contains(f.Message, symbol)
		})
	}
	const fix = "see what the makefiles add to LDFLAGS and to the compiler's and the linker's " +
		"environment: the functions that are called must be those that were compiled"
	find := func(symbol, format string, args ...any) {
		if !reported(symbol) {
			c.find(Finding{Message: fmt.Sprintf(format, args...), File: v.elf, Fix: fix})
		}
	}
	for _, s := range v.image.Symbols {
		symbol, wrapped := strings.CutPrefix(s.Name, "__wrap_")
		if wrapped && s.Global {
			if what := v.guarded(symbol); what != "" && !v.ofSDK(symbol) {
				find(symbol, "the firmware has %s%s, which the linker calls instead of %s, %s",
					s.Name, v.definedIn(s.Name), symbol, what)
			}
			continue
		}
		if s.Global && v.supplies(s.Name) && v.definedIn(s.Name) == "" {
			if what := v.guarded(s.Name); what != "" {
				find(s.Name, "the firmware defines %s, %s, and no object of the link does%s",
					s.Name, what, p.at(s))
			}
		}
	}
	moved := 0
	for _, o := range v.inputs.objects {
		own := v.owner(o)
		if !slices.Contains([]string{stackTLS, stackCrypt, stackModules, glueOwner}, own) {
			continue
		}
		for _, d := range o.Defs {
			if d.Kind != objects.Weak && d.Kind != objects.Comdat && p.elsewhere(o, d) {
				if moved++; moved <= namedSymbols {
					find(d.Symbol, "%s of %s is not the one in the firmware%s", d.Symbol,
						v.definitionText(d), p.at(p.symbols[d.Symbol][0]))
				}
			}
		}
	}
}

// besides are the functions that those which supply seeds need.
var besides = []string{"read", "syscall"}

// supplies reports whether wolfSSL may get seeds or the time from a function.
func (v symbolsCheck) supplies(symbol string) bool {
	is := func(s supply) bool { return objects.MatchesAny([]string{s.function}, symbol) }
	return slices.ContainsFunc(seeds, is) || slices.ContainsFunc(clocks, is) ||
		slices.Contains(besides, symbol)
}

// placedSections are where a map puts the sections of objects, and the symbols of the firmware.
type placedSections struct {
	known   bool // the map is one of GNU ld
	of      map[string][]placement
	all     []placement
	named   map[string]bool // the objects
	symbols map[string][]objects.ImageSymbol
	thumb   bool
	several map[string]bool // symbols with more than one strong definition
}

// placedSections reads the map once.
func (v *evidence) placedSections() *placedSections {
	if v.placements == nil {
		v.placements = v.readPlaced()
	}
	return v.placements
}

func (v *evidence) readPlaced() *placedSections {
	p := &placedSections{of: make(map[string][]placement),
		symbols: make(map[string][]objects.ImageSymbol), thumb: v.image.Arch == "arm",
		several: make(map[string]bool), named: make(map[string]bool)}
	for _, s := range v.image.Symbols {
		if p.thumb {
			s.Value &^= 1
		}
		p.symbols[s.Name] = append(p.symbols[s.Name], s)
	}
	for _, d := range duplicates(v.inputs.objects) {
		p.several[d.symbol] = true
	}
	text, err := os.ReadFile(v.mapFile())
	if err != nil {
		return p
	}
	optimized := false
	p.known = eachPlaced(string(text), func(at placement) {
		if at.size > 0 && isObjectName(at.name) {
			at.name = v.abs(at.name)
			p.of[at.name+" "+at.section] = append(p.of[at.name+" "+at.section], at)
			p.all = append(p.all, at)
			p.named[at.name] = true
			optimized = optimized || strings.Contains(at.name, ".ltrans")
		}
	})
	p.known = p.known && !optimized
	return p
}

// mergedSection is the name of a section whose strings or constants the linker merges with those
// of others; with -fdata-sections the function's name is in it.
var mergedSection = lazyregexp.New(`^\.rodata\.(.*\.)?(str|cst)\d`)

// elsewhere reports whether the firmware's symbol of that name is not that of an object.
func (p *placedSections) elsewhere(o *objects.Object, d objects.Definition) bool {
	in := p.symbols[d.Symbol]
	if !p.known || len(in) == 0 || p.several[d.Symbol] || d.Size == 0 {
		return false
	}
	section := d.Section
	switch {
	case d.Kind == objects.Common:
		section = "COMMON"
	case !objects.MatchesAny([]string{".text*", ".data*", ".bss*", ".rodata*"}, section),
		mergedSection().MatchString(section):
		return false // merged, or not in memory
	}
	places := p.of[o.Name()+" "+section]
	if o.Member != "" && !p.named[o.Name()] {
		return false // not linked, or a thin archive, whose members have other names in the map
	}
	return !slices.ContainsFunc(in, func(s objects.ImageSymbol) bool {
		return slices.ContainsFunc(places, func(at placement) bool {
			return s.Value >= at.start && s.Value < at.start+at.size
		})
	})
}

// at says where a symbol of the firmware is.
func (p *placedSections) at(s objects.ImageSymbol) string {
	if p.thumb {
		s.Value &^= 1
	}
	if at, is := p.find(s.Value); is && at.start > 0 {
		return ": it is in " + at.name + " (" + at.section + ")"
	}
	return ""
}

// find is the section of an object that is at an address.
func (p *placedSections) find(address uint64) (at placement, is bool) {
	for _, at := range p.all {
		if p.known && address >= at.start && address < at.start+at.size {
			return at, true
		}
	}
	return placement{}, false
}
