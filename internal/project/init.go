package project

import (
	"os"
	"path/filepath"

	"mpwolf/internal/config"
	"mpwolf/internal/hint"
	"mpwolf/internal/micropython"
	"mpwolf/internal/repository"
	"mpwolf/wolfssl"
)

// Init writes an mpwolf.toml at the top of the repository around the current directory, from the
// options and what it finds: the tree, its release, and what is already patched.
func Init(o Options) (*config.File, error) {
	cwd, err := os.Getwd()
	if err != nil {
		return nil, err
	}
	file := &config.File{Path: filepath.Join(repository.Top(cwd), config.Name)}
	if _, err := os.Lstat(file.Path); err == nil {
		return nil, &config.ExistsError{Path: file.Path}
	}
	p := &Project{Asked: o}
	if p.Tree, err = initTree(o, file); err != nil {
		return nil, err
	}
	which := Recorded
	if o.Port != "" {
		which = Asked
	}
	if err := p.Read(which); err != nil {
		return nil, err
	}
	if err := Distinct(p.Targets); err != nil {
		return nil, err
	}
	file.Tree, file.MicroPython = p.Tree.Dir, p.Tree.Version.String()
	file.Modules = p.Modules
	if !p.ModulesNamed && p.Record == nil && p.Tree.Dir == file.Dir() {
		// The repository is MicroPython's own, and everything must be inside it.
		file.Modules = filepath.Join(file.Dir(), filepath.Base(p.Modules))
	}
	if file.WolfSSL, err = initWolfSSL(p.WolfSSL, file.Dir()); err != nil {
		return nil, err
	}
	for _, t := range p.Targets {
		file.Targets = append(file.Targets, config.Target{
			Port: t.Port, Board: t.BoardFlag(), Variant: t.Variant,
			UserSettings: t.UserSettings, Make: t.Asked,
		})
	}
	if err := config.Create(file); err != nil {
		return nil, hint.With(err,
			"all paths in the file must be below its directory; flags may name other places")
	}
	return file, nil
}

// initTree is the tree that the options name, or the one around or below the repository's top.
func initTree(o Options, file *config.File) (*micropython.Tree, error) {
	if o.Tree != "" {
		return micropython.Open(o.Tree)
	}
	return TreeAround(file.Dir())
}

// initWolfSSL is the wolfSSL of the options or the record, of a submodule, or the newest that is
// known to work.
func initWolfSSL(want, top string) (string, error) {
	if want == "" {
		want = wolfSSLBelow(top)
	}
	info, err := os.Stat(want)
	if isDir := err == nil && info.IsDir(); !isDir || wolfssl.IsVersion(want) {
		c, err := wolfssl.Releases()
		if err != nil {
			return "", err
		}
		known, err := c.Wanted(want) // the newest comes first
		if err != nil {
			return "", err
		}
		return known[0].Version, nil
	}
	if _, err := wolfssl.Open(want); err != nil {
		return "", err
	}
	return filepath.Abs(want)
}

// wolfSSLBelow is a wolfSSL tree where firmware repositories keep theirs; "" without one.
func wolfSSLBelow(top string) string {
	for _, name := range []string{"wolfssl", "lib/wolfssl", "third_party/wolfssl",
		"external/wolfssl"} {
		dir := filepath.Join(top, filepath.FromSlash(name))
		if _, err := wolfssl.Open(dir); err == nil {
			return dir
		}
	}
	return ""
}
