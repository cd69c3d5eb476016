// Package complete tells a shell what a MicroPython tree has: its ports, boards, variants, macros
// and targets. It only reads, and leaves out what it cannot find out: no one reads an error while
// typing a line.
package complete

import (
	"slices"

	"mpwolf/internal/micropython"
	"mpwolf/internal/project"
	"mpwolf/patches"
	"mpwolf/wolfssl"
)

// open is the project of an unfinished command line; nil if it has no tree.
func open(o project.Options) *project.Project {
	o.Say = nil
	p, err := project.New(o)
	if err != nil || p.OpenTree() != nil {
		return nil
	}
	return p
}

// Ports are those that the tree has or, without a tree, those that mpwolf knows.
func Ports(o project.Options) []string {
	if p := open(o); p != nil {
		if ports, err := p.Tree.Ports(); err == nil {
			return ports
		}
	}
	return patches.Ports()
}

// KnownPorts are those of Ports that mpwolf knows.
func KnownPorts(o project.Options) []string {
	return slices.DeleteFunc(patches.Ports(), func(name string) bool {
		return !slices.Contains(Ports(o), name)
	})
}

// Boards are those of the options' port or, without one, of all ports of mpwolf.toml.
func Boards(o project.Options) []string { return each(o, (*micropython.Tree).Boards) }

// Variants are like Boards.
func Variants(o project.Options) []string { return each(o, (*micropython.Tree).Variants) }

func each(
	o project.Options, list func(*micropython.Tree, string) ([]string, error),
) (all []string) {
	p := open(o)
	if p == nil {
		return nil
	}
	ports, err := p.Ports()
	if err != nil {
		return nil
	}
	for _, port := range ports {
		if names, err := list(p.Tree, port); err == nil {
			all = append(all, names...)
		}
	}
	return all
}

// Targets are the words that name the targets that the tree is patched for.
func Targets(o project.Options) []string {
	p := open(o)
	if p == nil || p.Read(project.Recorded) != nil {
		return nil
	}
	var words []string
	for _, t := range p.Targets {
		if sub := t.Board + t.Variant; sub != "" && !slices.Contains(words, sub) {
			words = append(words, sub)
		}
		if !slices.Contains(words, t.Port) {
			words = append(words, t.Port)
		}
	}
	return words
}

// Macros are those that some line sets for the targets of the options or, if these name none, for
// one target of each known port.
func Macros(o project.Options) []string {
	p := open(o)
	if p == nil {
		return nil
	}
	var targets []micropython.Target
	if p.Read(project.Asked) == nil {
		targets = project.Plain(p.Targets)
	} else {
		for _, port := range KnownPorts(o) {
			if t, ok := anyTarget(p.Tree, port); ok {
				targets = append(targets, t)
			}
		}
	}
	var names []string
	for _, t := range targets {
		names = append(names, patches.Read(t).Names()...)
	}
	slices.Sort(names)
	return slices.Compact(names)
}

// anyTarget is the default target of a port, or its first board.
func anyTarget(tree *micropython.Tree, port string) (micropython.Target, bool) {
	if t, err := tree.Target(port, "", ""); err == nil {
		return t, true
	}
	boards, err := tree.Boards(port)
	if err != nil || len(boards) == 0 {
		return micropython.Target{}, false
	}
	t, err := tree.Target(port, boards[0], "")
	return t, err == nil
}

// WolfSSLs are the versions known to work.
func WolfSSLs() (versions []string) {
	if c, err := wolfssl.Releases(); err == nil {
		for _, r := range c.Releases {
			versions = append(versions, r.Version)
		}
	}
	return versions
}

// MicroPythons are the releases known to work.
func MicroPythons() (versions []string) {
	if c, err := micropython.Releases(); err == nil {
		for _, r := range c.Releases {
			versions = append(versions, "v"+r.Version)
		}
	}
	return versions
}
