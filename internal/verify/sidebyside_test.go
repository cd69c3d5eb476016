package verify

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"testing"
)

// TestShare is that all jobs are used, and that no target gets none.
func TestShare(t *testing.T) {
	for _, test := range []struct {
		jobs, targets int
		want          []int
	}{
		{1, 1, []int{1}}, {1, 5, []int{1}}, {2, 2, []int{1, 1}}, {8, 3, []int{3, 3, 2}},
		{4, 1, []int{4}}, {3, 7, []int{1, 1, 1}}, {4, 0, []int{4}},
	} {
		if got := share(test.jobs, test.targets); !slices.Equal(got, test.want) {
			t.Errorf("%d jobs, %d targets: %v, want %v", test.jobs, test.targets, got, test.want)
		}
	}
}

// TestFirst is that the cause is reported, not the targets that were stopped because of it.
func TestFirst(t *testing.T) {
	cause := errors.New("cause")
	stopped := fmt.Errorf("build: %w", context.Canceled)
	for _, test := range []struct {
		errs []error
		want error
	}{
		{nil, nil}, {[]error{nil, nil}, nil}, {[]error{stopped, nil, cause}, cause},
		{[]error{nil, stopped}, stopped},
	} {
		if got := first(test.errs); got != test.want {
			t.Errorf("%v: %v", test.errs, got)
		}
	}
}

// TestNamed is that the lines of several targets do not mix.
func TestNamed(t *testing.T) {
	var out bytes.Buffer
	var lock sync.Mutex
	var all sync.WaitGroup
	for _, name := range []string{"a", "b"} {
		w := &named{&out, name, &lock}
		all.Go(func() {
			for range 100 {
				if _, err := fmt.Fprint(w, "[1/2] CC x.c\n"); err != nil {
					t.Error(err)
				}
			}
		})
	}
	all.Wait()
	for line := range bytes.Lines(out.Bytes()) {
		if s := string(line); s != "a: [1/2] CC x.c\n" && s != "b: [1/2] CC x.c\n" {
			t.Fatalf("%q", s)
		}
	}
	if n := bytes.Count(out.Bytes(), []byte("\n")); n != 200 {
		t.Errorf("%d lines", n)
	}
}
