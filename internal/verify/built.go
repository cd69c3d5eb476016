package verify

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"mpwolf/internal/build"
	"mpwolf/internal/hint"
	"mpwolf/internal/objects"
	"mpwolf/internal/project"
)

// Built is a firmware that an earlier verification has built: what it was made from, for questions
// other than whether it is right.
type Built struct {
	// Target is in words: "unix (standard)". Build is the build directory.
	Target, Port, Board, Variant string
	Build                        string
	// Tree is the MicroPython tree, WolfSSL the top of the wolfSSL that was compiled, and Version
	// its version.
	Tree, WolfSSL, Version string
	// Units are the objects with code of wolfSSL, or that include its headers.
	Units []Unit
	// Functions are the functions and variables that objects of the link define, with the object.
	Functions map[string]string
	// Project is what the options apply to.
	Project *project.Project

	evidence *evidence
}

// Unit is an object with the files that it was compiled from.
type Unit struct {
	Name  string   // of the object, relative to the build directory
	Files []string // all that the compiler read, relative to the top of wolfSSL, if it is in there
	// Macros are the ones that were asked for, as the compiler sees them; nil if it could not be
	// asked, as for assembly.
	Macros map[string]build.Value
}

// OpenBuilt opens the firmware of each target of a patched tree, or only of the one that results
// call only, and asks the compiler for macros. It builds nothing: without a finished build of what
// is in the tree now, or if the firmware is not the one that was built, it is an error.
func OpenBuilt(
	ctx context.Context, o project.Options, only string, macros []string,
) ([]*Built, error) {
	p, err := openPatched(ctx, o)
	if err != nil {
		return nil, err
	}
	var all []*Built
	for _, t := range p.Targets {
		if only != "" && t.Name() != only {
			continue
		}
		options, err := targetOptions(p, t)
		if err != nil {
			return nil, err
		}
		options.NoBuild = true
		b := &Built{Target: t.Name(), Port: t.Port, Board: t.BoardFlag(), Variant: t.Variant,
			Build: options.Build, Tree: p.Tree.Dir, Project: p, evidence: newEvidence(options)}
		if err := b.open(ctx, macros); err != nil {
			return nil, hint.With(fmt.Errorf("%s: %w", b.Target, err),
				p.Run("verify")+" builds it")
		}
		all = append(all, b)
	}
	return all, nil
}

func (b *Built) open(ctx context.Context, macros []string) error {
	if !build.Succeeded(b.Build) {
		return fmt.Errorf("there is no finished build in %s", b.Build)
	}
	e := b.evidence
	skip, err := e.gather(ctx)
	if err != nil {
		return err
	}
	if why := cmp.Or(e.blocked, skip); why != "" {
		return fmt.Errorf("the build is not one to look at: %s", why)
	}
	used := e.wolfObjects()
	if len(used) == 0 {
		return fmt.Errorf("no object of %s was compiled with wolfSSL's headers", e.elf)
	}
	if err := b.unchanged(used); err != nil {
		return err
	}
	b.WolfSSL = used[0].root
	for _, u := range used {
		if !sameFile(u.root, b.WolfSSL) {
			return fmt.Errorf("two wolfSSL trees were compiled: %s and %s", b.WolfSSL, u.root)
		}
	}
	b.Version = wolfVersion(b.WolfSSL)
	b.Functions = make(map[string]string)
	for _, o := range e.inputs.objects {
		for _, d := range o.Defs {
			if b.Functions[d.Symbol] == "" {
				b.Functions[d.Symbol] = e.objectName(o)
			}
		}
	}
	return b.units(ctx, macros)
}

// unchanged is an error if what was compiled, or what was made of it, has changed since: if
// verify --no-build finds it, or has no record of the build to find it with.
func (b *Built) unchanged(used []wolfObject) error {
	c, symbols := &check{}, symbolsCheck{b.evidence}
	settingsCheck(symbols).staleSettings(c, used)
	symbols.changedSince(c)
	all := slices.Concat(c.findings, c.notes)
	if len(all) == 0 {
		return nil
	}
	file := symbols.someFiles([]string{all[0].File})
	if strings.Contains(all[0].Message, file) {
		return errors.New(all[0].Message)
	}
	return fmt.Errorf("%s: %s", file, all[0].Message)
}

// units are the objects of wolfSSL and the modules with code, and how the compiler sees the macros
// in each. Assembly need not include wolfSSL's settings, and make compiles it without dependency
// files.
func (b *Built) units(ctx context.Context, macros []string) error {
	compiles, err := b.evidence.build.Compiles(ctx)
	if err != nil {
		return err
	}
	var commands []build.Compile
	var of []int
	for _, o := range b.evidence.inputs.objects {
		if o.System || !o.Code && !o.Lto {
			continue
		}
		files := slices.Clone(b.evidence.deps(o.File))
		command, known := compiles[o.File]
		if known && !slices.Contains(files, command.Source) {
			files = append(files, command.Source)
		}
		inside := false
		for i, file := range files {
			files[i] = relative(b.WolfSSL, file)
			inside = inside || files[i] != file
		}
		if !inside {
			continue
		}
		if known && strings.EqualFold(filepath.Ext(command.Source), ".c") {
			commands, of = append(commands, command), append(of, len(b.Units))
		}
		b.Units = append(b.Units, Unit{Name: b.evidence.objectName(o), Files: files})
	}
	names := slices.Clone(macros)
	slices.Sort(names)
	values, err := b.evidence.flags.EffectiveAtWith(ctx, commands, slices.Compact(names),
		build.Watch{})
	if err != nil {
		return err
	}
	for i, v := range values {
		b.Units[of[i]].Macros = v
	}
	return nil
}

// Input is an object of the link that has code.
type Input struct {
	// File is the object, or the archive that it is in; Source what it was compiled from, "" if
	// that is not known. Both are absolute.
	File, Source string
	System       bool // it comes with the compiler
}

// Inputs are the objects of the link that have code, in its order, and those that the compiler
// adds by itself, such as members of libgcc.a, as far as the linker's map has them.
func (b *Built) Inputs(ctx context.Context) ([]Input, error) {
	compiles, err := b.evidence.build.Compiles(ctx)
	if err != nil {
		return nil, err
	}
	var inputs []Input
	for _, o := range b.evidence.inputs.objects {
		if !o.Code && !o.Lto {
			continue
		}
		in := Input{File: o.File, System: o.System}
		if deps := b.evidence.deps(o.File); o.Member == "" && len(deps) > 0 {
			in.Source = deps[0]
		} else if command, known := compiles[o.File]; known {
			in.Source = command.Source
		}
		inputs = append(inputs, in)
	}
	return append(inputs, b.added()...), nil
}

// added are the objects in the linker's map that the link's command does not name.
func (b *Built) added() []Input {
	seen := make(map[string]bool)
	for _, o := range b.evidence.inputs.objects {
		seen[o.File], seen[o.Name()] = true, true
	}
	var added []Input
	for _, at := range b.evidence.placedSections().all {
		file, _, _ := strings.Cut(at.name, "(")
		if seen[at.name] || seen[file] {
			continue
		}
		seen[at.name] = true
		if _, err := os.Stat(file); err == nil { // not one that the linker's optimizer has made
			added = append(added, Input{File: file, System: true})
		}
	}
	return added
}

// Firmware is the linked program.
func (b *Built) Firmware() string { return b.evidence.elf }

// SharedFile is a shared library: the name that a program needs, and its file, "" if it is not
// known.
type SharedFile struct{ Name, File string }

// Shared are the shared libraries that the firmware itself needs. What the link names may be more,
// or a linker script such as Debian's libm.so.
func (b *Built) Shared(ctx context.Context) ([]SharedFile, error) {
	if b.evidence.image == nil {
		return nil, nil
	}
	named := b.evidence.sharedFiles()
	var all []SharedFile
	for _, name := range b.evidence.image.Needed {
		s := SharedFile{Name: name, File: named[name]}
		if s.File == "" {
			file, err := b.evidence.flags.FileName(ctx, name)
			if err != nil {
				return nil, err
			}
			s.File = file
		}
		if _, err := objects.ReadShared(s.File); err != nil {
			s.File = "" // a script, or a library of another system
		}
		all = append(all, s)
	}
	return all, nil
}

// Compiler is what the compiler says that it is.
func (b *Built) Compiler(ctx context.Context) (string, error) {
	cmd := b.evidence.toolCommand(ctx, append(slices.Clone(b.evidence.flags.CC), "--version"))
	out, err := cmd.Output()
	if err != nil {
		return "", fmt.Errorf("ask the compiler for its version: %w", err)
	}
	first, _, _ := strings.Cut(string(out), "\n")
	return strings.TrimSpace(first), nil
}

// Flags are the compiler with its flags, and the linker's command without its inputs.
func (b *Built) Flags() (compile, link []string) {
	compile = slices.Concat(b.evidence.flags.CC, b.evidence.flags.CFLAGS)
	for i, word := range b.evidence.link.Argv {
		output := word == "-o" || i > 0 && b.evidence.link.Argv[i-1] == "-o"
		switch filepath.Ext(word) {
		case ".o", ".obj", ".a":
		default:
			if !output {
				link = append(link, word)
			}
		}
	}
	return compile, link
}
