// Publish writes what needs the public address of mpwolf: the formula of Homebrew, the manifest of
// scoop, and how to install a release.
//
//	publish [-address URL] [-version VERSION -sums SHA256SUMS] DIR
//
// Without an address it writes nothing, and it refuses a pre-release. Without a version it writes
// the instructions only, with VERSION in them; README.md has these, between marks.
package main

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
)

// address is where mpwolf is published: the address of a repository whose releases are below
// /releases/download, without a slash at the end. There is none yet.
const address = ""

const summary = "Put wolfSSL into MicroPython firmware, and prove that it is there alone"

func main() {
	if err := run(os.Args[0], os.Args[1:]); err != nil {
		fmt.Fprintf(os.Stderr, "publish: %v\n", err)
		os.Exit(1)
	}
}

// What is written is code: Ruby, JSON and commands for a shell. So an address and a version have
// only characters that mean nothing in any of them.
var (
	host     = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9.-]*(:[0-9]+)?$`)
	location = regexp.MustCompile(`^(/[A-Za-z0-9._~-]+)*$`)
	semantic = regexp.MustCompile(`^(0|[1-9][0-9]*)(\.(0|[1-9][0-9]*)){2}` +
		`(-[0-9A-Za-z-]+(\.[0-9A-Za-z-]+)*)?(\+[0-9A-Za-z-]+(\.[0-9A-Za-z-]+)*)?$`)
	final = regexp.MustCompile(`^[0-9.]+$`)
)

// plainAddress reports whether an address is of https, without a user, query or fragment, and
// without a slash at the end.
func plainAddress(address string) bool {
	u, err := url.Parse(address)
	return err == nil && address == "https://"+u.Host+u.Path && host.MatchString(u.Host) &&
		location.MatchString(u.Path) && !slices.Contains(strings.Split(u.Path, "/"), "..")
}

func run(name string, args []string) error {
	flags := flag.NewFlagSet(name, flag.ContinueOnError)
	r := release{}
	flags.StringVar(&r.address, "address", address, "the public address, a `URL`")
	flags.StringVar(&r.version, "version", "", "the `VERSION`, without a v")
	sums := flags.String("sums", "", "the `FILE` with the checksums of the release")
	if err := flags.Parse(args); err != nil {
		return err
	}
	switch {
	case flags.NArg() != 1 || (r.version == "") != (*sums == ""):
		return errors.New("it needs DIR, and -version and -sums or neither")
	case r.address == "":
		fmt.Fprintln(os.Stderr, "publish: there is no public address: nothing is written")
		return nil
	case !plainAddress(r.address):
		return fmt.Errorf("%q is not an address like https://example.org/mpwolf", r.address)
	case r.version != "" && !semantic.MatchString(r.version):
		return fmt.Errorf("%q is not a semantic version without a v, like 1.2.3", r.version)
	case r.version != "" && !final.MatchString(r.version):
		return fmt.Errorf("%q is a pre-release or a build of one version: its packages have "+
			"other names, such as mpwolf_1.2.3~rc1_amd64.deb, and Homebrew and scoop are to "+
			"install none", r.version)
	}
	files := map[string]func() ([]byte, error){"install.md": r.install}
	if r.version != "" {
		text, err := os.ReadFile(*sums)
		if err != nil {
			return err
		}
		r.sums = readSums(text)
		files["mpwolf.rb"], files["mpwolf.json"] = r.formula, r.manifest
	}
	for file, make := range files {
		text, err := make()
		if err != nil {
			return fmt.Errorf("%s: %w", file, err)
		}
		if err := os.WriteFile(filepath.Join(flags.Arg(0), file), text, 0o644); err != nil {
			return err
		}
	}
	return nil
}

// release is what is published.
type release struct {
	address, version string
	sums             map[string]string // SHA-256, by the names of the files
}

func readSums(text []byte) map[string]string {
	sums := make(map[string]string)
	lines := bufio.NewScanner(bytes.NewReader(text))
	for lines.Scan() {
		if fields := strings.Fields(lines.Text()); len(fields) == 2 {
			sums[strings.TrimPrefix(fields[1], "*")] = fields[0]
		}
	}
	return sums
}

// archive is the address and the checksum of a system's archive.
func (r release) archive(system, ending string) (url, sum string, err error) {
	name := "mpwolf-" + r.version + "-" + system + ending
	sum = r.sums[name]
	if len(sum) != 64 {
		return "", "", fmt.Errorf("there is no SHA-256 of %s", name)
	}
	return r.address + "/releases/download/v" + r.version + "/" + name, sum, nil
}

// formula is that of Homebrew, for macOS and Linux.
func (r release) formula() ([]byte, error) {
	var b bytes.Buffer
	fmt.Fprintf(&b, `class Mpwolf < Formula
  desc "Put wolfSSL into MicroPython firmware"
  homepage "%s"
  version "%s"
  license "MIT"

`, r.address, r.version)
	for _, system := range []struct{ name, block string }{
		{"darwin", "on_macos"}, {"linux", "on_linux"}} {
		fmt.Fprintf(&b, "  %s do\n", system.block)
		for _, arch := range []struct{ name, block string }{
			{"amd64", "on_intel"}, {"arm64", "on_arm"}} {
			url, sum, err := r.archive(system.name+"-"+arch.name, ".tar.gz")
			if err != nil {
				return nil, err
			}
			fmt.Fprintf(&b, "    %s do\n      url \"%s\"\n      sha256 \"%s\"\n    end\n",
				arch.block, url, sum)
		}
		b.WriteString("  end\n\n")
	}
	b.WriteString(`  def install
    bin.install "bin/mpwolf"
    man1.install Dir["share/man/man1/*"]
    bash_completion.install "share/bash-completion/completions/mpwolf"
    zsh_completion.install "share/zsh/site-functions/_mpwolf"
    fish_completion.install "share/fish/vendor_completions.d/mpwolf.fish"
  end

  test do
    assert_match "advisories until", shell_output("#{bin}/mpwolf version")
  end
end
`)
	return b.Bytes(), nil
}

// manifest is that of scoop, for Windows.
func (r release) manifest() ([]byte, error) {
	type download struct {
		URL        string `json:"url"`
		Hash       string `json:"hash"`
		ExtractDir string `json:"extract_dir"`
	}
	downloads := make(map[string]download)
	for scoops, arch := range map[string]string{"64bit": "amd64", "arm64": "arm64"} {
		url, sum, err := r.archive("windows-"+arch, ".zip")
		if err != nil {
			return nil, err
		}
		dir := strings.TrimSuffix(filepath.Base(url), ".zip")
		downloads[scoops] = download{url, sum, dir}
	}
	text, err := json.MarshalIndent(struct {
		Version      string              `json:"version"`
		Description  string              `json:"description"`
		Homepage     string              `json:"homepage"`
		License      string              `json:"license"`
		Architecture map[string]download `json:"architecture"`
		Bin          string              `json:"bin"`
	}{r.version, summary, r.address, "MIT", downloads, `bin\mpwolf.exe`}, "", "    ")
	return append(text, '\n'), err
}

// install is how to install a release.
func (r release) install() ([]byte, error) {
	version := r.version
	if version == "" {
		version = "VERSION"
	}
	base := r.address + "/releases/download/v" + version + "/"
	return fmt.Appendf(nil, `Releases have archives for Linux, macOS and Windows, and packages for Debian, Fedora and Alpine:
%[1]s/releases. SHA256SUMS and the attestation of its origin are beside them.

    curl -LO %[2]smpwolf_%[3]s_amd64.deb && sudo apt-get install ./mpwolf_%[3]s_amd64.deb
    brew tap mpwolf/mpwolf %[1]s && brew install mpwolf/mpwolf/mpwolf   # macOS and Linux
    scoop install %[2]smpwolf.json                                      # Windows
`, r.address, base, version), nil
}
