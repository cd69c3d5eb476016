// Package doctor examines what a build depends on: the tools of the host, with the packages to
// install if one is missing, and the state of the tree. It reads files, and asks make and the
// tools themselves; it changes nothing on disk and prints nothing.
package doctor

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync"
	"time"

	"mpwolf/internal/build"
	"mpwolf/internal/micropython"
	"mpwolf/internal/project"
	"mpwolf/internal/shell"
	"mpwolf/internal/sources"
	"mpwolf/internal/state"
)

// Options say which tree and targets.
type Options struct {
	project.Options
	// Tool is mpwolf's version.
	Tool string
}

// Result is what was found.
type Result struct {
	// OK is set if nothing that the targets need is missing.
	OK     bool    `json:"ok"`
	Tool   string  `json:"mpwolf"`
	Go     string  `json:"go"` // the version that mpwolf was built with
	Host   string  `json:"host"`
	System System  `json:"system"`
	Tools  []Found `json:"tools"`
	// Install is the command that installs what is missing; "" if nothing is missing, or if no
	// command is known.
	Install string `json:"install,omitempty"`
	// Tree is nil if there is none.
	Tree *Tree `json:"tree"`
	// Port is the port whose tools were looked for if there is no tree.
	Port    string   `json:"port,omitempty"`
	Targets []Target `json:"targets"`
	Cache   Cache    `json:"cache"`
}

// Tree is a MicroPython tree.
type Tree struct {
	Dir         string     `json:"dir"`
	MicroPython string     `json:"micropython"`
	Patched     *time.Time `json:"patched,omitempty"`
	WolfSSL     string     `json:"wolfssl,omitempty"`
	Modules     string     `json:"modules"`
	// Interrupted is set if a run was killed half-way.
	Interrupted bool `json:"interrupted,omitempty"`
	// CMake are the ports that are built with it.
	CMake []string `json:"cmake_ports,omitempty"`
	// Leftover are build directories of verify for targets that the tree no longer has.
	Leftover []string `json:"leftover,omitempty"`
}

// Target is what was found out about one target.
type Target struct {
	Name string `json:"target"`
	// Submodules are the missing ones; Unread says why they are not known.
	Submodules []string `json:"missing_submodules"`
	Unread     string   `json:"unread,omitempty"`
	// SubmodulesFix says how to get them.
	SubmodulesFix string `json:"-"`
	// Settings is the user_settings.h; "" if none is installed yet.
	Settings     string `json:"settings,omitempty"`
	SettingsGone bool   `json:"settings_missing,omitempty"`
	// Stale is a build directory with objects from before the patch; "" if there is none.
	Stale string `json:"stale,omitempty"`
}

// Cache is where fetched sources are kept.
type Cache struct {
	Dir     string   `json:"dir,omitempty"`
	Entries []string `json:"entries"`
}

// Run looks at the host, the tree and its targets.
func Run(ctx context.Context, o Options) (*Result, error) {
	p, err := open(o.Options)
	if err != nil {
		return nil, err
	}
	r := &Result{Tool: o.Tool, Go: runtime.Version(), Host: runtime.GOOS + "/" + runtime.GOARCH,
		System: ThisSystem(), Targets: []Target{}, Cache: cache()}
	var without recipe
	targets := p.Targets
	if p.Tree == nil {
		r.Port = cmp.Or(o.Port, portUnix)
		if without, err = plain(r.Port); err != nil {
			return nil, err
		}
	} else {
		if targets, err = orUnix(p); err != nil {
			return nil, err
		}
		r.Tree = treeOf(p)
	}
	canAsk := r.lookAt(ctx, p, targets, without)
	r.Targets = lookAtTargets(ctx, p, targets, canAsk)
	r.conclude()
	return r, ctx.Err()
}

// open returns the project; its Tree is nil if no tree is found.
func open(o project.Options) (*project.Project, error) {
	p, err := project.New(o)
	if err != nil {
		return nil, err
	}
	if err := o.CheckTargetFlags(); err != nil {
		return nil, err
	}
	err = p.OpenTree()
	if errors.Is(err, micropython.ErrNoTree) {
		return p, nil
	}
	if err != nil {
		return nil, err
	}
	return p, p.Read(project.Examined)
}

// orUnix are the targets of a project or, if it has none, unix.
func orUnix(p *project.Project) ([]project.Target, error) {
	if len(p.Targets) > 0 {
		return p.Targets, nil
	}
	t, err := p.Tree.Target(portUnix, "", "")
	if errors.Is(err, micropython.ErrUnknownName) {
		return nil, nil // a tree reduced to other ports
	}
	return []project.Target{{Target: t}}, err
}

// lookAt looks for the tools that targets need. It asks make only if no tool hangs, because make
// would run that tool. It reports whether make can be asked. Without a tree, it looks for the
// tools of a recipe.
func (r *Result) lookAt(
	ctx context.Context, p *project.Project, targets []project.Target, without recipe,
) (canAsk bool) {
	var guessed []recipe
	if p.Tree == nil {
		guessed = append(guessed, without)
	} else {
		for _, t := range targets {
			guessed = append(guessed, guess(t.Target))
		}
	}
	first := lookFor(ctx, programs(needsOf(guessed)), true)
	canAsk = !slices.ContainsFunc(first, func(f Found) bool {
		return f.State == Hangs || f.Name == toolMake && f.State != OK
	})
	all := guessed
	if canAsk && p.Tree != nil {
		limited, cancel := context.WithTimeout(ctx, 5*patience())
		defer cancel()
		all = recipes(limited, project.Plain(targets), ask)
	}
	needs := needsOf(all)
	if !slices.ContainsFunc(first, func(f Found) bool { return f.State == Hangs }) {
		needs = knowFFI(ctx, needs)
	}
	var rest []need
	for _, n := range append(needs, optional(needs, all, targets)...) {
		if i := slices.IndexFunc(first, func(f Found) bool { return f.is(n.Tool) }); i >= 0 {
			first[i].By = n.by
			r.Tools = append(r.Tools, first[i])
			continue
		}
		rest = append(rest, n)
	}
	r.Tools = append(r.Tools, lookFor(ctx, rest, true)...)
	order := func(f Found) int {
		return slices.IndexFunc(tools, func(t Tool) bool { return t.Name == f.Name })
	}
	slices.SortStableFunc(r.Tools, func(a, b Found) int { return order(a) - order(b) })
	return canAsk
}

// programs are the needs that are not headers.
func programs(needs []need) []need {
	return slices.DeleteFunc(slices.Clone(needs), func(n need) bool { return n.header != "" })
}

// optional are the tools that the targets do not need, but something else does. Of QEMU's programs
// it is the one that runs the targets.
func optional(needs []need, recipes []recipe, targets []project.Target) []need {
	needed := func(t Tool) bool {
		return slices.ContainsFunc(needs, func(n need) bool { return n.is(t) })
	}
	emulator := ""
	if slices.ContainsFunc(targets, func(t project.Target) bool { return t.Port == "qemu" }) {
		emulator = toolQEMUARM
		if riscv, _ := known(toolRISCV); needed(riscv) {
			emulator = toolQEMURISCV
		}
	}
	picotool := slices.ContainsFunc(targets, usesPicotool) ||
		slices.ContainsFunc(recipes, func(r recipe) bool {
			return r.target.Tree == nil && r.target.Port == "rp2"
		})
	var all []need
	for _, t := range tools {
		if t.OnlyFor != "" && !needed(t) && (t.OnlyFor != forQEMU || t.Name == emulator) &&
			(t.Name != toolPicotool || picotool) {
			all = append(all, need{Tool: t})
		}
	}
	return all
}

// usesPicotool reports whether pico-sdk looks for picotool when it builds a target: from version 2
// on.
func usesPicotool(t project.Target) bool {
	if t.Tree == nil || !t.CMake() {
		return false
	}
	text, err := os.ReadFile(filepath.Join(t.Dir(), "CMakeLists.txt"))
	_, gone := os.Stat(t.Tree.Path("lib", "pico-sdk", "tools", "Findpicotool.cmake"))
	return err == nil && gone == nil && bytes.Contains(text, []byte("pico_sdk_init"))
}

// treeOf describes a tree.
func treeOf(p *project.Project) *Tree {
	t := &Tree{Dir: p.Tree.Dir, MicroPython: p.Tree.Version.String(), Modules: p.Module(),
		Interrupted: state.Interrupted(p.Tree.Dir)}
	files, _ := filepath.Glob(p.Tree.Path("ports", "*", "CMakeLists.txt")) // never a bad pattern
	for _, file := range files {
		t.CMake = append(t.CMake, filepath.Base(filepath.Dir(file)))
	}
	if p.Record == nil {
		return t
	}
	t.Patched, t.WolfSSL = &p.Record.Time, p.Record.Modules.WolfSSL
	builds := state.BuildDir(p.Tree.Dir, "")
	entries, err := os.ReadDir(builds)
	if err != nil {
		return t // nothing was built
	}
	for _, entry := range entries {
		dir := filepath.Join(builds, entry.Name())
		ours := slices.ContainsFunc(p.Record.Targets, func(r state.Target) bool {
			name := micropython.Target{Port: r.Port, Board: r.Board, Variant: r.Variant}.ID()
			return entry.Name() == name || strings.HasPrefix(entry.Name(), name+"-")
		})
		if entry.IsDir() && !ours && isBuild(dir) {
			t.Leftover = append(t.Leftover, dir)
		}
	}
	return t
}

// isBuild reports whether a directory holds objects of a firmware.
func isBuild(dir string) bool {
	_, err := os.Stat(filepath.Join(dir, "genhdr"))
	return err == nil
}

// lookAtTargets looks at all targets at once.
func lookAtTargets(
	ctx context.Context, p *project.Project, targets []project.Target, canAsk bool,
) []Target {
	all := make([]Target, len(targets))
	var wait sync.WaitGroup
	for i, t := range targets {
		wait.Go(func() { all[i] = lookAtTarget(ctx, p, t, canAsk) })
	}
	wait.Wait()
	return all
}

func lookAtTarget(
	ctx context.Context, p *project.Project, t project.Target, canAsk bool,
) Target {
	found := Target{Name: t.Name(), Submodules: []string{}, Settings: t.UserSettings}
	if found.Settings == "" {
		file := filepath.Join(p.Module(), "ports", t.Port, "user_settings.h")
		if _, err := os.Stat(p.Module()); err == nil {
			found.Settings = file
		}
	}
	if found.Settings != "" {
		_, err := os.Stat(found.Settings)
		found.SettingsGone = errors.Is(err, fs.ErrNotExist)
	}
	if !canAsk {
		found.Unread = "make cannot be asked for the submodules"
		return found
	}
	if err := build.Outside(t.Target); err != nil {
		found.Unread = err.Error()
	}
	limited, cancel := context.WithTimeout(ctx, 5*patience())
	defer cancel()
	missing, err := build.MissingSubmodules(limited, t.Target,
		p.Scan(t.Target).Submodules()...)
	if err != nil {
		found.Unread, _, _ = strings.Cut(err.Error(), "\n")
	}
	if found.Submodules = append(found.Submodules, missing...); len(missing) > 0 {
		dir := shell.Quote(shell.Path(p.Tree.Dir))
		found.SubmodulesFix = t.SubmodulesHint(dir, missing)
	}
	if p.Record != nil && err == nil {
		found.Stale = staleBuild(t.Target, p.Record.Time)
	}
	return found
}

// staleBuild is a build directory of plain make, in the port's directory, with objects from before
// the patch, or one that CMake configured before it. make looks at the times of sources, not at
// the flags that the patch has changed, and does not configure again.
func staleBuild(t micropython.Target, patched time.Time) string {
	dir := t.Dir()
	for _, name := range []string{"build", "build-" + t.Variant, "build-" + t.Board,
		"build-" + t.Board + "-" + t.Variant} {
		objects, _ := filepath.Glob(filepath.Join(dir, name, "py", "*.o"))
		for _, object := range append(objects, filepath.Join(dir, name, "CMakeCache.txt")) {
			info, err := os.Stat(object)
			if err == nil && info.ModTime().Before(patched) {
				return filepath.Join(dir, name)
			}
		}
	}
	return ""
}

// cache looks at the cache of fetched sources.
func cache() Cache {
	c := Cache{Entries: []string{}}
	where, err := sources.DefaultCache()
	if err != nil {
		return c // there is none without a home directory
	}
	c.Dir = where.Dir
	entries, err := os.ReadDir(c.Dir)
	if err != nil {
		return c
	}
	for _, entry := range entries {
		if entry.IsDir() && entry.Name() != "locks" && !strings.HasPrefix(entry.Name(), ".") {
			c.Entries = append(c.Entries, entry.Name())
		}
	}
	return c
}

// conclude works out whether anything is missing, and how to install it. git is needed only if
// submodules are missing.
func (r *Result) conclude() {
	r.OK = true
	submodules := false
	for _, t := range r.Targets {
		submodules = submodules || len(t.Submodules) > 0
		r.OK = r.OK && len(t.Submodules) == 0 && !t.SettingsGone
	}
	var missing []Tool
	for i := range r.Tools {
		f := &r.Tools[i]
		if f.Name == toolGit && submodules {
			f.OnlyFor = ""
			if f.State == Absent {
				f.State = Missing
			}
		}
		if f.Lacks() {
			r.OK = false
			if f.State != Hangs { // what hangs is installed
				missing = append(missing, f.Tool)
			}
		}
	}
	r.Install = r.System.Install(missing)
}
