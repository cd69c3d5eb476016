package change

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"mpwolf/internal/micropython"
	"mpwolf/internal/project"
	"mpwolf/patches"
)

// leaveOut drops those of --all-boards that are refused, and reports it; for a board that was
// named it is an error.
func (j *job) leaveOut() bool {
	all := len(j.Targets)
	for i := all - 1; i >= 0; i-- {
		lacks := j.plan.Targets[i].Lacks
		at := slices.IndexFunc(lacks, func(l patches.Lack) bool { return l.Refused })
		if at < 0 || len(j.Targets) == 1 {
			continue
		}
		j.drop(i, lacks[at].Macro+" is 0: "+lacks[at].Why)
	}
	return len(j.Targets) < all
}

// drop leaves a target out, and reports why.
func (j *job) drop(i int, why string) {
	j.Log.Printf("%s is left out: %s", j.Targets[i].Name(), why)
	j.Targets = slices.Delete(j.Targets, i, i+1)
}

// planAll plans for targets of several ports: each port has its own wants, and its own files.
func (j *job) planAll() error {
	others, err := j.otherTargets()
	if err != nil {
		return err
	}
	j.plan, j.fragments = &patches.Plan{}, nil
	seen := map[string]string{}
	for _, targets := range byPort(project.Plain(j.Targets)) {
		port := targets[0].Port
		plan, err := j.planPort(targets, others[port])
		if err != nil {
			return err
		}
		for _, change := range plan.Changes {
			if other := seen[change.Path]; other != "" {
				return fmt.Errorf("patch: %s would be changed for both %s and %s",
					change.Path, other, port)
			}
			seen[change.Path] = port
		}
		j.plan.Targets = append(j.plan.Targets, plan.Targets[:len(targets)]...)
		j.plan.Changes = append(j.plan.Changes, plan.Changes...)
		j.plan.Module = append(j.plan.Module, plan.Module...)
		delete(others, port)
	}
	if !j.Pristine {
		return nil
	}
	for _, port := range slices.Sorted(maps.Keys(others)) {
		plan, err := j.planPort(nil, others[port])
		if err != nil {
			return err
		}
		j.fragments = append(j.fragments, plan.Module...)
	}
	return nil
}

// planPort plans for targets of one port. The module's files of the pristine way serve every
// target that the tree is patched for: those that were patched before are planned for too, after
// the others.
func (j *job) planPort(targets, before []micropython.Target) (*patches.Plan, error) {
	port, err := patches.Load(slices.Concat(targets, before)[0].Port)
	if err != nil {
		return nil, err
	}
	if j.Pristine {
		module := patches.Pristine{Module: j.Module()}
		return module.Plan(slices.Concat(targets, before), port.Wants)
	}
	return patches.New(targets, port.Wants)
}

// sortTargets sorts by port, which planAll and byPort rely on.
func (j *job) sortTargets() {
	slices.SortStableFunc(j.Targets, func(a, b project.Target) int {
		return strings.Compare(a.Port, b.Port)
	})
}

// byPort groups targets that are sorted by port, and keeps their order.
func byPort(targets []micropython.Target) [][]micropython.Target {
	var groups [][]micropython.Target
	for _, t := range targets {
		if n := len(groups); n > 0 && groups[n-1][0].Port == t.Port {
			groups[n-1] = append(groups[n-1], t)
			continue
		}
		groups = append(groups, []micropython.Target{t})
	}
	return groups
}

// otherTargets are the recorded targets that are not patched now, by port.
func (j *job) otherTargets() (map[string][]micropython.Target, error) {
	others := map[string][]micropython.Target{}
	if j.Record == nil || j.All {
		return others, nil
	}
	recorded, err := j.OtherRecorded()
	if err == nil {
		err = project.Distinct(slices.Concat(recorded, j.Targets))
	}
	for _, t := range recorded {
		others[t.Port] = append(others[t.Port], t.Target)
	}
	return others, err
}
