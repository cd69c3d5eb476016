package verify

import (
	"debug/elf"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"mpwolf/internal/build"
	"mpwolf/internal/objects/objectstest"
)

// sdk compiles a source of a product's SDK, and runs more commands there.
func sdk(source string, commands ...[]string) func(*testing.T, string) {
	return func(t *testing.T, dir string) {
		dir = filepath.Join(dir, "sdk")
		writeFiles(t, dir, map[string]string{"sdk.c": source})
		objectstest.Command(t, dir, "gcc", "-fPIC", "-c", "sdk.c")
		for _, argv := range commands {
			objectstest.Command(t, dir, argv...)
		}
	}
}

const (
	secondAES = "int wc_AesSetKey(void) { return 1; }\n"
	// needSDK links the firmware with a shared library that it finds at run time.
	needSDK = "LIB = -L../../../sdk -Wl,--no-as-needed,-rpath,$(abspath ../../../sdk) "
	dropIn  = added + "#define MP_REGISTER_EXTENSIBLE_MODULE(a, b)\n" +
		"int tls_module, ssl_module, aes_module, hash_module;\n" +
		"MP_REGISTER_MODULE(MP_QSTR_tls, tls_module)\n" +
		"MP_REGISTER_EXTENSIBLE_MODULE(MP_QSTR_ssl, ssl_module)\n" +
		"MP_REGISTER_EXTENSIBLE_MODULE(MP_QSTR_cryptolib, aes_module)\n" +
		"MP_REGISTER_EXTENSIBLE_MODULE(MP_QSTR_hashlib, hash_module)\n"
	dropInOn = "CFLAGS += -DMICROPY_WOLFSSL_DROP_IN=1\n"
	random   = "#include \"wolfssl/wolfcrypt/settings.h\"\n"
)

// useSDK is code of MicroPython that calls an SDK.
const useSDK = "int of_sdk(void);\n" +
	"__attribute__((constructor)) void use(void) { started = of_sdk(); }\n"

// The tables of AES and SHA-256, as in any implementation.
const (
	ownSHA = "__attribute__((used, retain)) const unsigned int rounds[64] = {0x428a2f98, " +
		"0x71374491, 0xb5c0fbcf, 0xe9b5dba5};\n"
	ownAES = ownSHA + "__attribute__((used, retain)) const unsigned int boxes[] = {" +
		"0xc66363a5, 0xf87c7c84, 0xee777799, 0xf67b7b8d, 0xfff2f20d, 0xd66b6bbd, 0xde6f6fb1, " +
		"0x91c5c554, 0x60303050};\n"
)

// withRandom is a firmware whose wolfCrypt has a random.c.
func withRandom(source, settings string, more map[string]string) map[string]string {
	changes := map[string]string{
		"modules/wolf/wolfssl/wolfcrypt/src/random.c": random + source,
		"modules/wolf/micropython.mk": added +
			"SRC_USERMOD_C += $(WOLFSSL_DIR)/wolfcrypt/src/random.c\n",
		"modules/wolf/unix/user_settings.h": added + settings,
	}
	for name, text := range more {
		changes[name] = text
	}
	return changes
}

// wrapsMemcpy is one whose source at file wraps memcpy, which wolfCrypt calls, and what more says.
func wrapsMemcpy(file, more string) map[string]string {
	options := "LDFLAGS += -Wl,--wrap=memcpy\n"
	if more != "" {
		options += "LDFLAGS += -Wl,--wrap=wolfSSL_Init\n"
	}
	return map[string]string{
		"tree/ports/unix/extra.mk": "SRC += " + file + "\n" + options,
		"tree/" + file: "#include <stddef.h>\n" +
			"void *__real_memcpy(void *, const void *, size_t);\n" +
			"void *__wrap_memcpy(void *to, const void *from, size_t n) " +
			"{ return __real_memcpy(to, from, n); }\n" + more,
		"modules/wolf/wolfssl/wolfcrypt/src/aes.c": includeSettings + "#include <string.h>\n" +
			"char key[16], given[16];\n" + // x86-64 copies without memcpy, if it can
			"int wc_AesSetKey(void) { void *(*volatile copy)(void *, const void *, size_t) = " +
			"memcpy;\n    copy(key, given, 16); return 0; }\n",
	}
}

// withASN is one whose wolfCrypt has an asn.c.
func withASN(source, settings string) map[string]string {
	return map[string]string{
		"modules/wolf/wolfssl/wolfcrypt/src/asn.c": random + source,
		"modules/wolf/micropython.mk": added +
			"SRC_USERMOD_C += $(WOLFSSL_DIR)/wolfcrypt/src/asn.c\n",
		"modules/wolf/unix/user_settings.h": added + settings,
	}
}

// frozen writes what a build generates from a manifest with files, each with the names that its
// code uses, and NAME:ARGUMENT for an instruction.
func frozen(files map[string]string) func(*testing.T, string) {
	return func(t *testing.T, dir string) {
		text, names := "", ""
		for _, name := range slices.Backward(slices.Sorted(maps.Keys(files))) {
			uses := files[name]
			text += "// frozen bytecode for file " + name + ", scope x\nconst int t[] = {"
			for _, word := range strings.Fields(uses) {
				if name, argument, is := strings.Cut(word, ":"); is {
					text += "\n    0x1b,0x02, // " + name + " '" + argument + "'\n"
				} else {
					text += " MP_QSTR_" + word + ","
				}
			}
			text += "};\n"
			names += "    \"" + name + "\\0\"\n"
		}
		text += "const char mp_frozen_names[] = {\n    #ifdef MP_FROZEN_STR_NAMES\n" +
			"    MP_FROZEN_STR_NAMES\n    #endif\n" + names + "    \"\\0\"\n};\n"
		writeFiles(t, dir, map[string]string{"build/frozen_content.c": text})
	}
}

func init() {
	brokenBuilds = append(brokenBuilds, []brokenBuild{
		{
			name:    "a shared library of mbedTLS",
			changes: map[string]string{"tree/ports/unix/extra.mk": needSDK + "-lmbedcrypto\n"},
			prepare: sdk("int mbedtls_version;\n",
				[]string{"gcc", "-shared", "-Wl,-soname,libmbedcrypto.so.7", "-o",
					"libmbedcrypto.so.7", "sdk.o"},
				[]string{"ln", "-s", "libmbedcrypto.so.7", "libmbedcrypto.so"}),
			want: map[string][]string{
				LeftoversID: {"mbedTLS: the firmware is linked with the shared library " +
					"libmbedcrypto.so.7", "LDFLAGS and LIB"}},
		},
		{
			name:    "a shared library of another name that has wolfSSL in it",
			changes: map[string]string{"tree/ports/unix/extra.mk": needSDK + "-lvendor\n"},
			prepare: sdk("int wolfSSL_CTX_new(void) { return 1; }\n",
				[]string{"gcc", "-shared", "-o", "libvendor.so", "sdk.o"}),
			want: map[string][]string{
				LeftoversID: {"wolfSSL: the firmware is linked with the shared " +
					"library libvendor.so",
					"instead of those that were compiled"}},
		},
		{
			name:    "a shared library that needs OpenSSL",
			changes: map[string]string{"tree/ports/unix/extra.mk": needSDK + "-lnet\n"},
			prepare: sdk("int SSL_CTX_new(void) { return 1; }\n",
				[]string{"gcc", "-shared", "-o", "libssl.so", "sdk.o"},
				[]string{"gcc", "-shared", "-Wl,--no-as-needed,-rpath,$ORIGIN", "-o",
					"libnet.so", "-L.", "-lssl"}),
			want: map[string][]string{
				LeftoversID: {"OpenSSL or a fork of it: the firmware is linked with the " +
					"shared library libssl.so, which libnet.so needs"}},
		},
		{
			name: "an archive with a second wolfSSL under other names",
			changes: map[string]string{"tree/ports/unix/extra.mk": "LIB = ../../../sdk/libz.a\n",
				"tree/py/runtime.c": added + useSDK},
			prepare: sdk("int x_wolfSSL_Init(void) { return 1; }\n"+
				"int x_wc_AesSetKey(void) { return 1; }\n"+
				"int of_sdk(void) { return x_wolfSSL_Init() + x_wc_AesSetKey(); }\n",
				[]string{"ar", "rcs", "libz.a", "sdk.o"}),
			want: map[string][]string{LeftoversID: {"a second wolfSSL under other names: 2 " +
				"functions (x_wolfSSL_Init, x_wc_AesSetKey), from ", "sdk/libz.a from the build"}},
		},
		{
			name: "an archive of OpenSSL",
			changes: map[string]string{"tree/ports/unix/extra.mk": "LIB = ../../../sdk/blob.bin\n",
				"tree/py/runtime.c": added + useSDK},
			prepare: sdk("int MD5_Init(void) { return 1; }\n"+
				"int OPENSSL_cleanse(void) { return 1; }\n"+
				"int of_sdk(void) { return MD5_Init() + OPENSSL_cleanse(); }\n",
				[]string{"ar", "rcs", "blob.bin", "sdk.o"}),
			want: map[string][]string{LeftoversID: {"OpenSSL or a fork of it: 1 symbol in the " +
				"firmware (OPENSSL_cleanse)", "sdk/blob.bin from the build"}},
		},
		{
			name: "an archive of mbedTLS",
			changes: map[string]string{"tree/ports/unix/extra.mk": "LIB = ../../../sdk/libz.a\n",
				"tree/py/runtime.c": added + useSDK},
			prepare: sdk("int mbedtls_aes_init(void) { return 1; }\n"+
				"int of_sdk(void) { return mbedtls_aes_init(); }\n",
				[]string{"ar", "rcs", "libz.a", "sdk.o"}),
			want: map[string][]string{LeftoversID: {"mbedTLS: 1 symbol",
				"FIX: remove ", "sdk/libz.a from the build"}},
		},
		{
			name: "a user module with BearSSL",
			changes: map[string]string{
				"modules/bear/micropython.mk": "SRC_USERMOD_C += $(USERMOD_DIR)/bear.c\n" +
					"LDFLAGS += -u br_ssl_engine_set_x509\n",
				"modules/bear/bear.c": "int br_ssl_engine_set_x509(void);\n" +
					"int br_ssl_engine_set_x509(void) { return 1; }\n"},
			want: map[string][]string{LeftoversID: {"BearSSL: 1 symbol", "modules/bear/bear.c"}},
		},
		{
			name: "a user module with an AES of its own",
			changes: map[string]string{
				"modules/mine/micropython.mk": "SRC_USERMOD_C += $(USERMOD_DIR)/mine.c\n",
				"modules/mine/mine.c":         ownAES},
			want: map[string][]string{LeftoversID: {"a second copy of AES, SHA-256, by its " +
				"tables, from ", "modules/mine/mine.c"}},
		},
		{
			name: "an archive with an AES and no map",
			changes: map[string]string{
				"tree/ports/unix/extra.mk": "LDFLAGS = -Wl,--gc-sections\n" +
					"LIB = ../../../sdk/libz.a\n",
				"modules/wolf/wolfssl/wolfcrypt/src/aes.c": added +
					strings.NewReplacer("rounds", "own_rounds", "boxes", "own_boxes").
						Replace(ownAES),
				"tree/py/runtime.c": added + useSDK},
			prepare: sdk(ownAES+"int of_sdk(void) { return 1; }\n",
				[]string{"ar", "rcs", "libz.a", "sdk.o"}),
			want: map[string][]string{LeftoversID: {"a second copy of AES, SHA-256, by its " +
				"tables, from sdk.c in ", "sdk/libz.a from the build"}},
		},
		{
			name: "wolfSSL has tables and names of OpenSSL itself",
			changes: map[string]string{
				"modules/wolf/wolfssl/wolfcrypt/src/aes.c": added + ownAES +
					"__attribute__((used, retain)) void AES_set_encrypt_key(void) {}\n"},
		},
		{
			name: "wolfSSL has tables itself and no map",
			changes: map[string]string{
				"tree/ports/unix/extra.mk":                 "LDFLAGS = -Wl,--gc-sections\n",
				"modules/wolf/wolfssl/wolfcrypt/src/aes.c": added + ownAES},
		},
		{
			name: "an archive by its file's name",
			changes: map[string]string{"tree/ports/unix/extra.mk": "LIB = -L../../../sdk " +
				"-l:crypto.bin\n"},
			prepare: sdk(secondAES, []string{"ar", "rcs", "crypto.bin", "sdk.o"}),
			want: map[string][]string{
				SymbolsID: {"wc_AesSetKey is defined twice", "sdk/crypto.bin(sdk.o)"}},
		},
		{
			name: "an archive beside a shared library",
			changes: map[string]string{"tree/ports/unix/extra.mk": "LIB = -L../../../sdk " +
				"-Wl,-Bstatic -lsdk -Wl,-Bdynamic\n"},
			prepare: sdk(secondAES, []string{"ar", "rcs", "libsdk.a", "sdk.o"},
				[]string{"gcc", "-shared", "-o", "libsdk.so", "sdk.o"}),
			want: map[string][]string{
				SymbolsID: {"wc_AesSetKey is defined twice", "sdk/libsdk.a(sdk.o)"}},
		},
		{
			name: "an archive among the linker's words",
			changes: map[string]string{
				"tree/ports/unix/extra.mk": "LIB = -Wl,--start-group," +
					"../../../sdk/libsdk.a,--end-group\n"},
			prepare: sdk(secondAES, []string{"ar", "rcs", "libsdk.a", "sdk.o"}),
			want: map[string][]string{
				SymbolsID: {"wc_AesSetKey is defined twice", "sdk/libsdk.a(sdk.o)"}},
		},
		{
			name: "an archive that a linker script names",
			changes: map[string]string{"tree/ports/unix/extra.mk": "LIB = -L../../../sdk " +
				"../../../sdk/vendor\n",
				"sdk/vendor": "/* of the SDK */\nINPUT(AS_NEEDED(libsdk.a))\n"},
			prepare: sdk(secondAES, []string{"ar", "rcs", "libsdk.a", "sdk.o"}),
			want: map[string][]string{
				SymbolsID: {"wc_AesSetKey is defined twice", "sdk/libsdk.a(sdk.o)"}},
		},
		{
			name: "a function of wolfSSL's is wrapped",
			changes: map[string]string{
				"tree/ports/unix/extra.mk": "LDFLAGS += -Wl,--wrap,wolfSSL_Init\n",
				"tree/py/runtime.c": added +
					"int __wrap_wolfSSL_Init(void) { return 0; }\n",
			},
			want: map[string][]string{
				SymbolsID: {"the link has --wrap=wolfSSL_Init: calls of " +
					"wolfSSL_Init, which is in " +
					"wolf/wolfssl/src/ssl.o, go to __wrap_wolfSSL_Init of py/runtime.o"}},
		},
		{
			name:    "memcpy is wrapped by pico-sdk",
			changes: wrapsMemcpy("lib/pico-sdk/src/mem_ops.c", ""),
		},
		{
			name:    "memcpy is wrapped by another",
			changes: wrapsMemcpy("lib/pico/mem_ops.c", ""),
			want: map[string][]string{SymbolsID: {"the link has --wrap=memcpy: calls of memcpy, " +
				"which wolf/wolfssl/wolfcrypt/src/aes.o relies on"}},
		},
		{
			name: "pico-sdk wraps a function of wolfSSL's",
			changes: wrapsMemcpy("lib/pico-sdk/src/mem_ops.c",
				"int __wrap_wolfSSL_Init(void) { return 0; }\n"),
			want: map[string][]string{SymbolsID: {"the link has --wrap=wolfSSL_Init: calls of " +
				"wolfSSL_Init, which is in wolf/wolfssl/src/ssl.o"}},
		},
		{
			name: "the source of seeds is wrapped",
			changes: withRandom("int getrandom(void);\n"+
				"int wc_InitRng(void) { return getrandom(); }\n", "", map[string]string{
				"tree/ports/unix/extra.mk": "LDFLAGS += -Xlinker --wrap=getrandom\n",
				"tree/py/runtime.c": added +
					"int __wrap_getrandom(void) { return started; }\n",
			}),
			want: map[string][]string{SymbolsID: {"the link has --wrap=getrandom",
				"random.o gets seeds or the time from"}},
		},
		{
			name: "a function of wolfSSL's is another's",
			changes: map[string]string{"tree/ports/unix/extra.mk": "LDFLAGS += " +
				"-Wl,--defsym,wc_AesSetKey=mp_init\n"},
			want: map[string][]string{SymbolsID: {"the link has --defsym=wc_AesSetKey=mp_init",
				"becomes mp_init of py/runtime.o"}},
		},
		{
			name: "a linker script sets a function of wolfSSL's",
			changes: map[string]string{"tree/ports/unix/extra.mk": "LIB = names.lds\n",
				"tree/ports/unix/names.lds": "/* one\n   two */\n" +
					"four = 4; wc_AesSetKey = mp_init;\n"},
			want: map[string][]string{
				SymbolsID: {"names.lds:3: this linker script sets wc_AesSetKey, which is in ",
					"to mp_init of py/runtime.o"}},
		},
		{
			name: "a step after the link changes the firmware",
			changes: map[string]string{
				"tree/ports/unix/Makefile": strings.Replace(
					fakeFirmware["tree/ports/unix/Makefile"], "\t$(STRIP) $@\n",
					"\tLC_ALL=C sed -i s/marked/change/ $@\n", 1),
				"tree/py/runtime.c": added + "const char *volatile mark = \"marked\";\n" +
					"__attribute__((constructor)) void use(void) { mark += 1; }\n"},
			want: map[string][]string{SymbolsID: {"the firmware is not what its link command " +
				"makes; these sections differ: .rodata"}},
		},
		{
			name: "a step after the link changes where the firmware begins",
			changes: map[string]string{
				"tree/ports/unix/Makefile": strings.Replace(
					fakeFirmware["tree/ports/unix/Makefile"], "\t$(STRIP) $@\n",
					"\tprintf '\\001' | dd of=$@ bs=1 seek=24 conv=notrunc\n", 1)},
			want: map[string][]string{SymbolsID: {"the firmware is not what its link command " +
				"makes; these sections differ: entry point"},
				RunID: {"fails (signal: segmentation fault)"}},
		},
		{
			name: "a step in the flags of the link changes the firmware",
			changes: map[string]string{
				"tree/ports/unix/extra.mk": "all:\n$(BUILD)/micropython: LDFLAGS += && " +
					"LC_ALL=C sed -i s/marked/change/ $@\n",
				"tree/py/runtime.c": added + "const char *volatile mark = \"marked\";\n" +
					"__attribute__((constructor)) void use(void) { mark += 1; }\n"},
			want: map[string][]string{SymbolsID: {"the firmware is not what its link command " +
				"makes; these sections differ: .rodata"}},
		},
		{
			name: "a function is wrapped by a specs file",
			changes: map[string]string{
				"tree/ports/unix/extra.mk":  "LDFLAGS += -specs=own.specs\n",
				"tree/ports/unix/own.specs": "*link:\n+ --wrap=wolfSSL_Init\n\n",
				"tree/py/runtime.c": added +
					"int __wrap_wolfSSL_Init(void) { return 0; }\n",
			},
			want: map[string][]string{SymbolsID: {"the firmware has __wrap_wolfSSL_Init of " +
				"py/runtime.o, which the linker calls instead of wolfSSL_Init"}},
		},
		{
			name: "a function is another's by a specs file",
			changes: map[string]string{
				"tree/ports/unix/extra.mk":  "LDFLAGS += -specs=own.specs\n",
				"tree/ports/unix/own.specs": "*link:\n+ --defsym=wc_AesSetKey=mp_init\n\n",
			},
			want: map[string][]string{SymbolsID: {"wc_AesSetKey of " +
				"wolf/wolfssl/wolfcrypt/src/aes.o (.text.wc_AesSetKey",
				"is not the one in the firmware", "/build/py/runtime.o (.text.mp_init)"}},
		},
		{
			name: "the source of seeds is set by a specs file",
			changes: withRandom("int getrandom(void);\n"+
				"int wc_InitRng(void) { return getrandom(); }\n", "", map[string]string{
				"tree/ports/unix/extra.mk":  "LDFLAGS += -specs=own.specs\n",
				"tree/ports/unix/own.specs": "*link:\n+ --defsym=getrandom=mp_init\n\n",
			}),
			want: map[string][]string{SymbolsID: {"the firmware defines getrandom",
				"and no object of the link does: it is in ", "/build/py/runtime.o"}},
		},
		{
			name: "a file with symbols sets a function of wolfSSL's",
			changes: map[string]string{"tree/ports/unix/extra.mk": "LIB = -Wl,-R,names.txt\n",
				"tree/ports/unix/names.txt": "PROVIDE(a = 1);\n\"wc_AesSetKey\" = mp_init\n;\n"},
			want: map[string][]string{
				SymbolsID: {"names.txt:2: this linker script sets wc_AesSetKey"}},
		},
		{
			name: "an option in short",
			changes: map[string]string{"tree/ports/unix/extra.mk": "LDFLAGS += " +
				"-Wl,--allow-multiple-def\n"},
			want: map[string][]string{SymbolsID: {"the link has --allow-multiple-definition"}},
		},
		{
			name: "functions may be nowhere",
			changes: map[string]string{"tree/ports/unix/extra.mk": "LDFLAGS += " +
				"-Wl,--unresolved-symbols=ignore-all\n"},
			want: map[string][]string{SymbolsID: {"the link has --unresolved-symbols=ignore-all"}},
		},
		{
			name: "the linker is to warn only",
			changes: map[string]string{"tree/ports/unix/extra.mk": "LDFLAGS += " +
				"-Wl,--warn-unresolved-symbols\n"},
			want: map[string][]string{SymbolsID: {"the link has --warn-unresolved-symbols"}},
		},
		{
			name: "limits that wolfSSL's own headers have by default",
			changes: map[string]string{
				"modules/wolf/wolfssl/wolfssl/wolfcrypt/rsa.h": "#ifndef RSA_MIN_SIZE\n" +
					"#define RSA_MIN_SIZE 512\n#endif\n",
				"modules/wolf/wolfssl/src/ssl.c": added +
					"#include \"wolfssl/wolfcrypt/rsa.h\"\n"},
		},
		{
			name: "flags of one object of wolfSSL's",
			changes: map[string]string{
				"tree/ports/unix/extra.mk": "$(BUILD)/wolf/wolfssl/src/ssl.o: CFLAGS += " +
					"-DNO_ASN_TIME\n"},
			want: map[string][]string{
				SettingsID: {"NO_ASN_TIME is defined", "make passes -DNO_ASN_TIME to the compiler",
					"so for 1 of 3 objects: wolf/wolfssl/src/ssl.o"}},
		},
		{
			name: "a header that one object gets before",
			changes: map[string]string{
				"tree/ports/unix/extra.mk": "$(BUILD)/wolf/wolfssl/wolfcrypt/src/aes.o: CFLAGS " +
					"+= -include weak.h\n",
				"tree/ports/unix/weak.h": "#define HAVE_NULL_CIPHER\n"},
			want: map[string][]string{
				SettingsID: {"ports/unix/weak.h:1: HAVE_NULL_CIPHER is defined",
					"wolf/wolfssl/wolfcrypt/src/aes.o"}},
		},
		{
			name: "flags of one object of MicroPython's",
			changes: map[string]string{"tree/ports/unix/extra.mk": "$(BUILD)/py/runtime.o: " +
				"CFLAGS += -DMICROPY_PY_SSL=1\n"},
			want: map[string][]string{MacrosID: {"MICROPY_PY_SSL is 1; wanted: 0",
				"so for py/runtime.o, which make compiles with -DMICROPY_PY_SSL=1"}},
		},
		{
			name: "a function of wolfSSL's is another for one object",
			changes: map[string]string{
				"tree/ports/unix/extra.mk": "$(BUILD)/wolf/wolfssl/src/ssl.o: CFLAGS += " +
					"-Dwc_AesSetKey=mp_init '-Dmemcmp(a,b,n)=0'\n"},
			want: map[string][]string{SettingsID: {
				"wc_AesSetKey, a function of wolfSSL or its modules, is a macro: what is called " +
					"by that name is mp_init; make passes -Dwc_AesSetKey to the compiler; so " +
					"for 1 of 3 objects: wolf/wolfssl/src/ssl.o",
				"memcmp, part of C, is a macro: what is called by that name is (a,b,n) 0"}},
		},
		{
			name: "a header next to the settings replaces a function for one object",
			changes: map[string]string{
				"tree/ports/unix/extra.mk": "$(BUILD)/wolf/wolfssl/src/ssl.o: CFLAGS += " +
					"-include ../../../modules/wolf/unix/mine.h\n",
				"modules/wolf/unix/mine.h": "#define wc_AesSetKey mp_init\n"},
			want: map[string][]string{SettingsID: {"modules/wolf/unix/mine.h:1: wc_AesSetKey, " +
				"a function of wolfSSL or its modules, is a macro: what is called by that name " +
				"is mp_init; so for 1 of 3 objects: wolf/wolfssl/src/ssl.o"}},
		},
		{
			name: "the compiler of one object reads another source",
			changes: map[string]string{
				"tree/ports/unix/extra.mk": "$(BUILD)/wolf/wolfssl/wolfcrypt/src/aes.o: CC = " +
					"sh ../../../wrap.sh\n",
				"wrap.sh": "exec gcc $(echo \" $* \" | sed 's, [^ ]*/aes[.]c , " +
					"../../../mine.c ,')\n",
				"mine.c": "#include \"wolfssl/wolfcrypt/settings.h\"\n" +
					"int wc_AesSetKey(void);\nint wc_AesSetKey(void) { return 0; }\n"},
			want: map[string][]string{SettingsID: {"mine.c: wolf/wolfssl/wolfcrypt/src/aes.o " +
				"was compiled from this, not from",
				"wolfcrypt/src/aes.c, which make's command names"}},
		},
		{
			name: "the settings replace functions",
			changes: map[string]string{"modules/wolf/unix/user_settings.h": added +
				"#define wc_AesSetKey wc_other\n#define wc_unknown() 1\n#define return\n" +
				"#undef return\n"},
			want: map[string][]string{SettingsID: {
				"user_settings.h:2: wc_AesSetKey, a function of wolfSSL or its modules, is a " +
					"macro: what is called by that name is wc_other",
				"user_settings.h:4: return, part of C, is an empty macro"}},
		},
		{
			name: "a header that one object gets before replaces a function",
			changes: map[string]string{
				"tree/ports/unix/extra.mk": "$(BUILD)/wolf/modwolfssl.o: CFLAGS " +
					"+= -include mine.h\n",
				"tree/ports/unix/mine.h": "#define wolfSSL_Init mine\n" +
					"static inline int mine(void) { return 7; }\n"},
			want: map[string][]string{SettingsID: {"ports/unix/mine.h:1: wolfSSL_Init, a function",
				"is mine; so for 1 of 3 objects: wolf/modwolfssl.o"}},
		},
		{
			name: "a header without a command that replaces a function",
			changes: map[string]string{
				"tree/ports/unix/extra.mk": "$(BUILD)/wolf/wolfssl/src/ssl.o: export CPATH = " +
					"hidden\n",
				"tree/ports/unix/hidden/limits.h": "#include_next <limits.h>\n" +
					"#define wc_AesSetKey mp_init\n",
				"modules/wolf/wolfssl/src/ssl.c": "#include <limits.h>\n" +
					fakeFirmware["modules/wolf/wolfssl/src/ssl.c"]},
			want: map[string][]string{SettingsID: {"hidden/limits.h: wolf/wolfssl/src/ssl.o was " +
				"compiled with this header, which defines wc_AesSetKey: it takes the place of a " +
				"function"}},
		},
		{
			name: "wolfSSL's own macros have names of functions",
			changes: map[string]string{
				"modules/wolf/wolfssl/wolfssl/wolfcrypt/rsa.h": "#define memcmp memcmp\n" +
					"#define wc_AesSetKey wc_AesSetKey\n",
				"modules/wolf/wolfssl/src/ssl.c": added +
					"#include \"wolfssl/wolfcrypt/rsa.h\"\n"},
		},
		{
			name: "random.c takes the seeds for tests",
			changes: withRandom("#define USE_TEST_GENSEED\n"+
				"int wc_InitRng(void) { return 1; }\n", "", nil),
			want: map[string][]string{
				SettingsID: {"random.c:2: USE_TEST_GENSEED is defined: the random numbers " +
					"are predictable"}},
		},
		{
			name: "a constant seed",
			changes: withRandom("int my_seed(unsigned char *, int);\n"+
				"int wc_InitRng(unsigned char *b) { return CUSTOM_RAND_GENERATE_SEED(b, 3); }\n",
				"#define CUSTOM_RAND_GENERATE_SEED my_seed\n",
				map[string]string{"tree/py/runtime.c": added + "#include <string.h>\n" +
					"int my_seed(unsigned char *b, int n);\n" +
					"int my_seed(unsigned char *b, int n) { memset(b, 7, n); return 0; }\n"}),
			want: map[string][]string{
				SettingsID: {"user_settings.h:2: wolfSSL gets the seeds of its random numbers " +
					"from my_seed in py/runtime.c",
					"always gives the same seed"}},
		},
		{
			name: "the kernel's source of seeds is another's",
			changes: withRandom("int getrandom(void);\n"+
				"int wc_InitRng(void) { return getrandom(); }\n", "", map[string]string{
				"modules/mine/micropython.mk": "SRC_USERMOD_C += $(USERMOD_DIR)/mine.c\n",
				"modules/mine/mine.c": "extern int started;\nint getrandom(void);\n" +
					"int getrandom(void) { return started; }\n",
			}),
			want: map[string][]string{SettingsID: {"from getrandom (", "modules/mine/mine.c), " +
				"which takes the place of the system's function"}},
		},
		{
			name: "the C library's comparison is another's",
			changes: withRandom("int memcmp(const void *, const void *, unsigned long);\n"+
				"int getrandom(void);\nint wc_InitRng(const char *b);\n"+
				"int wc_InitRng(const char *b) { return getrandom() + memcmp(b, b + 9, b[0]); }\n",
				"", map[string]string{
					"modules/mine/micropython.mk": "SRC_USERMOD_C += $(USERMOD_DIR)/mine.c\n",
					"modules/mine/mine.c": "extern int started;\n" +
						"int memcmp(const void *a, const void *b, unsigned long n);\n" +
						"int memcmp(const void *a, const void *b, unsigned long n) {\n" +
						"    return a == b && n && started;\n}\n",
				}),
			want: map[string][]string{SettingsID: {"wolfSSL calls memcmp of this file, which " +
				"takes the place of the C library's", "mine.o"}},
		},
		{
			name: "settings that depend on how deep a header is included",
			changes: withRandom("int getrandom(void);\n"+
				"int wc_InitRng(void) { return getrandom(); }\n",
				"#if __INCLUDE_LEVEL__ == 4\n#define NO_VERIFY_OID\n#endif\n", nil),
			want: map[string][]string{SettingsID: {"user_settings.h:2: what this header defines " +
				"depends on how deep it is included"}},
		},
		{
			name: "a shared library has the kernel's source of seeds",
			changes: withRandom("int getrandom(void);\n"+
				"int wc_InitRng(void) { return getrandom(); }\n", "", map[string]string{
				"tree/ports/unix/extra.mk": needSDK + "-lzig\n"}),
			prepare: sdk("int zig;\nint getrandom(void) { return zig; }\n",
				[]string{"gcc", "-shared", "-o", "libzig.so", "sdk.o"}),
			want: map[string][]string{SettingsID: {"from getrandom (", "/sdk/libzig.so), which " +
				"takes the place of the system's function"}},
		},
		{
			name: "an archive in a directory that a makefile exports",
			changes: withRandom("int getrandom(void);\n"+
				"int wc_InitRng(void) { return getrandom(); }\n", "", map[string]string{
				"tree/ports/unix/extra.mk": "export LIBRARY_PATH := $(abspath ../../../sdk)\n" +
					"LIB = -lzed\n"}),
			prepare: sdk("int zed;\nint getrandom(void) { return zed; }\n",
				[]string{"ar", "rcs", "libzed.a", "sdk.o"}),
			want: map[string][]string{SettingsID: {"from getrandom (",
				"which takes the place of the system's function", "sdk/libzed.a"}},
		},
		{
			name:    "nothing gives seeds",
			changes: withRandom("int wc_InitRng(void) { return 1; }\n", "", nil),
			want: map[string][]string{
				SettingsID: {"nothing in wolfCrypt's random.c asks for a seed"}},
		},
		{
			name: "a constant time",
			changes: withASN("int wc_ValidateDate(void) { return XTIME(0) > 0; }\n",
				"#define XTIME(t) (1700000000)\n"),
			want: map[string][]string{
				SettingsID: {"user_settings.h:2: nothing in wolfCrypt's asn.c asks for the time",
					"(XTIME is (t) (1700000000))"}},
		},
		{
			name: "dates that are not checked",
			changes: withASN("#include <time.h>\n#define XVALIDATE_DATE(d, f, t, l) 1\n"+
				"int wc_ValidateDate(void) { return time(0) > 0; }\n",
				"#define WOLFSSL_AFTER_DATE_CLOCK_SKEW (10 * 365 * 24 * 3600)\n"+
					"#define NO_ASN_TIME_CHECK\n#define NO_CHECK_PRIVATE_KEY\n"),
			want: map[string][]string{
				SettingsID: {"WOLFSSL_AFTER_DATE_CLOCK_SKEW is (10 * 365 * 24 * 3600)",
					"NO_ASN_TIME_CHECK is defined",
					"asn.c:3: XVALIDATE_DATE is 1: it is not wolfSSL's own function that decides",
					"NO_CHECK_PRIVATE_KEY is defined"}},
		},
		{
			name: "dates that are not checked with the switch for the own check",
			changes: withASN("#include <time.h>\n#define USE_WOLF_VALIDDATE\n"+
				"int wc_ValidateDate(void) { return time(0) > 0; }\n",
				"#define XVALIDATE_DATE(d, f, t, l) (1)\n"),
			want: map[string][]string{
				SettingsID: {"user_settings.h:2: XVALIDATE_DATE is (1): it is not wolfSSL's own"}},
		},
		{
			name: "the own check of dates",
			changes: withASN("#include <time.h>\n#define XVALIDATE_DATE(d, f, t, l) "+
				"wc_ValidateDate((d), (f), (t), (l))\n"+
				"#define XMEMCMP(a, b, n) memcmp((a), (b), (n))\n"+
				"#define XGMTIME(c, t) gmtime_r((c), (t))\n#define XTIME(t) time((t))\n"+
				"int wc_ValidateDate(void) { return time(0) > 0; }\n", ""),
		},
		{
			name: "the time is asked for and thrown away",
			changes: withASN("#include <time.h>\n"+
				"int wc_ValidateDate(void) { return XTIME(0) > 0; }\n",
				"#define XTIME(t) (time(t), (time_t)1700000000)\n"),
			want: map[string][]string{
				SettingsID: {"user_settings.h:2: XTIME is (time(mpwolf_1), (time_t)1700000000): " +
					"the time is always the same"}},
		},
		{
			name: "names that always match",
			changes: map[string]string{
				"tree/ports/unix/extra.mk": "$(BUILD)/wolf/wolfssl/src/ssl.o: CFLAGS += " +
					"'-DXSTRNCASECMP(a,b,n)=0' '-DXMEMCMP(a,b,n)=((void)memcmp(a,b,n),0)'\n"},
			want: map[string][]string{SettingsID: {"XSTRNCASECMP is 0: different data and names " +
				"count as equal", "XMEMCMP is ((void)memcmp(", "so for 1 of 3 objects"}},
		},
		{
			name:    "no drop-in names are registered",
			changes: map[string]string{"tree/ports/unix/extra.mk": dropInOn},
			want: map[string][]string{
				ModulesID: {"no source of this build registers the module tls", "the module ssl",
					"the module cryptolib",
					"the module hashlib"}},
		},
		{
			name: "the drop-in names are there below a frozen ssl",
			changes: map[string]string{"tree/ports/unix/extra.mk": dropInOn,
				"modules/wolf/modwolfssl.c": dropIn},
			prepare: frozen(map[string]string{"ssl.py": "IMPORT_NAME:tls CERT_NONE verify_mode",
				"hashlib/__init__.py": "IMPORT_NAME:uhashlib", "asyncio/core.py": ""}),
		},
		{
			name: "texts about a library and paths with its name",
			changes: map[string]string{
				"modules/my-axtls-notes/micropython.mk": "SRC_USERMOD_C += $(USERMOD_DIR)/foo.c\n",
				"modules/my-axtls-notes/foo.c": "const char *const volatile texts[] = " +
					"{\"built without mbedtls\", __FILE__, __FILE__ \":3\", " +
					"\"at \" __FILE__};\n" +
					"__attribute__((constructor)) void use(void) { (void)texts[0]; }\n"},
		},
		{
			name: "several texts of a library",
			changes: map[string]string{
				"tree/py/runtime.c": added + "const char *const volatile texts[] = " +
					"{\"mbedtls: out of memory\", \"mbedtls: bad input\"};\n" +
					"__attribute__((constructor)) void use(void) { (void)texts[0]; }\n"},
			want: map[string][]string{
				LeftoversID: {"mbedTLS: 2 strings in the firmware (", ") from py/runtime.o",
					"reword them if they are your own"}},
		},
		{
			name: "a program that is not the firmware",
			changes: map[string]string{"tree/ports/unix/Makefile": strings.Replace(
				fakeFirmware["tree/ports/unix/Makefile"], "\t$(STRIP) $@\n",
				"\tcp /bin/true $@\n", 1)},
			want: map[string][]string{SymbolsID: {"this is not the firmware: it has no symbol"}},
		},
		{
			name: "a dangerous setting that does not compile",
			changes: withRandom("int getrandom(void);\n#ifdef WOLFSSL_GENSEED_FORTEST\n"+
				"#warning \"write a real random seed!\"\n#endif\n"+
				"int wc_InitRng(void) { return getrandom(); }\n", "", map[string]string{
				"tree/ports/unix/extra.mk": "$(BUILD)/wolf/wolfssl/wolfcrypt/src/random.o: " +
					"CFLAGS += -DWOLFSSL_GENSEED_FORTEST\n"}),
			want: map[string][]string{
				SettingsID: {"write a real random seed!", "first change the dangerous settings",
					"WOLFSSL_GENSEED_FORTEST is defined: the random numbers are predictable: " +
						"all keys are known; make passes -DWOLFSSL_GENSEED_FORTEST to the " +
						"compiler; so for 1 of 4 objects: wolf/wolfssl/wolfcrypt/src/random.o"}},
		},
		{
			name: "a header by an exported path",
			changes: map[string]string{
				"tree/ports/unix/extra.mk": "$(BUILD)/wolf/wolfssl/src/ssl.o: export CPATH = " +
					"hidden\n",
				"tree/ports/unix/hidden/limits.h": "#include_next <limits.h>\n" +
					"# define IGNORE_NAME_CONSTRAINTS\n",
				"modules/wolf/wolfssl/src/ssl.c": added + "#include <limits.h>\n"},
			want: map[string][]string{
				SettingsID: {"hidden/limits.h: wolf/wolfssl/src/ssl.o was compiled with this " +
					"header, which defines IGNORE_NAME_CONSTRAINTS", "see what exports CPATH"}},
		},
		{
			name: "a changed copy of a header of wolfSSL",
			changes: map[string]string{
				"tree/ports/unix/extra.mk":                "CFLAGS += -I../../../sdk\n",
				"sdk/wolfssl/internal.h":                  "#define VERIFY_PEER 0\n",
				"modules/wolf/wolfssl/wolfssl/internal.h": "#define VERIFY_PEER 1\n",
				"sdk/wolfssl/wolfcrypt/other.h":           "",
				"modules/wolf/wolfssl/wolfcrypt/src/aes.c": added +
					"#include <wolfssl/internal.h>\n",
				"modules/wolf/wolfssl/src/ssl.c": added + "#include <wolfssl/internal.h>\n" +
					"#include <wolfssl/wolfcrypt/other.h>\n"},
			want: map[string][]string{
				SettingsID: {"sdk/wolfssl/internal.h: 2 objects compiled with this file in " +
					"place of wolfSSL's own wolfssl/internal.h: wolf/wolfssl/src/ssl.o",
					"see what else on the -I path"}},
		},
		{
			name: "another module's changed copy of a source of wolfSSL",
			changes: map[string]string{
				"modules/wolf/micropython.mk": strings.Replace(
					fakeFirmware["modules/wolf/micropython.mk"],
					" $(WOLFSSL_DIR)/wolfcrypt/src/aes.c", "", 1),
				"modules/foo/micropython.mk": "SRC_USERMOD_C += $(USERMOD_DIR)/aes.c\n",
				"modules/foo/aes.c": includeSettings +
					"int wc_AesSetKey(void) { return 1; }\n"},
			want: map[string][]string{
				SettingsID: {"modules/foo/aes.c: 1 object compiled with this file in place " +
					"of wolfSSL's own wolfcrypt/src/aes.c: foo/aes.o"}},
		},
		{
			name: "another module's source with the name of one of wolfSSL's",
			changes: map[string]string{
				"modules/foo/micropython.mk": "SRC_USERMOD_C += " +
					"$(USERMOD_DIR)/random.c\n",
				"modules/wolf/wolfssl/wolfcrypt/src/random.c": random,
				"modules/foo/random.c": includeSettings +
					"int foo_random(void) { return 4; }\n"},
		},
		{
			name: "a dangerous setting in a condition that is not met",
			changes: map[string]string{"modules/wolf/unix/user_settings.h": added +
				"#if 0\n#define NO_ASN_TIME\n#endif\n"},
		},
		{
			name: "certificates are judged at a wrong time",
			changes: map[string]string{"hello.py": "OSError\n",
				"time.py": "refused 2026-09-21 14:13:20 date error\n"},
			options: func(dir string, o *Options) { o.TimeScript = filepath.Join(dir, "time.py") },
			want: map[string][]string{
				RunID: {"certificates are judged at the time 2026-09-21 14:13:20",
					"(date error); its output is not that of hello.py.exp"}},
		},
		{
			name: "a drop-in name leads to another class",
			changes: map[string]string{"tree/ports/unix/extra.mk": dropInOn,
				"modules/wolf/modwolfssl.c": dropIn,
				"names.py":                  "ssl ok\nhashlib other sha256\ncryptolib absent\n"},
			options: func(dir string, o *Options) {
				o.DropInScript = filepath.Join(dir, "names.py")
			},
			want: map[string][]string{
				RunID: {"import hashlib does not find wolfhashlib under that name: other sha256",
					"import cryptolib does not find wolfcryptolib under that name: absent"}},
		},
		{
			name: "a drop-in name is extended",
			changes: map[string]string{"tree/ports/unix/extra.mk": dropInOn,
				"modules/wolf/modwolfssl.c": dropIn,
				"names.py":                  "ssl extended SSLContext\nhashlib ok\n"},
			options: func(dir string, o *Options) {
				o.DropInScript = filepath.Join(dir, "names.py")
			},
		},
		{
			name: "another module has drop-in names",
			changes: map[string]string{"tree/ports/unix/extra.mk": dropInOn,
				"modules/wolf/modwolfssl.c": added +
					"#define MP_REGISTER_EXTENSIBLE_MODULE(a, b)\n" +
					"int tls_module, mp_module_wolf_drop_in_hashlib;\n" +
					"MP_REGISTER_MODULE(MP_QSTR_tls, tls_module)\n" +
					"MP_REGISTER_EXTENSIBLE_MODULE(MP_QSTR_hashlib, " +
					"mp_module_wolf_drop_in_hashlib)\n" +
					"MP_REGISTER_EXTENSIBLE_MODULE(MP_QSTR_cryptolib, " +
					"mp_module_wolf_drop_in_hashlib)\n",
				"modules/foo/micropython.mk": "SRC_USERMOD_C += $(USERMOD_DIR)/foo.c\n",
				"modules/foo/foo.c": "#define MP_REGISTER_EXTENSIBLE_MODULE(a, b)\n" +
					"int foo_mod;\nMP_REGISTER_EXTENSIBLE_MODULE(MP_QSTR_ssl, foo_mod)\n" +
					"MP_REGISTER_MODULE(MP_QSTR_utls, foo_mod)\n"},
			want: map[string][]string{
				ModulesID: {"the module ssl is foo_mod of ", "/modules/foo/foo.c, not the one " +
					"that comes with wolfSSL",
					"the module cryptolib is mp_module_wolf_drop_in_hashlib of ",
					"the module utls is foo_mod of "}},
		},
		{
			name: "a frozen module shadows a drop-in name",
			changes: map[string]string{"tree/ports/unix/extra.mk": dropInOn,
				"modules/wolf/modwolfssl.c": dropIn},
			prepare: frozen(map[string]string{"hashlib.py": "sha256 uhashlib",
				"ssl/__init__.py": "socket tls STORE_NAME:tls", "tls.py": "x"}),
			want: map[string][]string{
				ModulesID: {"the frozen file hashlib.py takes the place of the module hashlib",
					"import uhashlib",
					"the frozen file ssl/__init__.py takes the place of the module ssl"}},
		},
		{
			name: "a frozen module undoes secure defaults",
			changes: map[string]string{"tree/ports/unix/extra.mk": dropInOn +
				"CFLAGS += -DMICROPY_WOLFSSL_SECURE_DEFAULTS=1\n",
				"tree/py/mpconfig.h": strings.Replace(fakeFirmware["tree/py/mpconfig.h"],
					"MINOR 25", "MINOR 20", 1),
				"modules/wolf/modwolfssl.c": added + "int ssl_module, aes_module, hash_module;\n" +
					"MP_REGISTER_MODULE(MP_QSTR_ussl, ssl_module)\n" +
					"MP_REGISTER_MODULE(MP_QSTR_ucryptolib, aes_module)\n" +
					"MP_REGISTER_MODULE(MP_QSTR_uhashlib, hash_module)\n"},
			prepare: frozen(map[string]string{"ssl.py": "IMPORT_NAME:ussl CERT_NONE cert_reqs"}),
			want:    map[string][]string{ModulesID: {"the frozen file ssl.py undoes it"}},
		},
		{
			name:    "a handshake that is skipped",
			changes: map[string]string{"hello.py": "SKIP\n"},
			want:    map[string][]string{RunID: {"the firmware skips hello.py"}},
		},
		{
			name:    "the same random numbers twice",
			changes: map[string]string{"random.py": "random 00\n"},
			options: func(dir string, o *Options) {
				o.RandomScript = filepath.Join(dir, "random.py")
			},
			want: map[string][]string{
				RunID: {"two runs of the firmware begin handshakes with the same random numbers"}},
		},
		{
			name: "a user module that needs mbedTLS",
			changes: map[string]string{
				"modules/crypt/micropython.mk": "SRC_USERMOD_C += $(USERMOD_DIR)/a.c " +
					"$(USERMOD_DIR)/b.c\n",
				"modules/crypt/a.c": "int mbedtls_aes_init(void);\nint mbedtls_aes_free(void);\n" +
					"int a(void) { return mbedtls_aes_init() + mbedtls_aes_free(); }\n",
				"modules/crypt/b.c": "int mbedtls_rsa_init(void);\nint a(void);\n" +
					"__attribute__((constructor)) void b(void) { mbedtls_rsa_init(); a(); }\n",
			},
			want: map[string][]string{
				ModulesID: {"the user module crypt needs mbedTLS itself", "3 functions",
					"crypt/a.o uses mbedtls_aes_init, mbedtls_aes_free",
					"crypt/b.o uses mbedtls_rsa_init", "the port's macros are right"}},
		},
		{
			name: "a user module that includes mbedTLS",
			changes: map[string]string{
				"modules/crypt/micropython.mk": "SRC_USERMOD_C += $(USERMOD_DIR)/a.c\n",
				"modules/crypt/a.c":            "#include \"mbedtls/aes.h\"\n",
			},
			want: map[string][]string{ModulesID: {"the user module crypt needs mbedTLS itself",
				"crypt/a.c:1 includes mbedtls/aes.h"}},
		},
		{
			name: "settings that wolfSSL does not compile with",
			changes: map[string]string{
				"own.h": "#define PURPLE\n",
				"modules/wolf/micropython.mk": added +
					"CFLAGS_USERMOD += -include ../../../own.h\n",
				"modules/wolf/wolfssl/wolfssl/wolfcrypt/settings.h": added +
					"#ifdef PURPLE\n#error no such colour\n#endif\n",
			},
			options: func(dir string, o *Options) { o.Settings = filepath.Join(dir, "own.h") },
			want: map[string][]string{
				SettingsID: {"own.h: wolfSSL does not compile with these settings: ",
					"no such colour", "compare the file with the port's own"}},
		},
		{
			name: "a RAM that is too small",
			changes: map[string]string{
				"tree/ports/unix/extra.mk": "CC = gcc -nostdlib -static\n" +
					"LDFLAGS = -T link.ld -Wl,--build-id=none\nSRC = py/runtime.c\n",
				"tree/ports/unix/link.ld": "MEMORY { FLASH : ORIGIN = 0, LENGTH = 4096 RAM : " +
					"ORIGIN = 8192, LENGTH = 2 }\n" +
					"ENTRY(mp_init)\nSECTIONS { .text : { *(.text*) *(.rodata*) *(.eh_frame*) } " +
					">FLASH .bss : { *(.bss*) *(.data*) } >RAM }\n",
				"tree/py/runtime.c": added + "char many[99000];\n",
			},
			want: map[string][]string{SizeID: {"the firmware does not fit into RAM: it is ",
				"too large; RAM of MicroPython 99.0 kB (by the"}},
		},
		{
			name: "a heap that is too small",
			changes: map[string]string{"tree/ports/unix/extra.mk": "LDFLAGS += " +
				"-Wl,--defsym=_heap_start=0x1000,--defsym=_heap_end=0x3000\n"},
			options: func(_ string, o *Options) { o.MinHeap = 32768; o.MinStack = 1 },
			want: map[string][]string{
				SizeID: {"the firmware leaves 8192 bytes for the heap, 24576 less than " +
					"the limit of 32768",
					"the firmware does not say how large its stack is, and at least 1 " +
						"bytes are required"}},
		},
		{
			name: "a firmware for finding faults",
			changes: map[string]string{"tree/ports/unix/extra.mk": "ifeq ($(DEBUG),1)\n" +
				"CFLAGS += -DDEBUGGED\nendif\n",
				"tree/py/runtime.c": added +
					"#ifdef DEBUGGED\nconst char debugging[100000] = {1};\n" +
					"__attribute__((constructor)) void use(void) { started = " +
					"debugging[started]; }\n#endif\n"},
			options: func(_ string, o *Options) {
				o.Args = append(o.Args, "DEBUG=1")
				o.MaxFlash = 60000
			},
			want: map[string][]string{SizeID: {"more than the limit of 60000",
				"make without DEBUG=1, which saves 100", ": then it fits"}},
		},
	}...)
}

// TestRelink edits a linker script and one of the product's archives, which make's rule for the
// firmware does not depend on.
func TestRelink(t *testing.T) {
	if testing.Short() {
		t.Skip("skipped with -short: needs a C compiler")
	}
	dir, err := filepath.EvalSymlinks(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	writeFiles(t, dir, changed(map[string]string{
		"tree/ports/unix/extra.mk": "LIB = -L../../../sdk link.lds -lsdk\n",
		"tree/ports/unix/link.lds": "INCLUDE more.lds\n",
		"tree/ports/unix/more.lds": "told = 1;\n", "tree/py/runtime.c": added +
			"int of_sdk(void);\n__attribute__((constructor)) void use(void) { of_sdk(); }\n",
	}))
	archive := func(source string) {
		t.Helper()
		_ = os.Remove(filepath.Join(dir, "sdk", "libsdk.a"))
		sdk(source, []string{"ar", "rcs", "libsdk.a", "sdk.o"})(t, dir)
	}
	archive("int of_sdk(void) { return 1; }\n")
	o := fakeOptions(t, dir)
	report := runExpect(t, o, true)
	size := report.Checks[slices.IndexFunc(rules, func(r rule) bool { return r.ID == SizeID })]
	if len(size.Notes) != 1 ||
		!strings.Contains(size.Notes[0].Message, "accounts for "+dir+"/sdk/libsdk.a (flash ") {
		t.Errorf("notes %+v", size.Notes)
	}
	// a file that is newer than the firmware, whatever the clock's resolution
	soon := func(name string) {
		t.Helper()
		if err := os.Chtimes(filepath.Join(dir, name), time.Time{},
			time.Now().Add(time.Second)); err != nil {
			t.Fatal(err)
		}
		time.Sleep(1100 * time.Millisecond)
	}
	writeFiles(t, dir, map[string]string{"tree/ports/unix/more.lds": "told = 2;\n"})
	soon("tree/ports/unix/more.lds")
	o.NoBuild = true
	if got := seen(runExpect(t, o, false).Checks[1]); !strings.Contains(got,
		"more.lds: this file was changed after the firmware was linked") {
		t.Errorf("--no-build: %s", got)
	}
	o.NoBuild = false
	runExpect(t, o, true)
	if value := symbolValue(t, filepath.Join(dir, "build", "micropython"), "told"); value != 2 {
		t.Errorf("the script's symbol is %d after it was edited", value)
	}
	archive("volatile int other = 2;\nint of_sdk(void) { return other; }\n")
	soon("sdk/libsdk.a")
	runExpect(t, o, true)
	symbolValue(t, filepath.Join(dir, "build", "micropython"), "other")
	// A source that has changed since, and one that make would compile with other flags now.
	writeFiles(t, dir,
		map[string]string{"tree/py/runtime.c": changed(nil)["tree/py/runtime.c"] +
			"int of_sdk(void);\n" +
			"__attribute__((constructor)) void use(void) { of_sdk(); }\n"})
	soon("tree/py/runtime.c")
	o.NoBuild = true
	if got := seen(runExpect(t, o, false).Checks[1]); !strings.Contains(got,
		"1 source changed after the firmware was built: py/runtime.c") {
		t.Errorf("--no-build: %s", got)
	}
	o.NoBuild = false
	writeFiles(t, dir,
		map[string]string{"tree/ports/unix/extra.mk": "LIB = -L../../../sdk link.lds -lsdk\n" +
			"$(BUILD)/py/runtime.o: CFLAGS += -Dstarted=begun\n"})
	runExpect(t, o, true)
	symbolValue(t, filepath.Join(dir, "build", "micropython"), "begun")
}

// TestReplaced holds which expansions of a macro call a function, and which do not.
func TestReplaced(t *testing.T) {
	of := func(macro string) replaced {
		return replaceable[slices.IndexFunc(replaceable, func(r replaced) bool {
			return r.macro == macro
		})]
	}
	for _, test := range []struct {
		macro, text string
		want        verdict
	}{
		{"XVALIDATE_DATE",
			"wc_ValidateDate((mpwolf_1), (mpwolf_2), (mpwolf_3), (mpwolf_4))", sound},
		{"XVALIDATE_DATE",
			"(wc_ValidateDate(mpwolf_1, (byte)mpwolf_2, mpwolf_3, mpwolf_4))", sound},
		{"XVALIDATE_DATE", "wc_ValidateDate(mpwolf_1, mpwolf_2, 0, mpwolf_4)", unsound},
		{"XVALIDATE_DATE",
			"wc_ValidateDate(mpwolf_1, mpwolf_2, mpwolf_3, mpwolf_4) || 1", unsound},
		{"XVALIDATE_DATE",
			"(wc_ValidateDate(mpwolf_1, mpwolf_2, mpwolf_3, mpwolf_4), 1)", unsound},
		{"XVALIDATE_DATE", "my_dates(mpwolf_1, mpwolf_2, mpwolf_3, mpwolf_4)", unsound},
		{"XVALIDATE_DATE", "", unsound},
		{"XVALIDATE_DATE", "XVALIDATE_DATE", sound},
		{"XTIME", "time((mpwolf_1))", sound},
		{"XTIME", "(time_t)time(mpwolf_1)", sound},
		{"XTIME", "(time_t)(rtc_now() + 946684800)", unclear},
		{"XTIME", "((time_t)1795790000)", unsound},
		{"XTIME", "({ time(mpwolf_1); 5; })", unsound},
		{"XTIME", "sizeof(time_t)", unsound},
		{"CUSTOM_RAND_GENERATE_SEED", "(rng_fill(mpwolf_1, mpwolf_2), 0)", unclear},
		{"CUSTOM_RAND_GENERATE_SEED", "0", unsound},
		{"CUSTOM_RAND_GENERATE", "(rng_get(), 7)", unsound},
	} {
		r := of(test.macro)
		got := r.judge(map[string]build.Value{r.macro: {Defined: true},
			r.call(): {Defined: true, Text: test.text}})
		if got != test.want {
			t.Errorf("%s is %s: %v; want %v", test.macro, test.text, got, test.want)
		}
	}
}

func symbolValue(t *testing.T, file, name string) uint64 {
	t.Helper()
	f, err := elf.Open(file)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	symbols, err := f.Symbols()
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range symbols {
		if s.Name == name {
			return s.Value
		}
	}
	t.Errorf("%s has no symbol %s", file, name)
	return 0
}

// Flags of one object that come from a makefile that was not there before, from a file that a
// makefile reads, or from a file that the environment names: nothing that make read the last time
// has changed.
func TestFlagsFromNowhere(t *testing.T) {
	if testing.Short() {
		t.Skip("skipped with -short: needs a C compiler")
	}
	const flag = "$(BUILD)/wolf/wolfssl/src/ssl.o: CFLAGS += -DALLOW_INVALID_CERTSIGN\n"
	for _, how := range []struct{ name, file, text, variable string }{
		{"a makefile that make prefers", "tree/ports/unix/GNUmakefile",
			"include Makefile\n" + flag, ""},
		{"another module", "modules/other/micropython.mk", flag, ""},
		{"a file that is read", "tree/ports/unix/flags", "-DALLOW_INVALID_CERTSIGN", ""},
		{"MAKEFILES", "more.mk", "all:\n" + flag, "MAKEFILES"},
	} {
		t.Run(how.name, func(t *testing.T) {
			dir, err := filepath.EvalSymlinks(t.TempDir())
			if err != nil {
				t.Fatal(err)
			}
			writeFiles(t, dir, changed(map[string]string{
				"tree/ports/unix/flags": "",
				"tree/ports/unix/extra.mk": "$(BUILD)/wolf/wolfssl/src/ssl.o: " +
					"CFLAGS += $(shell cat flags)\n"}))
			o := fakeOptions(t, dir)
			runExpect(t, o, true)
			runExpect(t, o, true)
			writeFiles(t, dir, map[string]string{how.file: how.text})
			if how.variable != "" {
				t.Setenv(how.variable, filepath.Join(dir, how.file))
			}
			for _, o.NoBuild = range []bool{true, false} {
				report := runExpect(t, o, false)
				settings := report.Checks[slices.IndexFunc(rules,
					func(r rule) bool { return r.ID == SettingsID })]
				if got := seen(settings); !o.NoBuild &&
					!strings.Contains(got, "ALLOW_INVALID_CERTSIGN is defined") {
					t.Errorf("no-build %v: %s", o.NoBuild, got)
				}
			}
		})
	}
}
