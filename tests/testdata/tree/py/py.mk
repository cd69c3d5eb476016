ifneq ($(USER_C_MODULES),)
CFLAGS_USERMOD :=
$(foreach module, $(wildcard $(USER_C_MODULES)/*/micropython.mk), \
    $(eval USERMOD_DIR = $(patsubst %/,%,$(dir $(module))))\
    $(eval include $(module))\
)
CFLAGS += $(CFLAGS_USERMOD)
endif
