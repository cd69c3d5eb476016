package verify

import (
	"os"
	"path/filepath"
	"strings"

	"mpwolf/micropython"
)

// deps are the source of an object and the headers that it was compiled with, as absolute paths; none if there is no
// dependency file. MicroPython's rules leave it beside the object as .P, other makefiles as .d.
func (v *verification) deps(objectFile string) []string {
	if known, ok := v.depCache[objectFile]; ok {
		return known
	}
	var deps []string
	base := strings.TrimSuffix(objectFile, filepath.Ext(objectFile))
	for _, ending := range []string{".P", ".d"} {
		text, err := os.ReadFile(base + ending)
		if err != nil {
			continue
		}
		for _, name := range micropython.ParseDeps(string(text)) {
			if !filepath.IsAbs(name) {
				name = filepath.Join(v.Target.Dir(), name)
			}
			deps = append(deps, filepath.Clean(name))
		}
		break
	}
	v.depCache[objectFile] = deps
	return deps
}
