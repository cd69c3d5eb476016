package upgrade

import (
	"context"
	"fmt"
	"slices"

	"mpwolf/internal/audit"
	"mpwolf/internal/project"
	"mpwolf/internal/verify"
	"mpwolf/wolfssl"
)

// Advisory is one about either version of wolfSSL, but not both.
type Advisory struct {
	ID       string `json:"id"`
	Severity string `json:"severity"`
	Summary  string `json:"summary"`
	// Affects are the targets that the last verification has built and that are affected.
	Affects []string `json:"affects,omitempty"`
}

// advisories compares those about the two versions. Which of the old ones affect the firmware is
// known if it was built.
func (r *Report) advisories(ctx context.Context, p *project.Project) error {
	known, err := wolfssl.KnownAdvisories()
	if err != nil {
		return err
	}
	for _, version := range []string{r.WolfSSL.From, r.WolfSSL.To} {
		if !known.Covers(version) {
			r.Notes = append(r.Notes, fmt.Sprintf("the list of advisories goes from wolfSSL %s "+
				"to %s: it may lack some about %s", known.Since, known.Until, version))
		}
	}
	old, now := known.Of(r.WolfSSL.From), known.Of(r.WolfSSL.To)
	optional := known.Optional(r.WolfSSL.To) // no update by itself makes these go away
	built, err := audit.Run(ctx, audit.Options{Options: plainOptions(p), Tool: r.change.Tool})
	if ctx.Err() != nil {
		return ctx.Err()
	}
	if err != nil {
		built = nil
		r.Advisories = "which of them affect the firmware is known after mpwolf verify"
	}
	for _, a := range old {
		if has(now, a) || has(optional, a) {
			continue
		}
		r.Gone = append(r.Gone, Advisory{a.ID, a.Severity, a.Summary, affected(built, a.ID)})
	}
	for _, a := range now {
		if !has(old, a) && !has(known.Optional(r.WolfSSL.From), a) {
			r.New = append(r.New, Advisory{ID: a.ID, Severity: a.Severity, Summary: a.Summary})
		}
	}
	return nil
}

func has(list []wolfssl.Advisory, a wolfssl.Advisory) bool {
	return slices.ContainsFunc(list, func(b wolfssl.Advisory) bool { return a.ID == b.ID })
}

func affected(r *audit.Result, id string) []string {
	var names []string
	if r == nil {
		return nil
	}
	for _, t := range r.Targets {
		if slices.ContainsFunc(t.Advisories, func(a audit.Assessment) bool {
			return a.ID == id && a.State == audit.Affected
		}) {
			names = append(names, t.Target)
		}
	}
	return names
}

// plainOptions are those of a command that looks at the tree as it is.
func plainOptions(p *project.Project) project.Options {
	return project.Options{Command: p.Asked.Command, Tree: p.Asked.Tree,
		TreeFrom: p.Asked.TreeFrom, Modules: p.Asked.Modules}
}

// sizes are those of the last verification.
func (r *Report) sizes(p *project.Project) {
	if p.Record == nil {
		return
	}
	for _, t := range p.Targets {
		if s := verify.LastSize(p.Tree.Dir, t.ID()); s != nil {
			r.Sizes = append(r.Sizes, Size{t.Name(), s.Time, s.Flash, s.RAM})
		}
	}
}
