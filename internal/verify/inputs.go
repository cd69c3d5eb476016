package verify

import (
	"cmp"
	"debug/macho"
	"fmt"
	"io"
	"os"
	"runtime"
	"slices"
	"sync"
	"sync/atomic"

	"mpwolf/internal/build"
	"mpwolf/internal/objects"
)

// inputs are the objects of a link: those that the command names, all members of the project's
// archives, and the members of the compiler's archives that the link needs.
type inputs struct {
	objects []*objects.Object
	// files that the link names and that do not exist, as after a failed compilation
	missing []string
}

// readInputs reads the objects of a link, several at a time, in the link's order; before, if not
// nil, has read some.
func readInputs(link *build.Link, before *early) (*inputs, error) {
	read := make([]linkInput, len(link.Inputs))
	each(len(read), func(i int) {
		read[i] = before.input(link.Inputs[i], link.System[link.Inputs[i]])
	})
	if err := chooseSlices(link, read); err != nil {
		return nil, fmt.Errorf("read what is linked: %w", err)
	}
	in := &inputs{}
	var libraries []*objects.Archive
	for _, r := range read {
		switch {
		case os.IsNotExist(r.err):
			in.missing = append(in.missing, r.file)
		case r.err != nil:
			return nil, fmt.Errorf("read what is linked: %w", r.err)
		case r.library != nil:
			libraries = append(libraries, r.library)
		default:
			in.objects = append(in.objects, r.objects...)
		}
	}
	if err := in.pull(libraries); err != nil {
		return nil, fmt.Errorf("read what is linked: %w", err)
	}
	return in, nil
}

// each calls do for 0 to n-1, with as many calls at once as there are processors.
func each(n int, do func(int)) {
	var wait sync.WaitGroup
	var next atomic.Int64
	for range min(n, runtime.NumCPU()) {
		wait.Go(func() {
			for i := int(next.Add(1)) - 1; i < n; i = int(next.Add(1)) - 1 {
				do(i)
			}
		})
	}
	wait.Wait()
}

// linkInput is one file of a link. A compiler's archive is kept whole: pull selects its members.
type linkInput struct {
	file    string
	objects []*objects.Object
	library *objects.Archive
	fat     bool // universal: which part is meant depends on the other files
	err     error
}

// chooseSlices reads the universal files of a link, once it is known which processor it is for.
func chooseSlices(link *build.Link, read []linkInput) error {
	var all []*objects.Object
	for _, r := range read {
		all = append(all, r.objects...)
	}
	cpu := objects.MachCPU(link.Argv, all)
	for i, r := range read {
		if !r.fat || r.err != nil {
			continue
		}
		if cpu == 0 {
			return fmt.Errorf("%s: all files are universal, and the link has no -arch", r.file)
		}
		read[i] = readInput(r.file, link.System[r.file], cpu)
	}
	return nil
}

// readInput reads a file of a link; of a universal file, the part for a processor, and nothing
// as long as that is 0.
func readInput(name string, system bool, cpu macho.Cpu) linkInput {
	in := linkInput{file: name}
	file, err := os.Open(name)
	if err != nil {
		in.err = err
		return in
	}
	defer file.Close()
	info, err := file.Stat()
	if err != nil {
		in.err = err
		return in
	}
	whole := io.NewSectionReader(file, 0, info.Size())
	if start, err := objects.Beginning(whole); err != nil || !objects.IsFat(start) {
		in.read(file, whole, system, err)
		return in
	}
	in.fat = true
	parts, err := objects.ReadFat(name, file, info.Size())
	for _, part := range parts {
		if part.Cpu == cpu {
			in.read(file, part.Data, system, nil)
		}
	}
	if err != nil {
		in.err = err
	}
	return in
}

// read reads an object or an archive from a part of a file.
func (in *linkInput) read(file *os.File, part *io.SectionReader, system bool, err error) {
	in.err = err
	if in.err != nil {
		return
	}
	_, offset, size := part.Outer()
	start, err := objects.Beginning(part)
	if err != nil {
		in.err = err
		return
	}
	if !objects.IsArchive(start) {
		o, err := objects.ReadObject(part, in.file, "")
		in.err = err
		if o != nil {
			o.Place = objects.Location{File: in.file, Offset: offset, Size: size}
			in.objects = append(in.objects, o)
		}
		return
	}
	a, err := objects.ReadArchive(in.file, part, size)
	if err != nil {
		in.err = err
		return
	}
	a.Base = offset
	if system {
		in.library = a
		return
	}
	in.objects, in.err = a.Objects(file)
}

// pull adds the members of the compiler's archives that define what is undefined so far, and
// what those need in turn. The linker goes through archives in the command's order and may take
// fewer.
func (in *inputs) pull(libraries []*objects.Archive) error {
	if len(libraries) == 0 {
		return nil
	}
	defined := make(map[string]bool)
	var wanted []string
	note := func(o *objects.Object) {
		for _, d := range o.Defs {
			defined[d.Symbol] = true
		}
		wanted = append(wanted, o.Undefined...)
	}
	for _, o := range in.objects {
		note(o)
	}
	taken := make(map[*objects.Member]bool)
	for len(wanted) > 0 {
		symbol := wanted[0]
		wanted = wanted[1:]
		if defined[symbol] {
			continue
		}
		o, err := definer(libraries, symbol, taken)
		if err != nil {
			return err
		}
		if o != nil {
			o.System = true
			in.objects = append(in.objects, o)
			note(o)
		}
	}
	return nil
}

// definer reads the member that the archives' symbol tables name for a symbol; nil if there is
// none, or it is in taken.
func definer(
	libraries []*objects.Archive, symbol string, taken map[*objects.Member]bool,
) (*objects.Object, error) {
	for _, library := range libraries {
		header, found := library.Index[symbol]
		if !found {
			continue
		}
		i, found := slices.BinarySearchFunc(library.Members, header,
			func(m objects.Member, header int64) int {
				return cmp.Compare(m.Header, header)
			})
		if !found || taken[&library.Members[i]] {
			continue
		}
		taken[&library.Members[i]] = true
		file, err := os.Open(library.Name)
		if err != nil {
			return nil, err
		}
		defer file.Close()
		return library.Object(file, library.Members[i])
	}
	return nil, nil
}
