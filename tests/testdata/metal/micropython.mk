# The user module metal measures what TLS costs on a machine in QEMU, whichever library it comes from: the linker puts it in
# front of MicroPython's allocator, so no other source knows of it.
SRC_USERMOD_C += $(USERMOD_DIR)/modmetal.c
LDFLAGS_USERMOD += -Wl,--wrap=m_tracked_calloc,--wrap=m_tracked_free,--wrap=gc_init

# What the built-in mbedTLS needs of a board: the settings of MicroPython's stm32 port, the hardware made up.
ifeq ($(MICROPY_SSL_MBEDTLS),1)
SRC_USERMOD_C += $(USERMOD_DIR)/mbedtls_board.c
# extmod.mk has a default for it.
MBEDTLS_CONFIG_FILE := \"$(USERMOD_DIR)/mbedtls_board.h\"
# The test has put these here, see ports/qemu.
LDFLAGS_USERMOD += -Wl,-T,$(USERMOD_DIR)/exidx.ld
ifneq ($(filter riscv%,$(QEMU_ARCH)),)
LIBS += $(addprefix -march=,$(patsubst %_zicsr,%,$(firstword $(RV32_ARCH))))
endif
endif
