package sources

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

// stampFile is in the top of each cache entry: a digest of the names, modes, sizes and times of
// all files. It is compared at each use, which takes milliseconds where hashing the contents would
// take a second.
const stampFile = ".mpwolf-entry"

var errChanged = errors.New("its files are not those that were fetched")

func writeStamp(dir string) error {
	sum, err := stamp(dir)
	if err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(dir, stampFile), []byte(sum+"\n"), 0o644)
}

// checkStamp returns fs.ErrNotExist when there is no entry at all.
func checkStamp(dir string) error {
	if _, err := os.Stat(dir); err != nil {
		return err
	}
	want, err := os.ReadFile(filepath.Join(dir, stampFile))
	if err != nil {
		return errors.New("its stamp is missing")
	}
	got, err := stamp(dir)
	if err != nil {
		return err
	}
	if got != strings.TrimSpace(string(want)) {
		return errChanged
	}
	return nil
}

// stamp leaves out .git, whose index git itself rewrites even for git status.
func stamp(dir string) (string, error) {
	digest := sha256.New()
	err := filepath.WalkDir(dir, func(path string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		switch entry.Name() {
		case ".git":
			if entry.IsDir() {
				return fs.SkipDir
			}
			return nil
		case stampFile:
			return nil
		}
		info, err := entry.Info()
		if err != nil {
			return err
		}
		rel, err := filepath.Rel(dir, path)
		if err != nil {
			return err
		}
		if entry.IsDir() {
			fmt.Fprintf(digest, "%q %v\n", rel, info.Mode())
			return nil
		}
		fmt.Fprintf(digest, "%q %v %d %d\n", rel, info.Mode(), info.Size(),
			info.ModTime().UnixNano())
		return nil
	})
	if err != nil {
		return "", fmt.Errorf("read cache entry: %w", err)
	}
	return hex.EncodeToString(digest.Sum(nil)), nil
}

// syncDir writes a directory's own list of names to the disk, which makes a rename in it
// durable.
func syncDir(dir string) error {
	f, err := os.Open(dir)
	if err != nil {
		return err
	}
	defer f.Close()
	if err := f.Sync(); err != nil && !errors.Is(err, errors.ErrUnsupported) &&
		!errors.Is(err, fs.ErrPermission) {
		return fmt.Errorf("sync %s: %w", dir, err)
	}
	return nil
}
