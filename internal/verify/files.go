package verify

import (
	"context"
	"fmt"

	"mpwolf/patches"
)

// keepOffFiles takes the part of the flash that holds files off the region for code, where the
// linker script does not, and makes a finding if the firmware reaches into it: the first write to
// the files destroys it.
func (v sizeCheck) keepOffFiles(ctx context.Context, c *check, size *Size) error {
	port, err := patches.Load(v.Target.Port)
	if err != nil || len(port.Flash.Files) == 0 || v.flags == nil {
		return nil // a port that mpwolf does not know is verified all the same
	}
	begin, macro, err := v.flags.FilesBegin(ctx, port.Flash.Source, port.Flash.Files)
	if err != nil || macro == "" {
		return err
	}
	for i := range size.Regions {
		r := &size.Regions[i]
		if r.Name != port.Flash.Region {
			continue
		}
		if over := r.keepOff(uint64(begin)); over > 0 {
			c.find(Finding{
				Message: fmt.Sprintf("the firmware takes %d bytes of %s, and files begin at %d "+
					"(%s): they overwrite its last %d bytes, which no linker reports", r.Used,
					r.Name, r.Length, macro, over),
				File: v.elf,
				Fix: v.smaller(ctx, flashMemory, over) + "; or give files less of the " +
					"flash, in the board's mpconfigboard.h",
			})
		}
	}
	return nil
}

// keepOff shortens a region, and returns how far the firmware reaches beyond its new end.
func (r *Region) keepOff(begin uint64) (over uint64) {
	r.Length = min(r.Length, begin)
	return max(r.Used, r.Length) - r.Length
}
