package upgrade

import (
	"errors"
	"fmt"
	"os"
	"slices"

	"mpwolf/internal/micropython"
	"mpwolf/internal/project"
	"mpwolf/patches"
)

// Target is what changes for one firmware.
type Target struct {
	Target string `json:"target"`
	Wants  []Want `json:"wants"`
	// Problem is why it cannot be patched in the new release; "" if it can, as far as reading
	// shows.
	Problem string `json:"problem,omitempty"`
}

// The ways in which a want differs between two releases.
const (
	Same    = "same"    // the same line of the same file
	Moved   = "moved"   // another line or file
	Holds   = "holds"   // it holds by itself now, or once other lines are changed
	Needed  = "needed"  // it held by itself before
	Unknown = "unknown" // what the old release had is not known
)

// Want is a want in both releases. From and To are the lines that decide, as FILE:LINE; "" where
// the want holds without a change.
type Want struct {
	Macro string `json:"macro"`
	// Was is its name in the old release, if that is another.
	Was   string `json:"was,omitempty"`
	Value int64  `json:"value"`
	How   string `json:"how"`
	From  string `json:"from,omitempty"`
	To    string `json:"to,omitempty"`
	Line  string `json:"line,omitempty"` // the new line
}

// macros compares where the two releases set the wants of each target. Both are read from git's
// objects if they are there: the files in the tree have mpwolf's lines, or those that git kept.
func (r *Report) macros(p *project.Project, to micropython.Version) error {
	var ports []string
	for _, t := range p.Targets {
		ports = append(ports, t.Port)
	}
	for _, g := range p.Gone {
		ports = append(ports, g.Target.Port)
	}
	slices.Sort(ports)
	ports = slices.Compact(ports)
	dir, err := os.MkdirTemp("", "mpwolf-upgrade-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	old, now := dir+"/old", dir+"/new"
	revision := ""
	if p.Record != nil {
		revision = p.Record.Commit
	}
	before, err := r.extract(p, ports, old, revision, r.MicroPython.From)
	if err != nil {
		return err
	}
	if before == nil {
		r.Notes = append(r.Notes, fmt.Sprintf("%s has no commit or tag of %s: which lines were "+
			"changed there is not known", p.Tree.Dir, r.MicroPython.From))
	}
	var after *micropython.Tree
	if to == p.Tree.Version {
		head, err := p.Tree.Commit()
		if err != nil {
			return err
		}
		after, err = r.extract(p, ports, now, head, "")
		if err != nil {
			return err
		}
		if after == nil {
			after = p.Tree
		}
	} else if after, err = r.extract(p, ports, now, "", to.String()); err != nil {
		return err
	} else if after == nil {
		known, err := micropython.Releases()
		if err != nil {
			return err
		}
		whether := ""
		if _, listed := known.Find(to.String()); !listed {
			whether = "whether there is such a release, and "
		}
		r.Notes = append(r.Notes, fmt.Sprintf("%s has no tag %s: %swhat it changes is known "+
			"once it is fetched", p.Tree.Dir, to, whether))
		return nil
	}
	for _, t := range p.Targets {
		r.Targets = append(r.Targets, compare(t, before, after))
	}
	for _, g := range p.Gone { // the new release may have it
		t := project.Target{Asked: g.Target.Make, Target: micropython.Target{
			Port: g.Target.Port, Board: g.Target.Board, Variant: g.Target.Variant}}
		r.Targets = append(r.Targets, compare(t, nil, after))
	}
	return nil
}

// extract reads a commit or, without one, a tag; nil if the repository has neither.
func (r *Report) extract(
	p *project.Project, ports []string, dir, commit, tag string,
) (*micropython.Tree, error) {
	for _, revision := range []string{commit, tag} {
		if revision == "" {
			continue
		}
		tree, err := p.Tree.Extract(revision, ports, dir)
		if errors.Is(err, micropython.ErrNoRevision) {
			continue
		}
		if err != nil {
			return nil, fmt.Errorf("upgrade: %w", err)
		}
		return tree, nil
	}
	return nil, nil
}

func compare(t project.Target, before, after *micropython.Tree) Target {
	result := Target{Target: t.Name(), Wants: []Want{}}
	now, err := steps(t, after)
	if err != nil {
		result.Problem = err.Error()
		return result
	}
	var old []patches.Step
	if before != nil {
		old, _ = steps(t, before) // it was patched: what cannot be read is not known
	}
	for _, step := range now {
		i := slices.IndexFunc(old, func(s patches.Step) bool {
			return s.Want.Name() == step.Want.Name()
		})
		want := Want{Macro: step.Name, Value: step.Want.Value, To: place(step), Line: step.Line}
		if i < 0 {
			want.How = Unknown
			if step.Holds() {
				want.How = Holds
			}
		} else {
			was := old[i]
			if was.Name != step.Name {
				want.Was = was.Name
			}
			want.From = place(was)
			want.How = difference(was, step)
		}
		result.Wants = append(result.Wants, want)
	}
	return result
}

func difference(was, is patches.Step) string {
	switch {
	case was.Holds() && is.Holds(), place(was) == place(is) && was.Line == is.Line:
		return Same
	case is.Holds():
		return Holds
	case was.Holds():
		return Needed
	}
	return Moved
}

// place is the line that a step changes; "" for none.
func place(s patches.Step) string {
	if s.Holds() {
		return ""
	}
	return fmt.Sprintf("%s:%d", s.Site.File, s.Site.Line)
}

// steps are what a patch does in a tree for a target.
func steps(t project.Target, tree *micropython.Tree) ([]patches.Step, error) {
	port, err := patches.Load(t.Port)
	if err != nil {
		return nil, err
	}
	target, err := tree.Target(t.Port, t.BoardFlag(), t.Variant)
	if err != nil {
		return nil, err
	}
	target.Make = append(target.Make, t.Asked...)
	plan, err := patches.New([]micropython.Target{target}, port.Wants)
	if err != nil {
		return nil, err
	}
	return plan.Targets[0].Steps, nil
}
