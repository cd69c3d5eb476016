package verify

import (
	"cmp"
	"context"
	"embed"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"time"

	"mpwolf/internal/build"
	"mpwolf/internal/doctor"
	"mpwolf/internal/hint"
	"mpwolf/internal/micropython"
	"mpwolf/internal/project"
	"mpwolf/internal/state"
	"mpwolf/modules"
	"mpwolf/patches"
	"mpwolf/wolfssl"
)

// TreeOptions say which targets of a tree to verify, and how.
type TreeOptions struct {
	project.Options
	// Names choose targets, as Project.Named does; without any, all are verified.
	Names []string
	// NoBuild checks what an earlier verification has built.
	NoBuild bool
	// Baseline also builds the firmware with the built-in TLS, and compares the sizes.
	Baseline bool
	// Jobs is how many commands make runs at once, for all targets together; 0 means one per
	// processor.
	Jobs int
	// Device is the serial port of a board with the firmware, see Options.
	Device string
	// ScriptTimeout is how long a script may take on a board; 0 means five minutes.
	ScriptTimeout time.Duration
	// Tool is mpwolf's version.
	Tool string
	// Progress, if not nil, gets a line for each step of a build.
	Progress io.Writer

	checking *sync.Mutex // see Options
}

// SchemaVersion is the number of docs/verify-schema.json, which is raised when readers of the
// JSON have to change.
const SchemaVersion = 2

// Result is what was found out about the targets of a tree. docs/verify-schema.json describes it.
type Result struct {
	Schema      int    `json:"schema"`
	Tool        string `json:"tool"`
	Version     string `json:"version"`
	Tree        string `json:"tree"`
	MicroPython string `json:"micropython"`
	OK          bool   `json:"ok"`
	// Findings are about the tree as a whole, in the words of check: see setup.go.
	Findings []Finding `json:"findings,omitempty"`
	Targets  []Target  `json:"targets"`
}

// Target is what was found out about one target.
type Target struct {
	Target  string `json:"target"`
	Port    string `json:"port"`
	Board   string `json:"board,omitempty"`
	Variant string `json:"variant,omitempty"`
	Build   string `json:"build"` // the build directory
	// Audit is what the known advisories mean for it; nil if no one has asked.
	Audit *Audit `json:"audit,omitempty"`
	*Report
}

// Found reports whether there is a finding; a result without one is not OK if a check could not be
// made for want of a tool.
func (r *Result) Found() bool {
	return len(r.Findings) > 0 ||
		slices.ContainsFunc(r.Targets, func(t Target) bool { return t.found() })
}

// Tree verifies the targets that a tree is patched for or, for a tree that was patched by hand,
// the one in the options.
func Tree(ctx context.Context, o TreeOptions) (*Result, error) {
	p, err := openPatched(ctx, o.Options)
	if err != nil {
		return nil, err
	}
	if p.Targets, err = p.Named(p.Targets, o.Names); err != nil {
		return nil, err
	}
	if o.Device != "" {
		if err := deviceTarget(p.Targets); err != nil {
			return nil, err
		}
		if err := checkDevice(ctx, device(p.Tree, o.Device, o.ScriptTimeout)); err != nil {
			return nil, err
		}
	}
	if err := checkTools(ctx, o, p); err != nil {
		return nil, err
	}
	result := &Result{Schema: SchemaVersion, Tool: "mpwolf", Version: o.Tool, Tree: p.Tree.Dir,
		MicroPython: p.Tree.Version.String(), OK: true, Targets: []Target{}}
	if result.Findings, err = checkTree(ctx, o, p); err != nil {
		return nil, err
	}
	result.OK = len(result.Findings) == 0
	reports, err := verifyAll(ctx, o, p, p.Targets)
	if err != nil {
		return nil, err
	}
	for i, t := range p.Targets {
		report := reports[i]
		report.nameTree(o.Commands)
		result.OK = result.OK && report.OK
		result.Targets = append(result.Targets,
			Target{Target: t.Name(), Port: t.Port, Board: t.BoardFlag(),
				Variant: t.Variant, Build: buildDir(p, t), Report: report})
	}
	return result, nil
}

// openPatched works out what the options apply to: a tree that is patched, or was patched by hand.
func openPatched(ctx context.Context, o project.Options) (*project.Project, error) {
	p, err := project.New(o)
	if err != nil {
		return nil, err
	}
	if err := p.OpenTree(); err != nil {
		return nil, err
	}
	if err := p.Interrupted(); err != nil {
		return nil, err
	}
	if err := p.Read(project.Patched); err != nil {
		return nil, byHand(ctx, p, err)
	}
	if p.Record == nil && !p.ModulesNamed {
		return nil, byHand(ctx, p, nil)
	}
	return p, nil
}

// checkTools stops where a tool of the host is missing, before anything is built. Where a build
// has ended well the tools were there; should one be gone since, and be needed, its build will say
// so.
func checkTools(ctx context.Context, o TreeOptions, p *project.Project) error {
	if o.NoBuild {
		return nil
	}
	var fresh []micropython.Target
	for _, t := range p.Targets {
		if !build.Succeeded(buildDir(p, t)) {
			fresh = append(fresh, t.Target)
		}
	}
	if len(fresh) == 0 {
		return nil
	}
	return doctor.Check(ctx, fresh)
}

// byHand is the error for a tree without a record if the options do not say what to verify
// instead; else err. Without a target and without a record, the missing record is the reason.
func byHand(ctx context.Context, p *project.Project, err error) error {
	var noTarget *project.UsageError
	if p.Record != nil || p.ModulesNamed || err != nil && !errors.As(err, &noTarget) {
		return err
	}
	if err := p.NeedRecord(ctx); !errors.Is(err, state.ErrNotPatched) {
		return err
	}
	return hint.With(fmt.Errorf("%s is not patched", p.Tree.Dir),
		"mpwolf patch --port PORT; or, for a tree that was patched by hand, name "+
			"--port and --modules")
}

func buildDir(p *project.Project, t project.Target) string {
	return state.BuildDir(p.Tree.Dir, t.ID())
}

func verifyTarget(
	ctx context.Context, o TreeOptions, p *project.Project, t project.Target, scripts []string,
) (*Report, error) {
	options, err := targetOptions(p, t)
	if err != nil {
		return nil, err
	}
	options.checking = o.checking
	options.NoBuild, options.Jobs, options.Progress = o.NoBuild, o.Jobs, o.Progress
	options.RunScripts = scripts
	options.RandomScript = filepath.Join(filepath.Dir(scripts[0]), "tls_random.py")
	options.Board, options.Device = boardScripts(filepath.Dir(scripts[0])), o.Device
	options.ScriptTimeout = o.ScriptTimeout
	options.TimeScript = filepath.Join(filepath.Dir(scripts[0]), "tls_time.py")
	options.DropInScript = filepath.Join(filepath.Dir(scripts[0]), "drop_in.py")
	if o.Baseline {
		if options.Baseline, err = baseline(ctx, o, p, t); err != nil {
			return nil, err
		}
	}
	return Run(ctx, options)
}

// targetOptions say what a target is, and what must be true of it; how to verify it is left out.
func targetOptions(p *project.Project, t project.Target) (Options, error) {
	port, err := patches.Load(t.Port)
	if err != nil {
		return Options{}, err
	}
	module := p.Module()
	options := Options{
		Target: t.Target, Wants: port.Wants, Names: modules.Names,
		Settings: cmp.Or(t.UserSettings,
			filepath.Join(module, "ports", t.Port, "user_settings.h")),
		WolfSSL:  filepath.Join(module, "wolfssl"),
		Args:     t.ModuleArgs(p.Modules),
		Build:    buildDir(p, t),
		MaxFlash: t.MaxFlash, MaxRAM: t.MaxRAM, MinHeap: t.MinHeap, MinStack: t.MinStack,
	}
	options.Licence = licence(p, options.WolfSSL)
	return options, nil
}

// licence is that of the installed wolfSSL: what was recorded about its sources, else what they
// say.
func licence(p *project.Project, dir string) string {
	if r := p.Record; r != nil && r.Modules.Licence != "" &&
		filepath.Join(r.Modules.Dir, modules.Name, "wolfssl") == dir {
		return r.Modules.Licence
	}
	if wolf, err := wolfssl.Open(dir); err == nil {
		return wolf.Licence
	}
	return ""
}

// Scripts are what all firmware that can run on this machine must pass: known answers of the
// algorithms, and handshakes between two ends in memory; and what these import.
//
//go:embed scripts
var Scripts embed.FS

// runScripts are those of Scripts that are run; the others are imported, or hold what is expected.
var runScripts = []string{"crypto_kat.py", "tls_pair.py"}

// boardScripts are those of Scripts that only boards run, in a directory.
func boardScripts(dir string) BoardScripts {
	file := func(name string) string { return filepath.Join(dir, name) }
	return BoardScripts{Left: file("board_left.py"), Heap: file("board_heap.py"),
		Figures: file("board_figures.py"), Identity: file("board_identity.py")}
}

// writeScripts writes the scripts to where firmware can read them.
func writeScripts(tree string) ([]string, error) {
	dir := state.BuildDir(tree, "run")
	if err := state.MakeDir(tree, dir); err != nil {
		return nil, fmt.Errorf("verify: %w", err)
	}
	entries, err := Scripts.ReadDir("scripts")
	if err != nil {
		return nil, fmt.Errorf("verify: %w", err)
	}
	for _, entry := range entries {
		text, err := fs.ReadFile(Scripts, "scripts/"+entry.Name())
		if err == nil {
			err = os.WriteFile(filepath.Join(dir, entry.Name()), text, 0o644)
		}
		if err != nil {
			return nil, fmt.Errorf("verify: %w", err)
		}
	}
	var files []string
	for _, name := range runScripts {
		files = append(files, filepath.Join(dir, name))
	}
	return files, nil
}
