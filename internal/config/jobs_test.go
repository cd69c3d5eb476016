package config

import (
	"slices"
	"testing"
)

func TestJobNames(t *testing.T) {
	var targets []Target
	for _, board := range []string{"/f/a/PROD", "/f/b/PROD", "/f/c/PROD-2", "/f/x/a,b:c",
		"/f/x/ä b", "/f/x/a b", "/f/x/b+.c_d", "PYBV11"} {
		targets = append(targets, Target{Port: "stm32", Board: board})
	}
	targets = append(targets, Target{Port: "stm32", Board: "PYBV11", Variant: "DP"},
		Target{Port: "unix"}, Target{Port: "unix", Variant: "standard"})
	got := JobNames(targets)
	want := []string{"stm32-PROD", "stm32-PROD-2", "stm32-PROD-2-2", "stm32-a-b-c", "stm32---b",
		"stm32-a-b", "stm32-b+.c_d", "stm32-PYBV11", "stm32-PYBV11-DP", "unix", "unix-standard"}
	if !slices.Equal(got, want) {
		t.Errorf("got %q", got)
	}
}
