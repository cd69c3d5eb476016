ifneq ($(V),1)
Q = @
endif
