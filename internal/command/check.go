package command

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/urfave/cli/v2"

	"mpwolf/internal/config"
	"mpwolf/internal/hint"
	"mpwolf/internal/micropython"
	"mpwolf/internal/report"
	"mpwolf/internal/shell"
	"mpwolf/internal/state"
	"mpwolf/modules"
	"mpwolf/patches"
	"mpwolf/wolfssl"
)

func checkCommand(s *session) *cli.Command {
	return &cli.Command{
		Name:  "check",
		Usage: "say whether the tree is as " + config.Name + " asks for; reads only, runs nothing",
		Flags: []cli.Flag{
			treeFlag(),
			&cli.StringFlag{Name: "format", Value: "text", Usage: "`FORMAT` of the result: text, json, sarif or github"},
		},
		Action: func(c *cli.Context) error {
			if err := noArgs(c); err != nil {
				return err
			}
			return s.check(c)
		},
	}
}

// The rules of check. Their order is that of the questions: can the tree be judged, is it the right one, is it patched,
// is what was installed still that.
var checkRules = []report.Rule{
	{ID: "interrupted", Summary: "No mpwolf run was stopped half-way.",
		Help: "The next `mpwolf patch` or `mpwolf revert` brings the tree back to before that run."},
	{ID: "release", Summary: "The tree is the MicroPython release that mpwolf.toml expects.",
		Help: "Check that release out, or change `micropython` in mpwolf.toml."},
	{ID: "moved", Summary: "The tree is at the commit for which it was patched.",
		Help: "`mpwolf patch` looks at the tree anew, and changes what the new commit needs."},
	{ID: "macros", Summary: "Every macro has the value that wolfSSL needs.",
		Help: "`mpwolf patch` sets it; `mpwolf explain MACRO` says what decides it."},
	{ID: "target", Summary: "The tree was patched for the targets of mpwolf.toml, as they are there.",
		Help: "`mpwolf patch` patches for all of them."},
	{ID: "file", Summary: "The files that mpwolf changed are there.",
		Help: "A file that is gone, or a link or folder now, cannot be reverted: put it back."},
	{ID: "modules", Summary: "The user modules are installed, with the wolfSSL that mpwolf.toml names.",
		Help: "`mpwolf patch` installs them."},
	{ID: "modules-changed", Summary: "The installed user modules are untouched.",
		Help: "`mpwolf patch --force` installs them anew, and saves what was changed."},
}

// The ways out.
const (
	fixPatch = "mpwolf patch"
	fixForce = "mpwolf patch --force"
)

// checker collects findings.
type checker struct {
	tree   *micropython.Tree
	file   *config.File // nil without one
	record *state.Record
	stamps *state.Stamps
	// targets are those to be judged: of mpwolf.toml or, without it, of the record.
	targets  []wanted
	findings []report.Finding
}

func (s *session) check(c *cli.Context) error {
	kind := c.String("format")
	if !slices.Contains([]string{"text", "json", "sarif", "github"}, kind) {
		return usagef("unknown format %q; check knows: text, json, sarif, github", kind)
	}
	checker, err := newChecker(c)
	if err != nil {
		return err
	}
	if err := checker.run(); err != nil {
		return err
	}
	if err := checker.write(s, kind); err != nil {
		return err
	}
	if len(checker.findings) > 0 {
		return errFound
	}
	return nil
}

func newChecker(c *cli.Context) (*checker, error) {
	k := &checker{}
	var err error
	if k.file, err = project(c); err != nil {
		return nil, err
	}
	if k.tree, err = findTree(c); err != nil {
		return nil, err
	}
	if k.record, err = state.Load(k.tree.Dir); err != nil && !errors.Is(err, state.ErrNotPatched) {
		return nil, err
	}
	k.stamps = state.LoadStamps(k.tree.Dir)
	switch {
	case k.file != nil && len(k.file.Targets) > 0:
		k.targets, err = configuredTargets(k.file, k.tree, "")
	case k.record != nil:
		k.targets, err = recordedTargets(k.tree, k.record)
	default:
		err = hint.With(fmt.Errorf("there is nothing to check %s against: no target in a %s, and no mpwolf patch", k.tree.Dir, config.Name),
			"mpwolf init --port PORT writes one")
	}
	return k, err
}

func recordedTargets(tree *micropython.Tree, record *state.Record) ([]wanted, error) {
	var targets []wanted
	for _, t := range record.Targets {
		target, err := tree.Target(t.Port, t.Board, t.Variant)
		if err != nil {
			return nil, err
		}
		targets = append(targets, wanted{Target: target, make: t.Make, settings: t.UserSettings})
	}
	return targets, nil
}

func (k *checker) found(f report.Finding) { k.findings = append(k.findings, f) }

func (k *checker) run() error {
	if state.Interrupted(k.tree.Dir) {
		k.found(report.Finding{ID: "interrupted", File: k.tree.Path(state.Folder), Fix: fixPatch,
			Message: "a run of mpwolf was stopped half-way"})
		return nil // what else is there is between two states
	}
	if err := k.place(); err != nil {
		return err
	}
	for _, target := range k.targets {
		if err := k.target(target); err != nil {
			return err
		}
	}
	k.others()
	if err := k.files(); err != nil {
		return err
	}
	return k.modules()
}

// place looks at which MicroPython the tree is.
func (k *checker) place() error {
	mpconfig := k.tree.Path("py", "mpconfig.h")
	if k.file != nil && !sameRelease(k.file, k.tree) {
		k.found(report.Finding{ID: "release", File: mpconfig, Line: 1,
			Message: fmt.Sprintf("the tree is MicroPython %s; %s expects %s", k.tree.Version, config.Name, k.file.MicroPython),
			Fix:     "git submodule update " + shell.Quote(shell.Path(k.tree.Dir)) + ", or change micropython in " + config.Name})
	}
	if k.record == nil {
		return nil
	}
	commit, err := k.tree.Commit()
	if err != nil {
		return err
	}
	now, then := k.tree.Version.String(), k.record.MicroPython
	if now == then {
		now, then = commit, k.record.Commit
	}
	if now != then {
		k.found(report.Finding{ID: "moved", File: mpconfig, Line: 1, Fix: fixPatch,
			Message: fmt.Sprintf("the tree moved from %s to %s after it was patched", orNothing(then), orNothing(now))})
	}
	return nil
}

func orNothing(commit string) string {
	if commit == "" {
		return "no commit"
	}
	return commit[:min(len(commit), 12)]
}

// target asks the scanner whether every want holds, and the record whether the target was patched as it is wanted.
func (k *checker) target(t wanted) error {
	t.Make = slices.Concat(t.Make, t.make)
	pristine := k.pristine()
	key, err := verdictKey(t.Target, pristine)
	if err != nil {
		return err
	}
	if !k.stamps.Holds(key, k.inputs) {
		wants, err := patches.Load(t.Port)
		if err != nil {
			return err
		}
		reading := readTarget(t.Target, pristine)
		for _, want := range wants {
			k.want(t, want, reading)
		}
	}
	if k.record != nil && k.file != nil {
		k.recorded(t)
	}
	return nil
}

func (k *checker) want(t wanted, want patches.Want, reading *patches.Config) {
	now := reading.State(want)
	if now.Known && now.Value == want.Value {
		return
	}
	f := report.Finding{ID: "macros", File: t.Dir(), Fix: fixPatch}
	if site := decidingLine(now, reading); site != nil {
		f.File, f.Line = site.File, site.Line
		if !filepath.IsAbs(f.File) {
			f.File = k.tree.Path(filepath.FromSlash(f.File))
		}
	}
	if now.Known {
		f.Message = fmt.Sprintf("%s is %d for %s; it must be %d: %s", now.Name, now.Value, t.Name(), want.Value, want.Why)
	} else {
		f.Message = fmt.Sprintf("whether %s is %d for %s cannot be told: %s", now.Name, want.Value, t.Name(), now.Doubt)
	}
	k.found(f)
}

// decidingLine is the line to look at: where a makefile turns a variable into a macro, that which sets the variable.
func decidingLine(now patches.State, reading *patches.Config) *patches.Site {
	if now.Site == nil || now.Site.Kind != patches.CompilerFlag {
		return now.Site
	}
	for _, site := range slices.Backward(reading.Sites(now.Name)) {
		if site.Kind == patches.MakeVariable && site.Active == "yes" {
			return &site
		}
	}
	return now.Site
}

// recorded compares a target of mpwolf.toml with what was patched.
func (k *checker) recorded(t wanted) {
	entry := t.entry()
	i := slices.IndexFunc(k.record.Targets, entry.Same)
	f := report.Finding{ID: "target", File: k.file.Path, Line: t.line, Fix: fixPatch}
	switch {
	case i < 0:
		f.Message = fmt.Sprintf("the tree was not patched for %s", t.Name())
	case !slices.Equal(entry.Make, k.record.Targets[i].Make):
		f.Message = fmt.Sprintf("%s was patched with other arguments for make: %q", t.Name(), k.record.Targets[i].Make)
	case entry.UserSettings != k.record.Targets[i].UserSettings:
		f.Message = fmt.Sprintf("%s was patched with user settings %q", t.Name(), k.record.Targets[i].UserSettings)
	default:
		return
	}
	k.found(f)
}

// others names what the tree was patched for and mpwolf.toml does not have.
func (k *checker) others() {
	if k.record == nil || k.file == nil || len(k.file.Targets) == 0 {
		return
	}
	for _, t := range k.record.Targets {
		if !slices.ContainsFunc(k.targets, func(w wanted) bool { return w.entry().Same(t) }) {
			k.found(report.Finding{ID: "target", File: k.file.Path, Line: 1, Fix: fixPatch,
				Message: fmt.Sprintf("the tree is patched for %s too, which is no target here", targetName(t))})
		}
	}
}

// files looks for changed files that are not there any more; what stands in them is for the macros to say.
func (k *checker) files() error {
	if k.record == nil {
		return nil
	}
	for _, f := range k.record.Files {
		info, err := os.Lstat(k.tree.Path(filepath.FromSlash(f.Path)))
		if err != nil && !errors.Is(err, fs.ErrNotExist) {
			return err
		}
		if err != nil || !info.Mode().IsRegular() {
			k.found(report.Finding{ID: "file", File: k.tree.Path(filepath.FromSlash(f.Path)), Line: 1,
				Message: "mpwolf changed this file; it is " + whatIs(info),
				Fix:     "git -C " + shell.Quote(shell.Path(k.tree.Dir)) + " restore " + shell.Quote(f.Path) + ", then " + fixPatch})
		}
	}
	return nil
}

// whatIs says what took the place of a regular file; nil stands for nothing.
func whatIs(info fs.FileInfo) string {
	switch {
	case info == nil:
		return "gone"
	case info.Mode()&fs.ModeSymlink != 0:
		return "a link now"
	case info.IsDir():
		return "a folder now"
	}
	return "no regular file now"
}

// modulesAt is the folder for the user modules that is asked for.
func (k *checker) modulesAt() string {
	switch {
	case k.file != nil && k.file.Modules != "":
		return k.file.Modules
	case k.record != nil:
		return k.record.Modules.Dir
	}
	return filepath.Join(filepath.Dir(k.tree.Dir), "micropython-modules")
}

// inputs says whether a stamped file is one that the scanner reads: of the installed module, only those are that act in
// the place of changes to the tree.
func (k *checker) inputs(name string) bool {
	rel, err := filepath.Rel(filepath.Join(k.modulesAt(), modules.Name), name)
	return err != nil || !filepath.IsLocal(rel) || strings.HasPrefix(filepath.ToSlash(rel), "pristine/")
}

// pristine is the module whose files act in the place of changes to the tree; nil where the tree itself is changed.
func (k *checker) pristine() *patches.Pristine {
	if (k.file == nil || !k.file.Pristine) && (k.record == nil || !k.record.Pristine) {
		return nil
	}
	return &patches.Pristine{Module: filepath.Join(k.modulesAt(), modules.Name)}
}

func readTarget(t micropython.Target, pristine *patches.Pristine) *patches.Config {
	if pristine != nil {
		return pristine.Read(t)
	}
	return patches.Read(t)
}

// modules looks at what is installed.
func (k *checker) modules() error {
	dir := k.modulesAt()
	final := filepath.Join(dir, modules.Name)
	changed, err := modules.Changed(dir, k.stamps.Hash)
	var notOurs *modules.NotOursError
	if errors.As(err, &notOurs) {
		message := "the user modules are not installed in " + shell.Path(dir)
		if exists(final) {
			message = "what is in " + shell.Path(final) + " was not installed by mpwolf"
		}
		k.found(report.Finding{ID: "modules", File: k.where(), Line: 1, Message: message, Fix: fixPatch})
		return nil
	}
	if err != nil {
		return err
	}
	k.changed(final, changed)
	return k.wolfSSL(final)
}

// changed lists changed files, each on its line, and the rest of many in one.
func (k *checker) changed(final string, names []string) {
	const most = 20
	for i, name := range names {
		file := filepath.Join(final, filepath.FromSlash(name))
		if i == most && len(names) > most+1 {
			k.found(report.Finding{ID: "modules-changed", File: final, Fix: fixForce,
				Message: fmt.Sprintf("and %d more files were changed", len(names)-most)})
			return
		}
		what := "was changed after mpwolf installed it"
		if info, err := os.Lstat(file); err != nil || !info.Mode().IsRegular() {
			what = "was installed by mpwolf, and is " + whatIs(info)
		}
		k.found(report.Finding{ID: "modules-changed", File: file, Line: 1, Message: "this file " + what, Fix: fixForce})
	}
}

// wolfSSL compares the installed version with that of mpwolf.toml.
func (k *checker) wolfSSL(final string) error {
	if k.file == nil || k.file.WolfSSL == "" {
		return nil
	}
	want := k.file.WolfSSL
	if filepath.IsAbs(want) {
		tree, err := wolfssl.Open(want)
		if err != nil {
			k.found(report.Finding{ID: "modules", File: k.file.Path, Line: 1, Message: "wolfssl: " + err.Error(),
				Fix: "git submodule update --init " + shell.Quote(shell.Path(want))})
			return nil
		}
		want = tree.Version
	}
	have, err := wolfssl.Version(filepath.Join(final, "wolfssl"))
	if err != nil {
		return err
	}
	if have != want {
		k.found(report.Finding{ID: "modules", File: filepath.Join(final, "wolfssl", "wolfssl", "version.h"), Line: 1,
			Message: fmt.Sprintf("wolfSSL %s is installed; %s asks for %s", have, config.Name, want), Fix: fixPatch})
	}
	return nil
}

// where is the file that stands for a finding that has none of its own.
func (k *checker) where() string {
	if k.file != nil {
		return k.file.Path
	}
	return k.tree.Path("py", "mpconfig.h")
}

// verdictKey stands for "the scanner finds every want to hold for this target", with all that decides beside files.
func verdictKey(t micropython.Target, pristine *patches.Pristine) (string, error) {
	wants, err := patches.Text(t.Port) // not parsed: that takes a tenth of the time of check
	if err != nil {
		return "", err
	}
	h := sha256.New()
	fmt.Fprintf(h, "%s\n%q\n%q\n%q\n%q\n%q\n%q\n%+v\n",
		Version(), t.Port, t.Board, t.BoardDir, t.Variant, t.Make, wants, pristine)
	var env []string
	for _, entry := range os.Environ() {
		if strings.HasPrefix(entry, "MICROPY_") { // what the scanner takes from the environment
			env = append(env, entry)
		}
	}
	slices.Sort(env)
	fmt.Fprintf(h, "%q\n", env)
	return hex.EncodeToString(h.Sum(nil)), nil
}

// stamp notes what check may take as read after a patch.
func (j *job) stamp(lock *state.Lock) error {
	stamps := state.NewStamps()
	installed, err := modules.Files(j.modules)
	if err != nil {
		return err
	}
	for name, hash := range installed {
		stamps.Add(name, hash)
	}
	var pristine *patches.Pristine
	if j.pristine {
		pristine = &patches.Pristine{Module: filepath.Join(j.modules, modules.Name)}
	}
	for _, t := range j.targets {
		wants, err := patches.Load(t.Port)
		if err != nil {
			return err
		}
		reading := readTarget(t, pristine)
		if slices.ContainsFunc(wants, func(w patches.Want) bool {
			now := reading.State(w)
			return !now.Known || now.Value != w.Value
		}) {
			continue // the compiler knows better; check will say what the scanner reads
		}
		if !j.stampInputs(stamps, reading) {
			continue
		}
		key, err := verdictKey(t, pristine)
		if err != nil {
			return err
		}
		stamps.AddVerdict(key)
	}
	lock.SetStamps(stamps)
	return nil
}

// stampInputs notes the files that the scanner read, and says whether all could be noted.
func (j *job) stampInputs(stamps *state.Stamps, reading *patches.Config) bool {
	all := true
	for name, text := range reading.Inputs() {
		if !filepath.IsAbs(name) {
			name = j.tree.Path(filepath.FromSlash(name))
		}
		hash := ""
		if text != nil {
			hash = state.Hash(text)
		}
		all = stamps.Add(name, hash) && all
	}
	return all
}

// write shows the findings.
func (k *checker) write(s *session, kind string) error {
	log := report.Log{
		Tool: "mpwolf", Version: Version(), Root: report.Root(filepath.Dir(k.where())), Where: k.where(),
		Rules: checkRules, Findings: k.findings,
	}
	switch kind {
	case "sarif":
		return log.SARIF(s.stdout)
	case "github":
		return log.GitHub(s.stdout)
	case "json":
		return k.json(s)
	}
	for _, f := range k.findings {
		place := shell.Path(f.File)
		if f.Line > 0 {
			place = fmt.Sprintf("%s:%d", place, f.Line)
		}
		fmt.Fprintf(s.stdout, "%s: %s; to mend it: %s\n", place, oneLine(f.Message), f.Fix)
	}
	if len(k.findings) == 0 {
		fmt.Fprintf(s.stdout, "%s is as it should be for %s\n", shell.Path(k.tree.Dir), k.names())
	}
	return nil
}

func (k *checker) names() string {
	names := make([]string, len(k.targets))
	for i, t := range k.targets {
		names[i] = t.Name()
	}
	return strings.Join(names, ", ")
}

func oneLine(text string) string { return strings.Join(strings.Fields(text), " ") }

// jsonFinding is a finding as JSON.
type jsonFinding struct {
	Rule    string `json:"rule"`
	File    string `json:"file"`
	Line    int    `json:"line,omitempty"`
	Message string `json:"message"`
	Fix     string `json:"fix"`
}

func (k *checker) json(s *session) error {
	findings := make([]jsonFinding, len(k.findings))
	for i, f := range k.findings {
		findings[i] = jsonFinding{f.ID, f.File, f.Line, f.Message, f.Fix}
	}
	encoder := json.NewEncoder(s.stdout)
	encoder.SetIndent("", "  ")
	return encoder.Encode(map[string]any{"ok": len(findings) == 0, "tree": k.tree.Dir, "findings": findings})
}
