package build

import (
	"context"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"mpwolf/internal/micropython"
)

// Settings are macros after wolfSSL's settings header, as the compiler sees them with the flags
// that some of wolfSSL's objects have in common.
type Settings struct {
	Values  map[string]Value
	Objects []string // their sources, relative to the top of wolfSSL
}

// SettingsOf asks make how it would compile wolfSSL, and the compiler for macros with these flags.
// It writes nothing to the tree. wolfssl is its top, args are make's arguments; the flags are those
// of Probe.
func SettingsOf(
	ctx context.Context, t micropython.Target, flags *Flags, args []string, wolfssl string,
	macros []string,
) ([]Settings, error) {
	dir, err := os.MkdirTemp("", "mpwolf-settings-")
	if err != nil {
		return nil, err
	}
	defer func() { _ = os.RemoveAll(dir) }()
	m := Make{Target: t, Dir: dir, Args: args, Flags: flags}
	compiles, err := m.Compiles(ctx)
	if err != nil {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		// A make that does not say how it compiles has the flags of all objects.
		values, err := flags.EffectiveIn(ctx, "wolfssl/wolfcrypt/settings.h", macros)
		if err != nil {
			return nil, err
		}
		return []Settings{{Values: values, Objects: []string{""}}}, nil
	}
	var commands []Compile
	var all []Settings
	groups := make(map[string]int)
	for _, object := range slices.Sorted(maps.Keys(compiles)) {
		c := compiles[object]
		source, err := filepath.Rel(wolfssl, c.Source)
		if err != nil || !filepath.IsLocal(source) || filepath.Ext(source) != ".c" {
			continue
		}
		key := strings.Join(c.Argv, "\x00")
		at, known := groups[key]
		if !known {
			at = len(all)
			groups[key] = at
			all = append(all, Settings{})
			commands = append(commands, Compile{Argv: c.Argv,
				Source: filepath.Join(wolfssl, "wolfssl", "wolfcrypt", "settings.h")})
		}
		all[at].Objects = append(all[at].Objects, source)
	}
	values, err := flags.EffectiveAt(ctx, commands, macros)
	if err != nil {
		return nil, err
	}
	for i := range all {
		if values[i] == nil {
			return nil, fmt.Errorf("ask the compiler for wolfSSL's settings in %s: it cannot "+
				"preprocess %s with the flags of %s", t.Name(), commands[i].Source,
				all[i].Objects[0])
		}
		all[i].Values = values[i]
	}
	return all, nil
}
