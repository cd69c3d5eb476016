package command

import (
	"fmt"
	"strings"

	"github.com/urfave/cli/v2"

	"mpwolf/internal/check"
	"mpwolf/internal/config"
	"mpwolf/internal/report"
	"mpwolf/internal/shell"
	"mpwolf/internal/verify"
)

const flagStrict = "strict"

func checkCommand(s *session) *cli.Command {
	return &cli.Command{
		Name:  "check",
		Usage: "check that the tree matches " + config.Name + "; reads only, runs nothing",
		Description: `It takes milliseconds, and suits a commit hook. Each finding is a line with the
command that fixes it.

Examples:
    mpwolf check
    mpwolf check --strict           # also what only make and the compiler know
    mpwolf check --format github    # annotations for a pull request`,
		Flags: []cli.Flag{treeFlag(),
			&cli.BoolFlag{Name: flagStrict, Usage: "ask make and the compiler too"},
			formatFlag("text", "json", formatSARIF, formatGitHub)},
		Action: noArgs(s.check),
	}
}

func (s *session) check(c *cli.Context) error {
	kind, err := format(c, "text", "json", formatSARIF, formatGitHub)
	if err != nil {
		return err
	}
	result, err := check.Run(c.Context, check.Options{
		Options: s.options(c), Tool: Version(), Strict: c.Bool(flagStrict),
		Dangers: verify.Dangers{},
	})
	if err != nil {
		return err
	}
	if err := s.showChecked(kind, result); err != nil {
		return err
	}
	if len(result.Findings) > 0 {
		return errFound
	}
	return nil
}

func (s *session) showChecked(kind string, r *check.Result) error {
	switch kind {
	case formatSARIF:
		return r.Log(Version()).SARIF(s.stdout)
	case formatGitHub:
		return r.Log(Version()).GitHub(s.stdout)
	case "json":
		return s.json(checked(r))
	}
	for _, f := range r.Findings {
		fmt.Fprintln(s.stdout, findingText(f))
	}
	defer func() {
		for _, f := range r.Notes {
			fmt.Fprintf(s.stdout, "note: %s; %s\n", f.Message, f.Fix)
		}
	}()
	if len(r.Findings) > 0 {
		return nil
	}
	fmt.Fprintf(s.stdout, "%s is as it should be for %s\n", shell.Path(r.Tree),
		strings.Join(r.Targets, ", "))
	if len(r.Claims) > 0 {
		since := "; the tree was not patched by mpwolf"
		if !r.Since.IsZero() {
			since = ", which make and the compiler read when the tree was patched"
		}
		fmt.Fprintf(s.stdout, "not read%s (--strict asks them now):\n", since)
	}
	for _, claim := range r.Claims {
		fmt.Fprintf(s.stdout, "  %s\n", claim)
	}
	return nil
}

// findingText is a finding on one line.
func findingText(f report.Finding) string {
	place := shell.Path(f.File)
	if f.Line > 0 {
		place = fmt.Sprintf("%s:%d", place, f.Line)
	}
	message := strings.Join(strings.Fields(f.Message), " ")
	return report.Visible(fmt.Sprintf("%s: %s; fix: %s", place, message, f.Fix))
}

// checkedFinding is a finding of check as JSON.
type checkedFinding struct {
	Rule    string `json:"rule"`
	File    string `json:"file"`
	Line    int    `json:"line,omitempty"`
	Message string `json:"message"`
	Fix     string `json:"fix"`
}

func checked(r *check.Result) any {
	result := map[string]any{
		"ok": len(r.Findings) == 0, "tree": r.Tree, "findings": findings(r.Findings),
	}
	if len(r.Notes) > 0 {
		result["notes"] = findings(r.Notes)
	}
	if len(r.Claims) > 0 {
		result["unread"] = r.Claims
	}
	return result
}
