package build

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"mpwolf/internal/micropython"
)

// noTLS are make's arguments that turn the built-in TLS off, by both of its names.
var noTLS = []string{"MICROPY_PY_SSL=0", "MICROPY_PY_USSL=0", "MICROPY_SSL_MBEDTLS=0",
	"MICROPY_SSL_AXTLS=0"}

// tlsSubmodules are not needed once the built-in TLS is off, though some Makefiles always list
// them (ports/unix/Makefile and ports/stm32/Makefile of v1.19.1).
var tlsSubmodules = []string{"lib/axtls", "lib/mbedtls"}

// unneeded are submodules that Makefiles always list, with the make variable that decides whether
// they are built, and its value if they are (extmod/extmod.mk).
var unneeded = []struct{ path, variable, value string }{
	{"lib/berkeley-db-1.xx", "MICROPY_PY_BTREE", "1"},
	{"lib/libffi", "MICROPY_STANDALONE", "1"},
}

// MissingSubmodules are the submodules that the build of this target needs and whose directories
// are empty or absent, as paths relative to the tree's top; named are more that it may need.
func MissingSubmodules(
	ctx context.Context, t micropython.Target, named ...string,
) ([]string, error) {
	paths, err := submodules(ctx, t, false, named)
	if err != nil {
		return nil, err
	}
	return missingSubmodules(t.Tree, paths), nil
}

// Submodules are those that the target needs with the built-in TLS off, according to its own make.
// A port that is built by CMake does not list them until it is configured, so they are read from
// its files; optional includes those that depend on the board's features.
func Submodules(ctx context.Context, t micropython.Target, optional bool) ([]string, error) {
	return submodules(ctx, t, optional, nil)
}

func submodules(
	ctx context.Context, t micropython.Target, optional bool, more []string,
) ([]string, error) {
	vars := []string{"MPY_LIB_DIR", "MPY_LIB_SUBMODULE_DIR", "FROZEN_MANIFEST"}
	for _, u := range unneeded {
		vars = append(vars, u.variable)
	}
	argv := makeArgv(t,
		append(slices.Clone(noTLS), noConfvars, "--eval="+probeRule(vars), "mpwolf-probe")...)
	what := "ask make for the submodules of " + t.Name()
	stdout, stderr, err := run(ctx, t.Dir(), nil, argv)
	if err != nil {
		return nil, stopped(t, what, argv, append(stderr, stdout...), nil, err)
	}
	values := parseProbe(string(stdout))
	paths := strings.Fields(values["GIT_SUBMODULES"])
	named, err := cmakeSubmodules(t, optional)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", what, err)
	}
	paths = slices.Concat(paths, named, more)
	for i := range paths {
		paths[i] = strings.TrimPrefix(paths[i], "./")
	}
	slices.Sort(paths)
	return slices.DeleteFunc(slices.Compact(paths), func(path string) bool {
		return isUnneeded(path, values)
	}), nil
}

func isUnneeded(path string, values map[string]string) bool {
	if slices.Contains(tlsSubmodules, path) {
		return true
	}
	for _, u := range unneeded {
		if path == u.path && strings.TrimSpace(values[u.variable]) != u.value {
			return true
		}
	}
	// py/mkrules.mk asks for it only with a manifest and the default MPY_LIB_DIR.
	return path == "lib/micropython-lib" && values["MPY_LIB_SUBMODULE_DIR"] != "" &&
		values["MPY_LIB_DIR"] != values["MPY_LIB_SUBMODULE_DIR"]
}

// cmakeNames are the lines of CMake files that add to GIT_SUBMODULES (v1.19.1: string(CONCAT …);
// later list(APPEND …)), and the Makefile's own call for pico-sdk (ports/rp2/Makefile).
var cmakeNames = regexp.MustCompile(
	`(?m)^([ \t]*)(?:list\(APPEND GIT_SUBMODULES|string\(CONCAT GIT_SUBMODULES "[^"]*"|` +
		`\$\(.*GIT_SUBMODULES=")[ ]*(lib/[^\s")]+)`)

func cmakeSubmodules(t micropython.Target, optional bool) ([]string, error) {
	if _, err := os.Stat(filepath.Join(t.Dir(), "CMakeLists.txt")); err != nil {
		return nil, nil // a port built by make
	}
	files, err := filepath.Glob(filepath.Join(t.Dir(), "*.cmake"))
	if err != nil {
		return nil, err
	}
	files = append(files, filepath.Join(t.Dir(), "CMakeLists.txt"),
		filepath.Join(t.Dir(), "Makefile"))
	if optional {
		files = append(files, t.Tree.Path("extmod", "extmod.cmake"),
			t.Tree.Path("py", "mkrules.cmake"))
	}
	var paths []string
	for _, file := range files {
		text, err := os.ReadFile(file)
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if err != nil {
			return nil, err
		}
		for _, m := range cmakeNames.FindAllStringSubmatch(string(text), -1) {
			if optional || strings.Trim(m[1], "\t") == "" {
				paths = append(paths, m[2])
			}
		}
	}
	return paths, nil
}
