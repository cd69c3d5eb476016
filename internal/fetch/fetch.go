// Package fetch gets a MicroPython tree or a wolfSSL tree, from git, Debian's archive, an
// archive, or a directory of the user's, with one policy for both. It changes only trees that it
// made, and does not know what they are for.
package fetch

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"

	"mpwolf/internal/sources"
)

// The values of Source.From that are not a path or URL.
const (
	FromAuto = "auto"
	FromGit  = "git"
	FromApt  = "apt"
)

// Source says where sources may come from.
type Source struct {
	// From is FromAuto (also when empty), FromGit, FromApt, or a directory, an archive or a git
	// URL.
	From string
	// SHA256 is what an archive's checksum must be, in hex; empty means that it is not known.
	SHA256 string
	Cache  sources.Cache
	// Log takes one line at a time for the user; Progress gets git's progress messages. Both may
	// be nil.
	Log      sources.Log
	Progress io.Writer
}

// fetcher gets one kind of tree, from each kind of source.
type fetcher[T any] interface {
	// git clones from a URL; "" is the project's own repository.
	git(ctx context.Context, url string) (T, error)
	debian(ctx context.Context) (T, error)
	archive(ctx context.Context) (T, error)
	directory(ctx context.Context) (T, error)
	// clones reports whether a directory is cloned as a git repository rather than taken as it is.
	clones(dir string) bool
	// name is the project's, for messages.
	name() string
}

// get is the policy. If no source is given, it asks git and, only if the network cannot be
// reached, Debian.
func get[T any](ctx context.Context, s Source, f fetcher[T]) (none T, err error) {
	if err := checkSource(s); err != nil {
		return none, err
	}
	switch {
	case s.From == "" || s.From == FromAuto:
		return gitOrDebian(ctx, s, f)
	case s.From == FromGit:
		return f.git(ctx, "")
	case s.From == FromApt:
		return f.debian(ctx)
	case isFile(s.From):
		return f.archive(ctx)
	case isDir(s.From) && !f.clones(s.From):
		return f.directory(ctx)
	}
	return f.git(ctx, s.From)
}

// checkSource refuses what is not a source, and what cannot be trusted.
func checkSource(s Source) error {
	switch {
	case s.SHA256 != "" && !isFile(s.From):
		return errors.New("a checksum was given, but no archive to check")
	case slices.Contains([]string{"", FromAuto, FromGit, FromApt}, s.From), isFile(s.From),
		isDir(s.From), sources.IsGitURL(s.From):
		return nil
	}
	return fmt.Errorf("%q is not a source: expected auto, git, apt, a git URL, or an "+
		"existing directory or archive", s.From)
}

func gitOrDebian[T any](ctx context.Context, s Source, f fetcher[T]) (none T, err error) {
	tree, err := f.git(ctx, "")
	if err == nil || !errors.Is(err, sources.ErrOffline) {
		return tree, err
	}
	s.Log.Printf("%v; getting %s from Debian's archive with apt", err, f.name())
	tree, aptErr := f.debian(ctx)
	if aptErr != nil {
		return none, fmt.Errorf("from neither git nor apt: %w", errors.Join(err, aptErr))
	}
	return tree, nil
}

func isDir(path string) bool {
	info, err := os.Stat(path)
	return err == nil && info.IsDir()
}

func isFile(path string) bool {
	info, err := os.Stat(path)
	return err == nil && info.Mode().IsRegular()
}
