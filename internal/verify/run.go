package verify

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"time"

	"mpwolf/internal/board"
	"mpwolf/internal/build"
)

// scriptTimeout ends a script that hangs. A handshake takes milliseconds, even on a slow
// machine.
const scriptTimeout = 2 * time.Minute

// RunID is the check in this file.
const RunID = "run"

var runRule = rule{
	Rule: Rule{
		ID: RunID,
		Summary: "The firmware passes the known answers of its algorithms, and " +
			"handshakes in memory.",
		Help: "A script failed on the firmware itself: on this machine, in QEMU or on a " +
			"device. The fix is the command that runs it by hand.",
	},
	of:       func(e *evidence) runner { return runCheck{e} },
	optional: true, // firmware for another processor
}

type runCheck struct{ *evidence }

// run runs the scripts on the firmware: on a device, or here if it is a program for this machine
// or for one that QEMU emulates.
func (v runCheck) run(ctx context.Context, c *check) error {
	defer timed(&v.seconds.Run)()
	var scripts []string
	if v.HandshakeScript != "" {
		scripts = append(scripts, v.HandshakeScript)
	}
	scripts = append(scripts, v.RunScripts...)
	switch {
	case v.elf == "":
		c.notMade = v.blocked
	case len(scripts) == 0:
		c.notNeeded = "no script is given"
	case v.Device != "":
		return v.onDevice(ctx, c, scripts)
	case v.Target.Port == "qemu":
		return v.onQEMU(ctx, c, scripts)
	case v.Target.Port != "unix":
		c.notNeeded = "the firmware of the port " + v.Target.Port +
			" does not run here; nothing was run (--device runs it on a board)"
	case v.image.Arch != runtime.GOARCH:
		c.notNeeded = fmt.Sprintf("the firmware is for another processor (%s); nothing was run",
			v.image.Arch)
	case v.image.MacOS != (runtime.GOOS == "darwin"):
		c.notNeeded = "the firmware is for another operating system; nothing was run"
	default:
		return v.runScripts(ctx, c, scripts)
	}
	return nil
}

func (v runCheck) runScripts(ctx context.Context, c *check, scripts []string) error {
	hash, err := v.hashRun(scripts)
	if err != nil {
		return err
	}
	if when, algorithms := v.passedAlready(hash); when != "" {
		c.show("passed", when)
		c.summary = fmt.Sprintf("%d of %d scripts%s passed on this very firmware on %s; not "+
			"run again", len(scripts),
			len(scripts), andAnswers(algorithms), when)
		return nil
	}
	ran, err := v.runEach(ctx, c, scripts)
	if err != nil {
		return err
	}
	answers, err := v.knownAnswers(ctx)
	if err != nil {
		return err
	}
	v.showAnswers(c, answers)
	c.summary = fmt.Sprintf("%d of %s%s passed on the firmware", ran.passed,
		plural(len(scripts), "script"),
		andAnswers(len(answers.passed)))
	if all := append(ran.skipped, ran.unread...); len(all) > 0 {
		c.show("skipped", all)
	}
	if len(ran.unread) > 0 {
		// If the check were ok, it would claim handshakes that were not made.
		c.notNeeded = fmt.Sprintf("the firmware's Python cannot parse %s, which was not "+
			"run; %s", strings.Join(ran.unread, " and "),
			c.summary)
	}
	if ran.passed > 0 && v.RandomScript != "" {
		if err := v.randomTwice(ctx, c); err != nil {
			return err
		}
	}
	if len(ran.unread) == 0 && v.DropInScript != "" && len(v.dropInNames()) > 0 {
		if err := v.dropInCheck(ctx, c); err != nil {
			return err
		}
	}
	// A note must not be lost in the next verify.
	if ran.passed == len(scripts) && len(c.findings) == 0 && len(c.notes) == 0 {
		v.recordPass(hash, len(answers.passed))
	}
	return nil
}

// scriptRuns is how some scripts ended; the others have findings.
type scriptRuns struct {
	passed          int
	skipped, unread []string // their names
}

// runEach runs scripts, and adds a finding for each that fails or is skipped.
func (v runCheck) runEach(
	ctx context.Context, c *check, scripts []string,
) (ran scriptRuns, err error) {
	for _, script := range scripts {
		result, err := v.runScript(ctx, script)
		switch {
		case err != nil:
			return ran, err
		case result.unread:
			ran.unread = append(ran.unread, filepath.Base(script))
		case result.skipped:
			ran.skipped = append(ran.skipped, filepath.Base(script))
			c.find(Finding{
				Message: fmt.Sprintf("the firmware skips %s, because it lacks a module or a "+
					"class that the script imports: what it tests is not verified",
					filepath.Base(script)),
				File: script, Fix: "see what its import statements find: " + v.elf + " " + script,
			})
		case result.problem != "":
			f := Finding{Message: result.problem, File: script,
				Fix: "run it by hand: " + v.elf + " " + script}
			if err := v.wrongTime(ctx, &f); err != nil {
				return ran, err
			}
			c.find(f)
		default:
			ran.passed++
		}
	}
	return ran, nil
}

// showAnswers adds a finding for each algorithm with a wrong answer, and a note if none was asked.
func (v runCheck) showAnswers(c *check, answers answered) {
	for _, wrong := range answers.failed {
		program := filepath.Join(v.build.Dir, answersDir, "known_answers")
		c.find(Finding{Message: "known answers: " + wrong, File: program + ".c",
			Fix: "the compiler, its flags, the settings or the sources of wolfSSL are at " +
				"fault; run " + program})
	}
	if len(answers.passed) > 0 {
		c.show("known_answers", answers.passed)
	}
	if answers.undone != "" {
		c.notes = append(c.notes,
			Finding{Message: "no known answers of wolfCrypt alone: " + answers.undone})
	}
}

// andAnswers is how a summary continues after the scripts.
func andAnswers(algorithms int) string {
	if algorithms == 0 {
		return ""
	}
	return fmt.Sprintf(" and the known answers of %s", plural(algorithms, "algorithm"))
}

// passFile is where a build directory records which firmware has passed which scripts, and when.
const passFile = "mpwolf-answers/passed"

// hashRun is a hash of the firmware and of all files beside the scripts, which they may import.
func (v runCheck) hashRun(scripts []string) (string, error) {
	firmware, err := v.early.sum(v.elf)
	if err != nil {
		return "", fmt.Errorf("run a script: %w", err)
	}
	var files []string
	for _, script := range scripts {
		entries, err := os.ReadDir(filepath.Dir(script))
		if err != nil {
			return "", fmt.Errorf("run a script: %w", err)
		}
		files = append(files, script)
		for _, entry := range entries {
			file := filepath.Join(filepath.Dir(script), entry.Name())
			if entry.Type().IsRegular() && !slices.Contains(files, file) {
				files = append(files, file)
			}
		}
	}
	hash := sha256.New()
	fmt.Fprintln(hash, firmware)
	hash.Write(answersProgram)
	hash.Write(answersVectors)
	for _, file := range files {
		data, err := os.ReadFile(file)
		if err != nil {
			return "", fmt.Errorf("run a script: %w", err)
		}
		fmt.Fprintf(hash, "%s %d\n", file, len(data))
		hash.Write(data)
	}
	return hex.EncodeToString(hash.Sum(nil)), nil
}

// passedAlready is when this firmware passed these scripts, and with how many known answers; ""
// if it has not.
func (v runCheck) passedAlready(hash string) (when string, algorithms int) {
	text, err := os.ReadFile(filepath.Join(v.build.Dir, passFile))
	if err != nil {
		return "", 0
	}
	var passed, day, clock string
	if n, _ := fmt.Sscan(string(text), &passed, &day, &clock, &algorithms); n != 4 ||
		passed != hash {
		return "", 0
	}
	when = day + " " + clock
	if _, err := time.Parse(time.DateTime, when); err != nil {
		return "", 0
	}
	return when, algorithms
}

// recordPass records a pass; if that cannot be written, the scripts are run again.
func (v runCheck) recordPass(hash string, algorithms int) {
	file := filepath.Join(v.build.Dir, passFile)
	if os.MkdirAll(filepath.Dir(file), 0o777) == nil {
		text := fmt.Sprintf("%s %s %d\n", hash, time.Now().UTC().Format(time.DateTime), algorithms)
		_ = os.WriteFile(file, []byte(text), 0o666)
	}
}

// scriptResult is how a script ended; no problem and not skipped: it passed.
type scriptResult struct {
	problem string
	skipped bool // the script says that it cannot run on this firmware
	unread  bool // the firmware's Python cannot read it
	output  string
}

// runScript runs a script in its own directory, where it finds its certificates. An error means
// that it could not be run.
func (v runCheck) runScript(ctx context.Context, script string) (scriptResult, error) {
	if _, err := os.Stat(script); err != nil {
		return scriptResult{}, fmt.Errorf("run a script: %w", err)
	}
	script, err := filepath.Abs(script)
	if err != nil {
		return scriptResult{}, fmt.Errorf("run a script: %w", err)
	}
	limited, cancel := context.WithTimeout(ctx, scriptTimeout)
	defer cancel()
	cmd := exec.CommandContext(limited, v.elf, script)
	cmd.Dir = filepath.Dir(script)
	cmd.WaitDelay = time.Second
	var output bytes.Buffer
	cmd.Stdout, cmd.Stderr = &output, &output
	err = build.RunCommand(ctx, cmd)
	text := strings.ReplaceAll(output.String(), "\r\n", "\n")
	switch exit := (*exec.ExitError)(nil); {
	case ctx.Err() != nil:
		return scriptResult{}, ctx.Err()
	case limited.Err() != nil:
		return scriptResult{problem: fmt.Sprintf("does not finish within %v; it wrote: %s",
			scriptTimeout, board.LastLines(text))}, nil
	case errors.As(err, &exit) && cannotParse(text):
		return scriptResult{unread: true}, nil
	case errors.As(err, &exit):
		return scriptResult{
			problem: fmt.Sprintf("fails (%s): %s", exit, board.LastLines(text))}, nil
	case err != nil:
		return scriptResult{}, fmt.Errorf("run %s: %w", v.elf, err)
	case text == "SKIP\n":
		return scriptResult{skipped: true}, nil
	}
	return scriptResult{problem: outputProblem(script, text), output: text}, nil
}

// randomTwice runs the firmware twice and compares the random numbers of its handshakes:
// wherever the seeds come from, they must differ.
func (v runCheck) randomTwice(ctx context.Context, c *check) error {
	var got [2]string
	for i := range got {
		result, err := v.runScript(ctx, v.RandomScript)
		if err != nil {
			return err
		}
		got[i] = strings.TrimPrefix(result.output, "random ")
		if got[i] == result.output {
			return nil // the previous scripts have shown that handshakes work
		}
	}
	if got[0] == got[1] {
		c.find(Finding{
			Message: "two runs of the firmware begin handshakes with the same random numbers: " +
				"all keys are known",
			File: v.RandomScript,
			Fix: "see where the seeds come from, in the check settings; run it by hand, twice: " +
				v.elf + " " + v.RandomScript,
		})
	}
	return nil
}

// wrongTime explains a failure if the firmware refuses a valid certificate because of its time.
func (v runCheck) wrongTime(ctx context.Context, f *Finding) error {
	if v.TimeScript == "" {
		return nil
	}
	result, err := v.runScript(ctx, v.TimeScript)
	if err != nil {
		return err
	}
	for line := range strings.Lines(result.output) {
		words := strings.SplitN(strings.TrimSpace(line), " ", 4)
		if len(words) < 4 || words[0] != "refused" {
			continue
		}
		f.Message = fmt.Sprintf("certificates are judged at the time %s %s, which the firmware's "+
			"clock gives; it is %s here, and one that is valid now is refused (%s); %s",
			words[1], words[2], time.Now().UTC().Format(time.DateTime), words[3], f.Message)
		f.Fix = "see where the time is from, in the check settings; " + f.Fix
		return nil
	}
	return nil
}

// dropInCheck checks whether Python gets our own classes by the drop-in names. A file in the
// firmware that extends ssl has a class of its own, which is not compared.
func (v runCheck) dropInCheck(ctx context.Context, c *check) error {
	result, err := v.runScript(ctx, v.DropInScript)
	if err != nil {
		return err
	}
	for line := range strings.Lines(result.output) {
		words := strings.SplitN(strings.TrimSpace(line), " ", 3)
		switch {
		case len(words) < 2, words[1] == "ok":
		case words[1] == "extended":
			c.notes = append(c.notes, Finding{File: v.DropInScript, Message: "import " + words[0] +
				" finds a file in the firmware with an SSLContext of its own: whether that " +
				"keeps what the module does was not checked"})
		default:
			what := strings.Join(words[1:], " ")
			c.find(Finding{File: v.DropInScript, Message: fmt.Sprintf("import %s does not find "+
				"wolf%s under that name: %s", words[0], words[0], what),
				Fix: "see what the manifest (FROZEN_MANIFEST) and other user modules have under " +
					"that name; run it by hand: " + v.elf + " " + v.DropInScript})
		}
	}
	return nil
}

// cannotParse reports whether the firmware's Python failed at a script's syntax, before it ran
// any of it: unix's minimal variant, for example, has no slices. Its traceback then has no line
// in a function or module.
func cannotParse(text string) bool {
	return strings.HasSuffix(strings.TrimSpace(text), "SyntaxError: invalid syntax") &&
		!strings.Contains(text, ", in ")
}

// outputProblem compares the output with what is expected beside the script; without that, "FAIL"
// is a failure.
func outputProblem(script, text string) string {
	expected, err := os.ReadFile(script + ".exp")
	if want := strings.ReplaceAll(string(expected), "\r\n", "\n"); err == nil && want != text {
		return "its output is not that of " + filepath.Base(script) + ".exp: " +
			difference(text, want)
	}
	for line := range strings.Lines(text) {
		if err != nil && strings.HasPrefix(line, "FAIL") {
			return strings.TrimSpace(line)
		}
	}
	return ""
}

// difference is the first line in which two texts differ.
func difference(got, want string) string {
	gotLines := strings.Split(strings.TrimSuffix(got, "\n"), "\n")
	wantLines := strings.Split(strings.TrimSuffix(want, "\n"), "\n")
	for i, line := range wantLines {
		switch {
		case i >= len(gotLines) || got == "":
			return fmt.Sprintf("it ends before line %d, %q", i+1, line)
		case gotLines[i] != line:
			return fmt.Sprintf("line %d is %q, not %q", i+1, gotLines[i], line)
		}
	}
	return "it goes on with: " + board.LastLines(strings.Join(gotLines[len(wantLines):], "\n"))
}
