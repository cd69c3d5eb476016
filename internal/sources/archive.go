package sources

import (
	"archive/tar"
	"bufio"
	"bytes"
	"compress/bzip2"
	"compress/gzip"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	"mpwolf/internal/disk"

	"github.com/ulikunitz/xz"
)

// ChecksumError says that an archive is not the one that was expected.
type ChecksumError struct{ File, Got, Want string }

func (e *ChecksumError) Error() string {
	return fmt.Sprintf("%s: the checksum differs: sha256 is %s, expected %s",
		e.File, e.Got, e.Want)
}

// CheckSHA256 compares a file's checksum with a wanted one and returns it; an empty want accepts
// all. Its error is a *ChecksumError when they differ.
func CheckSHA256(file, want string) (string, error) {
	got, err := disk.HashFile(file)
	if err != nil {
		return "", err
	}
	if want != "" && !strings.EqualFold(got, strings.TrimPrefix(want, "sha256:")) {
		return "", &ChecksumError{File: file, Got: got, Want: want}
	}
	return got, nil
}

// MemberError says which member of which archive was refused.
type MemberError struct {
	Archive, Member string
	Err             error
}

func (e *MemberError) Error() string {
	return fmt.Sprintf("%s: member %q: %v", e.Archive, e.Member, e.Err)
}
func (e *MemberError) Unwrap() error { return e.Err }

// Limits bound what an archive may unpack to.
type Limits struct {
	Bytes int64 // of all files together
	Files int   // members of any kind
}

// DefaultLimits are ten times what the largest known tree needs (wolfSSL 5.9.2: 130 MB, 5,000
// members).
var DefaultLimits = Limits{Bytes: 2 << 30, Files: 100_000}

// Unpack extracts a .tar.gz, .tar.xz, .tar.bz2 or .tar into an existing empty directory, without
// the archive's top directory. An archive with a member that leads out of the directory is
// refused; what was extracted until then stays, so use a directory that is deleted on error.
func Unpack(ctx context.Context, archive, dir string) error {
	f, err := os.Open(archive)
	if err != nil {
		return err
	}
	defer f.Close()
	return extract(ctx, filepath.Base(archive), bufio.NewReaderSize(f, 1<<16), dir, DefaultLimits)
}

func extract(ctx context.Context, name string, r *bufio.Reader, dir string, limits Limits) error {
	plain, err := decompress(r)
	if err != nil {
		return fmt.Errorf("%s: %w", name, err)
	}
	root, err := os.OpenRoot(dir)
	if err != nil {
		return err
	}
	defer root.Close()
	x := newExtractor(root, limits)
	members := tar.NewReader(plain)
	for {
		if err := ctx.Err(); err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
		header, err := members.Next()
		if errors.Is(err, io.EOF) {
			return x.finish(name)
		}
		if err != nil {
			return fmt.Errorf("%s: damaged: %w", name, err)
		}
		if err := x.member(header, members); err != nil {
			return &MemberError{Archive: name, Member: header.Name, Err: err}
		}
	}
}

// decompress goes by the first bytes, not by the name.
func decompress(r *bufio.Reader) (io.Reader, error) {
	magic, err := r.Peek(6)
	if err != nil {
		return nil, errors.New("not a tar archive: too short")
	}
	switch {
	case bytes.HasPrefix(magic, []byte{0x1f, 0x8b}):
		return gzip.NewReader(r)
	case bytes.HasPrefix(magic, []byte("BZh")):
		return bzip2.NewReader(r), nil
	case bytes.HasPrefix(magic, []byte("\xfd7zXZ\x00")):
		return newXZ(r)
	}
	if block, _ := r.Peek(262); len(block) == 262 && string(block[257:]) == "ustar" {
		return r, nil
	}
	return nil, errors.New("not a tar archive compressed by gzip, xz or bzip2")
}

// newXZ reads xz through a buffer: the decoder reads single bytes.
func newXZ(r io.Reader) (io.Reader, error) {
	plain, err := xz.NewReader(r)
	if err != nil {
		return nil, err
	}
	return bufio.NewReaderSize(plain, 1<<16), nil
}
