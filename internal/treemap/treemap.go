// Package treemap divides a rectangle into parts whose areas are as sizes, nearly square so that
// they can be compared and labelled (Bruls, Huizing, van Wijk: Squarified Treemaps, 2000). It
// draws nothing.
package treemap

// Rect is a part of the plane; X and Y are its corner nearest to the origin.
type Rect struct{ X, Y, Width, Height float64 }

// Layout gives each of the sizes its part of whole, in the same order. The sizes must not be
// negative; largest first gives the best shapes. A size of 0 has an empty part.
func Layout(whole Rect, sizes []float64) []Rect {
	parts := make([]Rect, len(sizes))
	total := 0.0
	for _, size := range sizes {
		total += size
	}
	if total <= 0 || whole.Width <= 0 || whole.Height <= 0 {
		return parts
	}
	scale := whole.Width * whole.Height / total
	rest := whole
	for first := 0; first < len(sizes); {
		side := min(rest.Width, rest.Height)
		sum, last := 0.0, first
		for best := 0.0; last < len(sizes); last++ {
			next := sum + sizes[last]*scale
			ratio := worst(sizes[first:last+1], scale, next, side)
			if last > first && ratio > best {
				break
			}
			sum, best = next, ratio
		}
		rest = place(rest, sizes[first:last], scale, sum, parts[first:last])
		first = last
	}
	return parts
}

// worst is the greatest ratio of length to width in a row with an area, along a side.
func worst(row []float64, scale, area, side float64) float64 {
	ratio := 0.0
	if area <= 0 || side <= 0 {
		return ratio
	}
	for _, size := range row {
		if size <= 0 {
			continue
		}
		thick := area / side
		long := size * scale / thick
		ratio = max(ratio, long/thick, thick/long)
	}
	return ratio
}

// place puts a row along the shorter side, and returns what is left.
func place(in Rect, row []float64, scale, area float64, parts []Rect) Rect {
	if area <= 0 {
		return in
	}
	at := 0.0
	if in.Width >= in.Height {
		thick := area / in.Height
		for i, size := range row {
			long := size * scale / thick
			parts[i] = Rect{in.X, in.Y + at, thick, long}
			at += long
		}
		return Rect{in.X + thick, in.Y, in.Width - thick, in.Height}
	}
	thick := area / in.Width
	for i, size := range row {
		long := size * scale / thick
		parts[i] = Rect{in.X + at, in.Y, long, thick}
		at += long
	}
	return Rect{in.X, in.Y + thick, in.Width, in.Height - thick}
}
