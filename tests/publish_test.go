package tests_test

import (
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// TestPublish is that all that needs the public address is made from it, and that nothing is made
// without one; and that README.md has what is made with the address that is set.
func TestPublish(t *testing.T) {
	top := t.TempDir()
	tool := filepath.Join(top, "publish")
	build := exec.Command("go", "build", "-C", "../tools", "-o", tool, "./publish")
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	publish := func(args ...string) (map[string]string, error) {
		t.Helper()
		dir, err := os.MkdirTemp(top, "")
		if err != nil {
			t.Fatal(err)
		}
		out, err := exec.Command(tool, append(args, dir)...).CombinedOutput()
		if err != nil {
			return nil, fmt.Errorf("%w: %s", err, out)
		}
		entries, err := os.ReadDir(dir)
		if err != nil {
			t.Fatal(err)
		}
		made := make(map[string]string)
		for _, e := range entries {
			made[e.Name()] = string(readFile(t, filepath.Join(dir, e.Name())))
		}
		return made, nil
	}

	var sums strings.Builder
	sum := func(i int) string { return strings.Repeat(fmt.Sprint(i), 64) }
	for i, name := range []string{"linux-amd64.tar.gz", "linux-arm64.tar.gz",
		"darwin-amd64.tar.gz", "darwin-arm64.tar.gz", "windows-amd64.zip", "windows-arm64.zip"} {
		fmt.Fprintf(&sums, "%s  mpwolf-1.2.3-%s\n", sum(i), name)
	}
	file := filepath.Join(top, "SHA256SUMS")
	writeFile(t, top, "SHA256SUMS", []byte(sums.String()))
	release := []string{"-version", "1.2.3", "-sums", file}

	made, err := publish(append(release, "-address", "")...)
	if err != nil || len(made) > 0 {
		t.Errorf("without an address: %v, %v", made, err)
	}
	made, err = publish(append(release, "-address", "https://example.org/mpwolf")...)
	if err != nil || len(made) != 3 {
		t.Fatalf("%v, %v", made, err)
	}
	const base = "https://example.org/mpwolf/releases/download/v1.2.3/mpwolf"
	for i, name := range []string{"linux-amd64", "linux-arm64", "darwin-amd64", "darwin-arm64"} {
		want := fmt.Sprintf("url \"%s-1.2.3-%s.tar.gz\"\n      sha256 %q", base, name, sum(i))
		if !strings.Contains(made["mpwolf.rb"], want) {
			t.Errorf("the formula has no %s", want)
		}
	}
	var scoop struct {
		Version, Bin string
		Architecture map[string]struct {
			URL, Hash, ExtractDir string
		}
	}
	text := strings.ReplaceAll(made["mpwolf.json"], "extract_dir", "extractDir")
	if err := json.Unmarshal([]byte(text), &scoop); err != nil {
		t.Fatal(err)
	}
	if arm := scoop.Architecture["arm64"]; scoop.Version != "1.2.3" || scoop.Bin == "" ||
		arm.URL != base+"-1.2.3-windows-arm64.zip" || arm.Hash != sum(5) ||
		arm.ExtractDir != "mpwolf-1.2.3-windows-arm64" || len(scoop.Architecture) != 2 {
		t.Errorf("scoop: %+v", scoop)
	}
	for _, want := range []string{base + "_1.2.3_amd64.deb", "brew tap", "scoop install " + base} {
		if !strings.Contains(made["install.md"], want) {
			t.Errorf("install.md has no %q", want)
		}
	}
	for _, wrong := range [][]string{{"-version", "1.2.4", "-sums", file}, {"-version", "1.2.3"}} {
		args := append(wrong, "-address", "https://example.org/mpwolf")
		if made, err := publish(args...); err == nil {
			t.Errorf("%q: %v", wrong, made)
		}
	}
	for _, wrong := range []string{"http://example.org/", "https://example.org/",
		`https://x.org/m"; system("id"); "`, "https://x.org/#{`id`}", "https://x.org/m\n",
		"https://x.org/a b", "https://x.org/$(id)", "https://x.org/../x", "https://u@x.org/m",
		"https://x.org/m?q", "https://x.org/%24", "https://x.org$(id)/m", "https://", "x.org/m"} {
		made, err := publish("-address", wrong)
		if err == nil || !strings.Contains(err.Error(), fmt.Sprintf("%q is not an", wrong)) {
			t.Errorf("%q as an address: %v, %v", wrong, made, err)
		}
	}
	for _, wrong := range []string{`1.0"`, "../x", "v1.0", "v1.2.3", "1.2", "1.2.3\n", "1.2.3 ",
		"1.2.3-$(id)", "#{`id`}", "1.2.3/.."} {
		made, err := publish("-version", wrong, "-sums", file, "-address", "https://x.org/m")
		if err == nil || !strings.Contains(err.Error(), fmt.Sprintf("%q is not a sem", wrong)) {
			t.Errorf("%q as a version: %v, %v", wrong, made, err)
		}
	}
	for _, wrong := range []string{"1.2.3-rc.1", "1.2.3+linux", "1.2.3-0.a+b"} {
		made, err := publish("-version", wrong, "-sums", file, "-address", "https://x.org/m")
		if err == nil || !strings.Contains(err.Error(), fmt.Sprintf("%q is a pre", wrong)) {
			t.Errorf("%q as a version: %v, %v", wrong, made, err)
		}
	}
	if _, err := publish("-address", "https://git.example-1.org:8443/a.b/~mp_wolf"); err != nil {
		t.Errorf("a plain address: %v", err)
	}

	// With the address that is set.
	if made, err = publish(); err != nil {
		t.Fatal(err)
	}
	_, rest, begun := strings.Cut(string(readFile(t, "../README.md")), "<!-- install: begin -->\n")
	got, _, ended := strings.Cut(rest, "<!-- install: end -->")
	if !begun || !ended || got != made["install.md"] {
		t.Errorf("README.md has %q; want %q", got, made["install.md"])
	}
}
