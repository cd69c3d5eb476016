package doctor

import (
	"os"
	"runtime"
	"slices"
	"strings"
)

// System is an operating system whose packages are known. The zero value is any other.
type System struct {
	ID   string `json:"id,omitempty"`
	Name string `json:"name"`

	kin     []string // IDs of /etc/os-release that it stands for
	install string   // the command that installs packages
	root    bool     // whether that command needs root
	of      func(Packages) string
}

// systems are those that are known.
var systems = []System{
	{"debian", "Debian", []string{"debian", "ubuntu"}, "apt-get install", true,
		func(p Packages) string { return p.Debian }},
	{"fedora", "Fedora", []string{"fedora", "rhel", "centos"}, "dnf install", true,
		func(p Packages) string { return p.Fedora }},
	{"arch", "Arch", []string{"arch", "archlinux"}, "pacman -S --needed", true,
		func(p Packages) string { return p.Arch }},
	{"macos", "macOS", nil, "brew install", false, func(p Packages) string { return p.MacOS }},
	{"windows", "Windows (MSYS2)", nil, "pacman -S --needed", false,
		func(p Packages) string { return p.Windows }},
}

// ThisSystem is the one that this process runs on.
func ThisSystem() System {
	text, err := os.ReadFile("/etc/os-release")
	if err != nil { // a minimal container may lack it
		text, _ = os.ReadFile("/usr/lib/os-release")
	}
	return systemOf(runtime.GOOS, string(text))
}

// systemOf is the system of a GOOS and an os-release, by its ID and then by ID_LIKE.
func systemOf(goos, release string) System {
	switch goos {
	case "darwin":
		return systemNamed("macos")
	case "windows":
		return systemNamed("windows")
	}
	fields := make(map[string]string)
	for line := range strings.Lines(release) {
		name, value, _ := strings.Cut(strings.TrimSpace(line), "=")
		fields[name] = strings.Trim(value, `"'`)
	}
	name := fields["PRETTY_NAME"]
	if name == "" {
		name = goos
	}
	for _, id := range append([]string{fields["ID"]}, strings.Fields(fields["ID_LIKE"])...) {
		for _, s := range systems {
			if slices.Contains(s.kin, id) {
				s.Name = name
				return s
			}
		}
	}
	return System{Name: name}
}

func systemNamed(id string) System {
	return systems[slices.IndexFunc(systems, func(s System) bool { return s.ID == id })]
}

// Install is the command that installs tools on the system; "" if no package is known for any of
// them.
func (s System) Install(missing []Tool) string {
	if s.of == nil {
		return ""
	}
	var packages, commands []string
	for _, t := range missing {
		text := s.of(t.Packages)
		if text == xcode {
			if !slices.Contains(commands, text) {
				commands = append(commands, text)
			}
			continue
		}
		for _, name := range strings.Fields(text) {
			if !slices.Contains(packages, name) {
				packages = append(packages, name)
			}
		}
	}
	if len(packages) > 0 {
		command := s.install + " " + strings.Join(packages, " ")
		if s.root && os.Geteuid() != 0 {
			command = "sudo " + command
		}
		commands = append(commands, command)
	}
	return strings.Join(commands, " && ")
}

// Elsewhere is what to install on each system, such as "Debian: libffi-dev; Fedora: libffi-devel".
func Elsewhere(t Tool) string {
	var all []string
	for _, s := range systems {
		if text := s.of(t.Packages); text != "" {
			all = append(all, s.Name+": "+text)
		}
	}
	return strings.Join(all, "; ")
}
