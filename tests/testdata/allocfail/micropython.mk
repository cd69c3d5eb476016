# The user module allocfail lets a test choose which allocation fails. The linker puts it in front of the C library's
# allocator and of MicroPython's, so no other source knows of it.
ifeq ($(origin SRC_USERMOD_C),undefined)
SRC_USERMOD += $(USERMOD_DIR)/modallocfail.c
else
SRC_USERMOD_C += $(USERMOD_DIR)/modallocfail.c
endif
LDFLAGS_USERMOD += -Wl,--wrap=malloc,--wrap=realloc,--wrap=free,--wrap=gc_alloc,--wrap=gc_realloc
