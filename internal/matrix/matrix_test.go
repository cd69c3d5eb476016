package matrix

import (
	"bytes"
	"os"
	"path/filepath"
	"testing"
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
	if err := GitLab(&gitlab, targets); err != nil {
		t.Fatal(err)
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
      - MPWOLF_TARGET: "stm32-PANEL-2"
        MPWOLF_ARGS: "--port stm32 --board 'boards/old one/PANEL'"
`
	if github.String() != wantGitHub {
		t.Errorf("got\n%s", github.String())
	}
	if gitlab.String() != wantGitLab {
		t.Errorf("got\n%s", gitlab.String())
	}
}
