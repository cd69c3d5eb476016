package patches

import (
	"slices"
	"strings"
)

// Variable is a variable of the modules' own makefile that something outside it sets: a makefile
// of the port, the board or another user module, the environment, or make's arguments.
type Variable struct {
	Name string
	// Text is its value; as it is written, if Known is not set.
	Text  string
	Known bool
	// From names what sets it where no line does; File and Line are the line, as for a Site.
	From string
	File string
	Line int
	// Override is set if that line counts even against make's arguments.
	Override bool
}

// String is the assignment.
func (v Variable) String() string { return v.Name + "=" + v.Text }

// Variables are those that are set, sorted by name.
func (c *Config) Variables() []Variable {
	var set []Variable
	for name, v := range c.make.vars {
		if !isModuleVariable(name) {
			continue
		}
		set = append(set, c.moduleVariable(name, v))
	}
	if c.cmake != nil {
		for name := range c.cmake.set {
			site := c.cmake.set[name].site
			if !isModuleVariable(name) || site == nil {
				continue
			}
			set = slices.DeleteFunc(set, func(v Variable) bool { return v.Name == name })
			text, known := c.variableText(name)
			set = append(set, Variable{Name: name, Text: text, Known: known, File: site.File,
				Line: site.Line})
		}
	}
	slices.SortFunc(set, func(a, b Variable) int { return strings.Compare(a.Name, b.Name) })
	return set
}

// isModuleVariable reports whether a name is one of those that the modules' makefile reads.
func isModuleVariable(name string) bool { return strings.HasPrefix(name, "WOLFSSL_") }

func (c *Config) moduleVariable(name string, v makeVar) Variable {
	text, known := c.make.expand("$(" + name + ")")
	if !known {
		text = v.text
	}
	found := Variable{Name: name, Text: strings.TrimSpace(text), Known: known, From: v.from,
		Override: v.override}
	if v.site != nil {
		found.File, found.Line = v.site.File, v.site.Line
	}
	return found
}

// Definitions are the macros that compilers' flags define for all objects or for the user modules'
// objects, wherever the flags come from but the modules' own makefile.
func (c *Config) Definitions() []Site {
	var found []Site
	for _, flag := range c.make.flags {
		if flag.Kind == CompilerFlag && flag.active != no {
			found = append(found, *flag)
		}
	}
	return found
}
