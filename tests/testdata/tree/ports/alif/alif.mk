BOARD ?= DEVKIT
BOARD_DIR ?= boards/$(BOARD)

ifeq ($(wildcard $(BOARD_DIR)/.),)
$(error Invalid BOARD specified: $(BOARD_DIR))
endif

include ../../py/mkenv.mk
include $(BOARD_DIR)/mpconfigboard.mk

# include py core make definitions
include $(TOP)/py/py.mk
include $(TOP)/extmod/extmod.mk

GIT_SUBMODULES += $(EXTRA_SUBMODULES)
CC = $(CROSS_COMPILE)gcc
CFLAGS += -I. -I$(TOP) -I$(BOARD_DIR) -std=c99 -D$(MCU_CORE)=1 $(CFLAGS_EXTMOD) $(CFLAGS_EXTRA)

ifeq ($(MICROPY_SSL_MBEDTLS),1)
SRC_C += mbedtls/mbedtls_port.c
CFLAGS += -DMICROPY_SSL_MBEDTLS=1
endif
ifeq ($(MICROPY_PY_OPENAMP),1)
CFLAGS += -DMICROPY_PY_OPENAMP=1
endif

include $(TOP)/py/mkrules.mk
