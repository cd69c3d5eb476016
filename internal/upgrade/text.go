package upgrade

import (
	"fmt"
	"io"
	"slices"
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
		fmt.Fprintf(&b, "MicroPython %s\nwolfSSL     %s%s\n", r.MicroPython, r.WolfSSL,
			r.sources())
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
	gone := fmt.Sprintf("advisories about wolfSSL %s that %s has fixed", r.WolfSSL.From,
		r.WolfSSL.To)
	now := fmt.Sprintf("advisories about wolfSSL %s only", r.WolfSSL.To)
	if !r.WolfSSL.Moves() {
		gone = fmt.Sprintf("fixes that wolfSSL %s gains", r.WolfSSL.To)
		now = fmt.Sprintf("fixes that wolfSSL %s loses", r.WolfSSL.To)
		if r.unsure {
			now = fmt.Sprintf("fixes that wolfSSL %s may lose", r.WolfSSL.To)
		}
	}
	advisories(&b, gone, r.Gone, unbuilt, "fixed by")
	advisories(&b, now, r.New, true, "until now fixed by")
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

// sources says where wolfSSL comes from, if that changes.
func (r *Report) sources() string {
	if !r.chosen || r.WolfSSL.Moves() || !r.Sources.Moves() && r.Files == 0 {
		return ""
	}
	text := ""
	switch {
	case r.Sources.To == "":
		text = ", but fetched again; now from " + r.Sources.From
	case r.Sources.From == "":
		text = ", from " + r.Sources.To
	case r.Sources.Moves():
		text = ", but from " + r.Sources.To + " instead of " + r.Sources.From
	}
	if r.Files > 0 {
		text += fmt.Sprintf("; %d of its files differ", r.Files)
	}
	return text
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

// advisories lists those that affect a firmware; if no firmware was built, the worst ones. Those
// that a distribution has fixed, on one side only, are always listed.
func advisories(
	b *strings.Builder, title string, list []Advisory, all bool, by string,
) {
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
		if !all && len(a.Affects) == 0 && a.Patch == "" {
			continue
		}
		if all && a.Patch == "" && !slices.Contains(wolfssl.Severities[:2], a.Severity) {
			continue
		}
		who := ""
		if len(a.Affects) > 0 {
			who = " (until now " + strings.Join(a.Affects, ", ") + ")"
		}
		if a.Patch != "" {
			who += " (" + by + " " + a.Patch + ")"
		}
		fmt.Fprintf(b, "  %-14s  %-8s  %s%s\n", a.ID, a.Severity, a.Summary, who)
	}
}
