package verify

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"strings"
	"time"

	"mpwolf/internal/board"
)

// boardTimeout ends a script that hangs on a board: a Cortex-M0 without assembly needs seconds for
// a handshake, and tls_pair.py makes twenty.
const boardTimeout = 5 * time.Minute

// boardResets is how often a board is reset with live sockets.
const boardResets = 5

// BoardScripts are Python files that run on boards only; "" skips one.
type BoardScripts struct {
	// Left leaves live sockets for a soft reset. Its output must be that of its .exp file.
	Left string
	// Heap makes handshakes in heaps that are too small, and then one that is possible.
	Heap string
	// Figures measures a handshake and the algorithms.
	Figures string
	// Identity says which firmware it is.
	Identity string
}

// boardRun runs the scripts on a board.
type boardRun struct {
	runCheck
	c     *check
	board board.Board
	where string // it is, in messages: "in QEMU", or on which device
	// dead is set if the board does not answer any more, and cannot be switched off and on.
	dead  bool
	ran   scriptRuns
	did   []string // what the summary says besides the scripts
	heap  Heap
	speed Speed
}

// onQEMU runs the scripts on the machine that the board's makefile names.
func (v runCheck) onQEMU(ctx context.Context, c *check, scripts []string) error {
	q, err := v.machine()
	if err != nil {
		c.notNeeded = err.Error()
		return nil
	}
	hash, err := v.hashRun(scripts)
	if err != nil {
		return err
	}
	if when, _ := v.passedAlready(hash); when != "" {
		c.show("passed", when)
		c.summary = fmt.Sprintf("%s passed on this very firmware in QEMU on %s; not run again",
			plural(len(scripts), "script"), when)
		return nil
	}
	if missing := notInstalled(q.Argv[0]); missing != "" {
		c.notMade = missing
		return nil
	}
	defer q.Close()
	command := strings.Join(q.Argv, " ")
	c.show("board", command)
	r := &boardRun{runCheck: v, c: c, board: q, where: "in QEMU"}
	if err := r.all(ctx, scripts); err != nil {
		return err
	}
	if r.ran.passed == len(scripts) && len(c.findings) == 0 {
		v.recordPass(hash, 0)
	}
	for i := range c.findings {
		c.findings[i].Fix = cmp.Or(c.findings[i].Fix, "run it by hand: "+command)
	}
	return nil
}

// all makes all runs, as far as the board lives.
func (r *boardRun) all(ctx context.Context, scripts []string) error {
	steps := []func(context.Context) error{
		func(ctx context.Context) error { return r.each(ctx, scripts) },
		r.random, r.resets, r.smallHeap, r.figures,
	}
	for _, step := range steps {
		if r.dead {
			break
		}
		if err := step(ctx); err != nil {
			return err
		}
	}
	c := r.c
	c.summary = fmt.Sprintf("%d of %s passed %s", r.ran.passed,
		plural(len(scripts), "script"), r.where)
	if len(r.did) > 0 {
		c.summary += "; " + strings.Join(r.did, "; ")
	}
	if r.dead {
		c.headline = c.summary + "; the rest was not run"
	}
	if len(r.ran.skipped) > 0 {
		c.show("skipped", r.ran.skipped)
		if r.ran.passed == 0 && len(c.findings) == 0 {
			c.notNeeded = c.summary
		}
	}
	return nil
}

// run runs one script. Without ok, there is a finding already.
func (r *boardRun) run(ctx context.Context, script string) (out board.Output, ok bool, err error) {
	pieces, err := board.Load(script)
	if err != nil {
		return out, false, fmt.Errorf("run a script: %w", err)
	}
	out, err = r.board.Run(ctx, pieces)
	failed := (*board.Fault)(nil)
	if !errors.As(err, &failed) {
		return out, err == nil, err
	}
	r.c.find(Finding{Message: fmt.Sprintf("%s, %s: the firmware %s", filepath.Base(script),
		r.where, failed), File: script})
	again, err := r.board.Restart(ctx)
	r.dead = !again
	return out, false, err
}

// each runs the scripts that firmware has to pass everywhere.
func (r *boardRun) each(ctx context.Context, scripts []string) error {
	for _, script := range scripts {
		name := filepath.Base(script)
		out, ok, err := r.run(ctx, script)
		switch {
		case err != nil:
			return err
		case !ok:
		case leftOut(out.Raised) != "":
			r.ran.skipped = append(r.ran.skipped, name)
			r.c.notes = append(r.c.notes, Finding{Message: fmt.Sprintf("%s cannot be run: %s",
				name, leftOut(out.Raised)), File: script})
		case out.Skipped():
			r.ran.skipped = append(r.ran.skipped, name)
			r.c.find(Finding{Message: fmt.Sprintf("the firmware skips %s, because it lacks a "+
				"module or a class that the script imports: what it tests is not verified", name),
				File: script, Fix: "see what its import statements find"})
		case r.problem(script, out) != "":
			r.c.find(Finding{Message: r.problem(script, out), File: script})
		default:
			r.ran.passed++
		}
		if r.dead {
			return nil
		}
	}
	return nil
}

// problem is what is wrong with how a script ended, in words; "" for nothing.
func (r *boardRun) problem(script string, out board.Output) string {
	if out.Raised != "" {
		return fmt.Sprintf("%s fails %s: %s", filepath.Base(script), r.where,
			board.LastLines(out.Raised))
	}
	if problem := outputProblem(script, out.Text); problem != "" {
		return r.where + ": " + problem
	}
	return ""
}

// leftOut is the text of the exception by which a profile says what it leaves out; "" for another.
func leftOut(raised string) string {
	raised = board.Output{Raised: raised}.Printable().Raised
	lines := strings.Split(strings.TrimSpace(raised), "\n")
	text, is := strings.CutPrefix(strings.TrimSpace(lines[len(lines)-1]), "NotImplementedError: ")
	if !is || !strings.HasSuffix(text, "in this firmware") {
		return ""
	}
	return text
}

// random compares the random numbers of two runs. Before the second one the board is switched off,
// if that is possible: then seeds that are the same after each start are found.
func (r *boardRun) random(ctx context.Context) error {
	if r.RandomScript == "" || r.ran.passed == 0 {
		return nil
	}
	var got [2]string
	for i := range got {
		if _, err := r.board.Restart(ctx); err != nil {
			return err
		}
		out, ok, err := r.run(ctx, r.RandomScript)
		if err != nil || !ok {
			return err
		}
		got[i] = strings.TrimPrefix(out.Text, "random ")
		if got[i] == out.Text {
			return nil // the previous scripts have shown that handshakes work
		}
	}
	if got[0] == got[1] {
		r.c.find(Finding{
			Message: "two runs of the firmware " + r.where + " begin handshakes with the same " +
				"random numbers: all keys are known",
			File: r.RandomScript,
			Fix:  "see where the seeds come from, in the check settings",
		})
		return nil
	}
	r.did = append(r.did, "two runs have different random numbers")
	return nil
}

// resets makes soft resets while sockets live, and then a handshake.
func (r *boardRun) resets(ctx context.Context) error {
	if r.Board.Left == "" || r.ran.passed == 0 || len(r.ran.skipped) > 0 {
		return nil
	}
	for i := range boardResets + 1 {
		out, ok, err := r.run(ctx, r.Board.Left)
		if err != nil || !ok {
			return err
		}
		if problem := r.problem(r.Board.Left, out); problem != "" {
			r.c.find(Finding{File: r.Board.Left, Message: fmt.Sprintf(
				"after %s with live sockets: %s", plural(i, "soft reset"), problem)})
			return nil
		}
	}
	r.c.show("soft_resets", boardResets)
	r.did = append(r.did, plural(boardResets, "soft reset")+" with live sockets")
	return nil
}

// machine is the machine in QEMU that the target's make names.
func (v runCheck) machine() (*board.QEMU, error) {
	vars := v.flags.Vars
	if strings.TrimSpace(vars["QEMU_RUN_KERNEL"]) == "0" {
		return nil, errors.New("this machine of QEMU does not start an ELF file; nothing was run")
	}
	argv, err := board.MachineArgv(strings.TrimSpace(vars["QEMU_SYSTEM"]),
		strings.TrimSpace(vars["QEMU_ARCH"]), strings.TrimSpace(vars["QEMU_MACHINE"]),
		strings.Fields(vars["QEMU_ARGS"]), v.elf)
	if err != nil {
		return nil, err
	}
	return &board.QEMU{Argv: argv, Timeout: cmp.Or(v.ScriptTimeout, boardTimeout)}, nil
}

// machineVariables are those of ports/qemu/Makefile and its boards.
var machineVariables = []string{"QEMU_SYSTEM", "QEMU_ARCH", "QEMU_MACHINE", "QEMU_ARGS",
	"QEMU_RUN_KERNEL"}
