package project

import (
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"mpwolf/internal/config"
	"mpwolf/internal/hint"
	"mpwolf/internal/lazyregexp"
	"mpwolf/internal/micropython"
	"mpwolf/internal/shell"
	"mpwolf/internal/state"
	"mpwolf/modules"
)

// Target is a firmware that is built: a port for one board or in one variant, with its options.
type Target struct {
	// Target.Make has the arguments that the tree needs, followed by Asked.
	micropython.Target
	// Asked are the requested arguments for make.
	Asked []string
	// UserSettings is the absolute path of the user's own user_settings.h; "" for the port's.
	UserSettings string
	// MaxFlash and MaxRAM are what the firmware may take, in bytes; 0: there is no limit.
	MaxFlash, MaxRAM uint64
	// MinHeap and MinStack are what it must leave for the heap and the stack, in bytes; 0: any.
	MinHeap, MinStack uint64
	// Line is the line of mpwolf.toml at which the target begins; 0 if it is not in there.
	Line int
}

// Entry is what is recorded of the target.
func (t Target) Entry() state.Target {
	return state.Target{
		Port: t.Port, Board: t.BoardFlag(), Variant: t.Variant, Make: t.Asked,
		UserSettings: t.UserSettings,
	}
}

// ModuleArgs are the arguments with which make builds the modules in, as people would write them
// by hand.
func (t Target) ModuleArgs(dir string) []string {
	args := []string{"USER_C_MODULES=" + dir, "WOLFSSL_PORT=" + t.Port}
	if t.CMake() { // where WOLFSSL_PORT is the port by itself
		args = []string{"USER_C_MODULES=" + cmakeModules(dir)}
	}
	if t.UserSettings != "" {
		args = append(args, "WOLFSSL_USER_SETTINGS_FILE="+t.UserSettings)
	}
	return args
}

// cmakeModules is the USER_C_MODULES with which CMake includes the modules in a directory: the
// directory itself only if it has a micropython.cmake, which includes those that its owner wants.
// py/usermod.cmake looks for none in the directories below, as py/py.mk does.
func cmakeModules(dir string) string {
	if _, err := os.Stat(filepath.Join(dir, "micropython.cmake")); err == nil {
		return dir
	}
	return filepath.Join(dir, modules.Name)
}

// Gone is a target that the tree does not have, or no longer.
type Gone struct {
	Target state.Target
	// Line is the line of mpwolf.toml at which it begins; 0 if it is recorded.
	Line int
	// Err is what the tree lacks.
	Err error
}

func (g Gone) String() string {
	return fmt.Sprintf("patched for %s, which it no longer has: %v", Name(g.Target), g.Err)
}

// Name is a recorded target in words, such as "unix (standard)"; no tree needs to have it.
func Name(t state.Target) string {
	return micropython.Target{Port: t.Port, Board: t.Board, Variant: t.Variant}.Name()
}

// Plain are the targets as MicroPython's own tree knows them.
func Plain(targets []Target) []micropython.Target {
	plain := make([]micropython.Target, len(targets))
	for i, t := range targets {
		plain[i] = t.Target
	}
	return plain
}

// Names are the targets in words.
func Names(targets []Target) []string {
	names := make([]string, len(targets))
	for i, t := range targets {
		names[i] = t.Name()
	}
	return names
}

// Choose are the targets that words name; without words, all. A word that matches several means
// all of them; one that matches none is an error.
func Choose(targets []Target, words []string) ([]Target, error) {
	if len(words) == 0 {
		return targets, nil
	}
	chosen := make([]bool, len(targets))
	for _, word := range words {
		found := false
		for i, t := range targets {
			names := []string{t.Name(), t.ID(), t.Port, t.Board, t.BoardFlag(), t.Variant}
			if slices.Contains(names, word) {
				chosen[i], found = true, true
			}
		}
		if !found {
			var all []string
			for _, t := range targets {
				all = append(all, t.Port, t.Board, t.Variant)
			}
			return nil, Usagef("unknown target %q;%s targets: %s", word,
				hint.DidYouMean(word, all), hint.List(Names(targets)))
		}
	}
	var list []Target
	for i, t := range targets {
		if chosen[i] {
			list = append(list, t)
		}
	}
	return list, nil
}

// Named are the targets that words name: by the name of mpwolf matrix, which means one only, else
// as Choose.
func (p *Project) Named(targets []Target, words []string) ([]Target, error) {
	if len(words) == 0 {
		return targets, nil
	}
	jobs := p.jobs(targets)
	var list []Target
	for _, word := range words {
		found, is := jobs[word]
		if is && len(found) == 0 {
			return nil, Usagef("%s is not patched for the target %q of %s; targets: %s",
				p.Tree.Dir, word, config.Name, hint.List(Names(targets)))
		}
		if len(found) != 1 {
			var err error
			if found, err = Choose(targets, []string{word}); err != nil {
				return nil, err
			}
		}
		for _, t := range found {
			same := func(o Target) bool { return o.Entry().Same(t.Entry()) }
			if !slices.ContainsFunc(list, same) {
				list = append(list, t)
			}
		}
	}
	return list, nil
}

// jobs are the targets by the names of mpwolf matrix. Those that mpwolf.toml does not have are
// named as if they were all that is in one, if that is no other's name.
func (p *Project) jobs(targets []Target) map[string][]Target {
	jobs := make(map[string][]Target)
	if p.hasConfigured() {
		for i, name := range config.JobNames(p.File.Targets) {
			jobs[name] = nil // also if the tree is not patched for it
			c := p.File.Targets[i]
			want, err := p.Tree.Target(c.Port, c.Board, c.Variant)
			if err != nil {
				continue // no target is that one
			}
			entry := Target{Target: want}.Entry()
			for _, t := range targets {
				if t.Entry().Same(entry) {
					jobs[name] = []Target{t}
				}
			}
		}
	}
	others := make(map[string][]Target)
	for _, t := range targets {
		for _, name := range t.jobNames() {
			others[name] = append(others[name], t)
		}
	}
	for name, found := range others {
		if _, taken := jobs[name]; !taken {
			jobs[name] = found
		}
	}
	return jobs
}

// jobNames are the names of a target that mpwolf matrix may give it, if it is alone: the variant
// that is built without one need not be named.
func (t Target) jobNames() []string {
	as := config.Target{Port: t.Port, Board: t.Board, Variant: t.Variant}
	names := config.JobNames([]config.Target{as})
	if t.Board == "" && t.Variant == micropython.DefaultVariant {
		as.Variant = ""
		names = append(names, config.JobNames([]config.Target{as})...)
	}
	return names
}

// Ports are the ports of --port or, without it, of mpwolf.toml; without both, those that the
// tree is patched for. The tree need not exist.
func (p *Project) Ports() ([]string, error) {
	if p.Asked.Port != "" {
		return []string{p.Asked.Port}, p.Asked.checkMake()
	}
	var names []string
	if p.hasConfigured() {
		for _, t := range p.File.Targets {
			names = append(names, t.Port)
		}
	} else {
		record, err := p.record()
		if err != nil {
			return nil, err
		}
		if record == nil {
			return nil, p.Asked.noTarget()
		}
		for _, t := range record.Targets {
			names = append(names, t.Port)
		}
	}
	slices.Sort(names)
	return slices.Compact(names), p.Asked.checkWithoutPort()
}

// record is the record of the tree, if there is one.
func (p *Project) record() (*state.Record, error) {
	if p.Tree == nil {
		quiet := *p
		quiet.Asked.Say = nil
		if err := quiet.OpenTree(); err != nil {
			if errors.Is(err, micropython.ErrNoTree) {
				return nil, nil
			}
			return nil, err
		}
		return quiet.record()
	}
	record, err := state.Load(p.Tree.Dir)
	if errors.Is(err, state.ErrNotPatched) {
		return nil, nil
	}
	return record, err
}

func (p *Project) hasConfigured() bool { return p.File != nil && len(p.File.Targets) > 0 }

// One is the target of a command that works on a single one.
func (p *Project) One() (Target, error) {
	switch {
	case len(p.Targets) == 1:
		return p.Targets[0], nil
	case p.Asked.Port != "":
		return Target{}, Usagef("%s takes one --board", p.Asked.Command)
	}
	return Target{}, Usagef("%s takes one target; name one by its board, variant or port: %s",
		p.Asked.Command, strings.Join(Names(p.Targets), ", "))
}

// targets finds the targets of a kind.
func (p *Project) targets(which Which) ([]Target, error) {
	switch {
	case which == Examined:
		return p.examined()
	case which == Asked && p.Asked.Port == "" && !p.hasConfigured() && p.Record != nil:
		targets, err := p.patched()
		if err != nil {
			return nil, err
		}
		return targets, findSettings(targets)
	case which == Asked, which == Patched && (p.Asked.Port != "" || p.Record == nil):
		p.All = p.Asked.Port == ""
		return p.asked(which)
	case which == Configured && p.hasConfigured():
		p.All = true
		return p.configured("")
	case which == Patched:
		return p.patched()
	case (which == Configured || which == Recorded) && p.Record != nil:
		return p.recorded()
	}
	return nil, nil
}

// asked are the targets that the command line names or, without a port, all of mpwolf.toml. A
// target of the command line that is in mpwolf.toml has the options of the file, unless the
// command line overrides them.
func (p *Project) asked(which Which) ([]Target, error) {
	if p.Asked.Port == "" && !p.hasConfigured() {
		return nil, p.Asked.noTarget()
	}
	if err := p.Asked.checkWithoutPort(); err != nil {
		return nil, err
	}
	targets, err := p.configured(p.Asked.Port)
	if err != nil {
		return nil, err
	}
	if p.Asked.Port != "" {
		var others []Target
		if which == Patched {
			// What is patched already is verified as it is patched.
			recorded, err := p.recorded()
			if err != nil {
				return nil, err
			}
			targets, others = append(targets, recorded...), recorded
		}
		if targets, err = p.named(targets); err != nil {
			return nil, err
		}
		if err := Distinct(append(others, targets...)); err != nil {
			return nil, err
		}
	}
	p.apply(targets)
	return targets, findSettings(targets)
}

// examined are the targets that the command line names, else those of mpwolf.toml, else those of
// the record.
func (p *Project) examined() ([]Target, error) {
	targets, err := p.configured(p.Asked.Port)
	switch {
	case err != nil:
		return nil, err
	case p.Asked.Port != "":
		recorded, err := p.recorded()
		if err != nil {
			return nil, err
		}
		if targets, err = p.named(append(targets, recorded...)); err != nil {
			return nil, err
		}
	case !p.hasConfigured() && p.Record != nil:
		targets, err = p.recorded()
	}
	p.apply(targets)
	return targets, err
}

// configured are the targets of mpwolf.toml, of one port or of all.
func (p *Project) configured(port string) ([]Target, error) {
	if p.File == nil {
		return nil, nil
	}
	var targets []Target
	for i, t := range p.File.Targets {
		if port != "" && t.Port != port {
			continue
		}
		asked := slices.Concat(t.Make, p.dropIn())
		if t.Profile != "" {
			asked = append(asked, "WOLFSSL_PROFILE="+t.Profile)
		}
		target, err := p.target(t.Port, t.Board, t.Variant, asked)
		if err != nil && p.Asked.Lenient && errors.Is(err, micropython.ErrUnknownName) {
			p.Gone = append(p.Gone, Gone{
				Target: state.Target{Port: t.Port, Board: t.Board, Variant: t.Variant},
				Line:   p.File.Line(i), Err: err,
			})
			continue
		}
		if err != nil {
			return nil, &config.Error{File: shell.Path(p.File.Path), Line: p.File.Line(i),
				Text: err.Error()}
		}
		for _, other := range targets {
			if other.Entry().Same(target.Entry()) {
				return nil, &config.Error{File: shell.Path(p.File.Path), Line: p.File.Line(i),
					Text: fmt.Sprintf("%s is a target at line %d already", target.Name(),
						other.Line)}
			}
		}
		if err := Distinct(append(slices.Clone(targets), target)); err != nil {
			return nil, hint.With(&oneDirectoryError{&config.Error{
				File: shell.Path(p.File.Path), Line: p.File.Line(i), Text: err.Error()}},
				hint.Of(err))
		}
		target.UserSettings, target.Line = t.UserSettings, p.File.Line(i)
		// Not negative: config.Load has checked.
		target.MaxFlash, target.MaxRAM = uint64(t.MaxFlash), uint64(t.MaxRAM)
		target.MinHeap, target.MinStack = uint64(t.MinHeap), uint64(t.MinStack)
		targets = append(targets, target)
	}
	return targets, nil
}

// target looks a target up in the tree, with further arguments for make.
func (p *Project) target(port, board, variant string, asked []string) (Target, error) {
	target, err := p.Tree.Target(port, board, variant)
	if err != nil {
		return Target{}, err
	}
	target.Make, target.Modules = slices.Concat(target.Make, asked), p.Modules
	return Target{Target: target, Asked: asked}, nil
}

// dropIn is make's argument for the drop-in names, if mpwolf.toml sets it.
func (p *Project) dropIn() []string {
	if p.File == nil || p.File.DropIn == nil {
		return nil
	}
	return []string{
		fmt.Sprintf("WOLFSSL_DROP_IN=%d", map[bool]int{false: 0, true: 1}[*p.File.DropIn])}
}

// named are the targets that the command line names; those that are known have the options that
// they are known with.
func (p *Project) named(known []Target) ([]Target, error) {
	boards, err := p.boards()
	if err != nil {
		return nil, err
	}
	var targets []Target
	for _, board := range boards {
		target, err := p.target(p.Asked.Port, board, p.Asked.Variant, p.dropIn())
		if err != nil {
			return nil, err
		}
		same := func(t Target) bool { return t.Entry().Same(target.Entry()) }
		if i := slices.IndexFunc(known, same); i >= 0 {
			target = known[i]
		}
		targets = append(targets, target)
	}
	return targets, nil
}

// boards are the boards that the command line names; a single empty one if it names none.
func (p *Project) boards() ([]string, error) {
	port, boards := p.Asked.Port, p.Asked.boards()
	switch {
	case p.Asked.AllBoards && len(boards) > 0:
		return nil, Usagef("--all-boards and --board cannot be combined")
	case p.Asked.AllBoards:
		all, err := p.Tree.Boards(port)
		if err == nil && len(all) == 0 {
			err = Usagef("--all-boards: port %q has no boards", port)
		}
		return all, err
	case len(boards) == 0:
		return []string{""}, nil
	}
	return boards, nil
}

// recorded are the targets of the record, except some.
func (p *Project) recorded(others ...Target) ([]Target, error) {
	var targets []Target
	if p.Record == nil {
		return nil, nil
	}
	for _, t := range p.Record.Targets {
		if slices.ContainsFunc(others, func(o Target) bool { return o.Entry().Same(t) }) {
			continue
		}
		target, err := p.target(t.Port, t.Board, t.Variant, t.Make)
		switch gone := (Gone{Target: t, Err: err}); {
		case err != nil && p.Asked.Lenient:
			p.Gone = append(p.Gone, gone)
			continue
		case err != nil:
			return nil, hint.With(fmt.Errorf("%s is %s", p.Tree.Dir, gone),
				"restore that, or "+p.Run("revert"))
		}
		target.UserSettings = t.UserSettings
		targets = append(targets, target)
	}
	return targets, nil
}

// OtherRecorded are the recorded targets that the command does not work on.
func (p *Project) OtherRecorded() ([]Target, error) {
	if p.Record == nil {
		return nil, nil
	}
	return p.recorded(p.Targets...)
}

// limit sets the limits that mpwolf.toml has for a target.
func (p *Project) limit(target *Target) error {
	configured, err := p.configured(target.Port)
	for _, t := range configured {
		if t.Entry().Same(target.Entry()) {
			target.MaxFlash, target.MaxRAM = t.MaxFlash, t.MaxRAM
			target.MinHeap, target.MinStack = t.MinHeap, t.MinStack
		}
	}
	return err
}

// patched are the targets of the record, with the limits of mpwolf.toml and what the command
// line says for all targets.
func (p *Project) patched() ([]Target, error) {
	if err := p.Asked.checkWithoutPort(); err != nil {
		return nil, err
	}
	targets, err := p.recorded()
	if err == nil {
		err = Distinct(targets)
	}
	if err != nil {
		return nil, err
	}
	for i := range targets {
		if err := p.limit(&targets[i]); err != nil {
			return nil, err
		}
	}
	p.apply(targets)
	if p.Asked.UserSettings == "" {
		return targets, nil // the checks find out what happened to a recorded file
	}
	return targets, findSettings(targets)
}

// apply adds what the command line says for all targets.
func (p *Project) apply(targets []Target) {
	for i := range targets {
		t := &targets[i]
		for _, arg := range p.Asked.Make {
			if !slices.Contains(t.Asked, arg) {
				t.Asked = append(slices.Clone(t.Asked), arg)
				t.Make = append(slices.Clone(t.Make), arg)
			}
		}
		t.MaxFlash, t.MaxRAM = cmp.Or(p.Asked.MaxFlash,
			t.MaxFlash), cmp.Or(p.Asked.MaxRAM, t.MaxRAM)
		t.MinHeap, t.MinStack = cmp.Or(p.Asked.MinHeap,
			t.MinHeap), cmp.Or(p.Asked.MinStack, t.MinStack)
		t.UserSettings = cmp.Or(p.Asked.UserSettings, t.UserSettings)
	}
}

// findSettings makes the paths of settings files absolute; the files must exist.
func findSettings(targets []Target) (err error) {
	for i := range targets {
		if t := &targets[i]; t.UserSettings != "" {
			if t.UserSettings, err = userSettings(t.UserSettings); err != nil {
				return err
			}
		}
	}
	return nil
}

// userSettings is the absolute path of a settings file, which may have any name:
// WOLFSSL_USER_SETTINGS_FILE names it.
func userSettings(file string) (string, error) {
	abs, err := filepath.Abs(file)
	if err != nil {
		return "", err
	}
	if odd := shell.NotForMake(abs); odd != "" {
		return "", Usagef("--user-settings: the path %q contains %s, which make does not support",
			abs, odd)
	}
	info, err := os.Stat(abs)
	if err != nil {
		return "", fmt.Errorf("--user-settings: %w", err)
	}
	if !info.Mode().IsRegular() {
		return "", fmt.Errorf("--user-settings %q: not a file", file)
	}
	return abs, checkSettings(abs)
}

var settingLine = lazyregexp.New(`(?m)^[ \t]*#[ \t]*(?:define|undef|include)\b`)

// checkSettings refuses a file that cannot be a user_settings.h: wolfSSL would compile without
// complaint, or fail in the middle of its own headers.
func checkSettings(file string) error {
	text, err := os.ReadFile(file)
	switch {
	case err != nil:
		return fmt.Errorf("--user-settings: %w", err)
	case bytes.IndexByte(text, 0) >= 0:
		return fmt.Errorf("--user-settings: %s is not a text file, so it is not a "+
			"user_settings.h", file)
	case !settingLine().Match(text):
		return fmt.Errorf("--user-settings: %s is not a user_settings.h: no line of it is a "+
			"#define, "+
			"#undef or #include", file)
	}
	return nil
}
