package upgrade

import (
	"fmt"
	"io"
	"strings"

	"mpwolf/internal/shell"
	"mpwolf/wolfssl"
)

// Text writes the report for people.
func (r *Report) Text(w io.Writer) error {
	var b strings.Builder
	if r.Nothing() {
		fmt.Fprintf(&b, "MicroPython is %s, wolfSSL %s; nothing to do\n", r.MicroPython.To,
			r.WolfSSL.To)
	} else {
		fmt.Fprintf(&b, "MicroPython %s\nwolfSSL     %s\n", r.MicroPython, r.WolfSSL)
		if r.Licence.Moves() {
			fmt.Fprintf(&b, "wolfSSL's licence changes from %s\n", r.Licence)
		}
	}
	for _, t := range r.Targets {
		t.text(&b)
	}
	list(&b, "programs get", r.Added)
	list(&b, "programs lose", r.Removed)
	for _, text := range r.Behaviour {
		fmt.Fprintf(&b, "%s\n", text)
	}
	unbuilt := r.Advisories != ""
	advisories(&b, fmt.Sprintf("advisories about wolfSSL %s that %s has fixed", r.WolfSSL.From,
		r.WolfSSL.To), r.Gone, unbuilt)
	advisories(&b, fmt.Sprintf("advisories about wolfSSL %s only", r.WolfSSL.To), r.New, true)
	if r.Advisories != "" && len(r.Gone) > 0 {
		fmt.Fprintf(&b, "note: %s\n", r.Advisories)
	}
	for _, s := range r.Sizes {
		fmt.Fprintf(&b, "%s: flash %d, RAM %d bytes at the verification of %s\n", s.Target,
			s.Flash, s.RAM, s.Time)
	}
	if r.File != "" {
		fmt.Fprintf(&b, "%s changes too\n", shell.Path(r.File))
	}
	for _, note := range r.Notes {
		fmt.Fprintf(&b, "note: %s\n", note)
	}
	_, err := io.WriteString(w, b.String())
	return err
}

func (m Move) String() string {
	if !m.Moves() {
		return m.From + ", as before"
	}
	return m.From + " to " + m.To
}

func (t Target) text(b *strings.Builder) {
	fmt.Fprintf(b, "%s:\n", t.Target)
	if t.Problem != "" {
		fmt.Fprintf(b, "  cannot be patched: %s\n", t.Problem)
		return
	}
	same := 0
	for _, w := range t.Wants {
		if w.How == Same && w.Was == "" {
			same++
			continue
		}
		fmt.Fprintf(b, "  %s\n", w)
	}
	if same > 0 {
		fmt.Fprintf(b, "  %d of %d wants are met in the same way as before\n", same, len(t.Wants))
	}
}

func (w Want) String() string {
	name := w.Macro
	if w.Was != "" {
		name = w.Was + " is called " + w.Macro
	}
	switch w.How {
	case Same:
		return name
	case Holds:
		return fmt.Sprintf("%s is %d by itself now%s", name, w.Value, was(w.From))
	case Needed:
		return fmt.Sprintf("%s was %d by itself; now %s: %s", name, w.Value, w.To, w.Line)
	case Unknown:
		return fmt.Sprintf("%s: %s: %s", name, w.To, w.Line)
	}
	return fmt.Sprintf("%s moves from %s to %s: %s", name, w.From, w.To, w.Line)
}

func was(place string) string {
	if place == "" {
		return ""
	}
	return ", no longer by " + place
}

func list(b *strings.Builder, title string, names []string) {
	if len(names) > 0 {
		fmt.Fprintf(b, "%s: %s\n", title, strings.Join(names, ", "))
	}
}

// advisories lists those that affect a firmware; if no firmware was built, the worst ones.
func advisories(b *strings.Builder, title string, list []Advisory, all bool) {
	if len(list) == 0 {
		return
	}
	count := make(map[string]int)
	for _, a := range list {
		count[a.Severity]++
	}
	var parts []string
	for _, severity := range wolfssl.Severities {
		if n := count[severity]; n > 0 {
			parts = append(parts, fmt.Sprintf("%d %s", n, severity))
		}
	}
	fmt.Fprintf(b, "%s: %d (%s)\n", title, len(list), strings.Join(parts, ", "))
	for _, a := range list {
		if !all && len(a.Affects) == 0 {
			continue
		}
		if all && a.Severity != wolfssl.Severities[0] && a.Severity != wolfssl.Severities[1] {
			continue
		}
		who := ""
		if len(a.Affects) > 0 {
			who = " (until now " + strings.Join(a.Affects, ", ") + ")"
		}
		fmt.Fprintf(b, "  %-14s  %-8s  %s%s\n", a.ID, a.Severity, a.Summary, who)
	}
}
