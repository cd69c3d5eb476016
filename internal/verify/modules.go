package verify

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"mpwolf/internal/lazyregexp"
)

// fragment is the file by which MicroPython's make finds a user module in a directory of the
// USER_C_MODULES directory, cmakeFragment the one that CMake includes.
const (
	fragment      = "micropython.mk"
	cmakeFragment = "micropython.cmake"
)

// userModules is the value of USER_C_MODULES, as an absolute path; "" if make is given none.
func (v *evidence) userModules() string {
	for _, arg := range slices.Backward(append(slices.Clone(v.Target.Make), v.Args...)) {
		if dir, found := strings.CutPrefix(arg, "USER_C_MODULES="); found && dir != "" {
			if !filepath.IsAbs(dir) {
				dir = filepath.Join(v.Target.Dir(), dir)
			}
			return filepath.Clean(dir)
		}
	}
	return ""
}

// modulesDir is the directory of the user modules, as an absolute path; "" if make is given none.
// For CMake, USER_C_MODULES may be the file that is included, the directory that it is in, or the
// module itself.
func (v *evidence) modulesDir() string {
	dir := v.userModules()
	if dir == "" || !v.Target.CMake() {
		return dir
	}
	if filepath.Base(dir) == cmakeFragment {
		dir = filepath.Dir(dir)
	}
	if filepath.Base(dir) == wolfModule {
		dir = filepath.Dir(dir)
	}
	return dir
}

// findDir checks whether make will find a module at all: if the directory does not exist or has
// none, make silently builds firmware without them.
func (v modulesCheck) findDir(c *check) {
	dir := v.modulesDir()
	if v.Target.CMake() {
		v.findCMake(c)
		return
	}
	if dir == "" || len(fragments(dir)) > 0 {
		return
	}
	f := Finding{File: dir, Message: "no user module is in this USER_C_MODULES directory: make " +
		"looks for */" + fragment}
	if _, err := os.Stat(dir); err != nil {
		f.Message = "this USER_C_MODULES directory does not exist, which make does not report"
	}
	if _, err := os.Stat(filepath.Join(dir, fragment)); err == nil {
		f.Message = "this USER_C_MODULES directory is a user module itself; make looks for */" +
			fragment + " in it"
		f.Fix = "give the directory above it: " + filepath.Dir(dir)
	} else if near := nearby(dir); len(near) > 0 {
		f.Fix = "perhaps one of these: " + strings.Join(near, ", ")
	} else {
		f.Fix = "install the modules with mpwolf patch, or correct the path"
	}
	c.find(f)
}

// findCMake is findDir for a port that CMake builds, which stops at a path that does not exist:
// the finding says which one would do.
func (v modulesCheck) findCMake(c *check) {
	path := v.userModules()
	if path == "" {
		return
	}
	file := path
	if filepath.Base(path) != cmakeFragment {
		file = filepath.Join(path, cmakeFragment)
	}
	if _, err := os.Stat(file); err == nil {
		return
	}
	f := Finding{File: path, Message: "no user module is at this USER_C_MODULES: CMake looks " +
		"for " + file, Fix: "install the modules with mpwolf patch, or correct the path"}
	module := filepath.Join(path, wolfModule)
	if _, err := os.Stat(filepath.Join(module, cmakeFragment)); err == nil {
		f.Fix = "give the module itself, " + module + ", or a " + cmakeFragment +
			" of your own in this directory that includes it"
	} else if near := nearby(v.modulesDir()); len(near) > 0 {
		f.Fix = "perhaps one of these: " + strings.Join(near, ", ")
	}
	c.find(f)
}

// fragments are the makefiles of the user modules in a directory.
func fragments(dir string) []string {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return nil
	}
	var found []string
	for _, entry := range entries {
		file := filepath.Join(dir, entry.Name(), fragment)
		if _, err := os.Stat(file); err == nil {
			found = append(found, file)
		}
	}
	return found
}

// nearby are the directories with user modules near a path that is not one: beside it, or below
// the part of it that exists.
func nearby(dir string) []string {
	parent := filepath.Dir(dir)
	for parent != filepath.Dir(parent) {
		if _, err := os.Stat(parent); err == nil {
			break
		}
		parent = filepath.Dir(parent)
	}
	entries, err := os.ReadDir(parent)
	if err != nil {
		return nil
	}
	var found []string
	for _, entry := range entries {
		if path := filepath.Join(parent, entry.Name()); len(fragments(path)) > 0 {
			found = append(found, path)
		}
	}
	return found
}

// registration is one MP_REGISTER_MODULE.
type registration struct {
	name, object string
	extensible   bool     // Python finds a file of this name first
	sources      []string // as spelled in the build's file names
}

// registerLine is how MicroPython's makemoduledefs.py collects registrations
// (py/makemoduledefs.py); up to v1.18 there is a third argument.
var registerLine = lazyregexp.New(`MP_REGISTER_(EXTENSIBLE_)?MODULE\(\s*MP_QSTR_(\w+)\s*,\s*(\w+)`)

// registrations reads what the build collected in genhdr.
func registrations(build string) ([]registration, error) {
	text, err := os.ReadFile(filepath.Join(build, "genhdr", "moduledefs.collected"))
	if err != nil {
		return nil, err
	}
	files, err := filepath.Glob(filepath.Join(build, "genhdr", "module", "*"))
	if err != nil {
		return nil, err
	}
	bySource := make(map[string]string)
	for _, file := range files {
		if text, err := os.ReadFile(file); err == nil {
			bySource[filepath.Base(file)] = string(text)
		}
	}
	var found []registration
	for _, m := range registerLine().FindAllStringSubmatch(string(text), -1) {
		r := registration{name: m[2], object: m[3], extensible: m[1] != ""}
		for source, text := range bySource {
			if strings.Contains(text, "MP_QSTR_"+m[2]+",") {
				r.sources = append(r.sources, sourceOf(source))
			}
		}
		slices.Sort(r.sources)
		found = append(found, r)
	}
	return found, nil
}

// sourceOf undoes how makeqstrdefs.py turns a source's path into a file name.
func sourceOf(name string) string {
	name = strings.TrimSuffix(name, ".module")
	return strings.NewReplacer("__", "/", "@", "..").Replace(name)
}

// ModulesID is the check in this file.
const ModulesID = "modules"

var modulesRule = rule{
	Rule: Rule{
		ID:      ModulesID,
		Summary: "The modules are registered, once each, by the user modules.",
		Help: "Python would not find a module, or would find a different one than the one " +
			"that was built. The usual cause is a `USER_C_MODULES` that is not the right " +
			"directory: make does not report that.",
	},
	of: func(e *evidence) runner { return modulesCheck{e} },
}

type modulesCheck struct{ *evidence }

// run checks whether each module is registered, once, and by a user module.
func (v modulesCheck) run(_ context.Context, c *check) error {
	dropIn := slices.Concat(v.DropIn, v.dropInNames())
	names := slices.Concat(v.Names, dropIn)
	if len(names) == 0 && len(c.findings) == 0 {
		c.notNeeded = "no module is required"
		return nil
	}
	registered, err := registrations(v.build.Dir)
	if err != nil {
		if len(c.findings) == 0 {
			c.notMade = v.blocked
		}
		if v.blocked == "" {
			c.find(Finding{Message: "the build has no list of its modules: " + err.Error(),
				Fix: "build again"})
		}
		return nil
	}
	right := 0
	seen := make(map[string]string)
	for _, name := range names {
		before := len(c.findings)
		v.moduleCheck(c, name, registered, seen)
		if len(c.findings) == before {
			right++
		}
	}
	v.othersTwice(c, registered, names)
	v.aliasesCheck(c, registered, dropIn)
	if err := v.frozenCheck(c, registered, dropIn); err != nil {
		return fmt.Errorf("read the frozen modules: %w", err)
	}
	c.show("modules", seen)
	c.summary = fmt.Sprintf("%d of %s registered once: %s", right, plural(len(names), "module"),
		strings.Join(names, ", "))
	return nil
}

func (v modulesCheck) moduleCheck(
	c *check, name string, registered []registration, seen map[string]string,
) {
	var of []registration
	for _, r := range registered {
		if r.name == name {
			of = append(of, r)
		}
	}
	switch {
	case len(of) == 0:
		c.find(Finding{Message: fmt.Sprintf("no source of this build registers the module %s",
			name),
			Fix: v.unregisteredFix()})
	case len(of) > 1:
		c.find(registeredTwice(name, of))
	default:
		v.moduleObject(c, of[0], seen)
	}
}

func registeredTwice(name string, of []registration) Finding {
	f := Finding{
		Message: fmt.Sprintf("the module %s is registered %d times: as %s and %s", name, len(of),
			of[0].object, of[1].object)}
	if len(of[0].sources) > 0 {
		f.Message += ", in " + strings.Join(of[0].sources, " and ")
	}
	f.Fix = "turn the built-in one off, or take one of two user modules out: " +
		"Python could get either"
	return f
}

// othersTwice looks for other names that two modules register: for example those of the built-in
// modules that ours replace, or of two user modules.
func (v modulesCheck) othersTwice(c *check, registered []registration, asked []string) {
	byName := make(map[string][]registration)
	var order []string
	for _, r := range registered {
		if len(byName[r.name]) == 0 {
			order = append(order, r.name)
		}
		byName[r.name] = append(byName[r.name], r)
	}
	for _, name := range order {
		if len(byName[name]) > 1 && !slices.Contains(asked, name) {
			c.find(registeredTwice(name, byName[name]))
		}
	}
}

func (v modulesCheck) unregisteredFix() string {
	switch {
	case v.modulesDir() == "":
		return "pass the modules to make: USER_C_MODULES=<directory>"
	case v.NoBuild:
		return "this build was made without them: build again"
	case v.leftOut() != "":
		return "add this line to " + v.leftOut() + ": include(${CMAKE_CURRENT_LIST_DIR}/" +
			wolfModule + "/" + cmakeFragment + ")"
	}
	return "see whether a setting of the module leaves it out, and whether " + v.modulesDir() +
		" is the right directory"
}

// leftOut is the micropython.cmake of the modules' directory if it does not name wolfSSL's module;
// "" if there is none, or if it does.
func (v modulesCheck) leftOut() string {
	file := filepath.Join(v.modulesDir(), cmakeFragment)
	text, err := os.ReadFile(file)
	if !v.Target.CMake() || err != nil || strings.Contains(string(text), wolfModule) {
		return ""
	}
	return file
}

// isOwnModule reports whether a registered module's object is the one for its name, in a source of
// the modules that are installed with wolfSSL.
func (v modulesCheck) isOwnModule(source string, r registration) bool {
	if v.WolfSSL == "" {
		return true
	}
	own := filepath.Dir(v.WolfSSL)
	if relative(own, source) == source && !sameFile(filepath.Dir(source), own) {
		return false
	}
	// mp_module_wolfssl, mp_module_wolf_drop_in_ssl
	object, known := strings.CutPrefix(r.object, "mp_module_wolf")
	object = strings.TrimPrefix(object, "_drop_in_")
	return !known || object == strings.TrimPrefix(strings.TrimPrefix(r.name, "wolf"), "u")
}

// aliasesCheck looks for another module under a drop-in name with an additional u: until v1.20
// that was the module's name, and programs still import it.
func (v modulesCheck) aliasesCheck(c *check, registered []registration, dropIn []string) {
	for _, r := range registered {
		name, is := strings.CutPrefix(r.name, "u")
		if is && slices.Contains(dropIn, name) && !slices.Contains(dropIn, r.name) {
			v.moduleObject(c, r, make(map[string]string))
		}
	}
}

// moduleObject checks whether the object of a registered module comes from a user module.
func (v modulesCheck) moduleObject(c *check, r registration, seen map[string]string) {
	if v.inputs == nil {
		return
	}
	for _, o := range v.inputs.objects {
		for _, d := range o.Defs {
			if d.Symbol != r.object {
				continue
			}
			source := v.source(o)
			seen[r.name] = source
			path := filepath.Join(v.Target.Tree.Dir, source)
			if filepath.IsAbs(source) {
				path = source
			}
			if dir := v.modulesDir(); dir != "" && relative(dir, path) == path {
				c.find(Finding{Message: fmt.Sprintf("the module %s is MicroPython's own: "+
					"%s is in %s",
					r.name, r.object, source),
					Fix: "run mpwolf patch, which turns it off"})
			} else if !v.isOwnModule(path, r) {
				c.find(Finding{Message: fmt.Sprintf("the module %s is %s of %s, not the one "+
					"that comes with wolfSSL: Python programs get that instead", r.name, r.object,
					source), File: source,
					Fix: "give that module another name, and install the modules again with " +
						"mpwolf patch"})
			}
			return
		}
	}
	if v.blocked == "" {
		c.find(Finding{Message: fmt.Sprintf("the module %s is registered, but its object %s "+
			"is in no part of the link",
			r.name, r.object), Fix: "build again from an empty build directory"})
	}
}
