package config

import (
	"os"
	"path/filepath"
	"testing"
)

// TestWithReleases sets values where they are, and leaves everything else as a person wrote it.
func TestWithReleases(t *testing.T) {
	for name, test := range map[string]struct {
		text string
		to   Releases
		want string // "" for an error
	}{
		"both": {
			"micropython = \"v1.25.0\" # ours\n  wolfssl='5.7.2'\n[[target]]\nport = \"unix\"\n",
			Releases{"v1.26.0", "5.9.2"},
			"micropython = \"v1.26.0\" # ours\n  wolfssl=\"5.9.2\"\n[[target]]\nport = \"unix\"\n",
		},
		"one": {"micropython = \"v1.25.0\"\nwolfssl = \"5.7.2\"", Releases{WolfSSL: "5.9.2"},
			"micropython = \"v1.25.0\"\nwolfssl = \"5.9.2\""},
		"none": {"wolfssl = \"5.7.2\"\n", Releases{}, "wolfssl = \"5.7.2\"\n"},
		"added": {"# ours\n[[target]]\nport = \"unix\"\n", Releases{WolfSSL: "5.9.2"},
			"# ours\nwolfssl = \"5.9.2\"\n[[target]]\nport = \"unix\"\n"},
		"schema": {"#:schema docs/s.json\n# ours\n\n# the tree\ntree = \"mp\"\n",
			Releases{"v1.26.0", "5.9.2"},
			"#:schema docs/s.json\n# ours\nwolfssl = \"5.9.2\"\nmicropython = \"v1.26.0\"\n\n" +
				"# the tree\ntree = \"mp\"\n"},
		"only comments": {"\n#:schema docs/s.json", Releases{WolfSSL: "5.9.2"},
			"\n#:schema docs/s.json\nwolfssl = \"5.9.2\"\n"},
		"nothing": {"", Releases{WolfSSL: "5.9.2"}, "wolfssl = \"5.9.2\"\n"},
		"a mark, first line": {"\ufeffwolfssl = \"5.7.2\"\r\ntree = \"mp\"\r\n",
			Releases{WolfSSL: "5.9.2"},
			"\ufeffwolfssl = \"5.9.2\"\r\ntree = \"mp\"\r\n"},
		"a mark, added": {"\ufeff#:schema s.json\ntree = \"mp\"\n", Releases{WolfSSL: "5.9.2"},
			"\ufeff#:schema s.json\nwolfssl = \"5.9.2\"\ntree = \"mp\"\n"},
		"a mark, no comment": {"\ufefftree = \"mp\"\n", Releases{WolfSSL: "5.9.2"},
			"\ufeffwolfssl = \"5.9.2\"\ntree = \"mp\"\n"},
		"line ends": {"tree = \"mp\"\r\nwolfssl = \"5.7.2\"\r\n", Releases{"v1.26.0", "5.9.2"},
			"micropython = \"v1.26.0\"\r\ntree = \"mp\"\r\nwolfssl = \"5.9.2\"\r\n"},
		"a comment with the key": {"# wolfssl = \"5.5.4\"\nwolfssl = \"5.7.2\"\n",
			Releases{WolfSSL: "5.9.2"}, "# wolfssl = \"5.5.4\"\nwolfssl = \"5.9.2\"\n"},
		"several lines": {"wolfssl = \"\"\"\n5.7.2\"\"\"\n", Releases{WolfSSL: "5.9.2"}, ""},
	} {
		path := filepath.Join(t.TempDir(), Name)
		if err := os.WriteFile(path, []byte(test.text), 0o644); err != nil {
			t.Fatal(err)
		}
		file := &File{Path: path}
		before, after, err := file.WithReleases(test.to)
		if (err != nil) != (test.want == "") || string(after) != test.want ||
			err == nil && string(before) != test.text {
			t.Errorf("%s: got %q, %v; want %q", name, after, err, test.want)
		}
	}
}
