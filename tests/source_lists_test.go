package tests_test

import (
	"os"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// TestSourceLists checks that make and CMake compile the same files, and know the same variables.
func TestSourceLists(t *testing.T) {
	t.Parallel()
	makefile, cmake := moduleFile(t, "micropython.mk"), moduleFile(t, "micropython.cmake")
	for _, list := range []struct{ what, make, cmake string }{
		{
			"modules", `(?s)\nWOLFSSL_MOD_SRC := (.*?)\n[^\t]`,
			`(?s)\nset\(WOLFSSL_MOD_NAMES (.*?)\)`,
		},
		{
			"library", `(?s)\nWOLFSSL_LIB_SRC := (.*?)\n[^\t]`,
			`(?s)\nset\(WOLFSSL_LIB_NAMES(.*?)\)`,
		},
		{
			"assembly for x86-64", `(?s)WOLFSSL_ASM_SRC := \$\(wildcard (.*?)\n[^\t]`,
			`(?s)x86_64=1.*?foreach\(NAME (.*?)\)\n`,
		},
		{
			"assembly for AArch64", `(?s)WOLFSSL_ASM_SRC := \$\(addprefix (.*?)\n[^\t]`,
			`(?s)aarch64=1.*?foreach\(NAME (.*?)\)\n`,
		},
		{
			"hashes", `(?s)\n\$\(addprefix [^,]*/wolfcrypt/src/, (sha.o.*?)\): CFLAGS`,
			`(?s)foreach\(NAME (sha .*?)\)\n`,
		},
	} {
		inMake, inCMake := sourceNames(t, makefile, list.make), sourceNames(t, cmake, list.cmake)
		if len(inMake) == 0 || !slices.Equal(inMake, inCMake) {
			t.Errorf("%s: micropython.mk has %q,\nmicropython.cmake %q", list.what, inMake,
				inCMake)
		}
	}

	// Every variable that the .mk documents has a default in the .cmake, and a place in its list.
	list := regexp.MustCompile(`(?s)\nset\(WOLFSSL_VARIABLES (.*?)\)`).FindStringSubmatch(cmake)
	documented := regexp.MustCompile(`(?m)^# (WOLFSSL_[A-Z_]+) {2,}`).
		FindAllStringSubmatch(makefile, -1)
	if len(documented) < 8 || len(list) != 2 {
		t.Fatalf("%d variables in micropython.mk, list %q", len(documented), list)
	}
	for _, match := range documented {
		if match[1] == "WOLFSSL_LTO" {
			continue // only of ports that make builds
		}
		if !slices.Contains(strings.Fields(list[1]), match[1]) ||
			!strings.Contains(cmake, "\nset(WOLFSSL_DEFAULT_"+match[1]+" ") &&
				!strings.Contains(cmake, "(WOLFSSL_DEFAULT_"+match[1]+" ") {
			t.Errorf("micropython.cmake does not know %s", match[1])
		}
	}
}

func moduleFile(t *testing.T, name string) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("..", "modules", "micropython-wolfssl", name))
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// sourceNames are the base names of the sources in the first group of a match, sorted, without the
// suffixes of objects and C sources. No two files of the lists have the same base name.
func sourceNames(t *testing.T, text, pattern string) []string {
	t.Helper()
	match := regexp.MustCompile(pattern).FindStringSubmatch(text)
	if match == nil {
		t.Fatalf("no match of %s", pattern)
	}
	var names []string
	for _, word := range strings.FieldsFunc(match[1], func(r rune) bool {
		return strings.ContainsRune(" \t\n\\(),$", r)
	}) {
		name := path.Base(word)
		// The names of make's functions and variables, and the directories for addprefix.
		if strings.HasSuffix(word, "/") || strings.HasSuffix(word, "-") ||
			slices.Contains([]string{"addprefix", "wildcard"}, word) ||
			strings.HasPrefix(word, "WOLFSSL_") {
			continue
		}
		for _, suffix := range []string{".c", ".o"} {
			name = strings.TrimSuffix(name, suffix)
		}
		names = append(names, name)
	}
	slices.Sort(names)
	return names
}
