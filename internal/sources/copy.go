package sources

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
)

// CopyTree copies a directory's files, directories and links into an existing empty one, with
// modes and times; skip says which names (relative, with slashes) are left out, directories with
// their contents. A link that leads out of the directory, or a device, is an error.
func CopyTree(ctx context.Context, from, dir string, skip func(rel string) bool) error {
	root, err := os.OpenRoot(dir)
	if err != nil {
		return err
	}
	defer root.Close()
	err = filepath.WalkDir(from, func(path string, entry fs.DirEntry, err error) error {
		if err := errors.Join(err, ctx.Err()); err != nil {
			return err
		}
		rel, err := filepath.Rel(from, path)
		if err != nil || rel == "." {
			return err
		}
		if skip(filepath.ToSlash(rel)) {
			if entry.IsDir() {
				return fs.SkipDir
			}
			return nil
		}
		return copyEntry(root, path, rel, entry)
	})
	if err != nil {
		return fmt.Errorf("copy %s: %w", from, err)
	}
	return nil
}

func copyEntry(root *os.Root, path, rel string, entry fs.DirEntry) error {
	info, err := entry.Info()
	if err != nil {
		return err
	}
	switch entry.Type() {
	case fs.ModeDir:
		return root.Mkdir(rel, info.Mode().Perm()|0o700)
	case fs.ModeSymlink:
		target, err := os.Readlink(path)
		if err != nil {
			return err
		}
		if !linkInside(filepath.ToSlash(rel), filepath.ToSlash(target)) {
			return fmt.Errorf("%s is a link to %q, out of the directory", rel, target)
		}
		return root.Symlink(target, rel)
	case 0:
		return copyFile(root, path, rel, info)
	}
	return fmt.Errorf("%s is neither a file, a directory nor a link", rel)
}

func copyFile(root *os.Root, path, rel string, info fs.FileInfo) error {
	in, err := os.Open(path)
	if err != nil {
		return err
	}
	defer in.Close()
	out, err := root.OpenFile(rel, os.O_WRONLY|os.O_CREATE|os.O_EXCL, info.Mode().Perm())
	if err != nil {
		return err
	}
	_, err = io.Copy(out, in)
	if err := errors.Join(err, out.Close()); err != nil {
		return err
	}
	return root.Chtimes(rel, info.ModTime(), info.ModTime())
}
