package state

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

// originName is the file in a fetched tree that says where it is from, and how make can build
// it.
const originName = "tree.json"

// treeMark stands for the tree's directory in that file, so that the tree can be moved.
const treeMark = "$(TREE)"

// Origin is where a fetched tree is from.
type Origin struct {
	// Source says it in words; empty if it is not known.
	Source string `json:"source"`
	// Make are arguments that every make in the tree needs.
	Make []string `json:"make"`
}

// Kept is the path of a file that a fetched tree keeps below Dir, as it may be written in
// Origin.Make.
func Kept(name string) string { return treeMark + "/" + Dir + "/" + name }

// LoadOrigin reads where a tree is from; the zero value if it does not say.
func LoadOrigin(tree string) (Origin, error) {
	var origin Origin
	file := filepath.Join(tree, Dir, originName)
	text, err := os.ReadFile(file)
	if errors.Is(err, fs.ErrNotExist) {
		return origin, nil
	}
	if err != nil {
		return origin, fmt.Errorf("read where the tree is from: %w", err)
	}
	decoder := json.NewDecoder(strings.NewReader(string(text)))
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(&origin); err != nil {
		return origin, fmt.Errorf("read %s: %w", file, err)
	}
	for i, arg := range origin.Make {
		origin.Make[i] = strings.ReplaceAll(arg, treeMark, tree)
	}
	return origin, nil
}

// SaveOrigin records where a tree is from, and keeps further files for its make, by their names
// below Dir.
func SaveOrigin(tree string, origin Origin, files map[string]string) error {
	text, err := json.MarshalIndent(origin, "", "  ")
	if err != nil {
		return err
	}
	if err := MakeDir(tree, filepath.Join(tree, Dir)); err != nil {
		return err
	}
	files[originName] = string(text) + "\n"
	for name, text := range files {
		file := filepath.Join(tree, Dir, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
			return err
		}
		if err := os.WriteFile(file, []byte(text), 0o644); err != nil {
			return err
		}
	}
	return nil
}
