package treemap

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"
)

// TestLayout is that the parts have the areas of their sizes, are inside, and do not overlap.
func TestLayout(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	whole := Rect{X: 10, Y: 20, Width: 1000, Height: 400}
	for range 200 {
		sizes := make([]float64, 1+random.IntN(30))
		total := 0.0
		for i := range sizes {
			sizes[i] = math.Floor(math.Exp(12 * random.Float64()))
			total += sizes[i]
		}
		if random.IntN(2) == 0 {
			slices.SortFunc(sizes, func(a, b float64) int { return int(b - a) })
		}
		parts := Layout(whole, sizes)
		for i, p := range parts {
			want := sizes[i] / total * whole.Width * whole.Height
			if math.Abs(p.Width*p.Height-want) > 1e-6*want+1e-6 {
				t.Fatalf("%v: part %d has the area %g; want %g", sizes, i, p.Width*p.Height, want)
			}
			const bit = 1e-6
			if p.X < whole.X-bit || p.Y < whole.Y-bit ||
				p.X+p.Width > whole.X+whole.Width+bit || p.Y+p.Height > whole.Y+whole.Height+bit {
				t.Fatalf("%v: part %d is outside: %+v", sizes, i, p)
			}
			for j, q := range parts[:i] {
				if p.X+bit < q.X+q.Width && q.X+bit < p.X+p.Width &&
					p.Y+bit < q.Y+q.Height && q.Y+bit < p.Y+p.Height {
					t.Fatalf("%v: parts %d and %d overlap: %+v, %+v", sizes, i, j, p, q)
				}
			}
		}
	}
}

func TestLayoutShapes(t *testing.T) {
	// The example of the paper: no part is longer than twice its width and a bit.
	for i, p := range Layout(Rect{Width: 6, Height: 4}, []float64{6, 6, 4, 3, 2, 2, 1}) {
		if ratio := max(p.Width/p.Height, p.Height/p.Width); ratio > 2.8 {
			t.Errorf("part %d: %+v", i, p)
		}
	}
	for _, sizes := range [][]float64{nil, {0}, {0, 0}, {0, 5, 0}} {
		parts := Layout(Rect{Width: 2, Height: 1}, sizes)
		for i, p := range parts {
			if math.IsNaN(p.Width) || (sizes[i] == 0) != (p.Width*p.Height == 0) {
				t.Errorf("%v: %+v", sizes, parts)
			}
		}
	}
}
