package verify

import (
	"cmp"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"mpwolf/internal/lazyregexp"
)

// frozenFile is a Python file that is in the firmware.
type frozenFile struct {
	name string // such as "asyncio/core.py"
	// text is its part of frozen_content.c, which has the names that the code uses; for a file
	// that is frozen as text, the part of all such files.
	text string
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
			files = append(files, frozenFile{name, cmp.Or(parts[name], texts)})
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
			if f.uses("u"+f.module()) || f.module() == "ssl" &&
				(f.uses("tls") || f.uses("wolfssl")) {
				continue // it extends the module, and imports it under its other name
			}
			c.find(Finding{
				Message: fmt.Sprintf("the frozen file %s takes the place of the module %s: "+
					"import %s finds it first, and it does "+
					"not use the module", f.name, r.name, f.module()),
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
		if !f.uses("CERT_NONE") || !f.uses("verify_mode") && !f.uses("cert_reqs") {
			continue
		}
		switch {
		case f.module() == "ssl" && shadowing[f.name]:
			c.find(Finding{
				Message: fmt.Sprintf("WOLFSSL_SECURE_DEFAULTS is set, and the frozen file %s "+
					"undoes it: it sets CERT_NONE itself"+
					", for every program that imports ssl", f.name),
				Fix: "take the file out of the manifest (FROZEN_MANIFEST)",
			})
		case f.module() != "ssl":
			c.notes = append(c.notes, Finding{
				Message: fmt.Sprintf("WOLFSSL_SECURE_DEFAULTS is set, and the frozen file %s "+
					"uses CERT_NONE: it may make "+
					"connections that verify nothing", f.name),
				Fix: "see what that file does with verify_mode or cert_reqs",
			})
		}
	}
}
