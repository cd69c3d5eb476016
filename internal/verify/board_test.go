package verify

import (
	"reflect"
	"testing"

	"mpwolf/internal/micropython"
	"mpwolf/internal/project"
)

func TestReadHeap(t *testing.T) {
	var h Heap
	h.read("1 KB MemoryError('memory allocation failed, allocating 17 bytes',)\n" +
		"2 KB OSError(12,)\n3 KB OSError(12,)\n4 KB OSError(-125, 'no memory')\n" +
		"5 KB OSError(-313,)\n6 KB ok\nagain ok\n")
	want := Heap{Needed: 6 << 10, TooSmall: []string{"MemoryError", "ENOMEM", "MEMORY_E",
		"OSError(-313,)"}}
	if !reflect.DeepEqual(h, want) {
		t.Errorf("%+v, not %+v", h, want)
	}
}

func TestReadFigures(t *testing.T) {
	var h Heap
	var s Speed
	readFigures("handshake 812345\nheap 131072 8320\nspeed sha256 200 250000\n"+
		"speed aes-128-cbc 3 900000\nspeed none 0 0\n", &h, &s)
	if (h.Free != 131072 || h.Session != 8320) || !reflect.DeepEqual(s, Speed{Handshake: 812.3,
		Rates: map[string]float64{"sha256": 800, "aes-128-cbc": 3.3}}) {
		t.Errorf("%+v, %+v", h, s)
	}
	h.Needed = 21 << 10
	for text, got := range map[string]string{
		"measured on x: heap 131072 bytes free, 8320 less with a session of two ends; a " +
			"handshake of two ends needs 21 KB of it; a handshake of two ends takes 812.3 ms; " +
			"KB/s: aes-128-cbc 3.3, sha256 800.0": figuresText("on x", h, s),
		"measured on x: no times, because this firmware has no clock (time.ticks_us)": figuresText(
			"on x", Heap{}, Speed{}),
	} {
		if got != text {
			t.Errorf("%s\nnot %s", got, text)
		}
	}
}

func TestLeftOut(t *testing.T) {
	const trace = "Traceback (most recent call last):\n  File \"<stdin>\", line 1\n"
	for raised, want := range map[string]string{
		trace + "NotImplementedError: protocol not in this firmware\n": "protocol not in this " +
			"firmware",
		trace + "NotImplementedError: \n": "", trace + "OSError: -188\n": "", "": "",
	} {
		if got := leftOut(raised); got != want {
			t.Errorf("%q: %q", raised, got)
		}
	}
}

func TestDifference(t *testing.T) {
	for _, c := range []struct{ got, want, text string }{
		{"a\nx\n", "a\nb\n", `line 2 is "x", not "b"`},
		{"a\n", "a\nb\n", `it ends before line 2, "b"`},
		{"", "a\n", `it ends before line 1, "a"`},
		{"a\nb\nc\n", "a\n", "it goes on with: b | c"},
	} {
		if got := difference(c.got, c.want); got != c.text {
			t.Errorf("%q, %q: %s, not %s", c.got, c.want, got, c.text)
		}
	}
}

func TestDeviceTarget(t *testing.T) {
	target := func(port string) project.Target {
		return project.Target{Target: micropython.Target{Port: port, Board: "B"}}
	}
	for _, c := range []struct {
		targets []project.Target
		ok      bool
	}{
		{[]project.Target{target("stm32")}, true},
		{[]project.Target{target("stm32"), target("qemu")}, false},
		{[]project.Target{target("unix")}, false},
	} {
		if err := deviceTarget(c.targets); (err == nil) != c.ok {
			t.Errorf("%+v: %v", c.targets, err)
		}
	}
}
