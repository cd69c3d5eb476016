package command

import (
	"context"
	"errors"
	"os"
	"os/exec"
	"os/signal"
	"syscall"
	"time"

	"mpwolf/internal/state"
)

// grace is how long an interrupted command may take to end by itself. After that the process
// exits, because some of go-git's loops do not check their context.
const grace = 700 * time.Millisecond

// again is how long after the first signal another one counts as a second request: a process may
// get one signal twice, because timeout(1) sends it to its child and then to their process
// group.
const again = 300 * time.Millisecond

// finishing is how long a change of a tree, which is all or nothing, may take to end.
const finishing = 10 * time.Second

// interrupted is the error of a command that a signal ended.
type interrupted struct{ signal os.Signal }

func (e *interrupted) Error() string { return "interrupted" }

// code is what a shell gives a process that such a signal ends.
func (e *interrupted) code() int {
	if e.signal == syscall.SIGTERM {
		return exitTerminated
	}
	return exitInterrupted
}

// interruptible runs an action that ends soon after a signal: through its context or, if it does
// not check that, by being abandoned. A second signal, a moment later, ends it at once.
func (s *session) interruptible(action func(ctx context.Context) error) error {
	ctx, cancel := context.WithCancelCause(context.Background())
	defer cancel(nil)
	signals := make(chan os.Signal, 2)
	signal.Notify(signals, os.Interrupt, syscall.SIGTERM)
	defer signal.Stop(signals)
	done := make(chan error, 1)
	go func() { done <- action(ctx) }()
	select {
	case err := <-done:
		return s.signalled(err, signals)
	case by := <-signals:
		stop := &interrupted{by}
		cancel(stop)
		return s.stopped(stop, done, signals)
	}
}

// signalled checks whether an action failed because a signal ended what it ran: Ctrl-C goes to
// all processes of a terminal, and the others may end first.
func (s *session) signalled(err error, signals <-chan os.Signal) error {
	wait := time.Duration(0)
	if exit := (*exec.ExitError)(nil); errors.As(err, &exit) && !exit.Exited() {
		wait = grace
	}
	if err == nil {
		return nil
	}
	select {
	case by := <-signals:
		return ended(&interrupted{by}, err)
	case <-time.After(wait):
		return err
	}
}

// stopped waits for an action whose context has ended.
func (s *session) stopped(stop *interrupted, done <-chan error, signals <-chan os.Signal) error {
	for start := time.Now(); ; {
		limit := grace
		if state.Changing() {
			limit = finishing
		}
		select {
		case err := <-done:
			return ended(stop, err)
		case <-signals:
			if time.Since(start) > again {
				return stop
			}
		case <-time.After(20 * time.Millisecond):
			if time.Since(start) > limit {
				return stop
			}
		}
	}
}

// ended is the result of a command that ended after a signal: what it had done before stays
// done.
func ended(stop *interrupted, err error) error {
	halfway := (*state.HalfwayError)(nil)
	if err == nil || errors.Is(err, errFound) || errors.As(err, &halfway) {
		return err
	}
	return stop
}

// sayInterrupted reports what is left of a command that a signal ended.
func (s *session) sayInterrupted() {
	switch {
	case state.Changing():
		s.complain("interrupted while changing a tree; the next mpwolf patch or revert first " +
			"undoes that change")
	case s.building.Load():
		s.complain("interrupted; no source was changed, and what make has built is kept")
	default:
		s.complain("interrupted; nothing was changed")
	}
}
