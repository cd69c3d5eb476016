package matrix

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"mpwolf/internal/shell"
)

func TestMatrix(t *testing.T) {
	dir := t.TempDir()
	const text = `
[[target]]
port = "unix"
variant = "standard"
[[target]]
port = "stm32"
board = "boards/ours/PANEL"
[[target]]
port = "stm32"
board = "boards/old one/PANEL"
`
	if err := os.WriteFile(filepath.Join(dir, "mpwolf.toml"), []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
	targets, err := Of(dir)
	if err != nil {
		t.Fatal(err)
	}
	var github, gitlab bytes.Buffer
	if err := GitHub(&github, targets); err != nil {
		t.Fatal(err)
	}
	if err := GitLab(&gitlab, targets[:2]); err != nil {
		t.Fatal(err)
	}
	for board, good := range map[string]bool{"boards/old one/PANEL": false, "boards/ä ö": false,
		"boards/ä": true, "boards/a*": false, "boards/it's": false, "boards/$X": false,
		"boards/a;b": false, "boards/a\u00a0b": false, "PYBV11": true, "": true} {
		target := Target{Name: "x", Port: "stm32", Board: board,
			Args: shell.Join([]string{"--port", "stm32", "--board", board})}
		var text bytes.Buffer
		err := GitLab(&text, []Target{target})
		if (err == nil) != good || !good && text.Len() > 0 ||
			board != "" && strings.Contains(text.String(), "'") {
			t.Errorf("%q: %v, %s", board, err, text.String())
		}
	}
	const wantGitHub = `{"include":[` +
		`{"name":"unix-standard","port":"unix","variant":"standard",` +
		`"args":"--port unix --variant standard"},` +
		`{"name":"stm32-PANEL","port":"stm32","board":"boards/ours/PANEL",` +
		`"args":"--port stm32 --board boards/ours/PANEL"},` +
		`{"name":"stm32-PANEL-2","port":"stm32","board":"boards/old one/PANEL",` +
		`"args":"--port stm32 --board 'boards/old one/PANEL'"}]}` + "\n"
	const wantGitLab = `.mpwolf-targets:
  parallel:
    matrix:
      - MPWOLF_TARGET: "unix-standard"
        MPWOLF_ARGS: "--port unix --variant standard"
      - MPWOLF_TARGET: "stm32-PANEL"
        MPWOLF_ARGS: "--port stm32 --board boards/ours/PANEL"
`
	if github.String() != wantGitHub {
		t.Errorf("got\n%s", github.String())
	}
	if gitlab.String() != wantGitLab {
		t.Errorf("got\n%s", gitlab.String())
	}
}
