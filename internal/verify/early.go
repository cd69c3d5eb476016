package verify

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"mpwolf/internal/build"
	"mpwolf/internal/disk"
	"mpwolf/internal/objects"
)

// early is what is read while make still runs, on the assumption that it has nothing to build. A
// file that has changed by the time make is done is read again.
type early struct {
	done   chan struct{}
	inputs map[string]earlyInput
	deps   map[string]earlyDeps
	elf    string
	image  earlyImage
}

type earlyInput struct {
	stamp  string
	system bool
	input  linkInput
}

type earlyDeps struct {
	stamp string
	deps  []string
}

type earlyImage struct {
	stamp             string
	image             *objects.Image
	err               error
	sum               string // SHA-256 of the file
	mapFile, mapStamp string
	linked            *linkMap // nil if it could not be read
}

// inputsFile is where a build directory keeps the names of what was linked: the firmware, its map,
// and then the inputs. The compiler's own files have a space in front.
const inputsFile = "mpwolf-answers/inputs"

// recordInputs keeps the names for the next run. If they cannot be written, that run reads nothing
// early.
func (v *evidence) recordInputs() {
	var b strings.Builder
	fmt.Fprintf(&b, "%s\n%s\n", v.elf, v.mapFile())
	for _, file := range v.link.Inputs {
		if v.link.System[file] {
			b.WriteString(" ")
		}
		fmt.Fprintln(&b, file)
	}
	file := filepath.Join(v.build.Dir, inputsFile)
	if now, err := os.ReadFile(file); err == nil && string(now) == b.String() {
		return
	}
	if os.MkdirAll(filepath.Dir(file), 0o777) == nil {
		_ = os.WriteFile(file, []byte(b.String()), 0o666)
	}
}

// readEarly begins to read what was linked last time.
func (v *evidence) readEarly() *early {
	e := &early{done: make(chan struct{}), inputs: make(map[string]earlyInput),
		deps: make(map[string]earlyDeps)}
	text, err := os.ReadFile(filepath.Join(v.build.Dir, inputsFile))
	if err != nil {
		close(e.done)
		return e
	}
	go func() {
		defer close(e.done)
		elf, rest, _ := strings.Cut(string(text), "\n")
		mapFile, rest, _ := strings.Cut(rest, "\n")
		files := strings.Split(strings.TrimSuffix(rest, "\n"), "\n")
		inputs := make([]earlyInput, len(files))
		deps := make([]earlyDeps, len(files))
		dir := v.build.RunDir()
		each(len(files)+1, func(i int) {
			if i == len(files) {
				e.elf = elf
				e.image.read(elf, mapFile)
				return
			}
			name, system := strings.CutPrefix(files[i], " ")
			inputs[i] = earlyInput{stampOf(name), system, readInput(name, system, 0)}
			deps[i] = earlyDeps{depsStamp(name), readDeps(name, dir)}
		})
		for i, file := range files {
			name := strings.TrimPrefix(file, " ")
			e.inputs[name], e.deps[name] = inputs[i], deps[i]
		}
	}()
	return e
}

func (i *earlyImage) read(elf, mapFile string) {
	i.stamp = stampOf(elf)
	if i.image, i.err = objects.ReadImage(elf); i.err != nil {
		return
	}
	i.sum, _ = disk.HashFile(elf) // "" if it cannot be read
	i.mapFile, i.mapStamp = mapFile, stampOf(mapFile)
	if text, err := os.ReadFile(mapFile); err == nil {
		i.linked = parseMap(string(text), i.image.Sections, i.image.Symbols)
	}
}

// sum is the SHA-256 of the firmware.
func (e *early) sum(name string) (string, error) {
	if e != nil {
		<-e.done
		if e.elf == name && e.image.sum != "" && e.image.stamp == stampOf(name) {
			return e.image.sum, nil
		}
	}
	return disk.HashFile(name)
}

// linked is the map of a firmware, if it has been read.
func (e *early) linked(elf, mapFile string) *linkMap {
	if e == nil {
		return nil
	}
	<-e.done
	if i := e.image; e.elf == elf && i.mapFile == mapFile && i.stamp == stampOf(elf) &&
		i.mapStamp == stampOf(mapFile) {
		return i.linked
	}
	return nil
}

// input returns a file of a link, which may have been read early.
func (e *early) input(name string, system bool) linkInput {
	if e != nil {
		<-e.done
		if known, is := e.inputs[name]; is && known.system == system &&
			known.stamp == stampOf(name) {
			return known.input
		}
	}
	return readInput(name, system, 0)
}

func (e *early) objectDeps(name, dir string) []string {
	if e != nil {
		<-e.done
		if known, is := e.deps[name]; is && known.stamp == depsStamp(name) {
			return known.deps
		}
	}
	return readDeps(name, dir)
}

func (e *early) firmware(name string) (*objects.Image, error) {
	if e != nil {
		<-e.done
		if e.elf == name && e.image.stamp == stampOf(name) {
			return e.image.image, e.image.err
		}
	}
	return objects.ReadImage(name)
}

// stampOf distinguishes versions of a file; "" if it is not there.
func stampOf(file string) string {
	stamp := build.Stamp(file)
	if stamp == "none" {
		return ""
	}
	return stamp
}

func depsStamp(objectFile string) string {
	base := strings.TrimSuffix(objectFile, filepath.Ext(objectFile))
	return stampOf(base+".P") + " " + stampOf(base+".d") + " " +
		stampOf(objectFile+".d") // CMake's
}
