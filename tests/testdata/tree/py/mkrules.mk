all:
	@echo there is nothing to build
