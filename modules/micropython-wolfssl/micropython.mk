# The user modules wolfssl, wolfcryptolib and wolfhashlib, for ports that are built by make.
#
# WOLFSSL_PORT                the directory in ports/ whose user_settings.h configures wolfSSL; default: unix
# WOLFSSL_USER_SETTINGS_FILE  a settings file to use instead of the port's
# WOLFSSL_DIR                 the wolfSSL sources; default: wolfssl/ beside this file
# WOLFSSL_DROP_IN             1 (the default): also register the names of the built-in modules
# WOLFSSL_SECURE_DEFAULTS     1: clients verify their peer by default; 0 (the default): as the built-in
# WOLFSSL_FORWARD_SECRECY     1: no key exchange without forward secrecy, such as RSA; 0 (the default): as the built-in
# WOLFSSL_ASM                 0: do not use wolfSSL's assembly, even if the settings do
# WOLFSSL_LTO                 0: no link-time optimization of wolfSSL and the modules, even where it is possible: on the ports
#                             stm32 and qemu
# WOLFSSL_PROFILE             full (the default), client or tiny: how much of TLS bare-metal ports have, see
#                             ports/common/bare_metal.h

WOLFSSL_MOD_DIR := $(USERMOD_DIR)

WOLFSSL_PORT ?= unix
WOLFSSL_DIR ?= $(WOLFSSL_MOD_DIR)/wolfssl
WOLFSSL_DROP_IN ?= 1
WOLFSSL_SECURE_DEFAULTS ?= 0
WOLFSSL_FORWARD_SECRECY ?= 0
WOLFSSL_ASM ?= 1
WOLFSSL_LTO ?= 1
WOLFSSL_PROFILE ?= full

# The settings: the port's, or the given file.
WOLFSSL_PORT_DIR := $(WOLFSSL_MOD_DIR)/ports/$(WOLFSSL_PORT)
ifeq ($(wildcard $(WOLFSSL_PORT_DIR)/user_settings.h),)
WOLFSSL_PORTS := $(notdir $(patsubst %/,%,$(sort $(dir $(wildcard $(WOLFSSL_MOD_DIR)/ports/*/user_settings.h)))))
$(error micropython-wolfssl: unknown WOLFSSL_PORT "$(WOLFSSL_PORT)"; known ports: $(WOLFSSL_PORTS))
endif

# What mpwolf patch --pristine sets; MicroPython's own files are then unchanged.
-include $(WOLFSSL_MOD_DIR)/pristine/$(WOLFSSL_PORT).mk

# What the port's own makefiles lack.
-include $(WOLFSSL_PORT_DIR)/wolfssl_port.mk

ifeq ($(WOLFSSL_USER_SETTINGS_FILE),)
WOLFSSL_SETTINGS := $(WOLFSSL_PORT_DIR)/user_settings.h
else
WOLFSSL_SETTINGS := $(WOLFSSL_USER_SETTINGS_FILE)
endif
ifeq ($(wildcard $(WOLFSSL_SETTINGS)),)
$(error micropython-wolfssl: no settings file $(abspath $(WOLFSSL_SETTINGS)))
endif
ifneq ($(wildcard $(WOLFSSL_SETTINGS)/.),)
$(error micropython-wolfssl: the settings file $(abspath $(WOLFSSL_SETTINGS)) is a directory)
endif

# A switch with another value would be off, or an error of the compiler.
WOLFSSL_CHECK_SWITCH = $(if $(filter-out 0 1,$($(1)))$(filter-out 1,$(words $($(1)))),$(error micropython-wolfssl: $(1) is "$($(1))"; it must be 0 or 1))
$(foreach name,WOLFSSL_DROP_IN WOLFSSL_SECURE_DEFAULTS WOLFSSL_FORWARD_SECRECY WOLFSSL_ASM WOLFSSL_LTO,$(call WOLFSSL_CHECK_SWITCH,$(name)))

ifeq ($(wildcard $(WOLFSSL_DIR)/wolfssl/wolfcrypt/settings.h),)
$(error micropython-wolfssl: no wolfSSL sources in $(abspath $(WOLFSSL_DIR)) (expected wolfssl/wolfcrypt/settings.h); set WOLFSSL_DIR)
endif

# wolfSSL includes "user_settings.h"; settings/user_settings.h includes a file of another name.
# NOTE(mpwolf): only the root of wolfSSL's tree is on the -I path: its wolfssl/ directory contains
# headers named ssl.h and random.h.
ifeq ($(notdir $(WOLFSSL_SETTINGS)),user_settings.h)
CFLAGS_USERMOD += -I$(patsubst %/,%,$(dir $(abspath $(WOLFSSL_SETTINGS))))
else
CFLAGS_USERMOD += -I$(WOLFSSL_MOD_DIR)/settings
CFLAGS_USERMOD += -DMICROPY_WOLFSSL_SETTINGS=\"$(abspath $(WOLFSSL_SETTINGS))\"
endif
CFLAGS_USERMOD += -I$(WOLFSSL_MOD_DIR) -I$(WOLFSSL_DIR) -DWOLFSSL_USER_SETTINGS
CFLAGS_USERMOD += -DMICROPY_WOLFSSL_DROP_IN=$(WOLFSSL_DROP_IN)
CFLAGS_USERMOD += -DMICROPY_WOLFSSL_SECURE_DEFAULTS=$(WOLFSSL_SECURE_DEFAULTS)

ifeq ($(WOLFSSL_FORWARD_SECRECY),1)
CFLAGS_USERMOD += -DMICROPY_WOLFSSL_FORWARD_SECRECY=1
endif

# The built-in's variable for ecdsa_sign_callback.
ifeq ($(MICROPY_PY_SSL_ECDSA_SIGN_ALT),1)
CFLAGS_USERMOD += -DMICROPY_WOLFSSL_ECDSA_SIGN_CALLBACK=1
endif

# The profile is passed only if it is given: settings without profiles then stop the compiler, see
# wolf_alloc.c.
WOLFSSL_PROFILES := full client tiny
ifeq ($(filter-out $(WOLFSSL_PROFILES),$(WOLFSSL_PROFILE))$(words $(WOLFSSL_PROFILE)),1)
ifneq ($(WOLFSSL_PROFILE),full)
CFLAGS_USERMOD += -DMICROPY_WOLFSSL_PROFILE=MICROPY_WOLFSSL_PROFILE_$(if $(filter client,$(WOLFSSL_PROFILE)),CLIENT,TINY)
endif
else
$(error micropython-wolfssl: unknown WOLFSSL_PROFILE "$(WOLFSSL_PROFILE)"; known profiles: $(WOLFSSL_PROFILES))
endif

WOLFSSL_MOD_SRC := $(addprefix $(WOLFSSL_MOD_DIR)/, modwolfssl.c modwolfcryptolib.c modwolfhashlib.c wolf_glue.c wolf_alloc.c \
	wolf_aead.c wolf_blake2.c wolf_bundle.c wolf_cache.c wolf_certdict.c wolf_chacha.c wolf_crypto.c wolf_ctr.c \
	wolf_ec.c wolf_ed25519.c wolf_keys.c wolf_ocsp.c wolf_pem.c wolf_reason.c wolf_rsa.c wolf_session.c \
	wolf_sha3.c wolf_verify.c wolf_x509.c wolf_x509gen.c wolf_x509obj.c)
WOLFSSL_GLUE_SRC := $(wildcard $(WOLFSSL_PORT_DIR)/wolfssl_port.c)

# Every library source that the settings can turn on; the others compile to nothing. integer.c and
# tfm.c are included so that the linker reports their clash with py/runtime.c if the settings select
# them: both define mp_init and others (WOLFSSL_SP_MATH_ALL, which ports/ uses, does not).
WOLFSSL_LIB_SRC := $(wildcard $(addprefix $(WOLFSSL_DIR)/, \
	$(addprefix src/, crl.c dtls.c dtls13.c internal.c keys.c ocsp.c ssl.c tls.c tls13.c wolfio.c) \
	$(addprefix wolfcrypt/src/, \
		aes.c arc4.c asn.c blake2b.c blake2s.c camellia.c chacha.c chacha20_poly1305.c cmac.c coding.c cpuid.c \
		cryptocb.c curve25519.c curve448.c des3.c dh.c dilithium.c dsa.c ecc.c ed25519.c ed448.c error.c \
		fe_448.c fe_low_mem.c fe_operations.c ge_448.c ge_low_mem.c ge_operations.c hash.c hmac.c integer.c kdf.c \
		logging.c md2.c md4.c md5.c memory.c pkcs12.c pkcs7.c poly1305.c pwdbased.c random.c rc2.c ripemd.c rsa.c \
		sha.c sha256.c sha3.c sha512.c signature.c sp_arm32.c sp_arm64.c sp_armthumb.c sp_c32.c sp_c64.c \
		sp_cortexm.c sp_int.c sp_x86_64.c srp.c tfm.c wc_encrypt.c wc_kyber.c wc_kyber_poly.c wc_mldsa.c \
		wc_mlkem.c wc_mlkem_poly.c wc_port.c wolfevent.c wolfmath.c \
		port/arm/armv8-aes.c port/arm/armv8-chacha.c port/arm/armv8-curve25519_c.c port/arm/armv8-poly1305.c \
		port/arm/armv8-sha256.c port/arm/armv8-sha512.c port/arm/thumb2-aes-asm_c.c port/arm/thumb2-chacha-asm_c.c \
		port/arm/thumb2-curve25519_c.c port/arm/thumb2-poly1305-asm_c.c port/arm/thumb2-sha256-asm_c.c \
		port/arm/thumb2-sha3-asm_c.c port/arm/thumb2-sha512-asm_c.c port/st/stm32.c)))

# wolfSSL's assembly cannot read the C settings: it is compiled only if there is a
# user_settings_asm.h. For AArch64, only wolfSSL versions that detect the processor's features at
# run time use it; older versions require the cryptographic extensions, which a Raspberry Pi 4
# lacks.
WOLFSSL_ASM_SETTINGS := $(wildcard $(dir $(WOLFSSL_SETTINGS))user_settings_asm.h)
WOLFSSL_ASM_SRC :=
ifeq ($(WOLFSSL_ASM)$(if $(WOLFSSL_ASM_SETTINGS),,0),1)
WOLFSSL_ARCH := $(shell printf 'x86_64 __x86_64__\naarch64 __aarch64__\n' | $(CC) -E -P - | sed 's/ 1$$//;t;d')
ifneq ($(filter x86_64,$(WOLFSSL_ARCH)),)
WOLFSSL_ASM_SRC := $(wildcard $(addprefix $(WOLFSSL_DIR)/wolfcrypt/src/, aes_asm.S aes_gcm_asm.S chacha_asm.S \
	fe_x25519_asm.S poly1305_asm.S sha256_asm.S sha3_asm.S sha512_asm.S sp_x86_64_asm.S))
endif
ifneq ($(and $(filter aarch64,$(WOLFSSL_ARCH)),$(wildcard $(WOLFSSL_DIR)/wolfcrypt/src/port/arm/armv8-aes-asm.S)),)
WOLFSSL_ASM_SRC := $(addprefix $(WOLFSSL_DIR)/wolfcrypt/src/port/arm/armv8-, \
	aes-asm.S chacha-asm.S curve25519.S poly1305-asm.S sha256-asm.S sha3-asm.S sha512-asm.S)
WOLFSSL_MOD_SRC += $(WOLFSSL_MOD_DIR)/wolf_armv8.c
endif
endif
ifeq ($(WOLFSSL_ASM_SRC),)
CFLAGS_USERMOD += -DMICROPY_WOLFSSL_ASM=0
else
CFLAGS_USERMOD += -DMICROPY_WOLFSSL_ASM=1
endif

# Link-time optimization of wolfSSL and the modules, without the rest of the firmware: -10 KB on a
# Cortex-M4. It needs a GCC with the linker's plugin, a port that links with the compiler, as its
# Makefile shows, and a linker script that places nothing by the names of objects. Arithmetic on
# keys and assembly are left out: what is constant-time in a file stays as it was, and the
# optimizer does not see what assembly calls.
WOLFSSL_LTO_SRC :=
ifeq ($(WOLFSSL_LTO),1)
ifeq ($(filter -flto%,$(CFLAGS) $(CFLAGS_EXTRA))$(filter-out 0,$(LTO))$(filter-out 0,$(DEBUG)),)
ifneq ($(shell grep -s '^	$$(Q)$$(CC) $$(LDFLAGS) -o ' $(firstword $(MAKEFILE_LIST))),)
WOLFSSL_LTO_CC := $(shell printf '__GNUC__ __clang__\n' | $(CC) -E -P - 2>/dev/null; $(CC) -print-file-name=liblto_plugin.so)
ifneq ($(and $(filter __clang__,$(WOLFSSL_LTO_CC)),$(filter-out __GNUC__,$(firstword $(WOLFSSL_LTO_CC))),$(filter /%,$(WOLFSSL_LTO_CC))),)
WOLFSSL_LTO_SRC := $(WOLFSSL_MOD_SRC) $(filter-out %/sp_arm32.c %/sp_arm64.c %/sp_armthumb.c %/sp_c32.c %/sp_c64.c \
	%/sp_cortexm.c %/sp_int.c %/ecc.c %/rsa.c %/wolfmath.c %/curve25519.c %/ed25519.c %/fe_low_mem.c %/fe_operations.c \
	%/ge_low_mem.c %/ge_operations.c %-asm_c.c,$(WOLFSSL_LIB_SRC))
endif
endif
endif
endif

# Where the objects go: py.mk strips a leading USER_C_MODULES from a path, and keeps other paths.
WOLFSSL_OBJ_DIR := $(BUILD)/$(patsubst $(USER_C_MODULES)/%,%,$(WOLFSSL_DIR))
# This object depends on whatever else the linker needs.
WOLFSSL_MOD_OBJ := $(BUILD)/$(patsubst $(USER_C_MODULES)/%.c,%.o,$(WOLFSSL_MOD_DIR)/modwolfssl.c)

# What depends on these variables is recompiled when one of them changes: make itself looks only at
# file times. The names in the modules are collected again too.
WOLFSSL_VARIABLES := $(BUILD)/wolfssl-variables
WOLFSSL_VARIABLES_NOW := WOLFSSL_PORT=$(WOLFSSL_PORT) settings=$(abspath $(WOLFSSL_SETTINGS)) \
	WOLFSSL_DIR=$(abspath $(WOLFSSL_DIR)) WOLFSSL_DROP_IN=$(WOLFSSL_DROP_IN) \
	WOLFSSL_SECURE_DEFAULTS=$(WOLFSSL_SECURE_DEFAULTS) WOLFSSL_FORWARD_SECRECY=$(WOLFSSL_FORWARD_SECRECY) WOLFSSL_PROFILE=$(WOLFSSL_PROFILE) assembly=$(words $(WOLFSSL_ASM_SRC)) \
	optimized=$(words $(WOLFSSL_LTO_SRC)) MICROPY_PY_SSL_ECDSA_SIGN_ALT=$(MICROPY_PY_SSL_ECDSA_SIGN_ALT)
.PHONY: wolfssl-always
wolfssl-always:
$(WOLFSSL_VARIABLES): wolfssl-always
	@mkdir -p $(dir $@)
	@echo '$(WOLFSSL_VARIABLES_NOW)' > $@.new
	@if cmp -s $@.new $@; then rm -f $@.new; else mv -f $@.new $@; fi
# The names depend on the settings too, and on the headers that these include.
QSTR_GLOBAL_DEPENDENCIES += $(WOLFSSL_VARIABLES) $(WOLFSSL_SETTINGS) \
	$(wildcard $(dir $(WOLFSSL_SETTINGS))*.h $(WOLFSSL_MOD_DIR)/ports/common/*.h)
$(addprefix $(BUILD)/,$(patsubst $(USER_C_MODULES)/%,%,$(patsubst %.c,%.o,$(patsubst %.S,%.o, \
	$(WOLFSSL_MOD_SRC) $(WOLFSSL_GLUE_SRC) $(WOLFSSL_LIB_SRC) $(WOLFSSL_ASM_SRC))))): $(WOLFSSL_VARIABLES)

ifeq ($(origin SRC_USERMOD_LIB_C),undefined)
# MicroPython before 1.20 has one list for everything.
SRC_USERMOD += $(WOLFSSL_MOD_SRC) $(WOLFSSL_GLUE_SRC) $(WOLFSSL_LIB_SRC)
else
SRC_USERMOD_C += $(WOLFSSL_MOD_SRC)
SRC_USERMOD_LIB_C += $(WOLFSSL_GLUE_SRC) $(WOLFSSL_LIB_SRC)
endif

ifneq ($(WOLFSSL_ASM_SRC),)
ifneq ($(origin SRC_USERMOD_LIB_ASM),undefined)
SRC_USERMOD_LIB_ASM += $(WOLFSSL_ASM_SRC)
else
# MicroPython before 1.24 does not compile assembly of user modules: link the objects explicitly, as
# prerequisites of one that it does compile.
WOLFSSL_ASM_OBJ := $(patsubst $(WOLFSSL_DIR)/%.S,$(WOLFSSL_OBJ_DIR)/%.o,$(WOLFSSL_ASM_SRC))
LDFLAGS_USERMOD += $(WOLFSSL_ASM_OBJ)
$(WOLFSSL_MOD_OBJ): $(WOLFSSL_ASM_OBJ)
$(WOLFSSL_ASM_OBJ): | $(sort $(dir $(WOLFSSL_ASM_OBJ)))
endif
$(patsubst $(WOLFSSL_DIR)/%.S,$(WOLFSSL_OBJ_DIR)/%.o,$(WOLFSSL_ASM_SRC)): \
	CFLAGS += -include $(abspath $(WOLFSSL_ASM_SETTINGS)) -DWOLFSSL_USER_SETTINGS_ASM
ifneq ($(filter x86_64,$(WOLFSSL_ARCH)),)
$(WOLFSSL_OBJ_DIR)/wolfcrypt/src/aes.o: CFLAGS += -maes -mpclmul
# The code of the modules that is there to be fast, and TLS, which uses it.
$(addprefix $(BUILD)/$(patsubst $(USER_C_MODULES)/%,%,$(WOLFSSL_MOD_DIR))/, wolf_chacha.o wolf_sha3.o): CFLAGS += -O2
$(addprefix $(WOLFSSL_OBJ_DIR)/src/, internal.o tls13.o): CFLAGS += -include $(WOLFSSL_MOD_DIR)/wolf_instead.h
# ports/unix/user_settings.h has another setting for it than for the rest.
$(WOLFSSL_OBJ_DIR)/wolfcrypt/src/sha3.o: CFLAGS += -DMICROPY_WOLFSSL_SHA3
# NOTE(mpwolf): fe_init in fe_x25519_asm.S (5.5 to 5.9) calls cpuid_get_flags with the stack misaligned.
$(WOLFSSL_OBJ_DIR)/wolfcrypt/src/cpuid.o: CFLAGS += -mstackrealign
else
# The C code is compiled for every AArch64 processor, the assembly for all their extensions.
$(patsubst $(WOLFSSL_DIR)/%.S,$(WOLFSSL_OBJ_DIR)/%.o,$(WOLFSSL_ASM_SRC)): CFLAGS += -march=armv8.2-a+crypto+sha3
# NOTE(mpwolf): sha256.c (5.9) doesn't check whether the processor has the SHA extension;
# wolf_armv8.c does.
$(WOLFSSL_OBJ_DIR)/wolfcrypt/src/sha256.o: CFLAGS += -include $(WOLFSSL_MOD_DIR)/wolf_instead.h
endif
endif

# AES-CCM for wolfcryptolib, which the linker leaves out where nothing uses it. As a setting, HAVE_AESCCM would also give TLS its
# cipher suites, some of them with tags of 8 bytes.
$(addprefix $(WOLFSSL_OBJ_DIR)/wolfcrypt/src/, aes.o port/arm/armv8-aes.o): CFLAGS += -DHAVE_AESCCM=

# The hashes: ports/common/bare_metal.h has different settings for them than for the rest.
$(addprefix $(WOLFSSL_OBJ_DIR)/wolfcrypt/src/, sha.o sha256.o sha512.o port/arm/armv8-sha256.o port/arm/armv8-sha512.o \
	port/arm/thumb2-sha256-asm_c.o port/arm/thumb2-sha512-asm_c.o): CFLAGS += -DMICROPY_WOLFSSL_HASH

# Tables that a debugger would unwind the stack with, if the firmware kept them: -61 KB on x86-64.
# With -g it has others; the sanitizers' reports need these.
ifeq ($(findstring -fsanitize,$(CFLAGS) $(CFLAGS_EXTRA)),)
$(addprefix $(BUILD)/,$(patsubst $(USER_C_MODULES)/%,%,$(patsubst %.c,%.o, \
	$(WOLFSSL_MOD_SRC) $(WOLFSSL_GLUE_SRC) $(WOLFSSL_LIB_SRC)))): CFLAGS += -fno-asynchronous-unwind-tables
endif

# The linker script of a board that keeps the TLS library in a second flash, as PYBD_SF2 of stm32
# does, places lib/mbedtls there; wolfSSL does not fit elsewhere. Such firmware is linked with a
# copy of the script that places wolfSSL there too.
WOLFSSL_LD_FILES := $(if $(LD_FILES),$(shell grep -lsF '*lib/mbedtls/' $(LD_FILES)))
ifneq ($(WOLFSSL_LD_FILES),)
WOLFSSL_LD_COPY = $(BUILD)/wolfssl-$(notdir $(1))
LD_FILES := $(foreach file,$(LD_FILES),$(if $(filter $(file),$(WOLFSSL_LD_FILES)),$(call WOLFSSL_LD_COPY,$(file)),$(file)))
define WOLFSSL_LD_RULE
$(call WOLFSSL_LD_COPY,$(1)): $(1)
	$$(ECHO) "GEN $$@"
	$$(Q)$$(MKDIR) -p $$(dir $$@)
	$$(Q)sed '/[*]lib\/mbedtls\/[*](/{p;s|lib/mbedtls|$(patsubst $(USER_C_MODULES)/%,%,$(WOLFSSL_MOD_DIR))|;p;s|[*].*/[*](|*$(WOLFSSL_OBJ_DIR:$(BUILD)/%=%)/*(|;}' $$< > $$@
# If the script changes, so does an object, and make links again.
$(WOLFSSL_MOD_OBJ): $(call WOLFSSL_LD_COPY,$(1))
endef
$(foreach file,$(WOLFSSL_LD_FILES),$(eval $(call WOLFSSL_LD_RULE,$(file))))
endif

# The objects also have code of their own, which verify reads. The linker's plugin runs the
# compiler, which needs to know the processor.
ifeq ($(WOLFSSL_LD_FILES),)
ifneq ($(WOLFSSL_LTO_SRC),)
$(addprefix $(BUILD)/,$(patsubst $(USER_C_MODULES)/%,%,$(WOLFSSL_LTO_SRC:.c=.o))): CFLAGS += -flto -ffat-lto-objects
$(BUILD)/firmware.elf: private LDFLAGS += -flto -flto-partition=one -Os $(filter -m%,$(CFLAGS))
endif
endif
