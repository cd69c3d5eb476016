package verify

import (
	"maps"
	"slices"
	"testing"
)

func TestFunctionsIn(t *testing.T) {
	names := make(map[string]bool)
	functionsIn([]byte("int wc_First(int n);\nint (*callback)(void);\nlong (*other)(int);\n"+
		"    return wc_Indented(1);\nwc_Second (a)\nX = wc_Value(1);\nMACRO(x)\n"+
		"WOLFSSL_API unsigned int\nwc_Third(void)\n"), names)
	want := []string{"wc_First", "wc_Second", "wc_Third"}
	if got := slices.Sorted(maps.Keys(names)); !slices.Equal(got, want) {
		t.Errorf("%q, not %q", got, want)
	}
}
