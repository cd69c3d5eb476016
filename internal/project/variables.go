package project

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"mpwolf/modules"
	"mpwolf/patches"
)

// Variables are variables of the modules' makefile that count for a build by mpwolf, and are not
// among its arguments for make.
type Variables []patches.Variable

// Variables leaves out what make's arguments decide: those that the target has, and those that
// mpwolf passes itself.
func (t Target) Variables(set []patches.Variable) Variables {
	passed := map[string]bool{}
	for _, arg := range slices.Concat(t.ModuleArgs(t.Modules), t.Make) {
		name, _, _ := strings.Cut(arg, "=")
		passed[name] = true
	}
	return slices.DeleteFunc(slices.Clone(set), func(v patches.Variable) bool {
		return passed[v.Name] && !v.Override
	})
}

// Values are their values by name; nil without any.
func (v Variables) Values() map[string]string {
	var values map[string]string
	for _, one := range v {
		if values == nil {
			values = map[string]string{}
		}
		values[one.Name] = one.Text
	}
	return values
}

// VariableChange is a variable whose value is another one than it was.
type VariableChange struct{ Name, Was, Is string }

func (c VariableChange) String() string {
	return fmt.Sprintf("%s is %q instead of %q", c.Name, c.Is, c.Was)
}

// ChangedVariables are the differences between two sets of values for a target that make gets
// these arguments for. One that is not set has its value from them, or else the default of the
// modules' makefile.
func ChangedVariables(args []string, was, is map[string]string) []VariableChange {
	defaults := modules.Variables()
	for _, arg := range args {
		name, value, _ := strings.Cut(arg, "=")
		if _, known := defaults[name]; known {
			defaults[name] = value
		}
	}
	names := map[string]bool{}
	for name := range was {
		names[name] = true
	}
	for name := range is {
		names[name] = true
	}
	var changes []VariableChange
	for _, name := range slices.Sorted(maps.Keys(names)) {
		before, known := defaults[name]
		if !known {
			continue // not one of the modules'
		}
		c := VariableChange{name, before, before}
		if text, set := was[name]; set {
			c.Was = text
		}
		if text, set := is[name]; set {
			c.Is = text
		}
		if c.Was != c.Is {
			changes = append(changes, c)
		}
	}
	return changes
}
