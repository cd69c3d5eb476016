package objects

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

// archive is a library of objects as ar writes it: in GNU's and BSD's form, including thin
// archives.
type Archive struct {
	Name    string
	Base    int64 // where it begins in its file: not at 0 in a universal file
	Members []Member
	// index says which member defines a symbol, by the offset of the member's header; nil for an
	// archive that has no symbol table.
	Index map[string]int64
}

// member is one object of an archive.
type Member struct {
	Name   string
	Header int64  // where its header is in the archive
	body   int64  // where its content is in the archive
	Path   string // the file, for a member of a thin archive; its content is not in the archive
	Size   int64
}

const (
	ArchiveMagic     = "!<arch>\n"
	thinArchiveMagic = "!<thin>\n"
	memberHeader     = 60
	maxIndex         = 64 << 20 // no library has a symbol table of this size
)

var ErrDamagedArchive = errors.New("damaged archive")

// isArchive reports whether the first bytes of a file are those of an archive.
func IsArchive(start []byte) bool {
	return bytes.HasPrefix(start, []byte(ArchiveMagic)) ||
		bytes.HasPrefix(start, []byte(thinArchiveMagic))
}

// readArchive reads the members' places and the symbol table. The name is that of the archive's
// file, beside which the members of a thin archive are looked for.
func ReadArchive(name string, file io.ReaderAt, size int64) (*Archive, error) {
	r := &archiveReader{archive: &Archive{Name: name}, file: file, size: size}
	magic := make([]byte, len(ArchiveMagic))
	if _, err := file.ReadAt(magic, 0); err != nil || !IsArchive(magic) {
		return nil, fmt.Errorf("%s: %w: it does not begin as one", name, ErrDamagedArchive)
	}
	r.thin = string(magic) == thinArchiveMagic
	for offset := int64(len(magic)); offset < size; {
		next, err := r.member(offset)
		if err != nil {
			return nil, fmt.Errorf("%s: %w at offset %d: %w", name, ErrDamagedArchive, offset, err)
		}
		offset = next + next%2 // members begin at even offsets
	}
	return r.archive, nil
}

type archiveReader struct {
	archive   *Archive
	file      io.ReaderAt
	size      int64
	thin      bool
	longNames []byte
}

// member reads the member whose header is at offset and returns the offset after it.
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

// isTable reports whether a member is one of ar's own, whose content is in the archive even if
// that is thin.
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
	m := Member{Name: name, Header: offset, body: body, Size: size}
	if r.thin {
		m.Path = name
		if !filepath.IsAbs(name) {
			m.Path = filepath.Join(filepath.Dir(r.archive.Name), name)
		}
	}
	r.archive.Members = append(r.archive.Members, m)
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
	body, size = body+length, size-length
	if strings.HasPrefix(name, symdef) {
		return r.symbolsBSD(name, body, size)
	}
	r.archive.Members = append(r.archive.Members,
		Member{Name: name, Header: offset, body: body, Size: size})
	return nil
}

// symdef is how the name of BSD's symbol table begins.
const symdef = "__.SYMDEF"

// symbolsBSD reads BSD's symbol table: the length of an array of pairs, a name's offset and a
// header's, the array, the length of the names, the names. Numbers have the processor's byte
// order, which is little on every machine of Apple's since 2006, and 8 bytes in the table called
// __.SYMDEF_64.
func (r *archiveReader) symbolsBSD(name string, body, size int64) error {
	table, err := r.table(body, size)
	if err != nil {
		return err
	}
	width := 4
	if strings.HasPrefix(name, symdef+"_64") {
		width = 8
	}
	number := func(b []byte) uint64 {
		if width == 8 {
			return binary.LittleEndian.Uint64(b)
		}
		return uint64(binary.LittleEndian.Uint32(b))
	}
	if len(table) < width {
		return errShortTable
	}
	length := number(table)
	table = table[width:]
	if length > uint64(len(table)) || len(table)-int(length) < width {
		return errShortTable
	}
	pairs, names := table[:length], table[int(length)+width:]
	r.archive.Index = make(map[string]int64)
	for ; len(pairs) >= 2*width; pairs = pairs[2*width:] {
		at := number(pairs)
		if at >= uint64(len(names)) {
			return errShortTable
		}
		symbol, _, found := bytes.Cut(names[at:], []byte{0})
		if !found {
			return errShortTable
		}
		r.note(strings.TrimPrefix(string(symbol), "_"), number(pairs[width:]))
	}
	return nil
}

// note adds a symbol to the index; linkers take the first member that has it.
func (r *archiveReader) note(symbol string, header uint64) {
	if _, known := r.archive.Index[symbol]; !known {
		r.archive.Index[symbol] = int64(header & (1<<63 - 1))
	}
}

var errShortTable = errors.New("the symbol table is too short")

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

// longName resolves "/123", an offset into the table of long names, and takes the "/" off the end
// of a short one. The "/123:456" of a member of an archive inside a thin archive is refused.
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

// symbols reads GNU's symbol table: a count, as many offsets, and as many names, with numbers of
// width bytes.
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
		return errShortTable
	}
	count := number(table)
	table = table[width:]
	if count > uint64(len(table)/width) {
		return errShortTable
	}
	names := table[int(count)*width:]
	r.archive.Index = make(map[string]int64, count)
	for i := range int(count) {
		name, rest, found := bytes.Cut(names, []byte{0})
		if !found {
			return errors.New("the symbol table has too few names")
		}
		names = rest
		r.note(string(name), number(table[i*width:]))
	}
	return nil
}

// objects reads all members; one that is not an object, such as a text, is left out.
func (a *Archive) Objects(file io.ReaderAt) ([]*Object, error) {
	var objects []*Object
	for _, m := range a.Members {
		o, err := a.Object(file, m)
		if err != nil {
			return nil, err
		}
		if o != nil {
			objects = append(objects, o)
		}
	}
	return objects, nil
}

// object reads a member; file is the one that holds the archive.
func (a *Archive) Object(file io.ReaderAt, m Member) (*Object, error) {
	at := Location{a.Name, a.Base + m.body, m.Size}
	if m.Path != "" {
		thin, err := os.Open(m.Path)
		if err != nil {
			return nil, fmt.Errorf("%s: a member of this thin archive: %w", a.Name, err)
		}
		defer thin.Close()
		info, err := thin.Stat()
		if err != nil {
			return nil, fmt.Errorf("%s: a member of this thin archive: %w", a.Name, err)
		}
		file, at = thin, Location{m.Path, 0, info.Size()}
	}
	o, err := ReadObject(io.NewSectionReader(file, at.Offset, at.Size), a.Name, m.Name)
	if o != nil {
		o.Place = at
	}
	return o, err
}
