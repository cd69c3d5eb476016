package tests_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// TestByHand follows the modules' README, word by word, on two releases: someone has a checkout
// of this project, MicroPython and wolfSSL side by side, and no mpwolf.
func TestByHand(t *testing.T) {
	needReal(t)
	t.Parallel()
	commands := codeBlock(t, string(readFile(t, filepath.Join("..", "modules",
		"micropython-wolfssl", "README.md"))), "## By hand")
	for _, release := range []string{"1.25.0", "1.26.1"} {
		if os.Getenv("MPWOLF_TEST_MICROPYTHON") != "" && release != "1.25.0" {
			continue // it is one release
		}
		t.Run(release, func(t *testing.T) {
			if release == "1.25.0" {
				inTheLongRun(t)
			}
			r := &real{t: t, dir: t.TempDir(), mpwolf: sharedMpwolf(t)}
			r.tree = filepath.Join(r.dir, "micropython")
			switch from := os.Getenv("MPWOLF_TEST_MICROPYTHON"); {
			case from != "":
				r.must(exec.Command("cp", "-a", from, r.tree))
			case release == "1.25.0":
				r.copyShared()
			default:
				r.run("fetch", "micropython", "--from", "apt", "--micropython", release, "--dir",
					r.tree, "--port", "unix")
			}
			if os.Getenv("MPWOLF_TEST_MICROPYTHON") == "" {
				// Debian's sources lack micropython-lib, which the build looks for, and freezes
				// parts of.
				r.must(exec.Command("mkdir", "-p", filepath.Join(r.tree, "lib/micropython-lib")))
				writeFile(t, r.tree, "lib/micropython-lib/README.md", nil)
				writeFile(t, r.tree, "ports/unix/variants/standard/manifest.py", nil)
			}
			wolfssl := strings.TrimSpace(r.run("fetch", "wolfssl", "--wolfssl", "5.7.2"))
			_, wolfssl, _ = strings.Cut(wolfssl, ": ")
			r.must(exec.Command("cp", "-a", wolfssl, filepath.Join(r.dir, "wolfssl-5.9.2")))
			for _, name := range []string{"modules", "ports"} {
				into := filepath.Join(r.dir, "mpwolf")
				if err := os.MkdirAll(into, 0o755); err != nil {
					t.Fatal(err)
				}
				r.must(exec.Command("cp", "-a", filepath.Join("..", name), into))
			}
			shell := exec.Command("sh", "-ec", commands)
			shell.Dir = r.dir
			// Debian's sources lack berkeley-db. COPT makes it faster, and changes nothing that is
			// looked at.
			shell.Env = append(os.Environ(), "MAKEFLAGS=-j2 -- MICROPY_PY_BTREE=0 COPT=-O0")
			out := strings.TrimSpace(r.must(shell))
			if last := out[strings.LastIndex(out, "\n")+1:]; last != "wolfSSL 5.7.2" {
				t.Errorf("the firmware prints %q; want wolfSSL 5.7.2", last)
			}
		})
	}
}

// codeBlock is the first indented block below a heading.
func codeBlock(t *testing.T, text, heading string) string {
	t.Helper()
	_, below, ok := strings.Cut(text, "\n"+heading+"\n")
	if !ok {
		t.Fatalf("no %q", heading)
	}
	var block strings.Builder
	for line := range strings.Lines(below) {
		if code, is := strings.CutPrefix(line, "    "); is {
			block.WriteString(code)
		} else if block.Len() > 0 {
			break
		}
	}
	return block.String()
}
