package tests_test

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"go.yaml.in/yaml/v3"
)

// TestPackages makes the packages twice, in two directories, to the same bytes, the second time
// with another umask and another kind of temporary directory, and installs the deb below another
// root: what it has installed runs. With MPWOLF_TEST_PACKAGES, the program is built for
// each of them, as for a release; otherwise both have one that was built once, with what
// the build cache has from the tests.
func TestPackages(t *testing.T) {
	whole := os.Getenv("MPWOLF_TEST_PACKAGES") != ""
	if os.Getenv("MPWOLF_TEST_APT") == "" && !whole {
		t.Skip("NOT TESTED: the packages; set MPWOLF_TEST_PACKAGES=1 to make them")
	}
	top := t.TempDir()
	args := []string{}
	if !whole {
		program := filepath.Join(top, "mpwolf")
		out, err := exec.Command("go", "build", "-o", program, "..").CombinedOutput()
		if err != nil {
			t.Fatalf("%v\n%s", err, out)
		}
		args = append(args, "--binary", program)
	}
	// The second time with another umask, and where new directories are setgid.
	other := filepath.Join(top, "other")
	if err := os.Mkdir(other, 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(other, os.ModeSetgid|0o700); err != nil {
		t.Fatal(err)
	}
	var made [2]string
	for i, name := range []string{"one", "two"} {
		made[i] = filepath.Join(top, name)
		cmd := exec.Command("../scripts/package", append(args, made[i])...)
		if name == "two" {
			cmd = exec.Command("sh", append([]string{"-c", `umask 077; exec "$@"`, "sh"},
				cmd.Args...)...)
			cmd.Env = append(os.Environ(), "TMPDIR="+other)
		}
		if out, err := cmd.CombinedOutput(); err != nil {
			t.Fatalf("%v\n%s", err, out)
		}
	}
	entries, err := os.ReadDir(made[0])
	if err != nil {
		t.Fatal(err)
	}
	kinds := map[string]string{}
	for _, entry := range entries {
		one := readFile(t, filepath.Join(made[0], entry.Name()))
		two := readFile(t, filepath.Join(made[1], entry.Name()))
		if !bytes.Equal(one, two) {
			t.Errorf("%s differs the second time", entry.Name())
		}
		kinds[filepath.Ext(entry.Name())] = filepath.Join(made[0], entry.Name())
	}
	if len(entries) != 5 || kinds[".deb"] == "" || kinds[".rpm"] == "" || kinds[".apk"] == "" ||
		kinds[".gz"] == "" {
		t.Errorf("made %v", entries)
	}
	shell(t, made[0], `sha256sum --quiet --check SHA256SUMS; test "$(wc -l <SHA256SUMS)" = 4`)

	root := filepath.Join(top, "root")
	shell(t, top, `
mkdir -p root/var/lib/dpkg/info root/var/lib/dpkg/updates; touch root/var/lib/dpkg/status
dpkg --root="$PWD/root" --force-not-root --log=/dev/null -i "$1" >dpkg.log 2>&1 || { cat dpkg.log; exit 1; }
gzip -dc root/usr/share/man/man1/mpwolf.1.gz | grep -q '^\.TH MPWOLF 1'
test -x root/usr/bin/mpwolf; test -s root/usr/share/doc/mpwolf/copyright
bash -n root/usr/share/bash-completion/completions/mpwolf
grep -q '^#compdef mpwolf' root/usr/share/zsh/site-functions/_mpwolf
test -s root/usr/share/fish/vendor_completions.d/mpwolf.fish
mkdir archive; tar -C archive --strip-components=1 -xzf "$2"; diff -r archive root/usr
`, kinds[".deb"], kinds[".gz"])
	out, err := exec.Command(filepath.Join(root, "usr/bin/mpwolf"), "version").CombinedOutput()
	if err != nil || !strings.Contains(string(out), "advisories until ") {
		t.Errorf("the installed mpwolf: %v\n%s", err, out)
	}
	packageFiles(t, top, args, root)
	packageVersions(t, top)
	if !whole {
		return
	}
	text, err := exec.Command("strings", "-a",
		filepath.Join(root, "usr/bin/mpwolf")).CombinedOutput()
	if here, wrong := filepath.Abs(".."); err != nil || wrong != nil ||
		bytes.Contains(text, []byte(here)) {
		t.Errorf("the program has the path of its sources: %v, %v", err, wrong)
	}
}

// packageFiles runs what goreleaser runs before it builds: it makes the same files as those that
// the deb has installed below root, and nothing else.
func packageFiles(t *testing.T, top string, args []string, root string) {
	t.Helper()
	var config struct{ Before struct{ Hooks []string } }
	text := readFile(t, "../tools/goreleaser/goreleaser.yaml")
	if err := yaml.Unmarshal(text, &config); err != nil {
		t.Fatal(err)
	}
	script := strings.Join(config.Before.Hooks, "\n")
	for _, pair := range [][2]string{
		{"build/release/files", filepath.Join(top, "files")},
		{"{{ .Version }}", "1.2.3"},
		{"scripts/package", strings.Join(append([]string{"../scripts/package"}, args...), " ")},
	} {
		if !strings.Contains(script, pair[0]) {
			t.Fatalf("goreleaser.yaml has no %s in its hooks:\n%s", pair[0], script)
		}
		script = strings.ReplaceAll(script, pair[0], pair[1])
	}
	if out, err := exec.Command("bash", "-e", "-c", script).CombinedOutput(); err != nil {
		t.Fatalf("goreleaser's hooks: %v\n%s\n%s", err, script, out)
	}
	shell(t, top, `test "$(ls files)" = share; diff -r files/share "$1/usr/share"`, root)
}

// packageVersions makes packages of a pre-release, which dpkg takes for older than the release,
// and asks for versions that some format does not have. The program is a small one.
func packageVersions(t *testing.T, top string) {
	t.Helper()
	dir, small := filepath.Join(top, "pre-release"), t.TempDir()
	writeFile(t, small, "mpwolf", []byte("#!/bin/sh\necho small\n"))
	shell(t, small, "chmod +x mpwolf")
	args := []string{"--binary", filepath.Join(small, "mpwolf"), "--version"}
	cmd := exec.Command("../scripts/package", append(args, "v1.2.3-rc1", dir)...)
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	shell(t, dir, `
test "$(ls -x -w 0 | tr -s ' ')" = "SHA256SUMS mpwolf-1.2.3-rc1-linux-$1.tar.gz \
mpwolf-1.2.3~rc1-1.$2.rpm mpwolf_1.2.3_rc1_$2.apk mpwolf_1.2.3~rc1_$1.deb" || { ls; exit 1; }
version=$(dpkg-deb -f mpwolf_*.deb Version)
test "$version" = 1.2.3~rc1
dpkg --compare-versions "$version" lt 1.2.3
tar -xzOf mpwolf_*.apk .PKGINFO 2>/dev/null | grep -qx 'pkgver = 1.2.3_rc1'
`, runtime.GOARCH, map[string]string{"amd64": "x86_64", "arm64": "aarch64"}[runtime.GOARCH])

	for _, wrong := range []string{"1.2.3-rc.1", "1.2.3-1", "1.2.3-git1", "1.2.3+linux", "1.2",
		"01.2.3", "1.2.3\n", "../1.2.3", "1.2.3 ", "v", "latest"} {
		dir := filepath.Join(top, "wrong")
		cmd := exec.Command("../scripts/package", append(args, wrong, dir)...)
		out, _ := cmd.CombinedOutput()
		if _, err := os.Lstat(dir); cmd.ProcessState.ExitCode() != 2 || err == nil {
			t.Errorf("version %q: %v, %v\n%s", wrong, cmd.ProcessState, err, out)
		}
	}
	// A program that fails leaves nothing.
	for _, script := range []string{"exit 1", `test "$1" != man`} {
		work := t.TempDir()
		writeFile(t, work, "mpwolf", []byte("#!/bin/sh\n"+script+"\n"))
		shell(t, work, "chmod +x mpwolf")
		cmd := exec.Command("../scripts/package", "--binary", filepath.Join(work, "mpwolf"),
			filepath.Join(work, "dir"))
		out, err := cmd.CombinedOutput()
		if left, wrong := os.ReadDir(work); err == nil || wrong != nil || len(left) != 1 {
			t.Errorf("a program that does %s: %v, left %v\n%s", script, err, left, out)
		}
	}
}
