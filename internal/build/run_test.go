package build

import (
	"context"
	"errors"
	"os/exec"
	"syscall"
	"testing"
	"time"
)

// TestRunCommandSignalled: a command ends by the signal before the context ends, as Ctrl-C may.
func TestRunCommandSignalled(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	time.AfterFunc(100*time.Millisecond, cancel)
	err := RunCommand(ctx, exec.CommandContext(ctx, "sh", "-c", "kill -TERM $$"))
	if !errors.Is(err, context.Canceled) {
		t.Errorf("%v; want %v", err, context.Canceled)
	}
	exit := (*exec.ExitError)(nil)
	err = RunCommand(t.Context(), exec.CommandContext(t.Context(), "sh", "-c", "kill -TERM $$"))
	if !errors.As(err, &exit) || exit.Sys().(syscall.WaitStatus).Signal() != syscall.SIGTERM {
		t.Errorf("%v; want the signal", err)
	}
}

func TestIdle(t *testing.T) {
	for flags, want := range map[string]string{
		"": "", "k": "", "n": "n", "-n": "-n", "kn": "kn", "-k -t": "-t", "--dry-run": "--dry-run",
		"--question -- X=1": "--question", "-j2 -Onone": "", "s -- X=n": "", "Iquiet": "",
		"-k --no-print-directory": "", "CFLAGS=-n": "", "kj -- T=-q": "", " --jobserver-auth=3,4": "",
	} {
		if got := idle(flags); got != want {
			t.Errorf("%q: %q, not %q", flags, got, want)
		}
	}
}
