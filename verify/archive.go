package verify

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strconv"
	"strings"
)

// archive is a library of objects as ar writes it: GNU's and BSD's form, thin ones included.
type archive struct {
	name    string
	members []member
	// index tells which member defines a symbol, by the offset of the member's header; nil for an archive that has
	// no symbol table.
	index map[string]int64
}

// member is one object of an archive.
type member struct {
	name   string
	offset int64       // of its header in the archive
	data   io.ReaderAt // nil for a member of a thin archive: the file is path
	path   string
	size   int64
}

const (
	archiveMagic     = "!<arch>\n"
	thinArchiveMagic = "!<thin>\n"
	memberHeader     = 60
	maxIndex         = 64 << 20 // no library has a symbol table of this size
)

var errDamagedArchive = errors.New("damaged archive")

// isArchive says whether the first bytes of a file are those of an archive.
func isArchive(start []byte) bool {
	return bytes.HasPrefix(start, []byte(archiveMagic)) || bytes.HasPrefix(start, []byte(thinArchiveMagic))
}

// readArchive reads the members' places and the symbol table. The name is that of the archive's file, beside which
// the members of a thin archive are looked for.
func readArchive(name string, file io.ReaderAt, size int64) (*archive, error) {
	r := &archiveReader{archive: &archive{name: name}, file: file, size: size}
	magic := make([]byte, len(archiveMagic))
	if _, err := file.ReadAt(magic, 0); err != nil || !isArchive(magic) {
		return nil, fmt.Errorf("%s: %w: it does not begin as one", name, errDamagedArchive)
	}
	r.thin = string(magic) == thinArchiveMagic
	for offset := int64(len(magic)); offset < size; {
		next, err := r.member(offset)
		if err != nil {
			return nil, fmt.Errorf("%s: %w at offset %d: %w", name, errDamagedArchive, offset, err)
		}
		offset = next + next%2 // members begin at even offsets
	}
	return r.archive, nil
}

type archiveReader struct {
	archive   *archive
	file      io.ReaderAt
	size      int64
	thin      bool
	longNames []byte
}

// member reads the member whose header is at offset and returns the offset behind it.
func (r *archiveReader) member(offset int64) (int64, error) {
	header := make([]byte, memberHeader)
	if _, err := r.file.ReadAt(header, offset); err != nil {
		return 0, fmt.Errorf("read a member's header: %w", err)
	}
	if header[58] != '`' || header[59] != '\n' {
		return 0, errors.New("a member's header has no end mark")
	}
	size, err := strconv.ParseInt(strings.TrimRight(string(header[48:58]), " "), 10, 64)
	if err != nil || size < 0 {
		return 0, fmt.Errorf("a member's size is %q", header[48:58])
	}
	name := strings.TrimRight(string(header[:16]), " ")
	body := offset + memberHeader
	inside := !r.thin || isTable(name)
	if inside && size > r.size-body {
		return 0, fmt.Errorf("member %q is longer than the archive", name)
	}
	end := body
	if inside {
		end += size
	}
	return end, r.add(name, offset, body, size)
}

// isTable says that a member is one of ar's own, whose content is in a thin archive as well.
func isTable(name string) bool { return name == "/" || name == "//" || name == "/SYM64/" }

func (r *archiveReader) add(name string, offset, body, size int64) error {
	switch {
	case name == "//":
		table, err := r.table(body, size)
		r.longNames = table
		return err
	case name == "/":
		return r.symbols(body, size, 4)
	case name == "/SYM64/":
		return r.symbols(body, size, 8)
	case strings.HasPrefix(name, "#1/"):
		return r.addBSD(name, offset, body, size)
	}
	name, err := r.longName(name)
	if err != nil {
		return err
	}
	m := member{name: name, offset: offset, size: size}
	if r.thin {
		m.path = name
		if !filepath.IsAbs(name) {
			m.path = filepath.Join(filepath.Dir(r.archive.name), name)
		}
	} else {
		m.data = io.NewSectionReader(r.file, body, size)
	}
	r.archive.members = append(r.archive.members, m)
	return nil
}

// addBSD adds a member whose name stands before its content; "#1/20" gives the name's length.
func (r *archiveReader) addBSD(name string, offset, body, size int64) error {
	length, err := strconv.ParseInt(name[len("#1/"):], 10, 64)
	if err != nil || length < 0 || length > size || length > 1<<16 {
		return fmt.Errorf("member name %q", name)
	}
	text, err := r.table(body, length)
	if err != nil {
		return err
	}
	name = strings.TrimRight(string(text), "\x00")
	if strings.HasPrefix(name, "__.SYMDEF") {
		return nil // BSD's symbol table; without an index all members are read
	}
	data := io.NewSectionReader(r.file, body+length, size-length)
	r.archive.members = append(r.archive.members, member{name: name, offset: offset, data: data, size: size - length})
	return nil
}

// table reads the content of one of ar's own members.
func (r *archiveReader) table(body, size int64) ([]byte, error) {
	if size > maxIndex {
		return nil, fmt.Errorf("a table of %d bytes", size)
	}
	table := make([]byte, size)
	if _, err := r.file.ReadAt(table, body); err != nil {
		return nil, fmt.Errorf("read a table: %w", err)
	}
	return table, nil
}

// longName resolves "/123", an offset into the table of long names, and takes the "/" off the end of a short one.
// The "/123:456" of a member of an archive inside a thin archive is refused.
func (r *archiveReader) longName(name string) (string, error) {
	if !strings.HasPrefix(name, "/") {
		return strings.TrimSuffix(name, "/"), nil
	}
	offset, err := strconv.Atoi(name[1:])
	if err != nil || offset < 0 || offset >= len(r.longNames) {
		return "", fmt.Errorf("member name %q", name)
	}
	long, _, found := bytes.Cut(r.longNames[offset:], []byte("\n"))
	if !found {
		return "", fmt.Errorf("member name %q has no end", name)
	}
	return strings.TrimSuffix(string(long), "/"), nil
}

// symbols reads GNU's symbol table: a count, as many offsets, and as many names, with numbers of width bytes.
func (r *archiveReader) symbols(body, size int64, width int) error {
	table, err := r.table(body, size)
	if err != nil {
		return err
	}
	number := func(b []byte) uint64 {
		if width == 8 {
			return binary.BigEndian.Uint64(b)
		}
		return uint64(binary.BigEndian.Uint32(b))
	}
	if len(table) < width {
		return errors.New("the symbol table is too short")
	}
	count := number(table)
	table = table[width:]
	if count > uint64(len(table)/width) {
		return errors.New("the symbol table is too short")
	}
	names := table[int(count)*width:]
	r.archive.index = make(map[string]int64, count)
	for i := range int(count) {
		name, rest, found := bytes.Cut(names, []byte{0})
		if !found {
			return errors.New("the symbol table has too few names")
		}
		names = rest
		if _, known := r.archive.index[string(name)]; !known {
			r.archive.index[string(name)] = int64(number(table[i*width:]) & (1<<63 - 1))
		}
	}
	return nil
}

// objects reads the members that want says yes to; a member that is no object, such as a text, is left out.
func (a *archive) objects(want func(member) bool) ([]*object, error) {
	var objects []*object
	for _, m := range a.members {
		if !want(m) {
			continue
		}
		o, err := a.object(m)
		if err != nil {
			return nil, err
		}
		if o != nil {
			objects = append(objects, o)
		}
	}
	return objects, nil
}

func (a *archive) object(m member) (*object, error) {
	if m.data != nil {
		return readObject(m.data, a.name, m.name)
	}
	file, err := os.Open(m.path)
	if err != nil {
		return nil, fmt.Errorf("%s: a member of this thin archive: %w", a.name, err)
	}
	defer file.Close()
	return readObject(file, a.name, m.name)
}
