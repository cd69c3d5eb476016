include boards/NET/mpconfigboard.mk
