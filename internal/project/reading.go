package project

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"path/filepath"
	"slices"

	"mpwolf/internal/disk"
	"mpwolf/internal/micropython"
	"mpwolf/internal/state"
	"mpwolf/modules"
	"mpwolf/patches"
)

// Module is the directory of the installed user module.
func (p *Project) Module() string { return filepath.Join(p.Modules, modules.Name) }

// PristineModule is the module whose files take the place of changes to the tree; nil if the
// tree itself is changed.
func (p *Project) PristineModule() *patches.Pristine {
	if !p.Pristine {
		return nil
	}
	return &patches.Pristine{Module: p.Module()}
}

// Scan reads the configuration of a target, as this project builds it, from its files.
func (p *Project) Scan(t micropython.Target) *patches.Config {
	if module := p.PristineModule(); module != nil {
		return module.Read(t)
	}
	return patches.Read(t)
}

// VerdictKey stands for "the scanner finds that every want holds for this target", with
// everything besides files that decides it: tool is mpwolf's version. See state.Stamps.
func (p *Project) VerdictKey(t micropython.Target, tool string) (string, error) {
	wants, err := patches.Text(t.Port) // not parsed: that takes a tenth of the time of check
	if err != nil {
		return "", err
	}
	h := sha256.New()
	fmt.Fprintf(h, "%s\n%q\n%q\n%q\n%q\n%q\n%q\n%+v\n",
		tool, t.Port, t.Board, t.BoardDir, t.Variant, t.Make, wants, p.PristineModule())
	fmt.Fprintf(h, "%q\n", patches.Environment())
	return hex.EncodeToString(h.Sum(nil)), nil
}

// Stamps records what check need not read again once the tree is patched: what is installed and,
// for each target where the scanner finds every want to hold, all that it read. tool is mpwolf's
// version.
func (p *Project) Stamps(tool string) (*state.Stamps, error) {
	stamps := state.NewStamps()
	installed, err := modules.Files(p.Modules)
	if err != nil {
		return nil, err
	}
	for name, hash := range installed {
		stamps.Add(name, hash)
	}
	for _, t := range p.Targets {
		if err := p.stamp(stamps, t.Target, tool); err != nil {
			return nil, err
		}
	}
	return stamps, nil
}

func (p *Project) stamp(stamps *state.Stamps, t micropython.Target, tool string) error {
	port, err := patches.Load(t.Port)
	if err != nil {
		return err
	}
	reading := p.Scan(t)
	if slices.ContainsFunc(port.Wants, func(w patches.Want) bool {
		now := reading.State(w)
		return now.Known && now.Value != w.Value
	}) {
		return nil // the compiler knows better; check will say what the scanner reads
	}
	for _, line := range reading.Unread() {
		stamps.AddClaim(line.String())
	}
	for pattern, found := range reading.Globs() {
		stamps.AddGlob(filepath.FromSlash(pattern), found)
	}
	all := true
	for name, text := range reading.Inputs() {
		if !filepath.IsAbs(name) {
			name = p.Tree.Path(filepath.FromSlash(name))
		}
		hash := ""
		if text != nil {
			hash = disk.Hash(text)
		}
		all = stamps.Add(name, hash) && all
	}
	if !all {
		return nil
	}
	key, err := p.VerdictKey(t, tool)
	if err == nil {
		stamps.AddVerdict(key)
	}
	return err
}
