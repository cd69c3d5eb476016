package verify

import (
	"bytes"
	"context"
	_ "embed"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"

	"mpwolf/internal/board"
	"mpwolf/internal/build"
)

// The program of the known answers, and the header that it includes.
var (
	//go:embed answers/known_answers.c
	answersProgram []byte
	//go:embed answers/vectors.h
	answersVectors []byte
)

// answersDir is where in a build directory the program of the known answers is made.
const answersDir = "mpwolf-known-answers"

// answered is the result for the algorithms of the firmware's wolfCrypt.
type answered struct {
	passed, failed []string
	// undone says why none was computed; empty if they were computed. wolfSSL's objects may need
	// what only the firmware has.
	undone string
}

// knownAnswers links the firmware's own wolfSSL objects with known_answers.c, and runs that.
// Python reaches only a part of what TLS uses: no SHA-384, no AES-GCM, no elliptic curve.
func (v runCheck) knownAnswers(ctx context.Context) (answered, error) {
	objects := v.wolfSources()
	if len(objects) == 0 {
		return answered{}, nil // the settings check reports it
	}
	dir := filepath.Join(v.build.Dir, answersDir)
	if err := writeAnswers(dir); err != nil {
		return answered{}, fmt.Errorf("known answers: %w", err)
	}
	program := filepath.Join(dir, "known_answers")
	// The program is not part of the firmware: our own tests find what its compiler flags would
	// warn about.
	compile := slices.Concat(v.flags.CC, v.flags.CFLAGS,
		[]string{"-w", "-c", program + ".c", "-o", program + ".o"})
	if text, err := v.tool(ctx, compile); err != nil || text != "" {
		return answered{undone: "known_answers.c does not compile: " + text}, err
	}
	garbage := "-Wl,--gc-sections"
	if runtime.GOOS == "darwin" {
		garbage = "-Wl,-dead_strip"
	}
	link := slices.Concat(v.flags.CC, v.flags.CFLAGS,
		[]string{"-w", "-o", program, program + ".o"}, objects,
		[]string{garbage, "-lm", "-lpthread"})
	if text, err := v.tool(ctx, link); err != nil || text != "" {
		return answered{undone: "wolfSSL's objects do not link without the firmware: " + text}, err
	}
	return runAnswers(ctx, program)
}

// wolfSources are the objects of wolfSSL's own sources, in the link's order.
func (v runCheck) wolfSources() []string {
	var files []string
	if v.inputs == nil {
		return nil
	}
	for _, o := range v.inputs.objects {
		if stack := v.stackOf(o.Name()); o.Member == "" &&
			(stack == stackTLS || stack == stackCrypt) {
			files = append(files, o.File)
		}
	}
	return files
}

func writeAnswers(dir string) error {
	if err := os.MkdirAll(dir, 0o777); err != nil {
		return err
	}
	if err := os.WriteFile(filepath.Join(dir, "vectors.h"), answersVectors, 0o666); err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(dir, "known_answers.c"), answersProgram, 0o666)
}

// toolCommand is a compiler command, to be run where make runs it, and in English.
func (v *evidence) toolCommand(ctx context.Context, argv []string) *exec.Cmd {
	cmd := exec.CommandContext(ctx, argv[0], argv[1:]...)
	cmd.Dir = v.flags.Dir
	cmd.Env = append(os.Environ(), "LC_ALL=C")
	return cmd
}

// tool runs a compiler or linker where make does, and returns its first error line; "" if it
// succeeds.
func (v *evidence) tool(ctx context.Context, argv []string) (string, error) {
	cmd := v.toolCommand(ctx, argv)
	var out bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &out
	err := build.RunCommand(ctx, cmd)
	if exit := (*exec.ExitError)(nil); errors.As(err, &exit) {
		for line := range strings.Lines(out.String()) {
			if strings.Contains(line, "error: ") || strings.Contains(line, "undefined reference") {
				return strings.TrimSpace(line), nil
			}
		}
		return board.LastLines(out.String()) + " (" + exit.Error() + ")", nil
	}
	return "", err
}

// runAnswers runs the program and reads its lines; one that crashes, hangs or prints nothing has
// failed.
func runAnswers(ctx context.Context, program string) (answered, error) {
	limited, cancel := context.WithTimeout(ctx, scriptTimeout)
	defer cancel()
	cmd := exec.CommandContext(limited, program)
	var out bytes.Buffer
	cmd.Stdout = &out
	err := build.RunCommand(ctx, cmd)
	if ctx.Err() != nil {
		return answered{}, ctx.Err()
	}
	a := parseAnswers(out.String())
	exit := (*exec.ExitError)(nil)
	switch {
	case err != nil && !errors.As(err, &exit) && limited.Err() == nil:
		return answered{}, fmt.Errorf("known answers: %w", err)
	case err != nil && len(a.failed) == 0:
		after := "at once"
		if n := len(a.passed); n > 0 {
			after = "after " + a.passed[n-1]
		}
		a.failed = append(a.failed, fmt.Sprintf("the program ends %s: %v", after, err))
	case err == nil && len(a.passed) == 0:
		a.failed = append(a.failed, "the program prints nothing")
	}
	return a, nil
}

// parseAnswers reads "ok NAME" and "FAIL NAME CODE"; a code of -1 is a wrong answer, others are
// wolfSSL's.
func parseAnswers(text string) answered {
	var a answered
	for line := range strings.Lines(text) {
		verdict, rest, _ := strings.Cut(strings.TrimSpace(line), " ")
		switch verdict {
		case "ok":
			a.passed = append(a.passed, rest)
		case "FAIL":
			name, code := rest, ""
			if i := strings.LastIndexByte(rest, ' '); i >= 0 {
				name, code = rest[:i], rest[i+1:]
			}
			if code == "-1" {
				a.failed = append(a.failed, name+" gives a wrong answer")
			} else {
				a.failed = append(a.failed,
					fmt.Sprintf("%s fails with wolfSSL's error %s", name, code))
			}
		}
	}
	return a
}
