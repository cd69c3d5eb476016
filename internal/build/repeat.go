package build

import (
	"bytes"
	"context"
	"debug/elf"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
)

// repeatDir is where a link is repeated.
const repeatDir = "mpwolf-link"

// linkDiffers repeats a link and returns the sections in which the firmware is not what it makes:
// a step after the link has changed them. There are none for another format than ELF. repeated is
// false if the link could not be repeated.
func (m Make) linkDiffers(
	ctx context.Context, flags *Flags, link *Link,
) (differ []string, repeated bool) {
	dir := filepath.Join(m.Dir, repeatDir)
	if os.MkdirAll(dir, 0o777) != nil {
		return nil, false
	}
	defer func() { _ = os.RemoveAll(dir) }()
	output := filepath.Join(dir, "firmware")
	var maps []string
	for _, o := range link.Options() {
		if o.Name == "Map" && o.Value != "" {
			maps = append(maps, o.Value)
		}
	}
	argv := slices.Clone(link.Argv)
	// What the shell runs after the link is such a step, too.
	if at := slices.IndexFunc(argv, isOperator); at >= 0 {
		argv = argv[:at]
	}
	for i := range argv {
		if i > 0 && argv[i-1] == "-o" {
			argv[i] = output
		}
		for _, name := range maps {
			argv[i] = strings.ReplaceAll(argv[i], name, output+".map")
		}
	}
	if _, _, err := flags.run(ctx, nil, argv); err != nil {
		return nil, false
	}
	want, known := loaded(output)
	got, is := loaded(link.Output)
	if !known {
		return nil, true
	}
	if !is {
		return []string{"ELF header"}, true
	}
	for name, data := range want {
		if other, is := got[name]; !is || !bytes.Equal(data, other) {
			differ = append(differ, name)
		}
	}
	for name := range got {
		if _, is := want[name]; !is {
			differ = append(differ, name)
		}
	}
	slices.Sort(differ)
	return differ, true
}

// isOperator reports whether a word of a command line ends a command.
func isOperator(word string) bool {
	return slices.Contains([]string{"&&", "||", ";", "|", "&"}, word)
}

// loaded are the contents of the sections of a program that go into memory, as its program headers
// load them, and where it begins; without notes such as its build ID, which is a hash of more than
// these.
func loaded(file string) (sections map[string][]byte, is bool) {
	defer func() {
		if recover() != nil { // debug/elf is not hardened against damaged files
			sections, is = nil, false
		}
	}()
	f, err := elf.Open(file)
	if err != nil {
		return nil, false
	}
	defer f.Close()
	sections = make(map[string][]byte)
	for _, s := range f.Sections {
		if s.Flags&elf.SHF_ALLOC == 0 || s.Type == elf.SHT_NOTE || s.Type == elf.SHT_NOBITS {
			continue
		}
		data, err := s.Data()
		if err != nil {
			return nil, false
		}
		for _, p := range f.Progs {
			if p.Type == elf.PT_LOAD && p.Vaddr <= s.Addr && s.Addr+s.Size <= p.Vaddr+p.Filesz {
				// What the section header names may be another place of the file.
				if _, err := p.ReadAt(data, int64(s.Addr-p.Vaddr)); err != nil {
					return nil, false
				}
			}
		}
		sections[s.Name] = append(sections[s.Name], data...)
	}
	sections["entry point"] = []byte(strconv.FormatUint(f.Entry, 16))
	return sections, true
}
