package verify

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"mpwolf/internal/build"
	"mpwolf/internal/objects"
	"mpwolf/internal/state"
)

// The stacks that a firmware's size is divided into.
const (
	stackTLS         = "wolfSSL TLS"
	stackCrypt       = "wolfCrypt"
	stackModules     = "modules"
	stackBuiltin     = "built-in TLS and crypto"
	stackMicroPython = "MicroPython"
	stackCompiler    = "compiler's libraries"
	stackTables      = "linker's tables"
	// stackOther is code that neither MicroPython nor a module, wolfSSL or the compiler accounts
	// for.
	stackOther = "other code"
	// stackOptimized is code that the linker's optimizer generated from several objects, as in a
	// build with MicroPython's LTO=1.
	stackOptimized = "link-time optimized"
)

var stacks = []string{stackTLS, stackCrypt, stackModules, stackBuiltin, stackMicroPython,
	stackOptimized, stackCompiler,
	stackOther, stackTables}

// Memory is what something needs in a board's memories, in bytes. Initialised data counts in
// both: its initial value is in flash.
type Memory struct {
	Flash uint64 `json:"flash"`
	RAM   uint64 `json:"ram"`
}

func (m *Memory) add(k objects.SectionKind, n uint64) {
	if k != objects.BssSection {
		m.Flash += n
	}
	if k != objects.TextSection {
		m.RAM += n
	}
}

// Size is what a firmware needs.
type Size struct {
	Time string `json:"time"` // when it was measured, in UTC
	Text uint64 `json:"text"`
	Data uint64 `json:"data"`
	BSS  uint64 `json:"bss"`
	Memory
	Stacks  map[string]Memory `json:"stacks"`
	Sources map[string]Memory `json:"sources"`
	// Regions are the memories of the board, and Room is what is left for heap and stack.
	Regions []Region `json:"regions,omitempty"`
	Room
	// Measured says what Stacks and Sources are based on: the linker's map, or the sizes of the
	// objects, which still contain what the linker leaves out.
	Measured string            `json:"measured"`
	others   map[string]Memory // the files of stackOther
	parts    []Part
}

// size measures what is linked.
func (v sizeCheck) size() *Size {
	size := &Size{Time: time.Now().UTC().Format(time.DateTime), Text: v.image.Size.Text,
		Data: v.image.Size.Data,
		BSS:  v.image.Size.BSS}
	size.Flash, size.RAM = size.Text+size.Data, size.Data+size.BSS
	v.divide(size, v.image.Sections)
	size.Regions, size.Room = v.regions(), room(v.image)
	return size
}

// divide finds the shares of the stacks and of the sources; sections are those of the firmware,
// nil if there is none.
func (v sizeCheck) divide(size *Size, sections map[string]objects.SectionKind) {
	size.Stacks, size.Sources, size.others =
		make(map[string]Memory), make(map[string]Memory), make(map[string]Memory)
	parts := make(map[[2]string]*Part)
	note := func(object string, m Memory, symbols []Symbol) {
		stack := v.stackOf(object)
		if stack == stackOther {
			file, _, _ := strings.Cut(object, "(")
			sum := size.others[v.abs(file)]
			size.others[v.abs(file)] = Memory{sum.Flash + m.Flash, sum.RAM + m.RAM}
		}
		sum := size.Stacks[stack]
		size.Stacks[stack] = Memory{sum.Flash + m.Flash, sum.RAM + m.RAM}
		source := v.sourceOf(object, stack)
		if source != "" {
			sum := size.Sources[source]
			size.Sources[source] = Memory{sum.Flash + m.Flash, sum.RAM + m.RAM}
		}
		part := parts[[2]string{stack, source}]
		if part == nil {
			part = &Part{Stack: stack, Source: source}
			parts[[2]string{stack, source}] = part
		}
		part.Flash, part.RAM = part.Flash+m.Flash, part.RAM+m.RAM
		part.Symbols = append(part.Symbols, symbols...)
	}
	if linked := v.readMap(sections); linked != nil && len(linked.sizes) > 0 {
		size.Measured = "linker's map"
		for object, m := range linked.sizes {
			note(object, m, linked.symbols[object])
		}
	} else {
		size.Measured = "sizes of the objects"
		for _, o := range v.inputs.objects {
			note(o.Name(), Memory{o.Size.Text + o.Size.Data, o.Size.Data + o.Size.BSS}, nil)
		}
	}
	size.parts = sortedParts(parts)
}

// readMap reads the map of this link; a map of an earlier link does not describe it.
func (v sizeCheck) readMap(sections map[string]objects.SectionKind) *linkMap {
	file := v.mapFile()
	written, err := os.Stat(file)
	if err != nil {
		return nil
	}
	for _, input := range v.link.Inputs {
		if info, err := os.Stat(input); err == nil && info.ModTime().After(written.ModTime()) {
			return nil
		}
	}
	if linked := v.early.linked(v.elf, file); linked != nil && sections != nil {
		return linked
	}
	text, err := os.ReadFile(file)
	if err != nil {
		return nil
	}
	var symbols []objects.ImageSymbol
	if v.image != nil {
		symbols = v.image.Symbols
	}
	return parseMap(string(text), sections, symbols)
}

// sourceOf is the source of an object or of an archive's member, as seen from the tree; "" for
// what is no object.
func (v sizeCheck) sourceOf(name, stack string) string {
	if stack == stackTables || stack == stackOptimized {
		return ""
	}
	path := v.abs(name)
	if deps := v.deps(path); len(deps) > 0 {
		return relative(v.Target.Tree.Dir, deps[0])
	}
	return relative(v.build.Dir, path)
}

// SizeID is the check in this file.
const SizeID = "size"

var sizeRule = rule{
	Rule: Rule{
		ID:      SizeID,
		Summary: "The firmware fits into the board's memory and the given limits.",
		Help: "The sizes are those of the linked firmware. The message names the largest parts, " +
			"the fix the settings that make wolfSSL smaller.",
	},
	of: func(e *evidence) runner { return sizeCheck{e} },
}

type sizeCheck struct{ *evidence }

// run measures the firmware: its sections in memory, and the share of each stack. The shares are
// the sizes of the input sections that the linker's map places, or, without a map, those of the
// objects before the linker leaves out what is unused.
func (v sizeCheck) run(ctx context.Context, c *check) error {
	if v.elf == "" {
		c.notMade = v.blocked
		return nil
	}
	size := v.size()
	if err := v.keepOffFiles(ctx, c, size); err != nil {
		return err
	}
	c.show("size", size)
	c.show(partsEvidence, size.parts)
	c.summary = fmt.Sprintf("flash %d, RAM %d bytes", size.Flash, size.RAM)
	if shares := size.shares(flashMemory); shares != "" {
		c.summary += fmt.Sprintf(": %s (by the %s)", shares, size.Measured)
	}
	if text := roomText(size.Regions, size.Room); text != "" {
		c.summary += "; " + text
	}
	if note, found := size.othersNote(v.Target.Tree.Dir); found {
		c.notes = append(c.notes, note)
	}
	if v.Baseline != nil {
		c.show("baseline", v.Baseline)
		c.summary += "; against the built-in: " + size.against(v.Baseline)
	}
	if last := v.lastSize(); last != nil {
		c.show("last", last)
		if last.Memory != size.Memory || differ(last.Heap, size.Heap) ||
			differ(last.Stack, size.Stack) {
			c.summary += fmt.Sprintf("; against the last run, of %s: %s", last.Time,
				size.against(last))
		}
	}
	v.limit(ctx, c, size, flashMemory, size.Flash, v.MaxFlash)
	v.limit(ctx, c, size, ramMemory, size.RAM, v.MaxRAM)
	v.least(c, "heap", size.Heap, v.MinHeap)
	v.least(c, "stack", size.Stack, v.MinStack)
	if size.Heap != nil && *size.Heap < recordBuffers && v.MinHeap == 0 {
		c.notes = append(c.notes, Finding{
			Message: fmt.Sprintf("the heap has %d bytes, and two full records of TLS take %d: "+
				"connections may run out of memory",
				*size.Heap, recordBuffers),
			Fix: "make it larger in the linker script (" + v.scriptsText() +
				"), or state with --min-heap what is enough",
		})
	}
	if len(c.findings) > 0 {
		c.headline = c.summary
	}
	v.recordSize(size)
	return nil
}

// The memories of a board, as messages call them.
const (
	flashMemory = "flash"
	ramMemory   = "RAM"
)

// of is the part in one of the memories.
func (m Memory) of(memory string) uint64 {
	if memory == ramMemory {
		return m.RAM
	}
	return m.Flash
}

// shares are the stacks, with what they need in a memory, if that is worth showing.
func (s *Size) shares(memory string) string {
	var parts []string
	for _, stack := range stacks {
		if text := kilobytes(s.Stacks[stack].of(memory)); text != kilobytes(0) {
			parts = append(parts, stack+" "+text)
		}
	}
	return strings.Join(parts, ", ")
}

// sharesText are the shares as a part of a sentence, "" if none is worth showing.
func (s *Size) sharesText(memory string) string {
	shares := s.shares(memory)
	if shares == "" {
		return ""
	}
	return fmt.Sprintf("; %s of %s (by the %s)", memory, shares, s.Measured)
}

// against is the difference from another size.
func (s *Size) against(other *Size) string {
	text := fmt.Sprintf("flash %+d, RAM %+d bytes", int64(s.Flash-other.Flash),
		int64(s.RAM-other.RAM))
	if differ(other.Heap, s.Heap) {
		text += fmt.Sprintf(", heap %+d", int64(*s.Heap-*other.Heap))
	}
	if differ(other.Stack, s.Stack) {
		text += fmt.Sprintf(", stack %+d", int64(*s.Stack-*other.Stack))
	}
	return text
}

func differ(a, b *uint64) bool { return a != nil && b != nil && *a != *b }

// limit makes a finding for firmware that needs more than it may.
func (v sizeCheck) limit(
	ctx context.Context, c *check, size *Size, memory string, needs, most uint64,
) {
	if most == 0 || needs <= most {
		return
	}
	c.find(Finding{
		Message: fmt.Sprintf("the firmware needs %d bytes of %s, %d more than the limit of %d%s",
			needs, memory, needs-most, most,
			v.largest(size, memory)),
		File: v.elf,
		Fix:  v.smaller(ctx, memory, needs-most),
	})
}

// largest names the sources that need most in a memory, among those that this project adds, as
// the end of a sentence; "" if they need next to nothing.
func (v sizeCheck) largest(size *Size, memory string) string {
	const most = 5
	need := func(source string) uint64 { return size.Sources[source].of(memory) }
	var names []string
	for source := range size.Sources {
		path := source
		if !filepath.IsAbs(path) {
			path = filepath.Join(v.Target.Tree.Dir, path)
		}
		inside := func(dir string) bool { return dir != "" && relative(dir, path) != path }
		if kilobytes(need(source)) != kilobytes(0) &&
			(inside(v.WolfSSL) || inside(v.modulesDir())) {
			names = append(names, source)
		}
	}
	slices.SortFunc(names, func(a, b string) int {
		return cmp.Or(cmp.Compare(need(b), need(a)), cmp.Compare(a, b))
	})
	parts := make([]string, 0, most)
	for _, name := range names[:min(most, len(names))] {
		parts = append(parts, fmt.Sprintf("%s %s", filepath.Base(name), kilobytes(need(name))))
	}
	if len(parts) == 0 {
		return ""
	}
	return "; largest of wolfSSL and the modules: " + strings.Join(parts, ", ")
}

// saving is a setting that makes wolfSSL smaller.
type saving struct {
	macro string
	unset bool // leaving the setting out is what saves
	what  string
	of    string // a setting without which there is nothing to save
}

// savings, roughly the largest first: only TLS 1.3 took 25 kB less than 1.2 and 1.3 on a
// NUCLEO_F429ZI.
var savings = []saving{
	{macro: "WOLFSSL_NO_TLS12", what: "only TLS 1.3", of: "WOLFSSL_TLS13"},
	{macro: "WOLFSSL_TLS13", unset: true, what: "only TLS 1.2"},
	{macro: "NO_ERROR_STRINGS", what: "errors as numbers"},
	{macro: "WOLFSSL_SP_SMALL", what: "smaller, slower arithmetic"},
	{macro: "WOLFSSL_SP_4096", unset: true,
		what: "no single-precision code for 4096-bit RSA keys"},
	{macro: "HAVE_ECC521", unset: true, what: "no P-521"},
	{macro: "WOLFSSL_SP_384", unset: true, what: "P-384 by the general code"},
	{macro: "WOLFSSL_DTLS", unset: true, what: "no DTLS"},
	{macro: "WOLFSSL_AES_SMALL_TABLES", what: "4 kB less of tables"},
	{macro: "GCM_SMALL", what: "no tables for GCM", of: "HAVE_AESGCM"},
	{macro: "USE_SLOW_SHA256", what: "SHA-256 as a loop"},
	{macro: "USE_SLOW_SHA512", what: "SHA-512 as a loop", of: "WOLFSSL_SHA512"},
	{macro: "CURVE25519_SMALL", what: "X25519 without tables", of: "HAVE_CURVE25519"},
	{macro: "ED25519_SMALL", what: "Ed25519 without tables", of: "HAVE_ED25519"},
}

// smaller says what would make the firmware fit, apart from what this build already does: first
// what was tried, with what it saves. excess is by how much the firmware is too large, 0 if that
// is not known.
func (v sizeCheck) smaller(ctx context.Context, memory string, excess uint64) string {
	if memory == ramMemory {
		return "make MicroPython's heap smaller if the board sets it, or choose a board or " +
			"variant with more memory"
	}
	tried, enough := v.tryAll(ctx, excess)
	if enough {
		return tried
	}
	if tried != "" {
		tried += "; what was not measured: "
	}
	var names []string
	for _, s := range savings {
		names = append(names, s.macro, cmp.Or(s.of, s.macro))
	}
	values, err := v.flags.EffectiveIn(ctx, settingsHeader, names)
	if err != nil {
		return tried + "turn off in user_settings.h what the product does not use, or choose a " +
			"board or variant with more memory"
	}
	return tried + smallerWith(values)
}

// smallerWith says what would make wolfSSL smaller, given the values of its settings.
func smallerWith(values map[string]build.Value) string {
	var define, leaveOut []string
	for _, s := range savings {
		switch text := s.macro + " (" + s.what + ")"; {
		case s.of != "" && !values[s.of].Defined:
		case s.unset && values[s.macro].Defined:
			leaveOut = append(leaveOut, text)
		case !s.unset && !values[s.macro].Defined:
			define = append(define, text)
		}
	}
	var ways []string
	if len(define) > 0 {
		ways = append(ways, "define in user_settings.h: "+strings.Join(define, ", "))
	}
	if len(leaveOut) > 0 {
		ways = append(ways, "leave out: "+strings.Join(leaveOut, ", "))
	}
	return strings.Join(append(ways, "or choose a board or variant with more memory"), "; ")
}

// sizeFile is where the size of the last run is kept: beside the build directory, which is emptied
// when settings change.
func (v sizeCheck) sizeFile() string { return v.build.Dir + sizeEnd }

const sizeEnd = ".size.json"

// LastSize is the size of a target at its last verification; nil if there is none.
func LastSize(tree, id string) *Size { return readSize(state.BuildDir(tree, id) + sizeEnd) }

// lastSize is the size at the last run; nil if there is none.
func (v sizeCheck) lastSize() *Size { return readSize(v.sizeFile()) }

func readSize(file string) *Size {
	text, err := os.ReadFile(file)
	size := new(Size)
	if err != nil || json.Unmarshal(text, size) != nil {
		return nil
	}
	return size
}

// recordSize keeps the size for the next run, which makes no comparison if that failed.
func (v sizeCheck) recordSize(size *Size) {
	if text, err := json.Marshal(size); err == nil {
		_ = os.WriteFile(v.sizeFile(), text, 0o666)
	}
}

// Measure builds a firmware and measures it, without a check.
func Measure(ctx context.Context, options Options) (*Size, error) {
	v := newEvidence(options)
	flags, err := v.build.Probe(ctx)
	if err != nil {
		return nil, err
	}
	v.flags, v.build.Flags = flags, flags
	result, err := v.build.Run(ctx)
	if err != nil {
		return nil, err
	}
	v.link, v.elf = result.Link, result.ELF
	if v.inputs, err = readInputs(v.link, nil); err != nil {
		return nil, err
	}
	if v.image, err = objects.ReadImage(v.elf); err != nil {
		return nil, err
	}
	return sizeCheck{v}.size(), nil
}

// kilobytes gives bytes in units of 1000, as datasheets of TLS stacks do.
func kilobytes(n uint64) string { return fmt.Sprintf("%d.%d kB", n/1000, n%1000/100) }

// mapFile is the map that the link writes: the value of -Map, else that beside the firmware.
func (v *evidence) mapFile() string {
	for _, o := range v.link.Options() {
		if o.Name == "Map" && o.Value != "" {
			return v.abs(o.Value)
		}
	}
	return v.elf + ".map"
}

// stackOf is the stack that an object, or a member of an archive, belongs to.
func (v *evidence) stackOf(name string) string {
	if name == linkerTables {
		return stackTables
	}
	// gcc's name of it: /tmp/ccXYZ.ltrans0.ltrans.o
	if strings.Contains(filepath.Base(name), ".ltrans") {
		return stackOptimized
	}
	path := v.abs(name)
	if deps := v.deps(path); len(deps) > 0 {
		path = deps[0]
	}
	inModule := false
	if dir := v.modulesDir(); dir != "" {
		inModule = relative(dir, path) != path
		for _, file := range fragments(dir) {
			module := filepath.Join(v.build.Dir, filepath.Base(filepath.Dir(file)))
			inModule = inModule || relative(module, path) != path
		}
	}
	inWolf := v.WolfSSL != "" &&
		(relative(v.WolfSSL, path) != path || relative(v.build.Dir+v.WolfSSL, path) != path)
	slashed := filepath.ToSlash(path)
	switch {
	case (inWolf || inModule) && strings.Contains(slashed, "/wolfcrypt/"):
		return stackCrypt
	case inWolf, inModule && strings.Contains(slashed, "/wolfssl/src/"):
		return stackTLS
	case inModule:
		return stackModules
	case slices.ContainsFunc(builtins, func(b builtin) bool { return b.has(path) }):
		return stackBuiltin
	case relative(v.build.Dir, path) != path, relative(v.Target.Tree.Dir, path) != path:
		return stackMicroPython
	}
	return v.stackOfLibrary(path)
}

// compilersOwn are the libraries and start files that come with compilers and C libraries, and
// libffi, which the unix port needs.
var compilersOwn = []string{"crt*", "Scrt*", "Mcrt*", "rcrt*", "gcrt*", "grcrt*", "libc.a",
	"libc_*", "libm.a", "libm-*", "libmvec*", "libg.a", "libgcc*",
	"libpthread*", "libdl.a", "librt.a", "libutil.a", "libstdc++*", "libsupc++*", "libnosys*",
	"librdimon*", "libatomic*",
	"libffi*", "libclang_rt*", "libssp*", "libcompiler_rt*", "libc++*", "libsemihost*",
	"libgloss*", "rdimon*", "libunwind*"}

// stackOfLibrary is the stack of an object or a library that does not belong to the project.
func (v *evidence) stackOfLibrary(path string) string {
	file, _, _ := strings.Cut(path, "(")
	inToolchain := strings.HasPrefix(file, "/usr/lib/") || strings.HasPrefix(file, "/lib/") ||
		strings.HasPrefix(file, "/lib64/")
	for _, dir := range v.link.Toolchain {
		inToolchain = inToolchain || relative(dir, file) != file
	}
	if inToolchain && objects.MatchesAny(compilersOwn, filepath.Base(file)) {
		return stackCompiler
	}
	return stackOther
}

// othersNote names the code that no known library accounts for, if there is any.
func (s *Size) othersNote(tree string) (Finding, bool) {
	var files []string
	for file, m := range s.others {
		if m.Flash+m.RAM > 0 {
			files = append(files, file)
		}
	}
	if len(files) == 0 {
		return Finding{}, false
	}
	slices.SortFunc(files, func(a, b string) int {
		return cmp.Or(cmp.Compare(s.others[b].Flash, s.others[a].Flash), cmp.Compare(a, b))
	})
	texts := make([]string, len(files))
	for i, file := range files {
		texts[i] = fmt.Sprintf("%s (flash %d, RAM %d bytes)", relative(tree, file),
			s.others[file].Flash, s.others[file].RAM)
	}
	return Finding{Message: "neither MicroPython nor wolfSSL, a user module or the compiler " +
		"accounts for " + someOf(texts), File: files[0]}, true
}
