package verify

import (
	"bytes"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"mpwolf/internal/micropython"
	"mpwolf/internal/objects/objectstest"
	"mpwolf/patches"
)

// fakeFirmware is a port in miniature: make's side of MicroPython as far as verification sees
// it, a user module, and sources that look like wolfSSL's. Names are relative to a directory
// that holds the tree, the modules and wolfSSL.
var fakeFirmware = map[string]string{
	"tree/py/mpconfig.h": `#define MICROPY_VERSION_MAJOR 1
#define MICROPY_VERSION_MINOR 25
#define MICROPY_VERSION_MICRO 0
#include "mpconfigport.h"
#ifndef MICROPY_PY_SSL
#define MICROPY_PY_SSL (0)
#endif
`,
	"tree/py/py.mk":      "",
	"tree/py/mkrules.mk": "",
	"tree/py/runtime.c": "#include \"py/mpconfig.h\"\nint started;\n" +
		"void mp_init(void) { started = 1; }\n",
	"tree/ports/unix/mpconfigport.h": `#define MICROPY_TRACKED_ALLOC (1)
#define MICROPY_PY_THREAD (1)
#define MICROPY_PY_THREAD_GIL (0)
`,
	"tree/ports/unix/main.c": `#include <stdio.h>
#include <string.h>
#include "py/mpconfig.h"
void mp_init(void);
int wolf_start(void);
int main(int argc, char **argv) {
    mp_init();
    wolf_start();
    char line[99];
    FILE *f = argc > 1 ? fopen(argv[1], "r") : NULL;
    while (f && fgets(line, sizeof line, f)) {
        fputs(line, stdout);
    }
    return f == NULL;
}
`,
	"tree/ports/unix/Makefile": `BUILD ?= build
PROG = micropython
CC = gcc
CFLAGS = -I. -I../.. -Os -g -ffunction-sections -fdata-sections -Wall -Werror
LDFLAGS = -Wl,-Map=$(BUILD)/$(PROG).map -Wl,--gc-sections
STRIP = strip
SRC = main.c py/runtime.c
-include extra.mk
SRC_USERMOD_C :=
CFLAGS_USERMOD :=
$(foreach module,$(wildcard $(USER_C_MODULES)/*/micropython.mk),\
    $(eval USERMOD_DIR = $(patsubst %/,%,$(dir $(module))))\
    $(eval include $(module)))
CFLAGS += $(CFLAGS_USERMOD)
SRC += $(patsubst $(USER_C_MODULES)/%,%,$(SRC_USERMOD_C))
OBJ = $(addprefix $(BUILD)/,$(SRC:.c=.o))
all: $(BUILD)/$(PROG)
$(BUILD)/$(PROG): $(OBJ)
	@echo "LINK $@"
	$(CC) -o $@ $^ $(LIB) $(LDFLAGS)
	$(STRIP) $@
vpath %.c . ../.. $(USER_C_MODULES)
$(BUILD)/%.o: %.c $(BUILD)/genhdr/moduledefs.collected
	@mkdir -p $(dir $@)
	@echo "CC $<"
	@$(CC) $(CFLAGS) -c -MD -MF $(@:.o=.P) -o $@ $<
$(BUILD)/genhdr/moduledefs.collected: $(SRC)
	@mkdir -p $(BUILD)/genhdr/module
	@cat $^ | grep -h ^MP_REGISTER > $@ || true
	@for s in $^; do grep -h ^MP_REGISTER $$s > $(BUILD)/genhdr/module/$$(echo $$s | sed 's,/,__,g').module; done; true
-include $(OBJ:.o=.P)
`,
	"modules/wolf/micropython.mk": `WOLFSSL_PORT ?= unix
ifeq ($(wildcard $(USERMOD_DIR)/$(WOLFSSL_PORT)/.),)
$(error wolf: unknown WOLFSSL_PORT "$(WOLFSSL_PORT)"; known ports: unix)
endif
WOLFSSL_DIR ?= $(USERMOD_DIR)/wolfssl
CFLAGS_USERMOD += -I$(USERMOD_DIR)/$(WOLFSSL_PORT) -I$(WOLFSSL_DIR) -DWOLFSSL_USER_SETTINGS '-DMP_REGISTER_MODULE(a,b)='
SRC_USERMOD_C += $(USERMOD_DIR)/modwolfssl.c $(WOLFSSL_DIR)/src/ssl.c $(WOLFSSL_DIR)/wolfcrypt/src/aes.c
`,
	"modules/wolf/unix/user_settings.h": "#define WOLFSSL_SP_MATH_ALL\n",
	"modules/wolf/modwolfssl.c": `#include "wolfssl/wolfcrypt/settings.h"
int wolfSSL_Init(void);
int wolfssl_module = 1;
int wolf_start(void) { return wolfSSL_Init() + wolfssl_module; }
MP_REGISTER_MODULE(MP_QSTR_wolfssl, wolfssl_module)
`,
	"modules/wolf/wolfssl/wolfssl/version.h": "#define LIBWOLFSSL_VERSION_STRING \"5.7.2\"\n",
	"modules/wolf/wolfssl/wolfssl/wolfcrypt/settings.h": `#include "wolfssl/version.h"
#ifdef WOLFSSL_USER_SETTINGS
#include "user_settings.h"
#endif
`,
	"modules/wolf/wolfssl/src/ssl.c": includeSettings +
		"int wc_AesSetKey(void);\n" +
		"int wolfSSL_Init(void) { return wc_AesSetKey(); }\n",
	"modules/wolf/wolfssl/wolfcrypt/src/aes.c": includeSettings +
		"int wc_AesSetKey(void) { return 0; }\n",
	"hello.py":     "hello\n",
	"hello.py.exp": "hello\n",
}

// fakeOptions verifies the fake firmware in dir.
func fakeOptions(t *testing.T, dir string) Options {
	t.Helper()
	tree, err := micropython.Open(filepath.Join(dir, "tree"))
	if err != nil {
		t.Fatal(err)
	}
	return Options{
		Target: micropython.Target{Tree: tree, Port: "unix"},
		Wants: []patches.Want{
			{Macro: "MICROPY_PY_SSL", Was: []string{"MICROPY_PY_USSL"},
				Why: "wolfSSL takes its place."},
			{Macro: "MICROPY_TRACKED_ALLOC", Value: 1},
		},
		Modules:  filepath.Join(dir, "modules"),
		Names:    []string{"wolfssl"},
		Settings: filepath.Join(dir, "modules/wolf/unix/user_settings.h"),
		WolfSSL:  filepath.Join(dir, "modules/wolf/wolfssl"),
		Build:    filepath.Join(dir, "build"), Jobs: 1,
		HandshakeScript: filepath.Join(dir, "hello.py"),
	}
}

func writeFiles(t *testing.T, dir string, files map[string]string) {
	t.Helper()
	for name, text := range files {
		path := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o777); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o666); err != nil {
			t.Fatal(err)
		}
	}
}

const added = "\nadded " // before what a change adds to the end of a file

// includeSettings begins a source of wolfSSL's.
const includeSettings = "#include \"wolfssl/wolfcrypt/settings.h\"\n"

// changed is the fake firmware with some files replaced, or added to.
func changed(changes map[string]string) map[string]string {
	files := maps.Clone(fakeFirmware)
	for name, text := range changes {
		if more, found := strings.CutPrefix(text, added); found {
			text = files[name] + more
		}
		files[name] = text
	}
	return files
}

func wantNoGlue(_ string, o *Options) {
	o.Wants = append(o.Wants,
		patches.Want{Variable: "MICROPY_SSL_MBEDTLS", Why: "the port's glue is off"})
}

// seen is a check's findings and fixes as one text.
func seen(c Check) string {
	var b strings.Builder
	for _, f := range c.Findings {
		b.WriteString(f.text() + " FIX: " + f.Fix + "\n")
	}
	return b.String()
}

type brokenBuild struct {
	name    string
	changes map[string]string
	prepare func(t *testing.T, dir string)
	options func(dir string, o *Options)
	want    map[string][]string // for each check with findings, their texts
}

var brokenBuilds = []brokenBuild{
	{name: "nothing is wrong"},
	{
		name: "the built-in is left on by the port",
		changes: map[string]string{"tree/ports/unix/mpconfigport.h": added +
			"#define MICROPY_PY_SSL (1)\n"},
		want: map[string][]string{
			MacrosID: {"ports/unix/mpconfigport.h:4: MICROPY_PY_SSL is 1; wanted: 0 " +
				"(wolfSSL takes its place)", "set MICROPY_PY_SSL to 0 there"}},
	},
	{
		name:    "the built-in is left on by make",
		changes: map[string]string{"tree/ports/unix/extra.mk": "CFLAGS += -DMICROPY_PY_SSL=1\n"},
		want: map[string][]string{
			MacrosID: {"it comes from make", "set MICROPY_PY_SSL=0 for make"}},
	},
	{
		name: "the built-in is turned off under a name of another release",
		changes: map[string]string{"tree/ports/unix/mpconfigport.h": added +
			"#define MICROPY_PY_USSL (0)\n#define MICROPY_PY_SSL (1)\n"},
		want: map[string][]string{
			MacrosID: {"MICROPY_PY_USSL, which is 0, by ports/unix/mpconfigport.h:4, " +
				"is a name that this release does not know"}},
	},
	{
		name: "the allocator is off",
		changes: map[string]string{"tree/ports/unix/mpconfigport.h": "\n" +
			"#define MICROPY_TRACKED_ALLOC 0\n"},
		want: map[string][]string{
			MacrosID: {"ports/unix/mpconfigport.h:2: MICROPY_TRACKED_ALLOC is 0; wanted: 1"}},
	},
	{
		name:    "a macro is not defined",
		changes: map[string]string{"tree/ports/unix/mpconfigport.h": "\n"},
		want: map[string][]string{
			MacrosID: {"MICROPY_TRACKED_ALLOC is not defined, which counts as 0; wanted: 1"}},
	},
	{
		name:    "a make variable that no macro tells of",
		changes: map[string]string{"tree/ports/unix/extra.mk": "MICROPY_SSL_MBEDTLS = 1 # glue\n"},
		options: wantNoGlue,
		want: map[string][]string{
			MacrosID: {"make's variable MICROPY_SSL_MBEDTLS is 1; wanted: 0 (the " +
				"port's glue is off)",
				"set MICROPY_SSL_MBEDTLS = 0"}},
	},
	{name: "a make variable that is not set", options: wantNoGlue},
	{
		name: "a macro is defined twice",
		changes: map[string]string{
			"tree/ports/unix/extra.mk": "CFLAGS += -DMICROPY_TRACKED_ALLOC=0\n"},
		want: map[string][]string{
			MacrosID: {"ports/unix/mpconfigport.h:1: MicroPython's configuration does not " +
				"compile: \"MICROPY_TRACKED_ALLOC\" redefined", "change it in the header"}},
	},
	{
		name: "the arithmetic of tfm.c",
		changes: map[string]string{
			"modules/wolf/wolfssl/wolfcrypt/src/tfm.c": "int mp_init(int *a) { *a = " +
				"0; return 0; }\n",
			"modules/wolf/micropython.mk": added +
				"SRC_USERMOD_C += $(WOLFSSL_DIR)/wolfcrypt/src/tfm.c\n",
		},
		want: map[string][]string{SymbolsID: {"mp_init is defined twice", "py/runtime.o",
			"wolf/wolfssl/wolfcrypt/src/tfm.o",
			"from py/runtime.c", "define WOLFSSL_SP_MATH_ALL"}},
	},
	{
		name: "the link hides a duplicate",
		changes: map[string]string{
			"modules/wolf/wolfssl/wolfcrypt/src/tfm.c": "int mp_init(int *a) { *a = " +
				"0; return 0; }\n",
			"modules/wolf/micropython.mk": added +
				"SRC_USERMOD_C += $(WOLFSSL_DIR)/wolfcrypt/src/tfm.c\n",
			"tree/ports/unix/extra.mk": "LDFLAGS += -z muldefs\n",
		},
		want: map[string][]string{
			SymbolsID: {"mp_init is defined twice", "the link has -z muldefs"}},
	},
	{
		name: "an archive with a second wolfSSL",
		changes: map[string]string{
			"sdk/aes.c":                "int wc_AesSetKey(void) { return 1; }\n",
			"tree/ports/unix/extra.mk": "LIB = ../../../sdk/libsdk.a\n",
		},
		prepare: func(t *testing.T, dir string) {
			objectstest.Command(t, filepath.Join(dir, "sdk"), "gcc", "-c", "aes.c")
			objectstest.Command(t, filepath.Join(dir, "sdk"), "ar", "rcs", "libsdk.a", "aes.o")
		},
		want: map[string][]string{
			SymbolsID: {"wc_AesSetKey is defined twice", "sdk/libsdk.a(aes.o)",
				"two copies of wolfSSL are linked", "remove one of them"}},
	},
	{
		name:    "a library that is not there",
		changes: map[string]string{"tree/ports/unix/extra.mk": "LIB = -lno_such_library\n"},
		want: map[string][]string{
			SymbolsID: {"the firmware does not link: cannot find -lno_such_library"}},
	},
	{
		name: "a memory that is too small",
		changes: map[string]string{
			"tree/ports/unix/extra.mk": "CC = gcc -nostdlib -static\n" +
				"LDFLAGS = -T link.ld -Wl,--build-id=none\nSRC = py/runtime.c\n",
			"tree/ports/unix/link.ld": "MEMORY { FLASH : ORIGIN = 0, LENGTH = 16 RAM : ORIGIN = " +
				"4096, LENGTH = 4096 }\n" +
				"ENTRY(mp_init)\nSECTIONS { .text : { *(.text*) *(.rodata*) } >FLASH .bss : { " +
				"*(.bss*) *(.data*) } >RAM }\n",
			"modules/wolf/unix/user_settings.h": added +
				"#define WOLFSSL_TLS13\n",
		},
		want: map[string][]string{SizeID: {"the firmware does not fit into FLASH: it is ",
			" bytes too large",
			"define in user_settings.h: WOLFSSL_NO_TLS12", "leave out: WOLFSSL_TLS13"}},
	},
	{
		name:    "more flash than allowed",
		options: func(_ string, o *Options) { o.MaxFlash = 1000 },
		want: map[string][]string{SizeID: {" more than the limit of 1000",
			"or choose a board or variant with more memory"}},
	},
	{
		name:    "more RAM than allowed",
		options: func(_ string, o *Options) { o.MaxRAM = 10 },
		want: map[string][]string{SizeID: {" bytes of RAM, ", " more than the limit of 10",
			"MicroPython's heap"}},
	},
	{
		name: "a function that is nowhere",
		changes: map[string]string{
			"modules/wolf/micropython.mk": strings.Replace(
				fakeFirmware["modules/wolf/micropython.mk"],
				"$(WOLFSSL_DIR)/wolfcrypt/src/aes.c", "", 1)},
		want: map[string][]string{
			SymbolsID: {"wc_AesSetKey is defined nowhere; wolfSSL_Init in " +
				"wolf/wolfssl/src/ssl.o needs it; it is a function of wolfSSL's " +
				"wolfcrypt/src/aes.c", "compile that source"}},
	},
	{
		name: "the settings leave a function out",
		changes: map[string]string{
			"modules/wolf/wolfssl/wolfcrypt/src/aes.c": includeSettings +
				"#ifndef WOLFSSL_SP_MATH_ALL\nint wc_AesSetKey(void) { return 0; }\n#endif\n"},
		want: map[string][]string{SymbolsID: {"wc_AesSetKey is defined nowhere",
			"behind #if !defined(WOLFSSL_SP_MATH_ALL)",
			"user_settings.h leaves the function out"}},
	},
	{
		name: "a function behind two conditions",
		changes: map[string]string{
			"modules/wolf/wolfssl/wolfcrypt/src/aes.c": includeSettings +
				"#ifndef NO_AES\n#if 0\n" +
				"#elif defined(HAVE_AES_CBC) \\\n  || defined(X) /* any */\n" +
				"int wc_AesSetKey(void)\n{ return 0; }\n#endif\n#endif\n"},
		want: map[string][]string{SymbolsID: {"wc_AesSetKey is defined nowhere",
			"wolfcrypt/src/aes.c, behind #if !(0) && (defined(HAVE_AES_CBC) || defined(X)) FIX: " +
				"that source is compiled"}},
	},
	{
		name: "a board without a random number generator",
		changes: map[string]string{
			"modules/wolf/wolfssl/wolfcrypt/src/aes.c": includeSettings +
				"int HAL_RNG_Init(void);\nint wc_AesSetKey(void) { return HAL_RNG_Init(); }\n"},
		want: map[string][]string{
			SymbolsID: {"HAL_RNG_Init is defined nowhere; wc_AesSetKey in " +
				"wolf/wolfssl/wolfcrypt/src/aes.o needs it; the port's random numbers are not " +
				"compiled for this board",
				"set MICROPY_HW_ENABLE_RNG to 1"}},
	},
	{
		name: "assembly that was not compiled",
		changes: map[string]string{
			"modules/wolf/wolfssl/wolfcrypt/src/aes.c": includeSettings +
				"int AES_GCM_encrypt_avx2(void);\n" +
				"int wc_AesSetKey(void) { return AES_GCM_encrypt_avx2(); }\n"},
		want: map[string][]string{SymbolsID: {"AES_GCM_encrypt_avx2 is defined nowhere",
			"functions in assembly",
			"user_settings_asm.h"}},
	},
	{
		name: "the tracked allocator is needed and off",
		changes: map[string]string{
			"modules/wolf/wolfssl/wolfcrypt/src/aes.c": includeSettings +
				"void *m_tracked_calloc(int, int);\n" +
				"int wc_AesSetKey(void) { return m_tracked_calloc(1, 1) != 0; }\n"},
		want: map[string][]string{
			SymbolsID: {"m_tracked_calloc is defined nowhere", "set MICROPY_TRACKED_ALLOC to 1"}},
	},
	{
		name: "two declarations of mp_init meet in one source",
		changes: map[string]string{"modules/wolf/modwolfssl.c": added +
			"void mp_init(void);\nint mp_init(int *a);\n"},
		want: map[string][]string{
			SymbolsID: {"conflicting types for 'mp_init'", "define WOLFSSL_SP_MATH_ALL"}},
	},
	{
		name: "an mbedTLS object",
		changes: map[string]string{
			"tree/lib/mbedtls/library/aes.c": "int mbedtls_aes_init(void) { return 1; }\n",
			"tree/ports/unix/extra.mk": "SRC += lib/mbedtls/library/aes.c\n" +
				"LDFLAGS += -Wl,-u,mbedtls_aes_init\n",
		},
		want: map[string][]string{
			LeftoversID: {"mbedTLS: 1 object linked (lib/mbedtls/library/aes.o)",
				"1 symbol in the firmware (mbedtls_aes_init)",
				"set MICROPY_PY_SSL and MICROPY_SSL_MBEDTLS to 0"}},
	},
	{
		name: "a text of axTLS",
		changes: map[string]string{
			"tree/py/runtime.c": added + "const char *volatile text = \"made by axTLS 1.5\";\n" +
				"__attribute__((constructor)) void use(void) { text = text + 0; }\n",
		},
		want: map[string][]string{
			LeftoversID: {
				`axTLS: 1 string in the firmware ("made by axTLS 1.5") from py/runtime.o`}},
	},
	{
		name: "MicroPython's own SHA-256 beside wolfCrypt's",
		changes: map[string]string{
			"tree/lib/crypto-algorithms/sha256.c": "static int transform(void) { return 1; }\n",
			"tree/extmod/modhashlib.c": "#include \"lib/crypto-algorithms/sha256.c\"\n" +
				"int hash(void) { return transform(); }\n",
			"tree/ports/unix/extra.mk": "SRC += extmod/modhashlib.c\n",
		},
		want: map[string][]string{LeftoversID: {"crypto-algorithms", "extmod/modhashlib.o",
			"set MICROPY_PY_HASHLIB to 0"}},
	},
	{
		name:    "the modules directory does not exist",
		options: func(dir string, o *Options) { o.Modules = filepath.Join(dir, "module") },
		want:    map[string][]string{ModulesID: {"does not exist", "perhaps one of these: "}},
	},
	{
		name:    "the modules directory is a module",
		options: func(dir string, o *Options) { o.Modules = filepath.Join(dir, "modules/wolf") },
		want: map[string][]string{
			ModulesID: {"is a user module itself", "give the directory above it: "}},
	},
	{
		name:    "the modules directory has no module",
		options: func(dir string, o *Options) { o.Modules = filepath.Join(dir, "tree") },
		want: map[string][]string{
			ModulesID: {"no user module is in this USER_C_MODULES directory"}},
	},
	{
		name:    "no modules directory",
		options: func(dir string, o *Options) { o.Modules = "" },
		changes: map[string]string{"tree/py/runtime.c": added +
			"int wolf_start(void) { return 0; }\n"},
		want: map[string][]string{
			ModulesID: {"no source of this build registers the module wolfssl",
				"USER_C_MODULES=<directory>"},
			SettingsID: {"no object of this firmware was compiled with wolfSSL's headers"},
		},
	},
	{
		name:    "an unknown WOLFSSL_PORT",
		options: func(dir string, o *Options) { o.Args = []string{"WOLFSSL_PORT=rp2350"} },
		want: map[string][]string{
			ModulesID: {
				`micropython.mk:3: wolf: unknown WOLFSSL_PORT "rp2350"; known ports: unix`}},
	},
	{
		name:    "another known WOLFSSL_PORT",
		options: func(dir string, o *Options) { o.Args = []string{"WOLFSSL_PORT=other"} },
		changes: map[string]string{
			"modules/wolf/other/user_settings.h": "#define WOLFSSL_SP_MATH_ALL\n"},
		want: map[string][]string{
			SettingsID: {"modules/wolf/other/user_settings.h: 3 objects compiled with this; " +
				"wanted: "}},
	},
	{
		name: "no user_settings.h at all",
		changes: map[string]string{"modules/wolf/micropython.mk": strings.Replace(
			fakeFirmware["modules/wolf/micropython.mk"], "-DWOLFSSL_USER_SETTINGS", "", 1)},
		want: map[string][]string{SettingsID: {"3 objects compiled without any user_settings.h"}},
	},
	{
		name:    "user_settings.h is not found",
		options: func(dir string, o *Options) { o.Args = []string{"WOLFSSL_PORT=empty"} },
		changes: map[string]string{"modules/wolf/empty/README": ""},
		want: map[string][]string{SettingsID: {"user_settings.h: No such file or directory",
			"WOLFSSL_PORT=<port>"}},
	},
	{
		name:    "another wolfSSL",
		options: func(dir string, o *Options) { o.WolfSSL = dir },
		want: map[string][]string{
			SettingsID: {"wolfSSL 5.7.2 was compiled from here; wanted: "}},
	},
	{
		name: "dangerous settings",
		changes: map[string]string{"modules/wolf/unix/user_settings.h": "#define NO_ASN_TIME\n" +
			"#define RSA_MIN_SIZE 512\n" +
			"#define WOLFSSL_MIN_RSA_BITS (2048)\n#define SINGLE_THREADED\n"},
		want: map[string][]string{
			SettingsID: {"user_settings.h:1: NO_ASN_TIME is defined: certificates " +
				"that have expired",
				"user_settings.h:2: RSA_MIN_SIZE is 512",
				"user_settings.h:4: SINGLE_THREADED is defined"}},
	},
	{
		name: "two modules of one Python name",
		changes: map[string]string{
			"modules/wolf/second.c": "int second_module;\n" +
				"MP_REGISTER_MODULE(MP_QSTR_wolfssl, second_module)\n",
			"modules/wolf/micropython.mk": added + "SRC_USERMOD_C += $(USERMOD_DIR)/second.c\n",
		},
		want: map[string][]string{
			ModulesID: {"the module wolfssl is registered 2 times: as wolfssl_module and " +
				"second_module",
				"second.c"}},
	},
	{
		name: "two user modules of one Python name that no one asked for",
		changes: map[string]string{
			"modules/a/micropython.mk": "SRC_USERMOD_C += $(USERMOD_DIR)/moda.c\n",
			"modules/a/moda.c": "int a_module;\n" +
				"MP_REGISTER_MODULE(MP_QSTR_sensor, a_module)\n",
			"modules/b/micropython.mk": "SRC_USERMOD_C += $(USERMOD_DIR)/modb.c\n",
			"modules/b/modb.c": "int b_module;\n" +
				"MP_REGISTER_MODULE(MP_QSTR_sensor, b_module)\n",
		},
		want: map[string][]string{
			ModulesID: {"the module sensor is registered 2 times: as a_module and b_module, in ",
				"take one of two user modules out"}},
	},
	{
		name: "two user modules of one name",
		changes: map[string]string{
			"modules/a/micropython.mk": "SRC_USERMOD_C += $(USERMOD_DIR)/modsensor.c\n",
			"modules/a/modsensor.c":    "int sensor_user_cmodule;\n",
			"modules/b/micropython.mk": "SRC_USERMOD_C += $(USERMOD_DIR)/sensor.c\n",
			"modules/b/sensor.c":       "int sensor_user_cmodule;\n",
		},
		want: map[string][]string{
			SymbolsID: {"sensor_user_cmodule is defined twice: in a/modsensor.o (",
				"two user modules have a module object of the same name",
				"from the USER_C_MODULES directory"}},
	},
	{
		name: "a copy of a user module",
		changes: map[string]string{
			"modules/a/micropython.mk": "SRC_USERMOD_C += $(USERMOD_DIR)/modsensor.c\n",
			"modules/a/modsensor.c":    "int sensor_read(void) { return 1; }\n",
			"modules/b/micropython.mk": "SRC_USERMOD_C += $(USERMOD_DIR)/modsensor.c\n",
			"modules/b/modsensor.c":    "int sensor_read(void) { return 1; }\n",
		},
		want: map[string][]string{
			SymbolsID: {"sensor_read is defined twice", "two user modules have a copy each"}},
	},
	{
		name: "misc.c with NO_INLINE",
		changes: map[string]string{
			"modules/wolf/wolfssl/wolfcrypt/src/misc.c": includeSettings +
				"int min(int a, int b) { return a < b ? a : b; }\n",
			"modules/wolf/micropython.mk": added +
				"SRC_USERMOD_C += $(WOLFSSL_DIR)/wolfcrypt/src/misc.c\n",
			"tree/py/runtime.c": added + "int min(int a, int b) { return a < b ? a : b; }\n",
		},
		want: map[string][]string{SymbolsID: {"min is defined twice",
			"NO_INLINE makes wolfSSL's misc.c a source of its own",
			"leave NO_INLINE out of user_settings.h"}},
	},
	{
		name: "an SDK's libtommath beside integer.c",
		changes: map[string]string{
			"sdk/bn.c": "int fast_mp_montgomery_reduce(void) { return 1; }\n",
			"modules/wolf/wolfssl/wolfcrypt/src/integer.c": includeSettings +
				"int fast_mp_montgomery_reduce(void) { return 0; }\n",
			"modules/wolf/micropython.mk": added +
				"SRC_USERMOD_C += $(WOLFSSL_DIR)/wolfcrypt/src/integer.c\n",
			"tree/ports/unix/extra.mk": "LIB = ../../../sdk/libtommath.a\n",
		},
		prepare: func(t *testing.T, dir string) {
			objectstest.Command(t, filepath.Join(dir, "sdk"), "gcc", "-c", "bn.c")
			objectstest.Command(t, filepath.Join(dir, "sdk"), "ar", "rcsT", "libtommath.a", "bn.o")
		},
		want: map[string][]string{SymbolsID: {"fast_mp_montgomery_reduce is defined twice",
			"sdk/libtommath.a(bn.o)",
			"the libtommath of an SDK", "WOLFSSL_SP_MATH_ALL"}},
	},
	{
		name: "a weak function of wolfSSL's that the port shadows",
		changes: map[string]string{
			"modules/wolf/wolfssl/wolfcrypt/src/aes.c": includeSettings +
				"__attribute__((weak)) int wc_AesSetKey(void) { return 0; }\n",
			"tree/py/runtime.c": added +
				"int wc_AesSetKey(void) { return 7; }\n",
		},
		want: map[string][]string{SymbolsID: {"wc_AesSetKey of wolf/wolfssl/wolfcrypt/src/aes.o (",
			" is shadowed: it is weak there, and py/runtime.o ("}},
	},
	{
		name: "a response file hides the option",
		changes: map[string]string{
			"tree/ports/unix/flags.rsp": "-Wl,--allow-multiple-definition\n",
			"tree/ports/unix/extra.mk":  "LDFLAGS += @flags.rsp\n",
		},
		want: map[string][]string{SymbolsID: {"the link has --allow-multiple-definition",
			"remove the option from LDFLAGS"}},
	},
	{
		name: "axTLS's AES beside wolfCrypt's",
		changes: map[string]string{
			"tree/lib/axtls/crypto/aes.c": "int AES_set_key(void) { return 1; }\n",
			"tree/ports/unix/extra.mk":    "SRC += lib/axtls/crypto/aes.c\n",
		},
		want: map[string][]string{
			LeftoversID: {"axTLS: 1 object linked (lib/axtls/crypto/aes.o)"}},
	},
	{
		name: "the built-in is off under a name of another release, on make's command line",
		changes: map[string]string{"tree/ports/unix/mpconfigport.h": added +
			"#define MICROPY_PY_SSL (1)\n"},
		options: func(_ string, o *Options) { o.Args = []string{"MICROPY_PY_USSL=0"} },
		want: map[string][]string{MacrosID: {"MICROPY_PY_SSL is 1; wanted: 0",
			"make is given MICROPY_PY_USSL=0, a name that this release does not know"}},
	},
	{
		name: "a header that is missing",
		changes: map[string]string{"modules/wolf/wolfssl/src/ssl.c": "#include \"no such " +
			"header\"\n"},
		want: map[string][]string{SettingsID: {"no such header: No such file or directory",
			"a header is missing"}},
	},
	{
		name: "the built-in module has the name",
		changes: map[string]string{
			"tree/py/runtime.c": added + "int mp_module_ssl;\n#define MP_REGISTER_MODULE(a, b)\n" +
				"#undef MP_REGISTER_MODULE\n" +
				"#define MP_REGISTER_MODULE(a, b)\n" +
				"MP_REGISTER_MODULE(MP_QSTR_ssl, mp_module_ssl)\n",
		},
		options: func(dir string, o *Options) {
			o.DropIn = []string{"ssl"}
		},
		want: map[string][]string{
			ModulesID: {"the module ssl is MicroPython's own: mp_module_ssl is in py/runtime.c"}},
	},
	{
		name: "a module does not compile",
		changes: map[string]string{"modules/wolf/modwolfssl.c": added +
			"int f(void) { return g(); }\n"},
		want: map[string][]string{
			ModulesID: {"modwolfssl.c:6: does not compile: implicit declaration of function 'g'"}},
	},
	{
		name:    "a script fails",
		changes: map[string]string{"hello.py": "FAIL: handshake\n", "hello.py.exp": "hello\n"},
		want: map[string][]string{
			RunID: {"its output is not that of hello.py.exp: line 1 is \"FAIL: handshake\"",
				"run it by hand: "}},
	},
}

// TestNotes checks the notes about a correct build: weak settings, and where the random numbers
// and the time come from.
func TestNotes(t *testing.T) {
	if testing.Short() {
		t.Skip("skipped with -short: needs a C compiler")
	}
	dir, err := filepath.EvalSymlinks(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	writeFiles(t, dir, changed(map[string]string{
		"modules/mine/micropython.mk": "SRC_USERMOD_C += $(USERMOD_DIR)/mine.c\n",
		"modules/mine/mine.c": "int wc_SetTimeCb(void *f);\nlong my_time(void);\n" +
			"long my_time(void) { return 1700000000; }\n" +
			"__attribute__((constructor)) void mine(void) { wc_SetTimeCb(my_time); }\n",
		"tree/ports/unix/mpconfigport.h": added + "#define MICROPY_WOLFSSL_WEAK_RANDOM (1)\n",
		"modules/wolf/unix/user_settings.h": "#define WOLFSSL_STATIC_RSA\n#define NO_OLD_TLS\n" +
			"#define RSA_MIN_SIZE 1024\n",
		"modules/wolf/seed.c": "extern volatile int noise;\n" +
			"int wolfssl_port_seed(void) { return noise; }\nvolatile int noise;\n",
		"tree/py/runtime.c": added +
			"const char *const volatile about = \"built without mbedtls\";\n" +
			"__attribute__((constructor)) void use(void) { (void)about; }\n",
		"modules/wolf/wolfssl/wolfcrypt/src/random.c": includeSettings +
			"int wolfssl_port_seed(void);\nint wc_InitRng(void) { return wolfssl_port_seed(); }\n",
		"modules/wolf/wolfssl/wolfcrypt/src/asn.c": includeSettings +
			"#include <time.h>\n" +
			"int wc_SetTimeCb(void *f) { return f != 0; }\n" +
			"int ValidateDate(void) { return time(0) > 0; }\n",
		"modules/wolf/micropython.mk": added +
			"SRC_USERMOD_C += $(USERMOD_DIR)/seed.c $(WOLFSSL_DIR)/wolfcrypt/src/random.c " +
			"$(WOLFSSL_DIR)/wolfcrypt/src/asn.c\n",
	}))
	o := fakeOptions(t, dir)
	o.Licence = "GPL-3.0"
	report := runExpect(t, o, true)
	validate(t, schema(t, "report"), report)
	settings := report.Checks[slices.IndexFunc(rules, func(r rule) bool {
		return r.ID == SettingsID
	})]
	var notes strings.Builder
	for _, n := range settings.Notes {
		notes.WriteString(n.text() + "\n")
	}
	for _, want := range []string{"user_settings.h:1: WOLFSSL_STATIC_RSA is defined",
		"user_settings.h:3: RSA_MIN_SIZE is 1024: ",
		"NO_RC4 is not defined", "mpconfigport.h:4: MICROPY_WOLFSSL_WEAK_RANDOM is set",
		"modules/mine/mine.c calls wc_SetTimeCb: its argument supplies the time"} {
		if !strings.Contains(notes.String(), want) {
			t.Errorf("no %q in\n%s", want, notes.String())
		}
	}
	leftovers := report.Checks[slices.IndexFunc(rules, func(r rule) bool {
		return r.ID == LeftoversID
	})]
	if len(leftovers.Notes) != 1 || !strings.Contains(leftovers.Notes[0].Message,
		`mbedTLS: 1 string in the firmware ("built without mbedtls") from py/runtime.o`) {
		t.Errorf("leftovers' notes %+v", leftovers.Notes)
	}
	for _, not := range []string{"NO_OLD_TLS", "ECC_TIMING_RESISTANT"} {
		if strings.Contains(notes.String(), not) {
			t.Errorf("%s in\n%s", not, notes.String())
		}
	}
	for _, want := range []string{"wolfSSL 5.7.2 (GPL-3.0), 5 objects",
		"entropy by wolfssl_port_seed (" + dir + "/modules/wolf/seed.c)",
		"clock by time (the C library, "} {
		if !strings.Contains(settings.Summary, want) {
			t.Errorf("no %q in %s", want, settings.Summary)
		}
	}
}

func TestBrokenBuilds(t *testing.T) {
	if testing.Short() {
		t.Skip("skipped with -short: needs a C compiler")
	}
	documented := schema(t, "report")
	for _, test := range brokenBuilds {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			dir, err := filepath.EvalSymlinks(t.TempDir())
			if err != nil {
				t.Fatal(err)
			}
			writeFiles(t, dir, changed(test.changes))
			if test.prepare != nil {
				test.prepare(t, dir)
			}
			o := fakeOptions(t, dir)
			if test.options != nil {
				test.options(dir, &o)
			}
			report, err := Run(t.Context(), o)
			if err != nil {
				t.Fatal(err)
			}
			validate(t, documented, report)
			for _, c := range report.Checks {
				got := seen(c)
				for _, text := range test.want[c.ID] {
					if !strings.Contains(got, text) {
						t.Errorf("%s lacks %q", c.ID, text)
					}
				}
				if len(test.want[c.ID]) == 0 && len(c.Findings) > 0 {
					t.Errorf("%s has findings", c.ID)
				}
			}
			if report.OK != (len(test.want) == 0) {
				t.Errorf("ok is %v", report.OK)
			}
			if t.Failed() {
				var text bytes.Buffer
				if err := report.Text(&text); err != nil {
					t.Fatal(err)
				}
				t.Log("\n" + text.String())
			}
		})
	}
}

// TestTreeIsUntouched checks that a verification leaves the sources unchanged.
func TestTreeIsUntouched(t *testing.T) {
	if testing.Short() {
		t.Skip("skipped with -short: needs a C compiler")
	}
	dir := t.TempDir()
	writeFiles(t, dir, fakeFirmware)
	before := listing(t, filepath.Join(dir, "tree"))
	if _, err := Run(t.Context(), fakeOptions(t, dir)); err != nil {
		t.Fatal(err)
	}
	if after := listing(t, filepath.Join(dir, "tree")); !slices.Equal(before, after) {
		t.Errorf("before %q\nafter %q", before, after)
	}
}

func listing(t *testing.T, dir string) []string {
	t.Helper()
	var names []string
	err := filepath.WalkDir(dir, func(path string, _ os.DirEntry, err error) error {
		names = append(names, path)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return names
}

// TestBuildAgain changes what make's rules do not see, and verifies a build without building it.
func TestBuildAgain(t *testing.T) {
	if testing.Short() {
		t.Skip("skipped with -short: needs a C compiler")
	}
	dir := t.TempDir()
	writeFiles(t, dir,
		changed(map[string]string{"tree/ports/unix/extra.mk": "CFLAGS += -DMICROPY_PY_SSL=1\n"}))
	o := fakeOptions(t, dir)
	o.NoBuild = true
	if _, err := Run(t.Context(), o); err == nil {
		t.Error("no error without a build directory")
	}
	o.NoBuild = false
	runExpect(t, o, false)
	writeFiles(t, dir, map[string]string{"tree/ports/unix/extra.mk": ""})
	runExpect(t, o, true)
	o.NoBuild = true
	runExpect(t, o, true)
	settings := fakeFirmware["modules/wolf/unix/user_settings.h"] + "// changed\n"
	writeFiles(t, dir, map[string]string{"modules/wolf/unix/user_settings.h": settings})
	report := runExpect(t, o, false)
	if got := seen(report.Checks[4]); !strings.Contains(got,
		"changed after the firmware was built") {
		t.Errorf("settings: %s", got)
	}
}

func runExpect(t *testing.T, o Options, ok bool) *Report {
	t.Helper()
	report, err := Run(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	if report.OK != ok {
		var text bytes.Buffer
		_ = report.Text(&text)
		t.Errorf("ok is %v\n%s", report.OK, text.String())
	}
	return report
}

func TestCannotLook(t *testing.T) {
	dir := t.TempDir()
	writeFiles(t, dir, fakeFirmware)
	tests := map[string]func(*Options){
		"no tree": func(o *Options) { o.Target.Tree = nil },
		"make stops": func(o *Options) {
			o.Args = []string{"--eval=$(error no such board)"}
		},
		"no compiler":        func(o *Options) { o.Args = []string{"CC=no-such-compiler"} },
		"relative build":     func(o *Options) { o.Build = "build" },
		"blank in the build": func(o *Options) { o.Build = filepath.Join(dir, "a build") },
		"script is not there": func(o *Options) {
			o.HandshakeScript = filepath.Join(dir, "none.py")
		},
		"header of submodule": func(o *Options) {
			o.Args = []string{"CFLAGS=-I../.. -include gone.h"}
		},
		"the port has no make": func(o *Options) { o.Target.Port = "esp32" },
	}
	for name, change := range tests {
		t.Run(name, func(t *testing.T) {
			o := fakeOptions(t, dir)
			change(&o)
			if report, err := Run(t.Context(), o); err == nil {
				t.Errorf("no error; report %+v", report)
			}
		})
	}
}
