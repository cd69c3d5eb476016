package verify

import (
	"cmp"
	"maps"
	"slices"
)

// Part is what a source, or an object without one, needs in a firmware.
type Part struct {
	Stack  string `json:"stack"`
	Source string `json:"source"` // as in Size.Sources; "" for what has no source
	Memory
	// Symbols are its functions and objects that need most, the largest first; Smaller are the
	// others together. What is left is constants without a name, and padding. Without a map of the
	// linker there are none.
	Symbols []Symbol `json:"symbols,omitempty"`
	Smaller *Smaller `json:"smaller,omitempty"`
}

// Symbol is a function or an object; several of a source with one name are one.
type Symbol struct {
	Name string `json:"name"`
	Memory
}

// Smaller is what a number of symbols need together.
type Smaller struct {
	Count int `json:"count"`
	Memory
}

// leastSymbol is how many bytes a symbol that is kept has, and mostSymbols how many a source may
// have: firmware has thousands.
const (
	leastSymbol = 64
	mostSymbols = 50
)

// sortedParts are the parts by stack and source, with their symbols in order.
func sortedParts(parts map[[2]string]*Part) []Part {
	sorted := make([]Part, 0, len(parts))
	for _, p := range parts {
		p.finish()
		sorted = append(sorted, *p)
	}
	slices.SortFunc(sorted, func(a, b Part) int {
		return cmp.Or(cmp.Compare(a.Stack, b.Stack), cmp.Compare(a.Source, b.Source))
	})
	return sorted
}

// finish adds symbols of one name up, sorts them, and sums the small ones.
func (p *Part) finish() {
	sums := make(map[string]Memory)
	for _, s := range p.Symbols {
		sum := sums[s.Name]
		sums[s.Name] = Memory{sum.Flash + s.Flash, sum.RAM + s.RAM}
	}
	names := slices.SortedFunc(maps.Keys(sums), func(a, b string) int {
		return cmp.Or(cmp.Compare(sums[b].most(), sums[a].most()), cmp.Compare(a, b))
	})
	p.Symbols = nil
	for i, name := range names {
		if m := sums[name]; i < mostSymbols && m.most() >= leastSymbol {
			p.Symbols = append(p.Symbols, Symbol{name, m})
			continue
		}
		if p.Smaller == nil {
			p.Smaller = &Smaller{}
		}
		p.Smaller.Count++
		p.Smaller.Flash += sums[name].Flash
		p.Smaller.RAM += sums[name].RAM
	}
}

// most is what is needed in the memory where more is needed.
func (m Memory) most() uint64 { return max(m.Flash, m.RAM) }

// partsEvidence is the evidence of the size check that has the parts.
const partsEvidence = "parts"

// partsOf are the parts of a firmware by the evidence of its check; by the stacks alone, if an
// older mpwolf has written it.
func partsOf(c Check, size *Size) (parts []Part, err error) {
	if c.Evidence[partsEvidence] != nil {
		return parts, fromEvidence(c.Evidence[partsEvidence], &parts)
	}
	for stack, m := range size.Stacks {
		parts = append(parts, Part{Stack: stack, Memory: m})
	}
	return parts, nil
}
