// Packaging makes the packages of mpwolf for Linux: deb, rpm and apk.
//
//	packaging [-version VERSION] [-apk VERSION] [-arch ARCH] [-fast] CONFIG FILES DIR
//
// CONFIG is nfpm.yaml, FILES the directory with what is installed, and DIR where the packages are
// written. apk's versions have a form of their own. -fast compresses with gzip, which takes far
// less time than xz. SOURCE_DATE_EPOCH is the date of everything.
package main

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"

	"github.com/goreleaser/nfpm/v2"
	_ "github.com/goreleaser/nfpm/v2/apk" // registers the format, as do the next two
	_ "github.com/goreleaser/nfpm/v2/deb"
	_ "github.com/goreleaser/nfpm/v2/rpm"
)

func main() { os.Exit(run(os.Args)) }

func run(args []string) int {
	flags := flag.NewFlagSet(args[0], flag.ContinueOnError)
	version := flags.String("version", "0.0.0", "the `VERSION`")
	apk := flags.String("apk", "", "apk's `VERSION`, if it is another one")
	arch := flags.String("arch", "amd64", "the processor, by Go's name `ARCH`")
	fast := flags.Bool("fast", false, "compress with gzip")
	if err := flags.Parse(args[1:]); err != nil || flags.NArg() != 3 {
		fmt.Fprintln(os.Stderr, "packaging: it needs CONFIG, FILES and DIR")
		return 2
	}
	for _, kind := range []string{"deb", "rpm", "apk"} {
		values := map[string]string{"VERSION": *version, "ARCH": *arch, "FILES": flags.Arg(1)}
		if kind == "apk" && *apk != "" {
			values["VERSION"] = *apk
		}
		if err := pack(kind, flags.Arg(0), flags.Arg(2), values, *fast); err != nil {
			fmt.Fprintf(os.Stderr, "packaging: %s: %v\n", kind, err)
			return 1
		}
	}
	return 0
}

func pack(kind, file, dir string, values map[string]string, fast bool) (err error) {
	config, err := nfpm.ParseFileWithEnvMapping(file, func(name string) string {
		if value, is := values[name]; is {
			return value
		}
		return os.Getenv(name)
	})
	if err != nil {
		return err
	}
	info, err := config.Get(kind)
	if err != nil {
		return err
	}
	info = nfpm.WithDefaults(info)
	if fast {
		info.Deb.Compression, info.RPM.Compression = "gzip", "gzip"
	}
	packager, err := nfpm.Get(kind)
	if err != nil {
		return err
	}
	info.Target = filepath.Join(dir, packager.ConventionalFileName(info))
	out, err := os.Create(info.Target)
	if err != nil {
		return err
	}
	defer func() {
		if wrong := out.Close(); err == nil {
			err = wrong
		}
	}()
	return packager.Package(info, out)
}
