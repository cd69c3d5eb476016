package verify

import (
	"fmt"
	"path/filepath"
	"slices"
	"strings"

	"mpwolf/internal/objects"
)

// displacedCheck finds files that the compiler took in place of wolfSSL's own: a changed copy of
// one of its headers, which a directory earlier on the -I path has, or of one of its sources,
// which another module compiles instead.
func (v settingsCheck) displacedCheck(c *check, used []wolfObject, root string) {
	type key struct{ file, own string }
	by := make(map[key][]string) // the objects
	var order []key
	note := func(u wolfObject, file, own string) {
		k := key{file, own}
		if len(by[k]) == 0 {
			order = append(order, k)
		}
		by[k] = append(by[k], v.objectName(u.object))
	}
	var compiled []string // the sources of wolfSSL that are in the firmware
	for _, u := range used {
		if name := relative(root, u.deps[0]); name != u.deps[0] {
			compiled = append(compiled, name)
		}
	}
	inStead := make(map[string]string) // what a file displaces, "" for nothing
	for _, u := range used {
		if !sameFile(u.root, root) {
			continue // rootsCheck has a finding for it
		}
		for _, dep := range u.deps[1:] {
			if relative(root, dep) != dep {
				continue
			}
			own, known := inStead[dep]
			if !known {
				own = v.displaces(root, dep)
				inStead[dep] = own
			}
			if own != "" {
				note(u, dep, own)
			}
		}
		if own := v.sourceLike(root, u); own != "" && !slices.Contains(compiled, own) {
			note(u, u.deps[0], own)
		}
	}
	for _, k := range order {
		c.find(Finding{File: k.file, Message: fmt.Sprintf("%s compiled with this file in place "+
			"of wolfSSL's own %s: %s", plural(len(by[k]), "object"), k.own, someOf(by[k])),
			Fix: "see what else on the -I path has wolfSSL's headers, and which module has a " +
				"copy of its sources"})
	}
}

// wolfDirs are the directories of wolfSSL whose files its own sources include or are.
var wolfDirs = []string{"wolfssl/", "wolfcrypt/src/", "src/"}

// displaces returns the file of wolfSSL whose name, with its directories, a file outside has, such
// as "wolfssl/internal.h"; "" if there is none, or if it is that file by another path.
func (v settingsCheck) displaces(root, file string) string {
	slashed := filepath.ToSlash(file)
	for _, dir := range wolfDirs[:2] {
		i := strings.LastIndex(slashed, "/"+dir)
		if i < 0 {
			continue
		}
		own := slashed[i+1:]
		if path := filepath.Join(root, own); isFile(path) && !sameFile(path, file) {
			return own
		}
	}
	return ""
}

// sourceLike returns the source of wolfSSL in whose place an object's source may be: it has that
// name, and defines functions with wolfSSL's names; "" if there is none.
func (v settingsCheck) sourceLike(root string, u wolfObject) string {
	source := u.deps[0]
	if relative(root, source) != source || v.isOwn(u.object) {
		return ""
	}
	for _, dir := range wolfDirs[1:] {
		own := dir + filepath.Base(source)
		path := filepath.Join(root, own)
		if isFile(path) && !sameFile(path, source) && slices.ContainsFunc(u.object.Defs,
			func(d objects.Definition) bool {
				return objects.MatchesAny(wolfSymbols, d.Symbol)
			}) {
			return own
		}
	}
	return ""
}
