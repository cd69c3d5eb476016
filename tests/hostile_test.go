package tests_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"
)

const (
	// hostileScripts is the minimum number of scripts.
	hostileScripts = 60
	// hostileTime is how long one may take on a busy machine.
	hostileTime = 60 * time.Second
)

// TestHostile runs the scripts of firmware/hostile, which try to break the firmware through our
// modules, on the build with sanitizers. TestUnix does the same on the ordinary one. Each must
// print OK, without a crash, a finding of a sanitizer, or a hang.
func TestHostile(t *testing.T) {
	t.Parallel()
	r, firmware := sanitizedFirmware(t)
	runHostile(t, r.tree, firmware, "failing_memory.py")
}

// TestHostileScripts checks that there are enough scripts, and that each says what it attacks.
func TestHostileScripts(t *testing.T) {
	scripts := hostile(t)
	if len(scripts) < hostileScripts {
		t.Errorf("%d scripts; want %d at least", len(scripts), hostileScripts)
	}
	for _, script := range scripts {
		if text := readFile(t, script); !bytes.HasPrefix(text, []byte("# ")) {
			t.Errorf("the first line of %s is no comment", script)
		}
	}
}

// hostile gives the paths of the scripts.
func hostile(t *testing.T) []string {
	t.Helper()
	scripts, err := filepath.Glob(filepath.Join("firmware", "hostile", "*.py"))
	if err != nil {
		t.Fatal(err)
	}
	return slices.DeleteFunc(scripts, func(name string) bool {
		return filepath.Base(name) == "common.py"
	})
}

// runHostile runs the scripts, two at a time, with a subtest for each result. tree has asyncio
// for firmware without it; without a tree, the firmware is the user's own, which may lack
// something. Otherwise only the named scripts may skip.
func runHostile(t *testing.T, tree, firmware string, mayskip ...string) {
	scripts := hostile(t)
	if isBeforeOCSP(t, firmware) {
		mayskip = append(slices.Clone(mayskip), "ocsp.py")
	}
	outcomes := make([]hostileOutcome, len(scripts))
	var wait sync.WaitGroup
	slots := make(chan struct{}, 2)
	for i, script := range scripts {
		wait.Go(func() {
			slots <- struct{}{}
			outcomes[i] = runOneHostile(t.Context(), tree, firmware, script)
			<-slots
		})
	}
	wait.Wait()
	for i, script := range scripts {
		name := filepath.Base(script)
		t.Run(name, func(t *testing.T) {
			outcomes[i].judge(t, tree == "" || slices.Contains(mayskip, name))
		})
	}
}

// hostileOutcome is the result of one script.
type hostileOutcome struct {
	stdout, stderr string
	err            error
	took           time.Duration
}

func runOneHostile(ctx context.Context, tree, firmware, script string) hostileOutcome {
	ctx, cancel := context.WithTimeout(ctx, hostileTime)
	defer cancel()
	// The heap is larger than the variant's, because the scripts use a lot of it.
	cmd := exec.CommandContext(ctx, firmware, "-X", "heapsize=24M", script)
	cmd.Env = append(os.Environ(), "ASAN_OPTIONS=detect_leaks=1:detect_stack_use_after_return=0")
	if tree != "" {
		cmd.Env = append(cmd.Env, "MICROPYPATH=.frozen:"+filepath.Join(tree, "extmod"))
	}
	var stdout, stderr bytes.Buffer
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	start := time.Now()
	err := cmd.Run()
	if errors.Is(ctx.Err(), context.DeadlineExceeded) {
		err = fmt.Errorf("no end after %v", hostileTime)
	}
	return hostileOutcome{stdout.String(), stderr.String(), err, time.Since(start)}
}

func (o hostileOutcome) judge(t *testing.T, mayskip bool) {
	t.Helper()
	t.Logf("%.1f s", o.took.Seconds())
	judgeFindings(t, o.stderr, nil)
	if o.err == nil && o.stdout == "SKIP\n" {
		if !mayskip {
			t.Error("the script asks for something that this firmware lacks")
		}
		t.Skip("SKIP")
	}
	if o.err != nil || o.stdout != "OK\n" {
		t.Errorf("%v\n%s%s", o.err, tail(o.stdout), tail(o.stderr))
	}
}

// sanitizedBuild is shared by the tests that need it; the first of them makes it. It is removed
// with the process.
var sanitizedBuild struct {
	sync.Mutex
	dir      string
	r        *real
	firmware string
}

// sanitizedFirmware is the coverage variant with AddressSanitizer and UndefinedBehaviorSanitizer,
// and the tree that it was made from.
func sanitizedFirmware(t *testing.T) (*real, string) {
	t.Helper()
	b := &sanitizedBuild
	b.Lock()
	defer b.Unlock()
	if b.firmware == "" {
		needReal(t)
		removeSanitizedBuild()
		dir, err := os.MkdirTemp("", "mpwolf-sanitized-")
		if err != nil {
			t.Fatal(err)
		}
		b.dir = dir
		r := newRealIn(t, dir)
		r.patch("--variant", "coverage")
		r.installAllocfail(t)
		b.firmware = r.buildIn(t, filepath.Join(dir, "build"), "coverage", "DEBUG=1",
			"CFLAGS_EXTRA="+sanitizers,
			"LDFLAGS_EXTRA="+sanitizers, "WOLFSSL_PORT=unix",
			"USER_C_MODULES="+filepath.Join(r.dir, "micropython-modules"))
		b.r = r
	}
	r := *b.r
	r.t = t
	return &r, b.firmware
}

func removeSanitizedBuild() {
	if dir := sanitizedBuild.dir; strings.Contains(dir, "mpwolf-sanitized-") {
		os.RemoveAll(dir)
	}
}
