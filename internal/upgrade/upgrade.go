// Package upgrade moves a patched tree to another release of MicroPython, wolfSSL or both: it
// works out what changes, then does it as one transaction together with mpwolf.toml. What git has
// checked out is the user's: it says which commands move it, and runs none.
package upgrade

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"

	"mpwolf/internal/change"
	"mpwolf/internal/config"
	"mpwolf/internal/disk"
	"mpwolf/internal/hint"
	"mpwolf/internal/micropython"
	"mpwolf/internal/project"
	"mpwolf/internal/shell"
	"mpwolf/internal/state"
	"mpwolf/modules"
	"mpwolf/wolfssl"
)

// Options say what to upgrade to: in MicroPython and WolfSSL, "" for what there is.
type Options struct{ change.Options }

// Report is what an upgrade changes.
type Report struct {
	Tree        string `json:"tree"`
	MicroPython Move   `json:"micropython"`
	WolfSSL     Move   `json:"wolfssl"`
	// Sources say where wolfSSL comes from; To is empty if that is known once it is fetched. The
	// same version may come with a distribution's fixes from one place, and without from another.
	// Files is how many of its files have other contents.
	Sources Move `json:"wolfssl_source"`
	Files   int  `json:"wolfssl_files"`
	// Licence is wolfSSL's; empty if it is not known.
	Licence Move `json:"licence"`
	// Targets have what changes for each firmware; empty if MicroPython stays.
	Targets []Target `json:"targets"`
	// Added and Removed are names that Python programs can use, Behaviour what else they meet.
	Added     []string `json:"added"`
	Removed   []string `json:"removed"`
	Behaviour []string `json:"behaviour"`
	// Gone are the advisories about the old wolfSSL that the new one has fixed, New those that it
	// brings; fixes of a distribution count.
	Gone       []Advisory `json:"advisories_gone"`
	New        []Advisory `json:"advisories_new"`
	Advisories string     `json:"advisories_note,omitempty"`
	// Sizes are those of the last verification of each target.
	Sizes []Size `json:"sizes"`
	// File is the mpwolf.toml that changes; "" if none does.
	File string `json:"file,omitempty"`
	// Steps are the commands that move the tree first; none if it is there already.
	Steps []string `json:"steps"`
	Notes []string `json:"notes"`

	change   change.Options
	settings *state.Settings
	// wolf is the one that was requested; nil without a request, or if only its version is known.
	wolf *wolfssl.Tree
	// chosen is set once the two wolfSSLs were compared, already if there was nothing to do.
	chosen, already bool
	// unsure is set if some of New may be fixed: the sources must be fetched first.
	unsure  bool
	project *project.Project
}

// Move is a release, and what replaces it.
type Move struct {
	From string `json:"from"`
	To   string `json:"to"`
}

// Moves reports whether there is a difference.
func (m Move) Moves() bool { return m.From != m.To }

// Nothing reports whether the tree, what is installed and mpwolf.toml are as requested already. It
// is known after Preview or Apply.
func (r *Report) Nothing() bool {
	return r.already && !r.MicroPython.Moves() && !r.WolfSSL.Moves() && r.File == ""
}

// Plan works out what changes, and writes nothing. Preview or Apply, one of which must follow, add
// what wolfSSL's sources show.
func Plan(ctx context.Context, o Options) (*Report, error) {
	p, err := project.New(o.Options.Options)
	if err != nil {
		return nil, err
	}
	if err := p.OpenTree(); err != nil {
		return nil, err
	}
	if err := p.Interrupted(); err != nil {
		return nil, err
	}
	p.Asked.Lenient = true // patch refuses a target that is gone, by its name
	if err := p.Read(project.Configured); err != nil {
		return nil, err
	}
	if p.File == nil || len(p.File.Targets) == 0 {
		if err := p.NeedRecord(ctx); err != nil {
			return nil, err
		}
	}
	r := &Report{Tree: p.Tree.Dir, Targets: []Target{}, Sizes: []Size{}, Steps: []string{},
		Notes: []string{}, Added: []string{}, Removed: []string{}, Behaviour: []string{},
		Gone: []Advisory{}, New: []Advisory{}, change: o.Options, project: p}
	to, err := r.micropython(p)
	if err != nil {
		return nil, err
	}
	if err := r.wolfssl(ctx, p); err != nil {
		return nil, err
	}
	if err := r.file(p, to); err != nil {
		return nil, err
	}
	if r.MicroPython.Moves() {
		if err := r.macros(p, to); err != nil {
			return nil, err
		}
		if err := r.api(); err != nil {
			return nil, err
		}
	}
	r.sizes(p)
	if to != p.Tree.Version {
		r.steps(p, to)
	}
	return r, nil
}

// ErrMoveFirst is returned by Apply if the tree is not at the requested release.
var ErrMoveFirst = errors.New("mpwolf runs no git command in your tree")

// Preview refuses what Apply would refuse once the tree is at the requested release, as far as
// that is known before, and changes nothing. The result is nil if the tree must move first.
func (r *Report) Preview(ctx context.Context) (*change.Patched, error) {
	if len(r.Steps) == 0 {
		plan, err := change.Plan(ctx, r.options())
		if err == nil {
			r.already = plan.Already
		}
		return plan, err
	}
	if err := change.CheckModules(r.change); err != nil {
		return nil, err
	}
	if r.wolf == nil {
		return nil, nil
	}
	c, err := change.NewChoice(r.project, r.wolf)
	if err != nil {
		return nil, err
	}
	return nil, r.choose(ctx, c)
}

// Refused is an error if a target cannot be patched in the release that the tree must move to
// first.
func (r *Report) Refused() error {
	var lines []string
	for _, t := range r.Targets {
		if t.Problem != "" && len(r.Steps) > 0 {
			lines = append(lines, fmt.Sprintf("upgrade: %s cannot be patched in %s: %s", t.Target,
				r.MicroPython.To, t.Problem))
		}
	}
	if len(lines) == 0 {
		return nil
	}
	return errors.New(strings.Join(lines, "\n"))
}

// Apply does what the report says: the tree's files, the modules, wolfSSL, the record and
// mpwolf.toml change together, or nothing does.
func (r *Report) Apply(ctx context.Context) (*change.Patched, error) {
	if len(r.Steps) > 0 {
		return nil, hint.With(fmt.Errorf("upgrade: %s is MicroPython %s, not %s: %w",
			r.Tree, r.MicroPython.From, r.MicroPython.To, ErrMoveFirst),
			strings.Join(r.Steps, " && "))
	}
	done, err := change.Patch(ctx, r.options())
	if err == nil {
		r.already = done.Already
	}
	return done, err
}

// options are those of the patch that does it.
func (r *Report) options() change.Options {
	o := r.change
	o.Moves, o.Settings, o.Choosing = true, r.settings, r.choose
	return o
}

// choose compares the two wolfSSLs.
func (r *Report) choose(ctx context.Context, c change.Choice) error {
	if c.Tree.Dir != "" && c.Tree.Dir == c.Installed {
		return nil // it stays
	}
	r.chosen = true
	r.Sources, r.Files = Move{c.Source, c.Tree.From}, c.Differ
	r.WolfSSL.To = c.Tree.Version
	r.WolfSSL.From = cmp.Or(r.WolfSSL.From, r.WolfSSL.To)
	r.licence(r.project, c.Tree)
	return r.advisories(ctx, r.project, c)
}

// micropython finds the release to move to, which the tree may have already.
func (r *Report) micropython(p *project.Project) (micropython.Version, error) {
	to := p.Tree.Version
	if p.Asked.MicroPython != "" {
		var err error
		if to, err = micropython.ParseRelease(p.Asked.MicroPython); err != nil {
			return to, project.Usagef("--micropython: %w", err)
		}
	}
	if to.Compare(micropython.Oldest) < 0 {
		return to, project.Usagef("--micropython %s: the oldest supported release is %s", to,
			micropython.Oldest)
	}
	if err := checkKnown(p, to); err != nil {
		return to, err
	}
	r.MicroPython = Move{p.Tree.Version.String(), to.String()}
	switch {
	case p.Record != nil:
		r.MicroPython.From = p.Record.MicroPython
	case p.File.MicroPython != "":
		r.MicroPython.From = p.File.MicroPython
	}
	from, err := micropython.ParseVersion(r.MicroPython.From)
	if err != nil {
		return to, fmt.Errorf("upgrade: %w", err)
	}
	r.MicroPython.From = from.String()
	if to.Compare(from) < 0 {
		r.Notes = append(r.Notes, fmt.Sprintf("MicroPython %s is older than %s", to, from))
	}
	return to, nil
}

// newest is the newest release that mpwolf knows.
func newest() (micropython.Version, error) {
	known, err := micropython.Releases()
	if err != nil {
		return micropython.Version{}, err
	}
	return micropython.ParseVersion(known.Releases[0].Version)
}

// checkKnown refuses a release that is newer than all that mpwolf knows, and that the tree does
// not have either: nothing shows that it exists.
func checkKnown(p *project.Project, to micropython.Version) error {
	newest, err := newest()
	if err != nil || to.Compare(newest) <= 0 || to == p.Tree.Version {
		return err
	}
	has, err := p.Tree.HasTag(to.String())
	if err != nil {
		return fmt.Errorf("upgrade: %w", err)
	}
	if has {
		return nil
	}
	unknown := project.Usagef("--micropython %s: mpwolf knows no release after %s, and %s has no "+
		"tag %s", to, newest, p.Tree.Dir, to)
	commit, err := p.Tree.Commit()
	if err != nil || commit == "" {
		return unknown
	}
	return hint.With(unknown, "if there is such a release: git -C "+
		shell.Quote(shell.Path(p.Tree.Dir))+" fetch --tags")
}

// wolfssl finds the version of wolfSSL to move to. A directory that mpwolf.toml names is the
// user's, who moves it as the tree.
func (r *Report) wolfssl(ctx context.Context, p *project.Project) error {
	old := ""
	switch {
	case p.Record != nil:
		old = p.Record.Modules.WolfSSL
	case wolfssl.IsVersion(p.File.WolfSSL):
		old = p.File.WolfSSL
	}
	r.WolfSSL = Move{old, old}
	asked := p.Asked.WolfSSL
	if asked != "" && !wolfssl.IsVersion(asked) && p.File != nil && p.File.WolfSSL != "" {
		return project.Usagef("upgrade --wolfssl takes a version, because %s names wolfSSL; for "+
			"a directory, edit wolfssl there, then run %s", shell.Path(p.File.Path),
			p.Run("upgrade"))
	}
	if p.File != nil && p.File.WolfSSL != "" && !wolfssl.IsVersion(p.File.WolfSSL) {
		own, err := wolfssl.Version(p.File.WolfSSL)
		if err != nil {
			return fmt.Errorf("upgrade: %w", err)
		}
		r.WolfSSL = Move{cmp.Or(old, own), own}
		r.change.WolfSSL = "" // the directory stays what the file names
		if r.wolf, err = wolfssl.Open(p.File.WolfSSL); err != nil {
			return fmt.Errorf("upgrade: %w", err)
		}
		r.wolf.From = "directory: " + p.File.WolfSSL
		if want := plain(asked); asked != "" && want != own {
			dir := shell.Quote(shell.Path(p.File.WolfSSL))
			return hint.With(fmt.Errorf("upgrade: %s has wolfSSL %s, not %s, and mpwolf runs no "+
				"git command in it", shell.Path(p.File.WolfSSL), own, want),
				fmt.Sprintf("git -C %s fetch --tags && git -C %s checkout v%s-stable, then run "+
					"this again", dir, dir, want))
		}
		return nil
	}
	if asked == "" && p.Asked.WolfSSLFrom == "" && (p.File == nil || p.File.WolfSSL == "") {
		return nil
	}
	tree, err := p.FindWolfSSL(ctx)
	if err != nil {
		return err
	}
	r.WolfSSL.To, r.wolf = tree.Version, tree
	if old == "" {
		r.WolfSSL.From = tree.Version
	} else if wolfssl.CompareVersions(tree.Version, old) < 0 {
		r.Notes = append(r.Notes, fmt.Sprintf("wolfSSL %s is older than %s", tree.Version, old))
	}
	return nil
}

// licence compares the terms of the two versions, as far as they are known.
func (r *Report) licence(p *project.Project, tree *wolfssl.Tree) {
	to := tree.Licence
	if releases, err := wolfssl.Releases(); err == nil && to == "" {
		for _, release := range releases.Releases {
			if release.Version == tree.Version {
				to = release.Licence
			}
		}
	}
	if p.Record != nil && p.Record.Modules.Licence != "" && to != "" {
		r.Licence = Move{p.Record.Modules.Licence, to}
	}
}

// file works out what mpwolf.toml says afterwards.
func (r *Report) file(p *project.Project, to micropython.Version) error {
	if p.File == nil {
		return nil
	}
	var set config.Releases
	if p.File.MicroPython != "" && !p.SameRelease() || p.File.MicroPython != "" &&
		p.Asked.MicroPython != "" {
		if v, err := micropython.ParseVersion(p.File.MicroPython); err != nil || v != to {
			set.MicroPython = to.String()
		}
	}
	if p.Asked.WolfSSL != "" && (p.File.WolfSSL == "" || wolfssl.IsVersion(p.File.WolfSSL)) &&
		wolfssl.IsVersion(p.Asked.WolfSSL) && p.File.WolfSSL != r.WolfSSL.To {
		set.WolfSSL = r.WolfSSL.To
	}
	if set == (config.Releases{}) {
		return nil
	}
	before, after, err := p.File.WithReleases(set)
	if err != nil {
		return err
	}
	r.File = p.File.Path
	r.settings = &state.Settings{Path: p.File.Path, Before: before, After: after}
	return nil
}

// api works out what changes for Python programs.
func (r *Report) api() error {
	from, err := micropython.ParseVersion(r.MicroPython.From)
	if err != nil {
		return err
	}
	to, err := micropython.ParseVersion(r.MicroPython.To)
	if err != nil {
		return err
	}
	known, err := newest()
	if err != nil {
		return err
	}
	if to.Compare(known) > 0 {
		r.Notes = append(r.Notes, fmt.Sprintf("mpwolf knows no release after %s: what else "+
			"programs meet in %s is not known", known, to))
	}
	// A release 2.x has what the newest 1.x has, as far as is known.
	low, high := min(minor(from), minor(to)), max(minor(from), minor(to))
	old, now := modules.API(minor(from)), modules.API(minor(to))
	lacks := func(names []string) func(string) bool {
		return func(name string) bool { return !slices.Contains(names, name) }
	}
	r.Added = append(r.Added, filter(now, lacks(old))...)
	r.Removed = append(r.Removed, filter(old, lacks(now))...)
	for _, b := range modules.Behaviours() {
		switch {
		case b.Minor <= low || b.Minor > high:
		case to.Compare(from) < 0:
			r.Behaviour = append(r.Behaviour, fmt.Sprintf("no longer, as before 1.%d: %s",
				b.Minor, b.Text))
		default:
			r.Behaviour = append(r.Behaviour, fmt.Sprintf("from 1.%d on: %s", b.Minor, b.Text))
		}
	}
	return nil
}

// minor is x of a release 1.x, and larger than any of them for a later one.
func minor(v micropython.Version) int {
	if v.Major > 1 {
		return math.MaxInt32
	}
	return v.Minor
}

func filter(names []string, keep func(string) bool) []string {
	return slices.DeleteFunc(slices.Clone(names), func(n string) bool { return !keep(n) })
}

// steps are the commands that move the tree. mpwolf's lines are taken out first: git then meets
// the files as the user has them. A tree that is no repository cannot be moved: another one is
// fetched.
func (r *Report) steps(p *project.Project, to micropython.Version) {
	if commit, err := p.Tree.Commit(); err != nil || commit == "" {
		dir := shell.Path(p.Tree.Dir) + "-" + to.String()
		r.Steps = append(r.Steps,
			"mpwolf fetch "+shell.Join(
				[]string{"micropython", "--micropython", to.String(), "--dir", dir}))
		r.patches(p, func(words string) string {
			return "mpwolf " + words + " --tree " + shell.Quote(dir)
		})
		return
	}
	tree := shell.Quote(shell.Path(p.Tree.Dir))
	if p.Record != nil {
		r.Steps = append(r.Steps, p.Run("revert"))
	}
	r.Steps = append(r.Steps, "git -C "+tree+" fetch --tags",
		"git -C "+tree+" checkout "+to.String(), "git -C "+tree+" submodule update")
	if p.File == nil || len(p.File.Targets) == 0 {
		r.patches(p, p.Run)
		return
	}
	words := []string{"upgrade", "--micropython", to.String()}
	if p.Asked.WolfSSL != "" {
		words = append(words, "--wolfssl", p.Asked.WolfSSL)
	}
	words = append(words, r.source(p)...)
	r.Steps = append(r.Steps, p.Run(shell.Join(words)))
}

// source are the flags that get wolfSSL from where it was requested from or, if its version stays,
// where it comes from now: a revert removes it, and the same version from elsewhere may lack a
// distribution's fixes.
func (r *Report) source(p *project.Project) []string {
	from, sum := p.Asked.WolfSSLFrom, p.Asked.WolfSSLSHA256
	ownDir := p.File != nil && p.File.WolfSSL != "" && !wolfssl.IsVersion(p.File.WolfSSL) ||
		p.Asked.WolfSSL != "" && !wolfssl.IsVersion(p.Asked.WolfSSL)
	if from == "" && !ownDir && !r.WolfSSL.Moves() && p.Record != nil {
		kind, rest, _ := strings.Cut(p.Record.Modules.Source, ": ")
		switch kind {
		case "apt":
			from = "apt"
		case "directory":
			if disk.Exists(rest) {
				from = shell.Path(rest)
			}
		case "git":
			from, _, _ = strings.Cut(rest, " ")
		case "archive":
			file, hash, has := strings.Cut(rest, " (sha256 ")
			if has && disk.Exists(file) {
				from, sum = shell.Path(file), strings.TrimSuffix(hash, ")")
			}
		}
	}
	var words []string
	if from != "" {
		words = append(words, "--wolfssl-from", from)
	}
	if sum != "" {
		words = append(words, "--wolfssl-sha256", sum)
	}
	return words
}

// patches adds the commands that patch a tree for the same targets.
func (r *Report) patches(p *project.Project, run func(string) string) {
	for _, t := range p.Targets {
		words := []string{"patch", "--port", t.Port}
		for _, f := range [][2]string{{"--board", t.BoardFlag()}, {"--variant", t.Variant},
			{"--user-settings", t.UserSettings}} {
			if f[1] != "" {
				words = append(words, f[0], f[1])
			}
		}
		for _, arg := range t.Asked {
			words = append(words, "--make", arg)
		}
		if p.Pristine {
			words = append(words, "--pristine")
		}
		if p.Modules != project.DefaultModules(p.Tree) {
			words = append(words, "--modules", shell.Path(p.Modules))
		}
		words = append(words, "--wolfssl", cmp.Or(p.Asked.WolfSSL, r.WolfSSL.To))
		words = append(words, r.source(p)...)
		r.Steps = append(r.Steps, run(shell.Join(words)))
	}
}

// Size is what a firmware needs, in bytes, at its last verification.
type Size struct {
	Target string `json:"target"`
	Time   string `json:"time"`
	Flash  uint64 `json:"flash"`
	RAM    uint64 `json:"ram"`
}

// plain is a version without what its tag may have around it.
func plain(version string) string {
	return strings.TrimSuffix(strings.TrimPrefix(version, "v"), "-stable")
}
