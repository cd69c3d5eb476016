package config

import (
	"encoding/json"
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
		{"tree = 'a/../../x'\n", false, true},          // leads out of the directory
		{target + target, false, true},                 // twice the same
		{target + "make = ['BOARD=X']\n", false, true}, // a variable that mpwolf sets itself
	} {
		_, err := parse(filepath.Join(t.TempDir(), Name), []byte(test.text))
		if (err == nil) != test.read {
			t.Errorf("%q: read: %v", test.text, err)
		}
		value := map[string]any{}
		if _, err := toml.Decode(test.text, &value); err != nil {
			t.Fatal(err)
		}
		text, err := json.Marshal(value)
		if err != nil {
			t.Fatal(err)
		}
		instance, err := jsonschema.UnmarshalJSON(strings.NewReader(string(text)))
		if err != nil {
			t.Fatal(err)
		}
		if err := schema.Validate(instance); (err == nil) != test.byEditor {
			t.Errorf("%q: by the schema: %v", test.text, err)
		}
	}
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
