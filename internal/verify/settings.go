package verify

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"mpwolf/internal/build"
	"mpwolf/internal/lazyregexp"
	"mpwolf/internal/objects"
)

const settingsHeader = "wolfssl/wolfcrypt/settings.h"

// SettingsID is the check in this file.
const SettingsID = "settings"

var settingsRule = rule{
	Rule: Rule{
		ID: SettingsID,
		Summary: "The intended user_settings.h and wolfSSL were compiled, and no setting is " +
			"dangerous.",
		Help: "The dependency files of the build show which settings and which sources were " +
			"really compiled, and the compiler shows each setting's value. A dangerous one " +
			"defeats TLS.",
	},
	of: func(e *evidence) runner { return settingsCheck{e} },
}

type settingsCheck struct{ *evidence }

// run checks which wolfSSL was compiled, with which settings, and whether these are safe to use.
func (v settingsCheck) run(ctx context.Context, c *check) error {
	if v.inputs == nil || len(v.inputs.objects) == 0 {
		c.notMade = v.blocked
		return nil
	}
	used := v.wolfObjects()
	if len(used) == 0 {
		switch {
		case v.Settings == "" && v.WolfSSL == "":
			c.notNeeded = "no wolfSSL was requested"
		case v.blocked != "" && len(c.findings) == 0:
			c.notMade = v.blocked
		case v.blocked == "":
			c.find(Finding{Message: "no object of this firmware was compiled with " +
				"wolfSSL's headers",
				File: v.Settings,
				Fix:  "pass the modules to make: USER_C_MODULES=<directory>"})
		}
		return nil
	}
	roots := v.rootsCheck(c, used)
	v.settingsFiles(c, used)
	v.staleSettings(c, used)
	version := wolfVersion(roots[0])
	c.show("wolfssl", roots)
	c.show("version", version)
	c.show("objects", len(used))
	c.summary = fmt.Sprintf("wolfSSL %s, %s", version, plural(len(used), "object"))
	if v.Licence != "" {
		c.show("licence", v.Licence)
		c.summary = fmt.Sprintf("wolfSSL %s (%s), %s", version, v.Licence,
			plural(len(used), "object"))
	}
	v.displacedCheck(c, used, roots[0])
	if err := v.swappedCheck(ctx, c); err != nil {
		return err
	}
	if err := v.weakRandom(ctx, c); err != nil {
		return err
	}
	if err := v.dangersCheck(ctx, c, used); err != nil {
		return err
	}
	if files := v.settingsIn(used...); len(files) > 0 {
		c.show("settings", files)
		c.summary += ", with " + strings.Join(files, " and ")
	}
	return nil
}

// wolfObject is an object that includes wolfSSL's headers.
type wolfObject struct {
	object *objects.Object
	root   string // the directory of the wolfSSL that it was compiled with
	deps   []string
}

func (v *evidence) wolfObjects() []wolfObject {
	var found []wolfObject
	for _, o := range v.inputs.objects {
		if o.Member != "" {
			continue
		}
		deps := v.deps(o.File)
		for _, dep := range deps {
			if root, ok := strings.CutSuffix(filepath.ToSlash(dep), "/"+settingsHeader); ok {
				found = append(found, wolfObject{o, root, deps})
				break
			}
		}
	}
	return found
}

// rootsCheck returns the directories of the wolfSSL sources that were compiled: there must be
// only the expected one.
func (v settingsCheck) rootsCheck(c *check, used []wolfObject) []string {
	var roots []string
	for _, u := range used {
		if !slices.Contains(roots, u.root) {
			roots = append(roots, u.root)
		}
	}
	for i, root := range roots {
		switch {
		case v.WolfSSL != "" && !sameFile(root, v.WolfSSL):
			c.find(Finding{Message: fmt.Sprintf("wolfSSL %s was compiled from here; wanted: %s",
				wolfVersion(root), v.WolfSSL),
				File: root, Fix: "see WOLFSSL_DIR, and what else on the -I path has " +
					"wolfSSL's headers"})
		case v.WolfSSL == "" && i > 0:
			c.find(Finding{Message: "a second wolfSSL was compiled; the first is " +
				roots[0], File: root,
				Fix: "remove one of them from the build"})
		}
	}
	return roots
}

// settingsIn are the settings files among what the objects were compiled with.
func (v settingsCheck) settingsIn(used ...wolfObject) []string {
	var files []string
	for _, u := range used {
		for _, dep := range u.deps {
			if v.isSettings(dep) && !slices.Contains(files, dep) {
				files = append(files, dep)
			}
		}
	}
	return files
}

// isSettings reports whether a header is a settings file. An object has hundreds of headers,
// mostly the same ones as other objects.
func (v settingsCheck) isSettings(path string) bool {
	is, known := v.settings[path]
	if !known {
		is = filepath.Base(path) == "user_settings.h" || v.Settings != "" &&
			sameFile(path, v.Settings)
		v.settings[path] = is
	}
	return is
}

// settingsFiles checks whether every object was compiled with the expected settings.
func (v settingsCheck) settingsFiles(c *check, used []wolfObject) {
	other := make(map[string]int)
	none := 0
	example := ""
	for _, u := range used {
		files := v.settingsIn(u)
		switch {
		case len(files) == 0:
			none++
			example = v.source(u.object)
		case v.Settings != "" && !slices.ContainsFunc(files, func(f string) bool {
			return sameFile(f, v.Settings)
		}):
			other[files[0]]++
		}
	}
	if none > 0 {
		c.find(Finding{Message: plural(none, "object") +
			" compiled without any user_settings.h, such as that of " + example,
			Fix: "compile with -DWOLFSSL_USER_SETTINGS and the directory of user_settings.h on " +
				"the -I path"})
	}
	for file, n := range other {
		c.find(Finding{Message: fmt.Sprintf("%s compiled with this; wanted: %s",
			plural(n, "object"), v.Settings), File: file,
			Fix: "see WOLFSSL_PORT and WOLFSSL_USER_SETTINGS_FILE, and what else on the -I " +
				"path has a user_settings.h"})
	}
}

// staleSettings checks whether the settings changed after the objects were compiled, as they can
// with --no-build.
func (v settingsCheck) staleSettings(c *check, used []wolfObject) {
	for _, file := range v.settingsIn(used...) {
		settings, err := os.Stat(file)
		if err != nil {
			c.find(Finding{Message: "the firmware was compiled with this file, which is gone",
				File: file, Fix: "build again"})
			continue
		}
		for _, u := range used {
			object, err := os.Stat(u.object.File)
			if err == nil && slices.Contains(u.deps, file) &&
				object.ModTime().Before(settings.ModTime()) {
				c.find(Finding{Message: "this file was changed after the firmware was built",
					File: file, Fix: "build again"})
				break
			}
		}
	}
}

var versionString = lazyregexp.New(`#define\s+LIBWOLFSSL_VERSION_STRING\s+"([^"]+)"`)

func wolfVersion(root string) string {
	text, err := os.ReadFile(filepath.Join(root, "wolfssl", "version.h"))
	if err != nil {
		return "of unknown version"
	}
	if m := versionString().FindSubmatch(text); m != nil {
		return string(m[1])
	}
	return "of unknown version"
}

// threadsCheck refuses a wolfSSL without locks where Python's threads run at the same time, as on
// unix and rp2.
func (v settingsCheck) threadsCheck(ctx context.Context, c *check, single build.Value) error {
	if !single.Defined {
		return nil
	}
	values, err := v.flags.Effective(ctx, []string{"MICROPY_PY_THREAD", "MICROPY_PY_THREAD_GIL"})
	if err != nil {
		return err
	}
	if values["MICROPY_PY_THREAD"].Number != 0 && values["MICROPY_PY_THREAD_GIL"].Number == 0 {
		c.find(Finding{
			Message: "SINGLE_THREADED is defined, and this port runs Python's threads at the " +
				"same time (no GIL): they would overwrite each other's keys",
			File: single.File, Line: single.Line, Fix: "leave it out",
		})
	}
	return nil
}

// sameFile reports whether two paths lead to the same file or directory.
func sameFile(a, b string) bool {
	if a == b {
		return true
	}
	infoA, errA := os.Stat(a)
	infoB, errB := os.Stat(b)
	return errA == nil && errB == nil && os.SameFile(infoA, infoB)
}
