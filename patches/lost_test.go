package patches

import (
	"context"
	"errors"
	"testing"

	"mpwolf/internal/micropython"
)

// TestTracesInterrupted checks that an interrupted search does not count as one that found
// nothing, and that git is asked only about files with a line as mpwolf writes them.
func TestTracesInterrupted(t *testing.T) {
	tree, err := micropython.Open("../tests/testdata/tree")
	if err != nil {
		t.Fatal(err)
	}
	asked := asking{}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if lost, err := Traces(ctx, tree, asked); !errors.Is(err, context.Canceled) || lost != nil {
		t.Errorf("interrupted: %+v, %v", lost, err)
	}
	lost, err := Traces(t.Context(), tree, asked)
	if err != nil || len(lost.Changes) > 0 || len(lost.Unknown) > 0 || lost.Marked {
		t.Errorf("an unpatched tree: %+v, %v", lost, err)
	}
	if asked["ports/unix/mpconfigport.mk"] {
		t.Error("git was asked about a file without a line as mpwolf writes them")
	}
}

// asking is a history in which every file is as it is, and that knows which were asked for.
type asking map[string]bool

func (a asking) AtHead(path string, like []byte) ([]byte, bool) {
	a[path] = true
	return like, true
}

func (a asking) Before(string, []byte) func(string, []byte) ([]byte, bool) { return nil }

func TestMakeFlags(t *testing.T) {
	for value, want := range map[string]map[string]string{
		"":                         {},
		"k -- A=1 B=2\\ 3":         {"A": "1", "B": "2 3"},
		"-e A:=1":                  {"A": "1"},
		"w":                        {},
		"-j4 --jobserver-auth=x,y": {},
		"A=1":                      {"A": "1"},
	} {
		c := &Config{make: &makeRun{vars: map[string]makeVar{}, pinned: map[string]bool{}}}
		overrides := c.makeFlags("MAKEFLAGS", value)
		if overrides != (value == "-e A:=1") {
			t.Errorf("%q: overrides %t", value, overrides)
		}
		if len(c.make.vars) != len(want) {
			t.Errorf("%q: %+v", value, c.make.vars)
		}
		for name, text := range want {
			if c.make.vars[name].text != text || !c.make.pinned[name] {
				t.Errorf("%q: %s is %+v", value, name, c.make.vars[name])
			}
		}
	}
}
