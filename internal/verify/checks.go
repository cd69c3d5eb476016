package verify

import "context"

// rules are all checks, in the order in which they are made and reported. A new one is a file with
// its rule, and a line here.
var rules = []rule{macrosRule, symbolsRule, leftoversRule, modulesRule, settingsRule,
	sizeRule, runRule}

// Rule describes a check, for readers who see only its findings.
type Rule struct {
	ID      string
	Summary string // what must be true
	Help    string // what a finding means, and what to do
}

// rule is a check and the function that makes it.
type rule struct {
	Rule
	of func(*evidence) runner
	// optional says that it does not apply to every target of a tree.
	optional bool
}

// runner makes a check: it puts what it finds into c. An error means that it could not look.
type runner interface {
	run(ctx context.Context, c *check) error
}

// Rules are those of all checks, in their order.
func Rules() []Rule {
	all := make([]Rule, len(rules))
	for i, r := range rules {
		all[i] = r.Rule
	}
	return all
}
