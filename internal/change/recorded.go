package change

import (
	"fmt"
	"slices"
	"strings"

	"mpwolf/internal/project"
	"mpwolf/internal/shell"
	"mpwolf/internal/state"
)

// recordedChanges says what changes when a tree is patched again: what the command line does not
// repeat is dropped, which may not be intended.
func recordedChanges(old, now *state.Record) []string {
	if old == nil {
		return nil
	}
	var texts []string
	add := func(format string, args ...any) { texts = append(texts, fmt.Sprintf(format, args...)) }
	if old.MicroPython != now.MicroPython {
		add("MicroPython is %s now; it was %s when the tree was patched",
			now.MicroPython, old.MicroPython)
	}
	for _, t := range now.Targets {
		name := project.Name(t)
		i := slices.IndexFunc(old.Targets, t.Same)
		if i < 0 {
			add("%s is added to the targets", name)
			continue
		}
		was := old.Targets[i]
		if !slices.Equal(t.Make, was.Make) {
			add("%s: make gets %s instead of %s", name, words(t.Make), words(was.Make))
		}
		if t.UserSettings != was.UserSettings {
			add("%s: wolfSSL's settings are %s instead of %s", name,
				settingsName(t.UserSettings), settingsName(was.UserSettings))
		}
	}
	for _, t := range now.Targets {
		if i := slices.IndexFunc(old.Targets, t.Same); i >= 0 {
			was := old.Targets[i].Variables
			for _, change := range project.ChangedVariables(t.Make, was, t.Variables) {
				add("%s: %s", project.Name(t), change)
			}
		}
	}
	for _, t := range now.Targets {
		i := slices.IndexFunc(old.Targets, t.Same)
		if i >= 0 && t.UserSettings != "" && t.UserSettings == old.Targets[i].UserSettings &&
			t.SettingsHash != old.Targets[i].SettingsHash && old.Targets[i].SettingsHash != "" {
			add("%s: wolfSSL's settings in %s were changed", project.Name(t),
				shell.Path(t.UserSettings))
		}
	}
	for _, t := range old.Targets {
		if !slices.ContainsFunc(now.Targets, t.Same) {
			add("%s is no longer a target", project.Name(t))
		}
	}
	for _, f := range old.Files {
		if !slices.ContainsFunc(now.Files, func(n state.File) bool { return n.Path == f.Path }) {
			add("%s is gone, and is no longer recorded", f.Path)
		}
	}
	switch is, was := now.Modules, old.Modules; {
	case is.WolfSSL != was.WolfSSL:
		add("wolfSSL will be %s instead of %s", is.WolfSSL, was.WolfSSL)
	case is.Source != was.Source && is.Source != "" && was.Source != "":
		add("wolfSSL %s comes from %s instead of %s", is.WolfSSL, is.Source, was.Source)
	}
	return texts
}

func words(args []string) string {
	if len(args) == 0 {
		return "no arguments"
	}
	return shell.Join(args)
}

func settingsName(file string) string {
	if file == "" {
		return "the port's"
	}
	return strings.TrimSpace(shell.Path(file))
}
