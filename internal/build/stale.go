package build

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
)

// stampFile is the file in a build directory that holds the hash of what it was built with.
const stampFile = "mpwolf-flags"

// emptyIfStale removes what an earlier build with other flags, sources or libraries left in the
// directory. MicroPython's make looks at the times of sources only: it keeps objects that were
// compiled with other CFLAGS, does not link again when an object is no longer wanted, and keeps
// the collected names of sources that are gone. A directory that holds no stamp was not made by
// Build and is left as it is.
func (m Make) emptyIfStale(ctx context.Context, flags *Flags) (bool, error) {
	if m.recompiled(ctx, flags) {
		if err := os.WriteFile(filepath.Join(m.Dir, stampFile), nil, 0o666); err != nil {
			return false, fmt.Errorf("build %s: %w", m.Target.Name(), err)
		}
	}
	want := m.stamp(flags)
	file := filepath.Join(m.Dir, stampFile)
	have, err := os.ReadFile(file)
	if err == nil && bytes.Equal(have, want) {
		return false, nil
	}
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return false, fmt.Errorf("build %s: %w", m.Target.Name(), err)
	}
	stale := err == nil
	if stale {
		if err := m.empty(); err != nil {
			return false, fmt.Errorf("build %s: empty the build directory: %w",
				m.Target.Name(), err)
		}
	}
	if err := os.WriteFile(file, want, 0o666); err != nil {
		return false, fmt.Errorf("build %s: %w", m.Target.Name(), err)
	}
	return stale, nil
}

// OtherFlags reports whether an earlier Build of this directory, which succeeded, had other flags,
// sources or libraries than make gives now. It is false where that is not known.
func (m Make) OtherFlags(ctx context.Context) (bool, error) {
	flags, err := m.probed(ctx)
	if err != nil {
		return false, err
	}
	have, err := os.ReadFile(filepath.Join(m.Dir, stampFile))
	if errors.Is(err, fs.ErrNotExist) || err == nil && len(have) == 0 {
		return false, nil
	}
	if err != nil {
		return false, fmt.Errorf("read what %s was built with: %w", m.Dir, err)
	}
	return !bytes.Equal(have, m.stamp(flags)) || m.recompiled(ctx, flags), nil
}

// empty keeps mpy-cross, which does not depend on the firmware's flags. The stamp goes last: a
// half-emptied directory must still be emptied.
func (m Make) empty() error {
	entries, err := os.ReadDir(m.Dir)
	if err != nil {
		return err
	}
	for _, entry := range entries {
		switch entry.Name() {
		case mpyCross, stampFile:
			continue
		}
		if err := os.RemoveAll(filepath.Join(m.Dir, entry.Name())); err != nil {
			return err
		}
	}
	return nil
}

// stampVars are the make variables that decide what is built, and whose changes make's rules do
// not see.
var stampVars = []string{"CC", "CFLAGS", "CXXFLAGS", "AFLAGS", "LD", "LDFLAGS", "LDFLAGS_MOD",
	"LIB", "LIBS", "OBJ",
	"SRC_QSTR", "FROZEN_MANIFEST", "QSTR_DEFS"}

func (m Make) stamp(flags *Flags) []byte {
	hash := sha256.New()
	for _, name := range stampVars {
		fmt.Fprintf(hash, "%s=%q\n", name, flags.Vars[name])
	}
	fmt.Fprintf(hash, "%q\n", flags.Environment)
	name := m.Target.Name()
	if m.Target.BoardDir != "" { // which may move
		name += " " + m.Target.BoardDir
	}
	return []byte(m.Target.Tree.Dir + "\n" + name + "\n" +
		hex.EncodeToString(hash.Sum(nil)) + "\n")
}

// compilesFile is the file in a build directory that holds the hash of the commands that its
// objects were compiled with. The variables in the stamp do not show the flags of single objects.
const compilesFile = "mpwolf-replies/compiles"

// Succeeded reports whether a build in a directory has ever succeeded.
func Succeeded(dir string) bool {
	_, err := os.Stat(filepath.Join(dir, filepath.FromSlash(compilesFile)))
	return err == nil
}

// recompiled reports whether the existing objects were compiled with other commands. It is false
// for a directory without objects, or if make cannot be asked.
func (m Make) recompiled(ctx context.Context, flags *Flags) bool {
	have, err := os.ReadFile(filepath.Join(m.Dir, filepath.FromSlash(compilesFile)))
	if err != nil {
		return false
	}
	now, err := m.compilesHash(ctx, flags)
	return err == nil && string(have) != now
}

// keepCompiles records the commands of a build that has succeeded.
func (m Make) keepCompiles(ctx context.Context, flags *Flags) {
	file := filepath.Join(m.Dir, filepath.FromSlash(compilesFile))
	now, err := m.compilesHash(ctx, flags)
	if err != nil || os.MkdirAll(filepath.Dir(file), 0o777) != nil {
		return // the next build compiles what its makefiles say, without a comparison
	}
	if have, err := os.ReadFile(file); err == nil && string(have) == now {
		return
	}
	_ = os.WriteFile(file, []byte(now), 0o666)
}

func (m Make) compilesHash(ctx context.Context, flags *Flags) (string, error) {
	m.Flags = flags
	compiles, err := m.Compiles(ctx)
	if err != nil {
		return "", err
	}
	hash := sha256.New()
	for _, object := range slices.Sorted(maps.Keys(compiles)) {
		fmt.Fprintf(hash, "%q %q %q\n", object, compiles[object].Source, compiles[object].Argv)
	}
	return hex.EncodeToString(hash.Sum(nil)), nil
}
