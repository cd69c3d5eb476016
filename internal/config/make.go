package config

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
)

var makeWord = regexp.MustCompile(`(?s)^([A-Za-z_][A-Za-z0-9_.]*)[+:?]*=(.*)$`)

// settled are the variables that mpwolf passes to make itself, with the flag and the key for each;
// another value would make the firmware another than the one that is patched and checked.
var settled = map[string]string{
	"VARIANT":                    "variant",
	"VARIANT_DIR":                "variant",
	"BOARD":                      "board",
	"BOARD_DIR":                  "board",
	"PORT":                       "port",
	"WOLFSSL_PORT":               "port",
	"USER_C_MODULES":             "modules",
	"WOLFSSL_USER_SETTINGS_FILE": "user-settings",
}

// whole are the variables that a port's makefiles add to: one on make's command line replaces all
// of it.
var whole = map[string]string{"CFLAGS": "CFLAGS_EXTRA", "LDFLAGS": "LDFLAGS_EXTRA"}

// switches are the variables of the modules' makefile that are 0 or 1.
var switches = []string{
	"WOLFSSL_DROP_IN", "WOLFSSL_SECURE_DEFAULTS", "WOLFSSL_FORWARD_SECRECY", "WOLFSSL_ASM",
	"WOLFSSL_LTO",
}

// CheckMake checks an argument for make, from mpwolf.toml or from the command line. Anything but
// an assignment would be an option, which may run anything where only a reply is expected.
func CheckMake(arg string) error {
	m := makeWord.FindStringSubmatch(arg)
	if m == nil {
		return fmt.Errorf("%q is not of the form NAME=VALUE", arg)
	}
	name, value := m[1], m[2]
	switch {
	case settled[name] != "":
		return fmt.Errorf("%q: mpwolf sets %s itself; use %s", arg, name, settled[name])
	case whole[name] != "":
		return fmt.Errorf("%q replaces all that the port's makefile sets; use %s", arg,
			whole[name])
	case slices.Contains(switches, name) && value != "0" && value != "1":
		return fmt.Errorf("%q: %s must be 0 or 1", arg, name)
	case name == "WOLFSSL_PROFILE" && !slices.Contains(profiles, value):
		return fmt.Errorf("%q is none of the profiles: %s", arg, strings.Join(profiles, ", "))
	}
	return nil
}
