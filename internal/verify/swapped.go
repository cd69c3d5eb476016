package verify

import (
	"context"
	"fmt"
	"path/filepath"
	"slices"
)

// swappedCheck finds objects of wolfSSL and its modules that were compiled from another source
// than the one that make names, as a wrapper of the compiler can do: such an object has all
// symbols of the real one. The dependency file names the source that was read.
func (v settingsCheck) swappedCheck(ctx context.Context, c *check) error {
	compiles, err := v.build.Compiles(ctx)
	if err != nil {
		return ctx.Err() // as in seenByObjects
	}
	for _, o := range v.inputs.objects {
		command, known := compiles[o.File]
		if !known || o.Member != "" || filepath.Ext(command.Source) != ".c" || v.WolfSSL == "" {
			continue
		}
		module := filepath.Dir(v.WolfSSL)
		deps := v.deps(o.File)
		if len(deps) == 0 || relative(module, command.Source) == command.Source ||
			slices.Contains(deps, command.Source) ||
			slices.ContainsFunc(deps, func(dep string) bool {
				return filepath.Base(dep) == filepath.Base(command.Source) &&
					sameFile(dep, command.Source)
			}) {
			continue
		}
		c.find(Finding{File: deps[0], Message: fmt.Sprintf("%s was compiled from this, not from "+
			"%s, which make's command names", v.objectName(o), command.Source),
			Fix: "see what wraps the compiler (CC, also for this object only)"})
	}
	return nil
}
