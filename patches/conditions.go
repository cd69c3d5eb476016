package patches

import "fmt"

// conditions is the stack of conditional blocks that a line is in; make and C share it.
type conditions struct {
	stack []branch
	// around are the blocks around the line that includes the file; nil for the first file.
	around *conditions
}

type branch struct {
	outer truth  // whether the block as a whole is active
	taken truth  // whether an earlier branch of it was taken
	now   truth  // whether the present branch is active, regardless of the outer blocks
	doubt string // the condition that could not be read
	where string // the condition of the present branch
}

func (c *conditions) active() truth {
	if len(c.stack) == 0 {
		if c.around != nil {
			return c.around.active()
		}
		return yes
	}
	top := c.stack[len(c.stack)-1]
	return top.outer.and(top.now)
}

// doubt names the innermost condition that could not be read, or nothing.
func (c *conditions) doubt() string {
	for i := len(c.stack) - 1; i >= 0; i-- {
		if b := c.stack[i]; b.now == maybe && b.doubt != "" {
			return b.doubt
		}
	}
	if c.around != nil {
		return c.around.doubt()
	}
	return ""
}

// when is the innermost condition, or nothing.
func (c *conditions) when() string {
	if len(c.stack) == 0 {
		return ""
	}
	return c.stack[len(c.stack)-1].where
}

func (c *conditions) push(t truth, where string) {
	b := branch{outer: c.active(), taken: t, now: t, where: where}
	if t == maybe {
		b.doubt = where
	}
	c.stack = append(c.stack, b)
}

// turn goes to the next branch of the innermost block. An else without a block is ignored: the
// tool that the file is for will report it better.
func (c *conditions) turn(t truth, where string) {
	if len(c.stack) == 0 {
		return
	}
	b := &c.stack[len(c.stack)-1]
	b.now = b.taken.not().and(t)
	b.taken = b.taken.or(t)
	b.where = where
	if t == maybe {
		b.doubt = where
	}
}

func (c *conditions) pop() {
	if len(c.stack) > 0 {
		c.stack = c.stack[:len(c.stack)-1]
	}
}

func place(file string, line int, text string) string {
	return fmt.Sprintf("%s:%d: %s", file, line, text)
}
