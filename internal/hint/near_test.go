package hint

import "testing"

func TestNear(t *testing.T) {
	known := []string{"unix", "stm32", "rp2", "MICROPY_PY_SSL", "NUCLEO_F429ZI", "NUCLEO_F767ZI"}
	for word, want := range map[string]string{
		"unxi": "unix", "Unix": "unix", "stm23": "stm32", "stm": "stm32",
		"rp2040": "", "esp32": "",
		"MICROPY_PY_SLL": "MICROPY_PY_SSL", "NUCLEO_F429": "NUCLEO_F429ZI", "x": "", "": "",
		"nucleo_f767zi": "NUCLEO_F767ZI",
	} {
		if got := Near(word, known); got != want {
			t.Errorf("%q: %q, not %q", word, got, want)
		}
	}
}

func TestList(t *testing.T) {
	long := make([]string, 40)
	for i := range long {
		long[i] = "B"
	}
	if got := List(long); len(got) > 80 || got[len(got)-11:] != "and 24 more" {
		t.Errorf("%q", got)
	}
	if got := List(nil); got != "none" {
		t.Errorf("%q", got)
	}
}
