package verify

import "testing"

// TestKeepOff compares how far firmware reaches with where files begin.
func TestKeepOff(t *testing.T) {
	for _, c := range []struct{ length, used, begin, want, over uint64 }{
		{2048, 600, 640, 640, 0},
		{2048, 640, 640, 640, 0},
		{2048, 641, 640, 640, 1},
		{2048, 2048, 640, 640, 1408},
		{512, 300, 640, 512, 0}, // a linker script that knows it
	} {
		r := Region{Name: "FLASH", Length: c.length, Used: c.used}
		if over := r.keepOff(c.begin); over != c.over || r.Length != c.want {
			t.Errorf("%+v: %d over, length %d", c, over, r.Length)
		}
	}
}
