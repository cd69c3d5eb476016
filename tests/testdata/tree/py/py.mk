ifneq ($(USER_C_MODULES),)
$(foreach mk,$(wildcard $(USER_C_MODULES)/*/micropython.mk),$(eval SRC_USERMOD_C += $(mk)))
endif
