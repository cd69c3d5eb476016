package tests_test

import (
	"flag"
	"io/fs"
	"log"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"

	"mpwolf/internal/command"
	"mpwolf/tests/toycc"
)

func TestMain(m *testing.M) {
	testscript.Main(lane{m}, map[string]func(){
		"mpwolf":    func() { os.Exit(command.Main(os.Args, os.Stdin, os.Stdout, os.Stderr)) },
		"toycc":     func() { os.Exit(toycc.Main(os.Args[1:], os.Stdin, os.Stdout, os.Stderr)) },
		"fakeboard": func() { os.Exit(fakeBoard(os.Args[1:])) },
	})
}

// noSleep makes a program with the race detector exit at once, instead of a second later: the
// scripts run some thousand.
const noSleep = "atexit_sleep_ms=0"

// lane runs the tests and removes what they shared. With -short, toycc replaces gcc everywhere.
type lane struct{ *testing.M }

func (l lane) Run() int {
	defer removeSanitizedBuild()
	defer removeShared()
	flag.Parse()
	if err := os.Setenv("GORACE", noSleep); err != nil {
		log.Print(err)
		return 1
	}
	if !testing.Short() {
		return l.M.Run()
	}
	// Many scripts wait for a time to pass: four at once keep two cores busy.
	parallel := flag.Lookup("test.parallel")
	if parallel.Value.String() == strconv.Itoa(runtime.GOMAXPROCS(0)) {
		if err := parallel.Value.Set(strconv.Itoa(2 * runtime.GOMAXPROCS(0))); err != nil {
			log.Print(err)
			return 1
		}
	}
	if memory := memoryDir(); memory != "" {
		defer os.RemoveAll(memory)
		if err := os.Setenv("TMPDIR", memory); err != nil {
			log.Print(err)
			return 1
		}
	}
	dir, err := os.MkdirTemp("", "mpwolf-toycc")
	if err != nil {
		log.Print(err)
		return 1
	}
	defer os.RemoveAll(dir)
	const script = "#!/bin/sh\nexec toycc \"$@\"\n"
	if err := os.WriteFile(filepath.Join(dir, "gcc"), []byte(script), 0o755); err != nil {
		log.Print(err)
		return 1
	}
	if err := os.Setenv("PATH", dir+string(filepath.ListSeparator)+os.Getenv("PATH")); err != nil {
		log.Print(err)
		return 1
	}
	return l.M.Run()
}

// longOnly skips a test with -short.
func longOnly(t *testing.T, why string) {
	t.Helper()
	if testing.Short() {
		t.Skip("skipped with -short: " + why)
	}
}

// TestScript runs the scripts in script, each in a directory of its own; with -short toycc is
// their gcc. Beside testscript's own commands they have
//
//	faketree DIR      a small MicroPython tree that make and a compiler can read
//	fakewolfssl DIR   a small wolfSSL tree
//	follow hint|fix   runs the commands of mpwolf and git that the last hint, or the last fixes,
//	                  name; of patch and build, what they would do: each must be one that does
//	                  not refuse
//	tools DIR NAME…   makes DIR a directory for PATH: mpwolf, what shells and rules of make
//	                  run, and the programs with these names; all others are hidden
//	snapshot FILE DIR writes names, modes and hashes of all that is below DIR; FILE is
//	                  before or after
func TestScript(t *testing.T) {
	if _, err := exec.LookPath("gcc"); err != nil {
		t.Fatal("the scripts need gcc; scripts/test installs it")
	}
	if testing.Short() {
		// Beside the other short tests; the long ones would take the time that some scripts limit.
		t.Parallel()
	}
	testscript.Run(t, testscript.Params{
		Dir: "script",
		Setup: func(env *testscript.Env) error {
			env.Setenv("GORACE", noSleep)
			env.Setenv("MPWOLF_CACHE", filepath.Join(env.WorkDir, ".cache"))
			env.Setenv("GIT_CONFIG_GLOBAL", filepath.Join(env.WorkDir, ".gitconfig"))
			return os.WriteFile(filepath.Join(env.WorkDir, ".gitconfig"), []byte(gitConfig), 0o644)
		},
		Cmds: map[string]func(*testscript.TestScript, bool, []string){
			"faketree":    copyTestdata("tree"),
			"fakewolfssl": copyTestdata("wolfssl"),
			"snapshot":    snapshot,
			"follow":      followHint,
			"tools":       linkTools,
		},
	})
}

const gitConfig = "[user]\n\tname = test\n\temail = test@example.invalid\n[init]\n" +
	"\tdefaultBranch = main\n" +
	"[protocol \"file\"]\n\tallow = always\n"

func copyTestdata(name string) func(*testscript.TestScript, bool, []string) {
	from, err := filepath.Abs(filepath.Join("testdata", name))
	return func(ts *testscript.TestScript, neg bool, args []string) {
		ts.Check(err)
		if neg || len(args) != 1 {
			ts.Fatalf("usage: fake%s DIR", name)
		}
		ts.Check(os.CopyFS(ts.MkAbs(args[0]), os.DirFS(from)))
	}
}

func linkTools(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) == 0 {
		ts.Fatalf("usage: tools DIR NAME...")
	}
	dir := ts.MkAbs(args[0])
	ts.Check(os.MkdirAll(dir, 0o777))
	always := []string{"mpwolf", "toycc", "sh", "mkdir", "cat", "grep", "true", "strip", "as",
		"ld", "uname", "sed", "rm", "dirname", "chmod", "sleep", "cp"}
	for _, name := range slices.Concat(always, args[1:]) {
		path := lookPathIn(ts.Getenv("PATH"), name)
		if path == "" {
			continue
		}
		_ = os.Remove(filepath.Join(dir, name))
		ts.Check(os.Symlink(path, filepath.Join(dir, name)))
	}
}

// lookPathIn finds a program in the directories of a PATH; "" if it is in none.
func lookPathIn(list, name string) string {
	for _, dir := range filepath.SplitList(list) {
		path := filepath.Join(dir, name)
		if info, err := os.Stat(path); err == nil && info.Mode()&0o111 != 0 && !info.IsDir() {
			return path
		}
	}
	return ""
}

func snapshot(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 2 {
		ts.Fatalf("usage: snapshot FILE DIR")
	}
	text, err := describe(ts.MkAbs(args[1]))
	ts.Check(err)
	ts.Check(os.WriteFile(ts.MkAbs(args[0]), []byte(text), 0o644))
}

var (
	// named are the commands of mpwolf that a text names.
	named = regexp.MustCompile(`\bmpwolf ((?:patch|build|revert|init|check|doctor)` +
		`(?: --tree [^ ;,]+| --?[a-z-]+(?: [A-Z]+\b)?)*|explain [A-Z_0-9]+(?: --tree [^ ;,]+)?)`)
	// namedGit are those of git.
	namedGit = regexp.MustCompile(`\bgit (?:-C \S+ )?(?:submodule update|restore) [^;,]+`)
)

func followHint(ts *testscript.TestScript, neg bool, args []string) {
	from := map[string]string{"hint": "stderr", "fix": "stdout"}
	if neg || len(args) != 1 || from[args[0]] == "" {
		ts.Fatalf("usage: follow hint|fix")
	}
	var commands []string // in the order in which the text names them
	git := map[string]bool{}
	for line := range strings.Lines(ts.ReadFile(from[args[0]])) {
		if _, advice, found := strings.Cut(line, args[0]+": "); found {
			for _, m := range named.FindAllStringSubmatch(advice, -1) {
				command := strings.ReplaceAll(m[1], "PORT", "unix")
				if !slices.Contains(commands, command) {
					commands = append(commands, command)
				}
			}
			for _, command := range namedGit.FindAllString(advice, -1) {
				git[strings.TrimSpace(command)] = true
			}
		}
	}
	if len(commands)+len(git) == 0 {
		ts.Fatalf("no %s names a command", args[0])
	}
	for _, command := range slices.Sorted(maps.Keys(git)) {
		ts.Check(ts.Exec("sh", "-c", command))
	}
	for _, command := range commands {
		words := strings.Fields(command)
		if words[0] == "patch" || words[0] == "build" {
			words = append(words, "--dry-run")
		}
		err := ts.Exec("mpwolf", words...)
		finds := words[0] == "doctor" || words[0] == "check"
		if !finds || ts.ReadFile("stdout") == "" { // what they find is no refusal
			ts.Check(err)
		}
	}
}

// describe returns a line for everything below a directory except git's own data, with mode and
// hash.
func describe(dir string) (string, error) {
	text := ""
	err := filepath.WalkDir(dir, func(name string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if entry.IsDir() && (entry.Name() == ".git" || name == filepath.Join(dir, ".tmp")) {
			return fs.SkipDir
		}
		if !entry.IsDir() && (entry.Name() == "before" || entry.Name() == "after") {
			return nil // snapshots themselves
		}
		line, err := describeOne(dir, name, entry)
		text += line
		return err
	})
	return text, err
}
