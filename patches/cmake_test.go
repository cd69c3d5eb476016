package patches

import (
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"mpwolf/internal/micropython"
)

// readCMake reads a text as if it were a port's CMakeLists.txt, without a tree.
func readCMake(text string) *cmakeRun {
	src := &source{top: "/tree",
		planned: map[string][]byte{"ports/x/CMakeLists.txt": []byte(text)},
		read:    func(string) ([]byte, error) { return nil, os.ErrNotExist },
		cache:   map[string][]byte{}, split: map[splitKey]splitText{}}
	r := newCMakeRun(&makeRun{src: src, dir: "ports/x", vars: map[string]makeVar{},
		pinned: map[string]bool{}, seen: map[string]int{}, globs: map[string][]string{}})
	r.file("ports/x/CMakeLists.txt")
	return r
}

func TestCMakeWords(t *testing.T) {
	for _, test := range []struct{ text, want string }{
		{"set(A b)", "set|A|b"},
		{"set(A b) # set(B c)", "set|A|b"},
		{"#[[ set(A b)\n set(A c) ]]\nset(A d)", "set|A|d"},
		{"SET ( A\n  b # one\n  c\n)", "set|A|b|c"},
		{`set(A "b c" d"e f"g)`, `set|A|"b c|d"e f"g`},
		{`set(A "b \" c" \"d\")`, `set|A|"b \" c|\"d\"`},
		{"set(A [==[b ]] \"c]==] d)", "set|A|\"b ]] \"c|d"},
		{"if(NOT (A AND B))\nendif()", "if|NOT|(|A|AND|B|)\nendif"},
		{"set(A b", ""},
		{`set(A "b)`, ""},
		{"set(A b)) set(C d)", "set|A|b\nset|C|d"},
		{"set(A $(B C) d)", "set|A|$(B C)|d"},
	} {
		var lines []string
		for _, c := range parseCMake([]byte(test.text)) {
			words := []string{c.name}
			for _, arg := range c.args {
				text := arg.text
				if arg.quoted {
					text = `"` + text
				}
				words = append(words, text)
				if at := test.text[arg.start:]; !strings.HasPrefix(at, arg.text) {
					t.Errorf("%q: %q is not at %d", test.text, arg.text, arg.start)
				}
			}
			lines = append(lines, strings.Join(words, "|"))
		}
		if got := strings.Join(lines, "\n"); got != test.want {
			t.Errorf("%q: got %q, want %q", test.text, got, test.want)
		}
	}
}

// TestCMakeDefinitions: what the firmware is compiled with, and where that is written.
func TestCMakeDefinitions(t *testing.T) {
	const target = "set(MICROPY_TARGET firmware)\n"
	for _, test := range []struct{ text, want string }{
		{"target_compile_definitions(${MICROPY_TARGET} PRIVATE A=1 B)", "A=1@2 yes, B=1@2 yes"},
		{"target_compile_definitions(firmware PRIVATE\n  -DA=1\n  B=\"x y\"\n)",
			`A=1@3 yes, B="x y"@4 yes`},
		{"target_compile_definitions(other PRIVATE A=1 PUBLIC B=1 INTERFACE C=1)",
			"B=1@2 yes, C=1@2 yes"},
		{"list(APPEND MICROPY_DEF_BOARD\n  A=1\n  B=2)\ntarget_compile_definitions(firmware " +
			"PRIVATE ${MICROPY_DEF_BOARD})", "A=1@3 yes, B=2@4 yes"},
		{"set(MICROPY_X 3)\ntarget_compile_definitions(firmware PRIVATE A=${MICROPY_X})",
			"A=3@3 yes made"},
		{"if(FROM_ELSEWHERE)\nendif()\nproject(x)\nif(FROM_ELSEWHERE)\n" +
			"target_compile_definitions(firmware PRIVATE A=1)\nendif()", "A=1@6 maybe"},
		{"if(FROM_ELSEWHERE)\ntarget_compile_definitions(firmware PRIVATE A=1)\nendif()",
			"A=1@3 no"},
		{"project(x)\nif(FROM_ELSEWHERE)\nlist(APPEND MICROPY_D A=1)\nendif()\n" +
			"target_compile_definitions(firmware PRIVATE ${MICROPY_D})", "A=1@4 maybe"},
		{"target_compile_definitions(firmware PRIVATE $<$<CONFIG:Debug>:A=1>)",
			"Debug=@2 maybe made, A=1@2 maybe made"},
		{"add_compile_definitions(A=1)\nadd_definitions(-DB=2 -Wall)", "A=1@2 yes, B=2@3 yes"},
		{"target_compile_options(firmware PRIVATE -Wall -DA=1)", "A=1@2 yes"},
		{`string(APPEND CMAKE_C_FLAGS " -Os -DA=1 -UB")`, "A=1@2 yes made, B=@2 yes made"},
		{"function(add X)\ntarget_compile_definitions(firmware PRIVATE ${X}=1)\nendfunction()\n" +
			"add(A)\nadd(B)", "A=1@3 yes made, B=1@3 yes made"},
		{"foreach(X A B)\ntarget_compile_definitions(firmware PRIVATE ${X}=1)\nendforeach()",
			"A=1@3 yes made, B=1@3 yes made"},
	} {
		var got []string
		for _, site := range readCMake(target + test.text).sites {
			if site.Kind == MakeVariable || site.Kind == CMakeVariable {
				continue
			}
			text := fmt.Sprintf("%s=%s@%d %s", site.Macro, site.Text, site.Line, site.active)
			if site.made {
				text += " made"
			} else if at := (target + test.text)[site.start:site.end]; site.start < site.end &&
				cmakeUnescape(at) != site.Text {
				t.Errorf("%q: the value of %s is not at %d: %q", test.text, site.Macro, site.start,
					at)
			}
			got = append(got, text)
		}
		if text := strings.Join(got, ", "); text != test.want {
			t.Errorf("%q: got %q, want %q", test.text, text, test.want)
		}
	}
}

// TestCMakeAgrees: what the scanner claims to know about a random file's variables is what CMake
// makes of it.
func TestCMakeAgrees(t *testing.T) {
	cmake, err := exec.LookPath("cmake")
	if err != nil {
		t.Skip(err)
	}
	count := 60
	if !testing.Short() {
		count = mutations(mutationCount)
	}
	dir := t.TempDir()
	known, all, refused := 0, 0, 0
	for seed := range count {
		g := &cmakeWriter{Rand: rand.New(rand.NewPCG(uint64(seed), 2))}
		g.block(2 + g.IntN(12))
		text := g.String()
		file := filepath.Join(dir, "x.cmake")
		script := "cmake_minimum_required(VERSION 3.13)\n" + text
		for _, name := range cmakeNames {
			script += "message(STATUS \"mpwolf:" + name + "=${" + name + "}\")\n"
		}
		if err := os.WriteFile(file, []byte(script), 0o644); err != nil {
			t.Fatal(err)
		}
		out, err := exec.Command(cmake, "-P", file).CombinedOutput()
		if err != nil {
			refused++ // such as NOT NOT
			continue
		}
		r := readCMake(text)
		for _, name := range cmakeNames {
			all++
			_, want, _ := strings.Cut(string(out), "mpwolf:"+name+"=")
			want, _, _ = strings.Cut(want, "\n")
			got, is := r.value(name, false)
			if is {
				known++
			}
			if is && got != want {
				t.Errorf("seed %d: %s is %q, not %q\n%s", seed, name, want, got, text)
			}
		}
	}
	t.Logf("%d of %d variables were known; CMake refused %d files", known, all, refused)
	if known < all/2 || refused > count/5 {
		t.Error("the scanner knows too little to say anything")
	}
}

var cmakeNames = []string{"MICROPY_A", "MICROPY_B", "MICROPY_C", "MICROPY_D"}

// cmakeWriter writes a random file that CMake accepts.
type cmakeWriter struct {
	*rand.Rand
	strings.Builder
	depth, functions int
}

func (g *cmakeWriter) name() string { return cmakeNames[g.IntN(len(cmakeNames))] }

func pick[T any](g *cmakeWriter, of ...T) T { return of[g.IntN(len(of))] }

func (g *cmakeWriter) word() string {
	return pick(g, "ON", "OFF", "1", "0", "lib/a.c", "x", "Abc", "\"two words\"", "\"\"", "a;b",
		"\"c;d\"", "${"+g.name()+"}", "\"${"+g.name()+"}\"", "-D${"+g.name()+"}", "${NOT_SET}",
		"MICROPY_B", "[[a ${MICROPY_A} b]]", "FALSE", "x-NOTFOUND", "007")
}

func (g *cmakeWriter) condition(depth int) string {
	if depth == 0 || g.IntN(3) > 0 {
		quoted := "\"${" + g.name() + "}\""
		return pick(g, g.name(), "DEFINED "+g.name(),
			quoted+" STREQUAL "+pick(g, "x", "ON", "\"\""),
			g.name()+" STREQUAL Abc", quoted+" MATCHES "+pick(g, "^a", "\"b$\"", "lib"),
			pick(g, "x", "b")+" IN_LIST "+g.name(), "ON", "0", "NOT "+g.name(), quoted,
			"3 EQUAL 3", "2 LESS 10", "EXISTS /nowhere/at/all")
	}
	return pick(g, "(%s) AND (%s)", "(%s) OR %s", "NOT (%s) OR %s", "%s AND NOT %s")
}

func (g *cmakeWriter) test() string {
	text := g.condition(2)
	for strings.Contains(text, "%s") {
		text = strings.Replace(text, "%s", g.condition(1), 1)
	}
	return text
}

func (g *cmakeWriter) block(count int) {
	g.depth++
	defer func() { g.depth-- }()
	for range count {
		g.command()
	}
}

func (g *cmakeWriter) command() {
	name := g.name()
	kind := g.IntN(16)
	if g.depth > 3 && kind >= 11 {
		kind = 0
	}
	switch kind {
	case 0, 1, 2:
		fmt.Fprintf(g, "set(%s %s)\n", name, g.word())
	case 3:
		fmt.Fprintf(g, "SET(%s %s\n  %s) # %s\n", name, g.word(), g.word(), g.word())
	case 4:
		fmt.Fprintf(g, "list(%s %s %s %s)\n", pick(g, "APPEND", "PREPEND", "REMOVE_ITEM"), name,
			pick(g, "x", "b", "lib/a.c"), g.word())
	case 5:
		fmt.Fprintf(g, "unset(%s)\n", name)
	case 6:
		fmt.Fprintf(g, "string(%s \"${%s}\" %s)\n", pick(g, "TOUPPER", "TOLOWER"), g.name(), name)
	case 7:
		fmt.Fprintf(g, "string(APPEND %s %s)\n", name, pick(g, "x", "\"${MICROPY_C}\"", "\" y\""))
	case 8:
		fmt.Fprintf(g, "string(REPLACE a bb %s \"${%s}\")\n", name, g.name())
	case 9:
		fmt.Fprintf(g, "get_filename_component(%s %s %s)\n", name, pick(g, "a/b.c", "/x/y", "z"),
			pick(g, "NAME", "DIRECTORY", "NAME_WE"))
	case 10:
		fmt.Fprintf(g, "list(%s %s MICROPY_D)\n", pick(g, "LENGTH"), name)
	case 11, 12:
		fmt.Fprintf(g, "if(%s)\n", g.test())
		g.block(1 + g.IntN(2))
		if g.IntN(2) == 0 {
			fmt.Fprintf(g, "elseif(%s)\n", g.test())
			g.block(1)
		}
		if g.IntN(2) == 0 {
			fmt.Fprintf(g, "else()\n")
			g.block(1)
		}
		fmt.Fprintf(g, "endif()\n")
	case 13:
		fmt.Fprintf(g, "foreach(%s %s)\n", pick(g, "I", name),
			pick(g, "a b", "${MICROPY_A}", "IN LISTS MICROPY_B", "RANGE 2"))
		fmt.Fprintf(g, "list(APPEND %s ${I})\n", g.name())
		g.block(1)
		fmt.Fprintf(g, "endforeach()\n")
	case 14:
		g.functions++
		number := g.functions
		kind := pick(g, "function", "macro")
		fmt.Fprintf(g, "%s(f%d P)\n", kind, number)
		fmt.Fprintf(g, "set(%s ${P}%s)\n", g.name(),
			pick(g, "", " PARENT_SCOPE"))
		if kind == "function" {
			g.block(1)
		}
		fmt.Fprintf(g, "end%s()\nf%d(%s)\n", kind, number, pick(g, "x", "ON", "Abc"))
	default:
		fmt.Fprintf(g, "while(FALSE)\n")
		g.block(1)
		fmt.Fprintf(g, "endwhile()\n")
	}
}

// FuzzCMake: no file stops the scanner, and where it says that a value is written there is one.
func FuzzCMake(f *testing.F) {
	for _, name := range []string{"ports/rp2/CMakeLists.txt", "py/usermod.cmake",
		"py/mkrules.cmake",
		"ports/rp2/boards/PICO2_W/mpconfigboard.cmake"} {
		text, err := os.ReadFile(filepath.Join("..", "tests", "testdata", "tree", name))
		if err != nil {
			f.Fatal(err)
		}
		f.Add(string(text))
	}
	f.Add("macro(a)\na()\nendmacro()\na()\n")
	f.Add("set(A \"${A}${A}\")\nforeach(I ${A})\nset(A ${A} ${A})\nendforeach()")
	f.Add("set(MICROPY_TARGET [=[)]=] \\\n)\ntarget_compile_definitions(${MICROPY_TARGET} A=;B)")
	f.Fuzz(func(t *testing.T, text string) {
		for _, site := range readCMake(text).sites {
			if !site.made && (site.start < 0 || site.end < site.start || site.end > len(text)) {
				t.Errorf("%s is at %d to %d of %d bytes", site.Macro, site.start, site.end,
					len(text))
			}
		}
	})
}

// TestCMakePort reads the small port as its boards configure it.
func TestCMakePort(t *testing.T) {
	dir := t.TempDir()
	writeFiles(t, dir, directoryFiles(t, filepath.Join("..", "tests", "testdata", "tree")))
	tree, err := micropython.Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, test := range []struct {
		board, variant string
		make           []string
		macro          string
		value          int64
		decides        string
	}{
		{board: "PICO_W", macro: "MICROPY_PY_SSL", value: 1,
			decides: "ports/rp2/mpconfigport.h:27"},
		{board: "PICO", macro: "MICROPY_PY_SSL", value: 0, decides: "py/mpconfig.h:"},
		{board: "PICO2_W", macro: "MICROPY_PY_SSL", value: 1,
			decides: "ports/rp2/boards/PICO2_W/mpconfigboard.cmake:7"},
		{board: "PICO2_W", macro: "MICROPY_BLUETOOTH_BTSTACK", value: 1,
			decides: "ports/rp2/CMakeLists.txt:"},
		{board: "EVB", macro: "MICROPY_PY_LWIP", value: 1, decides: "ports/rp2/CMakeLists.txt:"},
		{board: "EVB", macro: "MICROPY_DEBUG_VERBOSE", value: 0},
		{board: "EVB", make: []string{"CMAKE_ARGS=-DMICROPY_PY_EXTRA_DEBUG=ON"},
			macro: "MICROPY_DEBUG_VERBOSE", value: 1, decides: "ports/rp2/CMakeLists.txt:"},
		{board: "PICO", make: []string{"CFLAGS_EXTRA=-DMICROPY_PY_SSL=3"}, macro: "MICROPY_PY_SSL",
			value: 3},
	} {
		target, err := tree.Target("rp2", test.board, test.variant)
		if err != nil {
			t.Fatal(err)
		}
		target.Make = test.make
		state := Read(target).State(Want{Macro: test.macro})
		place := ""
		if state.Site != nil {
			place = state.Site.String()
		}
		if !state.Known || state.Value != test.value || !strings.HasPrefix(place, test.decides) {
			t.Errorf("%s %v: %s is %d (known: %v, %s), by %q; want %d, by %q", test.board,
				test.make, test.macro, state.Value, state.Known, state.Doubt, place, test.value,
				test.decides)
		}
	}
	target, err := tree.Target("rp2", "PICO2_W", "RISCV")
	if err != nil {
		t.Fatal(err)
	}
	if e, ok := Read(target).Explain("MICROPY_HW_RISCV"); !ok || !e.IsVariable ||
		e.State.Value != 1 || e.Places[0].Written() != "set(MICROPY_HW_RISCV ON)" {
		t.Errorf("the variant's variable: %v, %+v", ok, e)
	}
	if unread := Read(target).Unread(); len(unread) > 0 {
		t.Errorf("not read: %v", unread)
	}
}
