package config

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"
)

// ExistsError says that there is an mpwolf.toml already, which is never overwritten.
type ExistsError struct{ Path string }

func (e *ExistsError) Error() string { return e.Path + " exists already; it is not overwritten" }

// Create writes a new file, with a comment for every key. Limits are not written: they are for
// people to set.
func Create(f *File) error {
	if _, err := os.Lstat(f.Path); err == nil {
		return &ExistsError{f.Path}
	}
	text, err := f.encode()
	if err != nil {
		return err
	}
	if _, err := parse(f.Path, text); err != nil {
		return fmt.Errorf("write %s: %w", Name, err)
	}
	out, err := os.OpenFile(f.Path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o644)
	if errors.Is(err, fs.ErrExist) {
		return &ExistsError{f.Path}
	}
	if err != nil {
		return fmt.Errorf("write %s: %w", Name, err)
	}
	_, err = out.Write(text)
	if err == nil {
		err = out.Sync()
	}
	if closing := out.Close(); err == nil {
		err = closing
	}
	if err != nil {
		return errors.Join(fmt.Errorf("write %s: %w", Name, err), os.Remove(f.Path))
	}
	return nil
}

func (f *File) encode() ([]byte, error) {
	var b strings.Builder
	b.WriteString("# The wolfSSL that this firmware is built with. Paths are relative to this " +
		"file, and must stay below it.\n")
	if err := f.path(&b, "tree", f.Tree, "the MicroPython tree"); err != nil {
		return nil, err
	}
	quoted(&b, "micropython", f.MicroPython, "its release; mpwolf check reports any other")
	wolf := f.WolfSSL
	if filepath.IsAbs(wolf) {
		if err := f.path(&b, "wolfssl", wolf, "the directory of the wolfSSL tree"); err != nil {
			return nil, err
		}
	} else {
		quoted(&b, "wolfssl", wolf, "a version, or a directory")
	}
	const modules = "where the user modules are installed"
	if err := f.path(&b, "modules", f.Modules, modules); err != nil {
		return nil, err
	}
	if f.DropIn != nil {
		fmt.Fprintf(&b, "drop-in = %t # whether ssl, tls, cryptolib and hashlib are "+
			"registered too\n", *f.DropIn)
	}
	if f.Pristine {
		b.WriteString("pristine = true # no file of the tree changes\n")
	}
	for _, t := range f.Targets {
		if err := f.target(&b, t); err != nil {
			return nil, err
		}
	}
	if len(f.Targets) == 0 {
		b.WriteString("\n# One for each firmware that is built:\n#\n# [[target]]\n" +
			"# port = \"unix\"\n# variant = \"standard\"\n")
	}
	return []byte(b.String()), nil
}

func (f *File) target(b *strings.Builder, t Target) error {
	b.WriteString("\n[[target]]\n")
	quoted(b, "port", t.Port, "")
	if filepath.IsAbs(t.Board) {
		if err := f.path(b, "board", t.Board, ""); err != nil {
			return err
		}
	} else {
		quoted(b, "board", t.Board, "")
	}
	quoted(b, "variant", t.Variant, "")
	if err := f.path(b, "user-settings", t.UserSettings,
		"instead of the port's user_settings.h"); err != nil {
		return err
	}
	quoted(b, "profile", t.Profile, "")
	if len(t.Make) > 0 {
		words := make([]string, len(t.Make))
		for i, word := range t.Make {
			words[i] = quote(word)
		}
		fmt.Fprintf(b, "make = [%s]\n", strings.Join(words, ", "))
	}
	return nil
}

// path writes an absolute path relative to the file.
func (f *File) path(b *strings.Builder, key, abs, comment string) error {
	if abs == "" {
		return nil
	}
	rel, err := filepath.Rel(f.Dir(), abs)
	if err != nil || !filepath.IsLocal(rel) {
		return fmt.Errorf("write %s: %s is %s, which is not below %s", Name, key, abs, f.Dir())
	}
	quoted(b, key, filepath.ToSlash(rel), comment)
	return nil
}

func quoted(b *strings.Builder, key, value, comment string) {
	if value == "" {
		return
	}
	if comment != "" {
		comment = " # " + comment
	}
	fmt.Fprintf(b, "%s = %s%s\n", key, quote(value), comment)
}

// quote writes a TOML string: a literal one if possible, because some of Go's escapes are not
// TOML's.
func quote(s string) string {
	if q := strconv.Quote(s); q == `"`+s+`"` {
		return q
	}
	if !strings.ContainsAny(s, "'\n\r") {
		return "'" + s + "'"
	}
	var b strings.Builder
	for _, r := range s {
		switch {
		case r == '"' || r == '\\':
			b.WriteString(`\` + string(r))
		case r < ' ' || r == 0x7f:
			fmt.Fprintf(&b, `\u%04X`, r)
		default:
			b.WriteRune(r)
		}
	}
	return `"` + b.String() + `"`
}
