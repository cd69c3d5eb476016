package check

import (
	"fmt"
	"path/filepath"
	"slices"

	"mpwolf/internal/project"
	"mpwolf/internal/report"
	"mpwolf/patches"
)

// target asks the scanner whether every want holds, and the record whether the target was patched
// as it is wanted.
func (k *checker) target(t project.Target) error {
	key, err := k.VerdictKey(t.Target, k.tool)
	if err != nil {
		return err
	}
	if !k.stamps.Holds(key, k.inputs) {
		port, err := patches.Load(t.Port)
		if err != nil {
			return err
		}
		reading := k.Scan(t.Target)
		for _, want := range port.Wants {
			k.want(t, want, reading)
		}
	}
	if k.Record != nil && k.File != nil {
		k.recorded(t)
	}
	return nil
}

func (k *checker) want(t project.Target, want patches.Want, reading *patches.Config) {
	now := reading.State(want)
	if now.Known && now.Value == want.Value {
		return
	}
	f := report.Finding{ID: "macros", File: t.Dir(), Fix: fixPatch}
	if site := decidingLine(now, reading); site != nil {
		f.File, f.Line = site.File, site.Line
		if !filepath.IsAbs(f.File) {
			f.File = k.Tree.Path(filepath.FromSlash(f.File))
		}
	}
	if now.Known {
		f.Message = fmt.Sprintf("%s is %d for %s; it must be %d: %s", now.Name, now.Value,
			t.Name(), want.Value, want.Why)
	} else {
		f.Message = fmt.Sprintf("whether %s is %d for %s cannot be told: %s", now.Name, want.Value,
			t.Name(), now.Doubt)
	}
	k.found(f)
}

// decidingLine is the line to look at: where a makefile turns a variable into a macro, that which
// sets the variable.
func decidingLine(now patches.State, reading *patches.Config) *patches.Site {
	if now.Site == nil || now.Site.Kind != patches.CompilerFlag {
		return now.Site
	}
	for _, site := range slices.Backward(reading.Sites(now.Name)) {
		if site.Kind == patches.MakeVariable && site.Active == "yes" {
			return &site
		}
	}
	return now.Site
}
