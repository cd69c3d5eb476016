package tests_test

import (
	"fmt"
	"html"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
)

// metalBars are the rows of the table in docs/metal.md that its plot shows: how the row begins,
// which of its values that " / " separates, and the title of the bars.
var metalBars = []struct {
	row, title string
	value      int
}{
	{"peak heap of a handshake", "Peak heap of a handshake, P-256 (bytes)", 0},
	{"peak heap of a handshake", "Peak heap of a handshake, RSA-2048 (bytes)", 1},
	{"heap of a session", "Heap of a session after that, P-256 (bytes)", 0},
	{"smallest heap", "Smallest heap for one session, P-256 (KB)", 0},
	{"instructions of a handshake", "Handshake, P-256 (millions of instructions)", 0},
	{"instructions of a handshake", "Handshake, RSA-2048 (millions of instructions)", 1},
	{"instructions per KB received", "A KB received, AES-128-GCM (thousands of instructions)", 0},
	{"instructions per KB of SHA-256", "A KB of SHA-256 (thousands of instructions)", 0},
}

// metalPlot draws a table like that in docs/metal.md as SVG. Each group of bars has its own scale:
// the longest fills the width. Colours follow the reader's light or dark mode.
func metalPlot(table string) (string, error) {
	rows := map[string][]string{}
	var names, order []string
	for line := range strings.Lines(table) {
		cells := strings.Split(strings.Trim(strings.TrimSpace(line), "|"), "|")
		for i := range cells {
			cells[i] = strings.TrimSpace(cells[i])
		}
		switch {
		case len(cells) != 4 || strings.HasPrefix(cells[0], "--"):
		case cells[0] == "":
			names = cells[1:]
		default:
			rows[cells[0]] = cells[1:]
			order = append(order, cells[0])
		}
	}
	const width, label, bar, step = 720, 130, 470, 16
	var b strings.Builder
	y := 6
	for _, bars := range metalBars {
		values, err := metalValues(rows, order, bars.row, bars.value)
		if err != nil {
			return "", err
		}
		longest := max(values[0], values[1], values[2])
		y += 20
		fmt.Fprintf(&b, "<text class=\"t\" x=\"8\" y=\"%d\">%s</text>\n", y,
			html.EscapeString(bars.title))
		for i, value := range values {
			length := max(1, value/longest*bar)
			fmt.Fprintf(&b, "<text x=\"%d\" y=\"%d\" text-anchor=\"end\">%s</text>"+
				"<rect class=\"c%d\" x=\"%d\" y=\"%d\" width=\"%.1f\" height=\"11\"/>"+
				"<text x=\"%.1f\" y=\"%d\">%s</text>\n",
				label, y+step, html.EscapeString(names[i]), i, label+8, y+step-10, length,
				float64(label+14)+length, y+step, strconv.FormatFloat(value, 'f', -1, 64))
			y += step
		}
		y += 8
	}
	return fmt.Sprintf(`<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 %d %d" role="img">
<title>What TLS costs on a Cortex-M4: mbedTLS and wolfSSL (shorter is better)</title>
<style>
rect.bg { fill: #ffffff } text { font: 11px sans-serif; fill: #24292f } .t { font-weight: bold }
.c0 { fill: #8c959f } .c1 { fill: #0969da } .c2 { fill: #1a7f37 }
@media (prefers-color-scheme: dark) {
rect.bg { fill: #0d1117 } text { fill: #e6edf3 }
.c0 { fill: #6e7681 } .c1 { fill: #58a6ff } .c2 { fill: #3fb950 }
}
</style>
<rect class="bg" width="%d" height="%d"/>
%s</svg>
`, width, y, width, y, b.String()), nil
}

// metalValues are the three values of the row that begins so.
func metalValues(
	rows map[string][]string, order []string, begin string, which int,
) (values [3]float64, err error) {
	for _, name := range order {
		if !strings.HasPrefix(name, begin) {
			continue
		}
		for i, cell := range rows[name] {
			parts := strings.Split(cell, " / ")
			if which >= len(parts) {
				return values, fmt.Errorf("%q has no value %d", name, which)
			}
			text := strings.ReplaceAll(parts[which], ",", "")
			if values[i], err = strconv.ParseFloat(text, 64); err != nil {
				return values, fmt.Errorf("%q: %w", name, err)
			}
		}
		return values, nil
	}
	return values, fmt.Errorf("the table has no row %q", begin)
}

// TestMetalPlot holds that docs/metal.svg shows the table of docs/metal.md.
// MPWOLF_UPDATE_PLOT=1 draws it again.
func TestMetalPlot(t *testing.T) {
	docs := filepath.Join("..", "docs")
	table := string(readFile(t, filepath.Join(docs, "metal.md")))
	_, table, _ = strings.Cut(table, "\n| | mbedTLS")
	table, _, _ = strings.Cut("| | mbedTLS"+table, "\n\n")
	plot, err := metalPlot(table)
	if err != nil {
		t.Fatal(err)
	}
	if os.Getenv("MPWOLF_UPDATE_PLOT") != "" {
		writeFile(t, docs, "metal.svg", []byte(plot))
	}
	if string(readFile(t, filepath.Join(docs, "metal.svg"))) != plot {
		t.Error("docs/metal.svg is not the table of docs/metal.md; MPWOLF_UPDATE_PLOT=1 draws it")
	}
	if _, err := metalPlot("| | a | b | c |\n| heap of a session | 1 | 2 | x |\n"); err == nil {
		t.Error("a table without numbers was drawn")
	}
}
