package change

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"mpwolf/internal/project"
	"mpwolf/internal/shell"
	"mpwolf/internal/state"
	"mpwolf/modules"
)

// isCMake reports whether CMake builds a target.
func isCMake(t project.Target) bool { return t.CMake() }

// fragment writes the modules directory's micropython.cmake, if CMake builds a target.
func (j *job) fragment() *state.Fragment {
	if !slices.ContainsFunc(j.Targets, isCMake) {
		return nil
	}
	return &state.Fragment{Dir: j.Modules}
}

// writesFragment is the micropython.cmake that a patch writes; "" if there is one, or no need.
func (j *job) writesFragment() string {
	name := filepath.Join(j.Modules, state.FragmentName)
	if _, err := os.Lstat(name); err == nil || j.fragment() == nil {
		return ""
	}
	return name
}

// leftOut is a note for a target that CMake builds if the directory's own micropython.cmake does
// not include wolfSSL's module; "" if there is nothing to say.
func (j *job) leftOut(t project.Target) string {
	name := filepath.Join(j.Modules, state.FragmentName)
	text, err := os.ReadFile(name)
	if !isCMake(t) || err != nil || includesModule(string(text)) {
		return ""
	}
	return fmt.Sprintf("%s does not include the module: add this line to it: %s",
		shell.Path(name), state.FragmentLine)
}

// includesModule reports whether a micropython.cmake includes the module, outside a comment.
func includesModule(text string) bool {
	for line := range strings.Lines(text) {
		line, _, _ = strings.Cut(line, "#")
		if strings.Contains(line, modules.Name) {
			return true
		}
	}
	return false
}

// takeFragmentAway removes the micropython.cmake that a patch wrote. stays is one that is not as
// mpwolf writes it, and includes the module all the same.
func takeFragmentAway(dir string) (f *state.Fragment, stays string) {
	name := filepath.Join(dir, state.FragmentName)
	text, err := os.ReadFile(name)
	if err != nil || state.IsFragment(dir) {
		return &state.Fragment{Dir: dir, Remove: true}, ""
	}
	if !includesModule(string(text)) {
		return nil, ""
	}
	return nil, name
}
