LDFLAGS_USERMOD += -Wl,-T,$(WOLFSSL_PORT_DIR)/exidx.ld

# RISC-V: GCC before 13 finds its libraries only by an architecture without Zicsr, which the port's
# objects are compiled for; it takes those for 64 bits otherwise. The last -march at the link counts.
ifneq ($(filter riscv%,$(QEMU_ARCH)),)
LIBS += $(addprefix -march=,$(patsubst %_zicsr,%,$(firstword $(RV32_ARCH) $(RV64_ARCH))))
endif
