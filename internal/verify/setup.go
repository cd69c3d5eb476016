package verify

import (
	"context"
	"io"

	setup "mpwolf/internal/check"
	"mpwolf/internal/project"
)

// treeRule is what the findings of a Result have in common.
var treeRule = Rule{
	ID: "tree", Summary: "The tree is patched as recorded, and as mpwolf.toml asks for.",
	Help: "The firmware that was verified is not the one that the record and mpwolf.toml " +
		"describe. `mpwolf patch` patches the tree as mpwolf.toml asks for.",
}

// checkTree compares the tree with its record and mpwolf.toml: if they differ, the proof is one
// of other firmware. Without a record there is nothing to compare.
func checkTree(ctx context.Context, o TreeOptions, p *project.Project) ([]Finding, error) {
	if p.Record == nil {
		return nil, nil
	}
	options := setup.Options{Tool: o.Tool, Options: project.Options{
		Command: o.Command, Tree: o.Tree, TreeFrom: o.TreeFrom, Modules: o.Modules,
	}}
	if o.Port != "" {
		options.Only = project.Names(p.Targets)
	}
	found, err := setup.Setup(ctx, options)
	if err != nil {
		return nil, err
	}
	var findings []Finding
	for _, f := range found {
		findings = append(findings, Finding{Message: f.Message,
			File: relative(p.Tree.Dir, f.File), Line: f.Line, Fix: f.Fix})
	}
	return findings, nil
}

// tree is the comparison of the tree as a check.
func (r *Result) tree() Check {
	return Check{ID: treeRule.ID, OK: len(r.Findings) == 0, Applies: true,
		Summary:  "it is not patched as recorded, or as mpwolf.toml asks for",
		Findings: r.Findings}
}

// Text writes the findings for people, as Report.Text writes the checks of a target.
func (r *Result) Text(w io.Writer) error {
	if len(r.Findings) == 0 {
		return nil
	}
	return (&Report{Checks: []Check{r.tree()}}).Text(w)
}
