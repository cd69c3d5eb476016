package patches

import (
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// TestCMakeMutations is TestMutations for a port that CMake builds: what the planner says is what
// CMake and the compiler see, or an error.
func TestCMakeMutations(t *testing.T) {
	if testing.Short() {
		t.Skip("skipped with -short: needs a C compiler")
	}
	if _, err := exec.LookPath("cmake"); err != nil {
		t.Skip(err)
	}
	t.Setenv("MPWOLF_CACHE", filepath.Join(t.TempDir(), "cache"))
	files := directoryFiles(t, filepath.Join("..", "tests", "testdata", "tree"))
	c := &mutated{port: "rp2", board: "PICO_W", files: []string{
		"ports/rp2/boards/PICO_W/mpconfigboard.cmake", "ports/rp2/boards/PICO_W/mpconfigboard.h",
		"ports/rp2/mpconfigport.h", "ports/rp2/CMakeLists.txt", "ports/rp2/CMakeLists.txt",
		"py/mkrules.cmake", "py/mpconfig.h",
	}}
	dir := t.TempDir()
	writeFiles(t, dir, files)
	c.run(t, dir, files, mutations(2*mutationCount/5))
}

// cmakeModule is what our micropython.cmake does with a pristine fragment.
const cmakeModule = `set(WOLFSSL_DEFINITIONS X=1)
include(${CMAKE_CURRENT_LIST_DIR}/pristine/rp2.cmake OPTIONAL)
add_library(usermod_m INTERFACE)
target_include_directories(usermod_m INTERFACE ${CMAKE_CURRENT_LIST_DIR})
target_compile_definitions(usermod_m INTERFACE ${WOLFSSL_DEFINITIONS})
target_link_libraries(usermod INTERFACE usermod_m)
`

func isCMake(name string) bool {
	return filepath.Ext(name) == ".cmake" || filepath.Base(name) == "CMakeLists.txt"
}

var (
	// cmakeStart is where a command begins, and so may another one before it.
	cmakeStart = regexp.MustCompile(`^(set|if|list|include|option|endif|target_\w+|add_\w+)\b *\(`)
	cmakeOne   = regexp.MustCompile(`^ *(set|list|option|include|target_\w+)\b *\(.*\)$`)
	cmakeWord  = regexp.MustCompile(`\b(ON|OFF|=1|=0)\b|=[01]\b`)
)

// mutateCMake changes a CMake file at random.
func (m *mutator) mutateCMake(lines []string) string {
	starts, ones := []int{len(lines)}, []int{}
	for i, line := range lines {
		if cmakeStart.MatchString(line) {
			starts = append(starts, i)
		}
		if cmakeOne.MatchString(line) {
			ones = append(ones, i)
		}
	}
	if len(ones) == 0 || m.IntN(2) == 0 {
		lines = slices.Insert(lines, starts[m.IntN(len(starts))], m.cmakeCommand())
		return join(lines)
	}
	i := ones[m.IntN(len(ones))]
	switch m.IntN(6) {
	case 0:
		lines[i] = m.pick("# ", "#[[ ", "#") + lines[i]
		if strings.HasPrefix(lines[i], "#[[") {
			lines[i] += " ]]"
		}
	case 1:
		lines[i] = m.cmakeCondition() + "\n" + lines[i] +
			m.pick("", "\nelse()\n"+m.cmakeCommand()) + "\nendif()"
	case 2:
		lines[i] = strings.Replace(lines[i], "(", m.pick("( ", " (\n  ", "(# why\n "), 1)
	case 3:
		lines[i] = wantedName.ReplaceAllString(lines[i],
			m.pick(slices.Concat(wanted, otherNames)...))
	case 4:
		return strings.ReplaceAll(join(lines), "\n", "\r\n")
	default:
		for i, line := range lines {
			if cmakeWord.MatchString(line) && m.IntN(3) == 0 {
				lines[i] = strings.NewReplacer("ON)", "OFF)", "OFF)", "ON)", "=1", "=0", "=0",
					"=1").Replace(line)
				break
			}
		}
	}
	return join(lines)
}

// cmakeCommand is a command, or some, that may set something.
func (m *mutator) cmakeCommand() string {
	name, value := m.pick(wanted...), m.pick("0", "1")
	word := name + "=" + value
	target := "target_compile_definitions(" + m.pick("${MICROPY_TARGET}", "firmware") + " " +
		m.pick("PRIVATE", "PUBLIC") + " "
	return m.pick(
		"set("+name+" "+m.pick("ON", "OFF", "1", "0", "\"\"", "word")+")",
		target+word+")",
		target+"\n    "+word+" # why\n    Y=2\n)",
		target+"-D"+word+")",
		target+name+")",
		target+"\""+word+"\")",
		target+"$<1:"+word+">)",
		target+"${"+m.pick("MICROPY_DEF_BOARD", "MICROPY_MORE")+"})",
		"list(APPEND MICROPY_DEF_BOARD "+word+")",
		"list(APPEND MICROPY_DEF_BOARD Z=1 "+word+")\n"+
			"list(REMOVE_ITEM MICROPY_DEF_BOARD "+word+")",
		"set(MICROPY_DEF_BOARD "+word+" ${MICROPY_DEF_BOARD})",
		"set(MICROPY_VALUE "+value+")\n"+target+name+"=${MICROPY_VALUE})",
		"add_compile_definitions("+word+")",
		"add_definitions(-D"+word+")",
		"set(CMAKE_C_FLAGS \"${CMAKE_C_FLAGS} -D"+word+"\")",
		"string(APPEND CMAKE_C_FLAGS \" -D"+word+"\")",
		"target_compile_options(${MICROPY_TARGET} PRIVATE "+m.pick("-D"+word, "-U"+name)+")",
		"option("+name+" \"about it\" "+m.pick("ON", "OFF")+")\nif("+name+")\n"+target+name+
			"=1)\nendif()",
		"unset("+m.pick("MICROPY_PY_LWIP", "MICROPY_BLUETOOTH_BTSTACK", name)+")",
		"function(some_f N)\n"+target+"${N}="+value+")\nendfunction()\nsome_f("+name+")",
		"macro(some_m)\nset(MICROPY_MORE "+word+")\nendmacro()\nsome_m()",
		"foreach(X "+name+" Y)\n"+target+"${X}="+value+")\nendforeach()",
		m.cmakeCondition()+"\n"+target+word+")\nendif()",
		m.cmakeCondition()+"\nset("+m.pick("MICROPY_BLUETOOTH_BTSTACK", "MICROPY_PY_LWIP")+
			" OFF)\nendif()",
		"set_source_files_properties(main.c PROPERTIES COMPILE_DEFINITIONS "+word+")",
	)
}

func (m *mutator) cmakeCondition() string {
	name := m.pick("MICROPY_PY_LWIP", "MICROPY_SSL_MBEDTLS", "MICROPY_NOWHERE", "PICO_BOARD")
	return "if(" + m.pick(name, "NOT "+name, "DEFINED "+name, name+" AND TRUE", "0 OR "+name,
		"PICO_BOARD STREQUAL pico_w", "\"${PICO_BOARD}\" MATCHES w$", "TARGET usermod",
		"CMAKE_C_COMPILER_ID STREQUAL GNU", "NOT (1 EQUAL 2)", "EXISTS ${MICROPY_DIR}/py/obj.c",
		"CMAKE_VERSION VERSION_GREATER 3.5", "FALSE", "pico_w IN_LIST PICO_BOARD",
		"NOT MICROPY_BOARD STREQUAL PICO_W") + ")"
}
