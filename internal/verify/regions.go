package verify

import (
	"fmt"
	"os"
	"slices"
	"strconv"
	"strings"

	"mpwolf/internal/objects"
)

// Region is a memory of the board, according to the linker script.
type Region struct {
	Name   string `json:"name"`
	Origin uint64 `json:"origin"`
	Length uint64 `json:"length"`
	// Used is how far the firmware fills it, counted from its beginning, as the linker does.
	Used uint64 `json:"used"`
}

// Room is what the firmware leaves for Python's heap and for the stack, in bytes; nil if its
// symbols do not show it.
type Room struct {
	Heap  *uint64 `json:"heap,omitempty"`
	Stack *uint64 `json:"stack,omitempty"`
}

// span is a pair of symbols with something between them; the larger one is the end.
type span struct{ start, end string }

// heaps and stacks are the names in the linker scripts of MicroPython's ports: stm32, renesas-ra
// and nrf; mimxrt; rp2; samd. roomArrays are variables that hold the heap, as in qemu.
var (
	heaps = []span{{"_heap_start", "_heap_end"}, {"_gc_heap_start", "_gc_heap_end"},
		{"__GcHeapStart", "__GcHeapEnd"}, {"_sheap", "_eheap"}}
	roomStacks = []span{{"_sstack", "_estack"}, {"__StackBottom", "__StackTop"},
		{"__StackLimit", "__StackTop"}}
	roomArrays = []string{"gc_heap"}
)

func room(image *objects.Image) Room {
	between := func(spans []span) *uint64 {
		for _, s := range spans {
			start, isStart := image.Symbol(s.start)
			end, isEnd := image.Symbol(s.end)
			if isStart && isEnd {
				size := uint64(0)
				if end.Value > start.Value {
					size = end.Value - start.Value
				}
				return &size
			}
		}
		return nil
	}
	r := Room{Heap: between(heaps), Stack: between(roomStacks)}
	for _, name := range roomArrays {
		if array, is := image.Symbol(name); is && r.Heap == nil && array.Size > 0 {
			r.Heap = &array.Size
		}
	}
	return r
}

// parseRegions reads the memories in a map of GNU ld.
func parseRegions(text string) []Region {
	_, text, found := strings.Cut(text, "\nMemory Configuration\n")
	text, _, ended := strings.Cut(text, "\nLinker script and memory map\n")
	if !found || !ended {
		return nil
	}
	var regions []Region
	for line := range strings.Lines(text) {
		fields := strings.Fields(line)
		if len(fields) < 3 || !strings.HasPrefix(fields[1], "0x") || fields[0] == "*default*" {
			continue
		}
		origin, err := strconv.ParseUint(fields[1], 0, 64)
		length, errLength := strconv.ParseUint(fields[2], 0, 64)
		if err == nil && errLength == nil && length > 0 {
			regions = append(regions, Region{Name: fields[0], Origin: origin, Length: length})
		}
	}
	return regions
}

// fill adds up what a firmware's sections take in the regions. Where regions overlap, as the
// parts of a flash do, a section counts in the smallest.
func fill(regions []Region, placed []objects.Placed) {
	note := func(start, end uint64) {
		best := -1
		for i, r := range regions {
			inside := start >= r.Origin && start < r.Origin+r.Length
			if inside && (best < 0 || r.Length < regions[best].Length) {
				best = i
			}
		}
		if best >= 0 {
			regions[best].Used = max(regions[best].Used, end-regions[best].Origin)
		}
	}
	for _, s := range placed {
		if s.End == s.Start {
			continue
		}
		note(s.Start, s.End)
		if s.InFile && s.Load != s.Start {
			note(s.Load, s.Load+s.End-s.Start)
		}
	}
}

// regions are the memories of the board and how full they are; none for a program that runs on
// an operating system.
func (v sizeCheck) regions() []Region {
	text, err := os.ReadFile(v.mapFile())
	if err != nil {
		return nil
	}
	regions := parseRegions(string(text))
	fill(regions, v.image.Placed)
	return slices.DeleteFunc(regions, func(r Region) bool { return r.Used == 0 })
}

// roomText is what a summary says about the regions and the room: "FLASH_TEXT 530 of 896 kB,
// heap 112 kB".
func roomText(regions []Region, r Room) string {
	var parts []string
	for _, region := range regions {
		parts = append(parts,
			fmt.Sprintf("%s %s of %s", region.Name, kilobytes(region.Used),
				kilobytes(region.Length)))
	}
	if r.Heap != nil {
		parts = append(parts, fmt.Sprintf("heap %d bytes", *r.Heap))
	}
	if r.Stack != nil {
		parts = append(parts, fmt.Sprintf("stack %d bytes", *r.Stack))
	}
	return strings.Join(parts, ", ")
}

// least makes a finding for firmware that leaves less than it must.
func (v sizeCheck) least(c *check, what string, is *uint64, least uint64) {
	switch {
	case least == 0:
	case is == nil:
		c.find(Finding{
			Message: fmt.Sprintf("the firmware does not say how large its %s is, and at least "+
				"%d bytes are required", what, least),
			File: v.elf,
			Fix: "remove the limit for this target: where an operating system provides " +
				"memory, or the firmware allocates it when it starts, no file says how much",
		})
	case *is < least:
		c.find(Finding{
			Message: fmt.Sprintf("the firmware leaves %d bytes for the %s, %d less than the "+
				"limit of %d", *is, what, least-*is, least),
			File: v.elf,
			Fix: "see what takes the RAM, by source, in --format json; or change the linker " +
				"script: " + v.scriptsText(),
		})
	}
}

func (v sizeCheck) scriptsText() string {
	var names []string
	for _, script := range v.link.Scripts {
		names = append(names, relative(v.Target.Tree.Dir, script))
	}
	if len(names) == 0 {
		return "this link has none"
	}
	return strings.Join(names, ", ")
}

// recordBuffers is what two TLS records take, one in each direction (RFC 8446, 5.2): a smaller
// heap cannot hold a connection whose peer sends full records.
const recordBuffers = 2 * (5 + 1<<14 + 256)
