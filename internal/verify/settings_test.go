package verify

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestDangersAreDocumented holds that the list in docs/verify.md is that of the code.
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
		if d.below != 0 {
			name += fmt.Sprintf(" below %d", d.below)
		}
		want = append(want, name)
	}
	if got := strings.Join(strings.Fields(listed), " "); got != strings.Join(want, ", ") {
		t.Errorf("docs/verify.md has %s; want %s", got, strings.Join(want, ", "))
	}
}
