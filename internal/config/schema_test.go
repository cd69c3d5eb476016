package config

import (
	"encoding/json"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/BurntSushi/toml"
	"github.com/santhosh-tekuri/jsonschema/v6"
)

// TestSchema holds docs/mpwolf-schema.json, which editors use, equal to what is read: the same
// keys, and the same verdict on files. What a schema cannot say is left to the reader: such files
// are refused here only.
func TestSchema(t *testing.T) {
	const name = "../../docs/mpwolf-schema.json"
	text, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	var keys struct {
		Properties  map[string]any
		Definitions struct {
			Target struct{ Properties map[string]any }
		}
	}
	if err := json.Unmarshal(text, &keys); err != nil {
		t.Fatal(err)
	}
	sameKeys(t, "the file", keys.Properties, topKeys)
	sameKeys(t, "a target", keys.Definitions.Target.Properties, targetKeys)
	compiler := jsonschema.NewCompiler()
	schema, err := compiler.Compile(name)
	if err != nil {
		t.Fatal(err)
	}
	const target = "[[target]]\nport = 'unix'\n"
	for _, test := range []struct {
		text           string
		read, byEditor bool
	}{
		{"", true, true},
		{"tree = 'micropython'\nmicropython = 'v1.26.1'\nwolfssl = '5.9.2'\nmodules = 'm'\n" +
			"pristine = true\ndrop-in = false\n" + target, true, true},
		{target + "variant = 'standard'\nprofile = 'tiny'\nmake = ['A=1', 'B.c+=2']\n" +
			"max-flash = '512K'\nmax-ram = 65536\nmin-heap = '64 KiB'\nmin-stack = '0x1000'\n",
			true, true},
		{"[[target]]\nport = 'stm32'\nboard = 'boards/OURS'\nuser-settings = 's.h'\n", true, true},
		{"tre = 'x'\n", false, false},
		{"tree = 1\n", false, false},
		{"tree = '/x'\n", false, false},
		{"micropython = 'new'\n", false, false},
		{"pristine = 'yes'\n", false, false},
		{"[target]\nport = 'unix'\n", false, false},
		{"[[target]]\nvariant = 'standard'\n", false, false},
		{"[[target]]\nport = '../unix'\n", false, false},
		{target + "max-flash = '64KB'\n", false, false},
		{target + "max-flash = true\n", false, false},
		{target + "max-ram = -1\n", false, false},
		{target + "make = 'A=1'\n", false, false},
		{target + "make = ['-j4']\n", false, false},
		{target + "profile = 'huge'\n", false, false},
		{target + "tree = 'x'\n", false, false},
		{"tree = 'a/../../x'\n", false, true}, // leads out of the directory
		{target + target, false, true},        // twice the same
	} {
		read, byEditor := verdicts(t, schema, test.text)
		if (read == nil) != test.read {
			t.Errorf("%q: read: %v", test.text, read)
		}
		if (byEditor == nil) != test.byEditor {
			t.Errorf("%q: by the schema: %v", test.text, byEditor)
		}
	}
	// Every value of every key, whatever it means.
	words := []string{"", " ", "/x", `\\x`, `a\\b`, "-x", "a/b", "./a", "a//b", `\t`, `x\n`,
		`\u0000`, `x\u007f`, "ä", "5.9.2", "5.9", "v5.9.2", "v1.26.1", "1.26", "1.26.x",
		"v1.26.0-preview", "v1.26.0-preview2", "v1.26.0garbage", "1.26.0.7", "full", "Full",
		"unix", "a+b", "+a", "a b", "C:x"}
	for _, key := range []string{"tree", "micropython", "wolfssl", "modules"} {
		for _, word := range words {
			sameVerdict(t, schema, key+` = "`+word+`"`)
		}
	}
	for _, key := range []string{"board", "variant", "user-settings", "profile"} {
		for _, word := range words {
			sameVerdict(t, schema, target+key+` = "`+word+`"`)
		}
	}
	for _, word := range words {
		sameVerdict(t, schema, "[[target]]\nport = \""+word+`"`)
	}
	for _, size := range []string{"1", "0", "00", "08", "0010", "4294967296", "999999999999M",
		"9999999999999", "99999999999999999999", "1_000", "0b11", "0o17K", "5 kB  ", "5  kB", " 5",
		"0x10", "0x0", "0x", "0x1B", "0x10K", "0X0c", "0xfffffffff", "0xfffffffffff", "1K", "1Ki",
		"1KiB", "1KB", "1k", "1ki", "1M", "1m", "1MB", "1B", "1G", "K", "-1", "+1", "1.5M", "",
		`1\n`, "٣"} {
		for _, key := range sizeKeys {
			sameVerdict(t, schema, target+key+` = "`+size+`"`)
		}
	}
	for _, number := range []string{"0", "1", "-1", "1_000", "0b11", "0o17", "0x10",
		"4294967296"} {
		sameVerdict(t, schema, target+"max-ram = "+number)
	}
	names := slices.Concat(slices.Sorted(maps.Keys(settled)), slices.Sorted(maps.Keys(whole)),
		switches, []string{"WOLFSSL_PROFILE", "A", "CFLAGS_EXTRA", "BOARDS", "a.b", "", "-A",
			"A B"})
	for _, name := range names {
		for _, sets := range []string{"=", ":=", "+=", "?=", "", "!="} {
			for _, value := range []string{"", "0", "1", "2", "x", "tiny", `tiny\n`, `1\nx`,
				"01"} {
				sameVerdict(t, schema, target+`make = ["`+name+sets+value+`"]`)
			}
		}
	}
}

// sameVerdict checks that the reader and the schema agree on a file.
func sameVerdict(t *testing.T, schema *jsonschema.Schema, text string) {
	t.Helper()
	if read, byEditor := verdicts(t, schema, text); (read == nil) != (byEditor == nil) {
		t.Errorf("%q: read: %v; by the schema: %v", text, read, byEditor)
	}
}

// verdicts are what the reader and the schema say about a file.
func verdicts(t *testing.T, schema *jsonschema.Schema, text string) (read, byEditor error) {
	t.Helper()
	_, read = parse(filepath.Join(t.TempDir(), Name), []byte(text))
	value := map[string]any{}
	if _, err := toml.Decode(text, &value); err != nil {
		t.Fatalf("%q: %v", text, err)
	}
	encoded, err := json.Marshal(value)
	if err != nil {
		t.Fatal(err)
	}
	instance, err := jsonschema.UnmarshalJSON(strings.NewReader(string(encoded)))
	if err != nil {
		t.Fatal(err)
	}
	return read, schema.Validate(instance)
}

func sameKeys(t *testing.T, what string, schema map[string]any, known []string) {
	t.Helper()
	for name := range schema {
		if !slices.Contains(known, name) {
			t.Errorf("%s has no key %s; the schema has it", what, name)
		}
	}
	for _, name := range known {
		if schema[name] == nil {
			t.Errorf("%s has the key %s; the schema does not", what, name)
		}
	}
}
