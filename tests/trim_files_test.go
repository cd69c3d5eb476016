package tests_test

import (
	"bytes"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"mpwolf/internal/fetch"
	"mpwolf/internal/sources"
	"mpwolf/wolfssl"
)

// trimmedBuild is a kind of build, the parts of wolfSSL that are installed for it, and how many
// bytes they may have in wolfSSL 5.9.2.
type trimmedBuild struct {
	parts    []string
	most     int64
	compiler []string
	port     string
	assembly bool
	// defines are those of the modules' makefile, each list for one build.
	defines [][]string
	inCI    int // how many of these builds CI has time for
}

var trimmedBuilds = []trimmedBuild{
	{[]string{wolfssl.X86}, 25_500_000, []string{"gcc", "-maes", "-mpclmul"}, "unix", true,
		[][]string{{"-DMICROPY_WOLFSSL_ASM=1"},
			{"-DMICROPY_WOLFSSL_ASM=1", "-DMICROPY_WOLFSSL_FORWARD_SECRECY=1"}}, 1},
	{[]string{wolfssl.PlainC, wolfssl.X86}, 29_500_000, []string{"gcc"}, "unix", false,
		[][]string{{"-DMICROPY_WOLFSSL_ASM=0"}}, 0},
	{[]string{wolfssl.CortexM}, 20_000_000,
		[]string{"arm-none-eabi-gcc", "-mthumb", "-mcpu=cortex-m4"}, "stm32", false,
		[][]string{{}, {profile + "CLIENT"}, {profile + "TINY"}, {"-DMICROPY_WOLFSSL_HASH"}}, 1},
	{[]string{wolfssl.CortexM}, 20_000_000,
		[]string{"arm-none-eabi-gcc", "-mthumb", "-mcpu=cortex-m0plus"}, "mimxrt", false,
		[][]string{{}, {profile + "TINY"}}, 0},
}

const profile = "-DMICROPY_WOLFSSL_PROFILE=MICROPY_WOLFSSL_PROFILE_"

// TestTrimmedFiles preprocesses all sources of wolfSSL that the makefiles list, in all versions,
// with the settings in ports/: the files that are not installed are read for none, and have no
// code in any of these builds. Those for settings of the user's own are all that the sources
// could include.
func TestTrimmedFiles(t *testing.T) {
	needReal(t)
	t.Parallel()
	for _, version := range []string{"5.5.4", "5.7.2", "5.9.2"} {
		t.Run(version, func(t *testing.T) {
			if version != "5.9.2" {
				inTheLongRun(t)
			}
			cache, err := sources.DefaultCache()
			if err != nil {
				t.Fatal(err)
			}
			tree, err := fetch.WolfSSL(t.Context(), fetch.WolfSSLOptions{Want: version,
				Source: fetch.Source{From: "apt", Cache: cache}})
			if err != nil {
				t.Fatal(err)
			}
			for _, b := range trimmedBuilds {
				b.test(t, tree)
			}
			everything(t, tree)
		})
	}
}

func (b trimmedBuild) test(t *testing.T, tree *wolfssl.Tree) {
	t.Helper()
	files, err := wolfssl.Files(tree, b.parts...)
	if err != nil {
		t.Fatal(err)
	}
	if bytes := sizeOfFiles(t, tree.Dir, files); tree.Version == "5.9.2" && bytes > b.most {
		t.Errorf("%q: %d bytes are installed; at most %d are allowed", b.parts, bytes, b.most)
	}
	all := b.defines
	if os.Getenv("MPWOLF_TEST_LONG") == "" {
		all = all[:min(len(all), b.inCI)]
	}
	for _, defines := range all {
		for _, source := range listedSources(t, tree.Dir, b.assembly) {
			for _, file := range b.reads(t, tree.Dir, source, defines) {
				if !slices.Contains(files, file) {
					t.Errorf("%q, %q: %s needs %s, which is not installed", b.parts, defines,
						source, file)
				}
			}
		}
	}
}

var listedNames = regexp.MustCompile(`[\w/-]+\.[cS]\b`)

// listedSources are those in the lists of micropython.mk, relative to wolfSSL's directory.
func listedSources(t *testing.T, dir string, assembly bool) []string {
	t.Helper()
	text := string(readFile(t, "../modules/micropython-wolfssl/micropython.mk"))
	text = strings.ReplaceAll(text, "\\\n", " ")
	var all []string
	add := func(begin string) {
		_, list, found := strings.Cut(text, begin)
		if !found {
			t.Fatalf("micropython.mk has no %q", begin)
		}
		list, _, _ = strings.Cut(list, "\n")
		for _, name := range listedNames.FindAllString(list, -1) {
			for _, top := range []string{"src/", "wolfcrypt/src/"} {
				if _, err := os.Stat(filepath.Join(dir, top, name)); err == nil {
					all = append(all, top+name)
				}
			}
		}
	}
	add("\nWOLFSSL_LIB_SRC := ")
	if assembly {
		add("\nWOLFSSL_ASM_SRC := $(wildcard ")
	}
	if len(all) < 50 {
		t.Fatalf("only %q", all)
	}
	return all
}

var markedFile = regexp.MustCompile(`^# \d+ "([^"]+)"`)

// reads are the files of wolfSSL that a source is made of; none if no line of C remains of it.
func (b trimmedBuild) reads(t *testing.T, dir, source string, defines []string) []string {
	t.Helper()
	port := filepath.Join("..", "ports", b.port)
	args := slices.Concat(b.compiler[1:], []string{"-E", "-I" + port,
		"-I../modules/micropython-wolfssl", "-I" + dir, "-DWOLFSSL_USER_SETTINGS"}, defines)
	if strings.HasSuffix(source, ".S") {
		args = append(args, "-include", filepath.Join(port, "user_settings_asm.h"),
			"-DWOLFSSL_USER_SETTINGS_ASM")
	}
	cmd := exec.Command(b.compiler[0], append(args, filepath.Join(dir, source))...)
	var out, said bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &said
	if err := cmd.Run(); err != nil {
		t.Fatalf("%s: %v\n%s", cmd, err, tail(said.String()))
	}
	file, read, code := "", map[string]bool{}, false
	for line := range strings.Lines(out.String()) {
		if m := markedFile.FindStringSubmatch(line); m != nil {
			file = ""
			if rel, err := filepath.Rel(dir, m[1]); err == nil && filepath.IsLocal(rel) {
				file = rel
				read[file] = true
			}
			continue
		}
		// misc.c has static functions that many sources include.
		code = code || file != "" && filepath.Ext(file) != ".h" &&
			filepath.Base(file) != "misc.c" && strings.TrimSpace(line) != ""
	}
	if !code {
		return nil
	}
	var files []string
	for name := range read {
		files = append(files, name)
	}
	return files
}

var includeLine = regexp.MustCompile(`(?m)^[ \t]*#[ \t]*include[ \t]*[<"]([^>"]+)[>"]`)

// inSources are the files of libraries; others are for kernels, and for programs of another time.
var inSources = regexp.MustCompile(`^(src|wolfcrypt|wolfssl)/`)

// everything checks that, with settings of the user's own, whatever the sources could include for
// all processors is installed.
func everything(t *testing.T, tree *wolfssl.Tree) {
	t.Helper()
	files, err := wolfssl.Files(tree, wolfssl.X86, wolfssl.ARM64, wolfssl.ARM32, wolfssl.CortexM,
		wolfssl.AnySettings)
	if err != nil {
		t.Fatal(err)
	}
	todo := listedSources(t, tree.Dir, true)
	seen := map[string]bool{}
	for len(todo) > 0 {
		name := todo[0]
		todo = todo[1:]
		if seen[name] || strings.Contains(name, "/port/") || !inSources.MatchString(name) ||
			filepath.Base(name) == "test.h" { // of wolfSSL's own programs
			continue
		}
		seen[name] = true
		if !slices.Contains(files, name) {
			t.Errorf("any settings: %s is not installed", name)
		}
		text := readFile(t, filepath.Join(tree.Dir, name))
		for _, m := range includeLine.FindAllStringSubmatch(string(text), -1) {
			for _, file := range []string{filepath.Join(filepath.Dir(name), m[1]), m[1]} {
				info, err := os.Stat(filepath.Join(tree.Dir, file))
				if err == nil && info.Mode().IsRegular() {
					todo = append(todo, filepath.ToSlash(file))
				} else if err != nil && !errors.Is(err, os.ErrNotExist) {
					t.Fatal(err)
				}
			}
		}
	}
}

func sizeOfFiles(t *testing.T, dir string, files []string) int64 {
	t.Helper()
	var size int64
	for _, file := range files {
		info, err := os.Stat(filepath.Join(dir, file))
		if err != nil {
			t.Fatal(err)
		}
		size += info.Size()
	}
	return size
}
