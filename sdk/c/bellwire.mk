# Compiles one policy: set NAME, SDK (the folder of this file) and SOURCES before you include it.
#
# CC is any C compiler that knows C23 and has a libc for Wasm. Zig has one in it, and `pip install ziglang` is the quickest
# way to Zig; `make CC=clang` does as well, with Debian's clang, lld, wasi-libc and libclang-rt-dev-wasm32.
ifeq ($(origin CC), default)
CC = $(if $(shell command -v zig),zig,python3 -m ziglang) cc
endif
CFLAGS ?= -Os -Wall -Wextra

# Memory that is there from the start need not be grown in each call; and a policy needs little stack.
WASM_FLAGS = --target=wasm32-wasi -mexec-model=reactor -std=c23 -I$(SDK) \
	-Wl,--initial-memory=1048576 -Wl,-z,stack-size=262144 -Wl,--gc-sections -Wl,--strip-all

$(NAME).wasm: $(SOURCES) $(wildcard *.h *.json $(SDK)/*.c $(SDK)/*.h $(SDK)/generated/*)
	$(CC) $(WASM_FLAGS) $(CFLAGS) $(SOURCES) $(SDK)/bellwire.c $(SDK)/json.c $(SDK)/generated/component_type.o -o $@

.PHONY: clean
clean:
	rm -f $(NAME).wasm
