package verify

import "mpwolf/internal/build"

// deps are an object's source and the headers that it was compiled with, as absolute paths; none
// without a dependency file.
func (v *evidence) deps(objectFile string) []string {
	deps, known := v.depCache[objectFile]
	if !known {
		deps = readDeps(objectFile, v.build.RunDir())
		v.depCache[objectFile] = deps
	}
	return deps
}

// readDeps reads the dependency files of all objects, several at a time.
func (v *evidence) readDeps() {
	var files []string
	for _, o := range v.inputs.objects {
		if o.Member == "" {
			files = append(files, o.File)
		}
	}
	read := make([][]string, len(files))
	each(len(files), func(i int) { read[i] = v.early.objectDeps(files[i], v.build.RunDir()) })
	for i, file := range files {
		v.depCache[file] = read[i]
	}
}

// readDeps reads the dependency file of an object; dir is the directory that the compiler ran in.
func readDeps(objectFile, dir string) []string {
	_, deps := build.DepsOf(objectFile, dir)
	return deps
}
