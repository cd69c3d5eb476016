package verify

import (
	"cmp"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"mpwolf/internal/lazyregexp"
)

// frozenFile is a Python file that is in the firmware.
type frozenFile struct {
	name string // such as "asyncio/core.py"
	// text is its part of frozen_content.c, which has the names that the code uses; for a file
	// that is frozen as text, the part of all such files.
	text   string
	isText bool
}

// module is the name by which Python imports the file, "" for one in a package other than the
// package's own: only that is needed here.
func (f frozenFile) module() string {
	name := strings.TrimSuffix(strings.TrimSuffix(f.name, ".py"), ".mpy")
	name = strings.TrimSuffix(name, "/__init__")
	if strings.Contains(name, "/") {
		return ""
	}
	return name
}

// uses reports whether the code has a name.
func (f frozenFile) uses(name string) bool {
	return regexp.MustCompile(`\b(?:MP_QSTR_)?` + name + `\b`).MatchString(f.text)
}

// imports reports whether the code imports one of the modules: a variable, a class or a function
// with a module's name is not that module.
func (f frozenFile) imports(modules ...string) bool {
	return slices.ContainsFunc(modules, func(name string) bool {
		return strings.Contains(f.text, "IMPORT_NAME '"+name+"'") ||
			f.isText && regexp.MustCompile(`\b(?:import|from)\s+(?:\w+\s*,\s*)*`+name+`\b`).
				MatchString(f.text)
	})
}

// doors are the names, besides the module's own, under which our modules are registered.
func doors(module string) []string {
	if module == "ssl" {
		return []string{"ussl", "tls", "wolfssl"}
	}
	return []string{"u" + module, "wolf" + module}
}

var (
	// frozenName is an entry of mp_frozen_names and MP_FROZEN_STR_NAMES, in all releases.
	frozenName = lazyregexp.New(`"([^"\\\n]+\.m?py)\\0"`)
	frozenPart = lazyregexp.New(`(?m)^// frozen bytecode for file ([^,\n]+), scope`)
	// frozenNames is where the list of the files begins, after the last one's part.
	frozenNames = lazyregexp.New(`(?m)^const char mp_frozen_(?:mpy_)?names\[\]`)
)

// frozenFiles are the Python files in the firmware, according to what the build generated from
// its manifest; none if it has no manifest.
func frozenFiles(build string) ([]frozenFile, error) {
	text, err := os.ReadFile(filepath.Join(build, "frozen_content.c"))
	if os.IsNotExist(err) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	last := len(text)
	if at := frozenNames().FindIndex(text); at != nil {
		last = at[0]
	}
	parts := make(map[string]string)
	places := frozenPart().FindAllSubmatchIndex(text, -1)
	for i, place := range places {
		end := max(last, place[1])
		if i+1 < len(places) {
			end = places[i+1][0]
		}
		parts[string(text[place[2]:place[3]])] += string(text[place[0]:end])
	}
	texts := ""
	if _, after, found := strings.Cut(string(text), "mp_frozen_str_content[]"); found {
		texts, _, _ = strings.Cut(after, "};")
	}
	var files []frozenFile
	seen := make(map[string]bool)
	for _, m := range frozenName().FindAllSubmatch(text, -1) {
		name := string(m[1])
		if !seen[name] {
			seen[name] = true
			files = append(files, frozenFile{name, cmp.Or(parts[name], texts), parts[name] == ""})
		}
	}
	return files, nil
}

const (
	dropInMacro = "MICROPY_WOLFSSL_DROP_IN"
	secureMacro = "MICROPY_WOLFSSL_SECURE_DEFAULTS"
)

// dropInNames are the names of built-in modules that our modules register in this release; none
// if they are built without drop-in names.
func (v *evidence) dropInNames() []string {
	if v.values[dropInMacro].Number == 0 {
		return nil
	}
	switch minor := v.Target.Tree.Version.Minor; {
	case v.Target.Tree.Version.Major > 1, minor >= 23:
		return []string{"tls", "ssl", "cryptolib", "hashlib"}
	case minor >= 21:
		return []string{"ssl", "cryptolib", "hashlib"}
	}
	return []string{"ussl", "ucryptolib", "uhashlib"}
}

// frozenCheck looks for Python files in the firmware that programs get instead of the modules,
// and for files that undo secure defaults.
func (v modulesCheck) frozenCheck(c *check, registered []registration, dropIn []string) error {
	files, err := frozenFiles(v.build.Dir)
	if err != nil {
		return err
	}
	shadowing := make(map[string]bool)
	for _, f := range files {
		for _, r := range registered {
			if !slices.Contains(dropIn, r.name) || f.module() == "" || !shadows(f.module(), r) {
				continue
			}
			shadowing[f.name] = true
			if f.imports(doors(f.module())...) {
				continue // it extends the module
			}
			c.find(Finding{
				Message: fmt.Sprintf("the frozen file %s takes the place of the module %s: "+
					"import %s finds it first, and it does "+
					"not import the module", f.name, r.name, f.module()),
				Fix: "take the file out of the manifest (FROZEN_MANIFEST), or have it import u" +
					f.module() + ", which is the module",
			})
		}
	}
	if v.values[secureMacro].Number != 0 {
		v.unsafeDefaults(c, files, shadowing)
	}
	return nil
}

// shadows reports whether Python finds a file before a module: from v1.21 on, before modules
// that are registered as extensible; until then, before those whose name has an additional u.
func shadows(file string, r registration) bool {
	return r.name == file && r.extensible || r.name == "u"+file
}

// unsafeDefaults looks for frozen code that turns verification off in firmware that is built to
// verify by default. A file that replaces the ssl module undoes that for every program.
func (v modulesCheck) unsafeDefaults(c *check, files []frozenFile, shadowing map[string]bool) {
	for _, f := range files {
		how := f.turnsOff()
		if how == "" {
			continue
		}
		switch {
		case f.module() == "ssl" && shadowing[f.name]:
			c.find(Finding{
				Message: fmt.Sprintf("WOLFSSL_SECURE_DEFAULTS is set, and the frozen file %s "+
					"undoes it: it %s itself, for every program that imports ssl", f.name, how),
				Fix: "take the file out of the manifest (FROZEN_MANIFEST)",
			})
		case f.module() != "ssl":
			c.notes = append(c.notes, Finding{
				Message: fmt.Sprintf("WOLFSSL_SECURE_DEFAULTS is set, and the frozen file %s "+
					"%s: it may make connections that verify nothing", f.name, how),
				Fix: "see what that file does with verify_mode, cert_reqs or check_hostname",
			})
		}
	}
}

// What an attribute or an argument gets in Python code that is frozen as text.
var textTurnsOff = lazyregexp.New(
	`\b(verify_mode|cert_reqs|check_hostname)\s*=\s*(?:0|False)\b`)

// turnsOff says how code turns verification off, "" if it does not, as far as can be seen:
// CERT_NONE is 0, and code may write that.
func (f frozenFile) turnsOff() string {
	if f.uses("CERT_NONE") && (f.uses("verify_mode") || f.uses("cert_reqs")) {
		return "sets CERT_NONE"
	}
	if f.isText {
		if m := textTurnsOff().FindStringSubmatch(f.text); m != nil {
			return "sets " + m[1] + " to 0 or False"
		}
		return ""
	}
	functions := f.functions()
	for _, function := range functions {
		if name := function.turnsOff(functions); name != "" {
			return "sets " + name + " to 0 or False"
		}
	}
	return ""
}

// instruction is one of MicroPython's bytecode, as mpy-tool.py writes it beside the bytes, in all
// releases since v1.19.
type instruction struct{ name, argument string }

// isNothing reports whether an instruction loads 0 or False.
func (i instruction) isNothing() bool {
	return i.name == "LOAD_CONST_FALSE" || i.name == "LOAD_CONST_SMALL_INT" && i.argument == "0"
}

// frozenFunction is a function, or the code of a class or a module.
type frozenFunction struct {
	name       string
	parameters []string
	code       []instruction
}

var (
	functionNames = lazyregexp.New(`// names: (.*)`)
	// instructionLine has the name and the argument, a name or a number.
	instructionLine = lazyregexp.New(`// ([A-Z][A-Z_]+)(?: '?([^'\n]*)'?)?$`)
)

func (f frozenFile) functions() []frozenFunction {
	var found []frozenFunction
	for _, part := range strings.Split(f.text, "// frozen bytecode for file ")[1:] {
		var function frozenFunction
		if m := functionNames().FindStringSubmatch(part); m != nil {
			names := strings.Split(strings.TrimSpace(m[1]), ", ")
			function.name, function.parameters = names[0], names[1:]
		}
		for line := range strings.Lines(part) {
			m := instructionLine().FindStringSubmatch(strings.TrimRight(line, "\r\n"))
			if m != nil {
				function.code = append(function.code, instruction{m[1], m[2]})
			}
		}
		found = append(found, function)
	}
	return found
}

// turnsOff is the attribute or argument that a function sets to 0 or False; "" for none.
func (f frozenFunction) turnsOff(all []frozenFunction) string {
	for i, in := range f.code {
		switch {
		case in.argument != "verify_mode" && in.argument != "cert_reqs" &&
			in.argument != "check_hostname":
		case in.name == "STORE_ATTR":
			// The value is before the object that has the attribute.
			if f.nothing(f.before(i-1), all) {
				return in.argument
			}
		case in.name != "LOAD_CONST_STRING" || i+1 >= len(f.code):
		case f.code[i+1].name == "STORE_MAP": // a dictionary, or a default
			if f.nothing(i-1, all) {
				return in.argument
			}
		case f.nothing(i+1, all): // setattr, or an argument by name
			return in.argument
		}
	}
	for i, name := range f.parameters {
		if (name == "cert_reqs" || name == "verify_mode") && f.defaultsToNothing(i, all) {
			return name
		}
	}
	return ""
}

// nothing reports whether the instruction at i loads 0 or False, or a variable that holds one of
// them: from an assignment, or as an argument's default.
func (f frozenFunction) nothing(i int, all []frozenFunction) bool {
	for i > 0 && f.code[i].name == "DUP_TOP" { // as in "a.verify_mode = b.verify_mode = 0"
		i--
	}
	if i < 0 {
		return false
	}
	in := f.code[i]
	if in.isNothing() {
		return true
	}
	if !strings.HasPrefix(in.name, "LOAD_") || strings.HasPrefix(in.name, "LOAD_CONST") ||
		in.name == "LOAD_ATTR" {
		return false
	}
	local := strings.HasPrefix(in.name, "LOAD_FAST") || strings.HasPrefix(in.name, "LOAD_DEREF")
	for _, function := range all {
		for j, set := range function.code {
			if (!local || function.name == f.name) && j > 0 && set.argument == in.argument &&
				sameKind(set.name, local) && function.code[j-1].isNothing() {
				return true
			}
		}
	}
	number, err := strconv.Atoi(in.argument)
	return local && err == nil && number < len(f.parameters) && f.defaultsToNothing(number, all)
}

// sameKind reports whether an instruction stores into a local variable, or into one of a module.
func sameKind(store string, local bool) bool {
	if local {
		return strings.HasPrefix(store, "STORE_FAST") || strings.HasPrefix(store, "STORE_DEREF")
	}
	return store == "STORE_NAME" || store == "STORE_GLOBAL"
}

// defaultsToNothing reports whether the default of a parameter is 0 or False.
func (f frozenFunction) defaultsToNothing(parameter int, all []frozenFunction) bool {
	for _, outer := range all {
		for i, in := range outer.code {
			if in.name != "MAKE_FUNCTION_DEFARGS" || i < 2 || i+1 >= len(outer.code) ||
				outer.code[i+1].argument != f.name || outer.code[i-1].name != "LOAD_NULL" {
				continue // others have defaults of parameters that are given by name only
			}
			tuple := outer.code[i-2]
			count, err := strconv.Atoi(tuple.argument)
			if tuple.name != "BUILD_TUPLE" || err != nil {
				continue
			}
			// The defaults are those of the last parameters; go back to the one that is meant.
			at := i - 3
			for range len(f.parameters) - 1 - parameter {
				at = outer.before(at)
			}
			return parameter >= len(f.parameters)-count && at >= 0 && outer.code[at].isNothing()
		}
	}
	return false
}

// before is the last instruction before a variable, an attribute or a constant that ends at i;
// -1 if it is something else.
func (f frozenFunction) before(i int) int {
	for i >= 0 && f.code[i].name == "LOAD_ATTR" {
		i--
	}
	if i < 0 || !strings.HasPrefix(f.code[i].name, "LOAD_") {
		return -1
	}
	return i - 1
}
