package micropython

import (
	"slices"
	"testing"
)

// TestCoreMake: the makefile and the variables of a core come first, so that --make can choose
// another core.
func TestCoreMake(t *testing.T) {
	for _, c := range []struct {
		target Target
		want   []string
	}{
		{Target{Port: "stm32", Board: "NET"}, []string{"BOARD=NET"}},
		{Target{Port: "alif", Board: "AE3"},
			[]string{"-f", "alif.mk", "BOARD=AE3", "MCU_CORE=M55_HP"}},
		{Target{Port: "alif", Board: "AE3", Make: []string{"MCU_CORE=M55_HE"}},
			[]string{"-f", "alif.mk", "BOARD=AE3", "MCU_CORE=M55_HP", "MCU_CORE=M55_HE"}},
	} {
		if got := c.target.Args(); !slices.Equal(got, c.want) {
			t.Errorf("%s: %q; want %q", c.target.Name(), got, c.want)
		}
	}
}
