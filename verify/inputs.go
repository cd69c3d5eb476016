package verify

import (
	"fmt"
	"io"
	"os"
	"runtime"
	"sync"

	"mpwolf/micropython"
)

// inputs are the objects of a link: those that the command names, all members of the project's archives, and, of the
// archives that come with the compiler, the members that the link needs.
type inputs struct {
	objects []*object
	missing []string // files that the link names and that are not there, as after a failed compilation
}

// readInputs reads the objects of a link, several at a time, in the link's order.
func readInputs(link *micropython.Link) (*inputs, error) {
	read := make([]linkInput, len(link.Inputs))
	var wait sync.WaitGroup
	slots := make(chan struct{}, runtime.NumCPU())
	for i, file := range link.Inputs {
		wait.Add(1)
		slots <- struct{}{}
		go func() {
			defer wait.Done()
			read[i] = readInput(file, link.System[file])
			<-slots
		}()
	}
	wait.Wait()
	in := &inputs{}
	var libraries []*archive
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

// linkInput is one file of a link. An archive of the compiler's is kept as such: pull decides about its members.
type linkInput struct {
	file    string
	objects []*object
	library *archive
	err     error
}

func readInput(name string, system bool) linkInput {
	in := linkInput{file: name}
	file, err := os.Open(name)
	if err != nil {
		in.err = err
		return in
	}
	defer file.Close()
	start := make([]byte, len(archiveMagic))
	if n, err := file.ReadAt(start, 0); err != nil && err != io.EOF {
		in.err = err
		return in
	} else if !isArchive(start[:n]) {
		o, err := readObject(file, name, "")
		if o != nil {
			in.objects = append(in.objects, o)
		}
		in.err = err
		return in
	}
	info, err := file.Stat()
	if err != nil {
		in.err = err
		return in
	}
	a, err := readArchive(name, file, info.Size())
	switch {
	case err != nil:
		in.err = err
	case system:
		in.library = a
	default:
		in.objects, in.err = a.objects(func(member) bool { return true })
	}
	return in
}

// pull adds those members of the compiler's archives that define what is undefined so far, and what these need in
// turn. The linker goes through archives in the command's order and may take fewer.
func (in *inputs) pull(libraries []*archive) error {
	if len(libraries) == 0 {
		return nil
	}
	defined := make(map[string]bool)
	var wanted []string
	note := func(o *object) {
		for _, d := range o.defs {
			defined[d.symbol] = true
		}
		wanted = append(wanted, o.undefined...)
	}
	for _, o := range in.objects {
		note(o)
	}
	taken := make(map[string]bool)
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
			o.system = true
			in.objects = append(in.objects, o)
			note(o)
		}
	}
	return nil
}

// definer reads the member that the archives' symbol tables name for a symbol; nil if there is none, or it is in
// taken.
func definer(libraries []*archive, symbol string, taken map[string]bool) (*object, error) {
	for _, library := range libraries {
		offset, found := library.index[symbol]
		if !found {
			continue
		}
		file, err := os.Open(library.name)
		if err != nil {
			return nil, err
		}
		defer file.Close()
		for _, m := range library.members {
			key := fmt.Sprint(library.name, "\x00", m.offset)
			if m.offset != offset || taken[key] {
				continue
			}
			taken[key] = true
			if m.data != nil {
				m.data = io.NewSectionReader(file, m.offset+memberHeader, m.size)
			}
			return library.object(m)
		}
	}
	return nil, nil
}
