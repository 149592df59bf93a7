// Package runtime is what the generated code needs of the runtime that its generator expects: memory that both sides
// know. An instance answers one call, so it is never given back. That, and blocks of many, is what makes it cheap: every
// text of the facts is asked for on its own.
package runtime

import (
	"runtime"
	"unsafe"
)

const (
	blockBytes = 16 << 10
	// The largest alignment in the contract.
	aligned = 8
)

var (
	// blocks keeps what was handed out alive: the garbage collector does not know the other side's pointers. Its elements
	// are numbers for the sake of their alignment.
	blocks [][]uint64
	// rest of the last block.
	rest []uint64
)

// Allocate is called by the generated code for its answers.
func Allocate(_ *runtime.Pinner, size, _ uintptr) unsafe.Pointer {
	words := (size + aligned - 1) / aligned
	if words > uintptr(len(rest)) {
		rest = make([]uint64, max(words, blockBytes/aligned))
		blocks = append(blocks, rest)
	}
	pointer := unsafe.Pointer(unsafe.SliceData(rest))
	rest = rest[words:]
	return pointer
}

// Unpin is called by the generated code when it has read its arguments.
func Unpin() {}

// reallocate is called by the host for the arguments, and never with memory that it has already.
//
//go:wasmexport cabi_realloc
func reallocate(_ unsafe.Pointer, _, align, size uintptr) unsafe.Pointer {
	return Allocate(nil, size, align)
}
