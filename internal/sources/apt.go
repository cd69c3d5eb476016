package sources

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"time"

	"mpwolf/internal/hint"
	"mpwolf/internal/trace"
)

// Apt gets Debian source packages through the machine's apt, in an apt directory of its own: the
// machine's lists and sources are read, not changed. Signatures are always checked.
type Apt struct {
	Cache Cache
	Log   Log
	// Etc is where the machine's sources are; empty means /etc/apt.
	Etc string
}

// AptPackage is one version of a source package in one suite.
type AptPackage struct {
	Suite, Name string
	// Version is Debian's, such as "5.7.2-0.1+deb13u2".
	Version string
}

func (p AptPackage) String() string {
	return fmt.Sprintf("%s %s of Debian %s", p.Name, p.Version, p.Suite)
}

var versionParts = regexp.MustCompile(`^(?:\d+:)?(.*?)(?:[+~.](?:ds|dfsg)[\d.]*)?(?:-[^-]*)?$`)

// Upstream is the version of the release that the package was made of: "1.25.0" for "1.25.0+ds-1".
func (p AptPackage) Upstream() string { return versionParts.FindStringSubmatch(p.Version)[1] }

// listsLife is how long a suite's list of packages is used before it is asked for again.
const listsLife = 6 * time.Hour

// ErrNoApt is wrapped by errors on machines without apt.
var ErrNoApt = errors.New("this machine has no apt-get")

// Packages are the versions of a source package that a suite has. Without a network, an earlier
// list is used.
func (a Apt) Packages(ctx context.Context, suite, name string) ([]AptPackage, error) {
	unlock, err := a.Cache.lock(ctx, "apt-"+suite, a.Log)
	if err != nil {
		return nil, err
	}
	defer unlock()
	if err := a.update(ctx, suite); err != nil {
		return nil, err
	}
	out, err := a.run(ctx, suite, "", "apt-cache", "showsrc", "--only-source", name)
	if err != nil && !strings.Contains(err.Error(), "Unable to locate package") {
		return nil, fmt.Errorf("look for %s in Debian %s: %w", name, suite, err)
	}
	var found []AptPackage
	for _, fields := range paragraphs(out) {
		p := AptPackage{Suite: suite, Name: name, Version: fields["version"]}
		if fields["package"] == name && p.Version != "" && !slices.Contains(found, p) {
			found = append(found, p)
		}
	}
	return found, nil
}

// Find is the package in the first of the suites that has this upstream version. If none of them
// has it, the error wraps fs.ErrNotExist and lists what they have.
func (a Apt) Find(
	ctx context.Context, suites []string, name, upstream string,
) (AptPackage, error) {
	var has []string
	for _, suite := range suites {
		packages, err := a.Packages(ctx, suite, name)
		if err != nil {
			return AptPackage{}, err
		}
		for _, p := range packages {
			if p.Upstream() == upstream {
				return p, nil
			}
			has = append(has, suite+" has "+p.Version)
		}
	}
	if len(has) == 0 {
		has = []string{"it is in none of: " + strings.Join(suites, ", ")}
	}
	return AptPackage{}, fmt.Errorf("no %s %s in Debian (%s): %w",
		name, upstream, strings.Join(has, ", "), fs.ErrNotExist)
}

// ErrNotServed is wrapped by errors about files that a suite lists and its archive does not have.
var ErrNotServed = errors.New("the archive does not have a file that it lists")

// Download puts a package's files into dir: the .dsc, the upstream archive and Debian's changes,
// or the upstream archive alone. Their checksums are those of the suite's signed list.
func (a Apt) Download(ctx context.Context, p AptPackage, dir string, upstreamOnly bool) error {
	unlock, err := a.Cache.lock(ctx, "apt-"+p.Suite, a.Log)
	if err != nil {
		return err
	}
	defer unlock()
	a.Log.Printf("downloading %s", p)
	// The small files come first: if one is missing, the large one is not downloaded in vain.
	parts := [][]string{{"--dsc-only"}, {"--diff-only"}, {}}
	if upstreamOnly {
		parts = [][]string{{"--tar-only"}}
	}
	for _, part := range parts {
		args := append([]string{"source", "--download-only", "--only-source"}, part...)
		_, err := a.run(ctx, p.Suite, dir, "apt-get", append(args, p.Name+"="+p.Version)...)
		if err != nil && strings.Contains(err.Error(), " 404 ") {
			err = fmt.Errorf("%w: %w", ErrNotServed, err)
		}
		if err != nil {
			return fmt.Errorf("download %s: %w", p, err)
		}
	}
	return nil
}

// UnpackUpstream unpacks the upstream archive that Download put into from. Its checksum is
// compared with sha256 if that is not empty.
func (a Apt) UnpackUpstream(ctx context.Context, from, dir, sha256 string) error {
	archive, err := only(from, "*.orig.tar.*")
	if err != nil {
		return err
	}
	if _, err := CheckSHA256(archive, sha256); err != nil {
		return err
	}
	return Unpack(ctx, archive, dir)
}

// UnpackPatched unpacks the package that Download put into from, with Debian's patches applied.
func (a Apt) UnpackPatched(ctx context.Context, from, dir string) error {
	dsc, err := only(from, "*.dsc")
	if err != nil {
		return err
	}
	if _, err := exec.LookPath("dpkg-source"); err != nil {
		return hint.With(
			errors.New("this machine has no dpkg-source, which applies Debian's patches"),
			"apt-get install dpkg-dev")
	}
	// dpkg-source makes the directory itself.
	if err := os.Remove(dir); err != nil {
		return err
	}
	_, err = output(ctx,
		exec.CommandContext(ctx, "dpkg-source", "--no-copy", "-q", "-x", dsc, dir))
	return err
}

// only is the only file that matches a pattern; upstream's signatures (.asc) are ignored.
func only(dir, pattern string) (string, error) {
	found, err := filepath.Glob(filepath.Join(dir, pattern))
	if err != nil {
		return "", err
	}
	found = slices.DeleteFunc(found, func(name string) bool {
		return strings.HasSuffix(name, ".asc")
	})
	if len(found) != 1 {
		return "", fmt.Errorf("expected one %s in %s, found %d", pattern, dir, len(found))
	}
	return found[0], nil
}

// root is the apt directory of one suite.
func (a Apt) root(suite string) string { return filepath.Join(a.Cache.Dir, "apt", suite) }

func (a Apt) etc() string {
	if a.Etc == "" {
		return "/etc/apt"
	}
	return a.Etc
}

// update gets a suite's list of source packages, some 10 MB, unless it is fresh.
func (a Apt) update(ctx context.Context, suite string) error {
	if _, err := exec.LookPath("apt-get"); err != nil {
		return hint.With(ErrNoApt, "use git, or give a directory or an archive")
	}
	changed, err := a.configure(suite)
	if err != nil {
		return err
	}
	stamp := filepath.Join(a.root(suite), "updated")
	info, err := os.Stat(stamp)
	if err == nil && !changed && time.Since(info.ModTime()) < listsLife {
		return nil
	}
	a.Log.Printf("downloading Debian %s's list of source packages", suite)
	_, failed := a.run(ctx, suite, "", "apt-get", "update")
	if failed == nil {
		return os.WriteFile(stamp, nil, 0o644)
	}
	if err != nil || changed || ctx.Err() != nil {
		return fmt.Errorf("get Debian %s's list of source packages: %w", suite, failed)
	}
	a.Log.Printf("cannot get a newer list of Debian %s; using the one of %s", suite,
		info.ModTime().Format(time.DateTime))
	return nil
}

// aptConf is read after the machine's own configuration (which may name a proxy) and takes
// precedence. Hooks that the machine runs after an update must not run for our lists.
const aptConf = `Dir::State "%[1]s/state";
Dir::State::status "/dev/null";
Dir::Cache "%[1]s/cache";
Dir::Etc::sourcelist "/dev/null";
Dir::Etc::sourceparts "%[1]s/sources.list.d";
Dir::Etc::preferences "/dev/null";
Dir::Etc::preferencesparts "/dev/null";
Dir::Etc::trusted "/dev/null";
Dir::Etc::trustedparts "/dev/null";
#clear APT::Update::Pre-Invoke;
#clear APT::Update::Post-Invoke;
#clear APT::Update::Post-Invoke-Success;
APT::Update::Error-Mode "any";
APT::Get::AllowUnauthenticated "false";
Acquire::AllowInsecureRepositories "false";
Acquire::AllowWeakRepositories "false";
Acquire::AllowDowngradeToInsecureRepositories "false";
Acquire::Languages "none";
Acquire::IndexTargets::deb-src::Contents-dsc::DefaultEnabled "false";
Acquire::Retries "2";
Acquire::http::Timeout "20";
Acquire::https::Timeout "20";
`

// rootConf lets root's apt write into the cache, which may be in a home directory that apt's own
// user cannot enter.
const rootConf = `APT::Sandbox::User "root";
`

// configure writes the suite's apt directory and reports whether its source differs from that of
// the last run.
func (a Apt) configure(suite string) (changed bool, err error) {
	entry, err := debianArchive(a.etc())
	if err != nil {
		return false, err
	}
	keys, err := entry.keys(debianKeyrings)
	if err != nil {
		return false, err
	}
	root := a.root(suite)
	for _, dir := range []string{"state/lists/partial", "cache/archives/partial",
		"sources.list.d"} {
		if err := os.MkdirAll(filepath.Join(root, dir), 0o755); err != nil {
			return false, err
		}
	}
	conf := fmt.Sprintf(aptConf, root)
	if os.Geteuid() == 0 {
		conf += rootConf
	}
	if err := os.WriteFile(filepath.Join(root, "apt.conf"), []byte(conf), 0o644); err != nil {
		return false, err
	}
	source :=
		fmt.Sprintf("Types: deb-src\nURIs: %s\nSuites: %s\nComponents: main\nSigned-By: %s\n",
			entry.uri(), suite, keys)
	file := filepath.Join(root, "sources.list.d", "debian.sources")
	before, err := os.ReadFile(file)
	if err == nil && string(before) == source {
		return false, nil
	}
	return true, os.WriteFile(file, []byte(source), 0o644)
}

// run runs one of apt's tools on the suite's apt directory.
func (a Apt) run(
	ctx context.Context, suite, dir string, tool string, args ...string,
) (string, error) {
	args = append([]string{"-q", "-c", filepath.Join(a.root(suite), "apt.conf")}, args...)
	cmd := exec.CommandContext(ctx, tool, args...)
	cmd.Dir = dir
	return output(ctx, cmd)
}

// output runs a command, in English, and puts the reasons it gives into the error.
func output(ctx context.Context, cmd *exec.Cmd) (string, error) {
	var stdout, stderr bytes.Buffer
	cmd.Env = append(os.Environ(), "LC_ALL=C", "LANGUAGE=")
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	// A killed apt-get leaves methods behind that keep the pipes open.
	cmd.WaitDelay = 2 * time.Second
	if err := trace.Run(ctx, cmd); err != nil {
		return "", fmt.Errorf("%s: %w%s", filepath.Base(cmd.Path), err, reasons(stderr.String()))
	}
	return stdout.String(), nil
}

// reasons are the lines that say why, at most three, without apt's and dpkg's prefixes.
func reasons(stderr string) string {
	var lines []string
	for line := range strings.Lines(stderr) {
		line = strings.TrimSpace(line)
		for _, prefix := range []string{"E: ", "Err:", "dpkg-source: error: "} {
			if text, ok := strings.CutPrefix(line, prefix); ok && len(lines) < 3 {
				lines = append(lines, text)
			}
		}
	}
	if len(lines) == 0 {
		return ""
	}
	return ": " + strings.Join(lines, "; ")
}
