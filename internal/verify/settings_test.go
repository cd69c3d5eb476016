package verify

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestDangersAreDocumented checks that the list in docs/verify.md is that of the code.
func TestDangersAreDocumented(t *testing.T) {
	text, err := os.ReadFile(filepath.Join("..", "..", "docs", "verify.md"))
	if err != nil {
		t.Fatal(err)
	}
	_, listed, _ := strings.Cut(string(text), "<!-- dangers: begin -->")
	listed, _, _ = strings.Cut(listed, "<!-- dangers: end -->")
	var want []string
	for _, d := range dangers {
		name := "`" + d.macro + "`"
		needed, without := strings.CutPrefix(d.needs, "!")
		switch {
		case d.unset:
			name = "no " + name
		case d.below != 0:
			name += fmt.Sprintf(" below %d", d.below)
		case d.above != 0:
			name += fmt.Sprintf(" above %d", d.above)
		}
		if d.needs != "" {
			name += map[bool]string{false: " with `", true: " without `"}[without] + needed + "`"
		}
		want = append(want, name)
	}
	if got := strings.Join(strings.Fields(listed), " "); got != strings.Join(want, ", ") {
		t.Errorf("docs/verify.md has %s; want %s", got, strings.Join(want, ", "))
	}
}
