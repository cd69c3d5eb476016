package upgrade

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"mpwolf/internal/audit"
	"mpwolf/internal/change"
	"mpwolf/internal/project"
	"mpwolf/internal/verify"
	"mpwolf/wolfssl"
)

// Advisory is one that is open with either wolfSSL, but not with both.
type Advisory struct {
	ID       string `json:"id"`
	Severity string `json:"severity"`
	Summary  string `json:"summary"`
	// Patch is the distribution's fix, if the version alone does not fix it: one that the new
	// wolfSSL has or, in a list of new ones, that only the old wolfSSL had.
	Patch string `json:"patch,omitempty"`
	// Affects are the targets that the last verification has built and that are affected.
	Affects []string `json:"affects,omitempty"`
}

// open are the advisories about a wolfSSL, as check counts them.
type open struct {
	list    []wolfssl.Advisory
	patched map[string]string // who has fixed the others, by their IDs
	// unsure is set if a distribution may have fixed some: the sources are not known.
	unsure bool
}

// openIn are those about a version whose sources, if they are known, are in a directory; bare are
// sources that certainly have no distribution's patches.
func openIn(known *wolfssl.Advisories, version, dir string, bare bool) (open, error) {
	list, err := known.Unpatched(version, dir)
	if err != nil {
		return open{}, err
	}
	o := open{list: list, patched: make(map[string]string)}
	for _, a := range known.Of(version) {
		if has(list, a) {
			o.unsure = o.unsure || dir == "" && !bare && len(a.Patches) > 0
			continue
		}
		patch, _, err := a.Patched(dir)
		if err != nil {
			return open{}, err
		}
		o.patched[a.ID] = patch.By
	}
	return o, nil
}

// advisories compares those about the two wolfSSLs, patches of a distribution included. Which of
// the old ones affect the firmware is known if it was built.
func (r *Report) advisories(ctx context.Context, p *project.Project, c change.Choice) error {
	known, err := wolfssl.KnownAdvisories()
	if err != nil {
		return err
	}
	for _, version := range slices.Compact([]string{r.WolfSSL.From, r.WolfSSL.To}) {
		if !known.Covers(version) {
			r.Notes = append(r.Notes, fmt.Sprintf("the list of advisories goes from wolfSSL %s "+
				"to %s: it may lack some about %s", known.Since, known.Until, version))
		}
	}
	old, err := openIn(known, r.WolfSSL.From, c.Installed, false)
	if err != nil {
		return err
	}
	bare := strings.HasPrefix(c.Tree.From, "git: ")
	now, err := openIn(known, r.WolfSSL.To, c.Tree.Dir, bare)
	if err != nil {
		return err
	}
	optional := known.Optional(r.WolfSSL.To) // no update by itself makes these go away
	for _, a := range old.list {
		if !has(now.list, a) && !has(optional, a) {
			r.Gone = append(r.Gone, Advisory{ID: a.ID, Severity: a.Severity, Summary: a.Summary,
				Patch: now.patched[a.ID]})
		}
	}
	optional = known.Optional(r.WolfSSL.From)
	for _, a := range now.list {
		if !has(old.list, a) && !has(optional, a) {
			r.New = append(r.New, Advisory{ID: a.ID, Severity: a.Severity, Summary: a.Summary,
				Patch: old.patched[a.ID]})
		}
	}
	if old.unsure {
		r.Notes = append(r.Notes, fmt.Sprintf("no wolfSSL %s of this tree is installed: which of "+
			"its flaws a distribution had fixed is not known", r.WolfSSL.From))
	}
	if r.unsure = now.unsure; r.unsure {
		r.Notes = append(r.Notes, fmt.Sprintf("wolfSSL %s must be fetched: which of its flaws a "+
			"distribution has fixed is known then; git has none of these fixes", r.WolfSSL.To))
	}
	return r.affected(ctx, p)
}

// affected finds which firmware the old advisories affect.
func (r *Report) affected(ctx context.Context, p *project.Project) error {
	if len(r.Gone) == 0 {
		return nil
	}
	built, err := audit.Run(ctx, audit.Options{Options: plainOptions(p), Tool: r.change.Tool})
	if ctx.Err() != nil {
		return ctx.Err()
	}
	if err != nil {
		built = nil
		r.Advisories = "which of them affect the firmware is known after mpwolf verify"
	}
	for i := range r.Gone {
		r.Gone[i].Affects = affected(built, r.Gone[i].ID)
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
