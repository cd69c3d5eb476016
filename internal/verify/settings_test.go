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

// TestSwitchOff holds that the notes on mpwolf's own settings name a switch that these settings
// know, and that those on a product's do not.
func TestSwitchOff(t *testing.T) {
	ours := settingsCheck{&evidence{Options: Options{
		WolfSSL: "/m/wolfssl", Settings: "/m/ports/unix/user_settings.h",
	}}}
	own := settingsCheck{&evidence{Options: Options{WolfSSL: "/m/wolfssl", Settings: "/p/s.h"}}}
	text, err := os.ReadFile("../../ports/unix/user_settings.h")
	if err != nil {
		t.Fatal(err)
	}
	switched := 0
	for _, w := range weaknesses {
		if w.by == "" {
			continue
		}
		switched++
		got := ours.switchOff(w, Finding{File: ours.Settings})
		if !strings.HasPrefix(got, "mpwolf patch --make "+w.by+" leaves it out, and with it ") {
			t.Errorf("%s: %s", w.macro, got)
		}
		name, _, _ := strings.Cut(w.by, "=")
		guarded := "#ifndef MICROPY_" + name + "\n#define " + w.macro + "\n#endif\n"
		if !strings.Contains(string(text), guarded) {
			t.Errorf("ports/unix/user_settings.h does not have: %s", guarded)
		}
		if got := own.switchOff(w, Finding{File: own.Settings}); strings.Contains(got, w.by) {
			t.Errorf("%s: %s", w.macro, got)
		}
	}
	if switched != 2 {
		t.Errorf("%d weaknesses have a switch", switched)
	}
}
