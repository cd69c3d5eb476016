package sbom

import (
	"bytes"
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"mpwolf/internal/disk"
	"mpwolf/internal/hint"
	"mpwolf/internal/project"
	"mpwolf/internal/state"
	"mpwolf/internal/verify"
	"mpwolf/modules"
	"mpwolf/patches"
	"mpwolf/wolfssl"
)

// Options say what to describe.
type Options struct {
	project.Options
	Tool string // mpwolf's version
}

// Firmware is what the firmware of a target consists of.
type Firmware struct {
	Target string // in words: "unix (standard)"
	// Version is MicroPython's, SHA256 that of the linked program, File its name.
	Version, SHA256, File string
	Tool                  string    // mpwolf's version
	Date                  time.Time // SOURCE_DATE_EPOCH, or that of MicroPython's commit
	// Compiler is what it says of itself. Compile and Link are its flags and those of the link;
	// $(TREE), $(BUILD) and $(MODULES) stand for directories.
	Compiler, Compile, Link string
	Components              []Component
}

// Component is a part of a firmware. A field is empty if it is not known.
type Component struct {
	ID      string // unique in the firmware: "wolfssl", "lib/littlefs"
	Name    string
	Version string
	Commit  string
	Licence string // an SPDX expression
	// Supplier is who publishes it; Purl and CPE are its names in databases.
	Supplier, Purl, CPE string
	// SHA256 is that of the file, if the component is one.
	SHA256 string
	// Objects is how many objects with code were compiled from its sources, and Sources the
	// SHA-256 of these sources' list: for each its own hash, two spaces, its name, and a line
	// feed.
	Objects int
	Sources string
	Origin  string // in words: where it was fetched from
	Patches []Patch
}

// Patch is a change to a component.
type Patch struct {
	Diff string // "" if only what it resolves is known
	// Resolves is the advisory that it fixes, "" for a change with another purpose; By is whose it
	// is.
	Resolves, By string
}

// Of describes the firmware that verify has built for a target. The options must name the target
// if there are several.
func Of(ctx context.Context, o Options) (*Firmware, error) {
	all, err := verify.OpenBuilt(ctx, o.Options, "", nil)
	if err != nil {
		return nil, fmt.Errorf("sbom: %w", err)
	}
	if len(all) != 1 {
		var names []string
		for _, b := range all {
			names = append(names, b.Target)
		}
		return nil, project.Usagef("sbom describes one target; name it with --port and --board "+
			"or --variant: %s", strings.Join(names, ", "))
	}
	f, err := of(ctx, all[0], o.Tool)
	if err != nil {
		return nil, fmt.Errorf("sbom %s: %w", all[0].Target, err)
	}
	return f, nil
}

func of(ctx context.Context, b *verify.Built, tool string) (*Firmware, error) {
	tree := b.Project.Tree
	f := &Firmware{Target: b.Target, Version: tree.Version.String(), Tool: tool,
		File: filepath.Base(b.Firmware())}
	var err error
	if f.Date, err = date(b); err != nil {
		return nil, err
	}
	if f.SHA256, err = disk.HashFile(b.Firmware()); err != nil {
		return nil, err
	}
	if f.Compiler, err = b.Compiler(ctx); err != nil {
		return nil, err
	}
	compile, link := b.Flags()
	places := strings.NewReplacer(b.Build, "$(BUILD)", b.Project.Modules, "$(MODULES)",
		tree.Dir, "$(TREE)")
	f.Compile, f.Link = places.Replace(strings.Join(compile, " ")),
		places.Replace(strings.Join(link, " "))
	g, err := newGrouping(b)
	if err != nil {
		return nil, err
	}
	inputs, err := b.Inputs(ctx)
	if err != nil {
		return nil, err
	}
	for _, in := range inputs {
		g.add(in)
	}
	shared, err := b.Shared(ctx)
	if err != nil {
		return nil, err
	}
	for _, library := range shared {
		g.shared(library)
	}
	f.Components, err = g.components(tool)
	return f, err
}

// date is the time of the document: not that of the build, which would make each one differ.
func date(b *verify.Built) (time.Time, error) {
	date, err := epoch()
	if err != nil || !date.IsZero() {
		return date, err
	}
	if date, err = b.Project.Tree.CommitTime(); err != nil {
		return date, err
	}
	if date.IsZero() {
		return date, hint.With(errors.New("the tree has no commit that would give the document "+
			"its time"), "set SOURCE_DATE_EPOCH, in seconds since 1970")
	}
	return date, nil
}

// grouping finds the component that each object belongs to.
type grouping struct {
	*verify.Built
	objects map[string]int
	sources map[string][]string // by the component's ID
	files   map[string]string   // the libraries that are files
	order   []string
	lib     *libraries
}

func newGrouping(b *verify.Built) (*grouping, error) {
	lib, err := readLibraries(b.Tree)
	return &grouping{Built: b, objects: make(map[string]int), sources: make(map[string][]string),
		files: make(map[string]string), lib: lib}, err
}

// The IDs of the components that every firmware has.
const (
	microPythonID = "micropython"
	wolfSSLID     = "wolfssl"
)

// library is a component that is one file.
func (g *grouping) library(file string) {
	id := "file " + filepath.Base(file)
	for n := 2; g.files[id] != "" && g.files[id] != file; n++ {
		id = fmt.Sprintf("file %s %d", filepath.Base(file), n) // of another directory
	}
	g.files[id] = file
	g.count(id, "")
}

// shared is a shared library, which counts even if its file is not known.
func (g *grouping) shared(s verify.SharedFile) {
	id := "shared " + s.Name
	g.files[id] = s.File
	g.count(id, "")
}

func (g *grouping) count(id, source string) {
	if g.objects[id] == 0 {
		g.order = append(g.order, id)
	}
	g.objects[id]++
	if source != "" && !slices.Contains(g.sources[id], source) {
		g.sources[id] = append(g.sources[id], source)
	}
}

func (g *grouping) add(in verify.Input) {
	if in.System || in.Source == "" && filepath.Ext(in.File) == ".a" {
		g.library(in.File)
		return
	}
	path := cmp.Or(in.Source, in.File)
	inside := func(dir string) (string, bool) {
		rel, err := filepath.Rel(dir, path)
		return filepath.ToSlash(rel), err == nil && filepath.IsLocal(rel)
	}
	switch {
	case is(inside(g.WolfSSL)):
		g.count(wolfSSLID, path)
		return
	case is(inside(g.Build)): // generated from MicroPython's sources and the frozen modules
		g.count(microPythonID, "")
		return
	}
	if rel, is := inside(g.Project.Modules); is {
		name, _, _ := strings.Cut(rel, "/")
		g.count("module "+name, path)
		return
	}
	rel, is := inside(g.Tree)
	parts := strings.SplitN(rel, "/", 3)
	switch {
	case is && parts[0] == "lib" && len(parts) == 3:
		g.count("lib/"+parts[1], path)
	case is:
		g.count(microPythonID, path)
	default:
		g.library(in.File)
	}
}

func is(_ string, inside bool) bool { return inside }

// components are all that have an object in the firmware, MicroPython first.
func (g *grouping) components(tool string) ([]Component, error) {
	if g.objects[microPythonID] == 0 {
		g.order = append(g.order, microPythonID)
	}
	slices.SortStableFunc(g.order, func(x, y string) int {
		return cmp.Compare(rank(x), rank(y))
	})
	var all []Component
	for _, id := range g.order {
		c, err := g.component(id, tool)
		if err != nil {
			return nil, err
		}
		c.ID, c.Objects = id, g.objects[id]
		if c.Sources, err = g.listed(id); err != nil {
			return nil, err
		}
		all = append(all, *c)
	}
	return all, nil
}

func rank(id string) string {
	switch {
	case id == microPythonID:
		return "0"
	case id == wolfSSLID:
		return "1"
	case strings.HasPrefix(id, "module "):
		return "2" + id
	case strings.HasPrefix(id, "lib/"):
		return "3" + id
	}
	return "4" + id
}

func (g *grouping) component(id, tool string) (*Component, error) {
	switch {
	case id == microPythonID:
		return g.microPython()
	case id == wolfSSLID:
		return g.wolfSSL()
	}
	if name, is := strings.CutPrefix(id, "module "); is {
		c := &Component{Name: name}
		if name == modules.Name {
			c.Version, c.Licence, c.Supplier = tool, "MIT", "the mpwolf authors"
		}
		return c, nil
	}
	if name, is := strings.CutPrefix(id, "shared "); is {
		c := &Component{Name: name}
		if g.files[id] == "" {
			return c, nil
		}
		var err error
		c.SHA256, err = disk.HashFile(g.files[id])
		return c, err
	}
	if file, is := g.files[id]; is {
		sum, err := disk.HashFile(file)
		return &Component{Name: filepath.Base(file), SHA256: sum}, err
	}
	return g.lib.component(strings.TrimPrefix(id, "lib/"), g.Project.Tree)
}

// microPython is the tree with the changes that mpwolf has made to it.
func (g *grouping) microPython() (*Component, error) {
	tree, record := g.Project.Tree, g.Project.Record
	version := strings.TrimPrefix(tree.Version.String(), "v")
	c := &Component{Name: "micropython", Version: tree.Version.String(),
		Licence:  g.lib.own(g.sources[microPythonID]),
		Supplier: "the MicroPython project", Origin: plain(tree.Source),
		Purl: "pkg:github/micropython/micropython@" + tree.Version.String(),
		CPE:  "cpe:2.3:a:micropython:micropython:" + version + ":*:*:*:*:*:*:*"}
	var err error
	if c.Commit, err = tree.Commit(); err != nil || record == nil {
		return c, err
	}
	for _, file := range changedFor(record.Files, g.Port) {
		before, err := state.Blob(tree.Dir, file.Before)
		if err != nil {
			return nil, err
		}
		after, err := state.Blob(tree.Dir, file.After)
		if err != nil {
			return nil, err
		}
		var diff bytes.Buffer
		change := patches.Change{Path: file.Path, Before: before, After: after, Mode: 0o644}
		if err := patches.Diff(&diff, []patches.Change{change}); err != nil {
			return nil, err
		}
		c.Patches = append(c.Patches, Patch{Diff: diff.String(), By: "mpwolf"})
	}
	return c, nil
}

// changedFor are the changed files that the firmware of a port may have been made of: not those of
// other ports.
func changedFor(files []state.File, port string) []state.File {
	var of []state.File
	for _, file := range files {
		if rest, inPorts := strings.CutPrefix(file.Path, "ports/"); !inPorts ||
			strings.HasPrefix(rest, port+"/") {
			of = append(of, file)
		}
	}
	return of
}

// wolfSSL is the installed release, with the fixes that a distribution has applied to it.
func (g *grouping) wolfSSL() (*Component, error) {
	c := &Component{Name: "wolfssl", Version: g.Version, Supplier: "wolfSSL Inc.",
		Purl: wolfSSLPurl(g.Version), CPE: wolfSSLCPE(g.Version)}
	tree, err := wolfssl.Open(g.WolfSSL)
	if err != nil {
		return nil, err
	}
	c.Licence = map[string]string{wolfssl.GPL2: "GPL-2.0-or-later",
		wolfssl.GPL3:       "GPL-3.0-or-later", // as the sources say
		wolfssl.Commercial: "LicenseRef-wolfSSL-commercial"}[tree.Licence]
	if r := g.Project.Record; r != nil {
		c.Origin = plain(r.Modules.Source)
	}
	known, err := wolfssl.KnownAdvisories()
	if err != nil {
		return nil, err
	}
	for _, a := range known.Of(g.Version) {
		patch, line, err := a.Patched(g.WolfSSL)
		if err != nil {
			return nil, err
		}
		if line > 0 {
			c.Patches = append(c.Patches, Patch{Resolves: a.ID, By: patch.By})
		}
	}
	return c, nil
}

// plain is where something was fetched from, without the names of this machine's directories, and
// without the user's name and password.
func plain(origin string) string {
	for _, word := range strings.Fields(origin) {
		word = strings.Trim(word, `"'(),`)
		if filepath.IsAbs(word) {
			return ""
		}
		origin = strings.ReplaceAll(origin, word, withoutUser(word))
	}
	return origin
}

// listed is the SHA-256 of the list of a component's sources; "" without any.
func (g *grouping) listed(id string) (string, error) {
	files := g.sources[id]
	if len(files) == 0 {
		return "", nil
	}
	dir := g.Tree
	switch {
	case id == wolfSSLID:
		dir = g.WolfSSL
	case strings.HasPrefix(id, "module "):
		dir = g.Project.Modules
	}
	var lines []string
	for _, file := range files {
		sum, err := disk.HashFile(file)
		if err != nil {
			return "", err
		}
		rel, err := filepath.Rel(dir, file)
		if err != nil {
			return "", err
		}
		lines = append(lines, sum+"  "+filepath.ToSlash(rel)+"\n")
	}
	slices.SortFunc(lines, func(x, y string) int { return cmp.Compare(x[64:], y[64:]) })
	sum := sha256.Sum256([]byte(strings.Join(lines, "")))
	return hex.EncodeToString(sum[:]), nil
}
