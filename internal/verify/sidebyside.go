package verify

import (
	"context"
	"errors"
	"fmt"
	"io"
	"runtime"
	"sync"

	"mpwolf/internal/project"
)

// verifyAll verifies targets. Their builds run side by side as far as there are jobs for make; the
// checks that follow are made for one target at a time, because scripts that run on firmware have
// a limited time. The reports are in the order of the targets, and the error is that of the first
// target that has one.
func verifyAll(
	ctx context.Context, o TreeOptions, p *project.Project, targets []project.Target,
) ([]*Report, error) {
	scripts, err := writeScripts(p.Tree.Dir)
	if err != nil {
		return nil, err
	}
	shares := share(o.jobs(), len(targets))
	if o.Baseline || o.Device != "" {
		shares = shares[:1] // they use one directory, or one board
		shares[0] = o.Jobs
	}
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	reports, errs := make([]*Report, len(targets)), make([]error, len(targets))
	free := make(chan int, len(shares)) // the shares of make's jobs
	for _, jobs := range shares {
		free <- jobs
	}
	var all sync.WaitGroup
	var checking, writing sync.Mutex
	for i, t := range targets {
		jobs := <-free
		if ctx.Err() != nil {
			break
		}
		all.Go(func() {
			defer func() { free <- jobs }()
			mine := o
			mine.Jobs, mine.checking = jobs, &checking
			if o.Progress != nil && len(shares) > 1 {
				mine.Progress = &named{to: o.Progress, name: t.ID(), lock: &writing}
			}
			if reports[i], errs[i] = verifyTarget(ctx, mine, p, t, scripts); errs[i] != nil {
				stop()
			}
		})
	}
	all.Wait()
	return reports, first(errs)
}

// first is the first error that is not about another one's stop, else the first.
func first(errs []error) error {
	var stopped error
	for _, err := range errs {
		switch {
		case err == nil:
		case !errors.Is(err, context.Canceled):
			return err
		case stopped == nil:
			stopped = err
		}
	}
	return stopped
}

// share divides make's jobs between targets: as many of these as there are jobs build at once.
func share(jobs, targets int) []int {
	shares := make([]int, max(1, min(jobs, targets)))
	for i := range shares {
		shares[i] = jobs / len(shares)
		if i < jobs%len(shares) {
			shares[i]++
		}
	}
	return shares
}

func (o TreeOptions) jobs() int {
	if o.Jobs > 0 {
		return o.Jobs
	}
	return runtime.NumCPU()
}

// named puts a target's name before each of its steps, a line at a time.
type named struct {
	to   io.Writer
	name string
	lock *sync.Mutex
}

func (w *named) Write(b []byte) (int, error) {
	w.lock.Lock()
	defer w.lock.Unlock()
	if _, err := fmt.Fprintf(w.to, "%s: %s", w.name, b); err != nil {
		return 0, err
	}
	return len(b), nil
}
