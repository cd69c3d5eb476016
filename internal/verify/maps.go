package verify

import (
	"cmp"
	"fmt"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"mpwolf/internal/treemap"
	"mpwolf/modules"
)

// The treemaps of the page: what a memory is needed for, by stack, directory, source and symbol.
type (
	// htmlMap is a treemap; Inside are those of its parts.
	htmlMap struct {
		ID, Title, Label string
		Up               *htmlMap // the map that it is a part of, nil for the whole
		Drawn            bool
		Parts            []htmlPart
		Inside           []htmlMap
	}
	htmlPart struct {
		Name, Text, Fill    string
		Zoom                string // the ID of the part's own map; "" if it has none
		Bytes               uint64
		X, Y, Width, Height float64
		TextX, TextY        float64
	}
)

// sizeTree is a part of a memory with its parts. The zero value has none.
type sizeTree struct {
	name  string
	bytes uint64
	parts []*sizeTree
}

// add finds or makes the part with a name, and makes it larger.
func (n *sizeTree) add(name string, bytes uint64) *sizeTree {
	at := slices.IndexFunc(n.parts, func(p *sizeTree) bool { return p.name == name })
	if at < 0 {
		at = len(n.parts)
		n.parts = append(n.parts, &sizeTree{name: name})
	}
	n.parts[at].bytes += bytes
	return n.parts[at]
}

// The page shows the largest parts of a source, and sums those that would be too small to see.
const (
	mostShown  = 15
	leastShown = 50  // one in so many bytes of the source
	leastDrawn = 300 // one in so many bytes of the memory; less is a table only
)

// treeOf divides a memory.
func treeOf(tree string, parts []Part, memory string) *sizeTree {
	whole := &sizeTree{name: strings.ToUpper(memory[:1]) + memory[1:]}
	for _, p := range parts {
		bytes := p.of(memory)
		if bytes == 0 {
			continue
		}
		whole.bytes += bytes
		at := whole.add(p.Stack, bytes)
		if p.Source != "" {
			name := path.Clean(filepath.ToSlash(p.Source))
			at = at.add(directoryOf(name), bytes)
			at = at.add(shortSource(tree, name), bytes)
		}
		at.addSymbols(p, memory)
	}
	whole.finish(0)
	return whole
}

// addSymbols gives a source its symbols, and what is not one.
func (n *sizeTree) addSymbols(p Part, memory string) {
	if len(p.Symbols) == 0 {
		return
	}
	symbols := slices.Clone(p.Symbols)
	slices.SortStableFunc(symbols, func(a, b Symbol) int {
		return cmp.Compare(b.of(memory), a.of(memory))
	})
	left := p.of(memory)
	few, smaller := 0, uint64(0)
	if p.Smaller != nil {
		few, smaller = p.Smaller.Count, p.Smaller.of(memory)
		left -= min(left, smaller)
	}
	for i, s := range symbols {
		bytes := s.of(memory)
		if bytes == 0 {
			break
		}
		left -= min(left, bytes)
		if i < mostShown && bytes*leastShown >= p.of(memory) {
			n.add(s.Name, bytes)
			continue
		}
		few, smaller = few+1, smaller+bytes
	}
	if len(n.parts) == 0 { // only what is summed
		return
	}
	if smaller > 0 {
		n.add("("+plural(few, "smaller symbol")+")", smaller)
	}
	if left > 0 {
		n.add("(without a name: constants, padding)", left)
	}
}

// finish puts the largest parts first. A part of one part is that part, by the name of the source
// if it is a directory. depth is 0 for a memory, 1 for a stack, 2 for a directory.
func (n *sizeTree) finish(depth int) {
	for _, p := range n.parts {
		p.finish(depth + 1)
	}
	if len(n.parts) == 1 {
		if depth == 2 {
			n.name = n.parts[0].name
		}
		n.parts = n.parts[0].parts
	}
	slices.SortFunc(n.parts, func(a, b *sizeTree) int {
		return cmp.Or(cmp.Compare(b.bytes, a.bytes), cmp.Compare(a.name, b.name))
	})
}

// shortSource is the name of a source without what all sources of the tree or the modules have in
// front.
func shortSource(tree, name string) string {
	if _, inModules, found := strings.Cut(name, "/"+modules.Name+"/"); found {
		return inModules
	}
	return strings.TrimPrefix(name, filepath.ToSlash(tree)+"/")
}

// directoryOf is the directory that a source counts in: of wolfSSL and the modules their own, of
// MicroPython lib/NAME, ports/NAME, or the one at the top.
func directoryOf(name string) string {
	parts := strings.Split(name, "/")
	if i := slices.Index(parts, modules.Name); i >= 0 {
		parts = parts[i:]
	} else if path.IsAbs(name) {
		return path.Dir(name)
	}
	switch {
	case len(parts) > 4 && parts[1] == "wolfssl" && parts[2] == "wolfcrypt":
		return "wolfssl/wolfcrypt"
	case len(parts) > 2 && parts[1] == "wolfssl":
		return "wolfssl"
	case len(parts) > 2 && (parts[0] == "lib" || parts[0] == "ports"):
		return parts[0] + "/" + parts[1]
	case len(parts) > 1:
		return parts[0]
	}
	return "build"
}

// name gives a map and those inside it the names that links have.
func (m *htmlMap) name(id string, up *htmlMap) {
	m.ID, m.Up = id, up
	inside := 0
	for i := range m.Parts {
		if m.Parts[i].Zoom != "" {
			m.Inside[inside].name(fmt.Sprintf("%s-%d", id, inside+1), m)
			m.Parts[i].Zoom = m.Inside[inside].ID
			inside++
		}
	}
}

// Undivided are the parts without a map of their own.
func (m *htmlMap) Undivided() []htmlPart {
	return slices.DeleteFunc(slices.Clone(m.Parts), func(p htmlPart) bool { return p.Zoom != "" })
}

const mapWidth, mapHeight = 1000, 420

// newMap draws a part of a memory of so many bytes, and the maps of its parts.
func newMap(n *sizeTree, whole uint64) htmlMap {
	m := htmlMap{Title: fmt.Sprintf("%s: %d bytes", n.name, n.bytes)}
	m.Drawn = n.bytes*leastDrawn >= whole
	var areas []float64
	var largest []string
	for i, part := range n.parts {
		areas = append(areas, float64(part.bytes))
		if i < 3 {
			largest = append(largest, fmt.Sprintf("%s %d bytes", part.name, part.bytes))
		}
	}
	m.Label = m.Title + ", the largest: " + strings.Join(largest, ", ")
	rects := treemap.Layout(treemap.Rect{Width: mapWidth, Height: mapHeight}, areas)
	for i, part := range n.parts {
		p := rects[i]
		shown := htmlPart{Name: part.name, Bytes: part.bytes, X: rounded(p.X), Y: rounded(p.Y),
			Width: rounded(p.Width), Height: rounded(p.Height),
			// Light, in both schemes: the labels are black.
			Fill: fmt.Sprintf("hsl(%d 60%% 80%%)", i*137%360)}
		text := shortened(path.Base(part.name), int((p.Width-12)/12))
		if p.Height > 26 && text != "" {
			shown.Text, shown.TextX, shown.TextY = text, rounded(p.X+8), rounded(p.Y+22)
		}
		if len(part.parts) > 1 {
			m.Inside = append(m.Inside, newMap(part, whole))
			shown.Zoom = part.name
		}
		m.Parts = append(m.Parts, shown)
	}
	return m
}

// shortened is a text of at most so many bytes; "" if too little would be left.
func shortened(text string, most int) string {
	const least = 7
	switch {
	case len(text) <= most:
		return text
	case most < least:
		return ""
	}
	return strings.ToValidUTF8(text[:most-1], "") + "…"
}

func rounded(x float64) float64 { return float64(int64(x*10+0.5)) / 10 }
