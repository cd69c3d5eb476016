package audit

import (
	"fmt"
	"io"
	"strings"

	"mpwolf/internal/report"
)

// Text writes the result for people: for each target what affects it, is open or was fixed, and
// how many advisories are about code that is not compiled; with all, each of these too.
func (r *Result) Text(w io.Writer, all bool) error {
	var b strings.Builder
	for _, t := range r.Targets {
		fmt.Fprintf(&b, "%s: wolfSSL %s: %s\n", t.Target, t.Version, t.summary())
		if t.Note != "" {
			fmt.Fprintf(&b, "note: %s\n", t.Note)
		}
		for _, state := range []State{Affected, Open, Fixed, Mitigated, NotAffected} {
			for _, a := range t.Advisories {
				if a.State != state || state == NotAffected && !all {
					continue
				}
				fmt.Fprintf(&b, "%-12s  %-14s  %-8s  %s\n", a.State, a.ID, a.Severity, a.Summary)
				fmt.Fprintf(&b, "%14s%s\n", "", a.Evidence)
				if state == Affected || state == Open {
					fmt.Fprintf(&b, "%14sfix: %s\n", "", a.Fix())
				}
			}
		}
	}
	fmt.Fprintf(&b, "the list has the advisories from wolfSSL %s to %s, until %s\n",
		r.List.Since, r.List.Until, r.List.Date)
	_, err := io.WriteString(w, report.Visible(b.String()))
	return err
}

func (t *Target) summary() string {
	if len(t.Advisories) == 0 {
		return "no known advisory is about this version"
	}
	open := ""
	if n := t.count(Open); n > 0 {
		open = fmt.Sprintf("%d are open because the fix is off, ", n)
	}
	if n := t.count(Mitigated); n > 0 {
		open += fmt.Sprintf("%d have a fix that is on, ", n)
	}
	return fmt.Sprintf("of %d advisories about this version, %d affect the firmware, %s%d are "+
		"fixed by patches, and %d are about code that is not compiled", len(t.Advisories),
		t.count(Affected), open, t.count(Fixed), t.count(NotAffected))
}
