package verify

import (
	"context"
	"fmt"
	"maps"
	"math"
	"slices"
	"strings"

	"mpwolf/internal/board"
)

// Heap is what was found out about the heap of a board, in bytes.
type Heap struct {
	Free uint64 `json:"free,omitempty"`
	// Session is what a session takes after the handshake, with both its ends.
	Session uint64 `json:"session,omitempty"`
	// Needed is the smallest free heap, in steps of 1 KB or more, in which a handshake of both
	// ends succeeds.
	Needed uint64 `json:"needed,omitempty"`
	// TooSmall are the exceptions in a smaller one.
	TooSmall []string `json:"too_small,omitempty"`
}

// Speed is how fast a device is.
type Speed struct {
	// Handshake is the time of a handshake of both ends, in milliseconds.
	Handshake float64 `json:"handshake_ms,omitempty"`
	// Rates are those of the algorithms, in KB a second.
	Rates map[string]float64 `json:"kb_per_second,omitempty"`
}

// mostFigures is how many exceptions or rates a firmware may report.
const mostFigures = 30

// clearErrors are the exceptions that say that memory is missing.
var clearErrors = []string{"MemoryError", "ENOMEM", "MEMORY_E"}

// smallHeap reads what a handshake does without enough memory.
func (r *boardRun) smallHeap(ctx context.Context) error {
	if r.Board.Heap == "" || r.ran.passed == 0 || len(r.ran.skipped) > 0 {
		return nil
	}
	out, ok, err := r.run(ctx, r.Board.Heap)
	if err != nil || !ok {
		return err
	}
	r.heap.read(out.Printable().Text)
	for _, raised := range r.heap.TooSmall {
		if !slices.Contains(clearErrors, raised) {
			r.c.find(Finding{File: r.Board.Heap, Message: fmt.Sprintf(
				"a handshake in a heap that is too small raises %s, not MemoryError or ENOMEM",
				raised)})
		}
	}
	switch {
	case out.Raised != "":
		r.c.find(Finding{File: r.Board.Heap, Message: "after a handshake in a heap that is too " +
			"small: " + r.problem(r.Board.Heap, out)})
	case !out.Skipped() && !strings.HasSuffix(out.Text, "again ok\n"):
		r.c.find(Finding{File: r.Board.Heap, Message: "handshakes in heaps that are too small, " +
			r.where + ": the script has not come to its end; it wrote last: " +
			board.LastLines(out.Text)})
	case len(r.heap.TooSmall) > 0:
		r.did = append(r.did, "a heap that is too small raises "+
			strings.Join(r.heap.TooSmall, " or "))
	}
	return nil
}

// read reads what board_heap.py writes: "3 KB OSError(12,)", and at last "21 KB ok".
func (h *Heap) read(text string) {
	for line := range strings.Lines(text) {
		var kilobytes uint64
		if n, _ := fmt.Sscanf(line, "%d KB", &kilobytes); n != 1 {
			continue
		}
		_, raised, _ := strings.Cut(strings.TrimSpace(line), " KB ")
		switch {
		case raised == "ok":
			h.Needed = kilobytes << 10
			continue
		case strings.HasPrefix(raised, "MemoryError"):
			raised = "MemoryError" // its text has the number of bytes
		case raised == "OSError(12,)":
			raised = "ENOMEM"
		case strings.HasPrefix(raised, "OSError(-125,"):
			raised = "MEMORY_E" // wolfSSL's
		}
		if len(h.TooSmall) < mostFigures && !slices.Contains(h.TooSmall, raised) {
			h.TooSmall = append(h.TooSmall, raised)
		}
	}
}

// figures measures. The times of an emulated machine say nothing.
func (r *boardRun) figures(ctx context.Context) error {
	if r.Board.Figures == "" || r.ran.passed == 0 {
		return nil
	}
	out, ok, err := r.run(ctx, r.Board.Figures)
	if err != nil || !ok {
		return err
	}
	if out.Raised != "" && leftOut(out.Raised) == "" {
		r.c.find(Finding{Message: r.problem(r.Board.Figures, out), File: r.Board.Figures})
		return nil
	}
	readFigures(out.Printable().Text, &r.heap, &r.speed)
	if r.heap.Free > 0 || r.heap.Needed > 0 {
		r.c.show("heap", r.heap)
	}
	if r.Device == "" {
		return nil
	}
	if r.speed.Handshake > 0 {
		r.c.show("speed", r.speed)
	}
	r.c.notes = append(r.c.notes, Finding{Message: figuresText(r.where, r.heap, r.speed)})
	return nil
}

// readFigures reads what board_figures.py writes.
func readFigures(text string, heap *Heap, speed *Speed) {
	for line := range strings.Lines(text) {
		var name string
		var a, b uint64
		if n, _ := fmt.Sscanf(line, "heap %d %d", &a, &b); n == 2 {
			heap.Free, heap.Session = a, b
		} else if n, _ := fmt.Sscanf(line, "handshake %d", &a); n == 1 {
			speed.Handshake = float64(a/100) / 10
		} else if n, _ := fmt.Sscanf(line, "speed %s %d %d", &name, &a, &b); n == 3 && b > 0 &&
			len(speed.Rates) < mostFigures {
			if speed.Rates == nil {
				speed.Rates = make(map[string]float64)
			}
			speed.Rates[name] = math.Round(float64(a)/float64(b)*1e7) / 10
		}
	}
}

// figuresText is what was measured, in words.
func figuresText(where string, heap Heap, speed Speed) string {
	var parts []string
	add := func(format string, args ...any) { parts = append(parts, fmt.Sprintf(format, args...)) }
	if heap.Free > 0 {
		add("heap %d bytes free, %d less with a session of two ends", heap.Free, heap.Session)
	}
	if heap.Needed > 0 {
		add("a handshake of two ends needs %d KB of it", heap.Needed>>10)
	}
	if speed.Handshake > 0 {
		add("a handshake of two ends takes %.1f ms", speed.Handshake)
	} else {
		add("no times, because this firmware has no clock (time.ticks_us)")
	}
	if len(speed.Rates) > 0 {
		var rates []string
		for _, name := range slices.Sorted(maps.Keys(speed.Rates)) {
			rates = append(rates, fmt.Sprintf("%s %.1f", name, speed.Rates[name]))
		}
		add("KB/s: %s", strings.Join(rates, ", "))
	}
	return "measured " + where + ": " + strings.Join(parts, "; ")
}
