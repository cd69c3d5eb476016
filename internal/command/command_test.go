package command

import (
	"slices"
	"testing"
)

func TestFlagsFirst(t *testing.T) {
	app := newApp(&session{})
	tests := []struct{ args, want []string }{
		{[]string{"mpwolf", "explain", "M", "--port", "unix"},
			[]string{"mpwolf", "explain", "--port", "unix", "M"}},
		{[]string{"mpwolf", "explain", "M", "--port=unix"},
			[]string{"mpwolf", "explain", "--port=unix", "M"}},
		{[]string{"mpwolf", "patch", "x", "--diff", "y"},
			[]string{"mpwolf", "patch", "--diff", "x", "y"}},
		{[]string{"mpwolf", "explain", "--", "M", "--port"},
			[]string{"mpwolf", "explain", "--", "M", "--port"}},
		{[]string{"mpwolf", "explain", "M", "--port"},
			[]string{"mpwolf", "explain", "--port", "M"}},
		{[]string{"mpwolf", "verify", "-j4", "--no-build"},
			[]string{"mpwolf", "verify", "-j", "4", "--no-build"}},
		{[]string{"mpwolf", "nonsense", "a", "--b"}, []string{"mpwolf", "nonsense", "a", "--b"}},
		{[]string{"mpwolf"}, []string{"mpwolf"}},
	}
	for _, test := range tests {
		if got := flagsFirst(app, test.args); !slices.Equal(got, test.want) {
			t.Errorf("%q: got %q; want %q", test.args, got, test.want)
		}
	}
}
