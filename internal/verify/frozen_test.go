package verify

import (
	"strings"
	"testing"
)

// bytecode is what mpy-tool.py writes for functions, each with its names, as "f a b:", and its
// instructions.
func bytecode(functions ...string) string {
	var text strings.Builder
	for _, function := range functions {
		names, code, _ := strings.Cut(function, ":")
		text.WriteString("// frozen bytecode for file ssl.py, scope x\n    0x01, // names: " +
			strings.Join(strings.Fields(names), ", ") + "\n")
		for in := range strings.SplitSeq(code, ";") {
			text.WriteString("    0x12,0x03, // " + strings.TrimSpace(in) + "\n")
		}
	}
	return text.String()
}

func TestFrozenImports(t *testing.T) {
	for _, test := range []struct {
		name string
		file frozenFile
		want bool
	}{
		{"an import", frozenFile{text: bytecode("<module>: IMPORT_NAME 'tls'; STORE_NAME 'tls'")},
			true},
		{"a variable", frozenFile{text: bytecode("<module>: LOAD_CONST_NONE; STORE_NAME 'tls'")},
			false},
		{"a class", frozenFile{text: bytecode("<module>: LOAD_CONST_STRING 'tls'; CALL_FUNCTION "+
			"2; STORE_NAME 'tls'", "tls: LOAD_NAME '__name__'")}, false},
		{"another module", frozenFile{text: bytecode("<module>: IMPORT_NAME 'tlsx'")}, false},
		{"text", frozenFile{text: `from tls import *\n`, isText: true}, true},
		{"text with two", frozenFile{text: `import io, tls\n`, isText: true}, true},
		{"text with a class", frozenFile{text: `class tls: pass\n`, isText: true}, false},
	} {
		if got := test.file.imports("ussl", "tls"); got != test.want {
			t.Errorf("%s: %v", test.name, got)
		}
	}
}

func TestFrozenTurnsOff(t *testing.T) {
	const zero, no, yes = "LOAD_CONST_SMALL_INT 0", "LOAD_CONST_FALSE", "LOAD_CONST_TRUE"
	const mode, c = "; STORE_ATTR 'verify_mode'", "; LOAD_FAST 4"
	for _, test := range []struct {
		name, want string
		functions  []string
	}{
		{"0", "verify_mode", []string{"f: " + zero + c + mode}},
		{"0 in an attribute's attribute", "verify_mode",
			[]string{"f: " + zero + c + "; LOAD_ATTR '_context'" + mode}},
		{"False", "check_hostname", []string{"f: " + no + c + "; STORE_ATTR 'check_hostname'"}},
		{"True", "", []string{"f: " + yes + c + "; STORE_ATTR 'check_hostname'"}},
		{"2", "", []string{"f: LOAD_CONST_SMALL_INT 2" + c + mode}},
		{"CERT_REQUIRED", "", []string{"f: LOAD_GLOBAL 'tls'; LOAD_ATTR 'CERT_REQUIRED'" + c +
			mode}},
		{"a variable", "verify_mode", []string{"f: " + zero + "; STORE_FAST 5; LOAD_FAST 5" + c +
			mode}},
		{"another variable", "",
			[]string{"f: " + zero + "; STORE_FAST 6; LOAD_FAST 5" + c + mode}},
		{"a variable of another function", "", []string{"g: " + zero + "; STORE_FAST 5",
			"f: LOAD_FAST 5" + c + mode}},
		{"a variable of the module", "verify_mode", []string{"<module>: " + zero +
			"; STORE_NAME 'OFF'", "f: LOAD_GLOBAL 'OFF'" + c + mode}},
		{"a setter", "", []string{"verify_mode self val: LOAD_FAST 1; LOAD_FAST 0; " +
			"LOAD_ATTR '_context'" + mode}},
		{"a default", "cert_reqs", []string{"<module>: " + zero + "; " + no +
			"; BUILD_TUPLE 2; LOAD_NULL; MAKE_FUNCTION_DEFARGS 1; STORE_NAME 'wrap_socket'",
			"wrap_socket s cert_reqs server_side: LOAD_CONST_NONE"}},
		{"another default", "", []string{"<module>: LOAD_CONST_SMALL_INT 2; " + no +
			"; BUILD_TUPLE 2; LOAD_NULL; MAKE_FUNCTION_DEFARGS 1; STORE_NAME 'wrap_socket'",
			"wrap_socket s cert_reqs server_side: LOAD_FAST 1" + c + mode}},
		{"a default of another name", "verify_mode", []string{"<module>: " + zero +
			"; BUILD_TUPLE 1; LOAD_NULL; MAKE_FUNCTION_DEFARGS 1; STORE_NAME 'f'",
			"f s how: LOAD_FAST 1" + c + mode}},
		{"an argument by name", "cert_reqs", []string{"f: LOAD_GLOBAL 'wrap_socket'; LOAD_FAST " +
			"0; LOAD_CONST_STRING 'cert_reqs'; " + zero + "; CALL_FUNCTION 257"}},
		{"setattr", "verify_mode", []string{"f: LOAD_GLOBAL 'setattr'" + c +
			"; LOAD_CONST_STRING 'verify_mode'; " + zero + "; CALL_FUNCTION 3"}},
		{"a dictionary", "cert_reqs", []string{"f: BUILD_MAP 1; " + zero +
			"; LOAD_CONST_STRING 'cert_reqs'; STORE_MAP"}},
	} {
		want := test.want
		if want != "" {
			want = "sets " + want + " to 0 or False"
		}
		f := frozenFile{name: "ssl.py", text: bytecode(test.functions...)}
		if got := f.turnsOff(); got != want {
			t.Errorf("%s: %q", test.name, got)
		}
	}
	f := frozenFile{text: bytecode("f: LOAD_CONST_STRING 'CERT_NONE'; STORE_ATTR 'verify_mode'")}
	if got := f.turnsOff(); got != "sets CERT_NONE" {
		t.Errorf("%q", got)
	}
	for text, want := range map[string]bool{`c.verify_mode = 0\n`: true,
		`wrap_socket(s, cert_reqs=0)`: true, `c.verify_mode = 2\n`: false} {
		if got := (frozenFile{text: text, isText: true}).turnsOff() != ""; got != want {
			t.Errorf("%s: %v", text, got)
		}
	}
}
