package tests_test

import (
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"mpwolf/internal/fetch"
	"mpwolf/internal/sources"
	"mpwolf/wolfssl"
)

// TestAdvisorySources compares wolfssl/advisories.toml with what it was made from: wolfSSL's
// ChangeLog, Debian's changelogs and patches, and the names in the sources of three releases.
func TestAdvisorySources(t *testing.T) {
	needReal(t)
	t.Parallel()
	known, err := wolfssl.KnownAdvisories()
	if err != nil {
		t.Fatal(err)
	}
	trees := make(map[string]*wolfssl.Tree)
	words := make(map[string]map[string]bool)
	for _, version := range []string{"5.5.4", "5.7.2", "5.9.2"} {
		cache, err := sources.DefaultCache()
		if err != nil {
			t.Fatal(err)
		}
		trees[version], err = fetch.WolfSSL(t.Context(), fetch.WolfSSLOptions{Want: version,
			Source: fetch.Source{From: "apt", Cache: cache}})
		if err != nil {
			t.Fatal(err)
		}
		words[version] = wordsBelow(t, trees[version].Dir)
	}
	inChangeLog(t, known, trees["5.9.2"].Dir)
	for _, version := range []string{"5.5.4", "5.7.2"} {
		patchedByDebian(t, known, trees[version])
	}
	inSome := func(is func(version string) bool) bool {
		for version := range trees {
			if is(version) {
				return true
			}
		}
		return false
	}
	for _, a := range known.List {
		for _, name := range slices.Concat(a.Macros, a.Any, a.Unless, a.Mitigation,
			a.Functions) {
			if !strings.HasPrefix(name, "__") &&
				!inSome(func(v string) bool { return words[v][name] }) {
				t.Errorf("%s: no release has %s", a.ID, name)
			}
		}
		if len(a.Files) > 0 && !inSome(func(v string) bool {
			return slices.ContainsFunc(a.Files, func(file string) bool {
				_, err := os.Stat(filepath.Join(trees[v].Dir, filepath.FromSlash(file)))
				return err == nil
			})
		}) {
			t.Errorf("%s: no release has one of %v", a.ID, a.Files)
		}
	}
}

// inChangeLog checks that each CVE of the ChangeLog is in the list, with a release that has the
// fix and is not newer than its section.
func inChangeLog(t *testing.T, known *wolfssl.Advisories, dir string) {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(dir, "ChangeLog.md"))
	if err != nil {
		t.Fatal(err)
	}
	release := regexp.MustCompile(`^# wolfSSL Release ([0-9.]+)`)
	// what begins an entry, not what is mentioned in one
	entry := regexp.MustCompile(`^\* \[[A-Z][a-z.]*\]? ?(CVE-[0-9]+-[0-9]+)?`)
	section, found, unnamed := "", 0, ""
	for line := range strings.Lines(string(text)) {
		m := entry.FindStringSubmatch(line)
		if unnamed != "" && (m != nil || strings.HasPrefix(line, "#")) {
			if !listedWithoutName(known, unnamed) {
				t.Errorf("of wolfSSL %s, this is not in the list: %s", section, unnamed)
			}
			unnamed = ""
		}
		if m := release.FindStringSubmatch(line); m != nil {
			section = m[1]
		}
		if section != "" && wolfssl.CompareVersions(section, known.Since) <= 0 {
			break
		}
		if m != nil {
			found++
		}
		if unnamed != "" || m != nil && m[1] == "" {
			unnamed += line
		}
		if m == nil || m[1] == "" {
			continue
		}
		i := slices.IndexFunc(known.List, func(a wolfssl.Advisory) bool { return a.ID == m[1] })
		if i < 0 {
			t.Errorf("%s of wolfSSL %s is not in the list", m[1], section)
		} else if wolfssl.CompareVersions(known.List[i].Fixed, section) > 0 {
			t.Errorf("%s: fixed in %s; the ChangeLog has it in %s", m[1], known.List[i].Fixed,
				section)
		}
	}
	if found < 80 {
		t.Errorf("found %d CVEs in the ChangeLog only", found)
	}
}

// pullRequest is how the ChangeLog and the list name the source of a fix.
var pullRequest = regexp.MustCompile(`(?:pull/|pull request |PR #?)([0-9]+)`)

// listedWithoutName is whether an entry that does not begin with a CVE names one in its text, or a
// pull request, that an advisory has.
func listedWithoutName(known *wolfssl.Advisories, text string) bool {
	names := regexp.MustCompile(`CVE-[0-9]+-[0-9]+`).FindAllString(text, -1)
	for _, m := range pullRequest.FindAllStringSubmatch(text, -1) {
		names = append(names, "PR-"+m[1])
	}
	return slices.ContainsFunc(known.List, func(a wolfssl.Advisory) bool {
		return slices.Contains(names, a.ID) || slices.ContainsFunc(names, func(name string) bool {
			return slices.Contains(pullRequest.FindAllString(a.Source+"\n"+a.Summary, -1),
				strings.Replace(name, "-", " ", 1))
		})
	})
}

// patchedByDebian checks that a tree of Debian's has the text of all patches that are named after
// a CVE, and that no advisory has the text of a patch that Debian has not applied to it.
func patchedByDebian(t *testing.T, known *wolfssl.Advisories, tree *wolfssl.Tree) {
	t.Helper()
	names, err := filepath.Glob(filepath.Join(tree.Dir, "debian", "patches", "*"))
	if err != nil {
		t.Fatal(err)
	}
	cve := regexp.MustCompile(`^(CVE-[0-9]+-[0-9]+)`)
	applied := make(map[string]bool)
	for _, name := range names {
		if m := cve.FindStringSubmatch(strings.ToUpper(filepath.Base(name))); m != nil {
			applied[m[1]] = true
		}
	}
	if len(applied) == 0 {
		t.Fatalf("%s has no patches for CVEs", tree.Dir)
	}
	for _, a := range known.Of(tree.Version) {
		_, line, err := a.Patched(tree.Dir)
		if err != nil {
			t.Fatal(err)
		}
		fixed := line > 0
		if fixed != applied[a.ID] {
			t.Errorf("%s in %s: fixed %v, patched by Debian %v", a.ID, tree.Dir, fixed,
				applied[a.ID])
		}
		delete(applied, a.ID)
	}
	for id := range applied {
		t.Errorf("Debian patches %s in %s, and the list does not have it", id, tree.Version)
	}
}

// wordsBelow are the names in the sources of a wolfSSL tree.
func wordsBelow(t *testing.T, dir string) map[string]bool {
	t.Helper()
	words := make(map[string]bool)
	other := func(r rune) bool {
		return r != '_' && (r < '0' || r > '9') && (r < 'A' || r > 'Z') && (r < 'a' || r > 'z')
	}
	for _, top := range []string{"src", "wolfcrypt/src", "wolfssl"} {
		err := filepath.WalkDir(filepath.Join(dir, filepath.FromSlash(top)),
			func(name string, entry fs.DirEntry, err error) error {
				if err != nil || entry.IsDir() || filepath.Ext(name) == ".asm" {
					return err
				}
				text, err := os.ReadFile(name)
				for word := range strings.FieldsFuncSeq(string(text), other) {
					if len(word) > 3 && word[0] > '9' && !strings.HasPrefix(word, "0x") {
						words[word] = true
					}
				}
				return err
			})
		if err != nil {
			t.Fatal(err)
		}
	}
	return words
}
