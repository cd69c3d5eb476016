package verify

import (
	"os"
	"strings"
	"testing"

	"mpwolf/internal/lazyregexp"
)

var errorLine = lazyregexp.New(`(?m)^#error "(no files .*)"$`)

// TestNoFilesFix holds that each error of wolf_processors.h gets a fix that names a command.
func TestNoFilesFix(t *testing.T) {
	text, err := os.ReadFile("../../modules/micropython-wolfssl/wolf_processors.h")
	if err != nil {
		t.Fatal(err)
	}
	found := errorLine().FindAllSubmatch(text, -1)
	if len(found) < 6 {
		t.Fatalf("only %q", found)
	}
	for _, m := range found {
		fix := compileFix(`#error "` + string(m[1]) + `"`)
		if !strings.Contains(fix, "mpwolf patch --wolfssl-full") ||
			strings.Contains(string(m[1]), "--user-") != strings.Contains(fix, "--user-settings") {
			t.Errorf("%s: %q", m[1], fix)
		}
	}
}
