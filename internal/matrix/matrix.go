// Package matrix gives the targets of mpwolf.toml to CI systems, which build each of them in a job
// of its own. It reads that file only, and no tree.
package matrix

import (
	"encoding/json"
	"fmt"
	"io"
	"path/filepath"
	"strings"
	"unicode"

	"mpwolf/internal/config"
	"mpwolf/internal/hint"
	"mpwolf/internal/report"
	"mpwolf/internal/shell"
)

// Target is a target, as jobs of a CI system use it.
type Target struct {
	// Name is for people, for artifacts and for verify --target, see config.JobNames.
	Name    string `json:"name"`
	Port    string `json:"port"`
	Board   string `json:"board,omitempty"`
	Variant string `json:"variant,omitempty"`
	// Args are the flags of mpwolf's that choose it, for a shell.
	Args string `json:"args"`
}

// Of are the targets of the mpwolf.toml that the directory belongs to, in its order.
func Of(dir string) ([]Target, error) {
	file, err := config.Find(dir)
	if err != nil {
		return nil, err
	}
	if len(file.Targets) == 0 {
		return nil, hint.With(fmt.Errorf("%s has no target", shell.Path(file.Path)),
			"add a [[target]]")
	}
	var targets []Target
	names := config.JobNames(file.Targets)
	for i, t := range file.Targets {
		board := t.Board
		if filepath.IsAbs(board) { // of the repository's own, which every job has elsewhere
			if board, err = filepath.Rel(file.Dir(), board); err != nil {
				return nil, err
			}
			board = filepath.ToSlash(board)
		}
		target := Target{Name: names[i], Port: t.Port, Board: board, Variant: t.Variant}
		args := []string{"--port", t.Port}
		if board != "" {
			args = append(args, "--board", board)
		}
		if t.Variant != "" {
			args = append(args, "--variant", t.Variant)
		}
		target.Args = shell.Join(args)
		targets = append(targets, target)
	}
	return targets, nil
}

// GitHub writes the targets for strategy.matrix of a job: one line of JSON, as fromJSON takes it.
func GitHub(w io.Writer, targets []Target) error {
	return report.JSON(w, map[string][]Target{"include": targets}, "")
}

// GitLab writes a job to extend, with a parallel:matrix over the targets. Its texts are JSON's,
// which is YAML. A job uses MPWOLF_ARGS without quotes, so that it becomes several words, and a
// shell takes no quotes away then: a board whose path needs some is an error.
func GitLab(w io.Writer, targets []Target) error {
	var b strings.Builder
	b.WriteString(".mpwolf-targets:\n  parallel:\n    matrix:\n")
	for _, t := range targets {
		if strings.ContainsFunc(t.Board, needsQuotes) {
			return hint.With(fmt.Errorf("matrix: the path of the board %q needs quotes in a "+
				"shell, which variables of GitLab's jobs cannot have", t.Board),
				"rename it: only letters, digits and . _ / + - need none")
		}
		args, err := shell.Split(t.Args)
		if err != nil {
			return err
		}
		for i, pair := range [][2]string{{"MPWOLF_TARGET", t.Name},
			{"MPWOLF_ARGS", strings.Join(args, " ")}} {
			value, err := json.Marshal(pair[1])
			if err != nil {
				return err
			}
			fmt.Fprintf(&b, "      %s %s: %s\n", [2]string{"-", " "}[i], pair[0], value)
		}
	}
	_, err := io.WriteString(w, b.String())
	return err
}

// needsQuotes reports whether a shell, or GitLab in a variable, may take a character for another
// than itself.
func needsQuotes(r rune) bool {
	return !unicode.IsLetter(r) && !unicode.IsDigit(r) && !strings.ContainsRune("._/+-", r)
}
