package sources

import (
	"bufio"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"mpwolf/internal/hint"
)

// debianKeyrings are where the package debian-archive-keyring puts the keys of all suites (.pgp
// from trixie on).
var debianKeyrings = []string{
	"/usr/share/keyrings/debian-archive-keyring.gpg",
	"/usr/share/keyrings/debian-archive-keyring.pgp",
}

// debianSuites are the names that a machine's own entry for Debian's main archive may have;
// -updates and the like are in the same archive, -security is not.
var debianSuites = []string{
	"oldoldstable", "oldstable", "stable", "testing", "unstable",
	"buster", "bullseye", "bookworm", "trixie", "forky", "duke", "sid",
}

// aptEntry is a package source as in apt's own files.
type aptEntry struct {
	types, uris, suites, components []string
	signedBy                        string // a path, fingerprints, or a key block of several lines
	disabled                        bool
}

// debianArchive finds the machine's own entry for Debian's main archive in a directory such as
// /etc/apt.
func debianArchive(etc string) (aptEntry, error) {
	entries, err := aptEntries(etc)
	if err != nil {
		return aptEntry{}, fmt.Errorf("read apt's sources: %w", err)
	}
	for _, entry := range entries {
		if entry.isDebian() {
			return entry, nil
		}
	}
	return aptEntry{}, hint.With(
		fmt.Errorf("apt's sources in %s name no Debian archive (a suite such as bookworm with "+
			"component main)", etc),
		"use git, or give a directory or an archive")
}

func (e aptEntry) isDebian() bool {
	packages := slices.Contains(e.types, "deb") || slices.Contains(e.types, "deb-src")
	return !e.disabled && packages && e.uri() != "" && slices.Contains(e.components, "main") &&
		slices.ContainsFunc(e.suites, func(suite string) bool {
			base, pocket, _ := strings.Cut(suite, "-")
			return slices.Contains(debianSuites, base) && pocket != "security"
		})
}

// uri is the first one that can serve every suite: a CD cannot.
func (e aptEntry) uri() string {
	for _, uri := range e.uris {
		if !strings.HasPrefix(uri, "cdrom:") {
			return uri
		}
	}
	return ""
}

// keys are what signs all suites: the installed Debian keyring, else whatever signs the machine's
// own entry.
func (e aptEntry) keys(keyrings []string) (string, error) {
	for _, file := range keyrings {
		if _, err := os.Stat(file); err == nil {
			return file, nil
		}
	}
	if e.signedBy != "" {
		return e.signedBy, nil
	}
	return "", hint.With(
		fmt.Errorf("no keyring of Debian's archive: looked for %s", strings.Join(keyrings, ", ")),
		"apt-get install debian-archive-keyring")
}

// aptEntries reads sources.list and sources.list.d in the order in which apt does.
func aptEntries(etc string) ([]aptEntry, error) {
	files := []string{filepath.Join(etc, "sources.list")}
	parts, err := os.ReadDir(filepath.Join(etc, "sources.list.d"))
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, err
	}
	for _, part := range parts {
		files = append(files, filepath.Join(etc, "sources.list.d", part.Name()))
	}
	var entries []aptEntry
	for _, file := range files {
		read := map[string]func(string) []aptEntry{".list": readList,
			".sources": readDeb822}[filepath.Ext(file)]
		if read == nil {
			continue // apt ignores other endings too
		}
		text, err := os.ReadFile(file)
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if err != nil {
			return nil, err
		}
		entries = append(entries, read(string(text))...)
	}
	return entries, nil
}

// readList reads the one-line form: deb [option=value …] uri suite component…
func readList(text string) []aptEntry {
	var entries []aptEntry
	for line := range strings.Lines(text) {
		line, _, _ = strings.Cut(line, "#")
		kind, rest, _ := strings.Cut(strings.TrimSpace(line), " ")
		entry := aptEntry{types: []string{kind}}
		rest = strings.TrimSpace(rest)
		if strings.HasPrefix(rest, "[") {
			options, after, closed := strings.Cut(rest[1:], "]")
			if !closed {
				continue
			}
			rest = after
			for option := range strings.FieldsSeq(options) {
				if value, ok := strings.CutPrefix(option, "signed-by="); ok {
					entry.signedBy = strings.ReplaceAll(value, ",", " ")
				}
			}
		}
		words := strings.Fields(rest)
		if len(words) < 2 {
			continue
		}
		entry.uris, entry.suites, entry.components = words[:1], words[1:2], words[2:]
		entries = append(entries, entry)
	}
	return entries
}

// readDeb822 reads the form of fields and values, in paragraphs.
func readDeb822(text string) []aptEntry {
	var entries []aptEntry
	for _, fields := range paragraphs(text) {
		entries = append(entries, aptEntry{
			types:      strings.Fields(fields["types"]),
			uris:       strings.Fields(fields["uris"]),
			suites:     strings.Fields(fields["suites"]),
			components: strings.Fields(fields["components"]),
			signedBy:   fields["signed-by"],
			disabled: slices.Contains([]string{"no", "false", "0", "off"},
				strings.ToLower(fields["enabled"])),
		})
	}
	return entries
}

// paragraphs reads Debian's control format. The fields' names are in lower case; a value with
// several lines keeps its line ends and the first space of each line.
func paragraphs(text string) []map[string]string {
	var all []map[string]string
	var now map[string]string
	var field string
	scanner := bufio.NewScanner(strings.NewReader(text))
	scanner.Buffer(nil, 1<<24)
	for scanner.Scan() {
		line := scanner.Text()
		switch {
		case strings.HasPrefix(line, "#"):
		case strings.TrimSpace(line) == "":
			now = nil
		case strings.HasPrefix(line, " "), strings.HasPrefix(line, "\t"):
			if now != nil {
				now[field] = strings.TrimPrefix(now[field]+"\n"+line, "\n")
			}
		default:
			name, value, ok := strings.Cut(line, ":")
			if !ok {
				continue
			}
			if now == nil {
				now = map[string]string{}
				all = append(all, now)
			}
			field = strings.ToLower(strings.TrimSpace(name))
			now[field] = strings.TrimSpace(value)
		}
	}
	return all
}
